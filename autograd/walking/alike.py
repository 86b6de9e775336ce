"""Parts of a graph that are alike, "the same 1,600 times": found by structure, so that one of them can stand for all.

A part is a node, or a sum of products with its terms: a neuron written with single `+` and `*` is one part. Two parts
are alike if what they are computed from is, down to the leaves, and what is computed from them, up to the result. So
the layers of a batch's graph come out one by one, whatever the numbers of rows, neurons and inputs.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod

from ..value import Constant, Value

SUMS = ("add", "sub")
TERMS = ("add", "sub", "mul", "neg")  # what goes into the sum that takes it, where nothing else does
ENDS = 3  # nodes of a sum of many terms that are shown at either end

Use = tuple[Value, int]  # who takes a node, as which operand


@dataclass(eq=False)
class Alike:
    """Parts that are alike: their results, and all their nodes, in the graph's order."""

    heads: list[Value] = field(default_factory=list)
    nodes: list[Value] = field(default_factory=list)
    extents: tuple[int, ...] = ()

    @property
    def times(self) -> str:
        """How often, by rows, neurons and the like where that can be told: × 100 × 16."""
        return " ".join(f"× {extent:,}" for extent in self.extents)


def parts_alike(order: Sequence[Value], apart: Collection[Value] = ()) -> list[Alike]:
    """The parts of a graph whose nodes are `order`, operands first; what is `apart` is like nothing else."""
    uses: dict[Value, list[Use]] = defaultdict(list)
    for node in order:
        for i, operand in enumerate(node.operands):
            uses[operand].append((node, i))
    head = _heads(order, uses, set(apart))
    kinds = _kinds(order, uses, head, set(apart))
    found: dict[int, Alike] = {}
    for node in order:
        top = head[node]
        part = found.setdefault(kinds[top], Alike())
        part.nodes.append(node)
        if top is node:
            part.heads.append(node)
    belongs = {node: part for part in found.values() for node in part.nodes}
    for part in found.values():
        part.extents = _extents(part, _taken(part, head, belongs))
    return list(found.values())


def examples(order: Sequence[Value], apart: Collection[Value] = ()) -> dict[Value, str]:
    """The nodes of one part of each kind, such as belong together, and how often there are their like: "× 100 × 16"."""
    parts = parts_alike(order, apart)
    belongs = {node: part for part in parts for node in part.nodes}
    inside: dict[Value, list[Value]] = defaultdict(list)  # the nodes of each part, by its result
    top: dict[Value, Value] = {}
    chosen: dict[Alike, Value] = {}
    wanted = {order[-1]}
    for node in reversed(order):
        part = belongs[node]
        if node in wanted and part not in chosen:
            top[node] = chosen[part] = node
        if (head := top.get(node)) is None:
            continue
        inside[head].append(node)
        for operand in node.operands:
            if belongs[operand] is part:
                top[operand] = head
            wanted.add(operand)
    shown = {node: belongs[node].times for head in chosen.values() for node in _ends(inside[head])}
    return {node: shown[node] for node in order if node in shown}


def _ends(nodes: list[Value]) -> list[Value]:
    """Of a long sum the last steps and the first ones: those in between do the same."""
    return nodes if len(nodes) <= 2 * ENDS else nodes[:ENDS] + nodes[-ENDS:]


def _heads(order: Sequence[Value], uses: dict[Value, list[Use]], apart: set[Value]) -> dict[Value, Value]:
    """The result of the part that each node is in."""
    head: dict[Value, Value] = {}
    for node in reversed(order):
        users = uses[node]
        joins = len(users) == 1 and node.op is not None and node.op.name in TERMS and node not in apart
        user = users[0][0] if joins else node
        inside = joins and user.op is not None and user.op.name in SUMS and user not in apart
        head[node] = head[user] if inside else node
    return head


def _kinds(
    order: Sequence[Value], uses: dict[Value, list[Use]], head: dict[Value, Value], apart: set[Value]
) -> dict[Value, int]:
    """A number for each part: the same where they are alike below and above."""
    numbers: dict[object, int] = {}
    below: dict[Value, int] = {}
    for node in order:
        key: object = (node.op.name, *_below(node, below)) if node.op else type(node)
        below[node] = numbers.setdefault(node if node in apart else key, len(numbers))
    kinds: dict[Value, int] = {}
    for node in reversed(order):
        if head[node] is node:
            above = frozenset([(kinds[head[user]], _role(user, i)) for user, i in uses[node]])
            kinds[node] = numbers.setdefault((below[node], above), len(numbers))
    return kinds


def _below(node: Value, below: dict[Value, int]) -> Iterable[object]:
    """What it is computed from; an exponent is part of what is computed."""
    if node.op and node.op.name == "pow" and type(node.operands[1]) is Constant:
        return below[node.operands[0]], node.operands[1].data
    return [below[operand] for operand in node.operands]


def _role(user: Value, index: int) -> object:
    """As what the operand of this index is taken: in sums the place does not matter, in dot which of the lists does."""
    assert user.op is not None
    if user.op.name == "add":
        return "add"
    if user.op.name == "dot":
        return 2 * index // max(1, len(user.operands) - len(user.operands) % 2)
    return "any" if user.op.many else index


def _extents(part: Alike, taken: Iterable[dict[Alike, list[Value]]]) -> tuple[int, ...]:
    """How often, as a product: 1,600 sums that take one of 100 rows and one of 16 lists of weights are 100 × 16.

    `taken` tells for each of them what it takes of which other parts. Leaves that are taken in lists are of that many
    lists, too.
    """
    count = len(part.heads)
    lists: dict[Alike, list[tuple[Value, ...]]] = defaultdict(list)
    for operands in taken:
        for other, those in operands.items():
            lists[other].append(tuple(those))
    for other, found in lists.items():
        shape = len(set(found)), len(found[0])
        if prod(shape) == len(other.heads) and 1 not in shape and not other.heads[0].operands:
            other.extents = shape
    for other in lists:
        if 1 < count == len(other.heads) and other.heads[0].operands:
            return other.extents
    sizes = dict.fromkeys(len(set(found)) for found in sorted(lists.values(), key=_changes))
    factors = tuple([size for size in sizes if 1 < size < count])
    return factors if prod(factors) == count > 1 else (count,) * (count > 1)


def _changes(lists: list[tuple[Value, ...]]) -> int:
    """How often the list is another one than before: seldom along an outer loop, often along an inner one."""
    return sum(one != other for one, other in pairwise(lists))


def _taken(part: Alike, head: dict[Value, Value], belongs: dict[Value, Alike]) -> Iterable[dict[Alike, list[Value]]]:
    """For each result of the parts, what it takes of which other parts."""
    taken: dict[Value, dict[Alike, list[Value]]] = {top: defaultdict(list) for top in part.heads}
    for node in part.nodes:
        for operand in node.operands:
            if belongs[operand] is not part:
                taken[head[node]][belongs[operand]].append(operand)
    return taken.values()
