"""The training loop in Python: for the NumPy back end, and where gradients are clipped."""

from collections.abc import Callable
from math import isfinite
from typing import Any, TypeAlias

import numpy as np

from ..ir.arrays import Floats
from .optimizer_step import Update

Clip: TypeAlias = Callable[[Floats], Floats]
"""From a gradient to the one that the optimizer is given."""


class PythonLoop:
    """The loop with the numbers that change; `state` is replaced as a whole, so that it is that of a whole step."""

    update: Update
    clip: Clip | None
    buffers: Any
    state: tuple[Floats, Floats]

    def __init__(self, update: Update, leaves: Floats, inputs: Floats, clip: Clip | None) -> None:
        self.update, self.state, self.clip = update, (leaves, inputs), clip
        self.buffers = update.kernel.prepared(leaves, inputs)

    def stack(self, kernel: Any, leaves: Floats, batches: Floats) -> "PythonStack":
        """The batches' rows, as LLVM's loop has them in one piece."""
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
        inputs[1] = self.clip(gradient) if self.clip else gradient
        self.buffers.fill(leaves, inputs)
        result, rows = self.buffers.run(), len(self.update.moved)
        inputs[self.update.moved] = result[:rows]
        leaves[self.update.states_moved] = result[rows : rows + len(self.update.states_moved), 0]
        self.state = leaves, inputs


class PythonStack:
    """Batches of equal size, and the buffers of the loss."""

    count: int
    buffers: Any
    batches: Floats

    def __init__(self, kernel: Any, leaves: Floats, batches: Floats) -> None:
        self.batches, self.count = batches, len(batches)
        self.buffers = kernel.prepared(leaves, np.ascontiguousarray(batches[0]))

    def fill(self, batches: Floats) -> None:
        """Take the rows of these batches."""
        self.batches = batches

    def run(self, parameters: Floats, batch: int) -> Floats:
        """The mean loss of a batch, and its gradient."""
        self.buffers.leaves[: len(parameters)] = parameters
        self.buffers.inputs[...] = self.batches[batch % self.count]
        result: Floats = self.buffers.run()
        return result
