"""python -m autograd: what it prints and writes, and that its expressions are parsed, never run."""

import contextlib
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

from autograd import Value
from autograd.__main__ import main
from autograd.notation.parser import DEEPEST, LONGEST, ExpressionError, parse

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
        cwd=ROOT, env=os.environ | {"PYTHONIOENCODING": "utf-8"},
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


def test_the_result_has_a_name_however_many_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["f*L*out*result*f1", "f=1", "L=2", "out=3", "result=4", "f1=5"]) == 0
    assert capsys.readouterr().out.startswith("f₂ = 120.0\n")


def test_the_micro_sign_is_the_letter_mu(capsys: pytest.CaptureFixture[str]) -> None:
    for first, second in [
        ("\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"),
        ("\N{GREEK SMALL LETTER MU}", "\N{MICRO SIGN}"),
    ]:
        assert main([f"2*{first}", f"{second}=3"]) == 0
        assert "f = 6.0" in capsys.readouterr().out
        assert parsed(f"2*{first}", **{second: 3.0}).data == 6.0


def test_names_that_look_alike_with_subscripts_are_written_as_they_are_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["x1*x_1 + y2", "x1=2", "x_1=3", "y2=1"]) == 0
    out = capsys.readouterr().out
    assert "∂f/∂x1  = 3.0\n∂f/∂x_1 = 2.0\n∂f/∂y₂  = 1.0\n" in out
    assert "u₁ = x1·x_1  = 2.0·3.0" in out
    assert main(["x1*x_1 + y2", "x1=2", "x_1=3", "y2=1", "--latex"]) == 0
    assert r"\mathrm{x1} \cdot \mathrm{x\_1}" in capsys.readouterr().out


def test_a_number_that_is_not_used_is_remarked(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["x*2", "x=1", "y=4"], ["x*2", "x=1", "y=4", "--latex"], ["pi", "y=4"]):
        assert main(arguments) == 0
        assert capsys.readouterr().err == "remark: y=4.0 is not used in the expression\n"


def test_every_file_that_is_asked_for_is_written(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("a.html", "b.html", "-c.svg", "D.SVG")]
    assert main(["x*2", "x=1", "--html", names[0], f"--html={names[1]}", "--svg", names[2], "--svg", names[3]]) == 0
    assert all(os.path.exists(name) for name in names)


def test_a_file_whose_name_begins_with_a_sign_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--svg", "-x.svg", "--", "-x", "x=1"]) == 0
    assert os.listdir(tmp_path) == ["-x.svg"]


def run(*arguments: str, encoding: str = "utf-8", **options: Any) -> "subprocess.CompletedProcess[bytes]":
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "autograd", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, timeout=120, **options)


@pytest.mark.skipif(os.name != "posix", reason="pipes of a shell")
def test_a_reader_that_stops_early_is_no_error_and_the_files_are_there(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # as `head` does when it has seen enough
    done = run(*NEURON, "--html", str(tmp_path / "o.html"), stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "o.html").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_output_that_cannot_be_written_is_an_error() -> None:
    with open("/dev/full", "wb") as full:
        done = run("x*2", "x=1", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("error: cannot write to standard output: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437"])
def test_streams_without_our_signs_get_ascii_names(encoding: str) -> None:
    done = run("x1*w1**2 + sigmoid(σ)", "x1=2", "w1=3", "σ=1", "y=1", encoding=encoding, capture_output=True)
    assert done.returncode == 0, done.stderr
    out = done.stdout.decode("ascii")
    assert "df/dx1 = 9.0" in out
    assert "df/dsigma  = 0.1966119332414818" in out
    assert "u1 = w1**2" in out
    assert run("x*2", encoding=encoding, capture_output=True).stderr.startswith(b"error: column 1: no value for x")


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
        ("x x", "column 3: a sign is missing between two factors: write \\*"),
        ("2x", "column 2: a sign is missing between two factors: write \\*, as in 2\\*x"),
        ("1e5x + 1", "column 4: a sign is missing between two factors"),
        ("(x+1)x", "column 6: a sign is missing between two factors"),
        ("2(x+1)", "column 1: a bracket behind a factor calls nothing: write \\*"),
        ("x(x+1)", "column 1: x is a number, not a function: write x\\*"),
        ("x^2", "column 2: \\^ is no power here: write \\*\\*, as in x\\*\\*2"),
        ("größe + x^2", "column 10: \\^ is no power"),
        ("2*(x)^2", "column 6: \\^ is no power"),
        ("sin x", "column 5: sin is a function: write sin"),
        ("x² + 1", "column 2: ² is not understood: write \\*\\*2"),
        ("x −1", "column 3: − is not understood: write -"),
        ("2·x", "column 2: · is not understood: write \\*"),
        ("x₁", "column 2: ₁ is not understood: write x1"),
        ("xx", "column 1: no value for xx: add xx=… after the expression, or write x\\*x"),
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
        (
            ["x*2", "x=1", "--svg", "w.gif"],
            "error: --svg writes SVG: the name of the file must end in .svg, got 'w.gif'",
        ),
        (["x*2", "x=1", "--svg", "w.dot"], "error: --svg writes SVG"),
        (["x*2", "x=1", "--svg", ""], "error: --svg writes SVG"),
        (["x*2", "x=1", "--html", "a.txt"], "error: --html writes HTML: the name of the file must end in .html"),
        (["x*2", "x=1", "--html="], "error: --html writes HTML"),
        (["x*2", "--html", "x=1"], "error: --html writes HTML"),
        (["x*2", "x=1", "--svg", "--"], "error: --svg writes SVG"),
        (["x*2", "x=1", "--html=--"], "error: --html writes HTML"),
        (["1+1", "--svg", "w.svg"], "error: --svg: an expression without names has no graph to show"),
        (["1+1", "--latex"], "error: --latex: an expression without names has no graph to show"),
        (["x=1", "x*2"], "error: the expression comes first, then the numbers: got 'x=1' first"),
        (["x*2", "x=1e400"], "error: x=1e400: this number is too large for a float"),
        (["in*2", "in=1"], "error: in cannot be a name"),
        (["x*2", "\N{MICRO SIGN}=1", "\N{GREEK SMALL LETTER MU}=2"], "error: μ is given twice"),
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
