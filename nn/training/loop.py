"""Training: `fit`, the loop of forward, backward and update."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from math import isfinite
from random import Random
from threading import Event

from autograd.operations.arithmetic import is_truth

from ..inputs import Rows, described, items, name_of, size
from ..module import Module
from ..optim.optimizer import Optimizer
from ..parameters import require_numbers
from ..text_table import shown
from .batches import Batches
from .compilation import chosen
from .evaluation import Loss, Metric
from .history import Diverged, History
from .interrupts import interruptible
from .options.metrics import as_metrics, functions, measured
from .options.splits import split, validation_rows
from .options.streams import Stream, StreamSteps, of_mapped, refuse_for_streams
from .options.targets import suited
from .options.weights import Weighting
from .progress import Progress
from .steps import Clipping, Steps


@dataclass(frozen=True)
class TrainingState:
    """What a callback gets after each epoch."""

    epoch: int
    model: Module
    optimizer: Optimizer
    history: History
    random: Random | None = None  # what shuffles the rows


def fit(
    model: Module,
    X: object,
    y: object = None,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    validation: Sequence[object] | None = None,
    validation_split: float | None = None,
    sample_weight: object = None,
    class_weight: object = None,
    metrics: Sequence[Metric] = (),
    shuffle: bool = True,
    seed: int | Random | None = 0,
    callbacks: Iterable[Callable[[TrainingState], object]] = (),
    progress: bool = True,
    compile: bool | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
) -> History:
    """Train `model` on the rows X and their targets y, and return what was measured.

    In each of the `epochs` every row comes once, in batches of `batch_size` (None: all rows at once), shuffled by
    `Random(seed)`, or by `seed` itself, which then goes on from call to call: forward, `loss(predictions, targets)`,
    backward, `optimizer.step()`. After each epoch the `metrics` are measured: functions of (model, X, y), with the
    `loss` where they take such a keyword, or scikit-learn's, of (y_true, y_pred). With `validation=(X, y)`, or with the
    last share `validation_split` of the rows, which are not learned from then, the loss and the metrics are measured on
    those rows too (`val_…`). Then each callback is called with a `TrainingState`, and ends the run if it returns True;
    one with a method `end` is told at the end. There are `nn.EarlyStopping` and `nn.Checkpoint`.

    With the compiler's extra installed (`pip install "chainrule[compile]"`) an epoch is one call of machine code, some
    1,000 times as fast, where the run is long enough to be worth it; the losses and parameters are the same (up to
    rounding). What cannot be compiled, a loss that is not the mean of its rows' for instance, runs in the engine, and a
    warning says why; `compile=True` makes that an error, `compile=False` is the engine. Gradients are clipped to
    [−clip_value, clip_value], then to the norm `clip_norm`, before each update. With a `sample_weight` for each row, or
    a `class_weight` for each class (a dict, or "balanced"), the loss of a batch is the mean of weight · loss.

    Rows that do not fit into memory come as batches: X is then a list of pairs (X, y) or whatever gives them anew each
    epoch, or a function that does, and there is no y; or X and y are arrays in a file, `numpy.memmap`. Metrics are then
    measured on validation rows only.

    Ctrl-C ends the run after the step at hand. A loss of nan or inf raises `Diverged`, a FloatingPointError; the
    parameters are then back where the last good epoch started. What does not fit raises in the first epoch at the
    latest, and then the parameters and the optimizer are as they were.

    >>> import nn
    >>> model = nn.MLP(1, [1])
    >>> sgd = nn.SGD(model.parameters(), lr=0.1)
    >>> history = fit(model, [[0.0], [1.0]], [1.0, 3.0], loss=nn.mse, optimizer=sgd, epochs=500, progress=False)
    >>> [round(p.data, 6) for p in model.parameters()]
    [2.0, 1.0]
    """
    metrics, callbacks = as_metrics(metrics), functions(callbacks, "callbacks")
    epochs, clipping = size(epochs, "epochs"), Clipping(clip_norm, clip_value)
    random = _random(seed) if shuffle else None
    if y is None or type(X).__name__ == "memmap":
        refuse_for_streams(sample_weight=sample_weight, class_weight=class_weight, validation_split=validation_split)
        stream = Stream(X if y is None else of_mapped(X, y, batch_size, random), epochs, random)
        held_out = None if validation is None else suited(validation_rows(validation), model)
        run = _Run(model, optimizer, loss, metrics, None, held_out, stream, epochs, callbacks)
        run.steps = StreamSteps(compile, model, loss, optimizer, clipping)
    else:
        rows, held_out = split(suited(Rows(X, y), model), validation, validation_split)
        if validation_split is not None and sample_weight is not None:
            sample_weight = items(sample_weight, "sample_weight")[: len(rows)]
        weighting, held_out = Weighting(loss, rows, sample_weight, class_weight), held_out and suited(held_out, model)
        batches = Batches(len(rows), batch_size, random)
        run = _Run(model, optimizer, loss, metrics, rows, held_out, batches, epochs, callbacks)
        run.held_out_of_steps = weighting.unweighted(held_out)
        given = (weighting.loss, weighting.rows, optimizer, clipping)
        run.steps = chosen(compile, model, *given, run.sizes(), run.epochs)
    return _trained(run, callbacks, progress)


def _trained(run: "_Run", callbacks: Sequence[Callable[[TrainingState], object]], progress: bool) -> History:
    """All epochs of a run."""
    with interruptible() as stop, Progress(progress) as line, run.kept():
        for epoch in range(1, run.epochs + 1):
            with run.undone_on_error() if epoch == 1 else nullcontext():
                run.epoch(epoch, stop, line)
            run.call(callbacks, epoch)
            if stop.is_set() or run.history.stopped:
                break
    if stop.is_set():
        run.history.stopped = f"stopped by Ctrl-C, {run.epochs} epochs were asked for"
    run.end(callbacks, epoch)
    return run.history


class _Run:
    """One call of `fit`: its epochs and steps, and the parameters to go back to."""

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer,
        loss: Loss,
        metrics: Sequence[Metric],
        rows: Rows | None,
        held_out: Rows | None,
        batches: Batches | Stream,
        epochs: int,
        callbacks: Sequence[Callable[[TrainingState], object]],
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"optimizer is {described(optimizer)}: write for instance nn.Adam(model.parameters(), lr=0.01)"
            )
        self.learning = set(optimizer.parameters).intersection(model.parameters())
        if not self.learning:
            raise ValueError("the optimizer has none of this model's parameters: make it from model.parameters()")
        require_numbers(optimizer.parameters, ["data"])
        if not callable(loss):
            raise TypeError(f"loss is {described(loss)}: give a function of predictions and targets, such as nn.mse")
        self.model, self.optimizer, self.loss, self.metrics = model, optimizer, loss, metrics
        self.rows, self.held_out, self.batches, self.epochs = rows, held_out, batches, epochs
        names = ["loss", *map(name_of, metrics)]
        if len(set(names)) < len(names):
            raise ValueError(
                f"each metric needs a name of its own: {', '.join(names)}; write def name(model, X, y): ..."
            )
        own = names if rows else ["loss"]
        self.history = History([*own, *(f"val_{name}" for name in names if held_out)])
        self.good = self._parameters()
        uses = {getattr(callback, "parameters_are", "changed") for callback in callbacks}
        self.may_change = "changed" in uses  # a callback may do so: any but those that say they do not
        self.is_watched = bool(metrics or held_out or uses - {"left"})  # after every epoch, in the parameters
        self.failed = False

    steps: Steps
    held_out_of_steps: Rows | None = None  # with weights where the loss takes them

    def sizes(self) -> set[int]:
        """How many rows the loss is taken of together."""
        return {*self.batches.sizes, *([len(self.held_out)] if self.held_out else [])}

    @contextmanager
    def kept(self) -> Iterator[None]:
        """However the block ends, the parameters and the optimizer hold what was learned, unless that failed."""
        try:
            yield
        finally:
            if not self.failed:
                self.steps.store()

    def call(self, callbacks: Sequence[Callable[[TrainingState], object]], epoch: int) -> None:
        """Call all of them after an epoch."""
        if callbacks:
            state = self.state(epoch)
            if True in [_is_true(callback(state)) for callback in callbacks]:
                self.history.stopped = f"stopped by a callback after epoch {epoch} of {self.epochs}"
        if self.may_change:
            self.require_its_parameters()
            if epoch < self.epochs and not self.history.stopped:
                self.steps.load()

    def state(self, epoch: int) -> TrainingState:
        """What callbacks get."""
        return TrainingState(epoch, self.model, self.optimizer, self.history, self.batches.random)

    def end(self, callbacks: Sequence[Callable[[TrainingState], object]], epoch: int) -> None:
        """Tell those that want to know that it is over."""
        for callback in callbacks:
            if callable(end := getattr(callback, "end", None)):
                end(self.state(epoch))

    def require_its_parameters(self) -> None:
        """Raise ValueError where a callback left the optimizer with parameters that the model no longer has."""
        if not self.learning.issubset(self.model.parameters()):
            raise ValueError(
                "a callback replaced parameters of the model, and the optimizer would go on with the old ones: change "
                "their .data, or let the callback return True and call fit again with a new optimizer"
            )

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Put the parameters and the optimizer back if the block fails."""
        parameters, remembered = self._parameters(), self.optimizer.state_dict()
        try:
            yield
        except Exception:
            self.failed = True
            self._put_back(parameters)
            vars(self.optimizer).update({name: x for name, x in remembered.items() if name != "optimizer"})
            raise

    def epoch(self, epoch: int, stop: Event, line: Progress) -> None:
        """One pass over all batches, and what is measured after it."""
        row = {"loss": self._pass(epoch, stop, line)}
        if self.is_watched:
            self.steps.store()
        if self.rows:
            row |= measured(self.model, self.rows, self.metrics, self.loss)
        if self.held_out:
            held_out = {"loss": self.steps.loss_of(self.held_out_of_steps or self.held_out)}
            held_out |= measured(self.model, self.held_out, self.metrics, self.loss)
            row |= {f"val_{name}": x for name, x in held_out.items()}
        self.history.append(row)
        line.show(lambda: f"epoch {epoch}/{self.epochs}  " + "  ".join(f"{name} {shown(x)}" for name, x in row.items()))

    def _pass(self, epoch: int, stop: Event, line: Progress) -> float:
        """A step for each batch; returns the mean loss of the rows, each from the parameters at its own step."""
        total, count, batch, start = 0.0, 0, 0, self.steps.parameters()
        of = f" of {len(self.batches)}" if isinstance(self.batches, Batches) else ""
        place = f"epoch {epoch}, batch {{}}{of}".format
        for losses, sizes in self.steps.epoch(self.batches):
            for value, rows in zip(losses, sizes, strict=True):
                batch += 1
                if not isfinite(value):
                    self._fail(f"the loss became {value} in {place(batch)}")
                self.good = start  # it gave a finite loss, which is more than the end of the epoch before can say
                total, count = total + value * rows, count + rows
            line.show(partial("{}  loss {}".format, place(batch), shown(total / count)))
            if stop.is_set():
                break
        if not count:
            raise ValueError(f"epoch {epoch} has no batch: give at least one row")
        if not all(map(isfinite, self.steps.parameters())):
            self._fail(f"a parameter became nan or inf in {place(batch)}")
        return total / count

    def _parameters(self) -> list[float]:
        return [p.data for p in self.optimizer.parameters]

    def _put_back(self, numbers: Sequence[float]) -> None:
        for p, data in zip(self.optimizer.parameters, numbers, strict=True):
            p.data = data

    def _fail(self, what: str) -> None:
        self.failed = True
        self._put_back(self.good)
        raise Diverged(
            f"{what}: lower the learning rate ({self.optimizer.lr}), or look for nan and inf in the data. The "
            "parameters are back where the last good epoch started; make a new optimizer, this one remembers what "
            "led here",
            self.history,
        )


def _random(seed: int | Random | None) -> Random:
    return seed if isinstance(seed, Random) else Random(seed)


def _is_true(answer: object) -> bool:
    return answer is True or (is_truth(answer) and bool(answer))
