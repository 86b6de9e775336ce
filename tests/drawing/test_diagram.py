"""Diagrams of graphs: what stands in the boxes, what is grey, what is refused.

Of autograd.drawing.dot and autograd.drawing.labels.
"""

import random

import pytest
from drawn import SVG, attributes, boxes, edge_labels, elements, lesson_d, neuron, texts

import nn
from autograd import Value, draw, no_grad
from autograd.drawing import palette
from autograd.graph import topological_order

# What stands in the boxes


def test_a_box_shows_operation_label_value_and_gradient() -> None:
    o = neuron()
    o.backward()
    shown = list(boxes(draw(o)).values())
    assert ["tanh", "o", "0.7071", "∂ 1.0"] in shown
    assert ["x₁", "2.0", "∂ −1.5"] in shown
    assert ["×", "−6.0", "∂ 0.5"] in shown
    assert len(shown) == 10


def test_a_gradient_not_computed_is_a_dot_and_no_zero() -> None:
    assert boxes(draw(neuron()))["n0"] == ["x₁", "2.0", "∂ ·"]


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_the_fields_of_a_box_are_stacked_whatever_the_direction(direction: str) -> None:
    heights = [
        float(text.get("y", "")) for text in elements(draw(neuron(), direction=direction))["n0"].iter(f"{SVG}text")
    ]
    assert heights == sorted(set(heights))


def test_the_numbers_of_lesson_d_are_in_the_picture() -> None:
    model, loss = lesson_d()
    loss.backward()
    shown = [" ".join(lines) for lines in boxes(draw(loss, model, digits=10)).values()]
    for expected in (
        "w₁₁ 0.1 ∂ −0.0282770892",
        "w₂₂ 0.4 ∂ −0.0164419604",
        "Σ 0.35 ∂ −0.0282770892",
        "σ 0.5866175789 ∂ −0.1166078059",
        "Σ 0.7667843882 ∂ −0.2332156118",
        "× 0.0271947608 ∂ 1.0",
    ):
        assert expected in shown


def test_digits_sets_the_decimals() -> None:
    assert boxes(draw(Value(1 / 3), digits=2))["n0"][0] == "0.33"


def test_a_small_number_is_never_shown_as_zero() -> None:
    assert boxes(draw(Value(1.2e-7)))["n0"][0] == "1.2e−07"


def test_ids_count_in_topological_order_and_edges_by_operand() -> None:
    o = neuron()
    order = topological_order(o)
    shown = elements(draw(o))
    for i, node in enumerate(order):
        assert texts(shown[f"n{i}"])[-2] == boxes(draw(Value(node.data)))["n0"][0]
        for j, operand in enumerate(node.operands):
            assert shown[f"e{i}-{j}"].findtext(f"{SVG}title") == f"n{order.index(operand)}->n{i}"


def test_an_operand_used_twice_has_two_edges() -> None:
    x = Value(3.0)
    assert set(edge_labels(draw(x * x))) == {"e1-0", "e1-1"}


def test_derivatives_are_written_on_their_edges() -> None:
    x, y = Value(3.0), Value(-5.0)
    assert edge_labels(draw(x * y, derivatives=True)) == {"e2-0": ["−5.0"], "e2-1": ["3.0"]}
    assert edge_labels(draw(x * y)) == {"e2-0": [], "e2-1": []}


def test_constants_have_no_gradient_and_can_be_hidden() -> None:
    y = Value(3.0) * 2.0 + 1.0
    y.backward()
    assert boxes(draw(y))["n1"] == ["2.0"]
    assert set(boxes(draw(y, constants=False))) == {"n0", "n2", "n4"}


@pytest.mark.parametrize(
    "label", ['a"b', "a|b", "{a}", "<a>", "<b>x</b>", "a\\", "\\N", "\\n", "&lt;", "a&b", "ŷ", "損失", "]>"]
)
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_label_is_shown_literally(label: str, direction: str) -> None:
    assert boxes(draw(Value(1.0, label), direction=direction))["n0"][0] == label


def test_labels_that_look_alike_with_subscripts_are_shown_as_they_are_given() -> None:
    x1, x_1, y1 = Value(1.0, "x1"), Value(2.0, "x_1"), Value(3.0, "y1")
    shown = boxes(draw(x1 * x_1 + y1))
    assert [shown[name][0] for name in ("n0", "n1", "n3")] == ["x1", "x_1", "y₁"]


def test_a_label_of_several_lines_keeps_them() -> None:
    assert boxes(draw(Value(1.0, "above\nbelow")))["n0"][:2] == ["above", "below"]


def test_a_label_with_control_characters_still_gives_a_picture() -> None:
    assert boxes(draw(Value(1.0, "a\x00\x1bb")))["n0"][0] == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"


def test_a_long_label_is_shortened() -> None:
    assert len(boxes(draw(Value(1.0, "z" * 500)))["n0"][0]) == 40


def test_several_results_are_drawn_together() -> None:
    x = Value(2.0)
    assert len(boxes(draw([x * 2.0, x * 3.0]))) == 5


def test_drawing_changes_no_node() -> None:
    model, loss = lesson_d()
    loss.backward()
    before = [(node.data, node.grad, node.label) for node in topological_order(loss)]
    draw(loss, model, derivatives=True, collapse="layer").svg()
    assert [(node.data, node.grad, node.label) for node in topological_order(loss)] == before


# Colours


def test_dead_paths_are_grey_and_dashed_and_only_after_backward() -> None:
    x, y = Value(-1.0), Value(2.0)
    z = x.relu() + y
    assert "dashed" not in draw(z).source
    z.backward()
    assert "dashed" in attributes(draw(z), "n0")
    assert palette.DEAD in attributes(draw(z), "n0")
    assert "dashed" not in attributes(draw(z), "n2")


def test_colour_tells_the_sign_and_depth_the_size() -> None:
    x, y = Value(2.0), Value(-3.0)
    (x * y + x * 4.0).backward()  # gradients: x 1, y 2
    picture = draw(x * y)
    assert f'fillcolor="{palette.signed(1.0, 2.0)}"' in attributes(picture, "n0")
    assert f'fillcolor="{palette.POSITIVE}"' in attributes(picture, "n1")
    (-y).backward(4.0)  # y: 2 − 4
    assert f'fillcolor="{palette.NEGATIVE}"' in attributes(draw(x * y), "n1")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    dark, light = sorted([luminance(a), luminance(b)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    "fill",
    [
        palette.NEUTRAL,
        palette.CONSTANT,
        palette.LAYER,
        palette.NEURON,
        palette.CHIP,
        palette.POSITIVE,
        palette.NEGATIVE,
    ],
)
def test_text_has_the_contrast_that_wcag_asks_for(fill: str) -> None:
    assert contrast(palette.INK, fill) >= 4.5
    assert contrast(palette.FADED_INK, palette.DEAD) >= 4.5


@pytest.mark.parametrize("background", ["#ffffff", "#111111"])
@pytest.mark.parametrize("line", [palette.LINE, palette.POSITIVE_LINE, palette.NEGATIVE_LINE])
def test_lines_show_on_white_and_on_black(line: str, background: str) -> None:
    assert contrast(line, background) >= 3.0


# What is refused


@pytest.mark.slow
def test_a_giant_graph_is_refused_with_the_remedies() -> None:
    model = nn.MLP(2, [16, 16, 1], rng=random.Random(0))
    loss = nn.mse([model([0.1 * i, 1.0]) for i in range(30)], [0.0] * 30)
    with pytest.raises(
        ValueError, match=r"more than max_nodes=1,000.*collapse=.*single row.*constants=False.*max_nodes="
    ):
        draw(loss, model)
    assert len(boxes(draw(loss, model, collapse="layer", max_nodes=200))) < 200
    assert len(draw(loss, model, max_nodes=None).source) > 100_000


def test_edges_that_would_take_minutes_are_refused_with_the_remedies() -> None:
    x, a = Value(1.0, label="x"), Value(2.0, label="a")
    for _ in range(300):
        x = (x + a / x) * 0.5  # the edges from a cross up to 900 levels
    crossed = sum((3 * k + 1) + 1 + 2 + 1 + 1 for k in range(300))  # a → /, x → /, x → +, / → +, + → × in step k
    with pytest.raises(
        ValueError, match=rf"1,500 edges that cross {crossed:,} levels.*steps of a loop.*={crossed // 20 + 1}"
    ):
        draw(x, constants=False)
    assert draw(x, constants=False, max_nodes=None).source.count("->") == 1500


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "RL"}, "direction must be 'LR' or 'TB', got 'RL'"),
        ({"collapse": "all"}, "collapse must be None or 'alike' or 'neuron' or 'layer', got 'all'"),
        ({"collapse": "layer"}, "needs the model"),
        ({"digits": -1}, "digits is the number of decimals, from 0 to 17; got -1"),
        ({"digits": "4"}, "digits is the number of decimals"),
        ({"model": nn.MLP(1, [1])}, "no parameter in this graph"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw(neuron(), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("thing", "message"), [(2.0, "draw takes a Value"), ("x", "'x'"), (None, "None")])
def test_what_is_no_value_is_refused(thing: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        draw(thing)  # type: ignore[arg-type]


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(TypeError, match="named_parameters"):
        draw(neuron(), object())  # type: ignore[arg-type]


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        draw([])


def test_a_constant_alone_can_be_drawn() -> None:
    with no_grad():
        y = Value(2.0) * 3.0
    assert boxes(draw(y, constants=False)) == {"n0": ["6.0"]}
