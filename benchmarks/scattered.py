"""Compiler, workload F: graphs in which there is little to find. A chain of a million, and one without any pattern."""

import random
from collections.abc import Callable

import numpy as np

import autograd
from autograd import Value

from .networks import OURS, Field
from .peers import Contender
from .table import Table, digits, duration, verdict
from .timing import CLOCK, collector

READY, NANOSECONDS = 10.0, 20.0
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
    nodes, used = list(first), set()
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


def row(label: str, build: Callable[[int], Built], length: int, rounds: int) -> tuple[list[str], list[str]]:
    """One line of the table, and what there is to say below it."""
    with collector(False):
        _, half = entered(build, length // 2)
        built, found = entered(build, length)
    line = [f"{label}, {length:,} nodes", duration(built)]
    if not found.contenders or not half.contenders:
        return [*line, "", "", "", "", ""], [f"{label}: {reason}" for reason in half.missing + found.missing]
    ready, run = found.ready[OURS], found.timing(rounds).median(OURS)
    wanted = [
        verdict(f"compiles in ≤ {READY:.0f} s", ready <= READY),
        verdict(f"≤ {NANOSECONDS:.0f} ns a node", run <= NANOSECONDS * 1e-9 * length),
    ]
    line += [duration(ready), digits(ready / half.ready[OURS]), duration(run), digits(run / length * 1e9)]
    return [*line, "; ".join(wanted)], []


def run(name: str, quick: bool) -> list[Table]:
    header = [
        "F: forward and backward pass",
        "graph built in",
        "compiled in",
        "÷ half the nodes",
        "a pass",
        "ns a node",
    ]
    table = Table([*header, "target"], notes=["Value and gradient are compared with the engine's."])
    share = 10 if quick else 1
    for label, build, length in (("a chain", chain, 1_000_000), ("+ and × at random", tangle, 200_000)):
        line, remarks = row(label, build, length // share, 5)
        table.rows.append(line)
        table.notes += remarks
    return [table]
