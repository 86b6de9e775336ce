"""Dropout (nn.layers.dropout): what is dropped is given, in the engine and compiled."""

import random

import numpy as np
import pytest

import autograd
import nn


def test_each_number_is_kept_or_dropped_as_often_as_p_says() -> None:
    mask = nn.Dropout(0.25).mask(20_000, random.Random(0))
    assert set(mask) == {0.0, 1 / 0.75}
    assert mask.count(0.0) / len(mask) == pytest.approx(0.25, abs=0.01)  # three standard deviations
    assert sum(mask) / len(mask) == pytest.approx(1.0, abs=0.013)
    assert nn.Dropout(0.0).mask(3) == [1.0, 1.0, 1.0]


def test_without_a_mask_the_numbers_are_themselves_and_with_one_gradient_is_dropped_too() -> None:
    x, dropout = [autograd.Value(v) for v in (1.0, -2.0, 3.0)], nn.Dropout()
    assert dropout(x) == x
    autograd.sum(dropout(x, [2.0, 0.0, 2.0])).backward()
    assert [v.grad for v in x] == [2.0, 0.0, 2.0]
    assert dropout.parameters() == []


def test_compiled_each_row_has_its_own_mask() -> None:
    dropout, rng = nn.Dropout(), random.Random(3)
    f = autograd.compile(lambda x, mask: autograd.sum(dropout(x, mask)))
    X, masks = np.arange(12.0).reshape(4, 3), np.array([dropout.mask(3, rng) for _ in range(4)])
    assert f(X, masks) == pytest.approx((X * masks).sum(axis=1), rel=1e-15)
    assert f.value_and_grad(X, masks)[1].tolist() == masks.tolist()


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="at least 0 and below 1; got 1"):
        nn.Dropout(1.0)
    with pytest.raises(ValueError, match=r"Dropout\(0\.5\) takes 3 inputs, got 2"):
        nn.Dropout()([1.0, 2.0, 3.0], [2.0, 0.0])
    with pytest.raises(ValueError, match="n must be a whole number"):
        nn.Dropout().mask(0)
