"""The notebooks exported as pages, in a real browser: every player steps, the slider slides, nothing goes wrong."""

import importlib.util
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
    "lesson-a-layer": 1, "lesson-b-depth": 1, "lesson-c-dead-neurons": 1, "lesson-d-one-step": 1,
    "lesson-e-real-data": 0, "tour": 1, "compiler": 0,
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
    for width in (1280, 800):
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
        total = int(player.locator(".cr-count").inner_text().split()[-1])
        seen = set()
        for place in range(1, total + 1):
            assert player.locator(".cr-count").inner_text() == f"step {place} of {total}"
            seen.add(player.locator(".cr-main").inner_html())
            if place < total:
                player.get_by_label("one step on", exact=True).click()
        assert len(seen) == total  # each step shows something else
        player.get_by_label("first step", exact=True).click()
        assert player.locator(".cr-count").inner_text() == f"step 1 of {total}"


def test_lesson_b_walks_the_network_in_seven_clicks(tab: Any, pages: Path) -> None:
    page = opened(tab, pages, "lesson-b-depth")
    assert page.locator(".cr-walk .cr-count").first.inner_text() == "step 1 of 7"


def test_the_depth_slider_shows_another_figure_at_each_depth_and_with_residual_paths(tab: Any, pages: Path) -> None:
    page = opened(tab, pages, "lesson-b-depth")
    slides = page.locator(".slides")
    knob, shown, picture = slides.locator("[type=range]"), slides.locator("output"), slides.locator("img")
    assert picture.count() == 1
    figures = {}
    for residual in (False, True):
        slides.get_by_label("residual paths").set_checked(residual)
        knob.focus()
        page.keyboard.press("Home")
        for depth in (5, 10, 15, 20, 25, 30):
            assert shown.inner_text() == str(depth)
            assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
            figures[depth, residual] = picture.get_attribute("src")
            page.keyboard.press("ArrowRight")
    assert len(set(figures.values())) == 12


@every_page
def test_solutions_are_folded_away_and_unfold(tab: Any, pages: Path, name: str) -> None:
    page = opened(tab, pages, name)
    solutions = page.locator("details:has(> summary:text-is('Solution'))")
    assert solutions.count() >= 1
    for i in range(solutions.count()):
        code = solutions.nth(i).locator("pre").first
        assert not code.is_visible()
        solutions.nth(i).locator("summary").click()
        assert code.is_visible()
