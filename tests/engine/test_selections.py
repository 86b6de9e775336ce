"""A closed selection sends nothing: what relu, where, max, take … do not let through is 0, not 0·inf, everywhere.

Each selecting operation of the table stands under √(out − c) with c = out, whose gradient is infinite.
"""

import math
import pickle
from typing import Any

import pytest
from references import FLAT_ROWS, HAS_TORCH, torch_functions, wanted
from selecting import LITERAL, SELECTING, by_backward, closed, inf, points, rows, same, under_a_root

import autograd
import nn
from autograd import OPERATIONS, Value, grad, hessian, hvp, relu, sqrt, walk, where
from autograd.functions import evaluate
from autograd.operations.arithmetic import NOTHING
from nn.inspection.sweep import sensitivities


def test_the_operations_that_select_are_found() -> None:
    assert set(SELECTING) >= set("relu leaky_relu elu where maximum minimum max min take clip hardtanh".split())


@pytest.mark.parametrize("name", SELECTING)
def test_an_infinite_gradient_does_not_pass_a_closed_selection(name: str) -> None:
    f = under_a_root(name)
    for row in rows(name):
        gradient = by_backward(f, row)
        assert [gradient[i] for i in closed(name, row[:-1])] == [0.0] * len(closed(name, row[:-1]))
        assert gradient[-1] == -inf
        assert same(grad(f)(row), gradient)
        with autograd.expanded():
            assert same(by_backward(f, row), gradient)
            assert same(grad(f)(row), gradient)


@pytest.mark.parametrize("name", SELECTING)
def test_nor_does_it_in_second_derivatives(name: str) -> None:
    f = under_a_root(name)
    for row in rows(name):
        second = hessian(f)(row)
        for i in closed(name, row[:-1]):
            assert second[i][i] == 0.0
            product = hvp(f)(row, [float(k == i) for k in range(len(row))])
            assert product[i] == 0.0


def test_nor_in_third_derivatives() -> None:
    assert grad(grad(grad(lambda x: sqrt(relu(x)))))(-1.0) == 0.0
    assert grad(grad(grad(lambda x: sqrt(relu(x)))))(4.0) == pytest.approx(3 / 8 * 4.0**-2.5)


@pytest.mark.skipif(not HAS_TORCH, reason="needs PyTorch")
@pytest.mark.parametrize("name", SELECTING)
def test_gradients_and_second_derivatives_are_pytorchs(name: str) -> None:
    import torch

    operation = {**torch_functions(), "take": lambda *xs: torch.stack(xs[:-1])[int(xs[-1])]}[name]

    def theirs(*xs: Any) -> Any:
        return torch.sqrt(operation(*xs[:-1]) - xs[-1])

    f, chosen = under_a_root(name), [*wanted(name, len(points(name)[0])), len(points(name)[0])]
    for row in rows(name):
        tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=i in chosen) for i, x in enumerate(row)]
        movable = [tensors[i] for i in chosen]
        first = torch.autograd.grad(theirs(*tensors), movable, create_graph=True, materialize_grads=True)
        gradient, second = by_backward(f, row), hessian(f)(row)
        for i, slope in zip(chosen, first, strict=True):
            assert gradient[i] == slope.item() or math.isnan(slope.item())  # nan, where we know better
            if not slope.requires_grad:
                continue
            column = torch.autograd.grad(slope, movable, retain_graph=True, allow_unused=True, materialize_grads=True)
            for j, expected in zip(chosen, column, strict=True):
                assert second[i][j] == expected.item() or math.isnan(expected.item())


@pytest.mark.parametrize("case", LITERAL)
def test_literal_gradients(case: str) -> None:
    f, point, expected = LITERAL[case]
    assert same(by_backward(lambda xs: f(*xs), point), expected)
    assert same(grad(lambda xs: f(*xs))(point), expected)
    leaves = [Value(x) for x in point]
    assert same([sensitivities(f(*leaves))[leaf] for leaf in leaves], expected)
    recorded = walk(f(*leaves))
    assert same([recorded.gradients[leaf] for leaf in leaves], expected)
    recorded.drive().finish()
    assert same([leaf.grad for leaf in leaves], expected)


# What holds besides


def test_a_closed_edge_reads_as_zero_and_is_blocked() -> None:
    x = Value(-1.0, label="x")
    out = sqrt(relu(x))
    [step] = [step for step in walk(out) if step.kind == "backward" and step.operand is x]
    assert (step.local, step.upstream, step.after) == (0.0, inf, 0.0)
    assert [reason.kind for reason in step.blocked] == ["gate"]
    assert repr(out.operands[0].local_grads) == "(0.0,)"


def test_a_flat_operation_is_walked_as_flat() -> None:
    x = Value(2.0, label="x")
    steps = walk(autograd.heaviside(x) * 3.0)
    assert [reason.kind for step in steps for reason in step.blocked] == ["flat"]
    assert steps.gradients[x] == 0.0


def test_what_lies_behind_a_condition_is_walked_as_reached_by_nothing() -> None:
    v, a = Value(0.0, label="v"), Value(3.0, label="a")
    text = str(walk(where(sqrt(v), a, 2.0 * a)))
    assert "nan" not in text
    assert "nothing arrived" in text


def test_anomalies_are_not_seen_in_what_is_closed() -> None:
    x = Value(-1.0)
    with autograd.detect_anomaly():
        out = where(sqrt(Value(0.0)), x, 2.0 * x) + relu(x)
        out.backward()
    assert x.grad == 2.0


def test_a_pickled_graph_still_sends_nothing() -> None:
    out = pickle.loads(pickle.dumps(sqrt(relu(Value(-1.0)))))
    assert out.operands[0].local_grads[0] is NOTHING
    out.backward()
    assert out.operands[0].operands[0].grad == 0.0


def test_losses_hold_back_what_is_right_already() -> None:
    p = Value(2.0)
    sqrt(nn.hinge([p], [1])).backward()
    assert p.grad == 0.0


@pytest.mark.parametrize("name", sorted(FLAT_ROWS))
def test_a_flat_operation_has_no_edge(name: str) -> None:
    node = evaluate(OPERATIONS[name], [Value(x) for x in OPERATIONS[name].samples[0]])
    assert set(node.local_grads) == {None}
    assert OPERATIONS[name].flat
