"""formula() and the textbook derivatives: the text a person would write."""

import itertools
import math

import pytest
from references import wanted

import autograd
from autograd import OPERATIONS, Value, formula
from autograd.notation.numbers import is_rounded, latex_number, number, subscripts
from autograd.notation.writer import derivative, expression

x, y, w11, b = Value(2.0, "x"), Value(-3.0, "y"), Value(0.5, "w11"), Value(0.1, "b")

WRITTEN = {
    "(x·w₁₁ + b)²": (x * w11 + b) ** 2,
    "x − y − (x − y)": (x - y) - (x - y),
    "x / (y / b)": x / (y / b),
    "x·y / b": x * y / b,
    "−(x + y)": -(x + y),
    "(−x)²": (-x) ** 2,
    "x·(−y)": x * (-y),
    "x⁻¹": x**-1,
    "(x²)³": (x**2) ** 3,
    "x^(y + 1)": x ** (y + 1.0),
    "|x| + 1": abs(x) + 1.0,
    "σ(x·y)": (x * y).sigmoid(),
    "ReLU(x)·2": x.relu() * 2,
    "max(x, y)": autograd.maximum(x, y),
    "w₁₁·x + b": autograd.dot([w11], [x], b),
    "(x + y + b) / 3": autograd.mean([x, y, b]),
    "sqrt(x² + y²)": autograd.norm([x, y]),
    "log(exp(x) + exp(y))": autograd.logsumexp([x, y]),
    "where(x > 0, x, y)": autograd.where(autograd.greater(x, 0), x, y),
    "leaky_relu(x, 0.01)": autograd.leaky_relu(x),
    "−(−x)": autograd.neg(-x),
    "−x²": -(x**2),
    "(x < y) < b": autograd.less(autograd.less(x, y), b),
    "(x > 0) ∧ (y < b)": autograd.logical_and(autograd.greater(x, 0), autograd.less(y, b)),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_graph_is_written_with_just_the_parentheses_it_needs(text: str) -> None:
    assert formula(WRITTEN[text]) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (x / y, r"\frac{x}{y}"),
        ((x / y) ** 2, r"\left(\frac{x}{y}\right)^{2}"),
        (x ** (y + 1.0), "x^{y + 1}"),
        (w11.exp() * b, r"e^{w_{11}} \cdot b"),
        ((x + y).sqrt(), r"\sqrt{x + y}"),
        (x * (y + b), r"x \cdot \left(y + b\right)"),
        (autograd.leaky_relu(x, 0.2), r"\operatorname{leaky\_relu}\left(x, 0.2\right)"),
    ],
)
def test_latex_uses_fractions_roots_and_scalable_parentheses(value: Value, text: str) -> None:
    assert formula(value, style="latex") == text


def test_numbers_take_the_place_of_labels() -> None:
    assert formula(x * y + b, numbers=True) == "2·(−3) + 0.1"


def test_the_infix_text_of_arithmetic_evaluates_to_the_value() -> None:
    value = (x * y - b / w11) ** 2 - (x - y) * -(b + 1.5) + 1.0 / (x / y)
    python = formula(value).replace("·", "*").replace("−", "-").replace("²", "**2").replace("w₁₁", "w11")
    names = {"x": 2.0, "y": -3.0, "w11": 0.5, "b": 0.1}
    assert eval(python, {}, names) == pytest.approx(value.data, rel=1e-15)


def test_a_node_used_twice_is_defined_once_in_a_where_line() -> None:
    z = x * y
    assert formula(z * z) == "t₁·t₁\nwhere t₁ = x·y"
    z.label = "z"
    assert formula(z * z) == "z·z\nwhere z = x·y"
    assert formula(z * z, style="latex") == r"z \cdot z \quad \text{where } z = x \cdot y"


def test_names_made_up_do_not_collide_with_labels() -> None:
    t1 = Value(1.0, "t1")
    shared = t1 + 2.0
    assert formula(shared * shared) == "t₂·t₂\nwhere t₂ = t₁ + 2"


def test_squaring_fifty_times_stays_short() -> None:
    value = Value(1.0, "x")
    for _ in range(50):
        value = value * value
    text = formula(value)
    assert len(text.splitlines()) == 50
    assert len(text) < 1500


@pytest.mark.slow
def test_the_text_of_a_deep_chain_is_linear_in_its_nodes() -> None:
    lengths = []
    for depth in (10_000, 100_000):
        value = Value(1.0, "x")
        for _ in range(depth):
            value = value * 1.5
        lengths.append(len(formula(value)))
    assert lengths[1] / lengths[0] == pytest.approx(10, rel=0.05)


def test_an_unknown_style_is_named() -> None:
    with pytest.raises(ValueError, match="'html'"):
        formula(x, style="html")


DERIVATIVES = {
    ("sigmoid", 0): "a·(1 − a)",
    ("tanh", 0): "1 − a²",
    ("relu", 0): "[x > 0]",
    ("mul", 0): "y",
    ("truediv", 1): "−(x / y²)",
    ("pow", 0): "y·x^(y − 1)",
    ("exp", 0): "a",
    ("log", 0): "1 / x",
    ("sqrt", 0): "1 / (2·a)",
    ("cos", 0): "−sin(x)",
    ("gelu", 0): "Φ(x) + x·φ(x)",
}


@pytest.mark.parametrize(("name", "index"), DERIVATIVES)
def test_derivatives_are_written_as_in_a_textbook(name: str, index: int) -> None:
    row = OPERATIONS[name]
    assert derivative(row, row.operands, "a", index) == DERIVATIVES[name, index]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_row_can_be_written_and_so_can_its_derivatives(name: str) -> None:
    row = OPERATIONS[name]
    point = row.samples[0]
    operands = [f"x{i}" for i in range(len(point))] if row.many else list(row.operands)
    for style in ("text", "latex"):
        assert expression(row, operands, style)
        for i in range(len(operands)):
            if i in wanted(name, len(point)):
                text = derivative(row, operands, "a", i, style)
                assert text
                assert text.count("{") == text.count("}")


def test_an_operand_without_a_derivative_is_refused() -> None:
    with pytest.raises(ValueError, match="where has no derivative by its operand 0"):
        derivative(OPERATIONS["where"], ["c", "x", "y"], "a", 0)


def test_numbers_in_a_derivative_stay_as_given() -> None:
    assert derivative(OPERATIONS["sigmoid"], ["0.35"], "0.5866", 0) == "0.5866·(1 − 0.5866)"
    assert derivative(OPERATIONS["mul"], ["0.5", "−0.3"], "−0.15", 0) == "−0.3"


@pytest.mark.parametrize("digits", [0, 1, 2, 4, 8])
def test_a_number_that_is_not_zero_never_prints_as_zero(digits: int) -> None:
    for exponent, sign in itertools.product(range(-320, 309), (1, -1)):
        text = number(sign * 1.234 * 10.0**exponent, digits)
        assert float(text.replace("−", "-")) != 0
        assert text.startswith("−") == (sign < 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"), (0.35, "0.35"), (-0.0282770892, "−0.0283"), (0.00028, "0.00028"), (1.2e-7, "1.2e−07"),
        (123456.789, "123456.789"), (0.0, "0.0"), (math.nan, "nan"), (math.inf, "∞"),
        (-math.inf, "−∞"), (1e12, "1.0000e+12"),
    ],
)  # fmt: skip
def test_numbers_are_short_and_honest(value: float, text: str) -> None:
    assert number(value) == text
    assert is_rounded(0.12345)
    assert not is_rounded(0.1234)


def test_labels_that_look_alike_with_subscripts_are_written_as_they_are_given() -> None:
    x1, x_1, y1 = Value(1.0, "x1"), Value(2.0, "x_1"), Value(3.0, "y1")
    assert formula(x1 * x_1 + y1) == "x1·x_1 + y₁"
    assert formula(x1 * x_1 + y1, "latex") == r"\mathrm{x1} \cdot \mathrm{x\_1} + y_{1}"


def test_labels_with_a_number_get_subscripts() -> None:
    assert [subscripts(s) for s in ("w11", "x_1", "loss", "L2norm", "w1,12")] == [
        "w₁₁",
        "x₁",
        "loss",
        "L2norm",
        "w₁,₁₂",
    ]


def test_numbers_in_latex() -> None:
    assert latex_number("−1.2e−07") == r"-1.2 \cdot 10^{-7}"
    assert latex_number("−∞") == r"-\infty"


def test_a_graph_is_needed() -> None:
    with pytest.raises(TypeError, match=r"graph of a Value, got 3\.0 \(float\)"):
        formula(3.0)  # type: ignore[arg-type]


def test_nodes_that_share_a_label_are_told_apart() -> None:
    first, second = Value(2.0, "w11"), Value(3.0, "w11")
    assert formula(second * (first * x).relu()) == "w₁₁⁽²⁾·ReLU(w₁₁⁽¹⁾·x)"
    assert formula(first * second, style="latex") == r"w_{11}^{(1)} \cdot w_{11}^{(2)}"
    inner = x * y
    inner.label = "x"
    assert formula(inner * inner) == "x⁽²⁾·x⁽²⁾\nwhere x⁽²⁾ = x⁽¹⁾·y"
