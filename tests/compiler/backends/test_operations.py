"""Every row of the table, compiled, equals the eager engine: results and derivatives, on each back end.

Of autograd.compiler.backends.llvm.mathematics.elementary, autograd.compiler.backends.llvm.mathematics.hyperbolic,
autograd.compiler.backends.llvm.mathematics.trigonometry, autograd.compiler.backends.llvm.lanes and
autograd.compiler.backends.llvm.kernel.
"""

import importlib.util
import math
import random
from typing import Any

import numpy as np
import pytest
from references import BUILT_IN, bits, inside, samples_of, wanted

import autograd
from autograd import OPERATIONS, Value
from autograd.compiler import compile
from autograd.functions import evaluate

pytestmark = pytest.mark.slow

BACKENDS = [
    "numpy",
    pytest.param("llvm", marks=pytest.mark.skipif(not importlib.util.find_spec("llvmlite"), reason="needs llvmlite")),
]
EXACT = set(
    "add sub mul truediv neg abs identity sqrt relu leaky_relu maximum minimum max min where sum mean dot prod "
    "less less_equal greater greater_equal equal logical_and logical_or logical_not heaviside sign take".split()
)
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-310, 1e200, -1e200, math.inf, -math.inf, math.nan]


def compiled(name: str, backend: Any, **options: Any) -> Any:
    return compile(lambda xs: evaluate(OPERATIONS[name], xs), backend=backend, **options)


def eager(name: str, sample: Any) -> tuple[float, list[float]]:
    leaves = [Value(x) for x in sample]
    out = evaluate(OPERATIONS[name], leaves)
    out.backward()
    return out.data, [leaf.grad for leaf in leaves]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", BUILT_IN)
@inside(sample=samples_of)
def test_result_and_gradient_equal_the_eager_ones(name: str, sample: Any, backend: Any) -> None:
    f = compiled(name, backend)
    value, gradient = eager(name, sample)
    one_value, one_gradient = f.value_and_grad(list(sample))
    rows = np.array([sample] * 3)
    values, gradients = f.value_and_grad(rows)
    assert one_value == pytest.approx(value, rel=2e-15)
    assert one_gradient == pytest.approx(gradient, rel=1e-13, abs=1e-300)
    assert values == pytest.approx([value] * 3, rel=2e-15)
    assert gradients == pytest.approx(np.array([gradient] * 3), rel=1e-13, abs=1e-300)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", BUILT_IN)
def test_second_derivatives_equal_the_eager_ones(name: str, backend: Any) -> None:
    sample = list(OPERATIONS[name].samples[0])
    chosen = wanted(name, len(sample))

    def f(xs: Any) -> Any:
        operands = list(sample)
        for i, x in zip(chosen, xs, strict=True):
            operands[i] = x
        return evaluate(OPERATIONS[name], operands)

    point = [sample[i] for i in chosen]
    expected = autograd.hessian(f)(point)
    assert np.array(compile(f, backend=backend).hessian(point)) == pytest.approx(
        np.array(expected), rel=1e-11, abs=1e-13
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", BUILT_IN)
def test_rows_at_edges_equal_the_eager_results(name: str, backend: Any) -> None:
    count = len(OPERATIONS[name].samples[0])
    draw = random.Random(1)
    rows = [[draw.choice(EDGES) for _ in range(count)] for _ in range(65)]
    results = compiled(name, backend)(np.array(rows))
    for row, result in zip(rows, results.tolist(), strict=True):
        expected = float(evaluate(OPERATIONS[name], row))
        if name in EXACT:
            assert bits(result) == bits(expected), row
        else:
            assert result == pytest.approx(expected, rel=1e-14, abs=1e-320, nan_ok=True), row


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", BUILT_IN)
@inside(sample=samples_of)
def test_single_precision_is_right_to_its_own_digits(name: str, sample: Any, backend: Any) -> None:
    sample = [float(np.float32(x)) for x in sample]
    value, gradient = eager(name, sample)
    values, gradients = compiled(name, backend, dtype="float32").value_and_grad(np.array([sample] * 2, np.float32))
    scale = max(1.0, *map(abs, sample), abs(value), *map(abs, gradient))
    assert values.dtype == np.float32
    assert values == pytest.approx([value] * 2, rel=1e-5, abs=2e-6 * scale)
    assert gradients == pytest.approx(np.array([gradient] * 2), rel=1e-5, abs=4e-6 * scale)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_users_operation_compiles(backend: Any) -> None:
    name = f"cube_for_{backend}"
    cube = autograd.operation(name, lambda m, x: x * x * x, [lambda m, x, out: 3.0 * x * x])
    try:
        f = compile(lambda x: cube(x), backend=backend)
        assert f.value_and_grad(2.0) == (8.0, 12.0)
        assert f.hessian(2.0) == 12.0
        assert f(np.array([1.0, 2.0])).tolist() == [1.0, 8.0]
    finally:
        del OPERATIONS[name]
