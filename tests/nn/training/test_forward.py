"""Many rows go through machine code: predictions, metrics and boundaries are those of the engine."""

import random
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value
from nn.training import forward

pytest.importorskip("llvmlite")
X = np.random.default_rng(2).normal(size=(60, 3))


@pytest.fixture(autouse=True)
def every_pass_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "LEAST", 1)
    monkeypatch.setattr(forward.COMPILED, "pairs", [])


def by_engine(model: Any, rows: Any = X) -> Any:
    return [forward.plain(model(row)) for row in rows.tolist()]


@pytest.mark.parametrize("sizes", [[1], [4, 1], [4, 3], [5, 4, 2]])
def test_predictions_are_the_engines_to_the_bit(sizes: list[int]) -> None:
    model = nn.MLP(3, sizes, rng=random.Random(1))
    found = nn.predict(model, X.tolist())
    assert found == by_engine(model)
    assert len(forward.COMPILED.pairs) == 1


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "softplus", "elu"])
def test_predictions_with_any_activation_are_the_engines_to_the_last_digit(activation: str) -> None:
    model = nn.MLP(3, [6, 2], activation, rng=random.Random(1))
    np.testing.assert_allclose(nn.predict(model, X.tolist()), by_engine(model), rtol=1e-14, atol=1e-15)


def test_arrays_give_arrays_and_lists_lists() -> None:
    one, two = nn.MLP(3, [4, 1], rng=random.Random(1)), nn.MLP(3, [4, 2], rng=random.Random(1))
    for model, shape in ((one, (60,)), (two, (60, 2))):
        array, listed = nn.predict(model, X), nn.predict(model, X.tolist())
        assert isinstance(array, np.ndarray)
        assert (array.shape, array.dtype) == (shape, np.dtype(float))
        assert isinstance(listed, list)
        assert array.tolist() == listed


def test_parameters_that_change_are_seen_and_so_is_a_new_layer() -> None:
    model = nn.MLP(3, [4, 1], rng=random.Random(1))
    nn.predict(model, X)
    model.parameters()[0].data += 0.5
    assert nn.predict(model, X).tolist() == by_engine(model)
    model.layers[1] = nn.Layer(4, 2, rng=random.Random(2))
    assert nn.predict(model, X).tolist() == by_engine(model)


def test_a_model_that_cannot_be_traced_is_computed_by_the_engine() -> None:
    class Looks(nn.Module):
        def __init__(self) -> None:
            self.inner = nn.MLP(3, [2, 1], rng=random.Random(1))

        def __call__(self, x: Any) -> Any:
            out = self.inner(x)
            return out if out.data > 0 else -out

    model = Looks()
    assert nn.predict(model, X).tolist() == by_engine(model)


def test_a_model_that_returns_a_tuple_gives_lists_as_before() -> None:
    class Pair(nn.Module):
        def __init__(self) -> None:
            self.w = Value(2.0)

        def __call__(self, x: Any) -> Any:
            return self.w * x[0], x[1] * 1.0

    assert nn.predict(Pair(), X.tolist()) == [[2.0 * row[0], row[1]] for row in X.tolist()]


def test_rows_that_do_not_fit_get_the_engines_message() -> None:
    model = nn.MLP(3, [2, 1])
    with pytest.raises(ValueError, match="takes 3 inputs, got 2"):
        nn.predict(model, X[:, :2])


def test_accuracy_loss_and_boundary_go_the_same_way() -> None:
    model = nn.MLP(3, [4, 1], rng=random.Random(1))
    y = np.where(X[:, 0] > 0, 1, -1)
    scores = by_engine(model)
    assert nn.accuracy(model, X, y, loss=nn.hinge) == np.mean((np.array(scores) > 0) == (y > 0))
    expected = np.mean(np.maximum(1 - y * np.array(scores), 0.0))
    assert nn.evaluate(model, X, y, loss=nn.hinge)["loss"] == pytest.approx(expected, rel=1e-12)
    shown = nn.decision_boundary(model, X, y, resolution=5)
    assert shown.predicted == [int(score > 0) for score in scores]


def test_only_the_latest_models_are_kept() -> None:
    models = [nn.MLP(3, [1], rng=random.Random(k)) for k in range(10)]
    for model in models:
        nn.predict(model, X)
    assert [key for key, _ in forward.COMPILED.pairs] == [(model,) for model in models[:1:-1]]
