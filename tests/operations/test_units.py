"""Units in the last place: values, slopes and second derivatives at hard points, against mpmath with enough digits."""

import math
import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import c_code
import pytest
from mpmath import mp, mpc, mpf
from references import BUILT_IN, FLAT_ROWS, MPMATH, bits, wanted

import autograd
from autograd import OPERATIONS, Value, expanded, grad, hessian
from autograd.functions import evaluate

pytestmark = pytest.mark.slow

UNITS = 4.0
MORE = {"mish": 5.0}  # its second derivative adds what three functions round
SMOOTH = [name for name in BUILT_IN if OPERATIONS[name].operands == ("x",) and name not in FLAT_ROWS]
SIZES = [1e-160, 1e-12, 1e-8, 1e-4, 0.01, 0.1, 0.3, 0.45, 0.5, 0.7, 0.9, 1 - 1e-12, 1 + 1e-10, 1.2]
SIZES += [2.0, 3.3, 8.0, 19.3, 300.0, 700.0, 1e3, 1e8, 1e100, 1e155, 1e160]
POINTS = [sign * size for size in SIZES for sign in (1.0, -1.0)]


def units_off(found: float, true: Any) -> float:
    """How many units in the last place of `true` it is away; among the smallest numbers, of these."""
    nearest = float(true)
    if math.isinf(nearest) or found == nearest:
        return 0.0 if found == nearest else math.inf
    return float(abs(mpf(found) - true) / math.ulp(nearest))


@cache
def truth(name: str, x: float, order: int) -> Any:
    """The derivative of that order; None where it is no real number.

    The digits are for what differences cancel: 1 − tanh² 700 is 4e-608, 1 − erf 36 is 2e-565, atan″ 1e160 is 2e-480.
    """
    exponents = 5 * abs(math.log10(abs(x))) + (abs(x) if abs(x) <= 1000 else 0) + (x * x / 2 if abs(x) < 40 else 0)
    digits = 80 + round(exponents)
    with mp.workdps(digits):
        try:
            found = mp.diff(MPMATH[name], mpf(x), order, relative=True) if order else MPMATH[name](mpf(x))
        except (ValueError, ZeroDivisionError, OverflowError):
            return None
        return None if isinstance(found, mpc) or not mp.isfinite(found) else found


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", SMOOTH)
def test_value_slope_and_second_derivative_are_right_to_4_units_times_the_condition(name: str, order: int) -> None:
    derived: Callable[[float], float] = getattr(autograd, name)
    for _ in range(order):
        derived = grad(derived)
    units = MORE.get(name, UNITS)
    for x in POINTS:
        true, next_one = truth(name, x, order), truth(name, x, order + 1)
        if true is None or next_one is None:
            continue
        condition = max(1.0, float(abs(mpf(x) * next_one / true))) if true else 1.0
        assert units_off(derived(x), true) <= units * condition, (x, float(true))


@pytest.mark.parametrize(("name", "sign"), [("asin", 1.0), ("acos", -1.0)])
def test_the_second_derivatives_of_asin_and_acos_are_infinite_at_the_edges(name: str, sign: float) -> None:
    function = getattr(autograd, name)
    assert [grad(function)(x) for x in (-1.0, 1.0)] == [sign * math.inf] * 2
    assert [grad(grad(function))(x) for x in (-1.0, 1.0)] == [-sign * math.inf, sign * math.inf]


def test_the_slope_of_asin_keeps_its_digits_next_to_the_edge() -> None:
    x = math.nextafter(1.0, 0.0)
    with mp.workdps(60):
        assert units_off(grad(autograd.asin)(x), 1 / mp.sqrt(1 - mpf(x) ** 2)) <= UNITS


def test_the_slopes_of_atan_vanish_at_infinity_and_nowhere_before() -> None:
    assert [grad(autograd.atan)(x) for x in (1e155, 1e160, math.inf)] == [1e-310, 1e-320, 0.0]
    assert [grad(grad(autograd.atan))(x) for x in (math.inf, -math.inf)] == [0.0, 0.0]


@pytest.mark.parametrize("y", [0.1, 1 / 3, 0.3, 1e-17, -0.1, -1 / 3, -0.7, -2.2, 0.5, 1.3, 2.7])
def test_the_slopes_of_a_power_are_right_to_4_units_for_bases_of_any_size(y: float) -> None:
    draw = random.Random(0)
    power: Callable[[float], float] = lambda x: x**y  # noqa: E731
    for x in [1e264, *(10.0 ** draw.uniform(-100, 100) for _ in range(60))]:
        with mp.workdps(60):
            once = mpf(y) * mpf(x) ** (mpf(y) - 1)
            twice = once * (mpf(y) - 1) / mpf(x)
        if abs(once) > 1e-300 and abs(twice) > 1e-300:
            assert units_off(grad(power)(x), once) <= UNITS
            assert units_off(grad(grad(power))(x), twice) <= UNITS
    assert grad(power)(0.0) == (0.0 if y > 1 else math.copysign(math.inf, y))


NORMS = [(3e-321, 4e-321), (5e-324, 1e-323), (3e-200, -4e-200), (1e160, 1e-140), (1.0, 1e-310), (1.7e308, 1.7e308)]


@pytest.mark.parametrize("xs", NORMS)
def test_the_slopes_of_a_norm_are_right_to_4_units_at_any_size(xs: Sequence[float]) -> None:
    with mp.workdps(60):
        length = mp.sqrt(mp.fsum(mpf(x) ** 2 for x in xs))
        for found, x in zip(grad(autograd.norm)(list(xs)), xs, strict=True):
            assert units_off(found, mpf(x) / length) <= UNITS


# Logits


def drawn_logits() -> list[list[float]]:
    draw = random.Random(0)
    scales = [1.0, 5.0, 30.0, 300.0, 1e5, 1e17, 1e300]
    return [[draw.gauss(0.0, scale) for _ in range(n)] for scale in scales for n in (2, 3, 7) for _ in range(3)]


LOGITS = [[1e17] * 3, [700.1, 0.3], [40.0, 0.0], [0.0, -40.0], [30.0, 29.9, -30.1], [1e5 + 1, 1e5, 1e5 - 3], [1.0] * 3]
LOGITS += drawn_logits()


def shares_of(xs: Sequence[float]) -> tuple[list[Any], list[Any]]:
    """The softmax, and of each what is missing to 1."""
    top = max(xs)
    powers = [mp.exp(mpf(x) - mpf(top)) for x in xs]
    total = mp.fsum(powers)
    return [p / total for p in powers], [mp.fsum(powers[:i] + powers[i + 1 :]) / total for i in range(len(xs))]


@pytest.mark.parametrize("xs", LOGITS, ids=str)
def test_the_softmax_and_the_slopes_of_its_kin_are_right_to_4_units_at_any_magnitude(xs: list[float]) -> None:
    with mp.workdps(60):
        shares, missing = shares_of(xs)
        assert math.fsum(autograd.softmax(xs)) == pytest.approx(1.0, abs=5e-16)
        for found in (autograd.softmax(xs), grad(autograd.logsumexp)(xs)):
            assert max(map(units_off, found, shares)) <= UNITS
        for target in range(len(xs)):
            slopes = [-missing[i] if i == target else share for i, share in enumerate(shares)]
            loss, gradient = autograd.value_and_grad(autograd.cross_entropy)(xs, target)
            own = shares[target]
            assert units_off(loss, -mp.log1p(-missing[target]) if own > 0.5 else -mp.log(own)) <= UNITS
            assert max(map(units_off, gradient, slopes)) <= UNITS


@pytest.mark.parametrize("xs", LOGITS, ids=str)
def test_the_second_derivatives_of_logsumexp_keep_their_digits_where_one_logit_leads(xs: list[float]) -> None:
    with mp.workdps(60):
        shares, missing = shares_of(xs)
        for i, row in enumerate(hessian(autograd.logsumexp)(xs)):
            for j, found in enumerate(row):
                assert units_off(found, shares[i] * missing[i] if i == j else -shares[i] * shares[j]) <= 2 * UNITS


@pytest.mark.parametrize("xs", [xs for xs in LOGITS if max(map(abs, xs)) < 1e3], ids=str)
def test_log_softmax_and_its_slopes_are_right_to_the_units_of_the_logits(xs: list[float]) -> None:
    with mp.workdps(700):
        shares, missing = shares_of(xs)
        for i, found in enumerate(autograd.log_softmax(xs)):
            true = mp.log1p(-missing[i])
            assert units_off(found, true) <= UNITS * max(1.0, max(map(abs, xs)) if shares[i] > 0.5 else 1.0)
            slopes = grad(lambda v, i=i: autograd.log_softmax(v)[i])(xs)
            exact = [float(missing[i] if i == j else -share) for j, share in enumerate(shares)]
            assert slopes == pytest.approx(exact, rel=1e-15, abs=3e-16)


def test_logsumexp_near_0_keeps_the_digits_of_what_is_added_to_the_largest() -> None:
    assert autograd.logsumexp([0.0, -40.0]) == math.log1p(math.exp(-40.0))
    assert autograd.log_softmax([40.0, 0.0]) == [-math.exp(-40.0), -40.0]


def test_exp_difference_is_right_to_2_units_where_the_difference_is_rounded() -> None:
    draw = random.Random(0)
    for _ in range(500):
        x, y = draw.uniform(-700, 700), draw.uniform(-700, 700)
        with mp.workdps(60):
            true = mp.exp(mpf(x) - mpf(y))
        if 1e-300 < true < 1e300:
            assert units_off(autograd.exp_difference(x, y), true) <= 2.0
    inf = math.inf
    assert [autograd.exp_difference(*pair) for pair in [(inf, 1.0), (-inf, 1.0), (1.0, inf), (1e300, -1e300)]] == [
        inf, 0.0, 0.0, inf
    ]  # fmt: skip


# expanded()

HARD: dict[str, list[Sequence[float]]] = {
    "norm": [(0.0, 0.0), (0.0,), (3e200, 4e200), (3e-200, 4e-200), (3e-300, 4e-300), (-2.0, 0.0, 1e-9)],
    "logsumexp": [*map(tuple, LOGITS), (-math.inf, 1.0)],
    "cross_entropy": [(*xs, float(target)) for xs in LOGITS for target in range(len(xs))],
    "prod": [(1e200, 1e-200, 1e200), (0.0, 0.0, 2.0), (1e-320, 3.0)],
}
EXPANSIONS = [name for name in BUILT_IN if OPERATIONS[name].expansion is not None]


@pytest.mark.parametrize("name", EXPANSIONS)
def test_expanded_changes_no_number_at_hard_points(name: str) -> None:
    points = HARD.get(name, [(1e300, 1e-300, -1e300, 1.0), (0.0, -0.0), (1e17, 1.0, -1e17)])
    for point in [*OPERATIONS[name].samples, *points]:
        chosen = wanted(name, len(point))
        whole, single = ([Value(x) if i in chosen else x for i, x in enumerate(point)] for _ in range(2))
        result = evaluate(OPERATIONS[name], whole)
        with expanded():
            same = evaluate(OPERATIONS[name], single)
        result.backward()
        same.backward()
        assert bits(same.data) == bits(result.data), point
        for i in chosen:
            assert units_off(single[i].grad, mpf(whole[i].grad)) <= UNITS, point


def test_expanded_norm_of_the_smallest_numbers_has_slopes_of_their_few_digits() -> None:
    x, y = Value(3e-321), Value(4e-321)
    with expanded():
        autograd.norm([x, y]).backward()
    assert [x.grad, y.grad] == pytest.approx([0.6, 0.8], rel=1e-3)


# Compiled


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "asin", "acos", "atan", "logistic_density", "silu", "softplus"])
def test_compiled_slopes_and_second_derivatives_are_right_to_4_units_times_the_condition(
    name: str, backend: Any
) -> None:
    np = pytest.importorskip("numpy")
    pytest.importorskip("llvmlite" if backend == "llvm" else "numpy")
    function = getattr(autograd, name)
    points = [x for x in POINTS if truth(name, x, 2) is not None]
    compiled = autograd.compile(grad(lambda x: function(x)), backend=backend)
    slopes, seconds = compiled(np.array(points)), compiled.value_and_grad(np.array(points))[1]
    for order, numbers in ((1, slopes), (2, seconds)):
        for x, found in zip(points, numbers.tolist(), strict=True):
            true = truth(name, x, order)
            condition = max(1.0, float(abs(mpf(x) * truth(name, x, order + 1) / true))) if true else 1.0
            assert units_off(found, true) <= UNITS * condition, (order, x)


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
def test_compiled_softmax_and_slopes_are_right_to_4_units_at_any_magnitude(backend: Any) -> None:
    pytest.importorskip("llvmlite" if backend == "llvm" else "numpy")
    softmax = autograd.compile(lambda xs: autograd.softmax(xs), backend=backend)
    logsumexp = autograd.compile(lambda xs: autograd.logsumexp(xs), backend=backend)
    losses = [
        autograd.compile(lambda xs, t=t: autograd.cross_entropy(xs, t), backend=backend)
        for t in range(3)
    ]  # fmt: skip
    for xs in [xs for xs in LOGITS if len(xs) == 3]:
        with mp.workdps(60):
            shares, missing = shares_of(xs)
            assert max(map(units_off, softmax(xs), shares)) <= UNITS
            assert max(map(units_off, logsumexp.value_and_grad(xs)[1], shares)) <= UNITS
            for target, loss in enumerate(losses):
                slopes = [-missing[i] if i == target else share for i, share in enumerate(shares)]
                assert max(map(units_off, loss.value_and_grad(xs)[1], slopes)) <= UNITS


def test_softmax_in_c_is_right_to_4_units_at_any_magnitude(tmp_path: Path) -> None:
    if c_code.CC is None:
        pytest.skip("needs a C compiler")
    softmax = autograd.compile(lambda xs: autograd.softmax(xs), backend="numpy")
    softmax([0.0] * 3)
    slopes = autograd.compile(lambda xs: autograd.cross_entropy(xs, 0), backend="numpy")
    slopes([0.0] * 3)
    library = c_code.built(softmax.source(name="softmax") + slopes.source(name="loss"), tmp_path)
    for xs in [xs for xs in LOGITS if len(xs) == 3]:
        with mp.workdps(60):
            shares, missing = shares_of(xs)
            assert max(map(units_off, c_code.call(library.softmax, xs, [], 3), shares)) <= UNITS
            gradient = c_code.call(library.loss_gradient, xs, [], 4)[1:]
            assert max(map(units_off, gradient, [-missing[0], *shares[1:]])) <= UNITS
