"""Branches and loops as functions (autograd.control.branches, autograd.control.loops), in the engine and compiled."""

import math
from typing import Any

import numpy as np
import pytest
from programs import BACKENDS

import autograd
from autograd import Value, cond, greater, scan, while_loop


def root_or_line(x: Any) -> Any:
    """√x where x > 0, else 3x."""
    return cond(greater(x, 0.0), autograd.sqrt, lambda x: 3.0 * x, x)


def newton(a: Any) -> Any:
    """√a, with as many steps as it takes."""
    return while_loop(lambda x: greater(autograd.abs(x * x - a), 1e-10), lambda x: (x + a / x) * 0.5, a, max_steps=30)


def oscillation(k: Any) -> Any:
    """200 steps of x″ = −k·x, and the sum of the places passed."""

    def step(state: Any, push: Any) -> Any:
        x, v = state
        v = v - 0.01 * k * x + push
        return [x + 0.01 * v, v], x

    (x, v), places = scan(step, [1.0, 0.0], [0.001 * t for t in range(200)])
    assert places is not None
    return x * v + autograd.sum(places)


def test_the_engine_calls_one_branch_only() -> None:
    called = []
    result = cond(Value(-1.0) > 0, lambda x: called.append("yes"), lambda x: called.append("no") or x * 2.0, Value(3.0))
    assert (result.data, called) == (6.0, ["no"])
    assert cond(0.0, math.exp, math.cos, 0.0) == cond(Value(0.0), math.exp, math.cos, 0.0) == 1.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_compiled_each_row_takes_its_own_branch(backend: Any) -> None:
    compiled = autograd.compile(root_or_line, backend=backend)
    values, slopes = compiled.value_and_grad(np.array([4.0, 0.0, -2.0]))
    assert values.tolist() == [2.0, 0.0, -6.0]
    assert slopes.tolist() == [0.25, 3.0, 3.0]  # at 0 the derivative of the root not taken is inf, and stays there
    assert [autograd.grad(root_or_line)(x) for x in (4.0, 0.0, -2.0)] == [0.25, 3.0, 3.0]


def test_branches_of_lists_and_of_different_structures() -> None:
    def swap(flag: Any, v: Any) -> Any:
        return autograd.sum(cond(flag, lambda v: [v[1] * 2.0, v[0]], lambda v: v, v))

    compiled = autograd.compile(swap)
    assert compiled.value_and_grad(1.0, [3.0, 5.0], argnums=1) == (13.0, [1.0, 2.0])
    assert compiled.value_and_grad(0.0, [3.0, 5.0], argnums=1) == (8.0, [1.0, 1.0])
    with pytest.raises(TypeError, match="one structure: a number, and a list of 2"):
        autograd.compile(lambda x: cond(x, lambda x: x, lambda x: [x, x], x))(1.0)
    with pytest.raises(TypeError, match="the condition is a list of 1"):
        cond([1.0], abs, abs, 1.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_while_loop_makes_as_many_steps_as_its_test_says(backend: Any) -> None:
    points = [2.0, 100.0, 0.5, 3.0]
    values, slopes = autograd.compile(newton, backend=backend).value_and_grad(np.array(points))
    for x, value, slope in zip(points, values, slopes, strict=True):
        assert (value, slope) == (pytest.approx(math.sqrt(x), rel=1e-10), pytest.approx(0.5 / math.sqrt(x), rel=1e-8))
        assert (value, slope) == pytest.approx(autograd.value_and_grad(newton)(x), rel=1e-14)


def test_a_while_loop_that_does_not_end_is_an_error_and_compiled_nan() -> None:
    def endless(x: Any) -> Any:
        return while_loop(lambda v: greater(v, 0.0), lambda v: v + 1.0, x, max_steps=5)

    with pytest.raises(ArithmeticError, match=r"still holds after max_steps=5, at Value\(6\.0"):
        endless(Value(1.0))
    compiled = autograd.compile(endless)
    assert compiled(np.array([1.0, -5.0, -3.5])).tolist()[1:] == [-5.0, -3.5]
    assert math.isnan(compiled(1.0))
    with pytest.raises(TypeError, match="give max_steps="):
        autograd.compile(lambda x: while_loop(lambda v: greater(v, 1.0), lambda v: v * 0.5, x))(3.0)


def test_known_counters_need_no_limit() -> None:
    def power(x: Any) -> Any:
        return while_loop(lambda s: s[0] < 5, lambda s: [s[0] + 1, s[1] * x], [0, 1.0])[1]

    assert autograd.value_and_grad(power)(2.0) == autograd.compile(power).value_and_grad(2.0) == (32.0, 80.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_scan_is_the_loop_that_it_stands_for(backend: Any) -> None:
    def by_hand(k: float) -> float:
        x, v, passed = 1.0, 0.0, 0.0
        for t in range(200):
            passed += x
            v = v - 0.01 * k * x + 0.001 * t
            x = x + 0.01 * v
        return x * v + passed

    value, slope = autograd.compile(oscillation, backend=backend).value_and_grad(2.5)
    assert value == pytest.approx(by_hand(2.5), rel=1e-13)
    assert slope == pytest.approx((by_hand(2.5 + 1e-5) - by_hand(2.5 - 1e-5)) / 2e-5, rel=1e-8)
    assert (value, slope) == pytest.approx(autograd.value_and_grad(oscillation)(2.5), rel=1e-12)


def test_what_a_scan_goes_through() -> None:
    pairs = scan(lambda c, x: (c + x[0] * x[1], None), 0.0, ([1.0, 2.0], np.array([10.0, 100.0])))
    assert pairs == (210.0, None)
    assert scan(lambda c, x: (c * 2.0, c), 1.0, length=3) == (8.0, [1.0, 2.0, 4.0])
    assert scan(lambda c, x: (c, x), 1.0, []) == (1.0, [])


def test_scans_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match="lengths disagree: 2, 3"):
        scan(lambda c, x: (c, x), 0.0, ([1.0, 2.0], [1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match="number of steps as length="):
        scan(lambda c, x: (c, x), 0.0)
    with pytest.raises(TypeError, match="step 0 makes a list of 1 of the carry, which was a number"):
        scan(lambda c, x: ([c], x), 0.0, [1.0])
    with pytest.raises(TypeError, match=r"step 0 returned a number; return \(carry, y\)"):
        scan(lambda c, x: c, 0.0, [1.0])
    with pytest.raises(TypeError, match="step 0 makes a list of 2 of the carry, which was a list of 1"):
        while_loop(lambda c: True, lambda c: [*c, 1.0], [0.0])


def test_second_derivatives_go_through_loops_and_branches() -> None:
    def f(x: Any) -> Any:
        return newton(root_or_line(x))  # x^¼

    found = autograd.grad(autograd.grad(f))(16.0)
    assert found == pytest.approx(-3 / 16 * 16.0**-1.75, rel=1e-6)
    assert autograd.compile(f).hessian(16.0) == pytest.approx(found, rel=1e-12)
