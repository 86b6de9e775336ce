"""The saved page of a walk in a real browser: clicks, keys, slider, predict mode, links, two players on one page."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from played import count, network, neuron, opened

from autograd import Value, walk
from autograd.player.page import fragment
from autograd.walking.walking import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("steps", [neuron, network])
def test_drawn_without_graphviz_it_plays_and_every_text_fits_its_box(
    tab: Any, tmp_path: Path, steps: Callable[[], Walk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograd.drawing.render.programs", list)
    tab.emulate_media(reduced_motion="reduce")
    player = opened(tab, steps(), tmp_path)
    graph = player.locator(".cr-stage svg:has(.rule)")
    if not graph.is_visible():
        player.get_by_role("button", name="Show the graph").click()
    for place in range(1, len(steps()), 5):
        tab.evaluate(f"location.hash = '#walk-step={place}'")
        tab.wait_for_function(f"document.querySelector('.cr-count').textContent.startsWith('step {place} ')")
        assert graph.locator(".node.on").count() > 0
        assert graph.evaluate(STICKING_OUT) == []


STICKING_OUT = """svg => [...svg.querySelectorAll(".node")].flatMap(node => {
    const card = node.querySelector(".card").getBBox();
    return [...node.querySelectorAll("text")].filter(text => {
        const box = text.getBBox();
        return box.x < card.x || box.x + box.width > card.x + card.width || box.y < card.y - 1
            || box.y + box.height > card.y + card.height + 1;
    }).map(text => text.textContent);
})"""


def look(player: Any) -> str:
    """All that a step changes: the picture and the words."""
    return player.locator(".cr-main").inner_html()


def test_it_opens_at_the_first_step_with_the_picture_as_a_stage(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path)
    assert count(player) == "step 1 of 15"
    assert player.locator(".cr-phase").inner_text() == "Forward"
    assert player.locator("img").count() == 0
    assert player.locator(".cr-stage svg").count() == 1
    assert player.locator("[data-k=g0]").text_content() == "∂ ·"


def test_buttons_go_on_back_first_and_last(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path)
    for label, expected in [
        ("one step on", 2), ("one step on", 3), ("one step back", 2), ("last step", 15), ("first step", 1),
    ]:  # fmt: skip
        player.get_by_label(label, exact=True).click()
        assert count(player) == f"step {expected} of 15"
    assert player.get_by_label("one step back").is_disabled()


def test_a_step_shows_its_formula_sentence_and_what_it_touches(tab: Any, tmp_path: Path) -> None:
    steps = neuron()
    player = opened(tab, steps, tmp_path, "#walk-step=14")
    assert player.locator(".cr-r.result").inner_text() == "−1.5029"
    assert player.locator(".cr-say").inner_text() == steps[13].sentence
    assert player.locator(".node.on.b").count() == 2
    assert player.locator(".edge.on.b").count() == 1
    assert player.locator("[data-k=g0]").text_content() == "∂ −1.5029"


def test_going_far_and_going_back_shows_the_same_as_going_step_by_step(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, network(), tmp_path)
    player.focus()
    seen = []
    total = int(count(player).split()[-1])
    for _ in range(total):
        seen.append(look(player))
        tab.keyboard.press("ArrowRight")
    for place in (total - 1, 40, 70, 3, 0, 55, 20):
        player.locator("input[type=range]").evaluate(
            "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')) }", place + 1
        )
        assert look(player) == seen[place]
    for place in range(19, -1, -1):
        tab.keyboard.press("ArrowLeft")
        assert look(player) == seen[place]


def test_a_page_takes_keys_at_once_and_the_player_only_while_it_has_the_focus(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path)
    tab.keyboard.press("ArrowRight")
    assert count(player) == "step 2 of 15"
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("ArrowLeft")
    assert count(player) == "step 2 of 15"
    player.focus()
    tab.keyboard.press("Home")
    for key, expected in [("ArrowRight", 2), ("End", 15), ("ArrowLeft", 14), ("Home", 1), ("ArrowLeft", 1)]:
        tab.keyboard.press(key)
        assert count(player) == f"step {expected} of 15"
    width = player.locator(".cr-stage svg").bounding_box()["width"]
    tab.keyboard.press("+")
    assert player.locator(".cr-stage svg").bounding_box()["width"] > width
    tab.keyboard.press("-")
    assert player.locator(".cr-stage svg").bounding_box()["width"] == pytest.approx(width, abs=1)
    tab.keyboard.press("q")
    assert player.locator(".cr-ask").is_visible()


def test_what_is_lit_stays_in_view_when_the_picture_grows(tab: Any, tmp_path: Path) -> None:
    tab.set_viewport_size({"width": 1280, "height": 720})
    player = opened(tab, network(), tmp_path, "#walk-step=24")
    player.focus()
    for _ in range(4):
        tab.keyboard.press("+")
    stage, node = player.locator(".cr-stage").bounding_box(), player.locator(".node.on:visible").first.bounding_box()
    middle = node["y"] + node["height"] / 2
    assert stage["y"] <= middle <= stage["y"] + stage["height"]


def test_space_plays_and_stops(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path)
    player.locator("select").select_option("400")
    player.focus()
    tab.keyboard.press(" ")
    assert player.get_by_label("pause").count() == 1
    tab.wait_for_function("document.querySelector('.cr-count').textContent === 'step 3 of 15'")
    tab.keyboard.press(" ")
    assert player.get_by_label("play", exact=True).count() == 1


def test_the_slider_moves_by_keys_of_its_own(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path)
    player.locator("input[type=range]").focus()
    tab.keyboard.press("ArrowRight")
    assert count(player) == "step 2 of 15"
    tab.keyboard.press("End")
    assert count(player) == "step 15 of 15"


def test_a_link_leads_to_its_step_and_the_address_follows(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path, "#walk-step=12")
    assert count(player) == "step 12 of 15"
    player.focus()
    tab.keyboard.press("ArrowRight")
    assert tab.url.endswith("#walk-step=13")
    player.locator("summary", has_text="steps").click()
    player.locator("li a").nth(3).click()
    assert count(player) == "step 4 of 15"
    tab.evaluate("location.hash = '#walk-step=9'")
    tab.wait_for_function("document.querySelector('.cr-count').textContent === 'step 9 of 15'")


def test_what_is_read_aloud_is_the_step(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(), tmp_path)
    player.focus()
    tab.keyboard.press("ArrowRight")
    live = player.locator("[aria-live=polite]")
    assert "Forward, step 2 of 15." in live.inner_text()


def test_predict_mode_hides_the_result_until_it_is_right(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(quiz=True), tmp_path, "#walk-step=14")
    assert player.locator(".cr-r.result").inner_text() == "?"
    assert player.locator("[data-k=g0]").text_content() == "∂ ?"
    listed = player.locator("li").nth(13).locator("pre").text_content()
    assert re.findall(r"\d\.\d", listed) == []
    assert listed.splitlines()[-1].endswith("= w₁")
    box = player.get_by_label("your result")
    box.fill("1.5")
    player.get_by_role("button", name="Check").click()
    assert "not this number" in player.locator(".cr-feedback").inner_text()
    box.fill("−1.5")
    player.get_by_label("down").check()
    player.get_by_role("button", name="Check").click()
    assert "not this way" in player.locator(".cr-feedback").inner_text()
    player.get_by_label("up").check()
    player.get_by_label("−", exact=True).check()
    player.get_by_role("button", name="Check").click()
    assert player.locator(".cr-r.result").inner_text() == "−1.5029"
    assert player.locator("[data-k=g0]").text_content() == "∂ −1.5029"
    assert player.locator(".cr-score").inner_text() == "1 right of 1"
    player.get_by_label("one step on").click()
    player.get_by_role("button", name="Show").click()
    assert player.locator(".cr-score").inner_text() == "1 right of 2"
    player.get_by_role("button", name="Predict").click()
    assert "________" not in player.locator("ol").first.text_content()


def _answered(player: Any, text: str = "", **choices: str) -> str:
    if text:
        player.get_by_label("your result").fill(text)
    for name, value in choices.items():
        player.locator(f".cr-ask input[name={name}][value='{value}']").check()
    player.get_by_role("button", name="Check").click()
    return str(player.locator(".cr-feedback").inner_text())


def test_predict_mode_asks_whether_anything_flows_and_for_totals_hints_and_skips_what_is_known(
    tab: Any, tmp_path: Path
) -> None:
    x, w = Value(-2.0, label="x"), Value(3.0, label="w")
    steps = walk((x * w).relu() + w * w, quiz=True)
    gate = next(i for i, step in enumerate(steps, 1) if step.blocked and step.upstream)
    player = opened(tab, steps, tmp_path, f"#walk-step={gate}")
    assert _answered(player, "1", flows="1").startswith("✗ nothing passes here")
    assert "Hint: one of the factors" in player.locator(".cr-feedback").inner_text()
    player.get_by_label("your result").fill("")
    player.locator(".cr-ask input[name=sign][value='0']").check()
    player.locator(".cr-ask input[name=flows][value='0']").check()
    player.get_by_role("button", name="Check").click()
    assert player.locator(".cr-score").inner_text() == "1 right of 1"
    tab.goto("about:blank")
    square = walk(w * w, quiz=True)
    player = opened(tab, square, tmp_path, f"#walk-step={len(square)}")
    assert "All contributions together" in player.locator(".cr-ask").inner_text()
    assert "add what arrives now" in _answered(player, "1.5", flows="1")
    tab.goto("about:blank")
    squares = walk(sum(((Value(float(k), label=f"x{k}") * 2.0) for k in range(1, 5)), Value(0.0)), quiz=True)
    player = opened(tab, squares, tmp_path)  # 2x, four times over
    products = [i for i, step in enumerate(squares) if step.kind == "forward" and step.node.op.name == "mul"]
    hidden = []
    for i in products:
        player.evaluate("(player, i) => { location.hash = `#walk-step=${i + 1}`; }", i)
        tab.wait_for_function(
            "i => document.querySelector('.cr-count').textContent.startsWith(`step ${i + 1} `)", arg=i
        )
        hidden.append(player.locator(".cr-ask").is_hidden())
        if not hidden[-1]:
            _answered(player, str(squares[i].answer))
    assert hidden == [False, False, True, True]  # the same rule twice, then it is known


def test_predict_mode_prints_a_worksheet_with_the_answers_overleaf(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron(quiz=True), tmp_path)
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert player.locator("details li").first.is_visible()
    assert player.locator("details li").first.locator("pre").inner_text().rstrip().endswith("________")
    assert player.locator(".cr-bar").is_hidden()
    answers = player.locator(".cr-answers li").all_inner_texts()
    assert answers[0] == "= 2.0·(−3.0) = −6.0"
    assert player.locator("[data-k=d0]").is_visible()  # the given numbers
    assert player.locator("[data-k=d9]").is_hidden()
    assert len(answers) == 14  # all but ∂L/∂L
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert player.locator("details li").first.is_hidden()


def test_in_print_the_steps_stand_below_the_whole_picture(tab: Any, tmp_path: Path) -> None:
    tab.set_viewport_size({"width": 1280, "height": 720})
    player = opened(tab, network(), tmp_path)
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    picture, first = player.locator(".cr-stage svg:visible").bounding_box(), player.locator("li").first.bounding_box()
    assert picture["y"] + picture["height"] <= first["y"]


def test_a_matrix_a_little_too_wide_is_written_smaller(tab: Any, tmp_path: Path) -> None:
    tab.set_viewport_size({"width": 1280, "height": 720})
    player = opened(tab, network("layer"), tmp_path)
    for _ in range(8):
        assert player.locator(".cr-block").evaluate_all("all => all.every(b => b.scrollWidth <= b.clientWidth)")
        player.get_by_label("one step on").click()


def test_the_tolerance_of_a_small_number_is_small_as_well(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, walk(Value(2e-5, label="a") * 0.5, quiz=True), tmp_path)
    for text, feedback in (("0", "not this number"), ("4e-5", "not this number"), ("1e-5", "")):
        player.get_by_label("your result").fill(text)
        player.get_by_role("button", name="Check").click()
        assert feedback in player.locator(".cr-feedback").text_content() if feedback else True
    assert player.locator(".cr-score").inner_text() == "1 right of 1"


def test_two_players_on_one_page_keep_to_themselves(tab: Any, tmp_path: Path) -> None:
    steps = neuron()
    (tmp_path / "two.html").write_text(
        f"<!DOCTYPE html><meta charset=utf-8>{fragment(steps)}{fragment(steps)}", "utf-8"
    )
    tab.goto(f"file://{tmp_path / 'two.html'}")
    first, second = tab.locator(".cr-walk").nth(0), tab.locator(".cr-walk").nth(1)
    first.focus()
    tab.keyboard.press("End")
    assert (count(first), count(second)) == ("step 15 of 15", "step 1 of 15")
    assert first.locator("[data-k=g0]").text_content() == "∂ −1.5029"
    assert second.locator("[data-k=g0]").text_content() == "∂ ·"
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert len(ids) == len(set(ids))


def test_a_network_can_be_seen_as_columns_and_as_a_graph(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, network(), tmp_path)
    player.get_by_role("button", name="Show the network").click()
    assert player.locator(".ring").first.is_visible()
    player.get_by_role("button", name="Show the graph").click()
    assert player.locator(".ring").first.is_hidden()


def test_by_layer_a_click_fills_a_whole_column(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, network("layer"), tmp_path)
    assert count(player).startswith("step 0 of")  # nothing is computed yet
    assert player.locator(".cr-phase").inner_text() == "Waiting"
    tab.keyboard.press("ArrowRight")
    assert player.locator(".node.on .ring").count() == 4
    assert "W1 @ x + b1" in player.locator(".cr-block").inner_text()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_sticks_out_of_the_page(tab: Any, tmp_path: Path, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 720})
    edge = "document.querySelector('.cr-walk').getBoundingClientRect().right"
    parts = "[...document.querySelectorAll('.cr-formula > *, .cr-say, .cr-bar > *, .cr-ask > *')]"
    for steps in (neuron(quiz=True), network(), network("layer")):
        player = opened(tab, steps, tmp_path)
        player.focus()
        for _ in range(len(steps)):
            assert tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
            assert tab.evaluate(f"Math.max(...{parts}.map(part => part.getBoundingClientRect().right)) - {edge}") < 0
            tab.keyboard.press("ArrowRight")


def test_in_a_dark_notebook_the_player_is_dark(tab: Any, tmp_path: Path) -> None:
    text = f'<!DOCTYPE html><body data-jp-theme-light="false" style="background:#111">{fragment(neuron())}'
    (tmp_path / "dark.html").write_text(text, "utf-8")
    tab.emulate_media(color_scheme="light")
    tab.goto(f"file://{tmp_path / 'dark.html'}")
    player = tab.locator(".cr-walk")
    assert "dark" in player.get_attribute("class").split()
    tab.evaluate("document.body.dataset.jpThemeLight = 'true'")
    tab.wait_for_function("!document.querySelector('.cr-walk').classList.contains('dark')")


def test_the_page_is_dark_where_the_reader_likes_it_dark(tab: Any, tmp_path: Path) -> None:
    tab.emulate_media(color_scheme="dark")
    player = opened(tab, neuron(), tmp_path)
    assert "dark" in player.get_attribute("class").split()
    tab.emulate_media(color_scheme="light")
    tab.wait_for_function("!document.querySelector('.cr-walk').classList.contains('dark')")


def test_without_scripts_picture_and_list_are_there(browser: Any, tmp_path: Path) -> None:
    neuron().save(tmp_path / "w.html")
    text = (tmp_path / "w.html").read_text("utf-8")
    (tmp_path / "w.html").write_text(
        text.replace("<head>", "<head><meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">"), "utf-8"
    )
    tab = browser.new_page()
    tab.goto(f"file://{tmp_path / 'w.html'}")
    assert tab.locator("img").evaluate("image => image.naturalWidth") > 100
    tab.locator("summary", has_text="steps").click()
    assert "Raise b by 0.01" in tab.locator("ol").inner_text()
    tab.close()


def test_a_slice_starts_with_what_came_before(tab: Any, tmp_path: Path) -> None:
    player = opened(tab, neuron()[8:12], tmp_path)
    assert count(player) == "step 1 of 4"
    assert player.locator("[data-k=d9]").text_content() == "0.7064"
    assert player.locator("[data-k=g9]").text_content() == "∂ 1.0"


def test_what_is_blocked_is_grey_and_crossed_out_while_its_step_is_told(tab: Any, tmp_path: Path) -> None:
    x, w = Value(-2.0, "x"), Value(1.5, "w")
    player = opened(tab, walk((x * w).relu() + x), tmp_path)
    blocked = player.locator(".edge.on[data-state=blocked] .line")
    for _ in range(20):
        if blocked.count():
            break
        player.press("ArrowRight")
    look = "e => (s => [s.stroke, s.strokeDasharray, s.markerStart])(getComputedStyle(e))"
    grey = player.evaluate("e => getComputedStyle(e).getPropertyValue('--line')")
    stroke, dashes, marker = blocked.first.evaluate(look)
    assert (grey, stroke, dashes) == ("#767676", "rgb(118, 118, 118)", "1px, 4px")
    assert "cross" in marker
    assert tab.evaluate("m => document.querySelector(m.slice(5, -2)) !== null", marker)
