"""walk(v).drive(): the real backward pass, edge by edge, equal to backward() to the bit.

Of autograd.walking.driven.
"""

import random

import pytest

import autograd
import nn
from autograd import AnomalyError, Value, detect_anomaly, walk


def twins(earlier: bool = False) -> tuple[nn.MLP, Value, nn.MLP, Value]:
    """The same network and loss twice."""
    found = []
    for _ in range(2):
        model = nn.MLP(3, [4, 3, 1], "tanh", rng=random.Random(5))
        loss = nn.mse([model([0.1, 0.2, -0.3]), model([1.0, -0.2, 0.3])], [1.0, -1.0])
        if earlier:
            for i, parameter in enumerate(model.parameters()):
                parameter.grad = 0.1 * i - 0.7
        found += [model, loss]
    return tuple(found)  # type: ignore[return-value]


@pytest.mark.parametrize("earlier", [False, True])
def test_driving_to_the_end_equals_backward_to_the_bit(earlier: bool) -> None:
    model, loss, twin, twin_loss = twins(earlier)
    for _ in walk(loss).drive():
        pass
    twin_loss.backward()
    pairs = zip(model.parameters(), twin.parameters(), strict=True)
    assert [a.grad for a, _ in pairs] == [b.grad for b in twin.parameters()]
    nodes = autograd.graph.topological_order(loss), autograd.graph.topological_order(twin_loss)
    assert [n.grad for n in nodes[0]] == [n.grad for n in nodes[1]]


def test_one_can_stop_look_and_go_on() -> None:
    x = Value(3.0, label="x")
    x.grad = 10.0
    drive = walk(x * x).drive()
    assert x.grad == 10.0
    assert next(drive).kind == "loss"
    assert x.grad == 10.0
    step = next(drive)
    assert (step.operand, step.after, x.grad) == (x, 3.0, 13.0)
    assert drive.last is step
    drive.finish()
    assert x.grad == 16.0
    assert list(drive) == []


def test_driving_twice_gives_twice_the_gradient() -> None:
    x = Value(3.0)
    y = x**3
    for _ in range(2):
        walk(y).drive().finish()
    assert x.grad == 54.0


def test_a_drive_takes_every_edge_also_where_the_walk_folds_zeros() -> None:
    x, w = Value(0.0, label="x"), Value(2.0, label="w")
    y = ((w * x) * 3.0 + w * x).relu()
    assert len(list(walk(y).drive())) == 1 + 8  # ∂y/∂y, then every edge but the constant's
    assert len([step for step in walk(y) if step.kind == "backward"]) == 2


def test_anomalies_are_found_before_any_gradient_changes() -> None:
    x = Value(0.0, label="x")
    x.grad = 5.0
    with detect_anomaly():
        y = x.sqrt()
        drive = walk(y).drive()
        with pytest.raises(AnomalyError):
            next(drive)
    assert x.grad == 5.0
