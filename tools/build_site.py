"""Build the site: python tools/build_site.py [FOLDER]. Needs the extra `docs`, and npm for the playground's Python.

The pages of docs/site/ are gathered with the notebooks, the documents and a page for every public name, then handed to
Sphinx, which takes a warning for an error. The playground gets Pyodide and Graphviz (@viz-js/viz) from npm, in the
versions stated here, and this library's wheel; all is served from the site itself, each file with its hash.
"""

import base64
import hashlib
import inspect
import io
import json
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import autograd
import nn
from autograd import Value, walk
from autograd.player.page import fragment

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "site"
PACKAGES = {"pyodide": "314.0.7", "@viz-js/viz": "3.31.0"}
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")
MOST_SHOWN = 45  # lines of a lesson's code that its link to the playground carries
DATA = {"OPERATIONS": "The table of all operations, by name: ``OPERATIONS['tanh'].symbol``."}
EXAMPLES = {
    "A neuron": 'x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")\n'
    'w1, w2, b = Value(-3.0, label="w1"), Value(1.0, label="w2"), Value(6.88, label="b")\n'
    "(x1 * w1 + x2 * w2 + b).tanh()\n",
    "Derivatives of derivatives": "f = lambda x: x**3\nprint(f(2.0), grad(f)(2.0), grad(grad(f))(2.0))\n",
    "A network learns": "import random\n\n"
    "X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]\ny = [0.0, 1.0, 1.0, 0.0]\n"
    'model = nn.MLP(2, [4, 1], activation="tanh", rng=random.Random(1))\nadam = nn.Adam(model.parameters(), lr=0.1)\n'
    "nn.fit(model, X, y, loss=nn.bce_with_logits, optimizer=adam, epochs=100, progress=False)\n"
    "print(nn.predict_class(model, X))\nnn.draw(model, x=X[1], y=y[1], loss=nn.bce_with_logits)\n",
    "By layer": "import random\n\nmodel = nn.MLP(2, [3, 1], rng=random.Random(2))\n"
    'loss = (model([1.0, -0.5]) - 1.0) ** 2\nwalk(loss, model=model, by="layer")\n',
}
PLAYGROUND = """\
<div class="playground">
<div class="bar"><select data-part="examples" aria-label="examples"></select>
<button type="button" data-part="run">Run</button><button type="button" data-part="stop" disabled>Stop</button>
<button type="button" data-part="share">Link</button><span class="status" data-part="status" role="status"></span></div>
<textarea data-part="code" spellcheck="false" autocapitalize="off" aria-label="Python"></textarea>
<pre data-part="printed" aria-live="polite"></pre><div class="shown" data-part="shown"></div>
<script type="application/json">$examples</script>
<script type="module" src="_static/playground.js"></script>
</div>
"""


def gather() -> None:
    """All sources of the site, in build/site/source, where links between them hold."""
    source = BUILD / "source"
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree(ROOT / "docs" / "site", source)
    shutil.copytree(ROOT / "docs", source / "docs", ignore=shutil.ignore_patterns("site"))
    shutil.copytree(ROOT / "notebooks" / "pictures", source / "notebooks" / "pictures")
    for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, source)
    records = sorted(path.stem for path in (source / "docs" / "decisions").glob("0*.md"))
    index = ["# Decisions", "", "```{toctree}", ":maxdepth: 1", *records, "```", ""]
    (source / "docs" / "decisions" / "index.md").write_text("\n".join(index), encoding="utf-8")
    wheel = built_wheel()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook(path, source, wheel)
    for path in source.rglob("*.md"):
        path.write_text(_links(path.read_text(encoding="utf-8"), path.parent, source), encoding="utf-8")
    home(source)
    references(source / "reference")
    playground(source, wheel)


def _links(text: str, folder: Path, source: Path) -> str:
    """Links that lead to pages of the site; those to other files of the project become plain names."""

    def kept(found: re.Match[str]) -> str:
        target = found[3]
        if re.match(r"\w+:", target):
            return found[0]
        path = (folder / target).resolve()
        if path == source / "README.md":
            return f"[{found[2]}](/index.md)"
        is_page = path.is_file() and source in path.parents
        return found[0] if is_page else f"{found[2]}"

    parts = re.split(r"(```.*?```)", text, flags=re.DOTALL)  # code stays as it is
    return "".join(part if i % 2 else LINK.sub(kept, part) for i, part in enumerate(parts))


def built_wheel() -> Path:
    """This library as its users get it."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(BUILD / "wheel"),
        str(ROOT),
    ]
    subprocess.run(command, check=True)
    return next((BUILD / "wheel").glob("*.whl"))


def notebook(path: Path, source: Path, wheel: Path) -> None:
    """A notebook as a page with its two buttons, and as a download that runs by itself."""
    content = json.loads(path.read_text(encoding="utf-8"))
    target = source / "notebooks" / path.name
    for cell in content["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            cell["source"] = _links(text, source / "notebooks", source)
    download = source / "_static" / "notebooks" / path.name
    download.parent.mkdir(exist_ok=True)
    alone = {**content, "cells": [_install(wheel), *content["cells"]]}
    download.write_text(json.dumps(alone), encoding="utf-8")
    code = encoded(first_code(content))
    buttons = (
        f'<p><a href="../playground.html#code={code}">Open in the playground</a> · '
        f'<a href="../_static/notebooks/{path.name}" download>Download the notebook</a>, '
        "which brings the library along</p>"
    )
    title, *others = content["cells"]
    made = {"cell_type": "markdown", "id": "buttons", "metadata": {}, "source": buttons}
    page = {**content, "cells": [title, made, *others]}
    target.write_text(json.dumps(page), encoding="utf-8")


def first_code(content: dict[str, Any]) -> str:
    """The first cells of code that run by themselves, without NumPy and files, as far as they fit into a link."""
    lines: list[str] = []
    names: dict[str, Any] = {**{name: getattr(autograd, name) for name in autograd.__all__}, "nn": nn}
    for cell in content["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] != "code" or re.search(r"\b(numpy|np|matplotlib|plt|sklearn|lesson|compile)\b", text):
            continue
        if len(lines) + len(text.splitlines()) > MOST_SHOWN:
            break
        try:
            with redirect_stdout(io.StringIO()):
                exec(text, tried := dict(names))
        except Exception:
            continue  # it uses what an earlier cell made that is left out here
        names = tried
        lines += [*text.splitlines(), ""]
    return "\n".join(lines)


def encoded(code: str) -> str:
    """Code as the playground's links carry it."""
    return base64.urlsafe_b64encode(code.encode()).decode().rstrip("=")


def _install(wheel: Path) -> dict[str, Any]:
    """A cell that installs the library from within itself."""
    data = base64.b64encode(wheel.read_bytes()).decode()
    source = (
        "# Run this first: it installs chainrule from within this notebook.\n"
        "import base64, pathlib, subprocess, sys\n"
        f"wheel = pathlib.Path({wheel.name!r})\n"
        f"wheel.write_bytes(base64.b64decode({data!r}))\n"
        "if sys.platform == 'emscripten':\n"
        "    import micropip\n"
        "    await micropip.install(['numpy', 'matplotlib', 'pandas', 'scikit-learn', f'emfs:{wheel.resolve()}'])\n"
        "else:\n"
        "    subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', f'{wheel}[all]'], check=True)\n"
    )
    return {
        "cell_type": "code",
        "id": "install",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def home(source: Path) -> None:
    """The live player of the first page, and the page of a training."""
    numbers = {"x1": 2.0, "x2": 0.0, "w1": -3.0, "w2": 1.0, "b": 6.8813735870195432}
    v = {label: Value(x, label=label) for label, x in numbers.items()}
    steps = walk((v["x1"] * v["w1"] + v["x2"] * v["w2"] + v["b"]).tanh())
    (source / "home.html").write_text(f'<div class="cr-home">{fragment(steps, id="walk")}</div>', encoding="utf-8")
    shutil.copy(ROOT / "notebooks" / "pictures" / "training.html", source / "_static")


def references(folder: Path) -> None:
    """A page for every public name of both packages."""
    folder.mkdir()
    index = ["# Reference", ""]
    for package in (autograd, nn):
        name = package.__name__
        index += [f"## {name}", "", "```{toctree}", ":maxdepth: 1", ""]
        for public in sorted(package.__all__, key=str.lower):
            page = f"{name}.{public}"
            index.append(page)
            (folder / f"{page}.md").write_text(_reference(name, public, getattr(package, public)), encoding="utf-8")
        index += ["```", ""]
    (folder / "index.md").write_text("\n".join(index), encoding="utf-8")


def _reference(package: str, name: str, thing: Any) -> str:
    kind, options = "py:data", ["", f"   {DATA.get(name, f'A {type(thing).__name__}.')}"]
    if inspect.isclass(thing):
        kind, options = "autoclass", ["   :members:", "   :inherited-members:"]
    elif inspect.ismodule(thing):
        kind, options = "automodule", ["   :members:"]
    elif callable(thing):
        kind, options = "autofunction", []
    target = thing.__name__ if inspect.ismodule(thing) else f"{package}.{name}"
    lines = [f"# {package}.{name}", "", "```{eval-rst}", f".. {kind}:: {target}", *options, "```", ""]
    return "\n".join(lines)


def playground(source: Path, wheel: Path) -> None:
    """Pyodide, Graphviz and the wheels beside the playground's scripts, each with its hash."""
    static = source / "_static"
    examples = json.dumps(EXAMPLES).replace("<", "\\u003c")
    (source / "playground.html").write_text(PLAYGROUND.replace("$examples", examples), encoding="utf-8")
    packages = npm_packages()
    pyodide, viz = f"npm/pyodide-{PACKAGES['pyodide']}/", f"npm/viz-{PACKAGES['@viz-js/viz']}.js"
    (static / pyodide).mkdir(parents=True)
    for name in PYODIDE:
        shutil.copy(packages / "pyodide" / name, static / pyodide)
    shutil.copy(packages / "@viz-js" / "viz" / "dist" / "viz.js", static / viz)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(static / "wheels"),
        "graphviz",
    ]
    subprocess.run(command, check=True)
    shutil.copy(wheel, static / "wheels")
    wheels = sorted(f"wheels/{path.name}" for path in (static / "wheels").glob("*.whl"))
    files = [*(pyodide + name for name in PYODIDE), viz, *wheels, "playground.py"]
    hashes = {name: _hash(static / name) for name in files}
    table = {"pyodide": pyodide, "viz": viz, "wheels": wheels, "hashes": hashes}
    (static / "playground.json").write_text(json.dumps(table, indent=1), encoding="utf-8")


def npm_packages() -> Path:
    """Where the packages from npm are, installed in the versions stated here."""
    folder = ROOT / "build" / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    if not all(_version(folder / "node_modules" / name) == version for name, version in PACKAGES.items()):
        subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), *wanted], check=True)
    return folder / "node_modules"


def _version(package: Path) -> str:
    told = package / "package.json"
    return str(json.loads(told.read_text(encoding="utf-8"))["version"]) if told.is_file() else ""


def _hash(path: Path) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def main(folder: str = "site") -> None:
    """Gather, then build; a warning is an error."""
    gather()
    target, made = ROOT / folder, BUILD / "html"
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "2", "-b", "html"]
    subprocess.run([*command, str(BUILD / "source"), str(made)], check=True)
    shutil.move(made, target)
    print(f"The site is in {target.name}/: python -m http.server --directory {target.name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
