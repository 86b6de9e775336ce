"""The site, where it was built (make site): its pages open, its links lead somewhere, its playground runs Python."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest
from paths import ROOT

SITE = ROOT / "site"
NPM = ROOT / "build" / "npm" / "node_modules"
NODE = shutil.which("node")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="needs make site")]
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html") if "_static" not in path.parts)


class _Quiet(SimpleHTTPRequestHandler):
    def guess_type(self, path: Any) -> str:
        """As web servers have them."""
        kinds = {".mjs": "text/javascript", ".wasm": "application/wasm"}
        return kinds.get(Path(str(path)).suffix) or super().guess_type(path)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The site on a server of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A tab that fails the test on an error of a script, a warning in the console, and a request to another host."""
    tab, faults = browser.new_page(), []
    tab.on("pageerror", lambda error: faults.append(f"{tab.url}: {error}"))
    tab.on("console", lambda said: faults.append(f"{tab.url}: {said.text}") if said.type == "error" else None)
    own = (address, "data:", "blob:", "about:")
    tab.on("request", lambda request: None if request.url.startswith(own) else faults.append(request.url))
    yield tab
    tab.close()
    assert faults == []


@pytest.mark.parametrize("part", range(4))
def test_every_page_opens_without_errors_and_asks_no_other_host(part: int, page: Any, address: str) -> None:
    for name in PAGES[part::4]:
        page.goto(address + name)
        assert page.locator("h1, #search-results").count() >= 1, name


def test_every_link_within_the_site_leads_to_a_place_that_is_there() -> None:
    ids: dict[Path, set[str]] = {}
    broken = []
    for name in PAGES:
        text = (SITE / name).read_text(encoding="utf-8")
        without = re.sub(r"<(script|style)\b.*?</\1>", "", text, flags=re.DOTALL)
        for link in re.findall(r'(?:href|src)="([^"]+)"', without):
            target, anchor = urldefrag(unquote(re.sub(r"\?v=\w+", "", link)))
            if re.match(r"\w+:", target) or (anchor and anchor.startswith(("code=", "walk-"))):
                continue
            path = ((SITE / name).parent / target).resolve() if target else SITE / name
            if not path.exists():
                broken.append((name, link))
            elif anchor and path.suffix == ".html":
                if path not in ids:
                    ids[path] = set(re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8")))
                if anchor not in ids[path]:
                    broken.append((name, link))
    assert broken == []


def _run(page: Any, code: str | None = None) -> str:
    if code is not None:
        page.locator("[data-part=code]").fill(code)
    page.locator("[data-part=run]").click()
    page.wait_for_function(
        "/^(Done|An error|Python could not)/.test(document.querySelector('[data-part=status]').textContent)",
        timeout=60_000,
    )
    return str(page.locator("[data-part=printed]").inner_text())


def test_the_playground_runs_python_and_shows_diagram_and_live_player(page: Any, address: str) -> None:
    page.goto(f"{address}playground.html")
    _run(page)
    page.locator(".shown img").wait_for()
    player = page.frame_locator(".shown iframe").locator(".cr-walk")
    player.locator("summary", has_text="Numbers").click()
    player.locator(".cr-grid input").nth(2).fill("-1")
    assert "2.0·(−1.0)" in player.locator(".cr-formula").inner_text().replace("\n", "")
    assert _run(page, "x = Value(3.0)\ny = x * x\ny.backward()\nprint(x.grad)").strip() == "6.0"
    model = "import random\nm = nn.MLP(1, [1], rng=random.Random(0))\nsgd = nn.SGD(m.parameters(), lr=0.1)\n"
    train = "nn.fit(m, [[0.0], [1.0]], [1.0, 3.0], loss=nn.mse, optimizer=sgd, epochs=300, progress=False)\n"
    assert _run(page, f"{model}{train}[round(p.data, 3) for p in m.parameters()]").strip() == "[2.0, 1.0]"


def test_the_playground_names_the_line_of_an_error_and_what_it_lacks(page: Any, address: str) -> None:
    page.goto(f"{address}playground.html")
    said = _run(page, "x = Value(1.0)\n\ny = x + 'a'\n")
    assert said.startswith("line 3: y = x + 'a'")
    assert "TypeError" in said
    assert "line 2" in _run(page, "x = 1\ny = (\n")
    assert "needs NumPy" in _run(page, "f = autograd.compile(lambda x: x * x)\nf(1.0)")
    assert "needs NumPy" in _run(page, "import numpy")


def test_an_endless_loop_can_be_stopped_and_the_next_run_works(page: Any, address: str) -> None:
    page.goto(f"{address}playground.html")
    _run(page, "print(1)")
    page.locator("[data-part=code]").fill("while True: pass")
    page.locator("[data-part=run]").click()
    page.wait_for_timeout(300)
    page.locator("[data-part=stop]").click()
    assert _run(page, "print(2)").strip() == "2"


def test_a_link_carries_the_code_and_a_broken_one_is_the_page_as_it_is(page: Any, address: str) -> None:
    page.goto(f"{address}playground.html")
    page.locator("[data-part=code]").fill("print('∂')")
    page.locator("[data-part=share]").click()
    page.wait_for_function("location.hash.startsWith('#code=')")
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    assert page.locator("[data-part=code]").input_value() == "print('∂')"
    page.goto("about:blank")
    page.goto(f"{address}playground.html#code=!!")
    assert page.locator("[data-part=code]").input_value().startswith("x1, x2")


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "notebooks").glob("lesson-*.ipynb")))
def test_a_lessons_buttons_lead_to_code_that_runs_and_to_a_notebook_with_the_library(
    name: str, page: Any, address: str
) -> None:
    page.goto(f"{address}notebooks/{name.replace('.ipynb', '.html')}")
    alone = json.loads((SITE / "_static" / "notebooks" / name).read_text(encoding="utf-8"))
    assert "chainrule" in alone["cells"][0]["source"]
    page.locator("text=Open in the playground").click()
    page.locator(".playground").wait_for()
    assert "Error" not in _run(page)


@pytest.mark.skipif(NODE is None or not NPM.is_dir(), reason="needs Node, and Pyodide as make site installs it")
def test_both_packages_import_train_draw_and_walk_under_pyodide(tmp_path: Path) -> None:
    wheels = sorted((SITE / "_static" / "wheels").glob("*.whl"))
    script = f"""import {{ loadPyodide }} from {json.dumps(str(NPM / "pyodide" / "pyodide.mjs"))};
        import fs from "fs";
        const python = await loadPyodide({{ indexURL: {json.dumps(str(NPM / "pyodide") + "/")} }});
        for (const name of {json.dumps([str(wheel) for wheel in wheels])})
            python.unpackArchive(new Uint8Array(fs.readFileSync(name)).buffer, "wheel");
        console.log(python.runPython(`
import random
import nn
from autograd import Value, draw, grad, walk
model = nn.MLP(2, [4, 1], activation="tanh", rng=random.Random(1))
X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
adam = nn.Adam(model.parameters(), lr=0.1)
history = nn.fit(model, X, y, loss=nn.bce_with_logits, optimizer=adam, epochs=100, progress=False)
loss = nn.bce_with_logits(model(X[1]), y[1])
page = walk(loss, model=model)._repr_html_()
drawn = ["<svg" in draw(loss, model).svg(), "<svg" in nn.draw(model, x=X[1]).svg()]
[nn.accuracy(model, X, y), *drawn, len(page) > 20_000,
 grad(lambda x: x**3)(2.0)].__repr__()
`));"""
    (tmp_path / "run.mjs").write_text(script)
    done = subprocess.run([str(NODE), "run.mjs"], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.stdout.strip() == "[1.0, True, True, True, 12.0]", done.stderr[-2000:]
