"""tan and the inverse trigonometric functions on four doubles at once, each at most 2 units in the last place off.

The reductions and the coefficients are those of fdlibm (Sun Microsystems, 1993): its s_atan.c, e_asin.c and e_acos.c.
"""

import math
from typing import Any

from .elementary import Writer, or_library, quarter_turns, sine_and_cosine

PI_LO = 1.2246467991473532e-16  # π is math.pi and this


def tan(w: Writer, x: Any) -> Any:
    """sin/cos, or −cos/sin after an odd number of quarter turns, the lost digits of both carried; to 1.1 units."""
    m = w.m
    y, tail, k = quarter_turns(w, x)
    (sine, sine_low), (cosine, cosine_low) = (_two_sum(*pair) for pair in sine_and_cosine(w, y, tail))
    top, bottom = w.where_odd(k, -cosine, sine), w.where_odd(k, sine, cosine)
    top_low, bottom_low = w.where_odd(k, -cosine_low, sine_low), w.where_odd(k, sine_low, cosine_low)
    q = m.truediv(top, bottom)
    lost = m.fma(-q, bottom, top) + (top_low - q * bottom_low)
    return m.where(m.equal(x, 0.0), x, or_library(w, x, "tan", q + m.truediv(lost, bottom)))


def _two_sum(large: Any, small: Any) -> tuple[Any, Any]:
    """The sum rounded, and what the rounding lost."""
    total = large + small
    return total, (large - total) + small


STEPS = (  # from here on: the angle whose tangent is c, in two pieces; arctan x = angle + arctan((x − c)/(1 + c·x))
    (7 / 16, 0.5, 4.63647609000806093515e-01, 2.26987774529616870924e-17),
    (11 / 16, 1.0, 7.85398163397448278999e-01, 3.06161699786838301793e-17),
    (19 / 16, 1.5, 9.82793723247329054082e-01, 1.39033110312309984516e-17),
)
ATAN_SERIES = [
    3.33333333333329318027e-01, -1.99999999998764832476e-01, 1.42857142725034663711e-01, -1.11111104054623557880e-01,
    9.09088713343650656196e-02, -7.69187620504482999495e-02, 6.66107313738753120669e-02, -5.83357013379057348645e-02,
    4.97687799461593236017e-02, -3.65315727442169155270e-02, 1.62858201153657823623e-02,
]  # fmt: skip


def _angle(w: Writer, size: Any) -> Any:
    """arctan of a number that is not negative: the nearest of five known angles, and the rest by a series."""
    m = w.m
    top, bottom, high, low = size, *map(m.lanes, (1.0, 0.0, 0.0))
    for start, c, angle, angle_low in STEPS:
        beyond = m.less_equal(start, size)
        top, bottom = m.where(beyond, size - c, top), m.where(beyond, m.fma(c, size, 1.0), bottom)
        high, low = m.where(beyond, angle, high), m.where(beyond, angle_low, low)
    steep = m.less_equal(39 / 16, size)
    top, bottom = m.where(steep, -1.0, top), m.where(steep, size, bottom)
    high, low = m.where(steep, math.pi / 2, high), m.where(steep, PI_LO / 2, low)
    t = m.truediv(top, bottom)
    z = t * t
    return high - ((t * z * w.series(z, ATAN_SERIES) - low) - t)


def atan(w: Writer, x: Any) -> Any:
    """arctan |x| with the sign of x; to 1 unit."""
    return w.with_sign(_angle(w, w.m.abs(x)), x)


def atan2(w: Writer, y: Any, x: Any) -> Any:
    """arctan |y/x|, or π less that where x is negative or −0, with the sign of y; to 1.5 units."""
    m = w.m
    above, beside = m.abs(y), m.abs(x)
    alike = m.equal(above, beside)  # also where both are 0 or inf
    ratio = m.where(alike, m.where(m.equal(x, 0.0), 0.0, 1.0), m.truediv(above, beside))
    angle = _angle(w, ratio)
    left = m.less(w.with_sign(1.0, x), 0.0)
    angle = m.where(left, math.pi - (angle - PI_LO), angle)
    return m.where(m.equal(x, x), m.where(m.equal(y, y), w.with_sign(angle, y), y), x)


ASIN_TOP = [
    1.66666666666666657415e-01, -3.25565818622400915405e-01, 2.01212532134862925881e-01,
    -4.00555345006794114027e-02, 7.91534994289814532176e-04, 3.47933107596021167570e-05,
]  # fmt: skip
ASIN_BOTTOM = [
    1.0, -2.40339491173441421878e00, 2.02094576023350569471e00, -6.88283971605453293030e-01, 7.70381505559019352791e-02,
]  # fmt: skip


def _arcsine(w: Writer, x: Any) -> tuple[Any, Any, Any, Any]:
    """Where |x| > ½, by asin x = π/2 − 2·asin √((1 − |x|)/2): (whether, t, rest, the root's lost digits).

    Near 0 asin x = t + rest with t = x; else asin √… = t + lost + rest.
    """
    m = w.m
    size = m.abs(x)
    far = m.less(0.5, size)
    z = m.where(far, 0.5 * (1.0 - size), x * x)
    root = m.sqrt(z)
    lost = m.truediv(m.fma(-root, root, z), 2.0 * m.where(m.equal(root, 0.0), 1.0, root))
    t = m.where(far, root, x)
    rest = t * (z * m.truediv(w.series(z, ASIN_TOP), w.series(z, ASIN_BOTTOM)))
    return far, t, rest, lost


def asin(w: Writer, x: Any) -> Any:
    """To 1 unit; nan beyond ±1."""
    m = w.m
    far, t, rest, lost = _arcsine(w, x)
    high = math.pi / 2 - 2.0 * t
    low = (math.pi / 2 - high) - 2.0 * t
    return m.where(far, w.with_sign(high + (low + (PI_LO / 2 - 2.0 * (rest + lost))), x), t + rest)


def acos(w: Writer, x: Any) -> Any:
    """π/2 − asin x, and 2·asin √((1 − |x|)/2) or π less that; to 1 unit; nan beyond ±1."""
    m = w.m
    far, t, rest, lost = _arcsine(w, x)
    twice = 2.0 * (t + (rest + lost))
    left = math.pi - (twice - PI_LO)
    return m.where(far, m.where(m.less(x, 0.0), left, twice), math.pi / 2 - (t - (PI_LO / 2 - rest)))


FUNCTIONS = (tan, atan, atan2, asin, acos)
