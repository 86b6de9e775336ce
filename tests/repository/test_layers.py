"""The house: imports point down the order of folders only, no circle, and no folder is crowded."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from paths import ROOT

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("autograd", "nn")
    for path in (ROOT / package).rglob("*.py")
}
LAYERS: list[list[str]] = [
    ["autograd.operations", "autograd.tracebacks"],
    ["autograd.support"],
    ["autograd.graph"],
    ["autograd.protocols"],
    ["autograd.value"],
    ["autograd.recorders", "autograd.requirements"],
    ["autograd.fast_paths", "autograd.methods"],
    ["autograd.functions"],
    ["autograd.anomaly", "autograd.transforms"],
    ["autograd.rules", "autograd.control"],
    ["autograd.notation", "autograd.checking", "autograd.model_view"],
    ["autograd.walking", "autograd.drawing", "autograd.player"],
    ["autograd.compiler.ir", "autograd.compiler.request", "autograd.compiler.frontend"],
    ["autograd.compiler.passes", "autograd.compiler.loops"],
    ["autograd.compiler.backends"],
    ["autograd.compiler"],
    ["autograd"],
    ["nn"],
    ["autograd.lesson"],
]
"""From the lowest up. A module belongs to the longest name that begins its own; a layer uses itself and the lower."""


def layer_of(module: str) -> int:
    named = [(len(name), k) for k, names in enumerate(LAYERS) for name in names if f"{module}.".startswith(f"{name}.")]
    return max(named)[1]


def imports(module: str) -> Iterator[str]:
    """The modules of this project that a module imports, wherever in it; not for type checkers only."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*base, *([node.module] if node.module else [])])
        for alias in node.names:
            whole = f"{source}.{alias.name}"
            if whole in MODULES or source in MODULES:
                yield whole if whole in MODULES else source


def test_the_lists_of_layers_are_complete() -> None:
    assert all(layer_of(module) >= 0 for module in MODULES)


def test_imports_point_down() -> None:
    lazy = {"autograd", "autograd.__main__", "autograd.compiler"}  # the faces of packages, which know all of them
    arrows = [(module, name) for module in MODULES if module not in lazy for name in imports(module)]
    assert [(a, b) for a, b in arrows if layer_of(b) > layer_of(a) and b not in lazy] == []


def test_there_is_no_circle() -> None:
    done: set[str] = set()
    path: list[str] = []

    def visit(module: str) -> None:
        assert module not in path, " → ".join([*path[path.index(module) :], module])
        if module in done:
            return
        path.append(module)
        for name in imports(module):
            if name != module and MODULES[name].name != "__init__.py":
                visit(name)
        done.add(path.pop())

    for module in MODULES:
        visit(module)


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES.values()}))
def test_a_folder_has_at_most_twelve_modules(folder: Path) -> None:
    assert sum(path.name != "__init__.py" for path in folder.glob("*.py")) <= 12


def test_every_module_is_named_by_a_test() -> None:
    """By importing from it, or in a test module's own docstring: where a change of it is looked at first."""
    named = set[str]()
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        named |= {module for module in MODULES if module in text}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module:
                named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    assert sorted(MODULES.keys() - named) == []


def test_the_tests_lie_in_folders_of_at_most_twelve() -> None:
    folders = [path for path in (ROOT / "tests").rglob("*") if path.is_dir()]
    assert {path.name: len(list(path.glob("*.py"))) for path in folders if len(list(path.glob("*.py"))) > 12} == {}


def test_no_test_imports_from_another() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        assert "\nfrom test_" not in path.read_text(encoding="utf-8"), path


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for package in ("autograd", "nn") for path in (ROOT / package).rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []
