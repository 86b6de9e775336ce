"""Functions with derivatives of one's own: a backward rule, or the equation of a root (autograd/rules/)."""

import copy
import math
import pickle
from typing import Any

import pytest

import autograd
from autograd import Value
from autograd.rules.custom import custom_derivative
from autograd.rules.implicit import implicit, solve


@custom_derivative(lambda gradient, result, x: gradient * result)
def power(x: Any) -> Any:
    """eˣ, of plain numbers only."""
    return math.exp(x)


@custom_derivative(
    lambda gradient, result, v, scale: (
        [gradient[0] * scale + gradient[1] * v[1], gradient[1] * v[0]],
        gradient[0] * v[0],
    )
)
def pair(v: Any, scale: Any) -> Any:
    """[scale · v₀, v₀ · v₁]."""
    return [scale * v[0], v[0] * v[1]]


@implicit(lambda x, a: x * x - a)
def root(a: Any) -> Any:
    """√a, by Newton's steps."""
    x = 1.0
    for _ in range(40):
        x = (x + a / x) / 2.0
    return x


@implicit(lambda x, a: x - autograd.cos(a * x))
def fixed_point(a: Any) -> Any:
    """x = cos(a·x), by bisection on plain numbers."""
    low, high = 0.0, 1.0
    while high - low > 1e-15:
        middle = (low + high) / 2.0
        low, high = (middle, high) if middle < math.cos(a * middle) else (low, middle)
        if middle in (low, high) and high - low < 1e-15:
            break
    return low


@implicit(lambda x, a: [x[0] * x[1] - a[0], x[0] - a[1] * x[1]])
def product_and_quotient(a: Any) -> Any:
    """The numbers whose product is a₀ and whose quotient is a₁."""
    y = autograd.sqrt(a[0] / a[1])
    return [a[1] * y, y]


def test_a_rule_replaces_the_derivative_to_any_order() -> None:
    third = autograd.grad(autograd.grad(autograd.grad(power)))
    assert power(0.5) == math.exp(0.5)
    assert third(0.5) == pytest.approx(math.exp(0.5), rel=1e-15)


def test_the_rule_is_followed_even_where_it_is_another_derivative() -> None:
    backwards = custom_derivative(lambda gradient, result, x: -gradient)(lambda x: x)
    x = Value(2.0)
    (backwards(x) * 3.0).backward()
    assert x.grad == -3.0
    assert not autograd.gradcheck(backwards, 2.0)


def test_lists_in_and_out_keep_their_structure() -> None:
    assert autograd.jacobian(pair, (0, 1))([2.0, 5.0], 3.0) == [([3.0, 0.0], 2.0), ([5.0, 2.0], 0.0)]
    assert autograd.gradcheck(pair, [2.0, 5.0], 3.0)


def test_a_rule_compiles_with_the_engine_s_numbers() -> None:
    compiled = autograd.compile(pair)
    assert compiled([2.0, 5.0], 3.0) == [6.0, 10.0]
    twice = autograd.compile(lambda v: autograd.sum(pair(pair(v, v[0]), 2.0)))
    eager = autograd.hessian(lambda v: autograd.sum(pair(pair(v, v[0]), 2.0)))([0.7, -1.3])
    for row, expected in zip(twice.hessian([0.7, -1.3]), eager, strict=True):
        assert list(row) == pytest.approx(expected, rel=1e-14)


def test_a_root_has_the_derivatives_of_its_equation() -> None:
    first = autograd.grad(root)
    assert first(4.0) == 0.25
    assert autograd.grad(first)(4.0) == pytest.approx(-1 / 32, rel=1e-14)
    assert autograd.grad(autograd.grad(first))(4.0) == pytest.approx(3 / 256, rel=1e-14)
    compiled = autograd.compile(root)
    assert compiled.value_and_grad(4.0) == pytest.approx((2.0, 0.25), rel=1e-15)


def test_a_solver_may_compute_as_it_likes() -> None:
    x = fixed_point(0.8)
    assert autograd.grad(fixed_point)(0.8) == pytest.approx(-x * math.sin(0.8 * x) / (1 + 0.8 * math.sin(0.8 * x)))
    assert autograd.gradcheck(fixed_point, 0.8)


def test_several_unknowns() -> None:
    found = autograd.jacobian(product_and_quotient)([6.0, 2.0])
    expected = [[math.sqrt(2 / 6) / 2, math.sqrt(6 / 2) / 2], [1 / math.sqrt(12) / 2, -math.sqrt(6 / 8) / 2]]
    for row, by_hand in zip(found, expected, strict=True):
        assert row == pytest.approx(by_hand, rel=1e-14)
    compiled = autograd.compile(product_and_quotient).jacobian([6.0, 2.0])
    for row, by_hand in zip(compiled, expected, strict=True):
        assert list(row) == pytest.approx(by_hand, rel=1e-14)


def test_equations_are_solved_with_rows_exchanged() -> None:
    assert solve([[0.0, 2.0, 1.0], [4.0, 1.0, 0.0], [1e-20, 1.0, 3.0]], [7.0, 6.0, 11.0]) == [1.0, 2.0, 3.0]


def test_what_is_no_root_is_an_error_and_compiled_nan() -> None:
    careless = implicit(lambda x, a: x * x - a)(lambda a: a * 0.0 + 1.0)
    with pytest.raises(ArithmeticError, match=r"x = 1\.0 is no root of the equation"):
        autograd.grad(careless)(3.0)
    assert math.isnan(autograd.compile(careless).value_and_grad(3.0)[1])
    assert autograd.compile(careless).value_and_grad(1.0)[1] == 0.5


def test_wrong_rules_are_named() -> None:
    short = custom_derivative(lambda gradient, result, x, y: gradient)(lambda x, y: x * y)
    with pytest.raises(TypeError, match="returned a number; return a tuple of 2"):
        autograd.grad(short)(1.0, 2.0)
    crooked = custom_derivative(lambda gradient, result, v: [gradient])(lambda v: v[0] * v[1])
    with pytest.raises(TypeError, match="a list of 1 for argument 0, which is a list of 2"):
        autograd.grad(crooked)([1.0, 2.0])
    with pytest.raises(TypeError, match=r"@implicit\(equation\); got 3"):
        implicit(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"2 equation\(s\) for 1 unknown"):
        autograd.grad(implicit(lambda x, a: [x - a, x])(lambda a: a))(1.0)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_value_from_outside_is_an_error_not_a_lost_gradient(compiled: bool) -> None:
    w = Value(3.0, label="w")
    inside = custom_derivative(lambda gradient, result, x: gradient * 3.0)(lambda x: x * w)
    in_rule = custom_derivative(lambda gradient, result, x: gradient * w)(lambda x: x * 3.0)
    for function in (inside, in_rule):
        call = autograd.compile(function).value_and_grad if compiled else autograd.grad(function)
        with pytest.raises(TypeError, match="'w', which is not among its arguments"):
            call(1.0)


def test_results_of_another_structure_are_an_error() -> None:
    ragged = custom_derivative(lambda gradient, result, x: gradient)(lambda x: [x] if x > 0.0 else [x, x])
    assert ragged(1.0) == [1.0]
    with pytest.raises(TypeError, match="returned a list of 2 where it returned a list of 1 before"):
        ragged(-1.0)


def test_graphs_are_copied_and_pickled() -> None:
    x = Value(4.0, label="x")
    for again in (copy.deepcopy(root(x)), pickle.loads(pickle.dumps(root(x)))):
        again.backward()
        assert again.operands[0].grad == 0.25
    assert x.grad == 0.0


def test_negative_zero_is_a_number_of_its_own() -> None:
    sign = custom_derivative(lambda gradient, result, x: gradient * 0.0)(lambda x: math.copysign(1.0, x))
    assert [sign(Value(x)).data for x in (0.0, -0.0)] == [1.0, -1.0]
