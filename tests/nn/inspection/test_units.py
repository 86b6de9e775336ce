"""A layer of a user's own is drawn, framed, walked, diagnosed and measured like ours, by the units that it names.

Of autograd.model_view, autograd.drawing.model_groups, autograd.walking.model_layers and nn.inspection.network_view.
"""

import random
from dataclasses import dataclass
from typing import Any

import pytest

import autograd
import nn
from autograd import Value, dot, draw, relu, walk
from autograd.model_view import units


class Convolution(nn.Module):
    """A convolution of one channel in one dimension, made of neurons: each is put to every place."""

    def __init__(self, width: int, count: int, rng: random.Random) -> None:
        self.width = width
        self.kernels = [nn.Neuron(width, "relu", rng=rng) for _ in range(count)]

    def __call__(self, x: Any) -> list[Value]:
        places = range(len(x) - self.width + 1)
        return [kernel(x[i : i + self.width]) for kernel in self.kernels for i in places]


@dataclass
class Kernel:
    w: list[Value]
    b: Value
    activation: Any = relu


class RawConvolution(nn.Module):
    """The same with lists of Values: it says what its units are."""

    def __init__(self, width: int, count: int, rng: random.Random) -> None:
        self.weight = [[Value(rng.uniform(-1, 1)) for _ in range(width)] for _ in range(count)]
        self.bias = [Value(0.0) for _ in range(count)]

    def units(self) -> list[Any]:
        return [Kernel(w, b) for w, b in zip(self.weight, self.bias, strict=True)]

    def __call__(self, x: Any) -> list[Value]:
        width = len(self.weight[0])
        places = range(len(x) - width + 1)
        return [relu(dot(unit.w, x[i : i + width], bias=unit.b)) for unit in self.units() for i in places]


X = [0.5, -1.0, 2.0, 0.25, -0.75]
KINDS: Any = [Convolution, RawConvolution]


def network(kind: Any) -> nn.Sequential:
    rng = random.Random(3)
    return nn.Sequential(kind(3, 2, rng), nn.Layer(6, 2, "tanh", rng=rng), nn.Layer(2, 1, "linear", rng=rng))


@pytest.mark.parametrize("kind", KINDS)
def test_its_units_are_named(kind: Any) -> None:
    found = [(unit.layer, unit.path, unit.activation, len(unit.weights)) for unit in units(network(kind))]
    word = "kernels" if kind is Convolution else "units"
    assert found == [
        (("layers.0",), ("layers.0", f"{word}.0"), "relu", 3),
        (("layers.0",), ("layers.0", f"{word}.1"), "relu", 3),
        (("layers.1",), ("layers.1", "neurons.0"), "tanh", 6),
        (("layers.1",), ("layers.1", "neurons.1"), "tanh", 6),
        (("layers.2",), ("layers.2", "neurons.0"), "linear", 2),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_its_picture_has_a_circle_for_each_place_with_lines_to_its_window(kind: Any) -> None:
    picture = nn.draw(network(kind), x=X, y=1.0)
    assert "3 layers, 9 neurons, 32 weights" in repr(picture)  # 2 kernels at 3 places with 3 weights, 12, 2
    lines = [f"w-1-{kernel * 3 + place}-{place + j}" for kernel in range(2) for place in range(3) for j in range(3)]
    assert [line for line in lines if f"id={line}" not in picture.source and f'id="{line}"' not in picture.source] == []
    assert "w-1-0-3" not in picture.source
    assert "layers.0" in picture.source


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_framed(kind: Any) -> None:
    model = network(kind)
    source = draw(model(X), model).source
    word = "kernels" if kind is Convolution else "units"
    assert f'subgraph "cluster_layers.0.{word}.1"' in source
    collapsed = draw(model(X), model, collapse="layer").source
    assert "g-layers.0" in collapsed
    assert f"{word}.1" not in collapsed


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_diagnosed(kind: Any) -> None:
    model = network(kind)
    first = units(model)[0]
    assert first.bias is not None
    first.bias.data = -100.0
    report = nn.diagnose(model, [X, X[::-1]], [1.0, 0.0])
    layer = report.layers[0]
    assert (layer.name, layer.activation, layer.size) == ("layers.0", "relu", 6)
    assert set(layer.dead) >= {0, 1, 2}
    assert "layers.0" in str(report)


@pytest.mark.parametrize("kind", KINDS)
def test_its_gradient_flow_is_measured(kind: Any) -> None:
    model = network(kind)
    loss = nn.mse(model(X), 1.0)
    flow = nn.gradient_flow(loss, model)
    loss.backward()
    assert flow.layers == ["layers.0", "layers.1", "layers.2"]
    weights = [w.grad for unit in units(model) if unit.layer == ("layers.0",) for w in unit.weights]
    assert flow.weights[0] == pytest.approx(sum(map(abs, weights)) / len(weights), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_walked_by_edge_and_by_node_and_by_layer_says_what_it_is(kind: Any) -> None:
    model = network(kind)
    loss = (model(X) - 1.0) ** 2
    steps = walk(loss, model=model, by="node")
    loss.backward()
    assert all(steps.gradients[p] == pytest.approx(p.grad, rel=1e-12) for p in model.parameters())
    assert "network" not in walk(loss, model=model)._repr_html_().split("steps")[0]
    with pytest.raises(ValueError, match=r"needs neurons that share their inputs, but those of layers\.0 do not"):
        walk(loss, model=model, by="layer")


def test_a_dense_layer_of_raw_values_is_walked_by_layer() -> None:
    class Dense(nn.Module):
        def __init__(self) -> None:
            self.weight = [[Value(0.5), Value(-0.25)], [Value(1.0), Value(2.0)]]
            self.bias = [Value(0.1), Value(-0.2)]

        def units(self) -> list[Any]:
            return [Kernel(w, b, autograd.tanh) for w, b in zip(self.weight, self.bias, strict=True)]

        def __call__(self, x: Any) -> list[Value]:
            return [unit.activation(dot(unit.w, x, bias=unit.b)) for unit in self.units()]

    model = nn.Sequential(Dense(), nn.Layer(2, 1, "linear", weight=[[1.0, -1.0]]))
    loss = (model([1.0, 2.0]) - 0.5) ** 2
    steps = walk(loss, model=model, by="layer")
    assert [step.kind for step in steps] == ["forward", "forward", "loss", "backward", "backward"]
    assert "(2×2)·(2) + (2) → (2)" in str(steps)


def test_an_activation_of_several_operations_is_found_behind_its_sum() -> None:
    def swish(z: Any) -> Any:
        return z * autograd.sigmoid(1.5 * z)

    model = nn.MLP(2, [2, 1], activation=swish, rng=random.Random(1))
    picture = nn.draw(model, x=[1.0, -2.0])
    hidden = [neuron([1.0, -2.0]).data for neuron in model.layers[0].neurons]
    assert all(f"{a:.2f}".replace("-", "−") in picture.source for a in hidden)
    assert "swish" in picture.source


def test_a_model_that_is_no_module_is_read_by_its_names() -> None:
    class Old:
        def __init__(self) -> None:
            self.inner = nn.MLP(2, [3, 1])

        def named_parameters(self) -> Any:
            return self.inner.named_parameters()

    found = units(Old())
    assert [unit.path for unit in found] == [unit.path for unit in units(nn.MLP(2, [3, 1]))]
    assert [len(unit.weights) for unit in found] == [2, 2, 2, 3]


def test_residual_paths_and_functions_between_are_told_apart() -> None:
    block = nn.Sequential(nn.Layer(2, 2, "tanh"), nn.Residual(nn.Layer(2, 2, "relu")), nn.Layer(2, 1, "linear"))
    assert "s-2-0" in nn.draw(block, x=[1.0, 2.0]).source
    between = nn.Sequential(nn.Layer(2, 3, "tanh"), autograd.softmax, nn.Layer(3, 1, "linear"))
    with pytest.raises(TypeError, match=r"layers\.2 takes what no layer before it gives as it is"):
        nn.draw(between, x=[1.0, 2.0])
