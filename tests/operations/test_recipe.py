"""CONTRIBUTING's recipe for a new operation, followed in a copy of the project: all comes of one entry.

Of autograd.operations.operation.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from paths import ROOT

pytestmark = pytest.mark.slow
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPE = re.search(r"## Adding an operation.*?```python\n(.*?)```", TEXT, re.DOTALL)
COMPILED = """
import importlib.util, math, autograd, nn, numpy as np
from autograd import Value, compile, formula, grad
x = [-2.0, -0.3, 0.0, 0.7, 3.0]
expected = [math.exp(-v * v) for v in x]
np.testing.assert_allclose([autograd.gaussian(Value(v)).data for v in x], expected, rtol=1e-14)
np.testing.assert_allclose([autograd.gaussian(v) for v in x], expected, rtol=1e-14)
for backend in ["numpy"] + ["llvm"] * bool(importlib.util.find_spec("llvmlite")):
    f = compile(autograd.gaussian, backend=backend)
    value, slope = f.value_and_grad(np.array(x))
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    np.testing.assert_allclose(slope, [-2 * v * math.exp(-v * v) for v in x], rtol=1e-14)
assert "exp" in f.source("c")
assert abs(grad(grad(autograd.gaussian))(0.7) + 0.04 * math.exp(-0.49)) < 1e-15
layer = nn.MLP(1, [2, 1], activation="gaussian").layers[0]
assert "gaussian" in repr(layer)
assert formula(autograd.gaussian(Value(2.0, label="x"))).startswith("gaussian(x)")
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the entry of the recipe."""
    assert RECIPE is not None
    folder = tmp_path_factory.mktemp("project")
    for name in ("autograd", "nn", "tests", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, folder)
    with open(folder / "autograd" / "operations" / "special.py", "a", encoding="utf-8") as table:
        table.write(RECIPE[1])
    return folder


def run(folder: Path, *command: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_stub_and_everything_that_computes_know_it(copied: Path) -> None:
    run(copied, "tools/make_stubs.py")
    assert "def gaussian(x: Value" in (copied / "autograd" / "functions.pyi").read_text(encoding="utf-8")
    run(copied, "-c", COMPILED)


def test_its_tests_come_from_the_entry(copied: Path) -> None:
    chosen = ["tests/operations", "tests/compiler/backends/test_operations.py", "tests/nn/test_modules.py"]
    printed = run(copied, "-m", "pytest", "-q", "-k", "gaussian", "-p", "no:cacheprovider", *chosen)
    assert int(re.search(r"(\d+) passed", printed)[1]) >= 10  # type: ignore[index]
    run(copied, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/operations/test_table.py")


def test_a_primitive_that_is_forgotten_is_named(copied: Path) -> None:
    code = """
import autograd
from autograd.operations.elementary import entry
entry("frob", "frob", lambda m, x: m.frob(x), [lambda m, x, out: 1.0])
from autograd.functions import function_of
from autograd import OPERATIONS, Value
try:
    function_of(OPERATIONS["frob"])(Value(1.0))
except NotImplementedError as error:
    print(error)
"""
    assert "_FloatArithmetic lacks the primitive operation 'frob'" in run(copied, "-c", code)
    assert "give this class a method frob(self, x)" in run(copied, "-c", code)
