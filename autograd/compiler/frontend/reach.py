"""What a function's code can reach by the names in it.

From code the way goes to the globals and the closure that it names; from an object, a class or a module to the
attributes that any of this code names; from a container to all that is in it. Functions found on the way bring the
names in their code, until there are no new ones. Nothing is run.

The code of libraries is looked at where the user's code names it, or as a method of an object that was reached; so
that `settings["w"]` of a UserDict leads to its attribute `data`. This package's own code is taken as given.
"""

from collections.abc import Iterable
from operator import attrgetter, methodcaller
from types import FunctionType
from typing import Any

from ...value import Constant, Value
from .holders import holders, is_looked_at
from .names import Mentioned
from .spaces import Found, Space, never_changes


class Reach:
    """All that `root` reaches, in order: `found`, and the Values among it. `names` count as named in its code."""

    mentioned: Mentioned

    def __init__(self, root: Any, names: Iterable[str] = ()) -> None:
        self.mentioned = Mentioned()
        self.mentioned.users.update(names)
        self.found: dict[int, Found] = {}
        self.values: dict[Value, None] = {}
        self.fresh: list[Found] = []
        self._push(Found(root))
        while self.fresh:
            known = self.mentioned.extent()
            while self.fresh:
                self._visit(self.fresh.pop())
            if self.mentioned.extent() != known:
                for found in list(self.found.values()):
                    self._follow(found, spaces=True)

    def _push(self, found: Found) -> None:
        thing = found.thing
        if never_changes(thing):
            return
        if type(thing) is Value:
            self.values[thing] = None
            return
        known = self.found.get(id(thing))
        if known is None:
            self.found[id(thing)] = found
            self.fresh.append(found)
        elif (found.named and not known.named) or (found.entered and not known.entered):
            known.named, known.entered = found.named or known.named, found.entered or known.entered
            self.fresh.append(known)

    def _visit(self, found: Found) -> None:
        thing = found.thing
        if isinstance(thing, Value) and type(thing) is not Constant:
            self.values[thing] = None
        if isinstance(thing, FunctionType) and is_looked_at(found):
            self.mentioned.add(thing.__code__)
        elif isinstance(thing, (attrgetter, methodcaller)):
            self.mentioned.add_text(thing.__reduce__()[1])
        if type(thing) is list and set(map(type, thing)) == {Value}:  # most of a model
            self.values |= dict.fromkeys(thing)
        else:
            self._follow(found)

    def _follow(self, found: Found, spaces: bool = False) -> None:
        for holder in holders(found, self.mentioned):
            if not spaces or isinstance(holder, Space):
                for part in holder.parts():
                    self._push(part)
