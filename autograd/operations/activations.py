"""The table, continued: activation functions, and the error function that one of them is made of.

Derivatives are written so that theirs keep their digits, too: near 0, and where a result is nearly 1.
"""

import math
from typing import Any

from .elementary import entry

TANH = entry(
    # 4σ′(2x) is 1 − tanh² x without the cancellation: at x = 20 the textbook form has no right digit left.
    "tanh", "tanh", lambda m, x: m.tanh(x), [lambda m, x, out: 4.0 * m.logistic_density(2.0 * x)],
    textbook=(lambda m, x, out: 1.0 - m.pow(out, 2.0),),
    doc="The hyperbolic tangent, with derivative 1 − tanh² x.", latex=r"\tanh\left({0}\right)",
    activation=True, steepest=1.0,
)


def _sigmoid(m: Any, x: Any) -> Any:
    """1/(1 + e⁻ˣ), from the exponential that cannot overflow."""
    small = m.exp(-m.abs(x))
    return m.truediv(m.where(m.greater_equal(x, 0.0), 1.0, small), 1.0 + small)


SIGMOID = entry(
    "sigmoid", "σ", _sigmoid, [lambda m, x, out: m.logistic_density(x)],
    textbook=(lambda m, x, out: out * (1.0 - out),),
    doc="The logistic function σ(x) = 1/(1 + e⁻ˣ), with derivative σ(x)·(1 − σ(x)), see `logistic_density`.",
    text="σ({0})", latex=r"\sigma\left({0}\right)",
    activation=True, steepest=0.25, exact=lambda mp, x: 1 / (1 + mp.exp(-x)),
)


def _logistic_density(m: Any, x: Any) -> Any:
    """e⁻ˣ/(1 + e⁻ˣ)², the same for x and −x: from the exponential that cannot overflow. The square is written so that
    1 + e⁻ˣ is not rounded, an error that it would double.
    """
    small = m.exp(-m.abs(x))
    return m.truediv(small, 1.0 + small * (2.0 + small))


LOGISTIC_DENSITY = entry(
    # an operation of its own for the sake of its derivative: any product of σ(x) and σ(−x) has a difference there,
    # of which no digit is left near 0
    "logistic_density", "σ′", _logistic_density, [lambda m, x, out: -(out * m.tanh(0.5 * x))],
    doc="σ′(x) = e⁻ˣ/(1 + e⁻ˣ)², the density of the logistic distribution, with derivative −σ′(x)·tanh(x/2).",
    text="σ′({0})", latex=r"\sigma'\left({0}\right)",
    exact=lambda mp, x: mp.sech(x / 2) ** 2 / 4, torch=lambda torch, x: torch.sigmoid(x) * torch.sigmoid(-x),
)
RELU = entry(
    "relu", "ReLU", lambda m, x: m.where(m.less_equal(x, 0.0), 0.0, x),
    [lambda m, x, out: m.passes(m.greater(x, 0.0), 1.0)],
    doc="max(x, 0), with derivative 1 where x > 0, else 0 (also at 0); nan stays nan.",
    text="ReLU({0})", latex=r"\operatorname{{ReLU}}\left({0}\right)",
    activation=True, exact=lambda mp, x: max(x, mp.mpf(0)),
)
LEAKY_RELU = entry(
    "leaky_relu", "LReLU", lambda m, x, slope: m.where(m.greater(x, 0.0), x, slope * x),
    [
        lambda m, x, slope, out: m.where(m.greater(x, 0.0), 1.0, slope),
        lambda m, x, slope, out: m.passes(m.logical_not(m.greater(x, 0.0)), x),
    ],
    textbook=(
        lambda m, x, slope, out: m.where(m.greater(x, 0.0), 1.0, slope),
        lambda m, x, slope, out: m.where(m.greater(x, 0.0), 0.0, x),
    ),
    operands=("x", "slope"), defaults={"slope": 0.01},
    doc="x where x > 0, else slope·x; its derivative at 0 is the slope.",
    activation=True, exact=lambda mp, x, slope: x if x > 0 else slope * x,
    torch=lambda torch, x, slope: torch.where(x > 0, x, slope * x),
)
ELU = entry(
    # where x > 0 the exponential is taken of 0, not of x: an inf there would poison the derivatives (0·inf).
    "elu", "ELU", lambda m, x, alpha: m.where(m.greater(x, 0.0), x, alpha * m.expm1(_negative_part(m, x))),
    [
        lambda m, x, alpha, out: m.where(m.greater(x, 0.0), 1.0, alpha * m.exp(_negative_part(m, x))),
        lambda m, x, alpha, out: m.passes(m.logical_not(m.greater(x, 0.0)), m.expm1(_negative_part(m, x))),
    ],
    textbook=(
        lambda m, x, alpha, out: m.where(m.greater(x, 0.0), 1.0, alpha * m.exp(x)),
        lambda m, x, alpha, out: m.where(m.greater(x, 0.0), 0.0, m.exp(x) - 1.0),
    ),
    operands=("x", "alpha"), defaults={"alpha": 1.0},
    doc="x where x > 0, else alpha·(eˣ − 1); its derivative at 0 is alpha.",
    activation=True, exact=lambda mp, x, alpha: x if x > 0 else alpha * mp.expm1(x),
    torch=lambda torch, x, alpha: torch.where(x > 0, x, alpha * torch.expm1(x)),
)


def _negative_part(m: Any, x: Any) -> Any:
    return m.where(m.greater(x, 0.0), 0.0, x)


def _normal_cdf(m: Any, x: Any) -> Any:
    """Φ(x) through erfc: ½(1 + erf) would be all error at −10."""
    return 0.5 * m.erfc(x * -math.sqrt(0.5))


def _normal_density(m: Any, x: Any) -> Any:
    return (1.0 / math.sqrt(2.0 * math.pi)) * m.exp(-0.5 * (x * x))


GELU = entry(
    "gelu", "GELU", lambda m, x: x * _normal_cdf(m, x),
    [lambda m, x, out: _normal_cdf(m, x) + x * _normal_density(m, x)],
    textbook=(lambda m, x, out: m.call("Φ", x) + x * m.call("φ", x),),
    doc="""x·Φ(x), Φ the normal distribution function (the exact form), with derivative Φ(x) + x·φ(x); nan at −inf.

    Below −37.5 Φ(x) is among the smallest numbers: the result has its few digits.""",
    activation=True, exact=lambda mp, x: x * mp.ncdf(x), torch="nn.functional.gelu",
)
SILU = entry(
    "silu", "SiLU", lambda m, x: x * m.sigmoid(x), [lambda m, x, out: m.sigmoid(x) * (1.0 + x * m.sigmoid(-x))],
    doc="""x·σ(x), with derivative σ(x)·(1 + x·σ(−x)); nan at −inf.

    Below −708 σ(x) is among the smallest numbers: the result has its few digits.""",
    activation=True, exact=lambda mp, x: x / (1 + mp.exp(-x)), torch="nn.functional.silu",
)
SOFTPLUS = entry(
    "softplus", "softplus", lambda m, x: m.relu(x) + m.log1p(m.exp(-m.abs(x))), [lambda m, x, out: m.sigmoid(x)],
    doc="log(1 + eˣ) without overflow, with derivative σ(x).",
    activation=True, exact=lambda mp, x: mp.log1p(mp.exp(x)), torch="nn.functional.softplus",
)
LOG_SIGMOID = entry(
    "log_sigmoid", "logσ", lambda m, x: -m.softplus(-x), [lambda m, x, out: m.sigmoid(-x)],
    doc="log σ(x) = −softplus(−x), with derivative σ(−x).", text="log σ({0})", latex=r"\log\sigma\left({0}\right)",
    activation=True, exact=lambda mp, x: -mp.log1p(mp.exp(-x)), torch="nn.functional.logsigmoid",
)
HARDTANH = entry(
    "hardtanh", "hardtanh", lambda m, x: m.clip(x, -1.0, 1.0), [lambda m, x, out: m.passes(m.less(m.abs(x), 1.0), 1.0)],
    doc="x between −1 and 1, with derivative 1 inside and 0 from there on (also at ±1, as in PyTorch).",
    activation=True, exact=lambda mp, x: min(max(x, mp.mpf(-1)), mp.mpf(1)), torch="nn.functional.hardtanh",
)


def _mish_slope(m: Any, x: Any, out: Any) -> Any:
    """tanh s + x·(1 − tanh² s)·σ(x), s = softplus(x); 1 − tanh² s without the cancellation, as in tanh."""
    s = m.softplus(x)
    return m.tanh(s) + x * (4.0 * m.logistic_density(2.0 * s) * m.sigmoid(x))


MISH = entry(
    "mish", "Mish", lambda m, x: x * m.tanh(m.softplus(x)), [_mish_slope],
    textbook=(lambda m, x, out: m.tanh(m.softplus(x)) + x * (1.0 - m.pow(m.tanh(m.softplus(x)), 2.0)) * m.sigmoid(x),),
    doc="x·tanh(softplus(x)), with derivative tanh s + x·(1 − tanh² s)·σ(x), s = softplus(x).",
    activation=True, exact=lambda mp, x: x * mp.tanh(mp.log1p(mp.exp(x))), torch="nn.functional.mish",
)
ERF = entry(
    "erf", "erf", lambda m, x: m.erf(x), [lambda m, x, out: (2.0 / math.sqrt(math.pi)) * m.exp(-(x * x))],
    textbook=(lambda m, x, out: m.truediv(2.0, m.sqrt(m.name("π"))) * m.exp(-m.pow(x, 2.0)),),
    doc="The error function, with derivative 2/√π · e^(−x²).",
)
ERFC = entry(
    "erfc", "erfc", lambda m, x: m.erfc(x), [lambda m, x, out: (-2.0 / math.sqrt(math.pi)) * m.exp(-(x * x))],
    textbook=(lambda m, x, out: m.truediv(-2.0, m.sqrt(m.name("π"))) * m.exp(-m.pow(x, 2.0)),),
    doc="1 − erf(x), exact for large x, with derivative −2/√π · e^(−x²).",
)
