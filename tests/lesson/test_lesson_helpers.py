"""What the lessons share: tables, claims, code to click through, a training to watch, data, pictures.

Of autograd.lesson.tables, autograd.lesson.claims, autograd.lesson.code_panel, autograd.lesson.values,
autograd.lesson.watching, autograd.lesson.data, autograd.lesson.pictures, autograd.lesson.timing and
autograd.lesson.xor.
"""

import io
from pathlib import Path
from urllib.error import URLError

import pytest

from autograd import Value, gradcheck
from autograd.lesson import (
    XOR,
    Picture,
    by_hand,
    clickable,
    milliseconds,
    patients,
    plain_check,
    say,
    table,
    watched,
    xor_loss,
    xor_start,
)  # fmt: skip
from autograd.lesson.values import described

pandas = pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas")
np = pytest.importorskip("numpy", reason="numpy is not installed")


def test_a_table_is_markdown_in_a_notebook_and_columns_where_it_is_printed() -> None:
    made = table(["", "gradient"], [["w11", -0.123456], ["b", 2.0]], digits=4)
    assert made._repr_markdown_().splitlines() == [
        "|  | gradient |",
        "|  :---  |  ---:  |",
        "| w₁₁ | −0.1235 |",
        "| b | 2.0 |",
    ]
    assert repr(made).splitlines() == ["     gradient", "w₁₁   −0.1235", "b         2.0"]


def test_a_row_that_does_not_fit_the_header_is_named() -> None:
    with pytest.raises(ValueError, match="row 1 has 1 cells, the header has 2"):
        table(["a", "b"], [[1, 2], [3]])


def test_a_bar_in_a_cell_does_not_end_the_cell() -> None:
    assert r"\|δ\|" in table(["name"], [["|δ|"]])._repr_markdown_()


def test_paragraphs_are_folded_between_words(capsys: pytest.CaptureFixture[str]) -> None:
    say("word " * 40, "two")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[-2:] == ["", "two"]


def test_a_claim_is_judged_by_gradcheck() -> None:
    right = by_hand(lambda xs: xs[0] ** 2 * xs[1], lambda xs: [2 * xs[0] * xs[1], xs[0] ** 2])
    wrong = by_hand(lambda xs: xs[0] ** 2 * xs[1], lambda xs: [2 * xs[0] * xs[1], xs[0]])
    point = [Value(3.0, "x"), Value(-2.0, "y")]
    assert gradcheck(right, point)
    assert [d.name for d in gradcheck(wrong, point).derivatives if not d.passed] == ["y"]


def test_the_plain_check_takes_a_kink_for_an_error_and_gradcheck_does_not() -> None:
    def f(xs: list[float]) -> float:
        return max(xs[0], 0.0)

    near = [3e-6]  # closer to the kink than the step
    ((place, slope),) = plain_check(f, near, [1.0], eps=1e-5, atol=1e-6)
    assert (place, round(slope, 6)) == (0, 0.65)
    assert plain_check(f, near, [1.0], eps=1e-6, atol=1e-6) == []
    assert gradcheck(by_hand(f, lambda xs: [1.0]), [Value(near[0], "x")])


# Code to click through


def backprop(x, W, rate):  # type: ignore[no-untyped-def]
    """Not shown."""
    # A sum for each neuron.
    z = x @ W
    h = np.maximum(0, z)  # the gate
    total = 0.0
    for v in h:
        total += v * rate  # added up
    if total > 100:
        total = 0.0
    return total


def test_each_line_shows_what_went_in_what_came_out_and_its_comments() -> None:
    panel = clickable(backprop, np.array([1.0, -1.0]), np.array([[2.0, 1.0], [0.5, 3.0]]), 0.5)
    lines = {line.code.strip(): line for line in panel.lines}
    assert [line.strip() for line in lines] == [
        "z = x @ W", "h = np.maximum(0, z)", "total = 0.0", "for v in h:", "total += v * rate", "if total > 100:",
        "return total",
    ]  # fmt: skip
    first = lines["z = x @ W"]
    assert first.why == "A sum for each neuron."
    assert dict(first.inputs) == {
        "x": "[1.0, −1.0]   shape (2,)",
        "W": "[[2.0, 1.0]\n [0.5, 3.0]]   shape (2, 2)",
    }
    assert dict(first.results) == {"z": "[1.5, −2.0]   shape (2,)"}
    assert first.calls[0].startswith("@ is the matrix product")
    assert "np.max is another function" in lines["h = np.maximum(0, z)"].calls[0]
    assert dict(lines["total += v * rate"].inputs) == {"total": "0.75", "v": "0.0", "rate": "0.5"}  # of the last run
    assert dict(lines["return total"].results) == {"return": "0.75"}


def test_a_line_opens_without_a_script_and_nothing_in_it_is_markup() -> None:
    def risky(x):  # type: ignore[no-untyped-def]
        return "<script>" + x  # <b>

    page = clickable(risky, "&")._repr_html_()
    assert page.count("<details>") == 1
    assert "<script" not in page
    assert "&lt;b&gt;" in page


def test_what_is_no_function_and_what_a_function_raises() -> None:
    with pytest.raises(TypeError, match="takes a Python function, got 3"):
        clickable(3)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        clickable(_fails)


def _fails() -> float:
    x = 0.0
    return 1.0 / x


def test_long_arrays_show_their_ends() -> None:
    assert described(np.arange(10.0)) == "[0.0, 1.0, 2.0, …, 8.0, 9.0]   shape (10,)"
    assert described(True) == "True"
    assert described(-0.0) == "0.0"
    assert len(described("x" * 200)) == 78


# A training to watch


def test_the_losses_are_kept_and_drawn_every_so_often(capsys: pytest.CaptureFixture[str]) -> None:
    curve = watched((1.0 / (k + 1) for k in range(5)), every=2)
    assert curve.losses == [1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 5]
    assert capsys.readouterr().out.splitlines() == ["step 2: loss 0.5", "step 4: loss 0.25", "step 5: loss 0.2"]
    assert repr(curve) == "<LossCurve of 5 steps: 1 → 0.2>"
    assert repr(watched([])) == "<LossCurve of no steps>"
    with pytest.raises(ValueError, match="at least 1, got 0"):
        watched([1.0], every=0)


def test_a_stopwatch_gives_the_median() -> None:
    assert 0.0 <= milliseconds(lambda: None, times=3) < 1000.0


# Data


def test_the_readers_file_is_found_by_path_by_variable_and_beside_the_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table_ = tmp_path / "diabetes.csv"
    table_.write_text("Glucose,Outcome\n148,1\n85,0\n")
    assert repr(patients(table_)) == "<Pima diabetes data: 2 rows, 2 columns>"
    monkeypatch.setenv("PIMA_CSV", str(table_))
    assert patients().is_pima
    monkeypatch.delenv("PIMA_CSV")
    monkeypatch.chdir(tmp_path)
    assert patients().frame["Outcome"].tolist() == [1, 0]


def test_without_a_file_it_is_the_tumours_and_a_wrong_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIMA_CSV", raising=False)
    found = patients()
    assert (found.frame.shape, found.is_pima) == ((569, 31), False)
    with pytest.raises(FileNotFoundError, match=r"no file 'nowhere.csv'"):
        patients("nowhere.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="no column Outcome; its columns are a, b"):
        patients("other.csv")


def test_the_download_is_kept_and_a_failed_one_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PIMA_CSV", raising=False)
    asked = []

    def answer(address: str, timeout: float) -> io.BytesIO:
        asked.append(address)
        return io.BytesIO(b"Glucose,Outcome\n148,1\n")

    monkeypatch.setattr("urllib.request.urlopen", answer)
    assert patients(download=True).is_pima
    assert patients(download=True).is_pima  # the file is there now
    assert asked == ["https://datatweets.com/datasets/diabetes.csv"]
    (tmp_path / "diabetes.csv").unlink()
    monkeypatch.setattr("urllib.request.urlopen", lambda address, timeout: io.BytesIO(b"<html>moved</html>"))
    with pytest.raises(OSError, match=r"has sent something else: save the data as diabetes.csv"):
        patients(download=True)

    def fails(address: str, timeout: float) -> io.BytesIO:
        raise URLError("no network")

    monkeypatch.setattr("urllib.request.urlopen", fails)
    with pytest.raises(OSError, match=r"cannot be read .*: save it as diabetes.csv in this folder by hand"):
        patients(download=True)


# Pictures, and exclusive or


def test_a_figure_is_shown_with_its_description_and_without_a_file() -> None:
    figure = pytest.importorskip("matplotlib.figure", reason="matplotlib is not installed").Figure()
    page = Picture(figure, 'A "frame"')._repr_html_()
    assert page.startswith('<img src="data:image/svg+xml;base64,')
    assert 'alt="A &quot;frame&quot;"' in page


def test_the_way_back_has_a_gradient_between_any_two_stations() -> None:
    from autograd.lesson import pictures

    made = pictures.way_back(["x", "layer", "loss"], ["∂L/∂a", "∂L/∂x"])
    assert [part.strip() for part in made.source.splitlines() if "∂" in part] == [
        part.strip() for part in made.source.splitlines() if "label" in part
    ]
    assert made.source.index("layer -> x") > made.source.index("x -> layer")
    with pytest.raises(ValueError, match="3 stations need 2 gradients, got 1"):
        pictures.way_back(["x", "layer", "loss"], ["∂L/∂a"])


def test_xor_starts_and_ends_as_the_lesson_says() -> None:
    W1, b1, *_ = xor_start(0)
    assert [
        [pytest.approx(0.4709, abs=1e-4), pytest.approx(-0.6983, abs=1e-4)],
        [pytest.approx(-0.3399, abs=1e-4), pytest.approx(0.1853, abs=1e-4)],
    ] == W1
    solved = [[1.0, 1.0], [1.0, 1.0]], [0.0, -1.0], [20.0, -40.0], -10.0
    assert xor_loss(*solved) < 1e-8
    assert xor_loss(W1, b1, [0.0, 0.0], 0.0) == 0.125
    assert [answer for _, answer in XOR] == [0.0, 1.0, 1.0, 0.0]
