"""What the library prints shows on every stream: where ∂ and its like are missing, in ASCII."""

import io
import pickle
import random
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import pytest
from paths import ROOT

import nn
from autograd import Value, draw, formula, gradcheck, walk
from autograd.support.printing import in_words, printable


def neuron() -> Value:
    x1, w1, b = Value(2.0, "x1"), Value(-0.3, "w1"), Value(0.1, "β")
    return ((x1 * w1 + b).sigmoid() ** 2).exp().sqrt()


def network() -> tuple[nn.Module, Value]:
    model = nn.MLP(2, [2, 1], rng=random.Random(0))
    return model, (model([1.0, -0.5]) - 1.0) ** 2


def history() -> object:
    model, _ = network()
    points, targets, descent = [[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0], nn.SGD(model.parameters(), lr=0.1)
    return nn.fit(model, points, targets, loss=nn.mse, optimizer=descent, epochs=30, progress=False)


def diagnosis() -> object:
    model, _ = network()
    return nn.diagnose(model, [[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0])


def by_layer() -> Any:
    model, loss = network()
    return walk(loss, model=model, by="layer", parameters=model.parameters(), lr=0.1)


THINGS: dict[str, Callable[[], object]] = {
    "a walk": lambda: walk(neuron()),
    "its repr": lambda: repr(walk(neuron())),
    "a walk by layer": by_layer,
    "a step": lambda: walk(neuron())[-1],
    "the repr of a step": lambda: repr(walk(neuron())[-1]),
    "a step by layer": lambda: by_layer()[-1],
    "a formula": lambda: formula(neuron()),
    "a formula in numbers": lambda: formula(neuron(), numbers=True),
    "a driven pass": lambda: walk(neuron()).drive(),
    "a history": history,
    "a diagnosis": diagnosis,
    "a module": lambda: network()[0],
    "a diagram": lambda: draw(neuron()),
    "a check": lambda: gradcheck(lambda x: x.exp(), 1.0),
}


@pytest.fixture(params=["cp1252", "ascii"])
def stream(request: pytest.FixtureRequest) -> io.TextIOWrapper:
    """A stream of that encoding, such as standard output is in a pipe on Windows."""
    return io.TextIOWrapper(io.BytesIO(), encoding=request.param)


@pytest.mark.parametrize("name", THINGS)
def test_it_prints_on_a_stream_without_our_signs(name: str, stream: io.TextIOWrapper) -> None:
    with redirect_stdout(stream):
        print(THINGS[name](), flush=True)
    written = stream.buffer.getvalue()  # type: ignore[attr-defined]
    assert written.strip()
    assert b"?" not in written
    assert rb"\u" not in written


def test_a_walk_in_ascii_reads_as_it_should(stream: io.TextIOWrapper) -> None:
    x1, y = Value(2.0, "x1"), Value(-0.3, "y")
    with redirect_stdout(stream):
        text = str(walk(x1 * y))
    assert text.splitlines()[-2:] == [
        "   3  dL/dx1 = dL/dL * dL/dx1 = 1.0 * (-0.3) = -0.3   dL/dx1 = y",
        "   4  dL/dy  = dL/dL * dL/dy  = 1.0 * 2.0    = 2.0    dL/dy = x1",
    ]


def test_a_progress_line_shows_too(stream: io.TextIOWrapper) -> None:
    from nn.training.progress import Log, Terminal

    with redirect_stdout(stream):
        for screen in (Terminal(stream), Log(stream)):
            screen.show("∂loss ≈ 1.2e−07")
            screen.close()
    stream.flush()
    assert stream.buffer.getvalue().count(b"dloss ~= 1.2e-07") == 2  # type: ignore[attr-defined]


def test_where_the_signs_are_known_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    for encoding in ("utf-8", "utf-16"):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        assert "∂L/∂x₁" in str(walk(Value(1.0, "x1") * 2.0))
    monkeypatch.setattr(sys, "stdout", None)  # as pythonw has it
    assert printable("∂") == "∂"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert printable("∂") == "∂"


def test_a_formula_is_a_string_like_any_other(stream: io.TextIOWrapper) -> None:
    text = formula(Value(2.0, "x1") * 3.0)
    with redirect_stdout(stream):
        assert f"{text}" == str(text) == "x1*3"
    assert text == "x₁·3"
    assert isinstance(text, str)
    assert repr(text) == "'x₁·3'"
    assert "".join([text]) == "x₁·3"
    assert pickle.loads(pickle.dumps(text)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x²⁰", "x**20"),
        ("w₁₁⁽²˒³⁾", "w11(2,3)"),
        ("x⁻¹", "x**-1"),
        ("σ(z)·(1 − σ(z))", "sigma(z)*(1 - sigma(z))"),
        ("ΦΣ", "Phisum"),
        ("ŷ₁ ← ½", "y^1 <- 1/2"),
        ("größe", r"gro\xdfe"),
        ("日", r"\u65e5"),
    ],
)
def test_every_sign_has_its_words(text: str, words: str) -> None:
    assert in_words(text) == words


def test_letters_that_the_stream_knows_stay() -> None:
    assert in_words("∂größe", "cp1252") == "dgröße"
    assert in_words("∂größe", "ascii") == r"dgro\xdfe"


def test_no_sign_of_the_library_is_without_words() -> None:
    files = [*ROOT.glob("autograd/**/*.py"), *ROOT.glob("nn/*.py")]
    signs = set(re.findall(r"[^\x00-\x7f]", "".join(file.read_text(encoding="utf-8") for file in files)))
    without = {sign for sign in signs if "\\" in in_words(sign)} - set("⋱日本")
    assert without == set()
