"""Powers by roots and products: C's conventions, 2 units in the last place, and the same bits in every back end."""

import importlib.util
import math
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from c_code import CC, built, call
from mpmath import mp, mpf
from references import bits

import autograd
from autograd import Value, hvp
from autograd.compiler import compile
from autograd.operations.arithmetic import FLOATS
from autograd.operations.powers import POWERS

inf, nan = math.inf, math.nan
needs_llvm = pytest.mark.skipif(not importlib.util.find_spec("llvmlite"), reason="needs llvmlite")
BACKENDS = ["numpy", pytest.param("llvm", marks=needs_llvm)]
RNG = np.random.default_rng(0)
EXTREME = [1e-170, 1e80, -1e155, 1e206, 1.7e308, 1e-310, 5e-324, 3.3e-108, 1.5e154, -3.0]  # x² or x³ leaves the range
EDGES = [0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1.7e308, -1.7e308, inf, -inf, nan]
NUMBERS = [*EXTREME, *EDGES, *(10.0 ** RNG.uniform(-323, 308, 500)).tolist(), *RNG.uniform(-5, 5, 500).tolist()]
each_exponent = pytest.mark.parametrize("y", POWERS)


def eager(y: float) -> list[float]:
    return [(Value(x) ** y).data for x in NUMBERS]


@each_exponent
def test_a_power_is_at_most_two_units_off(y: float) -> None:
    with mp.workdps(60):
        for x, found in zip(NUMBERS, eager(y), strict=True):
            if math.isfinite(x) and x and not (x < 0 and y % 1):
                true = mpf(x) ** mpf(y)
                nearest = float(true)
                if math.isinf(nearest):
                    assert found == nearest, x
                else:
                    assert abs(mpf(found) - true) <= 2 * math.ulp(nearest), x


@each_exponent
def test_the_edges_of_a_power_are_those_of_c(y: float) -> None:
    for x in EDGES:
        with np.errstate(all="ignore"):
            theirs = float(np.float_power(np.full(2, x), np.full(2, y))[0])  # C's pow; one exponent alone may be a root
        assert bits(FLOATS.pow(x, y)) == bits(theirs), x


def test_the_root_of_minus_infinity_and_of_minus_0_as_a_power() -> None:
    assert [(Value(-inf) ** y).data for y in (0.5, -0.5, 1.5, -1.5, 2.5)] == [inf, 0.0, inf, 0.0, inf]
    assert [bits((Value(-0.0) ** y).data) for y in (0.5, 1.5, -0.5, -1.5)] == [*map(bits, (0.0, 0.0, inf, inf))]
    assert math.isnan((Value(-8.0) ** (1 / 3)).data)
    assert math.isnan((Value(-8.0) ** 0.5).data)


@pytest.mark.slow
@each_exponent
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_compiled_power_is_the_engines_to_the_bit(y: float, backend: Any) -> None:
    f = compile(lambda x: x**y, backend=backend)
    assert list(map(bits, f(np.array(NUMBERS)).tolist())) == list(map(bits, eager(y)))
    assert [bits(f(x)) for x in EDGES] == [bits((Value(x) ** y).data) for x in EDGES]


@each_exponent
@pytest.mark.parametrize("backend", BACKENDS)
def test_derivatives_of_a_compiled_power_are_the_engines(y: float, backend: Any) -> None:
    f = compile(lambda x: x**y, backend=backend)
    for x in (0.3, 1.0, 7.0, 1e-20):
        assert f.value_and_grad(x)[1] == pytest.approx(autograd.grad(lambda v: v**y)(x), rel=4e-16, abs=0.0)
        assert f.hessian(x) == pytest.approx(autograd.hessian(lambda v: v**y)(x), rel=1e-15, abs=0.0)


@pytest.mark.skipif(CC is None, reason="needs a C compiler")
def test_powers_in_c_are_the_engines_to_the_bit(tmp_path: Path) -> None:
    f = compile(lambda x: [x**y for y in POWERS], backend="numpy")
    f(2.0)
    source = f.source("c", name="powers")
    assert "pow(" not in source
    library = built(source, tmp_path)
    for x in NUMBERS[:200]:
        found = call(library.powers, [x], [], len(POWERS))
        assert list(map(bits, found)) == [bits((Value(x) ** y).data) for y in POWERS], x


@needs_llvm
@pytest.mark.parametrize("y", [k / 2 for k in range(-4, 9)])
def test_no_power_of_a_half_integer_nor_its_slope_calls_pow(y: float) -> None:
    f = compile(lambda xs: autograd.sum([x**y for x in xs]))
    f.value_and_grad([1.0, 2.0])
    assert "@pow" not in f.source("llvm")
    assert "pow(" not in f.source("c")


@needs_llvm
def test_no_compiled_power_calls_pow_even_in_second_derivatives() -> None:
    for y in (0.5, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, -1.0):
        f = compile(lambda xs, y=y: autograd.sum([x**y for x in xs]))
        f([1.0, 2.0])
        f.hessian([1.0, 2.0])
        assert "@pow" not in f.source("llvm")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rows_own_power_of_a_plain_number_is_the_same(backend: Any) -> None:
    root = autograd.operation(f"root_for_{backend}", lambda m, x: m.pow(x, 0.5) + m.pow(x, -2.0), [None])
    try:
        points = [0.3, 2.0, -inf, -0.0, 1e-170]
        expected = [float(root(x)) for x in points]
        assert list(map(bits, compile(root, backend=backend)(np.array(points)).tolist())) == list(map(bits, expected))
    finally:
        del autograd.OPERATIONS[f"root_for_{backend}"]


def _operations(f: Callable[[Any], Any], count: int) -> int:
    """How many operations the Hessian-vector product of f compiles to."""
    g = compile(lambda x, v: hvp(f)(x, v), backend="numpy")
    point = [random.Random(0).random() for _ in range(count)]
    g(point, point)
    statements = [line for line in g.source("c").splitlines() if " = " in line and "const double K" not in line]
    return len(statements)


def test_the_hessian_vector_product_of_a_square_costs_what_that_of_a_product_does() -> None:
    def powers(xs: Any) -> Any:
        return autograd.sum([(a - b) ** 2 for a, b in pairwise(xs)])

    def products(xs: Any) -> Any:
        gaps = [a - b for a, b in pairwise(xs)]
        return autograd.sum([gap * gap for gap in gaps])

    assert _operations(powers, 20) <= _operations(products, 20) + 1
    point = [0.3, 0.1, -2.0]
    assert hvp(powers)(point, [1.0, 2.0, 3.0]) == hvp(products)(point, [1.0, 2.0, 3.0])


def test_the_slope_of_a_power_makes_no_node_of_the_powers_0_and_1() -> None:
    x = Value(3.0)
    assert autograd.grad(lambda v: v**1)(x).data == 1.0
    slope = autograd.grad(lambda v: v**2)(x)
    assert slope.op.name == "mul"
    assert {node.op.name for node in autograd.graph.topological_order(slope) if node.op} == {"mul", "identity"}
