"""The ways in which a thing holds others: what leads on under which label, and the places to watch for it.

A place is a function that gives what is there now.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from inspect import Signature
from types import CodeType, FunctionType
from typing import Any, TypeAlias

import numpy as np

from .names import Mentioned, owner_of_class

Place: TypeAlias = Callable[[], Iterable[Any]]
PLAIN = (int, float, complex, str, bytes, range, slice, type(None), np.generic, CodeType, Signature)
"""What never changes, but for the attributes of classes of the user's own."""


def is_plain(kind: type) -> bool:
    """Whether things of this class never change."""
    return kind in PLAIN or (issubclass(kind, PLAIN) and owner_of_class(kind) != "user")


def never_changes(thing: Any) -> bool:
    """Whether there is nothing to watch in it: it is plain, or a tuple of plain things."""
    kind = type(thing)
    return all(map(is_plain, set(map(type, thing)))) if kind is tuple else is_plain(kind)


@dataclass(slots=True)
class Found:
    """A thing that was reached: from where, under which label, and how.

    It is `named` where the user's code names it; code of a library is looked at only where it is `entered`.
    """

    thing: Any
    above: "Found | None" = None
    label: str = ""
    named: bool = True
    entered: bool = True

    @property
    def trail(self) -> str:
        """How one would write it: `model.layers[…]`."""
        before = "" if self.above is None or isinstance(self.above.thing, FunctionType) else self.above.trail
        dot = "." if before and self.label.isidentifier() else ""
        return before + dot + self.label


class Holder:
    """What all have: `parts` leads on, `places` and the `lengths` of containers are compared at every call."""

    def lengths(self) -> Iterable[Callable[[], int]]:
        """What says how many parts there are: nothing, for most things."""
        return ()


@dataclass
class Items(Holder):
    """A container's items, as its built-in class `kind` gives them: no code of the user's runs here."""

    found: Found
    kind: Any

    def parts(self) -> Iterator[Found]:
        """Everything in the container."""
        above, items = self.found, list(self.kind.__iter__(self.found.thing))
        if not all(map(is_plain, set(map(type, items)))):
            for x in items:
                yield Found(x, above, "[…]", above.named, above.entered)

    def places(self) -> Iterator[Place]:
        """The items, where they can be others."""
        if self.kind not in (tuple, frozenset):
            yield partial(self.kind.__iter__, self.found.thing)

    def lengths(self) -> Iterable[Callable[[], int]]:
        """How many there are."""
        return [partial(self.kind.__len__, self.found.thing)]


@dataclass
class Entries(Holder):
    """A mapping's keys and values. What stands under text is named where the text is."""

    found: Found
    kind: Any
    mentioned: Mentioned

    def parts(self) -> Iterator[Found]:
        """Keys and values; only what the code names counts."""
        above, names = self.found, self.mentioned.users
        for key, x in list(self.kind.items(above.thing)):
            named = above.named and (not isinstance(key, str) or key in names)
            yield Found(key, above, "[…]", above.named, above.entered)
            yield Found(x, above, f"[{key!r:.40}]" if isinstance(key, (str, int)) else "[…]", named, above.entered)

    def places(self) -> Iterator[Place]:
        """The keys, and the values."""
        yield partial(self.kind.keys, self.found.thing)
        yield partial(self.kind.values, self.found.thing)

    def lengths(self) -> Iterable[Callable[[], int]]:
        """How many there are."""
        return [partial(self.kind.__len__, self.found.thing)]


@dataclass
class Links(Holder):
    """What leads on: (label, thing) pairs, and where to look whether they are the same still."""

    found: Found
    linked: Iterable[tuple[str, Any]]
    watched: Iterable[Place] = ()

    def parts(self) -> Iterator[Found]:
        """What is linked: cells of closures, defaults, what a method is bound to."""
        for label, thing in self.linked:
            yield Found(thing, self.found, label, self.found.named, self.found.entered)

    def places(self) -> Iterable[Place]:
        """Where what is linked can change."""
        return self.watched


@dataclass
class Space(Holder):
    """Things under names, of which those count that are `chosen`; `size` shows whether a name was added."""

    found: Found
    mentioned: Mentioned
    space: Callable[[], Any]
    chosen: list[str]
    size: Any = None
    named: bool = False  # all of them

    def is_all_of(self, thing: Any) -> bool:
        """Whether these are all attributes that the thing has."""
        return self.size is list and 0 < len(self.chosen) == len(vars(thing))

    def parts(self) -> Iterator[Found]:
        """The attributes that the code names."""
        space, names = self.space(), self.mentioned.users
        for name in self.chosen:
            thing = space.get(name)
            entered = (name in names or isinstance(self.found.thing, type)) and not _is_librarys_class(thing)
            yield Found(thing, self.found, name, self.named or name in names, entered)

    def places(self) -> Iterator[Place]:
        """The attributes, with how many there are where a new one would matter."""
        if self.size is not None:
            yield partial(_under, self.space, self.chosen, self.size, self.size(self.space()))
        elif self.chosen:
            yield partial(map, self.space().get, self.chosen)


def _under(space: Callable[[], Any], names: list[str], size: Any, known: Any) -> list[Any]:
    now = space()
    return [size(now) == known, *map(now.get, names)]


def _is_librarys_class(thing: Any) -> bool:
    return isinstance(thing, type) and owner_of_class(thing) != "user"
