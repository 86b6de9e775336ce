"""Numbers in nested lists: flattening, putting back, and saying what a structure is."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from ..operations.arithmetic import is_number


class _Called(Protocol):
    @property
    def __call__(self) -> Any: ...


AnyFunction: TypeAlias = (
    Callable[[Any], Any]
    | Callable[[Any, Any], Any]
    | Callable[[Any, Any, Any], Any]
    | Callable[[Any, Any, Any, Any], Any]
    | _Called
)
"""Whatever can be called. Spelled so, type checkers take the parameters of a lambda for anything, not for unknown."""


def flatten(tree: Any) -> list[Any]:
    """The numbers of a number or a (nested) list or tuple, in order.

    Raises TypeError for anything else in it, naming the place.
    """
    return list(_leaves(tree, ""))


def _leaves(tree: Any, place: str) -> Any:
    if isinstance(tree, (list, tuple)):
        for i, part in enumerate(tree):
            yield from _leaves(part, f"{place}[{i}]")
    elif is_number(tree):
        yield tree
    else:
        raise TypeError(f"expected numbers in (nested) lists, found {tree!r:.40} ({type(tree).__name__}){_at(place)}")


def _at(place: str) -> str:
    return f" at {place}" if place else ""


def restore(like: Any, flat: Sequence[Any]) -> Any:
    """`flat` in the structure of `like`: the inverse of `flatten`."""
    numbers = iter(flat)

    def build(part: Any) -> Any:
        if not isinstance(part, (list, tuple)):
            return next(numbers)
        parts = [build(p) for p in part]
        return type(part)(*parts) if hasattr(part, "_fields") else type(part)(parts)  # _fields: a named tuple

    return build(like)


def describe(tree: Any) -> str:
    """The structure in words: `a number`, `a list of 3`, `a list of 2 × 3`, `a ragged list of 2`."""
    if not isinstance(tree, (list, tuple)):
        return "a number" if is_number(tree) else f"a {type(tree).__name__}"
    dimensions = _shape(tree)
    if dimensions is None:
        return f"a nested list of {len(tree)}: [{', '.join(describe(part) for part in tree)}]"
    return "a list of " + " × ".join(map(str, dimensions))


def _shape(tree: Any) -> tuple[int, ...] | None:
    """The dimensions of a regular nested list; None where it is ragged."""
    if not isinstance(tree, (list, tuple)):
        return ()
    inner = {_shape(part) for part in tree} or {()}
    only = inner.pop()
    return None if inner or only is None else (len(tree), *only)
