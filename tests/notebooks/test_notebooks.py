"""The notebooks: they run, they print what is committed, their exercises tell right from wrong, they read well."""

import copy
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="the notebooks' tools are not installed: pip install jupyterlab")

from notebook_outputs import difference, printed  # noqa: E402
from paths import LIBRARY, ROOT  # noqa: E402

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PIMA = ROOT.parent / "shared" / "data" / "diabetes.csv"
WITHOUT = {"torch": importlib.util.find_spec("torch") is None, "cc": shutil.which("cc") is None}

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(str(path), as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: Any) -> list[str]:
    return cell.metadata.get("tags", [])


def run(path: Path, folder: Path, code: str = "", **environment: str) -> Any:
    """The notebook as it comes out when it is run now."""
    for module in ("nbclient", "ipykernel", "sklearn", "matplotlib", "numpy"):
        pytest.importorskip(module, reason=f"{module} is not installed: the notebooks cannot run")
    python_path = os.pathsep.join([str(LIBRARY), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": python_path, "PIMA_CSV": str(folder / "no such file"), **environment}
    result = folder / path.name
    command = [sys.executable, str(ROOT / "tests" / "helpers" / "notebook_run.py"), str(path), str(result), code]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert finished.returncode == 0, finished.stderr
    return read(result)


def varies(cell: Any) -> bool:
    """Whether its output may differ: timings, and what PyTorch or a C compiler says where there is none."""
    return "varies" in tags(cell) or any(WITHOUT.get(tag) for tag in tags(cell))


def changes(committed: Any, now: Any) -> list[str]:
    """Where two runs of a notebook print something else."""
    pairs = zip(code_cells(committed), code_cells(now), strict=True)
    found = [(cell, difference(printed(cell), printed(other))) for cell, other in pairs if not varies(cell)]
    return [f"{cell.source.splitlines()[-1]}: {what}" for cell, what in found if what]


# Run


@pytest.mark.slow
@every_notebook
def test_it_prints_what_is_committed_and_its_exercises_tell_right_from_wrong(path: Path, tmp_path: Path) -> None:
    now = run(path, tmp_path)
    assert changes(read(path), now) == []
    for cell in code_cells(now):
        if "check" in tags(cell):
            tried = cell.metadata["tried"]
            assert tried["right"].startswith("Right. "), cell.source
            assert [text for text in tried["wrong"] if not re.match("Not yet: .+ Hint: .+", text)] == [], cell.source


ASKED = {
    "initial_loss": "initial_loss", "text_loss": "text_loss(forward(*initial())[-1])", "trapped_loss": "trapped_loss",
    "majority": "majority", "dW1": "dW1[0, 0]", "dW2": "dW2[0, 0]", "db2": "db2[0, 0]", "db1": "db1[0, 0]",
    "too_early": "too_early", "loss_after_one": "loss_after_one", "final_loss": "final_loss", "accuracy": "accuracy",
    "loss_linear": "loss_linear", "slope_linear": "slope_linear",
}  # fmt: skip
PIMA_NUMBERS = {
    "initial_loss": 0.6948479717, "text_loss": 0.6948479517, "trapped_loss": 0.6916581595, "majority": 0.6510,
    "dW1": -0.0034963100, "dW2": 0.0051625360, "db2": 0.1481333083, "db1": 0.0035148163, "too_early": -0.0034694619,
    "loss_after_one": 0.6923564290, "final_loss": 0.41811469, "accuracy": 0.8086, "loss_linear": 0.6981393043,
    "slope_linear": -0.0075452465,
}  # fmt: skip
PIMA_VERDICTS = [
    "Pima diabetes data: 768 rows, 9 columns",
    "0    500\n1    268",
    "X: (768, 8), y: (768, 1)",
    "53.4% of the gates are closed",
    "dW1: (8, 16), dW2: (16, 1)",
    "analytic 0.005163, numeric 0.005163; close? True",
    "4 of 161 are farther apart: W1[0,13] W1[5,13] W1[6,13] W1[7,13]",
    "the smallest |z1| is 3.3e-06, of patient 116 in neuron 13",
    "with ε = 1e-6: 0 of 161 farther apart",
    "0 of 161 wrong",
    "16 of 161 wrong {'W2': 16}",
    "500 steps without the gate: loss 0.47099, 0.7826 right",
]


@pytest.mark.slow
def test_lesson_e_runs_on_the_pima_data_with_the_known_numbers_and_verdicts(tmp_path: Path) -> None:
    if not PIMA.exists():
        pytest.skip(f"the Pima data are not there ({PIMA})")
    asked = ", ".join(f"{name!r}: float({what})" for name, what in ASKED.items())
    code = f"import json; print(json.dumps({{{asked}}}))"
    now = run(FOLDER / "lesson-e-real-data.ipynb", tmp_path, code, PIMA_CSV=str(PIMA))
    assert [output for cell in code_cells(now) for output in cell.outputs if output.output_type == "error"] == []
    found = json.loads(printed(now.cells[-1]))
    for name, number in PIMA_NUMBERS.items():
        # losses computed with log(p + 1e-8) differ from the exact ones in the eighth digit
        assert found[name] == pytest.approx(number, abs=5e-5 if name in ("majority", "accuracy") else 3e-8), name
    text = "\n".join(printed(cell) for cell in code_cells(now))
    assert [verdict for verdict in PIMA_VERDICTS if verdict not in text] == []
    for cell in code_cells(now):
        if "check" in tags(cell):
            assert cell.metadata["tried"]["right"].startswith("Right. "), cell.source
            assert all(text.startswith("Not yet: ") for text in cell.metadata["tried"]["wrong"]), cell.source


# The comparison itself


def test_a_changed_number_is_found() -> None:
    committed = read(FOLDER / "lesson-d-one-step.ipynb")
    assert changes(committed, committed) == []
    for digits, changed in [("0.5866175789", "0.5866185789"), ("−0.0282770892", "−0.0282870892")]:
        other = copy.deepcopy(committed)
        for cell in code_cells(other):
            for output in cell.outputs:
                if digits in output.get("data", {}).get("text/markdown", ""):
                    output.data["text/markdown"] = output.data["text/markdown"].replace(digits, changed, 1)
        assert f"{digits} became {changed}" in "\n".join(changes(committed, other))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("loss 0.25", "loss 0.2500003"),
        ("loss 0.25", "loss −0.25"),
        ("loss 0.25", "cost 0.25"),
        ("3 of 19 are wrong", "4 of 19 are wrong"),
        ("1.2e−07", "1.3e−06"),
        ("0.25 0.5", "0.25"),
        ("agree: True", "agree: False"),
    ],
)
def test_another_word_or_number_is_a_difference(before: str, after: str) -> None:
    assert difference(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("loss 0.25", "loss 0.25000000001"),
        ("loss −0.25", "loss -0.25"),
        ("error 1.4e-12", "error  9.3e-13"),
        ("w1  1.0", "w1 1.0"),
    ],
)
def test_rounding_and_spaces_are_no_difference(before: str, after: str) -> None:
    assert difference(before, after) == ""


# Read


@every_notebook
def test_it_is_committed_whole_and_small(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert path.stat().st_size < 1_000_000
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))  # run once, from top to bottom
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"] == []


@every_notebook
def test_its_cells_are_short_and_begin_with_a_title(path: Path) -> None:
    notebook = read(path)
    assert notebook.cells[0].source.startswith("# ")
    long = [cell for cell in code_cells(notebook) if len(cell.source.splitlines()) > 36]
    assert [cell.source for cell in long if "panel" not in tags(cell)] == []
    assert [cell.source for cell in code_cells(notebook) if re.search(r"\bexec\(|subplots\(\)", cell.source)] == []


@every_notebook
def test_it_installs_what_it_needs_where_it_is_missing(path: Path) -> None:
    first = code_cells(read(path))[0].source
    assert 'find_spec("nn") and find_spec("autograd")' in first
    assert "%pip install" in first


@every_notebook
def test_each_exercise_has_a_place_to_predict_wrong_answers_and_no_answer_beneath(path: Path) -> None:
    cells = read(path).cells
    checks = [i for i, cell in enumerate(cells) if "check" in tags(cell)]
    assert len(checks) == sum("predict" in tags(cell) for cell in cells)
    assert len(checks) == sum("### Exercise" in cell.source for cell in cells) >= 1
    for i in checks:
        assert "predict" in tags(cells[i - 1])
        assert re.search("= None  # your answer", cells[i - 1].source)
        assert cells[i - 1].metadata["wrong"]
        assert re.fullmatch(r'check\("[\w-]+", \w+(, X, y)?\)', cells[i].source)  # nothing of the answer in it


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.stem.startswith("lesson")], ids=lambda p: p.stem)
def test_a_lesson_says_beside_which_text_it_stands_what_that_misprints_and_how_long_it_takes(path: Path) -> None:
    first = read(path).cells[0].source
    for part in ("## Beside your text", "| in your text | here |", "**You need**", "**It takes**"):
        assert part in first


@every_notebook
def test_its_links_lead_somewhere_and_nothing_is_fetched(path: Path) -> None:
    texts = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    links = [target for text in texts for target in re.findall(r"\]\(([^)]+)\)", text)]
    assert [target for target in links if not (FOLDER / target).exists()] == []
    addresses = {address for cell in read(path).cells for address in re.findall(r"https?:[^\s)]+", cell.source)}
    assert addresses <= {"https://datatweets.com/datasets/diabetes.csv."}  # which is said, and fetched by nobody


ITEMS = (ROOT / "docs" / "lesson-items.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-E]\d+) \| (.+?) \| (.+?) \|$", ITEMS, flags=re.MULTILINE)


def test_the_list_of_items_is_complete() -> None:
    counts = {"A": 28, "B": 51, "C": 35, "D": 29, "E": 39}
    assert [name for name, *_ in ROWS] == [f"{letter}{k}" for letter, n in counts.items() for k in range(1, n + 1)]


@pytest.mark.parametrize("letter", "ABCDE")
def test_every_item_of_its_text_is_found_in_the_lesson(letter: str) -> None:
    (path,) = FOLDER.glob(f"lesson-{letter.lower()}-*.ipynb")
    cells = read(path).cells
    text = "\n".join([cell.source + "\n" + (printed(cell) if cell.cell_type == "code" else "") for cell in cells])
    wanted = {name: piece for name, _, piece in ROWS if name[0] == letter and not piece.startswith("not needed: ")}
    assert {name: piece for name, piece in wanted.items() if piece not in text} == {}


ORDER = ["lesson-d", "lesson-a", "lesson-c", "lesson-b", "lesson-e", "compiler"]


@pytest.mark.parametrize("place", ["README.md", "notebooks/tour.ipynb", "docs/site/learn.md"])
def test_the_lessons_are_read_in_the_same_order_everywhere(place: str) -> None:
    text = (ROOT / place).read_text(encoding="utf-8")
    listed = "\n".join(re.findall(r"^\s*\"?(?:\d\. \[|notebooks/).*", text, flags=re.MULTILINE))
    assert re.findall(r"(?:\(|notebooks/)(lesson-\w|compiler)", listed) == ORDER


def test_each_lesson_leads_to_the_next() -> None:
    for stem, following in pairwise(ORDER):
        (path,) = FOLDER.glob(f"{stem}*.ipynb")
        last = read(path).cells[-1].source
        assert re.search(rf"\*\*Next:\*\* \[[^]]*\]\({following}", last), stem
