"""fit, predict, evaluate, accuracy and History: what they do, show, survive and refuse.

Of nn.training.loop, nn.training.evaluation, nn.training.history, nn.training.interrupts, nn.training.batches and
autograd.support.collector.
"""

import copy
import gc
import io
import math
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading
import tracemalloc
from typing import Any

import pytest
from paths import LIBRARY, ROOT

import nn
from autograd import Value
from nn.training import progress

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.25]]
Y = [1.0, 3.0, -1.0, 1.5, 0.25]


def a_model(seed: int = 0, nouts: tuple[int, ...] = (4, 1)) -> nn.MLP:
    return nn.MLP(2, list(nouts), activation="tanh", rng=random.Random(seed))


def fitted(model: nn.MLP | None = None, **changes: Any) -> nn.History:
    """A short, silent run."""
    model = model or a_model()
    optimizer = nn.SGD(model.parameters(), lr=0.05)
    settings: dict[str, Any] = {"loss": nn.mse, "optimizer": optimizer, "epochs": 3, "progress": False}
    return nn.fit(model, X, Y, **(settings | changes))


# What fit does


def test_fit_does_the_loop_that_one_would_write() -> None:
    model, same = a_model(), a_model()
    history = fitted(model, epochs=5)
    losses = []
    for _ in range(5):
        loss = nn.mse([same(x) for x in X], Y)
        same.zero_grad()
        loss.backward()
        for p in same.parameters():
            p.data -= 0.05 * p.grad
        losses.append(loss.data)
    assert history.loss == losses
    assert model.state_dict() == same.state_dict()


@pytest.mark.slow
def test_fit_agrees_with_pytorch() -> None:
    torch = pytest.importorskip("torch")
    model = a_model()
    names = {"0.weight": "layers.0.weight", "0.bias": "layers.0.bias", "2.weight": "layers.1.weight"}
    names["2.bias"] = "layers.1.bias"
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)).double()
    state = model.state_dict()
    theirs.load_state_dict({a: torch.tensor(state[b], dtype=torch.float64) for a, b in names.items()})
    adam = torch.optim.Adam(theirs.parameters(), lr=0.05)
    inputs, targets, losses = torch.tensor(X, dtype=torch.float64), torch.tensor(Y, dtype=torch.float64), []
    for _ in range(20):
        loss = torch.nn.functional.mse_loss(theirs(inputs)[:, 0], targets)
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    history = fitted(model, epochs=20, optimizer=nn.Adam(model.parameters(), lr=0.05))
    assert history.loss == pytest.approx(losses, abs=1e-12)


def test_a_batch_loss_is_averaged_over_the_rows() -> None:
    model = a_model()
    frozen = nn.SGD(model.parameters(), lr=0.0)
    whole = nn.evaluate(model, X, Y, loss=nn.mse)["loss"]
    history = fitted(model, optimizer=frozen, batch_size=2, epochs=1)  # batches of 2, 2 and 1
    assert history.loss == pytest.approx([whole], abs=1e-15)


def test_every_row_comes_once_an_epoch_in_another_order() -> None:
    seen: list[list[float]] = []

    def loss(predictions: list[Value], targets: list[float]) -> Value:
        seen.append(targets)
        return nn.mse(predictions, targets)

    fitted(loss=loss, batch_size=2, epochs=2)
    assert [len(batch) for batch in seen] == [2, 2, 1] * 2
    first, second = [[y for batch in batches for y in batch] for batches in (seen[:3], seen[3:])]
    assert sorted(first) == sorted(second) == sorted(Y)
    assert first != second
    seen.clear()
    fitted(loss=loss, batch_size=2, epochs=1, shuffle=False)
    assert [y for batch in seen for y in batch] == Y


def test_the_seed_decides_the_order_and_the_global_generator_is_left_alone() -> None:
    before = random.getstate()
    first, second, third = [fitted(batch_size=2, seed=seed).loss for seed in (1, 1, 2)]
    assert first == second != third
    assert random.getstate() == before


def test_validation_and_metrics_are_measured_after_each_epoch() -> None:
    model = a_model()
    losses, accuracies = [], []

    def record(state: nn.TrainingState) -> None:
        losses.append(nn.evaluate(model, X[:2], Y[:2], loss=nn.mse)["loss"])
        accuracies.append(first_output(model, X, Y))

    def first_output(model: nn.Module, X: Any, y: Any) -> float:
        return float(nn.predict(model, X)[0])

    history = fitted(model, validation=(X[:2], Y[:2]), metrics=[first_output], callbacks=[record])
    assert list(history.columns) == ["loss", "first_output", "val_loss", "val_first_output"]
    assert history.val_loss == losses
    assert history.first_output == accuracies == history.val_first_output


def test_numpy_arrays_give_what_lists_give() -> None:
    np = pytest.importorskip("numpy")
    model, same = a_model(), a_model()
    fitted(model)
    nn.fit(
        same,
        np.array(X),
        np.array(Y),
        loss=nn.mse,
        optimizer=nn.SGD(same.parameters(), lr=0.05),
        epochs=3,
        progress=False,
    )
    assert same.state_dict() == model.state_dict()


def test_classes_and_several_outputs_can_be_learned() -> None:
    model = a_model(nouts=(8, 3))
    rng = random.Random(0)
    rows = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(60)]
    classes = [0 if x < -0.3 else 1 if y < 0 else 2 for x, y in rows]
    adam = nn.Adam(model.parameters(), lr=0.1)
    history = nn.fit(model, rows, classes, loss=nn.cross_entropy, optimizer=adam, epochs=60, progress=False)
    assert history.loss[-1] < 0.3 * history.loss[0]
    assert nn.accuracy(model, rows, classes) > 0.95
    both = a_model(nouts=(4, 2))
    sgd = nn.SGD(both.parameters(), lr=0.1)
    targets = [[x, -y] for x, y in rows]
    assert nn.fit(both, rows, targets, loss=nn.mse, optimizer=sgd, epochs=5, progress=False).loss[-1] < 1.0


def test_callbacks_see_each_epoch_and_may_stop_the_run() -> None:
    seen: list[int] = []

    def record(state: nn.TrainingState) -> bool:
        seen.append(state.epoch)
        assert len(state.history) == state.epoch
        return state.epoch == 4

    history = fitted(epochs=9, callbacks=[record, lambda state: None])
    assert seen == [1, 2, 3, 4]
    assert history.stopped == "stopped by a callback after epoch 4 of 9"


def test_numpys_true_stops_a_run_as_pythons_does_and_a_false_or_a_table_does_not() -> None:
    np = pytest.importorskip("numpy")
    for answer, epochs in ((np.True_, 1), (np.False_, 3), (np.array([True]), 3), (1, 3)):
        history = fitted(a_model(), epochs=3, callbacks=[lambda state: answer])  # noqa: B023
        assert len(history) == epochs


def test_a_callback_that_replaces_parameters_is_an_error_and_one_that_changes_them_is_not() -> None:
    def replace(state: nn.TrainingState) -> None:
        state.model.layers[0] = nn.Layer(2, 3)  # type: ignore[attr-defined]

    with pytest.raises(ValueError, match="a callback replaced parameters of the model, and the optimizer would go on"):
        fitted(a_model(), callbacks=[replace])
    state = a_model().state_dict()
    fitted(a_model(), callbacks=[lambda now: now.model.load_state_dict(state)])


@pytest.mark.parametrize("data", ["0.5", Value(1.0), None])
def test_a_parameter_that_holds_no_number_is_named_before_a_run(data: Any) -> None:
    model = a_model()
    model.layers[0].neurons[1].w[0].data = data
    others = [p.data for p in model.parameters()]
    with pytest.raises(TypeError, match=r"parameter 3 \(w21\): its \.data is .*, not a number"):
        fitted(model)
    assert all(a is b for a, b in zip([p.data for p in model.parameters()], others, strict=True))


def test_a_schedule_is_a_callback() -> None:
    model = a_model()
    optimizer = nn.SGD(model.parameters(), lr=0.8)
    rates: list[float] = []
    schedule = nn.StepLR(optimizer, 2, gamma=0.5)
    fitted(model, optimizer=optimizer, epochs=5, callbacks=[lambda state: rates.append(optimizer.lr), schedule])
    assert rates == [0.8, 0.8, 0.4, 0.4, 0.2]


def test_only_what_the_optimizer_has_is_trained() -> None:
    model = a_model()
    before = model.layers[0].state_dict()
    fitted(model, optimizer=nn.SGD(model.layers[1].parameters(), lr=0.1))
    assert model.layers[0].state_dict() == before


# predict, evaluate, accuracy


def test_predict_gives_plain_numbers() -> None:
    one, two = a_model(), a_model(nouts=(3, 2))
    assert nn.predict(one, X) == [one(x).data for x in X]
    assert nn.predict(two, X) == [[out.data for out in two(x)] for x in X]


def test_evaluate_gives_loss_and_metrics() -> None:
    model = a_model()
    found = nn.evaluate(model, X, [1, 0, 1, 0, 1], loss=nn.bce_with_logits, metrics=[nn.accuracy])
    assert found["loss"] == nn.bce_with_logits([model(x) for x in X], [1, 0, 1, 0, 1]).data
    assert found["accuracy"] == nn.accuracy(model, X, [1, 0, 1, 0, 1])


class Given(nn.Module):
    """A model whose outputs are its inputs."""

    def __call__(self, x: list[float]) -> Any:
        return x if len(x) > 1 else x[0]


def test_accuracy_of_one_output_compares_with_the_threshold() -> None:
    scores = [[-2.0], [0.1], [0.6], [3.0]]
    assert nn.accuracy(Given(), scores, [0, 1, 1, 0]) == 0.75
    assert nn.accuracy(Given(), scores, [-1, 1, 1, -1]) == 0.75
    assert nn.accuracy(Given(), scores, [0, 0, 1, 1], threshold=0.5) == 1.0
    assert nn.accuracy(Given(), scores, [[0], [1], [1], [1]]) == 1.0
    assert nn.accuracy(Given(), [[math.nan], [math.nan]], [0, 1]) == 0.0


def test_accuracy_of_several_outputs_takes_the_largest() -> None:
    scores = [[1.0, 2.0, 0.0], [3.0, 1.0, 2.0], [0.0, 1.0, 2.0], [0.0, 1.0, 2.0]]
    assert nn.accuracy(Given(), scores, [1, 0, 2, 0]) == 0.75


# Memory and the collector


def test_the_collector_is_paused_in_a_step_and_then_as_before() -> None:
    states: list[bool] = []

    def loss(predictions: list[Value], targets: list[float]) -> Value:
        states.append(gc.isenabled())
        return nn.mse(predictions, targets)

    fitted(loss=loss, callbacks=[lambda state: states.append(gc.isenabled())], epochs=2)
    assert states == [False, True] * 2
    gc.disable()
    try:
        fitted()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_comes_back_after_an_error() -> None:
    def loss(predictions: list[Value], targets: list[float]) -> Value:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fitted(loss=loss)
    assert gc.isenabled()


def test_the_collector_never_walks_a_graph() -> None:
    model = nn.MLP(2, [16, 16, 1])
    collected: list[int] = []

    def count(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            collected.append(sum(type(thing) is Value for thing in gc.get_objects(generation=0)))

    rows = [[random.random(), random.random()] for _ in range(100)]
    gc.callbacks.append(count)
    try:
        fitted_on = nn.fit(
            model, rows, [0.0] * 100, loss=nn.mse, optimizer=nn.SGD(model.parameters()), epochs=5, progress=False
        )
    finally:
        gc.callbacks.remove(count)
    assert len(fitted_on) == 5
    assert max(collected, default=0) < 400  # the parameters; a step makes more than 6,000 nodes


@pytest.mark.slow
def test_memory_stays_flat_over_1000_steps() -> None:
    model = a_model()
    sizes: list[int] = []

    def measure(state: nn.TrainingState) -> None:
        if state.epoch in (100, 1000):
            sizes.append(tracemalloc.get_traced_memory()[0])

    gc.disable()  # nothing is left to it
    tracemalloc.start()
    try:
        fitted(model, epochs=1000, callbacks=[measure])
    finally:
        tracemalloc.stop()
        gc.enable()
    assert sizes[1] - sizes[0] < 200_000  # the history itself: 900 floats; one graph kept a step would be 40 MB


# Ctrl-C


def test_ctrl_c_stops_after_the_step_and_keeps_what_there_is() -> None:
    model, same = a_model(), a_model()
    calls = 0

    def loss(predictions: list[Value], targets: list[float]) -> Value:
        nonlocal calls
        calls += 1
        if calls == 4:
            signal.raise_signal(signal.SIGINT)
        return nn.mse(predictions, targets)

    history = fitted(model, loss=loss, epochs=50)
    assert calls == len(history) == 4
    assert history.stopped == "stopped by Ctrl-C, 50 epochs were asked for"
    fitted(same, epochs=4)
    assert model.state_dict() == same.state_dict()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_within_an_epoch_keeps_the_part_that_was_done() -> None:
    calls = 0

    def loss(predictions: list[Value], targets: list[float]) -> Value:
        nonlocal calls
        calls += 1
        if calls == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return nn.mse(predictions, targets)

    history = fitted(loss=loss, epochs=50, batch_size=2, validation=(X, Y))
    assert calls == 6  # three batches and the validation, then one batch and the validation
    assert len(history.loss) == len(history.val_loss) == 2


def test_a_second_ctrl_c_stops_at_once() -> None:
    def loss(predictions: list[Value], targets: list[float]) -> Value:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("not reached")

    history = fitted(loss=loss)
    assert len(history) == 0
    assert history.stopped.startswith("stopped by Ctrl-C")


def test_a_keyboard_interrupt_from_anywhere_returns_the_history() -> None:
    def interrupt(state: nn.TrainingState) -> None:
        if state.epoch == 2:
            raise KeyboardInterrupt

    assert len(fitted(callbacks=[interrupt], epochs=9)) == 2


def test_fit_runs_outside_the_main_thread() -> None:
    found: list[nn.History] = []
    thread = threading.Thread(target=lambda: found.append(fitted()))
    thread.start()
    thread.join()
    assert len(found[0]) == 3


# nan and inf


def test_a_loss_that_is_not_finite_names_epoch_and_batch_and_goes_back() -> None:
    model = a_model()
    starts: list[Any] = [model.state_dict()]
    calls = 0

    def loss(predictions: list[Value], targets: list[float]) -> Value:
        nonlocal calls
        calls += 1
        out = nn.mse(predictions, targets)
        return out * math.nan if calls == 8 else out

    with pytest.raises(
        nn.Diverged, match=r"the loss became nan in epoch 3, batch 2 of 3: lower the learning rate"
    ) as e:
        fitted(
            model, loss=loss, epochs=9, batch_size=2, callbacks=[lambda state: starts.append(state.model.state_dict())]
        )
    assert model.state_dict() == starts[2]
    assert len(e.value.history) == 2
    assert isinstance(e.value, FloatingPointError)


def test_a_run_that_explodes_ends_where_its_last_finite_loss_came_from() -> None:
    model = nn.MLP(2, [4, 1], rng=random.Random(0))
    with pytest.raises(FloatingPointError, match=r"the loss became (nan|inf) in epoch \d+, batch 1 of 1") as e:
        fitted(model, optimizer=nn.SGD(model.parameters(), lr=1e30), epochs=100)
    history = e.value.history  # type: ignore[attr-defined]
    assert nn.evaluate(model, X, Y, loss=nn.mse)["loss"] == history.loss[-1] < math.inf


def test_a_last_step_that_makes_a_parameter_infinite_is_noticed() -> None:
    model = a_model()
    before = model.state_dict()
    with pytest.raises(FloatingPointError, match=r"a parameter became nan or inf in epoch 1, batch 1 of 1"):
        fitted(model, optimizer=nn.SGD(model.parameters(), lr=math.inf), epochs=1)
    assert model.state_dict() == before


def test_nan_in_the_data_is_the_same_error_and_changes_nothing() -> None:
    model = a_model()
    before = model.state_dict()
    with pytest.raises(FloatingPointError, match=r"epoch 1, batch 1 of 1.*or look for nan and inf in the data"):
        nn.fit(
            model,
            [[math.nan, 1.0]],
            [1.0],
            loss=nn.mse,
            optimizer=nn.SGD(model.parameters()),
            epochs=1,
            progress=False,
        )
    assert model.state_dict() == before


# What is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": []}, r"X is empty: give at least one row"),
        ({"y": Y[:4]}, r"y has 4 targets for 5 rows of numbers: give one for each row"),
        ({"X": [*X[:3], [1.0], X[4]]}, r"X: row 3 has length 1, row 0 has 2: make them alike"),
        ({"X": [*X[:3], [1.0, "a"], X[4]]}, r"X: row 3, column 1: expected a real number, got 'a' \(str\): turn text"),
        ({"X": [*X[:3], [1.0, None], X[4]]}, r"X: row 3, column 1: expected a real number, got None: fill in or drop"),
        ({"X": [*X[:3], [1.0, 2j], X[4]]}, r"X: row 3, column 1: expected a real number, got 2j \(complex\)"),
        ({"X": [0.0, 1.0, 2.0, 3.0, 4.0]}, r"X: row 0: expected a list of numbers, got 0.0 \(float\): write \[0.0\]"),
        ({"X": [[x] for x in range(5)]}, r"Layer\(2, 4, tanh\) takes 2 inputs, got 1"),
        ({"X": "data"}, r"X: expected a list of numbers, got 'data' \(str\)"),
        ({"y": [*Y[:4], "one"]}, r"y: row 4: expected a real number, got 'one'"),
        ({"y": [[1.0], [1.0], [1.0], [1.0, 2.0], [1.0]]}, r"y: row 3 has length 2, row 0 has 1"),
        ({"epochs": 0}, r"epochs must be a whole number of at least 1, got 0"),
        ({"epochs": 2.5}, r"epochs must be a whole number of at least 1, got 2.5"),
        ({"batch_size": 0}, r"batch_size must be a whole number of at least 1, got 0"),
        ({"batch_size": -1}, r"batch_size must be a whole number of at least 1, got -1"),
        ({"validation": (X,)}, r"validation must be a pair \(X, y\)"),
        ({"validation": (X, Y[:2])}, r"validation y has 2 targets for 5 rows"),
        ({"loss": lambda p, t: 1.0}, r"the loss is 1.0 \(float\), not one Value: compute it with autograd's functions"),
        ({"loss": lambda p, t: p}, r"the loss is \[.*list\), not one Value"),
        ({"validation": 5}, r"validation must be a pair \(X, y\), got 5"),
        ({"validation": ([[1.0, 2.0, 3.0]], [1.0])}, r"takes 2 inputs, got 3"),
        ({"loss": "mse"}, r"loss is 'mse' \(str\): give a function"),
        ({"metrics": nn.accuracy}, r"metrics: expected a list of functions, got <function"),
        ({"metrics": ["accuracy"]}, r"metrics: expected a list of functions, got \['accuracy'\]"),
        ({"metrics": [nn.accuracy, nn.accuracy]}, r"each metric needs a name of its own: loss, accuracy, accuracy"),
        ({"metrics": [lambda *_: 1 / 0]}, "division by zero"),
        ({"callbacks": [3]}, r"callbacks: expected a list of functions, got \[3\]"),
        ({"y": [1, 0, 1, 1, 1], "loss": nn.hinge, "batch_size": 1}, r"hinge takes −1 and 1"),
        ({"optimizer": nn.SGD}, r"optimizer is <class 'nn.op.*SGD'> .*: write for instance nn.Adam"),
        ({"optimizer": nn.SGD(a_model().parameters())}, r"the optimizer has none of this model's parameters"),
    ],
)
def test_what_does_not_fit_is_an_error_and_changes_nothing(changes: dict[str, Any], message: str) -> None:
    model = a_model()
    before = model.state_dict()
    settings: dict[str, Any] = {
        "X": X,
        "y": Y,
        "loss": nn.mse,
        "optimizer": nn.SGD(model.parameters()),
        "epochs": 3,
        "progress": False,
    }
    with pytest.raises((TypeError, ValueError, ZeroDivisionError), match=message):
        nn.fit(model, **(settings | changes))
    assert model.state_dict() == before


def test_an_error_in_the_first_epoch_leaves_the_optimizer_as_it_was() -> None:
    model = a_model()
    adam = nn.Adam(model.parameters())
    before = adam.state_dict()
    with pytest.raises(ValueError, match="hinge takes"):
        fitted(model, optimizer=adam, loss=nn.hinge, batch_size=1)
    assert adam.state_dict() == before


@pytest.mark.parametrize(
    ("scores", "y", "message"),
    [
        (
            [[1.0], [2.0]],
            [0, 2],
            r"y: row 1 is 2.0, but the classes of a model with one output are 0 and 1, or −1 and 1",
        ),
        ([[1.0, 2.0]], [2], r"y: row 0 is 2.0, but the classes of a model with 2 outputs are 0 to 1"),
        ([[1.0, 2.0]], [[0, 2]], r"y: row 0 is \[0.0, 2.0\], but the classes of .* 2 outputs are 0 to 1, or so many"),
        ([[1.0, 2.0]] * 2, [[0, 1], [-1, 1]], r"y: row 0 is \[0.0, 1.0\], but the classes of"),
        ([[1.0], [2.0]], [-1, 0], r"y: row 1 is 0.0, but the classes of a model with one output are 0 and 1, or −1"),
        ([[1.0]], [1, 1], r"y has 2 targets for 1 rows"),
    ],
)
def test_accuracy_refuses_targets_that_are_no_classes(scores: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nn.accuracy(Given(), scores, y)


def test_a_nan_is_never_right() -> None:
    assert nn.accuracy(Given(), [[math.nan, 1.0], [1.0, math.nan], [2.0, 1.0]], [0, 0, 0]) == 1 / 3
    assert nn.accuracy(Given(), [[math.nan]], [0]) == nn.accuracy(Given(), [[math.nan]], [1]) == 0.0


# History


def a_history(epochs: int) -> nn.History:
    history = nn.History(["loss", "val_loss"])
    for i in range(epochs):
        history.append({"loss": 2.0**-i, "val_loss": 1000.0 * i})
    return history


def test_history_prints_as_an_aligned_table() -> None:
    assert repr(a_history(3)).splitlines() == [
        "epoch    loss   val_loss",
        "    1  1.0000     0.0000",
        "    2  0.5000  1000.0000",
        "    3  0.2500  2000.0000",
    ]


def test_a_long_history_is_cut_in_the_middle() -> None:
    lines = repr(a_history(300)).splitlines()
    assert len(lines) == 1 + 20 + 1
    assert lines[11].split() == ["…"] * 3
    assert lines[-1].split()[0] == "300"
    assert len({len(line) for line in lines}) == 1


def test_history_never_shows_a_small_number_as_zero() -> None:
    shown = [nn.text_table.shown(x) for x in (0.0, 1.2e-7, -3e-5, 0.001, 12345.678, 1e300, math.nan, math.inf)]
    assert shown == ["0.0000", "1.2e-07", "-3e-05", "0.0010", "1.23e+04", "1e+300", "nan", "inf"]


def test_history_names_its_columns_when_asked_for_another() -> None:
    with pytest.raises(AttributeError, match="no column 'accuracy'; this history has loss, val_loss"):
        _ = a_history(1).accuracy


def test_history_can_be_copied_and_pickled() -> None:
    history = a_history(3)
    for other in (copy.deepcopy(history), pickle.loads(pickle.dumps(history))):
        assert other.loss == history.loss
        assert repr(other) == repr(history)


# Progress


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_by(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> str:
    monkeypatch.setattr(sys, "stdout", stream)
    fitted(progress=True, **changes)
    monkeypatch.undo()
    return stream.getvalue()


def test_in_a_terminal_one_line_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.Progress, "__init__", unthrottled)
    shown = shown_by(Tty(), monkeypatch)
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
    assert shown.count("\r") >= 3
    assert re.search(r"\repoch 3/3  loss \d\.\d{4}  \d+\.\d s *\n$", shown)


original = progress.Progress.__init__


def unthrottled(self: progress.Progress, wanted: bool) -> None:
    original(self, wanted, interval=0.0)


def test_a_line_is_never_longer_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    shown = shown_by(Tty(), monkeypatch)
    assert all(len(line) < 20 for line in re.split("[\r\n]", shown))


def test_elsewhere_only_the_final_state_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = shown_by(io.StringIO(), monkeypatch, validation=(X, Y))
    assert re.fullmatch(r"epoch 3/3  loss \d\.\d{4}  val_loss \d\.\d{4}  \d+\.\d s\n", shown)


def test_without_progress_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    fitted(progress=False)
    assert capsys.readouterr() == ("", "")


def test_an_error_leaves_the_line_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Tty()
    monkeypatch.setattr(sys, "stdout", stream)

    def fail(state: nn.TrainingState) -> None:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fitted(progress=True, callbacks=[fail])
    assert stream.getvalue().endswith("\n")


def test_progress_is_shown_at_most_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = shown_by(Tty(), monkeypatch, epochs=100)
    seconds = float(re.search(r"(\d+\.\d) s *\n$", shown).group(1))
    assert shown.count("\r") <= 10 * (seconds + 0.1) + 2


@pytest.mark.slow
def test_a_notebook_keeps_one_output_with_the_final_state() -> None:
    for needed in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(needed)
    cell = textwrap.dedent("""
        import random, nn
        model = nn.MLP(2, [2, 1], rng=random.Random(0))
        sgd = nn.SGD(model.parameters(), lr=0.01)
        h = nn.fit(model, [[0.0, 1.0]] * 40, [1.0] * 40, loss=nn.mse, optimizer=sgd, epochs=300)
    """)
    code = f"""if True:
        import nbclient, nbformat
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell({cell!r})])
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
        print(repr(notebook.cells[0].outputs))
    """
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert run.returncode == 0, run.stderr
    (output,) = eval(run.stdout)
    assert output["output_type"] == "display_data"
    assert output["data"]["text/plain"].startswith("epoch 300/300  loss ")
