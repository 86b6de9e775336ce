"""Tracing: calling a function once on numbers that are not known, to get its graph.

While a function is traced, a recorder of its own makes the nodes: `_Unknown` ones, which have operands and no number.
Whatever asks one for its number raises, and so does reading or assigning the number of any other Value that could
change: what the graph cannot record is an error, never a number that was true only once. A trace touches nothing that
another thread sees; and what it once refused, it fails with, whatever the function makes of the error.

Where the eager engine would make a constant, by `detach()` and under `no_grad()`, the graph goes on, for the number
depends on the inputs; but a node of `DETACH` stands there, which has no derivative.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ...functions import VALUES
from ...operations.arithmetic import is_number, nan, real
from ...operations.elementary import DETACH, IDENTITY
from ...operations.operation import Operation
from ...operations.requirement import Requirement
from ...recorders import using
from ...support.pytree import describe, flatten, restore
from ...value import RECORDER, Constant, Operands, Recorder, Value
from .conditions import Condition
from .hiding import constant, hidden_numbers


class TracingError(TypeError):
    """The traced function needs a number that is not known while it is traced."""


REMEDY = (
    "autograd.compile traces the function once, for all numbers: here it compares, converts, formats or assigns to one "
    "that is not known yet (.data, .grad, .item(), float(), bool(), math.exp() of a Value). For a branch write "
    "autograd.where(autograd.greater(v, 0), a, b), for mathematics autograd.exp(v) and its kin, for a number that gets "
    "no gradient v.detach(); what assigns to .data or .grad belongs outside, behind .backward(...)"
)


@dataclass
class Session:
    """One trace: the Values made in it, whose numbers are the same each time, and what was refused first.

    With `numbers`, the Values stand for plain numbers, as in the step of an optimizer or the formulas of an operation.
    """

    numbers: bool = False

    own: set[Value] = field(default_factory=set)
    refused: TracingError | None = None
    requirements: list[tuple[Value, Requirement]] = field(default_factory=list)

    def refuse(self, why: str = REMEDY) -> NoReturn:
        """Raise, and remember it: the function may catch the error, but its graph is not what it computes."""
        error = TracingError(why)
        self.refused = self.refused or error
        raise error

    def read(self, value: Value) -> None:
        """Called when the number of a Value is read."""
        if not isinstance(value, Constant) and value not in self.own:
            self.refuse()

    def write(self, value: Value, first: bool) -> None:
        """Called when the number of a Value is assigned to; the `first` time it is that of a Value just made."""
        if not first:
            self.refuse(
                f"the compiled function assigns to .data or .grad of {value.label or 'a Value'}, which would happen "
                "only once, while it is traced; do so outside, after .backward(...)"
            )
        self.own.add(value)


def _unknown(*_: Any) -> NoReturn:
    recorder = RECORDER.get()
    if isinstance(recorder, Tracing):
        recorder.session.refuse()
    raise TracingError(
        "this Value has no number: it was made while autograd.compile traced a function, which kept it; return "
        "what is needed outside as a result"
    )


def _refuse_as_number() -> None:
    """Refuse what a Value and the plain number that it stands for would answer differently."""
    session = getattr(RECORDER.get(), "session", None)
    if session and session.numbers:
        session.refuse()


class _UnknownSlope:
    """A local derivative that is not known: only that there is one."""

    __slots__ = ()
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _unknown
    __bool__ = __float__ = __int__ = __repr__ = __format__ = __reduce_ex__ = _unknown
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _unknown
    __pow__ = __rpow__ = __pos__ = __neg__ = __abs__ = __round__ = _unknown


SLOPE: Any = _UnknownSlope()


class _Unknown(Value):
    """A node without a number."""

    __slots__ = ()

    def _convert(self) -> NoReturn:
        _refuse_as_number()
        raise TracingError(REMEDY)  # not remembered: the engine's own Values refuse it, too

    def _slopes(self) -> tuple[Any, ...]:
        return tuple([None if isinstance(x, Constant) else SLOPE for x in self.operands])

    def _operate(self, op: Operation, *operands: Any) -> Value:
        """The usual case, numbers and what varies, at once: large graphs are built here."""
        recorder = RECORDER.get()
        if type(recorder) is Tracing and not recorder.constants and USUAL.issuperset(map(type, operands)):
            return _made(_Unknown, op, tuple([x if type(x) in VARYING else constant(real(x)) for x in operands]))
        return super()._operate(op, *operands)

    data = grad = property(_unknown, _unknown)
    local_grads = property(_slopes)
    __bool__ = __format__ = __reduce_ex__ = _unknown  # type: ignore[assignment]
    __float__ = __int__ = __complex__ = _convert

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Value):
            _refuse_as_number()
        return super().__eq__(other)

    __hash__ = Value.__hash__

    def __repr__(self) -> str:
        _refuse_as_number()
        return f"<a Value being traced, {self.label or (self.op.name if self.op else 'an input')}, {id(self):#x}>"


class _UnknownConstant(_Unknown, Constant):
    """A node without a number and without a gradient."""

    __slots__ = ()


class Tracing(Recorder):
    """Makes traced nodes; what has known operands only is computed."""

    session: Session
    constants: bool
    recording: bool
    tracing: bool = True

    def __init__(self, session: Session, constants: bool = False) -> None:
        self.session, self.constants, self.recording = session, constants, not constants

    def apply(self, op: Operation, operands: Operands) -> Value:
        """A node without a number, or a constant where nothing varies."""
        kinds = set(map(type, operands))
        if kinds <= CONSTANTS:
            return (
                super().apply(op, operands) if _UnknownConstant not in kinds else _made(_UnknownConstant, op, operands)
            )
        if not self.constants:
            return _made(_Unknown, op, operands)
        # only what leaves a block of no_grad keeps a DETACH
        behind = tuple([x.operands[0] if x.op is DETACH else x for x in operands])
        return _made(_UnknownConstant, DETACH, (_made(_Unknown, op, behind),))

    def detach(self, value: Value) -> Value:
        """The same without a gradient."""
        return value if isinstance(value, Constant) else _made(_UnknownConstant, DETACH, (value,))

    def source(self, value: Value) -> Value:
        """A Value from outside as one of the trace's own."""
        return super().source(value) if type(value) is Constant else _made(_Unknown, IDENTITY, (value,))

    def require(self, value: Value, requirement: Requirement, where: Callable[[], str]) -> Value:
        """What is not known is checked when the code is called; what will be computed is nan where it does not hold."""
        if type(value) is Constant or value in self.session.own:
            return super().require(value, requirement, where)
        if value.op is not None and value.op.name in requirement.met_by:
            return value
        self.session.requirements.append((value, requirement))
        if value.op is None and isinstance(value, _Unknown):  # an input, which no step of training changes
            return value
        return VALUES.where(requirement.holds(Condition(value)).value, value, nan)  # type: ignore[no-any-return]

    def around(self, kind: Callable[[Recorder], Recorder]) -> Recorder:
        """Refuses: modes that need numbers have no meaning in a trace."""
        self.session.refuse(
            "detect_anomaly() inside a compiled function: it would see no numbers; write it around the call of the "
            "compiled function, which then checks its results"
        )

    def before_backward(self, root: Value, gradient: float) -> None:
        """Refuses: a trace has no numbers to go back with."""
        self.session.refuse(
            "backward() inside a compiled function: its gradients would be lost; let the function return the result "
            "and call .backward(...) or .value_and_grad(...) of the compiled function"
        )

    def with_grad(self) -> Recorder:
        """The same, recording gradients."""
        return self._with(constants=False)

    def without_grad(self) -> Recorder:
        """The same under no_grad."""
        return self._with(constants=True)

    def _with(self, constants: bool) -> Recorder:
        return Tracing(self.session, constants).with_expansion(self.expanding)


def _made(kind: type[_Unknown], op: Operation | None, operands: Operands) -> _Unknown:
    node = kind.__new__(kind)
    node.label, node.op, node.operands = "", op, operands
    return node


CONSTANTS: set[type] = {Constant, _UnknownConstant}
VARYING: set[type] = {Value, _Unknown}
USUAL = {*VARYING, float, int}


def unknown_leaf() -> Value:
    """A leaf without a number: an input of what is traced."""
    return _made(_Unknown, None, ())


@contextmanager
def tracing(numbers: bool = False) -> Iterator[Session]:
    """Record every operation inside the block, whatever the modes outside; raise what was refused in it."""
    session = Session(numbers)
    with hidden_numbers(), using(Tracing(session)):
        yield session
    if session.refused:
        raise session.refused


@dataclass(frozen=True)
class Graph:
    """A graph ready to compile: results, their structure, the inputs in order, and what is required of its numbers."""

    outputs: list[Value]
    result: Any
    inputs: list[Value]
    requirements: list[tuple[Value, Requirement]] = field(default_factory=list)


def trace(function: Callable[..., Any], arguments: Sequence[Any]) -> Graph:
    """The graph of `function`, called with inputs in the structure of `arguments`."""
    inputs = [unknown_leaf() for _ in flatten(list(arguments))]
    with tracing() as session:
        try:
            result = function(*restore(list(arguments), inputs))
        except (TypeError, ValueError, IndexError) as error:
            if not isinstance(error, TracingError):
                error.add_note(_what_it_was_given(arguments))
            raise
    return Graph([_node(x) for x in _results(result, function)], result, inputs, session.requirements)


def _what_it_was_given(arguments: Sequence[Any]) -> str:
    given = ", ".join(map(describe, arguments)) or "nothing"
    return (
        f"autograd.compile traced the function with one row's arguments: {given}. An array has its rows first: one row "
        "is X[None], or a list; many rows are an array, not a list. For arrays that are points, without rows: "
        "compile(f, rows=False)"
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
    except TypeError as error:
        found = f"got {type(result).__name__}, {error}"
        raise TypeError(f"{name} must return a Value, or Values in (nested) lists: {found}") from None
    if not flat:
        raise TypeError(f"{name} returned {describe(result)} without any Value in it; return at least one")
    return flat


def _node(x: Any) -> Value:
    assert is_number(x)
    return x if isinstance(x, Value) else Constant(real(x, "a result"))
