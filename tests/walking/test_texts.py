"""A walk as text, Markdown and LaTeX, and files written whole.

Of autograd.walking.saving, autograd.walking.steps.formatting and autograd.walking.steps.naming.
"""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

import autograd
import nn
from autograd import Value, dot, walk
from autograd.walking.walking import Walk


@pytest.fixture
def neuron() -> Walk:
    w, x = [Value(0.1, label="w1"), Value(0.3, label="w2")], [Value(1.0, label="x1"), Value(0.5, label="x2")]
    z = dot(w, x, Value(0.1, label="b"))
    return walk(0.5 * (z.sigmoid() - 1.0) ** 2)


def test_printed_walk_reads_as_a_textbook(neuron: Walk) -> None:
    lines = str(neuron).splitlines()
    assert lines[0] == "Forward"
    assert lines[1].strip() == "1  z₁ = w₁·x₁ + w₂·x₂ + b = 0.1·1.0 + 0.3·0.5 + 0.1 = 0.35"
    assert "Loss" in lines
    assert any(line.endswith("∂a₁/∂z₁ = a₁·(1 − a₁)") for line in lines)
    signs = {line.index("=") for line in lines[1:6]}
    assert len(signs) == 1  # aligned


def test_no_line_of_a_printed_walk_is_longer_than_120_characters_but_for_reasons() -> None:
    model = nn.MLP(8, [6, 1], rng=random.Random(1))
    text = str(walk(nn.mse(model([0.1] * 8), 1.0), model=model))
    assert [line for line in text.splitlines() if len(line) > 120 and line[6:7] not in "0123456789N"] == []


def test_long_names_do_not_break_the_columns() -> None:
    x = Value(2.0, label="temperature_of_the_water_in_the_tank")
    assert "temperature_of_the_water_in_the_tank" in str(walk(x * x))


@pytest.mark.parametrize("suffix", [".txt", ".md", ".tex", ".html"])
def test_saved_file_is_whole_and_replaces_the_old_one(neuron: Walk, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"w{suffix}"
    path.write_text("what was there before")
    neuron.save(path)
    content = path.read_text(encoding="utf-8")
    assert content.endswith("\n")
    assert "what was there before" not in content
    assert list(tmp_path.iterdir()) == [path]


def test_another_suffix_is_refused_before_anything_is_written(neuron: Walk, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.html, \.txt, \.md or \.tex"):
        neuron.save(tmp_path / "w.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("by", ["edge", "node", "layer"])
def test_latex_has_balanced_braces_and_no_sign_that_latex_lacks(by: str) -> None:
    model = nn.MLP(3, [4, 3, 1], rng=random.Random(0))
    loss = 0.5 * (model([0.6, -0.4, 0.9]) - 1.0) ** 2
    from autograd.walking.text import latex

    text = latex(walk(loss, model=model, by=by, parameters=model.parameters(), lr=0.1))  # type: ignore[arg-type]
    assert text.count("{") == text.count("}")
    assert [char for char in set(text) if ord(char) > 127] == []


@pytest.mark.slow
def test_latex_document_compiles(neuron: Walk, tmp_path: Path) -> None:
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed")
    neuron.save(tmp_path / "w.tex")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "w.tex"], cwd=tmp_path, capture_output=True
    )
    assert run.returncode == 0, run.stdout.decode(errors="replace")[-2000:]


def test_a_sum_whose_order_matters_is_written_in_the_order_in_which_it_is_computed() -> None:
    w, x = [Value(1e16, label="w1"), Value(-1e16, label="w2")], [Value(1.0, label="x1"), Value(1.0, label="x2")]
    bias = Value(1.0, label="b")
    first, *_ = walk(autograd.dot(w, x, bias))
    assert first.lines()[1].right == "1.0 + (1.0000e+16)·1.0 + (−1.0000e+16·1.0)"  # 1 + 1e16 is 1e16: the 1 is lost
    assert first.lines()[2].right == "0.0"
    w[0].data, w[1].data = 2.0, 3.0
    first, *_ = walk(autograd.dot(w, x, bias))
    assert first.lines()[1].right == "2.0·1.0 + 3.0·1.0 + 1.0"
