"""Modules, layers and initial weights: what they compute, how they name their parameters, what they refuse.

Of nn.module, nn.parameters and nn.layers.dense.
"""

import copy
import json
import math
import os
import pickle
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
from autograd import Constant, Value, expanded, no_grad
from autograd.graph import topological_order


def numbers(values: list[Value]) -> list[float]:
    return [value.data for value in values]


def given_layer(**changes: object) -> nn.Layer:
    """Lesson A's layer: 3 inputs, 3 neurons, all numbers given."""
    weight = [[0.5, -0.2, 0.1], [-0.3, 0.8, -0.4], [0.2, 0.4, 0.9]]
    settings: dict[str, Any] = {"weight": weight, "bias": [0.1, 0.2, -0.1]}
    return nn.Layer(3, 3, **(settings | changes))


def small_model(seed: int = 0) -> nn.MLP:
    return nn.MLP(2, [3, 1], rng=random.Random(seed))


# What is computed


def test_a_layer_computes_f_of_b_plus_wx_for_each_neuron() -> None:
    assert numbers(given_layer()([1.0, 0.5, -1.0])) == pytest.approx([0.4, 0.7, 0.0], abs=1e-15)
    assert numbers(given_layer(activation="linear")([1.0, 0.5, -1.0])) == pytest.approx([0.4, 0.7, -0.6], abs=1e-15)


def test_a_neuron_is_one_dot_node_and_one_activation_node() -> None:
    x = [Value(1.0), Value(2.0)]
    out = nn.Neuron(2, "tanh")(x)
    assert [node.op.name for node in topological_order(out) if node.op] == ["dot", "tanh"]
    assert [node.op.name for node in topological_order(nn.Neuron(2, "linear")(x)) if node.op] == ["dot"]


def test_a_neuron_expands_to_single_products_and_sums_with_the_same_bits() -> None:
    model = nn.MLP(3, [4, 2], activation="tanh", rng=random.Random(3))
    whole = model([0.3, -0.7, 1.1])
    with expanded():
        single = model([0.3, -0.7, 1.1])
    assert numbers(whole) == numbers(single)
    names = {node.op.name for out in single for node in topological_order(out) if node.op}
    assert names == {"mul", "add", "tanh"}


def test_plain_inputs_become_constants_once_for_all_neurons() -> None:
    out = nn.Layer(2, 5)([1.0, 2.0])
    inputs = {node for a in out for node in topological_order(a) if type(node) is Constant}
    assert len(inputs) == 2


def test_inputs_may_be_values_and_then_get_gradients() -> None:
    x = [Value(1.0), Value(0.5), Value(-1.0)]
    autograd.sum(given_layer()(x)).backward()
    assert [v.grad for v in x] == pytest.approx([0.2, 0.6, -0.3], abs=1e-15)


def test_a_layer_returns_a_list_and_a_model_with_one_output_that_value() -> None:
    assert isinstance(nn.Layer(2, 1)([1.0, 2.0]), list)
    assert isinstance(nn.MLP(2, [3, 1])([1.0, 2.0]), Value)
    assert isinstance(nn.Sequential(nn.Layer(2, 1))([1.0, 2.0]), Value)
    assert len(nn.MLP(2, [3, 2])([1.0, 2.0])) == 2


def test_an_mlp_is_relu_inside_and_linear_at_the_end_by_default() -> None:
    model = nn.MLP(2, [3, 4, 1])
    assert [layer.neurons[0].activation.__name__ for layer in model.layers] == ["relu", "relu", "linear"]
    model = nn.MLP(2, [3, 1], activation="tanh", output="sigmoid")
    assert [layer.neurons[0].activation.__name__ for layer in model.layers] == ["tanh", "sigmoid"]


@pytest.mark.parametrize("name", nn.layers.ACTIVATIONS)
def test_every_activation_by_name_is_the_function_of_that_name(name: str) -> None:
    (out,) = nn.Layer(1, 1, name, weight=[[0.7]], bias=[0.1])([1.0])
    assert out.data == (0.7 + 0.1 if name == "linear" else getattr(autograd, name)(0.7 + 0.1))


def test_an_activation_may_be_any_function_of_a_value() -> None:
    assert nn.Neuron(1, lambda z: z * z, weight=[3.0])([2.0]).data == 36.0
    assert nn.Neuron(1, autograd.leaky_relu, weight=[-1.0])([2.0]).data == -0.02
    leaky = nn.Neuron(1, partial(autograd.leaky_relu, slope=0.5), weight=[-1.0])
    assert leaky([2.0]).data == -1.0
    assert repr(leaky).startswith("Neuron(1, leaky_relu)")


def test_a_residual_adds_its_input() -> None:
    block = nn.Residual(given_layer())
    assert numbers(block([1.0, 0.5, -1.0])) == pytest.approx([1.4, 1.2, -1.0], abs=1e-15)
    x = [Value(1.0), Value(0.5), Value(-1.0)]
    autograd.sum(block(x)).backward()
    assert [v.grad for v in x] == pytest.approx([1.2, 1.6, 0.7], abs=1e-15)


def test_sequential_takes_layers_models_blocks_and_functions() -> None:
    model = nn.Sequential(nn.MLP(2, [4, 1]), nn.Residual(nn.MLP(1, [3, 1])), nn.Layer(1, 3), autograd.softmax)
    assert sum(numbers(model([1.0, 2.0]))) == pytest.approx(1.0, abs=1e-15)
    assert len(model.parameters()) == (12 + 5) + (6 + 4) + 6


def test_without_bias_there_is_none() -> None:
    layer = nn.Layer(2, 2, "linear", weight=[[1.0, 2.0], [3.0, 4.0]], bias=False)
    assert numbers(layer([1.0, 1.0])) == [3.0, 7.0]
    assert len(layer.parameters()) == 4
    assert layer.neurons[0].b is None
    assert list(layer.state_dict()) == ["weight"]
    assert list(nn.MLP(2, [3, 1], bias=False).state_dict()) == ["layers.0.weight", "layers.1.weight"]


def test_numpys_false_is_no_bias_and_not_one_of_zero() -> None:
    np = pytest.importorskip("numpy")
    for b, bias in ((np.False_, None), (np.True_, 0.0)):
        neurons = [nn.Neuron(1, bias=b), *nn.Layer(1, 2, bias=b).neurons, nn.MLP(1, [1], bias=b)[0].neurons[0]]
        assert [None if neuron.b is None else neuron.b.data for neuron in neurons] == [bias] * 4


def test_under_no_grad_a_model_gives_constants() -> None:
    with no_grad():
        assert type(small_model()([1.0, 2.0])) is Constant


# NumPy


def test_numpy_rows_and_weights_are_accepted() -> None:
    np = pytest.importorskip("numpy")
    layer = given_layer()
    for row in (np.array([1.0, 0.5, -1.0]), np.array([1.0, 0.5, -1.0], dtype=np.float32), (1, 0.5, -1)):
        assert numbers(layer(row)) == pytest.approx([0.4, 0.7, 0.0], abs=1e-15)
    same = nn.Layer(3, 3, weight=np.array(layer.state_dict()["weight"]), bias=np.array([0.1, 0.2, -0.1]))
    assert same.state_dict() == layer.state_dict()


@pytest.mark.slow
def test_a_layer_agrees_with_pytorch() -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Sequential(torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 3)).double()
    ours = nn.MLP(5, [7, 3], activation="tanh")
    names = {"0.weight": "layers.0.weight", "0.bias": "layers.0.bias", "2.weight": "layers.1.weight"}
    names["2.bias"] = "layers.1.bias"
    ours.load_state_dict({names[name]: tensor for name, tensor in theirs.state_dict().items()})
    x = [0.3, -1.2, 0.8, 2.0, -0.1]
    out, expected = ours(x), theirs(torch.tensor(x, dtype=torch.float64))
    assert numbers(out) == pytest.approx(expected.tolist(), abs=1e-14)
    autograd.sum([a * a for a in out]).backward()
    (expected * expected).sum().backward()
    for linear, layer in zip((theirs[0], theirs[2]), ours.layers, strict=True):
        for neuron, weight, bias in zip(layer.neurons, linear.weight.grad, linear.bias.grad, strict=True):
            assert [w.grad for w in neuron.w] == pytest.approx(weight.tolist(), abs=1e-13)
            assert neuron.b.grad == pytest.approx(bias.item(), abs=1e-13)


# Parameters and their names


def test_parameters_are_per_neuron_the_weights_then_the_bias() -> None:
    model = small_model()
    expected = [p for layer in model.layers for neuron in layer.neurons for p in (*neuron.w, neuron.b)]
    assert all(a is b for a, b in zip(model.parameters(), expected, strict=True))
    assert model.num_parameters() == 3 * 3 + 4


def test_parameters_have_dotted_names() -> None:
    names = [name for name, _ in small_model().named_parameters()]
    assert names[:4] == [
        "layers.0.neurons.0.w.0",
        "layers.0.neurons.0.w.1",
        "layers.0.neurons.0.b",
        "layers.0.neurons.1.w.0",
    ]
    assert names[-1] == "layers.1.neurons.0.b"
    assert len(names) == len(set(names)) == 13


def test_a_shared_parameter_comes_once() -> None:
    layer = nn.Layer(2, 2)
    assert len(nn.Sequential(layer, layer).parameters()) == 6


def test_a_result_that_a_module_keeps_is_no_parameter() -> None:
    class Keeping(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Layer(1, 1)
            self.last: object = None

        def __call__(self, x: float) -> Value:
            self.last = self.layer([x])
            return self.last[0]

    model = Keeping()
    model(1.0)
    assert model.num_parameters() == 2
    assert list(model.state_dict()) == ["layer.weight", "layer.bias"]


def test_a_users_module_finds_its_parts_wherever_they_are() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            self.scale = Value(2.0)
            self.rows = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
            self.named = {"first": nn.Layer(1, 1), "second": Value(5.0)}
            self.fixed = Constant(9.0)
            self.size, self.note = 3, "text"

    model = Mixed()
    names = ["scale", "rows.0.0", "rows.0.1", "rows.1.0", "rows.1.1", "named.first.neurons.0.w.0"]
    assert [name for name, _ in model.named_parameters()] == [*names, "named.first.neurons.0.b", "named.second"]
    state = model.state_dict()
    assert list(state) == ["scale", "rows", "named.first.weight", "named.first.bias", "named.second"]
    assert state["rows"] == [[1.0, 2.0], [3.0, 4.0]]
    model.load_state_dict(state | {"rows": [[0.0, 0.0], [0.0, 7.0]]})
    assert model.rows[1][1].data == 7.0


def test_labels_number_neurons_and_inputs_from_one() -> None:
    layer = nn.Layer(12, 2)
    assert [layer.neurons[1].w[j].label for j in (0, 8, 9, 11)] == ["w21", "w29", "w2,10", "w2,12"]
    assert layer.neurons[1].b.label == "b2"
    neuron = nn.Neuron(2)
    assert [p.label for p in neuron.parameters()] == ["w1", "w2", "b"]


def test_zero_grad_sets_every_gradient_to_zero() -> None:
    model = small_model()
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 13


def test_repr_shows_the_tree() -> None:
    model = nn.Sequential(nn.Layer(2, 8, "tanh"), nn.Residual(nn.Layer(8, 8)), nn.MLP(8, [4, 1]))
    assert repr(model).splitlines() == [
        "Sequential(): 137 parameters",
        "  layers.0: Layer(2, 8, tanh)",
        "  layers.1: Residual()",
        "    layer: Layer(8, 8, relu)",
        "  layers.2: MLP(8, [4, 1])",
        "    layers.0: Layer(8, 4, relu)",
        "    layers.1: Layer(4, 1, linear)",
    ]


def test_a_module_without_call_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Module does not say what it computes"):
        nn.Module()(1.0)


def test_a_model_can_be_copied_and_pickled() -> None:
    model = small_model()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other.state_dict() == model.state_dict()
        assert other([1.0, 2.0]).data == model([1.0, 2.0]).data
        assert set(other.parameters()).isdisjoint(model.parameters())
        other([1.0, 2.0]).backward()
        assert [p.grad for p in model.parameters()] == [0.0] * 13


# Initial weights


def test_weights_are_micrograds_by_default() -> None:
    random.seed(7)
    expected = [random.uniform(-1, 1) for _ in range(8)]
    random.seed(7)
    model = nn.MLP(2, [2, 2])
    assert [w.data for layer in model.layers for neuron in layer.neurons for w in neuron.w] == expected
    assert [neuron.b.data for layer in model.layers for neuron in layer.neurons] == [0.0] * 4


def test_an_own_generator_leaves_the_global_one_alone() -> None:
    random.seed(7)
    before = random.getstate()
    first, second = small_model(1), small_model(1)
    assert first.state_dict() == second.state_dict() != small_model(2).state_dict()
    assert random.getstate() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "limit", "deviation"),
    [
        ("uniform", 1.0, 1.0 / math.sqrt(3.0)),
        ("xavier_uniform", math.sqrt(6.0 / 500), math.sqrt(2.0 / 500)),
        ("xavier_normal", math.inf, math.sqrt(2.0 / 500)),
        ("he_uniform", math.sqrt(6.0 / 300), math.sqrt(2.0 / 300)),
        ("he_normal", math.inf, math.sqrt(2.0 / 300)),
    ],
)
def test_initializers_have_the_deviation_of_their_formula(name: str, limit: float, deviation: float) -> None:
    layer = nn.Layer(300, 200, init=name, rng=random.Random(0))
    weights = [w.data for neuron in layer.neurons for w in neuron.w]
    assert max(map(abs, weights)) <= limit
    assert math.sqrt(sum(w * w for w in weights) / len(weights)) == pytest.approx(deviation, rel=0.01)
    assert abs(sum(weights) / len(weights)) < 0.02 * deviation


@pytest.mark.slow
def test_initializers_agree_with_pytorch_on_the_spread() -> None:
    torch = pytest.importorskip("torch")
    theirs = {
        "xavier_uniform": torch.nn.init.xavier_uniform_,
        "xavier_normal": torch.nn.init.xavier_normal_,
        "he_uniform": partial(torch.nn.init.kaiming_uniform_, nonlinearity="relu"),
        "he_normal": partial(torch.nn.init.kaiming_normal_, nonlinearity="relu"),
    }
    torch.manual_seed(0)
    for name, fill in theirs.items():
        layer = nn.Layer(300, 200, init=name, rng=random.Random(0))
        ours = torch.tensor(layer.state_dict()["weight"])
        assert ours.std().item() == pytest.approx(fill(torch.empty(200, 300)).std().item(), rel=0.02), name


def test_an_initializer_may_be_a_function_of_the_sizes() -> None:
    layer = nn.Layer(3, 2, init=lambda fan_in, fan_out, rng: fan_in + 10.0 * fan_out)
    assert layer.state_dict()["weight"] == [[23.0] * 3] * 2


# What is refused, and that nothing changes


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Neuron(2)([1.0]), r"Neuron\(2, relu\) takes 2 inputs, got 1"),
        (lambda: nn.Layer(3, 4)([1.0, 2.0]), r"Layer\(3, 4, relu\) takes 3 inputs, got 2"),
        (lambda: nn.MLP(1, [1])([1.0, 2.0]), r"Layer\(1, 1, linear\) takes 1 input, got 2"),
        (lambda: nn.MLP(2, [1])("ab"), r"inputs: expected a list of numbers, got 'ab' \(str\)"),
        (
            lambda: nn.MLP(2, [1])([1.0, "b"]),
            r"input 1: expected a real number, got 'b' \(str\): turn text into numbers",
        ),
        (lambda: nn.MLP(2, [1])([None, 1.0]), r"input 0: expected a real number, got None: fill in or drop"),
        (lambda: nn.MLP(2, [1])([1.0, 1j]), r"input 1: expected a real number, got 1j \(complex\): give the real"),
        (lambda: nn.MLP(2, [1])([[1.0, 2.0]] * 2), r"input 0: .* for many rows use nn.predict\(model, X\)"),
        (lambda: nn.MLP(2, [1])({1.0, 2.0}), r"inputs: expected a list of numbers, got {1.0, 2.0} \(set\)"),  # type: ignore[arg-type]
        (lambda: nn.Layer(2, 2, "rleu"), r"unknown activation 'rleu': use one of linear, .*relu, .*, or a function"),
        (lambda: nn.MLP(2, [1], activation="rleu"), r"unknown activation 'rleu': use one of linear"),
        (lambda: nn.Layer(2, 2, init="xavier"), r"unknown init 'xavier': use one of uniform, xavier_uniform, .*, or a"),
        (
            lambda: nn.Layer(2, 2, rng=0),  # type: ignore[arg-type]
            r"rng must be a random.Random, got 0: write for instance rng=random.Random\(0\)",
        ),
        (lambda: nn.Layer(0, 2), r"nin must be a whole number of at least 1, got 0 \(int\)"),
        (lambda: nn.Layer(2, 2.5), r"nout must be a whole number of at least 1, got 2.5 \(float\)"),  # type: ignore[arg-type]
        (lambda: nn.MLP(2, 3), r"nouts: expected a list of numbers, got 3 \(int\): write \[3\] for a single one"),  # type: ignore[arg-type]
        (lambda: nn.MLP(2, []), r"nouts is empty: give the size of at least one layer"),
        (
            lambda: nn.Layer(2, 3, weight=[[1.0, 2.0]]),
            r"weight: expected shape \(3, 2\), outputs × inputs, got \(1, 2\)",
        ),
        (
            lambda: nn.Layer(2, 2, weight=[[1.0, 2.0], [3.0]]),
            r"weight: row 1 has length 1, row 0 has 2: make them alike",
        ),
        (lambda: nn.Layer(1, 1, weight=[["a"]]), r"weight: row 0, column 0: expected a real number, got 'a'"),
        (lambda: nn.Layer(2, 2, bias=[1.0]), r"bias: expected 2 numbers, got 1"),
        (lambda: nn.Layer(2, 2, bias=1.0), r"bias: expected a list of numbers, got 1.0 \(float\)"),
        (lambda: nn.Neuron(2, weight=[1.0]), r"weight: expected 2 numbers, got 1"),
        (
            lambda: nn.Residual(nn.Layer(2, 3)),
            r"Residual adds input and output, but its layer has 2 inputs and 3 outputs",
        ),
        (lambda: nn.Residual(lambda x: x[:1])([1.0, 2.0]), r"its layer has 2 inputs and 1 outputs"),
        (lambda: nn.Sequential(nn.Layer(2, 3), nn.Layer(4, 1)), r"layer 0 gives 3 outputs, but layer 1 takes 4 inputs"),
        (lambda: nn.Sequential([nn.Layer(2, 3)]), r"Sequential takes its layers one by one"),  # type: ignore[arg-type]
        (lambda: nn.Sequential(), r"Sequential takes its layers one by one"),
    ],
)
def test_bad_input_is_an_error_that_says_what_and_where(call: Callable[[], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        call()


# State dicts


def test_state_dict_has_pytorchs_layout() -> None:
    model = nn.MLP(2, [3, 1])
    state = model.state_dict()
    assert list(state) == ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    assert state["layers.0.weight"] == [numbers(neuron.w) for neuron in model.layers[0].neurons]
    assert state["layers.1.bias"] == [model.layers[1].neurons[0].b.data]


def test_a_state_dict_is_a_copy_and_loads_into_another_model() -> None:
    first, second = small_model(1), small_model(2)
    state = first.state_dict()
    second.load_state_dict(state)
    assert second.state_dict() == state
    second.layers[0].neurons[0].w[0].data = 5.0
    assert first.state_dict() == state
    assert second.state_dict() != state


def test_loading_keeps_the_parameters_themselves() -> None:
    model = small_model()
    before = model.parameters()
    model.load_state_dict(small_model(1).state_dict())
    assert all(a is b for a, b in zip(model.parameters(), before, strict=True))


@pytest.mark.parametrize("state", [None, [1.0], "state"])
def test_a_state_is_a_dict(state: Any) -> None:
    with pytest.raises(TypeError, match=r"a state is a dict of numbers by name, .* got"):
        small_model().load_state_dict(state)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers.0.bias": None}, r"missing: layers.0.bias$"),
        ({"extra": 1.0, "other": 2.0}, r"unexpected: extra, other$"),
        ({"layers.0.weight": [[1.0, 2.0]] * 2}, r"layers.0.weight: expected numbers of shape \(3, 2\), got \(2, 2\)"),
        (
            {"layers.0.weight": [[1.0, 2.0]] * 2 + [[1.0]]},
            r"layers.0.weight\[2\]: expected numbers of shape \(2,\), got \(1,\)",
        ),
        ({"layers.1.bias": 1.0}, r"layers.1.bias: expected numbers of shape \(1,\), got 1.0 \(float\)"),
        ({"layers.1.bias": ["x"]}, r"layers.1.bias\[0\]: expected a real number, got 'x' \(str\)"),
        ({"layers.1.bias": [[1.0]]}, r"layers.1.bias\[0\]: expected a real number, got \[1.0\] \(list\)"),
        ({"layers.1.bias": [Value(1.0)]}, r"layers.1.bias\[0\]: expected a real number, got Value.*v.item\(\)"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change: dict[str, object], message: str) -> None:
    model = small_model()
    before = model.state_dict()
    state = {name: part for name, part in (small_model(1).state_dict() | change).items() if part is not None}
    with pytest.raises((TypeError, ValueError), match=message):
        model.load_state_dict(state)
    assert model.state_dict() == before


# Files


def test_a_saved_model_comes_back_bit_for_bit(tmp_path: Path) -> None:
    model = small_model()
    odd = [0.1, 1e-308, 5e-324, -0.0, math.pi, 1.7976931348623157e308, math.inf, -math.inf, math.nan]
    for p, x in zip(model.parameters(), odd, strict=False):
        p.data = x
    path = tmp_path / "model.json"
    model.save(path)
    other = small_model(1).load(str(path))
    for a, b in zip(other.parameters(), model.parameters(), strict=True):
        assert a.data.hex() == b.data.hex()
    assert os.listdir(tmp_path) == ["model.json"]


def damaged(content: str) -> dict[str, str]:
    """What can happen to a model file."""
    state = json.loads(content)
    return {
        "truncated": content[: len(content) // 2],
        "empty": "",
        "not_json": "weights: 1, 2, 3",
        "binary": "\x00\x01\x02",
        "other_json": '{"a": 1}',
        "list": "[1, 2, 3]",
        "other_format": content.replace("chainrule model 1", "chainrule model 9"),
        "digit_changed": content.replace("0.", "1.", 1),
        "without_state": json.dumps({"format": state["format"]}),
        "deep": "[" * 100_000,
    }


@pytest.mark.parametrize("harm", damaged('{"format": "chainrule model 1", "state": {"a": 0.5}}'))
def test_a_damaged_file_is_refused_and_the_model_stays(harm: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    small_model().save(path)
    path.write_text(damaged(path.read_text())[harm])
    model = small_model(1)
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"model.json .* (take a copy of it, or save the model again)"):
        model.load(path)
    assert model.state_dict() == before


def test_a_model_that_numpys_numbers_changed_can_be_saved(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    model = small_model()
    for p in model.parameters():
        p.data -= np.float32(0.5) * p.data
    model.save(tmp_path / "model.json")
    assert small_model(1).load(tmp_path / "model.json").state_dict() == model.state_dict()


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(b"\xff\xfe\x80")
    with pytest.raises(ValueError, match="damaged or no model file"):
        small_model().load(path)


def test_a_file_of_another_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    nn.MLP(2, [4, 1]).save(path)
    model = small_model()
    before = model.state_dict()
    with pytest.raises(
        ValueError, match=r"does not fit this MLP, which is unchanged: layers.0.weight: expected .* \(3, 2\)"
    ):
        model.load(path)
    assert model.state_dict() == before


def test_a_missing_file_is_the_usual_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.json"):
        small_model().load(tmp_path / "nothing.json")


def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.json"
    small_model().save(path)
    before = path.read_bytes()

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        small_model(1).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.json"]


def test_saving_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.touch()
    link.symlink_to(target)
    small_model().save(link)
    assert link.is_symlink()
    assert small_model(1).load(target).state_dict() == small_model().state_dict()


def test_the_layers_of_a_model_are_reached_by_index() -> None:
    model = nn.MLP(2, [3, 1])
    assert len(model) == 2
    assert model[-1] is model.layers[1]
    assert list(model) == model.layers  # type: ignore[call-overload]
