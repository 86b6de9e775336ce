"""JavaScript: its words, and functions for what its `Math` lacks or does otherwise than IEEE 754 and Python."""

import re

from .arithmetic import COMMON, ELEMENTARY, Language, calls
from .error_series import ERF_NEAR, FAR, NEAR, SHARE

OWN = "exp2 pow erf erfc round"
JAVASCRIPT = Language(
    constant="const",
    variable="let",
    counter="let",
    nan="NaN",
    infinity="Infinity",
    functions=COMMON | calls(f"{ELEMENTARY} abs", "Math.") | calls(OWN) | {"fmod": "{} % {}"},
)

FUNCTIONS = {
    "exp2": "const exp2 = (x) => Math.pow(2, x);",
    "pow": """\
function pow(x, y) { // 1 to the power of nan or inf is 1 everywhere but in JavaScript
    return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
}""",
    "round": """\
function round(x) { // halves to even, and −0 stays −0
    const size = Math.abs(x), sign = x < 0 || Object.is(x, -0) ? -1 : 1;
    return size < 2 ** 52 ? sign * (size + 2 ** 52 - 2 ** 52) : x;
}""",
    "series": """\
const series = (x, factors) => factors.reduceRight((sum, factor) => sum * x + factor);""",
    "erfcFar": f"""\
const SHARE = [
    {", ".join(map(repr, SHARE))},
];
function erfcFar(x) {{ // e^(−x²) · g(x)/(1 + 1.5x), with x² in two pieces
    const high = Math.fround(x), square = high * high, rest = (x - high) * (x + high);
    if (x > {FAR!r}) return 0;
    const share = (0.96875 + series((x - 3.5) / (x + 3.5), SHARE)) / (1 + 1.5 * x);
    return share * Math.exp(-rest) * Math.exp(-square);
}}""",
    "nearErf": f"""\
const NEAR = [
    {", ".join(map(repr, ERF_NEAR))},
];
const nearErf = (x) => x + x * series(x * x, NEAR);""",
    "erf": f"""\
function erf(x) {{
    const size = Math.abs(x);
    return size < {NEAR!r} ? nearErf(x) : Math.sign(x) * (1 - erfcFar(size));
}}""",
    "erfc": f"""\
function erfc(x) {{
    const size = Math.abs(x);
    return size < {NEAR!r} ? 1 - nearErf(x) : x < 0 ? 2 - erfcFar(size) : erfcFar(x);
}}""",
}
"""Each after those that it calls."""


def needed(text: str) -> list[str]:
    """The functions that the text calls, and those that these call."""
    chosen: list[str] = []
    for name, function in reversed(FUNCTIONS.items()):
        if re.search(rf"(?<![\w.]){name}\(", "\n".join([text, *chosen])):
            chosen.insert(0, function)
    return chosen
