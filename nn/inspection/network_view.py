"""A model as columns of units, with the numbers of one row: what its picture shows, and what is diagnosed.

The columns are found in the graph of the model's result, by the units that it names (see `autograd.model_view`): so a
layer of one's own is shown like ours.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any

from autograd import Constant, Value
from autograd.graph import topological_order
from autograd.model_view import Unit, units
from autograd.recorders import expanded, recording
from autograd.walking.model_layers import Level
from autograd.walking.model_layers import Network as Layers
from autograd.walking.steps.zero_reasons import slopes

from ..inputs import Numbers, name_of, nodes
from .sweep import sensitivities

REMEDY = "autograd.draw(model(x), model) shows any graph"


@dataclass
class Column:
    """One layer of units, or the inputs; what is not known yet is empty. A unit of a convolution stands there often."""

    title: str
    size: int
    units: Sequence[Unit] = ()
    sources: list[list[int]] = field(default_factory=list)  # for each unit the places, one column before, of its inputs
    outputs: list[Value] = field(default_factory=list)
    sums: list[Value] = field(default_factory=list)  # the pre-activations z
    slopes: list[float] = field(default_factory=list)  # ∂a/∂z; nan where a is more than one operation away from z
    skip: int | None = None  # the column whose outputs are added to this one's


@dataclass
class Network:
    """All that the picture shows."""

    columns: list[Column]
    gradient: Callable[[Value], float] | None = None  # None before a backward pass
    loss: Value | None = None
    target: Any = None


def network(model: Any, x: Numbers | None, y: Any, loss: Callable[[Any, Any], Value]) -> Network:
    """The columns of `model`, with the numbers of the row `x` and the gradients for its target `y` where given."""
    with recording(), expanded(False):
        found = _units(model)
        given = [0.0] * len(found[0].weights) if x is None else nodes(x)
        inputs = [Value(v.data) if type(v) is Constant else v for v in nodes(given)]
        outputs = nodes(model(inputs))
        columns = _columns(model, inputs, outputs)
        if x is None:
            return Network([_without_numbers(column) for column in columns], _recorded(model))
        if y is None:
            return Network(columns, _recorded(model))
        result = loss(outputs[0] if len(outputs) == 1 and not isinstance(y, (list, tuple)) else outputs, y)
    return Network(columns, sensitivities(result).__getitem__, result, y)


def _units(model: Any) -> list[Unit]:
    if found := units(model) if hasattr(model, "named_parameters") else []:
        return found
    raise TypeError(
        f"{name_of(model)} has no neurons to stand in columns: it is not made of layers of neurons, nor do its parts "
        f"say by units() what theirs are (see nn.Module.units). {REMEDY}"
    )


def _described(node: Value) -> str:
    return node.op.name if node.op else node.label or "a leaf"


def _recorded(model: Any) -> Callable[[Value], float] | None:
    """The gradients in `.grad`, if there are any."""
    return (lambda v: v.grad) if any(p.grad for p in model.parameters()) else None


def _columns(model: Any, inputs: list[Value], outputs: list[Value]) -> list[Column]:
    """The inputs, then a column for each layer that the outputs depend on."""
    order = topological_order(*outputs)
    levels = Layers(model, order).levels
    columns = [Column("inputs", len(inputs), outputs=inputs)]
    for level in levels:
        _join(columns, {x for cell in level.cells for given, _, _ in cell.rows for x in given})
        columns.append(_column(level, columns[-1].outputs))
    _join(columns, set(outputs))
    missing = next((x for x in outputs if x not in columns[-1].outputs), None)
    if missing is not None:
        raise TypeError(
            f"the outputs of {name_of(model)} are not what its last layer of neurons gives, but {_described(missing)} "
            f"of it: give the model without that. {REMEDY}"
        )
    return columns


def _column(level: Level, before: list[Value]) -> Column:
    place = {x: j for j, x in enumerate(before)}
    cells = [(cell.unit, *row) for cell in level.cells for row in cell.rows]
    column = Column(f"{level.prefix}\n{cells[0][0].activation}".strip(), len(cells))
    column.units = [unit for unit, *_ in cells]
    for _, given, z, a in cells:
        missing = next((x for x in given if x not in place), None)
        if missing is not None:
            raise TypeError(
                f"{level.prefix or 'the model'} takes what no layer before it gives as it is, "
                f"{_described(missing)}: there are no columns of neurons to show it by. {REMEDY}"
            )
        column.sources.append([place[x] for x in given])
        column.outputs.append(a)
        column.sums.append(z)
        column.slopes.append(_slope(a, z))
    return column


def _join(columns: list[Column], taken: set[Value]) -> None:
    """Where what is taken next is a sum of the last column's outputs and an earlier one's, it is a residual path."""
    last = columns[-1]
    sums = {x.operands[0]: x for x in taken - set(last.outputs) if x.op and x.op.name == "add"}
    added = [sums.get(a) for a in last.outputs]
    for k, column in enumerate(columns[:-1]):
        pairs = zip(added, column.outputs, strict=False)
        if None not in added and len(column.outputs) == last.size and all(x and x.operands[1] is b for x, b in pairs):
            last.outputs, last.skip = [x for x in added if x], k
            last.title += " + skip"
            return


def _without_numbers(column: Column) -> Column:
    return Column(column.title, column.size, column.units, column.sources, skip=column.skip)


def _slope(output: Value, z: Value) -> float:
    if output is z:
        return 1.0
    local = slopes(output)[0] if output.operands[:1] == (z,) else None
    return nan if local is None else local


def weights(columns: Sequence[Column]) -> Iterator[tuple[int, int, int, Value]]:
    """Every weight as (column, unit, input, the weight)."""
    for k, column in enumerate(columns):
        for i, (unit, places) in enumerate(zip(column.units, column.sources, strict=True)):
            for j, w in zip(places, unit.weights, strict=True):
                yield k, i, j, w
