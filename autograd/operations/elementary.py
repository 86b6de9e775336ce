"""The table: one entry an operation. To add an operation, add an entry.

`m` is the arithmetic (see `table.py`), `x`, `y` the operands, `out` the result. `samples` are points inside the
domain and away from kinks, at which the tests compare each derivative with central differences.
"""

from typing import Any

from .operation import Operation, register

ANYWHERE = ((-2.0,), (-0.3,), (0.7,), (3.0,))
POSITIVE = ((0.1,), (0.7,), (3.0,))
INSIDE = ((-0.9,), (-0.3,), (0.7,))  # (−1, 1)
PAIRS = ((2.0, 3.0), (-1.5, 0.7), (0.3, -2.0))


def entry(name: str, symbol: str, forward: Any, partials: Any, **fields: Any) -> Operation:
    """An operation; one with two partials has the operands x and y unless it says otherwise."""
    fields.setdefault("operands", ("x", "y")[: len(partials)])
    fields.setdefault("samples", ANYWHERE if len(fields["operands"]) == 1 else PAIRS)
    return register(Operation(name, symbol, forward, tuple(partials), **fields))


# ── arithmetic ────────────────────────────────────────────────────────────────────────────────────────────────────
ADD = entry(
    "add", "+", lambda m, x, y: x + y, [lambda m, x, y, out: 1.0, lambda m, x, y, out: 1.0],
    doc="x + y.", text="{0} + {1}", level=2,
    exact=lambda mp, x, y: x + y,
)
SUB = entry(
    "sub", "−", lambda m, x, y: x - y, [lambda m, x, y, out: 1.0, lambda m, x, y, out: -1.0],
    doc="x − y.", text="{0} − {1}", latex="{0} - {1}", level=2,
    exact=lambda mp, x, y: x - y,
)
MUL = entry(
    "mul", "×", lambda m, x, y: x * y, [lambda m, x, y, out: y, lambda m, x, y, out: x],
    doc="x · y, with derivatives y and x.", text="{0}·{1}", latex=r"{0} \cdot {1}", level=3,
    exact=lambda mp, x, y: x * y,
)
TRUEDIV = entry(
    "truediv", "÷", lambda m, x, y: m.truediv(x, y),
    [lambda m, x, y, out: m.truediv(1.0, y), lambda m, x, y, out: -m.truediv(out, y)],
    textbook=(lambda m, x, y, out: m.truediv(1.0, y), lambda m, x, y, out: -m.truediv(x, m.pow(y, 2.0))),
    doc="x / y, with derivatives 1/y and −x/y²; x/0 is ±inf, 0/0 is nan.",
    text="{0} / {1}", latex=r"\frac{{{0}}}{{{1}}}", level=3,
    exact=lambda mp, x, y: x / y, torch="div",
)


def _pow_by_base(m: Any, x: Any, y: Any, out: Any) -> Any:
    """y·x^(y−1), and 0 where y is 0: there 0·x⁻¹ would be nan at x = 0. (An exponent that is no plain number may
    be 0 and still change, so y stays in the formula: ∂²xʸ/∂x∂y is 1/x there.)
    """
    if type(y) is float:
        lower = {0.0: 0.0, 1.0: 1.0, 2.0: x}  # of y·x^(y−1) that is all: no node for x⁰ and x¹
        if y in lower:
            return y * lower[y]
        lost = y - (y - 1.0 + 1.0)  # what rounding took from y − 1: x to the power of it would cost log x units
        return y * m.pow(x, y - 1.0) * _near_1(m, x, lost) if lost else y * m.pow(x, y - 1.0)
    harmful = m.where(m.equal(y, 0.0), m.logical_not(m.greater(m.abs(x), 1e-300)), 0.0)
    return y * m.pow(m.where(harmful, 1.0, x), y - 1.0)


def _near_1(m: Any, x: Any, y: float) -> Any:
    """xʸ as 1 + y·log |x|, for a y that only mends digits, and 1 where x is 0 or infinite."""
    above = y * m.log(m.abs(x))
    return 1.0 + m.detach(m.where(m.less(m.abs(above), 1.0), above, 0.0))


def _pow_by_exponent(m: Any, x: Any, y: Any, out: Any) -> Any:
    """xʸ·log x, and 0 where x is 0 and y is not negative: the limit, where 0·log 0 would be nan."""
    flat = m.logical_and(m.equal(x, 0.0), m.greater_equal(y, 0.0))
    return m.where(flat, 0.0, out * m.log(m.where(flat, 1.0, x)))


POW = entry(
    "pow", "^", lambda m, x, y: m.pow(x, y), [_pow_by_base, _pow_by_exponent],
    textbook=(lambda m, x, y, out: y * m.pow(x, y - 1.0), lambda m, x, y, out: out * m.log(x)),
    samples=((2.0, 3.0), (0.7, -1.5), (1.3, 0.5)),
    doc="""xʸ, with derivatives y·xʸ⁻¹ (0 where y is 0) and xʸ·log x; a negative x with a fractional y is nan.

    Where y is a half-integer from −3 to 4, it is computed by roots and products, which are at most 2
    units in the last place off; otherwise by C's pow.""",
    text="{0}^{1}", latex="{0}^{{{1}}}", level=5,
    exact=lambda mp, x, y: x**y,
)
NEG = entry(
    "neg", "−", lambda m, x: -x, [lambda m, x, out: -1.0], doc="−x.", text="−{0}", latex="-{0}", level=4,
    exact=lambda mp, x: -x,
)
ABS = entry(
    "abs", "|·|", lambda m, x: m.abs(x), [lambda m, x, out: m.sign(x)],
    doc="|x|, with derivative sign(x), which is 0 at 0.", text="|{0}|", latex=r"\left|{0}\right|",
    exact=lambda mp, x: abs(x),
)
IDENTITY = entry(
    "identity", "id", lambda m, x: x, [lambda m, x, out: 1.0], doc="x itself, as a node of its own.",
    exact=lambda mp, x: x, torch="clone",
)
DETACH = Operation(  # not in the table: only the compiler records it, where the eager engine makes a constant
    "detach", "detach", lambda m, x: x, (None,), doc="x itself, as a node through which no gradient passes.",
)

# ── exponentials and logarithms ───────────────────────────────────────────────────────────────────────────────────
EXP = entry(
    "exp", "exp", lambda m, x: m.exp(x), [lambda m, x, out: out],
    doc="eˣ, which is its own derivative; inf beyond 709.78.", latex="e^{{{0}}}", level=5,
)
EXPM1 = entry(
    "expm1", "expm1", lambda m, x: m.expm1(x), [lambda m, x, out: m.exp(x)],
    doc="eˣ − 1, exact near 0, with derivative eˣ.",
)


def _exp_difference(m: Any, x: Any, y: Any) -> Any:
    """What rounding took from the difference (Knuth 1997, 4.2.2, theorem B) is made good: it would cost |x − y| units
    of the result. Beyond a difference of 2⁵² it is no small share of it any more, but there the result is 0 or inf.
    """
    difference = x - y
    minus_y = difference - x
    lost = (x - (difference - minus_y)) - (y + minus_y)
    return m.exp(difference) * (1.0 + m.where(m.less(m.abs(lost), 1.0), lost, 0.0))


EXP_DIFFERENCE = entry(
    "exp_difference", "exp", _exp_difference, [lambda m, x, y, out: out, lambda m, x, y, out: -out],
    doc="e^(x − y), to 2 units however large x and y are; with derivatives e^(x − y) and −e^(x − y).",
    text="exp({0} − {1})", latex="e^{{{0} - {1}}}",
    exact=lambda mp, x, y: mp.exp(x - y), torch=lambda torch, x, y: torch.exp(x - y),
)
LOG = entry(
    "log", "log", lambda m, x: m.log(x), [lambda m, x, out: m.truediv(1.0, x)], samples=POSITIVE,
    doc="The natural logarithm, with derivative 1/x; log(0) is −inf, nan below.", latex=r"\log\left({0}\right)",
)
LOG1P = entry(
    "log1p", "log1p", lambda m, x: m.log1p(x), [lambda m, x, out: m.truediv(1.0, 1.0 + x)],
    samples=((-0.5,), *POSITIVE), doc="log(1 + x), exact near 0, with derivative 1/(1 + x).",
)
SQRT = entry(
    "sqrt", "√", lambda m, x: m.sqrt(x), [lambda m, x, out: m.truediv(0.5, out)], samples=POSITIVE,
    textbook=(lambda m, x, out: m.truediv(1.0, 2.0 * out),),
    doc="√x, with derivative 1/(2√x); nan for negative x.", latex=r"\sqrt{{{0}}}",
)

# ── trigonometry ──────────────────────────────────────────────────────────────────────────────────────────────────
SIN = entry(
    "sin", "sin", lambda m, x: m.sin(x), [lambda m, x, out: m.cos(x)],
    doc="The sine of x radians, with derivative cos x.", latex=r"\sin\left({0}\right)",
    activation=True,
)
COS = entry(
    "cos", "cos", lambda m, x: m.cos(x), [lambda m, x, out: -m.sin(x)],
    doc="The cosine of x radians, with derivative −sin x.", latex=r"\cos\left({0}\right)",
)
TAN = entry(
    "tan", "tan", lambda m, x: m.tan(x), [lambda m, x, out: 1.0 + out * out],
    textbook=(lambda m, x, out: 1.0 + m.pow(out, 2.0),),
    doc="The tangent of x radians, with derivative 1 + tan² x.", latex=r"\tan\left({0}\right)",
)


def _one_minus_square(m: Any, x: Any) -> Any:
    """1 − x·x, whose derivative −2x has all digits at 0; at ±1 with the digits of (1 − x)·(1 + x)."""
    plain = 1.0 - x * x
    mended = m.where(m.less(0.5, m.abs(x)), (1.0 - x) * (1.0 + x), plain)
    return plain + m.detach(mended - plain)


ASIN = entry(
    "asin", "asin", lambda m, x: m.asin(x), [lambda m, x, out: m.pow(_one_minus_square(m, x), -0.5)],
    textbook=(lambda m, x, out: m.truediv(1.0, m.sqrt(1.0 - m.pow(x, 2.0))),), samples=INSIDE,
    doc="The arc sine in radians, with derivative 1/√(1 − x²); nan outside [−1, 1].",
    latex=r"\arcsin\left({0}\right)",
)
ACOS = entry(
    "acos", "acos", lambda m, x: m.acos(x), [lambda m, x, out: -m.pow(_one_minus_square(m, x), -0.5)],
    textbook=(lambda m, x, out: -m.truediv(1.0, m.sqrt(1.0 - m.pow(x, 2.0))),), samples=INSIDE,
    doc="The arc cosine in radians, with derivative −1/√(1 − x²); nan outside [−1, 1].",
    latex=r"\arccos\left({0}\right)",
)


def _atan_slope(m: Any, x: Any) -> Any:
    """1/(1 + x²), beyond ±1 as u²/(1 + u²) with u = 1/x: there x² overflows, and x⁻⁴ in its derivative vanishes."""
    far = m.less(1.0, m.abs(x))
    u = m.where(far, m.truediv(1.0, m.where(far, x, 1.0)), x)
    return m.truediv(m.where(far, u * u, 1.0), 1.0 + u * u)


ATAN = entry(
    "atan", "atan", lambda m, x: m.atan(x), [lambda m, x, out: _atan_slope(m, x)],
    textbook=(lambda m, x, out: m.truediv(1.0, 1.0 + m.pow(x, 2.0)),),
    doc="The arc tangent in radians, with derivative 1/(1 + x²).", latex=r"\arctan\left({0}\right)",
)
SINH = entry(
    "sinh", "sinh", lambda m, x: m.sinh(x), [lambda m, x, out: m.cosh(x)],
    doc="(eˣ − e⁻ˣ)/2, with derivative cosh x.", latex=r"\sinh\left({0}\right)",
)
COSH = entry(
    "cosh", "cosh", lambda m, x: m.cosh(x), [lambda m, x, out: m.sinh(x)],
    doc="(eˣ + e⁻ˣ)/2, with derivative sinh x.", latex=r"\cosh\left({0}\right)",
)
