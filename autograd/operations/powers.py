"""Half-integer powers as roots and products: xʸ for the exponents that formulas have, without a call of `pow`.

Every arithmetic computes them in the order of operations that stands here, so the eager engine, NumPy, LLVM and C
agree to the bit. (An exponent that is computed may have these values, too: in compiled code that is still `pow`.) Each
is at most 2 units in the last place off, and no intermediate result overflows or vanishes where the power itself does
not. All other exponents are left to the C library's `pow`.
"""

import math
from collections.abc import Callable
from typing import Any


def _root(m: Any, x: Any) -> Any:
    """x to the ½ as C's `pow` has it: √x, but 0 at −0 and inf at −inf."""
    return m.where(m.equal(x, -math.inf), math.inf, m.sqrt(x) + 0.0)


def _inverse_square(m: Any, x: Any) -> Any:
    """Divided twice: x·x may be inf where x⁻² still is a number."""
    return m.truediv(m.truediv(1.0, x), x)


POWERS: dict[float, Callable[[Any, Any], Any]] = {
    -3.0: lambda m, x: m.truediv(_inverse_square(m, x), x),
    -2.5: lambda m, x: m.truediv(_inverse_square(m, x), _root(m, x)),
    -2.0: _inverse_square,
    -1.5: lambda m, x: m.truediv(m.truediv(1.0, _root(m, x)), m.abs(x)),
    -1.0: lambda m, x: m.truediv(1.0, x),
    -0.5: lambda m, x: m.truediv(1.0, _root(m, x)),
    0.0: lambda m, x: 1.0,
    0.5: _root,
    1.0: lambda m, x: x,
    1.5: lambda m, x: m.abs(x) * _root(m, x),
    2.0: lambda m, x: x * x,
    2.5: lambda m, x: x * x * _root(m, x),
    3.0: lambda m, x: x * x * x,
    3.5: lambda m, x: m.abs(x * x * x) * _root(m, x),
    4.0: lambda m, x: (x * x) * (x * x),
}


def rule_of(exponent: Any) -> Callable[[Any, Any], Any] | None:
    """How the power is computed where the exponent is one of these numbers; None where it is no number, or another."""
    return POWERS.get(exponent) if isinstance(exponent, (int, float)) else None
