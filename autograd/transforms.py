"""grad, value_and_grad, jacobian, hessian, vjp, jvp, hvp: derivatives of functions, to any order (contracts as JAX's).

Each traces the function once on fresh nodes. Derivatives are numbers where all that the result depends on was given
as numbers; otherwise (nested, or with a Value from outside) they are Values, and can be differentiated again. Both are
those of the numbers that the function computed with, whatever is assigned to a `.data` later.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .functions import VALUES
from .graph import dependents, gradients, topological_order
from .operations.arithmetic import is_number, real
from .operations.elementary import IDENTITY
from .operations.operation import Operation
from .recorders import Around, recording, using
from .support.arrays import as_arrays, as_lists, is_array
from .support.pytree import AnyFunction, describe, flatten, restore
from .value import RECORDER, Constant, Operands, Recorder, Value, apply


def value_and_grad(function: AnyFunction, argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function that returns `(function(*args), gradient)`; the gradient has the structure of args[argnums].

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """

    def differentiated(*args: Any, **named: Any) -> tuple[Any, Any]:
        with Trace(function, args, argnums, named) as trace:
            out = trace.single_output()
            return trace.handed_out(out), trace.shaped(trace.assemble(trace.gradients(out)))

    return _named(differentiated, "value_and_grad", function)


def grad(function: AnyFunction, argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
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


def jacobian(function: AnyFunction, argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The derivatives of every result by every input: the results' structure, with the inputs' structure inside.

    >>> jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 5.0])
    [[5.0, 2.0], [1.0, 1.0]]
    """

    def differentiated(*args: Any, **named: Any) -> Any:
        with Trace(function, args, argnums, named) as trace:
            rows = [trace.assemble(trace.gradients(out)) for out in trace.outputs()]
            return trace.shaped(restore(trace.result, rows))

    return _named(differentiated, "jacobian", function)


def hessian(function: AnyFunction, argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The second derivatives of a function with one number as its result: the Jacobian of its gradient.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return _named(jacobian(grad(function, argnums), argnums), "hessian", function)


def vjp(function: Callable[[Any], Any]) -> Callable[..., Any]:
    """`vjp(f)(x, v)`: v times the Jacobian of f at x, without the matrix: one backward pass that starts with v.

    x is a number or a (nested) list, v has the structure of f(x), the result that of x. Raises ValueError when not.

    >>> vjp(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 5.0], [1.0, 10.0])
    [15.0, 12.0]
    """

    def product(x: Any, v: Any) -> Any:
        def weighted(x: Any) -> Any:
            return VALUES.dot(flatten(_alike("vjp", "f(x)", function(x), v)), flatten(v))

        return grad(weighted)(x)

    return _named(product, "vjp", function)


def jvp(function: Callable[[Any], Any]) -> Callable[..., Any]:
    """`jvp(f)(x, v)`: the Jacobian of f at x times v, how f changes in the direction v; taken as the slope of `vjp`.

    x is a number or a (nested) list, v has its structure, the result that of f(x). Raises ValueError when not.

    >>> jvp(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 5.0], [1.0, 10.0])
    [25.0, 11.0]
    """

    def product(x: Any, v: Any) -> Any:
        result = function(_alike("jvp", "x", x, v))
        zeros = restore(result, [0.0] * len(flatten(result)))
        return vjp(lambda u: vjp(function)(x, u))(zeros, v)

    return _named(product, "jvp", function)


def hvp(function: AnyFunction) -> Callable[..., Any]:
    """`hvp(f)(x, v)`: the Hessian of f at x times v, without the matrix: the gradient of ∇f(x)·v.

    x is a number or a (nested) list, v has its structure, and so has the result. Raises ValueError when not.

    >>> hvp(lambda x: x[0] ** 2 * x[1])([3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]
    """

    def product(x: Any, v: Any) -> Any:
        return vjp(grad(function))(_alike("hvp", "x", x, v), v)

    return _named(product, "hvp", function)


def _alike(transform: str, what: str, x: Any, v: Any) -> Any:
    """x, where v has its structure."""
    given, wanted = describe(v), describe(x)
    if given != wanted:
        raise ValueError(f"{transform}: {what} is {wanted}, but v is {given}; give v the structure of {what}")
    return x


class Notes(Around):
    """While a function is traced: which numbers leaves had when it used them. When the derivatives are taken, a step of
    an optimizer, say, may have put others there.
    """

    def __init__(self, outer: Recorder) -> None:
        super().__init__(outer)
        self.first: dict[Value, float] = {}  # of each leaf, when it was first used
        self.later: dict[Value, list[float]] = {}  # of all operands, for nodes that used a leaf after a change

    def node(self, op: Operation, operands: Operands, data: float, local_grads: tuple[float | None, ...]) -> Value:
        """A node, noted with its number and slopes as they were."""
        node = super().node(op, operands, data, local_grads)
        for x in operands:
            if not x.operands and type(x) is not Constant and self.first.setdefault(x, x.data) is not x.data:
                self.later[node] = [operand.data for operand in operands]
        return node

    def numbers(self, node: Value) -> list[float]:
        """Those of its operands, when it was made."""
        return self.later.get(node) or [self.first.get(x, x.data) for x in node.operands]


class Trace:
    """One call of a function on fresh nodes, and the derivatives of its results by them.

    What depends on Values from outside, given or closed over, is *live*: its derivatives are Values too, which lead
    back to those. (So do the fresh nodes of a trace around this one.) All else enters the derivatives as a number.
    """

    arguments: list[Any]
    tracing: bool
    sources: list[Value]
    notes: Notes
    result: Any
    roots: list[Value]
    argnums: int | tuple[int, ...]
    of_arrays: bool
    order: list[Value]
    live: set[Value]
    is_plain: bool

    def __init__(
        self, function: Any, args: Sequence[Any], argnums: int | tuple[int, ...], named: Mapping[str, Any]
    ) -> None:
        self.argnums, self.of_arrays = argnums, any(map(is_array, args))
        args = list(map(as_lists, args)) if self.of_arrays else args
        chosen = positions(argnums, len(args))
        self.arguments = [args[position] for position in chosen]
        self.tracing = RECORDER.get().tracing  # the numbers are not known yet: derivatives are graphs
        with recording():
            self.sources = [_fresh(x) for argument in self.arguments for x in flatten(argument)]
            fresh, traced = iter(self.sources), list(args)
            for position, argument in zip(chosen, self.arguments, strict=True):
                traced[position] = restore(argument, [next(fresh) for _ in flatten(argument)])
            self.notes = Notes(recorder := RECORDER.get())
            with using(recorder if self.tracing else self.notes):
                self.result = function(*traced, **named)
        self.roots = [out for out in self.outputs() if isinstance(out, Value)]
        self.order = topological_order(*self.roots, visited=set(self.sources))
        self.live = set() if self.tracing else self._live()
        self.is_plain = not self.tracing and self.live.isdisjoint(self.roots)

    def shaped(self, derivatives: Any) -> Any:
        """The derivatives, as arrays where arguments were."""
        return as_arrays(derivatives) if self.of_arrays else derivatives

    def __enter__(self) -> "Trace":
        return self

    def __exit__(self, *_: object) -> None:
        """What was given as a number is a constant from here on: a trace around this one must not take it for live."""
        for source in self.sources:
            if not (source.operands or self.tracing):
                source.__class__ = Constant

    def outputs(self) -> list[Any]:
        """The results in order; TypeError where one is no number."""
        try:
            return flatten(self.result)
        except TypeError as error:
            raise TypeError(f"the function's result: {error}") from None

    def single_output(self) -> Any:
        """The one result; TypeError where there are several."""
        if not is_number(self.result):
            raise TypeError(f"grad needs a function with one number as its result, got {describe(self.result)}")
        return self.result

    def _live(self) -> set[Value]:
        given = [source for source in self.sources if source.operands]
        closed_over = [node for node in self.order if not (node.operands or isinstance(node, Constant))]
        return dependents(self.order, [*given, *closed_over]) if given or closed_over else set()

    def gradients(self, out: Any) -> list[Any]:
        """∂out/∂source for every source: where live or traced Values, by the formulas evaluated on Values."""
        if not isinstance(out, Value):
            return [0.0] * len(self.sources)
        if not self.tracing:
            RECORDER.get().before_backward(out, 1.0)
        order = self.order if len(self.roots) == 1 else None
        return [self.handed_out(x) for x in gradients(out, self.sources, 1.0, self._local_grads, order)]

    def _local_grads(self, node: Value) -> Sequence[Any]:
        if not (self.tracing or node in self.live):
            return node.local_grads
        assert node.op is not None
        xs = self._traced_operands(node) if self.tracing else self._operands(node)
        return node.op.derivatives(VALUES, xs, node, [local is not None for local in node.local_grads])

    def _traced_operands(self, node: Value) -> list[Any]:
        return [x.data if type(x) is Constant else x for x in node.operands]

    def _operands(self, node: Value) -> list[Any]:
        """Its operands as they enter its derivatives: with the numbers that they had when the function used them."""
        pairs = zip(node.operands, self.notes.numbers(node), strict=True)
        return [_with_number(x, number) if x in self.live else number for x, number in pairs]

    def handed_out(self, x: Any) -> Any:
        """A number where all is; otherwise a Value, which is a constant where nothing leads back."""
        if self.is_plain:
            return x.data if isinstance(x, Value) else x
        if not isinstance(x, Value):
            return Constant(x)
        if not RECORDER.get().recording:
            return x.detach()
        alias = not (self.tracing or x.operands or isinstance(x, Constant))  # a leaf, whose number may be changed
        return apply(IDENTITY, (x,)) if alias else x

    def assemble(self, flat: list[Any]) -> Any:
        """The flat gradients in the structure of the arguments."""
        rest = iter(flat)
        parts = [restore(argument, [next(rest) for _ in flatten(argument)]) for argument in self.arguments]
        return parts[0] if isinstance(self.argnums, int) else tuple(parts)


def _fresh(x: Any) -> Value:
    """A node to differentiate by: a new leaf for a number; for a Value a copy that leads back to it."""
    return RECORDER.get().source(x) if isinstance(x, Value) else Value(real(x, "grad"))


def _with_number(x: Value, number: float) -> Value:
    return x if x.data is number else RECORDER.get().node(IDENTITY, (x,), number, (1.0,))


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


def _named(wrapper: Callable[..., Any], transform: str, function: Any) -> Callable[..., Any]:
    name = getattr(function, "__name__", "function")
    wrapper.__name__ = wrapper.__qualname__ = f"{transform}({name})"
    wrapper.__doc__ = f"{transform} of {name}.\n\n{getattr(function, '__doc__', None) or ''}"
    return wrapper
