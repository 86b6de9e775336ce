"""Diagrams with a model: which module each node belongs to, the frames around them, and collapsed modules."""

from typing import Any

from drawn import boxes, edge_labels, elements, lesson_d, texts

import nn
from autograd import Value, dot, draw, expanded, sigmoid
from autograd.drawing.model_groups import groups
from autograd.graph import topological_order
from autograd.model_view import module_of

# Frames


def test_a_parameters_name_gives_its_module() -> None:
    assert module_of("layers.0.neurons.1.w.2") == ("layers.0", "neurons.1")
    assert module_of("layers.1.layer.neurons.0.b") == ("layers.1", "layer", "neurons.0")
    assert module_of("factor") == ()


def members(loss: Value, model: Any) -> dict[tuple[str, ...], list[str]]:
    """The operations in each module, in topological order."""
    order = topological_order(loss)
    found: dict[tuple[str, ...], list[str]] = {}
    for node, path in groups(order, model).items():
        if node.op:
            found.setdefault(path, []).append(node.op.name)
    return found


def test_a_neuron_holds_its_parameters_its_sum_and_its_activation_but_not_the_loss() -> None:
    model, loss = lesson_d()
    assert members(loss, model) == {
        ("layers.0", "neurons.0"): ["dot", "sigmoid"],
        ("layers.0", "neurons.1"): ["dot", "sigmoid"],
        ("layers.1", "neurons.0"): ["dot"],
    }


def test_the_neurons_of_expanded_graphs_hold_their_products_and_sums() -> None:
    with expanded():
        model, loss = lesson_d()
    inner = ["mul", "add", "mul", "add"]
    assert members(loss, model) == {
        ("layers.0", "neurons.0"): [*inner, "sigmoid"],
        ("layers.0", "neurons.1"): [*inner, "sigmoid"],
        ("layers.1", "neurons.0"): inner,
    }


def test_the_logistic_loss_is_no_part_of_the_last_neuron() -> None:
    model = nn.MLP(2, [1])
    assert members(nn.bce_with_logits(model([1.0, 2.0]), 1), model) == {("layers.0", "neurons.0"): ["dot"]}


def test_an_activation_of_ones_own_belongs_to_its_neuron() -> None:
    model = nn.MLP(2, [2, 1], activation=lambda z: z * sigmoid(z))
    found = members(model([1.0, 2.0]) ** 2, model)
    assert found[("layers.0", "neurons.0")] == ["dot", "sigmoid", "mul"]
    assert found[("layers.1", "neurons.0")] == ["dot"]


def test_all_rows_of_a_batch_stand_in_the_same_neurons() -> None:
    model = nn.MLP(2, [1], output="tanh")
    loss = nn.mse([model([1.0, 2.0]), model([3.0, 4.0])], [0.0, 1.0])
    assert members(loss, model) == {("layers.0", "neurons.0"): ["dot", "tanh", "dot", "tanh"]}


def test_frames_are_nested_as_the_modules_are() -> None:
    model, loss = lesson_d()
    frames = {name: texts(group) for name, group in elements(draw(loss, model)).items() if name.startswith("cluster")}
    assert frames == {
        "cluster_layers.0": ["layer 1"],
        "cluster_layers.0.neurons.0": ["neuron 1"],
        "cluster_layers.0.neurons.1": ["neuron 2"],
        "cluster_layers.1": ["layer 2"],
        "cluster_layers.1.neurons.0": ["neuron 1"],
    }


def test_residual_networks_are_drawn() -> None:
    block = nn.Residual(nn.Sequential(nn.Layer(2, 3), nn.Layer(3, 2)))
    model = nn.Sequential(nn.Layer(2, 2, "tanh"), block, nn.Layer(2, 2, "linear"))
    loss = nn.cross_entropy(model([1.0, 2.0]), 1)
    assert "cluster_layers.1.layer.layers.0.neurons.2" in elements(draw(loss, model))


# Collapsed


def test_a_collapsed_neuron_shows_its_operations_output_and_gradient() -> None:
    model, loss = lesson_d()
    loss.backward()
    shown = boxes(draw(loss, model, collapse="neuron"))
    assert shown["g-layers.0.neurons.0"] == ["neuron 1", "Σ → σ", "0.5866", "∂ −0.1166"]
    assert len(shown) == 2 + 3 + 3 + 3  # inputs, neurons, the loss and its constants


def test_a_collapsed_neuron_behind_a_closed_gate_is_grey_and_dashed() -> None:
    model = nn.Sequential(nn.Layer(1, 2, weight=[[1.0], [-1.0]], bias=[0.0, 0.0]))
    loss = dot([1.0, 1.0], model([2.0]))
    loss.backward()
    for collapse, styles in (("neuron", ["filled", "filled,dashed"]), ("layer", ["filled"])):
        source = draw(loss, model, collapse=collapse).source
        found = [line for line in source.splitlines() if "ReLU" in line]
        assert ["filled,dashed" if "dashed" in line else "filled" for line in found] == styles


def test_a_collapsed_layer_says_how_many_outputs_it_has() -> None:
    model, loss = lesson_d()
    assert boxes(draw(loss, model, collapse="layer"))["g-layers.0"] == ["layer 1", "Σ → σ", "2 outputs", "mean |∂| ·"]
    loss.backward()
    mean = f"mean |∂| {(0.1166078059 + 0.1399293671) / 2:.4f}"
    assert boxes(draw(loss, model, collapse="layer"))["g-layers.0"][-1] == mean


def test_between_collapsed_boxes_there_is_one_edge() -> None:
    model, loss = lesson_d()
    assert "e-g-layers.0-g-layers.1" in edge_labels(draw(loss, model, collapse="layer"))
