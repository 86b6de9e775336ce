"""How a Value behaves as a Python number: comparisons, and conversions refused because a gradient would be lost."""

from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn, Self

from ..operations.arithmetic import is_truth


class Scalar:
    """`<` and its kin compare the numbers; `==` and `hash` are identity, so that nodes can live in sets and dicts."""

    __slots__ = ()
    data: float
    grad: float
    op: Any
    operands: tuple[Any, ...]
    local_grads: tuple[Any, ...]
    _learns = True

    def item(self) -> float:
        """The number alone, outside any graph."""
        return self.data

    def __pos__(self) -> Self:
        return self

    def __lt__(self, other: Any) -> bool:
        return self.data < _number(other)

    def __le__(self, other: Any) -> bool:
        return self.data <= _number(other)

    def __gt__(self, other: Any) -> bool:
        return self.data > _number(other)

    def __ge__(self, other: Any) -> bool:
        return self.data >= _number(other)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (int, float, Real)) or hasattr(other, "__array__"):
            raise TypeError(
                f"== between Values is identity and never true of a number; compare v.data == {other!r:.40} instead, "
                "or autograd.equal(v, number) for a 1.0 or 0.0 in the graph"
            )
        return self is other if isinstance(other, Scalar) else NotImplemented

    if TYPE_CHECKING:

        def __hash__(self) -> int: ...

    else:
        __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return bool(self.data)

    def __float__(self) -> NoReturn:
        raise TypeError(
            "a Value does not turn into a float: the gradient would be lost, as in math.tanh(v). "
            "Write v.item() for the number alone, or autograd.tanh(v) and its kin to stay in the graph"
        )

    def __int__(self) -> NoReturn:
        self.__float__()

    def __complex__(self) -> NoReturn:
        self.__float__()

    def __index__(self) -> NoReturn:
        raise TypeError(
            "a Value is no position in a list, nor does it repeat one: the gradient would be lost. Write "
            "int(v.item()) for the number alone, [v * x for x in numbers] for products"
        )

    def __round__(self, *_: Any) -> NoReturn:
        raise TypeError(
            "round(), math.floor(), math.ceil() and math.trunc() make an integer of a number: a Value would leave the "
            "graph. Write autograd.round(v) (or floor, ceil, trunc), whose derivative is 0, or round(v.item())"
        )

    def __floor__(self) -> NoReturn:
        self.__round__()

    def __ceil__(self) -> NoReturn:
        self.__round__()

    def __trunc__(self) -> NoReturn:
        self.__round__()

    def __format__(self, spec: str) -> str:
        """`f"{v:.3f}"` formats the number."""
        return format(self.data, spec) if spec else str(self)

    # micrograd's and PyTorch's names, for code written for them
    @property
    def _prev(self) -> set[Any]:
        return set(self.operands)

    @property
    def _op(self) -> str:
        return self.op.symbol if self.op else ""

    def _backward(self) -> None:
        """Send this node's gradient to its operands, as one does by hand in micrograd's lecture."""
        for operand, local in zip(self.operands, self.local_grads, strict=True):
            if local is not None:
                operand.grad += local * self.grad

    @property
    def requires_grad(self) -> bool:
        """Whether gradients reach it: all but constants."""
        return self._learns

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> NoReturn:
        raise AttributeError(
            "requires_grad is read only: v.detach() is the number without a gradient, under no_grad() nothing is "
            "recorded, and an optimizer changes only the parameters that it was given"
        )


def text(label: Any) -> str:
    """A label; TypeError for what is no text, as in micrograd's Value(4.0, (a, b)), whose gradient would be lost."""
    if isinstance(label, str):
        return str(label)
    raise TypeError(
        f"a label is text, got {label!r:.60}: a node is made by arithmetic on its operands, or by an operation of your "
        "own (autograd.operation)"
    )


def _number(other: Any) -> float:
    if isinstance(other, Scalar):
        return other.data
    if isinstance(other, (int, float, Real)):
        return other  # type: ignore[return-value]
    if is_truth(other):
        return float(other)
    raise TypeError(f"a Value compares with a Value or a real number, not with {other!r:.40}")
