"""A model found again in a graph: which nodes are the pre-activations z and activations a of which neuron.

The graph knows nothing of layers; nodes are matched to the model's parameters afterwards (see `model_view.py`). So
building and training a network pays nothing for it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph import topological_order
from ..model_view import Path, Unit, units
from ..operations.reductions import split_dot
from ..recorders import recording
from ..value import Constant, Value

Occurrence = tuple[tuple[Value, ...], Value, Value]
"""A unit as it was computed once: its inputs, z and a."""


@dataclass(eq=False)
class Cell:
    """One unit, with what it computed: once for each row of data, and, in a convolution, for each place."""

    unit: Unit
    place: int  # in its layer
    rows: list[Occurrence] = field(default_factory=list)

    @property
    def weights(self) -> list[Value]:
        """The unit's weights."""
        return self.unit.weights

    @property
    def bias(self) -> Value | None:
        """The unit's bias."""
        return self.unit.bias

    @property
    def activation(self) -> str:
        """The name of the unit's activation."""
        return self.unit.activation


@dataclass(eq=False)
class Level:
    """One layer: its path in the model, and its units."""

    path: Path
    cells: list[Cell] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        """The dotted name of the layer."""
        return ".".join(self.path)


class Network:
    """The layers of `model` in the graph whose nodes are `order` (operands first).

    Raises TypeError where `model` has no `named_parameters`, ValueError where none of them is in the graph.
    """

    levels: list[Level]

    def __init__(self, model: Any, order: Sequence[Value]) -> None:
        if not hasattr(model, "named_parameters"):
            raise TypeError(f"model must be a network with named_parameters(), got {type(model).__name__}")
        if {parameter for _, parameter in model.named_parameters()}.isdisjoint(order):
            raise ValueError("none of the model's parameters is in the graph: give the model that computed the value")
        self.consumers: dict[Value, list[Value]] = defaultdict(list)
        for node in order:
            for operand in dict.fromkeys(node.operands):
                self.consumers[operand].append(node)
        self.levels = _levels(model)
        for level in self.levels:
            for cell in level.cells:
                cell.rows = [self._row(cell, z) for z in self._pre_activations(cell)]
            level.cells = [cell for cell in level.cells if cell.rows]  # those that the value depends on
        self.levels = [level for level in self.levels if level.cells]

    @property
    def rows(self) -> int:
        """How many rows of data went through the network in this graph."""
        return min((len(level.cells[0].rows) for level in self.levels), default=0)

    @property
    def is_dense(self) -> bool:
        """Whether every unit was computed once, so that a layer is one matrix."""
        return all(len(cell.rows) == 1 for level in self.levels for cell in level.cells)

    def _pre_activations(self, cell: Cell) -> list[Value]:
        """The nodes z: a dot with the cell's weights, or the end of a chain of additions of its products."""
        found = []
        for node in self.consumers[cell.weights[-1]]:
            name = node.op.name if node.op else ""
            if name == "dot" and list(split_dot(node.operands)[0]) == cell.weights:
                found.append(node)
            elif name == "mul":
                single = len(cell.weights) == 1 and cell.bias is None
                found += [node] if single else [n for n in self.consumers[node] if n.op and n.op.name == "add"][:1]
        return found

    def _row(self, cell: Cell, z: Value) -> Occurrence:
        return _inputs(cell, z), z, self._activation(cell, z)

    def _activation(self, cell: Cell, z: Value) -> Value:
        """The node a = f(z); z itself where the neuron is linear."""
        applied = [n for n in self.consumers[z] if n.op and n.op.name == cell.activation and n.operands[0] is z]
        return applied[0] if applied else self._followed(cell.unit.function, z)

    def _followed(self, function: Any, z: Value) -> Value:
        """The result of an activation that is several operations: they are made once more, and looked for behind z."""
        if function is None or getattr(function, "__name__", "") == "linear":
            return z
        with recording():
            start = Value(z.data)
            result = function(start)
        same: dict[Value, Value] = {start: z}
        for node in topological_order(result) if isinstance(result, Value) else ():
            if node.operands:
                operands = [same.get(x, x) for x in node.operands]
                takers = self.consumers[next((x for x in operands if type(x) is not Constant), z)]
                found = [n for n in takers if n.op is node.op and all(map(_is_same, n.operands, operands))]
                if not found:
                    return z
                same[node] = found[0]
        return same.get(result, z)


def _is_same(one: Value, other: Value) -> bool:
    return one is other or (type(one) is type(other) is Constant and repr(one.data) == repr(other.data))


def _levels(model: Any) -> list[Level]:
    """The layers in the model's order."""
    levels: dict[Path, Level] = {}
    for unit in units(model):
        level = levels.setdefault(unit.layer, Level(unit.layer))
        level.cells.append(Cell(unit, len(level.cells)))
    return list(levels.values())


def _inputs(cell: Cell, z: Value) -> tuple[Value, ...]:
    """What the cell's weights are multiplied with, in order."""
    if z.op and z.op.name == "dot":
        return tuple(split_dot(z.operands)[1])
    weights, found = set(cell.weights), []
    node: Value = z
    while node.operands:  # ((b + w₁x₁) + w₂x₂): the last product is on top
        product = node if node.op and node.op.name == "mul" else node.operands[-1]
        found += [x for x in product.operands if x not in weights][:1]
        if product is node:
            break
        node = node.operands[0]
        if node in weights or node is cell.bias:
            break
    return tuple(reversed(found))
