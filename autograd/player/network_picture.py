"""The player's picture of a network: drawn as by `nn.draw`, and marked for the script that changes it.

A neuron stands for its nodes z and a and shows a's number and z's gradient; a line for a weight, and for the edges of
both factors.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from ..drawing.labels import field
from ..drawing.network import OPTIONS, NetworkPicture
from ..graph import dependents
from ..notation.numbers import number
from ..value import Value
from ..walking.model_layers import Cell, Network
from ..walking.recording import Recording
from ..walking.steps.zero_reasons import slopes
from .marks import Group, Slot, mark_edge, mark_node, picture

MOST, MOST_ROOMY = 16, 8  # neurons in a column; of a wider layer the middle ones are left out
RADIUS, ROOMY, ACROSS = 35.0, 42.0, 114.0  # points: narrow, so that the text stays large beside the words

Pair: TypeAlias = tuple[Value, Value]
Mark: TypeAlias = Callable[[Group], None]


def column_picture(recording: Recording, digits: int = 4) -> str | None:
    """The network of a walk as SVG; None where the walk has no model, or the network more than one row of data."""
    network: Network | None = recording.network
    if network is None or not network.levels or not network.is_dense:
        return None
    return _Columns(recording, network, digits).svg()


class _Columns:
    """The picture of one network, and what stands for what in it."""

    def __init__(self, recording: Recording, network: Network, digits: int) -> None:
        self.recording, self.network, self.digits = recording, network, digits
        self.place = {node: k for k, node in enumerate(recording.order)}
        self.columns = _columns(network)
        self.marks: dict[str, Mark] = {}  # by the ids of groups
        self.in_moves = recording.by == "move"  # which need room for ∂L/∂a beside δ
        counts = [len(column) for column in self.columns]
        radius, most = (ROOMY, MOST_ROOMY) if self.in_moves else (RADIUS, MOST)
        self.picture = NetworkPicture(counts, most, radius, ACROSS + 2 * (radius - RADIUS), fontsize=12)
        for k, column in enumerate(self.columns):
            self.picture.caption(k, "inputs" if k == 0 else f"layer {k}: {network.levels[k - 1].cells[0].activation}")
            for i, pair in enumerate(column):
                self.neuron(k, i, *pair, network.levels[k - 1].cells[i].bias if k else None)
        self.weights()
        self.result()

    def svg(self) -> str:
        """The marked SVG."""
        return picture(self.picture.graph.source, self.mark, *OPTIONS)

    def mark(self, group: Group, id: str) -> None:
        """A neuron, a weight or the result by what it stands for; a caption, which stands for nothing, as that."""
        plain: Mark = partial(mark_edge, edges="") if group.get("class") == "edge" else _as_caption
        self.marks.get(id, plain)(group)

    def neuron(self, k: int, i: int, a: Value, z: Value, bias: Value | None) -> None:
        """Name, number, and the gradient of z: δ, or ∂ of an input."""
        gradient = self.recording.grads[z] + 0.0
        slots = [Slot("", "", str(self.recording.scene[a].name)), self.slot("d", a, a.data)]
        if self.in_moves and a is not z:
            slots.append(self.slot("g", a, self.recording.grads[a] + 0.0, "∂a "))
        if gradient or k:
            slots.append(self.slot("g", z, gradient, "δ " if k else "∂ "))
        if a is not z:  # last, where the circle is narrow: it is shorter than δ
            slots.append(self.slot("d", z, z.data, "z "))
        self.picture.neuron(k, i, [field(slot.prefix + slot.text) for slot in slots])
        kind = "gate" if a is not z and slopes(a)[0] == 0.0 else ""
        places = " ".join(str(self.place[node]) for node in dict.fromkeys((a, z)))
        given, also = not a.operands, str(self.place[bias]) if bias in self.place else ""
        self.marks[f"n-{k}-{i}"] = partial(mark_node, kind=kind, places=places, slots=slots, given=given, also=also)

    def slot(self, kind: str, node: Value, value: float, prefix: str = "") -> Slot:
        """The row of a node's number or gradient."""
        return Slot(f"{kind}{self.place[node]}", prefix, number(value, self.digits))

    def weights(self) -> None:
        """One line for each weight: wide where it is large; found by the edges of both its factors."""
        levels = self.network.levels
        largest = max((abs(w.data) for level in levels for cell in level.cells for w in cell.weights), default=0.0)
        for k, level in enumerate(levels, 1):
            sources = {a: j for j, (a, _) in enumerate(self.columns[k - 1])}
            for i, cell in enumerate(level.cells):
                for j, (x, w) in enumerate(zip(cell.rows[0][0], cell.weights, strict=True)):
                    if x in sources:
                        self.picture.weight(k, i, sources[x])
                        self.marks[f"w-{k}-{i}-{sources[x]}"] = self.weight(cell, j, w, largest)

    def weight(self, cell: Cell, j: int, w: Value, largest: float) -> Mark:
        """The mark of the line for a unit's weight number j."""
        inputs, z, _ = cell.rows[0]
        edges, width = self.edges(z, w, j, len(inputs)), f"{0.6 + 2.6 * abs(w.data) / (largest or 1.0):.1f}"
        return partial(mark_edge, edges=edges, place=str(self.place[w]), width=width)

    def edges(self, z: Value, w: Value, j: int, n: int) -> str:
        """The graph's edges that this line stands for: that of the weight and that of the input."""
        if z.op and z.op.name == "dot":
            return f"{self.place[z]}-{j} {self.place[z]}-{n + j}"
        return " ".join(f"{self.place[node]}-{i}" for node in self.network.consumers[w] for i in range(2))

    def result(self) -> None:
        """The value that is differentiated, to the right of the outputs; nothing where it is an output itself."""
        root = self.recording.order[-1]
        if not any(root in pair for pair in self.columns[-1]):
            places = " ".join(str(self.place[node]) for node in [root, *self.behind(root)])
            slots = [Slot("", "", str(self.recording.root)), self.slot("d", root, root.data)]
            self.picture.result([field(slot.text) for slot in slots])
            self.marks["loss"] = partial(mark_node, kind="", places=places, slots=slots)

    def behind(self, root: Value) -> list[Value]:
        """What is computed of the outputs on the way to the result, whose box stands for it: the loss's own nodes."""
        shown = {node for column in self.columns for pair in column for node in pair}
        found = dependents(self.recording.order, {a for a, _ in self.columns[-1]}) - shown - {root}
        return [node for node in self.recording.order if node in found]


def _columns(network: Network) -> Sequence[list[Pair]]:
    """(a, z) of every neuron, column by column; the inputs stand for themselves."""
    inputs = network.levels[0].cells[0].rows[0][0]
    layers = [[(cell.rows[0][2], cell.rows[0][1]) for cell in level.cells] for level in network.levels]
    return [[(x, x) for x in inputs], *layers]


def _as_caption(group: Group) -> None:
    mark_node(group, kind="caption", places="", slots=[])
