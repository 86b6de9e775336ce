"""Simplification: fewer nodes, the same numbers to the bit."""

from dataclasses import replace

import numpy as np

from ...operations.comparisons import WHERE
from ...operations.elementary import ABS, ADD, IDENTITY, MUL, NEG, SUB, TRUEDIV
from ...operations.operation import Operation
from ...operations.reductions import DOT, SUM
from ..ir.arrays import Ints, Mask, firsts_of_equals, hash_rows, mix
from ..ir.program import CONSTANT, GIVEN, Builder, Program, aliased
from ..ir.reachability import without_dead_nodes
from .constant_folding import fold_constants
from .powers import by_roots_and_products
from .templates import expansion

WHOLE = {SUM, DOT}  # the operations of many operands that later passes know; the others are expanded,
# and so are the user's: what they are written in is traced, with the same traps as a function
ROUNDS = 20  # a graph needs two to ten; behind these it only stays larger than it might be


def simplify(program: Program) -> Program:
    """Expand, then reduce: what is left is for the passes that know sums of products only."""
    return reduced(expand(program))


def reduced(program: Program) -> Program:
    """Share what is equal, fold constants and drop what changes nothing, until nothing changes."""
    for _ in range(ROUNDS):
        changed = by_roots_and_products(neutral(fold_constants(share(program))))
        if changed is program:
            break
        program = without_dead_nodes(changed)  # what was shared makes nodes equal that use it: another round
    return without_dead_nodes(program)


def expand(program: Program) -> Program:
    """Operations of many operands in terms of smaller ones, except sums and dots."""
    while any(_expands(program.words.operations[code]) for code, _, _ in program.alike()):
        builder = Builder(program)
        alias = np.arange(len(program))
        for code, arity, nodes in program.alike():
            op = program.words.operations[code]
            if op is not None and _expands(op):
                (made,) = expansion(op, arity).stamp(builder, list(program.matrix(nodes).T))
                assert made is not None
                alias[nodes] = made
        program = _sorted(aliased(builder.program(program.outputs), alias))
    return program


def _expands(op: Operation | None) -> bool:
    return op is not None and op not in WHOLE and (op.many or op.users)


def neutral(program: Program) -> Program:
    """x·1, x − 0, x/1, −(−x), |−x|, identity and a settled `where` give way to an operand."""
    look = _Look(program)
    alias = np.arange(len(program))
    for op, k, other in ((MUL, 0, 1.0), (MUL, 1, 1.0), (TRUEDIV, 0, 1.0), (SUB, 0, 0.0), (ADD, 0, -0.0)):
        nodes = look.at(op)
        nodes = nodes[look.number(look.operand(nodes, 1 - k), other)]
        alias[nodes] = look.operand(nodes, k)
    nodes = look.at(IDENTITY)
    alias[nodes] = look.operand(nodes, 0)
    nodes = look.at(NEG)
    nodes = nodes[look.negated(nodes)]
    alias[nodes] = look.operand(look.operand(nodes, 0), 0)
    nodes = look.at(WHERE)
    condition = look.operand(nodes, 0)
    settled = program.constant[condition]
    nodes, holds = nodes[settled], program.number[condition[settled]] != 0
    alias[nodes] = np.where(holds, look.operand(nodes, 1), look.operand(nodes, 2))
    minus = look.at(ABS)
    minus = minus[look.negated(minus)]
    if not len(minus) and (alias == np.arange(len(alias))).all():
        return program
    args = program.args.copy()
    args[program.start[minus]] = look.operand(look.operand(minus, 0), 0)
    return aliased(replace(program, args=args), alias)


class _Look:
    """What the rules ask of a program's nodes."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def at(self, op: Operation) -> Ints:
        return np.flatnonzero(self.program.is_code(op))

    def operand(self, nodes: Ints, k: int) -> Ints:
        found: Ints = self.program.args[self.program.start[nodes] + k]
        return found

    def negated(self, nodes: Ints) -> Mask:
        """Whether operand 0 is a −x."""
        found: Mask = self.program.is_code(NEG)[self.operand(nodes, 0)]
        return found

    def number(self, nodes: Ints, number: float) -> Mask:
        """Which nodes are the constant `number`, and no data; the zeros are told apart by their sign."""
        bits = np.float64(number).view(np.int64)
        found: Mask = (self.program.code[nodes] == CONSTANT) & (self.program.number[nodes].view(np.int64) == bits)
        return found


def share(program: Program) -> Program:
    """Nodes of the same operation on the same operands become one; given numbers stay, each for itself."""
    key = mix(program.code + (program.arity << 20))
    inner, leaves = np.flatnonzero(program.arity), program.arity == 0
    key[inner] = mix(key[inner] + hash_rows(program.args, program.start[inner], program.arity[inner]))
    key[leaves] = mix(key[leaves] ^ mix(program.number[leaves].view(np.int64)))
    nodes = np.flatnonzero(program.code != GIVEN)
    alias = np.arange(len(program))
    alias[nodes] = nodes[firsts_of_equals(key[nodes])]
    alias = _verified(program, alias)
    return program if (alias == np.arange(len(alias))).all() else aliased(program, alias)


def _verified(program: Program, alias: Ints) -> Ints:
    """`alias` where the nodes are really equal: a hash may lie."""
    moved = np.flatnonzero(alias != np.arange(len(program)))
    to = alias[moved]
    same = (program.code[moved] == program.code[to]) & (program.arity[moved] == program.arity[to])
    same &= program.number.view(np.int64)[moved] == program.number.view(np.int64)[to]
    alias[moved[~same]] = moved[~same]
    moved, to = moved[same], to[same]
    differs = program.operands(moved) != program.operands(to)
    wrong = np.repeat(moved, program.arity[moved])[differs]
    alias[wrong] = wrong
    return alias


def _sorted(program: Program) -> Program:
    """The nodes that the outputs depend on, in topological order again."""
    order = _topological(program)
    place = np.empty(len(program), np.int64)
    place[order] = np.arange(len(order))
    arity = program.arity[order]
    return Program(
        program.words,
        program.code[order],
        np.cumsum(arity) - arity,
        arity,
        place[program.operands(order)],
        program.number[order],
        place[program.outputs],
    )


def _topological(program: Program) -> Ints:
    """Depth first, first operand first, without recursion."""
    args, start, arity = program.args.tolist(), program.start.tolist(), program.arity.tolist()
    seen, order = bytearray(len(program)), []
    stack = program.outputs[::-1].tolist()
    while stack:
        i = stack.pop()
        if i < 0:
            order.append(~i)
        elif not seen[i]:
            seen[i] = 1
            stack.append(~i)
            stack += args[start[i] : start[i] + arity[i]][::-1]
    return np.array(order, np.int64)
