"""Hyperbolic functions and their inverses on four doubles at once, each at most 2 units in the last place off.

The formulas are those of fdlibm (Sun Microsystems, 1993); what a sum, a product or a root loses is carried along.
"""

import math
from typing import Any

from .elementary import Writer, beyond_linear, log_edges, log_of_normal, reduced

SINH_SERIES = [1 / math.factorial(2 * i + 1) for i in range(1, 11)]
HUGE = 2.0**28  # where x² + 1 is x², to the last digit


def _half_powers(w: Writer, size: Any) -> tuple[Any, Any, Any]:
    """½eˣ in two pieces, and ½e⁻ˣ."""
    m = w.m
    r, k = reduced(w, w.clamped(size, 0.0, 711.0))
    beyond = m.fma(r * r, beyond_linear(w, r), r)
    high = 1.0 + beyond
    low = (1.0 - high) + beyond
    k = w.integer("sub", k, 1)
    half = w.scaled(high, k)
    return half, w.scaled(low, k), m.truediv(0.25, half)


def sinh(w: Writer, x: Any) -> Any:
    """½eˣ − ½e⁻ˣ, which cancels near 0: for |x| ≤ 1 the Taylor series; to 1.2 units."""
    m = w.m
    size = m.abs(x)
    half, low, inverse = _half_powers(w, size)
    z = x * x
    near = m.fma(x * z, w.series(z, SINH_SERIES), x)
    return m.where(m.less(1.0, size), w.with_sign(half + (low - inverse), x), near)


def cosh(w: Writer, x: Any) -> Any:
    """½eˣ + ½e⁻ˣ; to 1.3 units."""
    half, low, inverse = _half_powers(w, w.m.abs(x))
    return half + (low + inverse)


def _log1p(w: Writer, t: Any, low: Any) -> Any:
    """log(1 + t + low), where low is what rounding t has lost."""
    m = w.m
    u = 1.0 + t
    lost = m.where(m.less(t, 1.0), t - (u - 1.0), 1.0 - (u - t)) + low
    return log_edges(w, u, log_of_normal(w, u, 0.0, m.truediv(lost, u)))


def _log_twice(w: Writer, x: Any) -> Any:
    """log 2x, for large x."""
    return log_edges(w, x, log_of_normal(w, x, 1.0, 0.0))


def asinh(w: Writer, x: Any) -> Any:
    """log(1 + |x| + x²/(1 + √(1 + x²))) with the sign of x, log 2|x| where it is huge; to 1.3 units."""
    m = w.m
    size = m.abs(x)
    square = w.clamped(size, 0.0, HUGE) * size
    more = m.truediv(square, 1.0 + m.sqrt(1.0 + square))
    t = size + more
    large, small = m.where(m.less(size, more), more, size), m.where(m.less(size, more), size, more)
    near = m.where(m.less(size, 2.0**-28), size, _log1p(w, t, (large - t) + small))
    return w.with_sign(m.where(m.less(HUGE, size), _log_twice(w, size), near), x)


def acosh(w: Writer, x: Any) -> Any:
    """log(1 + t + √(2t + t²)) for t = x − 1, log 2x where it is huge; to 1.3 units; nan below 1."""
    m = w.m
    t = w.clamped(x, 0.0, HUGE) - 1.0
    square = m.fma(t, t, 2.0 * t)
    square_low = m.fma(t, t, 2.0 * t - square)
    root = m.sqrt(square)
    root_low = m.truediv(m.fma(-root, root, square) + square_low, 2.0 * m.where(m.equal(root, 0.0), 1.0, root))
    total = root + t
    near = _log1p(w, total, ((root - total) + t) + root_low)
    return m.where(m.less(x, 1.0), math.nan, m.where(m.less(HUGE, x), _log_twice(w, x), near))


def atanh(w: Writer, x: Any) -> Any:
    """½·log(1 + 2|x|/(1 − |x|)) with the sign of x; to 1.3 units; ±inf at ±1, nan beyond."""
    m = w.m
    size = m.abs(x)
    bottom = 1.0 - size
    bottom_low = (1.0 - bottom) - size
    t = m.truediv(2.0 * size, bottom)
    low = m.truediv(m.fma(-t, bottom, 2.0 * size) - t * bottom_low, bottom)
    return w.with_sign(m.where(m.less(size, 2.0**-28), size, 0.5 * _log1p(w, t, low)), x)


FUNCTIONS = (sinh, cosh, asinh, acosh, atanh)
