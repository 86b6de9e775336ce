"""What a thing holds, by its kind: a function, a class, a module, a container, any other object."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cached_property, lru_cache, partial, partialmethod
from operator import attrgetter
from sys import modules
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any
from weakref import ref

import numpy as np

from ...operations.operation import OPERATIONS, Operation
from .contents import is_array, is_large
from .names import Mentioned, names_of, owner, owner_of_class, owner_of_module
from .spaces import Entries, Found, Items, Links, Place, Space

VIEWS: Any = (type({}.keys()), type({}.values()), type({}.items()))
LINKS: dict[Any, tuple[str, ...]] = {
    MethodType: ("__self__", "__func__"),
    (BuiltinFunctionType, MethodWrapperType): ("__self__",),
    (staticmethod, classmethod): ("__func__",),
    property: ("fget",),
    cached_property: ("func",),
    (partial, partialmethod): ("func", "args", "keywords"),
    type(lru_cache(len)): ("__wrapped__",),
    VIEWS: ("mapping",),
}
"""The attributes of Python's own things that lead on; they stay what they are."""
RULES = ("forward", "partials", "gather", "expansion")
NOT_RUN = frozenset(
    "__repr__ __str__ __del__ __dir__ __copy__ __deepcopy__ __reduce__ __reduce_ex__ __getstate__ __setstate__ "
    "__getnewargs__ __init_subclass__ __set_name__ __sizeof__".split()
)
MAKES = frozenset(["__init__", "__new__", "__post_init__"])  # run only where the class itself is named
OF_C = (BuiltinFunctionType, WrapperDescriptorType, MethodDescriptorType, GetSetDescriptorType, MemberDescriptorType)
CONTAINERS = (list, tuple, set, frozenset, deque)
MAPPINGS = (OrderedDict, dict, MappingProxyType)
BUILTIN: set[type] = {*CONTAINERS, *MAPPINGS}
HEAP = 1 << 9  # the flag of classes whose attributes may be changed
CODE = attrgetter("__code__", "__defaults__", "__kwdefaults__")


def holders(found: Found, mentioned: Mentioned) -> Iterator[Any]:
    """In which ways a thing holds others."""
    thing = found.thing
    if isinstance(thing, FunctionType):
        yield from _of_function(found, mentioned)
    elif isinstance(thing, type):
        yield from _of_class(found, mentioned)
    elif isinstance(thing, ModuleType):
        yield from _of_module(found, mentioned)
    elif isinstance(thing, Operation):
        if is_users_operation(thing):
            yield Links(found, [(f"the operation {thing.name}", getattr(thing, x)) for x in RULES])
            inside = [name for name, op in list(OPERATIONS.items()) if name in mentioned and is_users_operation(op)]
            yield Space(found, mentioned, lambda: OPERATIONS, inside)
    elif isinstance(thing, ref):
        yield Links(found, [("()", thing())], [lambda: [thing() is None]])
    elif isinstance(thing, ContextVar):
        yield Links(found, [("get()", thing.get(None))], [lambda: [thing.get(None)]])
    elif names := next((names for kinds, names in LINKS.items() if isinstance(thing, kinds)), ()):
        yield Links(found, [("", getattr(thing, name)) for name in names])
    elif isinstance(thing, np.ndarray) and thing.dtype == object:
        yield Links(found, [("[…]", x) for x in thing.ravel().tolist()], [lambda: thing.ravel().tolist()])
    elif isinstance(thing, np.ndarray) or not is_array(thing):
        if not found.named and is_large(thing):
            return
        if kinds := [kind for kind in CONTAINERS if isinstance(thing, kind)]:
            yield Items(found, kinds[0])
        elif maps := [kind for kind in MAPPINGS if isinstance(thing, kind)]:
            yield Entries(found, maps[0], mentioned)
        if type(thing) not in BUILTIN:
            yield from _of_object(found, mentioned)


def _of_function(found: Found, mentioned: Mentioned) -> Iterator[Any]:
    function: FunctionType = found.thing
    users, cells = is_users(function), function.__closure__ or ()
    content = [*zip(function.__code__.co_freevars, map(_content, cells), strict=True)]
    defaults = [("", function.__defaults__), ("", function.__kwdefaults__)]
    watched: list[Place] = [partial(CODE, function), *([lambda: map(_content, cells)] if cells else [])]
    yield Links(found, [*content, *defaults], watched if users else [])
    names = names_of(function.__code__) if is_looked_at(found) else None
    space = function.__globals__
    if users and names:
        yield Space(found, mentioned, lambda: space, sorted(names.outside), named=True)
        package = function.__globals__.get("__package__")
        imported = {f"{start}{name}" for start in ("", f"{package}.") for name in names.attributes} & modules.keys()
        yield Space(found, mentioned, lambda: modules, sorted(imported), named=True)
    elif names and owner(function.__code__.co_filename) == "library":
        data = [name for name in sorted(names.outside) if name in space and _is_data(name, space[name])]
        yield Space(found, mentioned, lambda: space, data)
    if chosen := [name for name in list(vars(function)) if name in mentioned]:
        yield Space(found, mentioned, lambda: vars(function), chosen, len)


def _is_data(name: str, thing: Any) -> bool:
    """Whether a global of a library is a setting: no function, and none of its private caches."""
    return not name.startswith("_") and not isinstance(thing, (FunctionType, BuiltinFunctionType, type, ModuleType))


def _of_class(found: Found, mentioned: Mentioned) -> Iterator[Any]:
    kind = found.thing
    if not kind.__flags__ & HEAP or owner_of_class(kind) == "engine":
        return
    whose = owner_of_class(kind)
    if whose == "user" or found.entered:
        space = list(vars(kind).items())
        chosen = [name for name, x in space if name in mentioned or _is_implicit(name, x, found.named)]
        yield Space(found, mentioned, lambda: vars(kind), chosen, len if whose == "user" else None)
        yield Links(
            found, [("", x) for x in (*kind.__bases__, type(kind))], [lambda: kind.__bases__] if whose == "user" else []
        )


def _is_implicit(name: str, thing: Any, named: bool) -> bool:
    """Whether Python itself calls this attribute of a class."""
    special = name.startswith("__") and name.endswith("__") and name not in NOT_RUN and (named or name not in MAKES)
    return special and not isinstance(thing, OF_C) and (callable(thing) or hasattr(type(thing), "__get__"))


def _of_module(found: Found, mentioned: Mentioned) -> Iterator[Any]:
    module, whose = found.thing, owner_of_module(found.thing)
    if whose in ("engine", "nn"):
        return
    whole = whose == "user" and mentioned.computed and found.named
    chosen = [name for name in list(vars(module)) if whole or name in mentioned or name == "__getattr__"]
    yield Space(found, mentioned, lambda: vars(module), chosen, len if whose == "user" else None)


def _of_object(found: Found, mentioned: Mentioned) -> Iterator[Any]:
    """Attributes and class. Those of a model are all read, since any may be a parameter."""
    thing, kind = found.thing, type(found.thing)
    whose = owner_of_class(kind)
    whole = hasattr(kind, "named_parameters") or (mentioned.computed and (found.named or whose == "user"))
    if isinstance(_attributes(thing), dict):
        chosen = [name for name in list(vars(thing)) if whole or name in mentioned]
        yield Space(found, mentioned, partial(vars, thing), chosen, list)
    if slots := [n for n in _slots(kind) if whole or n in mentioned]:
        yield Space(found, mentioned, lambda: {n: getattr(thing, n, None) for n in slots}, slots, len)
    unnamed = Found(thing, found, named=False)
    yield Links(unnamed, [("", kind)], [lambda: [type(thing)]] if whose == "user" else [])


def _attributes(thing: Any) -> Any:
    """Its `__dict__`, if it has one."""
    try:
        return vars(thing)
    except Exception:  # whatever a `__getattr__` of the user's raises
        return None


def _slots(kind: type) -> Iterator[str]:
    for above in kind.__mro__:
        if "__slots__" in vars(above) and owner_of_class(above) != "engine":
            yield from (name for name, x in list(vars(above).items()) if isinstance(x, MemberDescriptorType))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def is_users(function: FunctionType) -> bool:
    """Whether it is the user's own code."""
    return owner(function.__code__.co_filename) == "user"


def is_users_operation(op: Operation) -> bool:
    """Whether an operation is defined outside this package."""
    return not isinstance(op.forward, FunctionType) or owner(op.forward.__code__.co_filename) != "engine"


def is_looked_at(found: Found) -> bool:
    """The user's code wherever it is found, a library's where it may be run; not the engine's, given Values."""
    file = found.thing.__code__.co_filename
    return owner(file) == "user" or (found.entered and owner(file) != "engine")
