"""python -m autograd: what it prints and writes, and that its expressions are parsed, never run."""

import contextlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import Value
from autograd.__main__ import main
from autograd.parsing import DEEPEST, LONGEST, ExpressionError, parse

NEURON = ["tanh(x1*w1 + x2*w2 + b)", "x1=2", "x2=0", "w1=-3", "w2=1", "b=6.8813735870195432"]


def parsed(text: str, **numbers: float) -> Value:
    found = parse(text, {name: Value(x, label=name) for name, x in numbers.items()})
    assert isinstance(found, Value)
    return found


def test_it_prints_value_gradients_and_walk(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(NEURON) == 0
    out = capsys.readouterr().out
    assert out.startswith("f = 0.707106781186")
    assert "∂f/∂x₁ = -1.499999999999" in out
    assert "∂f/∂w₂ = 0.0" in out
    assert "∂f/∂x₁ = ∂f/∂u₁ · ∂u₁/∂x₁ = 0.5 · (−3.0) = −1.5" in out


def test_it_runs_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "autograd", "x*x", "x=3"], capture_output=True, text=True, encoding="utf-8",
        cwd=Path(__file__).parent.parent, env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "∂f/∂x = 6.0" in run.stdout


def test_svg_html_and_latex(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    svg, html = tmp_path / "o.svg", tmp_path / "o.html"
    assert main([*NEURON, "--svg", str(svg), f"--html={html}", "--latex"]) == 0
    assert "<svg" in svg.read_text(encoding="utf-8")
    assert html.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    out = capsys.readouterr().out
    assert out.startswith(r"\documentclass")
    assert r"\frac{\partial f}{\partial x_{1}}" in out


def test_an_expression_may_begin_with_a_minus(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-x**2", "x=3"]) == 0
    assert "f = -9.0" in capsys.readouterr().out
    assert main(["--x", "x=3"]) == 0
    assert "f = 3.0" in capsys.readouterr().out


def test_a_label_that_is_taken_is_not_taken_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["f*2", "f=3"]) == 0
    assert "L = 6.0" in capsys.readouterr().out


def test_numbers_alone_give_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cos(pi) + e**0"]) == 0
    assert capsys.readouterr().out == "value 0.0\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + 2*y - 1/x", 3.0 + 2 * 5.0 - 1 / 3.0),
        ("-x**2", -9.0),
        ("+x", 3.0),
        ("2**-x", 0.125),
        ("(x + y)*(x - y)", -16.0),
        ("dot([x, y], [1, 2], 10)", 23.0),
        ("max(x, y, 7)", 7.0),
        ("sum([x, y])", 8.0),
        ("leaky_relu(-x, slope=0.5)", -1.5),
        ("relu(x) + sigmoid(0)", 3.5),
    ],
)
def test_arithmetic_and_functions_mean_what_they_mean_in_python(text: str, expected: float) -> None:
    assert parsed(text, x=3.0, y=5.0).data == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x.data", "column 1: an attribute"),
        ("1 + x.__class__", "column 5: an attribute"),
        ("x + foo(x)", "column 5: no function named 'foo'"),
        ("__import__('os')", "column 1: no function named '__import__'"),
        ("(lambda: x)()", "column 1: only the functions of the table"),
        ("2 + (lambda: x)", "column 6: a lambda"),
        ("[y for y in x]", "column 1: a comprehension"),
        ("sum(y for y in x)", "column 4: a comprehension"),
        ("x[0]", "column 1: an index"),
        ("x > 1", "column 1: a comparison"),
        ("x and x", "column 1: and/or"),
        ("x if x else x", "column 1: if/else"),
        ("(y := 2)", "column 2: an assignment"),
        ("x * y", "column 5: no value for y"),
        ("größe*x + y", "column 1: no value for größe"),
        ("x*2 + ö*w", "column 7: no value for ö"),
        ("[x]", "column 1: a list"),
        ("x, x", "column 1: a tuple"),
        ("'a' * 3", "column 1: ''a'' is not arithmetic"),
        ("1j*x", "column 1: '1j' is not arithmetic"),
        ("True + x", "column 1: 'True' is not arithmetic"),
        ("x // 2", "column 1: 'x // 2' is not arithmetic"),
        ("~x", "column 1: '~x' is not arithmetic"),
        ("9**9**9", "column 1: these numbers give inf"),
        ("10**400", "column 1: these numbers give inf"),
        ("x + 1e999", "column 5: this number is too large"),
        ("x + " + "9" * 400, "column 5: this number is too large"),
        ("x + " + "9" * 3900, "column 5: this number is too large"),
        ("x +", "column 1: invalid syntax"),
        ("x x", "column 3: invalid syntax"),
        ("(x", "column 1: '\\(' was never closed"),
        ("tanh", "column 1: tanh is a function"),
        ("tanh(x, x)", "column 1: tanh\\(\\) takes"),
        ("tanh(*[x])", "column 6: a star"),
        ("leaky_relu(x, **x)", "column 17: \\*\\* is not understood"),
        ("dot([x], [x, x])", "column 1: dot of 1 weights and 2 inputs"),
        ("x + \nx", "column 5: an expression is one line"),
        ("", "column 1: the expression is empty"),
        ("(" * 1_000_000, f"column {LONGEST + 1}: longer than"),
        ("(" * 1000 + "x" + ")" * 1000, f"column {DEEPEST + 1}: nested more than"),
        ("-" * 3000 + "x", f"column {DEEPEST + 1}: nested more than"),
        ("+".join("x" * 1500), f"column 1: more than {DEEPEST} operations"),
        ("x**" * 500 + "x", "column 451: more than 150 operations"),
        ("not " * 900 + "x", "column 601: more than 150 operations"),
    ],
)
def test_anything_else_is_a_one_line_error_with_its_column(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=f"^{message}") as caught:
        parsed(text, x=2.0)
    assert len(str(caught.value).splitlines()) == 1


def test_random_characters_do_nothing_but_raise_an_expression_error() -> None:
    rng = random.Random(0)
    for _ in range(3000):
        text = "".join(rng.choice("x1+-*/() .,[]:='\"_e@\\\t#lambdaifor") for _ in range(rng.randrange(1, 14)))
        with contextlib.suppress(ExpressionError):
            parse(text, {"x": Value(1.5, label="x")})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x*y", "x=1"], "error: column 3: no value for y"),
        (["x", "x=one"], "error: x=one: 'one' is not a number"),
        (["x", "3=1"], "error: '3=1' is not of the form name=number"),
        (["x*2", "x=1", "--html", "/nonexistent/w.html"], "error: cannot write /nonexistent/w.html"),
        (["x*2", "x=1", "--svg", "w.gif"], "error: cannot save a diagram as 'w.gif'"),
        (["x*2", "x=1", "--svg", "/nonexistent/w.svg"], "error: cannot write /nonexistent/w.svg"),
        (["x*2", "x=1", "x=2"], "error: x is given twice: 1.0 and 2.0"),
    ],
)
def test_errors_are_one_line_on_standard_error(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(message)
    assert error.count("\n") == 1


def test_without_graphviz_the_picture_is_drawn_all_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("autograd.drawing.render.programs", list)
    assert main(["x*2", "x=1", "--svg", str(tmp_path / "w.svg")]) == 0
    assert 'id="n0"' in (tmp_path / "w.svg").read_text(encoding="utf-8")
