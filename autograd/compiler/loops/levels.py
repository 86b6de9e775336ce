"""Levels: how deep each node lies, and which nodes depend on the rows."""

from dataclasses import dataclass, replace

import numpy as np

from ..ir.arrays import Ints, Mask, ordered, spans
from ..ir.program import INPUT, ROWS, Program

SLIM = 8  # a graph with fewer nodes a level than this is a chain: it is run node by node
PATIENCE = 400  # so many levels are looked at before that is judged


@dataclass(frozen=True)
class Levels:
    """`parts` are the nodes that have operands, level by level, each after all it depends on."""

    program: Program
    parts: list[Ints]
    deep: bool
    rowwise: Mask
    reduced: Mask

    @classmethod
    def of(cls, program: Program, batched: bool) -> "Levels":
        """Each node behind all that it depends on; many slim levels are made one (see `_peel`)."""
        parts = _peel(program)
        deep = parts is None
        parts = _all(program) if parts is None else parts
        rowwise = (program.code == INPUT) & batched
        if batched:
            (_spread_deep if deep else _spread)(program, parts, rowwise)
        return cls(program, parts, deep, rowwise, program.code == ROWS)

    def in_one(self) -> "Levels":
        """The same nodes, to be run one by one."""
        return replace(self, parts=_all(self.program), deep=True)


def _all(program: Program) -> list[Ints]:
    return [np.flatnonzero(program.arity)]


def _peel(program: Program) -> list[Ints] | None:
    """Level by level from the leaves; None for a graph of many slim levels."""
    user = np.repeat(np.arange(len(program)), program.arity)
    users = user[ordered(program.args)]
    uses = np.bincount(program.args, minlength=len(program))
    starts = np.cumsum(uses) - uses
    missing = program.arity.copy()
    front, done = np.flatnonzero(program.arity == 0), 0
    parts: list[Ints] = []
    while len(front):
        if len(parts) > PATIENCE and done < SLIM * len(parts):
            return None
        above = users[spans(starts[front], uses[front])]
        seen, counts = np.unique(above, return_counts=True)
        missing[seen] -= counts
        front = seen[missing[seen] == 0]
        done += len(front)
        parts.append(front)
    return parts


def _spread(program: Program, parts: list[Ints], rowwise: Mask) -> None:
    for nodes in parts:
        if len(nodes):
            arity = program.arity[nodes]
            rowwise[nodes] = np.logical_or.reduceat(rowwise[program.operands(nodes)], np.cumsum(arity) - arity)


def _spread_deep(program: Program, parts: list[Ints], rowwise: Mask) -> None:
    args, start, arity, found = program.args.tolist(), program.start.tolist(), program.arity.tolist(), rowwise.tolist()
    for i in parts[0].tolist():
        found[i] = any(found[j] for j in args[start[i] : start[i] + arity[i]])
    rowwise[:] = found
