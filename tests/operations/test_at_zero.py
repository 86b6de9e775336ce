"""Derivatives to order 4 at zeros and at ties: right where the function is smooth, else as the conventions say."""

import math
from collections.abc import Callable

import pytest
from references import BUILT_IN, HAS_TORCH, derivative, torch_functions

import autograd
from autograd import OPERATIONS, Value, grad, hessian, jacobian
from autograd.functions import evaluate


def derivatives(function: Callable[..., object], x: float, orders: int = 4) -> list[float]:
    """The derivatives of orders 1 to `orders` at x, each by one `grad` more."""
    found = []
    for _ in range(orders):
        function = grad(function)
        found.append(function(x))
    return found


KINKS_AT_0 = "abs log log2 log10 acosh sqrt cbrt reciprocal relu heaviside sign logical_not floor ceil trunc".split()
SMOOTH_AT_0 = [name for name in BUILT_IN if OPERATIONS[name].operands == ("x",) and name not in KINKS_AT_0]


@pytest.mark.parametrize("name", SMOOTH_AT_0)
def test_derivatives_to_order_4_at_0_are_mpmaths(name: str) -> None:
    expected = [derivative(name, (0.0,), *[0] * order) for order in (1, 2, 3, 4)]
    assert derivatives(getattr(autograd, name), 0.0) == pytest.approx(expected, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (abs, [0.0, 0.0, 0.0, 0.0]),
        (autograd.relu, [0.0, 0.0, 0.0, 0.0]),
        (autograd.leaky_relu, [0.01, 0.0, 0.0, 0.0]),
        (lambda x: autograd.leaky_relu(x, 0.2), [0.2, 0.0, 0.0, 0.0]),
        (autograd.elu, [1.0, 1.0, 1.0, 1.0]),
        (autograd.heaviside, [0.0, 0.0, 0.0, 0.0]),
        (autograd.sign, [0.0, 0.0, 0.0, 0.0]),
        (lambda x: x**2, [0.0, 2.0, 0.0, 0.0]),
        (lambda x: x**3, [0.0, 0.0, 6.0, 0.0]),
        (lambda x: x**1, [1.0, 0.0, 0.0, 0.0]),
        (lambda x: x**0, [0.0, 0.0, 0.0, 0.0]),
        (lambda x: 2.0**x, [math.log(2.0) ** n for n in (1, 2, 3, 4)]),
        (lambda x: x * x * x * x, [0.0, 0.0, 0.0, 24.0]),
        (lambda x: x / 2.0, [0.5, 0.0, 0.0, 0.0]),
        (lambda x: 0.0 / (x + 2.0), [0.0, 0.0, 0.0, 0.0]),
        (lambda x: autograd.maximum(x, x), [1.0, 0.0, 0.0, 0.0]),
        (lambda x: autograd.maximum(x * x, x), [0.5, 1.0, 0.0, 0.0]),
        (lambda x: autograd.minimum(x, -x), [0.0, 0.0, 0.0, 0.0]),
        (lambda x: autograd.max([x, 0.0, -x]), [0.0, 0.0, 0.0, 0.0]),
        (lambda x: autograd.prod([x, x, x, x]), [0.0, 0.0, 0.0, 24.0]),
        (lambda x: autograd.prod([x, 0.0, x]), [0.0, 0.0, 0.0, 0.0]),
        (lambda x: autograd.where(autograd.greater_equal(x, 0.0), x * x, 0.0), [0.0, 2.0, 0.0, 0.0]),
    ],
)
def test_derivatives_to_order_4_at_0_are_those_promised(function: Callable[..., object], expected: list[float]) -> None:
    assert derivatives(function, 0.0) == pytest.approx(expected, rel=1e-15, abs=1e-15)


def test_the_square_has_no_nan_in_any_derivative_at_negative_numbers_and_at_0() -> None:
    for x in (-2.0, 0.0, 5.0, 1e-200):
        assert derivatives(lambda v: v**2.0, x) == [2.0 * x, 2.0, 0.0, 0.0]


def test_pow_by_a_value_as_exponent_is_right_where_the_base_or_the_exponent_is_0() -> None:
    gradient = grad(autograd.pow, argnums=(0, 1))
    assert gradient(0.0, 2.0) == (0.0, 0.0)
    assert gradient(0.0, 1.0) == (1.0, 0.0)
    assert gradient(0.0, 0.0) == (0.0, 0.0)
    assert gradient(2.0, 0.0) == (0.0, math.log(2.0))
    assert derivatives(lambda y: 0.0**y, 2.0) == [0.0, 0.0, 0.0, 0.0]


def test_the_mixed_derivative_of_pow_is_right_where_the_exponent_is_0() -> None:
    second = hessian(lambda v: v[0] ** v[1])([2.0, 0.0])
    assert second == [[0.0, 0.5], [0.5, pytest.approx(math.log(2.0) ** 2)]]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_a_tie_of_two_shares_evenly(name: str) -> None:
    function = getattr(autograd, name)
    assert grad(function, argnums=(0, 1))(3.0, 3.0) == (0.5, 0.5)
    assert hessian(lambda v: function(v[0], v[1]))([3.0, 3.0]) == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("name", ["max", "min"])
def test_a_tie_of_three_shares_evenly(name: str) -> None:
    function = getattr(autograd, name)
    other = {"max": 1.0, "min": 9.0}[name]
    assert grad(function)([2.0, other, 2.0, 2.0]) == [1 / 3, 0.0, 1 / 3, 1 / 3]
    assert hessian(function)([2.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]


def test_the_norm_at_0_has_derivative_0_and_no_second_derivative() -> None:
    assert grad(autograd.norm)([0.0, 0.0]) == [0.0, 0.0]
    assert all(math.isnan(x) for row in hessian(autograd.norm)([0.0, 0.0]) for x in row)


def test_products_with_zeros_have_the_products_of_the_others_as_derivatives() -> None:
    assert grad(autograd.prod)([0.0, 2.0, 3.0]) == [6.0, 0.0, 0.0]
    assert hessian(autograd.prod)([0.0, 0.0, 3.0]) == [[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    third = jacobian(hessian(autograd.prod))([0.0, 0.0, 0.0])
    assert third[0][1] == [0.0, 0.0, 1.0]
    assert third[0][0] == [0.0, 0.0, 0.0]


def test_where_with_the_remedy_of_its_docstring_has_no_nan() -> None:
    def positive_log(x: Value) -> Value:
        positive = autograd.greater(x, 0)
        return autograd.where(positive, autograd.log(autograd.where(positive, x, 1.0)), 0.0)

    assert derivatives(positive_log, 0.0) == [0.0, 0.0, 0.0, 0.0]
    assert derivatives(positive_log, 2.0) == [0.5, -0.25, 0.25, -0.375]
    assert math.isnan(grad(lambda x: autograd.where(autograd.greater(x, 0), autograd.log(x), 0.0))(0.0))


@pytest.mark.slow
@pytest.mark.skipif(not HAS_TORCH, reason="PyTorch is not installed")
@pytest.mark.parametrize("name", ["abs", "relu", "elu", "leaky_relu", "maximum", "minimum", "max", "min", "norm"])
def test_the_conventions_at_kinks_are_pytorchs(name: str) -> None:
    import torch

    operands = {"elu": (0.0, 1.0), "leaky_relu": (0.0, 0.1), "abs": (0.0,), "relu": (0.0,)}.get(name, (0.0, 0.0))
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in operands]
    torch_functions()[name](*tensors).backward()
    row = OPERATIONS[name]
    node = evaluate(row, [Value(x) for x in operands])
    if name not in ("elu", "leaky_relu"):  # their stand-in above is a torch.where
        assert list(node.local_grads) == [t.grad.item() for t in tensors]
    theirs = torch.nn.functional.elu(tensors[0]), torch.nn.functional.leaky_relu(tensors[0], 0.1)
    for function, out in zip((autograd.elu, lambda x: autograd.leaky_relu(x, 0.1)), theirs, strict=True):
        assert grad(function)(0.0) == torch.autograd.grad(out, tensors[0])[0].item()  # type: ignore[arg-type]
