"""Stretching: a program of very many repetitions is compiled for a few of them, and its schedule made longer.

Every pass does the same to each repetition, so that with one more of them the places and extents in the schedule grow
by the same amounts. These are read off four programs, of 48, 49, 50 and 80 repetitions: where they do not all lie on
one line, or anything but whole numbers differs, the program is compiled as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeAlias

import numpy as np

from ..ir.arrays import Ints
from ..ir.program import INPUT, PRODUCTS, Program
from ..request import Request
from .nests import Bundle, Factors, Lines, Schedule
from .periods import FRONT, Shortened, Stretch, shortened, stretches
from .recognition import Address

NODES_WORTH_IT = 20_000  # nodes; smaller programs are compiled in an instant
REPETITIONS_KEPT = 2 * FRONT  # repetitions that stay in the shortest program
STEPS = 0, 1, 2, 32  # so many more there are in the others

Plan: TypeAlias = "Callable[[Program, Request], Schedule]"


def stretched(program: Program, request: "Request", plan: Plan) -> Schedule | None:
    """The schedule of a program that repeats itself; None where it does not, or not regularly enough."""
    if len(program) < NODES_WORTH_IT or request.batched or request.task not in ("value", "value_and_grad"):
        return None
    whole = request.chosen == tuple(range(request.inputs)) or request.task == "value"
    every = stretches(program) if whole else []
    left_out = min((s.count for s in every), default=0) - REPETITIONS_KEPT
    if left_out <= STEPS[-1]:
        return None
    shorts = [shortened(program, every, left_out - step) for step in STEPS]
    if None in shorts:
        return None
    plans = [plan(short.program, _fewer(request, short)) for short in shorts if short]
    results = _Results(program, request, every, [short.inputs for short in shorts if short], left_out)
    return _Stretching(plans, left_out - STEPS[-1]).schedule(results)


def _fewer(request: "Request", short: Shortened) -> "Request":
    inputs = request.inputs - len(short.inputs)
    return replace(request, inputs=inputs, chosen=tuple(range(inputs)) if request.chosen else ())


class Irregular(Exception):
    """Something does not grow evenly with the repetitions."""


class _Stretching:
    """The schedules of the shortened programs, and how many more repetitions the program has."""

    def __init__(self, plans: list[Schedule], surplus: int) -> None:
        self.plans, self.surplus = plans, surplus
        self.last = plans[-1]

    def schedule(self, results: "_Results") -> Schedule | None:
        try:
            return self._schedule(results)
        except Irregular:
            return None

    def _schedule(self, results: "_Results") -> Schedule:
        if any(p.constants[: p.bundled] != self.last.constants[: self.last.bundled] for p in self.plans):
            raise Irregular
        found = replace(
            self.last,
            slot=self.last.slot.copy(),
            once=self._longer([p.once for p in self.plans]),
            rows=self._longer([p.rows for p in self.plans]),
            sizes={k: self.number(*(p.sizes[k] for p in self.plans)) for k in self.last.sizes},
        )
        for steps in zip(*(p.once + p.rows for p in self.plans), strict=True):
            if isinstance(steps[0], Lines):
                self._place_lines(found, list(steps))
        return results.behind(found, self)

    def number(self, first: Any, *others: Any) -> Any:
        """A number, or an array of them, with all repetitions."""
        slope = others[0] - first
        if any(np.any(x != first + slope * step) for x, step in zip(others, STEPS[1:], strict=True)):
            raise Irregular
        return others[-1] + slope * self.surplus

    def _longer(self, alike: list[Any]) -> Any:
        """What is the same thing in all schedules → with all repetitions."""
        first = alike[0]
        if any(type(x) is not type(first) for x in alike):
            raise Irregular
        if isinstance(first, Lines):
            return alike[-1]
        if isinstance(first, (list, tuple)):
            if len({len(x) for x in alike}) > 1:
                raise Irregular
            return type(first)(self._longer(list(parts)) for parts in zip(*alike, strict=True))
        if isinstance(first, (Bundle, Factors, Address)):
            parts = {f.name: self._longer([getattr(x, f.name) for x in alike]) for f in fields(first)}
            return replace(first, **parts)
        if type(first) is int:
            return self.number(*alike)
        if any(repr(x) != repr(first) if type(first) is float else x != first for x in alike):
            raise Irregular
        return first

    def _place_lines(self, found: Schedule, steps: list[Any]) -> None:
        """Single nodes stay those of the longest program; their operands lie elsewhere now."""
        pairs = [(p.program, step.nodes) for p, step in zip(self.plans, steps, strict=True)]
        arities = [program.arity[nodes] for program, nodes in pairs]
        if any(not np.array_equal(arity, arities[0]) for arity in arities):
            raise Irregular
        self.place(found, [nodes for _, nodes in pairs])
        self.place(found, [program.operands(nodes) for program, nodes in pairs])

    def place(self, found: Schedule, nodes: Sequence[Ints]) -> None:
        """Give the nodes of the longest program that are no constants their places with all repetitions."""
        if len({len(x) for x in nodes}) > 1 or not _alike(self.plans, nodes):
            raise Irregular
        moving = ~self.last.constant[nodes[-1]]
        slots = self.number(*(p.slot[x[moving]] for p, x in zip(self.plans, nodes, strict=True)))
        found.slot[nodes[-1][moving]] = slots


def _alike(plans: list[Schedule], nodes: Sequence[Ints]) -> bool:
    """Whether the nodes are of the same operations, in the same spaces, and the same constants."""
    programs = [p.program for p in plans]
    parts = [
        (q.code[x], p.space[x], np.where(p.constant[x], q.number[x], 0.0).view(np.int64))
        for p, q, x in zip(plans, programs, nodes, strict=True)
    ]
    same_words = all(q.words.operations == programs[0].words.operations for q in programs)
    return same_words and all(np.array_equal(*pair) for part in parts[1:] for pair in zip(parts[0], part, strict=True))


class _Results:
    """Where the results of the whole program lie. `gone` are the inputs that each of the shortened ones lacks."""

    def __init__(
        self, program: Program, request: "Request", every: list[Stretch], gone: list[Ints], left_out: int
    ) -> None:
        self.program, self.every, self.gone, self.left_out = program, every, gone, left_out
        self.values, self.inputs, self.wanted = len(program.outputs), request.inputs, bool(request.chosen)

    def behind(self, found: Schedule, longer: _Stretching) -> Schedule:
        """The schedule with all results."""
        nodes = [self._common(p, gone) for p, gone in zip(longer.plans, self.gone, strict=True)]
        longer.place(found, nodes)
        if not self.wanted:
            return _extended(found, nodes[-1], [], self.inputs)
        outputs = np.full(self.values + self.inputs, -1)
        outputs[: self.values] = nodes[-1][: self.values]
        gradient = outputs[self.values :]
        gradient[np.delete(np.arange(self.inputs), self.gone[0])] = nodes[-1][self.values :]
        return _extended(found, outputs, self._between(found, gradient), self.inputs)

    def _common(self, plan: Schedule, gone: Ints) -> Ints:
        """The results that the shortest program has, too."""
        outputs = plan.program.outputs
        if not self.wanted:
            return outputs
        kept = np.delete(np.arange(self.inputs), gone)
        return np.concatenate(
            [outputs[: self.values], outputs[self.values :][np.isin(kept, self.gone[0], invert=True)]]
        )

    def _between(self, found: Schedule, gradient: Ints) -> list[tuple[str, int]]:
        """Places for the inputs that are gone: from one repetition to the next they move on evenly."""
        places: list[tuple[str, int]] = []
        for s in self.every:
            for nodes in s.inputs(self.program, -2, self.left_out + 1):
                numbers = self.program.number[nodes].astype(np.int64)
                space, slots = self._line(found, gradient[numbers])
                inner = gradient[numbers] < 0
                gradient[numbers[inner]] = len(found.space) + len(places) + np.arange(int(inner.sum()))
                places += [(space, slot) for slot in slots[inner].tolist()]
        return places

    def _line(self, found: Schedule, nodes: Ints) -> tuple[str, Ints]:
        """The even places between the first two and the last of the nodes."""
        known = nodes >= 0
        if not (known[:2].all() and known[-1]) or found.constant[nodes[known]].any():
            raise Irregular
        spaces, slots = found.space[nodes[known]], found.slot[nodes]
        line = slots[0] + (slots[1] - slots[0]) * np.arange(len(nodes))
        if len(set(spaces.tolist())) > 1 or (line[known] != slots[known]).any():
            raise Irregular
        return str(spaces[0]), line


def _extended(found: Schedule, outputs: Ints, places: list[tuple[str, int]], inputs: int) -> Schedule:
    """The schedule with nodes that only say where results lie, and one for the last input."""
    program, more = found.program, len(places) + 1
    none = np.zeros(more, np.int64)
    longer = replace(
        program,
        code=np.append(program.code, np.append(np.full(len(places), PRODUCTS), INPUT)),
        start=np.append(program.start, none),
        arity=np.append(program.arity, none),
        number=np.append(program.number, np.append(none[1:], inputs - 1.0)),
        outputs=outputs,
    )
    spaces, slots = zip(*places, ("X", inputs - 1), strict=True)
    constant, one = (np.append(x, none > 0) for x in (found.constant, found.one))
    space, slot = np.append(found.space, spaces), np.append(found.slot, slots)
    return replace(found, program=longer, space=space, slot=slot, constant=constant, one=one)
