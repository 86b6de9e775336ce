"""A model found again in a graph: which nodes are the pre-activations z and activations a of which neuron.

The graph knows nothing of layers; nodes are matched to the model's parameters afterwards, by the dotted names that
`named_parameters()` gives them (`layers.0.neurons.1.w.2`). So building and training a network pays nothing for it.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..operations.reductions import split_dot
from ..value import Value

_PARAMETER = re.compile(r"(?:(?P<layer>.*?)\.?neurons\.(?P<neuron>\d+)\.)?(?:w\.(?P<input>\d+)|b)")


@dataclass(eq=False)
class Cell:
    """One neuron: its place in the layer, its parameters; for each row that the graph holds inputs, z and a."""

    place: int = 0
    weights: list[Value] = field(default_factory=list)
    bias: Value | None = None
    activation: str = "linear"
    rows: list[tuple[tuple[Value, ...], Value, Value]] = field(default_factory=list)  # inputs, z, a


@dataclass(eq=False)
class Level:
    """One layer: its place in the model's names, and its neurons."""

    prefix: str
    cells: list[Cell] = field(default_factory=list)


class Network:
    """The layers of `model` in the graph whose nodes are `order` (operands first).

    Raises TypeError where `model` has no `named_parameters`, ValueError where none of them is in the graph.
    """

    parameters: dict[Any, Any]
    levels: list[Level]

    def __init__(self, model: Any, order: Sequence[Value]) -> None:
        if not hasattr(model, "named_parameters"):
            raise TypeError(f"model must be a network with named_parameters(), got {type(model).__name__}")
        self.parameters = {parameter: name for name, parameter in model.named_parameters()}
        if self.parameters.keys().isdisjoint(order):
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
        return max((len(level.cells[0].rows) for level in self.levels), default=0)

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

    def _row(self, cell: Cell, z: Value) -> tuple[tuple[Value, ...], Value, Value]:
        return _inputs(cell, z), z, self._activation(cell, z)

    def _activation(self, cell: Cell, z: Value) -> Value:
        """The node a = f(z); z itself where the neuron is linear."""
        applied = [n for n in self.consumers[z] if n.op and n.op.name == cell.activation and n.operands[0] is z]
        return applied[0] if applied else z


def _levels(model: Any) -> list[Level]:
    """The layers in the model's order; a parameter that belongs to no neuron is left out."""
    levels: dict[str, Level] = {}
    cells: dict[tuple[str, int], Cell] = {}
    for name, parameter in model.named_parameters():
        found = _PARAMETER.fullmatch(name)
        if not found:
            continue
        prefix, place = found["layer"] or "", int(found["neuron"] or 0)
        level = levels.setdefault(prefix, Level(prefix))
        cell = cells.get((prefix, place))
        if cell is None:
            cell = cells[prefix, place] = Cell(place, activation=_activation_name(model, name))
            level.cells.append(cell)
        if found["input"] is None:
            cell.bias = parameter
        else:
            cell.weights.append(parameter)
    for level in levels.values():
        level.cells = [cell for cell in level.cells if cell.weights]
    return list(levels.values())


def _activation_name(model: Any, name: str) -> str:
    """The name of the activation of the neuron that owns the parameter `name`."""
    owner: Any = model
    for key in re.sub(r"\.?\b(w\.\d+|b)$", "", name).split("."):
        if key:
            owner = owner[int(key)] if key.isdigit() and isinstance(owner, (list, tuple)) else getattr(owner, key, None)
    return getattr(getattr(owner, "activation", None), "__name__", "linear")


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
