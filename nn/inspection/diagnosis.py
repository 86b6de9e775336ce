"""diagnose(): dead and saturated neurons, vanishing and exploding layers, weights that learn nothing and why."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from statistics import fmean
from textwrap import fill
from typing import TYPE_CHECKING, Any

from autograd import OPERATIONS, Value
from autograd.notation.numbers import number
from autograd.support.printing import printable

from ..inputs import size, table, targets
from ..losses import cross_entropy, mse
from ..pictures.plotting import COLOURS, Measurement, axes, tidy
from .advice import findings
from .health import Health, LayerHealth
from .network_view import Network, network, weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLOSED, NOTHING, ZERO, UNDERFLOW = "gate closed", "nothing arrives", "input 0", "too small for a float"
"""Why a weight gets no gradient: ∂a/∂z = 0 in its neuron; ∂loss/∂a = 0 there already; its input is 0; underflow."""

FLAT = 0.04  # of the steepest slope: σ beyond 0.01 and 0.99, tanh beyond ±0.98


@dataclass(repr=False)
class Diagnosis(Measurement, Health):
    """What `diagnose` found: a table, one line a layer, and `findings`, sentences on what is wrong and what mends it.

    `loss` is the mean loss, `largest` the largest of the mean gradients of all parameters, `idle` the columns of X
    that are 0 in every row.
    """

    @property
    def findings(self) -> list[str]:
        """The sentences, most serious first; empty where nothing is wrong."""
        return findings(self)

    def rows(self) -> list[list[str]]:
        """The diagnosis as a table, a row for each layer."""
        head = ["layer", "activation", "dead", "closed", "saturated", "mean |δ|", "mean |∂w|", "∂w = 0"]
        return [head, *[_line(layer) for layer in self.layers]]

    def __repr__(self) -> str:
        title = f"{self.count} row{'s' * (self.count > 1)}, loss {number(self.loss)}"
        sentences = [fill(sentence, 100, subsequent_indent="  ") for sentence in self.findings]
        return printable("\n".join([title, "", super().__repr__(), "", *(sentences or ["Nothing stands out."])]))

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Every neuron of every layer: the share of rows on which it is closed or saturated, the darker the larger."""
        ax = axes(ax, 6.4, 1.2 + 0.5 * len(self.layers))
        widest = max(layer.size for layer in self.layers)
        shares = [[max(pair) for pair in zip(layer.closed, layer.saturated, strict=True)] for layer in self.layers]
        grid = [row + [nan] * (widest - len(row)) for row in shares]
        places, lines = range(widest), range(len(self.layers))
        image = ax.pcolormesh(places, lines, grid, cmap=_shades(), vmin=0.0, vmax=1.0, edgecolors="white", linewidth=1)
        for y, layer in enumerate(self.layers):
            ax.scatter(layer.dead, [y] * len(layer.dead), marker="x", color=COLOURS[1])
        ax.figure.colorbar(image, ax=ax, label="share of rows")
        tidy(ax, "Closed or saturated neurons (× dead)", "neuron").grid(False)
        ax.set_xticks(range(0, widest, 1 + widest // 9))
        ax.set_yticks(lines, [f"{layer.name} {layer.activation}" for layer in self.layers])
        ax.invert_yaxis()
        return ax


def diagnose(
    model: Any, X: object, y: object, loss: Callable[[Any, Any], Value] | None = None, *, max_rows: int = 200
) -> Diagnosis:
    """Examine `model` on the rows X and their targets y (evenly spaced `max_rows` of them, where there are more).

    `loss` is a function of one row's prediction and target, as all in `nn` are; without it, `nn.cross_entropy` for a
    model of several outputs with one class a row, `nn.mse` otherwise. No parameter is changed, and no gradient. Raises
    TypeError for a model that is not made of layers of neurons.

    >>> import nn
    >>> model = nn.Sequential(nn.Layer(1, 2, weight=[[1.0], [-1.0]]), nn.Layer(2, 1, "linear", weight=[[1.0, 1.0]]))
    >>> print(nn.diagnose(model, [[1.0], [2.0]], [0.0, 0.0]).findings[0])
    layers.0: neuron 1 is dead, its gate closed on all 2 rows, so that its weights get no gradient. ...
    """
    rows = table(X)
    wanted = targets(y, len(rows))
    max_rows = size(max_rows, "max_rows")
    step = max(1.0, len(rows) / max_rows)
    chosen = [int(i * step) for i in range(min(len(rows), max_rows))]
    pairs = [(rows[i], wanted[i]) for i in chosen]
    runs = [network(model, x, target, loss or _usual(model, x, target)) for x, target in pairs]
    return _Examination(runs).diagnosis()


def _usual(model: Any, x: list[float], target: Any) -> Callable[[Any, Any], Value]:
    several = len(network(model, x, None, mse).columns[-1].outputs) > 1
    return cross_entropy if several and not isinstance(target, list) else mse


class _Examination:
    """Everything summed up over the rows; `runs` holds the network with its numbers for each of them."""

    def __init__(self, runs: Sequence[Network]) -> None:
        self.runs = runs
        self.columns = runs[0].columns
        self.reasons: dict[tuple[int, int, int], list[set[str]]] = {}
        self.sizes: dict[tuple[int, int, int], float] = {}
        for run in runs:
            self._add(run)

    def _add(self, run: Network) -> None:
        assert run.gradient is not None
        for k, i, j, w in weights(run.columns):
            place, slope = (k, i, j), abs(run.gradient(w))
            self.sizes[place] = self.sizes.get(place, 0.0) + slope
            if slope == 0.0:
                self.reasons.setdefault(place, []).append(_why(run, k, i, j))

    def diagnosis(self) -> Diagnosis:
        losses = [run.loss.data for run in self.runs if run.loss is not None]
        idle = [j for j in range(self.columns[0].size) if not any(run.columns[0].outputs[j].data for run in self.runs)]
        layers = [self._layer(k) for k in range(1, len(self.columns))]
        return Diagnosis(layers, len(self.runs), fmean(losses), self._largest(), idle)

    def _layer(self, k: int) -> LayerHealth:
        column, count = self.columns[k], len(self.runs)
        name, _, activation = column.title.rpartition("\n")
        slopes = [[run.columns[k].slopes[i] for run in self.runs] for i in range(column.size)]
        flat = FLAT * _steepest(column.units[0].activation)
        here = [place for place in self.sizes if place[0] == k]
        return LayerHealth(
            name or "model",
            activation,
            [sum(slope == 0.0 for slope in row) / count for row in slopes],
            [sum(slope < flat for slope in row) / count for row in slopes],
            fmean(abs(_gradient(run, z)) for run in self.runs for z in run.columns[k].sums),
            fmean(self.sizes[place] for place in here) / count,
            _counted([self.reasons[place] for place in here if self.sizes[place] == 0.0]),
        )

    def _largest(self) -> float:
        """The largest mean gradient of a parameter, in size."""
        parameters = [p for column in self.columns for unit in column.units for p in unit.parameters]
        return max(abs(fmean(_gradient(run, p) for run in self.runs)) for p in parameters)


def _gradient(run: Network, node: Value) -> float:
    assert run.gradient is not None
    return run.gradient(node)


def _why(run: Network, k: int, i: int, j: int) -> set[str]:
    """Why weight j of neuron i in column k gets no gradient on this row; reasons combine."""
    column = run.columns[k]
    reasons = set()
    if _gradient(run, column.sums[i]) == 0.0:
        reasons.add(CLOSED if column.slopes[i] == 0.0 else NOTHING)
    if run.columns[k - 1].outputs[j].data == 0.0:
        reasons.add(ZERO)
    return reasons or {UNDERFLOW}


def _counted(weights: Sequence[list[set[str]]]) -> dict[str, int]:
    """How many weights are silent for which reasons: those that hold on every row, or else all that occur."""
    counts = Counter(
        " and ".join(sorted(always)) if (always := set.intersection(*rows)) else " or ".join(sorted(set.union(*rows)))
        for rows in weights
    )
    return dict(counts.most_common())


def _shades() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("shares", ["#dbe7f3", "#0a2f5c"])


def _line(layer: LayerHealth) -> list[str]:
    """A layer's line in the table; `·` for what its activation cannot be."""
    saturates = _steepest(layer.activation.split(" ")[0]) > 0.0
    silent = sum(layer.silent.values())
    return [
        layer.name,
        layer.activation,
        f"{len(layer.dead)} of {layer.size}" if any(layer.closed) else "·",
        f"{fmean(layer.closed):.0%}" if any(layer.closed) else "·",
        f"{fmean(layer.saturated):.0%}" if saturates else "·",
        number(layer.delta),
        number(layer.weight_gradient),
        str(silent) if silent else "·",
    ]


def _steepest(activation: str) -> float:
    """The greatest slope of an activation that saturates; 0.0 of any other."""
    return OPERATIONS[activation].steepest if activation in OPERATIONS else 0.0
