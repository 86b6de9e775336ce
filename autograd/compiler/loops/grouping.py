"""Bundling: a group of alike nodes → one bundle, where their operands lie at regular distances."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ..ir.arrays import Ints
from .nests import Bundle, Draft, Factors
from .recognition import Address, Loop, Operand, Run, constant_layout, find_loops, find_runs

ALIKE_FOR_A_LOOP = 4  # fewer alike nodes, or terms for each piece of code, than these are no loop
TERMS_FOR_A_LOOP = 8  # a sum of so many terms is a loop by itself
DEEP = 8  # loops, one inside the other, for which there are letters; more are no pattern
MOST_PIECES = 40  # a sum of more pieces than these has no pattern

Strides: TypeAlias = Iterator[tuple[Ints, tuple[int, ...]]]


def bundle_of(plan: Draft, nodes: Ints, exact: bool) -> Bundle | None:
    """The bundle of `nodes`, which have slots then; None where they have no pattern."""
    return _Bundling(plan, nodes, exact).bundle()


@dataclass(frozen=True)
class Nest:
    """The loops over a group's nodes: extents and strides, outermost first, and the loop that may take the lanes."""

    loops: list[Loop]
    lane: int | None

    @property
    def extents(self) -> tuple[int, ...]:
        """How often each loop turns."""
        return tuple(n for n, _ in self.loops)


class _Bundling:
    """One group of alike nodes, read as loops.

    The positions of all operands that are no constants, side by side, must move together: `_nest` reads one loop nest
    off them. With it each column of operands becomes an address (its first slot, and a stride for each loop), or, where
    it holds constants, a table of numbers laid out to fit the loops. Last, the nodes themselves get new slots in that
    order, the lanes' loop innermost, so that whatever takes them finds them at regular distances again.
    """

    def __init__(self, plan: Draft, nodes: Ints, exact: bool) -> None:
        self.plan, self.exact, self.constant, self.one = plan, exact, plan.constant, plan.one
        self.space = str(plan.space[nodes[0]])
        code = plan.program.code[nodes[0]]
        self.op = plan.program.words.operations[code]
        table = plan.program.matrix(nodes)
        if len(nodes) > 1 and _runs_down(plan.slot[table]):
            nodes, table = nodes[::-1], table[::-1]
        self.nodes, self.table = nodes, table

    def bundle(self) -> Bundle | None:
        return self._elementwise() if self.op is not None else self._products()

    def _elementwise(self) -> Bundle | None:
        columns = list(self.table.T)
        nest = self._nest([c for c in columns if not self._constant(c)])
        if nest is None:
            return None
        pairs = self._with_strides(columns, nest.loops)
        operands = tuple(self._operand(nest, column[:, None], 0, strides) for column, strides in pairs)
        return Bundle(self.op, nest.extents, self._out(nest), operands, (), nest.lane, self.exact)

    def _products(self) -> Bundle | None:
        a, b = self.table[:, ::2], self.table[:, 1::2]
        groups = find_runs(self._places(a), self._places(b), self._kinds(a[0], b[0]))
        if self.space == "G":  # in sums over the rows the order of the terms is free
            groups = [[run] for group in groups for run in group]
        runs = [run for group in groups for run in group]
        if len(runs) > max(MOST_PIECES, a.shape[1] // ALIKE_FOR_A_LOOP) or (
            self.space != "G" and a.size < ALIKE_FOR_A_LOOP * len(runs)
        ):
            return None
        columns = [part[:, run.first] for run in runs for part in (a, b)]
        nest = self._nest([c for c in columns if not self._constant(c)])
        if nest is None:
            return None
        strides = iter(self._with_strides(columns, nest.loops))
        factors = [[self._factors(nest, a, b, run, strides) for run in group] for group in groups]
        found = tuple(replace(first, others=tuple(others)) for first, *others in factors)
        return Bundle(None, nest.extents, self._out(nest), (), found, nest.lane, self.exact)

    def _factors(self, nest: Nest, a: Ints, b: Ints, run: Run, strides: Strides) -> Factors:
        left = self._operand(nest, a[:, run.columns], run.step_a, next(strides)[1])
        right = self._operand(nest, b[:, run.columns], run.step_b, next(strides)[1])
        one = not isinstance(right, Address) and right == 1.0
        return Factors(run.length, left, None if one else right)

    def _kinds(self, a: Ints, b: Ints) -> Ints:
        """A number for each term that tells which spaces its factors lie in; few different numbers are told apart."""
        kinds = np.zeros(len(a), np.int64)
        for nodes in (a, b):
            letters = np.array([ord(c) for c in self.plan.space[nodes]]) + 256 * self.one[nodes]
            fixed = self.constant[nodes]
            numbers, which = np.unique(self.plan.program.number[nodes[fixed]], return_inverse=True)
            if len(numbers) <= ALIKE_FOR_A_LOOP:
                letters[fixed] += 512 * which
            kinds = kinds * 65536 + letters
        return kinds

    def _is_number(self, node: int) -> bool:
        return bool(self.constant[node])

    def _constant(self, column: Ints) -> bool:
        return self._is_number(int(column[0]))

    def _places(self, nodes: Ints) -> Ints:
        """Slots, and 0 for constants: those can be laid out to fit any loop."""
        found: Ints = np.where(self.constant[nodes], 0, self.plan.slot[nodes])
        return found

    def _nest(self, columns: list[Ints]) -> Nest | None:
        positions = [self.plan.slot[c] for c in columns] or [np.zeros(len(self.nodes), np.int64)]
        loops = find_loops(np.stack(positions, axis=1))
        if loops is None or len(loops) > DEEP:
            return None
        return Nest(loops, None if self.space in "RG" or not loops else _best_lane(loops))

    def _with_strides(self, columns: list[Ints], loops: list[Loop]) -> list[tuple[Ints, tuple[int, ...]]]:
        """Each column with its strides; a constant one has none."""
        found: list[tuple[Ints, tuple[int, ...]]] = []
        k = 0
        for column in columns:
            if self._constant(column):
                found.append((column, ()))
            else:
                found.append((column, tuple(int(strides[k]) for _, strides in loops)))
                k += 1
        return found

    def _operand(self, nest: Nest, nodes: Ints, step: int, strides: tuple[int, ...]) -> Operand:
        """The operand at `nodes` (alike nodes × terms)."""
        first = int(nodes[0, 0])
        if not self._is_number(first):
            return Address(str(self.plan.space[first]), int(self.plan.slot[first]), strides, step)
        values = self.plan.program.number[nodes].reshape(*nest.extents, nodes.shape[1])
        numbers, found = constant_layout(np.ascontiguousarray(values), nest.lane)
        if len(numbers) == 1:
            return float(numbers[0])
        base = len(self.plan.constants)
        self.plan.constants += numbers.tolist()
        return Address("K", base, found[:-1], found[-1])

    def _out(self, nest: Nest) -> Address:
        """New slots for the nodes: in their order, but with the lanes' loop innermost."""
        extents, lane = nest.extents, nest.lane
        order = [d for d in range(len(extents)) if d != lane] + ([] if lane is None else [lane])
        strides, size = [0] * len(extents), 1
        for d in reversed(order):
            strides[d], size = size, size * extents[d]
        base = self.plan.take(self.space, len(self.nodes))
        counters = np.indices(extents).reshape(len(extents), -1) if extents else np.zeros((0, 1), np.int64)
        self.plan.slot[self.nodes] = base + np.array(strides, np.int64) @ counters
        return Address(self.space, base, tuple(strides))


def _runs_down(slots: Ints) -> bool:
    """Whether the operands' positions fall from the first node to the last."""
    moved = slots[-1] - slots[0]
    moved = moved[moved != 0]
    return len(moved) > 0 and bool(moved[0] < 0)


def _best_lane(loops: list[tuple[int, Ints]]) -> int:
    """The loop whose operands lie next to each other or do not move; of these the longest, outermost."""
    return max(range(len(loops)), key=lambda d: (int(np.isin(loops[d][1], (0, 1)).sum()), loops[d][0], -d))
