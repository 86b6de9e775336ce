"""Compiler: sparse and dense Hessians of many variables as a user calls them, beside CasADi."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import autograd

from .table import Table, duration, times
from .timing import CLOCK, Timing, take_turns

OURS, DENSE, PRODUCT, PEER = "sparse", "dense", "times a vector", "CasADi, sparse"
HEADER = ["chained Rosenbrock's Hessian", "variables", "ready in", "a call", "÷ sparse"]
Call = Callable[[], Any]


def rosenbrock(x: Any) -> Any:
    return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x))


def ready(make: Callable[[], Call]) -> tuple[float, Call]:
    """Seconds until the first result, and the call."""
    start = CLOCK()
    call = make()
    call()
    return CLOCK() - start, call


def ours(x: Any, kind: str) -> Callable[[], Call]:
    def make() -> Call:
        f, v = autograd.compile(rosenbrock, rows=False), np.ones(len(x))
        calls: dict[str, Call] = {
            OURS: lambda: f.hessian(x, sparse=True),
            DENSE: lambda: f.hessian(x),
            PRODUCT: lambda: f.hvp(x, v),
        }
        return calls[kind]

    return make


def casadi(x: Any) -> Call:
    import casadi as ca

    symbols = ca.SX.sym("x", len(x))
    hessian, _ = ca.hessian(rosenbrock(ca.vertsplit(symbols)), symbols)
    function = ca.Function("hessian", [symbols], [hessian])
    return lambda: function(x)


def run(name: str, quick: bool) -> list[Table]:
    table, rounds = Table(HEADER), 20 if quick else 200
    for count in (100, 1000):
        x = np.linspace(-1.0, 1.0, count)
        made = {kind: ready(ours(x, kind)) for kind in (OURS, DENSE, PRODUCT)}
        try:
            made[PEER] = ready(lambda x=x: casadi(x))  # type: ignore[misc]
        except ImportError:
            table.notes.append("CasADi is not installed")
        timing: Timing = take_turns({kind: call for kind, (_, call) in made.items()}, rounds)
        for kind, (seconds, _) in made.items():
            cells = [
                kind,
                str(count),
                duration(seconds),
                duration(timing.median(kind)),
                times(timing.ratio(kind, OURS)),
            ]
            table.rows.append(cells)
    return [table]
