"""What tracing cannot see is an error that names the remedy, or right: never silently wrong."""

import gc
import importlib.util
import math
import random
import weakref
from typing import Any

import numpy as np
import pytest
from test_compiler_c_source import CC, built
from test_compiler_c_source import call as call_c

import autograd
import nn
from autograd import Value
from autograd.compiler import compile
from autograd.compiler.tracing import TracingError

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["numpy", pytest.param("llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="needs llvmlite"))]
REMEDY = r"autograd\.where\(autograd\.greater\(v, 0\), a, b\)"
factor = 2.0


def numpy(function: Any, *parameters: Value, **options: Any) -> Any:
    return compile(function, parameters, backend="numpy", **options)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x if x > 0 else -x,
        lambda x: x if x.data > 0 else -x,
        lambda x: x * (2.0 if x * x >= 1.0 else 3.0),
        lambda x: x * 2.0 if x else x,
        lambda x: x * int(x.data),
        lambda x: x * bool(x.data),
        lambda x: x * float(x.data),
        lambda x: x * math.exp(x.data),
        lambda x: x * x.data,
        lambda x: x + Value(x.data),
        lambda x: x * x.item(),
        lambda x: x * x.grad,
        lambda x: x * float(np.tanh(x.data)),
        lambda x: max([x, -x], key=lambda v: v.data),
    ],
)
def test_looking_at_a_traced_number_raises(function: Any) -> None:
    with pytest.raises(TypeError) as error:
        numpy(function)(1.0)
    assert "autograd.where(autograd.greater(v, 0), a, b)" in str(error.value) or "loop of ufunc" in str(error.value)


@pytest.mark.parametrize("convert", [float, int, math.exp, math.tanh])
def test_converting_a_traced_value_raises(convert: Any) -> None:
    with pytest.raises(TypeError):
        numpy(lambda x: x * convert(x))(1.0)


def test_a_branch_on_a_parameter_raises() -> None:
    w = Value(1.0)
    with pytest.raises(TracingError, match=REMEDY):
        numpy(lambda x: x * w if w.data > 0 else x, w)(1.0)
    assert w.data == 1.0


def test_the_remedy_is_right() -> None:
    f = numpy(lambda x: autograd.where(autograd.greater(x, 0), x, -x))
    assert [f(-2.0), f(3.0)] == [2.0, 3.0]


def test_numbers_are_restored_after_an_error() -> None:
    w = Value(1.5)
    w.grad = 0.25
    with pytest.raises(ZeroDivisionError):
        numpy(lambda x: x * w + 1 / 0, w)(1.0)
    assert (w.data, w.grad) == (1.5, 0.25)
    assert autograd.exp(0.0) == 1.0


def test_the_gradient_of_a_parameter_read_inside_raises() -> None:
    w = Value(1.0)
    w.grad = 3.0
    with pytest.raises(TracingError, match=REMEDY):
        numpy(lambda x: x * w.grad, w)(1.0)


def test_an_assignment_inside_raises() -> None:
    w = Value(1.0)

    def f(x: Any) -> Any:
        w.data = 2.0
        return x * w

    with pytest.raises(TracingError, match="assigns to"):
        numpy(f, w)(1.0)
    assert w.data == 1.0


def test_backward_inside_raises() -> None:
    def f(x: Any) -> Any:
        y = x * x
        y.backward()
        return y

    with pytest.raises(TracingError, match=r"\.backward\(\.\.\.\) or \.value_and_grad"):
        numpy(f)(1.0)


@autograd.no_grad()
def frozen(xs: Any) -> list[Any]:
    hidden = [autograd.tanh(x * 1.5 - 0.5) for x in xs]
    return [autograd.dot(hidden, xs, 2.0), hidden[0], autograd.max(hidden), sum(hidden)]


def twice_cut(x: Any) -> Any:
    with autograd.no_grad():
        square = x[0] * x[0]
        cube = square.detach() * x[0]
    return square * x[1] + cube * x[2] + (square - cube).detach() * x[0]


def scaled_by_a_frozen_sum(x: Any) -> Any:
    with autograd.no_grad(), autograd.expanded():
        scale = autograd.sum(x) + autograd.where(autograd.greater(x[0], 0.0), x[1], x[2]) ** 2.0
    return autograd.logsumexp([v / scale for v in x])


CUT = {
    "x times itself detached": lambda x: x[0] * x[0].detach() + x[1] ** 2 + x[2],
    "an intermediate": lambda x: (y := autograd.tanh(x[0] * x[1])) * x[2] + (y - y.detach() * x[0]) ** 2,
    "an exponent": lambda x: (x[0] * x[0] + 1.0) ** x[1].detach() * x[2],
    "an operand of many": lambda x: autograd.dot(x, [v.detach() for v in x], x[0].detach()),
    "a shift": lambda x: autograd.log(sum(autograd.exp(v - autograd.max(x).detach() * 0.5) for v in x)),
    "a straight-through step": lambda x: (x[0] + (autograd.heaviside(x[0]) - x[0]).detach()) * x[1] * x[2],
    "twice": lambda x: x[0].detach().detach() * x[0] + x[1].detach() * x[1] * x[2],
    "all": lambda x: (x[0] * x[1] + x[2]).detach(),
    "a number": lambda x: x[0] * Value(3.0).detach() * x[1] + x[2],
    "a function under no_grad": lambda x: autograd.dot(frozen(x), [x[0], x[1], x[2], x[0] * x[1]]),
    "a block of no_grad": twice_cut,
    "many operands under no_grad": scaled_by_a_frozen_sum,
}
POINT = [0.7, -0.4, 1.3]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CUT)
def test_what_is_detached_or_made_under_no_grad_passes_its_number_but_no_gradient(name: str, backend: str) -> None:
    function = CUT[name]
    value, gradient = autograd.value_and_grad(function)(POINT)
    hessian = np.array(autograd.hessian(function)(POINT))
    f = compile(function, backend=backend)
    assert f(POINT) == pytest.approx(value, rel=1e-15)
    assert f.value_and_grad(POINT)[1] == pytest.approx(gradient, rel=1e-13)
    assert f.jacobian(POINT) == pytest.approx(gradient, rel=1e-13)
    assert np.array(f.hessian(POINT)) == pytest.approx(hessian, rel=1e-12, abs=1e-15)
    rows = np.array([POINT] * 67)
    assert f.value_and_grad(rows)[1] == pytest.approx(np.array([gradient] * 67), rel=1e-13)
    assert f.hessian(rows)[66] == pytest.approx(hessian, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_cut_keeps_gradients_from_parameters_and_other_leaves_as_the_eager_engine_does(backend: str) -> None:
    w, v, other = Value(0.8), Value(-0.3), Value(2.0)

    def loss(x: Any) -> Any:
        with autograd.no_grad():
            target = autograd.tanh(v * x + w) * other
        return (w * x - target) ** 2 + v.detach() * w * other.detach() + other

    f = compile(loss, [w, v], backend=backend)
    rows = [0.5, -1.0, 2.0]
    for other.data in (2.0, -1.5):
        mean = autograd.mean([loss(x) for x in rows])
        mean.backward()
        expected = w.grad
        w.grad = other.grad = 0.0
        assert f.backward(np.array(rows)) == pytest.approx(mean.data, rel=1e-14)
        assert w.grad == pytest.approx(expected, rel=1e-13)
        assert (v.grad, other.grad) == (0.0, 0.0)
        w.grad = 0.0


@pytest.mark.skipif(CC is None, reason="needs a C compiler")
def test_c_source_cuts_the_gradient_where_the_function_does(tmp_path: Any) -> None:
    compiled = numpy(CUT["a block of no_grad"])
    compiled(POINT)
    library = built(compiled.source("c", name="cut"), tmp_path)
    value, gradient = autograd.value_and_grad(CUT["a block of no_grad"])(POINT)
    assert call_c(library.cut_gradient, POINT, [], 4) == pytest.approx([value, *gradient], rel=1e-13)


def test_an_update_under_no_grad_inside_raises() -> None:
    w = Value(1.0)

    def f(x: Any) -> Any:
        y = x * w
        with autograd.no_grad():
            w.data -= 0.1 * w.grad
        return y

    with pytest.raises(TracingError, match="assigns to"):
        numpy(f, w)(1.0)
    assert (w.data, w.grad) == (1.0, 0.0)


def test_a_detached_number_is_still_unknown() -> None:
    for look in (lambda x: x if x.detach() > 0 else -x, lambda x: x * x.detach().data, lambda x: x.detach().item() * x):
        with pytest.raises(TracingError, match=REMEDY):
            numpy(look)(1.0)


def test_a_global_number_that_changes_is_noticed() -> None:
    global factor
    f = numpy(lambda x: x * factor)
    assert f(1.0) == 2.0
    factor = 3.0
    try:
        assert f(1.0) == 3.0
    finally:
        factor = 2.0
    assert f(1.0) == 2.0


def test_a_number_in_a_closure_that_changes_is_noticed() -> None:
    rate = 2.0

    def f(x: Any) -> Any:
        return x * rate

    compiled = numpy(f)
    assert compiled(1.0) == 2.0
    rate = 5.0
    assert compiled(1.0) == 5.0


def test_an_attribute_that_changes_is_noticed() -> None:
    class Scale:
        def __init__(self) -> None:
            self.factor = 2.0

        def __call__(self, x: Any) -> Any:
            return x * self.factor

    scale = Scale()
    f = numpy(scale)
    assert f(1.0) == 2.0
    scale.factor = 4.0
    assert f(1.0) == 4.0


def test_an_array_that_changes_is_noticed() -> None:
    numbers = np.array([1.0, 2.0])
    f = numpy(lambda x: x * float(numbers[0]) + float(numbers[1]))
    assert f(1.0) == 3.0
    numbers[1] = 10.0
    assert f(1.0) == 11.0


def test_a_list_that_grows_outside_is_noticed() -> None:
    terms = [1.0]
    f = numpy(lambda x: sum(x * t for t in terms))
    assert f(1.0) == 1.0
    terms.append(5.0)
    assert f(1.0) == 6.0


def test_a_list_that_grows_inside_raises() -> None:
    seen: list[int] = []

    def f(x: Any) -> Any:
        seen.append(1)
        return x * float(len(seen))

    with pytest.raises(TracingError, match="as an argument"):
        numpy(f)(1.0)


@pytest.mark.parametrize("draw", [random.random, np.random.random])
def test_random_numbers_inside_raise(draw: Any) -> None:
    with pytest.raises(TracingError, match="random numbers"):
        numpy(lambda x: x + draw())(1.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_mutated_parameter_and_another_leaf_are_read_anew(backend: str) -> None:
    w, other = Value(2.0), Value(10.0)
    f = compile(lambda x: x * w + other, [w], backend=backend)
    assert f(1.0) == 12.0
    w.data, other.data = 3.0, 20.0
    assert f(1.0) == 23.0
    assert f(np.array([1.0, 2.0])).tolist() == [23.0, 26.0]
    f.backward(np.array([1.0, 2.0]))
    assert (w.grad, other.grad) == (1.5, 0.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_leaf_that_is_replaced_in_a_list_is_noticed(backend: str) -> None:
    weights = [Value(2.0)]
    f = compile(lambda x: x * weights[0], backend=backend)
    assert f(1.0) == 2.0
    weights[0] = Value(7.0)
    assert f(1.0) == 7.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_values_made_inside_are_constants(backend: str) -> None:
    w = Value(2.0)

    def running_sum(xs: Any) -> Value:
        total, unused = Value(0.5), Value(7.0)
        for x in xs:
            total = total * w + x * Value(3.0)
        return total + unused * 0.0

    f = compile(running_sum, [w], backend=backend)
    for w.data in (2.0, -3.0):
        assert f([1.0, 4.0]) == running_sum([1.0, 4.0]).data
        assert f.value_and_grad([1.0, 4.0])[1] == [g.data for g in autograd.grad(running_sum)([1.0, 4.0])]
    assert len(f._codes.leaves) == 1


def test_a_random_value_made_inside_raises() -> None:
    with pytest.raises(TracingError, match="random numbers"):
        numpy(lambda x: x * Value(random.random()))(1.0)


def test_nodes_made_before_the_trace_are_part_of_the_graph() -> None:
    w = Value(2.0)
    square = w * w
    f = numpy(lambda x: x * square, w)
    assert f(1.0) == 4.0
    w.data = 3.0
    assert f(1.0) == 9.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_integers_are_numbers(backend: str) -> None:
    f = compile(lambda x, k: x * k + 1, backend=backend)
    assert f(2, 3) == 7.0
    assert f(np.array([1, 2]), 3).tolist() == [4.0, 7.0]
    assert f.value_and_grad(np.array([1, 2]), np.array([True, False]))[1].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rows", [0, 1, 2, 15, 16, 17, 63, 64, 65, 130])
def test_any_number_of_rows(rows: int, backend: str) -> None:
    w = [Value(0.5), Value(-1.5), Value(0.25)]
    f = compile(lambda x: autograd.tanh(autograd.dot(w, x)), w, backend=backend)
    X = np.random.default_rng(rows).standard_normal((rows, 3))
    expected = [
        autograd.value_and_grad(lambda x: autograd.tanh(autograd.dot([v.data for v in w], x)))(r) for r in X.tolist()
    ]
    values, gradients = f.value_and_grad(X)
    assert values.shape == (rows,)
    assert gradients.shape == (rows, 3)
    assert values == pytest.approx(np.array([v for v, _ in expected]), rel=1e-15)
    assert gradients == pytest.approx(np.array([g for _, g in expected]).reshape(rows, 3), rel=1e-14)
    if rows == 0:
        with pytest.raises(ValueError, match="at least one row"):
            f.backward(X)
        return
    mean = f.backward(X)
    assert mean == pytest.approx(np.mean([v for v, _ in expected]), rel=1e-13)
    slopes = 1.0 - np.tanh(X @ [v.data for v in w]) ** 2
    assert [v.grad for v in w] == pytest.approx((slopes[:, None] * X).mean(axis=0), rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_rows_of_nan_and_inf_stay_in_their_rows(bad: float, backend: str) -> None:
    f = compile(lambda x: x[0] * x[1] + autograd.relu(x[0]), backend=backend)
    X = np.arange(134.0).reshape(67, 2)
    X[[3, 66], 0] = bad
    with np.errstate(all="ignore"):
        expected = X[:, 0] * X[:, 1] + np.where(X[:, 0] <= 0, 0.0, X[:, 0])
    np.testing.assert_array_equal(f(X), expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_infinite_last_row_does_not_spoil_the_mean_of_the_gradient(backend: str) -> None:
    w = Value(0.0)
    f = compile(lambda x: w * x, [w], backend=backend)
    f.backward(np.array([1.0, math.inf, 2.0, math.inf, math.inf]))
    assert w.grad == math.inf


def test_a_value_as_an_argument_raises() -> None:
    with pytest.raises(TypeError, match="is a Value"):
        numpy(lambda x: x * 2.0)(Value(1.0))


def test_arrays_of_different_lengths_raise() -> None:
    with pytest.raises(ValueError, match="3 and 4 rows"):
        numpy(lambda x, y: x * y)(np.ones(3), np.ones(4))


def test_a_result_that_is_no_number_raises() -> None:
    with pytest.raises(TypeError, match="must return a Value"):
        numpy(lambda x: "text")(1.0)


def test_several_results_have_no_single_gradient() -> None:
    w = Value(1.0)
    f = numpy(lambda x: [x * w, x + w], w)
    for call in (f.value_and_grad, f.backward, f.hessian):
        with pytest.raises(TypeError, match="returns 2"):
            call(1.0)


def test_backward_without_parameters_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="parameters="):
        numpy(lambda x: x * x).backward(1.0)


@pytest.mark.parametrize("parameters", [[1.0], [Value(1.0) * 2.0]])
def test_parameters_must_be_leaves(parameters: Any) -> None:
    with pytest.raises(TypeError, match="leaves"):
        compile(lambda x: x, parameters)


def test_a_compiled_function_is_released() -> None:
    model = nn.MLP(2, [3, 1])
    f = compile(lambda x: model(x), model.parameters(), backend="llvm" if HAS_LLVM else "numpy")
    f.backward([1.0, 2.0])
    kernel = weakref.ref(next(iter(f._codes.kernels.values())))
    del f
    gc.collect()
    assert kernel() is None


def test_tracing_leaves_no_trace() -> None:
    before = dict(vars(autograd.arithmetic.FLOATS))
    numpy(lambda x: autograd.exp(x))(1.0)
    assert {k: v for k, v in vars(autograd.arithmetic.FLOATS).items() if k in before} == before
    assert "exp" not in vars(autograd.arithmetic.FLOATS)
