"""Many nodes without a pattern as machine code: a table that one native loop works through.

An instruction is (operation, result, operands). So compiling stays linear in the nodes, however many there are.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....operations.elementary import ADD, MUL
from ....operations.operation import Operation
from ...ir.arrays import Ints, Mask
from ...ir.program import PRODUCTS, ROWS
from ...loops.nests import Lines, Schedule
from .builder import Body, Module, Type, horizontal, splat, tail_mask
from .lanes import LaneArithmetic, Lanes
from .loop_nests import ARGUMENTS, TILE
from .straight_line import Places

SPLAT, LOAD, TERM, SUM = "splat", "load", "term", "sum"


class TableWriter:
    """The tables of all long steps of one kind (once, or for rows), and the loop that works through them."""

    schedule: Schedule
    rowwise: bool
    places: Places
    width: int
    row_slots: int

    def __init__(self, schedule: Schedule, rowwise: bool, places: Places) -> None:
        self.schedule, self.rowwise, self.places = schedule, rowwise, places
        self.cases: dict[Operation | str, int] = {}
        self.row_slots = schedule.sizes["R"]  # and behind them those of copies
        program = schedule.program
        simple = (program.code != PRODUCTS) & (program.code != ROWS)  # of sums each term is an instruction
        self.width = max(3, int(program.arity[simple].max(initial=0)))

    def case(self, what: Operation | str) -> int:
        """The number of the case that does this, a new one where there is none."""
        return self.cases.setdefault(what, len(self.cases))

    def table(self, step: Lines) -> NDArray[np.int32]:
        """The step's instructions: rows of (case, result, operands)."""
        program, nodes = self.schedule.program, step.nodes
        counts = np.ones(len(nodes), np.int64)
        sums = program.code[nodes] == PRODUCTS
        one = self._is_one(program.args[program.start[nodes] + (program.arity[nodes] > 1)])
        terms = program.arity[nodes] // 2
        counts[sums] = (terms - one)[sums]
        counts[program.code[nodes] == ROWS] = terms[program.code[nodes] == ROWS]
        place = np.cumsum(counts) - counts
        table = np.zeros((int(counts.sum()), 2 + self.width), np.int32)
        self.before: list[list[int]] = []
        self.copies: dict[int, int] = {}
        where = np.full(len(program), -1)
        where[nodes] = place
        for code, arity, members in program.alike(nodes):
            self._fill(table, where[members], code, arity, members)
        lead = np.array(self.before, np.int32).reshape(-1, 2 + self.width)
        return np.ascontiguousarray(np.concatenate([lead, table]))

    def _is_one(self, nodes: Ints) -> Mask:
        program = self.schedule.program
        found: Mask = program.constant[nodes] & (program.number[nodes] == 1.0)
        return found

    def _fill(self, table: Any, place: Ints, code: int, arity: int, nodes: Ints) -> None:
        program = self.schedule.program
        operands = program.matrix(nodes)
        out = self.places.of(nodes)
        op = program.words.operations[code]
        if op is not None:
            self._put(table, place, self.case(op), out, *(self._operands(c) for c in operands.T))
        elif code == ROWS:
            for t in range(arity // 2):
                pair = [self._operands(operands[:, 2 * t + k]) for k in (0, 1)]
                self._put(table, place + t, self.case(SUM), out, *pair)
        else:
            self._fill_sums(table, place, out, operands)

    def _fill_sums(self, table: Any, place: Ints, out: Ints, operands: Ints) -> None:
        """a·b, then + a·b for every further term; a first term without b joins the second."""
        shape = len(out), operands.shape[1] // 2
        a, b = (self._operands(operands[:, k::2].ravel()).reshape(shape) for k in (0, 1))
        plain = self._is_one(operands[:, 1::2].ravel()).reshape(shape)
        bare = plain[:, 0]
        so_far = np.repeat(out[:, None], shape[1], axis=1)
        so_far[bare, 1] = a[bare, 0]
        where = (place - bare)[:, None] + np.arange(shape[1])
        self._put(table, where[~bare, 0], self.case(MUL), out[~bare], a[~bare, 0], b[~bare, 0])
        later = np.arange(shape[1]) > 0
        results = np.repeat(out[:, None], shape[1], axis=1)
        adds, terms = plain & later, ~plain & later
        self._put(table, where[adds], self.case(ADD), results[adds], so_far[adds], a[adds])
        self._put(table, where[terms], self.case(TERM), results[terms], so_far[terms], a[terms], b[terms])

    def _put(self, table: Any, place: Ints, case: int, *columns: Ints) -> None:
        table[place, 0] = case
        for k, column in enumerate(columns, 1):
            table[place, k] = column

    def _operands(self, nodes: Ints) -> Ints:
        """Where the operands lie; for rows, what is no row value is copied into the buffer first."""
        found = self.places.of(nodes)
        if self.rowwise:
            elsewhere = ~self.places.rowwise(nodes)
            each, back = np.unique(nodes[elsewhere], return_inverse=True)
            places = self.places.of(each).tolist()
            copies = [self._copy(node, place) for node, place in zip(each.tolist(), places, strict=True)]
            found[elsewhere] = np.array(copies, np.int64)[back]
        return found

    def _copy(self, node: int, place: int) -> int:
        if node not in self.copies:
            self.copies[node], self.row_slots = self.row_slots, self.row_slots + 1
            kind = LOAD if self.schedule.space[node] == "X" else SPLAT
            self.before.append([self.case(kind), self.copies[node], place, *[0] * (self.width - 1)])
        return self.copies[node]

    def write(self, module: Module, name: str, type: Type) -> None:
        """The loop over a table."""
        _Interpreter(self, module, type if self.rowwise else Type(type.element, 1)).write(name)


class _Interpreter:
    def __init__(self, table: TableWriter, module: Module, type: Type) -> None:
        self.table, self.module, self.type = table, module, type
        self.body = Body(module)
        self.m = LaneArithmetic(self.body, type)
        self.row: str | None = None

    def write(self, name: str) -> None:
        body = self.body
        with body.loop("0", "%count", 1) as loop:
            start = body.let(f"mul i64 {loop.counter}, {2 + self.table.width}")
            self.at = body.let(f"getelementptr i32, ptr %table, i64 {start}")
            case = body.let(f"load i32, ptr {self.at}")
            labels = {what: body.new_label() for what in self.table.cases}
            after = body.new_label()
            choices = " ".join(f"i32 {k}, label %{labels[what]}" for what, k in self.table.cases.items())
            body.do(f"switch i32 {case}, label %{after} [ {choices} ]")
            for what in self.table.cases:
                body.begin(labels[what])
                self._case(what)
                body.do(f"br label %{after}")
            body.begin(after)
        self.module.define(f"define internal void @{name}({ARGUMENTS}, ptr %table, i64 %count)", body)

    def _number(self, k: int) -> str:
        """Entry k of the instruction: 0 the result, from 1 the operands."""
        place = self.body.let(f"getelementptr i32, ptr {self.at}, i64 {k + 1}")
        return self.body.let(f"sext i32 {self.body.let(f'load i32, ptr {place}')} to i64")

    def _case(self, what: Operation | str) -> None:
        if what == SUM:
            self._sum()
        elif not self.table.rowwise:
            self._once(what)
        else:
            self._rows(what)

    def _compute(self, what: Operation | str, xs: list[Any]) -> Lanes:
        if what == TERM:
            return self.m.lanes(xs[0] + xs[1] * xs[2])
        assert isinstance(what, Operation)
        return self.m.lanes(what.evaluate(self.m, xs))

    def _arity(self, what: Operation | str) -> int:
        return 3 if what == TERM else len(what.operands) if isinstance(what, Operation) else 1

    def _once(self, what: Operation | str) -> None:
        numbers = [self._number(k) for k in range(self._arity(what) + 1)]
        pointers = [self.body.pointer(self.type, "%pool", n) for n in numbers]
        xs = [Lanes(self.m, self.body.let(f"load {self.type}, ptr {p}")) for p in pointers[1:]]
        self.body.do(f"store {self.type} {self._compute(what, xs).name}, ptr {pointers[0]}")

    def _rows(self, what: Operation | str) -> None:
        body, kind = self.body, self.type
        numbers = [self._number(k) for k in range(self._arity(what) + 1)]
        slots = [body.pointer(kind, "%R", body.let(f"mul i64 {n}, {TILE}")) for n in numbers]
        if what == LOAD:
            slots[1] = body.pointer(kind, "%X", body.let(f"mul i64 {numbers[1]}, %xs"))
        if what == SPLAT:
            one = body.let(f"load {kind.element}, ptr {body.pointer(kind, '%pool', numbers[1])}")
            every = splat(body, kind, one)
        with body.loop("0", "%rows", kind.lanes) as loop:
            if what == SPLAT:
                result = every
            else:
                xs = [self._row(slot, loop.counter) for slot in slots[1:]]
                result = xs[0].name if what == LOAD else self._compute(what, xs).name
            body.do(f"store {kind} {result}, ptr {body.pointer(kind, slots[0], loop.counter)}, align {kind.bytes}")

    def _row(self, slot: str, counter: str) -> Lanes:
        pointer = self.body.pointer(self.type, slot, counter)
        return Lanes(self.m, self.body.let(f"load {self.type}, ptr {pointer}, align {self.type.bytes}"))

    def _sum(self) -> None:
        """Add Σ a·b over the rows to a sum; lanes behind the last row are left out."""
        body, kind = self.body, self.type
        numbers = [self._number(k) for k in range(3)]
        slots = [body.pointer(kind, "%R", body.let(f"mul i64 {n}, {TILE}")) for n in numbers[1:]]
        zero = kind.constant(0.0)
        with body.loop("0", "%rows", kind.lanes, [(str(kind), zero)]) as loop:
            a, b = (self._row(slot, loop.counter) for slot in slots)
            product = (a * b).name
            mask = tail_mask(body, kind, loop.counter)
            kept = body.let(f"select {kind.mask} {mask}, {kind} {product}, {kind} {zero}")
            loop.next = [body.let(f"fadd {kind} {loop.carried[0]}, {kept}")]
        place = body.pointer(kind, "%G", numbers[0])
        total = horizontal(body, kind, loop.next[0])
        earlier = body.let(f"load {kind.element}, ptr {place}")
        body.do(f"store {kind.element} {body.let(f'fadd {kind.element} {earlier}, {total}')}, ptr {place}")
