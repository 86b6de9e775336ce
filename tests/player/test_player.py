"""The player as it is written: what it contains and how large it is, with and without Graphviz.

Of autograd.player.graph_picture, autograd.player.network_picture and autograd.player.marks.
"""

import base64
import html
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import autograd.drawing.render as render
import nn
from autograd import Value, walk
from autograd.player.page import fragment, page
from autograd.walking.walking import Walk

CSS = (Path(render.__file__).parent.parent / "player" / "player.css").read_text(encoding="utf-8")


def neuron() -> Walk:
    v = {label: Value(x, label=label) for label, x in {"x1": 2.0, "x2": 0.0, "w1": -3.0, "w2": 1.0, "b": 6.88}.items()}
    return walk((v["x1"] * v["w1"] + v["x2"] * v["w2"] + v["b"]).tanh())


def network(by: str = "edge") -> Walk:
    model = nn.MLP(2, [4, 4, 1], rng=random.Random(3))
    return walk((model([1.0, -0.5]) - 1.0) ** 2, model=model, by=by, parameters=model.parameters(), lr=0.1)  # type: ignore[arg-type]


def data_of(text: str) -> dict:  # type: ignore[type-arg]
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', text, re.S)[1])  # type: ignore[index]


def picture_of(text: str) -> str:
    return base64.b64decode(re.search(r"data:image/svg\+xml;base64,([^\"]+)", text)[1]).decode()  # type: ignore[index]


def test_a_neurons_page_is_below_100_kb_and_a_networks_below_350_kb() -> None:
    assert len(page(neuron()).encode()) < 100_000
    assert len(page(network()).encode()) < 350_000


def test_nothing_is_loaded_from_anywhere() -> None:
    text = page(network())
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", text)) | set(
        re.findall(r"https?://[^\s\"'<)]+", picture_of(text))
    )
    assert {address for address in addresses if "www.w3.org" not in address} == set()
    assert re.findall(r'\bsrc="(?!data:)', text) == []


def test_all_steps_can_be_read_without_a_script() -> None:
    steps = neuron()
    items = re.findall(r"<li .*?</li>", page(steps), re.S)
    assert len(items) == len(steps)
    for item, step in zip(items, steps, strict=True):
        plain = html.unescape(re.sub(r"<[^>]+>", "", item))
        assert step.sentence in plain
        assert step.lines()[-1].right in plain


def test_picture_shows_the_final_numbers_and_marks_what_changes() -> None:
    picture = picture_of(page(neuron()))
    assert 'data-k="d0"' in picture
    assert "∂ −1.5" in picture or "∂ −1.4999" in picture or "∂ −1.50" in picture
    assert "6.88" in picture


@pytest.mark.parametrize("by", ["edge", "node", "layer"])
def test_every_change_has_its_place_in_a_picture(by: str) -> None:
    text = page(network(by))
    data = data_of(text)
    pictures = picture_of(text) + "".join(data["views"].values())
    marks = set(re.findall(r'data-k="(\w+)"', pictures))
    edges = {edge for found in re.findall(r'data-e="([^"]+)"', pictures) for edge in found.split()}
    changed = {key for step in data["steps"] for key, _ in step["c"] if key[0] in "dg"}
    assert changed <= marks or by == "layer"  # by layer the loss's inner nodes have no place
    if by != "layer":
        assert {edge for step in data["steps"] for edge in step["e"]} <= edges


def test_which_way_a_leaf_will_move_is_asked_at_its_last_contribution_and_told_by_the_total() -> None:
    a = Value(1.0, label="a")
    found = [step for step in data_of(page(walk(a * 3.0 - a)))["steps"] if step["k"] == "b"]
    assert [step["a"] for step in found] == [1.0, -1.0, 3.0]
    assert [step.get("m") for step in found] == [None, None, -1]
    found = [step for step in data_of(page(walk(a - a * 3.0)))["steps"] if step["k"] == "b"]
    assert [step.get("m") for step in found if "m" in step] == [1]


def test_two_players_have_two_ids_and_a_page_always_the_same() -> None:
    steps = neuron()
    ids = [re.search(r'id="([^"]+)"', fragment(steps))[1] for _ in range(2)]  # type: ignore[index]
    assert len(set(ids)) == 2
    assert page(steps) == page(steps)


def test_labels_cannot_break_out() -> None:
    x = Value(1.0, label="</script><script>alert(1)</script>")
    y = Value(2.0, label='"><img src=x onerror=alert(1)>')
    text = page(walk(x * y))
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert text.count("</script>") == 2


def marks(text: str) -> dict[str, set[str]]:
    """All that the script looks up in the pictures of a page."""
    pictures = picture_of(text) + "".join(data_of(text)["views"].values())
    return {name: set(re.findall(rf'{name}="([^"]*)"', pictures)) for name in ("data-n", "data-e", "data-k", "class")}


@pytest.mark.parametrize("steps", [neuron, network])
def test_without_any_graphviz_the_picture_has_the_same_marks(
    steps: Callable[[], Walk], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_program = marks(page(steps())) if render.programs() else None
    monkeypatch.setattr(render, "programs", list)
    without = marks(page(steps()))
    assert {key for step in data_of(page(steps()))["steps"] for key, _ in step["c"] if key[0] in "dg"} <= without[
        "data-k"
    ]
    assert with_program in (without, None)


def test_a_network_by_layer_has_its_picture_without_any_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "programs", list)
    assert "layer 2: relu" in picture_of(page(network("layer")))


def test_in_a_circle_numbers_are_short_and_fit() -> None:
    """A gradient that is not whole yet is "0.5 (1 of 2)" in a box, which is wide enough, and 0.5 in a circle."""
    circles = [node for node in picture_of(page(network("layer"))).split("<g ") if "<ellipse" in node]
    assert circles
    assert all(node.count('data-short=""') == node.count("data-k=") > 0 for node in circles)
    assert 'data-short=""' not in picture_of(page(neuron()))


def test_the_wheel_graphviz_pure_draws_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pure = [program for program in render.programs() if "graphviz-pure" in program]
    if not pure:
        pytest.skip("graphviz-pure is not installed")
    monkeypatch.setattr(render, "programs", lambda: pure)
    text = page(neuron())
    assert picture_of(text).count("data-k=") == 2 * 10


def test_a_graph_too_large_for_a_picture_still_has_its_steps() -> None:
    x = Value(1.0, label="x")
    y = x
    for _ in range(500):
        y = y * x
    text = page(walk(y))
    assert "<img" not in text
    assert "No picture: the graph has 501 nodes, and nobody could read one of more than 400." in text
    assert text.count("<li ") == 1501


def test_marimo_gets_a_frame_with_the_whole_page() -> None:
    steps = neuron()
    kind, text = steps._mime_()
    assert kind == "text/html"
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', text)[1]) == page(steps)  # type: ignore[index]


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours, as WCAG 2 defines it."""

    def luminance(colour: str) -> float:
        digits = colour.lstrip("#")
        digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
        channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [r"\.cr-walk \{", r"\.cr-walk\.dark \{"])
def test_colours_have_the_contrast_that_readers_need(theme: str) -> None:
    rule = re.search(theme + r"(.*?)\}", CSS, re.S)[1]  # type: ignore[index]
    colours = dict(re.findall(r"--([\w-]+): (#\w+)", rule))
    pairs = [("ink", ground) for ground in ("bg", "card", "f-bg", "b-bg", "l-bg", "u-bg")]
    pairs += [("soft", "bg"), ("soft", "card")]
    pairs += [(phase, ground) for phase in "fblu" for ground in ("bg", f"{phase}-bg")]
    assert {
        pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2)
        for pair in pairs
        if contrast(colours[pair[0]], colours[pair[1]]) < 4.5
    } == {}
    assert contrast(colours["line"], colours["bg"]) >= 3


@pytest.mark.parametrize("by", ["edge", "node"])
def test_every_step_lights_something_in_the_picture_of_the_network(by: str) -> None:
    data = data_of(page(network(by)))
    picture = data["views"]["network"]
    nodes = {
        k for name in ("n", "also") for found in re.findall(rf'data-{name}="([^"]+)"', picture) for k in found.split()
    }
    edges = {edge for found in re.findall(r'data-e="([^"]+)"', picture) for edge in found.split()}
    dark = [step for step in data["steps"] if nodes.isdisjoint(map(str, step["n"])) and edges.isdisjoint(step["e"])]
    assert dark == []
