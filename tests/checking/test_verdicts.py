"""gradcheck judged itself: agrees, wrong, kink or cannot tell, at points and slopes of any size.

Of autograd.checking.verdicts.
"""

import dataclasses
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import autograd
from autograd import OPERATIONS, Constant, Value, gradcheck
from autograd.checking.verdicts import Derivative
from autograd.functions import evaluate, function_of
from autograd.operations.operation import Operation

Real = Callable[[float], float]


def judged(function: Real, slope: Real, x: float, **tolerances: float) -> Derivative:
    """The verdict on a function of one number and what is claimed to be its derivative."""
    row = Operation("claim", "claim", lambda m, x: function(x), (lambda m, x, out: slope(x),))
    (found,) = gradcheck(function_of(row), x, **tolerances).derivatives  # type: ignore[arg-type]
    return found


def verdicts(function: Real, slope: Real, x: float) -> tuple[str, str, str]:
    """Those on the right derivative, on one that is off by 1e-4, and on a reversed sign."""
    claims: list[Real] = [slope, lambda x: 1.0001 * slope(x), lambda x: -slope(x)]
    return tuple(judged(function, claim, x).verdict for claim in claims)  # type: ignore[return-value]


def relu(x: float) -> float:
    return max(x, 0.0)


# Any size


@pytest.mark.parametrize("x", [1e6, -1e6, 1e-3, 1e-300, 0.0, 0.3])
def test_a_sine_is_judged_right_wherever_it_is_taken(x: float) -> None:
    assert verdicts(math.sin, math.cos, x) == ("agrees", "wrong", "wrong")


@pytest.mark.parametrize("x", [1e-300, 1e-100, 1e-10, 1e-7, 1e-3, 1.0, 1e6, 1e300])
def test_a_logarithm_is_judged_right_wherever_it_is_taken(x: float) -> None:
    assert verdicts(math.log, lambda x: 1.0 / x, x) == ("agrees", "wrong", "wrong")


@pytest.mark.parametrize("x", [700.0, 709.0, -700.0])
def test_an_exponential_is_judged_right_up_to_where_it_overflows(x: float) -> None:
    assert verdicts(math.exp, math.exp, x) == ("agrees", "wrong", "wrong")


@pytest.mark.parametrize("power", [-300, -200, -100, -20, -7, 0, 7, 100, 200, 300])
def test_slopes_of_any_size_are_judged_alike(power: int) -> None:
    unit = float(f"1e{power}")
    assert verdicts(lambda x: unit * math.sin(x), lambda x: unit * math.cos(x), 0.7) == ("agrees", "wrong", "wrong")


@pytest.mark.parametrize("width", [1e-100, 1e-8, 1e-3, 1e8, 1e100])
def test_functions_of_any_width_are_judged_alike(width: float) -> None:
    def slope(x: float) -> float:
        return 1.0 / math.cosh(x / width) ** 2 / width

    assert verdicts(lambda x: math.tanh(x / width), slope, 0.7 * width) == ("agrees", "wrong", "wrong")


def test_a_reversed_sign_is_caught_far_below_the_functions_size() -> None:
    assert not gradcheck(lambda x: x.detach() * 2e-7 - 1e-7 * x + 0.7, 1.3)
    assert verdicts(lambda x: 1e-7 * x + 0.7, lambda x: 1e-7, 1.3) == ("agrees", "wrong", "wrong")
    assert judged(lambda x: 1e-10 * x + 0.7, lambda x: -1e-10, 1.3).verdict == "wrong"


def test_no_error_of_a_ten_thousandth_is_missed_where_the_slope_is_small() -> None:
    found = Counter(verdicts(math.tanh, lambda x: 1.0 / math.cosh(x) ** 2, 3.0 + 0.01 * i) for i in range(200))
    assert found == {("agrees", "wrong", "wrong"): 200}  # slopes from 1e-2 to 2e-4


def test_an_error_is_caught_where_the_slope_is_zero() -> None:
    for function, x in [(math.cos, 0.0), (math.cos, math.pi), (lambda x: x**3, 0.0), (lambda x: 5.0 + x**4, 0.0)]:
        assert judged(function, lambda x: 0.0, x).verdict == "agrees"
        assert judged(function, lambda x: 1e-6, x).verdict == "wrong"


GENERATED = {
    "sin": (math.sin, math.cos),
    "exp": (math.exp, math.exp),
    "square": (lambda u: u * u, lambda u: 2.0 * u),
    "atan": (math.atan, lambda u: 1.0 / (1.0 + u * u)),
    "bell": (lambda u: math.exp(-u * u), lambda u: -2.0 * u * math.exp(-u * u)),
    "polynomial": (lambda u: 1.0 + u + u**5, lambda u: 1.0 + 5.0 * u**4),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GENERATED)
def test_functions_stretched_at_random_are_judged_right(name: str) -> None:
    function, slope = GENERATED[name]
    draw = random.Random(name)
    for _ in range(60):
        high, wide = 10.0 ** draw.uniform(-150, 150), 10.0 ** draw.uniform(-6, 12)
        x = wide * draw.uniform(-4.0, 4.0)

        def stretched(x: float, high: float = high, wide: float = wide) -> float:
            return high * function(x / wide)

        def steep(x: float, high: float = high, wide: float = wide) -> float:
            return high * slope(x / wide) / wide

        right, off, reverse = verdicts(stretched, steep, x)
        assert (right, reverse) == ("agrees", "wrong"), (high, wide, x)
        assert off in ("wrong", "cannot tell"), (high, wide, x)  # about 1 in 1,000 lies in too much rounding


# The table


def falsified(row: Operation, factor: float) -> Operation:
    """A copy of a row, not in the table, with all derivatives times `factor`."""
    if callable(row.partials):
        every = row.partials
        return dataclasses.replace(row, partials=lambda m, xs, out: [d and d * factor for d in every(m, xs, out)])

    def times(partial: Any) -> Any:
        return partial and (lambda m, *numbers: partial(m, *numbers) * factor)

    return dataclasses.replace(row, partials=tuple(times(partial) for partial in row.partials))


def of_free_operands(row: Operation, sample: Sequence[float], unit: float) -> tuple[Callable[..., Any], list[float]]:
    """`unit` times the operation as a function of those operands that carry derivatives, and these."""
    carries = [local is not None for local in evaluate(row, [Value(x) for x in sample]).local_grads]

    def function(xs: Sequence[Value]) -> Any:
        rest = iter(xs)
        operands = [next(rest) if free else Constant(x) for x, free in zip(sample, carries, strict=True)]
        return evaluate(row, operands) * unit

    return function, [x for x, free in zip(sample, carries, strict=True) if free]


@pytest.mark.slow
@pytest.mark.parametrize("unit", [1.0, 1e-200, 1e200])
@pytest.mark.parametrize("name", [name for name, row in OPERATIONS.items() if row.samples])
def test_every_falsified_partial_of_the_table_is_caught_and_no_right_one_rejected(name: str, unit: float) -> None:
    for sample in OPERATIONS[name].samples:
        for factor in (1.0, 1.0001, -1.0):
            function, points = of_free_operands(falsified(OPERATIONS[name], factor), sample, unit)
            if not points:
                continue
            for found in gradcheck(function, points).derivatives if points else ():
                is_right = factor == 1.0 or found.analytic == 0.0
                assert found.verdict == ("agrees" if is_right else "wrong"), (sample, factor, found)


# Kinks


@pytest.mark.parametrize("distance", [1e-9, -1e-9, 1e-6, -1e-6, 1e-3])
@pytest.mark.parametrize("function", [abs, relu])
def test_a_kink_beside_the_point_is_no_error(function: Real, distance: float) -> None:
    slope = math.copysign(1.0, distance) if function is abs else float(distance > 0.0)
    assert judged(function, lambda x: slope, distance).verdict == "agrees"
    for claim, passing in [(slope, {"agrees", "kink"}), (1.01, {"wrong"})]:  # a kink where 0.7 hides what is beyond
        found = judged(lambda x: 0.7 + function(x - 0.5), lambda x, claim=claim: claim, 0.5 + distance)  # type: ignore[misc]
        assert found.verdict in passing


@pytest.mark.parametrize(("claim", "verdict"), [(-1.0, "kink"), (0.0, "kink"), (1.0, "kink"), (1.001, "wrong")])
def test_at_a_kink_the_slopes_on_either_side_and_what_is_between_are_conventions(claim: float, verdict: str) -> None:
    found = judged(abs, lambda x: claim, 0.0)
    assert (found.verdict, found.left, found.right) == (verdict, -1.0, 1.0)
    assert ("not between them" in found.explanation) == (verdict == "wrong")


def test_kinks_at_any_distance_are_never_called_wrong() -> None:
    draw, found = random.Random(0), Counter[str]()
    for _ in range(400):
        here, a, left, right = (draw.uniform(-2.0, 2.0) for _ in range(4))
        x = here + 10.0 ** draw.uniform(-16.0, 0.0) * draw.choice((-1.0, 1.0))

        def bent(x: float, here: float = here, a: float = a, left: float = left, right: float = right) -> float:
            return math.sin(a * x) + 0.5 + (right if x > here else left) * (x - here)

        def slope(x: float, here: float = here, a: float = a, left: float = left, right: float = right) -> float:
            return a * math.cos(a * x) + (right if x > here else left)

        found[judged(bent, slope, x).verdict] += 1
    assert found["wrong"] == 0
    assert found["cannot tell"] <= 16


def test_a_network_with_a_kink_within_the_step_of_a_weight_is_not_called_wrong() -> None:
    draw = random.Random(3)
    rows = [[draw.gauss(0.0, 1.0) for _ in range(3)] for _ in range(60)]
    for distance in (0.0, 1e-12, -1e-9, 1e-7, -1e-6, 1e-5):
        w = [Value(draw.gauss(0.0, 1.0), label=f"w{j}") for j in range(3)]
        b = Value(distance - sum(v.data * x for v, x in zip(w, rows[7], strict=True)), label="b")

        def loss(w: list[Value] = w, b: Value = b) -> Value:
            return autograd.mean([(autograd.dot(w, row, b).relu() - 0.3) ** 2 for row in rows])

        report = gradcheck(loss, parameters=[*w, b])
        assert report, distance
        assert {d.verdict for d in report.derivatives} <= {"agrees", "kink"}, distance


# Where it cannot tell


def noise_of(size: float) -> Real:
    return lambda x: size * random.Random(x).gauss(0.0, 1.0)


@pytest.mark.parametrize("size", [1e-6, 1e-3, 1.0])
def test_noise_is_never_called_an_error(size: float) -> None:
    noise = noise_of(size)
    found = Counter(judged(lambda x: math.sin(x) + noise(x), math.cos, 0.01 * i).verdict for i in range(100))
    assert found["wrong"] == found["kink"] == 0
    assert found["cannot tell"] > 10


def test_a_reversed_sign_is_caught_through_small_noise() -> None:
    noise = noise_of(1e-6)
    assert judged(lambda x: math.sin(x) + noise(x), lambda x: -math.cos(x), 0.3).verdict == "wrong"


def test_what_is_lost_in_the_functions_own_rounding_is_not_called_an_error() -> None:
    assert gradcheck(lambda x: (x.sin() + 1e10) - 1e10, 0.3).derivatives[0].verdict == "cannot tell"
    assert not gradcheck(lambda x: (x.sin() * x.detach() + 1e10) - 1e10, 0.3)
    report = gradcheck(lambda x: [x * x, (x.sin() + 1e10) - 1e10], 0.3)
    assert report
    assert str(report).startswith("gradcheck: 1 of 2 derivatives agree, 1 cannot be told (")
    assert [line.endswith("  cannot tell") for line in str(report).splitlines()[2:4]] == [False, True]
    assert "f[1] by x: cannot tell: the differences leave an uncertainty of" in str(report)


@pytest.mark.parametrize("claim", [0.0, 1.0])
def test_at_a_jump_it_cannot_tell(claim: float) -> None:
    jumps: list[tuple[Real, float]] = [(lambda x: float(x > 0.0), 0.0), (lambda x: x + math.floor(x), 2.0)]
    for function, x in jumps:
        found = judged(function, lambda x: claim, x)
        assert (found.verdict, found.uncertainty) == ("cannot tell", math.inf)
        assert "do not settle" in found.explanation
    assert judged(lambda x: x + math.floor(x), lambda x: 1.0, 2.0 + 1e-6).verdict == "agrees"


def test_a_report_in_which_nothing_could_be_told_is_false() -> None:
    assert not gradcheck(lambda x: x + autograd.heaviside(x), 0.0)
    assert gradcheck(lambda x, y: [x + autograd.heaviside(x), y][1], 0.0, 1.0)


@pytest.mark.parametrize("x", [1e-9, 1e-5, 0.05])
def test_an_edge_of_the_domain_beside_the_point_does_no_harm(x: float) -> None:
    for function in (math.sqrt, math.log, lambda x: x**0.5):  # out of it an error, an error, a complex number
        slope: Real = (lambda x: 1.0 / x) if function is math.log else (lambda x: 0.5 / math.sqrt(x))
        assert verdicts(function, slope, x) == ("agrees", "wrong", "wrong")
    found = judged(lambda x: x**1.5, lambda x: 0.0, 0.0)
    assert found.verdict == "cannot tell"
    assert "nan or inf (or fails)" in found.explanation


# What it costs, what it leaves


def test_a_smooth_function_is_called_twice_for_each_derivative_and_twice_besides() -> None:
    calls = []
    points = [0.1 * i + 0.05 for i in range(20)]
    assert gradcheck(lambda xs: calls.append(0) or autograd.tanh(autograd.mean(xs)), points)
    assert len(calls) == 2 + 2 * len(points)


def test_a_parameter_is_put_back_where_the_check_is_interrupted() -> None:
    w, calls = Value(0.1), []

    def interrupted() -> Value:
        calls.append(w.data)
        if len(calls) > 6:
            raise KeyboardInterrupt
        return w.detach() * w

    with pytest.raises(KeyboardInterrupt):
        gradcheck(interrupted, parameters=[w])
    assert calls[-1] != w.data == 0.1
