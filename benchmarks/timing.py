"""Timing: the contenders take turns, so that a change in the machine's speed meets them all alike."""

import gc
import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

Samples = dict[str, list[float]]


def processor_time() -> float:
    """Seconds the processor worked for this process and its children: what a busy machine disturbs least."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


CLOCK = processor_time if os.environ.get("BENCHMARKS_CLOCK") == "processor" else time.perf_counter


@contextmanager
def collector(on: bool) -> Iterator[None]:
    """Python's cyclic garbage collector on or off, and as it was afterwards."""
    before = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        yield
    finally:
        (gc.enable if before else gc.disable)()


def seconds(call: Callable[[], Any], number: int = 1) -> float:
    """The seconds that one of `number` calls takes."""
    start = CLOCK()
    for _ in range(number):
        call()
    return (CLOCK() - start) / number


def calls_for(call: Callable[[], Any], least: float) -> int:
    """How many calls take at least `least` seconds; the first call is not counted (it may compile)."""
    call()
    number = 1
    while (taken := seconds(call, number) * number) < least:
        number = max(2 * number, min(100 * number, int(1.1 * least * number / max(taken, 1e-9))))
    return number


@dataclass(frozen=True)
class Timing:
    """The samples of all contenders of one run, in seconds a call."""

    samples: Samples

    def median(self, name: str) -> float:
        return median(self.samples[name])

    def best(self, name: str) -> float:
        return min(self.samples[name])

    def ratio(self, slow: str, fast: str) -> float:
        """How many times longer `slow` takes than `fast`: the median over the rounds, each with its own ratio."""
        return median(s / f for s, f in zip(self.samples[slow], self.samples[fast], strict=True))


def take_turns(
    contenders: Mapping[str, Callable[[], Any]],
    rounds: int,
    least: float = 0.02,
    numbers: Mapping[str, int] | None = None,
) -> Timing:
    """Time every contender once a round, each round starting with another one.

    A sample is the mean of as many calls as take `least` seconds, or of as many as `numbers` says. Garbage is
    collected before each sample, outside of its time.
    """
    numbers = numbers or {name: calls_for(call, least) for name, call in contenders.items()}
    names = list(contenders)
    samples: Samples = {name: [] for name in names}
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            gc.collect()
            samples[name].append(seconds(contenders[name], numbers[name]))
    return Timing(samples)
