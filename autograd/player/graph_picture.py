"""The player's picture of the graph: drawn as any graph, then marked so that the script finds what it changes."""

from collections.abc import Callable, Sequence
from typing import Any

from ..drawing.labels import field, plain
from ..notation.numbers import number
from ..value import Constant, Value
from ..walking.recording import Recording
from ..walking.steps.step import Step
from .marks import Group, Slot, mark_edge, mark_node, picture

MOST = 400  # nodes in a picture; beyond that the steps are shown alone


def graph_picture(recording: Recording, steps: Sequence[Step], digits: int = 4) -> str | None:
    """The graph as SVG, showing the numbers at the end; None where it is too large, or cannot be drawn: `why_none`."""
    if len(recording.shown) > MOST:
        return None
    try:
        source = _digraph(recording, steps, digits).source
    except ImportError:
        return None
    return picture(source, _mark(recording, digits))


def why_none(recording: Recording) -> str:
    """What a reader is told in place of a picture."""
    nodes = len(recording.shown)
    if nodes > MOST:
        return f"No picture: the graph has {nodes:,} nodes, and nobody could read one of more than {MOST}."
    return "No picture: the Python package graphviz is not installed."


def _digraph(recording: Recording, steps: Sequence[Step], digits: int) -> Any:
    from graphviz import Digraph  # not needed until somebody draws

    place = {node: recording.places[node] for node in recording.shown}
    widest = _widest(recording, steps, digits)
    graph = Digraph(
        graph_attr={"rankdir": "LR", "nodesep": "0.14", "ranksep": "0.45"},
        node_attr={"shape": "record", "fontname": "Helvetica", "fontsize": "12", "margin": "0.1,0.03", "height": "0.2"},
        edge_attr={"arrowsize": "0.6"},
    )
    for node, k in place.items():
        graph.node(f"n{k}", "|".join(map(field, _rows(recording, node, widest))), id=f"n{k}")
        for i, operand in enumerate(node.operands):
            if operand in place:
                graph.edge(f"n{place[operand]}", f"n{k}", id=f"e{k}-{i}")
    return graph


def _rows(recording: Recording, node: Value, widest: dict[Value, str]) -> list[str]:
    """Name, number and gradient; a constant has no gradient, and a plain number is its own name."""
    rows = [_title(recording, node), number(node.data), f"∂ {widest[node]}"]
    return rows if type(node) is not Constant else rows[:1] if recording.scene[node].name.literal else rows[:2]


def _title(recording: Recording, node: Value) -> str:
    """The node's name, the sign of its operation, and how often there is the like."""
    seen = recording.scene[node]
    times = f"({seen.times})" if seen.times else ""
    parts = plain(str(seen.name), as_given=True), node.op.symbol if node.op else "", times
    return " ".join(filter(None, parts))


def _widest(recording: Recording, steps: Sequence[Step], digits: int) -> dict[Value, str]:
    """For each node the longest text that its gradient will show, so that its box is wide enough; "" for none."""
    found = {node: "" if type(node) is Constant else number(recording.grads[node], digits) for node in recording.shown}
    for step in steps:
        for inner in (step, *step.steps):
            if inner.target and (text := inner.received(digits)):
                found[inner.target.node] = max(found[inner.target.node], text, key=len)
    return found


def _mark(recording: Recording, digits: int) -> Callable[[Group, str], None]:
    def mark(group: Group, id: str) -> None:
        if group.get("class") == "edge":
            return mark_edge(group, id[1:])
        k = int(id[1:])
        node = recording.order[k]
        kind = "constant" if type(node) is Constant else ""
        return mark_node(group, kind, str(k), _slots(recording, node, k, digits), given=not node.operands)

    return mark


def _slots(recording: Recording, node: Value, k: int, digits: int) -> list[Slot]:
    """What stands in each row of a node."""
    return [
        Slot("", "", _title(recording, node)),
        Slot(f"d{k}", "", number(node.data, digits)),
        Slot(f"g{k}", "∂ ", number(recording.grads[node] + 0.0, digits)),
    ]
