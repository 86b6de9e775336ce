"""Repetition: where a program repeats one body many times over, and the same program with fewer repetitions."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...operations.reductions import DOT, SUM
from ..ir.arrays import Floats, Ints, Mask, mix, runs
from ..ir.program import GIVEN, INPUT, LEAF, Program

LEAST = 300  # nodes; what is shorter is not looked into
LONGEST = 10_000  # nodes of a body
WINDOW = 64  # so many nodes that come again hint at a period
BLOCK = 1 << 16  # places looked at together
FRONT = 24  # repetitions that stay before the cut


@dataclass(frozen=True)
class Stretch:
    """The nodes from `first` on: `count` times a body of `period` nodes, each like the one before but shifted."""

    first: int
    period: int
    count: int

    @property
    def end(self) -> int:
        """The first node behind the last repetition."""
        return self.first + self.period * self.count

    def holds(self, nodes: Ints) -> Mask:
        """Which of the nodes lie in it."""
        found: Mask = (nodes >= self.first) & (nodes < self.end)
        return found

    @property
    def middle(self) -> Ints:
        """The nodes of one repetition far from both ends."""
        return self.first + self.count // 2 * self.period + np.arange(self.period)

    @property
    def cut(self) -> int:
        """Where repetitions are left out."""
        return self.first + FRONT * self.period

    def inputs(self, program: Program, begin: int, end: int) -> Ints:
        """The inputs in each repetition, counted from the cut on, from `begin` to `end`; one row an input."""
        body = np.arange(self.cut, self.cut + self.period)
        found: Ints = body[program.code[body] == INPUT][:, None] + np.arange(begin, end) * self.period
        return found


def stretches(program: Program) -> list[Stretch]:
    """The long repetitions of a program, in order; none where they do not fit together."""
    found, parts = [], [(0, len(program))]
    while parts:
        low, high = parts.pop()
        here = _somewhere(program, low, high) if high - low > LEAST else None
        if here:
            found.append(here)
            parts += [(low, here.first), (here.end, high)]
    found.sort(key=lambda stretch: stretch.first)
    return found if all(_fits(program, stretch, found) for stretch in found) else []


def _somewhere(program: Program, low: int, high: int) -> Stretch | None:
    """A stretch that covers the middle, or else a quarter point."""
    for at in ((low + high) // 2, (3 * low + high) // 4, (low + 3 * high) // 4):
        for period in _periods(program, at, high):
            found = _around(program, at, period, low, high)
            if found.count > 4 * FRONT:
                return found
    return None


def _periods(program: Program, at: int, high: int) -> list[int]:
    """The distances at which the same operations come again, the first few."""
    reach = min(LONGEST, (high - at) // 2 - WINDOW)
    same = np.ones(max(0, reach), bool)
    for k in range(WINDOW):
        same &= program.code[at + 1 + k : at + 1 + k + len(same)] == program.code[at + k]
    return [1 + int(k) for k in np.flatnonzero(same)[:8]]


def _around(program: Program, at: int, period: int, low: int, high: int) -> Stretch:
    """As far as each node is like the one a period later, operands and numbers shifted by the same each time."""

    def alike(a: int, b: int) -> Mask:
        pairs = [(x[a:b], x[a + period : b + period]) for x in (program.code, program.arity)]
        found: Mask = np.logical_and(*(x == y for x, y in pairs)) & (program.code[a:b] != LEAF)
        return found

    first, last = _reach(alike, at, low, high - period)
    first, last = _reach(lambda a, b: _steady(_data(program, a, b + 2 * period), period), at, first, last - period)
    nodes = program.start[first : last + 1]
    here, shift = int(program.start[at]), int(program.start[at + period] - program.start[at])
    begin, end = _reach(
        lambda a, b: _steady(program.args[a : b + 2 * shift], shift), here, int(nodes[0]), int(nodes[-1])
    )
    last = first + int(np.searchsorted(nodes, end, side="right")) - 1
    first += int(np.searchsorted(nodes, begin))
    return Stretch(first, period, max(0, last - first) // period)


def _data(program: Program, first: int, last: int) -> Ints:
    """What else a node is: an input's number, or a hash of a given number, of which no two are steadily apart."""
    number, given = program.number[first:last], program.code[first:last] == GIVEN
    found = np.where(given, 0.0, number).astype(np.int64)
    found[given] = mix(number[given].view(np.int64)).view(np.int64)
    return found


def _steady(numbers: Ints, lag: int) -> Mask:
    """Where the step from one number to the one `lag` later is the same again after that."""
    steps = numbers[lag:] - numbers[: len(numbers) - lag]
    found: Mask = steps[lag:] == steps[: len(steps) - lag]
    return found


def _reach(holds: Callable[[int, int], Mask], at: int, low: int, high: int) -> tuple[int, int]:
    """The longest run of places around `at`, from `low` to `high`, in which it holds; block by block."""
    if not low <= at < high or not holds(at, at + 1).all():
        return at, at
    first, last, breaks = at, at, np.zeros(0, np.int64)
    while first > low and not len(breaks):
        begin = max(low, first - BLOCK)
        breaks = np.flatnonzero(~holds(begin, first))
        first = begin + int(breaks[-1]) + 1 if len(breaks) else begin
    breaks = breaks[:0]
    while last < high and not len(breaks):
        end = min(high, last + BLOCK)
        breaks = np.flatnonzero(~holds(last, end))
        last = last + int(breaks[0]) if len(breaks) else end
    return first, last


def _fits(program: Program, stretch: Stretch, every: list[Stretch]) -> bool:
    """Whether every operand of the body stays where it is, or moves on with the stretch that it lies in."""
    nodes = stretch.middle
    now, then = program.operands(nodes), program.operands(nodes + stretch.period)
    period = np.zeros(len(now), np.int64)
    held = np.zeros(len(now), bool)
    for other in every:
        inside = other.holds(now)
        period[inside], held[inside] = other.period, now[inside] >= other.cut
    moves = then - now
    return bool((np.where(moves == 0, ~held, moves == period)).all())


@dataclass(frozen=True)
class Shortened:
    """A program with fewer repetitions, and the numbers of the inputs that went with the others."""

    program: Program
    inputs: Ints


def shortened(program: Program, every: list[Stretch], left_out: int) -> Shortened | None:
    """The program without `left_out` repetitions of every stretch; None where something else needs them."""
    return _Cut(program, every, left_out).shortened()


class _Cut:
    """Nodes before a cut keep their places, those behind it move down; all go on using what lay as far from them.

    Of a stretch of repetitions, each `period` nodes long, those from its `cut` on are left out, `left_out` of them. A
    node of the body behind the gap uses what a repetition before it made: now the repetition before the gap. A node
    outside uses the far end as before, by its new place. Sums over the stretch lose the terms that are gone
    (`_summed`), and only if as many are lost of each repetition, in the same order (`_even`). Whatever else needs a
    node that is gone makes it impossible: then there is no shortened program, and the whole one is compiled.
    """

    def __init__(self, program: Program, every: list[Stretch], left_out: int) -> None:
        self.program, self.every, self.left_out = program, every, left_out
        edges = [0, *(edge for s in every for edge in (s.cut, s.cut + left_out * s.period)), len(program)]
        self.kept = np.concatenate([np.arange(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)])

    def gone(self, nodes: Ints) -> Mask:
        found = np.zeros(len(nodes), bool)
        for s in self.every:
            found |= (nodes >= s.cut) & (nodes < s.cut + self.left_out * s.period)
        return found

    def place(self, nodes: Ints) -> Ints:
        found = nodes.copy()
        for s in self.every:
            found -= np.where(nodes >= s.cut + self.left_out * s.period, self.left_out * s.period, 0)
        return found

    def shortened(self) -> Shortened | None:
        program, nodes = self.program, self.kept
        user, args = np.repeat(nodes, program.arity[nodes]), program.operands(nodes)
        args, lost = self._moved(user, args), self._summed(user)
        lost &= self.gone(args)
        if self.gone(args[~lost]).any() or self.gone(program.outputs).any() or not self._even(user, args, lost):
            return None
        arity = np.bincount(self.place(user[~lost]), minlength=len(nodes))
        number, inputs = self._numbers(program.number[nodes], program.code[nodes] == INPUT)
        short = replace(
            program,
            code=program.code[nodes],
            start=np.cumsum(arity) - arity,
            arity=arity,
            args=self.place(args[~lost]),
            number=number,
            outputs=self.place(program.outputs),
        )
        return Shortened(short, inputs)

    def _moved(self, user: Ints, args: Ints) -> Ints:
        """Operands that are gone give way to those as far from the near end: for nodes before a cut from the first."""
        front, body = np.zeros(len(user), bool), np.zeros(len(user), bool)
        for s in self.every:
            front |= (user >= s.first) & (user < s.cut)
            body |= s.holds(user)
        args = args.copy()
        for s in self.every:
            gone = body & (args >= s.cut) & (args < s.cut + self.left_out * s.period)
            args[gone] += np.where(front[gone], 1, -1) * self.left_out * s.period
        return args

    def _summed(self, user: Ints) -> Mask:
        """The operands of sums and dots outside of the stretches: they are shortened with them."""
        program = self.program
        found = program.is_code(SUM)[user] | program.is_code(DOT)[user]
        for s in self.every:
            found &= ~s.holds(user)
        return found

    def _even(self, user: Ints, args: Ints, lost: Mask) -> bool:
        """Whether sums lose whole repetitions from the middle of such that go on evenly; dots in both factors alike."""
        dots = [dot for dot in np.unique(user[lost]) if self.program.is_code(DOT)[dot]]
        return all(self._goes_on(user, args, first, last) for first, last in runs(lost).tolist()) and all(
            self._in_both_factors(lost[user == dot]) for dot in dots
        )

    def _goes_on(self, user: Ints, args: Ints, first: int, last: int) -> bool:
        """Whether as many operands of each repetition are lost, in the same order, of one sum that has more of them."""
        each, rest = divmod(last - first, self.left_out)
        begin, end = first - each, last + each
        if rest or begin < 0 or end > len(args) or user[begin] != user[end - 1]:
            return False
        period = np.zeros(last - begin, np.int64)
        for s in self.every:
            period[s.holds(args[begin:last])] = s.period
        return np.array_equal(args[begin:last] + period, args[first:end])

    def _in_both_factors(self, lost: Mask) -> bool:
        half = len(lost) // 2
        return np.array_equal(lost[:half], lost[half : 2 * half])

    def _numbers(self, number: Floats, is_input: Mask) -> tuple[Floats, Ints]:
        """The inputs counted anew, and the numbers of those that are gone."""
        gone = [self.program.number[s.inputs(self.program, 0, self.left_out)].ravel() for s in self.every]
        lost = np.sort(np.concatenate(gone).astype(np.int64))
        number = number.copy()
        number[is_input] -= np.searchsorted(lost, number[is_input])
        return number, lost
