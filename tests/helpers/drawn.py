"""What the tests of diagrams share: graphs and networks, and what stands in a picture."""

import xml.etree.ElementTree as ET

import nn
from autograd import Value
from autograd.drawing.diagram import Diagram

SVG = "{http://www.w3.org/2000/svg}"


def neuron() -> Value:
    """tanh(x1*w1 + x2*w2 + b): o = 0.7071, gradients x1 −1.5, w1 1, x2 0.5, w2 0, b 0.5."""
    x1, x2 = Value(2.0, "x1"), Value(0.0, "x2")
    w1, w2, b = Value(-3.0, "w1"), Value(1.0, "w2"), Value(6.8813735870195432, "b")
    o = (x1 * w1 + x2 * w2 + b).tanh()
    o.label = "o"
    return o


def lesson_d(activation: str = "sigmoid") -> tuple[nn.Sequential, Value]:
    """The 2-2-1 network whose gradients every reader of its lesson has worked out by hand."""
    hidden = nn.Layer(2, 2, activation, weight=[[0.1, 0.3], [0.2, 0.4]], bias=[0.1, 0.1])
    model = nn.Sequential(hidden, nn.Layer(2, 1, "linear", weight=[[0.5, 0.6]], bias=[0.1]))
    return model, half_square(model([Value(1.0, "x1"), Value(0.5, "x2")]), 1.0)


def lesson_c() -> nn.Sequential:
    """The 4-3-4 network of whose 31 gradients 12 are not zero."""
    first = [[0.2, 0.3, 0.1, -0.4], [0.3, 0.5, -0.2, -0.1], [0.1, -0.3, 0.4, 0.2]]
    second = [[0.1, 0.1, 0.1], [0.1, 0.1, -0.2], [-0.1, -0.1, 0.0], [0.0, 0.4, -0.6]]
    hidden = nn.Layer(4, 3, weight=first, bias=[0.1, -0.1, -0.2])
    return nn.Sequential(hidden, nn.Layer(3, 4, "linear", weight=second, bias=[0.05, 0.0, -0.05, 0.05]))


def half_square(prediction: Value, target: float) -> Value:
    """The loss of lesson D."""
    return 0.5 * (prediction - target) ** 2


def elements(diagram: Diagram) -> dict[str, ET.Element]:
    """The nodes, edges and frames of the SVG by id (frames by their title)."""
    found = {}
    for group in ET.fromstring(diagram.svg()).iter(f"{SVG}g"):
        name = group.get("id", "") if group.get("class") in ("node", "edge") else group.findtext(f"{SVG}title", "")
        found[name] = group
    return found


def texts(element: ET.Element) -> list[str]:
    return [text.text or "" for text in element.iter(f"{SVG}text")]


def boxes(diagram: Diagram) -> dict[str, list[str]]:
    """What stands in each box, by the box's id."""
    return {name: texts(group) for name, group in elements(diagram).items() if group.get("class") == "node"}


def edge_labels(diagram: Diagram) -> dict[str, list[str]]:
    return {name: texts(group) for name, group in elements(diagram).items() if group.get("class") == "edge"}


def attributes(diagram: Diagram, name: str) -> str:
    """The attributes of a node, by its name, in the DOT text."""
    (line,) = [line for line in diagram.source.splitlines() if line.strip().startswith(f"{name} [")]
    return line
