"""Where formulas fail that are right on paper: infinities, nan, overflow; and what operations refuse.

Of autograd.operations.activations, autograd.operations.comparisons and autograd.operations.reductions.
"""

import inspect
import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest
from references import ACTIVATIONS, bits

import autograd
from autograd import OPERATIONS, Value, grad
from autograd.functions import evaluate
from autograd.operations.arithmetic import FLOATS

inf, nan = math.inf, math.nan


def called(name: str, *operands: float) -> float:
    return float(evaluate(OPERATIONS[name], OPERATIONS[name].flatten(*operands)))


def slope(name: str, x: float) -> float:
    return grad(getattr(autograd, name))(x)


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
        assert math.isnan(called(name, values))  # type: ignore[arg-type]


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
    "greater_equal equal logical_and logical_or logical_not maximum minimum heaviside sign where exp2 log2 log10 asinh "
    "acosh atanh atan2 hypot cbrt fmod remainder floor ceil trunc round square reciprocal logaddexp clip"
).split()
NUMBERS = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1e308, -1e308, 1e-308, 5e-324, 800.0, inf, -inf, nan)


@pytest.mark.parametrize("name", IEEE)
def test_the_arithmetic_of_floats_is_numpys(name: str) -> None:
    np = pytest.importorskip("numpy")
    theirs = {
        "truediv": np.divide, "pow": np.float_power, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
        "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "atan2": np.arctan2, "round": np.rint,
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
        autograd.leaky_relu(slope=0.1)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        autograd.leaky_relu(1.0, x=2.0)  # type: ignore[call-overload]


def test_operands_may_be_named() -> None:
    assert autograd.leaky_relu(-1.0, slope=0.5) == -0.5
    assert autograd.where(condition=0.0, x=1.0, y=2.0) == 2.0


@pytest.mark.parametrize("wrong", ["3", None, 1j, [1.0], object()])
@pytest.mark.parametrize("beside", [1.0, Value(1.0)])
def test_what_is_no_real_number_is_refused(wrong: object, beside: object) -> None:
    for function in (autograd.add, autograd.maximum, autograd.pow):
        for pair in ((wrong, beside), (beside, wrong)):
            with pytest.raises(TypeError, match="takes a real number"):
                function(*pair)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: autograd.sum(Value(1.0), 2.0), r"sum\(values\): too many"),  # type: ignore[call-overload]
        (lambda: autograd.sum(Value(1.0)), r"a list of numbers or Values, got Value\(1\.0\) alone: write \[x\]"),  # type: ignore[call-overload]
        (lambda: autograd.cross_entropy([1.0, 2.0]), r"cross_entropy\(logits, target\): missing .*'target'"),  # type: ignore[call-overload]
    ],
)
def test_a_wrong_call_of_many_operands_is_refused_in_the_functions_own_name(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_functions_show_their_arguments() -> None:
    shown = {f.__name__: str(inspect.signature(f)) for f in (autograd.tanh, autograd.elu, autograd.dot, autograd.max)}
    assert shown == {"tanh": "(x)", "elu": "(x, alpha=1.0)", "dot": "(w, x, bias=None)", "max": "(*values)"}
