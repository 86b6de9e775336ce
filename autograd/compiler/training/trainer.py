"""Training in compiled code: gradient, update, gradient, update, …, without Python in between.

The loss's kernel leaves the gradient, the update's kernel (see `updates`) takes it and leaves the new numbers of
parameters and optimizer, which go back to where both kernels read them. With LLVM the loop is machine code, too.
"""

from collections.abc import Iterator
from math import isfinite
from time import perf_counter
from typing import Any

import numpy as np

from ..arguments import Call, at_least_one
from ..cache import Codes, Recent
from ..ir.arrays import Floats, Ints
from .optimizer_step import Held, Update

MOST, LONG = 1000, 0.1  # steps, and seconds, until Ctrl-C is heard
KEPT = 8  # compiled updates: a new one for each setting of an optimizer


class Trainer:
    """What `train` of one compiled function keeps from call to call: code for the losses and for the updates."""

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
        size = min(call.rows or 1, at_least_one(call.rows or 1 if batch_size is None else batch_size, "batch_size"))
        codes = self._codes(optimizer)
        traced, kernel = codes.ready("backward", call, ())
        leaves = traced.numbers.read(codes.dtype)
        update = self._update(optimizer)
        loop = _loop(codes.backend)(update, *update.numbers(optimizer))
        random, columns = np.random.default_rng(seed) if shuffle else None, call.columns(codes.dtype)
        codes.check(traced, columns)
        run = _Run(loop, _Batches(columns, size, random), epochs)
        try:
            run.all(kernel, leaves)
            run.check(optimizer)
            update.store(optimizer, *loop.state)
        except FloatingPointError:
            codes.check(traced, columns, dict(zip(traced.parameters, loop.state[1][0].tolist(), strict=False)))
            raise
        except KeyboardInterrupt:
            update.store(optimizer, *loop.state)
            raise
        return run.losses

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

    def _update(self, optimizer: Any) -> Update:
        held = Held.by(optimizer)
        for update in self.updates:
            if update.fits(optimizer, held):
                return update
        self.updates = [*self.updates[1 - KEPT :], Update(optimizer, held, self.own.backend)]
        return self.updates[-1]


class _Batches:
    """The rows, cut into batches; all of one size, but for the last one of an epoch."""

    def __init__(self, columns: Floats, size: int, random: Any) -> None:
        self.columns, self.size, self.random = columns, size, random
        self.rows = columns.shape[1] if columns.ndim == 2 else 1
        self.count = -(-self.rows // size)

    def epoch(self) -> Iterator[Floats]:
        """Stacks of batches of equal size, each batches × inputs × rows, in a new order every time."""
        if self.count == 1:
            yield self.columns[None]
            return
        order: Ints = self.random.permutation(self.rows) if self.random else np.arange(self.rows)
        whole = self.rows - self.rows % self.size
        for part, size in ((order[:whole], self.size), (order[whole:], self.rows - whole)):
            if size:
                yield np.take(self.columns, part, 1).reshape(len(self.columns), -1, size).swapaxes(0, 1)


class _Run:
    """One call of `train`: its losses so far."""

    def __init__(self, loop: Any, batches: _Batches, epochs: int) -> None:
        self.loop, self.batches, self.epochs = loop, batches, epochs
        self.losses = np.zeros(epochs * batches.count)
        self.done, self.slice = 0, 1

    def all(self, kernel: Any, leaves: Floats) -> None:
        """All epochs; with a single batch they are steps of one long epoch."""
        stacks = [self.loop.stack(kernel, leaves, part) for part in self.batches.epoch()]
        if self.batches.count == 1:
            self._steps(stacks[0], self.epochs)
            return
        for epoch in range(self.epochs):
            if epoch and self.batches.random:
                for stack, part in zip(stacks, self.batches.epoch(), strict=True):
                    stack.fill(part)
            for stack in stacks:
                self._steps(stack, stack.count)

    def _steps(self, stack: Any, count: int) -> None:
        """So many steps, in slices that are not long."""
        first = 0
        while first < count:
            losses = self.losses[self.done : self.done + min(self.slice, count - first)]
            start = perf_counter()
            made = self.loop.run(stack, first, losses)
            if made < len(losses):
                self._fail(made)
            self.done, first = self.done + made, first + made
            self.slice = min(2 * self.slice, MOST) if perf_counter() - start < LONG else max(self.slice // 2, 1)

    def _fail(self, made: int) -> None:
        step = self.done + made
        self._raise(f"the loss became {self.losses[step]} in step {step + 1} of {len(self.losses)}")

    def check(self, optimizer: Any) -> None:
        """FloatingPointError where the last steps gave a parameter that is not finite."""
        if not np.isfinite(self.loop.state[1][0]).all():
            self._raise(f"a parameter became nan or inf in the last of {len(self.losses)} steps")

    def _raise(self, what: str) -> None:
        raise FloatingPointError(
            f"{what}: lower the learning rate, or look for nan and inf in the data. The parameters and the optimizer "
            "are as they were before the call"
        )


def _loop(backend: str) -> Any:
    if backend == "llvm":
        from ..backends.llvm.training_loop import LlvmLoop

        return LlvmLoop
    return PythonLoop


class PythonLoop:
    """The loop for the NumPy back end. `state` is replaced as a whole, so that it is that of a whole step."""

    def __init__(self, update: Update, leaves: Floats, inputs: Floats) -> None:
        self.update, self.state = update, (leaves, inputs)
        self.buffers = update.kernel.prepared(leaves, inputs)

    def stack(self, kernel: Any, leaves: Floats, batches: Floats) -> "PythonStack":
        return PythonStack(kernel, leaves, batches)

    def run(self, stack: "PythonStack", first: int, losses: Floats) -> int:
        """A step for each of `losses`, from batch `first` on; returns how many there were with a finite loss."""
        for k in range(len(losses)):
            result = stack.run(self.state[1][0], first + k)
            losses[k] = result[0]
            if not isfinite(losses[k]):
                return k
            self._update(result[1:])
        return len(losses)

    def _update(self, gradient: Floats) -> None:
        leaves, inputs = self.state[0].copy(), self.state[1].copy()
        inputs[1] = gradient
        self.buffers.fill(leaves, inputs)
        result, rows = self.buffers.run(), len(self.update.moved)
        inputs[self.update.moved] = result[:rows]
        leaves[self.update.states_moved] = result[rows : rows + len(self.update.states_moved), 0]
        self.state = leaves, inputs


class PythonStack:
    """Batches of equal size, and the buffers of the loss."""

    def __init__(self, kernel: Any, leaves: Floats, batches: Floats) -> None:
        self.batches, self.count = batches, len(batches)
        self.buffers = kernel.prepared(leaves, np.ascontiguousarray(batches[0]))

    def fill(self, batches: Floats) -> None:
        self.batches = batches

    def run(self, parameters: Floats, batch: int) -> Floats:
        """The mean loss of a batch, and its gradient."""
        self.buffers.leaves[: len(parameters)] = parameters
        self.buffers.inputs[...] = self.batches[batch % self.count]
        result: Floats = self.buffers.run()
        return result
