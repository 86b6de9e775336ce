"""Folding: operations on constants only become constants; their numbers are those of the eager engine."""

from dataclasses import replace

import numpy as np

from ...operations.arithmetic import FLOATS
from ...operations.elementary import ADD, MUL, NEG, SUB
from ...operations.operation import Operation
from ..ir.arrays import Ints, distinct, ordered, spans
from ..ir.program import CONSTANT, GIVEN, Program

EXACT = {ADD, SUB, MUL, NEG}  # whole arrays of these have the bits of floats one by one
FOLDED_ONE_BY_ONE = 64  # nodes that are folded one by one


def fold_constants(program: Program) -> Program:
    """The program with every operation on constants only as a constant."""
    inner = np.flatnonzero(program.arity)
    missing = np.zeros(len(program), np.int64)
    if len(inner):
        missing[inner] = np.add.reduceat(~program.constant[program.args], program.start[inner], dtype=np.int64)
    ready = inner[missing[inner] == 0]
    return _Folding(program, missing).folded(ready) if len(ready) else program


class _Folding:
    """`missing` operands of each node are not constant yet; a node that misses none is ready."""

    def __init__(self, program: Program, missing: Ints) -> None:
        self.program, self.missing = program, missing
        self.uses = np.bincount(program.args, minlength=len(program))
        self.first = np.cumsum(self.uses) - self.uses
        self.users = np.repeat(np.arange(len(program)), program.arity)[ordered(program.args)]
        self.number, self.given = program.number.copy(), program.code == GIVEN
        self.done = np.zeros(len(program), bool)

    def folded(self, ready: Ints) -> Program:
        """All at once as long as many are ready, then, however deep, one by one."""
        while len(ready) > FOLDED_ONE_BY_ONE:
            ready = self._all_at_once(ready)
        self._one_by_one(ready.tolist())
        code, arity = self.program.code.copy(), self.program.arity.copy()
        code[self.done], arity[self.done] = np.where(self.given[self.done], GIVEN, CONSTANT), 0
        return replace(self.program, code=code, arity=arity, number=self.number)

    def _all_at_once(self, ready: Ints) -> Ints:
        self.done[ready] = True
        for code in np.unique(self.program.code[ready]).tolist():
            self._fold(self.program.words.operations[code], ready[self.program.code[ready] == code])
        above = self.users[spans(self.first[ready], self.uses[ready])]
        np.subtract.at(self.missing, above, 1)
        return distinct(above[self.missing[above] == 0])

    def _fold(self, op: Operation | None, nodes: Ints) -> None:
        assert op is not None
        for arity in np.unique(self.program.arity[nodes]).tolist():
            part = nodes[self.program.arity[nodes] == arity]
            operands = self.program.matrix(part)
            numbers = self.number[operands]
            self.given[part] = self.given[operands].any(axis=1)
            if op in EXACT:
                with np.errstate(all="ignore"):
                    self.number[part] = op.evaluate(FLOATS, list(numbers.T))
            else:
                self.number[part] = [op.evaluate(FLOATS, xs) for xs in numbers.tolist()]

    def _one_by_one(self, ready: list[int]) -> None:
        program, rows, floats = self.program, self.program.words.operations, FLOATS
        args, users, code, start = program.args.data, self.users.data, program.code.data, program.start.data
        arity, first, uses, missing = program.arity.data, self.first.data, self.uses.data, self.missing.data
        number, given, done = self.number.data, self.given.data, self.done.data
        while ready:
            i = ready.pop()
            operands = args[start[i] : start[i] + arity[i]].tolist()
            op = rows[code[i]]
            assert op is not None
            number[i] = op.evaluate(floats, [number[x] for x in operands])
            given[i] = any(given[x] for x in operands)
            done[i] = True
            for k in range(first[i], first[i] + uses[i]):
                above = users[k]
                missing[above] -= 1
                if not missing[above]:
                    ready.append(above)
