"""Value: a number that remembers how it was computed. This file is the whole engine.

Each operation makes a node that holds its result, its operands and, for each operand, the local derivative. `backward`
goes from the result to the leaves and multiplies along every edge: the chain rule.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from copy import copy
from typing import Any, TypeAlias

from .graph import add_gradients, topological_order
from .operations.arithmetic import FLOATS, Number, is_number, real
from .operations.elementary import ADD, IDENTITY
from .operations.operation import Operation
from .operations.requirement import Requirement
from .protocols.number import Scalar, text
from .protocols.numpy import NumpyProtocol
from .protocols.operators import Operators
from .protocols.pickling import Picklable

FLOAT = frozenset({float})


class Value(Scalar, Picklable, NumpyProtocol, Operators["Value"]):
    """A real number in a graph.

    `Value(2.0)` is a leaf: an input or a parameter; arithmetic makes the other nodes. TypeError for any other object.
    A class of your own, `class Weight(Value): pass`, has room for attributes.

    >>> x = Value(3.0, label="x")
    >>> y = x * x + 1.0
    >>> y.backward()
    >>> y.data, x.grad
    (10.0, 6.0)
    """

    __slots__ = ("data", "grad", "label", "local_grads", "op", "operands")

    data: float  # the number itself
    grad: float  # ∂(what was differentiated)/∂self, summed over the calls of backward; 0.0 at first
    op: Operation | None  # the operation of the table that made this node; None for a leaf
    operands: tuple["Value", ...]  # what it was computed from, in order
    local_grads: tuple[float | None, ...]  # ∂self/∂operand, in order; None where no gradient is ever sent
    label: str  # a name for diagrams and messages

    def __init__(self, data: Number, label: str = "") -> None:
        self.data = real(data)
        self.grad = 0.0
        self.op, self.operands, self.local_grads = None, (), ()
        self.label = label if type(label) is str else text(label)

    def backward(self, gradient: Number = 1.0) -> None:
        """Add gradient · ∂self/∂leaf to every leaf's `.grad`, to none if interrupted. ValueError for a constant."""
        seed = real(gradient, "gradient")
        if isinstance(self, Constant):
            raise ValueError(
                f"backward() on {self!r}, which has no graph: it is a constant, or was made from constants only or "
                "under no_grad(); compute it from at least one Value, outside no_grad()"
            )
        RECORDER.get().before_backward(self, seed)
        order = topological_order(self)
        arrived = {self: seed}  # beside the nodes: other threads, and an interrupt, find every leaf's gradient whole
        for node in reversed(order):
            if node.operands:
                node.grad = 0.0
                if (upstream := arrived.pop(node, None)) is not None:  # else it sends nothing, not even 0·inf
                    node.grad = upstream
                    for operand, local_grad in zip(node.operands, node.local_grads):  # noqa: B905 - the hot loop
                        if local_grad is not None:
                            arrived[operand] = arrived.get(operand, 0.0) + local_grad * upstream
        add_gradients(GRAD, arrived, arrived.values())  # what is left are the leaves

    def detach(self) -> "Value":
        """The same number as a constant: no gradient passes through it."""
        return RECORDER.get().detach(self)

    def __radd__(self, other: Number) -> "Value":
        if type(other) in (int, float) and other == 0:  # where the built-in sum() starts: leave no zero in the graph
            return self
        return self._operate(ADD, other, self)

    def _operate(self, op: Operation, *operands: "Value | Number") -> "Value":  # + − × and so on; quicker: methods.py
        for x in operands:
            if not isinstance(x, Value) and not is_number(x):
                return NotImplemented  # type: ignore[no-any-return]  # Python then asks the other's class
        return apply(op, operands)

    def __repr__(self) -> str:
        details = {"grad": self.grad, "op": self.op and self.op.name, "label": self.label}
        shown = "".join(f", {name}={detail!r}" for name, detail in details.items() if detail)
        return f"{type(self).__name__}({self.data!r}{shown})"


class Constant(Value):
    """A number that gets no gradient: a plain number in an expression, a detached value, a result under no_grad()."""

    __slots__ = ()
    _learns = False


Operands: TypeAlias = tuple[Value, ...]
GRAD: Any = vars(Value)["grad"]  # the slot itself


class Recorder:
    """Makes the node of each operation. This is the plain one; the modes are recorders, too (see `recorders.py`)."""

    recording = True  # whether nodes are made
    numbers_only = False  # whether all results are constants with a known number
    tracing = False  # whether the numbers are not known yet, as while the compiler traces
    expanding = False  # whether operations of many operands are built from single ones
    watching = False  # whether the first nan or inf is an error

    def is_usual(self) -> bool:
        """Whether operations are recorded whole, from known numbers."""
        return not (self.numbers_only or self.tracing or self.expanding)

    def node(self, op: Operation, operands: Operands, data: float, local_grads: tuple[float | None, ...]) -> Value:
        """The node of `op` with this result and these local derivatives."""
        node = Value.__new__(Value)
        node.data, node.grad, node.label = data, 0.0, ""
        node.op, node.operands, node.local_grads = op, operands, local_grads
        return node

    def apply(self, op: Operation, operands: Operands) -> Value:
        """Compute the result of `op` and its local derivatives; a constant where all operands are constants."""
        numbers = [operand.data for operand in operands]
        if not FLOAT.issuperset(map(type, numbers)):
            where = [f"{op.name}: .data of {x.label or f'operand {i}'}" for i, x in enumerate(operands, 1)]
            numbers = list(map(real, numbers, where))
        data = op.evaluate(FLOATS, numbers)
        if type(data) is not float:
            data = real(data, f"the result of {op.name}")
        varies = [type(operand) is not Constant for operand in operands]
        if self.numbers_only or True not in varies:
            return Constant(data)
        wanted = varies if False in varies else None
        return self.node(op, operands, data, op.derivatives(FLOATS, numbers, data, wanted))

    def detach(self, value: Value) -> Value:
        """The same number as a constant."""
        return Constant(value.data, value.label)

    def source(self, value: Value) -> Value:
        """A node to differentiate by that has the number of `value`, and leads back to it unless it is a constant."""
        return Value(value.data) if isinstance(value, Constant) else apply(IDENTITY, (value,))

    def require(self, value: Value, requirement: Requirement, where: Callable[[], str]) -> Value:
        """Check that the number of `value` meets the requirement."""
        requirement.check(value.data, where)
        return value

    def before_backward(self, root: Value, gradient: float) -> None:
        """Called before gradient is sent from `root`; may raise."""

    def with_expansion(self, on: bool) -> "Recorder":
        """This recorder, building from single operations or not."""
        other = copy(self)
        other.expanding = on
        return self if on == self.expanding else other

    def around(self, kind: "Callable[[Recorder], Recorder]") -> "Recorder":
        """A recorder of this kind, which looks at what this one makes."""
        return kind(self)

    def with_grad(self) -> "Recorder":
        """This recorder, recording."""
        return self

    def without_grad(self) -> "Recorder | None":
        """This recorder, for numbers only, where it knows how; else `no_grad` puts one of its own in front."""
        return None


PLAIN = Recorder()
RECORDER = ContextVar("RECORDER", default=PLAIN)


def apply(op: Operation, inputs: Sequence[Value | Number]) -> Value:
    """The node of `op` on `inputs`; plain numbers become constants."""
    return RECORDER.get().apply(op, tuple([x if isinstance(x, Value) else Constant(x) for x in inputs]))
