"""`fit` in machine code does what it does in the engine: batches, history, parameters, optimizer, callbacks, errors.

Of nn.training.steps, nn.training.compilation, nn.training.kept and autograd.compiler.training.separation.
"""

import copy
import math
import os
import random
import signal
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.compiler.frontend.tracing import TracingError
from nn.training import steps

pytest.importorskip("llvmlite")
RNG = np.random.default_rng(5)
X = RNG.normal(size=(50, 3))
SCORE = X @ [1.0, -2.0, 0.5]


def network(*sizes: int, **how: Any) -> nn.MLP:
    return nn.MLP(3, list(sizes), rng=random.Random(3), **how)


def pair(make: Callable[[], nn.Module], optimizer: Callable[[Any], Any], y: Any, **how: Any) -> tuple[Any, Any]:
    """(history, model, optimizer) of the same run, by the engine and compiled."""
    found = []
    for compiled in (False, True):
        model = make()
        learner = optimizer(model.parameters())
        history = nn.fit(
            model, how.get("X", X), y, optimizer=learner, progress=False, compile=compiled, **_without(how, "X")
        )
        found.append((history, model, learner))
    return found[0], found[1]


def _without(named: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: x for key, x in named.items() if key != name}


def agree(engine: Any, compiled: Any, rtol: float = 1e-9) -> None:
    (history, model, learner), (other, twin, its) = engine, compiled
    for column in history.columns:
        np.testing.assert_allclose(getattr(other, column), getattr(history, column), rtol=rtol, err_msg=column)
    numbers = [[p.data for p in m.parameters()] for m in (model, twin)]
    np.testing.assert_allclose(numbers[1], numbers[0], rtol=rtol, atol=rtol)
    assert history.stopped == other.stopped
    for name, held in learner.state_dict().items():
        if isinstance(held, (int, float, list)):
            np.testing.assert_allclose(its.state_dict()[name], held, rtol=max(rtol, 1e-8), atol=1e-12, err_msg=name)


LOSSES: dict[str, tuple[Any, Any, tuple[int, ...]]] = {
    "mse": (nn.mse, SCORE, (4, 1)),
    "mae": (nn.mae, SCORE, (4, 1)),
    "huber": (nn.huber, SCORE, (4, 1)),
    "hinge": (nn.hinge, np.where(SCORE > 0, 1, -1), (4, 1)),
    "bce_with_logits": (nn.bce_with_logits, (SCORE > 0).astype(int), (4, 1)),
    "cross_entropy": (nn.cross_entropy, np.digitize(SCORE, [-1.0, 1.0]), (4, 3)),
    "mse of two outputs": (nn.mse, np.stack([SCORE, -SCORE], axis=1), (4, 2)),
}


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
def test_100_epochs_of_sgd_are_the_engines(loss: str) -> None:
    function, y, sizes = LOSSES[loss]
    agree(*pair(lambda: network(*sizes), lambda ps: nn.SGD(ps, lr=0.01), y, loss=function, epochs=100, batch_size=8))


def test_bce_of_a_sigmoid_is_the_engines() -> None:
    make = lambda: network(4, 1, output="sigmoid")  # noqa: E731
    y = (SCORE > 0).astype(float)
    agree(*pair(make, lambda ps: nn.SGD(ps, lr=0.1), y, loss=nn.bce, epochs=20, batch_size=8))


OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "momentum": lambda ps: nn.SGD(ps, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": lambda ps: nn.Adam(ps, lr=0.01),
    "AdamW": lambda ps: nn.AdamW(ps, lr=0.01),
    "RMSprop": lambda ps: nn.RMSprop(ps, lr=0.01),
    "Adagrad": lambda ps: nn.Adagrad(ps, lr=0.01),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(
    "clipping", [{}, {"clip_norm": 0.3}, {"clip_value": 0.1}, {"clip_norm": 0.2, "clip_value": 0.1}]
)
def test_every_optimizer_and_clipping_makes_the_engines_steps(name: str, clipping: dict[str, float]) -> None:
    how = {"loss": nn.mse, "epochs": 3, "batch_size": 16} | clipping
    agree(*pair(lambda: network(4, 1), OPTIMIZERS[name], SCORE, **how), rtol=1e-7)


def test_clipping_is_what_one_would_write_by_hand() -> None:
    model, twin = network(1), network(1)
    nn.fit(
        model,
        X,
        SCORE,
        loss=nn.mse,
        optimizer=nn.SGD(model.parameters(), lr=0.1),
        epochs=1,
        clip_norm=0.5,
        progress=False,
    )
    sgd = nn.SGD(twin.parameters(), lr=0.1)
    nn.mse([twin(row) for row in X], SCORE).backward()
    nn.clip_grad_norm_(twin.parameters(), 0.5)
    sgd.step()
    assert [p.data for p in model.parameters()] == [p.data for p in twin.parameters()]


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [None, 1, 7, 49, 50, 1000])
@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_are_the_same_for_the_same_seed(batch_size: int | None, shuffle: bool) -> None:
    how = {"loss": nn.mse, "epochs": 3, "batch_size": batch_size, "shuffle": shuffle, "seed": 11}
    agree(*pair(lambda: network(1), lambda ps: nn.SGD(ps, lr=0.01), SCORE, **how))


def test_validation_and_metrics_are_measured_after_every_epoch() -> None:
    y = np.where(SCORE > 0, 1, -1)
    how: Any = {
        "loss": nn.hinge,
        "epochs": 5,
        "batch_size": 10,
        "metrics": [nn.accuracy],
        "validation": (X[:20], y[:20]),
    }
    engine, compiled = pair(lambda: network(4, 1), lambda ps: nn.SGD(ps, lr=0.05), y, **how)
    agree(engine, compiled)
    assert [*compiled[0].columns] == ["loss", "accuracy", "val_loss", "val_accuracy"]


def test_callbacks_see_the_parameters_of_their_epoch_and_may_change_everything() -> None:
    seen: dict[bool, list[Any]] = {False: [], True: []}
    for compiled in seen:
        model = network(4, 1)
        adam = nn.Adam(model.parameters(), lr=0.02)

        def callback(state: nn.TrainingState, adam: Any = adam, seen: list[Any] = seen[compiled]) -> bool:
            seen.append([p.data for p in state.model.parameters()])
            adam.lr *= 0.5
            if state.epoch == 2:
                state.model.parameters()[0].data = 0.25
            return state.epoch == 4

        history = nn.fit(
            model,
            X,
            SCORE,
            loss=nn.mse,
            optimizer=adam,
            epochs=9,
            batch_size=8,
            callbacks=[callback],
            progress=False,
            compile=compiled,
        )
        assert (len(history), history.stopped) == (4, "stopped by a callback after epoch 4 of 9")
        seen[compiled].append([p.data for p in model.parameters()])
    np.testing.assert_allclose(seen[True], seen[False], rtol=1e-7)


def test_schedules_work_inside() -> None:
    ends = []
    for compiled in (False, True):
        model = network(1)
        sgd = nn.SGD(model.parameters(), lr=0.1)
        schedule = nn.StepLR(sgd, step_size=2, gamma=0.1)
        how: Any = {"callbacks": [lambda state, s=schedule: s.step()], "progress": False, "compile": compiled}
        nn.fit(model, X, SCORE, loss=nn.mse, optimizer=sgd, epochs=7, batch_size=8, **how)
        ends.append(([p.data for p in model.parameters()], sgd.lr))
    np.testing.assert_allclose(ends[1][0], ends[0][0], rtol=1e-12)
    assert ends[0][1] == ends[1][1] == pytest.approx(1e-4)


def test_only_what_the_optimizer_has_is_trained_and_a_penalty_counts() -> None:
    def run(compiled: bool) -> list[float]:
        model = network(4, 1)
        last = model.layers[-1].parameters()

        def loss(predictions: Any, y: Any) -> Value:
            return nn.mse(predictions, y) + 0.1 * autograd.sum([p * p for p in model.parameters()])

        sgd = nn.SGD(last, lr=0.05)
        nn.fit(model, X, SCORE, loss=loss, optimizer=sgd, epochs=5, batch_size=8, progress=False, compile=compiled)
        return [p.data for p in model.parameters()]

    np.testing.assert_allclose(run(True), run(False), rtol=1e-9)


# losses that are no means


def rmse(predictions: Any, y: Any) -> Value:
    return nn.mse(predictions, y) ** 0.5


def total(predictions: Any, y: Any) -> Value:
    return autograd.sum([(p - t) ** 2 for p, t in zip(predictions, y, strict=True)])


def worst(predictions: Any, y: Any) -> Value:
    return autograd.max([(p - t) ** 2 for p, t in zip(predictions, y, strict=True)])


def first_half(predictions: Any, y: Any) -> Value:
    n = (len(y) + 1) // 2
    return nn.mse(predictions[:n], y[:n])


def by_size(predictions: Any, y: Any) -> Value:
    return nn.mse(predictions, y) if len(y) < 8 else nn.mae(predictions, y)


def centred(predictions: Any, y: Any) -> Value:
    return autograd.mean([(p - predictions[0] - t) ** 2 for p, t in zip(predictions, y, strict=True)])


def penalty_by_size(predictions: Any, y: Any) -> Value:
    return nn.mse(predictions, y) + WEIGHT * (0.001 * len(y))


WEIGHT = Value(1.0)
NO_MEANS = [rmse, total, worst, first_half, by_size, centred, penalty_by_size]


@pytest.mark.parametrize("loss", NO_MEANS)
def test_a_loss_that_is_not_the_mean_of_its_rows_is_found_out(loss: Any) -> None:
    model = network(1)
    how: Any = {"loss": loss, "optimizer": nn.SGD(model.parameters()), "epochs": 1, "batch_size": 10, "progress": False}
    before = [p.data for p in model.parameters()]
    with pytest.raises(TracingError, match="not the mean of its rows"):
        nn.fit(model, X, SCORE, compile=True, **how)
    assert [p.data for p in model.parameters()] == before


def test_by_default_such_a_loss_runs_in_the_engine_and_says_so_once() -> None:
    def run(how: Any) -> list[float]:
        model = network(60, 1)
        sgd = nn.SGD(model.parameters(), lr=0.001)
        nn.fit(model, X[:10], SCORE[:10], loss=total, optimizer=sgd, epochs=2, progress=False, compile=how)
        return [p.data for p in model.parameters()]

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(record=True) as said:
        patch.setattr("nn.training.compilation.LEAST", 1)
        warnings.simplefilter("always")
        found = run(None)
    assert [str(w.message).startswith("nn.fit runs in the engine") for w in said] == [True]
    assert said[0].filename == __file__
    assert found == run(False)


def test_means_written_by_hand_are_compiled() -> None:
    def by_hand(predictions: Any, y: Any) -> Value:
        return sum((1 / len(y)) * (p - t) ** 2 for p, t in zip(predictions, y, strict=True))

    def divided(predictions: Any, y: Any) -> Value:
        return -total(predictions, y) / -len(y)

    for loss in (by_hand, divided):
        agree(*pair(lambda: network(4, 1), lambda ps: nn.SGD(ps, lr=0.01), SCORE, loss=loss, epochs=5, batch_size=8))


def test_what_cannot_be_traced_names_the_users_line() -> None:
    def looks(predictions: Any, y: Any) -> Value:
        return nn.mse(predictions, y) if predictions[0].data > 0 else nn.mae(predictions, y)

    model = network(1)
    how: Any = {"loss": looks, "optimizer": nn.SGD(model.parameters()), "epochs": 1, "progress": False}
    with pytest.raises(TracingError):
        nn.fit(model, X, SCORE, compile=True, **how)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nn.training.compilation.LEAST", 1)
        with pytest.warns(RuntimeWarning, match=r"test_fit_compiled\.py, line \d+"):
            nn.fit(model, X, SCORE, **how)


def test_a_short_run_stays_in_the_engine_and_a_long_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    from nn.training import compilation

    for kind in (compilation.EngineSteps, compilation.CompiledSteps):  # type: ignore[attr-defined]
        monkeypatch.setattr(
            compilation, kind.__name__, lambda *given, kind=kind: made.append(kind.__name__) or kind(*given)
        )
    model = network(4, 1)
    for epochs in (1, 1000):
        sgd = nn.SGD(model.parameters(), lr=0.001)
        nn.fit(model, X, SCORE, loss=nn.mse, optimizer=sgd, epochs=epochs, progress=False)
    assert made == ["EngineSteps", "CompiledSteps"]


# what goes wrong


@pytest.mark.parametrize("compiled", [False, True])
def test_a_run_that_explodes_goes_back_to_where_its_last_good_epoch_started(compiled: bool) -> None:
    model = network(4, 1)
    sgd = nn.SGD(model.parameters(), lr=1e3)
    with pytest.raises(nn.Diverged, match=r"became (inf|nan|-inf) in epoch \d+") as caught:
        nn.fit(model, X, SCORE, loss=nn.mse, optimizer=sgd, epochs=50, batch_size=10, progress=False, compile=compiled)
    assert all(math.isfinite(p.data) for p in model.parameters())
    assert all(map(math.isfinite, caught.value.history.loss))


def test_both_explode_in_the_same_step_with_the_same_parameters_left() -> None:
    ends = []
    for compiled in (False, True):
        model = network(4, 1)
        sgd = nn.SGD(model.parameters(), lr=1e3)
        how: Any = {"epochs": 50, "batch_size": 10, "progress": False, "compile": compiled}
        with pytest.raises(nn.Diverged) as caught:
            nn.fit(model, X, SCORE, loss=nn.mse, optimizer=sgd, **how)
        ends.append((str(caught.value), [p.data for p in model.parameters()]))
    assert ends[0][0] == ends[1][0]
    np.testing.assert_allclose(ends[1][1], ends[0][1], rtol=1e-9)


def test_targets_that_do_not_fit_are_named_with_their_row_and_nothing_changes() -> None:
    model = network(4, 1)
    sgd = nn.SGD(model.parameters())
    before = [p.data for p in model.parameters()]
    y = np.where(SCORE > 0, 1.0, -1.0)
    y[17] = 0.0
    with pytest.raises(ValueError, match=r"row 17.*hinge takes −1 and 1"):
        nn.fit(model, X, y, loss=nn.hinge, optimizer=sgd, epochs=3, progress=False, compile=True)
    assert [p.data for p in model.parameters()] == before


def test_nan_in_the_data_is_divergence_and_changes_nothing() -> None:
    model = network(4, 1)
    bad = X.copy()
    bad[3, 1] = math.nan
    before = [p.data for p in model.parameters()]
    with pytest.raises(nn.Diverged, match="nan"):
        nn.fit(
            model, bad, SCORE, loss=nn.mse, optimizer=nn.SGD(model.parameters()), epochs=3, progress=False, compile=True
        )
    assert [p.data for p in model.parameters()] == before


def test_ctrl_c_stops_a_compiled_run_and_keeps_what_was_learned() -> None:
    model = network(16, 1)
    before = [p.data for p in model.parameters()]
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    how: Any = {"epochs": 10**7, "batch_size": 5, "progress": False, "compile": True}
    history = nn.fit(model, X, SCORE, loss=nn.mse, optimizer=nn.SGD(model.parameters(), lr=1e-4), **how)
    assert history.stopped == "stopped by Ctrl-C, 10000000 epochs were asked for"
    assert history.loss[-1] < history.loss[0]
    assert [p.data for p in model.parameters()] != before


def test_a_model_that_draws_random_numbers_is_refused() -> None:
    class Noisy(nn.Module):
        def __init__(self) -> None:
            self.inner = network(4, 1)

        def __call__(self, x: Any) -> Any:
            return self.inner(x) * (1.0 + random.random())

    model = Noisy()
    with pytest.raises(TracingError):
        nn.fit(
            model, X, SCORE, loss=nn.mse, optimizer=nn.SGD(model.parameters()), epochs=1, compile=True, progress=False
        )


def test_a_callback_that_replaces_a_layer_is_an_error_when_compiled_too() -> None:
    model = network(4, 1)

    def replace(state: nn.TrainingState) -> None:
        model.layers[0] = nn.Layer(3, 4, rng=random.Random(1))

    with pytest.raises(ValueError, match="a callback replaced parameters"):
        nn.fit(
            model,
            X,
            SCORE,
            loss=nn.mse,
            optimizer=nn.SGD(model.parameters()),
            epochs=3,
            callbacks=[replace],
            progress=False,
            compile=True,
        )


def test_a_second_run_of_the_same_model_and_loss_goes_on_with_the_same_code() -> None:
    model, twin = network(4, 1), network(4, 1)
    adam, other = nn.Adam(model.parameters()), nn.Adam(twin.parameters())
    how: Any = {"loss": nn.mse, "batch_size": 8, "progress": False}
    for seed in (1, 2, 3):
        nn.fit(model, X, SCORE, optimizer=adam, epochs=2, seed=seed, compile=True, **how)
        nn.fit(twin, X, SCORE, optimizer=other, epochs=2, seed=seed, compile=False, **how)
    (compiled,) = [thing for key, thing in steps.COMPILED.pairs if key[0] is model]
    assert (compiled.cache_info().misses, compiled.cache_info().hits) == (1, 2)
    np.testing.assert_allclose([p.data for p in model.parameters()], [p.data for p in twin.parameters()], rtol=1e-7)


def test_a_layer_that_is_replaced_between_two_runs_is_seen() -> None:
    model = network(4, 1)
    for layer in (model.layers[0], nn.Layer(3, 4, "tanh", rng=random.Random(9))):
        model.layers[0] = layer
        twin = copy.deepcopy(model)
        for net, compiled in ((model, True), (twin, False)):
            sgd = nn.SGD(net.parameters(), lr=0.01)
            nn.fit(net, X, SCORE, loss=nn.mse, optimizer=sgd, epochs=3, progress=False, compile=compiled)
        np.testing.assert_allclose([p.data for p in model.parameters()], [p.data for p in twin.parameters()], rtol=1e-9)
