"""The arithmetic of floats, with the results of IEEE 754 where Python would raise.

`1/0` is inf, `log(0)` is −inf, `exp(1000)` is inf and `(-8) ** (1/3)` is nan, as in C, NumPy and PyTorch.
Additions, subtractions and products need no function: Python's floats follow IEEE there.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from numbers import Real
from typing import Any

from .table import OPERATIONS

inf, nan = math.inf, math.nan
Number = int | float


def real(number: object, what: str = "Value") -> float:
    """`number` as a float; raises TypeError for whatever is no real number (text, None, complex, arrays)."""
    if isinstance(number, (float, int, Real)):
        return float(number)
    raise TypeError(f"{what} takes a real number, got {_described(number)}")


def is_number(thing: object) -> bool:
    """Whether `thing` may stand in an expression: it is a real number or a node.

    Raises TypeError for an array, which would otherwise be taken apart number by number.
    """
    if isinstance(thing, (float, int, Real)) or hasattr(thing, "local_grads"):
        return True
    return hasattr(thing, "__array__") and bool(real(thing))


def _described(thing: object) -> str:
    kind = type(thing).__name__
    if kind == "ndarray":
        return (
            f"an array of shape {getattr(thing, 'shape', '?')}; build one Value per number: [Value(x) for x in array]"
        )
    if isinstance(thing, complex):
        return f"the complex number {thing!r}"
    remedy = "; for the number alone, write .item()" if hasattr(thing, "item") else ""
    return f"{thing!r:.40} ({kind}){remedy}" if thing is not None else "None"


class Arithmetic:
    """What every arithmetic shares: an operation it does not spell out comes from its row in the table.

    An arithmetic has to supply `PRIMITIVES` only; all other rows are written in terms of those.
    """

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in OPERATIONS:
            raise AttributeError(f"no operation named {name!r}")
        row = OPERATIONS[name]
        composed = partial(row if row.many or row.defaults else row.forward, self)
        setattr(self, name, composed)
        return composed

    @staticmethod
    def detach(x: Any) -> Any:
        """x itself, of which no derivative is taken: for what only mends the digits of a formula, or cancels out."""
        return x


PRIMITIVES = frozenset(
    "truediv pow abs exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh erf erfc "
    "less less_equal equal where".split()
)


def _ieee(function: Callable[[float], float], odd: bool = False) -> Any:
    """`function` of math, with nan outside its domain and ±inf (sign of x where `odd`) beyond the largest float."""

    def wrapped(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return nan
        except OverflowError:
            return math.copysign(inf, x) if odd else inf

    return staticmethod(wrapped)


class FloatArithmetic(Arithmetic):
    """Python floats, IEEE results."""

    sin, cos, tan = _ieee(math.sin), _ieee(math.cos), _ieee(math.tan)
    asin, acos, atan = _ieee(math.asin), _ieee(math.acos), math.atan
    sinh, cosh, tanh = _ieee(math.sinh, odd=True), _ieee(math.cosh), math.tanh
    exp, expm1, sqrt = _ieee(math.exp), _ieee(math.expm1), _ieee(math.sqrt)
    erf, erfc, abs = math.erf, math.erfc, math.fabs

    @staticmethod
    def truediv(x: float, y: float) -> float:
        if y:
            return x / y
        return nan if x == 0 or x != x else math.copysign(inf, x) * math.copysign(1.0, y)

    @staticmethod
    def pow(x: float, y: float) -> float:
        try:
            return math.pow(x, y)
        except OverflowError:
            return -inf if x < 0 and y % 2 == 1 else inf
        except ValueError:  # a negative base with a fractional exponent, or 1/0
            if x != 0:
                return nan
            return math.copysign(inf, x) if y % 2 == 1 else inf

    @staticmethod
    def maximum(x: float, y: float) -> float:
        return x if x >= y else y if x < y else x + y

    @staticmethod
    def exp_difference(x: float, y: float) -> float:
        """The row, without its guards where they do nothing: softmax and its kin spend their time here."""
        difference = x - y
        try:
            power = math.exp(difference)
        except OverflowError:
            return inf
        if not -746.0 < difference < 710.0:
            return power
        minus_y = difference - x
        return power * (1.0 + ((x - (difference - minus_y)) - (y + minus_y)))

    @staticmethod
    def log(x: float) -> float:
        return math.log(x) if x > 0 else -inf if x == 0 else nan

    @staticmethod
    def log1p(x: float) -> float:
        return math.log1p(x) if x > -1 else -inf if x == -1 else nan

    @staticmethod
    def less(x: float, y: float) -> float:
        return 1.0 if x < y else 0.0

    @staticmethod
    def less_equal(x: float, y: float) -> float:
        return 1.0 if x <= y else 0.0

    @staticmethod
    def equal(x: float, y: float) -> float:
        return 1.0 if x == y else 0.0

    @staticmethod
    def where(condition: float, a: float, b: float) -> float:
        return a if condition else b

    @staticmethod
    def take(values: Sequence[float], index: float) -> float:
        return values[int(index)] if index in range(len(values)) else nan


FLOATS = FloatArithmetic()
