"""Columns of items: their order, with few crossings, and their places in it, with straight lines."""

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import TypeAlias

from .dot_reader import Edge, Frame, Node

Size: TypeAlias = tuple[float, float]

APART, LINES_APART = 9.0, 5.0  # points between boxes, and between lines
BRANCH = 0.02  # how much a branch pulls
ORDERINGS = 12
SHIFTS, WORK = 48, 6000  # turns at most, and items moved in all of them


@dataclass(eq=False)
class Item:
    """What takes room in a column: a node, a frame, a label, or a station that a line passes.

    Its size is that along the columns and that within one; `v` is the middle of the second.
    """

    column: int
    size: Size = (0.0, 0.0)
    part: Node | Frame | None = None
    v: float = 0.0
    entering: dict[Edge, float] = field(default_factory=dict)  # where lines enter and leave a frame, from its middle
    leaving: dict[Edge, float] = field(default_factory=dict)


@dataclass(eq=False)
class Link:
    """A piece of line between items of neighbouring columns, and where it meets them, from their middles."""

    start: Item
    end: Item
    leaves: float = 0.0
    enters: float = 0.0
    weight: float = 1.0


def _weigh(link: Link, goes_on: bool) -> None:
    """Long lines should be straight above all (Gansner and others, 1993); a branch of a line that goes on may bend."""
    ends = (link.start.part is not None) + (link.end.part is not None)
    link.weight = BRANCH if ends == 1 and goes_on else (8.0, 2.0, 1.0)[ends]


class Columns:
    """Items by column, each column in order; `links` join neighbouring columns."""

    columns: list[list[Item]]

    def __init__(self, columns: list[list[Item]], links: Sequence[Link]) -> None:
        self.columns = columns
        self.before: dict[Item, list[Link]] = {item: [] for item in self}
        self.after: dict[Item, list[Link]] = {item: [] for item in self}
        for link in links:
            self.after[link.start].append(link)
            self.before[link.end].append(link)
        for link in links:
            _weigh(link, link.start.part is None and any(other.end.part is None for other in self.after[link.start]))

    def __iter__(self) -> Iterator[Item]:
        return (item for column in self.columns for item in column)

    # order

    def reorder(self) -> None:
        """Each item at the mean place of its neighbours, column by column, to and fro; the best order found stays."""
        best, fewest = self.columns, self.crossings()
        for turn in range(ORDERINGS):
            if not fewest:
                break
            self.columns = [list(column) for column in self.columns]
            forward = turn % 2 == 0
            columns = self.columns if forward else self.columns[::-1]
            for near, column in pairwise(columns):
                self._sort(column, near, forward)
            if (found := self.crossings()) < fewest:
                best, fewest = self.columns, found
        self.columns = best

    def _sort(self, column: list[Item], near: list[Item], forward: bool) -> None:
        """By the places of the neighbours in the column `near`; an item without any keeps its own."""
        side = self.before if forward else self.after
        place = {item: i for i, item in enumerate(near)}
        mean = {
            item: sum(_place(link, forward, place) for link in side[item]) / len(side[item])
            for item in column
            if side[item]
        }
        moving = iter(sorted(mean, key=mean.__getitem__))
        column[:] = [next(moving) if item in mean else item for item in column]

    def crossings(self) -> int:
        """How many lines cross."""
        place = {item: i for column in self.columns for i, item in enumerate(column)}
        total = 0
        for column in self.columns:
            links = [link for item in column for link in self.after[item]]
            ends = sorted((_place(link, True, place), _place(link, False, place)) for link in links)
            passed: list[float] = []
            for _, end in ends:
                total += len(passed) - bisect_right(passed, end)
                insort(passed, end)
        return total

    # places

    def settle(self) -> None:
        """Give every item its `v`: in order, far enough apart, and the lines as straight as that allows."""
        for column in self.columns:
            _spread(column, [0.0] * len(column), [1.0] * len(column))
        turns = max(8, min(SHIFTS, WORK // (1 + sum(map(len, self.columns)))))
        for turn in range(turns):
            both = 2 * turn >= turns  # first things come near to what they belong to, then all lines pull at once
            for column in self.columns if turn % 2 == 0 else self.columns[::-1]:
                sides = (self.before, self.after) if both else (self.after,) if turn % 2 else (self.before,)
                wanted = [_wanted(item, [link for side in sides for link in side[item]]) for item in column]
                _spread(column, [v for v, _ in wanted], [weight for _, weight in wanted])
        for column in self.columns:
            for item in column:
                if item.part is None and not any(link.start.part is None for link in self.before[item]):
                    self._straighten(item)

    def _straighten(self, first: Item) -> None:
        """The stations of a line from `first` on: as long as their neighbours leave room, at one height."""
        run, room = [first], self._room(first)
        item: Item | None = first
        while item:
            item = next((link.end for link in self.after[item] if link.end.part is None), None)
            more = self._room(item) if item else room
            if item and max(room[0], more[0]) <= min(room[1], more[1]):
                run.append(item)
                room = max(room[0], more[0]), min(room[1], more[1])
            else:
                height = min(max(sum(x.v for x in run) / len(run), room[0]), room[1])
                for x in run:
                    x.v = height
                run, room = [item] if item else [], more

    def _room(self, item: Item) -> tuple[float, float]:
        """How far an item can move within its column."""
        column = self.columns[item.column + 1]
        i = column.index(item)
        low = column[i - 1].v + apart(column[i - 1], item) if i else -inf
        return low, column[i + 1].v - apart(item, column[i + 1]) if i + 1 < len(column) else inf


def _place(link: Link, start: bool, place: dict[Item, int]) -> float:
    """Where a link meets one of its ends, in places of the column: a frame has several ports."""
    item, port = (link.start, link.leaves) if start else (link.end, link.enters)
    return place[item] + (port / item.size[1] if port else 0.0)


def _wanted(item: Item, links: Sequence[Link]) -> tuple[float, float]:
    """Where the lines would be straight, and how much they pull."""
    pull = moment = 0.0
    for link in links:
        straight = (
            link.start.v + link.leaves - link.enters if link.end is item else link.end.v + link.enters - link.leaves
        )
        pull += link.weight
        moment += link.weight * straight
    return (moment / pull, pull) if pull else (item.v, BRANCH)


def apart(a: Item, b: Item) -> float:
    """The least distance between the middles of neighbours in a column."""
    return (a.size[1] + b.size[1]) / 2 + (APART if a.size[1] or b.size[1] else LINES_APART)


def _spread(column: Sequence[Item], wanted: Sequence[float], weights: Sequence[float]) -> None:
    """Least squares in order: what would overlap moves as a block (pool adjacent violators; Ayer and others, 1955)."""
    offsets = [0.0]
    for a, b in pairwise(column):
        offsets.append(offsets[-1] + apart(a, b))
    blocks: list[tuple[float, float, int]] = []  # mean, weight, items
    for v, offset, weight in zip(wanted, offsets, weights, strict=False):
        block = (v - offset, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            mean, heavy, count = blocks.pop()
            both = heavy + block[1]
            block = ((mean * heavy + block[0] * block[1]) / both, both, count + block[2])
        blocks.append(block)
    means = [mean for mean, _, count in blocks for _ in range(count)]
    for item, mean, offset in zip(column, means, offsets, strict=False):
        item.v = mean + offset
