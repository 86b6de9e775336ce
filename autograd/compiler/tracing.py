"""Tracing: calling a function once on numbers that are not known, to get its graph.

While a function is traced, `.data` of its inputs, of the parameters, of every node made and of every other Value that
it uses or that is found in its environment is an `Unknown`: arithmetic on it stays unknown, and whatever needs the
number itself raises. So what the graph cannot record is an error, never a number that was true only once. (A number
read from a Value that neither the graph contains nor `environment` can find is taken for a constant.) They are hidden
from all threads, until the trace ends.

Where the eager engine would make a constant, by `detach()` and under `no_grad()`, the graph goes on, for the number
depends on the inputs; but a node of `DETACH` stands there, which has no derivative.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from numbers import Real
from threading import Lock
from typing import Any, NoReturn

from ..arithmetic import FLOATS, PRIMITIVES, is_number, real
from ..modes import MODE, mode
from ..operations import DETACH
from ..structure import describe, flatten, restore
from ..value import Constant, Value


class TracingError(TypeError):
    """The traced function needs a number that is not known while it is traced."""


class Unknown:
    """A number that is not known yet."""

    __slots__ = ()

    def _stay(self, other: Any = None, *_: Any) -> Any:
        return Unknown() if other is None or isinstance(other, (Unknown, int, float)) else NotImplemented

    def _refuse(self, *_: Any) -> NoReturn:
        raise TracingError(
            "autograd.compile traces the function once, for all numbers: here it compares or converts one that is not "
            "known yet (.data, .grad, float(), bool(), math.exp() of a Value). For a branch write "
            "autograd.where(autograd.greater(v, 0), a, b), for mathematics autograd.exp(v) and its kin, for a number "
            "that gets no gradient v.detach()"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _stay
    __pow__ = __rpow__ = __neg__ = __pos__ = __abs__ = _stay
    __float__ = __int__ = __index__ = __bool__ = __complex__ = __round__ = __trunc__ = __floor__ = __ceil__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _refuse
    __array__ = __format__ = _refuse
    __hash__ = _refuse  # else a dict or set would just not find it

    def __repr__(self) -> str:
        return "unknown"


Real.register(Unknown)  # so that wherever a plain number may stand, it is asked for its float, and says why it has none
UNKNOWN: Any = Unknown()


class _Watch:
    """Makes every Value unknown that is hidden, made or used; a backward pass inside is refused."""

    def __init__(self) -> None:
        self.kept: dict[Value, tuple[float, float]] = {}

    def hide(self, value: Value) -> None:
        self.kept[value] = (value.data, value.grad)
        value.data = value.grad = UNKNOWN

    def restore(self) -> None:
        for value, (data, grad) in self.kept.items():
            value.data, value.grad = data, grad

    def check(self) -> None:
        for value in self.kept:
            if value.data is not UNKNOWN or value.grad is not UNKNOWN:
                self.refuse_assignment(value)

    def refuse_assignment(self, value: Value) -> NoReturn:
        raise TracingError(
            f"the compiled function assigns to .data or .grad of {value.label or 'a Value'}, which would happen only "
            "once, while it is traced; do so outside, after .backward(...)"
        )

    def made(self, node: Any) -> None:
        for x in node.operands:
            if x.data is not UNKNOWN and type(x) is not Constant:
                if x in self.kept or x.grad is UNKNOWN:
                    self.refuse_assignment(x)
                self.hide(x)
        node.data = node.grad = UNKNOWN
        if not MODE.get().recording:
            _detach(node)

    def before_backward(self, root: Any, gradient: float) -> None:
        raise TracingError(
            "backward() inside a compiled function: its gradients would be lost; let the function return the result "
            "and call .backward(...) or .value_and_grad(...) of the compiled function"
        )


def _detach(node: Value) -> None:
    """The node's operation stays in the graph, behind a DETACH that takes its place.

    Operands are taken from behind theirs: only what leaves a block of no_grad keeps a DETACH.
    """
    behind = copy(node)
    behind.operands = tuple([x.operands[0] if x.op is DETACH else x for x in node.operands])
    node.op, node.operands, node.local_grads = DETACH, (behind,), (None,)


def _blind(primitive: Callable[..., float]) -> Callable[..., Any]:
    def blind(*numbers: Any) -> Any:
        return UNKNOWN if any(type(x) is Unknown for x in numbers) else primitive(*numbers)

    return blind


class _FloatsOrUnknown:
    """While any thread traces, the arithmetic of floats takes unknown numbers too; to known ones nothing changes."""

    lock, tracing = Lock(), 0

    def __enter__(self) -> None:
        with self.lock:
            if not _FloatsOrUnknown.tracing:
                vars(FLOATS).update({name: _blind(getattr(FLOATS, name)) for name in PRIMITIVES | {"take"}})
            _FloatsOrUnknown.tracing += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            _FloatsOrUnknown.tracing -= 1
            if not _FloatsOrUnknown.tracing:
                for name in PRIMITIVES | {"take"}:
                    del vars(FLOATS)[name]


@contextmanager
def unknown_numbers(values: Iterable[Value]) -> Iterator[None]:
    """Hide the numbers of `values` inside the block, and record every operation whatever the modes outside."""
    watch = _Watch()
    try:
        for value in dict.fromkeys(values):
            watch.hide(value)
        with _FloatsOrUnknown(), mode(unknown=UNKNOWN, monitor=watch, recording=True):
            yield
        watch.check()
    finally:
        watch.restore()


@dataclass(frozen=True)
class Graph:
    """A graph ready to compile: results, their structure, and the inputs in order."""

    outputs: list[Value]
    result: Any
    inputs: list[Value]


def trace(
    function: Callable[..., Any], arguments: Sequence[Any], parameters: Sequence[Value], others: Sequence[Value] = ()
) -> Graph:
    """The graph of `function`, called with fresh Values in the structure of `arguments`.

    `others` are Values whose numbers the function might read; those of the parameters are hidden in any case.
    """
    inputs = [Value(0.0) for _ in flatten(list(arguments))]
    with unknown_numbers([*parameters, *inputs, *others]):
        try:
            result = function(*restore(list(arguments), inputs))
        except (TypeError, ValueError, IndexError) as error:
            if not isinstance(error, TracingError):
                error.add_note(_what_it_was_given(arguments))
            raise
    return Graph([_node(x) for x in _results(result, function)], result, inputs)


def _what_it_was_given(arguments: Sequence[Any]) -> str:
    given = ", ".join(map(describe, arguments)) or "nothing"
    return (
        f"autograd.compile traced the function with one row's arguments: {given}. An array has its rows first: one row "
        "is X[None], or a list; many rows are an array, not a list"
    )


def existing(outputs: Any, inputs: Sequence[Any]) -> Graph:
    """A graph that exists already, as a function of some of its leaves."""
    for x in inputs:
        if not isinstance(x, Value) or isinstance(x, Constant) or x.operands:
            raise TypeError(f"inputs= takes leaves of the graph, Values that were not computed; got {x!r:.60}")
    if len(set(inputs)) < len(inputs):
        raise ValueError("inputs= names a Value twice; name each once")
    return Graph([_node(x) for x in _results(outputs, None)], outputs, list(inputs))


def _results(result: Any, function: Any) -> list[Any]:
    name = getattr(function, "__name__", "the function")
    try:
        flat = flatten(result)
    except TypeError as error:  # whose text may need a number that is not known
        found = f"got {type(result).__name__}" if isinstance(error, TracingError) else error
        raise TypeError(f"{name} must return a Value, or Values in (nested) lists: {found}") from None
    if not flat:
        raise TypeError(f"{name} returned {describe(result)} without any Value in it; return at least one")
    return flat


def _node(x: Any) -> Value:
    assert is_number(x)
    return x if isinstance(x, Value) else Constant(real(x, "a result"))
