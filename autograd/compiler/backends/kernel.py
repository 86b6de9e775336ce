"""What the back ends have in common: a kernel, and the buffers of its calls, which later calls take up again."""

from typing import Any

from ..ir.arrays import Floats

SPARE = 4  # sets of buffers kept for later calls


class Buffers:
    """A kernel with its buffers: change `leaves` and `inputs` in place, call `run`, read what it returns."""

    shape: tuple[int, ...]
    leaves: Floats
    inputs: Floats

    def fill(self, leaves: Floats, inputs: Floats) -> None:
        """Take these numbers."""
        raise NotImplementedError

    def run(self) -> Floats:
        """Compute: from the buffers to the outputs, which are overwritten by the next run."""
        raise NotImplementedError


class Kernel:
    """Compiled code. Called from several threads at once, each call has buffers of its own."""

    def __init__(self) -> None:
        self.spare: list[tuple[tuple[int, ...], int, Any]] = []

    def __call__(self, leaves: Floats, inputs: Floats, threads: int = 1) -> Floats:
        """The outputs (outputs × rows; one number each for a single row, or the mean over rows) for inputs × rows."""
        shape, count, buffers = self._take() or ((), 0, None)
        if buffers is None or (shape, count) != (inputs.shape, threads):
            buffers = self.prepared(leaves, inputs, threads)
        else:
            buffers.kernel = self
            buffers.fill(leaves, inputs)
        outputs: Floats = buffers.run().copy()
        if len(self.spare) < SPARE:
            buffers.kernel = None  # no cycle: without its last user the code is freed at once
            self.spare.append((inputs.shape, threads, buffers))
        return outputs

    def _take(self) -> tuple[tuple[int, ...], int, Any] | None:
        try:
            return self.spare.pop()
        except IndexError:
            return None

    def prepared(self, leaves: Floats, inputs: Floats, threads: int = 1) -> Any:
        """The buffers of one call: `run()` goes from buffers to buffers."""
        raise NotImplementedError
