"""What a diagram shows: boxes (a node each, or a collapsed neuron, layer or parts alike) and the edges between them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ..model_view import Path, spoken
from ..notation.numbers import alike
from ..value import Constant, Value
from ..walking.alike import parts_alike
from ..walking.steps.zero_reasons import slopes


@dataclass(eq=False)
class Box:
    """One box: a single node, or all nodes of a module, or of parts that are alike, where it is `collapsed`."""

    id: str
    path: Path = ()
    collapsed: bool = False
    title: str = ""  # of a collapsed box
    parts: int = 0  # how many are alike in it
    nodes: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)  # of a collapsed box: the nodes that others take


@dataclass(eq=False)
class Edge:
    """One edge: the operand, and what was computed from it; `local` is the derivative along it."""

    id: str
    tail: Box
    head: Box
    local: float | None = None
    dead: bool = False
    constant: bool = False


@dataclass(frozen=True)
class Drawing:
    """Boxes and edges in topological order, and what their numbers are measured by."""

    boxes: list[Box]
    edges: list[Edge]
    guides: list[tuple[Box, Box]]  # invisible edges: parameters stand behind what the layer before gives
    roots: frozenset[Value]
    computed: bool  # whether backward() has been here
    largest: float  # the largest gradient in size
    alike: set[str]  # labels that subscripts would make look like others

    def levels_crossed(self) -> int:
        """How many levels all edges cross together; what takes Graphviz its time is not boxes, but edges past them."""
        level = dict.fromkeys(self.boxes, 0)
        for edge in self.edges:
            level[edge.head] = max(level[edge.head], level[edge.tail] + 1)
        return sum(max(0, level[edge.head] - level[edge.tail]) for edge in self.edges)


def arrange(
    order: Sequence[Value],
    roots: Sequence[Value],
    paths: dict[Value, Path],
    collapse: str | None = None,
    constants: bool = True,
    expand: Collection[Value] = (),
    layers: Mapping[Path, Path] = MappingProxyType({}),
) -> Drawing:
    """The boxes and edges for a topological `order`; the ids count in that order, also when constants are hidden."""
    gradients = [abs(node.grad) for node in order]
    shown = [node for node in order if constants or type(node) is not Constant or node in roots]
    number = {node: i for i, node in enumerate(order)}
    place = _alike(order, number, expand) if collapse == "alike" else _modules(order, number, paths, collapse, layers)
    place = {node: place[node] for node in shown}
    for node, box in place.items():
        box.nodes.append(node)
    boxes = {box.id: box for box in place.values()}
    computed = any(gradients)
    edges = _edges(shown, place, number, computed)
    _find_outputs(shown, place, roots)
    guides = _guides(shown, place)
    same = alike(node.label for node in shown)
    return Drawing(list(boxes.values()), edges, guides, frozenset(roots), computed, max(gradients, default=0.0), same)


def _modules(
    order: Sequence[Value],
    number: dict[Value, int],
    paths: dict[Value, Path],
    collapse: str | None,
    layers: Mapping[Path, Path],
) -> dict[Value, Box]:
    """The box of each node: its own, or its neuron's or layer's; `layers` tells the layer of each neuron."""
    boxes: dict[str, Box] = {}
    place: dict[Value, Box] = {}
    for node in order:
        path = paths.get(node, ())
        target = layers.get(path, path) if collapse == "layer" else path
        collapsed = collapse is not None and bool(target)
        id = "g-" + ".".join(target) if collapsed else f"n{number[node]}"
        place[node] = boxes.setdefault(id, Box(id, target, collapsed, spoken(target[-1]) if collapsed else ""))
    return place


def _alike(order: Sequence[Value], number: dict[Value, int], expand: Collection[Value]) -> dict[Value, Box]:
    """The box of each node: its own where nothing is like it, else that of all that are."""
    place: dict[Value, Box] = {}
    for part in parts_alike(order, expand):
        first = number[part.nodes[0]]
        if len(part.nodes) == 1:
            place[part.nodes[0]] = Box(f"n{first}")
        else:
            box = Box(f"a{first}", (), True, part.times, len(part.heads))
            place |= dict.fromkeys(part.nodes, box)
    return place


def _edges(shown: Sequence[Value], place: dict[Value, Box], number: dict[Value, int], computed: bool) -> list[Edge]:
    """One edge for each operand; between collapsed boxes one for all, dead where all of them are."""
    edges: dict[object, Edge] = {}
    for node in shown:
        head = place[node]
        for i, (operand, local) in enumerate(zip(node.operands, slopes(node), strict=True)):
            tail = place.get(operand)
            if tail is None or tail is head:
                continue
            merged = tail.collapsed or head.collapsed
            id = f"e-{tail.id}-{head.id}" if merged else f"e{number[node]}-{i}"
            dead = computed and (local is None or local * node.grad == 0.0)
            edge = edges.setdefault(id, Edge(id, tail, head, None if merged else local, True, True))
            edge.dead &= dead
            edge.constant &= local is None
    return list(edges.values())


def _find_outputs(shown: Sequence[Value], place: dict[Value, Box], roots: Sequence[Value]) -> None:
    """Note for each collapsed box which of its nodes are taken by others."""
    taken = {x for node in shown for x in node.operands if place.get(x) is not place[node]} | set(roots)
    for node in shown:
        if place[node].collapsed and (node.operands or place[node].parts) and node in taken:
            place[node].outputs.append(node)


def _guides(shown: Sequence[Value], place: dict[Value, Box]) -> list[tuple[Box, Box]]:
    """From an operand outside a module to each of the module's parameters, so that layers follow one another."""
    guides: dict[Box, Box] = {}
    for node in shown:
        box = place[node]
        if box.path and not box.collapsed:
            inside = [place[x] for x in node.operands if x in place and place[x].path == box.path]
            outside = [place[x] for x in node.operands if x in place and place[x].path != box.path]
            leaves = [x for x in inside if not x.nodes[0].operands]
            guides |= {leaf: outside[min(i, len(outside) - 1)] for i, leaf in enumerate(leaves) if outside}
    return [(tail, head) for head, tail in guides.items()]
