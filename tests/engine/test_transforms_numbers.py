"""Derivatives are those of the numbers at the time of the forward pass; of numbers alone they are numbers."""

import math
from collections.abc import Callable

import pytest

import autograd
from autograd import AnomalyError, Constant, Value, detect_anomaly, grad, hessian, no_grad, value_and_grad
from autograd.graph import topological_order


def cube(x: Value) -> Value:
    return x**3


def stepped(w: Value, x: Value, act: Callable[[Value], Value]) -> Value:
    """A result from w, and then an optimizer's step, on the way of which nothing else depends."""
    out = act(w * x) + x / w
    w.data -= 1.5
    return out + w * x


def test_derivatives_are_those_of_the_numbers_before_an_optimizers_step_inside() -> None:
    for function in (autograd.tanh, autograd.exp, lambda z: z**3):
        w, a, b = Value(2.0), Value(2.0), Value(0.5)  # w before and after, told apart
        slope = grad(lambda x: stepped(w, x, function))(0.3)  # noqa: B023
        expected = grad(lambda x: function(a * x) + x / a + b * x)(0.3)  # noqa: B023
        assert w.data == 0.5
        assert slope.data == expected.data
        slope.backward()
        expected.backward()
        assert w.grad == pytest.approx(a.grad + b.grad, rel=1e-14)


def test_second_derivatives_too_are_those_of_the_numbers_before_a_step() -> None:
    w = Value(2.0)

    def f(x: Value) -> Value:
        w.data = 2.0
        return stepped(w, x, autograd.sin)

    x, second = 0.3, grad(grad(f))(0.3)
    assert second.data == pytest.approx(-4.0 * math.sin(2.0 * x), rel=1e-15)
    second.backward()  # ∂/∂w −w²·sin(wx)
    assert w.grad == pytest.approx(-4.0 * math.sin(2.0 * x) - 4.0 * x * math.cos(2.0 * x), rel=1e-14)


def test_a_step_between_an_inner_and_the_outer_derivative_changes_neither() -> None:
    w = Value(3.0)

    def outer(x: Value) -> Value:
        inner = grad(lambda y: w * y * y * x)(2.0)  # 4wx
        w.data = 100.0
        return inner * inner

    assert grad(outer)(0.5).data == 2.0 * 6.0 * 12.0
    w.data = 3.0
    assert grad(grad(outer))(0.5).data == 2.0 * 12.0 * 12.0


def test_a_derivative_that_is_a_weight_itself_keeps_its_number() -> None:
    w = Value(2.0)
    value, slope = value_and_grad(lambda x: w * x)(3.0)
    assert value_and_grad(lambda x: w)(3.0)[0] is not w
    w.data = 100.0
    assert (value.data, slope.data) == (6.0, 2.0)
    slope.backward()
    assert w.grad == 1.0


def test_an_inner_variable_that_was_a_number_is_none_from_outside() -> None:
    def outer(t: Value) -> Value:
        value, slope = value_and_grad(lambda y: y * y * t + y)(3.0)
        assert isinstance(slope, Value)
        return value * slope  # (9t + 3)(6t + 1)

    found = value_and_grad(outer)(2.0)
    assert found == (21.0 * 13.0, 9.0 * 13.0 + 21.0 * 6.0)
    assert [type(number) for number in found] == [float, float]
    assert grad(grad(outer))(2.0) == 108.0


def test_a_descent_along_hyper_gradients_stays_on_numbers() -> None:
    def inner(w: Value, rate: Value) -> Value:
        return (w - 3.0) ** 2 + rate  # whose slope by w does not depend on the rate

    def outer(rate: Value) -> Value:
        w = 0.0
        for _ in range(3):
            w = w - rate * grad(inner)(w, rate)
        return (w - 2.0) ** 2  # type: ignore[return-value]

    def by_hand(rate: float) -> float:
        r = 1.0 - 2.0 * rate  # w − 3 = −3r³
        return 2.0 * (1.0 - 3.0 * r**3) * 18.0 * r**2

    rate = 0.1
    for _ in range(5):
        slope = grad(outer)(rate)
        assert type(slope) is float
        assert slope == pytest.approx(by_hand(rate), rel=1e-12)
        rate -= 1e-3 * slope


def test_nested_gradients_take_time_in_proportion_to_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    visited = 0

    def counting(*roots: Value, **options: object) -> list[Value]:
        nonlocal visited
        order = topological_order(*roots, **options)  # type: ignore[arg-type]
        visited += len(order)
        return order

    monkeypatch.setattr("autograd.graph.topological_order", counting)
    monkeypatch.setattr("autograd.transforms.topological_order", counting)

    def after(steps: int) -> Callable[[Value], Value]:
        def outer(rate: Value) -> Value:
            w = Value(1.0).detach()
            for _ in range(steps):
                w = w - rate * grad(lambda w: (w - 3.0) ** 2)(w)
            return w

        return outer

    counts = []
    for steps in (8, 16, 32):
        visited = 0
        assert grad(after(steps))(0.1) == pytest.approx(4.0 * steps * 0.8 ** (steps - 1), rel=1e-12)
        counts.append(visited)
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])


def test_derivatives_beside_a_value_from_outside_are_values_also_where_they_do_not_depend_on_it() -> None:
    w = Value(2.0)
    slopes = grad(lambda v: v[0] * v[0] + w * w + v[1])([3.0, 1.0, 5.0])
    assert [type(slope) for slope in slopes] == [Constant] * 3
    assert [slope.data for slope in slopes] == [6.0, 1.0, 0.0]


def test_a_subclass_of_value_from_outside_counts_too() -> None:
    class Parameter(Value):
        pass

    w = Parameter(2.0)
    grad(lambda x: w * x * x)(3.0).backward()
    assert w.grad == 6.0


def test_no_grad_around_a_transform_keeps_its_results_out_of_the_graph() -> None:
    def f(x: Value) -> Value:
        with no_grad():
            value, slope = value_and_grad(cube)(x)
        return x * slope + value

    assert grad(f)(3.0) == 27.0
    w = Value(2.0)
    with no_grad():
        value, slope = value_and_grad(lambda x: w * x)(3.0)
        assert (type(value), type(slope), value.data, slope.data) == (Constant, Constant, 6.0, 2.0)
        assert grad(cube)(2.0) == 12.0
        assert hessian(cube)(2.0) == 12.0


def test_an_anomaly_is_found_inside_a_differentiated_function() -> None:
    def f(x: Value) -> Value:
        with detect_anomaly():
            return x.log()

    with pytest.raises(AnomalyError, match="log"):
        grad(f)(-1.0)
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"log\(-1\.0\)"):
        grad(autograd.log)(-1.0)
    w = Value(2.0)

    def g(x: Value) -> Value:
        with detect_anomaly():
            out = w * x * x
        w.data = 100.0
        return out

    assert grad(g)(3.0).data == 12.0
