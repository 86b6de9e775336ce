"""Pictures of models and of training: networks as columns, decision boundaries, histories.

Of nn.pictures.boundary, nn.pictures.curves, nn.pictures.network, nn.pictures.plotting, nn.pictures.stage and
autograd.drawing.network.
"""

import builtins
import math
import random
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from drawn import SVG, half_square, lesson_c, lesson_d, texts

import autograd
import nn
from autograd import Value
from autograd.drawing import palette
from autograd.drawing.diagram import Diagram

matplotlib = pytest.importorskip("matplotlib")
from matplotlib import pyplot  # noqa: E402


@pytest.fixture(autouse=True)
def _closed_figures() -> Iterator[None]:
    pyplot.switch_backend("Agg")
    yield
    pyplot.close("all")


def groups_of(picture: Diagram) -> dict[str, ET.Element]:
    return {group.get("id", ""): group for group in ET.fromstring(picture.svg()).iter(f"{SVG}g")}


def written(picture: Diagram) -> dict[str, list[str]]:
    """What stands in each element, by its id."""
    return {name: texts(group) for name, group in groups_of(picture).items()}


def line_of(picture: Diagram, name: str) -> dict[str, str]:
    """The attributes of the line that is the weight `name`."""
    path = groups_of(picture)[name].find(f"{SVG}path")
    assert path is not None
    return dict(path.attrib)


# nn.draw: the network as columns


def test_without_a_row_the_picture_shows_inputs_weights_and_outputs() -> None:
    shown = written(nn.draw(lesson_d()[0]))
    assert (shown["n-0-0"], shown["n-0-1"], shown["n-1-0"], shown["n-2-0"]) == (["x₁"], ["x₂"], [], ["ŷ"])
    assert shown["t-1"] == ["layers.0", "sigmoid"]
    assert {"w-1-0-0", "w-1-0-1", "w-1-1-0", "w-1-1-1", "w-2-0-0", "w-2-0-1"} <= set(shown)


def test_with_a_row_the_neurons_show_their_outputs() -> None:
    shown = written(nn.draw(lesson_d()[0], x=[1.0, 0.5], digits=4))
    assert shown["n-0-1"] == ["x₂", "0.5"]
    assert (shown["n-1-0"], shown["n-1-1"], shown["n-2-0"]) == (["0.5866"], ["0.6225"], ["ŷ", "0.7668"])


def test_with_a_target_the_neurons_show_delta_and_the_loss_stands_beside() -> None:
    shown = written(nn.draw(lesson_d()[0], [1.0, 0.5], 1.0, half_square, digits=4))
    assert shown["n-1-0"] == ["0.5866", "δ −0.0283"]
    assert shown["n-1-1"] == ["0.6225", "δ −0.0329"]
    assert shown["n-2-0"] == ["0.7668", "δ −0.2332"]
    assert shown["loss"] == ["loss 0.027195", "target 1.0"]


def test_inputs_keep_the_labels_they_were_given() -> None:
    shown = written(nn.draw(lesson_d()[0], x=[Value(1.0, "age"), Value(0.5, 'a|"{')]))
    assert (shown["n-0-0"], shown["n-0-1"]) == (["age", "1.0"], ['a|"{', "0.5"])


def test_lines_are_coloured_by_sign_and_wide_by_size() -> None:
    picture = nn.draw(nn.Layer(3, 1, weight=[[2.0, -0.5, 0.0]]))
    large, negative, zero = (line_of(picture, f"w-1-0-{j}") for j in range(3))
    assert large["stroke"] == palette.POSITIVE_LINE
    assert negative["stroke"] == palette.NEGATIVE_LINE
    assert zero["stroke"] == palette.LINE
    assert float(large["stroke-width"]) > float(negative["stroke-width"]) > float(zero["stroke-width"])


def test_closed_neurons_and_weights_without_gradient_are_dashed() -> None:
    picture = nn.draw(lesson_c(), [1.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 1.0])
    dashed = {name for name, group in groups_of(picture).items() if any("stroke-dasharray" in e.attrib for e in group)}
    neurons = {name for name in dashed if name.startswith("n-")}
    weights = {name for name in dashed if name.startswith("w-")}
    assert neurons == {"n-1-0", "n-1-1"}
    assert len({name for name in weights if name.startswith("w-1-")}) == 9
    assert len({name for name in weights if name.startswith("w-2-")}) == 8


def test_by_gradient_the_lines_show_the_gradients() -> None:
    picture = nn.draw(lesson_d()[0], [1.0, 0.5], 1.0, half_square, by="gradient")
    assert line_of(picture, "w-1-0-0")["stroke"] == palette.NEGATIVE_LINE  # all of lesson D's gradients are negative
    assert line_of(nn.draw(lesson_d()[0]), "w-1-0-0")["stroke"] == palette.POSITIVE_LINE


def test_after_a_backward_pass_the_recorded_gradients_are_drawn() -> None:
    model = lesson_d()[0]
    with pytest.raises(ValueError, match=r"call loss\.backward\(\) before"):
        nn.draw(model, by="gradient")
    half_square(model([1.0, 0.5]), 1.0).backward()
    assert line_of(nn.draw(model, by="gradient"), "w-2-0-0")["stroke"] == palette.NEGATIVE_LINE


def test_drawing_changes_no_parameter_and_no_gradient() -> None:
    model = lesson_d()[0]
    half_square(model([1.0, 0.5]), 1.0).backward()
    before = [(p.data, p.grad) for p in model.parameters()]
    nn.draw(model, [3.0, 4.0], 0.0)
    assert [(p.data, p.grad) for p in model.parameters()] == before


def test_residual_paths_are_arcs_and_their_sums_the_outputs() -> None:
    model = nn.Sequential(nn.Residual(nn.Layer(2, 2, weight=[[1.0, 0.0], [0.0, -1.0]])), nn.Layer(2, 1, "linear"))
    shown = written(nn.draw(model, x=[3.0, 4.0]))
    assert {"s-1-0", "s-1-1"} <= set(shown)
    assert (shown["n-1-0"], shown["n-1-1"]) == (["6.0"], ["4.0"])


def test_a_neuron_and_a_layer_can_be_drawn_alone() -> None:
    assert {"n-0-2", "n-1-0"} <= set(written(nn.draw(nn.Neuron(3))))
    assert {"n-0-2", "n-1-1"} <= set(written(nn.draw(nn.Layer(3, 2))))


def test_it_draws_the_same_inside_expanded() -> None:
    plain = nn.draw(lesson_d()[0], [1.0, 0.5], 1.0).source
    with autograd.expanded():
        assert nn.draw(lesson_d()[0], [1.0, 0.5], 1.0).source == plain


def test_of_a_wide_layer_the_middle_is_left_out() -> None:
    shown = written(nn.draw(nn.MLP(64, [2]), max_neurons=6))
    assert [name for name in shown if name.startswith("n-0-")] == ["n-0-0", "n-0-1", "n-0-2", "n-0-62", "n-0-63"]
    assert shown["more-0"] == ["⋮ 59 more"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"model": nn.Sequential(nn.Layer(2, 2), autograd.softmax)},
            TypeError,
            r"the outputs of Sequential are not what its last layer of neurons gives, but .* of it.*autograd\.draw",
        ),
        ({"model": nn.MLP(2, [1]), "y": 1.0}, ValueError, "row that it belongs to"),
        ({"model": nn.MLP(2, [1]), "digits": -1}, ValueError, "digits is the number of decimals"),
        ({"model": nn.MLP(2, [1]), "by": "size"}, ValueError, "'weight', 'gradient' or 'share', got 'size'"),
        ({"model": nn.MLP(2, [1]), "x": [1.0]}, ValueError, "takes 2 inputs, got 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        nn.draw(**arguments)  # type: ignore[arg-type]


# nn.decision_boundary


def corner() -> tuple[nn.Layer, list[list[float]], list[int]]:
    """A model that answers x + y, and four points of which it gets three right."""
    return (
        nn.Layer(2, 1, "linear", weight=[[1.0, 1.0]]),
        [[1.0, 1.0], [2.0, 0.5], [-1.0, -1.0], [-1.0, 0.5]],
        [1, 1, 0, 1],
    )


def test_the_answers_are_the_models_at_each_point_of_the_grid() -> None:
    model, X, y = corner()
    found = nn.decision_boundary(model, X, y, resolution=5)
    assert (len(found.answers), len(found.answers[0])) == (5, 5)
    for i, row in enumerate(found.answers):
        assert row == pytest.approx([x + found.ys[i] for x in found.xs], abs=1e-15)
    assert found.xs[0] < -1.0 < 2.0 < found.xs[-1]


def test_the_table_counts_what_is_right_by_class() -> None:
    assert repr(nn.decision_boundary(*corner(), resolution=3)).splitlines() == [
        "class  rows  right   share",
        "    0     1      1  100.0%",
        "    1     3      2   66.7%",
        "  all     4      3   75.0%",
    ]


def test_wrong_rows_are_ringed_and_the_boundary_drawn() -> None:
    ax = nn.decision_boundary(*corner(), resolution=9).plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["0", "1", "wrong (1)"]


def test_a_sigmoid_is_cut_at_one_half_and_minus_one_is_class_zero() -> None:
    model = nn.Layer(2, 1, "sigmoid", weight=[[1.0, 0.0]])
    found = nn.decision_boundary(model, [[1.0, 0.0], [-1.0, 1.0]], [1, -1], resolution=3)
    assert found.threshold == 0.5
    assert found.predicted == found.classes == [1, 0]


def test_a_sigmoid_that_is_no_layers_activation_is_cut_at_one_half_too_and_a_nan_is_never_right() -> None:
    model = nn.Sequential(nn.Sequential(nn.Layer(2, 1, "linear", weight=[[1.0, 0.0]])), autograd.sigmoid)
    found = nn.decision_boundary(model, [[1.0, 0.0], [-1.0, 1.0], [math.nan, 0.0]], [1, -1, 0], columns=(1, 0))
    assert found.threshold == 0.5
    assert found.predicted == [1, 0, -1]
    with pytest.raises(ValueError, match="y: row 0 is nan, no class"):
        nn.decision_boundary(model, [[1.0, 0.0]], [math.nan])


def test_several_outputs_choose_the_largest() -> None:
    model = nn.Layer(2, 3, "linear", weight=[[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    found = nn.decision_boundary(model, [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], [0, 1, 2], resolution=4)
    assert found.predicted == [0, 1, 2]
    found.plot()


def test_other_columns_stay_at_their_means() -> None:
    model = nn.Layer(3, 1, "linear", weight=[[0.0, 1.0, 0.0]])
    found = nn.decision_boundary(model, [[1.0, 2.0, 5.0], [3.0, 6.0, 7.0]], [0, 1], columns=(2, 0), resolution=3)
    assert found.answers == [[4.0] * 3] * 3


@pytest.mark.parametrize(
    ("X", "y", "columns", "message"),
    [
        ([[1.0], [2.0]], [0, 1], (0, 1), "X has one column"),
        ([[1.0, 2.0]], [0], (0, 2), "two of the 2 columns of X, 0 to 1"),
        ([[1.0, 2.0]], [0.5], (0, 1), r"y: row 0 is 0\.5, no class"),
    ],
)
def test_data_that_span_no_plane_are_refused(X: object, y: object, columns: tuple[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nn.decision_boundary(nn.MLP(2, [1]), X, y, columns=columns)


def test_a_grid_of_one_point_is_refused() -> None:
    with pytest.raises(ValueError, match="resolution must be at least 2"):
        nn.decision_boundary(nn.MLP(2, [1]), [[1.0, 2.0], [2.0, 1.0]], [0, 1], resolution=1)


# History.plot


def history() -> nn.History:
    found = nn.History(["loss", "accuracy", "val_loss"])
    for epoch in range(1, 6):
        found.append({"loss": 1.0 / epoch, "accuracy": 0.1 * epoch, "val_loss": 1.5 / epoch})
    return found


def test_a_history_draws_losses_left_and_metrics_right() -> None:
    ax = history().plot()
    right = ax.figure.axes[1]
    assert [line.get_label() for line in ax.lines] == ["loss", "val_loss"]
    assert [line.get_label() for line in right.lines] == ["accuracy"]
    assert list(ax.lines[0].get_ydata()) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5])  # type: ignore[arg-type]
    assert ax.lines[0].get_color() == ax.lines[1].get_color() != right.lines[0].get_color()
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_losses_over_many_decades_are_logarithmic() -> None:
    found = nn.History(["loss"])
    for exponent in range(5):
        found.append({"loss": 10.0**-exponent})
    assert found.plot().get_yscale() == "log"
    assert history().plot().get_yscale() == "linear"


def test_an_empty_history_can_be_drawn() -> None:
    nn.History(["loss"]).plot()


# What all pictures promise


def test_pictures_are_drawn_on_the_axes_given_and_return_them() -> None:
    _, ax = pyplot.subplots()
    assert history().plot(ax) is ax
    assert nn.decision_boundary(*corner(), resolution=3).plot(ax=ax) is ax


def test_no_setting_of_matplotlib_changes() -> None:
    before = dict(matplotlib.rcParams)
    history().plot()
    nn.decision_boundary(*corner(), resolution=3).plot()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.slow
def test_pictures_need_no_display(tmp_path: Path) -> None:
    code = "import nn; h = nn.History(['loss']); h.append({'loss': 1.0}); h.plot().figure.savefig('x.png')"
    root = Path(nn.__file__).parent.parent
    environment = {"PATH": "", "PYTHONPATH": str(root), "MPLCONFIGDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, check=True, timeout=120)
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: object) -> object:
        if name.startswith("matplotlib"):
            raise ImportError("No module named 'matplotlib'")
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"pip install matplotlib \(or chainrule\[plot\]\)"):
        history().plot()


def test_a_random_network_is_drawn_with_every_activation() -> None:
    for name in nn.layers.ACTIVATIONS:
        model = nn.MLP(2, [3, 1], activation=name, rng=random.Random(0))
        assert "n-1-2" in written(nn.draw(model, [0.5, -1.0], 1.0))
