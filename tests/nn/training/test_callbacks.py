"""Early stopping, checkpoints from which training goes on exactly, and classes and probabilities of predictions.

Of nn.callbacks and nn.training.classes.
"""

import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn

DRAWS = random.Random(0)
X = [[DRAWS.uniform(-1, 1), DRAWS.uniform(-1, 1)] for _ in range(37)]
Y = [a * b for a, b in X]
KINDS = [pytest.param(False, id="engine"), pytest.param(True, id="compiled")]


def a_model() -> nn.MLP:
    return nn.MLP(2, [4, 1], activation="tanh", rng=random.Random(1))


def fitted(model: nn.MLP, optimizer: nn.Optimizer, **changes: Any) -> nn.History:
    settings: dict[str, Any] = {"loss": nn.mse, "epochs": 8, "batch_size": 5, "progress": False, "compile": False}
    return nn.fit(model, X, Y, optimizer=optimizer, **(settings | changes))


def require_llvm(compiled: bool) -> None:
    if compiled:
        pytest.importorskip("llvmlite")


@pytest.mark.parametrize("compiled", KINDS)
@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam, nn.RMSprop, nn.Adagrad, nn.AdamW])
def test_four_epochs_and_four_more_are_eight(kind: Any, compiled: bool, tmp_path: Path) -> None:
    require_llvm(compiled)
    whole, half, rest = a_model(), a_model(), a_model()
    fitted(whole, kind(whole.parameters(), lr=0.05), compile=compiled)
    checkpoint = nn.Checkpoint(tmp_path / "run.json", every=2)
    fitted(half, kind(half.parameters(), lr=0.05), compile=compiled, epochs=4, callbacks=[checkpoint])
    optimizer = kind(rest.parameters(), lr=0.9)
    shuffling = nn.Checkpoint(tmp_path / "run.json").restore(rest, optimizer)
    history = fitted(rest, optimizer, compile=compiled, epochs=4, seed=shuffling)
    assert rest.state_dict() == whole.state_dict()
    assert len(history) == 4


def test_a_generator_as_seed_goes_on_from_call_to_call() -> None:
    whole, halves = a_model(), a_model()
    fitted(whole, nn.SGD(whole.parameters(), lr=0.05), seed=random.Random(3))
    sgd, draws = nn.SGD(halves.parameters(), lr=0.05), random.Random(3)
    fitted(halves, sgd, seed=draws, epochs=3)
    fitted(halves, sgd, seed=draws, epochs=5)
    assert halves.state_dict() == whole.state_dict()


def test_a_checkpoint_of_another_model_or_optimizer_changes_nothing(tmp_path: Path) -> None:
    model = a_model()
    path = tmp_path / "run.json"
    fitted(model, nn.Adam(model.parameters()), epochs=1, callbacks=[nn.Checkpoint(path)])
    other = nn.MLP(2, [3, 1])
    before = other.state_dict()
    with pytest.raises(ValueError, match="weight"):
        nn.Checkpoint(path).restore(other, nn.Adam(other.parameters()))
    assert other.state_dict() == before
    same = a_model()
    before = same.state_dict()
    with pytest.raises(ValueError, match="this is not the state of SGD"):
        nn.Checkpoint(path).restore(same, nn.SGD(same.parameters()))
    assert same.state_dict() == before
    model.save(tmp_path / "model.json")
    with pytest.raises(ValueError, match="is a model, but no checkpoint"):
        nn.Checkpoint(tmp_path / "model.json").restore(same, nn.Adam(same.parameters()))
    content = json.loads(path.read_text())
    content["state"]["model"]["layers.0.bias"][0] = 7.0
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="damaged or edited"):
        nn.Checkpoint(path).restore(same, nn.Adam(same.parameters()))


@pytest.mark.parametrize("compiled", KINDS)
def test_it_stops_when_nothing_gets_better_and_the_best_parameters_are_back(compiled: bool) -> None:
    require_llvm(compiled)
    model = a_model()
    kept: list[list[float]] = []
    stopping = nn.EarlyStopping(patience=3)
    held_out = ([[0.5, 0.5], [-0.5, 0.25]], [5.0, -5.0])  # gets worse while the rows get better
    history = fitted(
        model,
        nn.SGD(model.parameters(), lr=0.3),
        epochs=60,
        compile=compiled,
        validation=held_out,
        callbacks=[stopping, lambda now: kept.append([p.data for p in now.model.parameters()])],
    )
    best = min(range(len(history)), key=history.val_loss.__getitem__)
    assert stopping.best == history.val_loss[best]
    assert len(history) == min(60, best + 1 + 3)
    assert [p.data for p in model.parameters()] == kept[best]
    assert "stopped by a callback" in history.stopped or len(history) == 60


def test_without_restoring_the_last_parameters_stay_and_a_run_of_its_own_starts_anew() -> None:
    model = a_model()
    stopping = nn.EarlyStopping(patience=1, monitor="loss", restore_best=False, min_delta=10.0)
    first = fitted(model, nn.SGD(model.parameters(), lr=0.01), callbacks=[stopping])
    assert len(first) == 2
    last = model.state_dict()
    assert len(fitted(model, nn.SGD(model.parameters(), lr=0.01), callbacks=[stopping])) == 2
    assert model.state_dict() != last
    with pytest.raises(ValueError, match="the history has no 'acc', it has loss"):
        fitted(model, nn.SGD(model.parameters()), callbacks=[nn.EarlyStopping(monitor="acc")])
    with pytest.raises((TypeError, ValueError), match="patience"):
        nn.EarlyStopping(patience=0)


def test_probabilities_are_those_of_the_formula_for_logits_scores_and_what_is_one_already() -> None:
    rows = np.array(X)
    one = nn.MLP(2, [3, 1], rng=random.Random(2))
    logits = np.array(nn.predict(one, X))
    np.testing.assert_allclose(nn.predict_proba(one, rows), 1 / (1 + np.exp(-logits)), rtol=1e-14)
    with_sigmoid = nn.MLP(2, [3, 1], output="sigmoid", rng=random.Random(2))
    assert nn.predict_proba(with_sigmoid, X) == nn.predict(with_sigmoid, X)
    many = nn.MLP(2, [3, 4], rng=random.Random(2))
    scores = np.array(nn.predict(many, X))
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(nn.predict_proba(many, rows), shares, rtol=1e-13)
    ended = nn.Sequential(many, autograd.softmax)
    np.testing.assert_allclose(nn.predict_proba(ended, rows), shares, rtol=1e-13)


def test_classes_are_the_largest_or_the_likelier_as_arrays_or_lists() -> None:
    one, many = nn.MLP(2, [3, 1], rng=random.Random(2)), nn.MLP(2, [3, 4], rng=random.Random(2))
    assert nn.predict_class(one, X) == [int(z > 0.0) for z in nn.predict(one, X)]
    found = nn.predict_class(many, np.array(X))
    assert found.dtype.kind == "i"
    np.testing.assert_array_equal(found, np.argmax(nn.predict(many, np.array(X)), axis=1))
    assert math.isclose(nn.accuracy(many, X, found), 1.0)
