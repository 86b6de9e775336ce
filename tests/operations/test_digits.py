"""Cancellation: results and slopes keep their digits where the textbook's formula loses them all.

Of autograd.operations.logits.
"""

from collections.abc import Sequence

import pytest
from mpmath import mp
from references import MPMATH, derivative, reference

import autograd
from autograd import grad


def slope(name: str, x: float) -> float:
    return grad(getattr(autograd, name))(x)


@pytest.mark.slow
@pytest.mark.parametrize("x", [-700.0, -40.0, -20.0, -10.0, -1e-8, 1e-8, 10.0, 20.0, 40.0, 700.0])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "silu", "elu", "expm1"])
def test_result_and_slope_keep_their_digits(name: str, x: float) -> None:
    operands = (x, 1.0) if name == "elu" else (x,)
    exact = float(reference(name, *operands))
    assert getattr(autograd, name)(x) == pytest.approx(exact, rel=4e-16 * max(4.0, abs(x)), abs=0.0)
    assert slope(name, x) == pytest.approx(_slope_in_500_digits(name, operands), rel=4e-16 * max(4.0, abs(x)), abs=0.0)


def _slope_in_500_digits(name: str, operands: Sequence[float]) -> float:
    """1 − tanh² 700 is 4e-608: only with so many digits is a difference of tanh anything but 0."""
    with mp.workdps(1500):
        return float(mp.diff(MPMATH[name], tuple(map(mp.mpf, operands)), (1,) + (0,) * (len(operands) - 1)))


@pytest.mark.parametrize("x", [-37.0, -20.0, -10.0, -3.0, 0.1, 3.0, 10.0, 20.0, 700.0])
def test_gelu_keeps_its_digits(x: float) -> None:
    # erfc(x/√2) magnifies a relative error of its argument by x²
    assert autograd.gelu(x) == pytest.approx(float(reference("gelu", x)), rel=4e-16 * max(4.0, x * x), abs=0.0)
    assert slope("gelu", x) == pytest.approx(derivative("gelu", (x,), 0), rel=4e-16 * max(8.0, x * x), abs=0.0)


LOGITS = [
    (0.3, -0.7, 1.1),
    (-10.0, 0.0, 5.0),
    (20.0, 0.0, -3.0),
    (700.0, 0.0, 690.0),
    (1e5, 1e5 - 1.0, -1e5),
    (-700.0, -701.0, -720.0),
    (1.0, 1.0, 1.0),
]


@pytest.mark.parametrize("logits", LOGITS)
def test_logsumexp_and_its_slopes_keep_their_digits(logits: tuple[float, ...]) -> None:
    exact = float(reference("logsumexp", *logits))
    assert autograd.logsumexp(list(logits)) == pytest.approx(exact, rel=4e-16)
    with mp.workdps(700):
        softmax = [float(mp.exp(x) / mp.fsum(map(mp.exp, logits))) for x in map(mp.mpf, logits)]
    # a slope is exp(x − logsumexp): an error of one unit in the last place of either is a relative error of it
    assert grad(autograd.logsumexp)(list(logits)) == pytest.approx(softmax, rel=2e-16 * max(8.0, *map(abs, logits)))


@pytest.mark.parametrize("logits", LOGITS)
@pytest.mark.parametrize("target", [0, 1, 2])
def test_cross_entropy_and_its_slopes_keep_their_digits(logits: tuple[float, ...], target: int) -> None:
    with mp.workdps(700):
        xs = [mp.mpf(x) for x in logits]
        shares = [mp.exp(x) / mp.fsum(map(mp.exp, xs)) for x in xs]
        loss = float(-mp.log(shares[target]))
        slopes = [float(share - (i == target)) for i, share in enumerate(shares)]
    precision = 2e-16 * max(8.0, *map(abs, logits))
    found, gradient = autograd.value_and_grad(autograd.cross_entropy)(list(logits), target)
    assert found == pytest.approx(loss, rel=1e-15, abs=0.0)
    assert gradient == pytest.approx(slopes, rel=precision, abs=0.0)
