"""The arithmetic of floats, with the results of IEEE 754 where Python would raise.

`1/0` is inf, `log(0)` is −inf, `exp(1000)` is inf and `(-8) ** (1/3)` is nan, as in C, NumPy and PyTorch.
Additions, subtractions and products need no function: Python's floats follow IEEE there.
"""

import builtins
import math
from collections.abc import Callable, Sequence
from functools import partial
from numbers import Real
from typing import Any

from .operation import OPERATIONS, Operation
from .powers import POWERS

inf: float = math.inf
nan: float = math.nan
WHOLE: float = 2.0**52  # from here on every float is an integer
Number = int | float


class StrongZero(float):
    """A zero that stays 0 whatever it is multiplied with, be it inf or nan: the derivative along a closed way."""

    __slots__ = ()

    def __mul__(self, other: Any) -> float:
        return 0.0

    def __rmul__(self, other: Any) -> float:
        return 0.0

    def __reduce__(self) -> str:
        return "NOTHING"  # pickled and copied by name


NOTHING = StrongZero()
"""What passes where nothing passes."""


def real(number: object, what: str = "Value") -> float:
    """`number` as a float; raises TypeError for whatever is no real number (text, None, complex, arrays)."""
    if isinstance(number, (float, int, Real)) or is_truth(number):
        return float(number)  # type: ignore[arg-type]
    raise TypeError(f"{what} takes a real number, got {_described(number)}")


def is_number(thing: object) -> bool:
    """Whether `thing` may stand in an expression: it is a real number or a node.

    Raises TypeError for an array, which would otherwise be taken apart number by number.
    """
    if isinstance(thing, (float, int, Real)) or hasattr(thing, "local_grads"):
        return True
    if hasattr(thing, "__array__"):
        real(thing)
    return is_truth(thing)


def is_truth(thing: object) -> bool:
    """Whether it is NumPy's True or False: numbers wherever Python's are, though NumPy registers them as no `Real`."""
    kind = type(thing)
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")


def _described(thing: object) -> str:
    kind = type(thing).__name__
    if kind == "ndarray":
        return (
            f"an array of shape {getattr(thing, 'shape', '?')}; build one Value per number: [Value(x) for x in array]"
        )
    if isinstance(thing, complex):
        return f"the complex number {thing!r}"
    if isinstance(thing, (list, tuple)):  # not shown: the numbers of a function being traced are not known
        return f"a {kind} of {len(thing)}: take its numbers one by one, [x for row in rows for x in row]"
    remedy = "; for the number alone, write .item()" if hasattr(thing, "item") else ""
    return f"{thing!r:.40} ({kind}){remedy}" if thing is not None else "None"


class Arithmetic:
    """What every arithmetic shares: an operation it does not spell out comes from its entry in the table.

    An arithmetic has to supply the primitives only; all other operations are written in terms of those.
    """

    def __getattr__(self, name: str) -> Callable[..., Any]:
        op = self._entry(name)
        if op.is_primitive:
            raise NotImplementedError(
                f"{type(self).__name__} lacks the primitive operation {name!r}, which every arithmetic has to spell "
                f"out: give this class a method {name}(self, {', '.join(op.operands)}), or write {name}'s forward in "
                "terms of other operations"
            )
        composed = partial(op if op.many or op.defaults else op.forward, self)
        setattr(self, name, composed)
        return composed

    @staticmethod
    def _entry(name: str) -> Operation:
        """The operation of this name; AttributeError where the table has none."""
        if name.startswith("_") or name not in OPERATIONS:
            raise AttributeError(f"no operation named {name!r}")
        return OPERATIONS[name]

    @staticmethod
    def detach(x: Any) -> Any:
        """x itself, of which no derivative is taken: for what only mends the digits of a formula, or cancels out."""
        return x

    def passes(self, condition: Any, slope: Any) -> Any:
        """`slope` where the condition holds, else no gradient passes, not even 0·inf: the last word of a partial."""
        return self.where(condition, slope, 0.0)


def _ieee(function: Callable[..., float], odd: bool = False) -> Any:
    """`function` of math, with nan outside its domain and ±inf (sign of x where `odd`) beyond the largest float."""

    def wrapped(x: float, *others: float) -> float:
        try:
            return function(x, *others)
        except ValueError:
            return nan
        except OverflowError:
            return math.copysign(inf, x) if odd else inf

    return staticmethod(wrapped)


def _logarithm(function: Callable[[float], float], pole: float = 0.0) -> Any:
    """`function` of math, with −inf at its pole and nan below."""
    return staticmethod(lambda x: function(x) if x > pole else -inf if x == pole else nan)


class _FloatArithmetic(Arithmetic):
    """Python floats, IEEE results."""

    sin, cos, tan = _ieee(math.sin), _ieee(math.cos), _ieee(math.tan)
    asin, acos, atan, atan2 = _ieee(math.asin), _ieee(math.acos), math.atan, math.atan2
    sinh, cosh, tanh = _ieee(math.sinh, odd=True), _ieee(math.cosh), math.tanh
    asinh, acosh = math.asinh, _ieee(math.acosh)
    exp, exp2, expm1, sqrt = _ieee(math.exp), _ieee(math.exp2), _ieee(math.expm1), _ieee(math.sqrt)
    log, log2, log10 = _logarithm(math.log), _logarithm(math.log2), _logarithm(math.log10)
    log1p = _logarithm(math.log1p, pole=-1.0)
    erf, erfc, abs, hypot = math.erf, math.erfc, math.fabs, math.hypot
    fmod = _ieee(math.fmod)

    @staticmethod
    def atanh(x: float) -> float:
        return math.copysign(inf, x) if x in (-1.0, 1.0) else math.atanh(x) if -1.0 < x < 1.0 else nan

    @staticmethod
    def floor(x: float) -> float:
        return math.copysign(math.floor(x), x) if abs(x) < WHOLE else x

    @staticmethod
    def round(x: float) -> float:
        return math.copysign(builtins.round(x), x) if abs(x) < WHOLE else x

    @staticmethod
    def cbrt(x: float) -> float:
        """With one step of Newton's: the C library's own is up to 3 units off, and cbrt(27.0) not 3.0."""
        root = math.cbrt(x)
        square = root * root
        if not 1e-200 < square < 1e200:
            return root
        return root - (square * root - x) / (3.0 * square)

    @staticmethod
    def truediv(x: float, y: float) -> float:
        if y:
            return x / y
        return nan if x == 0 or x != x else math.copysign(inf, x) * math.copysign(1.0, y)

    @staticmethod
    def pow(x: float, y: float) -> float:
        if rule := POWERS.get(y):
            power: float = rule(FLOATS, x)
            return power
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
        """The operation, without its guards where they do nothing: softmax and its kin spend their time here."""
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
    def passes(condition: float, slope: float) -> float:
        return slope if condition else NOTHING

    @staticmethod
    def take(values: Sequence[float], index: float) -> float:
        return values[int(index)] if index in range(len(values)) else nan


FLOATS: Arithmetic = _FloatArithmetic()
