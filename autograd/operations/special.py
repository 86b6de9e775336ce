"""The table, continued: elementary functions that other libraries have, too.

Their derivatives are written so that further derivatives lose no digits either: in sums that do not cancel.
"""

import math
from typing import Any

from .elementary import ANYWHERE, INSIDE, PAIRS, POSITIVE, entry

POLAR = (*PAIRS, (-0.4, -1.2))

# ── powers, exponentials and logarithms ──
SQUARE = entry(
    "square",
    "²",
    lambda m, x: x * x,
    [lambda m, x, out: 2.0 * x],
    doc="x·x, with derivative 2x.",
    written=lambda m, xs: m.pow(xs[0], 2.0),
    exact=lambda mp, x: x * x,
)
RECIPROCAL = entry(
    "reciprocal",
    "1/x",
    lambda m, x: m.truediv(1.0, x),
    [lambda m, x, out: -m.truediv(out, x)],
    textbook=(lambda m, x, out: -m.truediv(1.0, m.pow(x, 2.0)),),
    doc="1/x, with derivative −1/x²; ±inf at ±0.",
    written=lambda m, xs: m.truediv(1.0, xs[0]),
    exact=lambda mp, x: 1 / x,
)
CBRT = entry(
    "cbrt",
    "∛",
    lambda m, x: m.cbrt(x),
    [lambda m, x, out: m.truediv(1.0, 3.0 * (out * out))],
    textbook=(lambda m, x, out: m.truediv(1.0, 3.0 * m.pow(out, 2.0)),),
    doc="The cube root, of negative numbers as well, with derivative 1/(3·∛x²).",
    latex=r"\sqrt[3]{{{0}}}",
    exact=lambda mp, x: mp.sign(x) * mp.cbrt(abs(x)),
    torch=lambda torch, x: torch.sign(x) * torch.abs(x) ** (1 / 3),
)
EXP2 = entry(
    "exp2",
    "2^",
    lambda m, x: m.exp2(x),
    [lambda m, x, out: math.log(2.0) * out],
    textbook=(lambda m, x, out: m.log(2.0) * out,),
    doc="2ˣ, with derivative log 2 · 2ˣ; inf from 1024 on.",
    latex="2^{{{0}}}",
    level=5,
    exact=lambda mp, x: mp.mpf(2) ** x,
)
LOG2 = entry(
    "log2",
    "log₂",
    lambda m, x: m.log2(x),
    [lambda m, x, out: m.truediv(1.0 / math.log(2.0), x)],
    textbook=(lambda m, x, out: m.truediv(1.0, x * m.log(2.0)),),
    samples=POSITIVE,
    doc="The logarithm to base 2, with derivative 1/(x·log 2); log2(0) is −inf, nan below.",
    latex=r"\log_2\left({0}\right)",
    exact=lambda mp, x: mp.log(x) / mp.ln2,
)
LOG10 = entry(
    "log10",
    "log₁₀",
    lambda m, x: m.log10(x),
    [lambda m, x, out: m.truediv(1.0 / math.log(10.0), x)],
    textbook=(lambda m, x, out: m.truediv(1.0, x * m.log(10.0)),),
    samples=POSITIVE,
    doc="The logarithm to base 10, with derivative 1/(x·log 10); log10(0) is −inf, nan below.",
    latex=r"\log_{{10}}\left({0}\right)",
    exact=lambda mp, x: mp.log(x) / mp.ln10,
)


def _logaddexp(m: Any, x: Any, y: Any) -> Any:
    """The larger, plus log(1 + e^−distance); equal infinities have no distance."""
    distance = m.where(m.equal(x, y), 0.0, m.abs(x - y))
    return m.maximum(x, y) + m.log1p(m.exp(-distance))


LOGADDEXP = entry(
    "logaddexp",
    "lae",
    _logaddexp,
    [lambda m, x, y, out: m.sigmoid(x - y), lambda m, x, y, out: m.sigmoid(y - x)],
    textbook=(lambda m, x, y, out: m.exp(x - out), lambda m, x, y, out: m.exp(y - out)),
    doc="log(eˣ + eʸ) without overflow, with derivatives σ(x − y) and σ(y − x).",
    written=lambda m, xs: m.log(m.exp(xs[0]) + m.exp(xs[1])),
    exact=lambda mp, x, y: mp.log(mp.exp(x) + mp.exp(y)),
)

# ── the plane ──


def _cosine(m: Any, x: Any, y: Any) -> Any:
    """x/√(x² + y²), 0 at the origin, by the quotient that is at most 1: x/y or y/x. Nothing in it overflows, and
    its own derivatives, unlike those of x/hypot, are no differences of nearly equal numbers.
    """
    steep = m.less(m.abs(x), m.abs(y))
    nonzero = m.where(m.equal(x, 0.0), 1.0, x)
    ratio = m.truediv(m.where(steep, x, y), m.where(steep, y, nonzero))
    size = m.truediv(m.where(steep, ratio, 1.0), m.sqrt(1.0 + ratio * ratio))
    return m.sign(m.where(steep, y, x)) * size


HYPOT = entry(
    "hypot",
    "hypot",
    lambda m, x, y: m.hypot(x, y),
    [lambda m, x, y, out: _cosine(m, x, y), lambda m, x, y, out: _cosine(m, y, x)],
    textbook=(lambda m, x, y, out: m.truediv(x, out), lambda m, x, y, out: m.truediv(y, out)),
    samples=POLAR,
    doc="√(x² + y²) without overflow, with derivatives x/hypot and y/hypot, which are 0 at the origin.",
    written=lambda m, xs: m.sqrt(m.pow(xs[0], 2.0) + m.pow(xs[1], 2.0)),
    exact=lambda mp, x, y: mp.sqrt(x * x + y * y),
)
ATAN2 = entry(
    "atan2",
    "atan2",
    lambda m, y, x: m.atan2(y, x),
    [
        lambda m, y, x, out: m.truediv(_cosine(m, x, y), m.hypot(x, y)),
        lambda m, y, x, out: -m.truediv(_cosine(m, y, x), m.hypot(x, y)),
    ],
    textbook=(
        lambda m, y, x, out: m.truediv(x, m.pow(x, 2.0) + m.pow(y, 2.0)),
        lambda m, y, x, out: -m.truediv(y, m.pow(x, 2.0) + m.pow(y, 2.0)),
    ),
    operands=("y", "x"),
    samples=POLAR,
    doc="""The angle of the point (x, y) in radians, from −π to π, with C's signs of zeros.

    Its derivatives are x/(x² + y²) by y and −y/(x² + y²) by x, nan at the origin.""",
)

# ── inverse hyperbolic functions ──
ASINH = entry(
    "asinh",
    "asinh",
    lambda m, x: m.asinh(x),
    [lambda m, x, out: m.truediv(1.0, m.hypot(x, 1.0))],
    textbook=(lambda m, x, out: m.truediv(1.0, m.sqrt(1.0 + m.pow(x, 2.0))),),
    doc="log(x + √(x² + 1)), the inverse of sinh, with derivative 1/√(1 + x²).",
    latex=r"\operatorname{{arsinh}}\left({0}\right)",
)
ACOSH = entry(
    "acosh",
    "acosh",
    lambda m, x: m.acosh(x),
    [lambda m, x, out: m.truediv(1.0, m.sqrt(x - 1.0) * m.sqrt(x + 1.0))],
    textbook=(lambda m, x, out: m.truediv(1.0, m.sqrt(m.pow(x, 2.0) - 1.0)),),
    samples=((1.1,), (2.0,), (7.0,)),
    doc="log(x + √(x² − 1)), the inverse of cosh, with derivative 1/√(x² − 1); nan below 1.",
    latex=r"\operatorname{{arcosh}}\left({0}\right)",
)


def _one_minus_square(m: Any, x: Any) -> Any:
    """1 − x²: as a product near ±1, where the difference would cancel, and not near 0, where its derivative would."""
    return m.where(m.less(m.abs(x), 0.5), 1.0 - x * x, (1.0 - x) * (1.0 + x))


ATANH = entry(
    "atanh",
    "atanh",
    lambda m, x: m.atanh(x),
    [lambda m, x, out: m.truediv(1.0, _one_minus_square(m, x))],
    textbook=(lambda m, x, out: m.truediv(1.0, 1.0 - m.pow(x, 2.0)),),
    samples=INSIDE,
    doc="½·log((1 + x)/(1 − x)), the inverse of tanh, with derivative 1/(1 − x²); ±inf at ±1, nan beyond.",
    latex=r"\operatorname{{artanh}}\left({0}\right)",
)

# ── sinc ──
NEAR_0 = 0.5  # where the slope of sinc comes from its series
SLOPE_SERIES = [(-1) ** k * 2 * k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(1, 16)]  # x, x³, x⁵ …


def _half_turns(m: Any, x: Any) -> tuple[Any, Any]:
    """πx as n·π + angle with |angle| ≤ π/2, without rounding x·π: (1 or −1 for even or odd n, angle)."""
    n = m.round(x)
    return 1.0 - 2.0 * (n - 2.0 * m.floor(0.5 * n)), math.pi * (x - n)


def _sinc(m: Any, x: Any) -> Any:
    sign, angle = _half_turns(m, x)
    at_0 = m.equal(x, 0.0)
    return m.where(at_0, 1.0, m.truediv(sign * m.sin(angle), math.pi * m.where(at_0, 1.0, x)))


def _sinc_slope(m: Any, x: Any, out: Any) -> Any:
    """(cos πx − sinc x)/x, which cancels near 0: there the Taylor series, so that all further derivatives are right."""
    near = m.less(m.abs(x), NEAR_0)
    small, large = m.where(near, x, 0.0), m.where(near, 1.0, x)
    series, square = SLOPE_SERIES[-1], small * small
    for coefficient in SLOPE_SERIES[-2::-1]:
        series = series * square + coefficient
    sign, angle = _half_turns(m, large)
    return m.where(near, small * series, m.truediv(sign * m.cos(angle) - out, large))


SINC = entry(
    "sinc",
    "sinc",
    _sinc,
    [_sinc_slope],
    textbook=(lambda m, x, out: m.truediv(m.cos(m.name("π") * x) - out, x),),
    samples=(*ANYWHERE[1:], (-2.2,), (0.1,)),
    doc="sin(πx)/(πx), 1 at 0 (normalised, as NumPy's and PyTorch's), with derivative (cos πx − sinc x)/x.",
    exact=lambda mp, x: mp.sincpi(x),
)
