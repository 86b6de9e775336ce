"""A schedule as one LLVM module: a function for each step, and the drivers that call them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...ir.program import INPUT, LEAF
from ...loops.nests import Bundle, Schedule, Step
from .batch_sums import RowSumsWriter
from .builder import Body, Module, Type
from .interpreter import TableWriter
from .loop_nests import ARGUMENTS, TILE, BundleWriter
from .straight_line import Places, is_straight, write_straight

TYPES = {"float64": Type("double", 4), "float32": Type("float", 8)}
WHOLE = "ptr %pool, ptr %R, ptr %X, ptr %G, ptr %Y, i64 %xs, i64 %rows, i64 %chunk, i64 %chunks"
PASSED = "ptr %pool, ptr %R, ptr %X, ptr %G, i64 %xs, i64"


@dataclass
class Layout:
    """The pool: leaves, then (for a single row) inputs, constants and the numbers that are computed once."""

    offsets: dict[str, int] = field(default_factory=dict)
    size: int = 0

    @classmethod
    def of(cls, schedule: Schedule, leaves: int, inputs: int) -> "Layout":
        """Where everything lies that is the same for all rows."""
        program = schedule.program
        used = [_most(program.number[program.code == kind]) for kind in (LEAF, INPUT)]
        parts = {
            "P": max(leaves, used[0]),
            "X": 0 if schedule.batched else max(inputs, used[1]),
            "K": len(schedule.constants),
            "U": schedule.sizes["U"],
        }
        found = cls()
        for space, count in parts.items():
            found.offsets[space] = found.size
            found.size += count
        if schedule.batched:
            del found.offsets["X"]
        return found


def _most(numbers: Any) -> int:
    return int(numbers.max()) + 1 if len(numbers) else 0


class ModuleWriter:
    """The text of a schedule's module, and the tables that it reads."""

    schedule: Schedule
    type: Type
    module: Module
    layout: Layout
    places: Places
    once: list[tuple[str, str, bool]]
    rows: list[tuple[str, str, bool]]
    row_slots: int

    def __init__(self, schedule: Schedule, dtype: str, leaves: int = 0, inputs: int = 0) -> None:
        self.schedule, self.type, self.module = schedule, TYPES[dtype], Module()
        self.tables: list[NDArray[np.int32]] = []
        self.layout = Layout.of(schedule, leaves, inputs)
        self.places = Places(schedule, self.layout.offsets)
        self.interpreters: dict[bool, TableWriter] = {}
        self.once = [self._step(step, False) for step in schedule.once]
        self.rows = [self._step(step, True) for step in schedule.rows]
        self.row_slots = max([schedule.sizes["R"], *(table.row_slots for table in self.interpreters.values())])
        for rowwise, table in self.interpreters.items():
            table.write(self.module, f"table{int(rowwise)}", self.type)
        self._drivers()

    def __str__(self) -> str:
        return str(self.module)

    def _step(self, step: Step, rowwise: bool) -> tuple[str, str, bool]:
        """The function of a step, what else it is given, and whether it needs the true number of rows."""
        name = f"step{len(self.module.functions)}"
        if isinstance(step, Bundle):
            writer = RowSumsWriter if step.sums_rows else BundleWriter
            writer(self.module, step, rowwise, self.layout.offsets, self.type).write(name)
            return name, "", step.sums_rows
        if is_straight(self.schedule, step):
            write_straight(self.module, name, self.schedule, step, rowwise, self.places, self.type)
            return name, "", False
        tables = self.interpreters.setdefault(rowwise, TableWriter(self.schedule, rowwise, self.places))
        table = tables.table(step)
        return f"table{int(rowwise)}", f", {self._address(table)}, i64 {len(table)}", True

    def _address(self, table: NDArray[np.int32]) -> str:
        """A table as a pointer into this process: long ones would take LLVM longer to read than to use."""
        self.tables.append(table)
        return f"ptr inttoptr (i64 {table.ctypes.data} to ptr)"

    def _call(self, body: Body, step: tuple[str, str, bool], rows: str, padded: str) -> None:
        name, extra, exact = step
        body.do(f"call void @{name}({PASSED} {rows if exact else padded}{extra})")

    def _drivers(self) -> None:
        body = Body(self.module)
        for step in self.once:
            self._call(body, step, "1", "1")
        self.module.define(f"define void @once({ARGUMENTS})", body)
        self._rows_driver()
        if self.schedule.summed or not self.schedule.batched:
            self._finish()
        self._run()

    def _rows_driver(self) -> None:
        """All steps for 64 rows at a time, from row `begin` to row `end`."""
        body, kind = Body(self.module), self.type
        block = 4 * kind.lanes
        test = body.let("icmp slt i64 %begin, %end")
        body.do(f"br i1 {test}, label %work, label %done")
        body.begin("work")
        with body.loop("%begin", "%end", TILE) as loop:
            left = body.let(f"sub i64 %end, {loop.counter}")
            few = body.let(f"icmp slt i64 {left}, {TILE}")
            rows = body.let(f"select i1 {few}, i64 {left}, i64 {TILE}")
            padded = body.let(f"and i64 {body.let(f'add i64 {rows}, {block - 1}')}, {-block}")
            tile = body.pointer(kind, "%X", loop.counter)
            for name, extra, exact in self.rows:
                passed = PASSED.replace("%X", tile)
                body.do(f"call void @{name}({passed} {rows if exact else padded}{extra})")
            self._copy_results(body, rows, loop.counter)
        body.do("br label %done")
        body.begin("done")
        self.module.define(
            "define void @rows(ptr %pool, ptr %R, ptr %X, ptr %G, i64 %xs, ptr %Y, i64 %ys, i64 %begin, i64 %end)", body
        )

    def _run(self) -> None:
        """The whole call, by one thread: once, the rows chunk by chunk, and the results."""
        body, kind, plan = Body(self.module), self.type, self.schedule
        body.do(f"call void @once({PASSED} 1)")
        if plan.batched:
            size = plan.sizes["G"]
            clear = self.module.declare("llvm.memset.p0.i64", "void", "ptr", "i8", "i64", "i1")
            bytes = body.let(f"mul i64 %chunks, {size * kind.bytes // kind.lanes}")
            body.do(f"call void {clear}(ptr %G, i8 0, i64 {bytes}, i1 false)")
            with body.loop("0", "%chunks", 1) as loop:
                sums = body.pointer(kind, "%G", body.let(f"mul i64 {loop.counter}, {size}"))
                begin = body.let(f"mul i64 {loop.counter}, %chunk")
                end = body.let(f"add i64 {begin}, %chunk")
                last = body.let(f"icmp slt i64 {end}, %rows")
                end = body.let(f"select i1 {last}, i64 {end}, i64 %rows")
                passed = f"ptr %pool, ptr %R, ptr %X, ptr {sums}, i64 %xs, ptr %Y, i64 %rows, i64 {begin}, i64 {end}"
                body.do(f"call void @rows({passed})")
        if plan.summed or not plan.batched:
            body.do("call void @finish(ptr %pool, ptr %G, ptr %Y, i64 %chunks, i64 %rows)")
        self.module.define(f"define void @run({WHOLE})", body)
        self._call_of_block()

    def _call_of_block(self) -> None:
        """`run` with its arguments in a block of memory, one after another."""
        body, passed = Body(self.module), list[str]()
        for k, argument in enumerate(WHOLE.split(", ")):
            kind = argument.split()[0]
            place = body.let(f"getelementptr i64, ptr %block, i64 {k}")
            passed.append(f"{kind} {body.let(f'load {kind}, ptr {place}')}")
        body.do(f"call void @run({', '.join(passed)})")
        self.module.define("define void @call(ptr %block)", body)

    def _copy_results(self, body: Body, rows: str, first: str) -> None:
        """Outputs that are row values go to Y, one column each."""
        kind, plan = self.type, self.schedule
        kept = [(k, int(node)) for k, node in enumerate(plan.program.outputs) if plan.space[node] == "R"]
        if not kept:
            return
        table = np.array([[k, plan.slot[node]] for k, node in kept], np.int32)
        pointer = self._address(table)
        copy = self.module.declare("llvm.memcpy.p0.p0.i64", "void", "ptr", "ptr", "i64", "i1")
        size = body.let(f"mul i64 {rows}, {kind.bytes // kind.lanes}")
        with body.loop("0", str(len(table)), 1) as loop:
            entry = body.let(f"getelementptr [2 x i32], {pointer}, i64 {loop.counter}")
            column, slot = self._pair(body, entry)
            start = body.let(f"add i64 {body.let(f'mul i64 {column}, %ys')}, {first}")
            to = body.pointer(kind, "%Y", start)
            source = body.pointer(kind, "%R", body.let(f"mul i64 {slot}, {TILE}"))
            body.do(f"call void {copy}(ptr {to}, ptr {source}, i64 {size}, i1 false)")

    def _pair(self, body: Body, entry: str) -> tuple[str, str]:
        second = body.let(f"getelementptr i32, ptr {entry}, i64 1")
        first, last = (body.let(f"load i32, ptr {place}") for place in (entry, second))
        return body.let(f"sext i32 {first} to i64"), body.let(f"sext i32 {last} to i64")

    def _finish(self) -> None:
        """result[k] = (Σ over chunks of its sum over rows) / rows + what is added once a row, whatever the row.

        Of a single row, or of what no row changes: the number itself. A table has two numbers for each result: where
        its sums over rows lie (negative: it has none), and where what is added once. The rows are cut into chunks whose
        number depends on their count alone, each with sums of its own in G; they are added in order here, so that the
        result is the same for any number of threads. In LLVM: a branch around an inner loop over the chunks, joined by
        a phi.
        """
        kind = Type(self.type.element, 1)
        body, sums = Body(self.module), self.schedule.sizes["G"]
        head = "define void @finish(ptr %pool, ptr %G, ptr %Y, i64 %chunks, i64 %rows)"
        table = self._result_table()
        if not len(table):  # derivatives by no inputs; a loop has one turn at least
            self.module.define(head, body)
            return
        pointer = self._address(table)
        count = body.let(f"sitofp i64 %rows to {kind}")
        zero = kind.constant(0.0)
        with body.loop("0", str(len(table)), 1) as loop:
            entry = body.let(f"getelementptr [2 x i32], {pointer}, i64 {loop.counter}")
            number, place = self._pair(body, entry)
            inside = body.new_label(), body.new_label()
            before = body.label
            body.do(f"br i1 {body.let(f'icmp slt i64 {number}, 0')}, label %{inside[1]}, label %{inside[0]}")
            body.begin(inside[0])
            with body.loop("0", "%chunks", 1, [(str(kind), zero)]) as chunk:
                at = body.let(f"add i64 {body.let(f'mul i64 {chunk.counter}, {sums}')}, {number}")
                one = body.let(f"load {kind}, ptr {body.pointer(kind, '%G', at)}")
                chunk.next = [body.let(f"fadd {kind} {chunk.carried[0]}, {one}")]
            mean = body.let(f"fdiv {kind} {chunk.next[0]}, {count}")
            end = body.label
            body.do(f"br label %{inside[1]}")
            body.begin(inside[1])
            first = body.let(f"phi {kind} [ {zero}, %{before} ], [ {mean}, %{end} ]")
            again = body.let(f"load {kind}, ptr {body.pointer(kind, '%pool', place)}")
            self._store_result(body, kind, loop.counter, number, first, again)
        self.module.define(head, body)

    def _store_result(self, body: Body, kind: Type, k: str, number: str, mean: str, once: str) -> None:
        """Alone, the number computed once is taken to the bit: 0 + (−0) would be 0."""
        alone = body.let(f"icmp slt i64 {number}, 0")
        total = body.let(f"fadd {kind} {mean}, {once}")
        result = body.let(f"select i1 {alone}, {kind} {once}, {kind} {total}")
        body.do(f"store {kind} {result}, ptr {body.pointer(kind, '%Y', k)}")

    def _result_table(self) -> NDArray[np.int32]:
        """For each result: its sum over rows (−1: none), and its place in the pool."""
        plan, outputs = self.schedule, self.schedule.program.outputs
        if plan.batched and not plan.summed:
            return np.zeros((0, 2), np.int32)
        half = len(outputs) // 2 if plan.summed else 0
        sums = np.where(plan.space[outputs[:half]] == "G", plan.slot[outputs[:half]], -1)
        sums = sums if plan.summed else np.full(len(outputs), -1)
        return np.stack([sums, self.places.of(outputs[half:])], axis=1).astype(np.int32)
