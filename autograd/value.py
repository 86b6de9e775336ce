"""Value: a number that remembers how it was computed. This file is the whole engine.

Each operation makes a node that holds its result, its operands and, for each operand, the local derivative. `backward`
goes from the result to the leaves and multiplies along every edge: the chain rule.
"""

from collections.abc import Sequence

from .arithmetic import FLOATS, Number, is_number, real
from .graph import add_gradients, topological_order
from .modes import MODE
from .operations import ABS, ADD, COS, DETACH, EXP, LOG, MUL, NEG, POW, RELU, SIGMOID, SIN, SQRT, SUB, TANH, TRUEDIV
from .pickling import Picklable
from .scalar import Scalar
from .table import Operation

FLOAT = frozenset({float})


class Value(Scalar, Picklable):
    """A real number in a graph.

    `Value(2.0)` is a leaf: an input or a parameter; arithmetic makes the other nodes. TypeError for any other object.

    >>> x = Value(3.0, label="x")
    >>> y = x * x + 1.0
    >>> y.backward()
    >>> y.data, x.grad
    (10.0, 6.0)
    """

    __slots__ = ("data", "grad", "label", "local_grads", "op", "operands")
    __array_ufunc__ = None  # np.float64(2) * v is ours; an array times a Value is refused

    data: float  # the number itself
    grad: float  # ∂(what was differentiated)/∂self, summed over the calls of backward; 0.0 at first
    op: Operation | None  # the row of the table that made this node; None for a leaf
    operands: tuple["Value", ...]  # what it was computed from, in order
    local_grads: tuple[float | None, ...]  # ∂self/∂operand, in order; None where no gradient passes
    label: str  # a name for diagrams and messages

    def __init__(self, data: Number, label: str = "") -> None:
        self.data = real(data)
        self.grad = 0.0
        self.op = None
        self.operands = self.local_grads = ()
        self.label = label

    def backward(self, gradient: Number = 1.0) -> None:
        """Add gradient · ∂self/∂leaf to every leaf's `.grad`, to none if interrupted. ValueError for a constant."""
        seed = real(gradient, "gradient")
        if isinstance(self, Constant):
            raise ValueError(
                f"backward() on {self!r}, which has no graph: it is a constant, or was made from constants only or "
                "under no_grad(); compute it from at least one Value, outside no_grad()"
            )
        if monitor := MODE.get().monitor:
            monitor.before_backward(self, seed)
        order = topological_order(self)
        arrived = {self: seed}  # beside the nodes: other threads, and an interrupt, find every leaf's gradient whole
        for node in reversed(order):
            if node.operands:
                node.grad = upstream = arrived.pop(node, 0.0)
                for operand, local_grad in zip(node.operands, node.local_grads):  # noqa: B905 - the hot loop
                    if local_grad is not None:
                        arrived[operand] = arrived.get(operand, 0.0) + local_grad * upstream
        add_gradients(arrived, arrived.values())  # what is left are the leaves

    def detach(self) -> "Value":
        """The same number as a constant: no gradient passes through it."""
        return Constant(self.data, self.label) if MODE.get().unknown is None else apply(DETACH, (self,))

    def __add__(self, other: "Value | Number") -> "Value":
        if type(self) is type(other) is Value and type(x := self.data) is type(y := other.data) is float:
            return make_node(ADD, (self, other), x + y, (1.0, 1.0))  # the two hottest: a test holds them to the table
        return _binary(ADD, self, other)

    def __radd__(self, other: Number) -> "Value":
        if type(other) in (int, float) and other == 0:  # where the built-in sum() starts: leave no zero in the graph
            return self
        return _binary(ADD, other, self)

    def __mul__(self, other: "Value | Number") -> "Value":
        if type(self) is Value and type(x := self.data) is float:
            if type(other) is Value and type(y := other.data) is float:
                return make_node(MUL, (self, other), x * y, (y, x))
            if type(other) is float:
                return make_node(MUL, (self, Constant(other)), x * other, (other, None))
        return _binary(MUL, self, other)

    def __rmul__(self, other: Number) -> "Value":
        return _binary(MUL, other, self)

    def __sub__(self, other: "Value | Number") -> "Value":
        return _binary(SUB, self, other)

    def __rsub__(self, other: Number) -> "Value":
        return _binary(SUB, other, self)

    def __truediv__(self, other: "Value | Number") -> "Value":
        return _binary(TRUEDIV, self, other)

    def __rtruediv__(self, other: Number) -> "Value":
        return _binary(TRUEDIV, other, self)

    def __pow__(self, other: "Value | Number") -> "Value":
        return _binary(POW, self, other)

    def __rpow__(self, other: Number) -> "Value":
        return _binary(POW, other, self)

    def __neg__(self) -> "Value":
        return apply(NEG, (self,))

    def __abs__(self) -> "Value":
        return apply(ABS, (self,))

    def exp(self) -> "Value":
        """e to the power of self."""
        return apply(EXP, (self,))

    def log(self) -> "Value":
        """The natural logarithm."""
        return apply(LOG, (self,))

    def sqrt(self) -> "Value":
        """The square root."""
        return apply(SQRT, (self,))

    def sin(self) -> "Value":
        """The sine of self, in radians."""
        return apply(SIN, (self,))

    def cos(self) -> "Value":
        """The cosine of self, in radians."""
        return apply(COS, (self,))

    def tanh(self) -> "Value":
        """The hyperbolic tangent."""
        return apply(TANH, (self,))

    def sigmoid(self) -> "Value":
        """1 / (1 + e⁻ˣ)."""
        return apply(SIGMOID, (self,))

    def relu(self) -> "Value":
        """max(self, 0)."""
        return apply(RELU, (self,))

    def __repr__(self) -> str:
        details = {"grad": self.grad, "op": self.op and self.op.name, "label": self.label}
        shown = "".join(f", {name}={detail!r}" for name, detail in details.items() if detail)
        return f"{type(self).__name__}({self.data!r}{shown})"


class Constant(Value):
    """A number that gets no gradient: a plain number in an expression, a detached value, a result under no_grad()."""

    __slots__ = ()


def make_node(op: Operation, operands: tuple[Value, ...], data: float, local_grads: tuple[float | None, ...]) -> Value:
    """The node of one operation, or a constant where nothing is recorded: here every node is made."""
    mode = MODE.get()
    if not mode.recording and mode.unknown is None:
        return Constant(data)
    node = Value.__new__(Value)
    node.data, node.grad, node.label = data, 0.0, ""
    node.op, node.operands, node.local_grads = op, operands, local_grads
    if mode.monitor:
        mode.monitor.made(node)
    return node


def apply(op: Operation, inputs: Sequence[Value | Number]) -> Value:
    """The node of `op` on `inputs`; plain numbers become constants, and so does what has no other operands."""
    kinds = set(map(type, inputs))
    if not kinds <= {Value, Constant}:
        inputs = [x if isinstance(x, Value) else Constant(x) for x in inputs]
        kinds = set(map(type, inputs))
    operands: tuple[Value, ...] = tuple(inputs)  # type: ignore[arg-type]
    if (unknown := MODE.get().unknown) is not None and Value in kinds:
        return make_node(op, operands, unknown, tuple([unknown if type(x) is Value else None for x in operands]))
    numbers = [operand.data for operand in operands]
    if not FLOAT.issuperset(map(type, numbers)):
        numbers = [real(x.data, f"{op.name}: .data of {x.label or f'operand {i}'}") for i, x in enumerate(operands, 1)]
    data = op.evaluate(FLOATS, numbers)
    if type(data) is not float:
        data = real(data, f"the result of {op.name}")
    if kinds == {Constant} or not MODE.get().recording:
        return Constant(data)
    wanted = [type(operand) is not Constant for operand in operands] if Constant in kinds else None
    return make_node(op, operands, data, op.derivatives(FLOATS, numbers, data, wanted))


def _binary(op: Operation, left: Value | Number, right: Value | Number) -> Value:
    """`left op right`; NotImplemented (Python then asks the other's class) where one of them is no number."""
    known = (isinstance(left, Value) or is_number(left)) and (isinstance(right, Value) or is_number(right))
    return apply(op, (left, right)) if known else NotImplemented
