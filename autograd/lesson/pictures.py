"""Pictures of the lessons, by name: curves by matplotlib, diagrams by Graphviz."""

import base64
import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, Any

from ..drawing import palette
from ..drawing.diagram import Diagram

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CARD = "max-width: 100%; background: white; border-radius: 4px"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#7a4fa3")  # told apart by colour-blind readers too
MARKERS = "osv^"
GRID = "#dddddd"


class Picture:
    """A matplotlib figure as a picture that scales, with a description for readers who cannot see it.

    >>> from matplotlib.figure import Figure
    >>> Picture(Figure(), "An empty frame")
    <Picture: An empty frame>
    """

    figure: Any
    description: str

    def __init__(self, figure: "Figure", description: str) -> None:
        self.figure, self.description = figure, description

    def _repr_html_(self) -> str:
        return f'<img src="{svg_address(self.figure)}" alt="{escape(self.description)}" style="{CARD}">'

    def __repr__(self) -> str:
        return f"<Picture: {self.description}>"


def svg_address(figure: "Figure") -> str:
    """The figure as an address that holds it: no file, no network."""
    from matplotlib import rc_context

    file = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "lesson", "font.family": "sans-serif"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(_shortened(file.getvalue()).encode()).decode()


def _shortened(svg: str) -> str:
    """A fraction of its size: without metadata, with places to one decimal and one family of fonts."""
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'font-family: [^;"]*', "font-family: sans-serif", svg)
    svg = re.sub(r' (d|x|y|transform)="[^"]*"', lambda place: re.sub(r"(\.\d)\d+", r"\1", place[0]), svg)
    return re.sub(r"\s+", " ", svg).replace("> <", "><")


def _axes(width: float = 7.0, height: float = 3.6) -> tuple["Figure", Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    ax = figure.subplots()
    ax.grid(color=GRID)
    return figure, ax


def losses(values: Sequence[float], title: str, level: tuple[float, str] | None = None) -> Picture:
    """A loss over the steps of a training; with `level` a dotted line at a height, and what it means.

    >>> losses([0.7, 0.4, 0.3], "Three steps")
    <Picture: Three steps: from 0.7 to 0.3>
    """
    figure, ax = _axes(6.5, 3.2)
    ax.plot(values, color=COLOURS[0], label="loss")
    if level:
        ax.axhline(level[0], color="gray", linestyle=":", label=level[1])
    ax.set(xlabel="step", ylabel="loss", title=title, ylim=(0, None))
    ax.legend(frameon=False)
    return Picture(figure, f"{title}: from {values[0]:.3g} to {values[-1]:.3g}")


def gradient_flows(flows: Mapping[str, Sequence[float]]) -> Picture:
    """The mean |δ| of each layer, a line for each network, by a logarithmic axis.

    >>> gradient_flows({"relu, he": [1.0, 1.1], "sigmoid, xavier": [0.01, 0.1]})
    <Picture: Mean |δ| of layers 1 to 2: relu, he 1 to 1.1; sigmoid, xavier 0.01 to 0.1>
    """
    figure, ax = _axes()
    for (name, deltas), marker, colour in zip(flows.items(), MARKERS, COLOURS, strict=False):
        ax.semilogy(range(1, len(deltas) + 1), deltas, marker=marker, markersize=4, color=colour, label=name)
    count = max(map(len, flows.values()))
    ax.set(xlabel="layer", ylabel="mean |δ|", title="Initial weights decide what arrives in the first layer")
    ax.set_xticks(range(1, count + 1, max(1, count // 10)))
    ax.legend(frameon=False)
    ends = "; ".join(f"{name} {deltas[0]:.2g} to {deltas[-1]:.2g}" for name, deltas in flows.items())
    return Picture(figure, f"Mean |δ| of layers 1 to {count}: {ends}")


def times(measured: Mapping[int, Mapping[str, float]], title: str) -> Picture:
    """Milliseconds by width, a line for each way to compute, both axes logarithmic.

    >>> times({8: {"engine": 20.0, "LLVM": 0.02}, 16: {"engine": 60.0, "LLVM": 0.05}}, "One pass")
    <Picture: One pass: milliseconds by width, for engine and LLVM>
    """
    figure, ax = _axes(6.5, 3.4)
    names = list(next(iter(measured.values())))
    for name, marker, colour in zip(names, MARKERS, (COLOURS[1], COLOURS[0], COLOURS[2]), strict=False):
        ax.loglog(list(measured), [row[name] for row in measured.values()], marker=marker, color=colour, label=name)
    ax.set(xlabel="neurons in each hidden layer", ylabel="ms for 100 rows", title=title)
    ax.set_xticks(list(measured), [str(width) for width in measured])
    ax.minorticks_off()
    ax.legend(frameon=False)
    return Picture(figure, f"{title}: milliseconds by width, for {' and '.join(names)}")


def knows_nothing() -> tuple[float, str]:
    """The level of ln 2, which a network of yes-or-no questions has before it knows anything."""
    return log(2), "ln 2: knows nothing"


def boundary(found: Any, title: str, description: str) -> Picture:
    """What a model of two inputs answers at every point of the plane, as `nn.decision_boundary` finds it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.0, 3.8), layout="constrained")
    ax = figure.subplots()
    found.plot(ax)
    ax.set(xlabel="x₁", ylabel="x₂", title=title)
    return Picture(figure, description)


def training(history: Any, boundary: Any) -> Picture:
    """A `History` of training beside the decision boundary that it led to, as `nn.decision_boundary` finds it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    history.plot(left)
    boundary.plot(right)
    right.set(xlabel="x₁", ylabel="x₂")
    return Picture(figure, "Left the loss and the metrics by epoch, right what the network answers at every point")


# Diagrams

ONWARD = {"color": palette.POSITIVE_LINE, "fontcolor": palette.POSITIVE_LINE}
BACK = {"color": palette.NEGATIVE_LINE, "fontcolor": palette.NEGATIVE_LINE, "style": "dashed", "constraint": "false"}
BOX = {
    "shape": "box", "style": "rounded,filled", "fontname": "Helvetica", "fillcolor": palette.NEUTRAL,
    "color": palette.LINE, "fontcolor": palette.INK,
}  # fmt: skip


def way_back(stations: Sequence[str], gradients: Sequence[str]) -> Diagram:
    """Stations from left to right: predictions go forward through them, and gradients back, each with its name.

    `gradients` names what goes back, from the loss to the first station: one less than there are stations. Raises
    ValueError otherwise.

    >>> way_back(["layer", "output", "loss"], ["∂L/∂ŷ", "∂L/∂v"])
    <Diagram of 3 stations; diagram.save('x.svg') writes it to a file>
    """
    from graphviz import Digraph

    if len(gradients) != len(stations) - 1:
        raise ValueError(f"{len(stations)} stations need {len(stations) - 1} gradients, got {len(gradients)}")
    font = {"fontname": "Helvetica", "fontsize": "12", "penwidth": "1.6"}
    graph = Digraph(graph_attr={"rankdir": "LR", "nodesep": "0.5", "ranksep": "0.9"}, node_attr=BOX, edge_attr=font)
    for name in stations:
        graph.node(name)
    for left, right in pairwise(stations):
        graph.edge(left, right, **ONWARD)
    for (left, right), gradient in zip(pairwise(stations), reversed(gradients), strict=True):
        graph.edge(right, left, label=f"  {gradient}  ", **BACK)
    return Diagram(graph, f"{len(stations)} stations")
