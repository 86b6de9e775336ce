"""From one neuron to a network. A neuron is two nodes, z = b + Σ wᵢxᵢ and a = f(z); the rest puts neurons together."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeAlias

from autograd import OPERATIONS, Value, dot
from autograd.functions import function_of

from ..init import Draws, Initializer, draws, initializer
from ..inputs import Numbers, items, listed, name_of, nodes, number, numbers, row, shape, size, table
from ..module import Module, Tensor, tensors

Activation: TypeAlias = Callable[[Value], Value]


def linear(z: Value) -> Value:
    """z itself: no activation, and no node."""
    return z


def _by_name() -> dict[str, Activation]:
    """All activations by name, those that a user registered included."""
    named = {name: function_of(row) for name, row in OPERATIONS.items() if row.activation}
    return {"linear": linear, **named}


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(_by_name())
"""The activations that the library brings, by name: `Layer(…, activation="tanh")`."""


def activation_of(activation: str | Activation) -> Activation:
    """The activation of this name, or the function itself."""
    found = _by_name().get(activation) if isinstance(activation, str) else activation
    if not callable(found):
        raise ValueError(
            f"unknown activation {activation!r}: use one of {', '.join(_by_name())}, or a function of one Value"
        )
    return found


class Neuron(Module):
    """f(b + w₁x₁ + w₂x₂ + …), the bias first and the products left to right.

    `weight` and `bias` start it from given numbers; otherwise weights come from `init` and the bias is 0. With
    `bias=False` it has none. `rng=None` draws from the module `random`.

    >>> neuron = Neuron(2, "tanh", weight=[-3.0, 1.0], bias=6.8813735870195432)
    >>> round(neuron([2.0, 0.0]).data, 4)
    0.7071
    """

    w: list[Value]
    b: Value | Any  # None where there is no bias
    activation: Activation

    def __init__(
        self,
        nin: int,
        activation: str | Activation = "relu",
        *,
        weight: Numbers | None = None,
        bias: float | bool = True,
        init: str | Initializer = "uniform",
        rng: Draws | None = None,
    ) -> None:
        draw, source, bias = initializer(init), draws(rng), listed(bias)  # listed: NumPy's True and False are Python's
        nin = size(nin, "nin")
        self.activation = activation_of(activation)
        given = [draw(nin, 1, source) for _ in range(nin)] if weight is None else numbers(weight, "weight")
        if len(given) != nin:
            raise ValueError(f"weight: expected {nin} numbers, got {len(given)}")
        self.w = [Value(w, label=f"w{i}") for i, w in enumerate(given, 1)]
        self.b = None if bias is False else Value(0.0 if bias is True else number(bias, "bias"), label="b")

    def __call__(self, x: Numbers) -> Value:
        """The output for one row of inputs."""
        return self.forward(row(x, len(self.w), self))

    def forward(self, x: Sequence[Value]) -> Value:
        """The neuron itself, for inputs that were checked."""
        return self.activation(dot(self.w, x) if self.b is None else dot(self.w, x, self.b))

    def units(self) -> list[Any]:
        """Itself."""
        return [self]

    def extra_repr(self) -> str:
        """Inputs and activation, for the printed model."""
        return f"{len(self.w)}, {name_of(self.activation)}"


class Layer(Module):
    """`nout` neurons that share the same `nin` inputs; always returns a list, also of one.

    `weight` (nout rows of nin numbers) and `bias` (nout numbers) start it from given numbers; the other arguments
    are those of `Neuron`.

    >>> layer = Layer(3, 2, weight=[[0.5, -0.2, 0.1], [0.2, 0.4, 0.9]], bias=[0.1, -0.1])
    >>> [round(a.data, 10) for a in layer([1.0, 0.5, -1.0])]
    [0.4, 0.0]
    """

    neurons: list[Neuron]
    nin: int
    nout: int

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: str | Activation = "relu",
        *,
        weight: Numbers | None = None,
        bias: Numbers | bool = True,
        init: str | Initializer = "uniform",
        rng: Draws | None = None,
    ) -> None:
        self.nin, self.nout, bias = size(nin, "nin"), size(nout, "nout"), listed(bias)
        weights = self._drawn(initializer(init), draws(rng)) if weight is None else table(weight, "weight")
        if shape(weights) != (nout, nin):
            raise ValueError(f"weight: expected shape {(nout, nin)}, outputs × inputs, got {shape(weights)}")
        biases = [bias] * nout if isinstance(bias, bool) else numbers(bias, "bias")
        if len(biases) != nout:
            raise ValueError(f"bias: expected {nout} numbers, got {len(biases)}")
        pairs = zip(weights, biases, strict=True)
        self.neurons = [Neuron(nin, activation, weight=weight, bias=bias) for weight, bias in pairs]
        self._name_parameters()

    def _drawn(self, draw: Initializer, source: Draws) -> list[list[float]]:
        return [[draw(self.nin, self.nout, source) for _ in range(self.nin)] for _ in range(self.nout)]

    def _name_parameters(self) -> None:
        """w12 is the weight of neuron 1 for input 2; from ten on w1,12."""
        for i, neuron in enumerate(self.neurons, 1):
            for j, w in enumerate(neuron.w, 1):
                w.label = f"w{i}{j}" if max(i, j) < 10 else f"w{i},{j}"
            if neuron.b is not None:
                neuron.b.label = f"b{i}"

    def __call__(self, x: Numbers) -> list[Value]:
        """The outputs for one row of inputs, one of each neuron."""
        x = row(x, self.nin, self)
        return [neuron.forward(x) for neuron in self.neurons]

    def named_tensors(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Weight and bias in PyTorch's layout, then whatever a subclass adds."""
        yield f"{prefix}weight", [neuron.w for neuron in self.neurons]
        if biases := [neuron.b for neuron in self.neurons if neuron.b is not None]:
            yield f"{prefix}bias", biases
        for i, neuron in enumerate(self.neurons):
            yield from _others(neuron, ("w", "b"), f"{prefix}neurons.{i}.")
        yield from _others(self, ("neurons",), prefix)

    def extra_repr(self) -> str:
        """Inputs, outputs and activation, for the printed model."""
        return f"{self.nin}, {self.nout}, {name_of(self.neurons[0].activation)}"

    def tree(self) -> list[str]:
        """The layer as one line: its neurons are alike."""
        return super().tree()[:1]  # its neurons are alike


def _others(module: Module, told: Container[str], prefix: str) -> Iterator[tuple[str, Tensor]]:
    """The tensors that a subclass, or an activation with parameters of its own, adds to those `told` already."""
    for name, part in vars(module).items():
        if name not in told:
            yield from tensors(part, prefix + name)


class Residual(Module):
    """layer(x) + x, element by element: a path on which gradients come through undiminished (He et al. 2016).

    >>> block = Residual(Layer(2, 2, weight=[[1.0, 0.0], [0.0, -1.0]]))
    >>> [a.data for a in block([3.0, 4.0])]
    [6.0, 4.0]
    """

    nin: Any
    nout: Any

    def __init__(self, layer: Callable[[Any], Any]) -> None:
        self.layer = layer
        self.nin, self.nout = getattr(layer, "nin", None), getattr(layer, "nout", None)
        self._check(self.nin, self.nout)

    def _check(self, nin: int | None, nout: int | None) -> None:
        if nin != nout:
            raise ValueError(f"Residual adds input and output, but its layer has {nin} inputs and {nout} outputs")

    def __call__(self, x: Numbers) -> list[Value]:
        """The outputs for one row of inputs."""
        inputs = nodes(x)
        outputs = nodes(self.layer(inputs))
        self._check(len(inputs), len(outputs))
        return [output + x for output, x in zip(outputs, inputs, strict=True)]


class Sequential(Module):
    """Layers one after the other, each fed with what the one before gives; a single output comes as that Value.

    Anything that takes a list and returns one may stand among them: `Sequential(Layer(4, 3), autograd.softmax)`.

    >>> model = Sequential(Layer(2, 8, "tanh"), Residual(Layer(8, 8)), Layer(8, 1, "linear"))
    >>> model
    Sequential(): 105 parameters
      layers.0: Layer(2, 8, tanh)
      layers.1: Residual()
        layer: Layer(8, 8, relu)
      layers.2: Layer(8, 1, linear)
    """

    layers: list[Any]
    nin: Any
    nout: Any

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        if not layers or not all(map(callable, layers)):
            raise TypeError(
                "Sequential takes its layers one by one, at least one: Sequential(Layer(2, 3), Layer(3, 1))"
            )
        self.layers = list(layers)
        self.nin, self.nout = getattr(layers[0], "nin", None), getattr(layers[-1], "nout", None)
        for i, (layer, following) in enumerate(pairwise(layers)):
            given, taken = getattr(layer, "nout", None), getattr(following, "nin", None)
            if given != taken and None not in (given, taken):
                raise ValueError(f"layer {i} gives {given} outputs, but layer {i + 1} takes {taken} inputs")

    def __call__(self, x: Numbers) -> Any:
        """The outputs for one row: a Value where there is one, else a list of them."""
        out: Any = x
        for layer in self.layers:
            out = layer(out)
        return out[0] if isinstance(out, list) and len(out) == 1 else out

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Any:
        """One of the layers: `model[-1]` is the last."""
        return self.layers[index]


class MLP(Sequential):
    """A multi-layer perceptron: `nin` inputs, then a layer of each of the sizes `nouts`, the last with `output`.

    micrograd's defaults: ReLU in hidden layers, a linear last layer, weights uniform in (−1, 1), biases 0. The other
    arguments are those of `Neuron`.

    >>> from random import Random
    >>> model = MLP(2, [4, 1], activation="tanh", init="xavier_uniform", rng=Random(0))
    >>> model
    MLP(2, [4, 1]): 17 parameters
      layers.0: Layer(2, 4, tanh)
      layers.1: Layer(4, 1, linear)
    >>> round(model([1.0, -1.0]).data, 4)
    0.2433
    """

    layers: list[Layer]

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str | Activation = "relu",
        output: str | Activation = "linear",
        *,
        bias: bool = True,
        init: str | Initializer = "uniform",
        rng: Draws | None = None,
    ) -> None:
        nouts = items(nouts, "nouts")
        if not nouts:
            raise ValueError("nouts is empty: give the size of at least one layer")
        activation_of(activation)  # a wrong one is an error even where no hidden layer takes it
        functions = [activation] * (len(nouts) - 1) + [output]
        sizes = zip([nin, *nouts[:-1]], nouts, functions, strict=True)  # each takes what the one before gives
        super().__init__(*[Layer(n, m, f, bias=bias, init=init, rng=rng) for n, m, f in sizes])

    def extra_repr(self) -> str:
        """The sizes, for the printed model."""
        return f"{self.nin}, {[layer.nout for layer in self.layers]}"
