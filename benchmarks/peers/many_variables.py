"""Workload H, functions of many variables that repeat one small pattern; written for single numbers and for arrays.

The chained Rosenbrock function, Σ 100 (xᵢ² − xᵢ₊₁)² + (xᵢ − 1)²; and the Lagrangian of problem 5.1 of Luksan and Vlcek
(1999), which adds Σ λₖ cₖ, cₖ = 3xₖ₊₁³ + 2xₖ₊₂ − 5 + sin(xₖ₊₁ − xₖ₊₂) sin(xₖ₊₁ + xₖ₊₂) + 4xₖ₊₁ − xₖ exp(xₖ − xₖ₊₁) − 3,
here with λₖ = ½ throughout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..problems import Array

MULTIPLIER = 0.5


@dataclass(frozen=True)
class Function:
    """One of the two functions, of so many variables."""

    name: str  # "rosenbrock" or "luksan_vlcek"
    variables: int

    @property
    def start(self) -> Array:
        """The usual first point, −1.2, 1, −1.2, 1, …, bent a little so that no two variables are equal."""
        i = np.arange(self.variables)
        return np.where(i % 2 == 0, -1.2, 1.0) + 0.1 * np.sin(i)


def rosenbrock(a: Any, b: Any) -> Any:
    """One term of the objective; numbers, or arrays of neighbours."""
    return 100.0 * (a * a - b) ** 2 + (a - 1.0) ** 2


def constraint(a: Any, b: Any, c: Any, m: Any) -> Any:
    """One constraint; `m` has sin and exp."""
    return 3.0 * b**3 + 2.0 * c - 5.0 + m.sin(b - c) * m.sin(b + c) + 4.0 * b - a * m.exp(a - b) - 3.0


def with_numbers(function: Function, x: Sequence[Any], m: Any) -> Any:
    """The function of single numbers, term by term."""
    total = 0.0
    for a, b in pairwise(x):
        total = total + rosenbrock(a, b)
    if function.name == "luksan_vlcek":
        for a, b, c in zip(x[:-2], x[1:-1], x[2:], strict=True):
            total = total + MULTIPLIER * constraint(a, b, c, m)
    return total


def with_arrays(function: Function, x: Any, m: Any) -> Any:
    """The same of one array; `m` has sin, exp and sum."""
    total = m.sum(rosenbrock(x[:-1], x[1:]))
    if function.name == "luksan_vlcek":
        total = total + MULTIPLIER * m.sum(constraint(x[:-2], x[1:-1], x[2:], m))
    return total
