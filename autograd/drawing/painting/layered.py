"""Where everything stands: a layout in columns, each node behind all that it was computed from.

The method is that of Sugiyama, Tagawa and Toda (1981): ranks, an order within each, positions. A frame is laid out by
itself and is one thing in the frame around it, so that frames never overlap. A line crosses a column at a *station*,
which takes part like everything else; the lines from one node share their stations.

Coordinates are `u` along the ranks and `v` across them; the painter says which of the two is x.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from .columns import Columns, Item, Link, Size
from .dot_reader import Edge, Frame, Graph, Node
from .ranks import Pair, Part, meeting, ranked, sequence

MARGIN = 7.0  # inside a frame
GAP, STEEP, WIDEST = 26.0, 0.22, 140.0  # between columns: at least, more for steep lines, at most
ENDS = 8.0  # at most, between the ends of lines at a node

Stop: TypeAlias = tuple[float, float, float]  # a line runs straight from one u to another, at this v


@dataclass(eq=False)
class Route:
    """The part of an edge that lies in one frame: from one of its parts, or its border (None), to another."""

    edge: Edge
    source: Node
    start: Part | None
    end: Part | None
    turned: bool  # it leads back: its source is the edge's head
    items: list[Item] = field(default_factory=list)


@dataclass(eq=False)
class Level:
    """A frame, laid out by itself."""

    pairs: list[Pair] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    rank: dict[Part, int] = field(default_factory=dict)
    items: dict[Part | tuple[Node, bool, Part | None, int], Item] = field(default_factory=dict)
    links: dict[tuple[Item, Item, float, float], Link] = field(default_factory=dict)
    spans: list[Size] = field(default_factory=list)  # from where to where each column reaches
    origin: Size = (0.0, 0.0)  # where its content begins

    @property
    def last(self) -> int:
        """The rank behind the last one."""
        return max(self.rank.values(), default=0) + 1


class Layout:
    """The middles of `nodes` and `labels`, `frames` as beginning and size, and `lines` as stops from tail to head."""

    size: Callable[[Node], Size]
    label_sizes: Mapping[Edge, Size]
    title: Callable[[Frame], tuple[Size, Size]]
    lines: dict[Edge, list[Stop]]

    def __init__(
        self, graph: Graph, size: Callable[[Node], Size], labels: Mapping[Edge, Size],
        title: Callable[[Frame], tuple[Size, Size]],
    ) -> None:  # fmt: skip
        """`title` gives the room before a frame's content that its title takes, and the least size of the frame."""
        self.size, self.label_sizes, self.title = size, labels, title
        self.levels: dict[Frame, Level] = {}
        self.routes: dict[Edge, list[tuple[Level, Route]]] = {}
        self.turned: set[Edge] = set()
        self.nodes: dict[Node, Size] = {}
        self.labels: dict[Edge, Size] = {}
        self.frames: dict[Frame, tuple[Size, Size]] = {}
        self._prepare(graph)
        total = self._settle(graph.frame)
        self._put(graph.frame, (0.0, 0.0), total)
        self.lines = {edge: self._line(edge) for edge in self.routes}
        self._part_ends()

    # ranks and routes

    def _prepare(self, graph: Graph) -> None:
        """Every edge joins two parts of the innermost frame around it, and is a route in each frame that it crosses."""
        order = sequence(graph)
        self.levels = {part: Level() for part in [graph.frame, *order] if isinstance(part, Frame)}
        met = {edge: found for edge in graph.edges if (found := meeting(edge))[2]}
        for a, b, i in met.values():
            self.levels[a[i - 1]].pairs.append((a[i], b[i]))  # type: ignore[index]
        step = 2 if self.label_sizes else 1  # labels stand in columns between
        against = set[Pair]()
        for frame, level in self.levels.items():
            parts = sorted((part for part in frame.parts if part in order), key=order.__getitem__)
            ranks, turned = ranked(parts, level.pairs)
            level.rank = {part: rank * step for part, rank in ranks.items()}
            against |= turned
        for edge, (a, b, i) in met.items():
            if edge.is_visible:
                self.routes[edge] = list(self._crossed(edge, a, b, i, (a[i], b[i]) in against))
                for level, route in self.routes[edge]:
                    level.routes.append(route)

    def _crossed(self, edge: Edge, a: list[Part], b: list[Part], i: int, turned: bool) -> Iterator[tuple[Level, Route]]:
        """The routes of an edge from left to right; one that leads back begins at its head."""
        if turned:
            self.turned.add(edge)
            a, b = b, a
        source = a[-1]
        assert isinstance(source, Node)
        for frame, part in zip(a[-2 : i - 1 : -1], a[:i:-1], strict=True):
            yield self.levels[frame], Route(edge, source, part, None, turned)  # type: ignore[index]
        yield self.levels[a[i - 1]], Route(edge, source, a[i], b[i], turned)  # type: ignore[index]
        for frame, part in pairwise(b[i:]):
            yield self.levels[frame], Route(edge, source, None, part, turned)  # type: ignore[index]

    # sizes, inside out

    def _settle(self, frame: Frame) -> Size:
        """Lay out a frame; returns its size."""
        level = self.levels[frame]
        for part, rank in level.rank.items():
            level.items[part] = Item(rank, (0.0, 0.0), part)
            if isinstance(part, Frame):
                level.items[part].size = self._settle(part)
                self._open(level.items[part], self.levels[part])
            else:
                level.items[part].size = self.size(part)
        for route in level.routes:
            self._lead(level, route)
        columns: list[list[Item]] = [[] for _ in range(level.last + 2)]
        for item in dict.fromkeys([*level.items.values(), *(item for route in level.routes for item in route.items)]):
            columns[item.column + 1].append(item)
        placed = Columns(columns, list(level.links.values()))
        placed.reorder()
        placed.settle()
        return self._measure(frame, level, placed)

    def _lead(self, level: Level, route: Route) -> None:
        """The stations of a route, and the links between them."""
        start = level.items[route.start] if route.start else _station(level, route, -1)
        end = level.items[route.end] if route.end else _station(level, route, level.last)
        label = self.label_sizes.get(route.edge) if route.start and route.end else None
        stop = end.column - (2 if label else 1)
        route.items = [_station(level, route, column) for column in range(start.column + 1, stop + 1)]
        if label:
            route.items.append(Item(end.column - 1, label))
        for a, b in pairwise([start, *route.items, end]):
            link = Link(a, b, a.leaving.get(route.edge, 0.0), b.entering.get(route.edge, 0.0))
            level.links.setdefault((a, b, link.leaves, link.enters), link)
        route.items = [*([] if route.start else [start]), *route.items, *([] if route.end else [end])]

    def _measure(self, frame: Frame, level: Level, placed: Columns) -> Size:
        """How large a level is with its title and margins, and where in it its content begins."""
        lead, least = self.title(frame)
        margin = MARGIN if frame.outer else 0.0
        top = min((item.v - item.size[1] / 2 for item in placed), default=0.0)
        bottom = max((item.v + item.size[1] / 2 for item in placed), default=0.0)
        content = _stand(level, placed), bottom - top
        before = lead[0] + margin, lead[1] + margin
        needed = content[0] + before[0] + margin, content[1] + before[1] + margin
        size = max(needed[0], least[0]), max(needed[1], least[1])
        level.origin = before[0] + (size[0] - needed[0]) / 2, before[1] + (size[1] - needed[1]) / 2 - top
        return size

    def _open(self, item: Item, level: Level) -> None:
        """Where lines enter and leave a frame, from its middle."""
        for route in level.routes:
            for there, column, ports in ((route.start, -1, item.entering), (route.end, level.last, item.leaving)):
                if there is None:
                    ports[route.edge] = _station(level, route, column).v + level.origin[1] - item.size[1] / 2

    # places, outside in

    def _put(self, frame: Frame, at: Size, size: Size) -> None:
        level = self.levels[frame]
        self.frames[frame] = at, size
        level.origin = level.origin[0] + at[0], level.origin[1] + at[1]
        for part, item in level.items.items():
            begins, ends = level.spans[item.column + 1]
            u, v = level.origin[0] + (begins + ends) / 2, level.origin[1] + item.v
            if isinstance(part, Node):
                self.nodes[part] = u, v
            elif isinstance(part, Frame):
                self._put(part, (u - item.size[0] / 2, v - item.size[1] / 2), item.size)
        for route in level.routes:
            for item in route.items:
                if item.size[1]:
                    begins, ends = level.spans[item.column + 1]
                    self.labels[route.edge] = level.origin[0] + (begins + ends) / 2, level.origin[1] + item.v

    def entering(self, frame: Frame) -> list[float]:
        """Where lines come in through the border of a frame."""
        level = self.levels[frame]
        return [level.origin[1] + _station(level, route, -1).v for route in level.routes if route.start is None]

    def _line(self, edge: Edge) -> list[Stop]:
        """The stops of an edge, from its tail to its head."""
        stops: list[Stop] = []
        for level, route in self.routes[edge]:
            start, end = (level.items[part] if part else None for part in (route.start, route.end))
            if start:
                stops.append(self._stop(level, start, 1, start.leaving.get(edge, 0.0)))
            for item in route.items:
                first, last = self._stop(level, item, 0), self._stop(level, item, 1)
                stops.append((first[0], last[0], first[2]))
            if end:
                stops.append(self._stop(level, end, 0, end.entering.get(edge, 0.0)))
        low, high = (edge.head, edge.tail) if edge in self.turned else (edge.tail, edge.head)
        stops[0] = (self.nodes[low][0] + self.size(low)[0] / 2, *stops[0][1:])
        stops[-1] = (stops[-1][0], self.nodes[high][0] - self.size(high)[0] / 2, stops[-1][2])
        return [(b, a, v) for a, b, v in reversed(stops)] if edge in self.turned else stops

    def _stop(self, level: Level, item: Item, end: int, port: float = 0.0) -> Stop:
        """Where a column begins (0) or ends (1), at an item's v; a border lies where the frame does."""
        u = level.origin[0] + level.spans[item.column + 1][end]
        return u, u, level.origin[1] + item.v + port

    def _part_ends(self) -> None:
        """Lines end at a node side by side, in the order in which they come."""
        arriving: dict[Node, list[Edge]] = {}
        for edge in self.lines:
            if edge not in self.turned:
                arriving.setdefault(edge.head, []).append(edge)
        for node, edges in arriving.items():
            room = min(ENDS, (self.size(node)[1] - ENDS) / max(1, len(edges) - 1))
            edges.sort(key=lambda edge: self.lines[edge][-2][2])
            for i, edge in enumerate(edges):
                start, end, v = self.lines[edge][-1]
                self.lines[edge][-1] = start, end, v + (i - (len(edges) - 1) / 2) * max(room, 0.0)


def _station(level: Level, route: Route, column: int) -> Item:
    """Shared by all lines from the same source; by those that come in through the border, to the same part as well."""
    key = route.source, route.turned, None if route.start else route.end, column
    return level.items.setdefault(key, Item(column))


def _stand(level: Level, placed: Columns) -> float:
    """Put the columns of a level side by side; returns how much room they take."""
    u = 0.0
    for i, column in enumerate(placed.columns):
        links = [link for item in column for link in placed.before[item]]
        u += _gap(links, 1 < i <= level.last) if i else 0.0
        level.spans.append((u, u + max((item.size[0] for item in column), default=0.0)))
        u = level.spans[-1][1]
    return u


def _gap(links: Sequence[Link], inside: bool) -> float:
    """The room before a column, where lines bend; none before a border that they reach as they are."""
    steepest = max((abs(link.start.v + link.leaves - link.end.v - link.enters) for link in links), default=0.0)
    return min(max(GAP if inside or steepest > 1.0 else 0.0, STEEP * steepest), WIDEST)
