"""Deep copies of functions. Python's own keeps a function whole, with the original's things in its closure."""

import copy
from types import CellType, FunctionType, ModuleType
from typing import Any


def copied(thing: Any, memo: dict[int, Any]) -> Any:
    """A deep copy; of a function, one with copies in its closure, its defaults and its attributes.

    What cannot be copied, such as an open file or a lock, is shared.
    """
    if isinstance(thing, FunctionType):
        return memo.get(id(thing)) or _function(thing, memo)
    if isinstance(thing, ModuleType):
        return thing
    try:
        return copy.deepcopy(thing, memo)
    except TypeError:
        return thing


def _function(function: FunctionType, memo: dict[int, Any]) -> FunctionType:
    cells = function.__closure__ or ()
    inside = tuple(CellType() for _ in cells)
    twin = memo[id(function)] = FunctionType(function.__code__, function.__globals__, function.__name__, closure=inside)
    for name in ("__module__", "__qualname__", "__doc__", "__annotations__"):
        setattr(twin, name, getattr(function, name))
    twin.__defaults__ = copied(function.__defaults__, memo)
    twin.__kwdefaults__ = copied(function.__kwdefaults__, memo)
    vars(twin).update({name: copied(x, memo) for name, x in vars(function).items()})
    for cell, new in zip(cells, inside, strict=True):
        if cell != CellType():  # filled already
            new.cell_contents = copied(cell.cell_contents, memo)
    return twin
