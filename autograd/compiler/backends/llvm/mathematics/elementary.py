"""Elementary functions on four doubles at once, each at most 2 units in the last place off.

The methods and the coefficients of log, sin and cos are those of fdlibm (Sun Microsystems, 1993); the exponentials
use their Taylor series after Cody and Waite's reduction.
"""

import math
from collections.abc import Callable
from typing import Any

from ..builder import Body, Module, Type

FOUR = Type("double", 4)
LOG2E, LN2_HI, LN2_LO = 1.4426950408889634, 6.93147180369123816490e-01, 1.90821492927058770002e-10
ROUND = 1.5 * 2.0**52  # x + ROUND − ROUND is x rounded to an integer, which stands in the low bits of the sum
ROUND_BITS = 0x4338000000000000
STRAND = 4  # terms of a series that wait for one another


class Writer:
    """The body of one function of four lanes, and what such functions have in common."""

    body: Body
    m: Any

    def __init__(self, module: Module, arithmetic: Any) -> None:
        self.body = Body(module)
        self.m = arithmetic(self.body, FOUR)

    def lanes(self, name: str) -> Any:
        """A register's name as numbers."""
        return self.m.register(name)

    def bits(self, x: Any) -> str:
        """The numbers' bits as integers."""
        return self.body.let(f"bitcast {FOUR} {self.m.lanes(x).name} to {FOUR.integer}")

    def number(self, bits: str) -> Any:
        """Integers' bits as numbers."""
        return self.lanes(self.body.let(f"bitcast {FOUR.integer} {bits} to {FOUR}"))

    def integer(self, instruction: str, x: str, y: int | str) -> str:
        """An instruction on integers, of which the second may be a constant."""
        return self.body.let(f"{instruction} {FOUR.integer} {x}, {FOUR.bits(y) if isinstance(y, int) else y}")

    def rounded(self, x: Any) -> tuple[Any, str]:
        """x rounded to an integer, as a number and as an integer."""
        shifted = x + ROUND
        return shifted - ROUND, self.integer("sub", self.bits(shifted), ROUND_BITS)

    def from_integer(self, k: str) -> Any:
        """A small integer as a number."""
        return self.number(self.integer("add", k, ROUND_BITS)) - ROUND

    def power_of_two(self, k: str) -> Any:
        """2ᵏ for −1022 ≤ k ≤ 1023."""
        return self.number(self.integer("shl", self.integer("add", k, 1023), 52))

    def scaled(self, x: Any, k: str) -> Any:
        """x·2ᵏ also where 2ᵏ itself is too large or too small."""
        half = self.integer("ashr", k, 1)
        return x * self.power_of_two(half) * self.power_of_two(self.integer("sub", k, half))

    def series(self, x: Any, coefficients: list[float]) -> Any:
        """c₀ + c₁x + c₂x² + …, even and odd powers apart, and those again: sums that do not wait for one another."""
        if len(coefficients) > STRAND:
            square = x * x
            return self.m.fma(x, self.series(square, coefficients[1::2]), self.series(square, coefficients[::2]))
        total: Any = coefficients[-1]
        for c in reversed(coefficients[:-1]):
            total = self.m.fma(total, x, c)
        return total

    def clamped(self, x: Any, low: float, high: float) -> Any:
        """x between low and high; nan stays nan."""
        m = self.m
        x = m.where(m.less(x, low), low, x)
        return m.where(m.less(high, x), high, x)

    def where_odd(self, k: str, x: Any, y: Any) -> Any:
        """x where the integer is odd, else y."""
        odd = self.body.let(f"trunc {FOUR.integer} {k} to {FOUR.mask}")
        return self.lanes(self.body.let(f"select {FOUR.mask} {odd}, {FOUR} {x.name}, {FOUR} {y.name}"))

    def with_sign(self, x: Any, sign: Any) -> Any:
        """|x| with the sign of another number."""
        kept = self.integer("and", self.bits(sign), -(1 << 63))
        return self.number(self.integer("or", self.bits(self.m.abs(x)), kept))


def reduced(w: Writer, x: Any) -> tuple[Any, str]:
    """x = n·log 2 + r with |r| ≤ ½ log 2: (r, n)."""
    n, k = w.rounded(x * LOG2E)
    return w.m.fma(n, -LN2_LO, w.m.fma(n, -LN2_HI, x)), k


def beyond_linear(w: Writer, r: Any) -> Any:
    """(eʳ − 1 − r)/r² for |r| ≤ ½ log 2: twelve terms of the Taylor series."""
    return w.series(r, [1 / math.factorial(i) for i in range(2, 14)])


def exp(w: Writer, x: Any) -> Any:
    """eˣ = 2ᵏ·(1 + (eʳ − 1)), x = k·log 2 + r; to 1.1 units, also among the smallest numbers."""
    r, k = reduced(w, w.clamped(x, -750.0, 711.0))
    return w.scaled(1.0 + w.m.fma(r * r, beyond_linear(w, r), r), k)


def expm1(w: Writer, x: Any) -> Any:
    """eˣ − 1 = 2ᵏ·(eʳ − 1) + (2ᵏ − 1), x = k·log 2 + r; what r and the sum lose is carried along; to 1.5 units."""
    m = w.m
    n, k = w.rounded(w.clamped(x, -60.0, 711.0) * LOG2E)
    high, low = m.fma(n, -LN2_HI, w.clamped(x, -60.0, 711.0)), n * LN2_LO
    r = high - low
    rest = m.fma(r * r, w.series(r, [1 / math.factorial(i) for i in range(2, 15)]), (high - r) - low)
    huge = w.scaled(1.0 + (r + rest), k)
    s = w.power_of_two(w.rounded(w.clamped(n, -100.0, 60.0))[1])
    total = m.fma(s, r, s - 1.0)
    lost = m.fma(s, r, (s - 1.0) - total)
    y = m.where(m.less(40.0, x), huge, total + m.fma(s, rest, lost))
    return m.where(m.equal(x, 0.0), x, y)


LOG_SERIES = [
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
]  # fmt: skip


def split(w: Writer, x: Any) -> tuple[Any, Any]:
    """Positive normal x = 2ᵏ·(1 + f), √½ ≤ 1 + f < √2, as the numbers (k, f)."""
    bits = w.bits(x)
    k = w.integer("ashr", w.integer("sub", bits, 0x3FE6A09E667F3BCD), 52)  # so that the fraction is in [√½, √2)
    return w.from_integer(k), w.number(w.integer("sub", bits, w.integer("shl", k, 52))) - 1.0


def log_series(w: Writer, f: Any) -> tuple[Any, Any, Any]:
    """log(1 + f) = f − (half − s·rest): (half, s, rest), the rest a series in s = f/(2 + f)."""
    s = w.m.truediv(f, 2.0 + f)
    z = s * s
    half = 0.5 * f * f
    return half, s, half + z * w.series(z, LOG_SERIES)


def log_of_normal(w: Writer, x: Any, shift: Any, correction: Any) -> Any:
    """log x + shift·log 2 + correction for positive normal x."""
    m = w.m
    k, f = split(w, x)
    k = k + shift
    half, s, rest = log_series(w, f)
    low = m.fma(k, LN2_LO, correction)
    return m.fma(k, LN2_HI, f - (half - m.fma(s, rest, low)))


def log(w: Writer, x: Any) -> Any:
    """log x, 2⁵⁴·x instead where x is among the smallest numbers; to 1 unit."""
    m = w.m
    tiny = m.less(x, 2.0**-1022)
    y = log_of_normal(w, m.where(tiny, x * 2.0**54, x), m.where(tiny, -54.0, 0.0), 0.0)
    return log_edges(w, x, y)


def log_edges(w: Writer, x: Any, y: Any) -> Any:
    """y, but −inf where x is 0, nan where it is below, and x where it is inf or nan."""
    m = w.m
    y = m.where(m.less(x, math.inf), y, x)  # inf and nan
    y = m.where(m.less(x, 0.0), math.nan, y)
    return m.where(m.equal(x, 0.0), -math.inf, y)


def log1p(w: Writer, x: Any) -> Any:
    """log(1 + x) as log u + (x − (u − 1))/u, u being 1 + x rounded; to 1 unit."""
    m = w.m
    u = 1.0 + x
    lost = m.where(m.less(x, 1.0), x - (u - 1.0), 1.0 - (u - x))
    y = log_of_normal(w, u, 0.0, m.truediv(lost, u))
    y = log_edges(w, u, y)
    return m.where(m.less(m.abs(x), 2.0**-54), x, y)


def tanh(w: Writer, x: Any) -> Any:
    """tanh x = 1 − 2/(e²ˣ + 1) where |x| > 1, from e⁻²ˣ − 1 where that would cancel; to 1.8 units."""
    m = w.m
    size = m.abs(x)
    large = m.less(1.0, size)
    t = m.expm1(m.where(large, 2.0, -2.0) * w.clamped(size, 0.0, 22.0))
    top, bottom = m.where(large, 2.0, -t), t + 2.0
    q = m.truediv(top, bottom)
    lost = m.fma(-q, bottom, top) - q * (t - (bottom - 2.0))  # what rounding took from the quotient and from t + 2
    q = q + m.truediv(lost, bottom)
    return w.with_sign(m.where(large, 1.0 - q, q), x)


SIN_SERIES = [
    -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
    2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10,
]  # fmt: skip
COS_SERIES = [
    4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
    -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11,
]  # fmt: skip
# π/2 as numbers of 33, 33, 53 and 53 bits
HALF_PI = (1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21, 1.0085854035872483e-37)


def quarter_turns(w: Writer, x: Any) -> tuple[Any, Any, str]:
    """x = k·π/2 + y + tail for |x| < 2²⁰: (y, tail, k), π/2 in four pieces, the first two exact times k."""
    m = w.m
    q, k = w.rounded(x * (2 / math.pi))
    first = m.fma(q, -HALF_PI[0], x)
    second = first - q * HALF_PI[1]
    low = (first - second) - q * HALF_PI[1]
    rest = m.fma(q, -HALF_PI[2], low)
    y = second + rest
    return y, ((second - y) + rest) + m.fma(q, -HALF_PI[3], m.fma(q, -HALF_PI[2], low - rest)), k


def sine_and_cosine(w: Writer, y: Any, tail: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """sin(y + tail) and cos(y + tail) for |y| ≤ π/4, each as a large and a small number to be added."""
    m = w.m
    z = y * y
    half = 0.5 * z
    head = 1.0 - half
    sine = m.fma(z * y, w.series(z, SIN_SERIES), tail) - 0.5 * z * tail
    cosine = ((1.0 - head) - half) + (z * z * w.series(z, COS_SERIES) - y * tail)
    return (y, sine), (head, cosine)


def _turned(w: Writer, x: Any, quarter: int) -> Any:
    """sin(x + quarter·π/2) for |x| < 2²⁰."""
    y, tail, k = quarter_turns(w, x)
    sine, cosine = sine_and_cosine(w, y, tail)
    turn = w.integer("add", k, quarter)
    result = w.where_odd(turn, cosine[0] + cosine[1], sine[0] + sine[1])
    flip = w.integer("shl", w.integer("and", turn, 2), 62)
    return w.number(w.integer("xor", w.bits(result), flip))


def sin(w: Writer, x: Any) -> Any:
    """sin x, reduced by multiples of π/2, by the C library from 2²⁰ on; to 1 unit."""
    return w.m.where(w.m.equal(x, 0.0), x, or_library(w, x, "sin", _turned(w, x, 0)))


def cos(w: Writer, x: Any) -> Any:
    """cos x, the sine a quarter turn on, by the C library from 2²⁰ on; to 1 unit."""
    return or_library(w, x, "cos", _turned(w, x, 1))


def or_library(w: Writer, x: Any, name: str, y: Any) -> Any:
    """y, or, where some |x| is too large for it, the C library's result."""
    let, body = w.body.let, w.body
    wide = let(f"fcmp uge {FOUR} {w.m.abs(x).name}, {FOUR.constant(2.0**20)}")
    packed = let(f"bitcast {FOUR.mask} {wide} to i4")
    some = let(f"icmp ne i4 {packed}, 0")
    before, far, after = body.label, body.new_label(), body.new_label()
    body.do(f"br i1 {some}, label %{far}, label %{after}")
    body.begin(far)
    library = w.m._by_lane(name, [x])
    body.do(f"br label %{after}")
    body.begin(after)
    return w.lanes(let(f"phi {FOUR} [ {y.name}, %{before} ], [ {library.name}, %{far} ]"))


FUNCTIONS = (exp, expm1, log, log1p, tanh, sin, cos)


def define(module: Module, function: Callable[..., Any], operands: int, arithmetic: Any) -> str:
    """The name of the function of four doubles, which is written into the module when it is first asked for."""
    name = f"@chainrule_{function.__name__}"
    if name not in module.defined:
        module.defined.add(name)
        writer, given = Writer(module, arithmetic), [f"%x{k}" for k in range(operands)]
        result = function(writer, *map(writer.lanes, given))
        head = ", ".join(f"{FOUR} {x}" for x in given)
        module.define(f"define internal {FOUR} {name}({head})", writer.body, f"ret {FOUR} {result.name}")
    return name
