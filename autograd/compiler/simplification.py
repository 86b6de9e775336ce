"""Simplification: fewer nodes, the same numbers to the bit (powers 2 and 3 excepted, which become products)."""

from dataclasses import replace

import numpy as np

from ..arithmetic import FLOATS
from ..choices import WHERE
from ..operations import ABS, ADD, IDENTITY, MUL, NEG, POW, SUB, TRUEDIV
from ..reductions import DOT, SUM
from ..table import Operation
from .program import CONSTANT, GIVEN, Builder, Ints, Mask, Program, mix, without_dead_nodes
from .templates import expansion

WHOLE = {SUM, DOT}  # the operations of many operands that later passes know; the others are expanded


def simplify(program: Program) -> Program:
    """Expand, then fold constants, drop what changes nothing and share what is equal, until nothing changes."""
    program = without_dead_nodes(share(without_dead_nodes(expand(program))))
    for _ in range(20):
        changed = neutral(fold_constants(program))
        if changed is program:
            break
        program = without_dead_nodes(share(without_dead_nodes(changed)))
    return program


def expand(program: Program) -> Program:
    """Operations of many operands in terms of smaller ones, except sums and dots."""
    while any(_expands(program.words.rows[code]) for code, _, _ in program.alike()):
        builder = Builder(program)
        alias = np.arange(len(program))
        for code, arity, nodes in program.alike():
            row = program.words.rows[code]
            if row is not None and _expands(row):
                (made,) = expansion(row, arity).stamp(builder, list(program.matrix(nodes).T))
                assert made is not None
                alias[nodes] = made
        program = _sorted(without_dead_nodes(_aliased(builder.program(program.outputs), alias)))
    return program


def _expands(row: Operation | None) -> bool:
    return row is not None and row.many and row not in WHOLE


def fold_constants(program: Program) -> Program:
    """Operations on constants only become constants; their numbers are those of the eager engine."""
    inner = np.flatnonzero(program.arity)
    missing = np.zeros(len(program), np.int64)
    if len(inner):
        missing[inner] = np.add.reduceat(~program.constant[program.args], program.start[inner], dtype=np.int64)
    ready = inner[missing[inner] == 0]
    if not len(ready):
        return program
    folded, number, given = _folded(program, ready.tolist(), missing.tolist())
    code, arity = program.code.copy(), program.arity.copy()
    code[folded], arity[folded] = np.where(np.array(given)[folded], GIVEN, CONSTANT), 0
    return replace(program, code=code, arity=arity, number=np.array(number))


def _folded(program: Program, ready: list[int], missing: list[int]) -> tuple[list[int], list[float], list[bool]]:
    """The nodes that become constants, all numbers, and which of them stem from data: node by node, however deep."""
    uses = np.bincount(program.args, minlength=len(program))
    ends = np.cumsum(uses).tolist()
    user = np.repeat(np.arange(len(program)), program.arity)[np.argsort(program.args, kind="stable")].tolist()
    args, start, arity, code = (x.tolist() for x in (program.args, program.start, program.arity, program.code))
    number, given, folded = program.number.tolist(), (program.code == GIVEN).tolist(), []
    while ready:
        i = ready.pop()
        operands = args[start[i] : start[i] + arity[i]]
        row = program.words.rows[code[i]]
        assert row is not None
        number[i] = row.evaluate(FLOATS, [number[x] for x in operands])
        given[i] = any(given[x] for x in operands)
        folded.append(i)
        for above in user[ends[i] - uses[i] : ends[i]]:
            missing[above] -= 1
            if not missing[above]:
                ready.append(above)
    return folded, number, given


def neutral(program: Program) -> Program:
    """x·1, x − 0, x/1, −(−x), |−x|, x¹, identity and a settled `where` give way to an operand; x² becomes x·x."""
    look = _Look(program)
    alias = np.arange(len(program))
    x, y = look.operand(0), look.operand(1)
    alias = np.where(look.at(IDENTITY), x, alias)
    alias = np.where(look.at(MUL) & look.number(y, 1.0), x, alias)
    alias = np.where(look.at(MUL) & look.number(x, 1.0), y, alias)
    alias = np.where(look.at(TRUEDIV) & look.number(y, 1.0), x, alias)
    alias = np.where(look.at(POW) & look.exponent(1.0), x, alias)
    alias = np.where(look.at(SUB) & look.number(y, 0.0, positive=True), x, alias)
    alias = np.where(look.at(ADD) & look.number(y, 0.0, positive=False), x, alias)
    alias = np.where(look.at(NEG) & look.at(NEG)[x], x[x], alias)
    settled = look.at(WHERE) & program.constant[x]
    alias = np.where(settled, np.where(program.number[x] != 0, y, look.operand(2)), alias)
    code, args = program.code.copy(), program.args.copy()
    minus = look.at(ABS) & look.at(NEG)[x]
    args[program.start[minus]] = x[x][minus]
    square = look.at(POW) & look.exponent(2.0)
    code[square] = program.words.code(MUL)
    args[program.start[square] + 1] = x[square]
    if not (minus.any() or square.any() or (alias != np.arange(len(alias))).any()):
        return program
    return _aliased(replace(program, code=code, args=args), alias)


class _Look:
    """What the rules ask of a program's nodes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.constant = program.code == CONSTANT

    def at(self, row: Operation) -> Mask:
        return self.program.is_code(row)

    def operand(self, k: int) -> Ints:
        """Operand k of every node; the node itself where it has none."""
        program = self.program
        has = program.arity > k
        found = np.arange(len(program))
        found[has] = program.args[program.start[has] + k]
        return found

    def exponent(self, number: float) -> Mask:
        """Whether operand 1 is this constant, also where it is given in the graph."""
        y = self.operand(1)
        found: Mask = self.program.constant[y] & (self.program.number[y] == number)
        return found

    def number(self, node: Ints, number: float, positive: bool = True) -> Mask:
        """Whether the node is the constant `number`, and no data; the zeros are told apart by their sign."""
        numbers = self.program.number[node]
        found: Mask = self.constant[node] & (numbers == number) & (np.signbit(numbers) != positive)
        return found


def share(program: Program) -> Program:
    """Nodes of the same operation on the same operands become one."""
    position = np.arange(len(program.args)) - np.repeat(program.start, program.arity)
    key = mix(program.code + (program.arity << 20))
    inner = np.flatnonzero(program.arity)
    if len(inner):
        key[inner] += np.add.reduceat(mix(mix(program.args) + mix(position)), program.start[inner])
    leaves = program.arity == 0
    each = np.where(program.code == GIVEN, np.arange(len(program)), program.number.view(np.int64))
    key[leaves] = mix(key[leaves] ^ mix(each[leaves]))
    _, first, back = np.unique(key, return_index=True, return_inverse=True)
    return _aliased(program, _verified(program, first[back]))


def _verified(program: Program, alias: Ints) -> Ints:
    """`alias` where the nodes are really equal: a hash may lie."""
    same = (program.code != GIVEN) & (program.code == program.code[alias]) & (program.arity == program.arity[alias])
    same &= program.number.view(np.int64) == program.number[alias].view(np.int64)
    moved = np.flatnonzero(same & (alias != np.arange(len(program))) & (program.arity > 0))
    differs = program.operands(moved) != program.operands(alias[moved])
    if differs.any():
        same[np.repeat(moved, program.arity[moved])[differs]] = False
    return np.where(same, alias, np.arange(len(program)))


def _aliased(program: Program, alias: Ints) -> Program:
    """Every use of a node becomes a use of its alias."""
    alias = np.append(alias, np.arange(len(alias), len(program)))
    while not np.array_equal(further := alias[alias], alias):
        alias = further
    return replace(program, args=alias[program.args], outputs=alias[program.outputs])


def _sorted(program: Program) -> Program:
    """The nodes in topological order again."""
    order = _topological(program)
    place = np.empty(len(order), np.int64)
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
