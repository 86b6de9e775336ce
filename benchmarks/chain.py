"""Engine: a chain of a million multiplications. Time with the collector paused; memory in processes of its own."""

import subprocess
import sys
import tracemalloc
from itertools import pairwise
from statistics import median
from typing import Any

from .table import Table, duration, verdict
from .timing import CLOCK, collector

LENGTH, FACTOR = 1_000_000, 1.0000001
SECONDS, BYTES = 4.0, 450.0


def build(length: int) -> tuple[Any, Any]:
    """The first and the last Value of the chain."""
    from autograd import Value

    first = v = Value(1.0)
    for _ in range(length):
        v = v * FACTOR
    return first, v


def times(length: int) -> tuple[float, float, float]:
    """Seconds to build it, to run it backward, to let it go."""
    with collector(False):
        marks = [CLOCK()]
        first, last = build(length)
        marks.append(CLOCK())
        last.backward()
        marks.append(CLOCK())
        exact = FACTOR**length
        assert max(abs(last.data / exact - 1), abs(first.grad / exact - 1)) < 1e-9
        del first, last
        marks.append(CLOCK())
    forward, backward, release = (b - a for a, b in pairwise(marks))
    return forward, backward, release


def resident(length: int) -> float:
    """Bytes an operation, by the growth of the process."""
    import psutil

    build(1)  # the imports are not to be counted
    process = psutil.Process()
    before = process.memory_info().rss
    chain = build(length)
    grown = process.memory_info().rss - before
    del chain
    return grown / length


def allocated(length: int) -> float:
    """Bytes an operation, as Python's own allocator counts them."""
    build(1)
    tracemalloc.start()
    chain = build(length)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del chain
    return size / length


def elsewhere(name: str, length: int) -> float:
    """`resident` or `allocated` in a fresh process."""
    code = f"from benchmarks.chain import {name}; print({name}({length}))"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)


def run(name: str, quick: bool) -> list[Table]:
    length = LENGTH // 10 if quick else LENGTH
    rounds = [times(length) for _ in range(2 if quick else 5)]
    forward, backward, release = map(median, zip(*rounds, strict=True))
    both = median(f + b for f, b, _ in rounds)
    grown, counted = elsewhere("resident", length), elsewhere("allocated", length)
    limit = SECONDS * length / LENGTH
    table = Table(
        [f"a chain of {length:,} × v = v * {FACTOR}, collector paused", "chainrule", "target"],
        [
            ["forward", duration(forward), ""],
            ["backward", duration(backward), ""],
            ["forward and backward", duration(both), verdict(f"< {duration(limit)}", both < limit)],
            ["release", duration(release), ""],
            ["bytes an operation, growth of the process", f"{grown:.0f}", verdict(f"< {BYTES:.0f}", grown < BYTES)],
            ["bytes an operation, tracemalloc", f"{counted:.0f}", verdict(f"< {BYTES:.0f}", counted < BYTES)],
        ],
    )
    return [table]
