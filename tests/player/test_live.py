"""Numbers that a reader moves in the page: what JavaScript says then is what Python says.

Of autograd.player.program, autograd.player.layer_program, and of the scripts element.js, record.js, say.js, layers.js,
leaves.js and way.js.
"""

import json
import math
import random
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from played import count, neuron, opened
from programs import scalar_program

import autograd
import nn
from autograd import OPERATIONS, Value, operation, walk
from autograd.functions import evaluate
from autograd.graph import topological_order
from autograd.player.page import _entry, _padded, page
from autograd.player.program import program
from autograd.walking.text import block
from autograd.walking.walking import Walk

GRAPHS = 300
EDGES = [0.0, 1.0, -1.0, 2.0, 0.5, -0.5, math.inf, -math.inf, math.nan, 3.0, 1e-7, -1e12, 0.03125]
SCRIPTS = "\n".join(
    files("autograd.player").joinpath(name).read_text("utf-8") for name in ("layers.js", "record.js", "say.js")
)
STEPS = """
const plain = ([graph, leaves]) => [{ ...graph, nodes: graph.nodes.map((n) => ({ ...n, data: Number(n.data) })),
    others: graph.others.map((n) => ({ ...n, data: Number(n.data) })) }, leaves.map(Number)];
const steps = (code, given) => {
    const [graph, leaves] = plain(given), record = chainruleRecord(graph, code, leaves);
    const say = chainruleSay(graph, record), entries = chainruleEntries(graph, record);
    const told = ({ p, ...step }, i) => ({ ...step, words: entries[i].words, lines: say.lines(record.steps[i]) });
    return entries.map(told);
};
"""


def _built(point: list[float], steps: Any) -> list[Value]:
    nodes = [Value(x, label=f"x{i}") for i, x in enumerate(point, 1)]
    for name, operands in steps:
        nodes.append(evaluate(OPERATIONS[name], [nodes[i] for i in operands]))
    return nodes


def _walked(nodes: list[Value], seed: int) -> Walk:
    by = ("edge", "node")[seed % 2]
    if seed % 3:
        return walk(nodes[-1], by=by)  # type: ignore[arg-type]
    below = topological_order(nodes[-1])
    return walk(nodes[-1], by=by, parameters=[x for x in nodes[:2] if x in below], lr=0.1)  # type: ignore[arg-type]


def _number(x: float) -> float | str:
    return x if math.isfinite(x) else "NaN" if math.isnan(x) else str(x).replace("inf", "Infinity")


def _told(steps: Walk) -> list[dict[str, Any]]:
    """What a page keeps and says of each step."""
    told = []
    for step in steps:
        entry = _entry(steps, step)
        lines = [[line.left.strip(), line.sign, line.right] for line in _padded(step)]
        told.append({**entry, "c": dict(entry["c"]), "words": step.words, "lines": lines})
    return told


@pytest.fixture(scope="module")
def cases() -> list[tuple[str, Any, list[dict[str, Any]]]]:
    """Of random graphs the page's code, graph and new numbers, and what Python tells at those."""
    found = []
    for seed in range(GRAPHS):
        draw = random.Random(seed)
        point = [draw.uniform(-2.0, 2.0) for _ in range(4)]
        steps = scalar_program(draw, draw.randrange(2, 14), point)
        graph, code = program(_walked(_built(point, steps), seed).recording)
        moved = [
            draw.choice(EDGES) if draw.random() < 0.4 else draw.choice([*point, draw.uniform(-3.0, 3.0)]) for _ in point
        ]
        there = _walked(_built(moved, steps), seed)
        leaves = [_number(node.data) for node in there.recording.order]
        found.append((code, [json.loads(json.dumps(graph)), leaves], _told(there)))
    return found


def test_every_step_says_in_the_page_what_it_says_in_python_at_numbers_that_were_moved(cases: Any, tab: Any) -> None:
    runs = ",\n".join(f"(given) => {{ {code}\nreturn steps(code, given); }}" for code, _, _ in cases)
    tab.set_content("<p>graphs</p>")
    tab.add_script_tag(content=f"{SCRIPTS}\n{STEPS}\nwindow.runs = [{runs}];")
    found = tab.evaluate("(given) => given.map((one, i) => runs[i](one))", [given for _, given, _ in cases])
    kinds: set[str] = set()
    for steps, (_, _, expected) in zip(found, cases, strict=True):
        told = [{name: x for name, x in step.items() if x is not None} for step in steps]
        for step, true in zip(told, expected, strict=True):
            step["c"] = dict(map(tuple, step["c"]))
            assert (sorted(step["n"]), sorted(step["e"])) == (sorted(true["n"]), sorted(true["e"]))
            numbers = {name: step.pop(name, None) for name in ("a", "t", "n", "e")}
            wanted = {name: true.pop(name, None) for name in ("a", "t", "n", "e")}
            assert numbers["a"] is wanted["a"] or numbers["a"] == pytest.approx(wanted["a"], rel=1e-9, abs=1e-12)
            assert step == true
            kinds |= {step["words"][:12]}
    assert len(kinds) > 30  # closed gates, choices, underflows, updates: not the same few sentences


def _by_layer(seed: int, numbers: int) -> Walk:
    """A network of the one seed with numbers of the other."""
    draw, moved = random.Random(seed), random.Random(numbers)
    sizes = [draw.choice([1, 2, 3, 7]) for _ in range(draw.choice([1, 2, 3]))] + [1]
    count, activation = draw.choice([1, 2, 8]), draw.choice(["relu", "tanh", "sigmoid", "gelu", "sin", "linear"])
    model = nn.MLP(count, sizes, activation=activation, bias=seed % 4 != 0, rng=random.Random(0))
    for parameter in model.parameters():
        parameter.data = moved.uniform(-1.0, 1.0)
    xs = [Value(moved.uniform(-1.0, 1.0), label=f"x{i}") for i in range(1, count + 1)]
    out = (model(xs) - 1.0) ** 2 if seed % 5 else model(xs)
    by: Any = ("layer", "move")[seed % 2]
    if seed % 3:
        return walk(out, model=model, by=by)
    return walk(out, model=model, by=by, parameters=model.parameters(), lr=0.1)


def _shortened(text: str) -> str:
    """Without the last digits of the NumPy lines, which functions of `Math` may round otherwise."""
    return re.sub(r"-?\d+\.\d{6,}(e[-+]\d+)?", lambda found: f"{float(found[0]):.9g}", text)


def test_by_layer_matrices_numpy_lines_and_words_follow(tab: Any) -> None:
    walks = [(_by_layer(seed, 1), _by_layer(seed, seed + 2)) for seed in range(40)]
    programs = [program(one.recording) for one, _ in walks]
    given = [
        [json.loads(json.dumps(graph)), [_number(node.data) for node in there.recording.order]]
        for (graph, _), (_, there) in zip(programs, walks, strict=True)
    ]
    runs = ",\n".join(f"(given) => {{ {code}\nreturn entries(code, given); }}" for _, code in programs)
    entries = """const entries = (code, given) => { const [graph, leaves] = plain(given);
        return chainruleEntries(graph, chainruleRecord(graph, code, leaves)).map(({ n, c, lines, words }) => {
            const pre = document.createElement("pre"); pre.innerHTML = lines;
            return { n, c, words, text: pre.textContent }; }); };"""
    tab.set_content("<p>networks</p>")
    tab.add_script_tag(content=f"{SCRIPTS}\n{STEPS}\n{entries}\nwindow.runs = [{runs}];")
    found = tab.evaluate("(given) => given.map((one, i) => runs[i](one))", given)
    for steps, (_, there) in zip(found, walks, strict=True):
        for step, true in zip(steps, there, strict=True):
            nodes, _ = true.lights(there.recording.places)
            assert (step["words"], sorted(step["n"])) == (true.words, sorted(nodes))
            assert _shortened(step["text"]) == _shortened(block(true))
            assert dict(map(tuple, step["c"])) == dict(true.changes(there.recording.places))


def _leaf(player: Any, name: str) -> Any:
    player.locator(".cr-leaves").evaluate("panel => { panel.open = true; }")
    return player.locator(".cr-grid label", has=player.page.locator(f"text='{name}'")).locator("input")


def test_a_typed_number_moves_everything_and_one_stands_where_one_stood(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path, "#walk-step=12")
    _leaf(player, "w₁").fill("0.5")
    v = {name: Value(x, label=name) for name, x in {"x1": 2.0, "x2": 0.0, "w1": 0.5, "w2": 1.0, "b": 6.88}.items()}
    there = walk((v["x1"] * v["w1"] + v["x2"] * v["w2"] + v["b"]).tanh())
    shown = player.locator(".cr-formula").inner_text().split()
    assert "".join(shown) == "".join(part for line in there[11].lines() for part in line).replace(" ", "")
    assert player.locator(".cr-say").inner_text() == there[11].words
    assert tab.url.endswith("#walk-step=12&n1=0.5")
    player.locator("summary", has_text="steps").click()
    player.locator("li p", has_text=there[6].words).first.wait_for()  # the list is filled once it has opened
    assert player.locator("li p").all_inner_texts() == [step.words for step in there]


def test_a_link_carries_step_and_numbers_and_a_broken_one_is_the_page_as_saved(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path, "#walk-step=3&n1=0.5")
    assert count(player) == "step 3 of 15"
    assert _leaf(player, "w₁").input_value() == "0.5"
    for broken in (
        "#walk-step=3&n1=x",
        "#walk-step=3&n99=1",
        "#walk-step=3&n1=1e999",
        "#walk-step=3&n1",
        "#walk-step=&n1=2",
    ):
        tab.goto("about:blank")
        player = opened(tab, neuron(), tmp_path, broken)
        assert count(player) == "step 1 of 15", broken
        assert _leaf(player, "w₁").input_value() == "-3", broken


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("abc", "abc is no number; the page keeps w₁ = -3"),
        ("", "type a number; the page keeps w₁ = -3"),
        ("nan", "nan is no number; the page keeps w₁ = -3"),
        ("1e999", "1e999 is more than a number can hold (1.8e308); the page keeps w₁ = -3"),
        ("0x10", "0x10 is no number; the page keeps w₁ = -3"),
        ("alert(1)", "alert(1) is no number; the page keeps w₁ = -3"),
    ],
)
def test_what_is_no_number_is_said_at_its_field_and_changes_nothing(
    typed: str, said: str, tab: Any, tmp_path: Path
) -> None:
    player = opened(tab, neuron(), tmp_path)
    before = player.locator(".cr-formula").inner_text()
    _leaf(player, "w₁").fill(typed)
    assert player.locator(".cr-problem").all_inner_texts().count(said) == 1
    assert player.locator(".cr-formula").inner_text() == before
    _leaf(player, "w₁").blur()
    assert _leaf(player, "w₁").input_value() == "-3"


def test_a_leaf_of_the_picture_moves_by_dragging_and_by_keys_and_back(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path)
    leaf = player.locator(".cr-leaf[aria-label='w₁']")
    box = leaf.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 6
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 40, y, steps=5)
    tab.mouse.up()
    assert leaf.get_attribute("aria-valuenow") == "-2.5"
    assert "-5" in player.locator(".cr-formula").inner_text().replace("−", "-")  # 2.0 · (−2.5)
    assert count(player) == "step 1 of 15"  # a drag is no click
    leaf.focus()
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Shift+ArrowDown")
    assert leaf.get_attribute("aria-valuenow") == "-3.4"
    player.locator("text=Back to the numbers given").dispatch_event("click")
    assert leaf.get_attribute("aria-valuenow") == "-3"
    assert "n1=" not in tab.url


def test_the_pointer_lights_the_way_to_the_result_and_a_click_goes_to_the_step(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path)
    player.locator("[data-n='5']").hover()  # u₂ = x₂·w₂, from which three edges lead to L
    assert player.locator(".cr-hint").inner_text() == "u₂ = x₂·w₂"
    assert player.locator(".edge.way").count() == 3
    player.locator("[data-n='5']").click()
    assert count(player) == "step 2 of 15"
    tab.keyboard.press("End")
    player.locator("[data-n='5']").click()
    assert player.locator(".cr-formula .cr-l").first.inner_text() == "∂L/∂u₂"


def test_an_update_is_followed_by_a_forward_pass_whose_numbers_the_picture_shows(tab: Any, tmp_path: Path) -> None:
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    steps = walk((w * x - 1.0) ** 2, parameters=[w], lr=0.01)
    player = opened(tab, steps, tmp_path, f"#walk-step={len(steps)}")
    assert steps[-1].after == pytest.approx((1.7 * 3.0 - 1.0) ** 2)
    numbers = player.locator("[data-k^='d']").all_text_contents()
    assert {"1.7", "5.1", "4.1", "16.81"} <= set(numbers)


def test_an_index_that_chooses_nothing_is_refused_and_the_page_keeps_its_numbers(tab: Any, tmp_path: Path) -> None:
    logits = [Value(x, label=f"z{i}") for i, x in enumerate([0.5, -1.0, 2.0], 1)]
    label = Value(1.0, label="y")
    player = opened(tab, walk(evaluate(OPERATIONS["cross_entropy"], [*logits, label])), tmp_path)
    _leaf(player, "y").fill("3")
    assert player.locator(".cr-problem").all_inner_texts()[0].startswith("y chooses one of 3: take 0 to 2")
    _leaf(player, "y").fill("2")
    assert "0.2" in player.locator(".cr-formula").inner_text()


def test_a_graph_with_an_operation_that_only_python_knows_stands_still() -> None:
    def branching(m: Any, x: Any) -> Any:
        return x if x > 0.0 else 0.0 * x

    made = operation("only_python_knows", branching, [lambda m, x, out: m.greater(x, 0.0)])
    try:
        text = page(walk(made(Value(2.0, label="x")) * 3.0))
    finally:
        del OPERATIONS["only_python_knows"]
    assert '"graph":null' in text


def test_in_the_page_too_a_sum_is_written_bias_first_where_that_matters(tab: Any, tmp_path: Path) -> None:
    w, x = [Value(2.0, label="w1"), Value(3.0, label="w2")], [Value(1.0, label="x1"), Value(1.0, label="x2")]
    player = opened(tab, walk(autograd.dot(w, x, Value(1.0, label="b"))), tmp_path)
    _leaf(player, "w₁").fill("1e16")
    _leaf(player, "w₂").fill("-1e16")
    shown = player.locator(".cr-r").all_inner_texts()
    assert shown[1:3] == ["1.0 + (1.0000e+16)·1.0 + (−1.0000e+16·1.0)", "0.0"]
