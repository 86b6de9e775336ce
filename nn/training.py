"""Training: `fit`, and what one asks of a trained model: `predict`, `evaluate`, `accuracy`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from random import Random
from threading import Event
from typing import Any, TypeAlias

from autograd import Constant, Value, no_grad

from .guards import interruptible, paused_gc
from .history import History, shown
from .inputs import described, name_of, number, size, table, targets
from .module import Module
from .optim import Optimizer
from .progress import Progress

Loss: TypeAlias = Callable[[Any, Any], Value]
"""A function of the predictions and the targets of a batch, such as `mse`."""

Metric: TypeAlias = Callable[[Any, Any, Any], float]
"""A function of a model, X and y, such as `accuracy`."""


@dataclass(frozen=True)
class TrainingState:
    """What a callback gets after each epoch."""

    epoch: int
    model: Module
    optimizer: Optimizer
    history: History


class Diverged(FloatingPointError):
    """The loss became nan or inf; `history` holds the epochs before."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


def fit(
    model: Module,
    X: object,
    y: object,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    validation: Sequence[object] | None = None,
    metrics: Sequence[Metric] = (),
    shuffle: bool = True,
    seed: int | None = 0,
    callbacks: Iterable[Callable[[TrainingState], object]] = (),
    progress: bool = True,
) -> History:
    """Train `model` on the rows X and their targets y, and return what was measured.

    In each of the `epochs` every row comes once, in batches of `batch_size` (None: all rows at once), shuffled by
    `Random(seed)`: forward, `loss(predictions, targets)`, backward, `optimizer.step()`. After each epoch the `metrics`,
    functions of (model, X, y), are measured, and with `validation=(X, y)` the loss and the metrics on those rows too
    (`val_…`); then each callback is called with a `TrainingState`, and ends the run if it returns True.

    Ctrl-C ends the run after the step at hand. A loss of nan or inf raises `Diverged`, a FloatingPointError; the
    parameters are then back where the last good epoch started. Data that do not fit raise before anything changes.

    >>> import nn
    >>> model = nn.MLP(1, [1])
    >>> sgd = nn.SGD(model.parameters(), lr=0.1)
    >>> history = fit(model, [[0.0], [1.0]], [1.0, 3.0], loss=nn.mse, optimizer=sgd, epochs=500, progress=False)
    >>> [round(p.data, 6) for p in model.parameters()]
    [2.0, 1.0]
    """
    rows, held_out = _Rows(X, y), _held_out(validation)
    epochs, batch_size = size(epochs, "epochs"), size(len(rows.X) if batch_size is None else batch_size, "batch_size")
    names = ["loss", *map(name_of, metrics)]
    history = History([*names, *(f"val_{name}" for name in names if held_out)])
    run = _Run(model, optimizer, loss, rows, history)
    random = Random(seed) if shuffle and batch_size < len(rows.X) else None
    with interruptible() as stop, Progress(progress) as line:
        for epoch in range(1, epochs + 1):
            mean_loss = run.epoch(epoch, list(_batches(len(rows.X), batch_size, random)), stop, line)
            measured = {"loss": mean_loss} | _measured(model, rows, metrics)
            if held_out:
                measured |= {f"val_{name}": x for name, x in _evaluated(model, held_out, loss, metrics).items()}
            history.append(measured)
            line.show(f"epoch {epoch}/{epochs}  " + "  ".join(f"{name} {shown(x)}" for name, x in measured.items()))
            state = TrainingState(epoch, model, optimizer, history)
            if True in {callback(state) is True for callback in callbacks}:  # every one is called
                history.stopped = f"stopped by a callback after epoch {epoch} of {epochs}"
            if stop.is_set() or history.stopped:
                break
    if stop.is_set():
        history.stopped = f"stopped by Ctrl-C, {epochs} epochs were asked for"
    return history


def predict(model: Module, X: object) -> list[Any]:
    """The model's outputs for the rows X as plain numbers: one for each row, or a list where it has several.

    >>> import nn
    >>> predict(nn.Layer(2, 2, weight=[[1.0, 2.0], [0.0, 1.0]]), [[3.0, 4.0], [5.0, 6.0]])
    [[11.0, 4.0], [17.0, 6.0]]
    """
    with no_grad():
        return [_plain(model(row)) for row in table(X)]


def evaluate(model: Module, X: object, y: object, *, loss: Loss, metrics: Sequence[Metric] = ()) -> dict[str, float]:
    """The loss, and each metric by its name, on the rows X and their targets y; changes nothing.

    >>> import nn
    >>> evaluate(nn.Layer(1, 1, weight=[[2.0]]), [[1.0], [2.0]], [[2.0], [5.0]], loss=nn.mse)
    {'loss': 0.5}
    """
    return _evaluated(model, _Rows(X, y), loss, metrics)


def accuracy(model: Module, X: object, y: object, *, threshold: float = 0.0) -> float:
    """The share of rows that the model classifies right, from 0.0 to 1.0.

    With one output the class is whether that is above `threshold` (0.0 for logits and scores, 0.5 for probabilities),
    and the targets are 0 and 1, or −1 and 1. With more the class is the position of the largest: 0, 1, 2, …

    >>> import nn
    >>> accuracy(nn.Layer(1, 1, "linear", weight=[[1.0]]), [[-2.0], [3.0], [1.0], [2.0]], [0, 1, 0, 1])
    0.75
    """
    rows = _Rows(X, y)
    pairs = enumerate(zip(predict(model, rows.X), rows.y, strict=True))
    return sum([_is_right(p, t, i, threshold) for i, (p, t) in pairs]) / len(rows.X)


class _Rows:
    """Checked data, with the inputs as constants, made once for all steps."""

    def __init__(self, X: object, y: object, name: str = "") -> None:
        self.X = table(X, f"{name}X")
        self.y = targets(y, len(self.X), f"{name}y")
        self.inputs = [[Constant(x) for x in row] for row in self.X]


class _Run:
    """The steps of one call of `fit`, and the parameters to go back to."""

    def __init__(self, model: Module, optimizer: Optimizer, loss: Loss, rows: _Rows, history: History) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"optimizer is {described(optimizer)}: write for instance nn.Adam(model.parameters(), lr=0.01)"
            )
        if set(optimizer.parameters).isdisjoint(model.parameters()):
            raise ValueError("the optimizer has none of this model's parameters: make it from model.parameters()")
        self.model, self.optimizer, self.loss, self.rows, self.history = model, optimizer, loss, rows, history
        self.good = self._parameters()

    def epoch(self, epoch: int, batches: Sequence[list[int]], stop: Event, line: Progress) -> float:
        """One pass over the rows; the mean of their losses, each from the parameters at its own step."""
        total, count, start = 0.0, 0, self._parameters()
        for batch, chosen in enumerate(batches, 1):
            place = f"epoch {epoch}, batch {batch} of {len(batches)}"
            value = self._step(chosen)
            if not isfinite(value):
                self._fail(f"the loss became {value} in {place}")
            self.good = start  # their loss is finite, which is more than the end of the epoch before can say
            total, count = total + value * len(chosen), count + len(chosen)
            line.show(f"{place}  loss {shown(total / count)}")
            if stop.is_set():
                break
        if not all(map(isfinite, self._parameters())):
            self._fail(f"a parameter became nan or inf in {place}")
        return total / count

    @paused_gc()
    def _step(self, chosen: Sequence[int]) -> float:
        """Forward, backward, update; the graph is gone at the end."""
        predictions = [self.model(self.rows.inputs[i]) for i in chosen]
        value = _checked(self.loss(predictions, [self.rows.y[i] for i in chosen]))
        if isfinite(value.data):
            self.optimizer.zero_grad()
            value.backward()
            self.optimizer.step()
        return value.data

    def _parameters(self) -> list[float]:
        return [p.data for p in self.optimizer.parameters]

    def _fail(self, what: str) -> None:
        for p, data in zip(self.optimizer.parameters, self.good, strict=True):
            p.data = data
        raise Diverged(
            f"{what}: lower the learning rate ({self.optimizer.lr}), or look for nan and inf in the data. The "
            "parameters are back where the last good epoch started; make a new optimizer, this one remembers what "
            "led here",
            self.history,
        )


def _batches(rows: int, batch_size: int, random: Random | None) -> Iterator[list[int]]:
    order = list(range(rows))
    if random:
        random.shuffle(order)
    for start in range(0, rows, batch_size):
        yield order[start : start + batch_size]


def _held_out(validation: Sequence[object] | None) -> _Rows | None:
    if validation is None:
        return None
    if len(validation) != 2:
        raise ValueError(f"validation must be a pair (X, y), got {described(validation)}")
    return _Rows(validation[0], validation[1], "validation ")


def _measured(model: Module, rows: _Rows, metrics: Sequence[Metric]) -> dict[str, float]:
    return {name_of(metric): number(metric(model, rows.X, rows.y), name_of(metric)) for metric in metrics}


def _evaluated(model: Module, rows: _Rows, loss: Loss, metrics: Sequence[Metric]) -> dict[str, float]:
    with no_grad():
        value = _checked(loss([model(x) for x in rows.inputs], rows.y))
    return {"loss": value.data} | _measured(model, rows, metrics)


def _checked(value: object) -> Value:
    if not isinstance(value, Value):
        raise TypeError(
            f"the loss is {described(value)}, not one Value: compute it with autograd's functions, not math's"
        )
    return value


def _plain(output: Any) -> Any:
    if isinstance(output, (list, tuple)):
        return [_plain(part) for part in output]
    return output.data if isinstance(output, Value) else output


def _is_right(prediction: Any, target: Any, i: int, threshold: float) -> bool:
    if isinstance(prediction, list) and len(prediction) > 1:
        if isinstance(target, list) or target not in range(len(prediction)):
            raise ValueError(f"y: row {i} is {target!r}, none of the classes 0 to {len(prediction) - 1}")
        return bool(prediction.index(max(prediction)) == target)
    (score,), (label,) = _plain_row(prediction), _plain_row(target)
    if label not in (-1.0, 0.0, 1.0):
        raise ValueError(f"y: row {i} is {label!r}; for a model with one output the classes are 0 and 1, or −1 and 1")
    return bool(score > threshold if label > 0.0 else score <= threshold)


def _plain_row(x: Any) -> list[float]:
    return x if isinstance(x, list) else [x]
