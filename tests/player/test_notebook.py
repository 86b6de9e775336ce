"""The player in notebooks: exported to HTML, live in JupyterLab, and in a notebook that is not trusted."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from paths import LIBRARY
from played import count, neuron

import nn
from autograd import draw

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CODE = """
from autograd import Value, walk
x, w = Value(2.0, label="x"), Value(-3.0, label="w")
walk((x * w).tanh())
"""


def notebook(source: str, output: str | None = None) -> Any:
    """A notebook of one cell, with its output if there is one."""
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    cell = nbformat.v4.new_code_cell(source)
    if output:
        data = {"text/html": output, "text/plain": "<Walk>"}
        cell.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """JupyterLab on the loopback interface, with settings of its own: its address, and its folder of notebooks."""
    if not find_spec("jupyterlab"):
        pytest.skip("JupyterLab is not installed")
    folder, settings = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("settings")
    places = {
        name: str(settings / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    environment = os.environ | places | {"PYTHONPATH": str(LIBRARY)}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root",
        "--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={folder}", "--LabApp.news_url=",
    ]  # fmt: skip
    with open(settings / "log", "w+") as log:
        start = {"stdout": log, "stderr": log, "env": environment, "cwd": folder, "start_new_session": True}
        server = subprocess.Popen(command, **start)  # type: ignore[call-overload]
        try:
            yield _address(settings / "log", server), folder
        finally:
            _end(server)


def _end(server: "subprocess.Popen[bytes]") -> None:
    """End it with its kernels; on a busy machine it may not get round to that by itself."""
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _address(log: Path, server: "subprocess.Popen[bytes]") -> str:
    for _ in range(300):
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab", log.read_text()):
            return found[0]
        assert server.poll() is None, log.read_text()
        time.sleep(0.2)
    pytest.fail("JupyterLab did not start:\n" + log.read_text())


def shown(browser: Any, lab: tuple[str, Path], name: str, content: Any) -> Any:
    """The notebook in JupyterLab."""
    import nbformat

    address, folder = lab
    nbformat.write(content, folder / name)
    tab = browser.new_page()
    tab.goto(f"{address}/tree/{name}?reset")
    tab.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
    return tab


def test_exported_notebook_plays(browser: Any, tmp_path: Path) -> None:
    nbconvert = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    content = notebook(CODE, neuron()._repr_html_())
    text, _ = nbconvert.HTMLExporter().from_notebook_node(content)
    (tmp_path / "nb.html").write_text(text, "utf-8")
    tab = browser.new_page()
    tab.goto(f"file://{tmp_path / 'nb.html'}")
    player = tab.locator(".cr-walk")
    player.get_by_label("one step on", exact=True).click()
    assert count(player) == "step 2 of 15"
    assert player.locator(".cr-stage svg").is_visible()
    tab.close()


def test_live_in_jupyterlab_it_plays_and_keeps_its_keys(browser: Any, lab: tuple[str, Path]) -> None:
    tab = shown(browser, lab, "live.ipynb", notebook(CODE))
    tab.get_by_text("| Idle").wait_for(timeout=90_000)  # the kernel has started
    tab.locator(".jp-CodeCell .cm-content").first.click()
    tab.keyboard.press("Shift+Enter")
    player = tab.locator(".cr-walk")
    player.locator(".cr-stage svg").wait_for(timeout=90_000)
    assert count(player) == "step 1 of 6"
    cells = tab.locator(".jp-Cell").count()
    player.locator(".cr-say").click()
    for key, expected in [("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("End", 6), ("Home", 1)]:
        tab.keyboard.press(key)
        assert count(player) == f"step {expected} of 6"
    tab.keyboard.press("q")
    assert player.locator(".cr-ask").is_visible()
    box = player.get_by_label("your result")
    box.click()
    tab.keyboard.type("-6abdx")  # a, b, d, d and x are commands of the notebook
    assert box.input_value() == "-6abdx"
    assert tab.locator(".jp-Cell").count() == cells
    tab.close()


def test_untrusted_notebook_shows_picture_and_list(browser: Any, lab: tuple[str, Path]) -> None:
    tab = shown(browser, lab, "untrusted.ipynb", notebook(CODE, neuron()._repr_html_()))
    picture = tab.locator(".jp-OutputArea-output img")
    picture.wait_for(timeout=60_000)
    assert picture.evaluate("image => image.naturalWidth") > 100
    assert tab.locator(".cr-bar").count() == 0
    output = tab.locator(".jp-OutputArea-output").first
    assert "chainruleWalk" not in output.inner_text()
    output.locator("summary", has_text="steps").click()
    assert "Raise b by 0.01" in output.inner_text()
    assert "To play it, run this cell." in output.inner_text()
    tab.close()


@pytest.mark.parametrize("name", ["draw", "nn.draw"])
def test_untrusted_notebook_shows_diagrams(name: str, browser: Any, lab: tuple[str, Path]) -> None:
    model = nn.MLP(2, [2, 1], rng=random.Random(0))
    diagram = draw(model([1.0, 2.0])) if name == "draw" else nn.draw(model, x=[1.0, 2.0])
    content = notebook(CODE, "in its place")
    content.cells[0].outputs[0].data.update(diagram._repr_mimebundle_())
    tab = shown(browser, lab, f"{name}.ipynb", content)
    picture = tab.locator(".jp-OutputArea-output img")
    picture.wait_for(timeout=60_000)
    assert picture.evaluate("image => image.naturalWidth") > 100
    tab.close()


def test_in_jupyterlab_a_reader_predicts_checks_gets_a_hint_and_clicks_through_code(
    browser: Any, lab: tuple[str, Path]
) -> None:
    import nbformat

    content = notebook("from autograd.lesson import check, clickable, depth_figure")
    sources = [
        'check("d-2", -0.1399)\ncheck("d-2", -0.1452)',
        "def twice(x):\n    y = x + x  # two of them\n    return y\n\n\nclickable(twice, 1.5)",
        "depth_figure(4)",
    ]
    content.cells += [nbformat.v4.new_code_cell(source) for source in sources]
    tab = shown(browser, lab, "lesson.ipynb", content)
    tab.get_by_text("| Idle").wait_for(timeout=90_000)
    tab.locator(".jp-CodeCell .cm-content").first.click()
    for _ in range(4):
        tab.keyboard.press("Shift+Enter")
    tab.get_by_text("Right. ∂L/∂v₂").wait_for(timeout=90_000)
    assert tab.get_by_text("Not yet: -0.1399 is not right. Hint:").is_visible()
    line = tab.locator(".cl-code details").first
    line.locator("summary").click()
    assert line.get_by_text("two of them").is_visible()
    assert "3.0" in line.inner_text()
    figure = tab.locator(".dp-figure")
    figure.locator("polyline").first.wait_for(timeout=30_000)
    figure.get_by_label("depth", exact=True).fill("9")
    assert figure.locator("output").first.inner_text() == "9"
    tab.close()
