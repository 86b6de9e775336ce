"""grad, value_and_grad, jacobian, hessian, hvp: JAX's contracts, to any order."""

import math
from collections import namedtuple
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from references import HAS_TORCH

import autograd
from autograd import Constant, Value, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp


def cube(x: Value) -> Value:
    return x**3


def rosenbrock(v: list[Value]) -> Value:
    return autograd.sum([100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(v)])


# Contracts


def test_derivatives_of_numbers_are_plain_numbers() -> None:
    assert grad(cube)(2.0) == 12.0
    assert type(grad(cube)(2.0)) is float
    assert value_and_grad(cube)(2) == (8.0, 12.0)
    assert grad(lambda v: v[0] * v[1])([2.0, 5.0]) == [5.0, 2.0]


def test_the_gradient_has_the_structure_of_the_argument() -> None:
    def f(tree: list[Any]) -> Value:
        a, (b, [c]) = tree
        return a * b * c

    assert grad(f)([2.0, (3.0, [4.0])]) == [12.0, (8.0, [6.0])]
    assert grad(lambda nothing, x: x, argnums=(0, 1))([], 3.0) == ([], 1.0)


def test_argnums_choose_the_arguments() -> None:
    def f(x: Value, y: Value, z: Value) -> Value:
        return x * y**2 * z**3

    assert grad(f)(1.0, 2.0, 3.0) == 108.0
    assert grad(f, 1)(1.0, 2.0, 3.0) == 108.0
    assert grad(f, -1)(1.0, 2.0, 3.0) == 108.0
    assert grad(f, 2)(1.0, 1.0, 2.0) == 12.0
    assert grad(f, (0,))(1.0, 1.0, 2.0) == (8.0,)
    assert grad(f, (2, 0))(1.0, 1.0, 2.0) == (12.0, 8.0)
    assert value_and_grad(f, (0, -1))(1.0, 1.0, 2.0) == (8.0, (8.0, 12.0))


def test_other_arguments_are_passed_as_they_are() -> None:
    def f(x: Value, power: int, name: str) -> Value:
        assert name == "name"
        assert type(power) is int
        return x**power

    assert grad(f)(3.0, 2, "name") == 6.0


def test_functions_of_the_table_can_be_transformed() -> None:
    assert grad(autograd.tanh)(0.0) == 1.0
    assert grad(autograd.logsumexp)([0.0, 0.0]) == [0.5, 0.5]
    assert jacobian(autograd.softmax)([0.0, 0.0]) == [[0.25, -0.25], [-0.25, 0.25]]


def test_a_constant_function_has_derivative_0() -> None:
    assert grad(lambda x: 5.0)(3.0) == 0.0
    assert value_and_grad(lambda v: Value(5.0) * 1.0)([1.0, 2.0])[1] is not None
    assert jacobian(lambda x: [x, 1.0])(3.0) == [1.0, 0.0]
    assert grad(lambda x, y: x * x, argnums=1)(3.0, 2.0) == 0.0
    assert hessian(lambda v: v[0] * 2.0)([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]


def test_jacobians_have_the_results_structure_with_the_inputs_inside() -> None:
    def f(v: list[Value]) -> tuple[Value, list[Value]]:
        return v[0] * v[1], [v[0], -v[1]]

    assert jacobian(f)([2.0, 3.0]) == ([3.0, 2.0], [[1.0, 0.0], [0.0, -1.0]])
    assert jacobian(lambda x, y: [x * y, x], argnums=(0, 1))(2.0, 3.0) == [(3.0, 2.0), (1.0, 0.0)]
    assert jacobian(cube)(2.0) == 12.0


def test_hessians_computed_by_hand() -> None:
    assert hessian(cube)(2.0) == 12.0
    assert hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0]) == [[10.0, 6.0], [6.0, 0.0]]
    assert hessian(rosenbrock)([1.0, 1.0]) == [[802.0, -400.0], [-400.0, 200.0]]
    assert hessian(lambda x, y: x * y**2, argnums=(0, 1))(2.0, 3.0) == ((0.0, 6.0), (6.0, 4.0))


def _spiral(v: Any) -> Any:
    return [autograd.sin(v[0]) * v[1], [v[0] * v[1] * v[2], autograd.exp(v[2])], v[1]]


def test_products_with_a_vector_are_those_of_the_jacobian() -> None:
    x, v, w = [0.3, -1.2, 0.7], [2.0, 0.5, -1.0], [1.0, [-2.0, 0.25], 3.0]
    rows = jacobian(_spiral)(x)
    flat = [rows[0], *rows[1], rows[2]]
    forward = [sum(a * b for a, b in zip(row, v, strict=True)) for row in flat]
    weights = [1.0, -2.0, 0.25, 3.0]
    backward = [sum(weight * row[j] for weight, row in zip(weights, flat, strict=True)) for j in range(3)]
    found = jvp(_spiral)(x, v)
    assert [found[0], *found[1], found[2]] == pytest.approx(forward, rel=1e-14)
    assert vjp(_spiral)(x, w) == pytest.approx(backward, rel=1e-14)
    assert jvp(lambda t: t**3)(2.0, 10.0) == 120.0
    assert grad(lambda t: jvp(lambda u: u**3)(t, 1.0))(2.0) == 12.0
    assert vjp(lambda t: [t, 1.0])(2.0, [5.0, 7.0]) == 5.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: vjp(_spiral)([0.3, -1.2, 0.7], [1.0]),
            r"vjp: f\(x\) is a nested list .* give v the structure of f\(x\)",
        ),
        (lambda: jvp(_spiral)([0.3, -1.2, 0.7], [1.0]), "jvp: x is .* but v is .*; give v the structure of x"),
    ],
)
def test_a_vector_of_another_structure_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_hvp_is_the_hessian_times_the_vector() -> None:
    point, vector = [0.5, -1.2, 2.0], [1.0, -2.0, 0.5]
    rows = hessian(rosenbrock)(point)
    expected = [sum(h * v for h, v in zip(row, vector, strict=True)) for row in rows]
    assert hvp(rosenbrock)(point, vector) == pytest.approx(expected, rel=1e-13)
    assert hvp(cube)(2.0, 10.0) == 120.0
    assert hvp(lambda v: v[0][0] * v[1])([[2.0], 3.0], [[1.0], 0.0]) == [[0.0], 1.0]
    assert hvp(lambda v: v[0] + v[1])([2.0, 3.0], [1.0, 1.0]) == [0.0, 0.0]


# Nesting


@pytest.mark.parametrize("x", [-2.0, 0.0, 0.7])
def test_every_order_to_the_fourth(x: float) -> None:
    found, function = [], lambda x: x.sin() * x**2
    for _ in range(4):
        function = grad(function)
        found.append(function(x))
    s, c = math.sin(x), math.cos(x)
    expected = [
        2 * x * s + x * x * c,
        (2 - x * x) * s + 4 * x * c,
        (6 - x * x) * c - 6 * x * s,
        (x * x - 12) * s - 8 * x * c,
    ]
    assert found == pytest.approx(expected, rel=1e-13, abs=1e-13)


def test_the_transforms_nest_in_any_order() -> None:
    def f(v: list[Value]) -> Value:
        return (v[0] * v[1]).exp()

    point = [0.3, -0.7]
    assert jacobian(grad(f))(point) == hessian(f)(point)
    third = jacobian(hessian(f))(point)
    a, b = point
    assert third[0][0][1] == pytest.approx((2 * b + a * b * b) * math.exp(a * b), rel=1e-14)
    assert third[0][0][1] == pytest.approx(third[0][1][0], rel=1e-14)
    assert grad(lambda v: hvp(f)(v, [1.0, 0.0])[1])(point) == pytest.approx([third[0][1][0], third[0][1][1]], rel=1e-14)
    assert grad(lambda x: value_and_grad(cube)(x)[0] + value_and_grad(cube)(x)[1])(2.0) == 24.0


def test_an_outer_variable_is_not_confused_with_the_inner_one() -> None:
    # d/dx x · (d/dy (x + y) at y = 1) = 1, not 2
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(5.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y)(3.0))(5.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y * y)(x))(5.0) == 75.0 * 2.0
    assert grad(lambda x: grad(lambda y: grad(lambda z: x * y * z)(1.0))(2.0))(3.0) == 1.0
    assert grad(grad(lambda x: grad(lambda y: x**2 * y**2)(x)))(3.0) == 36.0


def test_derivatives_by_a_value_from_outside_are_values() -> None:
    x = Value(3.0, label="x")
    slope = grad(cube)(x)
    assert isinstance(slope, Value)
    assert slope.data == 27.0
    slope.backward()
    assert x.grad == 18.0
    w = Value(2.0)
    inner = grad(lambda y: w * y * y)(5.0)
    inner.backward()
    assert (inner.data, w.grad) == (20.0, 10.0)


def test_a_gradient_penalty_trains() -> None:
    w = Value(2.0)
    penalty = grad(lambda x: (w * x).tanh())(0.5) ** 2
    penalty.backward()
    eps = 1e-6
    above, below = ((v * (1 - math.tanh(v * 0.5) ** 2)) ** 2 for v in (2.0 + eps, 2.0 - eps))
    assert w.grad == pytest.approx((above - below) / (2 * eps), rel=1e-8)


def test_gradients_leave_every_grad_as_it_is() -> None:
    x, w = Value(2.0), Value(3.0)
    x.grad, w.grad = 5.0, 7.0
    grad(lambda y: w * y * y)(x)
    hessian(lambda v: w * v[0] * v[1])([x, 1.0])
    assert (x.grad, w.grad) == (5.0, 7.0)


def test_constants_from_outside_leave_numbers_numbers() -> None:
    c = Value(3.0).detach()
    assert grad(lambda x: c * x)(2.0) == 3.0
    assert type(grad(lambda x: c * x)(2.0)) is float


def test_deep_functions_are_no_trouble() -> None:
    def deep(x: Value) -> Value:
        for _ in range(5_000):
            x = x * 1.0001
        return x * x

    slope = 1.0001**10_000
    assert grad(deep)(1.0) == pytest.approx(2.0 * slope, rel=1e-10)
    assert grad(grad(deep))(1.0) == pytest.approx(2.0 * slope, rel=1e-10)


def test_transforms_carry_the_functions_name_and_documentation() -> None:
    def loss(x: Value) -> Value:
        """How far."""
        return x * x

    assert grad(loss).__name__ == "grad(loss)"
    assert "How far." in hessian(loss).__doc__  # type: ignore[operator]
    assert "lambda" in jacobian(lambda x: x).__name__


# PyTorch


@pytest.mark.skipif(not HAS_TORCH, reason="PyTorch is not installed")
def test_hessian_jacobian_and_hvp_are_pytorchs() -> None:
    import torch
    from torch.autograd import functional

    point = [0.5, -1.2, 2.0]
    tensor = torch.tensor(point, dtype=torch.float64)

    def theirs(v: torch.Tensor) -> torch.Tensor:
        return (100.0 * (v[1:] - v[:-1] ** 2) ** 2 + (1.0 - v[:-1]) ** 2).sum() + torch.logsumexp(torch.tanh(v), 0)

    def ours(v: list[Value]) -> Value:
        return rosenbrock(v) + autograd.logsumexp([x.tanh() for x in v])

    for row, expected in zip(hessian(ours)(point), functional.hessian(theirs, tensor).tolist(), strict=True):
        assert row == pytest.approx(expected, rel=1e-13)
    expected = functional.hvp(theirs, tensor, torch.ones(3, dtype=torch.float64))[1].tolist()
    assert hvp(ours)(point, [1.0, 1.0, 1.0]) == pytest.approx(expected, rel=1e-13)
    matrix = functional.jacobian(lambda v: torch.softmax(v, 0), tensor).tolist()
    for row, expected in zip(jacobian(autograd.softmax)(point), matrix, strict=True):
        assert row == pytest.approx(expected, rel=1e-14)


# Errors


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian])
def test_arguments_that_are_no_numbers_are_named_with_their_place(transform: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=r"'a' \(str\) at \[1\]\[0\]"):
        transform(lambda v: v[0])([1.0, ["a"]])
    with pytest.raises(TypeError, match="found None"):
        transform(cube)(None)
    np = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match=r"'b' \(str\) at \[1\]"):
        transform(lambda v: v[0])(np.array([1.0, "b"], object))


def test_a_missing_argument_is_an_error() -> None:
    for argnums in (1, -2, (0, 1)):
        with pytest.raises(TypeError, match=r"argnums names argument .* has 1 argument"):
            grad(cube, argnums)(1.0)
    with pytest.raises(TypeError):
        grad(cube)()


@pytest.mark.parametrize("argnums", [(0, 0), (1, -1)])
def test_an_argument_named_twice_is_an_error(argnums: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="twice"):
        grad(lambda x, y: x * y, argnums)(2.0, 3.0)


@pytest.mark.parametrize("result", [[1.0], (), None, "1", lambda: None])
def test_grad_wants_one_number(result: Any) -> None:
    for transform in (grad, value_and_grad, hessian):
        with pytest.raises(TypeError, match=r"one number as its result|expected numbers"):
            transform(lambda x: result)(1.0)


def test_grad_of_several_results_says_what_it_got() -> None:
    with pytest.raises(TypeError, match="a list of 2 × 3"):
        grad(lambda x: [[x] * 3] * 2)(1.0)


def test_hvp_wants_a_vector_with_the_structure_of_the_point() -> None:
    for v in ([1.0], 1.0, [[1.0, 2.0]], [1.0, [2.0]]):
        with pytest.raises(ValueError, match="structure of x"):
            hvp(rosenbrock)([1.0, 2.0], v)


def test_an_error_inside_the_function_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: x * (1 // 0))(1.0)


def test_numbers_of_numpy_and_constants_are_numbers() -> None:
    np = pytest.importorskip("numpy")
    assert grad(lambda x: x**3)(np.float64(2.0)) == 12.0
    assert grad(lambda x: x**3)(Constant(2.0)) == 12.0


def test_arguments_by_name_are_passed_on() -> None:
    def scaled(x: Value, factor: float = 2.0) -> Value:
        return x * x * factor

    assert grad(scaled)(3.0, factor=5.0) == 30.0
    assert value_and_grad(scaled)(3.0, factor=5.0) == (45.0, 30.0)
    assert jacobian(scaled)(3.0, factor=5.0) == 30.0
    assert hessian(scaled)(3.0, factor=5.0) == 10.0


def test_a_named_tuple_stays_one() -> None:
    Point = namedtuple("Point", "x y")
    assert grad(lambda p: p.x * p.y)(Point(2.0, 3.0)) == Point(3.0, 2.0)


def test_argnums_that_are_no_positions_are_refused() -> None:
    with pytest.raises(TypeError, match="argnums takes the positions of arguments"):
        grad(cube, "x")(1.0)  # type: ignore[arg-type]


def test_a_result_that_is_no_number_is_named_as_the_result() -> None:
    with pytest.raises(TypeError, match=r"the function's result: .* found None"):
        grad(lambda x: None)(1.0)
