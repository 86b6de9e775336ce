"""The player's picture of the graph: drawn as any graph, then marked so that the script finds what it changes.

In the SVG an element with `data-n` stands for the nodes with these places in the topological order, one with
`data-e="12-0"` for the edge from operand 0 of node 12, and a text with `data-k="d12"` or `"g12"` for the number or
the gradient of node 12, written behind `data-p`.
"""

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from ..drawing.labels import field, plain
from ..drawing.render import render
from ..notation.numbers import number
from ..value import Constant, Value
from ..walking.recording import Recording
from ..walking.steps.step import Step

MOST = 400  # nodes in a picture; beyond that the steps are shown alone
SVG = "{http://www.w3.org/2000/svg}"
STYLE = """
text{font:12px Helvetica,Arial,sans-serif;fill:#1a1a1a;text-anchor:middle}
.card,.ring{fill:#f7f7f7;stroke:#767676}.rule,.line{fill:none;stroke:#767676}.tip{fill:#767676;stroke:#767676}
.constant .card{fill:#e9e9e9;stroke:#e9e9e9}.name{font-weight:bold}.gate .ring{stroke-dasharray:2 3}
"""


def graph_picture(recording: Recording, steps: Sequence[Step], digits: int = 4) -> str | None:
    """The graph as SVG, showing the numbers at the end; None where it is too large, or cannot be drawn: `why_none`."""
    if len(recording.shown) > MOST:
        return None
    try:
        source = _digraph(recording, steps, digits).source
    except ImportError:
        return None
    return _marked(render(source, "svg", ("-Gbgcolor=transparent",)).decode(), recording, digits)


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


def _marked(svg: str, recording: Recording, digits: int) -> str:
    """The SVG without what only Graphviz needs, with the marks that the script and the style sheet use."""
    ElementTree.register_namespace("", SVG[1:-1])
    root = ElementTree.fromstring(re.sub(r"<!--.*?-->|<!DOCTYPE.*?>", "", svg, flags=re.S))
    for group in root.iter(f"{SVG}g"):
        kind, id = group.get("class"), group.attrib.pop("id", "")
        if kind == "node":
            _mark_node(group, int(id[1:]), recording, digits)
        elif kind == "edge":
            _mark_edge(group, id[1:])
        for title in group.findall(f"{SVG}title"):
            group.remove(title)
    ElementTree.SubElement(root, f"{SVG}style").text = STYLE
    return ElementTree.tostring(root, encoding="unicode")


def _kept(shape: ElementTree.Element) -> dict[str, str]:
    """Where a shape stands, to a tenth of a point; its look comes from the style sheet."""
    place = {name: shape.attrib[name] for name in ("points", "d", "x", "y") if name in shape.attrib}
    return {name: re.sub(r"(\.\d)\d+", r"\1", text) for name, text in place.items()}


LOOKS = {"polygon": "card", "path": "card", "polyline": "rule", "text": "number"}


def _mark_node(group: ElementTree.Element, k: int, recording: Recording, digits: int) -> None:
    node = recording.order[k]
    group.attrib = {"class": "node constant" if type(node) is Constant else "node", "data-n": str(k)}
    texts = group.findall(f"{SVG}text")
    for shape in group:
        tag = shape.tag.removeprefix(SVG)
        shape.attrib = _kept(shape) | {"class": LOOKS.get(tag, "")}
    for text, (key, prefix, content) in zip(texts, _slots(node, k, recording, digits), strict=False):
        text.text = prefix + content
        text.attrib |= {"class": "name"} if not key else {"data-k": key} | ({"data-p": prefix} if prefix else {})
        if key.startswith("d") and not node.operands:
            text.set("class", "number given")


def _slots(node: Value, k: int, recording: Recording, digits: int) -> list[tuple[str, str, str]]:
    """(key, prefix, text) for each row of a node."""
    return [
        ("", "", _title(recording, node)),
        (f"d{k}", "", number(node.data, digits)),
        (f"g{k}", "∂ ", number(recording.grads[node] + 0.0, digits)),
    ]


def _mark_edge(group: ElementTree.Element, id: str) -> None:
    group.attrib = {"class": "edge", "data-e": id}
    for shape in group:
        tag = shape.tag.removeprefix(SVG)
        shape.attrib = _kept(shape) | {"class": {"path": "line", "polygon": "tip"}.get(tag, "")}
