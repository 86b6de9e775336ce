"""gradient_flow(): how much gradient arrives in each layer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograd import Value
from autograd.graph import topological_order
from autograd.model_view import module_of, units
from autograd.notation.numbers import number

from ..module import Module
from ..pictures.plotting import Measurement, axes, looks, positive, tidy
from .sweep import sensitivities

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(repr=False)
class GradientFlow(Measurement):
    """For each layer, first to last: its name, the mean |δ| (δ = ∂loss/∂z) and the mean |∂loss/∂w| of its weights."""

    layers: list[str]
    deltas: list[float]
    weights: list[float]

    def rows(self) -> list[list[str]]:
        """The flow as a table, a row for each layer."""
        numbers = zip(self.layers, self.deltas, self.weights, strict=True)
        return [["layer", "mean |δ|", "mean |∂w|"], *[[name, number(d), number(w)] for name, d, w in numbers]]

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Both means by layer, on a logarithmic scale; a layer that gets no gradient at all is a gap."""
        ax = axes(ax)
        places = range(1, len(self.layers) + 1)
        for numbers, label, look in zip((self.deltas, self.weights), ("|δ|", "|∂w|"), looks(2), strict=True):
            ax.plot(places, positive(numbers), label=f"mean {label}", **look)
        ax.set_yscale("log")
        ax.set_xticks(places if len(places) <= 12 else range(1, len(places) + 1, len(places) // 8))
        ax.legend(frameon=False, fontsize="small")
        return tidy(ax, "Gradient by layer", "layer", "mean size")


def gradient_flow(loss: Value, model: Module) -> GradientFlow:
    """How much gradient `loss` sends into each layer of `model`: where it vanishes, and where it explodes.

    It is computed afresh; no `.grad` is read or changed. Raises ValueError where the model has no part in the loss.

    >>> import nn
    >>> model = nn.Sequential(nn.Layer(1, 1, weight=[[2.0]]), nn.Layer(1, 1, "linear", weight=[[3.0]]))
    >>> gradient_flow(nn.mse(model([1.0]), 5.0), model)
       layer  mean |δ|  mean |∂w|
    layers.0       6.0        6.0
    layers.1       2.0        4.0
    """
    if not isinstance(loss, Value):
        raise TypeError(f"gradient_flow takes the loss as a Value, got {loss!r:.40} ({type(loss).__name__})")
    gradient = sensitivities(loss)
    layers = layers_of(model)
    owner = {parameter: name for name, parts in layers.items() for _, parameter in parts}
    sums: dict[str, dict[Value, None]] = {name: {} for name in layers}
    for node in topological_order(loss):
        for name in {owner[x] for x in node.operands if x in owner}:
            sums[name][node] = None
    used = [name for name in layers if sums[name]]
    if not used:
        raise ValueError("the model has no parameter in this loss: compute it from this very model, with gradients on")
    weights = {name: [p for part, p in layers[name] if part not in ("b", "bias")] for name in used}
    return GradientFlow(
        used,
        [_mean_size(gradient[z] for z in sums[name]) for name in used],
        [_mean_size(gradient.get(w, 0.0) for w in weights[name]) for name in used],
    )


def layers_of(model: Module) -> dict[str, list[tuple[str, Value]]]:
    """The parameters of each layer, each with its name within its neuron: `w` or `b`."""
    layers: dict[str, list[tuple[str, Value]]] = {}
    parts = units(model)
    home = {parameter: unit.layer for unit in parts for parameter in unit.parameters}
    biases = {unit.bias for unit in parts}
    for name, parameter in model.named_parameters():
        words = [word for word in name.split(".") if not word.isdecimal()]
        kind = "b" if parameter in biases else words[-1]
        layers.setdefault(".".join(home.get(parameter, module_of(name))) or "model", []).append((kind, parameter))
    return layers


def _mean_size(numbers: Iterable[float]) -> float:
    sizes = [abs(x) for x in numbers]
    return sum(sizes) / len(sizes) if sizes else 0.0
