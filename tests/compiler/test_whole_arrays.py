"""Arrays that are one point, no rows: what SciPy hands over and takes, compiled and eager.

Of autograd.compiler.whole_arrays and autograd.support.arrays.
"""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.support.arrays import as_arrays, as_lists

optimize = pytest.importorskip("scipy.optimize", reason="SciPy is not installed")
HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["numpy", pytest.param("llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="needs llvmlite"))]
START = np.array([-1.2, 1.0, -0.5, 0.8])


def rosenbrock(x: Any) -> Any:
    return autograd.sum([100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1)])


def residuals(x: Any) -> list[Any]:
    return [10.0 * (x[1] - x[0] ** 2), 1.0 - x[0], x[2] - x[3], autograd.sin(x[3]) - 0.5]


@pytest.mark.parametrize("backend", BACKENDS)
def test_minimize_takes_value_gradient_and_hessian(backend: Any) -> None:
    f = autograd.compile(rosenbrock, rows=False, backend=backend)
    start = np.array([1.3, 0.7, 0.8, 1.9])
    found = optimize.minimize(f.value_and_grad, start, jac=True, hess=f.hessian, method="trust-exact", tol=1e-10)
    assert found.success
    np.testing.assert_allclose(found.x, np.ones(4), rtol=1e-6)
    np.testing.assert_allclose(f.value_and_grad(START)[1], optimize.rosen_der(START), rtol=1e-13)
    np.testing.assert_allclose(f.hessian(START), optimize.rosen_hess(START), rtol=1e-13)
    assert isinstance(f(START), float)


@pytest.mark.parametrize("backend", BACKENDS)
def test_least_squares_and_root_take_residuals_and_jacobian(backend: Any) -> None:
    g = autograd.compile(residuals, rows=False, backend=backend)
    found = optimize.least_squares(g, START, jac=g.jacobian)
    np.testing.assert_allclose(g(found.x), np.zeros(4), atol=1e-8)
    solved = optimize.root(g, START, jac=g.jacobian)
    np.testing.assert_allclose(solved.x, found.x, rtol=1e-6)
    assert g.jacobian(START).shape == (4, 4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_solve_ivp_takes_the_jacobian_by_the_state_not_by_the_time(backend: Any) -> None:
    from scipy.integrate import solve_ivp

    def van_der_pol(t: Any, y: Any) -> list[Any]:
        return [y[1], 50.0 * (1.0 - y[0] ** 2) * y[1] - y[0] + 0.1 * t]

    h, y = autograd.compile(van_der_pol, rows=False, backend=backend), np.array([1.5, 0.3])
    np.testing.assert_allclose(h.jacobian(2.0, y), [[0.0, 1.0], [-45.0 - 1.0, -62.5]], rtol=1e-14)
    found = solve_ivp(h, (0.0, 5.0), y, jac=h.jacobian, method="Radau", rtol=1e-6)
    plain = solve_ivp(van_der_pol, (0.0, 5.0), y, rtol=1e-8)
    np.testing.assert_allclose(found.y[:, -1], plain.y[:, -1], rtol=1e-4)


def quadratic(matrix: Any, x: Any) -> Any:
    return autograd.sum([a * u * v for row, u in zip(matrix, x, strict=True) for a, v in zip(row, x, strict=True)])


@pytest.mark.parametrize("derive", ["eager", "compiled"])
def test_matrices_are_nested_lists_and_gradients_have_their_shape(derive: str) -> None:
    matrix, x = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([0.5, -1.0])
    if derive == "eager":
        by_matrix, by_x = autograd.grad(quadratic)(matrix, x), autograd.grad(quadratic, argnums=1)(matrix, x)
        both = autograd.grad(quadratic, argnums=(0, 1))(matrix, x)
        curved = autograd.hessian(lambda v: quadratic(matrix.tolist(), v))(x)
    else:
        f = autograd.compile(quadratic, rows=False, backend="numpy")
        by_matrix, by_x = f.value_and_grad(matrix, x)[1], f.value_and_grad(matrix, x, argnums=1)[1]
        both = f.value_and_grad(matrix, x, argnums=(0, 1))[1]
        curved = f.hessian(matrix, x, argnums=1)
    np.testing.assert_allclose(by_matrix, np.outer(x, x), rtol=1e-15)
    np.testing.assert_allclose(by_x, 2 * matrix @ x, rtol=1e-15)
    np.testing.assert_allclose(curved, 2 * matrix, rtol=1e-15)
    assert type(both) is tuple
    assert [part.shape for part in both] == [(2, 2), (2,)]


def test_eager_derivatives_of_arrays_are_arrays_and_of_lists_lists() -> None:
    jacobian = autograd.jacobian(residuals)
    np.testing.assert_array_equal(jacobian(START), np.array(jacobian(START.tolist())))
    assert isinstance(jacobian(START), np.ndarray)
    assert isinstance(jacobian(START.tolist()), list)
    value, gradient = autograd.value_and_grad(rosenbrock)(START)
    assert isinstance(value, float)
    assert isinstance(gradient, np.ndarray)


def test_derivatives_that_are_values_stay_lists_of_them() -> None:
    weight = Value(2.0)
    found = autograd.grad(lambda x: weight * x[0] * x[1])(np.array([3.0, 4.0]))
    assert [v.data for v in found] == [8.0, 6.0]


@pytest.mark.parametrize("f", [autograd.compile(residuals, rows=False, backend="numpy")])
@pytest.mark.parametrize("given", [START, START.tolist(), tuple(START), START.astype(np.float32), np.arange(4)])
def test_lists_tuples_and_arrays_of_any_real_kind_are_the_same_point(f: Callable[..., Any], given: Any) -> None:
    expected = [r.data for r in residuals([Value(float(x)) for x in given])]
    np.testing.assert_allclose(f(given), expected, rtol=1e-15)


def test_what_is_no_flag_is_named() -> None:
    with pytest.raises(TypeError, match="rows is True"):
        autograd.compile(rosenbrock, rows=3)  # type: ignore[arg-type]


def test_ragged_lists_and_other_things_stay_what_they_are() -> None:
    assert as_arrays([[1.0], [2.0, 3.0]])[0].tolist() == [1.0]
    assert as_arrays((1.0, "a")) == (1.0, "a")
    assert as_lists((np.ones(2), [np.zeros(1)])) == ([1.0, 1.0], [[0.0]])
