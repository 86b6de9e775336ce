"""Batches that come one by one. Of nn.training.options.streams."""

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nn

np = pytest.importorskip("numpy", reason="numpy is not installed")

X = np.random.RandomState(0).randn(50, 3)
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.3


def new() -> tuple[nn.MLP, nn.SGD]:
    model = nn.MLP(3, [4, 1], "tanh", rng=random.Random(0))
    return model, nn.SGD(model.parameters(), lr=0.05, momentum=0.5)


def batches() -> Iterator[tuple[Any, Any]]:
    for start in range(0, 50, 16):
        yield X[start : start + 16], Y[start : start + 16]


@pytest.mark.parametrize("compile", [False, True, None])
@pytest.mark.parametrize("source", [batches, list(batches())])
def test_it_is_the_training_of_all_rows_in_that_order(compile: bool | None, source: Any) -> None:
    (one, sgd), (other, second) = new(), new()
    settings: dict[str, Any] = {"loss": nn.mse, "epochs": 4, "progress": False, "clip_norm": 1.0}
    whole = nn.fit(one, X, Y, optimizer=sgd, batch_size=16, shuffle=False, compile=False, **settings)
    streamed = nn.fit(other, source, optimizer=second, compile=compile, **settings)
    assert streamed.loss == pytest.approx(whole.loss, rel=1e-11)
    assert [p.data for p in other.parameters()] == pytest.approx([p.data for p in one.parameters()], rel=1e-11)


def test_validation_rows_metrics_and_callbacks_work_and_a_column_is_taken() -> None:
    model, sgd = new()

    def rmse(model: Any, X: Any, y: Any) -> float:
        return float(np.sqrt(np.mean((np.array(nn.predict(model, X)) - y) ** 2)))

    settings: dict[str, Any] = {"loss": nn.mse, "epochs": 50, "progress": False}
    columns = [(x, y[:, None]) for x, y in batches()]
    stopping = nn.EarlyStopping(patience=3, min_delta=0.01)
    history = nn.fit(model, columns, optimizer=sgd, validation=(X, Y), metrics=[rmse], callbacks=[stopping], **settings)
    assert list(history.columns) == ["loss", "val_loss", "val_rmse"]
    assert len(history.loss) < 50
    assert history.val_rmse[-1] == pytest.approx(history.val_loss[-1] ** 0.5, rel=1e-9)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (lambda: batches(), ValueError, "used up after one epoch: give a list of batches, or the function"),
        (lambda: [X], ValueError, r"batch 0 must be a pair \(X, y\)"),
        (list, ValueError, "epoch 1 has no batch"),
        (lambda: 3, TypeError, r"without y, X gives batches \(X, y\); got 3"),
        (lambda: [(X, Y[:-1])], ValueError, "y has 49 targets for 50 rows"),
    ],
)
def test_what_is_no_source_of_batches_is_said_and_nothing_has_changed(given: Any, error: Any, said: str) -> None:
    model, sgd = new()
    before = [p.data for p in model.parameters()]
    with pytest.raises(error, match=said):
        nn.fit(model, given(), loss=nn.mse, optimizer=sgd, epochs=2, progress=False)
    assert [p.data for p in model.parameters()] == before


def test_what_needs_all_rows_is_refused_and_one_epoch_of_an_iterator_is_taken() -> None:
    model, sgd = new()
    with pytest.raises(ValueError, match="class_weight needs all rows at once"):
        nn.fit(model, batches, loss=nn.mse, optimizer=sgd, epochs=1, class_weight="balanced")
    assert len(nn.fit(model, batches(), loss=nn.mse, optimizer=sgd, epochs=1, progress=False).loss) == 1


def test_a_loss_that_is_no_mean_of_rows_runs_in_the_engine_or_is_an_error() -> None:
    def sum_of_squares(predictions: Any, targets: Any) -> Any:
        return sum((p - t) ** 2 for p, t in zip(predictions, targets, strict=True))

    pytest.importorskip("llvmlite")
    model, sgd = new()
    settings: dict[str, Any] = {"loss": sum_of_squares, "epochs": 1, "progress": False}
    nn.fit(model, batches, optimizer=sgd, **settings)
    with pytest.raises(TypeError, match="not the mean of its rows"):
        nn.fit(model, batches, optimizer=sgd, compile=True, **settings)


MAPPED = """
import random, resource, sys
import numpy as np, nn
folder, rows = sys.argv[1], int(sys.argv[2])
X = np.memmap(folder + "/X", dtype="float32", mode="w+", shape=(rows, 100))
for start in range(0, rows, 10_000):
    X[start : start + 10_000] = np.random.default_rng(start).normal(size=(min(10_000, rows - start), 100))
y = np.memmap(folder + "/y", dtype="float32", mode="w+", shape=(rows,))
y[:] = 1.0
X.flush(); y.flush(); del X, y
X = np.memmap(folder + "/X", dtype="float32", mode="r", shape=(rows, 100))
y = np.memmap(folder + "/y", dtype="float32", mode="r", shape=(rows,))
model = nn.MLP(100, [1], rng=random.Random(0))
sgd = nn.SGD(model.parameters(), lr=0.001)
history = nn.fit(model, X, y, loss=nn.mse, optimizer=sgd, epochs=1, batch_size=1000, progress=False)
private = sum(int(line.split()[1]) for line in open("/proc/self/smaps_rollup") if line.startswith("Anonymous"))
print(private, history.loss[-1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is measured by Linux's /proc")
def test_arrays_in_a_file_are_read_batch_by_batch_and_memory_stays_flat(tmp_path: Path) -> None:
    pytest.importorskip("llvmlite")
    used = []
    for rows in (5_000, 100_000):
        command = [sys.executable, "-c", MAPPED, str(tmp_path), str(rows)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        memory, loss = done.stdout.split()
        used.append(int(memory))
        assert float(loss) > 0.0
    assert used[1] - used[0] < 20_000  # KB of its own, where 95,000 rows more would take 76,000 as floats
