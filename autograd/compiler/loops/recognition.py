"""Loops: reading the positions of alike nodes' operands as loop nests again.

Positions that grow by a constant make one loop; where that breaks every n nodes there is a loop of n inside an outer
loop, and so on.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ..ir.arrays import Floats, Ints, runs

LETTERS = "ijklmnop"  # the names of loops, outermost first
FEW_RUNS = 8  # where there are more of them, some may take turns
MOST_TURNS = 12


@dataclass(frozen=True)
class Address:
    """Where an operand lies: space[base + Σ strides · loop counters + step · term]."""

    space: str
    base: int
    strides: tuple[int, ...] = ()
    step: int = 0

    def __str__(self) -> str:
        moves = zip((*self.strides, self.step), self.names(), strict=True)
        parts = [f"{'-' if s < 0 else '+'}{abs(s) if abs(s) > 1 else ''}{name}" for s, name in moves if s]
        start = [str(self.base)] if self.base or not parts else []
        return f"{self.space}[{''.join(start + parts).removeprefix('+')}]"

    def names(self) -> str:
        """The letters of the loops, outermost first."""
        return LETTERS[: len(self.strides)] + "t"

    def moved(self, order: list[int]) -> "Address":
        """The same with the loops in another order."""
        return replace(self, strides=tuple(self.strides[d] for d in order))


Operand: TypeAlias = Address | float
Loop: TypeAlias = tuple[int, Ints]


def find_loops(table: Ints) -> list[Loop] | None:
    """Extents and strides, outermost first, of the rows of `table` (nodes × positions); None without a pattern."""
    count = len(table)
    if count == 1:
        return []
    steps = np.diff(table, axis=0)
    breaks = np.flatnonzero((steps != steps[0]).any(axis=1))
    if not len(breaks):
        return [(count, steps[0])]
    inner = int(breaks[0]) + 1
    if inner == 1 or count % inner:
        return None
    blocks = steps_within(table, inner)
    if (blocks != steps[0]).any():
        return None
    outer = find_loops(table[::inner])
    return None if outer is None else [*outer, (inner, steps[0])]


def steps_within(table: Ints, inner: int) -> Ints:
    """The differences inside blocks of `inner` rows."""
    return np.diff(table.reshape(len(table) // inner, inner, -1), axis=1)


@dataclass(frozen=True)
class Run:
    """Terms of a sum of products whose factors lie at constant distances: every `stride`-th column from `first` on."""

    first: int
    length: int
    step_a: int
    step_b: int
    stride: int = 1

    @property
    def columns(self) -> slice:
        """The columns of the table that the run takes."""
        return slice(self.first, self.first + self.length * self.stride, self.stride)


def find_runs(a: Ints, b: Ints, kind: Ints) -> list[list[Run]]:
    """The runs of the terms (nodes × terms) a·b; those in one list take turns. Terms in a run have the same `kind`."""
    plain = _plain_runs(a, b, kind)
    if len(plain) > FEW_RUNS:
        for turns in range(2, min(MOST_TURNS, len(kind) // FEW_RUNS) + 1):
            first, rounds = _longest_cycle(a, b, kind, turns)
            if rounds > FEW_RUNS:
                last = first + rounds * turns
                parts = [find_runs(a[:, k], b[:, k], kind[k]) for k in (slice(0, first), slice(last, None))]
                cycle = [_in_turn(a, b, first + k, rounds, turns) for k in range(turns)]
                return [*parts[0], cycle, *([replace(r, first=last + r.first) for r in group] for group in parts[1])]
    return [[run] for run in plain]


def _in_turn(a: Ints, b: Ints, first: int, rounds: int, turns: int) -> Run:
    step_a, step_b = (int(x[0, first + turns] - x[0, first]) for x in (a, b))
    return Run(first, rounds, step_a, step_b, turns)


def _longest_cycle(a: Ints, b: Ints, kind: Ints, turns: int) -> tuple[int, int]:
    """Where most terms go on as those `turns` before them did: the first one, and how many rounds there are."""
    holds = kind[turns:] == kind[:-turns]
    for x in (a, b):
        steps = x[:, turns:] - x[:, :-turns]
        holds &= (steps == steps[0]).all(axis=0)
        holds[turns:] &= steps[0, turns:] == steps[0, :-turns]
        holds[:turns] &= holds[turns : 2 * turns]
    edges = runs(holds)
    lengths = edges[:, 1] - edges[:, 0]
    if not len(lengths):
        return 0, 0
    best = int(lengths.argmax())
    return int(edges[best, 0]), int(lengths[best]) // turns + 1


def _plain_runs(a: Ints, b: Ints, kind: Ints) -> list[Run]:
    """Neighbours in a run."""
    terms = a.shape[1]
    if terms <= 1:
        return [Run(0, 1, 0, 0)] * terms
    da, db = np.diff(a, axis=1), np.diff(b, axis=1)
    joined = (kind[1:] == kind[:-1]) & (da == da[0]).all(axis=0) & (db == db[0]).all(axis=0)
    found, first = [], 0
    links, sa, sb = joined.tolist(), da[0].tolist(), db[0].tolist()
    for t in range(1, terms + 1):
        same = t < terms and links[t - 1] and (t - first == 1 or (sa[t - 1], sb[t - 1]) == (sa[first], sb[first]))
        if not same:
            single = t - first == 1
            found.append(Run(first, t - first, 0 if single else sa[first], 0 if single else sb[first]))
            first = t
    return found


def constant_layout(values: Floats, lane: int | None) -> tuple[Floats, tuple[int, ...]]:
    """Numbers over the loops, without those that change nothing, and their strides; loop `lane` lies innermost."""
    used = [d for d in range(values.ndim) if values.shape[d] > 1 and not same_along(values, d)]
    order = [d for d in used if d != lane] + [d for d in used if d == lane]
    picked = values[tuple(slice(None) if d in used else 0 for d in range(values.ndim))]
    table = picked.transpose([used.index(d) for d in order])
    strides, size = [0] * values.ndim, 1
    for d in reversed(order):
        strides[d], size = size, size * values.shape[d]
    return table.ravel(), tuple(strides)


def same_along(values: Floats, d: int) -> bool:
    """Whether the numbers do not change (to the bit) along dimension `d`."""
    bits = values.view(np.int64)
    return bool((bits == bits.take([0], axis=d)).all())
