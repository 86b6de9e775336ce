"""The notebooks exported as pages, in a real browser, used as a reader would: players, figures, lines of code."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FOLDER = ROOT / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
PLAYERS = {
    "lesson-a-layer": 1, "lesson-b-depth": 1, "lesson-c-dead-neurons": 2, "lesson-d-one-step": 3,
    "lesson-e-real-data": 1, "tour": 1, "compiler": 0,
}  # fmt: skip

every_page = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All notebooks, exported as `make pages` does it."""
    if importlib.util.find_spec("nbconvert") is None:
        pytest.skip("nbconvert is not installed")
    folder = tmp_path_factory.mktemp("pages")
    notebooks = [str(FOLDER / f"{name}.ipynb") for name in NAMES]
    command = [sys.executable, "-m", "nbconvert", "--log-level", "WARN", "--to", "html", "--output-dir", str(folder)]
    finished = subprocess.run([*command, *notebooks], capture_output=True, text=True, timeout=300)
    assert finished.returncode == 0, finished.stderr
    return folder


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A fresh page without a network, which fails the test on any error that a script or the console reports."""
    tab, faults = browser.new_page(), []
    # nbconvert's own pages ask for libraries (MathJax, RequireJS) that no notebook needs: they get an empty answer
    tab.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else fulfil(route))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield tab
    tab.close()
    assert faults == []


def fulfil(route: Any) -> None:
    route.fulfill(status=200, content_type="text/javascript", body="")


def opened(tab: Any, pages: Path, name: str) -> Any:
    tab.goto((pages / f"{name}.html").as_uri())
    return tab


@every_page
def test_it_opens_and_fits_its_width_and_every_picture_shows(tab: Any, pages: Path, name: str) -> None:
    page = opened(tab, pages, name)
    for width in (1280, 800, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    for image in page.locator("img").all():
        assert image.get_attribute("alt")
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


@every_page
def test_every_player_steps_from_the_first_to_the_last(tab: Any, pages: Path, name: str) -> None:
    page = opened(tab, pages, name)
    players = page.locator(".cr-walk")
    assert players.count() == PLAYERS[name]
    for i in range(players.count()):
        player = players.nth(i)
        first, total = map(int, re.findall(r"\d+", player.locator(".cr-count").inner_text()))
        assert first == (0 if player.get_attribute("data-by") == "layer" else 1)
        seen = set()
        for place in range(first, total + 1):
            assert player.locator(".cr-count").inner_text() == f"step {place} of {total}"
            seen.add(player.locator(".cr-main").inner_html())
            if place < total:
                player.get_by_label("one step on", exact=True).click()
        assert len(seen) == total - first + 1  # each step shows something else
        player.get_by_label("first step", exact=True).click()
        assert player.locator(".cr-count").inner_text() == f"step {first} of {total}"


def test_lesson_b_opens_blank_and_walks_the_network_in_seven_clicks(tab: Any, pages: Path) -> None:
    player = opened(tab, pages, "lesson-b-depth").locator(".cr-walk").first
    assert player.locator(".cr-phase").inner_text() == "Waiting"
    assert player.locator(".cr-count").inner_text() == "step 0 of 7"
    circles = player.locator(".cr-stage text[data-k]")
    filled = [circles.nth(i).text_content() for i in range(circles.count())]
    assert {text.split()[-1] for text in filled if text.split()[-1] != "·"} == {"0.6", "−0.4", "0.9"}  # the inputs
    for _ in range(7):
        player.get_by_label("one step on", exact=True).click()
    texts = " ".join(circles.nth(i).text_content() for i in range(circles.count()))
    for number in ("0.4142", "δ −0.9102", "δ 0.182", "δ −0.7282", "δ 0.7282", "δ −0.4187", "δ −0.5643"):
        assert number in texts
    assert player.locator(".cr-stage [data-state=dead]").count() >= 2  # one closed neuron in each hidden layer


def test_lesson_b_moves_the_depth_figure(tab: Any, pages: Path) -> None:
    page = opened(tab, pages, "lesson-b-depth")
    figure = page.locator(".dp-figure")
    seen = set()
    for depth, residual in ((2, False), (20, False), (50, False), (20, True)):
        figure.get_by_label("residual paths").set_checked(residual)
        figure.get_by_label("depth", exact=True).fill(str(depth))
        assert figure.locator("output").first.inner_text() == str(depth)
        seen.add(figure.locator(".dp-readout").inner_text())
        assert figure.locator("polyline").count() == 3
    assert len(seen) == 4


def test_lesson_c_opens_every_line_of_its_code_and_the_gate_of_neuron_2(tab: Any, pages: Path) -> None:
    page = opened(tab, pages, "lesson-c-dead-neurons")
    lines = page.locator(".cl-code details")
    assert lines.count() == 19
    for i in range(lines.count()):
        lines.nth(i).locator("summary").click()
        assert lines.nth(i).locator("p").first.is_visible()
        assert lines.nth(i).locator("th").first.is_visible()
    player = page.locator(".cr-walk").first
    player.get_by_label("last step", exact=True).click()
    closed = player.locator(".cr-stage .node[data-state=dead]")
    before = closed.count()
    player.locator("summary", has_text="Numbers").click()
    player.locator(".cr-grid input").nth(1).fill("0.25")  # x₂
    player.locator(".cr-grid input").nth(1).press("Enter")
    assert closed.count() < before


def test_lesson_d_ticks_the_recipe_off_and_a_click_goes_to_a_move(tab: Any, pages: Path) -> None:
    player = opened(tab, pages, "lesson-d-one-step").locator(".cr-walk:has(.cr-recipe)").first
    moves = player.locator(".cr-move")
    assert moves.count() == 10  # five for each layer
    ticks = [moves.nth(i).locator(".cr-tick").inner_text() for i in range(10)]
    assert ticks == ["○", "–", "○", "○", "○", "○", "○", "○", "○", "○"]
    moves.nth(7).click()  # the weights of layer 1
    ticks = [moves.nth(i).locator(".cr-tick").inner_text() for i in range(10)]
    assert ticks == ["✓", "–", "✓", "✓", "✓", "✓", "✓", "✓", "○", "○"]
    assert "∂L/∂W⁽¹⁾" in player.locator(".cr-formula").inner_text()
    player.get_by_label("last step", exact=True).click()
    assert "0.9789" in player.locator(".cr-stage").text_content()  # a whole new forward pass beside the new loss
