"""`nn.live`: the page trains with the numbers of `nn.fit`, back and forth in time, on points that are moved.

Of nn.live_page.page, nn.live_page.making and nn.live_page.programs.
"""

import random
import sys
from pathlib import Path
from typing import Any

import pytest

import nn
from autograd.compiler.frontend.tracing import TracingError

np = pytest.importorskip("numpy")
PAGE = "document.querySelector('.lv').chainrule"


def _xor(count: int = 40) -> tuple[list[list[float]], list[float]]:
    draw = random.Random(0)
    X = [[draw.uniform(-1.0, 1.0), draw.uniform(-1.0, 1.0)] for _ in range(count)]
    return X, [float(a * b > 0.0) for a, b in X]


def _model(sizes: tuple[int, ...] = (5, 4, 1), activation: str = "tanh", inputs: int = 2) -> nn.MLP:
    return nn.MLP(inputs, [*sizes], activation=activation, rng=random.Random(1))


@pytest.fixture
def opened(tab: Any, tmp_path: Path) -> Any:
    """Opens a model's page in the browser."""

    def _open(model: nn.Module, X: Any, y: Any, loss: Any, optimizer: nn.Optimizer) -> Any:
        nn.live(model, X, y, loss=loss, optimizer=optimizer).save(tmp_path / "live.html")
        tab.goto(f"file://{tmp_path / 'live.html'}")
        return tab

    return _open


OPTIMIZERS = {
    "adam": lambda p: nn.Adam(p, lr=0.02),
    "momentum": lambda p: nn.SGD(p, lr=0.1, momentum=0.9),
    "rmsprop": lambda p: nn.RMSprop(p, lr=0.01),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_200_steps_in_the_page_are_those_of_fit(name: str, opened: Any) -> None:
    X, y = _xor()
    model = _model()
    optimizer = OPTIMIZERS[name](model.parameters())
    tab = opened(model, X, y, nn.bce_with_logits, optimizer)
    losses, parameters = tab.evaluate(f"[{PAGE}.advance(200), [...{PAGE}.state().parameters]]")
    history = nn.fit(model, X, y, loss=nn.bce_with_logits, optimizer=optimizer, epochs=200, progress=False)
    assert losses == pytest.approx(history.loss, rel=1e-10)
    assert parameters == pytest.approx([p.data for p in model.parameters()], rel=1e-9, abs=1e-12)


def test_making_a_page_trains_nothing_and_changes_no_gradient() -> None:
    X, y = _xor(10)
    model = _model()
    before = [(p.data, p.grad) for p in model.parameters()]
    page = nn.live(model, X, y, loss=nn.bce_with_logits, optimizer=nn.Adam(model.parameters()))
    assert [(p.data, p.grad) for p in model.parameters()] == before
    assert len(page.text.encode()) < 1_000_000
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert repr(page) == "<Live page: 10 rows, 44 parameters; page.save('x.html') writes it to a file>"


def test_going_back_in_time_and_on_again_gives_the_same_numbers(opened: Any) -> None:
    X, y = _xor()
    model = _model()
    tab = opened(model, X, y, nn.bce_with_logits, nn.Adam(model.parameters(), lr=0.02))
    found = tab.evaluate(
        f"(() => {{ const page = {PAGE}, at = () => [...page.state().parameters]; page.advance(37); const then = at();"
        "page.advance(463); const now = at(); page.back(37); const again = at(); page.back(500);"
        "return [then, again, now, at()]; })()"
    )
    assert found[0] == found[1]
    assert found[2] == found[3]
    time = tab.locator(".lv-scrub input")
    time.fill("100")
    assert tab.locator(".lv-scrub span").inner_text() == "step 100 of 500"
    tab.locator("button", has_text="One step").click()
    assert tab.locator(".lv-scrub span").inner_text() == "step 101 of 101"


def test_the_activation_of_a_layer_the_optimizer_and_the_rate_can_be_changed(opened: Any) -> None:
    X, y = _xor()
    model = _model()
    tab = opened(model, X, y, nn.bce_with_logits, nn.SGD(model.parameters(), lr=0.1))
    tab.locator("select[aria-label='layer 2']").select_option("relu")
    tab.locator("select[aria-label='optimizer']").select_option(label="Adam")
    tab.locator("input[aria-label='learning rate']").fill("0.03")
    tab.locator("input[aria-label='learning rate']").press("Enter")
    losses = tab.evaluate(f"{PAGE}.advance(50)")
    for neuron in model.layers[1].neurons:
        neuron.activation = nn.layers.activation_of("relu")
    optimizer = nn.Adam(model.parameters(), lr=0.03)
    history = nn.fit(model, X, y, loss=nn.bce_with_logits, optimizer=optimizer, epochs=50, progress=False)
    assert losses == pytest.approx(history.loss, rel=1e-9)
    assert tab.locator(".lv-net .caption text").all_text_contents()[1:3] == ["layer 1: tanh", "layer 2: relu"]
    tab.locator("input[aria-label='learning rate']").fill("fast")
    tab.locator("input[aria-label='learning rate']").press("Enter")
    assert tab.locator(".lv-say").inner_text() == "The learning rate is a number above 0, not fast; it stays 0.03."


def test_points_are_dragged_added_relabelled_and_removed(opened: Any) -> None:
    X, y = _xor(12)
    model = _model()
    tab = opened(model, X, y, nn.bce_with_logits, nn.Adam(model.parameters()))
    rows = lambda: tab.evaluate(f"{PAGE}.rows()")  # noqa: E731
    box = tab.locator(".lv canvas").first.bounding_box()
    low, high = [min(x[k] for x in X) for k in (0, 1)], [max(x[k] for x in X) for k in (0, 1)]

    def at(point: list[float]) -> tuple[float, float]:
        share = [(point[k] - low[k] + 0.15 * (high[k] - low[k])) / (1.3 * (high[k] - low[k])) for k in (0, 1)]
        return box["x"] + share[0] * box["width"], box["y"] + (1.0 - share[1]) * box["height"]

    inner = min(range(12), key=lambda i: X[i][0] ** 2 + X[i][1] ** 2)
    tab.mouse.click(*at(X[inner]), button="right")
    assert rows()[inner][2] == 1.0 - y[inner]
    tab.mouse.move(*at(X[inner]))
    tab.mouse.down()
    tab.mouse.move(*at([0.1, 0.1]), steps=4)
    tab.mouse.up()
    assert rows()[inner][:2] == pytest.approx([0.1, 0.1], abs=0.02)
    tab.keyboard.down("Shift")
    tab.mouse.click(*at([0.75 * low[0], 0.6 * high[1]]))
    tab.keyboard.up("Shift")
    assert len(rows()) == 13
    tab.locator(".lv canvas").first.press("Delete")
    assert len(rows()) == 12


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,c\\n1,2,0\\n3,4,1\\n", "2 rows of own.csv."),
        ("1,2\\n", "own.csv: line 1 has 2 columns; it takes 3: 2 inputs, then the target. The page keeps its rows."),
        ("1,2,0\\n1,x,1\\n", "own.csv: line 2, column 2: x is no number. The page keeps its rows."),
        ("1,2,7\\n", "own.csv: line 1: 7 is none of the classes 0, 1. The page keeps its rows."),
        ("", "own.csv: the file has no rows. The page keeps its rows."),
    ],
)
def test_a_table_of_ones_own_is_taken_or_its_row_is_named(text: str, said: str, opened: Any) -> None:
    X, y = _xor(12)
    model = _model((3, 1))
    tab = opened(model, X, y, nn.bce_with_logits, nn.Adam(model.parameters()))
    tab.evaluate(f"{PAGE}.take('{text}', 'own.csv')")
    assert tab.locator(".lv-say").inner_text() == said
    assert len(tab.evaluate(f"{PAGE}.rows()")) == (2 if said.startswith("2") else 12)


def test_a_click_on_a_neuron_opens_its_walk_with_the_weights_of_the_moment(opened: Any) -> None:
    X, y = _xor(12)
    model = _model((3, 2, 1))
    adam = nn.Adam(model.parameters(), lr=0.02)
    tab = opened(model, X, y, nn.bce_with_logits, adam)
    tab.evaluate(f"{PAGE}.advance(30)")
    tab.locator(".lv-net .node[data-n]").nth(3).click()
    nn.fit(model, X, y, loss=nn.bce_with_logits, optimizer=adam, epochs=30, progress=False)
    assert tab.locator(".cr-phase").inner_text() == "Backward"
    shown = tab.locator(".cr-grid label", has=tab.locator("text='w₁₁⁽²⁾'")).locator("input").input_value()
    weight = dict(model.named_parameters())["layers.1.neurons.0.w.0"]
    assert float(shown) == pytest.approx(weight.data, rel=1e-5)


@pytest.mark.parametrize(
    ("inputs", "outputs", "loss"),
    [(1, 1, "mse"), (3, 1, "mse"), (4, 3, "cross_entropy"), (2, 3, "cross_entropy"), (2, 2, "mse")],
)
def test_other_shapes_train_as_in_fit(inputs: int, outputs: int, loss: str, opened: Any) -> None:
    draw = random.Random(4)
    X = [[draw.uniform(-1.0, 1.0) for _ in range(inputs)] for _ in range(15)]
    y: Any = [draw.randrange(3) for _ in X] if loss == "cross_entropy" else [sum(x) for x in X]
    if outputs == 2:
        y = [[sum(x), x[0]] for x in X]
    model = _model((4, outputs), "relu", inputs)
    adam = nn.Adam(model.parameters(), lr=0.01)
    tab = opened(model, X, y, getattr(nn, loss), adam)
    losses = tab.evaluate(f"{PAGE}.advance(20)")
    history = nn.fit(model, X, y, loss=getattr(nn, loss), optimizer=adam, epochs=20, progress=False)
    assert losses == pytest.approx(history.loss, rel=1e-10)


def test_a_loss_that_diverges_stops_and_says_why(opened: Any) -> None:
    X = [[1.0], [2.0]]
    model = _model((1,), inputs=1)
    tab = opened(model, X, [1.0, 2.0], nn.mse, nn.SGD(model.parameters(), lr=1e200))
    tab.evaluate(f"{PAGE}.advance(20)")
    assert tab.locator(".lv-say").inner_text().endswith("lower the learning rate, or start anew.")


def test_what_cannot_be_trained_in_a_page_is_an_error() -> None:
    X, y = _xor(6)
    model = _model()
    with pytest.raises(ValueError, match="other parameters than the model"):
        nn.live(model, X, y, loss=nn.bce_with_logits, optimizer=nn.SGD(_model().parameters()))
    with pytest.raises(TracingError, match="not the mean of its rows"):
        nn.live(model, X, y, loss=lambda p, t: nn.mse(p, t) * float(len(t)), optimizer=nn.SGD(model.parameters()))
    with pytest.raises(ValueError, match=r"must end in \.html"):
        nn.live(model, X, y, loss=nn.bce_with_logits, optimizer=nn.SGD(model.parameters())).save("x.svg")


def test_without_numpy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = _xor(6)
    model = _model()
    for name in [name for name in sys.modules if name.startswith(("nn.live_page.", "autograd.compiler."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ImportError, match=r"nn\.live needs NumPy: pip install numpy"):
        nn.live(model, X, y, loss=nn.bce_with_logits, optimizer=nn.Adam(model.parameters()))


def test_a_change_of_the_rate_long_ago_is_gone_through_again_as_it_was(opened: Any) -> None:
    X, y = _xor(6)
    model = _model((2, 1))
    tab = opened(model, X, y, nn.bce_with_logits, nn.SGD(model.parameters(), lr=0.1))
    found = tab.evaluate(
        f"(() => {{ const page = {PAGE}, at = () => [...page.state().parameters]; page.advance(101);"
        "const field = document.querySelector(\"input[aria-label='learning rate']\"); field.value = '0.5';"
        "field.dispatchEvent(new Event('change')); page.advance(24); const then = at(); page.advance(4000);"
        "page.back(125); const again = at(), rate = page.state().lr; page.back(60);"
        "return [then, again, rate, page.state().lr]; })()"
    )
    assert found[0] == found[1]
    assert found[2:] == [0.5, 0.1]
