"""A derivative from differences alone, with its error: shrinking steps, extrapolated to the step 0.

The difference (f(x + h) − f(x − h)) / 2h is off by c₁h² + c₂h⁴ + …, and one-sided differences by c₁h + c₂h² + …; the
polynomial through the slopes at several h, taken at 0, leaves little of that (Richardson 1911), and the gap between
neighbouring polynomials tells how much (Ridders 1982). Rounding adds about |f|·2⁻⁵²/h.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ..graph import topological_order
from ..value import Value

HALVINGS = (4, 6, 8, 10, 12, 15, 18, 22, 26, 30, 35, 40, 44, 48)  # of the input's scale, down to some ulps of it
COLUMNS = 5  # orders of extrapolation; more of them only add rounding
SAFETY = 8.0  # a gap between polynomials is an estimate, no bound
NEGLIGIBLE = 2.0**10  # so many roundings, spread over the input's scale, are no slope
FLAT = 2.0**-17  # a function that stays the same to the bit over such a part of the scale has slope 0,
ZERO = 2.0**-12  # and so has one whose slope is lost in rounding over such a part
BENDING = 256.0  # the square of a bend guesses what the step is off by; this is for functions that bend oddly
UNSETTLED = 256.0  # roundings that may move a single result
SHORTEST = 3  # so many of the steps move the function by rounding only


def shrinking_steps(x: float) -> Iterator[float]:
    """Steps for an input at x: in proportion to max(1, |x|), then to |x| where that is tiny."""
    scales = [scale(x), abs(x)] if 0.0 < abs(x) < 2.0**-33 else [scale(x)]
    last = math.inf
    for step in (size * 2.0**-halvings for size in scales for halvings in HALVINGS):
        if 0.0 < step < last:
            yield (last := step)


def scale(x: float) -> float:
    """How far an input at x may be thought to move."""
    return max(1.0, abs(x))


def rounding(out: float | Value) -> float:
    """How far rounding moves `out` at most: an ulp of Σ |∂out/∂node · node|, over all operations.

    A node of many operands counts with the size of its terms, which may cancel.
    """
    if not isinstance(out, Value):
        return 0.0
    total, arriving = 0.0, defaultdict(float, {out: 1.0})
    for node in reversed(topological_order(out)):
        upstream = arriving[node]
        terms = [(operand, local) for operand, local in zip(node.operands, node.local_grads, strict=True) if local]
        size = sum(abs(local * operand.data) for operand, local in terms) if node.op and node.op.many else 0.0
        total += abs(upstream) * max(size, abs(node.data)) if node.operands else 0.0
        for operand, local in terms:
            arriving[operand] += local * upstream
    return _ulp(total if math.isfinite(total) else out.data)


def _ulp(x: float) -> float:
    """What rounding does to a result of size x: nothing to an exact 0."""
    return math.ulp(x) if x else 0.0


@dataclass(frozen=True)
class Estimate:
    """A slope, known to within `error`."""

    value: float = math.nan
    error: float = math.inf


@dataclass(frozen=True)
class Entry:
    """A slope extrapolated from `step` and longer ones, the gap to its neighbours, and what rounding does to it."""

    value: float
    gap: float
    step: float
    noise: float

    def estimate(self, noise: float) -> Estimate:
        """The slope with its error, where the function's results are off by `noise`."""
        return Estimate(self.value, SAFETY * self.gap + max(self.noise, noise) / self.step)


class Extrapolation:
    """Slopes at shrinking steps and their extrapolations (Neville's scheme); `order` is the error's first power."""

    def __init__(self, order: int) -> None:
        self.order = order
        self.slopes: dict[float, float] = {}  # by their steps
        self.row: list[float] = []  # the last step's slope, then extrapolated once, twice, ...

    def add(self, step: float, slope: float, noise: float) -> Entry | None:
        """The slope over a shorter step; the best that it gives with the longer ones, if any."""
        if not math.isfinite(slope):
            return None
        longer, older = list(self.slopes)[::-1], self.row
        self.slopes[step] = slope
        self.row, found = [slope], []
        for old, long in zip(older[:COLUMNS], longer, strict=False):
            value = self.row[-1] + (self.row[-1] - old) / (math.prod([long / step] * self.order) - 1.0)
            found.append(Entry(value, max(abs(value - self.row[-1]), abs(value - old)), step, noise))
            self.row.append(value)
        return min((e for e in found if math.isfinite(e.gap)), key=lambda entry: entry.gap, default=None)

    def settles(self, entry: Entry, noise: float) -> bool:
        """Whether no shorter step leads farther away than rounding does: else there is something finer to be seen."""
        near = abs(self.slopes[entry.step] - entry.value)
        far = UNSETTLED * max(entry.noise, noise)
        shorter = [(step, slope) for step, slope in self.slopes.items() if step < entry.step]
        return all(abs(slope - entry.value) <= near + far / step for step, slope in shorter)


@dataclass(frozen=True)
class Step:
    """An output is `below` at x − down, and `above` at x + up."""

    down: float
    below: float
    up: float
    above: float

    @property
    def length(self) -> float:
        """The mean of the two steps, in x."""
        return 0.5 * self.down + 0.5 * self.up

    def slopes(self, here: float) -> tuple[float, float, float]:
        """On both sides, to the left, to the right."""
        across = (self.above - self.below) / (self.down + self.up)
        return across, (here - self.below) / self.down, (self.above - here) / self.up

    @property
    def is_finite(self) -> bool:
        """Whether both sides have numbers."""
        return math.isfinite(self.below) and math.isfinite(self.above)


Entries: TypeAlias = tuple[Entry, Entry, Entry]
Estimates: TypeAlias = tuple[Estimate, Estimate, Estimate]  # of the slope, and of those to the left and to the right
NOTHING: Estimates = (Estimate(), Estimate(), Estimate())
ZEROS: Estimates = (Estimate(0.0, 0.0), Estimate(0.0, 0.0), Estimate(0.0, 0.0))


class Differences:
    """What moving one input tells of the slope of one output, which is `here` in the middle, give or take `noise`."""

    here: float
    noise: float
    scale: float
    negligible: float
    tables: tuple[Extrapolation, Extrapolation, Extrapolation]

    def __init__(self, here: float, noise: float, scale: float) -> None:
        self.here, self.noise, self.scale = here, noise, scale
        self.negligible = NEGLIGIBLE * noise / scale
        self.tables = (Extrapolation(2), Extrapolation(1), Extrapolation(1))
        self.steps: list[Step] = []
        self.levels: list[Entries] = []

    def look(self, step: Step) -> Estimates:
        """What one step tells by itself, if it is short: its error goes with the square of the slope's bend."""
        if not step.is_finite:
            return NOTHING
        if self._is_flat(step):
            return ZEROS
        across, left, right = step.slopes(self.here)
        bend = abs(right - left)
        error = BENDING * bend * (bend / abs(across)) + self.noise / step.length if across else math.inf
        return Estimate(across, error), Estimate(left, bend), Estimate(right, bend)

    def add(self, step: Step) -> Estimates:
        """What another step, shorter than those before, tells with them."""
        if not step.is_finite:
            return NOTHING
        self.steps.append(step)
        noise = max(self.noise, _ulp(step.below), _ulp(step.above))
        slopes = zip(self.tables, step.slopes(self.here), strict=True)
        central, left, right = (table.add(step.length, slope, noise) for table, slope in slopes)
        if self._is_flat(step):
            return ZEROS
        if not (central and left and right):
            return NOTHING
        self.levels.append((central, left, right))
        found = _estimates(self.levels[-1])
        is_zero = abs(central.value) + SAFETY * central.gap <= noise / step.length
        return (ZEROS[0], *found[1:]) if is_zero and step.length >= ZERO * self.scale else found

    def best(self) -> Estimates:
        """What all steps tell together: by the settled one with most digits, or that which is surest of about 0."""
        noise = self._observed_noise()
        sound = [level for level in self.levels if _relative_error(_estimates(level, noise)) < 1.0]
        settled = [level for level in sound if self._settles(level, noise)]
        if settled:
            central, left, right = min((_estimates(level, noise) for level in settled), key=_relative_error)
            return Estimate(central.value, max(central.error, abs(right.value - left.value))), left, right
        level = min(self.levels, key=lambda level: level[0].estimate(noise).error, default=None)
        if level is None:
            return NOTHING
        about_zero = not sound and self._settles(level, 0.0)
        return _estimates(level, noise) if about_zero else (Estimate(level[0].value), *NOTHING[1:])

    def _settles(self, level: Entries, noise: float) -> bool:
        return all(table.settles(entry, noise) for table, entry in zip(self.tables, level, strict=True))

    def surer_side(self) -> Estimate:
        """The slope on that side on which it is known better: a kink may lie on the other, a little way off."""
        noise = self._observed_noise()
        sides = [
            (table, entry) for level in self.levels for table, entry in zip(self.tables[1:], level[1:], strict=True)
        ]
        settled = [entry.estimate(noise) for table, entry in sides if table.settles(entry, noise)]
        return min(settled, key=lambda side: side.error, default=Estimate())

    def _is_flat(self, step: Step) -> bool:
        """Whether a step that is not too short changes nothing, to the bit."""
        return step.below == self.here == step.above and step.length >= FLAT * self.scale

    def _observed_noise(self) -> float:
        """What the shortest steps bend; where they change nothing, the smallest change, since results are coarse."""
        shortest = self.steps[-SHORTEST:]
        bends = [abs(right - left) * s.length for s in shortest for _, left, right in [s.slopes(self.here)]]
        if all(self.here not in (s.below, s.above) for s in shortest):
            return SAFETY * min(bends, default=0.0)
        changes = [abs(out - self.here) for s in self.steps for out in (s.below, s.above) if out != self.here]
        return max(*bends, min(changes, default=0.0))


def _estimates(entries: Entries, noise: float = 0.0) -> Estimates:
    central, left, right = (entry.estimate(noise) for entry in entries)
    return central, left, right


def _relative_error(estimates: Estimates) -> float:
    """The largest error as a share of the largest slope."""
    return max(e.error for e in estimates) / max(5e-324, *(abs(e.value) for e in estimates))
