"""SVG drawn without any program: the same elements as Graphviz's, nothing over anything else, nothing cut off.

Of autograd.drawing.layout, autograd.drawing.painting.columns, autograd.drawing.painting.layered and
autograd.drawing.painting.shapes.
"""

import random
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from itertools import combinations, pairwise

import pytest
from drawn import SVG, boxes, elements, lesson_c, lesson_d, neuron, texts

import autograd
import nn
from autograd import Value, draw, expanded
from autograd.drawing import render
from autograd.drawing.diagram import Diagram
from autograd.drawing.painting.dot_reader import DotError, read
from autograd.drawing.painting.painter import painted
from autograd.drawing.painting.ranks import chain

Box = tuple[float, float, float, float]


@pytest.fixture(autouse=True)
def no_programs(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Neither `dot` nor `graphviz-pure` is there; returns what finds them otherwise."""
    found = render.programs
    monkeypatch.setattr(render, "programs", list)
    return found


def mlp(*sizes: int) -> tuple[nn.Module, Value]:
    model = nn.MLP(2, list(sizes), rng=random.Random(3))
    loss = (model([1.0, -0.5]) - 1.0) ** 2
    loss.backward()
    return model, loss


def batch() -> tuple[nn.Module, Value]:
    """Two rows through one network of single products and sums."""
    with expanded():
        model = nn.MLP(3, [3, 1], rng=random.Random(1))
        loss = nn.mse([model([1.0, 2.0, 3.0]), model([0.0, 1.0, -1.0])], [1.0, 0.0])
    loss.backward()
    return model, loss


def deep() -> Value:
    x = y = Value(0.5, "x")
    for _ in range(20):
        y = (y * x).tanh()
    return y


def tangle(seed: int) -> Value:
    """A random graph: every node takes any two of the ones before."""
    rng = random.Random(seed)
    values = [Value(rng.random(), f"v{i}") for i in range(6)]
    while len(values) < 40:
        a, b = rng.choice(values), rng.choice(values)
        values.append(a * b if rng.random() < 0.5 else a + b)
    result = autograd.sum(values[-4:])
    result.backward()
    return result


def shared() -> Value:
    x = Value(3.0, "x")
    z = x * x
    return z * z + z + x


PICTURES: dict[str, Callable[[], Diagram]] = {
    "a leaf": lambda: draw(Value(1.0, "x")),
    "neuron": lambda: draw(neuron()),
    "downwards": lambda: draw(neuron(), direction="TB", derivatives=True),
    "shared": lambda: draw(shared(), derivatives=True),
    "fan-in": lambda: draw(autograd.sum([Value(float(i), f"x{i}") for i in range(20)])),
    "chain": lambda: draw(deep()),
    "two results": lambda: draw([neuron(), shared()]),
    "lesson": lambda: _framed(lesson_d(), derivatives=True),
    "network": lambda: _framed(mlp(4, 4, 1)),
    "network downwards": lambda: _framed(mlp(4, 4, 1), direction="TB"),
    "neurons": lambda: _framed(mlp(4, 4, 1), collapse="neuron"),
    "layers": lambda: _framed(mlp(4, 4, 1), collapse="layer"),
    "batch": lambda: _framed(batch()),
    "without constants": lambda: _framed(batch(), constants=False),
    **{f"tangle {seed}": lambda seed=seed: draw(tangle(seed)) for seed in range(12)},  # type: ignore[misc]
}
NETWORKS: dict[str, Callable[[], Diagram]] = {
    "given weights": lambda: nn.draw(lesson_c()),
    "a row": lambda: nn.draw(lesson_d()[0], x=[1.0, 0.5], y=1.0),
    "a wide one": lambda: nn.draw(nn.MLP(3, [40, 2], rng=random.Random(0))),
}
every_picture = pytest.mark.parametrize("name", PICTURES)


def _framed(pair: tuple[nn.Module, Value], **options: object) -> Diagram:
    model, loss = pair
    return draw(loss, model, **options)  # type: ignore[arg-type]


def box(shape: ET.Element) -> Box:
    """Where a polygon or an ellipse stands."""
    if shape.tag == f"{SVG}ellipse":
        x, y, w, h = (float(shape.attrib[name]) for name in ("cx", "cy", "rx", "ry"))
        return x - w, y - h, x + w, y + h
    points = [tuple(map(float, pair.split(","))) for pair in shape.attrib["points"].split()]
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


class Drawn:
    """A picture and where everything stands in it."""

    def __init__(self, picture: Diagram) -> None:
        self.picture, self.graph = picture, read(picture.source)
        self.elements = elements(picture)
        self.nodes, self.frames = self.outlines("node"), self.outlines("cluster")
        edges = {name: group for name, group in self.elements.items() if group.get("class") == "edge"}
        self.lines = {name: _points(next(group.iter(f"{SVG}path")).attrib["d"]) for name, group in edges.items()}
        self.labels = [box(group.findall(f"{SVG}polygon")[-1]) for group in edges.values() if texts(group)]

    def outlines(self, kind: str) -> dict[str, Box]:
        groups = {name: group for name, group in self.elements.items() if group.get("class") == kind}
        shapes = (f"{SVG}polygon", f"{SVG}ellipse")
        return {name: next(box(x) for x in group if x.tag in shapes) for name, group in groups.items()}


@cache
def drawn(name: str) -> Drawn:
    return Drawn((PICTURES | NETWORKS)[name]())


def _points(d: str) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for command, rest in re.findall(r"([MLC])([^MLC]*)", d):
        given = [tuple(map(float, pair.split(","))) for pair in rest.split()]
        while given:
            if not points:
                points.append(given.pop(0))  # type: ignore[arg-type]
                continue
            count = 3 if command == "C" else 1
            ends, given = [points[-1], *given[:count]], given[count:]
            points += [_bezier(ends, i / 16) for i in range(1, 17)]  # type: ignore[arg-type]
    return points


def _bezier(ends: list[tuple[float, float]], t: float) -> tuple[float, float]:
    while len(ends) > 1:
        ends = [((1 - t) * a + t * c, (1 - t) * b + t * d) for (a, b), (c, d) in pairwise(ends)]
    return ends[0]


def apart(a: Box, b: Box) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def inside(a: Box, b: Box) -> bool:
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def content(picture: Diagram) -> dict[str, tuple[list[str], list[str]]]:
    """The tags and texts of every node, edge and frame."""
    groups = {name: group for name, group in elements(picture).items() if group.get("id") != "graph0"}
    return {name: (sorted(_tags(group)), texts(group)) for name, group in groups.items() if name}


def _tags(group: ET.Element) -> list[str]:
    """What a group is made of; Graphviz puts a label of its own into another group."""
    return [part.tag.removeprefix(SVG) for part in group.iter() if not part.tag.endswith("}g")]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz (apt install graphviz)")
@pytest.mark.parametrize("name", [*PICTURES, *NETWORKS])
def test_the_elements_are_those_of_graphviz(
    name: str, monkeypatch: pytest.MonkeyPatch, no_programs: Callable[[], list[str]]
) -> None:
    picture = drawn(name).picture
    ours = content(picture)
    monkeypatch.setattr(render, "programs", no_programs)
    theirs = content(picture)
    assert ours == theirs


@pytest.mark.slow
@every_picture
def test_no_box_lies_on_another(name: str) -> None:
    for (a, first), (b, second) in combinations(drawn(name).nodes.items(), 2):
        assert apart(first, second), (a, b)


@every_picture
def test_a_frame_holds_what_belongs_to_it_and_nothing_else(name: str) -> None:
    found = drawn(name)
    for frame, room in found.frames.items():
        for node, place in found.nodes.items():
            names = {part.name for part in chain(found.graph.nodes[node])}
            assert inside(place, room) if frame in names else apart(place, room), (frame, node)
    for first, second in combinations(found.frames.values(), 2):
        assert apart(first, second) or inside(second, first) or inside(first, second)


@every_picture
def test_no_line_runs_through_a_box(name: str) -> None:
    found = drawn(name)
    for edge, points in found.lines.items():
        for node, (x0, y0, x1, y1) in found.nodes.items():
            assert not any(x0 + 0.5 < x < x1 - 0.5 and y0 + 0.5 < y < y1 - 0.5 for x, y in points), (edge, node)


@every_picture
def test_every_edge_joins_its_ends(name: str) -> None:
    found = drawn(name)
    down = "rankdir=TB" in found.picture.source
    for edge in filter(lambda edge: edge.is_visible, found.graph.edges):
        points = found.lines[edge.look["id"]]
        for node, point, side in ((edge.tail, points[0], 2), (edge.head, points[-1], 0)):
            x0, y0, x1, y1 = found.nodes[node.name]
            along, across = point[::-1] if down else point
            corners = (y0, x0, y1, x1) if down else (x0, y0, x1, y1)
            assert abs(along - corners[side]) <= 6.01  # the length of an arrow
            assert corners[1] <= across <= corners[3]


@pytest.mark.parametrize("name", [*PICTURES, *NETWORKS])
def test_nothing_is_cut_off(name: str) -> None:
    found = drawn(name)
    root = ET.fromstring(found.picture.svg())
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    dx, dy = map(float, re.findall(r"-?[\d.]+", root[0].attrib["transform"]))
    shapes = [box(shape) for shape in root.iter() if shape.tag in (f"{SVG}polygon", f"{SVG}ellipse")]
    ends = [(x, y, x, y) for points in found.lines.values() for x, y in points]
    for x0, y0, x1, y1 in shapes + ends:
        assert x0 + dx >= 0
        assert x1 + dx <= width
        assert y0 + dy >= 0
        assert y1 + dy <= height


@every_picture
def test_labels_of_edges_lie_on_nothing(name: str) -> None:
    found = drawn(name)
    for first, second in combinations([*found.labels, *found.nodes.values()], 2):
        assert apart(first, second)


def test_the_same_picture_every_time() -> None:
    assert _framed(batch()).svg() == _framed(batch()).svg()


def test_modules_that_are_used_in_a_circle_are_drawn_with_lines_that_lead_back() -> None:
    model = nn.MLP(1, [1, 1], activation="tanh", rng=random.Random(0))
    x = Value(0.1, "x")
    found = Drawn(draw(model([model([model([x])])]), model))
    assert set(found.frames) == {f"cluster_layers.{i}{inner}" for i in (0, 1) for inner in ("", ".neurons.0")}
    assert any(points[0][0] > points[-1][0] for points in found.lines.values())
    for first, second in combinations(found.nodes.values(), 2):
        assert apart(first, second)


def test_what_a_user_adds_is_drawn() -> None:
    picture = draw(neuron())
    picture.digraph.node("note", "mine & <yours>", id="note", shape="ellipse")
    picture.digraph.edge("note", "n0", label="see")
    assert texts(elements(picture)["note"]) == ["mine & <yours>"]
    assert texts(elements(picture)["edge10"]) == ["see"]


@pytest.mark.parametrize("seed", range(5))
def test_any_label_is_shown_as_it_is(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        label = "".join(rng.choice('a|{}<>\\\\"&;[]=-> ,é日−#xnlrN') for _ in range(rng.randrange(1, 12))).strip()
        if label:
            picture = draw(Value(1.0, "q" + label + "q"))
            assert boxes(picture)["n0"][0] == "q" + label + "q"


@pytest.mark.parametrize(
    "source", ["digraph {", "digraph { a [label] }", "digraph { a [label=<<B>x] }", 'digraph { a["b }']
)
def test_damaged_dot_is_an_error(source: str) -> None:
    with pytest.raises(DotError):
        painted(source)


def test_a_picture_of_damaged_dot_says_so() -> None:
    picture = draw(neuron())
    picture.digraph.body.append('a [label="x\n')
    with pytest.raises(render.RenderError, match="no program could draw this diagram"):
        picture.svg()
