"""Diagnostics: gradients by layer, the depth study, and what diagnose() finds in networks that are ill.

Of nn.inspection.advice, nn.inspection.depth, nn.inspection.diagnosis, nn.inspection.flow, nn.inspection.health and
nn.inspection.network_view.
"""

import random
from random import Random

import pytest
from drawn import half_square, lesson_c, lesson_d

import nn
from autograd import Value, expanded

STUDIED = {  # computed elsewhere with networks of the same kind: log₁₀ of first over last layer's mean |δ|
    "sigmoid": (-6.0, -12.5, -19.1),
    "tanh": (-0.8, -1.3, -1.6),
    "relu": (-1.3, -3.0, -5.0),
    "relu, residual": (1.4, 3.1, 4.7),
}


# nn.gradient_flow


def test_the_means_of_lesson_d_are_those_worked_out_by_hand() -> None:
    model, _ = lesson_d()
    flow = nn.gradient_flow(half_square(model([1.0, 0.5]), 1.0), model)
    assert flow.layers == ["layers.0", "layers.1"]
    assert flow.deltas == pytest.approx([(0.0282770892 + 0.0328839207) / 2, 0.2332156118], abs=1e-10)
    weights = (0.0282770892 + 0.0141385446 + 0.0328839207 + 0.0164419604) / 4
    assert flow.weights == pytest.approx([weights, (0.1368083776 + 0.1451672338) / 2], abs=1e-10)


def test_expanded_networks_flow_alike() -> None:
    model, _ = lesson_d()
    flow = nn.gradient_flow(half_square(model([1.0, 0.5]), 1.0), model)
    with expanded():
        single = nn.gradient_flow(half_square(model([1.0, 0.5]), 1.0), model)
    assert single.deltas == pytest.approx(flow.deltas, rel=1e-14)
    assert single.weights == pytest.approx(flow.weights, rel=1e-14)


def test_gradient_flow_reads_and_changes_no_gradient() -> None:
    model, _ = lesson_d()
    loss = half_square(model([1.0, 0.5]), 1.0)
    before = nn.gradient_flow(loss, model)
    loss.backward()
    gradients = [p.grad for p in model.parameters()]
    assert nn.gradient_flow(loss, model) == before
    assert [p.grad for p in model.parameters()] == gradients


def test_a_model_without_part_in_the_loss_is_refused() -> None:
    with pytest.raises(ValueError, match="no parameter in this loss"):
        nn.gradient_flow(Value(1.0) * 2.0, nn.MLP(1, [1]))
    with pytest.raises(TypeError, match="takes the loss as a Value"):
        nn.gradient_flow(0.5, nn.MLP(1, [1]))  # type: ignore[arg-type]


def test_gradient_flow_is_drawn_on_a_logarithmic_scale() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("Agg")
    model, _ = lesson_d()
    flow = nn.gradient_flow(half_square(model([1.0, 0.5]), 1.0), model)
    ax = flow.plot()
    assert ax.get_yscale() == "log"
    assert list(ax.lines[0].get_ydata()) == flow.deltas  # type: ignore[arg-type]
    pyplot.close("all")


# nn.depth_study


@pytest.mark.slow
def test_the_depth_study_finds_the_ratios_found_elsewhere() -> None:
    study = nn.depth_study()
    for name, expected in STUDIED.items():
        found = [study.ratios[name, depth] for depth in (10, 20, 30)]
        assert found == pytest.approx(expected, abs=0.5), name  # medians of 20 other seeds


def test_the_depth_study_prints_a_table_and_draws_the_deepest() -> None:
    study = nn.depth_study(["sigmoid", "relu"], [3, 6], residual=True, seeds=range(2))
    assert repr(study).splitlines()[0].split()[-4:] == ["depth", "3", "depth", "6"]
    assert len(repr(study).splitlines()) == 3
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("Agg")
    ax = study.plot()
    assert [len(line.get_xdata()) for line in ax.lines] == [6, 6]  # type: ignore[arg-type]
    pyplot.close("all")


def test_one_layer_of_the_depth_study_is_the_derivative_itself() -> None:
    (curve,) = nn.depth_study(["linear"], [1], residual=False, seeds=[0]).curves
    assert curve.sizes == (0.0,)  # log₁₀ of 1: the loss is the sum of the outputs


def test_a_depth_study_takes_single_ones_of_everything_and_refuses_nothing() -> None:
    assert nn.depth_study("tanh", 2, residual=False, seeds=[0]).ratios.keys() == {("tanh", 2)}
    with pytest.raises(ValueError, match="nothing to study"):
        nn.depth_study([], 2)
    assert str(nn.depth_study("relu", 2, residual=False, seeds=[])).endswith("·")


# nn.diagnose


def found(model: nn.Sequential, X: object, y: object, **options: object) -> str:
    return "\n".join(nn.diagnose(model, X, y, **options).findings)  # type: ignore[arg-type]


def test_a_tanh_of_exactly_one_is_saturated_and_no_dead_relu() -> None:
    model = nn.Sequential(nn.Layer(1, 1, "tanh", weight=[[90.0]]), nn.Layer(1, 1, "linear"))
    sentences = found(model, [[1.0], [2.0]], [0.0, 0.0])
    assert "neuron 0 is saturated" in sentences
    assert "dead" not in sentences


def test_lesson_c_has_nine_and_eight_weights_without_gradient_and_each_has_its_reason() -> None:
    diagnosis = nn.diagnose(lesson_c(), [[1.0, 0.0, 1.0, 1.0]], [[1.0, 1.0, 0.0, 1.0]])
    assert diagnosis.loss == pytest.approx(0.89625, abs=1e-15)
    assert diagnosis.layers[0].silent == {"gate closed": 6, "gate closed and input 0": 2, "input 0": 1}
    assert diagnosis.layers[1].silent == {"input 0": 8}
    assert diagnosis.layers[0].dead == [0, 1]
    assert diagnosis.idle == [1]


def test_where_the_gate_behind_is_closed_nothing_arrives() -> None:
    first = nn.Layer(1, 1, weight=[[1.0]], bias=[1.0])
    model = nn.Sequential(first, nn.Layer(1, 1, weight=[[-1.0]]), nn.Layer(1, 1, "linear", weight=[[1.0]]))
    diagnosis = nn.diagnose(model, [[1.0], [2.0]], [1.0, 1.0])
    assert diagnosis.layers[0].silent == {"nothing arrives": 1}
    assert diagnosis.layers[1].silent == {"gate closed": 1}


def test_a_dead_relu_is_named_with_its_share_and_the_remedy() -> None:
    model = nn.Sequential(nn.Layer(1, 2, weight=[[1.0], [-1.0]]), nn.Layer(2, 1, "linear", weight=[[1.0, 1.0]]))
    diagnosis = nn.diagnose(model, [[1.0], [2.0], [-1.0]], [0.0, 0.0, 0.0])
    assert diagnosis.layers[0].closed == pytest.approx([1 / 3, 2 / 3])
    assert diagnosis.layers[0].dead == []
    assert "layers.0: neuron 1 is dead, its gate closed on all 2 rows" in found(model, [[1.0], [2.0]], [0.0, 0.0])


def test_a_closed_neuron_of_a_residual_layer_is_closed_too() -> None:
    model = nn.Sequential(nn.Residual(nn.Layer(1, 1, weight=[[-1.0]])), nn.Layer(1, 1, "linear", weight=[[1.0]]))
    assert nn.diagnose(model, [[1.0]], [0.0]).layers[0].dead == [0]


def test_saturated_neurons_are_named() -> None:
    model = nn.Sequential(nn.Layer(1, 2, "tanh", weight=[[9.0], [0.1]]), nn.Layer(2, 1, "sigmoid", weight=[[9.0, 0.0]]))
    text = found(model, [[1.0], [2.0]], [0.0, 0.0])
    assert "layers.0: neuron 0 is saturated" in text
    assert "layers.1: neuron 0 is saturated" in text
    assert "nn.bce_with_logits" in text


def test_vanishing_and_exploding_gradients_are_named() -> None:
    deep = nn.MLP(2, [8] * 8 + [1], activation="sigmoid", rng=Random(0))
    assert "The gradient vanishes" in found(deep, [[1.0, 2.0]], [0.0])
    wild = nn.MLP(2, [8] * 8 + [1], init=lambda fan_in, fan_out, rng: rng.gauss(0.0, 3.0), rng=Random(0))
    assert "The gradient explodes" in found(wild, [[1.0, 2.0], [-1.0, 0.5]], [0.0, 1.0])


def test_a_loss_that_is_not_finite_is_named() -> None:
    assert "The loss is nan" in found(nn.MLP(1, [1]), [[float("nan")]], [0.0])


def test_a_healthy_network_gives_no_sentence() -> None:
    model = nn.MLP(2, [4, 1], activation="tanh", init="xavier_uniform", rng=Random(0))
    diagnosis = nn.diagnose(model, [[0.5, -1.0], [1.0, 0.3]], [1.0, 0.0])
    assert diagnosis.findings == []
    assert repr(diagnosis).endswith("Nothing stands out.")


def test_classes_are_judged_by_cross_entropy_unless_told_otherwise() -> None:
    model = nn.Layer(2, 3, "linear", weight=[[0.0, 0.0]] * 3)
    assert nn.diagnose(model, [[1.0, 1.0]], [2]).loss == pytest.approx(1.0986122886681098)  # ln 3
    assert nn.diagnose(model, [[1.0, 1.0]], [[1.0, 0.0, 0.0]]).loss == pytest.approx(1 / 3)


def test_of_many_rows_an_even_sample_is_examined() -> None:
    X = [[float(i)] for i in range(1000)]
    model = nn.Layer(1, 1, weight=[[1.0]], bias=[-499.5])
    diagnosis = nn.diagnose(model, X, [0.0] * 1000, max_rows=100)
    assert diagnosis.count == 100
    assert diagnosis.layers[0].closed == [0.5]


def test_diagnose_changes_nothing() -> None:
    model, _ = lesson_d()
    half_square(model([1.0, 0.5]), 1.0).backward()
    before = [(p.data, p.grad) for p in model.parameters()]
    nn.diagnose(model, [[1.0, 0.5]], [1.0])
    assert [(p.data, p.grad) for p in model.parameters()] == before


def test_the_table_has_a_line_for_each_layer() -> None:
    lines = nn.diagnose(lesson_c(), [[1.0, 0.0, 1.0, 1.0]], [[1.0, 1.0, 0.0, 1.0]])
    assert [line.split() for line in repr(lines).splitlines()[2:5]] == [
        "layer activation dead closed saturated mean |δ| mean |∂w| ∂w = 0".split(),
        "layers.0 relu 2 of 3 67% · 0.1467 0.11 9".split(),
        "layers.1 linear · · · 0.4125 0.0688 8".split(),
    ]


def test_a_diagnosis_is_drawn_with_the_dead_neurons_marked() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("Agg")
    ax = nn.diagnose(lesson_c(), [[1.0, 0.0, 1.0, 1.0]], [[1.0, 1.0, 0.0, 1.0]]).plot()
    marks = [point for collection in ax.collections[1:] for point in collection.get_offsets().tolist()]
    assert marks == [[0.0, 0.0], [1.0, 0.0]]
    pyplot.close("all")


# Lesson B's XOR: why a seed fails


def xor(seed: int) -> tuple[nn.Sequential, list[list[float]], list[float]]:
    """The 2-2-1 network of this seed after 5,000 full-batch steps at lr 0.5."""
    rng = Random(seed)
    weight = [[rng.gauss(0, 0.5) for _ in range(2)] for _ in range(2)]
    bias = [rng.gauss(0, 0.1) for _ in range(2)]
    output = nn.Layer(2, 1, "sigmoid", weight=[[rng.gauss(0, 0.5) for _ in range(2)]])
    model = nn.Sequential(nn.Layer(2, 2, weight=weight, bias=bias), output)
    X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
    sgd = nn.SGD(model.parameters(), lr=0.5)
    nn.fit(model, X, y, loss=lambda p, t: 0.5 * nn.mse(p, t), optimizer=sgd, epochs=5000, progress=False)
    return model, X, y


@pytest.mark.slow
def test_a_failed_seed_is_told_from_one_that_succeeded() -> None:
    assert "is dead" in found(*xor(0))
    stands = found(*xor(2))
    assert "Training stands still" in stands
    assert "dead" not in stands
    assert found(*xor(4)) == ""


def test_any_small_network_can_be_diagnosed() -> None:
    rng = random.Random(1)
    for activation in nn.layers.ACTIVATIONS:
        model = nn.MLP(3, [rng.randint(1, 4), 2], activation=activation, rng=rng)
        repr(nn.diagnose(model, [[rng.gauss(0, 1) for _ in range(3)] for _ in range(3)], [0, 1, 0]))
