"""Compiler, workload F: graphs in which there is little to find. A chain of a million, and one without any pattern."""

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import autograd
from autograd import Value

from .networks import OURS, Field
from .peers import Contender
from .table import Table, digits, duration, verdict
from .timing import CLOCK, collector

READY, NANOSECONDS, BYTES = 10.0, 20.0, 1024.0
ENGINE = "the engine"
Built = tuple[Value, list[Value]]


def chain(length: int) -> Built:
    """x · c · c · …, with a factor so near 1 that a million stay in range."""
    x = v = Value(1.0)
    for _ in range(length):
        v = v * 1.0000001
    return v, [x]


def tangle(length: int, inputs: int = 100) -> Built:
    """+ and × of nodes drawn at random among all earlier ones; the sum of all that nobody used is the result.

    Sums above 1 become products, so that every number stays within ±1.
    """
    draws = random.Random(5)
    first = [Value(draws.uniform(-1, 1)) for _ in range(inputs)]
    nodes, used = list(first), set[Value]()
    for _ in range(length):
        a, b = draws.choice(nodes), draws.choice(nodes)
        used.update((a, b))
        nodes.append(a + b if abs(a.data + b.data) <= 1.0 else a * b)
    return autograd.sum([node for node in nodes if node not in used]), first


def engine(built: Built) -> Contender:
    """What the engine itself finds: the reference, and no part of the timing."""
    root, inputs = built
    root.backward()
    found = root.data, np.array([x.grad for x in inputs])
    return Contender(lambda: None, lambda _: found)


def entered(build: Callable[[int], Built], length: int) -> tuple[float, Field]:
    """Seconds to build the graph; the compiled graph and the engine."""
    start = CLOCK()
    built = build(length)
    taken, found = CLOCK() - start, Field()
    found.contenders[ENGINE] = engine(built)
    found.add(OURS, "chainrule.built", built)
    found.check(ENGINE)
    del found.contenders[ENGINE]
    return taken, found


def memory(build: Callable[[int], Built], length: int) -> None:
    """In a process of its own: print the bytes a node by which compiling makes the process larger, at its peak."""
    import psutil

    from .peers import chainrule

    chainrule.prepare()
    built = build(length)
    before = psutil.Process().memory_info().rss
    chainrule.built(built).step()
    print((peak() - before) / length)


def peak() -> float:
    """The most bytes that this process ever took; getrusage would count those of the process that started it."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return float(status["VmHWM"].split()[0]) * 1024


def memory_elsewhere(build: Callable[[int], Built], length: int) -> float:
    code = f"from benchmarks import scattered as s; s.memory(s.{build.__name__}, {length})"
    return float(subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, text=True).stdout)


def row(label: str, build: Callable[[int], Built], length: int, limit: float) -> tuple[list[str], list[str]]:
    """One line of the table, and what there is to say below it."""
    with collector(False):
        _, half = entered(build, length // 2)
        built, found = entered(build, length)
    line = [f"{label}, {length:,} nodes", duration(built)]
    if not found.contenders or not half.contenders:
        return [*line, "", "", "", "", "", ""], [f"{label}: {reason}" for reason in half.missing + found.missing]
    ready, run, size = found.ready[OURS], found.timing(5).median(OURS), memory_elsewhere(build, length)
    wanted = [
        verdict(f"compiles in ≤ {limit:.0f} s", ready <= limit),
        verdict(f"≤ {NANOSECONDS:.0f} ns a node", run <= NANOSECONDS * 1e-9 * length),
        verdict("≤ 1 KB a node", size <= BYTES),
    ]
    line += [
        duration(ready),
        digits(ready / half.ready[OURS]),
        f"{size:.0f}",
        duration(run),
        digits(run / length * 1e9),
    ]
    return [*line, "; ".join(wanted)], []


def run(name: str, quick: bool) -> list[Table]:
    header = ["F: forward and backward pass", "graph built in", "compiled in", "÷ half the nodes", "bytes a node"]
    table = Table([*header, "a pass", "ns a node", "target"])
    table.notes = ["Value and gradient are compared with the engine's. Bytes: what compiling takes at its peak."]
    share = 10 if quick else 1
    for label, build, length in (("a chain", chain, 1_000_000), ("+ and × at random", tangle, 200_000)):
        line, remarks = row(label, build, length // share, READY / share)
        table.rows.append(line)
        table.notes += remarks
    return [table]
