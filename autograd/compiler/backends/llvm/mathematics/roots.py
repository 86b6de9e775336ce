"""exp2, log2, log10, cbrt and hypot on four doubles at once, each at most 2 units in the last place off.

The two logarithms multiply by 1/log b in two pieces, as FreeBSD's e_log2.c and e_log10.c do (after fdlibm's log);
cbrt is two steps of Halley's iteration and one of Newton's, the last with an exact residual.
"""

import math
from typing import Any

from .elementary import Writer, beyond_linear, log_edges, log_series, split

LN2_REST = 2.3190468138462996e-17  # log 2 is math.log(2.0) and this
INVERSE_LN2 = (1.4426950408889634, 2.0355273740931033e-17)  # 1/log 2 and 1/log 10 in two pieces
INVERSE_LN10 = (0.4342944819032518, 1.098319650216765e-17)
LOG10_2 = (3.01029995663611771306e-01, 3.69423907715893078616e-13)  # the first is exact times an exponent


def exp2(w: Writer, x: Any) -> Any:
    """2ˣ = 2ᵏ·e^(r·log 2), x = k + r; to 1 unit, also among the smallest numbers."""
    m = w.m
    n, k = w.rounded(w.clamped(x, -1080.0, 1025.0))
    r = w.clamped(x, -1080.0, 1025.0) - n
    t = r * math.log(2.0)
    low = m.fma(r, math.log(2.0), -t) + r * LN2_REST
    return w.scaled(1.0 + (t + m.fma(t * t, beyond_linear(w, t), low)), k)


def log2(w: Writer, x: Any) -> Any:
    """To 1 unit; exact for powers of 2."""
    return _log(w, x, INVERSE_LN2, (1.0, 0.0))


def log10(w: Writer, x: Any) -> Any:
    """To 1 unit."""
    return _log(w, x, INVERSE_LN10, LOG10_2)


def _log(w: Writer, x: Any, inverse: tuple[float, float], of_2: tuple[float, float]) -> Any:
    """log(1 + f)/log b + k·log_b 2, each in two pieces."""
    m = w.m
    tiny = m.less(x, 2.0**-1022)
    k, f = split(w, m.where(tiny, x * 2.0**54, x))
    k = k + m.where(tiny, -54.0, 0.0)
    half, s, rest = log_series(w, f)
    high = f - half
    low = m.fma(s, rest, (f - high) - half)
    share = high * inverse[0]
    share_low = m.fma(high, inverse[0], -share) + m.fma(high, inverse[1], low * inverse[0])
    whole = k * of_2[0]
    total = whole + share
    lost = (whole - total) + share
    return log_edges(w, x, total + (lost + m.fma(k, of_2[1], share_low)))


CBRT_START = [0.430221, 0.977651, -0.63428, 0.292045, -0.072272, 0.007239]  # ∛x for 0.353 < x < 2.829, to 0.002


def cbrt(w: Writer, x: Any) -> Any:
    """2ᵏ times the root of a number between ½ and 4; to 1 unit."""
    m = w.m
    size = m.abs(x)
    tiny = m.less(size, 2.0**-1022)
    k, f = split(w, m.where(tiny, size * 2.0**54, size))
    third, n = w.rounded(k * (1 / 3))
    _, rest = w.rounded(k - 3.0 * third)
    number = (1.0 + f) * w.power_of_two(rest)
    y = w.series(number, CBRT_START)
    for _ in range(2):
        cube = y * y * y
        y = y * m.truediv(cube + 2.0 * number, 2.0 * cube + number)
    square = y * y
    excess = m.fma(square, y, -number) + m.fma(y, y, -square) * y
    y = y - m.truediv(excess, 3.0 * square)
    y = y * w.power_of_two(n) * m.where(tiny, 2.0**-18, 1.0)
    finite = m.where(m.less(size, math.inf), w.with_sign(y, x), x)
    return m.where(m.equal(x, 0.0), x, finite)


def hypot(w: Writer, x: Any, y: Any) -> Any:
    """√(x² + y²), both scaled by a power of 2 where their squares would leave the range; to 1.3 units."""
    m = w.m
    x, y = m.abs(x), m.abs(y)
    swapped = m.less(x, y)
    large, small = m.where(swapped, y, x), m.where(swapped, x, y)
    big, tiny = m.less(2.0**500, large), m.less(large, 2.0**-500)
    scale = m.where(big, 2.0**-600, m.where(tiny, 2.0**600, 1.0))
    large, small = large * scale, small * scale
    length = m.sqrt(m.fma(large, large, small * small)) * m.where(big, 2.0**600, m.where(tiny, 2.0**-600, 1.0))
    return m.where(m.equal(x, math.inf), x, m.where(m.equal(y, math.inf), y, length))


FUNCTIONS = (exp2, log2, log10, cbrt, hypot)
