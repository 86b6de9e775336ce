"""Weights, a share held out, targets of other shapes, scikit-learn's metrics, and the search for a learning rate.

Of nn.training.options.weights, nn.training.options.splits, nn.training.options.targets,
nn.training.options.metrics and nn.inspection.rates.
"""

import random
from typing import Any

import pytest

import nn

np = pytest.importorskip("numpy", reason="numpy is not installed")
pytest.importorskip("llvmlite", reason="llvmlite is not installed")

RNG = np.random.RandomState(0)
X = RNG.randn(60, 3)
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
both = pytest.mark.parametrize("compile", [False, True])


def trained(
    y: Any, compile: bool, loss: Any = nn.cross_entropy, outputs: int = 3, **options: Any
) -> tuple[Any, nn.History]:
    model = nn.MLP(3, [5, outputs], "tanh", rng=random.Random(0))
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    settings = {"epochs": 3, "batch_size": 16, "progress": False, "shuffle": False, "compile": compile}
    history = nn.fit(model, X, y, loss=loss, optimizer=optimizer, **{**settings, **options})
    return model, history


def in_torch(weights: Any, epochs: int = 3, rows: int = 60) -> tuple[list[list[float]], float]:
    """The same training in PyTorch, with the loss mean(weight · cross-entropy): the first weights, the last loss."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    net = nn.to_torch(nn.MLP(3, [5, 3], "tanh", rng=random.Random(0)))
    sgd = torch.optim.SGD(net.parameters(), lr=0.1)
    x, y, w = torch.tensor(X), torch.tensor(Y), torch.tensor(weights, dtype=torch.float64)
    for _ in range(epochs):
        total = 0.0
        for start in range(0, rows, 16):
            part = slice(start, min(start + 16, rows))
            losses = torch.nn.functional.cross_entropy(net(x[part]), y[part], reduction="none")
            loss = (w[part] * losses).mean()
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            total += loss.item() * len(losses)
    return net[0].weight.tolist(), total / rows


def first_layer(model: Any) -> list[Any]:
    return [pytest.approx([w.data for w in neuron.w], rel=1e-9, abs=1e-12) for neuron in model.layers[0].neurons]


@both
def test_each_row_counts_as_its_weight_says_as_in_pytorch(compile: bool) -> None:
    weights = np.linspace(0.0, 2.0, 60)
    model, history = trained(Y, compile, sample_weight=weights)
    expected, loss = in_torch(weights)
    assert expected == first_layer(model)
    assert history.loss[-1] == pytest.approx(loss, rel=1e-9)


@both
def test_each_class_counts_as_its_weight_says_and_balanced_makes_them_alike(compile: bool) -> None:
    model, _ = trained(Y, compile, class_weight={0: 1.0, 1: 2.0, 2: 0.5})
    assert in_torch(np.choose(Y, [1.0, 2.0, 0.5]))[0] == first_layer(model)
    model, _ = trained(Y, compile, class_weight="balanced")
    counts = np.bincount(Y)
    assert in_torch(60 / (3 * counts[Y]))[0] == first_layer(model)


@both
def test_weights_multiply_and_a_loss_of_one_output_is_weighted_too(compile: bool) -> None:
    y = (Y > 0).astype(float)
    _, twice = trained(y, compile, nn.bce_with_logits, 1, sample_weight=[2.0] * 60, class_weight={0.0: 0.5, 1.0: 0.5})
    _, plain = trained(y, compile, nn.bce_with_logits, 1)
    assert twice.loss == pytest.approx(plain.loss, rel=1e-12)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"sample_weight": [1.0]}, ValueError, "sample_weight has 1 weights for 60 rows"),
        ({"sample_weight": [-1.0] * 60}, ValueError, "sample_weight: row 0 must not be negative, got -1.0"),
        ({"sample_weight": [0.0] * 60}, ValueError, "all weights are 0"),
        ({"sample_weight": ["a"] * 60}, TypeError, "sample_weight: row 0: expected a real number"),
        ({"class_weight": {0: 1.0}}, ValueError, "no weight for the classes 1, 2"),
        ({"class_weight": "equal"}, TypeError, "class_weight is a dict"),
        ({"validation_split": 1.0}, ValueError, "above 0 and below 1, got 1.0"),
        ({"validation_split": 0.5, "validation": (X, Y)}, ValueError, "not both"),
    ],
)
def test_what_does_not_fit_is_said(options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        trained(Y, False, **options)


@both
def test_the_last_share_of_the_rows_is_held_out(compile: bool) -> None:
    weights = np.linspace(0.5, 1.5, 60)
    model, history = trained(Y, compile, validation_split=0.2, sample_weight=weights, metrics=[nn.accuracy])
    assert in_torch(weights, rows=48)[0] == first_layer(model)
    held_out = nn.evaluate(model, X[48:], Y[48:], loss=nn.cross_entropy, metrics=[nn.accuracy])
    assert history.val_loss[-1] == pytest.approx(held_out["loss"], rel=1e-12)
    assert history.val_accuracy[-1] == held_out["accuracy"]


@both
def test_one_hot_labels_and_smoothed_ones_are_targets(compile: bool) -> None:
    one_hot, plain = trained(np.eye(3)[Y], compile), trained(Y, compile)
    assert one_hot[1].loss == pytest.approx(plain[1].loss, rel=1e-12)
    assert nn.accuracy(one_hot[0], X, np.eye(3)[Y]) == nn.accuracy(plain[0], X, Y)
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    shares = 0.9 * np.eye(3)[Y] + 0.1 / 3
    model, _ = trained(shares, compile)
    found = nn.evaluate(model, X, shares, loss=nn.cross_entropy)["loss"]
    theirs = torch.nn.functional.cross_entropy(nn.to_torch(model)(torch.tensor(X)), torch.tensor(shares))
    assert found == pytest.approx(theirs.item(), rel=1e-12)


@both
def test_labels_that_do_not_add_up_are_an_error_at_their_row(compile: bool) -> None:
    labels = np.eye(3)[Y]
    labels[40] = [0.5, 0.2, 0.1]
    with pytest.raises(ValueError, match=r"the sum of the labels .*row (40|8) is 0.79.*, but it must be 1"):
        trained(labels, compile)


def test_a_column_of_targets_is_taken_as_its_numbers() -> None:
    y = X[:, :1]
    model, column = trained(y, False, nn.mse, 1)
    _, flat = trained(y.ravel(), False, nn.mse, 1)
    assert column.loss == flat.loss
    assert nn.evaluate(model, X, y, loss=nn.mse) == nn.evaluate(model, X, y.ravel(), loss=nn.mse)


def test_scikit_learns_metrics_are_taken_as_they_are() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    given = [metrics.accuracy_score, metrics.log_loss, nn.accuracy]
    model, history = trained(Y, False, metrics=given)
    assert history.accuracy_score == history.accuracy
    assert history.log_loss[-1] == pytest.approx(nn.evaluate(model, X, Y, loss=nn.cross_entropy)["loss"], rel=1e-9)
    y = (Y > 0).astype(float)
    _, history = trained(y, False, nn.bce_with_logits, 1, metrics=[metrics.roc_auc_score, metrics.f1_score])
    assert 0.0 < history.roc_auc_score[-1] <= 1.0
    model, history = trained(2 * y - 1, False, nn.hinge, 1, metrics=[metrics.accuracy_score])
    assert history.accuracy_score[-1] == nn.accuracy(model, X, 2 * y - 1)
    model, history = trained(X[:, 0], False, nn.mse, 1, metrics=[metrics.r2_score, metrics.mean_squared_error])
    assert history.mean_squared_error[-1] == pytest.approx(nn.evaluate(model, X, X[:, 0], loss=nn.mse)["loss"])


# The search for a learning rate


@pytest.mark.parametrize("steps", [60, 3000])  # by the engine, and compiled
def test_the_loss_falls_most_steeply_between_too_small_and_too_large(steps: int) -> None:
    model = nn.MLP(3, [8, 3], "tanh", rng=random.Random(0))
    adam = nn.Adam(model.parameters(), lr=0.123)
    before = [p.data for p in model.parameters()]
    found = nn.find_learning_rate(model, X, Y, loss=nn.cross_entropy, optimizer=adam, steps=steps, lowest=1e-5)
    assert 1e-4 < found.suggestion < 1.0
    assert found.losses[0] > min(found.losses)
    assert [p.data for p in model.parameters()] == before
    assert (adam.lr, adam.steps) == (0.123, 0)
    assert found.rates == sorted(found.rates)
    assert repr(found).splitlines()[-1].split() == ["suggestion", f"{found.suggestion:.1e}"]


def test_the_test_ends_where_the_loss_explodes_and_its_limits_are_checked() -> None:
    model = nn.MLP(3, [8, 1], rng=random.Random(0))
    sgd = nn.SGD(model.parameters())
    found = nn.find_learning_rate(model, X, X[:, 0], loss=nn.mse, optimizer=sgd, lowest=1e-3, highest=1e6)
    assert found.rates[-1] < 1e5
    with pytest.raises(ValueError, match=r"from lowest to highest, above 0; got 0.0 and 10.0"):
        nn.find_learning_rate(model, X, X[:, 0], loss=nn.mse, optimizer=sgd, lowest=0.0)


def test_it_can_be_plotted() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    model = nn.MLP(3, [1], rng=random.Random(0))
    sgd = nn.SGD(model.parameters())
    ax = nn.find_learning_rate(model, X, X[:, 0], loss=nn.mse, optimizer=sgd, steps=20).plot()
    assert ax.get_xscale() == "log"
    assert "steepest fall" in ax.get_legend().get_texts()[0].get_text()
