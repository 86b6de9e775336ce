"""decision_boundary(): what a model answers at every point of a plane."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ..inputs import size, table, targets
from ..module import Module
from ..training.classes import ends_in_sigmoid
from ..training.forward import outputs as outputs_of
from .plotting import COLOURS, MARKERS, Measurement, axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARGIN = 0.15  # of the data's extent, on each side


@dataclass(repr=False)
class DecisionBoundary(Measurement):
    """A grid of answers, `answers[row][column]` at (xs[column], ys[row]), and how each row of the data was classified.

    An answer is the model's output, or the class where it has several; a single output above `threshold` is class 1.
    """

    xs: list[float]
    ys: list[float]
    answers: list[list[float]]
    points: list[tuple[float, float]]
    classes: list[int]
    predicted: list[int]
    threshold: float | None
    names: tuple[str, str]

    def rows(self) -> list[list[str]]:
        """The classes, their rows and how many are right, as a table."""
        lines = [["class", "rows", "right", "share"]]
        for label in [*sorted(set(self.classes)), None]:
            right = [p == c for p, c in zip(self.predicted, self.classes, strict=True) if label in (c, None)]
            name = "all" if label is None else str(label)
            lines.append([name, str(len(right)), str(sum(right)), f"{sum(right) / len(right):.1%}"])
        return lines

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The answers as shades, the boundary as a line, the rows as points; those classified wrong are ringed."""
        ax = axes(ax, 5.6, 4.6)
        self._shades(ax)
        for label in sorted(set(self.classes)):
            self._points(ax, label)
        wrong = [p for p, c, q in zip(self.points, self.classes, self.predicted, strict=True) if c != q]
        if wrong:
            ring: dict[str, Any] = {"s": 110, "facecolors": "none", "edgecolors": "black", "linewidths": 1.2}
            ax.scatter(*_coordinates(wrong), label=f"wrong ({len(wrong)})", zorder=4, **ring)
        ax.legend(loc="best", framealpha=0.85, fontsize="small")
        ax.set(xlim=(self.xs[0], self.xs[-1]), ylim=(self.ys[0], self.ys[-1]))
        return tidy(ax, "", *self.names)

    def _shades(self, ax: "Axes") -> None:
        if self.threshold is None:
            count = 1 + int(max(*self.classes, *map(max, self.answers)))
            levels = [i - 0.5 for i in range(count + 1)]
            ax.contourf(self.xs, self.ys, self.answers, levels=levels, colors=_colours(count), alpha=0.3)
            return
        spread = max((abs(a - self.threshold) for row in self.answers for a in row), default=0.0) or 1.0
        levels = [self.threshold + spread * i / 8 for i in range(-8, 9)]
        ax.contourf(self.xs, self.ys, self.answers, levels=levels, cmap=_shading(), alpha=0.75)
        flat = [a for row in self.answers for a in row]
        if min(flat) < self.threshold < max(flat):
            ax.contour(self.xs, self.ys, self.answers, levels=[self.threshold], colors="black", linewidths=1.5)

    def _points(self, ax: "Axes", label: int) -> None:
        chosen = [point for point, c in zip(self.points, self.classes, strict=True) if c == label]
        look: dict[str, Any] = {"s": 28, "edgecolors": "white", "linewidths": 0.6, "zorder": 3}
        look |= {"color": _colours(label + 1)[label], "marker": MARKERS[label % len(MARKERS)]}
        ax.scatter(*_coordinates(chosen), label=str(label), **look)


def decision_boundary(
    model: Module,
    X: object,
    y: object,
    *,
    columns: tuple[int, int] = (0, 1),
    threshold: float | None = None,
    resolution: int = 50,
) -> DecisionBoundary:
    """What `model` answers on a grid of `resolution` × `resolution` points around the rows X, whose classes are y.

    `columns` names the two columns of X that span the plane; the others stay at their means. With one output the
    class is 1 where it is above `threshold`, which is 0.5 after a sigmoid and 0 otherwise, and y is 0 and 1, or −1 and
    1; with several it is the position of the largest. Raises ValueError for data that do not fit.

    >>> import nn
    >>> decision_boundary(nn.Layer(2, 1, "linear", weight=[[1.0, 1.0]]), [[1.0, 1.0], [-1.0, 0.5]], [1, 1])
    class  rows  right  share
        1     2      1  50.0%
      all     2      1  50.0%
    """
    rows = table(X)
    classes = [_class(target, i) for i, target in enumerate(targets(y, len(rows)))]
    _check_columns(columns, len(rows[0]))
    (xs, ys), centre = (
        (_range(rows, column, resolution) for column in columns),
        list(map(fmean, zip(*rows, strict=True))),
    )
    outputs = outputs_of(model, [_at(centre, columns, (x, y)) for y in ys for x in xs])
    several = isinstance(outputs[0], list) and len(outputs[0]) > 1
    if several:
        threshold = None
    elif threshold is None:
        threshold = 0.5 if ends_in_sigmoid(model, rows[0]) else 0.0
    answers = [float(_answer(output)) for output in outputs]
    predicted = [_predicted(output, threshold) for output in outputs_of(model, rows)]
    return DecisionBoundary(
        xs,
        ys,
        [answers[i : i + resolution] for i in range(0, len(answers), resolution)],
        [(row[columns[0]], row[columns[1]]) for row in rows],
        classes,
        predicted,
        threshold,
        (f"column {columns[0]}", f"column {columns[1]}"),
    )


def _predicted(output: Any, threshold: float | None) -> int:
    """The class; −1, which is none, where a nan is among the outputs."""
    if any(map(isnan, output if isinstance(output, list) else [output])):
        return -1
    return int(_answer(output) if threshold is None else _answer(output) > threshold)


def _class(target: Any, i: int) -> int:
    """The class as 0, 1, 2, …; −1 is 0."""
    label = target[0] if isinstance(target, list) and len(target) == 1 else target
    if isinstance(label, list) or not label.is_integer() or label < -1:
        raise ValueError(f"y: row {i} is {target!r}, no class: give 0, 1, 2, … or −1 and 1")
    return max(0, int(label))


def _check_columns(columns: Sequence[int], width: int) -> None:
    if width < 2:
        raise ValueError("a plane has two coordinates, but X has one column")
    if len(set(columns)) != 2 or not all(0 <= column < width for column in columns):
        raise ValueError(f"columns must name two of the {width} columns of X, 0 to {width - 1}; got {columns!r}")


def _range(rows: list[list[float]], column: int, resolution: int) -> list[float]:
    """Evenly spaced numbers over the extent of one column, with a margin."""
    values, steps = [row[column] for row in rows], size(resolution, "resolution") - 1
    if steps == 0:
        raise ValueError("resolution must be at least 2: a grid of one point has no shades")
    low, high = min(values), max(values)
    margin = MARGIN * (high - low) or 1.0
    return [low - margin + (high - low + 2 * margin) * i / steps for i in range(steps + 1)]


def _at(centre: list[float], columns: tuple[int, int], point: tuple[float, float]) -> list[float]:
    replaced = dict(zip(columns, point, strict=True))
    return [replaced.get(i, mean) for i, mean in enumerate(centre)]


def _coordinates(points: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _answer(output: Any) -> Any:
    """The single output, or the position of the largest."""
    if not isinstance(output, list):
        return output
    return output.index(max(output)) if len(output) > 1 else output[0]


def _colours(count: int) -> list[str]:
    """One for each class; orange and blue for two, as for negative and positive."""
    order = (COLOURS[3], COLOURS[0], *COLOURS[1:3], *COLOURS[4:])
    return [order[i % len(order)] for i in range(count)]


def _shading() -> Any:
    """From orange (class 0) through white to blue (class 1)."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("orange-blue", ["#f0a868", "#ffffff", "#7fb2e6"])
