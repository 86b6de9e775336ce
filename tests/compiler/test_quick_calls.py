"""A call like the one before is quick because nothing but its numbers is looked at anew; all the rest is still seen.

Of autograd.compiler.calls and autograd.compiler.backends.kernel.
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import AnomalyError, Value, compile, detect_anomaly

BACKENDS = ["llvm", "numpy"]


@pytest.fixture(params=BACKENDS)
def backend(request: Any) -> str:
    return str(request.param)


def test_forms_that_alternate_each_find_their_own_code(backend: Any) -> None:
    f = compile(autograd.sum, backend=backend)
    for _ in range(3):
        assert f([1.0, 2.0]) == 3.0
        assert f([1.0, 2.0, 4.0]) == 7.0
        assert f(np.array([[1.0, 2.0], [3.0, 5.0]])).tolist() == [3.0, 8.0]
        assert f.value_and_grad([1.0, 2.0]) == (3.0, [1.0, 1.0])
    assert f.cache_info().misses == 4


def test_argnums_that_alternate_are_told_apart(backend: Any) -> None:
    f = compile(lambda x, y: x * x * y, backend=backend)
    for _ in range(2):
        assert f.value_and_grad(3.0, 5.0) == (45.0, 30.0)
        assert f.value_and_grad(3.0, 5.0, argnums=1) == (45.0, 9.0)
        assert f.value_and_grad(3.0, 5.0, argnums=-1) == (45.0, 9.0)
        assert f.value_and_grad(3.0, 5.0, argnums=(1,)) == (45.0, (9.0,))
        assert f.value_and_grad(3.0, 5.0, argnums=(1, 0)) == (45.0, (9.0, 30.0))
        with pytest.raises(TypeError):
            f.value_and_grad(3.0, 5.0, argnums=1.5)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="has 2 argument"):
            f.value_and_grad(3.0, 5.0, argnums=2)


def test_results_of_one_call_stay_when_the_next_is_made(backend: Any) -> None:
    w = Value(2.0)
    f = compile(lambda x: [x[0] * w, (x[1], x[0] + x[1])], [w], backend=backend)
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    one, many, slopes = f([1.0, 2.0]), f(rows), f.jacobian(rows)
    kept = [np.array(x) for x in (many[0], *many[1])], np.array(slopes[0])
    f([7.0, 8.0])
    f(rows * 100.0)
    f.jacobian(rows * 100.0)
    assert one == [2.0, (2.0, 3.0)]
    for before, now in zip(kept[0], (many[0], *many[1]), strict=True):
        assert before.tolist() == np.asarray(now).tolist()
    assert kept[1].tolist() == np.asarray(slopes[0]).tolist()


def test_the_gradient_of_rows_is_the_users_own_array(backend: Any) -> None:
    f = compile(lambda x: x * x, backend=backend)
    x = np.array([1.0, 2.0, 3.0])
    value, slope = f.value_and_grad(x)
    f.value_and_grad(-x)
    assert (value.tolist(), slope.tolist()) == ([1.0, 4.0, 9.0], [2.0, 4.0, 6.0])
    slope[:] = 0.0
    assert f.value_and_grad(x)[1].tolist() == [2.0, 4.0, 6.0]


def test_a_changed_global_is_seen_between_two_equal_calls(backend: Any) -> None:
    factor = {"it": 2.0}
    f = compile(lambda x: x * factor["it"], backend=backend)
    assert (f(3.0), f(3.0)) == (6.0, 6.0)
    factor["it"] = -0.0
    assert math.copysign(1.0, f(3.0)) == -1.0
    factor["it"] = 0.0
    assert math.copysign(1.0, f(3.0)) == 1.0


def test_no_rows_after_rows_are_refused_by_backward(backend: Any) -> None:
    w = Value(2.0)
    f = compile(lambda x: x * w, [w], backend=backend)
    assert f.backward(np.array([1.0, 3.0])) == 4.0
    with pytest.raises(ValueError, match="no rows at all"):
        f.backward(np.array([]))
    assert w.grad == 2.0


def test_an_anomaly_is_watched_for_after_calls_without(backend: Any) -> None:
    f = compile(autograd.log, backend=backend)
    assert f(0.0) == f(0.0) == -math.inf
    with detect_anomaly(), pytest.raises(AnomalyError, match="value of the compiled log"):
        f(0.0)
    assert f(0.0) == -math.inf


@pytest.mark.parametrize("number", [2, True, Fraction(1, 2), np.float64(2.5), np.float32(0.5), np.int64(3)])
def test_numbers_of_every_kind_are_their_floats(number: Any, backend: Any) -> None:
    f = compile(lambda x, y: x * y, backend=backend)
    g = compile(autograd.sum, backend=backend)
    try:
        expected = float(Value(number).data)
    except TypeError:
        with pytest.raises(TypeError):
            f(number, 3.0)
        return
    assert f(1.0, 3.0) == 3.0
    assert f(number, 3.0) == expected * 3.0
    assert g([1.0, number]) == 1.0 + expected


def test_a_number_no_float_holds_is_named_after_good_calls(backend: Any) -> None:
    f = compile(lambda x, y: x * y, backend=backend)
    g = compile(autograd.sum, backend=backend)
    assert (f(2.0, 3.0), g([1.0, 2.0])) == (6.0, 3.0)
    for call in (lambda: f(2.0, 10**400), lambda: g([1.0, 10**400])):
        with pytest.raises(OverflowError, match="beyond the largest float"):
            call()
    assert (f(2.0, 3.0), g([1.0, 2.0])) == (6.0, 3.0)


def test_lists_beside_rows_are_the_same_in_every_row(backend: Any) -> None:
    f = compile(lambda x, c, k: x[0] * c[0] + x[1] * c[1][0] + k, backend=backend)
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert f(rows, [10.0, [100.0]], 0.5).tolist() == [210.5, 430.5]
    assert f(rows, c=[10.0, [100.0]], k=0.5).tolist() == [210.5, 430.5]


def test_float32_takes_its_numbers_by_the_same_way(backend: Any) -> None:
    w = Value(0.1)
    f = compile(lambda x: x[0] * w + x[1], [w], backend=backend, dtype="float32")
    assert f([1.0, 2.0]) == float(np.float32(0.1) + np.float32(2.0))
    assert f([1.0, 2.0]) == f(np.array([[1.0, 2.0]]))[0]


def test_a_bias_that_changes_is_seen_by_sums_in_one_call(backend: Any) -> None:
    """NumPy's einsum takes a sum with a leading term that is one number for all rows; it was read when it was made."""
    weights = [Value(0.5 * k) for k in range(9)]
    f = compile(lambda x: autograd.dot(weights[:8], x, weights[8]), weights, backend=backend)
    rows = np.arange(24.0).reshape(3, 8)
    for weights[8].data in (4.0, -7.0, 0.25):
        expected = [sum(0.5 * k * x for k, x in enumerate(row)) + weights[8].data for row in rows.tolist()]
        assert f(rows).tolist() == expected
