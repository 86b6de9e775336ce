"""The schedule: from a program to bundles (loop nests over buffers) and straight lines, in an order that runs.

What does not depend on the rows is computed once, before them. Nodes of the same level, operation and operands' kinds
form a group; a group whose operands lie at regular distances becomes one bundle.
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from ..table import Operation
from .levels import Levels
from .loops import Address, Operand, constant_layout, find_loops, find_runs
from .program import INPUT, LEAF, PRODUCTS, Ints, Mask, Program, needed

FEW = 4  # fewer alike nodes than these are no loop
LONG = 8  # a sum of so many terms is a loop by itself


@dataclass(frozen=True)
class Factors:
    """A run of terms of a sum of products: `length` times a·b; b is None where the terms are no products."""

    length: int
    a: Operand
    b: Operand | None

    def __str__(self) -> str:
        product = str(self.a) if self.b is None else f"{self.a}·{self.b}"
        return product if self.length == 1 else f"Σ(t<{self.length}) {product}"


@dataclass(frozen=True)
class Bundle:
    """Alike nodes as one loop nest: `out` = row(operands), or a sum of products, or such a sum over all the rows."""

    row: Operation | None
    extents: tuple[int, ...]
    out: Address
    operands: tuple[Operand, ...] = ()
    runs: tuple[Factors, ...] = ()
    lane: int | None = None  # the loop that goes to the SIMD lanes; None: the rows
    exact: bool = True  # additions keep the order of the eager engine

    @property
    def sums_rows(self) -> bool:
        return self.out.space == "G"

    def __str__(self) -> str:
        loops = "".join(f"{name}<{n} " for name, n in zip("ijklmnop", self.extents, strict=False))
        what = (
            " + ".join(map(str, self.runs))
            if self.row is None
            else f"{self.row.name} {' '.join(map(str, self.operands))}"
        )
        return f"{loops}{self.out} = {'Σ rows ' if self.sums_rows else ''}{what}"


@dataclass(frozen=True)
class Lines:
    """Nodes without a pattern, one after the other: `nodes` in the order in which they run."""

    nodes: Ints

    def __str__(self) -> str:
        return f"{len(self.nodes)} single nodes"


Step: TypeAlias = Bundle | Lines


@dataclass
class Schedule:
    """Steps computed once, steps computed for all rows, and where every node lies."""

    program: Program
    batched: bool
    summed: bool  # the outputs are sums over rows, then as many numbers to add once a row (see rows.py)
    once: list[Step] = field(default_factory=list)
    rows: list[Step] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    space: Any = None  # a letter for each node: K, P, X, U, R or G
    slot: Any = None
    constant: Any = None  # which nodes are constants, which of them just 1
    one: Any = None
    sizes: dict[str, int] = field(default_factory=lambda: dict.fromkeys("UGR", 0))

    def take(self, space: str, count: int) -> int:
        """The first of `count` new slots."""
        self.sizes[space] += count
        return self.sizes[space] - count

    def operand(self, node: int) -> Address:
        """Where a single node lies."""
        if self.slot[node] < 0:
            self.slot[node] = len(self.constants)
            self.constants.append(float(self.program.number[node]))
        return Address(str(self.space[node]), int(self.slot[node]))

    def __str__(self) -> str:
        sizes = ", ".join(f"{count} {what}" for count, what in self.counts() if count)
        parts = [f"# {sizes}", *(f"{step}" for step in self.once)]
        if self.rows:
            parts += ["for each row:", *(f"    {step}" for step in self.rows)]
        return "\n".join(parts)

    def counts(self) -> list[tuple[int, str]]:
        u, r, g = (self.sizes[space] for space in "URG")
        return [(len(self.constants), "constants K"), (u, "numbers U"), (r, "numbers a row R"), (g, "sums over rows G")]


def schedule(program: Program, batched: bool, summed: bool, values: int) -> Schedule:
    """The schedule of a program; its first `values` outputs keep the eager order of additions."""
    plan = Schedule(program, batched, summed)
    plan.constant, plan.one = program.constant, program.one
    levels = Levels.of(program, batched)
    plan.space = np.array(["K", "U", "R", "G"])[np.where(program.constant, 0, np.where(levels.rowwise, 2, 1))]
    plan.space[program.code == LEAF], plan.space[program.code == INPUT] = "P", "X"
    plan.space[levels.reduced] = "G"
    plan.slot = np.where(program.constant, -1.0, program.number).astype(np.int64)
    _Grouping(plan, levels, needed(program, program.outputs[:values])).run()
    return plan


class _Grouping:
    """One walk over the levels; nodes without a pattern wait until a bundle needs them."""

    def __init__(self, plan: Schedule, levels: Levels, exact: Mask) -> None:
        self.plan, self.program, self.levels, self.exact = plan, plan.program, levels, exact
        self.group = np.where(self.program.constant, -3, -1 - (self.program.code == LEAF))
        self.group[self.program.one] = -4
        self.waiting: dict[bool, list[Ints]] = {False: [], True: []}
        self.is_waiting = np.zeros(len(self.program), bool)
        self.groups = 0

    def run(self) -> None:
        for nodes in self.levels.parts:
            for rowwise in (False, True):
                self._level(nodes[self.levels.rowwise[nodes] == rowwise], rowwise)
        for rowwise in (False, True):
            self._flush(rowwise)

    def _level(self, nodes: Ints, rowwise: bool) -> None:
        if not len(nodes):
            return
        if self.levels.deep:
            self._wait(nodes, rowwise)
            return
        key = self._keys(nodes)
        _, first, back, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        arity = self.program.arity[nodes[first]]
        sums = (self.program.code[nodes[first]] == PRODUCTS) & (arity >= 2 * LONG)
        regular = (counts >= FEW) | sums | (self.plan.space[nodes[first]] == "G")
        order = np.argsort(back, kind="stable")
        members = np.split(nodes[order], np.cumsum(counts)[:-1]) if regular.any() else []
        for k in np.argsort(first):
            if regular[k] and not self._bundle(members[k], rowwise):
                regular[k] = False
        self._wait(nodes[~regular[back]], rowwise)

    def _keys(self, nodes: Ints) -> Ints:
        program, arity = self.program, self.program.arity[nodes]
        kinds = self.group[program.operands(nodes)]
        starts = np.cumsum(arity) - arity
        position = np.arange(len(kinds)) - np.repeat(starts, arity)
        mixed = (kinds + 7) * (2 * position + 3) * 0x9E3779B97F4A7C1 + kinds * kinds * 0x632BE59BD9B4E01
        key = np.add.reduceat(mixed, starts) + program.code[nodes] * 0x3C6EF372FE94F82B + arity * 0x2545F4914F6CDD1D
        return key * 2 + self.exact[nodes]

    def _wait(self, nodes: Ints, rowwise: bool) -> None:
        if not len(nodes):
            return
        for space in "URG":
            part = nodes[self.plan.space[nodes] == space]
            self.plan.slot[part] = self.plan.take(space, len(part)) + np.arange(len(part))
        self.group[nodes] = -9
        self.waiting[rowwise].append(nodes)
        self.is_waiting[nodes] = True

    def _flush(self, rowwise: bool) -> None:
        if self.waiting[rowwise]:
            nodes = np.concatenate(self.waiting[rowwise])
            self.is_waiting[nodes] = False
            (self.plan.rows if rowwise else self.plan.once).append(Lines(nodes))
            self.waiting[rowwise] = []

    def _bundle(self, nodes: Ints, rowwise: bool) -> bool:
        """Make a bundle of `nodes`; False where they have no pattern."""
        made = _bundle_of(self.plan, nodes, bool(self.exact[nodes[0]]))
        if made is None:
            return False
        if self.is_waiting[self.program.operands(nodes)].any():
            self._flush(rowwise)
        (self.plan.rows if rowwise else self.plan.once).append(made)
        self.group[nodes] = self.groups
        self.groups += 1
        return True


def _bundle_of(plan: Schedule, nodes: Ints, exact: bool) -> Bundle | None:
    return _Bundling(plan, nodes, exact).bundle()


class _Bundling:
    """The loops of one group."""

    def __init__(self, plan: Schedule, nodes: Ints, exact: bool) -> None:
        self.plan, self.exact, self.constant, self.one = plan, exact, plan.constant, plan.one
        self.space = str(plan.space[nodes[0]])
        code = plan.program.code[nodes[0]]
        self.row = plan.program.words.rows[code]
        table = plan.program.matrix(nodes)
        if len(nodes) > 1 and _runs_down(plan.slot[table]):
            nodes, table = nodes[::-1], table[::-1]
        self.nodes, self.table = nodes, table
        self.lane: int | None = None
        self.extents: tuple[int, ...] = ()

    def bundle(self) -> Bundle | None:
        return self._elementwise() if self.row is not None else self._products()

    def _elementwise(self) -> Bundle | None:
        columns = list(self.table.T)
        loops = self._loops([c for c in columns if not self._constant(c)])
        if loops is None:
            return None
        operands = tuple(
            self._operand(c[:, None], 0, next_strides) for c, next_strides in self._with_strides(columns, loops)
        )
        return Bundle(self.row, self.extents, self._out(), operands, (), self.lane, self.exact)

    def _products(self) -> Bundle | None:
        a, b = self.table[:, ::2], self.table[:, 1::2]
        runs = find_runs(self._places(a), self._places(b), self._kinds(a[0], b[0]))
        if len(runs) > max(LONG, a.shape[1] // 4):
            return None
        columns = [part[:, run.first] for run in runs for part in (a, b)]
        loops = self._loops([c for c in columns if not self._constant(c)])
        if loops is None:
            return None
        strides = iter(self._with_strides(columns, loops))
        factors = []
        for run in runs:
            span = slice(run.first, run.first + run.length)
            left = self._operand(a[:, span], run.step_a, next(strides)[1])
            right = self._operand(b[:, span], run.step_b, next(strides)[1])
            one = not isinstance(right, Address) and right == 1.0
            factors.append(Factors(run.length, left, None if one else right))
        return Bundle(None, self.extents, self._out(), (), tuple(factors), self.lane, self.exact)

    def _kinds(self, a: Ints, b: Ints) -> Ints:
        """A number for each term that tells which spaces its factors lie in, and whether one of them is just 1."""
        letters = [np.array([ord(c) for c in self.plan.space[nodes]]) + 256 * self.one[nodes] for nodes in (a, b)]
        return letters[0] * 65536 + letters[1]

    def _is_number(self, node: int) -> bool:
        return bool(self.constant[node])

    def _constant(self, column: Ints) -> bool:
        return self._is_number(int(column[0]))

    def _places(self, nodes: Ints) -> Ints:
        """Slots, and 0 for constants: those can be laid out to fit any loop."""
        found: Ints = np.where(self.constant[nodes], 0, self.plan.slot[nodes])
        return found

    def _loops(self, columns: list[Ints]) -> list[tuple[int, Ints]] | None:
        positions = [self.plan.slot[c] for c in columns] or [np.zeros(len(self.nodes), np.int64)]
        loops = find_loops(np.stack(positions, axis=1))
        if loops is not None:
            self.extents = tuple(n for n, _ in loops)
            self.lane = None if self.space in "RG" or not loops else _best_lane(loops)
        return loops

    def _with_strides(self, columns: list[Ints], loops: list[tuple[int, Ints]]) -> list[tuple[Ints, tuple[int, ...]]]:
        """Each column with its strides; a constant one has none."""
        found, k = [], 0
        for column in columns:
            if self._constant(column):
                found.append((column, ()))
            else:
                found.append((column, tuple(int(strides[k]) for _, strides in loops)))
                k += 1
        return found

    def _operand(self, nodes: Ints, step: int, strides: tuple[int, ...]) -> Operand:
        """The operand at `nodes` (alike nodes × terms)."""
        first = int(nodes[0, 0])
        if not self._is_number(first):
            return Address(str(self.plan.space[first]), int(self.plan.slot[first]), strides, step)
        values = self.plan.program.number[nodes].reshape(*self.extents, nodes.shape[1])
        numbers, found = constant_layout(np.ascontiguousarray(values), self.lane)
        if len(numbers) == 1:
            return float(numbers[0])
        base = len(self.plan.constants)
        self.plan.constants += numbers.tolist()
        return Address("K", base, found[:-1], found[-1])

    def _out(self) -> Address:
        """New slots for the nodes: in their order, but with the lanes' loop innermost."""
        order = [d for d in range(len(self.extents)) if d != self.lane] + ([] if self.lane is None else [self.lane])
        strides, size = [0] * len(self.extents), 1
        for d in reversed(order):
            strides[d], size = size, size * self.extents[d]
        base = self.plan.take(self.space, len(self.nodes))
        counters = (
            np.indices(self.extents).reshape(len(self.extents), -1) if self.extents else np.zeros((0, 1), np.int64)
        )
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
