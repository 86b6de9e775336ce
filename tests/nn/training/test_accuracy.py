"""accuracy(): right for every output and every loss of nn, or an error; never a number that only looks like one.

Of nn.training.classes.
"""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import autograd
import nn
from autograd import Value, no_grad

SIDES = [-2.0, -0.75, -0.2, -0.01, 0.01, 0.2, 0.75, 2.0]
X = [[x] for x in SIDES]
BITS, SIGNS = [0, 0, 0, 0, 1, 1, 1, 1], [-1, -1, -1, -1, 1, 1, 1, 1]


def model(output: str, scale: float = 1.0, shift: float = 0.0) -> nn.Sequential:
    """One output, f(scale·x + shift)."""
    return nn.Sequential(nn.Layer(1, 1, output, weight=[[scale]], bias=[shift]))


PERFECT: dict[str, tuple[Any, list[int], Callable[..., Value]]] = {
    "sigmoid, bce": (model("sigmoid"), BITS, nn.bce),
    "sigmoid, mse": (model("sigmoid"), BITS, nn.mse),
    "sigmoid, −1 and 1": (model("sigmoid"), SIGNS, nn.mse),
    "logits": (model("linear"), BITS, nn.bce_with_logits),
    "scores": (model("linear"), SIGNS, nn.hinge),
    "tanh, mse": (model("tanh"), SIGNS, nn.mse),
    "tanh, huber": (model("tanh"), SIGNS, nn.huber),
    "linear trained to −1 and 1": (model("linear"), SIGNS, nn.mse),
    "linear trained to 0 and 1, mse": (model("linear", 0.1, 0.5), BITS, nn.mse),
    "linear trained to 0 and 1, mae": (model("linear", 0.1, 0.5), BITS, nn.mae),
    "relu trained to 0 and 1": (model("relu", 0.4, 0.5), BITS, nn.huber),
    "tanh trained to 0 and 1": (model("tanh", 0.1, 0.549306), BITS, nn.mse),
}


@pytest.mark.parametrize("name", PERFECT)
def test_a_perfect_model_has_accuracy_one_and_its_opposite_none(name: str) -> None:
    perfect, y, loss = PERFECT[name]
    opposite = [min(y) + max(y) - t for t in y]
    for metric in (nn.accuracy, partial(nn.accuracy, loss=loss)):
        assert nn.evaluate(perfect, X, y, loss=loss, metrics=[metric])["accuracy"] == 1.0
        assert nn.evaluate(perfect, X, opposite, loss=loss, metrics=[metric])["accuracy"] == 0.0
    assert nn.accuracy(perfect, X, y, loss=loss) == 1.0


@pytest.mark.parametrize("name", [name for name in PERFECT if "to 0 and 1" not in name])
def test_the_last_operation_and_the_targets_are_enough_but_for_regressions_on_0_and_1(name: str) -> None:
    perfect, y, _ = PERFECT[name]
    assert nn.accuracy(perfect, [x for x in X if abs(x[0]) > 0.5], [t for t, x in zip(y, SIDES) if abs(x) > 0.5]) == 1.0  # noqa: B905


@pytest.mark.parametrize("name", [name for name in PERFECT if "to 0 and 1" in name])
def test_where_nothing_tells_it_is_an_error_and_the_remedies_work(name: str) -> None:
    perfect, y, loss = PERFECT[name]
    with pytest.raises(ValueError, match=r"accuracy cannot tell .* give it loss=\.\.\., .* or threshold=\.\.\."):
        nn.accuracy(perfect, X, y)
    assert nn.accuracy(perfect, X, y, loss=loss) == nn.accuracy(perfect, X, y, threshold=0.5) == 1.0


def test_a_sigmoid_is_recognised_whoever_calls_it() -> None:
    class Own(nn.Module):
        def __call__(self, x: list[Value]) -> Value:
            return autograd.sigmoid(x[0])

    chained = nn.Sequential(model("linear"), autograd.sigmoid)
    for own in (Own(), chained, model("sigmoid"), model("sigmoid")[0]):
        assert nn.accuracy(own, X, BITS) == 1.0
    with no_grad():
        assert nn.accuracy(Own(), X, BITS) == 1.0


def test_a_sigmoid_written_out_is_not_guessed_at() -> None:
    written = nn.Sequential(model("linear"), lambda z: 1.0 / (1.0 + (-z).exp()))
    with pytest.raises(ValueError, match="accuracy cannot tell"):
        nn.accuracy(written, X, BITS)
    assert nn.accuracy(written, X, BITS, loss=nn.bce) == 1.0


def test_a_loss_of_ones_own_decides_by_which_label_costs_less() -> None:
    weights = [Value(0.3)]

    def regularised(p: Any, t: Any) -> Value:
        return nn.mse(p, t) + 0.1 * weights[0] ** 2

    found = nn.evaluate(model("linear", 0.1, 0.5), X, BITS, loss=regularised, metrics=[nn.accuracy])
    assert found["accuracy"] == 1.0
    assert weights[0].grad == 0.0


def test_labels_that_a_loss_refuses_are_its_error() -> None:
    with pytest.raises(ValueError, match="hinge takes −1 and 1"):
        nn.accuracy(model("linear"), X, BITS, loss=nn.hinge)


def test_targets_of_one_label_only_are_enough_where_the_loss_knows_the_other() -> None:
    y = [1] * 4
    for loss in (nn.hinge, nn.bce_with_logits):
        assert nn.accuracy(model("linear"), X[4:], y, loss=loss) == 1.0
    with pytest.raises(ValueError, match="accuracy cannot tell"):
        nn.accuracy(model("linear"), X[4:], y, loss=nn.mse)  # 0.2 is 1 beside −1, and 0 beside 0


def test_several_outputs_with_class_numbers_take_the_largest_whatever_they_are() -> None:
    rows, y = [[1.0, 0.0, 0.0], [0.0, 2.0, 1.0], [0.1, 0.2, 0.3]], [0, 1, 2]
    weight = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    for output in ("linear", "sigmoid", "tanh"):
        assert nn.accuracy(nn.Layer(3, 3, output, weight=weight), rows, y) == 1.0
    probable = nn.Sequential(nn.Layer(3, 3, "linear", weight=weight), autograd.softmax)
    assert nn.accuracy(probable, rows, y) == 1.0
    assert nn.accuracy(probable, rows, [[t] for t in y]) == 1.0


@pytest.mark.parametrize(
    ("low", "output", "loss"), [(0, "linear", nn.mse), (-1, "linear", nn.hinge), (0, "sigmoid", nn.bce)]
)
def test_rows_with_one_upper_label_each_are_classes(low: int, output: str, loss: Callable[..., Value]) -> None:
    layer = nn.Layer(2, 2, output, weight=[[1.0, 0.0], [0.0, 1.0]])
    rows = [[-3.0, -2.0], [0.4, 0.3], [2.0, 1.0]]
    y = [[low, 1], [1, low], [low, 1]]
    assert nn.evaluate(layer, rows, y, loss=loss, metrics=[nn.accuracy])["accuracy"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("low", "output", "loss"),
    [(0, "sigmoid", nn.bce), (0, "linear", nn.bce_with_logits), (-1, "linear", nn.hinge), (-1, "tanh", nn.mse)],
)
def test_rows_of_independent_labels_are_right_where_all_are(low: int, output: str, loss: Callable[..., Value]) -> None:
    layer = nn.Layer(2, 2, output, weight=[[1.0, 0.0], [0.0, 1.0]])
    rows = [[-3.0, -2.0], [0.4, 0.3], [2.0, 1.0], [0.1, -0.1]]
    y = [[low, low], [1, 1], [low, 1], [1, low]]
    assert nn.evaluate(layer, rows, y, loss=loss, metrics=[nn.accuracy])["accuracy"] == 0.75
    assert nn.accuracy(layer, rows, y) == 0.75


def test_a_model_in_training_is_measured_by_its_own_loss() -> None:
    trained = nn.MLP(1, [1], output="linear", rng=random.Random(0))
    history = nn.fit(
        trained,
        X,
        BITS,
        loss=nn.mse,
        optimizer=nn.SGD(trained.parameters(), lr=0.1),
        epochs=200,
        metrics=[nn.accuracy],
        validation=(X, BITS),
        progress=False,
    )
    assert history.accuracy[-1] == history.val_accuracy[-1] == 1.0


# Metrics


def y_first(y_true: Any, y_pred: Any) -> float:
    return 1.0


def three_of_theirs(y_true: Any, y_pred: Any, labels: Any = None) -> float:
    return 1.0


@pytest.mark.parametrize("metric", [y_first, three_of_theirs, lambda p: 1.0])
def test_metrics_in_scikit_learns_order_are_refused_before_anything_changes(metric: Any) -> None:
    perfect = model("linear")
    before = perfect.state_dict()
    sgd = nn.SGD(perfect.parameters(), lr=0.1)
    message = (
        r"a metric is a function of \(model, X, y\), but .* takes \(.*\): write for instance\ndef my_.*nn\.predict"
    )
    with pytest.raises(TypeError, match=message):
        nn.fit(perfect, X, SIDES, loss=nn.mse, optimizer=sgd, epochs=1, metrics=[metric], progress=False)
    with pytest.raises(TypeError, match=message):
        nn.evaluate(perfect, X, SIDES, loss=nn.mse, metrics=[metric])
    assert perfect.state_dict() == before


@pytest.mark.parametrize("metrics", ["accuracy", ["accuracy"], nn.accuracy, None])
def test_metrics_are_a_list_of_functions(metrics: Any) -> None:
    with pytest.raises(TypeError, match=r"metrics: expected a list of functions, got"):
        nn.evaluate(model("linear"), X, SIDES, loss=nn.mse, metrics=metrics)


def test_a_metric_with_a_keyword_loss_is_given_the_loss() -> None:
    def named(model: nn.Module, X: Any, y: Any, *, loss: Callable[..., Value]) -> float:
        return float(loss is nn.mae)

    def settled(model: nn.Module, X: Any, y: Any, *, loss: str = "mine") -> float:
        return float(loss == "mine")

    found = nn.evaluate(model("linear"), X, SIDES, loss=nn.mae, metrics=[named, settled])  # type: ignore[list-item]
    assert (found["named"], found["settled"]) == (1.0, 1.0)
