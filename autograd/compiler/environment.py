"""What a function reads from outside: globals, closures, attributes of objects. Compiled code holds their numbers.

So that a number that changes is never missed, each place is remembered and compared before every call; a change
traces the function anew. Of Values only the constants' numbers are watched: the others' are read at every call.

A place is a function that gives what is there now. The walk goes wherever Python shows what a thing holds: from code to
its globals and closure, from an object to its attributes and its class, through containers. It takes the code of Python
itself, of this library and of installed packages as given, and cannot see what only running the code would tell: what
`globals()["w"]` is, what an iterator will give, what an extension module's objects hold.
"""

import dis
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property, lru_cache, partial, partialmethod
from operator import is_
from pathlib import Path
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any, TypeAlias

import numpy as np

from ..value import Constant, Value

Place: TypeAlias = Callable[[], Iterable[Any]]
PLAIN = (int, float, complex, str, bytes, type(None), ModuleType)
OURS = __name__.split(".")[0]
INSTALLED = {"site-packages", "dist-packages"}  # the folders of installed packages
LINKS: dict[Any, tuple[str, ...]] = {
    MethodType: ("__self__", "__func__"),
    (BuiltinFunctionType, MethodWrapperType): ("__self__",),
    (staticmethod, classmethod): ("__func__",),
    property: ("fget",),
    cached_property: ("func",),
    (partial, partialmethod): ("func", "args", "keywords"),
    type(lru_cache(len)): ("__wrapped__",),
}
"""The attributes of Python's own things that lead on."""


class Environment:
    """The places that `function` reads, with what was in them, and the Values among it."""

    def __init__(self, function: Any) -> None:
        constants: list[Constant] = []
        self.places: list[Place] = [lambda: [constant.data for constant in constants]]
        self.vectors: list[list[Value]] = []  # lists of Values: most of a model, and quicker to compare
        self.values: list[Value] = []
        if function is not None:
            self._look(function, constants)
        self.found, self.copies = self._read(), [list(vector) for vector in self.vectors]

    def unchanged(self) -> bool:
        """Whether every place still holds what it held."""
        try:
            if self.vectors != self.copies:
                return False
        except TypeError:  # a Value gave way to a number, and is not compared with one
            return False
        now = self._read()
        return len(now) == len(self.found) and all(map(is_, now, self.found))

    def take_values(self) -> None:
        """Where the function itself keeps its latest results, they are no change."""
        now = self._read()
        if len(now) == len(self.found):
            pairs = zip(now, self.found, strict=True)
            self.found = [new if isinstance(new, Value) else old for new, old in pairs]

    def _read(self) -> list[Any]:
        """What is in all places; after each the place itself, so that nothing can move from one into the next."""
        found: list[Any] = []
        for place in self.places:
            found += place()
            found.append(place)
        return found

    def _look(self, function: Any, constants: list[Constant]) -> None:
        stack, seen = [function], {}
        while stack:
            thing = stack.pop()
            if isinstance(thing, PLAIN) or id(thing) in seen:
                continue
            seen[id(thing)] = thing
            if isinstance(thing, Constant):
                constants.append(thing)
            elif isinstance(thing, Value):
                self.values.append(thing)
            elif type(thing) is list and thing and set(map(type, thing)) == {Value}:
                self.vectors.append(thing)
                stack += thing
            else:
                for place in _places(thing):
                    self.places.append(place)
                    stack += place()


def _places(thing: Any) -> Iterator[Place]:
    """Where `thing` holds something."""
    if isinstance(thing, (list, tuple, set, frozenset, deque)):
        yield thing.__iter__
    elif isinstance(thing, (dict, MappingProxyType)):
        yield thing.keys
        yield thing.values
    elif isinstance(thing, FunctionType):
        if not _is_library(thing.__module__ or ""):
            yield from _function_places(thing)
    elif isinstance(thing, type):
        if not _is_library(thing.__module__):
            yield lambda: [*vars(thing).values(), *thing.__bases__]
    elif names := next((names for kinds, names in LINKS.items() if isinstance(thing, kinds)), ()):
        yield lambda: [getattr(thing, name) for name in names]
    elif hasattr(type(thing), "tobytes"):  # not the alias of such a type, which would have the method too
        first = thing.tobytes()
        yield lambda: [first] if thing.tobytes() == first else []
        yield lambda: thing.ravel().tolist() if getattr(thing, "dtype", None) is np.dtype(object) else []
    else:
        yield from _object_places(thing)


def _object_places(thing: Any) -> Iterator[Place]:
    """Its attributes, and its class. Of a library's objects only models and mere namespaces are looked into."""
    users = not _is_library(type(thing).__module__)
    if hasattr(thing, "__dict__") and (
        users or isinstance(thing, SimpleNamespace) or hasattr(thing, "named_parameters")
    ):
        yield lambda: vars(thing).values()
    if users:
        held = [x for kind in type(thing).__mro__ for x in vars(kind).values() if isinstance(x, MemberDescriptorType)]
        yield lambda: [type(thing), *(getattr(thing, slot.__name__, None) for slot in held)]


def _function_places(function: FunctionType) -> Iterator[Place]:
    inside = function.__globals__
    names = _global_names(function.__code__)
    yield lambda: [inside.get(name) for name in names]
    yield lambda: [_content(cell) for cell in function.__closure__ or ()]
    yield lambda: [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values(), *vars(function).values()]
    attributes = sorted({name for code in _codes(function.__code__) for name in code.co_names})
    if modules := _modules(function, attributes):
        yield lambda: [vars(module).get(name) for module in modules for name in attributes]


def _modules(function: FunctionType, attributes: list[str]) -> list[ModuleType]:
    """The user's modules that the function can name: `module`, or `package.module`."""
    outside = [*map(function.__globals__.get, attributes), *map(_content, function.__closure__ or ())]
    found = list(filter(_is_users_module, [*outside, *map(sys.modules.get, attributes)]))
    for module in found:  # which grows
        inner = [vars(module).get(name) for name in attributes]
        found += [x for x in inner if _is_users_module(x) and x not in found]
    return found


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _global_names(code: CodeType) -> list[str]:
    loads = (i for part in _codes(code) for i in dis.get_instructions(part))
    return sorted({str(i.argval) for i in loads if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")})


def _is_users_module(thing: Any) -> bool:
    return isinstance(thing, ModuleType) and not _is_library(thing.__name__)


@cache
def _is_library(module: str) -> bool:
    """Modules whose contents are taken not to change: ours and Python's own, and what is installed beside it."""
    top = module.split(".")[0]
    if top in (OURS, "nn", "numpy", "builtins") or (top in sys.stdlib_module_names and top != "__main__"):
        return True
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    return not INSTALLED.isdisjoint(Path(file).parts)
