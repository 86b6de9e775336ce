"""Where formulas fail that are right on paper: zeros, ties, infinities, nan, cancellation and overflow."""

import itertools
import math
from collections.abc import Callable, Sequence

import pytest
from mpmath import mp
from references import ACTIVATIONS, BUILT_IN, HAS_TORCH, MPMATH, bits, derivative, reference, torch_functions

import autograd
from autograd import OPERATIONS, Value, grad, hessian, jacobian
from autograd.arithmetic import FLOATS
from autograd.functions import evaluate

inf, nan = math.inf, math.nan


def called(name: str, *operands: float) -> float:
    return float(evaluate(OPERATIONS[name], OPERATIONS[name].flatten(*operands)))


def slope(name: str, x: float) -> float:
    return grad(getattr(autograd, name))(x)


def derivatives(function: Callable[..., object], x: float, orders: int = 4) -> list[float]:
    """The derivatives of orders 1 to `orders` at x, each by one `grad` more."""
    found = []
    for _ in range(orders):
        function = grad(function)
        found.append(function(x))
    return found


# nan, infinities


@pytest.mark.parametrize("name", [*ACTIVATIONS, "abs", "sign", "heaviside", "exp", "sqrt", "log", "erf", "identity"])
def test_nan_passes_through(name: str) -> None:
    assert math.isnan(called(name, nan))
    assert math.isnan(getattr(autograd, name)(Value(nan)).data)


@pytest.mark.parametrize("name", ["maximum", "minimum", "add", "sub", "mul", "truediv"])
@pytest.mark.parametrize("pair", [(nan, 1.0), (1.0, nan), (nan, nan), (nan, inf), (-inf, nan)])
def test_nan_passes_through_either_operand(name: str, pair: tuple[float, float]) -> None:
    assert math.isnan(called(name, *pair))


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min", "norm", "logsumexp"])
def test_nan_passes_through_operations_of_many(name: str) -> None:
    for values in itertools.permutations([1.0, nan, 2.0]):
        assert math.isnan(called(name, values))


@pytest.mark.parametrize("name", ["less", "less_equal", "greater", "greater_equal", "equal"])
def test_a_comparison_with_nan_is_false(name: str) -> None:
    assert [called(name, *pair) for pair in [(nan, 1.0), (1.0, nan), (nan, nan)]] == [0.0, 0.0, 0.0]


def test_nan_is_true() -> None:
    assert autograd.where(nan, 1.0, 2.0) == 1.0
    assert autograd.logical_not(nan) == 0.0
    assert autograd.logical_and(nan, 1.0) == 1.0
    assert autograd.logical_or(0.0, nan) == 1.0


@pytest.mark.parametrize(
    ("name", "below", "above"),
    [
        ("tanh", -1.0, 1.0),
        ("sigmoid", 0.0, 1.0),
        ("relu", 0.0, inf),
        ("leaky_relu", -inf, inf),
        ("elu", -1.0, inf),
        ("softplus", 0.0, inf),
        ("exp", 0.0, inf),
        ("expm1", -1.0, inf),
        ("log", nan, inf),
        ("log1p", nan, inf),
        ("sqrt", nan, inf),
        ("atan", -math.pi / 2, math.pi / 2),
        ("sin", nan, nan),
        ("cos", nan, nan),
        ("tan", nan, nan),
        ("asin", nan, nan),
        ("acos", nan, nan),
        ("sinh", -inf, inf),
        ("cosh", inf, inf),
        ("erf", -1.0, 1.0),
        ("erfc", 2.0, 0.0),
        ("sign", -1.0, 1.0),
        ("heaviside", 0.0, 1.0),
        ("abs", inf, inf),
    ],
)
def test_limits_at_the_infinities(name: str, below: float, above: float) -> None:
    assert bits(called(name, -inf)) == bits(below)
    assert bits(called(name, inf)) == bits(above)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "leaky_relu", "elu", "softplus"])
def test_slopes_at_the_infinities_are_the_limits(name: str) -> None:
    steep = {"relu": 1.0, "leaky_relu": 1.0, "elu": 1.0, "softplus": 1.0}
    assert slope(name, inf) == steep.get(name, 0.0)
    assert slope(name, -inf) == {"leaky_relu": 0.01}.get(name, 0.0)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "erf", "erfc", "atan", "abs"])
@pytest.mark.parametrize("x", [1e300, -1e300, 1e16, -1e16, 5e-324, -5e-324, 800.0, -800.0])
def test_result_and_slope_are_finite_for_huge_and_tiny_numbers(name: str, x: float) -> None:
    assert math.isfinite(called(name, x))
    assert math.isfinite(slope(name, x))


def test_overflow_is_inf_as_ieee_has_it() -> None:
    v = Value(1000.0)
    assert v.exp().data == inf
    assert (Value(1.0) / 0.0).data == inf
    assert (Value(-1.0) / 0.0).data == -inf
    assert Value(0.0).log().data == -inf
    assert math.isnan((Value(-8.0) ** (1 / 3)).data)
    assert (Value(-1e200) ** 3).data == -inf
    assert (Value(-0.0) ** -3).data == -inf
    assert (Value(1e308) * 10.0).data == inf


def test_operations_of_many_neither_overflow_nor_vanish() -> None:
    assert autograd.norm([3e200, 4e200]) == pytest.approx(5e200, rel=1e-15)
    assert autograd.norm([3e-200, 4e-200]) == pytest.approx(5e-200, rel=1e-15)
    assert autograd.norm([3.0, -inf]) == inf
    assert autograd.logsumexp([1000.0, 1000.0]) == 1000.0 + math.log(2.0)
    assert autograd.logsumexp([-1000.0, -1000.0]) == -1000.0 + math.log(2.0)
    assert autograd.logsumexp([-inf, -inf]) == -inf
    assert autograd.logsumexp([1.0, -inf]) == 1.0
    assert autograd.logsumexp([1.0, inf]) == inf
    assert autograd.softmax([1000.0, -1000.0]) == [1.0, 0.0]
    assert autograd.log_softmax([1000.0, -1000.0]) == [0.0, -2000.0]


IEEE = (
    "truediv pow log log1p exp expm1 sqrt sin cos tan asin acos atan sinh cosh tanh abs less less_equal greater "
    "greater_equal equal logical_and logical_or logical_not maximum minimum heaviside sign where"
).split()
NUMBERS = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1e308, -1e308, 1e-308, 5e-324, 800.0, inf, -inf, nan)


@pytest.mark.parametrize("name", IEEE)
def test_the_arithmetic_of_floats_is_numpys(name: str) -> None:
    np = pytest.importorskip("numpy")
    theirs = {
        "truediv": np.divide, "pow": np.float_power, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
        "heaviside": lambda x: np.heaviside(x, 0.0), "where": lambda c, x, y: np.where(c != 0, x, y),
    }.get(name) or getattr(np, name)  # fmt: skip
    count = len(OPERATIONS[name].operands)
    for operands in itertools.product(NUMBERS, repeat=count):
        with np.errstate(all="ignore"):
            expected = float(theirs(*map(np.float64, operands)))
        found = getattr(FLOATS, name)(*operands)
        assert found == pytest.approx(expected, rel=4e-16, abs=0.0, nan_ok=True), operands
        if name in ("truediv", "pow", "sqrt", "sinh", "tan"):
            assert math.copysign(1.0, found) == math.copysign(1.0, expected) or math.isnan(found), operands


# Digits


@pytest.mark.parametrize("x", [-700.0, -40.0, -20.0, -10.0, -1e-8, 1e-8, 10.0, 20.0, 40.0, 700.0])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "silu", "elu", "expm1"])
def test_result_and_slope_keep_their_digits(name: str, x: float) -> None:
    operands = (x, 1.0) if name == "elu" else (x,)
    exact = float(reference(name, *operands))
    assert called(name, x) == pytest.approx(exact, rel=4e-16 * max(4.0, abs(x)), abs=0.0)
    assert slope(name, x) == pytest.approx(_slope_in_500_digits(name, operands), rel=4e-16 * max(4.0, abs(x)), abs=0.0)


def _slope_in_500_digits(name: str, operands: Sequence[float]) -> float:
    """1 − tanh² 700 is 4e-608: only with so many digits is a difference of tanh anything but 0."""
    with mp.workdps(1500):
        return float(mp.diff(MPMATH[name], tuple(map(mp.mpf, operands)), (1,) + (0,) * (len(operands) - 1)))


@pytest.mark.parametrize("x", [-37.0, -20.0, -10.0, -3.0, 0.1, 3.0, 10.0, 20.0, 700.0])
def test_gelu_keeps_its_digits(x: float) -> None:
    # erfc(x/√2) magnifies a relative error of its argument by x²
    assert autograd.gelu(x) == pytest.approx(float(reference("gelu", x)), rel=4e-16 * max(4.0, x * x), abs=0.0)
    assert slope("gelu", x) == pytest.approx(derivative("gelu", (x,), 0), rel=4e-16 * max(8.0, x * x), abs=0.0)


LOGITS = [
    (0.3, -0.7, 1.1),
    (-10.0, 0.0, 5.0),
    (20.0, 0.0, -3.0),
    (700.0, 0.0, 690.0),
    (1e5, 1e5 - 1.0, -1e5),
    (-700.0, -701.0, -720.0),
    (1.0, 1.0, 1.0),
]


@pytest.mark.parametrize("logits", LOGITS)
def test_logsumexp_and_its_slopes_keep_their_digits(logits: tuple[float, ...]) -> None:
    exact = float(reference("logsumexp", *logits))
    assert autograd.logsumexp(list(logits)) == pytest.approx(exact, rel=4e-16)
    with mp.workdps(700):
        softmax = [float(mp.exp(x) / mp.fsum(map(mp.exp, logits))) for x in map(mp.mpf, logits)]
    # a slope is exp(x − logsumexp): an error of one unit in the last place of either is a relative error of it
    assert grad(autograd.logsumexp)(list(logits)) == pytest.approx(softmax, rel=2e-16 * max(8.0, *map(abs, logits)))


@pytest.mark.parametrize("logits", LOGITS)
@pytest.mark.parametrize("target", [0, 1, 2])
def test_cross_entropy_and_its_slopes_keep_their_digits(logits: tuple[float, ...], target: int) -> None:
    with mp.workdps(700):
        xs = [mp.mpf(x) for x in logits]
        shares = [mp.exp(x) / mp.fsum(map(mp.exp, xs)) for x in xs]
        loss = float(-mp.log(shares[target]))
        slopes = [float(share - (i == target)) for i, share in enumerate(shares)]
    precision = 2e-16 * max(8.0, *map(abs, logits))
    found, gradient = autograd.value_and_grad(autograd.cross_entropy)(list(logits), target)
    assert found == pytest.approx(loss, rel=1e-15, abs=0.0)
    assert gradient == pytest.approx(slopes, rel=precision, abs=0.0)


# Derivatives to order 4 at 0 and at ties

SMOOTH_AT_0 = [name for name in BUILT_IN if OPERATIONS[name].operands == ("x",) and name not in (
    "abs", "log", "sqrt", "relu", "heaviside", "sign", "logical_not")]  # fmt: skip


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


def test_the_norm_at_0_has_derivative_0_and_finite_second_derivatives() -> None:
    assert grad(autograd.norm)([0.0, 0.0]) == [0.0, 0.0]
    assert all(math.isfinite(x) for row in hessian(autograd.norm)([0.0, 0.0]) for x in row)


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
        assert grad(function)(0.0) == torch.autograd.grad(out, tensors[0])[0].item()


# Wrong arguments


def test_operations_of_many_refuse_nothing_at_all() -> None:
    for name in ("sum", "mean", "prod", "max", "min", "logsumexp", "norm", "softmax", "log_softmax"):
        with pytest.raises(ValueError, match="at least one"):
            getattr(autograd, name)([])
    with pytest.raises(ValueError, match="at least one"):
        autograd.dot([], [])
    assert autograd.dot([], [], 3.0) == 3.0


def test_dot_refuses_unequal_lengths() -> None:
    with pytest.raises(ValueError, match="2 weights and 3 inputs"):
        autograd.dot([1.0, 2.0], [Value(1.0)] * 3)


@pytest.mark.parametrize("index", [3, -1, 1.5, nan, inf])
@pytest.mark.parametrize("function", [autograd.take, autograd.cross_entropy])
def test_an_index_that_does_not_exist_is_refused(function: Callable[..., object], index: float) -> None:
    with pytest.raises(IndexError, match="positions 0 to 2"):
        function([Value(1.0), 2.0, 3.0], index)


@pytest.mark.parametrize("function", [autograd.take, autograd.cross_entropy])
def test_a_numpy_integer_is_an_index(function: Callable[..., float]) -> None:
    np = pytest.importorskip("numpy")
    assert function([1.0, 2.0, 3.0], np.int64(2)) == function([1.0, 2.0, 3.0], 2)
    with pytest.raises(IndexError, match="positions 0 to 2"):
        function([1.0, 2.0, 3.0], np.int64(3))


def test_a_wrong_number_of_arguments_is_refused() -> None:
    for wrong in ((), (1.0, 2.0)):
        with pytest.raises(TypeError, match=r"exp\(\)"):
            autograd.exp(*wrong)
    with pytest.raises(TypeError, match=r"leaky_relu\(\) takes x, slope"):
        autograd.leaky_relu(slope=0.1)
    with pytest.raises(TypeError):
        autograd.leaky_relu(1.0, x=2.0)


def test_operands_may_be_named() -> None:
    assert autograd.leaky_relu(-1.0, slope=0.5) == -0.5
    assert autograd.where(condition=0.0, x=1.0, y=2.0) == 2.0


@pytest.mark.parametrize("wrong", ["3", None, 1j, [1.0], object()])
@pytest.mark.parametrize("beside", [1.0, Value(1.0)])
def test_what_is_no_real_number_is_refused(wrong: object, beside: object) -> None:
    for function in (autograd.add, autograd.maximum, autograd.pow):
        for pair in ((wrong, beside), (beside, wrong)):
            with pytest.raises(TypeError, match="takes a real number"):
                function(*pair)
