"""The schedule: from a program to bundles and single lines, in an order that runs.

What does not depend on the rows is computed once, before them. Nodes of the same level, operation and operands' kinds
form a group; a group whose operands lie at regular distances becomes one bundle.
"""

import numpy as np

from ..ir.arrays import Hashes, Ints, Mask, hash_rows, mix
from ..ir.program import INPUT, LEAF, PRODUCTS, Program
from ..ir.reachability import needed
from .grouping import ALIKE_FOR_A_LOOP, TERMS_FOR_A_LOOP, bundle_of
from .levels import Levels
from .nests import Bundle, Draft, Lines, Schedule

MANY_STEPS = 40  # a schedule of more steps than these
SMALL = 32  # most of whose bundles compute fewer terms than these owes them to chance


def schedule(program: Program, batched: bool, summed: bool, values: int) -> Schedule:
    """The schedule of a program; its first `values` outputs keep the eager order of additions.

    Each bundle is compiled for itself. In a graph without a pattern, four alike nodes here and there lie at regular
    distances by chance: such bundles cost more time than they save, and cut what could run from one table. Then all
    nodes are run from the table, as they are where hundreds of bundles hold less than half of them.
    """
    levels, exact = Levels.of(program, batched), needed(program, program.outputs[:values])
    plan = _empty(program, batched, summed, levels)
    if not _Grouping(plan, levels, exact).run():
        levels = levels.in_one()
        plan = _empty(program, batched, summed, levels)
        _Grouping(plan, levels, exact).run()
    return plan.finished()


def _empty(program: Program, batched: bool, summed: bool, levels: Levels) -> Draft:
    """A schedule without steps, in which every node has its space."""
    space = np.array(["K", "U", "R", "G"])[np.where(program.constant, 0, np.where(levels.rowwise, 2, 1))]
    space[program.code == LEAF], space[program.code == INPUT] = "P", "X"
    space[levels.reduced] = "G"
    slot = np.where(program.constant, -1.0, program.number).astype(np.int64)
    return Draft(program, batched, summed, space, slot, program.constant, program.one)


class _Grouping:
    """One walk over the levels; nodes without a pattern wait until a bundle needs them."""

    def __init__(self, plan: Draft, levels: Levels, exact: Mask) -> None:
        self.plan, self.program, self.levels, self.exact = plan, plan.program, levels, exact
        self.group = np.where(self.program.constant, -3, -1 - (self.program.code == LEAF))
        self.group[self.program.one] = -4
        self.waiting: dict[bool, list[Ints]] = {False: [], True: []}
        self.is_waiting = np.zeros(len(self.program), bool)
        self.groups = self.small = self.seen = self.bundled = 0
        self.last: list[Bundle] = []  # sums over rows: nothing waits for them

    def run(self) -> bool:
        """Fill the schedule; False, with no more done than to see it, where its bundles owe themselves to chance."""
        for nodes in self.levels.parts:
            for rowwise in (False, True):
                self._level(nodes[self.levels.rowwise[nodes] == rowwise], rowwise)
            if self._is_chance(2 * MANY_STEPS):
                return False
        for rowwise in (False, True):
            self._flush(rowwise)
        self.plan.rows += self.last
        return not self._is_chance(MANY_STEPS)

    def _is_chance(self, many: int) -> bool:
        steps = len(self.plan.once) + len(self.plan.rows)
        few = 2 * self.bundled < self.seen  # bundles here and there, between single nodes
        return steps > many and (4 * self.small >= 3 * self.groups or (steps > 10 * many and few))

    def _level(self, nodes: Ints, rowwise: bool) -> None:
        if not len(nodes):
            return
        if self.levels.deep:
            self._wait(nodes, rowwise)
            return
        self.seen += len(nodes)
        key = self._keys(nodes)
        _, first, back, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        arity = self.program.arity[nodes[first]]
        sums = (self.program.code[nodes[first]] == PRODUCTS) & (arity >= 2 * TERMS_FOR_A_LOOP)
        regular = (counts >= ALIKE_FOR_A_LOOP) | sums | (self.plan.space[nodes[first]] == "G")
        order = np.argsort(back, kind="stable")
        members = np.split(nodes[order], np.cumsum(counts)[:-1]) if regular.any() else []
        for k in np.argsort(first):
            regular[k] = regular[k] and self._bundles(members[k], rowwise)
        self._wait(nodes[~regular[back]], rowwise)

    def _bundles(self, nodes: Ints, rowwise: bool) -> bool:
        """Bundle the nodes, in the order in which they were made or, failing that, of their operands."""
        if self._bundle(nodes, rowwise):
            return True
        slots = self.plan.slot[self.program.matrix(nodes)] if self._alike(nodes) else nodes[:, None]
        by_operands = np.lexsort(slots.T[::-1])
        return bool((np.diff(by_operands) != 1).any()) and self._bundle(nodes[by_operands], rowwise)

    def _keys(self, nodes: Ints) -> Hashes:
        """Equal for nodes of the same operation on operands of the same groups; `_alike` makes sure."""
        program, arity = self.program, self.program.arity[nodes]
        kinds = mix(self.group[program.operands(nodes)]).view(np.int64)
        key = hash_rows(kinds, np.cumsum(arity) - arity, arity)
        return mix(key + mix(program.code[nodes] * 2 + self.exact[nodes]) + mix(arity))

    def _alike(self, nodes: Ints) -> bool:
        """Whether the nodes really are what their equal keys say."""
        program = self.program
        if len(np.unique(program.code[nodes])) > 1 or len(np.unique(program.arity[nodes])) > 1:
            return False
        kinds = self.group[program.matrix(nodes)]
        return bool((kinds == kinds[0]).all()) and len(np.unique(self.exact[nodes])) == 1

    def _wait(self, nodes: Ints, rowwise: bool) -> None:
        if not len(nodes):
            return
        for space in "URG":
            part = nodes[self.plan.space[nodes] == space]
            self.plan.slot[part] = self.plan.take(space, len(part)) + np.arange(len(part))
            self.group[part] = -9 - ord(space)  # slots of different spaces are not alike
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
        made = bundle_of(self.plan, nodes, bool(self.exact[nodes[0]])) if self._alike(nodes) else None
        if made is None:
            return False
        if made.sums_rows:
            self.last.append(made)
            return True
        if self.is_waiting[self.program.operands(nodes)].any():
            self._flush(rowwise)
        (self.plan.rows if rowwise else self.plan.once).append(made)
        self.group[nodes] = self.groups
        self.groups, self.small = self.groups + 1, self.small + (made.size < SMALL)
        self.bundled += len(nodes)
        return True
