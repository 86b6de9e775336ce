"""Derivatives inside compiled functions: what is compiled may itself differentiate."""

import importlib.util
import math
import random
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, grad, hessian, jacobian
from autograd.compiler import compile

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["numpy", pytest.param("llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="needs llvmlite"))]
pytestmark = pytest.mark.parametrize("backend", BACKENDS)


def wave(x: Any) -> Any:
    return autograd.sin(x) * x**3


def test_a_gradient_inside_compiles_and_is_differentiated_again(backend: Any) -> None:
    f = compile(lambda x: 2.0 * grad(wave)(x), backend=backend)
    x = 0.7
    slope = math.cos(x) * x**3 + math.sin(x) * 3 * x**2
    bend = -math.sin(x) * x**3 + 6 * math.cos(x) * x**2 + math.sin(x) * 6 * x
    assert f(x) == pytest.approx(2 * slope, rel=1e-14)
    assert f.value_and_grad(x)[1] == pytest.approx(2 * bend, rel=1e-14)


def test_a_gradient_at_a_fixed_number_inside_is_right(backend: Any) -> None:
    f = compile(lambda x: grad(wave)(0.5) * x, backend=backend)
    assert f(3.0) == pytest.approx(3 * (math.cos(0.5) / 8 + math.sin(0.5) * 0.75), rel=1e-14)


def test_hessian_and_jacobian_inside_compile(backend: Any) -> None:
    def cube(u: Any) -> Any:
        return u[0] ** 3 * u[1]

    f = compile(lambda u: autograd.sum([x for row in hessian(cube)(u) for x in row]), backend=backend)
    assert f([2.0, 3.0]) == pytest.approx(6 * 2.0 * 3.0 + 2 * 3 * 4.0)
    g = compile(lambda u: jacobian(lambda v: [v[0] * v[1], v[1] ** 2])(u)[0], backend=backend)
    assert g([2.0, 3.0]) == pytest.approx([3.0, 2.0])


def test_a_differential_equation_trains_as_with_the_engine(backend: Any) -> None:
    model = nn.MLP(1, [4, 1], "tanh", rng=random.Random(3))

    def residual(x: Any) -> Any:
        def u(t: Any) -> Any:
            return model([t])

        return (grad(grad(u))(x) + u(x)) ** 2

    points = np.linspace(-1.0, 1.0, 7)
    compiled = compile(residual, model.parameters(), backend=backend)
    mean = compiled.backward(points)
    found = [p.grad for p in model.parameters()]
    model.zero_grad()
    loss = autograd.mean([residual(Value(x)) for x in points.tolist()])
    loss.backward()
    assert mean == pytest.approx(loss.data, rel=1e-13)
    assert found == pytest.approx([p.grad for p in model.parameters()], rel=1e-11, abs=1e-14)


def at_a_tie(v: Any) -> Any:
    return autograd.max([v[0], v[1], v[0] * v[1]]) ** 2


def at_the_origin(v: Any) -> Any:
    return v[0] + autograd.norm([v[0] - v[1], v[0] - v[1]])


def of_weights(v: Any) -> Any:
    return autograd.logsumexp([v[0], v[1], 1.0]) * autograd.norm(v)


@pytest.mark.parametrize("function", [at_a_tie, at_the_origin, of_weights])
def test_second_derivatives_follow_the_rows_of_the_table_at_kinks_too(function: Any, backend: Any) -> None:
    found = compile(function, backend=backend).hessian([1.0, 1.0])
    expected = [x for row in hessian(function)([1.0, 1.0]) for x in row]  # nan at the origin, where the norm has none
    assert [x for row in found for x in row] == pytest.approx(expected, nan_ok=True)
