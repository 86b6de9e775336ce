"""Callbacks of `fit`: stopping when nothing gets better, and files from which training goes on exactly."""

import os
from math import inf
from random import Random
from typing import Any

from .inputs import number, size
from .module import Module
from .optim.optimizer import Optimizer
from .storage import read_state, write_state
from .training.loop import TrainingState


class EarlyStopping:
    """Ends `fit` after `patience` epochs in which what it watches was not the smallest by more than `min_delta`.

    Watched is `monitor`, a name of the history such as "val_loss"; without one the loss of the validation rows, or of
    the rows where there are none. With `restore_best` the parameters are those of the best epoch when `fit` ends,
    however it does. Raises ValueError for a name that the history does not have.

    >>> import nn
    >>> model = nn.MLP(1, [1])
    >>> stopping, adam = EarlyStopping(patience=2), nn.Adam(model.parameters(), lr=0.5)
    >>> settings = {"loss": nn.mse, "epochs": 500, "progress": False}
    >>> history = nn.fit(model, [[0.0], [1.0]], [1.0, 3.0], optimizer=adam, callbacks=[stopping], **settings)
    >>> len(history.loss) < 500, stopping.best == min(history.loss)
    (True, True)
    """

    patience: int
    monitor: str | None
    min_delta: float
    restore_best: bool
    best: float
    best_epoch: int
    parameters_are: str

    def __init__(
        self, patience: int = 10, *, monitor: str | None = None, min_delta: float = 0.0, restore_best: bool = True
    ) -> None:
        self.patience, self.monitor, self.restore_best = size(patience, "patience"), monitor, restore_best
        self.min_delta = number(min_delta, "min_delta")
        self.best, self.best_epoch = inf, 0
        self.parameters_are = "read" if self.restore_best else "left"  # so that fit need not look for changes
        self._numbers: list[float] = []

    def __call__(self, now: TrainingState) -> bool:
        """Whether to stop after this epoch."""
        value = self._watched(now)
        if now.epoch == 1 or value < self.best - self.min_delta:
            self.best, self.best_epoch = value, now.epoch
            self._numbers = [p.data for p in now.model.parameters()] if self.restore_best else []
        return now.epoch - self.best_epoch >= self.patience

    def _watched(self, now: TrainingState) -> float:
        names = now.history.columns
        name = self.monitor or ("val_loss" if "val_loss" in names else "loss")
        if name not in names:
            raise ValueError(f"EarlyStopping: the history has no {name!r}, it has {', '.join(names)}")
        return names[name][-1]

    def end(self, now: TrainingState) -> None:
        """Told when `fit` ends."""
        if self.restore_best and self._numbers:
            for p, data in zip(now.model.parameters(), self._numbers, strict=True):
                p.data = data


class Checkpoint:
    """Writes model, optimizer and the state of the shuffling to `path` after every `every` epochs, whole or not at all.

    Training then goes on exactly as without a break, in this process or another:

    >>> import nn, os, tempfile
    >>> from random import Random
    >>> path = os.path.join(tempfile.mkdtemp(), "run.json")
    >>> def new():
    ...     model = nn.MLP(1, [3, 1], rng=Random(0))
    ...     return model, nn.Adam(model.parameters(), lr=0.1)
    >>> X, y = [[0.0], [1.0], [2.0]], [0.0, 1.0, 4.0]
    >>> settings = {"loss": nn.mse, "batch_size": 2, "progress": False}
    >>> (whole, adam), (half, other), (rest, third) = new(), new(), new()
    >>> _ = nn.fit(whole, X, y, optimizer=adam, epochs=4, **settings)
    >>> _ = nn.fit(half, X, y, optimizer=other, epochs=2, callbacks=[Checkpoint(path)], **settings)
    >>> shuffling = Checkpoint(path).restore(rest, third)
    >>> _ = nn.fit(rest, X, y, optimizer=third, epochs=2, seed=shuffling, **settings)
    >>> rest.state_dict() == whole.state_dict()
    True
    """

    path: str | os.PathLike[str]
    every: int
    parameters_are = "read"

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        self.path, self.every = path, size(every, "every")

    def __call__(self, now: TrainingState) -> None:
        """Write it, if it is time."""
        if now.epoch % self.every == 0:
            random = now.random.getstate() if now.random else None
            state = {"model": now.model.state_dict(), "optimizer": now.optimizer.state_dict(), "random": random}
            write_state(self.path, state)

    def restore(self, model: Module, optimizer: Optimizer) -> Random | None:
        """Take model and optimizer as they were, and return what shuffled: give it to `fit` as its `seed`.

        Raises ValueError for a file that is damaged or of another model or optimizer; nothing has changed then.
        """
        state = read_state(self.path)
        if not {"model", "optimizer", "random"} <= state.keys():
            raise ValueError(f"{self.path} is a model, but no checkpoint: load it with model.load(path)")
        before = model.state_dict()
        model.load_state_dict(state["model"])
        try:
            optimizer.load_state_dict(state["optimizer"])
            return _random(state["random"])
        except Exception:
            model.load_state_dict(before)
            raise


def _random(state: Any) -> Random | None:
    if state is None:
        return None
    version, numbers, following = state
    found = Random()
    found.setstate((version, tuple(numbers), following))
    return found
