"""A few nodes without a pattern as machine code: straight lines, in registers."""

from typing import Any

import numpy as np

from ...ir.arrays import Ints, Mask
from ...ir.program import ROWS
from ...loops.nests import Lines, Schedule, sum_of_products
from .builder import Body, Module, Type, splat
from .lanes import LaneArithmetic, Lanes
from .loop_nests import ARGUMENTS, TILE

STRAIGHT = 100  # more nodes than these are not written out: compiling must stay linear in the nodes


class Places:
    """Where nodes lie, as one number each: in the pool, or, for row values, a slot of the buffer."""

    schedule: Schedule
    offsets: dict[str, int]

    def __init__(self, schedule: Schedule, offsets: dict[str, int]) -> None:
        self.schedule, self.offsets = schedule, offsets

    def of(self, nodes: Ints) -> Ints:
        """The places of these nodes, each in its space."""
        plan = self.schedule
        base = np.zeros(len(nodes), np.int64)
        for space, offset in self.offsets.items():
            base[plan.space[nodes] == space] = offset
        found: Ints = plan.slot[nodes] + base
        return found

    def rowwise(self, nodes: Ints) -> Mask:
        """Which nodes lie in the rows' buffer."""
        found: Mask = (self.schedule.space[nodes] == "R") & self.schedule.batched
        return found


def escaping(schedule: Schedule, step: Lines) -> Mask:
    """Which of the step's nodes something outside of it uses."""
    program = schedule.program
    inside = np.zeros(len(program), bool)
    inside[step.nodes] = True
    used = np.zeros(len(program), bool)
    used[program.operands(np.flatnonzero(~inside))] = True
    used[program.outputs] = True
    return used[step.nodes]


def is_straight(schedule: Schedule, step: Lines) -> bool:
    """Whether a step is short enough to be written without loops; sums over the rows are not."""
    return len(step.nodes) <= STRAIGHT and not (schedule.program.code[step.nodes] == ROWS).any()


def write_straight(
    module: Module, name: str, schedule: Schedule, step: Lines, rowwise: bool, places: Places, type: Type
) -> None:
    """The step's nodes one after the other in registers; only what is used elsewhere is stored."""
    body = Body(module)
    if rowwise:
        with body.loop("0", "%rows", type.lanes) as loop:
            _Straight(body, schedule, step, places, type, loop.counter).write()
    else:
        _Straight(body, schedule, step, places, Type(type.element, 1), None).write()
    module.define(f"define internal void @{name}({ARGUMENTS})", body)


class _Straight:
    def __init__(
        self, body: Body, schedule: Schedule, step: Lines, places: Places, type: Type, row: str | None
    ) -> None:
        self.body, self.schedule, self.step, self.places, self.type, self.row = body, schedule, step, places, type, row
        self.m = LaneArithmetic(body, type)
        self.known: dict[int, Lanes] = {}

    def write(self) -> None:
        program = self.schedule.program
        stored = escaping(self.schedule, self.step).tolist()
        for node, store in zip(self.step.nodes.tolist(), stored, strict=True):
            start = program.start[node]
            operands = program.args[start : start + program.arity[node]].tolist()
            op = program.words.operations[program.code[node]]
            xs = [self._read(x) for x in operands]
            self.known[node] = self.m.lanes(sum_of_products(xs) if op is None else op.evaluate(self.m, xs))
            if store:
                self.body.do(
                    f"store {self.type} {self.known[node].name}, ptr {self._pointer(node)}, align {self._align(node)}"
                )

    def _read(self, node: int) -> Any:
        program, kind = self.schedule.program, self.type
        if program.constant[node]:
            return float(program.number[node])
        if node not in self.known:
            pointer = self._pointer(node)
            if self._moves(node) or kind.lanes == 1:
                text = self.body.let(f"load {kind}, ptr {pointer}, align {self._align(node)}")
            else:
                one = self.body.let(f"load {kind.element}, ptr {pointer}")
                text = splat(self.body, kind, one)
            self.known[node] = Lanes(self.m, text)
        return self.known[node]

    def _moves(self, node: int) -> bool:
        return self.row is not None and str(self.schedule.space[node]) in "RX"

    def _align(self, node: int) -> int:
        return self.type.bytes if self._moves(node) else self.type.bytes // self.type.lanes

    def _pointer(self, node: int) -> str:
        place = int(self.places.of(np.array([node]))[0])
        if not self._moves(node):
            return self.body.pointer(self.type, "%pool", str(place))
        if self.schedule.space[node] == "R":
            index = self.body.let(f"add i64 {self.row}, {place * TILE}")
            return self.body.pointer(self.type, "%R", index)
        far = self.body.let(f"mul i64 %xs, {place}")
        return self.body.pointer(self.type, "%X", self.body.let(f"add i64 {far}, {self.row}"))
