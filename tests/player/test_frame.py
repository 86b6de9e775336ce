"""The player in a frame with srcdoc, as marimo shows it, and where a browser refuses to change the address."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from played import count, network, neuron, opened

from autograd.walking.walking import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def framed(tab: Any, tmp_path: Path) -> Callable[[Walk], Any]:
    """A walk in a frame with srcdoc, as marimo shows it."""

    def show(steps: Walk) -> Any:
        (tmp_path / "host.html").write_text(f"<!DOCTYPE html><meta charset=utf-8>{steps._mime_()[1]}", "utf-8")
        tab.goto(f"file://{tmp_path / 'host.html'}")
        return tab.frame_locator("iframe").locator(".cr-walk")

    return show


def test_in_a_frame_it_steps_and_the_list_leads_to_its_steps(framed: Callable[[Walk], Any]) -> None:
    player = framed(neuron())
    player.get_by_label("one step on", exact=True).click()
    assert count(player) == "step 2 of 15"
    player.press("ArrowRight")
    assert count(player) == "step 3 of 15"
    player.locator("summary", has_text="steps").click()
    player.locator("li a").nth(7).click()
    assert count(player) == "step 8 of 15"
    assert player.locator(".cr-say").inner_text() == neuron()[7].sentence


@pytest.mark.parametrize("steps", [neuron, network, lambda: network("layer")])
def test_a_frame_is_as_high_as_its_content(tab: Any, framed: Callable[[Walk], Any], steps: Callable[[], Walk]) -> None:
    player = framed(steps())

    def settled() -> float:
        """The frame's height when it no longer changes; nothing in it may have to be scrolled to."""
        heights = [-1.0, tab.locator("iframe").bounding_box()["height"]]
        while heights[-1] != heights[-2]:
            tab.wait_for_timeout(150)
            heights.append(tab.locator("iframe").bounding_box()["height"])
            assert len(heights) < 20
        inside = player.evaluate("e => e.ownerDocument.documentElement.scrollHeight")
        content = player.evaluate("e => e.getBoundingClientRect().bottom + 12")
        assert inside <= heights[-1] <= content + 2
        return heights[-1]

    first = settled()
    player.locator("summary", has_text="steps").click()
    assert settled() > first + 100
    player.locator("summary", has_text="steps").click()
    assert settled() == pytest.approx(first, abs=2)


def test_where_the_address_cannot_change_the_steps_go_on(tab: Any, tmp_path: Path) -> None:
    tab.add_init_script("history.replaceState = () => { throw new DOMException('too often', 'SecurityError'); }")
    player = opened(tab, neuron(), tmp_path)
    player.get_by_label("one step on", exact=True).click()
    player.get_by_label("one step on", exact=True).click()
    assert count(player) == "step 3 of 15"
