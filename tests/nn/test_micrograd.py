"""Code written for micrograd runs when only its two import lines are changed, and gives the same numbers."""

import random
from typing import Any

import pytest

SCRIPT = """
from micrograd.engine import Value
from micrograd.nn import Neuron, Layer, MLP

model = MLP(2, [16, 16, 1])

def loss():
    inputs = [list(map(Value, row)) for row in X]
    scores = list(map(model, inputs))
    losses = [(1 + -label * score).relu() for label, score in zip(y, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    penalty = 1e-4 * sum((p * p for p in model.parameters()))
    right = [(label > 0) == (score.data > 0) for label, score in zip(y, scores)]
    return data_loss + penalty, sum(right) / len(right)

steps = []
for k in range(5):
    total, accuracy = loss()
    model.zero_grad()
    total.backward()
    for p in model.parameters():
        p.data -= (1.0 - 0.9 * k / 100) * p.grad
    steps.append((total.data, accuracy))
"""
CHANGES = {
    "from micrograd.engine import Value": "from autograd import Value",
    "from micrograd.nn import Neuron, Layer, MLP": "from nn import Neuron, Layer, MLP",
}
STEPS = [  # micrograd 0.1.0's own, with both generators seeded by 1337
    (0.8958441028683222, 0.50),
    (1.7235905336972022, 0.81),
    (0.7429006313851131, 0.77),
    (0.7705641260584202, 0.82),
    (0.3692793385976537, 0.84),
]


def translated(script: str) -> str:
    for theirs, ours in CHANGES.items():
        assert script.count(theirs) == 1
        script = script.replace(theirs, ours)
    return script


@pytest.mark.slow
def test_a_training_script_for_micrograd_runs_with_two_lines_changed() -> None:
    np, datasets = pytest.importorskip("numpy"), pytest.importorskip("sklearn.datasets")
    np.random.seed(1337)
    random.seed(1337)
    X, y = datasets.make_moons(n_samples=100, noise=0.1)
    names: dict[str, Any] = {"X": X, "y": y * 2 - 1}
    exec(translated(SCRIPT), names)
    for found, expected in zip(names["steps"], STEPS, strict=True):
        assert found == pytest.approx(expected, rel=1e-11)


def test_a_neuron_written_out_as_in_micrograd_has_the_same_bits_as_ours() -> None:
    names: dict[str, Any] = {}
    exec(translated(SCRIPT.split("model =")[0]), names)
    neuron = names["Neuron"](3)
    neuron.b.data = 9.0  # alive, whatever was drawn
    x = [names["Value"](v) for v in (0.3, -1.7, 2.9)]
    written_out = sum((wi * xi for wi, xi in zip(neuron.w, x, strict=True)), neuron.b).relu()
    assert written_out.data == neuron(x).data
    written_out.backward()
    by_hand = [p.grad for p in (*neuron.parameters(), *x)]
    for p in (*neuron.parameters(), *x):
        p.grad = 0.0
    neuron(x).backward()
    assert [p.grad for p in (*neuron.parameters(), *x)] == by_hand
