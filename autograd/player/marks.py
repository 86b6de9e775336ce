"""The marks by which the player's script finds what it changes in a picture.

In the SVG an element with `data-n` stands for the nodes with these places in the topological order, one with
`data-e="12-0"` for the edge from operand 0 of node 12, and a text with `data-k="d12"` or `"g12"` for the number or
the gradient of node 12, written behind `data-p`; where `data-short` stands, without the count of contributions.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias
from xml.etree import ElementTree

from ..drawing.render import render

SVG = "{http://www.w3.org/2000/svg}"
STYLE = """
text{font:12px Helvetica,Arial,sans-serif;fill:#1a1a1a;text-anchor:middle}
.card,.ring{fill:#f7f7f7;stroke:#767676}.rule,.line{fill:none;stroke:#767676}.tip{fill:#767676;stroke:#767676}
.constant .card{fill:#e9e9e9;stroke:#e9e9e9}.name{font-weight:bold}.gate .ring{stroke-dasharray:2 3}
.caption .card{fill:none;stroke:none}[data-short]{font-size:11px}
"""
NODE = {"polygon": "card", "path": "card", "ellipse": "ring", "polyline": "rule", "text": "number"}
EDGE = {"path": "line", "polygon": "tip"}
KEPT = ("points", "d", "x", "y", "cx", "cy", "rx", "ry")

Group: TypeAlias = ElementTree.Element


class Slot(NamedTuple):
    """One row of text in a node: the key of what it shows ("" for its name), what stands before it, and the text."""

    key: str
    prefix: str
    text: str


def picture(source: str, mark: Callable[[Group, str], None], *options: str) -> str:
    """The SVG of a diagram in DOT, each group marked by `mark(group, its id)`, without what only Graphviz needs."""
    svg = render(source, "svg", (*options, "-Gbgcolor=transparent")).decode()
    ElementTree.register_namespace("", SVG[1:-1])
    root = ElementTree.fromstring(re.sub(r"<!--.*?-->|<!DOCTYPE.*?>", "", svg, flags=re.S))
    for group in root.iter(f"{SVG}g"):
        id = group.attrib.pop("id", "")
        if group.get("class") in ("node", "edge"):
            mark(group, id)
        for title in group.findall(f"{SVG}title"):
            group.remove(title)
    ElementTree.SubElement(root, f"{SVG}style").text = STYLE
    return ElementTree.tostring(root, encoding="unicode")


def mark_node(group: Group, kind: str, places: str, slots: Sequence[Slot], given: bool = False, also: str = "") -> None:
    """A node of this kind, for the nodes at these places; `given` where its number was not computed.

    It lights up for those at the places `also`, too, which are not in the picture: a neuron for its bias.
    In a circle there is little room: its texts are small, and "0.5 (1 of 2)" is written 0.5.
    """
    group.attrib = {"class": f"node {kind}".strip()} | ({"data-n": places} if places else {})
    group.attrib |= {"data-also": also} if also else {}
    _shapes(group, NODE)
    for text, slot in zip(group.findall(f"{SVG}text"), slots, strict=False):
        text.text = slot.prefix + slot.text
        text.attrib |= {"data-k": slot.key} if slot.key else {"class": "name"}
        text.attrib |= {"data-p": slot.prefix} if slot.prefix else {}
        text.attrib |= {"data-short": ""} if slot.key and group.find(f"{SVG}ellipse") is not None else {}
        if given and slot.key.startswith("d"):
            text.set("class", "number given")


def mark_edge(group: Group, edges: str, place: str = "", width: str = "") -> None:
    """An edge that stands for these edges, and, where it is a weight, for the node at that place, so wide."""
    group.attrib = {"class": "edge"} | ({"data-e": edges} if edges else {}) | ({"data-n": place} if place else {})
    _shapes(group, EDGE)
    for line in group if width else ():
        line.set("stroke-width", width)


def _shapes(group: Group, classes: dict[str, str]) -> None:
    """Where a shape stands, to a tenth of a point; its look comes from the style sheet."""
    for shape in group:
        kept = {name: re.sub(r"(\.\d)\d+", r"\1", text) for name, text in shape.attrib.items() if name in KEPT}
        shape.attrib = kept | {"class": classes.get(shape.tag.removeprefix(SVG), "")}
