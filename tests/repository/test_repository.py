"""What the repository as a whole promises: its metadata, its README, and how light `import autograd` is."""

import ast
import builtins
import configparser
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from paths import ROOT

import autograd
import nn

SOURCES = sorted(path for package in ("autograd", "nn") for path in (ROOT / package).rglob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEAVY = {"graphviz", "numpy", "matplotlib", "llvmlite", "sklearn", "torch", "IPython"}


def fenced(language: str) -> list[str]:
    """The README's code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def python(code: str) -> str:
    """What a fresh Python prints that runs `code` in the repository's folder."""
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"}}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


# Import


@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_import_loads_nothing_heavy(package: str) -> None:
    # What the environment's own start-up files load is not ours: compare with before.
    loaded = python(f"import sys; before = set(sys.modules); import {package}; print(*set(sys.modules) - before)")
    assert package in loaded.split()
    assert HEAVY.isdisjoint(loaded.split())


def test_import_loads_few_modules() -> None:
    """What makes an import slow is what it loads; counted, since the clock tells how busy the machine is."""
    loaded = python("import sys; before = set(sys.modules); import autograd; print(*set(sys.modules) - before)").split()
    ours = [name for name in loaded if name.split(".")[0] == "autograd"]
    assert len(ours) <= 32
    assert len(loaded) - len(ours) <= 60


def message_of_import(code: str) -> str:
    """The last line that a fresh Python prints which fails at `code`."""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode != 0
    return run.stderr.strip().splitlines()[-1]


def test_the_other_autograd_in_our_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("def grad(function): ...\n")
    message = message_of_import(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import nn")
    assert message.startswith("ImportError")
    assert "HIPS autograd" in message


def test_the_other_autograd_in_the_same_folder_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "autograd", tmp_path / "autograd", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "autograd" / "numpy").mkdir()
    (tmp_path / "autograd" / "numpy" / "numpy_wrapper.py").touch()
    message = message_of_import(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import autograd")
    assert message.startswith("ImportError")
    assert "HIPS autograd" in message


# The source


def test_all_names_exist_and_shadow_no_builtin() -> None:
    for package in (autograd, nn):
        assert len(set(package.__all__)) == len(package.__all__)
        assert [name for name in package.__all__ if not hasattr(package, name)] == []
        assert [name for name in package.__all__ if hasattr(builtins, name)] == []


def test_no_module_has_the_name_of_a_public_function() -> None:
    # A submodule that is imported lazily would replace the function of the same name.
    modules = {path.stem for path in (ROOT / "autograd").iterdir() if path.suffix == ".py" or path.is_dir()}
    callables = {name for name in vars(autograd) if callable(getattr(autograd, name))}
    assert modules & callables == set()


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")


def test_files_have_at_most_300_lines() -> None:
    assert {str(path.relative_to(ROOT)): lines(path) for path in SOURCES if lines(path) > 300} == {}


def test_value_can_be_read_in_one_sitting() -> None:
    assert lines(ROOT / "autograd" / "value.py") < 200


# Metadata


@pytest.fixture(scope="module")
def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def requirements(text: str) -> list[str]:
    """The bare names of the packages that a list of requirements asks for."""
    return [re.match(r"[\w.-]+", line).group() for line in text.strip().splitlines() if line.strip()]


def test_metadata_names_the_distribution(setup_cfg: configparser.ConfigParser) -> None:
    metadata, options = setup_cfg["metadata"], setup_cfg["options"]
    assert metadata["name"] == "chainrule"
    assert metadata["version"] == "attr: autograd.__version__"  # the one place
    assert f"\nversion: {autograd.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert metadata["license"] == "MIT"
    assert options["python_requires"] == ">= 3.11"


def test_graphviz_is_the_only_hard_dependency(setup_cfg: configparser.ConfigParser) -> None:
    assert requirements(setup_cfg["options"]["install_requires"]) == ["graphviz"]


def test_every_extra_exists_and_none_asks_for_torch(setup_cfg: configparser.ConfigParser) -> None:
    extras = setup_cfg["options.extras_require"]
    assert {"draw", "compile", "plot", "demo", "notebooks", "test", "docs", "all"} <= set(extras)
    for text in extras.values():
        assert "torch" not in requirements(text)
        for names in re.findall(r"chainrule\[(.*?)\]", text):
            assert set(names.split(",")) <= set(extras)


def test_packages_are_marked_as_typed(setup_cfg: configparser.ConfigParser) -> None:
    for package in ("autograd", "nn"):
        assert (ROOT / package / "py.typed").exists()
        assert "py.typed" in setup_cfg["options.package_data"][package]


# README


def promises(block: str) -> list[tuple[str, str | None]]:
    """The statements of a block of code, each with the output promised in the comment behind its print(...).

    A colon ends the output and begins an explanation.
    """
    comments = {
        token.start[0]: token.string.lstrip("# ").split(": ")[0]
        for token in tokenize.generate_tokens(io.StringIO(block).readline)
        if token.type == tokenize.COMMENT
    }
    return [
        (ast.unparse(node), comments.get(node.end_lineno) if ast.unparse(node).startswith("print(") else None)  # type: ignore[arg-type]
        for node in ast.parse(block).body
    ]


@pytest.mark.parametrize("block", fenced("python"))
def test_readme_code_prints_what_it_says(block: str) -> None:
    namespace: dict[str, object] = {}
    for code, promised in promises(block):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, namespace)
        if promised is not None:
            assert printed.getvalue().strip() == promised, code


def test_readme_has_code_with_printed_results() -> None:
    assert sum(promised is not None for block in fenced("python") for _, promised in promises(block)) >= 3


def test_readme_imports_instead_of_micrograd_work() -> None:
    (diff,) = fenced("diff")
    added = [line[1:] for line in diff.splitlines() if line.startswith("+")]
    assert len(added) == 2
    exec("\n".join(added), {})


def test_readme_names_only_targets_and_files_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    for document in (README, (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        named = re.findall(r"^make ([a-z]+)\b|`make ([a-z]+)`", document, flags=re.MULTILINE)
        assert named
        assert {first or second for first, second in named} <= targets
    files = re.findall(r"`((?:\w+/)*\w+\.(?:py|md|cfg))`", README)
    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_readme_links_and_pictures_exist() -> None:
    local = [target for target in re.findall(r"\]\(([^)]+)\)", README) if "://" not in target]
    assert [target for target in local if not (ROOT / target.split("#")[0]).exists()] == []
