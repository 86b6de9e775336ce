"""The compiler: from a graph of scalars to loops over arrays, in NumPy, in machine code or as C source.

tracing, conditions           a function → its graph, on numbers that are not known
environment, contents, reach, holders, spaces, names: what the function reads from outside, and whether it has changed
program, arrays, liveness     the graph as a flat list, in arrays
pipeline                      the passes from program to program, in their order:
  products, differentiation (with templates), simplification, folding, rows
schedule, levels, bundling, loops, bundles: alike nodes → loop nests over buffers
repetition, stretching        very many repetitions: compiled for a few of them
numpy_*, llvm_*, c_*          what runs the bundles, or writes them down
codes, arguments, results, kernels, backends, function, export: what `compile` returns, and what it keeps
updates, training             an optimizer's step compiled, and the loop of steps
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..value import Value
    from .compiled import Compiled


def compile(
    source: Any,
    parameters: "Iterable[Value] | None" = None,
    *,
    inputs: "Sequence[Value] | None" = None,
    backend: Literal["llvm", "numpy"] = "llvm",
    dtype: Literal["float64", "float32"] = "float64",
    threads: int = 1,
) -> "Compiled":
    """Compile a function of scalars (and nested lists of them), or a graph that exists already.

    The function is traced once for each structure of its arguments. Called with numbers and lists it computes one
    row; with NumPy arrays, rows first, all rows. `parameters` are the Values whose `.grad` `.backward(...)` adds to; a
    model's own, those that it has at the call, unless others are named. With `inputs`, the source is a Value (or Values
    in lists), called with one list or one array. `threads` share the rows; the results are the same for any number of
    them. Arguments by name are passed on by name; `argnums=` counts those by position, as `autograd.grad` does.

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
    from .backends.available import available

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
    return Compiled(source, parameters, inputs=inputs, backend=available(backend), dtype=dtype, threads=threads)
