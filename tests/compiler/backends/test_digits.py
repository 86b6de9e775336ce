"""The functions in SIMD lanes are at most 2 units in the last place off; their edges are those of the eager engine.

Of autograd.compiler.backends.llvm.mathematics.error_functions and autograd.compiler.backends.llvm.mathematics.roots.
"""

import importlib.util
import itertools
import math
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf
from paths import LIBRARY, ROOT
from references import bits

import autograd
from autograd import Value
from autograd.compiler import compile

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec("llvmlite"), reason="needs llvmlite"),
]
RNG = np.random.default_rng(0)
N = 2000
SMALL = RNG.standard_normal(N) * 10.0 ** RNG.uniform(-320, 0, N)


def drawn(*bounds: tuple[float, float]) -> np.ndarray:
    """N numbers between each pair of bounds."""
    return np.concatenate([RNG.uniform(low, high, N) for low, high in bounds])


def around(*points: float) -> np.ndarray:
    """Where a function switches to another formula: the numbers, their neighbours, and 100 within a thousandth."""
    exact = [np.nextafter(p, p + step) for p in points for step in (-1.0, 0.0, 1.0)]
    return np.concatenate([exact, *(p * RNG.uniform(0.999, 1.001, 100) for p in points)])


def joined(*parts: Any) -> np.ndarray:
    return np.concatenate([*parts, SMALL, [5e-324, -1e-320, 2.0**-1022]])


NEAREST = [  # to multiples of π/2, where most digits cancel, below 2²⁰; from there on the C library computes
    642615.9188844458, 321307.9594422229, 871790.3905748408, 597708.4226977065, 490807.8786776798, 45.553093477052
]  # fmt: skip
ANGLES = joined(
    drawn((-10, 10), (-1e3, 1e3), (-(2.0**20), 2.0**20)),
    np.arange(1, N) * np.pi / 2, NEAREST, around(2.0**20), 10.0 ** RNG.uniform(6, 308, N),
)  # fmt: skip
HALVES = math.sqrt(0.5) * 2.0 ** np.arange(-3, 4)
POSITIVE = np.concatenate([10.0 ** RNG.uniform(-308, 308, N), drawn((0.3, 3)), around(1.0, *HALVES), np.abs(SMALL)])
ABOVE = joined(10.0 ** RNG.uniform(-20, 300, N), 10.0 ** RNG.uniform(-16, 0, N) - 1, drawn((-1, 1)), around(2.0**-54))
UNIT = np.concatenate([drawn((-1, 1), (0.45, 0.55), (0.9, 1), (-1, -0.9)), SMALL, 1 - np.abs(SMALL), around(0.5, -0.5)])
UNIT = UNIT[np.abs(UNIT) <= 1]
BENDS = (7 / 16, 11 / 16, 19 / 16, 39 / 16)
DECAYING = joined(drawn((-1, 1), (-6, 6), (-40, 40), (-745, 709.7)))


def _normal(x: mpf) -> mpf:
    return mp.erfc(-x / mp.sqrt(2)) / 2


TRUE = {
    "tan": (mp.tan, ANGLES),
    "sinh": (mp.sinh, joined(DECAYING, drawn((-710.4, 710.4)), around(1.0, -1.0, 710.4))),
    "cosh": (mp.cosh, joined(DECAYING, drawn((-710.4, 710.4)), around(710.4))),
    "asin": (mp.asin, UNIT),
    "acos": (mp.acos, UNIT),
    "atan": (mp.atan, joined(ANGLES, drawn((-1, 1), (-3, 3)), around(*BENDS))),
    "asinh": (mp.asinh, joined(ANGLES, drawn((-1, 1), (-3, 3)), around(2.0**28, 2.0**-28))),
    "acosh": (
        mp.acosh,
        np.abs(np.concatenate([drawn((1, 2), (1, 1.01), (1, 100)), 1 + np.abs(SMALL), ANGLES.clip(1)])),
    ),
    "atanh": (mp.atanh, UNIT[np.abs(UNIT) < 1]),
    "exp2": (lambda x: mpf(2) ** x, joined(drawn((-1, 1), (-40, 40), (-1074, 1023.9)))),
    "log2": (lambda x: mp.log(x) / mp.ln2, POSITIVE),
    "log10": (lambda x: mp.log(x) / mp.ln10, POSITIVE),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), joined(ANGLES, POSITIVE, -POSITIVE)),
    "exp": (mp.exp, DECAYING),
    "expm1": (mp.expm1, joined(DECAYING, drawn((0.34, 0.37)), around(40.0, -60.0))),
    "tanh": (mp.tanh, joined(DECAYING, drawn((0.5, 0.53)), around(1.0, 22.0, -22.0))),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), joined(DECAYING, drawn((-5, -3)))),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), DECAYING),
    "log": (mp.log, POSITIVE),
    "log1p": (mp.log1p, ABOVE[ABOVE > -1]),
    "sin": (mp.sin, ANGLES),
    "cos": (mp.cos, ANGLES),
    "erf": (mp.erf, joined(drawn((-1, 1), (-7, 7), (-30, 30)), around(0.477, -0.477))),
    "erfc": (mp.erfc, joined(drawn((-1, 1), (-7, 7), (5, 27.3)), around(0.477, -0.477, 26.5, 28.0))),
    # from −37.5 on Φ(x) itself is among the smallest numbers, and its rounding is multiplied by x
    "gelu": (lambda x: x * _normal(x), joined(drawn((-3, 3), (-30, 30), (-37.5, -30)), around(0.6746, -0.6746))),
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
    with mp.workprec(1200 if name in ("sin", "cos", "tan") else 160):
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


Z = -math.sqrt(0.5)
AS_IN_THE_TABLE = {  # formulas that the table's rows are made of, with another number where the rows have theirs
    "x/(1 + e^−|z|)": lambda x, z: x / (1.0 + autograd.exp(-abs(z))),
    "x/(e^−|z| + 1)": lambda x, z: x / (autograd.exp(-abs(z)) + 1.0),
    "|x|/(1 + e^−|z|)": lambda x, z: abs(x) / (1.0 + autograd.exp(-abs(z))),
    "σ of two": lambda x, z: autograd.where(x, 1.0, autograd.exp(-abs(x))) / (1.0 + autograd.exp(-abs(z))),
    "erfc(−√½·x)": lambda x, z: autograd.erfc(x * Z) + z,
}


@pytest.mark.parametrize("form", AS_IN_THE_TABLE)
def test_a_formula_that_looks_like_the_tables_own_gives_the_eager_numbers_at_all_edges(form: str) -> None:
    function = AS_IN_THE_TABLE[form]
    pairs = list(itertools.product([*EDGES, 5e-324, -5e-324, 1.7e308], repeat=2))
    results = compile(function)(*map(np.array, zip(*pairs, strict=True))).tolist()
    for (x, z), result in zip(pairs, results, strict=True):
        expected = function(Value(x), Value(z)).data
        if math.isfinite(expected) and expected:
            assert result == pytest.approx(expected, rel=1e-15, abs=5e-324), (x, z)
        else:
            assert bits(result) == bits(expected), (x, z)


@pytest.mark.parametrize("name", TRUE)
def test_at_most_two_units_of_single_precision(name: str) -> None:
    true, points = TRUE[name]
    function = getattr(autograd, name)
    with np.errstate(over="ignore"):
        few = points[:: len(points) // 1000].astype(np.float32)
        few = few[np.isfinite(few) & ((name != "gelu") | (few > -13.0))]
        results = compile(lambda x: function(x), dtype="float32")(few)
        with mp.workprec(160):
            nearest = np.array([float(true(mpf(x))) for x in few.tolist()]).astype(np.float32)
    close = np.isclose(results, nearest, rtol=0, atol=2 * np.spacing(np.minimum(np.abs(nearest), np.float32(1e38))))
    assert results.dtype == np.float32
    assert close.all(), few[~close]


PLANE = np.stack(
    [joined(drawn((-1, 1), (-3, 3)), ANGLES[:N]), joined(drawn((-1, 1), (-3, 3)), RNG.permutation(SMALL))], 1
)
CORNERS = [0.0, -0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize(("name", "true"), [("atan2", mp.atan2), ("hypot", lambda x, y: mp.sqrt(x * x + y * y))])
def test_functions_of_two_are_at_most_two_units_off_with_the_edges_of_the_eager_engine(name: str, true: Any) -> None:
    function = getattr(autograd, name)
    f = compile(lambda v: function(v[0], v[1]))
    points = np.concatenate([PLANE, PLANE[:, ::-1], PLANE * 1e150])
    with mp.workprec(320):
        for pair, result in zip(points.tolist(), f(points).tolist(), strict=True):
            assert units_off(result, true(*map(mpf, pair))) <= 2.0, pair
    corners = [[a, b] for a in CORNERS for b in CORNERS]
    for pair, result in zip(corners, f(np.array(corners)).tolist(), strict=True):
        expected = function(*pair)
        if math.isfinite(expected) and expected:
            assert result == pytest.approx(expected, rel=1e-15), pair
        else:
            assert bits(result) == bits(expected), pair


def test_the_polynomials_of_the_error_functions_are_those_that_the_script_fits() -> None:
    command = [sys.executable, str(ROOT / "tools" / "fit_error_functions.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(LIBRARY)})
    assert (done.returncode, done.stderr) == (0, "")
