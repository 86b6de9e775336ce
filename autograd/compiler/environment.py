"""What a function reads from outside: globals, closures, attributes of objects. Compiled code holds their numbers.

So that a number that changes is never missed, each place is remembered and compared before every call; a change
traces the function anew. Values are no numbers here: theirs are read at every call.
"""

import dis
from collections.abc import Callable, Iterator
from operator import is_
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from ..value import Value

PLAIN = (int, float, complex, str, bytes, bool, type(None), type, ModuleType, BuiltinFunctionType)
OURS = __name__.split(".")[0]


class Environment:
    """The places that `function` reads, with what was in them."""

    def __init__(self, function: Any) -> None:
        self.places: list[tuple[Callable[[], Any], list[Any]]] = []
        self.seen: dict[int, Any] = {}
        if function is not None:
            self._look(function)

    def unchanged(self) -> bool:
        """Whether every place still holds what it held."""
        return all(_same(read(), kept) for read, kept in self.places)

    def _look(self, thing: Any) -> None:
        stack = [thing]
        while stack:
            thing = stack.pop()
            if isinstance(thing, (*PLAIN, Value)) or id(thing) in self.seen:
                continue
            self.seen[id(thing)] = thing
            for read in _places(thing):
                found = read()
                self.places.append((read, found))
                stack += [x for x in found if not isinstance(x, (*PLAIN, Value))]


def _same(now: list[Any], then: list[Any]) -> bool:
    return len(now) == len(then) and all(map(is_, now, then))


def _places(thing: Any) -> Iterator[Callable[[], list[Any]]]:
    """Functions that read what `thing` holds."""
    if isinstance(thing, FunctionType):
        yield from _function_places(thing)
    elif isinstance(thing, MethodType):
        yield lambda: [thing.__self__, thing.__func__]
    elif isinstance(thing, (list, tuple, set, frozenset)):
        yield lambda: list(thing)
    elif isinstance(thing, dict):
        yield lambda: [*thing.keys(), *thing.values()]
    elif hasattr(thing, "tobytes"):
        first = thing.tobytes()
        yield lambda: [first] if thing.tobytes() == first else []
    elif hasattr(thing, "__dict__") and not _is_library(type(thing).__module__):
        yield lambda: list(vars(thing).values())
        yield lambda: [method for method in vars(type(thing)).values() if isinstance(method, FunctionType)]


def _function_places(function: FunctionType) -> Iterator[Callable[[], list[Any]]]:
    if _is_library(function.__module__ or ""):
        return
    names = [name for name in _global_names(function.__code__) if name in function.__globals__]
    yield lambda: [function.__globals__.get(name) for name in names]
    yield lambda: [_content(cell) for cell in function.__closure__ or ()]
    yield lambda: [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    attributes = _attribute_names(function.__code__)
    modules = [
        x for name in names if isinstance(x := function.__globals__[name], ModuleType) and not _is_library(x.__name__)
    ]
    if modules:
        yield lambda: [getattr(module, name, None) for module in modules for name in attributes]


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


def _attribute_names(code: CodeType) -> list[str]:
    return sorted({name for part in _codes(code) for name in part.co_names})


def _is_library(module: str) -> bool:
    """Modules whose contents are taken not to change: ours and Python's own, and NumPy."""
    import sys

    top = module.split(".")[0]
    return top in (OURS, "nn", "numpy", "builtins") or (top in sys.stdlib_module_names and top != "__main__")
