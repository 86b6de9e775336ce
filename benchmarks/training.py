"""Compiler, workloads A and B: a thousand training steps in one call, the optimizer included."""

from collections.abc import Callable
from functools import partial
from importlib import import_module

import numpy as np

from .problems import Array, Problem
from .table import Table, duration, times
from .timing import Timing, take_turns

STEPS = 1000
RATES = {"SGD": 0.01, "Adam": 0.001}
OURS = "chainrule, f.train"
MAKERS = {
    OURS: "chainrule.training",
    "chainrule, f.backward and step() in Python": "chainrule.training_in_python",
    "JAX, fori_loop in one jit": "jax_jit.training",
}
Trainer = Callable[[int], Array]
"""Trains so many steps from the first parameters, and returns what they are then."""


def table(problem: Problem, quick: bool) -> Table:
    missing: list[str] = []
    results = {name: _measured(problem, name, 2 if quick else 7, missing) for name in RATES}
    names = [name for name in MAKERS if any(name in timing.samples for timing, _ in results.values())]
    header = [
        f"{problem.name}: a training step, {STEPS:,} in one call",
        *RATES,
        *(f"{name} ÷ f.train" for name in RATES),
    ]
    differences = ", ".join(f"{name} {difference:.0e}" for name, (_, difference) in results.items())
    notes = [f"All rows in every step, float64; the parameters agree at the end: {differences}.", *missing]
    return Table(header, [_row(name, [timing for timing, _ in results.values()]) for name in names], notes)


def _measured(problem: Problem, optimizer: str, rounds: int, missing: list[str]) -> tuple[Timing, float]:
    """The times of all, and the largest difference between their parameters, relative to the largest parameter."""
    trainers: dict[str, Trainer] = {}
    for name, maker in MAKERS.items():
        module, function = maker.split(".")
        try:
            peer = import_module(f"{__package__}.peers.{module}")
            getattr(peer, "prepare", lambda: None)()
            trainers[name] = getattr(peer, function)(problem, optimizer, RATES[optimizer])
        except ImportError as reason:
            missing += [note] if (note := f"{name} is left out: {reason}.") not in missing else []
    found = np.array([trainer(100) for trainer in trainers.values()])
    difference = float(np.ptp(found, axis=0).max() / np.abs(found).max())
    assert difference < 1e-6, f"the parameters differ by {difference:.1e}: the contenders do not compute the same"
    calls = {name: partial(trainer, STEPS) for name, trainer in trainers.items()}
    return take_turns(calls, rounds, numbers=dict.fromkeys(calls, 1)), difference


def _row(name: str, timings: list[Timing]) -> list[str]:
    cells = [duration(timing.median(name) / STEPS) for timing in timings]
    return [name, *cells, *(times(timing.ratio(name, OURS)) for timing in timings)]
