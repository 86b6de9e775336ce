"""Sums of products: chains of + and ×, sums and dots become one node Σ aᵢ·bᵢ, added in the eager order.

A node joins the sum that uses it only where nothing else does. A term that is no product has the constant 1 as its b.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...operations.elementary import ADD, MUL, SUB
from ...operations.operation import Operation
from ...operations.reductions import DOT, SUM
from ..ir.arrays import Ints, Mask, ordered, spans
from ..ir.program import PRODUCTS, Builder, Program, aliased
from ..ir.reachability import without_dead_nodes


@dataclass(frozen=True)
class Terms:
    """The terms a·b of all sums: in `owner`, sorted by owner and order of addition."""

    owner: Ints
    a: Ints
    b: Ints


def fold_products(program: Program) -> Program:
    """Every +, −, sum and dot → a sum of products; what remains of one factor or one product is that."""
    builder = Builder(program)
    one, minus = builder.constant(1.0), builder.constant(-1.0)
    extended = builder.program(program.outputs)
    uses = _uses(extended)
    terms = _join_products(extended, _terms(extended, one, minus), uses, one)
    return without_dead_nodes(_written(extended, _join_chains(len(extended), terms, uses, one), one))


def gather_sums(program: Program) -> Program:
    """Chains of + become one sum, added in the same order: what a loop has built is then as flat as it is meant."""
    builder = Builder(program)
    one = builder.constant(1.0)
    extended = builder.program(program.outputs)
    terms = _join_chains(len(extended), _terms(extended, one, one, (ADD,)), _uses(extended), one)
    counts = np.bincount(terms.owner, minlength=len(extended))
    owners = np.flatnonzero(counts > 2)
    kept = counts[terms.owner] > 2
    code, start, arity = extended.code.copy(), extended.start.copy(), extended.arity.copy()
    code[owners], arity[owners] = program.words.code(SUM), counts[owners]
    start[owners] = len(extended.args) + np.cumsum(counts[owners]) - counts[owners]
    args = np.concatenate([extended.args, terms.a[kept]])
    return without_dead_nodes(replace(extended, code=code, start=start, arity=arity, args=args))


def _uses(program: Program) -> Ints:
    """How often each node is used; being an output is a use."""
    count = len(program)
    found: Ints = np.bincount(program.args, minlength=count) + np.bincount(program.outputs, minlength=count)
    return found


def _terms(program: Program, one: int, minus: int, rows: Sequence[Operation] = (ADD, SUB, SUM, DOT)) -> Terms:
    parts: list[tuple[Ints, Ints, Ints]] = []  # owner, a, b; the terms of one owner in their order
    for op, nodes in [(op, np.flatnonzero(program.is_code(op))) for op in rows]:
        if op is DOT:
            parts += _dot_terms(program, nodes, one)
            continue
        a, arity = program.operands(nodes), program.arity[nodes]
        b = np.full(len(a), one)
        if op is SUB:
            b[1::2] = minus
        parts.append((np.repeat(nodes, arity), a, b))
    owner, a, b = (np.concatenate(part) for part in zip(*parts, strict=True))
    place = ordered(owner)
    owner, (a, b) = owner[place], one_last(program, a[place], b[place], one)
    return Terms(owner, a, b)


def one_last(program: Program, a: Ints, b: Ints, one: int) -> tuple[Ints, Ints]:
    """The factors a and b of each term, with every constant 1 as the node `one`, and that as b."""
    ones = program.one
    a, b = np.where(ones[a], one, a), np.where(ones[b], one, b)
    swapped = (a == one) & (b != one)
    a[swapped], b[swapped] = b[swapped], one
    return a, b


def _dot_terms(program: Program, nodes: Ints, one: int) -> list[tuple[Ints, Ints, Ints]]:
    """The bias first, if there is one, then the products."""
    start, arity = program.start[nodes], program.arity[nodes]
    odd, pairs = arity % 2 == 1, arity // 2
    bias = program.args[(start + arity - 1)[odd]]
    products = program.args[spans(start, pairs)], program.args[spans(start + pairs, pairs)]
    return [(nodes[odd], bias, np.full(len(bias), one)), (np.repeat(nodes, pairs), *products)]


def _join_products(program: Program, terms: Terms, uses: Ints, one: int) -> Terms:
    """x·y that only one sum uses, as a term of its own, becomes the term's factors."""
    joins = (terms.b == one) & program.is_code(MUL)[terms.a] & (uses[terms.a] == 1)
    first = program.start[terms.a[joins]]
    a, b = terms.a.copy(), terms.b.copy()
    a[joins], b[joins] = program.args[first], program.args[first + 1]
    return Terms(terms.owner, a, b)


def _join_chains(length: int, terms: Terms, uses: Ints, one: int) -> Terms:
    """A sum that is the first term of another one, and used nowhere else, is continued there.

    ((b + w₁x₁) + w₂x₂) + w₃x₃ is three sums of two terms; the chain ends in the last. The way from each sum to the end
    of its chain is found by pointer doubling: `end` is as far as one knows, `hops` how far that is, and as long as an
    end has an end of its own, both are replaced by that: a chain of n sums takes log n rounds. Then the terms are put
    in order by the end that they belong to, those of the sum with the most hops, which is added first, in front.
    """
    terms = _chain_first(length, terms, uses, one)
    first = np.diff(terms.owner, prepend=-1) != 0
    link = first & _continued(length, terms, uses, one)
    if not link.any():
        return terms
    end, hops = np.arange(length), np.zeros(length, np.int64)
    links = terms.a[link]
    end[links], hops[links] = terms.owner[link], 1
    while (end[end[links]] != end[links]).any():
        hops[links] += hops[end[links]]
        end[links] = end[end[links]]
    kept = ~link
    owner, a, b = terms.owner[kept], terms.a[kept], terms.b[kept]
    place = ordered(hops.max() - hops[owner])
    place = place[ordered(end[owner[place]])]
    return Terms(end[owner][place], a[place], b[place])


def _continued(length: int, terms: Terms, uses: Ints, one: int) -> Mask:
    sums = np.zeros(length, bool)
    sums[terms.owner] = True
    found: Mask = (terms.b == one) & sums[terms.a] & (uses[terms.a] == 1)
    return found


def _chain_first(length: int, terms: Terms, uses: Ints, one: int) -> Terms:
    """a + chain → chain + a, the same to the bit, where there are just these two terms."""
    may = _continued(length, terms, uses, one)
    count = np.bincount(terms.owner, minlength=length)[terms.owner]
    first = np.diff(terms.owner, prepend=-1) != 0
    second = np.flatnonzero(may & ~first & (count == 2))
    second = second[~may[second - 1]]
    a, b = terms.a.copy(), terms.b.copy()
    for part in (a, b):
        part[second], part[second - 1] = part[second - 1], part[second]
    return Terms(terms.owner, a, b)


def _written(program: Program, terms: Terms, one: int) -> Program:
    """The program with its sums as nodes of pairs; a sum of one product is a `mul`, of one node that node."""
    counts = np.bincount(terms.owner, minlength=len(program))
    builder = Builder(program)
    owners = np.flatnonzero(counts)
    mul = builder.words.code(MUL)
    starts = np.cumsum(counts[owners]) - counts[owners]
    code, start, arity = program.code.copy(), program.start.copy(), program.arity.copy()
    code[owners] = np.where(counts[owners] == 1, mul, PRODUCTS)
    start[owners] = len(program.args) + 2 * starts
    arity[owners] = 2 * counts[owners]
    args = np.concatenate([program.args, np.stack([terms.a, terms.b], axis=1).ravel()])
    written = replace(program, code=code, start=start, arity=arity, args=args)
    return _without_ones(written, owners[counts[owners] == 1], one)


def _without_ones(program: Program, single: Ints, one: int) -> Program:
    """x·1 is x, and x·(−1) is −x."""
    alias = np.arange(len(program))
    a, b = program.args[program.start[single]], program.args[program.start[single] + 1]
    alias[single] = np.where(b == one, a, single)
    return aliased(program, alias)
