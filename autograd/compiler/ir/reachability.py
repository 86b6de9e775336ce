"""Which nodes of a program are needed, and the program without the others."""

from dataclasses import replace

import numpy as np

from .arrays import Ints, Mask, distinct
from .program import Program

PATIENCE = 300  # so many steps are taken with whole arrays
SLIM = 8  # nodes a step; with fewer, going node by node is faster


def needed(program: Program, roots: Ints) -> Mask:
    """The nodes that `roots` depend on, the roots included.

    Three ways to the same: taking away what nobody uses is quick where little is not needed, going down from the
    roots where little lies between them and the leaves. What is left, however deep, takes one step for each node.
    """
    found = _without_unused(program, roots)
    if found is None:
        found = _reached(program, roots)
    return _swept(program, roots) if found is None else found


def _without_unused(program: Program, roots: Ints) -> Mask | None:
    """Again and again without the nodes that nobody uses; None where that does not end soon."""
    uses = np.bincount(program.all_operands(), minlength=len(program))
    uses[roots] += 1
    alive = np.ones(len(program), bool)
    front = np.flatnonzero(uses == 0)
    for _ in range(PATIENCE):
        if not len(front):
            return alive
        alive[front] = False
        below = program.operands(front)
        np.subtract.at(uses, below, 1)
        front = distinct(below[uses[below] == 0])
    return None


def _reached(program: Program, roots: Ints) -> Mask | None:
    """From the roots down to the leaves; None for many slim steps."""
    found = np.zeros(len(program), bool)
    front, steps, seen = distinct(roots), 0, 0
    while len(front):
        steps, seen = steps + 1, seen + len(front)
        if steps > PATIENCE and seen < SLIM * steps:
            return None
        found[front] = True
        below = program.operands(front)
        front = distinct(below[~found[below]])
    return found


def _swept(program: Program, roots: Ints) -> Mask:
    """Node by node, from the last to the first."""
    alive = bytearray(len(program))
    for root in roots.tolist():
        alive[root] = 1
    args, places = program.args.tolist(), range(len(program) - 1, -1, -1)
    starts, ends = program.start.data, (program.start + program.arity).data
    for i, start, end in zip(places, starts[::-1], ends[::-1], strict=True):
        if alive[i]:
            for operand in args[start:end]:
                alive[operand] = 1
    return np.frombuffer(alive, np.bool_)


def without_dead_nodes(program: Program) -> Program:
    """Only what the outputs depend on; the operands lie one behind the other, in the order of the nodes."""
    alive = needed(program, program.outputs)
    if alive.all() and program.is_compact():
        return program
    kept = np.flatnonzero(alive)
    place = np.cumsum(alive) - 1
    arity = program.arity[kept]
    return replace(
        program,
        code=program.code[kept],
        start=np.cumsum(arity) - arity,
        arity=arity,
        args=place[program.operands(kept)],
        number=program.number[kept],
        outputs=place[program.outputs],
    )
