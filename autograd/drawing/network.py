"""The picture of a network: columns of circles, the lines between them its weights, with every position fixed.

What stands in the circles and how things look is for the caller to say: `nn.draw` shows a model, the player a walk.
Column 0 are the inputs; neuron i of column k is the element "n-k-i", its weight for input j "w-k-i-j".
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from . import palette

OPTIONS = ("-Kneato", "-n2")  # for Graphviz: the positions are given
GRAPH = {"splines": "line", "outputorder": "edgesfirst", "pad": "0.1"}
NODE = {
    "shape": "circle", "fixedsize": "true", "style": "filled", "margin": "0", "fontname": "Helvetica",
    "fontcolor": palette.INK, "color": palette.LINE, "fillcolor": palette.NEUTRAL,
}  # fmt: skip
EDGE = {"arrowhead": "none", "color": palette.LINE}
CAPTION = {
    "shape": "box", "fixedsize": "false", "width": "0.3", "height": "0.2", "margin": "0.08,0.04",
    "fillcolor": palette.LAYER, "color": palette.LAYER,
}  # fmt: skip
GAP = 10.0  # points between the circles of a column

Place: TypeAlias = tuple[float, float]


class NetworkPicture:
    """Columns of `sizes` neurons, of which at most about `most` are shown; `graph` is the `graphviz.Digraph`.

    `radius` is that of a circle and `across` the way from column to column, both in points.
    """

    graph: Any
    sizes: Sequence[int]
    shown: list[list[int | None]]
    radius: float
    down: float
    across: float
    below: float

    def __init__(
        self, sizes: Sequence[int], most: int, radius: float = 28.0, across: float = 140.0, fontsize: int = 10
    ) -> None:
        from graphviz import Digraph  # not needed until somebody draws

        self.shown = [visible(size, most) for size in sizes]
        self.sizes, self.radius, self.down = sizes, radius, 2 * radius + GAP
        rows = max(map(len, self.shown))
        self.across = across + 12.0 * max(0, rows - 5)  # lines to far neurons must not run too steeply
        self.below = -(rows - 1) / 2 * self.down - radius - 26.0
        node = NODE | {"width": f"{2 * radius / 72:.4f}", "fontsize": str(fontsize)}
        self.graph = Digraph(engine="neato", graph_attr=GRAPH, node_attr=node, edge_attr=EDGE)

    def is_shown(self, k: int, i: int) -> bool:
        """Whether neuron i of column k is in the picture."""
        return i in self.shown[k]

    def is_drawn(self, k: int, i: int, j: int) -> bool:
        """Whether both ends of a weight are: neuron i of column k, and neuron j of the column before."""
        return self.is_shown(k, i) and self.is_shown(k - 1, j)

    def neuron(self, k: int, i: int, lines: Sequence[str], **look: str) -> None:
        """The circle of neuron i in column k, if it is shown, with these lines of text."""
        if self.is_shown(k, i):
            self._node(f"n-{k}-{i}", "\\n".join(lines), self._place(k, i), **look)

    def weight(self, k: int, i: int, j: int, **look: str) -> None:
        """The line to neuron i of column k from neuron j of the column before, if both are shown."""
        if self.is_drawn(k, i, j):
            self.graph.edge(f"n-{k - 1}-{j}", f"n-{k}-{i}", id=f"w-{k}-{i}-{j}", **look)

    def note(self, k: int, i: int, j: int, text: str, **look: str) -> None:
        """A number on the line to neuron i of column k from neuron j of the column before; "d-k-i-j"."""
        if self.is_drawn(k, i, j):
            (x0, y0), (x1, y1) = self._place(k - 1, j), self._place(k, i)
            row, rows = self.shown[k].index(i), len(self.shown[k])  # each neuron's numbers at a distance of their own
            way = (self.radius + 26.0) / self.across + 0.44 * row / max(rows - 1, 2)
            self._node(f"d-{k}-{i}-{j}", text, (x0 + way * (x1 - x0), y0 + way * (y1 - y0)), **CAPTION | look)

    def skip(self, k: int, i: int, start: int) -> None:
        """The residual path to neuron i of column k from its like in column `start`: an arc, dotted; "s-k-i"."""
        if self.is_shown(k, i) and self.is_shown(start, i):
            look = {"style": "dotted", "penwidth": "2", "pos": self._arc(self._place(start, i), self._place(k, i))}
            self.graph.edge(f"n-{start}-{i}", f"n-{k}-{i}", id=f"s-{k}-{i}", **look)

    def caption(self, k: int, title: str) -> None:
        """What column k is, below it, "t-k", and how many of its neurons were left out, "more-k"."""
        self._node(f"t-{k}", title.replace("\n", "\\n"), (k * self.across, self.below), **CAPTION)
        if None in self.shown[k]:
            hidden = self.sizes[k] - len(self.shown[k]) + 1
            self._node(f"more-{k}", f"⋮ {hidden} more", self._place(k, None), **CAPTION)

    def result(self, lines: Sequence[str]) -> None:
        """What the outputs are made into, to their right: "loss"."""
        last = len(self.shown)
        look = CAPTION | {"color": palette.LINE, "penwidth": "2"}
        self._node("loss", "\\n".join(lines), (last * self.across, 0.0), **look)
        for i in self.shown[-1]:
            if i is not None:
                self.graph.edge(f"n-{last - 1}-{i}", "loss", id=f"l-{i}")

    def _place(self, k: int, i: int | None) -> Place:
        """The centre of neuron i in column k; of those left out where i is None."""
        return k * self.across, ((len(self.shown[k]) - 1) / 2 - self.shown[k].index(i)) * self.down

    def _node(self, name: str, label: str, place: Place, **look: str) -> None:
        self.graph.node(name, label, id=name, pos=f"{place[0]:.2f},{place[1]:.2f}", **look)

    def _arc(self, start: Place, end: Place) -> str:
        """A curve from the top of one neuron to the top of another."""
        (x0, y0), (x1, y1) = (start[0], start[1] + self.radius), (end[0], end[1] + self.radius)
        lean, lift = (x1 - x0) / 4, self.down / 2
        return f"{x0:.2f},{y0:.2f} {x0 + lean:.2f},{y0 + lift:.2f} {x1 - lean:.2f},{y1 + lift:.2f} {x1:.2f},{y1:.2f}"


def visible(size: int, most: int) -> list[int | None]:
    """The neurons of a column from top to bottom; None stands for those left out in the middle.

    >>> visible(3, 12), visible(64, 5)
    ([0, 1, 2], [0, 1, None, 62, 63])
    """
    if size <= max(most, 3):
        return list(range(size))
    above, below = most // 2, (most - 1) // 2
    return [*range(above), None, *range(size - below, size)]
