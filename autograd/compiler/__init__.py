"""The compiler: from a graph of scalars to loops over arrays, in NumPy, in machine code or as C source.

frontend   a function → its graph, on numbers not yet known; what it reads from outside, and whether that has changed
ir         the graph as a flat list, in arrays
passes     from program to program: products, differentiation, simplification, folding, sums over rows
loops      alike nodes → loop nests over buffers; very many repetitions compiled for a few of them
backends   what runs the loop nests, or writes them down
training   an optimizer's step compiled, and the loop of steps
arguments, cache, calls, leaves, results, compiled: what `compile` returns, and the way of a call through it
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..support.pytree import AnyFunction
    from ..value import Value
    from .compiled import Compiled


def compile(
    source: "AnyFunction | Value | Sequence[Any]",
    parameters: "Iterable[Value] | None" = None,
    *,
    inputs: "Sequence[Value] | None" = None,
    backend: Literal["llvm", "numpy"] = "llvm",
    dtype: Literal["float64", "float32"] = "float64",
    threads: int = 1,
    rows: bool = True,
    check: bool = False,
) -> "Compiled":
    """Compile a function of scalars (and nested lists of them), or a graph that exists already.

    The function is traced once for each structure of its arguments. Called with numbers and lists it computes one
    row; with NumPy arrays, rows first, all rows. `parameters` are the Values whose `.grad` `.backward(...)` adds to; a
    model's own, those that it has at the call, unless others are named. With `inputs`, the source is a Value (or Values
    in lists), called with one list or one array. `threads` share the rows; the results are the same for any number of
    them. Arguments by name are passed on by name; `argnums=` counts those by position, as `autograd.grad` does.

    With `rows=False` an array is no array of rows: it stands for the nested lists of its shape, and lists in results
    are arrays. Derivatives are by the first argument that is an array or a list, if no `argnums` say otherwise. So what
    is compiled fits SciPy: `scipy.optimize.minimize(f.value_and_grad, x0, jac=True, hess=f.hessian)`.

    With `check`, the program is verified after every pass of the compiler, which is for those who write passes.

    What the function's code names outside (variables, attributes, lists, arrays) is compared before every call, and the
    function traced anew where it changed; an array of more than 100,000 numbers must be read-only or an argument. The
    whole rule: docs/tracing.md.

    Raises ImportError without NumPy; without llvmlite the NumPy back end serves, with a warning. What cannot be
    traced (a branch on a Value, random numbers) is a TypeError at the first call, and so is an argument that is more
    than its numbers (a masked array) or has none.

    >>> f = compile(lambda x, y: x * x * y)
    >>> f(3.0, 2.0), f.value_and_grad(3.0, 2.0)
    (18.0, (18.0, 12.0))
    """
    try:
        from .compiled import Compiled
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        raise ImportError(
            "autograd.compile needs NumPy: pip install numpy, or pip install 'chainrule[compile]'"
        ) from error
    from .backends.registry import available

    if inputs is not None and callable(source):
        raise TypeError("inputs= belongs to a graph that exists; a function is given its inputs when it is called")
    if inputs is None and not callable(source):
        raise TypeError("compile takes a function, or a graph with inputs=[...], the leaves it is to be a function of")
    if isinstance(source, type) and hasattr(source, "parameters"):
        raise TypeError(f"compile takes a model or a function, got the class {source.__name__}: make one of it first")
    if isinstance(source, Compiled):
        raise TypeError(f"{source.__name__} is compiled already; to compile it otherwise, compile its .function")
    if parameters is None and (inputs is not None or not callable(getattr(source, "parameters", None))):
        parameters = ()
    if not isinstance(rows, bool):
        raise TypeError(f"rows is True (arrays have the rows first) or False (an array is one point), got {rows!r:.40}")
    from .whole_arrays import OfWholeArrays

    return (Compiled if rows else OfWholeArrays)(
        source, parameters, inputs=inputs, backend=available(backend), dtype=dtype, threads=threads, check=check
    )
