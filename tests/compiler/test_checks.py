"""What a loss requires of its targets and predictions is checked in compiled code too, at every call, the row named.

Of autograd.compiler.checks.
"""

import importlib.util
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.compiler import compile

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["numpy", pytest.param("llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="needs llvmlite"))]
LOSSES: list[tuple[Callable[[Any, Any], Any], list[float], float, str]] = [
    (lambda z, t: nn.bce_with_logits(z, t), [0.0, 1.0, 0.5], -1.0, "the target at row 3 is -1.0, but it must lie"),
    (lambda z, t: nn.bce(autograd.sigmoid(z), t), [0.0, 1.0, 0.5], 2.0, "the target at row 3 is 2.0, but it must lie"),
    (lambda z, t: nn.hinge(z, t), [-1.0, 1.0, 1.0], 0.0, "the target at row 3 is 0.0, but hinge takes −1 and 1"),
    (lambda z, t: nn.cross_entropy([z, 2.0 * z, -z], t), [0, 1, 2], 3, "the target at row 3 is 3.0, none of the"),
    (lambda z, t: autograd.take([z, z * z], t), [0, 1, 1], 0.5, "the index at row 3 is 0.5, not one of the 2"),
]


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("loss", "good", "bad", "message"), LOSSES)
def test_a_target_that_does_not_fit_raises_and_changes_nothing(
    loss: Any, good: list[float], bad: float, message: str, backend: Any
) -> None:
    w = Value(0.5)
    f = compile(lambda x, t: loss(w * x, t), [w], backend=backend)
    X, y = np.array([1.0, -2.0, 0.3, 4.0]), np.array([*good, good[0]], float)
    for call in (f, f.value_and_grad, f.backward, f.jacobian):
        call(X, y)
    before, w.grad, y[3] = w.grad, 7.0, bad
    assert before != 0.0
    for call in (f, f.value_and_grad, f.backward, f.jacobian, lambda *a: f.kernel("backward", *a)):
        with pytest.raises((ValueError, IndexError), match=message.replace(".", r"\.")):
            call(X, y)
    with pytest.raises((ValueError, IndexError), match=message.replace(".", r"\.")):
        f.train(X, y, optimizer=nn.SGD([w], lr=0.1), epochs=3)
    with pytest.raises((ValueError, IndexError), match=message.replace(" at row 3", "").replace(".", r"\.")):
        f(1.0, bad)
    assert (w.data, w.grad) == (0.5, 7.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_prediction_that_is_no_probability_raises_as_in_the_engine(backend: Any) -> None:
    w = Value(0.5)
    f = compile(lambda x, t: nn.bce(w * x, t), [w], backend=backend)
    mean = (math.log(2.0) - math.log(0.9)) / 2.0
    assert f.backward(np.array([1.0, 0.2]), np.array([1, 0])) == pytest.approx(mean, rel=1e-15)
    with pytest.raises(ValueError, match=r"the prediction at row 1 is 1\.5, no probability: logits go to"):
        f.backward(np.array([1.0, 3.0]), np.array([1, 0]))
    with pytest.raises(ValueError, match=r"the prediction is -0\.5, no probability"):
        f(-1.0, 1.0)


HIDDEN: dict[str, Callable[[Any, Any], Any]] = {
    "by a mask": lambda p, t: autograd.where(autograd.greater(p, 9.0), nn.bce(p * 1.0, t), p),
    "by a comparison": lambda p, t: autograd.greater(nn.bce(p * 1.0, t), 0.5) * p,
    "in the derivative": lambda p, t: autograd.grad(lambda q: nn.bce(q * 1.0, t))(p),
    "in what is not returned": lambda p, t: (nn.bce(p * 1.0, t), p * 2.0)[1],
    "in a target made inside": lambda p, t: nn.hinge(p, 2.0 * t - 1.0) + p * 0.0 * nn.bce(p * 1.0, 0.5),
}


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", HIDDEN)
def test_what_does_not_hold_is_named_also_where_the_result_would_not_show_it(name: str, backend: Any) -> None:
    f = compile(HIDDEN[name], backend=backend)
    P, t = np.array([0.5, 0.25, 1.5]), np.ones(3)
    with pytest.raises(ValueError, match=r"the prediction.* is 1\.5"):
        HIDDEN[name](Value(1.5), 1.0)
    for call in (f, f.value_and_grad, f.jacobian, f.hessian):
        call(P[:2], t[:2])
        with pytest.raises(ValueError, match=r"the prediction at row 2 is 1\.5, no probability"):
            call(P, t)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("direct", [False, True])
def test_a_prediction_that_training_drives_out_of_its_range_is_named(direct: bool, backend: Any) -> None:
    w = Value(0.5, label="w")
    f = compile(lambda x, t: nn.bce(w if direct else w * x, t), [w], backend=backend)
    with pytest.raises(ValueError, match=r"the prediction (w|at row 0) is 2\.5, no probability"):
        f.train(np.ones(4), np.ones(4), optimizer=nn.SGD([w], lr=1.0), epochs=3)
    assert w.data == 0.5


def test_a_nan_that_meets_all_requirements_stays_a_nan() -> None:
    f = compile(lambda p, t: nn.bce(p * 1.0, t), backend="numpy")
    assert np.isnan(f(np.array([np.nan, 0.5]), np.array([1.0, 1.0]))).tolist() == [True, False]


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_gradient_through_a_checked_prediction_is_the_engines(backend: Any) -> None:
    def loss(x: Any, t: Any) -> Any:
        return nn.bce(0.5 + 0.4 * autograd.tanh(x), t)

    f = compile(loss, backend=backend)
    for x, t in ((0.3, 1.0), (-2.0, 0.0), (1.0, 0.25)):
        value, gradient = autograd.value_and_grad(loss)(x, t)
        assert f.value_and_grad(x, t) == (pytest.approx(value, rel=1e-15), pytest.approx(gradient, rel=1e-13))


def test_a_leaf_is_checked_with_the_number_that_it_has_at_the_call() -> None:
    target = Value(1.0, label="t")
    f = compile(lambda z: nn.bce_with_logits(z, target), backend="numpy")
    assert f(0.0) == pytest.approx(0.6931471805599453)
    target.data = -1.0
    with pytest.raises(ValueError, match=r"the target t is -1\.0"):
        f(0.0)
