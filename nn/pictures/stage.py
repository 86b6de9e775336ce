"""Where everything stands in the picture of a network, and how it is painted."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from autograd import Value
from autograd.drawing import palette
from autograd.drawing.labels import field, plain
from autograd.notation.numbers import number, subscripts

from ..inspection.network_view import Column, Network, weights

DOWN, RADIUS = 66.0, 28.0  # points: from neuron to neuron in a column, and the radius of one
GRAPH = {"splines": "line", "outputorder": "edgesfirst", "pad": "0.1"}
NODE = {
    "shape": "circle", "fixedsize": "true", "width": f"{2 * RADIUS / 72:.4f}", "style": "filled", "margin": "0",
    "fontname": "Helvetica", "fontsize": "10", "fontcolor": palette.INK, "color": palette.LINE,
    "fillcolor": palette.NEUTRAL,
}  # fmt: skip
EDGE = {"arrowhead": "none", "color": palette.LINE}
CLOSED = {
    "style": "filled,dashed", "fillcolor": palette.DEAD, "color": palette.FADED_INK, "fontcolor": palette.FADED_INK,
}  # fmt: skip
CAPTION = {
    "shape": "box", "fixedsize": "false", "width": "0.3", "height": "0.2", "margin": "0.08,0.04",
    "fillcolor": palette.LAYER, "color": palette.LAYER,
}  # fmt: skip

Place: TypeAlias = tuple[float, float]


class Stage:
    """The picture of one network; `graph` is its `graphviz.Digraph`, with every position fixed."""

    graph: Any
    network: Network
    columns: list[Column]
    digits: int
    shown: list[list[int | None]]
    across: float
    below: float

    def __init__(self, network: Network, by: str, digits: int, max_neurons: int) -> None:
        from graphviz import Digraph  # not needed until somebody draws

        self.network, self.columns, self.digits = network, network.columns, digits
        self.shown = [visible(column.size, max_neurons) for column in self.columns]
        rows = max(map(len, self.shown))
        self.across = 140.0 + 12.0 * max(0, rows - 5)  # lines to far neurons must not run too steeply
        self.below = -(rows - 1) / 2 * DOWN - RADIUS - 26.0
        self.graph = Digraph(engine="neato", graph_attr=GRAPH, node_attr=NODE, edge_attr=EDGE)
        self.neurons()
        self.weights(by)
        self.skips()
        self.captions()
        self.loss()

    def place(self, k: int, i: int | None) -> Place:
        """The centre of neuron i in column k; of those left out where i is None."""
        return k * self.across, ((len(self.shown[k]) - 1) / 2 - self.shown[k].index(i)) * DOWN

    def neurons(self) -> None:
        """Circles for neurons, with their numbers and colours."""
        largest = max((abs(v.data) for column in self.columns for v in column.outputs), default=0.0)
        for k, column in enumerate(self.columns):
            for i in self.shown[k]:
                if i is not None:
                    self.node(f"n-{k}-{i}", self.text(k, i), self.place(k, i), **_look(column, i, largest))

    def text(self, k: int, i: int) -> str:
        """What stands in a neuron: the name of an input or an output, the number that it gives, and δ."""
        column, gradient, ends = self.columns[k], self.network.gradient, (0, len(self.columns) - 1)
        numbers = [number(column.outputs[i].data, self.digits)] if column.outputs else []
        if column.sums and gradient and self.network.loss is not None:
            numbers.append(f"δ {number(gradient(column.sums[i]), self.digits)}")
        named = k in ends and len(numbers) < 2  # three lines do not fit
        return "\\n".join([_name(column, k, i)] * named + numbers)

    def weights(self, by: str) -> None:
        """Width and colour from the weight or its gradient; dashed where the gradient is exactly 0."""
        gradient = self.network.gradient
        measure: Callable[[Value], float] = gradient if gradient and by == "gradient" else _data
        lines = [line for line in weights(self.columns) if self.is_shown(*line[:3])]
        largest = max((abs(measure(w)) for *_, w in lines), default=0.0)
        for k, i, j, w in lines:
            width = f"{0.4 + 3.2 * palette.strength(measure(w), largest):.2f}"
            style = "dashed" if gradient and gradient(w) == 0.0 else "solid"
            look = {"color": palette.signed_line(measure(w)), "penwidth": width, "style": style}
            self.graph.edge(f"n-{k - 1}-{j}", f"n-{k}-{i}", id=f"w-{k}-{i}-{j}", **look)

    def is_shown(self, k: int, i: int, j: int) -> bool:
        """Whether both ends of a weight are."""
        return i in self.shown[k] and j in self.shown[k - 1]

    def skips(self) -> None:
        """The residual paths: dotted arcs over the columns between."""
        for k, column in enumerate(self.columns):
            for i in self.shown[k]:
                if column.skip is not None and i is not None and i in self.shown[column.skip]:
                    arc = _arc(self.place(column.skip, i), self.place(k, i))
                    look = {"style": "dotted", "penwidth": "2"}
                    self.graph.edge(f"n-{column.skip}-{i}", f"n-{k}-{i}", id=f"s-{k}-{i}", pos=arc, **look)

    def captions(self) -> None:
        """What each column is, and how many of its neurons were left out."""
        for k, column in enumerate(self.columns):
            self.node(f"t-{k}", column.title.replace("\n", "\\n"), (k * self.across, self.below), **CAPTION)
            if None in self.shown[k]:
                hidden = column.size - len(self.shown[k]) + 1
                self.node(f"more-{k}", f"⋮ {hidden} more", self.place(k, None), **CAPTION)

    def loss(self) -> None:
        """The loss and the target, to the right of the outputs."""
        if self.network.loss is None:
            return
        target, last = self.network.target, len(self.columns)
        targets: Sequence[Any] = target if isinstance(target, (list, tuple)) else [target]
        numbers = [float(t.data if isinstance(t, Value) else t) for t in targets[:3]]
        shown = ", ".join(number(t, self.digits) for t in numbers) + ", …" * (len(targets) > 3)
        label = f"loss {number(self.network.loss.data, self.digits + 2)}\\ntarget {shown}"
        self.node("loss", label, (last * self.across, 0.0), **CAPTION | {"color": palette.LINE, "penwidth": "2"})
        for i in self.shown[-1]:
            if i is not None:
                self.graph.edge(f"n-{last - 1}-{i}", "loss")

    def node(self, name: str, label: str, place: Place, **look: str) -> None:
        """One shape, at its place."""
        self.graph.node(name, label, id=name, pos=f"{place[0]:.2f},{place[1]:.2f}", **look)


def visible(size: int, most: int) -> list[int | None]:
    """The neurons of a column from top to bottom; None stands for those left out in the middle.

    >>> visible(3, 12), visible(64, 5)
    ([0, 1, 2], [0, 1, None, 62, 63])
    """
    if size <= max(most, 3):
        return list(range(size))
    above, below = most // 2, (most - 1) // 2
    return [*range(above), None, *range(size - below, size)]


def _name(column: Column, k: int, i: int) -> str:
    if k == 0:
        given = plain(column.outputs[i].label) if column.outputs else ""
        return field(given) if 0 < len(given) <= 9 else subscripts(f"x{i + 1}")
    return subscripts(f"ŷ{i + 1}") if column.size > 1 else "ŷ"


def _look(column: Column, i: int, largest: float) -> dict[str, str]:
    if column.slopes and column.slopes[i] == 0.0:
        return CLOSED
    return {"fillcolor": palette.signed(column.outputs[i].data, largest)} if column.outputs else {}


def _data(w: Value) -> float:
    return w.data


def _arc(start: Place, end: Place) -> str:
    """A curve from the top of one neuron to the top of another."""
    (x0, y0), (x1, y1) = (start[0], start[1] + RADIUS), (end[0], end[1] + RADIUS)
    lean, lift = (x1 - x0) / 4, DOWN / 2
    return f"{x0:.2f},{y0:.2f} {x0 + lean:.2f},{y0 + lift:.2f} {x1 - lean:.2f},{y1 + lift:.2f} {x1:.2f},{y1:.2f}"
