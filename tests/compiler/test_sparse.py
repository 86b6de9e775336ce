"""Sparse Jacobians and Hessians beside the dense ones. Of autograd.compiler.derivatives.sparse.

Of autograd.compiler.passes.zeros.
"""

import itertools
import random
from typing import Any

import pytest

import autograd
from autograd import Value, where

np = pytest.importorskip("numpy", reason="numpy is not installed")
sparse = pytest.importorskip("scipy.sparse", reason="SciPy is not installed")
pytest.importorskip("llvmlite", reason="llvmlite is not installed")

both = pytest.mark.parametrize("backend", ["llvm", "numpy"])


def rosenbrock(x: Any) -> Any:
    return sum(100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in itertools.pairwise(x))


def chained(x: Any) -> list[Any]:
    return [a * b + autograd.sin(a) for a, b in itertools.pairwise(x)]


@both
def test_the_hessian_of_a_chain_is_tridiagonal_and_equals_the_dense_one(backend: Any) -> None:
    f = autograd.compile(rosenbrock, rows=False, backend=backend)
    x = np.linspace(-1.0, 1.5, 40)
    found = f.hessian(x, sparse=True)
    assert isinstance(found, sparse.csr_array)
    assert found.nnz == 40 + 2 * 39
    assert found.toarray().tolist() == f.hessian(x).tolist()
    by_hand = 1200.0 * x**2 - 400.0 * np.append(x[1:], 0.0) + 2.0
    by_hand[1:] += 200.0
    by_hand[-1] = 200.0
    assert found.diagonal() == pytest.approx(by_hand, rel=1e-12)
    assert found.diagonal(1) == pytest.approx(-400.0 * x[:-1], rel=1e-12)


@both
def test_of_rows_there_is_one_structure_and_a_matrix_of_numbers(backend: Any) -> None:
    f = autograd.compile(chained, backend=backend)
    X = np.random.RandomState(0).randn(7, 5)
    found, dense = f.jacobian(X, sparse=True), f.jacobian(X)
    assert found.values.shape == (7, 8)
    assert found.structure.toarray().tolist() == (np.eye(4, 5) + np.eye(4, 5, 1) > 0).tolist()
    for i in range(7):
        assert found.matrix(i).toarray().tolist() == dense[i].tolist()


def test_the_structure_alone_without_arguments_or_with() -> None:
    f = autograd.compile(chained, rows=False)
    with pytest.raises(ValueError, match="nothing is compiled yet"):
        f.sparsity("jacobian")
    expected = (np.eye(4, 5) + np.eye(4, 5, 1) > 0).tolist()
    assert f.sparsity("jacobian", np.zeros(5)).toarray().tolist() == expected
    assert f.sparsity("jacobian").toarray().tolist() == expected  # though at 0 half of them are 0
    with pytest.raises(ValueError, match="not of 'gradient'"):
        f.sparsity("gradient")  # type: ignore[arg-type]


def test_several_arguments_stand_side_by_side_and_what_is_not_used_is_empty() -> None:
    f = autograd.compile(lambda a, b, c: [a * b[0], b[1] + 2.0 * a, Value(3.0) * a * 0.0 + b[0]])
    found = f.jacobian(2.0, [3.0, 4.0], 5.0, argnums=(0, 1, 2), sparse=True)
    assert found.shape == (3, 4)
    assert found.toarray().tolist() == [[3.0, 2.0, 0.0, 0.0], [2.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    constant = autograd.compile(lambda x: [x[0] * 0.0 + 1.0, x[1]])
    assert constant.jacobian([1.0, 2.0], sparse=True).toarray().tolist() == [[0.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("seed", range(25))
def test_random_functions_have_the_dense_derivatives(seed: int) -> None:
    rng = random.Random(seed)
    n = rng.randrange(2, 12)
    picks = [
        (rng.randrange(n), rng.randrange(n), rng.choice(["mul", "sin", "relu", "where", "div"])) for _ in range(3 * n)
    ]

    def f(x: Any) -> Any:
        terms = []
        for i, j, kind in picks:
            a, b = x[i], x[j]
            if kind == "mul":
                terms.append(a * b)
            elif kind == "sin":
                terms.append(autograd.sin(a) * b)
            elif kind == "relu":
                terms.append(autograd.relu(a - b))
            elif kind == "where":
                terms.append(where(autograd.greater(a, 0.0), a * a, b))
            else:
                terms.append(a / (2.0 + b * b))
        return terms

    x = [rng.uniform(-1.0, 1.0) for _ in range(n)]
    jacobian = autograd.compile(f, rows=False)
    assert (
        jacobian.jacobian(np.array(x), sparse=True).toarray().tolist()
        == np.array(autograd.compile(f).jacobian(x)).tolist()
    )
    assert jacobian.jacobian(np.array(x)).tolist() == np.array(autograd.compile(f).jacobian(x)).tolist()
    total = autograd.compile(lambda x: sum(f(x)), rows=False)
    dense = np.array(autograd.compile(lambda x: sum(f(x))).hessian(x))
    assert total.hessian(np.array(x), sparse=True).toarray().tolist() == dense.tolist()
    assert total.hessian(np.array(x)).tolist() == dense.tolist()


def test_results_are_the_users_own_and_scipys_optimizers_take_them() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    f = autograd.compile(rosenbrock, rows=False)
    x = np.full(30, -1.0)
    one = f.hessian(x, sparse=True)
    before = one.toarray()
    f.hessian(x + 1.0, sparse=True)
    assert one.toarray().tolist() == before.tolist()

    def hess(x: Any) -> Any:
        return f.hessian(x, sparse=True)

    found = optimize.minimize(f.value_and_grad, x, jac=True, hess=hess, method="trust-constr", options={"maxiter": 400})
    assert found.fun < 1e-6 or found.fun == pytest.approx(3.99, abs=0.02)  # the chain has one other minimum


def test_a_matrix_argument_and_one_number() -> None:
    f = autograd.compile(lambda W: sum(w * w for row in W for w in row) * W[0][0], rows=False)
    W = np.arange(12.0).reshape(3, 4) / 10.0
    assert f.hessian(W).shape == (3, 4, 3, 4)
    assert f.hessian(W).reshape(12, 12).tolist() == f.hessian(W, sparse=True).toarray().tolist()
    g = autograd.compile(lambda x: x * x * x, rows=False)
    assert g.hessian(2.0, sparse=True).toarray().tolist() == [[12.0]]
    assert g.hessian(2.0) == 12.0
