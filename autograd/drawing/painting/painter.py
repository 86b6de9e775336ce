"""Pictures without any program: DOT text as SVG, in the shapes, ids and order of elements that Graphviz gives it."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise

from .dot_reader import DotError, Edge, Frame, Graph, Look, Node, read
from .layered import Layout, Stop
from .shapes import Shape, Text, shape, written

PAD = 4.0  # around the picture, as Graphviz has it
TIP = 10.0, 3.5  # an arrow's length and half its width, times `arrowsize`

Point = tuple[float, float]


def painted(source: str) -> str:
    """DOT text as SVG: nodes where their `pos` says, or laid out in columns. Raises DotError.

    >>> "<title>a</title>" in painted("digraph { a -> b }")
    True
    """
    graph = read(source)
    placed = bool(graph.nodes) and all("pos" in node.look for node in graph.nodes.values())
    return (_Placed if placed else _LaidOut)(graph).svg()


class _Painter(ABC):
    """Paints a graph whose places are known."""

    shapes: dict[Node, Shape]
    middles: dict[Node, Point]

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.down = graph.frame.look.get("rankdir") in ("TB", None)
        self.corners: list[Point] = []

    def svg(self) -> str:
        edges = (self.edge(edge, f"edge{i}") for i, edge in enumerate(self.graph.edges, 1))
        nodes = (self.node(node, f"node{i}") for i, node in enumerate(self.graph.nodes.values(), 1))
        parts = [*self.frames(), *edges, *nodes]
        x0, y0 = (min(point[i] for point in self.corners or [(0.0, 0.0)]) - PAD for i in (0, 1))
        x1, y1 = (max(point[i] for point in self.corners or [(0.0, 0.0)]) + PAD for i in (0, 1))
        w, h = _number(x1 - x0), _number(y1 - y0)
        return (
            f'<svg width="{w}pt" height="{h}pt" viewBox="0 0 {w} {h}" xmlns="http://www.w3.org/2000/svg">\n'
            f'<g id="graph0" class="graph" transform="translate({_number(-x0)} {_number(-y0)})">\n'
            + "\n".join(filter(None, parts))
            + "\n</g>\n</svg>\n"
        )

    def frames(self) -> Sequence[str]:
        return ()

    @abstractmethod
    def line(self, edge: Edge) -> str:
        """The path of an edge."""

    def node(self, node: Node, id: str) -> str:
        """Outline, and the record's lines and texts in the order in which they stand."""
        x, y = self.middles[node]
        form = self.shapes[node]
        parts = [self.outline(form.outline, x, y, form.size, node.look)]
        parts += [_polyline((x + a, y + b), (x + c, y + d), node.look) for a, b, c, d in form.rules]
        parts += [self.text(text, x, y, node.look) for text in form.texts]
        return _group("node", node.look.get("id", id), node.name, parts)

    def outline(self, kind: str, x: float, y: float, size: Point, look: Look) -> str:
        w, h = size[0] / 2, size[1] / 2
        self.corners += [(x - w, y - h), (x + w, y + h)]
        filled = "filled" in look.get("style", "")
        fill = look.get("fillcolor", look.get("color", "lightgrey")) if filled else "none"
        if kind == "ellipse":
            middle = f'cx="{_number(x)}" cy="{_number(y)}" rx="{_number(w)}" ry="{_number(h)}"'
            return f'<ellipse fill="{escape(fill)}" {_stroke(look)} {middle}/>'
        corners = [(x - w, y - h), (x - w, y + h), (x + w, y + h), (x + w, y - h), (x - w, y - h)]
        return f'<polygon fill="{escape(fill)}" {_stroke(look)} points="{_points(corners)}"/>'

    def text(self, text: Text, x: float, y: float, look: Look) -> str:
        """A text's lines around its middle, and what lies behind them."""
        x, y = x + text.x, y + text.y
        patch = ""
        if text.ground:
            patch = self.outline("box", x, y, text.size, {"style": "filled", "fillcolor": text.ground, "color": "none"})
        first = y - (len(text.lines) - 1) / 2 * text.font * 1.2 + text.font * 0.34
        font, colour = escape(look.get("fontname", "Times")), escape(look.get("fontcolor", "black"))
        return patch + "".join(
            f'<text text-anchor="middle" x="{_number(x)}" y="{_number(first + i * text.font * 1.2)}" '
            f'font-family="{font},sans-Serif" font-size="{text.font:g}" fill="{colour}">'
            f"{_content(line)}</text>"
            for i, line in enumerate(text.lines)
            if line
        )

    def edge(self, edge: Edge, id: str) -> str:
        if not edge.is_visible or edge.tail is edge.head:
            return ""
        name = f"{edge.tail.name}->{edge.head.name}"
        return _group("edge", edge.look.get("id", id), name, [self.line(edge)])


class _LaidOut(_Painter):
    """A graph without places: laid out in columns."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.shapes = {node: shape(node.look, node.name, self.down) for node in graph.nodes.values()}
        self.written = {edge: _written(edge.look) for edge in graph.edges if "label" in edge.look and edge.is_visible}
        labels = {edge: self.turn(text.size) for edge, text in self.written.items()}
        self.layout = Layout(graph, lambda node: self.turn(self.shapes[node].size), labels, self.title)
        self.middles = {node: self.turn(place) for node, place in self.layout.nodes.items()}

    def turn(self, pair: Point) -> Point:
        """From (u, v) to (x, y), or back: the same thing."""
        return pair[::-1] if self.down else pair

    def title(self, frame: Frame) -> tuple[Point, Point]:
        if not frame.outer or not frame.look.get("label"):
            return (0.0, 0.0), (0.0, 0.0)
        w, h = _written(self.graph.frame.look | frame.look).size
        return self.turn((0.0, h)), self.turn((w + 12.0, 0.0))

    def frames(self) -> Sequence[str]:
        return [self.frame(frame, *place) for frame, place in self.layout.frames.items() if frame.outer]

    def frame(self, frame: Frame, at: Point, size: Point) -> str:
        (x, y), (w, h) = self.turn(at), self.turn(size)
        parts = [self.outline("box", x + w / 2, y + h / 2, (w, h), frame.look)]
        if frame.look.get("label"):
            text = _written(self.graph.frame.look | frame.look)
            middle = _free(text.size[0] / 2, x, x + w, self.layout.entering(frame) if self.down else [])
            parts.append(self.text(text, middle, y + 4 + text.size[1] / 2, self.graph.frame.look | frame.look))
        return _group("cluster", "", frame.name, parts)

    def line(self, edge: Edge) -> str:
        """The curve up to where the arrow begins, the arrow, and the label."""
        stops, arrow = self.layout.lines[edge], edge.look.get("arrowhead") != "none"
        self.corners += [self.turn((u, stop[2])) for stop in stops for u in stop[:2]]
        start, end, v = stops[-1]
        back = TIP[0] * float(edge.look.get("arrowsize", "1")) * (1.0 if end > stops[0][0] else -1.0) if arrow else 0.0
        curve = _curve([*stops[:-1], (start, end - back, v)], self.turn)
        parts = [f'<path fill="none" {_stroke(edge.look)} d="{curve}"/>']
        if arrow:
            parts.append(_tip((end, v), back, edge.look, self.turn))
        if edge in self.written:
            parts.append(self.text(self.written[edge], *self.turn(self.layout.labels[edge]), edge.look))
        return "".join(parts)


class _Placed(_Painter):
    """A graph whose nodes, and perhaps some of whose edges, say where they stand; y counts upwards there."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.shapes = {node: shape(node.look, node.name, self.down) for node in graph.nodes.values()}
        self.middles = {node: _position(node.look["pos"])[0] for node in graph.nodes.values()}

    def line(self, edge: Edge) -> str:
        """From middle to middle: the nodes cover its ends."""
        points = (
            _position(edge.look["pos"]) if "pos" in edge.look else [self.middles[edge.tail], self.middles[edge.head]]
        )
        self.corners += points
        start, *rest = [f"{_number(x)},{_number(y)}" for x, y in points]
        return f'<path fill="none" {_stroke(edge.look)} d="M{start}{"L" if len(rest) == 1 else "C"}{" ".join(rest)}"/>'


def _position(text: str) -> list[Point]:
    try:
        points = [tuple(map(float, pair.rstrip("!").split(","))) for pair in text.split()]
        return [(x, -y) for x, y in points]
    except ValueError:
        raise DotError(f"not understood: pos={text!r}") from None


def _written(look: Look) -> Text:
    return written(look.get("label", ""), float(look.get("fontsize", "14")))


def _curve(stops: Sequence[Stop], turn: Callable[[Point], Point]) -> str:
    """Straight through the columns, curved between them."""
    straight = [stops[0]]
    for stop in stops[1:]:
        start, _, v = straight[-1]
        if abs(stop[2] - v) < (0.5 if stop is not stops[-1] else 0.005):
            straight[-1] = start, stop[1], v
        else:
            straight.append(stop)
    d = ["M"]
    for i, (start, end, v) in enumerate(straight):
        if i:
            _, last, before = straight[i - 1]
            middle = (last + start) / 2
            d.append("C" + " ".join(_pair(turn(point)) for point in ((middle, before), (middle, v), (start, v))) + "L")
        d.append(" ".join(_pair(turn(point)) for point in ((start, v), (end, v))[i > 0 :]))
    return "".join(d)


def _free(half: float, low: float, high: float, lines: Sequence[float]) -> float:
    """The place nearest to the middle between `low` and `high` where no line runs through a text; else the middle."""
    middle = (low + high) / 2
    gaps = [(a + half + 3, b - half - 3) for a, b in pairwise([low, *sorted(lines), high])]
    places = [min(max(middle, first), last) for first, last in gaps if first <= last]
    return min(places, key=lambda place: abs(place - middle), default=middle)


def _tip(end: Point, back: float, look: Look, turn: Callable[[Point], Point]) -> str:
    (u, v), half = end, abs(back) * TIP[1] / TIP[0]
    corners = [turn(point) for point in ((u - back, v - half), (u, v), (u - back, v + half), (u - back, v - half))]
    colour = escape(look.get("color", "black"))
    return f'<polygon fill="{colour}" stroke="{colour}" points="{_points(corners)}"/>'


def _polyline(start: Point, end: Point, look: Look) -> str:
    return f'<polyline fill="none" {_stroke(look)} points="{_points([start, end])}"/>'


def _stroke(look: Look) -> str:
    """Colour, width and dashes of a line."""
    style = look.get("style", "")
    dashes = ' stroke-dasharray="5,2"' if "dashed" in style else ' stroke-dasharray="1,5"' if "dotted" in style else ""
    width = f' stroke-width="{escape(look["penwidth"])}"' if "penwidth" in look else ""
    return f'stroke="{escape(look.get("color", "black"))}"{width}{dashes}'


def _group(kind: str, id: str, title: str, parts: Sequence[str]) -> str:
    named = f' id="{_content(id)}"' if id else ""
    return f'<g{named} class="{kind}">\n<title>{_content(title)}</title>\n' + "\n".join(parts) + "\n</g>"


def _content(text: str) -> str:
    """For XML: escaped, and without the characters that it cannot hold."""
    return escape(re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\N{REPLACEMENT CHARACTER}", text))


def _points(points: Sequence[Point]) -> str:
    return " ".join(map(_pair, points))


def _pair(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(x: float) -> str:
    """To a hundredth of a point."""
    return f"{x:.2f}".rstrip("0").rstrip(".") if x else "0"
