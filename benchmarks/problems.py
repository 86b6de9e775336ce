"""The networks of the compiler's table: data, sizes, loss and first parameters of the workloads A, B, D and G.

Parameters lie flat, as `nn` lists them: per neuron the weights, then the bias; a layer is a matrix out × (in + 1).
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """ReLU in the hidden layers, logits out; the mean loss over the rows, and alpha · Σ p²."""

    name: str
    what: str
    sizes: tuple[int, ...]
    loss: str  # "hinge" (y is −1 or 1), "bce" (0 or 1), "cross_entropy" (the class)
    X: Array
    y: Array
    alpha: float = 0.0

    def __post_init__(self) -> None:
        self.X.setflags(write=False)  # what cannot change need not be compared before every call

    @property
    def rows(self) -> int:
        return len(self.X)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(out, in + 1) of each layer."""
        return [(nout, nin + 1) for nin, nout in pairwise(self.sizes)]

    @cached_property
    def theta(self) -> Array:
        """The first parameters, uniform in ±1/√in; all biases 0.1."""
        draws = np.random.default_rng(7)
        layers = [draws.uniform(-1, 1, shape) / np.sqrt(shape[1] - 1) for shape in self.shapes]
        for layer in layers:
            layer[:, -1] = 0.1
        return np.concatenate([layer.ravel() for layer in layers])

    def layers(self, theta: Array) -> list[Array]:
        """Views of a flat vector of parameters as the layers' matrices."""
        ends = np.cumsum([nout * width for nout, width in self.shapes])
        parts = np.split(theta, ends[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def pairs(self, theta: Array) -> list[tuple[Array, Array]]:
        """(weights out × in, biases) of each layer, as copies that lie in order."""
        return [(layer[:, :-1].copy(), layer[:, -1].copy()) for layer in self.layers(theta)]


def flat(pairs: list[tuple[Any, Any]]) -> Array:
    """The opposite of `pairs`: one flat vector."""
    return np.concatenate([np.column_stack([np.asarray(w), np.asarray(b)]).ravel() for w, b in pairs])


def problem(name: str) -> Problem:
    return {"A": moons, "B": binary, "D": digits, "G": large}[name]()


def moons() -> Problem:
    from .moons import ALPHA, moons

    X, y = moons()
    what = "moons, MLP(2, [16, 16, 1]), 100 rows, hinge loss + L2"
    return Problem("A", what, (2, 16, 16, 1), "hinge", np.array(X), np.array(y), ALPHA)


def binary() -> Problem:
    draws = np.random.default_rng(1)
    X = draws.standard_normal((768, 8))
    y = (X @ draws.standard_normal(8) + draws.standard_normal(768) > 0).astype(float)
    return Problem("B", "768 rows of 8, 16 ReLU, 1 sigmoid, mean BCE", (8, 16, 1), "bce", X, y)


def digits() -> Problem:
    return _digits("D", (64, 32, 10))


def large() -> Problem:
    return _digits("G", (64, 128, 64, 10))


def _digits(name: str, sizes: tuple[int, ...]) -> Problem:
    from sklearn.datasets import load_digits

    data = load_digits()
    what = f"digits, {' → '.join(map(str, sizes))}, softmax cross-entropy, {len(data.target):,} rows"
    return Problem(name, what, sizes, "cross_entropy", data.data / 16.0, data.target.astype(float))
