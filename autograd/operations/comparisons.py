"""The table, continued: steps, choices and comparisons. 1.0 is true, 0.0 is false; nan is true, as in NumPy."""

from operator import eq, ge, gt, le, lt
from typing import Any

from .elementary import PAIRS, entry
from .operation import Operation

FLAT = (None,)  # no derivative at all: along such an edge not even 0 is sent

HEAVISIDE = entry(
    "heaviside",
    "H",
    lambda m, x: m.where(m.equal(x, x), m.greater(x, 0.0), x),
    FLAT,
    doc="1 where x > 0, else 0 (also at 0); nan stays nan. Its derivative is 0.",
    exact=lambda mp, x: mp.mpf(x > 0),
    torch=None,
)
SIGN = entry(
    "sign",
    "sign",
    lambda m, x: m.where(m.greater(x, 0.0), 1.0, m.where(m.less(x, 0.0), -1.0, x)),
    FLAT,
    doc="1, 0 or −1; nan stays nan. Its derivative is 0.",
)


def _share(m: Any, x: Any, y: Any, wins: Any) -> Any:
    """1 where this operand `wins`, ½ in a tie; nothing passes where it loses."""
    return m.passes(wins, m.where(m.equal(x, y), 0.5, 1.0))


MAXIMUM = entry(
    "maximum",
    "max",
    lambda m, x, y: m.where(m.greater_equal(x, y), x, m.where(m.less(x, y), y, x + y)),
    [
        lambda m, x, y, out: _share(m, x, y, m.greater_equal(x, y)),
        lambda m, x, y, out: _share(m, x, y, m.less_equal(x, y)),
    ],
    textbook=(lambda m, x, y, out: m.greater(x, y), lambda m, x, y, out: m.greater(y, x)),
    doc="The larger of two; a tie shares the derivative evenly, nan wins.",
    text="max({0}, {1})",
    latex=r"\max\left({0}, {1}\right)",
    exact=lambda mp, x, y: max(x, y),
)
MINIMUM = entry(
    "minimum",
    "min",
    lambda m, x, y: m.where(m.less_equal(x, y), x, m.where(m.greater(x, y), y, x + y)),
    [
        lambda m, x, y, out: _share(m, x, y, m.less_equal(x, y)),
        lambda m, x, y, out: _share(m, x, y, m.greater_equal(x, y)),
    ],
    textbook=(lambda m, x, y, out: m.less(x, y), lambda m, x, y, out: m.less(y, x)),
    doc="The smaller of two; a tie shares the derivative evenly, nan wins.",
    text="min({0}, {1})",
    latex=r"\min\left({0}, {1}\right)",
    exact=lambda mp, x, y: min(x, y),
)


def comparison(
    name: str, symbol: str, forward: Any, doc: str, latex: str, holds: Any, samples: Any = PAIRS
) -> Operation:
    """An operation whose result is 1.0 or 0.0 and whose derivative is 0."""
    return entry(
        name,
        symbol,
        forward,
        FLAT * 2,
        samples=samples,
        doc=f"{doc}; its derivative is 0.",
        text=f"{{0}} {symbol} {{1}}",
        latex=f"{{0}} {latex} {{1}}",
        level=1,
        exact=lambda mp, x, y: mp.mpf(holds(x, y)),
        torch=None,
    )


LESS = comparison("less", "<", lambda m, x, y: m.less(x, y), "1 where x < y, else 0", "<", lt)
LESS_EQUAL = comparison("less_equal", "≤", lambda m, x, y: m.less_equal(x, y), "1 where x ≤ y, else 0", r"\le", le)
GREATER = comparison("greater", ">", lambda m, x, y: m.less(y, x), "1 where x > y, else 0", ">", gt)
GREATER_EQUAL = comparison(
    "greater_equal", "≥", lambda m, x, y: m.less_equal(y, x), "1 where x ≥ y, else 0", r"\ge", ge
)
EQUAL = comparison("equal", "=", lambda m, x, y: m.equal(x, y), "1 where the numbers are equal, else 0", "=", eq)
LOGICAL_AND = comparison(
    "logical_and",
    "∧",
    lambda m, x, y: m.where(x, m.where(y, 1.0, 0.0), 0.0),
    "1 where both are true (not 0; nan is true), else 0",
    r"\land",
    lambda x, y: bool(x and y),
)
LOGICAL_OR = comparison(
    "logical_or",
    "∨",
    lambda m, x, y: m.where(x, 1.0, m.where(y, 1.0, 0.0)),
    "1 where one is true (not 0; nan is true), else 0",
    r"\lor",
    lambda x, y: bool(x or y),
)
LOGICAL_NOT = entry(
    "logical_not",
    "¬",
    lambda m, x: m.where(x, 0.0, 1.0),
    FLAT,
    doc="1 where x is 0, else 0 (nan is true, so 0); its derivative is 0.",
    text="¬{0}",
    latex=r"\lnot {0}",
    level=4,
    exact=lambda mp, x: mp.mpf(not x),
    torch=None,
)
WHERE = entry(
    "where",
    "where",
    lambda m, condition, x, y: m.where(condition, x, y),
    [
        None,
        lambda m, condition, x, y, out: m.passes(condition, 1.0),
        lambda m, condition, x, y, out: m.passes(m.equal(condition, 0.0), 1.0),
    ],
    textbook=(
        None,
        lambda m, condition, x, y, out: m.where(condition, 1.0, 0.0),
        lambda m, condition, x, y, out: m.where(condition, 0.0, 1.0),
    ),
    operands=("condition", "x", "y"),
    samples=((1.0, 2.0, 3.0), (0.0, 2.0, 3.0)),
    latex=r"\operatorname{{where}}\left({0}, {1}, {2}\right)",
    doc="""x where the condition is true (not 0; nan is true), else y; the condition gets no derivative.

    The side not taken is sent 0, whatever arrives. But both sides are computed, and 0·inf is nan: where it has an
    infinite derivative itself, give it an operand that is harmless there. Not `where(greater(x, 0), log(x), 0)`, whose
    gradient at x = 0 is nan, but

        positive = greater(x, 0)
        where(positive, log(where(positive, x, 1.0)), 0.0)""",
    exact=lambda mp, condition, x, y: x if condition else y,
    torch=lambda torch, condition, x, y: torch.where(condition != 0, x, y),
)
