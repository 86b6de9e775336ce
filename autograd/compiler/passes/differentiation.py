"""Differentiation: from a program to a program that also computes derivatives of its outputs.

The adjoint of a node v, ∂root/∂v, is the sum over the uses of v of ∂use/∂v · adjoint of the use: a `dot`, of the
table's own derivatives. Where the derivative has a gate, that product is selected before it is added. All adjoints are
written down at once, in the order in which the eager sweep adds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...operations.elementary import MUL
from ...operations.reductions import DOT
from ..ir.arrays import Ints, Mask, ordered, spans
from ..ir.program import Builder, Program
from ..ir.reachability import needed, without_dead_nodes
from .templates import derivatives, passage

FEW_NUMBERS = 4


@dataclass(frozen=True)
class Edges:
    """`slope` is the node of ∂user/∂operand; sorted by operand, last first, and then by user, last first.

    `gate` is the node of the condition under which gradient passes, −1 where it always does.
    """

    operand: Ints
    user: Ints
    slope: Ints
    gate: Ints

    def only(self, chosen: Mask | Ints) -> "Edges":
        """These edges alone."""
        return Edges(self.operand[chosen], self.user[chosen], self.slope[chosen], self.gate[chosen])


def with_derivatives(program: Program, sources: Ints) -> Program:
    """The outputs, then the derivatives of each output by each of `sources`, output by output.

    A source is a node; −1 stands for one that the program does not use.
    """
    builder = Builder(program)
    edges = _edges(program, builder, needed(program, program.outputs))
    one, zero = builder.constant(1.0), builder.constant(0.0)
    flow = _flow(program, edges)
    found = []
    for root in program.outputs:
        below = edges.only(needed(flow, root[None])[edges.user])
        adjoint = _adjoints(builder, below, len(program), int(root), one)
        found.append(np.where((sources >= 0) & (adjoint[sources] >= 0), adjoint[sources], zero))
    return without_dead_nodes(builder.program(np.concatenate([program.outputs, *found])))


def sources_of(program: Program, kind: int, count: int) -> Ints:
    """Where the inputs (or leaves) 0 … count − 1 are in the program; −1 for those it does not use."""
    nodes = np.flatnonzero(program.code == kind)
    number = program.number[nodes].astype(np.int64)
    place = np.full(count, -1)
    place[number[number < count]] = nodes[number < count]
    return place


def _edges(program: Program, builder: Builder, used: Mask) -> Edges:
    """Every edge on which gradient may flow, with its derivative."""
    none = np.zeros(0, np.int64)
    parts: list[tuple[Ints, Ints, Ints, Ints]] = [(none, none, none, none)]
    constant = program.constant
    for code, arity, members in program.alike():
        op = program.words.operations[code]
        for nodes, operands, numbers in _with_numbers(program, constant, members[used[members]]):
            assert op is not None
            flows = [not constant[column].all() for column in operands.T]
            found = derivatives(op, arity, numbers, flows).stamp(builder, [*operands.T, nodes])
            open = np.full(len(nodes), -1)
            for x, slope, gate in zip(operands.T, found[:arity], found[arity:], strict=True):
                if slope is not None:
                    parts.append((x, nodes, slope, open if gate is None else gate))
    every = Edges(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    every = every.only(~constant[every.operand])
    last = len(program) - 1
    order = ordered(last - every.user)
    return every.only(order[ordered(last - every.operand[order])])


def _with_numbers(program: Program, constant: Mask, nodes: Ints) -> Iterator[tuple[Ints, Ints, dict[int, float]]]:
    """Alike nodes, parted by the number that their last operand is, where there are few such numbers."""
    if not len(nodes):
        return
    operands = program.matrix(nodes)
    last = operands[:, -1]
    fixed, bits = constant[last], program.number[last].view(np.int64)  # bits: 1/−0 is not 1/0
    numbers = np.unique(bits[fixed])
    if not 0 < len(numbers) <= FEW_NUMBERS or operands.shape[1] != 2:
        yield nodes, operands, {}
        return
    for number in numbers:
        chosen = fixed & (bits == number)
        yield nodes[chosen], operands[chosen], {1: float(number.view(np.float64))}
    if not fixed.all():
        yield nodes[~fixed], operands[~fixed], {}


def _flow(program: Program, edges: Edges) -> Program:
    """The graph with only those edges on which gradient flows: what a node passes none to gets no adjoint."""
    order = ordered(edges.user)
    arity = np.bincount(edges.user, minlength=len(program))
    return replace(program, start=np.cumsum(arity) - arity, arity=arity, args=edges.operand[order])


def _adjoints(builder: Builder, edges: Edges, length: int, root: int, one: int) -> Ints:
    """The node of ∂root/∂v for every node v of the program, −1 where there is none."""
    firsts = np.flatnonzero(np.diff(edges.operand, prepend=-1))
    owners, counts = edges.operand[firsts], np.diff(np.append(firsts, len(edges.operand)))
    blocks = _Blocks(builder)
    gated, width = np.flatnonzero(edges.gate >= 0), len(passage().steps)
    sums, passages = blocks.places(np.repeat(np.arange(len(owners)), counts)[gated], width, len(owners))
    adjoint = np.full(length, -1)
    adjoint[root], adjoint[owners] = one, sums
    left, right = edges.slope.copy(), adjoint[edges.user]
    blocks.passages(passages, [edges.gate[gated], left[gated], right[gated]])
    left[gated], right[gated] = passages + width - 1, one
    blocks.sums_of_products(sums, counts, left, right)
    blocks.add()
    return adjoint


class _Blocks:
    """New nodes, written block by block and then laid out by their places: each behind what it is computed from."""

    def __init__(self, builder: Builder) -> None:
        self.builder, self.blocks = builder, list[tuple[Ints, Ints, Ints, Ints]]()  # place, code, arity, operands
        self.numbers = {x: builder.constant(x) for _, xs in passage().steps for x in xs if isinstance(x, float)}

    def places(self, owner: Ints, width: int, count: int) -> tuple[Ints, Ints]:
        """Where `count` sums lie, and in front of their owners the first of each of so many passages' nodes."""
        waits = np.cumsum(np.bincount(owner, minlength=count))
        first = self.builder.length + np.arange(len(owner)) * width + owner
        return self.builder.length + np.arange(count) + width * waits, first

    def passages(self, places: Ints, columns: list[Ints]) -> None:
        """The selected products of edges with a gate."""
        for k, (op, operands) in enumerate(passage().steps):
            table = np.empty((len(places), len(operands)), np.int64)
            for column, x in enumerate(operands):
                table[:, column] = self.numbers[x] if isinstance(x, float) else columns[x]
            code, arity = self.builder.words.code(op), len(operands)
            self.blocks.append((places + k, np.full(len(places), code), np.full(len(places), arity), table.ravel()))
            columns = [*columns, places + k]

    def sums_of_products(self, places: Ints, counts: Ints, left: Ints, right: Ints) -> None:
        """One `dot` for each count, of so many of the pairs (left, right); its operands are w₁ … wₙ, x₁ … xₙ."""
        place = np.arange(len(left)) + np.repeat(np.cumsum(counts) - counts, counts)
        args = np.empty(2 * len(left), np.int64)
        args[place] = left
        args[place + np.repeat(counts, counts)] = right
        dot, mul = self.builder.words.code(DOT), self.builder.words.code(MUL)
        self.blocks.append((places, np.where(counts == 1, mul, dot), 2 * counts, args))

    def add(self) -> None:
        place, code, arity, args = (np.concatenate(part) for part in zip(*self.blocks, strict=True))
        start, order = np.cumsum(arity) - arity, ordered(place)
        self.builder.add(code[order], arity[order], args[spans(start[order], arity[order])])
