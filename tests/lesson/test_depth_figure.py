"""The depth figure: its networks, run in the page, beside NumPy's numbers. Of autograd.lesson.depth_figure."""

from pathlib import Path
from typing import Any

import pytest

from autograd.lesson import depth_figure

np = pytest.importorskip("numpy", reason="numpy is not installed")

SLOPES = {
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
}


def sizes(x: Any, weights: Any, name: str, residual: bool) -> list[float]:
    """The mean |δ| of each layer."""
    f, slope = SLOPES[name]
    sums, a = [], x
    for W in weights:
        sums.append(W @ a)
        a = f(sums[-1]) + (a if residual else 0)
    found, arriving = [], np.ones(16)
    for W, z in zip(weights[::-1], sums[::-1], strict=True):
        delta = arriving * slope(z)
        found.append(float(np.abs(delta).mean()))
        arriving = W.T @ delta + (arriving if residual else 0)
    return found[::-1]


@pytest.mark.browser
@pytest.mark.parametrize("residual", [False, True])
def test_the_page_computes_real_networks(browser: Any, tmp_path: Path, residual: bool) -> None:
    tab = browser.new_page()
    (tmp_path / "d.html").write_text(f"<!doctype html><meta charset=utf-8>{depth_figure(12)._repr_html_()}")
    tab.goto((tmp_path / "d.html").as_uri())
    net = tab.evaluate(
        "() => { const { x, layers } = document.querySelector('.dp-figure').chainrule.network(1000);"
        " return { x: [...x], layers: layers.map((l) => [...l]) }; }"
    )
    flat = np.array(net["layers"]).ravel()
    assert abs(flat.mean()) < 0.03  # the weights are normal
    assert abs(flat.std() - 1.0) < 0.03
    figure, paths = "document.querySelector('.dp-figure').chainrule", str(residual).lower()
    found = tab.evaluate(f"{figure}.curves({{ depth: 30, deviation: 0.3, residual: {paths} }})")
    nets = tab.evaluate(
        f"[...Array(20).keys()].map((k) => {{ const {{ x, layers }} = {figure}.network(1000 + k);"
        " return [[...x], layers.slice(0, 30).map((l) => [...l])]; })"
    )
    for name, curve in zip(SLOPES, found, strict=True):
        scaled = [(np.array(x), [0.3 * np.array(W).reshape(16, 16) for W in layers]) for x, layers in nets]
        every = [sizes(x, layers, name, residual) for x, layers in scaled]
        expected = [np.median([size for size in layer if size > 0]) for layer in zip(*every, strict=True)]
        assert curve == pytest.approx(expected, rel=1e-9)
    tab.close()


@pytest.mark.browser
def test_depth_weights_and_residual_paths_move_it_and_the_readout_says_so(browser: Any, tmp_path: Path) -> None:
    tab = browser.new_page()
    (tmp_path / "d.html").write_text(f"<!doctype html><meta charset=utf-8>{depth_figure(20)._repr_html_()}")
    tab.goto((tmp_path / "d.html").as_uri())

    def sigmoid() -> float:
        text = tab.locator("[data-name=sigmoid]").inner_text().split()[-1]
        return float(text.replace("−", "-"))

    assert 1e-14 < sigmoid() < 1e-12  # the measured −12.5 at depth 20, and the last layer's own size
    tab.get_by_label("weights' deviation").fill("-2")
    assert sigmoid() < 1e-30
    tab.get_by_label("residual paths").check()
    assert sigmoid() == pytest.approx(0.25, abs=0.1)  # flat
    tab.get_by_label("depth", exact=True).fill("2")
    assert tab.locator("polyline").first.get_attribute("points").count(",") == 2
    before = tab.locator("polyline").first.get_attribute("points")
    tab.get_by_text("Other networks").click()
    assert tab.locator("polyline").first.get_attribute("points") != before
    tab.close()


@pytest.mark.parametrize(
    ("given", "said"), [({"depth": 1}, "from 2 to 50 layers, got 1"), ({"deviation": 2.0}, "from 0.01 to 1, got 2.0")]
)
def test_what_it_cannot_show_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        depth_figure(**given)
