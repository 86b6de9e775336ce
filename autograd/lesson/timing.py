"""A stopwatch for the lessons; benchmarks have their own."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any


def milliseconds(step: Callable[[], Any], times: int) -> float:
    """How long a call of `step` takes, in milliseconds: the median of so many `times`.

    >>> milliseconds(lambda: sum(range(1000)), times=3) < 1000
    True
    """
    spent = []
    for _ in range(times):
        start = perf_counter()
        step()
        spent.append(1000 * (perf_counter() - start))
    return median(spent)
