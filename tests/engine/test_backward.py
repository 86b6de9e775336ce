"""backward(): what it adds to which `.grad`, how often, and how deep."""

import gc
import math
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import autograd
from autograd import Value, no_grad


def test_the_gradient_of_the_textbook_neuron() -> None:
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2, b = Value(-3.0), Value(1.0), Value(6.8813735870195432)
    out = (x1 * w1 + x2 * w2 + b).tanh()
    out.backward()
    assert out.data == pytest.approx(math.sqrt(0.5), rel=1e-15)
    assert [x1.grad, w1.grad, x2.grad, w2.grad] == pytest.approx([-1.5, 1.0, 0.5, 0.0], rel=1e-14)


def test_twice_in_a_row_gives_twice_the_leaf_gradients_and_once_the_inner_ones() -> None:
    x = Value(3.0)
    square = x * x
    cube = square * x
    cube.backward()
    assert (x.grad, square.grad, cube.grad) == (27.0, 3.0, 1.0)
    cube.backward()
    assert (x.grad, square.grad, cube.grad) == (54.0, 3.0, 1.0)


def test_gradients_of_several_results_add_up_in_a_leaf() -> None:
    x = Value(3.0)
    (x * x).backward()
    (5.0 * x).backward()
    assert x.grad == 11.0


def test_an_earlier_gradient_is_added_once_at_the_end() -> None:
    # Added term by term to 1e16, each 1.0 would be lost.
    x = Value(1.0)
    x.grad = 1e16
    autograd.sum([x] * 4).backward()
    assert x.grad == 1e16 + 4.0


def test_the_gradients_of_inner_nodes_begin_at_zero() -> None:
    x = Value(2.0)
    inner = x * 3.0
    inner.grad = 100.0
    (inner * 2.0).backward()
    assert (inner.grad, x.grad) == (2.0, 6.0)


def test_a_node_shared_by_many_paths_is_counted_once_for_each() -> None:
    x = Value(1.0)
    v = x
    for _ in range(60):
        v = v + v
    v.backward()
    assert x.grad == 2.0**60


def test_an_operand_used_twice_by_one_operation_gets_both_shares() -> None:
    x = Value(3.0)
    for result, slope in [(x * x, 6.0), (x / x, 0.0), (x - x, 0.0), (autograd.dot([x, 2.0], [x, x]), 8.0)]:
        x.grad = 0.0
        result.backward()
        assert x.grad == pytest.approx(slope, abs=1e-15)


@pytest.mark.parametrize("gradient", [2.0, -1, 0.0, 1e300])
def test_a_gradient_to_begin_with_scales_all(gradient: float) -> None:
    x = Value(3.0)
    y = x * x
    y.backward(gradient)
    assert (y.grad, x.grad) == (gradient, 6.0 * gradient)


@pytest.mark.parametrize("wrong", ["1", None, 1j, [1.0]])
def test_a_gradient_that_is_no_number_is_refused_and_changes_nothing(wrong: Any) -> None:
    x = Value(3.0)
    y = x * x
    y.backward()
    with pytest.raises(TypeError, match="gradient takes a real number"):
        y.backward(wrong)
    assert (x.grad, y.grad) == (6.0, 1.0)


def test_backward_from_a_leaf_is_its_own_derivative() -> None:
    x = Value(3.0)
    x.backward()
    x.backward(2.0)
    assert x.grad == 3.0


def test_backward_is_refused_where_nothing_was_recorded() -> None:
    x = Value(2.0)
    with no_grad():
        hidden = x * x
    for constant in (hidden, x.detach(), x.detach() * 2.0, autograd.exp(x.detach())):
        with pytest.raises(ValueError, match=r"backward\(\) on Constant.*no_grad\(\)"):
            constant.backward()
    assert x.grad == 0.0


def test_constants_get_no_gradient() -> None:
    x = Value(2.0)
    y = x * 3.0 + 1.0
    y.backward()
    assert [c.grad for c in (y.operands[1], y.operands[0].operands[1])] == [0.0, 0.0]


def test_derivatives_are_those_of_the_forward_pass() -> None:
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert x.grad == 6.0


def test_zero_times_infinity_is_nan_as_everywhere() -> None:
    x = Value(0.0)
    (x.sqrt() * x).backward()
    assert math.isnan(x.grad)


@pytest.mark.slow
def test_a_graph_a_hundred_thousand_deep_works() -> None:
    x = v = Value(1.0)
    for _ in range(100_000):
        v = -v
    v.backward()
    assert x.grad == 1.0


@pytest.fixture
def no_collector() -> Iterator[None]:
    """The cyclic collector is off: what is freed is freed by reference counting."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.slow
@pytest.mark.usefixtures("no_collector")
def test_a_graph_a_million_deep_works_and_frees_itself() -> None:
    before = sys.getallocatedblocks()
    x = v = Value(1.0)
    for _ in range(1_000_000):
        v = v * 1.0000001
    v.backward()
    assert v.data == pytest.approx(math.exp(1e6 * math.log1p(1e-7)), rel=1e-9)
    assert x.grad == pytest.approx(v.data, rel=1e-9)
    del x, v
    assert sys.getallocatedblocks() - before < 10_000


def test_a_wide_operation_works() -> None:
    xs = [Value(float(i)) for i in range(50_000)]
    autograd.mean(xs).backward()
    assert {x.grad for x in xs} == {1 / 50_000}
