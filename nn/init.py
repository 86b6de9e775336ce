"""How weights start: one number at a time, from the number of inputs and outputs of their layer.

An initializer is any function of (fan_in, fan_out, rng): `init=lambda fan_in, fan_out, rng: rng.gauss(0, 0.5)`.
Too large, and signals and gradients explode through the layers; too small, and they vanish; all equal, and the
neurons of a layer stay equal for ever.
"""

import random
from collections.abc import Callable, Mapping
from math import sqrt
from types import MappingProxyType
from typing import Protocol, TypeAlias

__all__ = ["INITIALIZERS", "he_normal", "he_uniform", "uniform", "xavier_normal", "xavier_uniform"]


class Draws(Protocol):
    """Where random numbers come from: a `random.Random`, or the module `random` itself."""

    def uniform(self, a: float, b: float) -> float: ...

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float: ...


Initializer: TypeAlias = Callable[[int, int, Draws], float]


def uniform(fan_in: int, fan_out: int, rng: Draws) -> float:
    """Uniform in (−1, 1), as micrograd draws them.

    >>> from random import Random
    >>> uniform(3, 4, Random(0))
    0.6888437030500962
    """
    return rng.uniform(-1.0, 1.0)


def xavier_uniform(fan_in: int, fan_out: int, rng: Draws) -> float:
    """Uniform in ±√(6/(fan_in + fan_out)), for tanh and sigmoid (Glorot and Bengio 2010, eq. 16)."""
    limit = sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-limit, limit)


def xavier_normal(fan_in: int, fan_out: int, rng: Draws) -> float:
    """Normal with variance 2/(fan_in + fan_out), for tanh and sigmoid (Glorot and Bengio 2010, eq. 12)."""
    return rng.gauss(0.0, sqrt(2.0 / (fan_in + fan_out)))


def he_uniform(fan_in: int, fan_out: int, rng: Draws) -> float:
    """Uniform in ±√(6/fan_in), for ReLU; `kaiming_uniform_` in PyTorch (He et al. 2015)."""
    limit = sqrt(6.0 / fan_in)
    return rng.uniform(-limit, limit)


def he_normal(fan_in: int, fan_out: int, rng: Draws) -> float:
    """Normal with variance 2/fan_in, for ReLU; `kaiming_normal_` in PyTorch (He et al. 2015, eq. 10)."""
    return rng.gauss(0.0, sqrt(2.0 / fan_in))


INITIALIZERS: Mapping[str, Initializer] = MappingProxyType(
    {f.__name__: f for f in (uniform, xavier_uniform, xavier_normal, he_uniform, he_normal)}
)
"""The initializers by name: `Layer(…, init="he_normal")`."""


def initializer(init: str | Initializer) -> Initializer:
    """The initializer of this name, or the function itself."""
    found = INITIALIZERS.get(init) if isinstance(init, str) else init
    if not callable(found):
        raise ValueError(f"unknown init {init!r}: use one of {', '.join(INITIALIZERS)}, or a function")
    return found


def draws(rng: Draws | None) -> Draws:
    """`rng`, or the module `random` (seeded by `random.seed`) where it is None."""
    if rng is None:
        return random
    if not (hasattr(rng, "uniform") and hasattr(rng, "gauss")):
        raise TypeError(f"rng must be a random.Random, got {rng!r}: write for instance rng=random.Random(0)")
    return rng
