"""Exclusive or: its rows, and the 2 → 2 → 1 network of lesson B that is to learn it."""

import random
from math import exp
from typing import Any

XOR = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)]
"""The four rows, each with its answer."""


def xor_start(seed: int) -> tuple[Any, ...]:
    """Where the network of a seed starts: W1 (2 × 2), b1 (2), W2 (2) and b2.

    >>> xor_start(0)[3]
    0.0
    """
    rng = random.Random(seed)
    W1 = [[rng.gauss(0, 0.5) for _ in range(2)] for _ in range(2)]
    b1 = [rng.gauss(0, 0.1) for _ in range(2)]
    return W1, b1, [rng.gauss(0, 0.5) for _ in range(2)], 0.0


def xor_loss(W1: Any, b1: Any, W2: Any, b2: float) -> float:
    """½(ŷ − y)², its mean over the four rows, of a network with ReLU and a sigmoid output.

    >>> xor_loss([[0.0, 0.0], [0.0, 0.0]], [0.0, 0.0], [0.0, 0.0], 0.0)
    0.125
    """
    total = 0.0
    for x, y in XOR:
        a = [max(b + w[0] * x[0] + w[1] * x[1], 0.0) for w, b in zip(W1, b1, strict=True)]
        total += 0.5 * (1 / (1 + exp(-(W2[0] * a[0] + W2[1] * a[1] + b2))) - y) ** 2
    return total / 4
