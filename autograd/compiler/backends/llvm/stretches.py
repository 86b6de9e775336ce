"""Loops in stretches: first as many at a time as registers hold, then the rest one by one; and loops as contexts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from .builder import Body

Counter: TypeAlias = int | str


@dataclass(frozen=True)
class Segment:
    """A stretch of a loop: from start to stop, `step` at a time."""

    start: int
    stop: int
    step: int


def segments(count: int, *steps: int) -> list[Segment]:
    """The loop over `count`, in stretches of the largest step first."""
    found, start = [], 0
    for step in steps:
        stop = start + (count - start) // step * step
        if stop > start:
            found.append(Segment(start, stop, step))
        start = stop
    return found


class Over:
    """A loop as a context: `enter` is told the counter. A loop of one turn is no loop."""

    single: bool
    part: Segment
    enter: Callable[[Counter], None]
    loop: Any

    def __init__(self, body: Body, stop: str, part: Segment, enter: Callable[[Counter], None]) -> None:
        self.single = part.start + part.step == part.stop
        self.part, self.enter = part, enter
        self.loop = None if self.single else body.loop(str(part.start), stop, part.step)

    def __enter__(self) -> None:
        self.enter(self.part.start if self.loop is None else self.loop.__enter__().counter)

    def __exit__(self, *error: Any) -> None:
        if self.loop is not None:
            self.loop.__exit__(*error)


class Nested:
    """Several loops, one inside the other."""

    def __init__(self, loops: list[Over]) -> None:
        self.loops = loops

    def __enter__(self) -> None:
        for loop in self.loops:
            loop.__enter__()

    def __exit__(self, *error: Any) -> None:
        for loop in reversed(self.loops):
            loop.__exit__(*error)
