"""The table, continued: rounding, remainders and bounds. All derivatives of a rounded number are 0."""

from typing import Any

from .comparisons import FLAT
from .elementary import entry

BETWEEN = ((-1.7,), (-0.3,), (0.6,), (2.7,))  # neither integers nor halves
QUOTIENTS = ((5.3, 2.0), (-5.3, 2.0), (5.3, -2.0), (-0.7, -0.3))
CLIPPED = ((0.5, -1.0, 2.0), (-3.0, -1.0, 2.0), (5.0, -1.0, 2.0), (0.5, 2.0, -1.0))

FLOOR = entry(
    "floor",
    "⌊·⌋",
    lambda m, x: m.floor(x),
    FLAT,
    samples=BETWEEN,
    doc="The largest integer that is at most x. Its derivative is 0.",
    text="⌊{0}⌋",
    latex=r"\left\lfloor {0} \right\rfloor",
)
CEIL = entry(
    "ceil",
    "⌈·⌉",
    lambda m, x: -m.floor(-x),
    FLAT,
    samples=BETWEEN,
    doc="The smallest integer that is at least x. Its derivative is 0.",
    text="⌈{0}⌉",
    latex=r"\left\lceil {0} \right\rceil",
)
ROUND = entry(
    "round",
    "round",
    lambda m, x: m.round(x),
    FLAT,
    samples=BETWEEN,
    doc="The nearest integer, of two equally near the even one. Its derivative is 0.",
    exact=lambda mp, x: mp.nint(x),
)
TRUNC = entry(
    "trunc",
    "trunc",
    lambda m, x: m.where(m.less(x, 0.0), -m.floor(-x), m.floor(x)),
    FLAT,
    samples=BETWEEN,
    doc="x without its decimals: the nearest integer towards 0. Its derivative is 0.",
    exact=lambda mp, x: mp.sign(x) * mp.floor(abs(x)),
)


def _quotient(m: Any, x: Any, y: Any, out: Any) -> Any:
    """The integer q of out = x − q·y: x/y itself may be rounded up to the next integer, this is within a hair of q."""
    return m.round(m.truediv(x - out, y))


FMOD = entry(
    "fmod",
    "fmod",
    lambda m, x, y: m.fmod(x, y),
    [lambda m, x, y, out: 1.0, lambda m, x, y, out: -_quotient(m, x, y, out)],
    textbook=(lambda m, x, y, out: 1.0, lambda m, x, y, out: -m.trunc(m.truediv(x, y))),
    samples=QUOTIENTS,
    doc="x − trunc(x/y)·y, exact, with the sign of x (C's); derivatives 1 and −trunc(x/y); nan where y is 0.",
    exact=lambda mp, x, y: x - mp.sign(x / y) * mp.floor(abs(x / y)) * y,
)


def _remainder(m: Any, x: Any, y: Any) -> Any:
    """C's remainder, moved by y to where y has its sign; 0 takes the sign of y, too."""
    rest = m.fmod(x, y)
    moved = m.where(m.equal(m.less(rest, 0.0), m.less(y, 0.0)), rest, rest + y)
    signed_zero = m.where(m.less(y, 0.0), -0.0, m.where(m.less(0.0, y), 0.0, rest))
    return m.where(m.equal(rest, 0.0), signed_zero, moved)


REMAINDER = entry(
    "remainder",
    "mod",
    _remainder,
    [lambda m, x, y, out: 1.0, lambda m, x, y, out: -_quotient(m, x, y, out)],
    textbook=(lambda m, x, y, out: 1.0, lambda m, x, y, out: -m.floor(m.truediv(x, y))),
    samples=QUOTIENTS,
    doc="x % y = x − floor(x/y)·y, with the sign of y, as in Python; derivatives 1 and −floor(x/y); nan where y is 0.",
    text="{0} mod {1}",
    latex=r"{0} \bmod {1}",
    level=3,
    exact=lambda mp, x, y: x - mp.floor(x / y) * y,
)


def _inside(m: Any, x: Any, low: Any, high: Any) -> Any:
    return m.logical_and(m.less_equal(low, x), m.less_equal(x, high))


CLIP = entry(
    "clip",
    "clip",
    lambda m, x, low, high: m.minimum(m.maximum(x, low), high),
    [
        lambda m, x, low, high, out: m.passes(_inside(m, x, low, high), 1.0),
        lambda m, x, low, high, out: m.passes(m.logical_and(m.less(x, low), m.less(low, high)), 1.0),
        lambda m, x, low, high, out: m.passes(m.logical_or(m.less(high, x), m.less(high, low)), 1.0),
    ],
    operands=("x", "low", "high"),
    samples=CLIPPED,
    doc="""x, but at least low and at most high (high where low is above it).

    The derivative goes to the one that is chosen, at a bound to x, as in PyTorch's clamp.""",
    exact=lambda mp, x, low, high: min(max(x, low), high),
)
