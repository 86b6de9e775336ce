"""Losses: their numbers and gradients beside hand calculation and PyTorch, and what they refuse."""

import gc
import math
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import Constant, Value, expanded, grad, gradcheck
from autograd.graph import topological_order

SCORES = [0.5, -1.25, 2.0, -0.1, 3.0]
PROBABILITIES = [0.5, 0.01, 0.99, 0.3, 0.8]

CASES: dict[str, tuple[Callable[..., Value], list[float], list[float]]] = {
    "mse": (nn.mse, SCORES, [1.0, 0.0, 2.0, -1.0, 0.5]),
    "mae": (nn.mae, SCORES, [1.0, 0.0, 2.0, -1.0, 0.5]),
    "huber": (nn.huber, SCORES, [1.0, 0.0, 2.0, -1.1, 0.5]),
    "hinge": (nn.hinge, SCORES, [1.0, -1.0, 1.0, 1.0, -1.0]),
    "bce": (nn.bce, PROBABILITIES, [1.0, 0.0, 1.0, 0.25, 0.0]),
    "bce_with_logits": (nn.bce_with_logits, SCORES, [1.0, 0.0, 1.0, 0.25, 0.0]),
}
LOGITS = [[2.0, -0.5, 1.5], [0.3, 0.7, -1.1], [-30.0, 1000.0, 0.0], [1.0, 1.0, 1.0]]
CLASSES = [0, 2, 1, 1]


def theirs(name: str) -> Any:
    """PyTorch's loss of this name."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    return {
        "mse": functional.mse_loss,
        "mae": functional.l1_loss,
        "huber": functional.huber_loss,
        "hinge": lambda p, t: torch.relu(1 - t * p).mean(),
        "bce": functional.binary_cross_entropy,
        "bce_with_logits": functional.binary_cross_entropy_with_logits,
        "cross_entropy": functional.cross_entropy,
    }[name]


def values(numbers: list[float]) -> list[Value]:
    return [Value(x) for x in numbers]


# Their numbers


def test_losses_by_hand() -> None:
    assert nn.mse(values([0.5, 3.0]), [1.0, 1.0]).data == (0.25 + 4.0) / 2
    assert nn.mae(values([0.5, 3.0]), [1.0, 1.0]).data == (0.5 + 2.0) / 2
    assert nn.huber(values([0.5, 3.0, -4.0]), [1.0, 1.0, 0.0], delta=2.0).data == (0.125 + 2.0 + 2.0 * 3.0) / 3
    assert nn.hinge(values([0.5, -3.0, 0.25]), [1, -1, -1]).data == (0.5 + 0.0 + 1.25) / 3
    assert nn.bce(values([0.5, 0.25]), [1, 0]).data == pytest.approx((math.log(2) - math.log(0.75)) / 2, abs=1e-15)
    assert nn.bce_with_logits(Value(0.0), 0).data == math.log(2)
    assert nn.cross_entropy(values([0.0, 0.0]), 1).data == math.log(2)


@pytest.mark.parametrize("name", CASES)
def test_losses_and_gradients_agree_with_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    loss, predictions, targets = CASES[name]
    ours = values(predictions)
    out = loss(ours, targets)
    out.backward()
    tensor = torch.tensor(predictions, dtype=torch.float64, requires_grad=True)
    expected = theirs(name)(tensor, torch.tensor(targets, dtype=torch.float64))
    expected.backward()
    assert out.data == pytest.approx(expected.item(), abs=1e-12)
    assert [v.grad for v in ours] == pytest.approx(tensor.grad.tolist(), abs=1e-12)


def test_huber_agrees_with_pytorch_for_every_delta_and_at_the_kink() -> None:
    torch = pytest.importorskip("torch")
    for delta in (0.25, 1.0, 3.0):
        ours = values([*SCORES, delta, -delta])
        nn.huber(ours, [0.0] * 7, delta=delta).backward()
        tensor = torch.tensor([v.data for v in ours], dtype=torch.float64, requires_grad=True)
        torch.nn.functional.huber_loss(tensor, torch.zeros(7, dtype=torch.float64), delta=delta).backward()
        assert [v.grad for v in ours] == pytest.approx(tensor.grad.tolist(), abs=1e-15)


@pytest.mark.parametrize("delta", [0.25, 1.0, 3.0])
def test_the_second_derivative_of_huber_is_1_below_delta_and_0_from_there_on_as_pytorchs(delta: float) -> None:
    slope = grad(lambda x: nn.huber(x, 0.0, delta=delta))
    below = [0.0, -0.0, 1e-300, 0.9 * delta, -0.9 * delta]
    assert [grad(slope)(x) for x in below] == [1.0] * 5
    assert [slope(x) for x in below] == below
    assert [grad(slope)(x) for x in (delta, -delta, 2.0 * delta, -1e200)] == [0.0] * 4
    assert [slope(x) for x in (delta, -delta, 1e200)] == [delta, -delta, delta]


def test_cross_entropy_agrees_with_pytorch() -> None:
    torch = pytest.importorskip("torch")
    ours = [values(row) for row in LOGITS]
    out = nn.cross_entropy(ours, CLASSES)
    out.backward()
    tensor = torch.tensor(LOGITS, dtype=torch.float64, requires_grad=True)
    expected = theirs("cross_entropy")(tensor, torch.tensor(CLASSES))
    expected.backward()
    assert out.data == pytest.approx(expected.item(), abs=1e-12)
    for row, grads in zip(ours, tensor.grad.tolist(), strict=True):
        assert [v.grad for v in row] == pytest.approx(grads, abs=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_gradients_agree_with_central_differences(name: str) -> None:
    loss, predictions, targets = CASES[name]
    points = [p + 0.001 for p in predictions]  # off the kinks
    assert gradcheck(lambda p: loss(p, targets), points)


def test_losses_from_logits_stay_finite_and_exact_far_out() -> None:
    for z, t, expected in ((1000.0, 0, 1000.0), (-1000.0, 1, 1000.0), (1000.0, 1, 0.0), (40.0, 1, math.exp(-40.0))):
        assert nn.bce_with_logits(Value(z), t).data == pytest.approx(expected, rel=1e-15)
    assert nn.bce_with_logits(Value(-40.0), 0).data == pytest.approx(math.exp(-40.0), rel=1e-15)
    logit = Value(40.0)
    nn.bce_with_logits(logit, 1).backward()
    assert logit.grad == pytest.approx(-math.exp(-40.0), rel=1e-14)
    assert nn.cross_entropy(values([1000.0, 0.0]), 1).data == 1000.0


def test_bce_ends_its_logarithms_at_minus_100_as_pytorch() -> None:
    p = values([0.0, 1.0, 0.0, 1.0])
    out = nn.bce(p, [1, 0, 0, 1])
    out.backward()
    assert out.data == pytest.approx(50.0, abs=1e-12)
    assert all(math.isfinite(v.grad) for v in p)


def test_nan_passes_through_every_loss() -> None:
    for loss, predictions, targets in CASES.values():
        assert math.isnan(loss([Value(math.nan), *values(predictions[1:])], targets).data)
    assert math.isnan(nn.cross_entropy(values([math.nan, 0.0]), 1).data)


# One output, one row, a batch


@pytest.mark.parametrize("name", CASES)
def test_a_single_output_a_row_and_a_batch_have_the_same_mean(name: str) -> None:
    loss, predictions, targets = CASES[name]
    single = [loss(Value(p), t).data for p, t in zip(predictions, targets, strict=True)]
    row = loss(values(predictions), targets)
    batch = loss([values([p]) for p in predictions], [[t] for t in targets])
    assert row.data == batch.data == pytest.approx(sum(single) / len(single), abs=1e-15)


def test_cross_entropy_takes_one_row_or_a_batch() -> None:
    single = [nn.cross_entropy(values(row), c).data for row, c in zip(LOGITS, CLASSES, strict=True)]
    assert nn.cross_entropy([values(row) for row in LOGITS], CLASSES).data == sum(single) / 4


def test_plain_predictions_give_a_constant() -> None:
    out = nn.mse([0.5, 3.0], [1.0, 1.0])
    assert type(out) is Constant
    assert out.data == 2.125


def test_numpy_predictions_and_targets_are_accepted() -> None:
    np = pytest.importorskip("numpy")
    assert nn.mse(np.array([[0.5, 3.0]]), np.array([[1, 1]])).data == 2.125
    assert nn.bce_with_logits(values([0.0, 0.0]), np.array([True, False])).data == math.log(2)
    assert nn.cross_entropy([values(row) for row in LOGITS], np.array(CLASSES)).data > 0.0


def test_targets_may_be_values_and_get_gradients() -> None:
    target = Value(0.25)
    nn.mse(Value(1.0), target).backward()
    assert target.grad == -1.5
    target = Value(0.25)
    nn.bce_with_logits(Value(2.0), target).backward()
    assert target.grad == pytest.approx(-2.0, abs=1e-15)


# The graph


@pytest.mark.parametrize(
    ("name", "nodes"), [("mse", 2), ("mae", 2), ("huber", 8), ("hinge", 3), ("bce", 4), ("bce_with_logits", 2)]
)
def test_a_row_costs_a_handful_of_nodes(name: str, nodes: int) -> None:
    loss = CASES[name][0]
    predictions = values([0.5] * 10)
    targets = [1.0 if name == "hinge" else 0.0] * 10
    made = [node for node in topological_order(loss(predictions, targets)) if node.op]
    assert len(made) <= 10 * nodes + 1


@pytest.mark.parametrize("name", CASES)
def test_expanded_gives_the_same_numbers(name: str) -> None:
    loss, predictions, targets = CASES[name]
    whole, single = values(predictions), values(predictions)
    out = loss(whole, targets)
    with expanded():
        small = loss(single, targets)
    assert small.data == out.data
    out.backward()
    small.backward()
    assert [v.grad for v in single] == pytest.approx([v.grad for v in whole], abs=1e-15)


def test_expanded_cross_entropy_gives_the_same_numbers() -> None:
    whole, single = [[values(row) for row in LOGITS] for _ in range(2)]
    out = nn.cross_entropy(whole, CLASSES)
    with expanded():
        small = nn.cross_entropy(single, CLASSES)
    assert small.data == out.data
    out.backward()
    small.backward()
    for a, b in zip(single, whole, strict=True):
        assert [v.grad for v in a] == pytest.approx([v.grad for v in b], abs=1e-12)


LOSSES = (*(loss for loss, _, _ in CASES.values()), nn.cross_entropy)


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_the_graph_of_a_loss_frees_itself_without_the_collector(loss: Callable[..., Value]) -> None:
    def count() -> int:
        return sum(type(thing) in (Value, Constant) for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = count()
        loss(values([0.5, 0.25]), 1 if loss is nn.cross_entropy else [1, 1]).backward()
        assert count() == before
    finally:
        gc.enable()


# What is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: nn.mse(values([1.0, 2.0]), [[1.0], [2.0]]),
            r"shape \(2,\) do not fit targets of shape \(2, 1\) at row 0",
        ),
        (
            lambda: nn.mse([values([1.0]), values([2.0])], [1.0, 2.0]),
            r"shape \(2, 1\) do not fit targets of shape \(2,\)",
        ),
        (
            lambda: nn.mse(values([1.0, 2.0]), [1.0]),
            r"shape \(2,\) do not fit targets of shape \(1,\): there must be one",
        ),
        (lambda: nn.mse(values([1.0, 2.0]), 1.0), r"shape \(2,\) do not fit targets of shape \(\)"),
        (
            lambda: nn.mse([values([1.0, 2.0]), values([1.0])], [[1.0, 2.0]] * 2),
            r"do not fit .* at row 1: there must be",
        ),
        (lambda: nn.mse([], []), r"no predictions: give at least one"),
        (lambda: nn.mse(values([1.0]), ["a"]), r"the target at row 0: expected a real number, got 'a' \(str\)"),
        (
            lambda: nn.mse([values([1.0, 2.0])], [[1.0, None]]),
            r"the target at row 0, column 1: expected .* got None: fill",
        ),
        (lambda: nn.mae([1j], [0.0]), r"the prediction at row 0: expected a real number, got 1j \(complex\)"),
        (lambda: nn.huber(Value(1.0), 0.0, delta=0.0), r"delta must be above 0, got 0.0"),
        (lambda: nn.hinge(values([1.0, 1.0]), [1, 0]), r"the target at row 1 is 0.0, but hinge takes −1 and 1: turn 0"),
        (lambda: nn.bce(values([0.5, 1.5]), [1, 1]), r"the prediction at row 1 is 1.5, no probability: logits go to"),
        (lambda: nn.bce(values([0.5, 0.5]), [1, 2]), r"the target at row 1 is 2.0, but it must lie between 0 and 1"),
        (
            lambda: nn.bce_with_logits(values([0.5]), [-1]),
            r"the target at row 0 is -1.0, but it must lie .* \(y \+ 1\)/2",
        ),
        (lambda: nn.bce_with_logits(values([0.5]), [math.nan]), r"the target at row 0 is nan"),
        (lambda: nn.cross_entropy([values([1.0, 2.0])], [2]), r"the target of row 0 is 2, none of the classes 0 to 1"),
        (
            lambda: nn.cross_entropy([values([1.0, 2.0])], [-1]),
            r"the target of row 0 is -1, none of the classes 0 to 1",
        ),
        (
            lambda: nn.cross_entropy([values([1.0, 2.0])], [0.5]),
            r"the target of row 0 is 0.5, none of the classes 0 to 1",
        ),
        (
            lambda: nn.cross_entropy([values([1.0, 2.0])], [[0, 0.5]]),
            r"the sum of the labels of row 0 is 0.5, but it must be 1",
        ),
        (
            lambda: nn.cross_entropy([values([1.0, 2.0])], [[0, 1, 0]]),
            r"the target of row 0 has 3 labels for 2 logits",
        ),
        (
            lambda: nn.cross_entropy(values([1.0, 2.0]), [0, 1]),
            r"logits of row 0: expected a list of numbers, got Value",
        ),
        (
            lambda: nn.cross_entropy([values([1.0, 2.0])], [0, 1]),
            r"1 rows of logits for 2 classes: give one class for each",
        ),
        (lambda: nn.cross_entropy([], []), r"no predictions: give at least one"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_where(call: Callable[[], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        call()
