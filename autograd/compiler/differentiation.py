"""Differentiation: from a program to a program that also computes derivatives of its outputs.

The adjoint of a node v, ∂root/∂v, is the sum over the uses of v of ∂use/∂v · adjoint of the use: a `dot`, of the
table's own derivatives. All adjoints are written down at once, in the order in which the eager sweep adds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..operations import MUL
from ..reductions import DOT
from .arrays import Ints, Mask, ordered
from .liveness import needed, without_dead_nodes
from .program import Builder, Program
from .templates import derivatives

FEW_NUMBERS = 4


@dataclass(frozen=True)
class Edges:
    """`slope` is the node of ∂user/∂operand; sorted by operand, last first, and then by user, last first."""

    operand: Ints
    user: Ints
    slope: Ints

    def only(self, chosen: Mask) -> "Edges":
        return Edges(self.operand[chosen], self.user[chosen], self.slope[chosen])


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
    parts: list[tuple[Ints, Ints, Ints]] = [(none, none, none)]
    constant = program.constant
    for code, arity, members in program.alike():
        row = program.words.rows[code]
        for nodes, operands, numbers in _with_numbers(program, constant, members[used[members]]):
            assert row is not None
            flows = [not constant[column].all() for column in operands.T]
            slopes = derivatives(row, arity, numbers, flows).stamp(builder, [*operands.T, nodes])
            parts += [(x, nodes, slope) for x, slope in zip(operands.T, slopes, strict=True) if slope is not None]
    every = Edges(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    every = every.only(~constant[every.operand])
    last = len(program) - 1
    order = ordered(last - every.user)
    order = order[ordered(last - every.operand[order])]
    return Edges(every.operand[order], every.user[order], every.slope[order])


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
    adjoint = np.full(length, -1)
    adjoint[root] = one
    adjoint[owners] = builder.length + np.arange(len(owners))
    _sums_of_products(builder, counts, edges.slope, adjoint[edges.user])
    return adjoint


def _sums_of_products(builder: Builder, counts: Ints, left: Ints, right: Ints) -> None:
    """One `dot` for each count, of so many of the pairs (left, right); its operands are w₁ … wₙ, x₁ … xₙ."""
    place = np.arange(len(left)) + np.repeat(np.cumsum(counts) - counts, counts)
    args = np.empty(2 * len(left), np.int64)
    args[place] = left
    args[place + np.repeat(counts, counts)] = right
    dot, mul = builder.words.code(DOT), builder.words.code(MUL)
    builder.add(np.where(counts == 1, mul, dot), 2 * counts, args)
