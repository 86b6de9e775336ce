"""The training loop as machine code: it calls the loss's and the update's kernels, and moves numbers between them."""

import ctypes
from typing import Any

import numpy as np

from ..backends.llvm.builder import Body, Module, Type
from ..backends.llvm.kernel import aligned, compiled
from ..ir.arrays import Floats
from .optimizer_step import Update

KERNEL = ("ptr pool", "ptr R", "ptr X", "ptr G", "ptr Y", "i64 xs", "i64 rows", "i64 chunk", "i64 chunks")
DOUBLE = Type("double", 1)
NUMBERS = {"float64": DOUBLE, "float32": Type("float", 1)}


def _arguments(prefix: str) -> list[str]:
    """What a kernel's `run` is given."""
    return [f"{kind} %{prefix}.{name}" for kind, name in map(str.split, KERNEL)]


HEAD = [
    "ptr %loss",
    *_arguments("loss"),
    "i64 %ahead",
    "ptr %leaves",
    "i64 %used",
    "ptr %update",
    *_arguments("update"),
    "ptr %losses",
    "i64 %steps",
]


class DriverWriter:
    """The text of the loop for one update and one type of the loss's numbers. The update's are always doubles."""

    update: Update
    kind: Type
    module: Module
    plan: Any
    offsets: Any
    outputs: Any
    body: Body

    def __init__(self, update: Update, dtype: str) -> None:
        self.update, self.kind, self.module = update, NUMBERS[dtype], Module()
        self.plan, self.offsets = update.kernel.schedule, update.kernel.layout.offsets
        self.outputs = self.plan.program.outputs.tolist()
        self.body = Body(self.module)
        self._write()
        self.module.define(f"define i64 @train({', '.join(HEAD)})", self.body, "ret i64 %steps")

    def _write(self) -> None:
        body = self.body
        self._copy(self.kind, "%leaves", DOUBLE, "%update.X", "%used")
        with body.loop("0", "%steps", 1) as loop:
            batch = body.pointer(self.kind, "%loss.X", body.let(f"mul i64 {loop.counter}, %ahead"))
            self._call("loss", batch)
            self._keep_loss(loop.counter)
            second = body.pointer(self.kind, "%loss.Y", "1")
            self._copy(DOUBLE, self._column("X", 1), self.kind, second, str(self.update.count))
            self._call("update", "%update.X")
            self._take_up()
            self._copy(self.kind, "%leaves", DOUBLE, "%update.X", "%used")

    def _call(self, name: str, inputs: str) -> None:
        passed = ", ".join(_arguments(name)).replace(f"%{name}.X", inputs)
        self.body.do(f"call void %{name}({passed})")

    def _keep_loss(self, step: str) -> None:
        """Store the loss; where it is not finite, the loop ends before the update."""
        body = self.body
        loss = body.let(f"load {self.kind}, ptr %loss.Y")
        if self.kind is not DOUBLE:
            loss = body.let(f"fpext float {loss} to double")
        body.do(f"store double {loss}, ptr {body.pointer(DOUBLE, '%losses', step)}")
        finite = body.let(f"fcmp ord double {body.let(f'fsub double {loss}, {loss}')}, 0.0")
        body.do(f"br i1 {finite}, label %finite, label %diverged")
        body.begin("diverged")
        body.do(f"ret i64 {step}")
        body.begin("finite")

    def _take_up(self) -> None:
        """The update's results become its inputs and leaves; all are read before any is written."""
        body, update, count = self.body, self.update, self.update.count
        rows = self.outputs[: len(update.moved)]
        for k, node in enumerate(rows):
            self._complete(k, node)
        states = self.outputs[len(rows) : len(rows) + len(update.states_moved)]
        scalars = [body.let(f"load double, ptr {self._single(node)}") for node in states]
        for leaf, scalar in zip(update.states_moved, scalars, strict=True):
            body.do(f"store double {scalar}, ptr {body.pointer(DOUBLE, '%update.pool', str(leaf))}")
        for k, column in enumerate(update.moved):
            self._copy(DOUBLE, self._column("X", column), DOUBLE, self._column("Y", k), str(count))

    def _complete(self, k: int, node: int) -> None:
        """Output k, where the kernel writes none: it is an input, or the same for all rows."""
        body, space, slot = self.body, str(self.plan.space[node]), int(self.plan.slot[node])
        if space == "X":
            self._copy(DOUBLE, self._column("Y", k), DOUBLE, self._column("X", slot), str(self.update.count))
        elif space != "R":
            number = body.let(f"load double, ptr {self._single(node)}")
            with body.loop("0", str(self.update.count), 1) as loop:
                body.do(f"store double {number}, ptr {body.pointer(DOUBLE, self._column('Y', k), loop.counter)}")

    def _single(self, node: int) -> str:
        """Where in the pool a number lies that all rows share."""
        place = self.offsets[str(self.plan.space[node])] + int(self.plan.slot[node])
        return self.body.pointer(DOUBLE, "%update.pool", str(place))

    def _column(self, space: str, k: int) -> str:
        stride = "%update.xs" if space == "X" else "%update.rows"
        return self.body.pointer(DOUBLE, f"%update.{space}", self.body.let(f"mul i64 {stride}, {k}"))

    def _copy(self, to_kind: Type, to: str, kind: Type, source: str, count: str) -> None:
        """`count` numbers, at least one, from one type to another."""
        body = self.body
        if to_kind == kind:
            copy = self.module.declare("llvm.memcpy.p0.p0.i64", "void", "ptr", "ptr", "i64", "i1")
            size = body.let(f"mul i64 {count}, {kind.bytes}")
            body.do(f"call void {copy}(ptr {to}, ptr {source}, i64 {size}, i1 false)")
            return
        how = "fptrunc" if to_kind.bytes < kind.bytes else "fpext"
        with body.loop("0", count, 1) as loop:
            number = body.let(f"load {kind}, ptr {body.pointer(kind, source, loop.counter)}")
            number = body.let(f"{how} {kind} {number} to {to_kind}")
            body.do(f"store {to_kind} {number}, ptr {body.pointer(to_kind, to, loop.counter)}")


class Driver:
    """The loop's machine code; releasing it frees the code."""

    engine: Any
    run: Any

    def __init__(self, update: Update, dtype: str) -> None:
        self.engine = compiled(str(DriverWriter(update, dtype).module))
        kinds = [ctypes.c_void_p if argument.startswith("ptr") else ctypes.c_int64 for argument in HEAD]
        self.run = ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(self.engine.get_function_address("train"))


class LlvmLoop:
    """The loop with the update's buffers, which hold the state."""

    update: Update
    leaves: Floats
    buffers: Any
    passed: Any

    def __init__(self, update: Update, leaves: Floats, inputs: Floats) -> None:
        self.update, self.leaves = update, leaves
        self.buffers = update.kernel.prepared(leaves, inputs)
        self.passed = (_run_of(update.kernel), *self.buffers.arguments)

    @property
    def state(self) -> tuple[Floats, Floats]:
        """The numbers of the update: parameters and lists, then states."""
        return self.buffers.leaves, self.buffers.inputs

    def stack(self, kernel: Any, leaves: Floats, batches: Floats) -> "LlvmStack":
        """Room for the losses of several batches."""
        return LlvmStack(kernel, leaves, batches, self.update)

    def run(self, stack: "LlvmStack", first: int, losses: Floats) -> int:
        """A step for each of `losses`, from batch `first` on; returns how many there were with a finite loss."""
        made: int = stack.driver.run(*stack.passed(first), *self.passed, losses.ctypes.data, len(losses))
        return made


class LlvmStack:
    """Batches of equal size, one behind the other as the loss's code reads them, and its buffers."""

    count: int
    buffers: Any
    driver: Any
    run: int
    ahead: int
    columns: Floats
    leaves: Any
    rest: Any

    def __init__(self, kernel: Any, leaves: Floats, batches: Floats, update: Update) -> None:
        self.count = len(batches)
        self.buffers = kernel.prepared(leaves, batches[0])
        name = kernel.dtype.name
        if name not in update.drivers:
            update.drivers[name] = Driver(update, name)
        self.driver = update.drivers[name]
        self.run = _run_of(kernel)
        self.ahead = 0
        if self.count > 1:
            self.ahead = batches.shape[1] * self.buffers.stride
            self.columns = aligned(self.count * self.ahead, kernel.dtype).reshape(self.count, batches.shape[1], -1)
            self.fill(batches)
        used = min(len(self.buffers.leaves), update.count)
        self.leaves = self.buffers.leaves if used else np.zeros(1, kernel.dtype)  # the loss may use no parameter
        self.rest = (self.ahead, self.leaves.ctypes.data, max(used, 1))

    def fill(self, batches: Floats) -> None:
        """Take these batches; their rows are filled up to whole vectors with copies of the last one."""
        if self.count == 1:
            self.buffers.fill(self.buffers.leaves, batches[0])
            return
        rows = batches.shape[2]
        self.columns[:, :, :rows] = batches
        self.columns[:, :, rows:] = batches[:, :, -1:]

    def passed(self, first: int) -> tuple[int, ...]:
        """The addresses that machine code is handed, from this batch on."""
        pool, buffer, inputs, *others = self.buffers.arguments
        if self.ahead:
            inputs = self.columns[first].ctypes.data
        return (self.run, pool, buffer, inputs, *others, *self.rest)


def _run_of(kernel: Any) -> int:
    """Where the code of a kernel's `run` begins."""
    address: int = kernel.engine.get_function_address("run")
    return address
