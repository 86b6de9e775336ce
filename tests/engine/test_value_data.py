"""What was put into a `.data` and is no number: an error that names it, wherever it is used."""

from collections.abc import Callable
from contextlib import nullcontext
from fractions import Fraction
from typing import Any

import pytest
from references import BUILT_IN

import autograd
from autograd import OPERATIONS, Constant, Value, detect_anomaly, grad, no_grad

np = pytest.importorskip("numpy")


@pytest.mark.parametrize(
    "thing", ["3", None, 1j, Value(1.0), np.array([1.0, 2.0])], ids=["text", "None", "j", "v", "xs"]
)
@pytest.mark.parametrize("context", [nullcontext, no_grad, detect_anomaly])
def test_data_that_is_no_number_is_named_by_whatever_uses_it(thing: Any, context: Callable[[], Any]) -> None:
    for row in map(OPERATIONS.__getitem__, BUILT_IN):
        for place, _ in enumerate(row.samples[0]):
            operands = [Value(x, label=f"x{i}") for i, x in enumerate(row.samples[0])]
            operands[place].data = thing
            with context(), pytest.raises(TypeError, match=rf"{row.name}: \.data of x{place} takes a real number, got"):
                autograd.functions.evaluate(row, operands)


@pytest.mark.parametrize("thing", ["3", None, Value(1.0)], ids=repr)
def test_data_that_is_no_number_is_named_by_operators_and_functions(thing: Any) -> None:
    w, x = Value(2.0, label="w"), Value(3.0)
    w.grad, w.data = 5.0, thing
    uses: list[Callable[[], Any]] = [
        lambda: w + x,
        lambda: x * w,
        lambda: w * 2.0,
        lambda: 2.0 - w,
        lambda: w**2,
        lambda: w.tanh(),
        lambda: autograd.tanh(w),
        lambda: autograd.dot([w, x], [x, x], x),
        lambda: autograd.dot([x], [Constant(1.0)], w),
        lambda: grad(lambda y: y * w)(2.0),
        lambda: grad(autograd.exp)(w),
    ]
    for use in uses:
        for context in (nullcontext, no_grad):
            with context(), pytest.raises(TypeError, match=r"\.data of w takes a real number, got"):
                use()
    assert (w.grad, w.data, x.data, x.grad) == (5.0, thing, 3.0, 0.0)


def test_two_texts_in_data_are_not_joined() -> None:
    a, b = Value(1.0), Value(2.0)
    a.data, b.data = "3", "4"  # type: ignore[assignment]
    for use in (lambda: a + b, lambda: autograd.less(a, b), lambda: autograd.where(a, b, b)):
        with pytest.raises(TypeError, match=r"\.data of operand 1 takes a real number, got '3' \(str\)"):
            use()


def test_other_real_numbers_in_data_count_as_floats() -> None:
    for number in (3, np.float32(0.5), np.float64(0.1), Fraction(1, 4), True):
        w = Value(0.0)
        w.data = number  # type: ignore[assignment]
        for out in (w + w, w * w, w * 2.0, w.exp(), autograd.dot([w], [w], w), autograd.norm([w, 1.0])):
            assert type(out.data) is float
            out.backward()
            assert type(w.grad) is float
