"""Training in compiled code: gradient, update, gradient, update, …, without Python in between.

The loss's kernel leaves the gradient, the update's kernel (see `optimizer_step`) takes it and leaves the new numbers of
parameters and optimizer, which go back to where both kernels read them. With LLVM the loop is machine code, too.
"""

from collections.abc import Iterator
from math import isfinite
from time import perf_counter
from typing import Any

import numpy as np

from ..arguments import Call, at_least_one
from ..backends.registry import BACKENDS
from ..cache import Codes, Recent, Traced
from ..ir.arrays import Floats, Ints
from .optimizer_step import Held, Update
from .python_loop import Clip, PythonLoop

STEPS_AT_ONCE, UNHEARD = 1000, 0.1  # steps, and seconds, until Ctrl-C is heard
KEPT = 8  # compiled updates: a new one for each setting of an optimizer


class Trainer:
    """What training one compiled function keeps from call to call: code for the losses and for the updates."""

    def __init__(self, codes: Codes) -> None:
        self.own = codes
        self.codes: Recent[Codes] = Recent(KEPT)  # by the parameters of optimizers that do not change all of them
        self.updates: list[Update] = []

    def train(
        self, call: Call, optimizer: Any, epochs: int, batch_size: int | None, shuffle: bool, seed: int | None
    ) -> Floats:
        """See `Compiled.train`."""
        epochs = at_least_one(epochs, "epochs")
        if call.rows == 0:
            raise ValueError("train() on no rows at all: the mean of nothing is not defined; give at least one row")
        rows = call.rows or 1
        size = min(rows, at_least_one(rows if batch_size is None else batch_size, "batch_size"))
        session = self.session(call, optimizer)
        random = np.random.default_rng(seed) if shuffle else None
        losses: list[float] = []
        try:
            for found in _all(session, rows, size, epochs, random):
                losses += found
                if not isfinite(losses[-1]):
                    steps = epochs * -(-rows // size)
                    raise session.failure(f"the loss became {losses[-1]} in step {len(losses)} of {steps}")
            if not np.isfinite(session.parameters).all():
                raise session.failure(f"a parameter became nan or inf in the last of {len(losses)} steps")
            session.store()
        except KeyboardInterrupt:
            session.store()
            raise
        return np.array(losses)

    def session(self, call: Call, optimizer: Any, clip: Clip | None = None) -> "Session":
        """Training on these rows with this optimizer, which can be taken step by step."""
        return Session(self, self._codes(optimizer), call, optimizer, clip)

    def _codes(self, optimizer: Any) -> Codes:
        """The codes of the loss with the gradient of just what the optimizer changes."""
        parameters = tuple(getattr(optimizer, "parameters", ()))
        if not parameters or not hasattr(optimizer, "step"):
            raise TypeError(
                "optimizer= takes for instance nn.Adam(model.parameters()), or an optimizer of your own subclass of "
                f"nn.Optimizer, got {optimizer!r:.60}"
            )
        own = self.own.parameters()
        if not set(parameters) <= set(own):
            raise ValueError(
                "the optimizer changes Values that are no parameters of the compiled function: make both from the "
                "same ones, autograd.compile(function, parameters=model.parameters()) and nn.Adam(model.parameters())"
            )
        if parameters == tuple(own):
            return self.own
        return self.codes.get(parameters) or self.codes.put(parameters, self.own.by(list(parameters)))

    def update(self, optimizer: Any) -> Update:
        """The compiled step of the optimizer."""
        held = Held.by(optimizer)
        for update in self.updates:
            if update.fits(optimizer, held):
                return update
        self.updates = [*self.updates[1 - KEPT :], Update(optimizer, held, self.own.backend)]
        return self.updates[-1]

    def described(self, optimizer: Any) -> tuple[Update, Floats, Floats]:
        """The compiled step of the optimizer and the numbers that it holds now, to be written in another language."""
        if self._codes(optimizer) is not self.own:
            raise ValueError(
                "the optimizer changes some of the compiled function's parameters only: name just those, "
                "autograd.compile(function, parameters=optimizer.parameters)"
            )
        update = self.update(optimizer)
        return update, *update.numbers(optimizer)


def _all(session: "Session", rows: int, size: int, epochs: int, random: Any) -> Iterator[list[float]]:
    """The losses of all epochs; with a single batch they are steps of one long epoch."""
    if size == rows:
        yield from session.steps(None, rows, epochs)
        return
    for _ in range(epochs):
        yield from session.steps(random.permutation(rows) if random else None, size)


class Session:
    """Training that goes on from epoch to epoch. Between `load` and `store` the numbers are here, not in the Values."""

    trainer: Trainer
    codes: Codes
    call: Call
    optimizer: Any
    clip: Clip | None
    columns: Floats
    traced: Traced
    kernel: Any
    update: Update
    leaves: Floats
    loop: Any
    slice: int

    def __init__(self, trainer: Trainer, codes: Codes, call: Call, optimizer: Any, clip: Clip | None) -> None:
        self.trainer, self.codes, self.call, self.optimizer, self.clip = trainer, codes, call, optimizer, clip
        self.columns = call.columns(codes.dtype)
        self.slice = 1
        self.load()

    def load(self) -> None:
        """Take the numbers of the parameters and the optimizer as they are now, and the code for them."""
        self.traced, self.kernel = self.codes.ready("backward", self.call, ())
        self.update = self.trainer.update(self.optimizer)
        self.codes.check(self.traced, self.columns)
        self.leaves = self.traced.numbers.read(self.codes.dtype)
        self.loop = _loop(self.codes.backend, self.update, self.update.numbers(self.optimizer), self.clip)
        self.stacks: list[Any] = []

    @property
    def parameters(self) -> Floats:
        """The numbers of the optimizer's parameters."""
        found: Floats = self.loop.state[1][0]
        return found

    def store(self) -> None:
        """Give the optimizer and its parameters the numbers that they have here."""
        self.update.store(self.optimizer, *self.loop.state)

    def failure(self, what: str) -> FloatingPointError:
        """The error for a number that is not finite, unless the cause is a requirement that is not met: that raises."""
        held = dict(zip(self.traced.parameters, self.parameters.tolist(), strict=False))
        self.codes.check(self.traced, self.columns, held)
        return FloatingPointError(
            f"{what}: lower the learning rate, or look for nan and inf in the data. The parameters and the optimizer "
            "are as they were before the call"
        )

    def steps(self, order: Ints | None, size: int, times: int = 1) -> Iterator[list[float]]:
        """A step for each batch of `size` rows, taken in that order; the losses, in lists that took not long.

        All `times` over. One loss that is not finite is the last.
        """
        parts = list(_batches(self.columns, order, size))
        if [len(part) for part in parts] != [stack.count for stack in self.stacks]:
            self.stacks = [self.loop.stack(self.kernel, self.leaves, part) for part in parts]
        else:
            for stack, part in zip(self.stacks, parts, strict=True):
                stack.fill(part)
        for stack in self.stacks:
            for losses in self._slices(stack, stack.count * times):
                yield losses
                if not isfinite(losses[-1]):
                    return

    def _slices(self, stack: Any, count: int) -> Iterator[list[float]]:
        first = 0
        while first < count:
            losses = np.empty(min(self.slice, count - first))
            start = perf_counter()
            made = self.loop.run(stack, first, losses)
            yield losses[: made + 1].tolist()
            first += made
            self.slice = (
                min(2 * self.slice, STEPS_AT_ONCE) if perf_counter() - start < UNHEARD else max(self.slice // 2, 1)
            )


def _batches(columns: Floats, order: Ints | None, size: int) -> Iterator[Floats]:
    """Stacks of batches of equal size, each batches × inputs × rows: the whole ones, and what is left."""
    rows = columns.shape[1] if columns.ndim == 2 else 1
    if size >= rows:
        yield columns[None]
        return
    whole, chosen = rows - rows % size, np.arange(rows) if order is None else order
    for part, width in ((chosen[:whole], size), (chosen[whole:], rows - whole)):
        if width:
            yield np.take(columns, part, 1).reshape(len(columns), -1, width).swapaxes(0, 1)


def _loop(backend: str, update: Update, numbers: tuple[Floats, Floats], clip: Clip | None) -> Any:
    if BACKENDS[backend].is_machine_code and clip is None:
        from .llvm_loop import LlvmLoop

        return LlvmLoop(update, *numbers)
    return PythonLoop(update, *numbers, clip)
