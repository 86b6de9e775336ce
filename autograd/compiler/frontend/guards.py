"""What a function reads from outside: globals, closures, attributes of objects. Compiled code holds their numbers.

So that a number that changes is never missed, what `reach` finds is compared before every call; a change traces the
function anew. Things are compared by identity, arrays by content (see `contents`). Of Values only the constants'
numbers are watched: the others' are read at every call.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain, repeat
from operator import attrgetter, call, is_
from typing import Any

import numpy as np

from ...value import Constant, Value
from ..ir.program import Program
from .contents import LIMIT, Contents, is_array, is_large, refuse, too_many
from .holders import holders, is_users_operation
from .reach import Reach
from .spaces import Found, Place, Space
from .tracing import TracingError

ATTRIBUTES = attrgetter("__dict__")


class Environment:
    """The places that the code of `function` reads, with what was in them, and the Values among it.

    A class has no code of its own: `names` are those of its methods that count. Raises TracingError for what the code
    reads but cannot be watched.

    What is compared, by what is cheapest for its kind: `lists` of things that equal only themselves, such as neurons,
    with copies, in one comparison; `objects` all of whose attributes count, by their `__dict__`; `lengths` of
    containers; for all the rest `places`, functions that give what is there now, compared by identity with what was
    `found`; `contents` of arrays, by their bytes. A quick look that fails proves nothing (an equal but new number is no
    change): then all is found once more and compared slowly, and only a real difference makes the function be traced
    anew.
    """

    function: Any
    names: Sequence[str]
    contents: Contents
    values: list[Value]
    found: list[Any]
    sizes: list[int]
    list_copies: list[list[Any]]
    object_copies: list[dict[Any, Any]]
    looks: list[Any]

    def __init__(self, function: Any, names: Sequence[str] = ()) -> None:
        self.function, self.names = function, names
        self.places: list[Place] = []
        self.lengths: list[Callable[[], int]] = []  # of containers, so that nothing can move from one into the next
        self.lists: list[list[Any]] = []  # what equals only itself, and is quicker to compare: most of a model
        self.objects: list[Any] = []
        self.contents = Contents()
        reach = Reach(function, names)  # of None, nothing
        self.values = list(reach.values)
        if "label" in reach.mentioned:
            self.places.append(lambda: [x.label for x in reach.values])
        for found in reach.found.values():
            self._watch(found, reach)
        self._copy()

    def _watch(self, found: Found, reach: Reach) -> None:
        thing = found.thing
        if isinstance(thing, Constant):
            self.places.append(lambda: [thing.data])
        if is_array(thing) and not _holds_objects(thing):
            self.contents.add(thing, found.named, found.trail)
        if is_large(thing):
            refuse(found.named, found.trail, too_many(len(thing)), "make it a tuple" * isinstance(thing, list))
        elif type(thing) is list and _are_themselves(thing):
            self.lists.append(thing)
        else:
            for holder in holders(found, reach.mentioned):
                if isinstance(holder, Space) and holder.is_all_of(thing) and all(map(_is_alone, vars(thing).values())):
                    self.objects.append(thing)
                else:
                    self.places += holder.places()
                    self.lengths += holder.lengths()

    def _copy(self) -> None:
        self.found, self.sizes = list(chain.from_iterable(map(call, self.places))), list(map(call, self.lengths))
        self.list_copies, self.object_copies = list(map(list, self.lists)), [dict(vars(x)) for x in self.objects]
        kind, has_contents = type(self), any(vars(self.contents).values())
        looks = [
            (kind._lists_are, self.lists),
            (kind._objects_are, self.objects),
            (kind._lengths_are, self.lengths),
            (kind._places_are, self.places),
            (kind._contents_are, has_contents),
        ]
        self.looks = [look for look, things in looks if things]

    def unchanged(self) -> bool:
        """Whether every place still holds what it held."""
        if self._is_as_it_was():
            return True
        try:
            now = Environment(self.function, self.names)
        except TracingError:  # which a new trace will raise
            return False
        if self._differs_from(now, is_) or not self.contents.unchanged():
            return False
        vars(self).update(vars(now))  # what changed is nothing that is read
        return True

    def _is_as_it_was(self) -> bool:
        """Quickly; False is no proof that what is read has changed."""
        try:
            return all(map(call, self.looks, repeat(self)))
        except Exception:  # a Value is not compared with a number; something is gone
            return False

    def _lists_are(self) -> bool:
        return self.lists == self.list_copies

    def _objects_are(self) -> bool:
        return list(map(ATTRIBUTES, self.objects)) == self.object_copies

    def _lengths_are(self) -> bool:
        return list(map(call, self.lengths)) == self.sizes

    def _places_are(self) -> bool:
        now = list(chain.from_iterable(map(call, self.places)))
        return len(now) == len(self.found) and all(map(is_, now, self.found))

    def _contents_are(self) -> bool:
        return self.contents.unchanged()

    def _differs_from(self, other: "Environment", same: Callable[[Any, Any], bool]) -> bool:
        """Whether the other found anything else than this one, slowly and exactly."""
        (mine, shape), (others, other_shape) = self._record(), other._record()
        return shape != other_shape or not all(map(same, chain(*mine), chain(*others)))

    def _record(self) -> tuple[list[Collection[Any]], list[Any]]:
        """Everything found, part by part; how long the parts are, and the names in them."""
        parts = [
            self.found,
            self.lists,
            *self.list_copies,
            self.objects,
            *(copy.values() for copy in self.object_copies),
        ]
        return parts, [*map(len, parts), *self.sizes, *map(list, self.object_copies)]

    def take_values(self) -> None:
        """Where the function itself keeps its latest results, they are no change."""
        if not self._is_as_it_was():
            now = Environment(self.function, self.names)
            if not self._differs_from(now, lambda old, new: new is old or isinstance(new, Value)):
                vars(self).update(vars(now), values=self.values)


def _holds_objects(thing: Any) -> bool:
    return isinstance(thing, np.ndarray) and thing.dtype == object and thing.size <= LIMIT


def _are_themselves(things: Iterable[Any]) -> bool:
    """Whether each equals nothing but itself."""
    kinds: set[Any] = set(map(type, things))
    return all(kind in (Value, Constant) or kind.__eq__ is object.__eq__ for kind in kinds)


def _is_alone(thing: Any) -> bool:
    """Whether what equals the thing is as good as the thing; 0 is not, which equals −0.0."""
    kind = type(thing)
    if kind is list:
        return _are_themselves(thing)
    return kind in (str, type(None)) or (kind is int and thing != 0) or _are_themselves([thing])


def of_rules(program: Program) -> Environment:
    """What the rules of the user's operations in a program read."""
    rows = [op for op in program.words.operations if op is not None and is_users_operation(op)]
    return Environment(rows or None)
