"""walk(by="layer"): matrix equations with numbers and shapes, and NumPy lines that compute what backward() does.

Of autograd.walking.matrices, autograd.walking.model_layers, autograd.walking.record_layers and
autograd.walking.steps.by_layer.
"""

import random

import pytest

import nn
from autograd import Constant, Value, dot, expanded, walk


def test_by_layer_lesson_b_has_seven_steps() -> None:
    model = nn.MLP(3, [4, 3, 1], rng=random.Random(0))
    loss = 0.5 * (model([0.6, -0.4, 0.9]) - 1.0) ** 2
    steps = walk(loss, model=model, by="layer")
    assert [step.kind for step in steps] == ["forward"] * 3 + ["loss"] + ["backward"] * 3
    assert steps[0].shapes == "(4×3)·(3) + (4) → (4)"  # type: ignore[attr-defined]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softplus", "leaky_relu", "elu", "sin", "gelu"])
def test_numpy_lines_by_layer_compute_what_backward_does(activation: str) -> None:
    np = pytest.importorskip("numpy")
    model = nn.MLP(3, [4, 3, 1], activation=activation, rng=random.Random(2))
    x = [Value(v) for v in (0.6, -0.4, 0.9)]
    loss = 0.5 * (model(x) - 1.0) ** 2
    place = {"np": np, "x": np.array([v.data for v in x])}
    for i, layer in enumerate(model.layers, 1):
        place[f"W{i}"] = np.array([[w.data for w in n.w] for n in layer.neurons])
        place[f"b{i}"] = np.array([n.b.data for n in layer.neurons])
    steps = walk(loss, model=model, by="layer", parameters=model.parameters(), lr=0.1)
    loss.backward()
    for step in steps[:7]:
        exec(step.numpy, place)  # type: ignore[attr-defined]
    for i, layer in enumerate(model.layers, 1):
        np.testing.assert_allclose(place[f"dW{i}"], [[w.grad for w in n.w] for n in layer.neurons], rtol=1e-12)
        np.testing.assert_allclose(place[f"db{i}"], [n.b.grad for n in layer.neurons], rtol=1e-12)
    np.testing.assert_allclose(place["dx"], [v.grad for v in x], rtol=1e-12)
    for step in steps[7:-1]:
        exec(step.numpy, place)  # type: ignore[attr-defined]
        for inner in step.steps:
            assert inner.after == pytest.approx(inner.before - 0.1 * inner.node.grad)  # type: ignore[operator]


def test_by_layer_finds_neurons_of_single_operations_as_well() -> None:
    model = nn.MLP(2, [2, 1], "tanh", rng=random.Random(0))
    with expanded():
        loss = model([0.3, 0.7])
    assert len(walk(loss, model=model, by="layer")) == 5
    assert walk(loss, model=model, by="layer")[0].layer.z == walk(model([0.3, 0.7]), model=model, by="layer")[0].layer.z  # type: ignore[attr-defined]


def test_by_layer_refuses_several_rows_and_says_what_to_do() -> None:
    model = nn.MLP(2, [2, 1], rng=random.Random(0))
    loss = nn.mse([model([0.0, 1.0]), model([1.0, 1.0])], [0.0, 1.0])
    with pytest.raises(ValueError, match="walk the loss of a single row"):
        walk(loss, model=model, by="layer")


def test_by_layer_lesson_a_shows_the_inputs_gradient_and_the_update() -> None:
    W = [[0.5, -0.2, 0.1], [-0.3, 0.8, -0.4], [0.2, 0.4, 0.9]]
    layer = nn.Layer(3, 3, "relu", weight=W, bias=[0.1, 0.2, -0.1])
    x = [Value(v, label=f"x{j}") for j, v in enumerate((1.0, 0.5, -1.0), 1)]
    value = dot([Constant(0.5), Constant(-1.0), Constant(2.0)], layer(x))
    forward, loss, backward, update, new = walk(value, model=layer, by="layer", parameters=layer.parameters(), lr=0.1)
    assert forward.layer.z == pytest.approx([0.4, 0.7, -0.6])  # type: ignore[attr-defined]
    assert [tuple(line) for line in backward.lines()] == [
        ("δ", "=", "∂L/∂a ⊙ ReLU′(z)"), ("∂L/∂W", "=", "δ·xᵀ"), ("∂L/∂b", "=", "δ"), ("∂L/∂x", "=", "Wᵀ·δ"),
    ]  # fmt: skip
    assert backward.layer.delta == pytest.approx([0.5, -1.0, 0.0])  # type: ignore[attr-defined]
    assert backward.layer.d_x == pytest.approx([0.55, -0.9, 0.45])  # type: ignore[attr-defined]
    assert "1 of 3 gates stop it" in backward.sentence
    assert "⎢−0.2    0.85  −0.5⎥" in update.numbers
    assert (loss.kind, new.kind) == ("loss", "loss")


def test_by_layer_a_large_matrix_shows_its_corners() -> None:
    model = nn.MLP(30, [20, 1], rng=random.Random(0))
    step = walk(model([0.1] * 30), model=model, by="layer")[0]
    assert "⋱" in str(step)
    assert max(map(len, str(step).splitlines())) < 120


def test_by_layer_a_residual_path_is_told_as_it_is() -> None:
    np = pytest.importorskip("numpy")
    layers = nn.Layer(2, 2, "tanh"), nn.Residual(nn.Layer(2, 2, "tanh")), nn.Layer(2, 1, "linear")
    model = nn.Sequential(*layers)
    value = model([1.0, 2.0])
    steps = walk(value, model=model, by="layer")
    first = steps[-1]
    assert first.lines()[0].right == "∂z₁⁽³⁾/∂a⁽¹⁾ ⊙ tanh′(z⁽¹⁾)"  # not W⁽²⁾ᵀ·δ⁽²⁾ alone: the path adds its share
    value.backward()
    place = {"np": np, "x": np.array([1.0, 2.0]), "a1": np.array(first.layer.a), "z1": np.array(first.layer.z)}  # type: ignore[attr-defined]
    exec(first.numpy, place)  # type: ignore[attr-defined]
    np.testing.assert_allclose(place["dW1"], [[w.grad for w in n.w] for n in layers[0].neurons], rtol=1e-12)


def test_by_layer_the_numpy_lines_of_a_residual_path_are_complete() -> None:
    np = pytest.importorskip("numpy")
    layers = nn.Layer(2, 2, "tanh"), nn.Residual(nn.Layer(2, 2, "tanh")), nn.Layer(2, 1, "linear")
    value = nn.Sequential(*layers)([1.0, 2.0])
    place = {"np": np, "x": np.array([1.0, 2.0])}
    for i, layer in enumerate((layers[0], layers[1].layer, layers[2]), 1):
        place[f"W{i}"] = np.array([[w.data for w in n.w] for n in layer.neurons])  # type: ignore[attr-defined]
        place[f"b{i}"] = np.array([n.b.data for n in layer.neurons])  # type: ignore[attr-defined]
    for step in walk(value, model=nn.Sequential(*layers), by="layer"):
        exec(step.numpy, place)  # type: ignore[attr-defined]
    value.backward()
    np.testing.assert_allclose(place["z3"], [value.data], rtol=1e-12)
    for i, layer in enumerate((layers[0], layers[1].layer, layers[2]), 1):
        np.testing.assert_allclose(place[f"dW{i}"], [[w.grad for w in n.w] for n in layer.neurons], rtol=1e-12)  # type: ignore[attr-defined]


def test_by_layer_an_unused_output_is_left_out() -> None:
    model = nn.MLP(2, [3, 2], "tanh", rng=random.Random(0))
    steps = walk(model([1.0, 2.0])[1], model=model, by="layer")
    assert [step.kind for step in steps] == ["forward"] * 2 + ["loss"] + ["backward"] * 2
    assert len(steps[1].layer.z) == 1  # type: ignore[attr-defined]
    assert steps[1].steps[0].formula.startswith("z₂⁽²⁾ = w₂₁⁽²⁾")


def test_by_layer_a_model_without_neurons_is_refused() -> None:
    class Scale(nn.Module):
        def __init__(self) -> None:
            self.factor = Value(2.0, label="f")

        def __call__(self, x: Value) -> Value:
            return self.factor * x

    model = Scale()
    with pytest.raises(ValueError, match="no neurons of the model"):
        walk(model(Value(3.0)), model=model, by="layer")
