"""What gradcheck found: a verdict on each derivative, and the report that prints as a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..support.printing import printable

AGREES, KINK, CANNOT_TELL, WRONG = "agrees", "kink", "cannot tell", "wrong"
ROWS_SHOWN = 20  # a longer report prints its worst rows only
NOTES = 3  # as many explanations are enough


@dataclass(frozen=True)
class Derivative:
    """One derivative, found both ways; `left` and `right` are the slopes on either side of the point.

    `tolerance` is the error that is allowed, `uncertainty` that of the differences themselves; `kink` says that the
    slopes on either side differ by more than both.
    """

    name: str
    analytic: float
    numeric: float
    left: float
    right: float
    tolerance: float
    uncertainty: float = 0.0
    kink: bool = False

    @property
    def error(self) -> float:
        """How far the engine's derivative is from the difference."""
        return abs(self.analytic - self.numeric)

    @property
    def verdict(self) -> str:
        """`agrees`, `wrong`, `kink` (a convention: it lies between the slopes on either side) or `cannot tell`."""
        if not math.isfinite(self.analytic):
            return WRONG
        if self.kink:
            return KINK if self._between else WRONG
        if math.isnan(self.numeric):
            return CANNOT_TELL
        if self.error > self.tolerance + self.uncertainty:
            return WRONG
        return AGREES if self.uncertainty <= self.tolerance else CANNOT_TELL

    @property
    def passed(self) -> bool:
        """Whether it is not found wrong."""
        return self.verdict != WRONG

    @property
    def badness(self) -> tuple[int, float]:
        """For the worst first: by verdict, then by the error in tolerances; a nan is infinitely bad."""
        share = math.inf if math.isnan(self.error) else self.error / (self.tolerance or 5e-324)
        return (AGREES, KINK, CANNOT_TELL, WRONG).index(self.verdict), share

    @property
    def explanation(self) -> str:
        """A sentence where the verdict is the function's doing rather than the derivative's; else empty."""
        if math.isnan(self.numeric):
            return f"{self.name}: the function is nan or inf (or fails) at or beside this point: no difference."
        if self.kink:
            what = (
                "a derivative between them is a convention" if self._between else "the derivative is not between them"
            )
            return (
                f"{self.name}: the slopes to the left ({_shown(self.left)}) and to the right ({_shown(self.right)}) "
                f"disagree, so there is a kink here, and {what}."
            )
        if self.verdict == CANNOT_TELL:
            unsettled = math.isinf(self.uncertainty)
            found = "do not settle" if unsettled else f"leave an uncertainty of {self.uncertainty:.1e}"
            return f"{self.name}: cannot tell: the differences {found}, by rounding, noise or a jump of the function."
        return ""

    @property
    def _between(self) -> bool:
        margin = self.tolerance + self.uncertainty
        return min(self.left, self.right) - margin <= self.analytic <= max(self.left, self.right) + margin


@dataclass(frozen=True, repr=False)
class Report:
    """What gradcheck found: true where nothing is wrong and not all is undecided; printed as a table."""

    derivatives: tuple[Derivative, ...]
    atol: float
    rtol: float

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs' names, in order."""
        return tuple(d.name for d in self.derivatives)

    @property
    def analytic(self) -> tuple[float, ...]:
        """The engine's derivatives."""
        return tuple(d.analytic for d in self.derivatives)

    @property
    def numeric(self) -> tuple[float, ...]:
        """The slopes that the differences give."""
        return tuple(d.numeric for d in self.derivatives)

    @property
    def error(self) -> tuple[float, ...]:
        """|analytic − numeric|."""
        return tuple(d.error for d in self.derivatives)

    @property
    def verdict(self) -> bool:
        """Whether no derivative is wrong, and at least one could be told; nan and inf are wrong."""
        return all(d.passed for d in self.derivatives) and self._count(CANNOT_TELL) < len(self.derivatives)

    def __bool__(self) -> bool:
        return self.verdict

    def __repr__(self) -> str:
        rows: Sequence[Derivative] = self.derivatives
        if len(rows) > ROWS_SHOWN:
            rows = sorted(rows, key=lambda d: d.badness, reverse=True)[: ROWS_SHOWN // 2]
        notes = [d.explanation for d in rows if d.explanation]
        return printable("\n".join([self._headline(), *_table(rows), *self._remainder(rows), *notes[:NOTES]]))

    def _count(self, verdict: str) -> int:
        return sum(d.verdict == verdict for d in self.derivatives)

    def _headline(self) -> str:
        count, wrong, agreeing = len(self.derivatives), self._count(WRONG), self._count(AGREES)
        found = f"{wrong} of {count} derivatives wrong" if wrong else f"{agreeing} of {count} derivatives agree"
        if agreeing == count:
            found = f"all {count} derivatives agree"
        others = {"at a kink": self._count(KINK), "cannot be told": self._count(CANNOT_TELL)}
        rest = "".join(f", {number} {what}" for what, number in others.items() if number)
        return f"gradcheck: {found}{rest} (atol {self.atol:g}, rtol {self.rtol:g})"

    def _remainder(self, rows: Sequence[Derivative]) -> list[str]:
        hidden = len(self.derivatives) - len(rows)
        return [f"… and {hidden} more, which agree better"] if hidden else []


def _table(rows: Sequence[Derivative]) -> list[str]:
    """Aligned columns: names to the left, numbers to the right, a remark behind what does not agree."""
    cells = [("input", "analytic", "numeric", "error")]
    cells += [(d.name, _shown(d.analytic), _shown(d.numeric), f"{d.error:.1e}") for d in rows]
    first, *others = [max(map(len, column)) for column in zip(*cells, strict=True)]
    marks = ["", *("" if d.verdict == AGREES else f"  {d.verdict}" for d in rows)]
    return [
        "  ".join([name.ljust(first), *(n.rjust(width) for n, width in zip(numbers, others, strict=True))]) + mark
        for (name, *numbers), mark in zip(cells, marks, strict=True)
    ]


def _shown(number: float) -> str:
    """Seven significant digits: what is not 0 never prints as 0.0000."""
    return f"{number:.7g}"
