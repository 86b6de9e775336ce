"""gradcheck: catches what is wrong, passes what is right, says why, and leaves no trace.

Of autograd.checking.by_differences and autograd.checking.differences.
"""

import math
import random
from collections.abc import Iterator
from typing import Any

import pytest

import autograd
from autograd import OPERATIONS, Value, grad, gradcheck, no_grad
from autograd.checking.verdicts import Derivative


@pytest.fixture
def planted(request: pytest.FixtureRequest) -> Iterator[object]:
    """An operation sin(2x) whose derivative is `request.param` · cos(2x): right only for 2."""
    slope = request.param
    yield autograd.operation(
        "sine_with_planted_slope", lambda m, x: m.sin(2.0 * x), [lambda m, x, out: slope * m.cos(2.0 * x)]
    )
    del OPERATIONS["sine_with_planted_slope"]


# Verdicts


@pytest.mark.parametrize("planted", [2.0], indirect=True)
def test_a_right_derivative_passes(planted: Any) -> None:
    assert gradcheck(planted, 0.3)
    assert gradcheck(grad(planted), 0.3)


@pytest.mark.parametrize("planted", [2.001, 1.999, -2.0, 0.0, math.nan, math.inf], indirect=True)
def test_a_wrong_derivative_is_caught(planted: Any) -> None:
    report = gradcheck(planted, 0.3)
    assert not report
    assert report.verdict is False
    assert not gradcheck(lambda v: planted(v[0]) + v[1] * v[2], [0.3, 1.0, 2.0])


@pytest.mark.parametrize("planted", [2.001], indirect=True)
def test_only_the_wrong_one_of_many_is_blamed(planted: Any) -> None:
    report = gradcheck(lambda a, b, c: a * b + planted(c), 1.0, 2.0, 0.3)
    assert [d.name for d in report.derivatives if not d.passed] == ["c"]
    assert report.analytic == pytest.approx([2.0, 1.0, 2.001 * math.cos(0.6)], rel=1e-15)
    assert report.numeric == pytest.approx([2.0, 1.0, 2.0 * math.cos(0.6)], rel=1e-9)
    assert report.error[2] == pytest.approx(0.001 * math.cos(0.6), rel=1e-4)
    assert "wrong" in str(report)
    assert str(report).splitlines()[0].startswith("gradcheck: 1 of 3")


def test_a_planted_second_derivative_is_caught() -> None:
    # the derivative is right as a number, but its formula hides that it depends on x
    name = "square_with_frozen_slope"
    square = autograd.operation(name, lambda m, x: x * x, [lambda m, x, out: 2.0 * getattr(x, "data", x)])  # type: ignore[operator]
    try:
        assert gradcheck(square, 3.0)
        with pytest.raises(ValueError, match="depends on no input"):
            gradcheck(grad(square), 3.0)
        assert not gradcheck(grad(lambda x: square(x) * x), 3.0)
    finally:
        del OPERATIONS[name]


def test_a_missing_derivative_is_caught() -> None:
    assert not gradcheck(lambda x: x * x.detach(), 3.0)
    assert not gradcheck(lambda x: x + x.data**2, 3.0)


def test_nan_and_inf_never_pass() -> None:
    for function, point in [(autograd.log, 0.0), (autograd.sqrt, -1.0), (autograd.exp, 1000.0), (autograd.sqrt, 0.0)]:
        report = gradcheck(function, point)
        assert not report
        assert "nan or inf" in str(report)


def test_the_tolerances_are_those_promised() -> None:
    def derivative(error: float, numeric: float, atol: float, rtol: float) -> bool:
        return Derivative("x", numeric + error, numeric, 0.0, 0.0, atol + rtol * abs(numeric)).passed

    assert derivative(0.5, 100.0, 0.25, 0.0025)
    assert derivative(-0.5, -100.0, 0.25, 0.0025)
    assert not derivative(0.501, 100.0, 0.25, 0.0025)
    assert gradcheck(lambda x: x**3, 2.0, rtol=1e-10).derivatives[0].verdict == "agrees"
    assert gradcheck(lambda x: x * x.detach(), 3.0, atol=4.0)


@pytest.mark.parametrize("point", [0.0, 1e-8, 1.0, 1e4, -1e8])
def test_points_of_any_size_pass(point: float) -> None:
    assert gradcheck(lambda x: x * x + 3.0 * x, point)


# Structures, names, parameters


def test_structures_in_and_out_have_names_by_place() -> None:
    report = gradcheck(lambda v, s: [v[0] * v[1][0], {"a": s * v[0]}["a"]], [2.0, [3.0]], 4.0)
    assert report
    assert report.names == (
        "f[0] by v[0]", "f[1] by v[0]", "f[0] by v[1][0]", "f[1] by v[1][0]", "f[0] by s", "f[1] by s",
    )  # fmt: skip
    assert report.analytic == (3.0, 4.0, 2.0, 0.0, 0.0, 2.0)


def test_inputs_are_named_by_label_by_argument_or_by_number() -> None:
    w = [Value(1.0, label="w"), Value(2.0)]
    report = gradcheck(lambda x, *rest: x * rest[0] * w[0] * w[1], Value(2.0, label="speed"), 3.0, parameters=w)
    assert report.names == ("speed", "argument 2", "w", "parameters[1]")
    assert gradcheck(lambda x, y: x * y, 2.0, 3.0).names == ("x", "y")
    assert gradcheck(math.prod, [2.0, 3.0])


def test_a_result_that_is_partly_constant_passes() -> None:
    assert gradcheck(lambda x: [x, 1.0, x.detach()], 2.0).analytic[:2] == (1.0, 0.0)


def test_parameters_are_checked_and_put_back_with_their_grad() -> None:
    w, b = Value(0.5, label="w"), Value(-0.1, label="b")
    w.grad, b.grad = 7.0, 8.0
    report = gradcheck(lambda x: (w * x + b).tanh(), 2.0, parameters=(p for p in (w, b)))
    assert report
    assert report.names == ("x", "w", "b")
    assert (w.data, b.data, w.grad, b.grad) == (0.5, -0.1, 7.0, 8.0)


def test_parameters_alone_are_enough() -> None:
    w = Value(3.0, label="w")
    assert gradcheck(lambda: w * w, parameters=[w]).analytic == (6.0,)


def test_a_parameter_is_put_back_even_where_the_function_fails() -> None:
    w = Value(0.1)
    before = w.data

    def fails_when_moved() -> Value:
        if w.data != before:
            raise RuntimeError("moved")
        return w * w

    with pytest.raises(RuntimeError, match="moved"):
        gradcheck(fails_when_moved, parameters=[w])
    assert w.data == before


def test_values_given_as_points_are_left_alone() -> None:
    x = Value(2.0)
    assert gradcheck(lambda x: x * x, x)
    assert (x.data, x.grad) == (2.0, 0.0)


def test_it_works_under_no_grad_and_on_functions_with_gradients_inside() -> None:
    with no_grad():
        assert gradcheck(lambda x: x.exp() * x, 0.7)
        assert gradcheck(lambda x: grad(lambda y: y**3 * x)(x), 0.7)


# The printed report


def test_the_report_is_an_aligned_table() -> None:
    lines = str(gradcheck(lambda tiny, y: tiny * 1e-9 + y * 2.5e-9, 1.0, 2.0)).splitlines()
    assert lines[0] == "gradcheck: all 2 derivatives agree (atol 0, rtol 1e-05)"
    assert [line.split()[:3] for line in lines[1:]] == [
        ["input", "analytic", "numeric"],
        ["tiny", "1e-09", "1e-09"],
        ["y", "2.5e-09", "2.5e-09"],
    ]
    assert len({line.rindex(line.split()[-1]) + len(line.split()[-1]) for line in lines[1:]}) == 1


def test_a_long_report_shows_the_worst_first() -> None:
    def function(xs: list[Value]) -> Value:
        return autograd.sum([x * (1.0 + (0.001 * (i in (7, 33))) * x.detach()) for i, x in enumerate(xs)])

    report = gradcheck(function, [1.0 + (i == 33) for i in range(50)])
    lines = str(report).splitlines()
    assert lines[0].startswith("gradcheck: 2 of 50 derivatives wrong")
    assert [line.split()[0] for line in lines[2:4]] == ["xs[33]", "xs[7]"]
    assert [line.endswith("wrong") for line in lines[2:12]] == [True] * 2 + [False] * 8
    assert lines[12] == "… and 40 more, which agree better"
    assert len(report.names) == 50


def test_nan_is_worst_of_all() -> None:
    points = [float(i != 5) for i in range(30)]
    report = gradcheck(lambda xs: autograd.sum([xs[29] * xs[29].detach(), *(x.sqrt() for x in xs)]), points)
    assert [line.split()[0] for line in str(report).splitlines()[2:4]] == ["xs[5]", "xs[29]"]


@pytest.mark.parametrize("function", [autograd.relu, autograd.leaky_relu, lambda x: autograd.max([x, 0.0, 3.0 * x])])
def test_a_kink_is_explained_and_passes(function: Any) -> None:
    report = gradcheck(function, 0.0)
    assert report
    assert report.derivatives[0].verdict == "kink"
    assert str(report).startswith("gradcheck: 0 of 1 derivatives agree, 1 at a kink (")
    assert "disagree, so there is a kink here, and a derivative between them is a convention" in str(report)


@pytest.mark.parametrize("planted", [2.001, -2.0], indirect=True)
def test_a_wrong_derivative_is_not_called_a_kink(planted: Any) -> None:
    assert "kink" not in str(gradcheck(planted, 0.3))


# Bad input


def test_nothing_to_check_is_an_error() -> None:
    for call in (
        lambda: gradcheck(lambda: 1.0),
        lambda: gradcheck(lambda v: v, []),
        lambda: gradcheck(abs, parameters=[]),
    ):
        with pytest.raises(ValueError, match="nothing to check"):
            call()


@pytest.mark.parametrize("wrong", [1.0, "w", None])
def test_parameters_must_be_values(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"parameters\[1\] must be a Value"):
        gradcheck(lambda x: x, 1.0, parameters=[Value(1.0), wrong])


def test_parameters_must_be_leaves() -> None:
    w = Value(2.0)
    with pytest.raises(ValueError, match=r"parameters\[0\] is the result of an operation"):
        gradcheck(lambda x: x, 1.0, parameters=[w * w])
    with pytest.raises(ValueError, match=r"parameters\[0\] is a constant"):
        gradcheck(lambda x: x, 1.0, parameters=[w.detach()])


@pytest.mark.parametrize("result", [1.0, Value(1.0), Value(1.0) * 2.0, [1.0, 2.0], []])
def test_a_result_that_depends_on_no_input_is_an_error(result: Any) -> None:
    with pytest.raises(ValueError, match=r"depends on no input.*\.data"):
        gradcheck(lambda x: result, 1.0)


@pytest.mark.parametrize("wrong", ["1", None, [1.0, "2"], {"a": 1.0}, 1j])
def test_points_and_results_must_be_numbers(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected numbers"):
        gradcheck(lambda x: x, wrong)
    with pytest.raises(TypeError, match="expected numbers"):
        gradcheck(lambda x: wrong, 1.0)


def test_random_functions_and_changing_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="another result at the second call"):
        gradcheck(lambda x: x * random.random(), 1.0)
    with pytest.raises(ValueError, match="gave 2 results, then 1"):
        gradcheck(lambda x: [x, x] if x.data == 1.0 and (x + 0.0).operands else [x], 1.0)


@pytest.mark.parametrize("eps", [0.0, -1e-5, math.nan])
def test_eps_must_be_positive(eps: float) -> None:
    with pytest.raises(ValueError, match="eps must be positive"):
        gradcheck(abs, 1.0, eps=eps)


def test_parameters_given_by_name_are_reported_by_that_name() -> None:
    first, second = Value(2.0, label="w"), Value(3.0, label="w")
    report = gradcheck(lambda: first * second, parameters={"layers.0.w": first, "layers.1.w": second})
    assert report
    assert report.names == ("layers.0.w", "layers.1.w")
