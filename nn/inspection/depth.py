"""depth_study(): gradients that vanish or explode through many layers, measured on real networks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log10, nan
from random import Random
from statistics import fmean, median
from typing import TYPE_CHECKING, TypeAlias

from autograd import Constant, Value, dot
from autograd.support.collector import paused_gc

from ..inputs import listed, size
from ..layers import Layer, activation_of
from ..pictures.plotting import Measurement, axes, looks, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind: TypeAlias = tuple[str, bool, int]
"""An activation, with residual paths or not, and a depth."""


@dataclass(frozen=True)
class Curve:
    """Networks of one kind: the median log₁₀ of each layer's mean |δ|, first layer first."""

    activation: str
    residual: bool
    depth: int
    sizes: tuple[float, ...]

    @property
    def name(self) -> str:
        """The activation, and whether there are residual paths."""
        return f"{self.activation}, residual" if self.residual else self.activation


@dataclass(repr=False)
class DepthStudy(Measurement):
    """`ratios` holds, by (name, depth), log₁₀ of the first over the last layer's mean |δ|; `curves` all layers."""

    curves: list[Curve]
    ratios: dict[tuple[str, int], float]

    def rows(self) -> list[list[str]]:
        """The study as a table: depths across, a row for each kind of network."""
        names, depths = (list(dict.fromkeys(key[i] for key in self.ratios)) for i in (0, 1))
        head = ["log₁₀ first/last |δ|", *[f"depth {depth}" for depth in depths]]
        return [head, *[[str(name), *[self._ratio(name, depth) for depth in depths]] for name in names]]

    def _ratio(self, name: object, depth: object) -> str:
        ratio = self.ratios[name, depth]  # type: ignore[index]
        return f"{ratio:+.1f}".replace("-", "−") if ratio == ratio else "·"

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """log₁₀ mean |δ| by layer, for the deepest networks of each kind."""
        ax = axes(ax)
        deepest = max(curve.depth for curve in self.curves)
        shown = [curve for curve in self.curves if curve.depth == deepest]
        for curve, look in zip(shown, looks(len(shown)), strict=True):
            ax.plot(range(1, deepest + 1), curve.sizes, label=curve.name, **look | {"markersize": 3})
        ax.legend(frameon=False)
        return tidy(ax, f"Gradient through {deepest} layers", "layer", "log₁₀ mean |δ|")


def depth_study(
    activations: str | Sequence[str] = ("sigmoid", "tanh", "relu"),
    depths: int | Sequence[int] = (10, 20, 30),
    residual: bool | Sequence[bool] = (False, True),
    *,
    width: int = 16,
    deviation: float = 0.25,
    seeds: Iterable[int] = range(20),
) -> DepthStudy:
    """How the gradient shrinks or grows through deep networks, by activation and depth, with residual paths or not.

    Real networks: `width` neurons a layer, weights normal with this standard `deviation`, no biases, inputs normal; the
    loss is the sum of the outputs. Each number is the median over the `seeds`; networks that give no gradient at all
    (every ReLU closed) are left out. With the defaults it takes some seconds.

    >>> depth_study(["sigmoid"], [5, 10], residual=False, seeds=range(3))
    log₁₀ first/last |δ|  depth 5  depth 10
                 sigmoid     −2.8      −6.1
    """
    kinds = _kinds(activations, residual, depths)
    runs: dict[Kind, list[list[float]]] = {kind: [] for kind in kinds}
    for seed in seeds:
        rng = Random(seed)
        x = [rng.gauss(0.0, 1.0) for _ in range(width)]
        layers = [_layer(width, deviation, rng) for _ in range(max(depth for *_, depth in kinds))]
        for activation, switch, depth in kinds:
            runs[activation, switch, depth].append(_sizes(layers[:depth], activation, switch, x))
    curves = [Curve(*kind, tuple(map(_median, zip(*runs[kind], strict=True)))) for kind in kinds]
    ratios = [_median(sizes[0] - sizes[-1] for sizes in runs[kind]) for kind in kinds]
    return DepthStudy(curves, {(curve.name, curve.depth): x for curve, x in zip(curves, ratios, strict=True)})


def _kinds(
    activations: str | Sequence[str], residual: bool | Sequence[bool], depths: int | Sequence[int]
) -> list[Kind]:
    """All combinations; a single one of each need not be in a list."""
    names = [activations] if isinstance(activations, str) else activations
    given = listed(residual)
    switches: Sequence[bool] = [given] if isinstance(given, bool) else given
    numbers = [depths] if isinstance(depths, int) else depths
    kinds = [(name, switch, size(depth, "depth")) for name in names for switch in switches for depth in numbers]
    if not kinds:
        raise ValueError("nothing to study: give at least one activation, one depth and one of residual=True, False")
    return kinds


def _layer(width: int, deviation: float, rng: Random) -> Layer:
    weight = [[rng.gauss(0.0, deviation) for _ in range(width)] for _ in range(width)]
    return Layer(width, width, weight=weight, bias=False)


@paused_gc()
def _sizes(layers: Sequence[Layer], activation: str, residual: bool, x: Sequence[float]) -> list[float]:
    """log₁₀ of the mean |δ| of each layer; nan where it is 0."""
    f = activation_of(activation)
    inputs: list[Value] = [Constant(number) for number in x]
    sums = []
    for layer in layers:
        sums.append([dot(neuron.w, inputs) for neuron in layer.neurons])
        outputs = [f(z) for z in sums[-1]]
        inputs = [a + x for a, x in zip(outputs, inputs, strict=True)] if residual else outputs
    dot([Constant(1.0)] * len(inputs), inputs).backward()  # their sum
    means = [fmean(abs(z.grad) for z in layer) for layer in sums]
    return [log10(mean) if mean else nan for mean in means]


def _median(numbers: Iterable[float]) -> float:
    known = [x for x in numbers if x == x]
    return median(known) if known else nan
