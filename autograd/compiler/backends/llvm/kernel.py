"""The LLVM back end: a schedule as machine code, through llvmlite. No optimisation passes: the shape is right."""

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from ...ir.arrays import Floats, Ints
from ...loops.nests import Schedule
from ..kernel import Buffers, Kernel, writer
from .lanes import LIBRARY
from .loop_nests import TILE
from .module import TYPES, Layout, ModuleWriter

CHUNKS = 8  # at most so many sums over rows are made side by side, whatever the number of threads
LEAST = 4  # tiles in a chunk


class LlvmKernel(Kernel):
    """A schedule as machine code, with room for so many leaves and inputs; releasing it frees the code."""

    schedule: Schedule
    dtype: "np.dtype[Any]"
    layout: Layout
    tables: list[Any]
    text: str
    row_slots: int
    block: int
    engine: Any
    once: Any
    rows: Any
    call: Any
    finish: Any
    constants: Floats

    def __init__(self, schedule: Schedule, dtype: Any = np.float64, leaves: int = 0, inputs: int = 0) -> None:
        super().__init__()
        self.schedule, self.dtype = schedule, np.dtype(dtype)
        writer = ModuleWriter(schedule, self.dtype.name, leaves, inputs)
        self.layout, self.tables = writer.layout, writer.tables  # the tables must live as long as the code
        self.text, self.row_slots = str(writer), writer.row_slots
        self.block = 4 * TYPES[self.dtype.name].lanes
        self.engine = compiled(self.text)
        self.once = _function(self.engine, "once", "ppppll")
        self.rows = _function(self.engine, "rows", "pppplplll")
        self.call = _function(self.engine, "call", "p")
        if schedule.summed or not schedule.batched:
            self.finish = _function(self.engine, "finish", "pppll")
        self.constants = np.array(schedule.constants, self.dtype)

    def buffers(self, shape: tuple[int, ...], threads: int) -> "Prepared":
        """New buffers for inputs of that shape."""
        return Prepared(self, shape, threads)


class Prepared(Buffers):
    """A kernel with its buffers: change `leaves` and `inputs` in place, call `run`, read what it returns."""

    kernel: Any
    shape: tuple[int, ...]
    threads: int
    pool: Floats
    leaves: Floats
    count: int
    alone: bool
    outputs: Floats
    chunk: int
    chunks: int
    sums: Any
    buffers: list[Floats]
    arguments: Any
    block: Ints
    passed: int
    address: int
    put: Callable[..., None] | None
    stride: int
    columns: Floats
    inputs: Floats

    def __init__(self, kernel: LlvmKernel, shape: tuple[int, ...], threads: int) -> None:
        self.kernel, self.shape, self.threads = kernel, shape, threads
        plan, layout, dtype = kernel.schedule, kernel.layout, kernel.dtype
        self.pool = aligned(layout.size, dtype)
        start = layout.offsets["K"]
        self.pool[start : start + len(kernel.constants)] = kernel.constants
        self.leaves = self.pool[: layout.offsets.get("X", start)]
        self.count = shape[1] if plan.batched else 1
        self._make_inputs(shape[0])
        width = len(plan.program.outputs) // (2 if plan.summed else 1)
        self.alone = plan.summed or not plan.batched
        self.outputs = np.empty(width if self.alone else (width, self.count), dtype)
        tiles = -(-self.count // TILE)
        self.chunk = TILE * max(LEAST, -(-tiles // CHUNKS))
        self.chunks = -(-self.count // self.chunk) or 1
        self.sums = np.zeros((self.chunks, plan.sizes["G"]), dtype)
        self.buffers = [aligned(kernel.row_slots * TILE, dtype) for _ in range(min(threads, self.chunks))]
        arrays = (self.pool, self.buffers[0], self.columns, self.sums, self.outputs)
        addresses = [array.ctypes.data for array in arrays]
        self.arguments = (*addresses, self.stride, self.count, self.chunk, self.chunks)
        self.block = np.array(self.arguments, np.int64)  # which ctypes passes as one pointer, six times quicker
        self.passed, self.address = self.block.ctypes.data, self.leaves.ctypes.data
        self.put = None if plan.batched else writer(self.inputs)

    def _make_inputs(self, count: int) -> None:
        """A single row's inputs lie in the pool; columns of rows are as long as whole vectors."""
        if not self.kernel.schedule.batched:
            self.inputs = self.pool[self.kernel.layout.offsets["X"] : self.kernel.layout.offsets["K"]]
            self.stride, self.columns = 1, self.inputs
            return
        block = self.kernel.block
        self.stride = -(-self.count // block) * block
        self.columns = aligned(count * self.stride, self.kernel.dtype).reshape(count, self.stride)
        self.inputs = self.columns[:, : self.count]

    def fill(self, leaves: Floats, inputs: Floats) -> None:
        """Rows are filled up to whole vectors with copies of the last one."""
        self.leaves[:] = leaves[: len(self.leaves)]
        self.inputs[...] = inputs[: len(self.inputs)]
        if self.kernel.schedule.batched and self.count:
            self.columns[:, self.count :] = self.columns[:, self.count - 1 : self.count]

    def run(self) -> Floats:
        """Compute: from the buffers to `outputs`, which is returned."""
        if len(self.buffers) == 1:
            self.kernel.call(self.passed)
        else:
            self._run_in_threads()
        if not self.alone:
            self._fill_constant_columns()
        return self.outputs

    def _run_in_threads(self) -> None:
        """The chunks side by side, each with its own sums; added in order they give what one thread gives."""
        kernel, spare = self.kernel, list(self.buffers)
        pool, _, columns, _, outputs, stride, count, size, chunks = self.arguments
        kernel.once(pool, 0, 0, 0, 1, 1)
        self.sums[:] = 0.0

        def work(chunk: int) -> None:
            buffer = spare.pop()
            begin, sums = chunk * size, self.sums[chunk].ctypes.data
            kernel.rows(
                pool, buffer.ctypes.data, columns, sums, stride, outputs, count, begin, min(begin + size, count)
            )
            spare.append(buffer)

        with ThreadPoolExecutor(len(self.buffers)) as threads:
            list(threads.map(work, range(chunks)))
        if self.alone:
            kernel.finish(pool, self.sums.ctypes.data, outputs, chunks, count)

    def _fill_constant_columns(self) -> None:
        """Outputs that are inputs, or that no row changes."""
        plan = self.kernel.schedule
        for k, node in enumerate(plan.program.outputs.tolist()):
            space, slot = str(plan.space[node]), int(plan.slot[node])
            if space == "X":
                self.outputs[k] = self.inputs[slot]
            elif space != "R":
                self.outputs[k] = self.pool[self.kernel.layout.offsets[space] + slot]


def aligned(count: int, dtype: Any) -> Floats:
    """An array of zeros that begins at a multiple of 64 bytes."""
    size = np.dtype(dtype).itemsize
    raw = np.zeros(count + 64 // size, dtype)
    first = -raw.ctypes.data % 64 // size
    found: Floats = raw[first : first + count]
    return found


def _function(engine: Any, name: str, arguments: str) -> Any:
    """A function of the code: p is a pointer, l an integer. ctypes releases the GIL while it runs."""
    kinds = [ctypes.c_void_p if kind == "p" else ctypes.c_int64 for kind in arguments]
    return ctypes.CFUNCTYPE(None, *kinds)(engine.get_function_address(name))


def compiled(text: str) -> Any:
    """The machine code of a module, for this processor."""
    _prepare()
    module = llvm.parse_assembly(text)
    features = llvm.get_host_cpu_features().flatten()
    machine = llvm.Target.from_default_triple().create_target_machine(
        llvm.get_host_cpu_name(), features, opt=2, jit=True
    )
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


@cache
def _prepare() -> None:
    """Once: LLVM itself, and where the C library's functions are."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    library = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
    for name in sorted(LIBRARY):
        llvm.add_symbol(name, ctypes.cast(getattr(library, name), ctypes.c_void_p).value)
