"""What the back ends have in common: a kernel, and the buffers of its calls, which later calls take up again."""

from collections.abc import Callable
from struct import Struct
from typing import Any

from ..ir.arrays import Floats, Ints

SPARE = 4  # sets of buffers kept for later calls


class Buffers:
    """A kernel with its buffers: change `leaves` and `inputs` in place, call `run`, read what it returns."""

    kernel: Any
    shape: tuple[int, ...]  # of the inputs: how many, and for how many rows
    threads = 1
    leaves: Floats
    inputs: Floats
    address: int  # of `leaves`
    put: Callable[..., None] | None = None  # of the inputs of a single row, one by one

    def fill(self, leaves: Floats, inputs: Floats) -> None:
        """Take these numbers."""
        self.leaves[:] = leaves
        self.inputs[...] = inputs

    def run(self) -> Floats:
        """Compute: from the buffers to the outputs, which are overwritten by the next run."""
        raise NotImplementedError


class Kernel:
    """Compiled code. Called from several threads at once, each call has buffers of its own."""

    places: Ints | None = None  # of a sparse result: which of all results the outputs are

    def __init__(self) -> None:
        self.spare: list[Any] = []

    def __call__(self, leaves: Floats, inputs: Floats, threads: int = 1) -> Floats:
        """The outputs (outputs × rows; one number each for a single row, or the mean over rows) for inputs × rows."""
        buffers = self.take(inputs.shape, threads)
        buffers.fill(leaves, inputs)
        outputs: Floats = buffers.run().copy()
        self.give(buffers)
        return outputs

    def take(self, shape: tuple[int, ...], threads: int) -> Any:
        """Buffers for inputs of that shape: those of an earlier call, or new ones."""
        try:
            buffers = self.spare.pop()
        except IndexError:
            return self.buffers(shape, threads)
        if buffers.shape != shape or buffers.threads != threads:
            return self.buffers(shape, threads)
        buffers.kernel = self
        return buffers

    def give(self, buffers: Any) -> None:
        """Give them back, for a later call."""
        buffers.kernel = None  # no cycle: without its last user the code is freed at once
        if len(self.spare) < SPARE:
            self.spare.append(buffers)

    def prepared(self, leaves: Floats, inputs: Floats, threads: int = 1) -> Any:
        """The buffers of one call, with its numbers: `run()` goes from buffers to buffers."""
        buffers = self.buffers(inputs.shape, threads)
        buffers.fill(leaves, inputs)
        return buffers

    def buffers(self, shape: tuple[int, ...], threads: int) -> Any:
        """New buffers for inputs of that shape."""
        raise NotImplementedError


def writer(numbers: Any) -> Callable[..., None] | None:
    """A function of as many floats that writes them into the array, quicker than NumPy does; None where it cannot."""
    if numbers.dtype != "float64":
        return None
    pack = Struct(f"{len(numbers)}d").pack_into
    memory = memoryview(numbers).cast("B") if len(numbers) else bytearray()
    return lambda *given: pack(memory, 0, *given)
