"""A model as columns of neurons, with the numbers of one row: what its picture shows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any

from autograd import Constant, Value
from autograd.graph import topological_order
from autograd.recorders import expanded, recording
from autograd.walking.steps.zero_reasons import slopes

from ..inputs import Numbers, name_of, nodes
from ..layers import Layer, Neuron, Residual, Sequential
from .sweep import sensitivities


@dataclass
class Column:
    """One layer of neurons, or the inputs; what is not known yet is empty."""

    title: str
    size: int
    neurons: Sequence[Neuron] = ()
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
        inputs = None if x is None else [Value(v.data) if type(v) is Constant else v for v in nodes(x)]
        columns = [Column("inputs", 0, outputs=inputs or [])]
        outputs = _extend(columns, model, inputs, "")
        columns[0].size = len(columns[1].neurons[0].w)
        if outputs is None or y is None:
            return Network(columns, _recorded(model))
        result = loss(outputs[0] if len(outputs) == 1 and not isinstance(y, (list, tuple)) else outputs, y)
    return Network(columns, sensitivities(result).__getitem__, result, y)


def _recorded(model: Any) -> Callable[[Value], float] | None:
    """The gradients in `.grad`, if there are any."""
    return (lambda v: v.grad) if any(p.grad for p in model.parameters()) else None


def _extend(columns: list[Column], part: Any, inputs: list[Value] | None, name: str) -> list[Value] | None:
    """Add the columns of `part`, a model or a part of it; returns its outputs."""
    if isinstance(part, Neuron):
        return _add(columns, [part], inputs, name)
    if isinstance(part, Layer):
        return _add(columns, part.neurons, inputs, name)
    if isinstance(part, Residual):
        start = len(columns) - 1
        outputs = _extend(columns, part.layer, inputs, _join(name, "layer"))
        columns[-1].skip = start
        columns[-1].title += " + skip"
        if outputs is not None and inputs is not None:
            outputs = [a + b for a, b in zip(outputs, inputs, strict=True)]
            columns[-1].outputs = outputs
        return outputs
    if isinstance(part, Sequential):
        for i, layer in enumerate(part.layers):
            inputs = _extend(columns, layer, inputs, _join(name, f"layers.{i}"))
        return inputs
    raise TypeError(
        f"the columns of a network are its Layer, MLP, Sequential and Residual; {name or 'the model'} is "
        f"{name_of(part)}, which has no neurons to stand in columns. autograd.draw(model(x), model) shows any graph"
    )


def _join(name: str, part: str) -> str:
    return f"{name}.{part}" if name else part


def _add(columns: list[Column], neurons: Sequence[Neuron], inputs: list[Value] | None, name: str) -> list[Value] | None:
    """A column for these neurons; returns their outputs."""
    column = Column(f"{name}\n{name_of(neurons[0].activation)}".strip(), len(neurons), neurons)
    columns.append(column)
    if inputs is None:
        return None
    for neuron in neurons:
        output = neuron(inputs)
        z = next(node for node in topological_order(output, visited=set(inputs)) if neuron.w[0] in node.operands)
        column.outputs.append(output)
        column.sums.append(z)
        column.slopes.append(_slope(output, z))
    return list(column.outputs)


def _slope(output: Value, z: Value) -> float:
    if output is z:
        return 1.0
    local = slopes(output)[0] if output.operands[:1] == (z,) else None
    return nan if local is None else local


def weights(columns: Sequence[Column]) -> Iterator[tuple[int, int, int, Value]]:
    """Every weight as (column, neuron, input, the weight)."""
    for k, column in enumerate(columns):
        for i, neuron in enumerate(column.neurons):
            for j, w in enumerate(neuron.w):
                yield k, i, j, w
