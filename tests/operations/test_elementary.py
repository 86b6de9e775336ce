"""The functions that other libraries have, too: their digits, to second derivatives, and their conventions.

Of autograd.operations.elementary, autograd.operations.special, autograd.operations.spread and
autograd.operations.rounding.
"""

import itertools
import math
import operator
import random
from collections.abc import Sequence
from typing import Any

import pytest
from mpmath import mp, mpf
from references import HAS_TORCH, MPMATH, bits, inside, torch_functions

import autograd
import nn
from autograd import OPERATIONS, Value, grad, hessian
from autograd.functions import evaluate
from autograd.graph import topological_order

inf, nan = math.inf, math.nan
SIGNED = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e300, -1e300, 5e-324, 2.0**52 + 1, inf, -inf, nan]
HARD = {  # points at which formulas as in a textbook lose digits, overflow or vanish
    "square": [1e-200, 3.0, 1e100],
    "reciprocal": [1e-100, -3.0, 1e100, 1e155],
    "cbrt": [1e-100, -8.0, 1e200],
    "exp2": [-1000.0, 0.3, 900.0],
    "log2": [1e-100, 0.9999, 1e200],
    "log10": [1e-100, 1.0001, 1e200],
    "asinh": [1e-100, 1e-8, 0.5, -3.0, 1e8, 1e100],
    "acosh": [1 + 1e-10, 1.5, 1e8, 1e150],
    "atanh": [1e-20, -0.3, 0.49999, 0.5, 0.9, 1 - 1e-12],
    "sinc": [1e-150, 1e-8, 0.1, 0.4999, 0.5, 0.7, 1.0, 1.5, -2.3, 100.25, 1e6 + 0.3],
    "log_sigmoid": [-50.0, -1.0, 0.1, 3.0, 40.0, 300.0],
    "mish": [-300.0, -30.0, -2.0, 1e-9, 1.0, 5.0, 20.0, 100.0],
}
HARD_PAIRS = {
    "hypot": [(3.0, 1e-8), (1e-8, 3.0), (3.0, 4.0), (1e200, 1e200), (1e-200, 1e-210), (0.0, 2.0)],
    "atan2": [(3.0, 1e-8), (1e-8, 3.0), (3.0, -4.0), (-1e-5, -1.0), (0.0, 2.0), (1e100, 2e100)],
    "logaddexp": [(3.0, 1.0), (700.0, 1.0), (1.0, 100.0), (-3.0, -3.0), (1e-9, 0.0)],
}


def exact(name: str, xs: Sequence[float], orders: tuple[int, ...]) -> float:
    """The derivative in 400 digits, by differences that are tiny beside each operand."""
    with mp.workdps(400):
        widths = tuple(mpf(10) ** -60 * (abs(mpf(x)) or 1) for x in xs)
        return float(mp.diff(MPMATH[name], tuple(map(mpf, xs)), orders, h=widths[0] if len(xs) == 1 else min(widths)))


@pytest.mark.parametrize(("name", "x"), [(name, x) for name, points in HARD.items() for x in points])
def test_result_slope_and_second_derivative_keep_their_digits(name: str, x: float) -> None:
    function = getattr(autograd, name)
    found = [function(x), grad(function)(x), grad(grad(function))(x)]
    assert found == pytest.approx([exact(name, [x], (order,)) for order in (0, 1, 2)], rel=2e-15, abs=0.0)


@pytest.mark.parametrize(("name", "pair"), [(name, pair) for name, pairs in HARD_PAIRS.items() for pair in pairs])
def test_derivatives_by_two_operands_keep_their_digits(name: str, pair: tuple[float, float]) -> None:
    function = getattr(autograd, name)
    assert function(*pair) == pytest.approx(exact(name, pair, (0, 0)), rel=1e-15, abs=0.0)
    gradient = grad(function, argnums=(0, 1))(*pair)
    assert gradient == pytest.approx([exact(name, pair, orders) for orders in ((1, 0), (0, 1))], rel=2e-15, abs=0.0)
    if 1e-100 < max(pair) < 1e90:  # beyond, a second derivative may leave the range on its way
        second = hessian(lambda v: function(v[0], v[1]))(list(pair))
        expected = [exact(name, pair, orders) for orders in ((2, 0), (1, 1), (0, 2))]
        assert [*second[0], second[1][1]] == pytest.approx(expected, rel=4e-15, abs=1e-300)


# Rounding and remainders


@pytest.mark.parametrize("x", SIGNED)
def test_rounding_is_numpys_with_the_signs_of_zeros(x: float) -> None:
    np = pytest.importorskip("numpy")
    for name in ("floor", "ceil", "round", "trunc"):
        assert bits(getattr(autograd, name)(x)) == bits(float(getattr(np, name)(x))), name
        assert grad(getattr(autograd, name))(x) == 0.0


def test_rounding_goes_to_even() -> None:
    assert [autograd.round(x) for x in (0.5, 1.5, 2.5, -0.5, 0.49999999999999994)] == [0.0, 2.0, 2.0, 0.0, 0.0]


@pytest.mark.parametrize("convert", [round, math.floor, math.ceil, math.trunc, lambda v: round(v, 2)])
def test_python_itself_does_not_round_a_value(convert: Any) -> None:
    with pytest.raises(TypeError, match=r"leave the graph. Write autograd.round\(v\)"):
        convert(Value(1.5))


@pytest.mark.parametrize("y", [2.0, -2.0, 0.1, 3e-5])
@pytest.mark.parametrize("x", [5.3, -5.3, 6.0, -6.0, 0.0, -0.0, 0.1, 1e300])
def test_the_remainder_is_pythons(x: float, y: float) -> None:
    assert bits(autograd.remainder(x, y)) == bits(x % y)
    assert bits((Value(x) % y).data) == bits((x % Value(y)).data) == bits(x % y)
    assert bits(autograd.fmod(x, y)) == bits(math.fmod(x, y))


@pytest.mark.parametrize(("x", "y"), [(1.0, 0.0), (inf, 2.0), (nan, 1.0), (1.0, nan), (-0.0, 0.0)])
def test_a_remainder_that_does_not_exist_is_nan(x: float, y: float) -> None:
    assert math.isnan(autograd.remainder(x, y))
    assert math.isnan(autograd.fmod(x, y))


def test_the_slope_of_a_remainder_is_minus_the_whole_quotient() -> None:
    assert grad(operator.mod, argnums=(0, 1))(7.5, -2.0) == (1.0, 4.0)
    assert grad(autograd.fmod, argnums=(0, 1))(7.5, -2.0) == (1.0, 3.0)
    below = math.nextafter(6.0, 0.0)  # the quotient 5.999… by 1/3 of it is rounded up to the whole number 3
    third = below / 3.0
    assert grad(operator.mod, argnums=1)(below, third) == -(below // third)
    assert hessian(lambda v: v[0] % v[1])([7.5, -2.0]) == [[0.0, 0.0], [0.0, 0.0]]


def test_what_is_no_number_has_no_remainder() -> None:
    with pytest.raises(TypeError):
        Value(1.0) % "2"  # type: ignore[operator]
    with pytest.raises(TypeError):
        [] % Value(1.0)  # type: ignore[operator]


# Conventions


@inside(y=SIGNED)
@inside(x=SIGNED)
def test_atan2_has_all_quadrants_and_zeros_of_c(y: float, x: float) -> None:
    assert bits(autograd.atan2(y, x)) == bits(math.atan2(y, x))


def test_edges_of_inverse_functions() -> None:
    assert [autograd.atanh(x) for x in (1.0, -1.0)] == [inf, -inf]
    assert all(math.isnan(autograd.atanh(x)) for x in (1.5, -1.5, inf, nan))
    assert all(math.isnan(autograd.acosh(x)) for x in (0.5, -2.0, nan))
    assert [autograd.acosh(x) for x in (1.0, inf)] == [0.0, inf]
    assert [autograd.log2(x) for x in (8.0, 0.0, inf)] == [3.0, -inf, inf]
    assert [autograd.log10(x) for x in (1000.0, 0.0, inf)] == [3.0, -inf, inf]
    assert math.isnan(autograd.log2(-1.0))
    assert math.isnan(autograd.log10(-1.0))
    assert [autograd.exp2(x) for x in (10.0, 1024.0, -1080.0)] == [1024.0, inf, 0.0]
    assert autograd.cbrt(-27.0) == pytest.approx(-3.0, rel=4e-16)
    assert bits(autograd.cbrt(-0.0)) == bits(-0.0)
    assert [autograd.reciprocal(x) for x in (0.0, -0.0, inf)] == [inf, -inf, 0.0]


def test_hypot_and_std_do_not_overflow() -> None:
    assert autograd.hypot(3e200, 4e200) == pytest.approx(5e200, rel=1e-15)
    assert autograd.hypot(inf, nan) == inf
    assert grad(autograd.hypot, argnums=(0, 1))(3e200, 4e200) == pytest.approx((0.6, 0.8), rel=1e-15)
    assert grad(autograd.hypot, argnums=(0, 1))(0.0, 0.0) == (0.0, 0.0)
    assert autograd.std([1e200, 3e200]) == pytest.approx(math.sqrt(2.0) * 1e200, rel=1e-15)
    assert autograd.std([1e-200, 3e-200]) == pytest.approx(math.sqrt(2.0) * 1e-200, rel=1e-15)


def test_logaddexp_of_infinities() -> None:
    pairs = [(-inf, -inf), (inf, inf), (-inf, inf), (-inf, 2.0), (1000.0, 1000.0)]
    assert [autograd.logaddexp(*pair) for pair in pairs] == [-inf, inf, inf, 2.0, 1000.0 + math.log(2.0)]


def test_sinc_is_0_at_every_whole_number_but_0() -> None:
    assert [autograd.sinc(x) for x in (0.0, -0.0, 1.0, -3.0, 1e15, 0.5)] == [1.0, 1.0, 0.0, 0.0, 0.0, 2.0 / math.pi]


def test_variance_divides_by_n_minus_the_correction() -> None:
    values = [1.0, 2.0, 6.0]
    assert autograd.var(values) == 7.0
    assert autograd.var(values, correction=0) == pytest.approx(14.0 / 3.0, rel=1e-15)
    assert autograd.std(values, 0) == pytest.approx(math.sqrt(14.0 / 3.0), rel=1e-15)
    assert grad(autograd.var)(values) == [-2.0, -1.0, 3.0]
    assert grad(autograd.std)([2.0, 2.0, 2.0]) == [0.0, 0.0, 0.0]
    assert autograd.var([1e9 + 1.0, 1e9 + 2.0, 1e9 + 6.0]) == 7.0


@pytest.mark.parametrize("function", [autograd.var, autograd.std])
def test_a_variance_of_too_few_values_is_refused(function: Any) -> None:
    with pytest.raises(ValueError, match=r"1 value\(s\) leave nothing to divide by with correction=1"):
        function([Value(1.0)])
    with pytest.raises(ValueError, match="at least one"):
        function([])
    assert function([3.0], correction=0) == 0.0


@pytest.mark.parametrize("name", ["mish", "hardtanh", "log_sigmoid"])
def test_the_new_activations_train_by_name(name: str) -> None:
    model = nn.MLP(2, [3, 1], activation=name, rng=random.Random(1))
    out = model([0.3, -0.2])
    out.backward()
    assert name in {node.op.name for node in topological_order(out) if node.op}
    assert any(p.grad for p in model.layers[0].parameters())


@pytest.mark.skipif(not HAS_TORCH, reason="PyTorch is not installed")
@pytest.mark.parametrize(
    ("name", "point"),
    [("clip", p) for p in itertools.product((-1.0, 0.5, 2.0, 3.0), (-1.0, 2.0), (-1.0, 2.0))]
    + [("hardtanh", (1.0,)), ("hardtanh", (-1.0,)), ("std", (2.0, 2.0, 2.0, 1.0)), ("std", (2.0, 2.0, 0.0))]
    + [("sinc", (0.0,)), ("round", (0.5,)), ("logaddexp", (1.0, 1.0))],
)
def test_slopes_at_kinks_and_ties_are_pytorchs(name: str, point: tuple[float, ...]) -> None:
    import torch

    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    torch_functions()[name](*tensors).backward()
    node = evaluate(OPERATIONS[name], [Value(x) for x in point])
    theirs = [0.0 if t.grad is None else t.grad.item() for t in tensors]
    assert [local or 0.0 for local in node.local_grads] == theirs
