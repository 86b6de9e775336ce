"""A model as a row of stages, which is what other libraries are told of it: dense layers, activations, skips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from autograd import Value

from ..inputs import name_of
from ..layers import Layer, LayerNorm, Neuron, Residual, RMSNorm, Sequential


@dataclass(frozen=True)
class Dense:
    """z = W·x + b, then the activation: rows of weights, biases (zeros where there are none), and its name."""

    weight: list[list[float]]
    bias: list[float]
    has_bias: bool
    activation: str


@dataclass(frozen=True)
class Skip:
    """stages(x) + x."""

    stages: "tuple[Stage, ...]"


@dataclass(frozen=True)
class Normalized:
    """LayerNorm or RMSNorm, by PyTorch's name: inputs, what is added under the root, weights and biases if any."""

    kind: str
    inputs: int
    eps: float
    weight: list[float] | None
    bias: list[float] | None


Stage: TypeAlias = "Dense | Skip | Normalized | str"
"""The last is an activation that stands by itself, such as "softmax"."""


def stages(model: Any) -> tuple[Stage, ...]:
    """The stages of a model of `nn`'s own layers, in order; TypeError for what is none."""
    return tuple(_stages(model, name_of(model)))


def _stages(part: Any, where: str) -> Iterator[Stage]:
    if isinstance(part, Sequential):
        for i, layer in enumerate(part.layers):
            yield from _stages(layer, f"layers.{i}")
    elif isinstance(part, Residual):
        yield Skip(tuple(_stages(part.layer, f"{where}.layer")))
    elif isinstance(part, Layer):
        yield from _dense(part.neurons, where)
    elif isinstance(part, Neuron):
        yield from _dense([part], where)
    elif isinstance(part, (LayerNorm, RMSNorm)):
        kind = "LayerNorm" if isinstance(part, LayerNorm) else "RMSNorm"
        yield Normalized(kind, part.nin, part.eps, _numbers(part.weight), _numbers(part.bias))
    elif callable(part) and getattr(part, "__module__", "").startswith("autograd"):
        yield name_of(part)
    else:
        raise TypeError(f"{where} is {name_of(part)}, of which other libraries know nothing: {KNOWN}")


KNOWN = (
    "what can be exchanged are nn.MLP, Sequential, Layer, Neuron, Residual, LayerNorm and RMSNorm, with autograd's own "
    "functions"
)


def _numbers(parameters: Sequence[Value] | None) -> list[float] | None:
    return None if parameters is None else [parameter.data for parameter in parameters]


def _dense(neurons: Sequence[Neuron], where: str) -> Iterator[Stage]:
    activations = {name_of(neuron.activation) for neuron in neurons}
    if len(activations) > 1:
        raise TypeError(f"{where} has neurons of several activations ({', '.join(sorted(activations))}): {KNOWN}")
    weight = [[w.data for w in neuron.w] for neuron in neurons]
    bias = [0.0 if neuron.b is None else neuron.b.data for neuron in neurons]
    yield Dense(weight, bias, any(neuron.b is not None for neuron in neurons), activations.pop())
