"""A user whose own code is checked strictly has no error from what the library's types say or leave open."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import types
import venv
from pathlib import Path

import pytest
from paths import ROOT

import autograd
import nn

pytestmark = pytest.mark.slow
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MAGIC = re.compile(r"(?<![^ ])[%!]\w.*")  # what IPython runs and Python does not
USERS = f"mypy_path = {ROOT}\nfollow_imports = silent\nignore_missing_imports = True\n"
WRITTEN = ROOT / "tests" / "repository" / "typed_user.py"
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def test_what_users_write_and_the_readme_pass_mypy_strict(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed: make types installs it")
    shutil.copy(WRITTEN, tmp_path / "user.py")
    for k, block in enumerate(BLOCKS):
        (tmp_path / f"readme{k}.py").write_text(block, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(f"[mypy]\nstrict = True\nmypy_path = {ROOT}\nfollow_imports = silent\n")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache" / "users"), "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (
        0,
        [f"Success: no issues found in {1 + len(BLOCKS)} source files"],
    ), done.stdout


def test_mypy_does_find_a_users_mistake(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed: make types installs it")
    (tmp_path / "user.py").write_text("import autograd\nx: str = autograd.mean([autograd.Value(1.0), 2.0])\n")
    (tmp_path / "mypy.ini").write_text(f"[mypy]\nstrict = True\nmypy_path = {ROOT}\nfollow_imports = silent\n")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache" / "users"), "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert 'has type "Value", variable has type "str"' in done.stdout or 'type "Value"' in done.stdout
    assert done.returncode == 1


NOT_OURS = (
    "Tensor | None", '"**dict[', "multiple values for keyword", '"Operation | None"', "Need type annotation",
    'of "dict"',
)  # fmt: skip
"""PyTorch's gradients, options in a dict (which no type checker follows), a node's operation (None for a leaf), and
what a reader's own lists and dicts hold."""


def test_the_notebooks_code_has_the_types_it_is_used_with(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed: make types installs it")
    for path in NOTEBOOKS:
        cells = [cell["source"] for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
        lines = [MAGIC.sub("pass", line) for source in cells for line in "".join(source).splitlines()]
        (tmp_path / f"{path.stem.replace('-', '_')}.py").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(f"[mypy]\ncheck_untyped_defs = True\nallow_redefinition = True\n{USERS}")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache" / "users"), "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    found = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert f"checked {len(NOTEBOOKS)} source files" in done.stdout or "Success" in done.stdout, done.stdout
    assert [line for line in found if not any(told in line for told in NOT_OURS)] == []


def the_checker() -> str:
    if found := shutil.which("pyright"):
        return found
    pytest.skip("pyright is not installed (npm install -g pyright)")


def test_what_users_write_and_the_readme_pass_pyright_strict(tmp_path: Path) -> None:
    pyright = the_checker()
    shutil.copy(WRITTEN, tmp_path / "user.py")
    for k, block in enumerate(BLOCKS):
        (tmp_path / f"readme{k}.py").write_text(block, encoding="utf-8")
    (tmp_path / "pyrightconfig.json").write_text(f'{{"typeCheckingMode": "strict", "extraPaths": ["{ROOT}"]}}')
    command = [pyright, "--pythonpath", sys.executable, "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert "0 errors, 0 warnings" in done.stdout, done.stdout


@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_every_public_type_is_known(package: str, tmp_path: Path) -> None:
    pyright = the_checker()
    venv.create(tmp_path / "venv", with_pip=False)
    (installed,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    for name in ("autograd", "nn"):
        shutil.copytree(ROOT / name, installed / name, ignore=shutil.ignore_patterns("__pycache__"))
    (installed / "others.pth").write_text(sysconfig.get_path("purelib"))  # NumPy's types
    path = os.pathsep.join([str(tmp_path / "venv" / "bin"), os.environ["PATH"]])
    command = [pyright, "--verifytypes", package, "--ignoreexternal"]
    environment = os.environ | {"PATH": path, "VIRTUAL_ENV": str(tmp_path / "venv"), "PYTHONPATH": ""}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert "Type completeness score: 100%" in done.stdout, done.stdout
    assert int(re.search(r"With known type: (\d+)", done.stdout)[1]) > 500  # type: ignore[index]


def test_completion_shows_what_users_type_and_no_modules() -> None:
    kinds = {name: type(getattr(package, name)) for package in (autograd, nn) for name in dir(package)}
    shown = {name for name, kind in kinds.items() if kind is types.ModuleType and not name.startswith("_")}
    assert shown <= {"init"}
    assert {"Value", "grad", "walk", "compile", "sum", "MLP", "fit"} <= kinds.keys()
