"""Numbers and names as text: never a 0.0000 that is not zero, `w11` as w₁₁."""

import math
import re
from collections.abc import Iterable

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789−.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")
_INDEXED = re.compile(r"(.*?[^\W\d_])_?(\d+(?:,\d+)*)")
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "η": "eta", "θ": "theta",
    "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "varphi", "ω": "omega", "Φ": "Phi",
}  # fmt: skip


def number(x: float, digits: int = 4) -> str:
    """`x` to `digits` decimals, trailing zeros dropped; what would become 0.0000 keeps two significant digits.

    >>> number(0.35), number(-0.02827708), number(1.0), number(0.000283), number(1.234e-7), number(0.0)
    ('0.35', '−0.0283', '1.0', '0.00028', '1.2e−07', '0.0')
    """
    if not math.isfinite(x):
        text = "nan" if math.isnan(x) else "∞" if x > 0 else "-∞"
    elif abs(x) >= 10.0**9 or 0 < abs(x) < 10.0 ** -(digits + 1):
        text = f"{x:.{1 if abs(x) < 1 else max(digits, 1)}e}"
    elif 0 < abs(x) < 10.0 ** (1 - digits):
        text = f"{x:.{digits + 1}f}".rstrip("0")
    else:
        text = _trimmed(f"{x:.{digits}f}")
    return text.replace("-", "−")


def _trimmed(text: str) -> str:
    """Trailing zeros dropped, but one decimal kept: 1.0."""
    text = text.rstrip("0")
    return text + "0" if text.endswith(".") else text


def is_rounded(x: float, digits: int = 4) -> bool:
    """Whether `number(x, digits)` is not the whole truth, and `≈` is due.

    >>> is_rounded(0.35), is_rounded(1 / 3)
    (False, True)
    """
    text = number(x, digits)
    return text not in ("nan", "∞", "−∞") and float(text.replace("−", "-")) != x


def shortest(x: float) -> str:
    """`x` exactly, as short as possible: 2, 0.1, −1e−07."""
    text = repr(x)
    return (text.removesuffix(".0") if math.isfinite(x) else number(x)).replace("-", "−")


def subscripts(label: str) -> str:
    """A trailing number in a label as subscript: `w11` as w₁₁, `x_1` as x₁.

    >>> subscripts("w11"), subscripts("b"), subscripts("w1,12")
    ('w₁₁', 'b', 'w₁,₁₂')
    """
    found = _INDEXED.fullmatch(label)
    return found[1] + found[2].translate(_SUBSCRIPTS) if found else label


def alike(labels: Iterable[str]) -> set[str]:
    """The labels that would look like another one with subscripts, as x1 and x_1 do: they are shown as they are given.

    >>> sorted(alike(["x1", "x_1", "x2", "x1"]))
    ['x1', 'x_1']
    """
    looks: dict[str, set[str]] = {}
    for label in labels:
        looks.setdefault(subscripts(label), set()).add(label)
    return {label for found in looks.values() if len(found) > 1 for label in found}


def superscript(text: str) -> str | None:
    """A number as superscript; None for what is no short number.

    >>> superscript("2"), superscript("−1"), superscript("y")
    ('²', '⁻¹', None)
    """
    return text.translate(_SUPERSCRIPTS) if re.fullmatch(r"−?\d{1,4}", text) else None


def latex_name(label: str, as_given: bool = False) -> str:
    """A label as LaTeX: `w11` as w_{11} if not `as_given`, `loss` upright, what LaTeX would take for commands escaped.

    >>> latex_name("w11"), latex_name("loss"), latex_name("a_b")
    ('w_{11}', '\\\\mathrm{loss}', '\\\\mathrm{a\\\\_b}')
    """
    found = None if as_given else _INDEXED.fullmatch(label)
    base, index = (found[1], f"_{{{found[2]}}}") if found else (label, "")
    if base in _GREEK:
        return rf"\{_GREEK[base]}{index}"
    if len(base) == 1 and base.isalpha():
        return base + index
    escaped = re.sub(r"([#$%&_{}])", r"\\\1", base.replace("\\", "/")).replace("^", r"\^{}").replace("~", r"\~{}")
    return rf"\mathrm{{{escaped}}}{index}"


def latex_number(text: str) -> str:
    """A number's text as LaTeX: −1.2e−07 as -1.2 \\cdot 10^{-7}."""
    text = text.replace("−", "-").replace("∞", r"\infty").replace("nan", r"\mathrm{nan}")
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent and exponent.lstrip("+-").isdigit() else text
