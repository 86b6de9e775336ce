"""Compiler, workloads A, B, D and G: a network's loss and gradient for all rows, beside libraries and C."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from . import training
from .peers import Contender
from .problems import Problem, problem
from .table import Table, digits, duration, verdict
from .timing import CLOCK, Timing, take_turns

OURS, REFERENCE, FLOOR = "chainrule", "NumPy by hand", "C, vector"
MAKERS = {
    OURS: "chainrule.network",
    "chainrule, f.backward": "chainrule.with_values",
    "chainrule, NumPy back end": "chainrule.with_numpy",
    FLOOR: "c.vector",
    "C, plain": "c.plain",
    REFERENCE: "numpy_by_hand.network",
    "PyTorch": "pytorch.network",
    "JAX jit": "jax_jit.network",
    "CasADi (gcc)": "casadi_gcc.network",
    "heyoka": "heyoka_llvm.network",
    "ddx-ad": "ddx_llvm.network",
}
SCALARS = ("CasADi (gcc)", "heyoka", "ddx-ad")  # for graphs of some hundred nodes


@dataclass(frozen=True)
class Goals:
    """What issue and README promise: at most so many times the floor, at least so many times faster than a peer."""

    floor: float | None = None
    faster: Mapping[str, float] = field(default_factory=dict)
    ready: float | None = None
    numpy: float | None = 3.0


GOALS = {
    "A": Goals(1.5, dict.fromkeys(("JAX jit", "ddx-ad", "heyoka", "CasADi (gcc)"), 3.0), 0.3),
    "B": Goals(2.0, {REFERENCE: 5.0}, 0.3),
    "D": Goals(None, {"PyTorch": 2.5}, 0.5),
    "G": Goals(None, {"PyTorch": 1.6}, 1.5, None),
}


@dataclass
class Field:
    """Those who take part, how long each took to get ready, and why others do not."""

    contenders: dict[str, Contender] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def add(self, name: str, maker: str, given: Any) -> None:
        """Build a contender and run it once; the start of its library does not count."""
        module, function = maker.split(".")
        try:
            peer = import_module(f"{__package__}.peers.{module}")
            make: Callable[[Any], Contender] = getattr(peer, function)
            getattr(peer, "prepare", lambda: None)()
            start = CLOCK()
            contender = make(given)
            contender.step()
            self.ready[name], self.contenders[name] = CLOCK() - start, contender
        except ImportError as reason:
            self.missing.append(f"{name} is left out: {reason}.")
        except Exception as reason:  # a library may fail in any way: the others are measured all the same
            self.missing.append(f"{name} FAILED: {type(reason).__name__}: {reason}.")

    def check(self, reference: str, tolerance: float = 1e-10) -> float:
        """The largest difference of any loss or gradient from the reference's, relative to the largest gradient.

        A contender that differs by more than the tolerance is wrong, and takes no further part.
        """
        loss, gradient = self.contenders[reference].result()
        scale, worst = max(abs(loss), float(np.abs(gradient).max())), 0.0
        for name in list(self.contenders):
            its_loss, its_gradient = self.contenders[name].result()
            difference = max(abs(its_loss - loss), float(np.abs(its_gradient - gradient).max())) / scale
            if difference < tolerance:
                worst = max(worst, difference)
            else:
                self.missing.append(f"{name} is WRONG: it differs from {reference} by {difference:.1e}.")
                del self.contenders[name]
        return worst

    def timing(self, rounds: int) -> Timing:
        return take_turns({name: contender.step for name, contender in self.contenders.items()}, rounds)


def run(name: str, quick: bool) -> list[Table]:
    given = problem(name)
    entered = Field()
    for contender, maker in MAKERS.items():
        if name in "AB" or contender not in SCALARS:
            entered.add(contender, maker, given)
    difference = entered.check(REFERENCE)
    timing = entered.timing(3 if quick else 15)
    tables = [table(given, entered, timing, difference)]
    return [*tables, training.table(given, quick)] if name in "AB" else tables


def table(given: Problem, entered: Field, timing: Timing, difference: float) -> Table:
    header = [f"{given.name}: {given.what}", "ready in", "a pass", "best", "÷ C vector", "÷ chainrule", "target"]
    rows = [row(given.name, name, entered, timing) for name in entered.contenders]
    notes = [
        f"A pass is loss and gradient in float64, from buffers to buffers; all agree to {difference:.0e}.",
        *entered.missing,
    ]
    notes.append("f.backward also reads and writes the .data and .grad of every parameter.")
    return Table(header, rows, notes + entered.missing)


def row(workload: str, name: str, entered: Field, timing: Timing) -> list[str]:
    ratio = partial(_ratio, timing)
    cells = [name, duration(entered.ready[name]), duration(timing.median(name)), duration(timing.best(name))]
    over_floor = ratio(name, FLOOR)
    over_ours = ratio(name, OURS)
    shown = [digits(r) if r else "" for r in (over_floor, over_ours)]
    return [*cells, *shown, targets(GOALS[workload], name, over_floor, over_ours, ratio(name, REFERENCE), entered)]


def _ratio(timing: Timing, slow: str, fast: str) -> float | None:
    return timing.ratio(slow, fast) if slow in timing.samples and fast in timing.samples else None


def targets(
    goals: Goals, name: str, floor: float | None, ours: float | None, numpy: float | None, entered: Field
) -> str:
    """The targets of one row, each with its verdict."""
    found = []
    if name == OURS and goals.floor and floor:
        found.append(verdict(f"≤ {goals.floor} × vector", floor <= goals.floor))
    if name == OURS and goals.ready:
        found.append(verdict(f"ready in ≤ {goals.ready} s", entered.ready[name] <= goals.ready))
    if name == "chainrule, NumPy back end" and goals.numpy and numpy:
        found.append(verdict(f"≤ {goals.numpy:.0f} × NumPy by hand", numpy <= goals.numpy))
    if name in goals.faster and ours:
        found.append(verdict(f"≥ {goals.faster[name]} ×", ours >= goals.faster[name]))
    return "; ".join(found)
