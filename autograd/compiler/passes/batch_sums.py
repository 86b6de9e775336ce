"""Sums over the rows: what remains of a program when only the total of its outputs is wanted."""

import numpy as np

from ...operations.elementary import MUL
from ..ir.arrays import Ints, ordered, within
from ..ir.program import PRODUCTS, ROWS, Builder, Program
from ..ir.reachability import without_dead_nodes
from ..loops.levels import Levels
from .sums_of_products import one_last


def summed_over_rows(program: Program) -> Program:
    """Each output o → a sum over rows, and behind all of these what is to be added once a row, whatever the row.

    A sum of products is never stored row by row: its terms are summed over the rows at once.
    """
    builder = Builder(program)
    one, zero = builder.constant(1.0), builder.constant(0.0)
    program = builder.program(program.outputs)
    rowwise = Levels.of(program, batched=True).rowwise
    outputs = program.outputs
    owner, a, b = _terms(program, one)
    moves = rowwise[a] | rowwise[b]
    summed = _sums(builder, ROWS, owner[moves], a[moves], b[moves], len(outputs), zero)
    rest = _sums(builder, PRODUCTS, owner[~moves], a[~moves], b[~moves], len(outputs), zero)
    return without_dead_nodes(builder.program(np.concatenate([summed, rest])))


def _terms(program: Program, one: int) -> tuple[Ints, Ints, Ints]:
    """(which output, a, b) of all terms; an output that is no sum, or is used elsewhere too, is one term."""
    outputs = program.outputs
    uses = np.bincount(program.args, minlength=len(program)) + np.bincount(outputs, minlength=len(program))
    sums = (program.code == PRODUCTS) | program.is_code(MUL)
    opened = sums[outputs] & (uses[outputs] == 1)
    which, nodes = np.flatnonzero(opened), outputs[opened]
    pairs = program.arity[nodes] // 2
    first = np.repeat(program.start[nodes], pairs) + 2 * within(pairs)
    whole = np.flatnonzero(~opened)
    owner = np.concatenate([np.repeat(which, pairs), whole])
    a = np.concatenate([program.args[first], outputs[whole]])
    b = np.concatenate([program.args[first + 1], np.full(len(whole), one)])
    order = ordered(owner)
    a, b = one_last(program, a[order], b[order], one)
    return owner[order], a, b


def _sums(builder: Builder, code: int, owner: Ints, a: Ints, b: Ints, count: int, zero: int) -> Ints:
    """A node of `code` for every output that has terms, `zero` for the others."""
    counts = np.bincount(owner, minlength=count)
    owners = np.flatnonzero(counts)
    single = code == PRODUCTS and counts[owners] == 1
    codes = np.where(single, builder.words.code(MUL), np.full(len(owners), code))  # of one product: as everywhere
    made = builder.add(codes, 2 * counts[owners], np.stack([a, b], axis=1).ravel())
    found = np.full(count, zero)
    found[owners] = made
    return found
