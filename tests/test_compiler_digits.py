"""The functions in SIMD lanes are at most 2 units in the last place off; their edges are those of the eager engine."""

import importlib.util
import math

import numpy as np
import pytest
from mpmath import mp, mpf
from references import bits

import autograd
from autograd.compiler import compile

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("llvmlite"), reason="needs llvmlite")
RNG = np.random.default_rng(0)
N = 400
SMALL = RNG.standard_normal(N) * 10.0 ** RNG.uniform(-300, 0, N)
MIXED = np.concatenate(
    [RNG.uniform(-1, 1, N), RNG.uniform(-40, 40, N), RNG.uniform(-745, 709.7, N), SMALL, [1e-320, 5e-324]]
)
POSITIVE = np.concatenate([10.0 ** RNG.uniform(-308, 308, N), RNG.uniform(0.3, 3, N), [5e-324, 1e-310, 2.0, 0.7071067]])
ANGLES = np.concatenate(
    [RNG.uniform(-10, 10, N), RNG.uniform(-1e5, 1e5, N), SMALL, np.arange(1, N) * np.pi / 2, [1e8, 1e15]]
)
ABOVE = np.concatenate(
    [RNG.uniform(-1, 1, N), 10.0 ** RNG.uniform(-20, 300, N), 10.0 ** RNG.uniform(-16, -1, N) - 1, SMALL]
)
TRUE = {
    "exp": (mp.exp, MIXED),
    "expm1": (mp.expm1, MIXED),
    "tanh": (mp.tanh, MIXED),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), MIXED),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), MIXED),
    "log": (mp.log, POSITIVE),
    "log1p": (mp.log1p, ABOVE[ABOVE > -1]),
    "sin": (mp.sin, ANGLES),
    "cos": (mp.cos, ANGLES),
}
EDGES = [0.0, -0.0, 1.0, -1.0, -2.0, 1e-308, -1e-308, 1e308, -1e308, 710.0, -800.0, math.inf, -math.inf, math.nan]


def units_off(result: float, true: mpf) -> float:
    """How many units in the last place of the true value the result is away from it."""
    nearest = float(true)
    if math.isinf(nearest) or math.isinf(result) or abs(nearest) < 2.0**-1022:
        return abs(result - nearest) / 5e-324 if result != nearest else 0.0
    return float(abs(mpf(result) - true) / math.ulp(nearest))


@pytest.mark.parametrize("name", TRUE)
def test_at_most_two_units_in_the_last_place(name: str) -> None:
    true, points = TRUE[name]
    function = getattr(autograd, name)
    results = compile(lambda x: function(x))(points)
    with mp.workprec(400):
        worst = max((units_off(r, true(mpf(x))), x) for x, r in zip(points.tolist(), results.tolist(), strict=True))
    assert worst[0] <= 2.0, worst


@pytest.mark.parametrize("name", TRUE)
def test_edges_are_those_of_the_eager_engine(name: str) -> None:
    function = getattr(autograd, name)
    results = compile(lambda x: function(x))(np.array(EDGES)).tolist()
    for x, result in zip(EDGES, results, strict=True):
        expected = function(x)
        if math.isfinite(expected) and expected:
            assert result == pytest.approx(expected, rel=1e-15), x
        else:
            assert bits(result) == bits(expected), x
