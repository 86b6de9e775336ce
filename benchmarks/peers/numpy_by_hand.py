"""NumPy by hand: the backward pass written out, the arrays of all rows at once."""

import numpy as np

from ..problems import Array, Problem
from . import Contender


def network(problem: Problem) -> Contender:
    weights = [(layer[:, :-1].T.copy(), layer[:, -1].copy()) for layer in problem.layers(problem.theta)]
    loss = LOSSES[problem.loss]

    def step() -> tuple[float, list[tuple[Array, Array]]]:
        outputs = [problem.X]
        for w, b in weights[:-1]:
            outputs.append(np.maximum(outputs[-1] @ w + b, 0.0))
        value, d = loss(outputs[-1] @ weights[-1][0] + weights[-1][1], problem.y)
        gradients = []
        for (w, b), x in zip(weights[::-1], outputs[::-1], strict=True):
            dw, db = x.T @ d, d.sum(0)
            if problem.alpha:
                dw += 2 * problem.alpha * w
                db += 2 * problem.alpha * b
                value += problem.alpha * ((w * w).sum() + b @ b)
            gradients.append((dw, db))
            if x is not problem.X:
                d = (d @ w.T) * (x > 0)
        return value, gradients

    def read(result: tuple[float, list[tuple[Array, Array]]]) -> tuple[float, Array]:
        value, gradients = result
        parts = [np.column_stack([dw.T, db]).ravel() for dw, db in gradients[::-1]]
        return float(value), np.concatenate(parts)

    return Contender(step, read)


def hinge(z: Array, y: Array) -> tuple[float, Array]:
    margin = 1.0 - y * z[:, 0]
    return np.maximum(margin, 0.0).mean(), (np.where(margin > 0, -y, 0.0) / len(y))[:, None]


def bce(z: Array, y: Array) -> tuple[float, Array]:
    s = z[:, 0]
    e = np.exp(-np.abs(s))
    value = (np.maximum(s, 0.0) + np.log1p(e) - y * s).mean()
    return value, ((np.where(s >= 0, 1.0, e) / (1.0 + e) - y) / len(y))[:, None]


def cross_entropy(z: Array, y: Array) -> tuple[float, Array]:
    rows, target = np.arange(len(y)), y.astype(int)
    shifted = z - z.max(1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(1, keepdims=True)
    value = (np.log(total[:, 0]) - shifted[rows, target]).mean()
    d = e / total
    d[rows, target] -= 1.0
    return value, d / len(y)


LOSSES = {"hinge": hinge, "bce": bce, "cross_entropy": cross_entropy}
