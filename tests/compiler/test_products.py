"""Derivatives times vectors, compiled, beside the matrices. Of autograd.compiler.derivatives.products."""

import itertools
from typing import Any

import pytest

import autograd
import nn

np = pytest.importorskip("numpy", reason="numpy is not installed")
pytest.importorskip("llvmlite", reason="llvmlite is not installed")


def many(x: Any) -> list[Any]:
    return [x[0] * x[1], autograd.sin(x[1]) * x[2], x[0] / (1.0 + x[2] * x[2]), x[0] + x[1]]


def one(x: Any) -> Any:
    return sum(autograd.exp(a) * b**2 for a, b in itertools.pairwise(x))


X, V, U = [0.5, -1.25, 2.0], [1.0, 0.25, -3.0], [0.5, 1.0, -2.0, 0.25]


@pytest.mark.parametrize("backend", ["llvm", "numpy"])
def test_of_a_point_they_are_the_products_with_the_matrices(backend: Any) -> None:
    f, g = (autograd.compile(function, rows=False, backend=backend) for function in (many, one))
    x, v, u = np.array(X), np.array(V), np.array(U)
    assert f.jvp(x, v) == pytest.approx(f.jacobian(x) @ v, rel=1e-13, abs=1e-14)
    assert f.vjp(x, u) == pytest.approx(u @ f.jacobian(x), rel=1e-13, abs=1e-14)
    assert g.hvp(x, v) == pytest.approx(g.hessian(x) @ v, rel=1e-13, abs=1e-14)


def test_lists_are_taken_and_given_as_the_engine_does() -> None:
    assert autograd.compile(many).jvp(X, V) == pytest.approx([float(x) for x in autograd.jvp(many)(X, V)], abs=1e-14)
    assert autograd.compile(many).vjp(X, U) == pytest.approx([float(x) for x in autograd.vjp(many)(X, U)], abs=1e-14)
    assert autograd.compile(one).hvp(X, V) == pytest.approx([float(x) for x in autograd.hvp(one)(X, V)], abs=1e-14)


def test_of_rows_each_has_its_own() -> None:
    rows, directions = np.random.RandomState(0).randn(2, 6, 3)
    g = autograd.compile(one)
    found = g.hvp(rows, directions)
    assert found.shape == (6, 3)
    for i in range(6):
        assert found[i] == pytest.approx(g.hvp(rows[i].tolist(), directions[i].tolist()), rel=1e-13)


def test_it_is_made_once_and_sees_a_model_change() -> None:
    model = nn.MLP(3, [4, 1], "tanh")
    f = autograd.compile(lambda x: model(x) * model(x), rows=False)
    first = f.hvp(np.array(X), np.array(V))
    made = f.products[autograd.hvp]
    model.parameters()[0].data += 1.0
    second = f.hvp(np.array(X), np.array(V))
    assert f.products[autograd.hvp] is made
    assert second == pytest.approx(f.hessian(np.array(X)) @ np.array(V), rel=1e-11)
    assert abs(second - first).max() > 1e-6


def test_a_graph_has_none_and_newton_cg_takes_them() -> None:
    x = autograd.Value(2.0)
    with pytest.raises(TypeError, match="a compiled graph has no products"):
        autograd.compile(x * x, inputs=[x]).hvp([1.0], [1.0])
    optimize = pytest.importorskip("scipy.optimize")

    def chain(x: Any) -> Any:
        return sum((b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in itertools.pairwise(x))

    f = autograd.compile(chain, rows=False)
    start = np.full(200, 0.5)
    found = optimize.minimize(f.value_and_grad, start, jac=True, hessp=f.hvp, method="Newton-CG")
    assert found.fun < 1e-8
    assert found.x == pytest.approx(np.ones(200), abs=1e-3)
