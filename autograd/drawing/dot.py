"""A drawing in the DOT language, by way of the package graphviz."""

from collections.abc import Callable, Iterable
from typing import Any

from ..model_view import Path, spoken
from ..notation.numbers import number
from ..value import Constant, Value
from . import palette
from .labels import chip, field, plain, record, stacked
from .layout import Box, Drawing, Edge
from .model_groups import nested

FONT = "Helvetica"
GRAPH = {
    "newrank": "true", "nodesep": "0.12", "ranksep": "0.4", "fontname": FONT, "fontsize": "11",
    "fontcolor": palette.INK,
}  # fmt: skip
LARGE = 200  # boxes, or five times as many levels that edges cross; beyond, less search and straighter lines: as good
# to the eye, and three times as fast; with long edges a hundred times
HURRY = {"mclimit": "0.2", "nslimit": "1", "nslimit1": "1", "splines": "polyline"}
NODE = {
    "shape": "record", "style": "filled", "fontname": FONT, "fontsize": "11", "fontcolor": palette.INK,
    "fillcolor": palette.NEUTRAL, "color": palette.LINE, "height": "0.25", "width": "0.3", "margin": "0.09,0.03",
}  # fmt: skip
EDGE = {"color": palette.LINE, "arrowsize": "0.6", "fontname": FONT, "fontsize": "10", "fontcolor": palette.INK}
DEAD = {
    "style": "filled,dashed", "fillcolor": palette.DEAD, "color": palette.FADED_INK, "fontcolor": palette.FADED_INK,
}  # fmt: skip


def digraph(drawing: Drawing, direction: str, digits: int, derivatives: bool) -> Any:
    """The `graphviz.Digraph` of a drawing."""
    from graphviz import Digraph  # not needed until somebody draws

    effort = HURRY if len(drawing.boxes) > LARGE or drawing.levels_crossed() > 5 * LARGE else {}
    graph = Digraph(graph_attr={"rankdir": direction, **GRAPH, **effort}, node_attr=NODE, edge_attr=EDGE)
    frames = _frames(graph, (box.path[:-1] if box.collapsed else box.path for box in drawing.boxes), Digraph)
    for box in drawing.boxes:
        frame = frames[box.path[:-1] if box.collapsed else box.path]
        label = _collapsed_label if box.collapsed else _label
        frame.node(box.id, label(box, drawing, digits, direction == "TB"), id=box.id, **_look(box, drawing))
    for path in sorted(frames, key=len, reverse=True):  # inner frames first: a frame is copied into the outer one
        if path:
            frames[path[:-1]].subgraph(frames[path])
    for tail, head in drawing.guides:
        graph.edge(tail.id, head.id, style="invis")
    for edge in drawing.edges:
        graph.edge(edge.tail.id, edge.head.id, id=edge.id, **_edge_look(edge, digits if derivatives else None))
    return graph


def _frames(graph: Any, paths: Iterable[Path], new: Callable[..., Any]) -> dict[Path, Any]:
    """The graph itself at (), and a cluster for each path and all its beginnings, outer before inner."""
    frames: dict[Path, Any] = {(): graph}
    for path in nested(paths):
        fill = palette.NEURON if len(path) % 2 == 0 else palette.LAYER
        look = {"label": spoken(path[-1]), "style": "filled", "fillcolor": fill, "color": fill, "margin": "6"}
        frames[path] = new(name="cluster_" + ".".join(path), graph_attr=look)
    return frames


def _label(box: Box, drawing: Drawing, digits: int, down: bool) -> str:
    node = box.nodes[0]
    return record(node, digits, drawing.computed, down, node.label in drawing.alike)


def _collapsed_label(box: Box, drawing: Drawing, digits: int, down: bool) -> str:
    """Name, operations, and the value and gradient of its output, or how many there are."""
    symbols = " → ".join(dict.fromkeys(node.op.symbol for node in box.nodes if node.op))
    rows = [field(text) for text in ([symbols, _named(box), box.title] if box.parts else [box.title, symbols])]
    if len(box.outputs) > 1 and box.parts:
        return stacked([row for row in rows + _summary(box, drawing, digits) if row], down)
    if len(box.outputs) == 1:
        rows.append(field(number(box.outputs[0].data, digits)))
        rows.append("∂ " + _gradient(box.outputs, drawing, digits))
    elif box.outputs:
        rows.append(f"{len(box.outputs)} outputs")
        rows.append("mean |∂| ".replace("|", r"\|") + _gradient(box.outputs, drawing, digits))
    return stacked([row for row in rows if row], down)


def _named(box: Box) -> str:
    """The labels of parts that are alike, from the first to the last."""
    labels = list(dict.fromkeys(plain(node.label) for node in box.outputs if node.label))
    return labels[0] if len(labels) == 1 else f"{labels[0]} … {labels[-1]}" if labels else ""


def _summary(box: Box, drawing: Drawing, digits: int) -> list[str]:
    """Of many numbers the smallest and the largest, and how many of them no gradient reaches."""
    values = sorted(node.data for node in box.outputs)
    ends = dict.fromkeys(number(x, digits) for x in (values[0], values[-1]))
    rows = [field(" … ".join(ends))]
    if all(type(node) is Constant for node in box.outputs):
        return rows
    rows.append("mean |∂| ".replace("|", r"\|") + _gradient(box.outputs, drawing, digits))
    dead = sum(node.grad == 0.0 for node in box.outputs) if drawing.computed else 0
    return rows + ([f"{dead:,} of {len(values):,} dead"] if dead else [])


def _gradient(outputs: list[Value], drawing: Drawing, digits: int) -> str:
    if not drawing.computed:
        return "·"
    if len(outputs) == 1:
        return field(number(outputs[0].grad, digits))
    return field(number(sum(abs(node.grad) for node in outputs) / len(outputs), digits))


def _look(box: Box, drawing: Drawing) -> dict[str, str]:
    """How a box is painted: by what it is, and by its gradient."""
    nodes = box.outputs if box.collapsed and box.outputs else box.nodes
    ends = {"penwidth": "2"} if not drawing.roots.isdisjoint(box.nodes) else {}
    if all(type(node) is Constant for node in nodes):
        return {"fillcolor": palette.CONSTANT, "color": palette.CONSTANT, "fontsize": "10"} | ends
    if drawing.computed and (not any(node.grad for node in nodes) or (box.outputs and not _passes(box))):
        return DEAD | ends
    if len(nodes) > 1:
        return ends
    return {"fillcolor": palette.signed(nodes[0].grad, drawing.largest)} | ends


def _passes(box: Box) -> bool:
    """Whether any node in the box hands gradient on: behind a closed gate none does, and leaves need not."""
    return not any(node.operands for node in box.nodes) or any(
        local and node.grad for node in box.nodes for local in node.local_grads
    )


def _edge_look(edge: Edge, digits: int | None) -> dict[str, str]:
    """Dashed where it carries no gradient, thin from a constant; the local derivative on it where `digits` is given."""
    look = {"style": "dashed"} if edge.dead and not edge.constant else {}
    if edge.constant:
        look |= {"penwidth": "0.5", "arrowsize": "0.4"}
    if digits is not None and edge.local is not None:
        look["label"] = chip(number(edge.local, digits), palette.CHIP)
    return look
