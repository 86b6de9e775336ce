"""What a setting may be: each function returns the number, or raises an error that names `what` it is."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from .inputs import described, items, listed, number

Range: TypeAlias = Callable[[object, str], float]


def not_negative(x: object, what: str) -> float:
    """0 or above."""
    setting = number(x, what)
    if not setting >= 0.0:
        raise ValueError(f"{what} must not be negative, got {x!r}")
    return setting


def positive(x: object, what: str) -> float:
    """Above 0."""
    setting = number(x, what)
    if not setting > 0.0:
        raise ValueError(f"{what} must be above 0, got {x!r}")
    return setting


def below_one(x: object, what: str) -> float:
    """From 0 up to, but not 1: the weight of the past in an average that corrects its start."""
    setting = not_negative(x, what)
    if not setting < 1.0:
        raise ValueError(f"{what} must be below 1, got {x!r}")
    return setting


def share(x: object, what: str) -> float:
    """From 0 to 1: the weight of the past in an average."""
    setting = not_negative(x, what)
    if not setting <= 1.0:
        raise ValueError(f"{what} must not be above 1, got {x!r}")
    return setting


def count(x: object, what: str) -> int:
    """A whole number, 0 or above."""
    setting = not_negative(x, what)
    if not setting.is_integer():
        raise ValueError(f"{what} must be a whole number, got {x!r}")
    return int(setting)


def pair(betas: Sequence[float]) -> tuple[float, float]:
    """Adam's two weights."""
    if len(given := items(betas, "betas")) != 2:
        raise ValueError(f"betas must be two numbers, got {described(betas)}")
    return below_one(given[0], "betas[0]"), below_one(given[1], "betas[1]")


def like(now: Any, given: object, name: str, valid: Range = number) -> Any:
    """`given` in the place of `now`: a truth for a truth, a number for a number, a list as long for a list."""
    if isinstance(now, list):
        if len(found := items(given, name)) != len(now):
            raise ValueError(f"{name} is for {len(found)} parameters, but there are {len(now)}")
        return [like(old, new, f"{name}[{i}]", valid) for i, (old, new) in enumerate(zip(now, found, strict=True))]
    if isinstance(listed(given), bool) is not isinstance(now, bool):
        expected = "True or False" if isinstance(now, bool) else "a real number"
        raise TypeError(f"{name}: expected {expected}, got {described(given)}")
    if isinstance(now, bool):
        return bool(given)
    found_number = valid(given, name)
    whole = isinstance(now, int) and float(found_number).is_integer()
    return int(found_number) if whole else found_number
