"""A mistake of one line is a short traceback in a notebook: the reader's lines, and what to do."""

import os
import subprocess
import sys

import pytest
from paths import LIBRARY

pytest.importorskip("IPython")

MISTAKES = {
    "model([1.0, 2.0, 3.0])": "ValueError",
    "Value(1.0) == 1.0": "TypeError",
    "nn.MLP(2, [3, 1], activation='rleu')": "ValueError",
    "autograd.compile(lambda x: x if x > 0 else -x)(1.0)": "TracingError",
    "nn.fit(model, [[1.0, 2.0]], [1.0], loss=nn.mse, optimizer=3, epochs=1)": "TypeError",
    "nn.cross_entropy([[1.0, 2.0]], [5])": "ValueError",
    "autograd.grad(lambda x: [x])(1.0)": "TypeError",
}


def shown(line: str, **environment: str) -> str:
    """What IPython prints for a cell of this line."""
    setup = "import autograd, nn; from autograd import Value; model = nn.MLP(2, [1])"
    script = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance(colors='NoColor')\n"
        f"shell.run_cell({setup!r})\nshell.run_cell({line!r})"
    )
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY), **environment}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    return run.stdout


@pytest.mark.slow
@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_of_one_line_is_shown_in_at_most_twelve(line: str) -> None:
    text = shown(line)
    assert MISTAKES[line] in text
    assert line[:20] in text
    assert len(text.strip().splitlines()) <= 12


def test_the_whole_traceback_is_to_be_had() -> None:
    text = shown("model([1.0, 2.0, 3.0])", AUTOGRAD_FULL_TRACEBACKS="1")
    assert "nn/" in text.replace(os.sep, "/")
    assert len(text.strip().splitlines()) > 12


def test_the_lines_of_the_readers_own_functions_stay() -> None:
    text = shown("def f(x):\n    return x * 'two'\nautograd.grad(f)(1.0)")
    assert "return x * 'two'" in text
