"""The networks written with single numbers, for the peers that build graphs of them."""

from collections.abc import Sequence
from typing import Any

from ..problems import Problem


def logits(problem: Problem, theta: Sequence[Any], x: Sequence[Any], m: Any) -> list[Any]:
    """The outputs for one row; `theta` is flat, as in `Problem`."""
    at, last = 0, len(problem.shapes) - 1
    for layer, (nout, width) in enumerate(problem.shapes):
        neurons = [theta[at + o * width : at + (o + 1) * width] for o in range(nout)]
        z = [_dot(neuron, x) for neuron in neurons]
        x = z if layer == last else [m.relu(value) for value in z]
        at += nout * width
    return list(x)


def _dot(neuron: Sequence[Any], x: Sequence[Any]) -> Any:
    total = neuron[-1]
    for w, value in zip(neuron[:-1], x, strict=True):
        total = total + w * value
    return total


def row_loss(problem: Problem, theta: Sequence[Any], x: Sequence[Any], y: Any, m: Any) -> Any:
    """The loss of one row, without the penalty: "hinge" or "bce"."""
    (z,) = logits(problem, theta, x, m)
    if problem.loss == "hinge":
        return m.relu(1.0 - y * z)
    return m.relu(z) + m.log1p(m.exp(-m.abs(z))) - y * z


def batch_loss(problem: Problem, theta: Sequence[Any], m: Any) -> Any:
    """The mean loss over all rows, the penalty included, as one graph; the data are constants in it."""
    total = 0.0
    for x, y in zip(problem.X.tolist(), problem.y.tolist(), strict=True):
        total = total + row_loss(problem, theta, x, y, m)
    penalty = 0.0
    for p in theta:
        penalty = penalty + p * p
    return total * (1.0 / problem.rows) + problem.alpha * penalty
