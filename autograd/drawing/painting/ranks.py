"""In which column everything stands: behind all that leads to it."""

from collections.abc import Sequence
from typing import TypeAlias

from .dot_reader import Edge, Frame, Graph, Node

Part: TypeAlias = Node | Frame
Pair: TypeAlias = tuple[Part, Part]


def chain(part: Part) -> list[Part]:
    """A part behind all frames that it is in, outermost first."""
    found: list[Part] = [part]
    while found[-1].outer is not None:
        found.append(found[-1].outer)
    return found[::-1]


def meeting(edge: Edge) -> tuple[list[Part], list[Part], int]:
    """The chains of both ends, and where they part; 0 for an edge from a node to itself."""
    a, b = chain(edge.tail), chain(edge.head)
    return a, b, next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x is not y), 0)


def sequence(graph: Graph) -> dict[Part, int]:
    """Nodes and frames as the edges name them: operands in their order, before what is computed from them."""
    named = [*(node for edge in graph.edges for node in (edge.tail, edge.head)), *graph.nodes.values()]
    order: dict[Part, int] = {}
    for node in dict.fromkeys(named):
        for part in chain(node):
            order.setdefault(part, len(order))
    return order


def ranked(parts: Sequence[Part], pairs: Sequence[Pair]) -> tuple[dict[Part, int], set[Pair]]:
    """The rank of every part, and the pairs that count the other way round because they would close a circle.

    Each part stands right behind the last that leads to it; a part that leads to more than it comes from, as leaves
    do, right before the first of those.
    """
    order, against = ordered(parts, pairs)
    after: dict[Part, list[Part]] = {part: [] for part in parts}
    before: dict[Part, list[Part]] = {part: [] for part in parts}
    for pair in pairs:
        a, b = pair[::-1] if pair in against else pair
        after[a].append(b)
        before[b].append(a)
    rank: dict[Part, int] = {}
    for part in order:
        rank[part] = max((rank[x] + 1 for x in before[part]), default=0)
    for part in reversed(order):
        if len(after[part]) > len(before[part]):
            rank[part] = min(rank[x] for x in after[part]) - 1
    return rank, against


def ordered(parts: Sequence[Part], pairs: Sequence[Pair]) -> tuple[list[Part], set[Pair]]:
    """A topological order; in a circle the first of the parts goes first, against the pairs that lead to it."""
    after: dict[Part, list[Part]] = {part: [] for part in parts}
    missing = dict.fromkeys(parts, 0)
    for a, b in pairs:
        after[a].append(b)
        missing[b] += 1
    place: dict[Part, int] = {}
    ready = [part for part in reversed(parts) if not missing[part]]
    others = iter(parts)
    while len(place) < len(parts):
        part = ready.pop() if ready else next(part for part in others if part not in place)
        place[part] = len(place)
        for x in after[part]:
            missing[x] -= 1
            if not missing[x] and x not in place:
                ready.append(x)
    return list(place), {(a, b) for a, b in pairs if place[a] > place[b]}
