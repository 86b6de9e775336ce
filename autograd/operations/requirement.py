"""What a number must be, said once, for the engine and for compiled code."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from numbers import Real
from typing import Any

from .arithmetic import is_truth


@dataclass(frozen=True)
class Requirement:
    """What `holds` of a number called `name`, and what an error says where it does not.

    `holds` is written with comparisons, `%`, `&` and `|` only, so that it takes a number or a whole array of them.

    >>> share = Requirement("the target", lambda t: (t >= 0.0) & (t <= 1.0), "but it must lie between 0 and 1")
    >>> share.check(2.0, lambda: " at row 3")
    Traceback (most recent call last):
    ValueError: the target at row 3 is 2.0, but it must lie between 0 and 1
    """

    name: str
    holds: Callable[[Any], Any]
    remedy: str
    error: type[Exception] = ValueError
    met_by: tuple[str, ...] = ()  # operations whose results always hold it

    def check(self, number: object, where: Callable[[], str] = str) -> None:
        """Raise the error, with the place, unless `number` is one and meets the requirement."""
        known = isinstance(number, (float, int, Real)) or is_truth(number)  # the usual first: Real is slow
        if not (known and self.holds(number)):
            raise self.error(f"{self.name}{where()} is {number!r}, {self.remedy}")


@cache
def position_among(count: int) -> Requirement:
    """Of the index of one among so many values."""
    return Requirement(
        "the index",
        lambda i: (i >= 0) & (i < count) & (i % 1 == 0),
        f"not one of the {count} positions 0 to {count - 1}",
        IndexError,
    )
