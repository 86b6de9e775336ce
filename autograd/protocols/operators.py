"""The operators + − × ÷ ** and the methods, once: each hands its operation of the table to `_operate`."""

from typing import Any, Generic, TypeVar

from ..operations.activations import RELU, SIGMOID, TANH
from ..operations.arithmetic import Number
from ..operations.elementary import ABS, ADD, COS, EXP, LOG, MUL, NEG, POW, SIN, SQRT, SUB, TRUEDIV
from ..operations.operation import Operation
from ..operations.rounding import REMAINDER

T = TypeVar("T")


class Operators(Generic[T]):
    """What is written with operators: a Value, and whatever stands for one. T is what an operation gives."""

    __slots__ = ()

    def _operate(self, op: Operation, *operands: Any) -> T:
        """The result of `op`; NotImplemented (Python then asks the other's class) for an operand that does not fit."""
        raise NotImplementedError

    def __add__(self, other: T | Number) -> T:
        return self._operate(ADD, self, other)

    def __radd__(self, other: Number) -> T:
        return self._operate(ADD, other, self)

    def __sub__(self, other: T | Number) -> T:
        return self._operate(SUB, self, other)

    def __rsub__(self, other: Number) -> T:
        return self._operate(SUB, other, self)

    def __mul__(self, other: T | Number) -> T:
        return self._operate(MUL, self, other)

    def __rmul__(self, other: Number) -> T:
        return self._operate(MUL, other, self)

    def __truediv__(self, other: T | Number) -> T:
        return self._operate(TRUEDIV, self, other)

    def __rtruediv__(self, other: Number) -> T:
        return self._operate(TRUEDIV, other, self)

    def __pow__(self, other: T | Number) -> T:
        return self._operate(POW, self, other)

    def __rpow__(self, other: Number) -> T:
        return self._operate(POW, other, self)

    def __mod__(self, other: T | Number) -> T:
        return self._operate(REMAINDER, self, other)

    def __rmod__(self, other: Number) -> T:
        return self._operate(REMAINDER, other, self)

    def __neg__(self) -> T:
        return self._operate(NEG, self)

    def __abs__(self) -> T:
        return self._operate(ABS, self)

    def exp(self) -> T:
        """e to the power of self."""
        return self._operate(EXP, self)

    def log(self) -> T:
        """The natural logarithm."""
        return self._operate(LOG, self)

    def sqrt(self) -> T:
        """The square root."""
        return self._operate(SQRT, self)

    def sin(self) -> T:
        """The sine of self, in radians."""
        return self._operate(SIN, self)

    def cos(self) -> T:
        """The cosine of self, in radians."""
        return self._operate(COS, self)

    def tanh(self) -> T:
        """The hyperbolic tangent."""
        return self._operate(TANH, self)

    def sigmoid(self) -> T:
        """1 / (1 + e⁻ˣ)."""
        return self._operate(SIGMOID, self)

    def relu(self) -> T:
        """max(self, 0)."""
        return self._operate(RELU, self)
