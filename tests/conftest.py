"""What several files of tests share: the browser."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium with a profile of its own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright's Python package is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian, Ubuntu: apt install chromium)")
    with playwright.sync_playwright() as running:
        profile = tmp_path_factory.mktemp("profile")
        context = running.chromium.launch_persistent_context(str(profile), executable_path=chromium, args=FLAGS)
        yield context
        context.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A fresh page that fails the test on any error of a script and on any request to a network."""
    tab, faults = browser.new_page(), []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("request", lambda request: faults.append(request.url) if request.url.startswith("http") else None)
    yield tab
    tab.close()
    assert faults == []
