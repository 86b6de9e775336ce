"""Training on batches that come one by one: rows need not fit into memory, nor be there before they are asked for."""

from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from math import isfinite
from random import Random
from typing import Any

from autograd.support.collector import paused_gc

from ...inputs import Rows, described, size
from ...module import Module
from ...optim.optimizer import Optimizer
from ..compilation import require_mean
from ..evaluation import Loss, loss_of
from ..steps import Clipping, Done, EngineSteps, row_loss
from .targets import suited


class Stream:
    """Batches, pairs (X, y), from a list, from anything else that can be gone through, or from a function of none."""

    sizes: list[int]
    random: Random | None
    source: Callable[[], Iterable[Any]]

    def __init__(self, given: Any, epochs: int, random: Random | None) -> None:
        if not callable(given) and not hasattr(given, "__iter__"):
            raise TypeError(f"without y, X gives batches (X, y); got {described(given)}")
        if hasattr(given, "__next__") and epochs > 1:
            raise ValueError(
                "X is an iterator, which is used up after one epoch: give a list of batches, or the function that "
                "makes them, such as nn.fit(model, batches, ...) in place of batches()"
            )
        self.source = given if callable(given) else lambda: given
        self.sizes, self.random = [1, 2], random  # of which a loss must be the mean

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        for i, batch in enumerate(self.source()):
            if not isinstance(batch, (tuple, list)) or len(batch) != 2:
                raise ValueError(f"batch {i} must be a pair (X, y), got {described(batch)}")
            yield batch[0], batch[1]


def of_mapped(X: Any, y: Any, batch_size: int | None, random: Random | None) -> Callable[[], Iterator[tuple[Any, Any]]]:
    """The batches of arrays that lie in a file (`numpy.memmap`): only the rows at hand are read."""
    import numpy as np

    if len(X) != len(y):
        raise ValueError(f"y has {len(y)} targets for {len(X)} rows of numbers: give one for each row")
    count = len(X) if batch_size is None else size(batch_size, "batch_size")

    def batches() -> Iterator[tuple[Any, Any]]:
        order = np.random.default_rng(random.getrandbits(64)).permutation(len(X)) if random else np.arange(len(X))
        for start in range(0, len(X), count):
            rows = np.sort(order[start : start + count])  # in the order of the file
            yield np.asarray(X[rows], np.float64), np.asarray(y[rows], np.float64)

    return batches


class StreamSteps:
    """A step for each batch as it comes: the gradient in machine code where it can be, else by the engine."""

    model: Module
    loss: Loss
    optimizer: Optimizer
    clipping: Clipping
    wanted: bool | None
    function: Any
    is_decided: bool

    def __init__(
        self, compile: bool | None, model: Module, loss: Loss, optimizer: Optimizer, clipping: Clipping
    ) -> None:
        self.model, self.loss, self.optimizer, self.clipping = model, loss, optimizer, clipping
        self.wanted, self.function = compile, None
        self.is_decided = compile is False or (compile is None and find_spec("llvmlite") is None)

    def epoch(self, batches: Any) -> Iterator[Done]:
        """A step of the optimizer for each batch, and what it was."""
        for X, y in batches:
            rows = suited(Rows(X, y), self.model)
            if not self.is_decided:
                self._decide(rows)
            yield [self._step(rows)], [len(rows)]

    def _decide(self, rows: Rows) -> None:
        self.is_decided = True
        try:
            self.function = compiled_loss(self.model, self.loss, rows, self.optimizer)
            self.function(rows.array()[:1], rows.targets()[:1])
        except Exception:
            self.function = None
            if self.wanted:
                raise

    @paused_gc()
    def _step(self, rows: Rows) -> float:
        if self.function is None:
            engine = EngineSteps(self.model, self.loss, rows, self.optimizer, self.clipping)
            return engine.step(range(len(rows)))
        return compiled_step(self.function, rows.array(), rows.targets(), self.optimizer, self.clipping)

    def loss_of(self, rows: Rows) -> float:
        """The loss of other rows."""
        if self.function is None:
            return loss_of(self.model, rows, self.loss)
        return float(self.function(rows.array(), rows.targets()).mean())

    def parameters(self) -> list[float]:
        """The parameters' numbers."""
        return [p.data for p in self.optimizer.parameters]

    def store(self) -> None:
        """They are there."""

    def load(self) -> None:
        """They are there."""


def compiled_loss(model: Module, loss: Loss, rows: Rows, optimizer: Optimizer) -> Any:
    """The loss of a row in machine code. Raises where it is not the mean of its rows' or cannot be compiled."""
    from autograd.compiler.compiled import Compiled

    require_mean(loss, model, rows, {1, 2})
    return Compiled(row_loss(model, loss), optimizer.parameters)


def compiled_step(function: Any, X: Any, y: Any, optimizer: Optimizer, clipping: Clipping) -> float:
    """A step of the optimizer with the compiled gradient of some rows; returns their loss, and stays where that is not
    finite.
    """
    optimizer.zero_grad()
    found = float(function.backward(X, y))
    if isfinite(found):
        clipping.clip(optimizer.parameters)
        optimizer.step()
    return found


def refuse_for_streams(**given: object) -> None:
    """Raise ValueError for what needs all rows at once."""
    for name, x in given.items():
        if x is not None:
            raise ValueError(f"{name} needs all rows at once, and these come batch by batch: put it into the batches")
