"""grad, value_and_grad, jacobian, hessian, hvp: derivatives of functions, to any order (the contracts are JAX's).

Each traces the function once on fresh nodes. Derivatives are numbers where all that the result depends on was given
as numbers; otherwise (nested, or with a Value from outside) they are Values, and can be differentiated again.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .arithmetic import is_number, real
from .functions import VALUES
from .graph import gradients, topological_order
from .recorders import recording
from .structure import describe, flatten, restore
from .value import RECORDER, Constant, Value

Function = Callable[..., Any]


def value_and_grad(function: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """A function that returns `(function(*args), gradient)`; the gradient has the structure of args[argnums].

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """

    @recording()
    def differentiated(*args: Any, **named: Any) -> tuple[Any, Any]:
        trace = Trace(partial(function, **named), args, argnums)
        out = trace.single_output()
        return trace.plain(out), trace.assemble(trace.gradients(out))

    return _named(differentiated, "value_and_grad", function)


def grad(function: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The gradient of a function with one number as its result, with respect to the arguments `argnums`.

    Arguments are numbers, Values and (nested) lists of them; a tuple `argnums` gives a tuple of gradients. Arguments by
    name are passed on as they are. The function raises TypeError when the result is no single number, or an argument
    holds something else.

    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda v: v[0] * v[1])([2.0, 5.0])
    [5.0, 2.0]
    """
    both = value_and_grad(function, argnums)
    return _named(lambda *args, **named: both(*args, **named)[1], "grad", function)


def jacobian(function: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The derivatives of every result by every input: the results' structure, with the inputs' structure inside.

    >>> jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 5.0])
    [[5.0, 2.0], [1.0, 1.0]]
    """

    @recording()
    def differentiated(*args: Any, **named: Any) -> Any:
        trace = Trace(partial(function, **named), args, argnums)
        rows = [trace.assemble(trace.gradients(out)) for out in trace.outputs()]
        return restore(trace.result, rows)

    return _named(differentiated, "jacobian", function)


def hessian(function: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The second derivatives of a function with one number as its result: the Jacobian of its gradient.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return _named(jacobian(grad(function, argnums), argnums), "hessian", function)


def hvp(function: Function) -> Function:
    """`hvp(f)(x, v)`: the Hessian of f at x times v, without the matrix: the gradient of ∇f(x)·v.

    x is a number or a (nested) list, v has its structure, and so has the result. Raises ValueError when not.

    >>> hvp(lambda x: x[0] ** 2 * x[1])([3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]
    """

    def product(x: Any, v: Any) -> Any:
        if describe(x) != describe(v):
            raise ValueError(f"hvp: x is {describe(x)}, but v is {describe(v)}; give v the structure of x")

        def slope(x: Any) -> Any:
            return VALUES.dot(flatten(grad(function)(x)), flatten(v))

        return grad(slope)(x)

    return _named(product, "hvp", function)


class Trace:
    """One call of a function on fresh nodes, and the derivatives of its results by them."""

    def __init__(self, function: Function, args: Sequence[Any], argnums: int | tuple[int, ...]) -> None:
        self.argnums = argnums
        chosen = positions(argnums, len(args))
        self.arguments = [args[position] for position in chosen]
        self.sources = [_fresh(x) for argument in self.arguments for x in flatten(argument)]
        fresh, traced = iter(self.sources), list(args)
        for position, argument in zip(chosen, self.arguments, strict=True):
            traced[position] = restore(argument, [next(fresh) for _ in flatten(argument)])
        self.result = function(*traced)
        self.tracing = RECORDER.get().tracing  # the numbers are not known yet: derivatives are graphs
        self.is_plain = not self.tracing and self._depends_on_sources_only()

    def outputs(self) -> list[Any]:
        try:
            return flatten(self.result)
        except TypeError as error:
            raise TypeError(f"the function's result: {error}") from None

    def single_output(self) -> Any:
        if not is_number(self.result):
            raise TypeError(f"grad needs a function with one number as its result, got {describe(self.result)}")
        return self.result

    def _depends_on_sources_only(self) -> bool:
        outputs = [out for out in self.outputs() if isinstance(out, Value)]
        leaves = {node for node in topological_order(*outputs) if type(node) is Value and not node.operands}
        return leaves.issubset(self.sources)

    def gradients(self, out: Any) -> list[Any]:
        """∂out/∂source for every source: from the recorded numbers, or from the rows again on Values."""
        if not isinstance(out, Value):
            return [0.0] * len(self.sources)
        if not self.tracing:
            RECORDER.get().before_backward(out, 1.0)
        local_grads = numeric_derivatives if self.is_plain else symbolic_derivatives
        return gradients(out, self.sources, 1.0, local_grads)

    def plain(self, out: Any) -> Any:
        return out.data if self.is_plain and isinstance(out, Value) else out

    def assemble(self, flat: list[Any]) -> Any:
        """The flat gradients in the structure of the arguments."""
        rest = iter(flat)
        parts = [restore(argument, [next(rest) for _ in flatten(argument)]) for argument in self.arguments]
        return parts[0] if isinstance(self.argnums, int) else tuple(parts)


def numeric_derivatives(node: Value) -> Sequence[float | None]:
    """∂node/∂operand as the numbers that the forward pass recorded."""
    return node.local_grads


def symbolic_derivatives(node: Value) -> Sequence[Any]:
    """∂node/∂operand as Values, from the node's row. Constants enter as the plain numbers they are."""
    assert node.op is not None
    xs = [x.data if type(x) is Constant else x for x in node.operands]
    wanted = [local is not None for local in node.local_grads]
    return node.op.derivatives(VALUES, xs, node, wanted)


def _fresh(x: Any) -> Value:
    """A node to differentiate by: a new leaf for a number; for a Value a copy that leads back to it."""
    return RECORDER.get().source(x) if isinstance(x, Value) else Value(real(x, "grad"))


def positions(argnums: int | Sequence[int], count: int) -> list[int]:
    """Which of `count` arguments are named, from 0 on; TypeError or ValueError for what names none, or one twice."""
    chosen = [_position(number, count) for number in (argnums if isinstance(argnums, (tuple, list)) else (argnums,))]
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"argnums {argnums} names an argument twice")
    return chosen


def _position(number: Any, count: int) -> int:
    if not isinstance(number, int):
        raise TypeError(f"argnums takes the positions of arguments, such as 0 or (0, 1), got {number!r:.40}")
    if not -count <= number < count:
        raise TypeError(f"argnums names argument {number}, but the call has {count} argument(s)")
    return number % count


def _named(wrapper: Function, transform: str, function: Function) -> Function:
    name = getattr(function, "__name__", "function")
    wrapper.__name__ = wrapper.__qualname__ = f"{transform}({name})"
    wrapper.__doc__ = f"{transform} of {name}.\n\n{getattr(function, '__doc__', None) or ''}"
    return wrapper
