"""The error functions on four doubles at once, each at most 2 units in the last place off.

Near 0 a series; further out erfc(x) = e^(−x²)·g(x)/(1 + 1.5x), where g is nearly constant.

What the series subtract (1 and 0.96875) is added in double precision after the sum, which thus may be less exact.
"""

import math
from typing import Any

from .....notation.source.error_series import ERF_NEAR, FAR, NEAR, SHARE
from .elementary import LN2_HI, LN2_LO, LOG2E, Writer, beyond_linear

ROOT_HALF, ROOT_HALF_LO = math.sqrt(0.5), -4.833646656726457e-17  # √½ is their sum


def erf(w: Writer, x: Any) -> Any:
    """The series near 0, else 1 − erfc |x| with the sign of x; to 1 unit."""
    m = w.m
    size = m.abs(x)
    far = w.with_sign(1.0 - m.erfc_far(size, 0.0), x)
    return m.where(m.less(size, NEAR), m.fma(x, w.series(x * x, ERF_NEAR), x), far)


def erfc(w: Writer, x: Any) -> Any:
    """1 − erf(x) near 0, erfc or 2 − erfc of |x| further out; to 1 unit, also among the smallest numbers."""
    return _erfc_of_sum(w, x, w.m.lanes(0.0))


def erfc_of_root_half(w: Writer, x: Any) -> Any:
    """erfc(−√½·x), twice the normal distribution function, for the true √½ and the product before it is rounded."""
    t = x * -ROOT_HALF
    return _erfc_of_sum(w, t, w.m.fma(x, -ROOT_HALF_LO, w.m.fma(x, -ROOT_HALF, -t)))


def _erfc_of_sum(w: Writer, x: Any, low: Any) -> Any:
    """erfc(x + low), where low is at most in the last place of x."""
    m = w.m
    near = 1.0 - (x + m.fma(x, w.series(x * x, ERF_NEAR), low))
    negative = m.less(x, 0.0)
    far = m.erfc_far(m.abs(x), m.where(negative, -low, low))
    return m.where(m.less(m.abs(x), NEAR), near, m.where(negative, 2.0 - far, far))


def erfc_far(w: Writer, x: Any, low: Any) -> Any:
    """erfc(x + low) for x ≥ 0.476.

    When x grows by a unit in the last place, e^(−x²) falls by 2x² of them: so x² is taken in two pieces, and all that
    rounding loses on the way is carried along, up to the last sum.
    """
    m = w.m
    beyond = m.less(FAR, x)
    x, low = m.where(beyond, FAR, x), m.where(beyond, 0.0, low)  # nan stays nan
    share, share_low = _share(w, x, low)
    square = x * x
    n, k = w.rounded(square * -LOG2E)
    high = m.fma(n, -LN2_HI, -square)
    less = m.fma(n, LN2_LO, m.fma(2.0 * x, low, m.fma(x, x, -square)))
    r = high - less
    rest = m.fma(r * r, beyond_linear(w, r), (high - r) - less)  # eʳ − 1 − r
    total = m.fma(share, r, share)
    lost = m.fma(share, r, share - total) + m.fma(share_low, r, share_low)
    return w.scaled(total + m.fma(share, rest, lost), k)


def _share(w: Writer, x: Any, low: Any) -> tuple[Any, Any]:
    """exp(x²)·erfc(x) at x + low, in two pieces."""
    m = w.m
    rest = w.series(m.truediv(x - 3.5, x + 3.5), SHARE)
    top, bottom = 0.96875 + rest, m.fma(x, 1.5, 1.0)
    bottom_low = m.fma(low, 1.5, m.fma(x, 1.5, 1.0 - bottom))
    inverse = m.truediv(1.0, bottom)
    share = top * inverse
    lost = m.fma(-share, bottom, top) + (rest - (top - 0.96875)) - share * bottom_low
    return share, lost * inverse


FUNCTIONS = (erf, erfc, erfc_of_root_half, erfc_far)
