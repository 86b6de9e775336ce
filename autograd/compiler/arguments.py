"""Arguments and results of compiled functions: one row as numbers and nested lists, many rows as arrays, rows first."""

import math
from collections.abc import Sequence
from operator import index
from typing import Any, TypeAlias

import numpy as np

from ..arithmetic import is_number
from ..value import Value
from .arrays import Floats

Structure: TypeAlias = tuple["Structure", ...] | None
"""None for a number, a tuple of structures for a list."""
Argnums: TypeAlias = int | tuple[int, ...]


class Call:
    """The arguments of one call: their structures, and the numbers as columns."""

    def __init__(self, args: Sequence[Any]) -> None:
        self.arrays = [_is_array(x) for x in args]
        self.structures = tuple(
            _of_shape(x.shape[1:]) if a else structure(x, f"argument {k}")
            for k, (x, a) in enumerate(zip(args, self.arrays, strict=True))
        )
        counts = {len(x): None for x, a in zip(args, self.arrays, strict=True) if a}
        if len(counts) > 1:
            raise ValueError(
                f"the arguments have {' and '.join(map(str, counts))} rows; an array has the rows first, so all arrays "
                "need as many (one row: X[None], or a list)"
            )
        self.rows: int | None = next(iter(counts), None)
        self.args = args

    @property
    def batched(self) -> bool:
        return self.rows is not None

    def columns(self, dtype: Any = np.float64) -> Floats:
        """All inputs in order: inputs × rows, or one number each."""
        if self.rows is None:
            return np.array([x for arg in self.args for x in leaves(arg)], dtype)
        parts = [
            _columns(arg, dtype) if array else np.repeat(np.array(list(leaves(arg)), dtype)[:, None], self.rows, axis=1)
            for arg, array in zip(self.args, self.arrays, strict=True)
        ]
        return np.ascontiguousarray(np.concatenate(parts)) if parts else np.zeros((0, self.rows), dtype)


def _is_array(x: Any) -> bool:
    if not isinstance(x, np.ndarray):
        return False
    if x.ndim == 0 or x.dtype.kind not in "biuf":
        raise TypeError(
            f"a compiled function takes arrays of real numbers with the rows first, got shape {x.shape}, {x.dtype}; "
            "one row is X[None], or a list"
        )
    return True


def _columns(array: Any, dtype: Any) -> Floats:
    width = int(np.prod(array.shape[1:], dtype=np.int64))
    found: Floats = array.reshape(len(array), width).T.astype(dtype)
    return found


def _of_shape(shape: tuple[int, ...]) -> Structure:
    return tuple(_of_shape(shape[1:]) for _ in range(shape[0])) if shape else None


def structure(tree: Any, place: str = "an argument") -> Structure:
    """The structure of a number or a (nested) list; raises TypeError for anything else in it."""
    if isinstance(tree, (list, tuple)):
        return tuple([None if type(x) is float else structure(x, f"{place}[{i}]") for i, x in enumerate(tree)])
    if isinstance(tree, Value):
        raise TypeError(
            f"{place} is a Value: no gradient would reach it; give its number (v.data), and for gradients use "
            ".value_and_grad(...), or parameters= and .backward(...); inside grad or another compiled function call "
            "the function itself"
        )
    if isinstance(tree, np.ndarray):
        raise TypeError(f"{place} is an array inside a list; give one array, rows first, or lists of plain numbers")
    if not is_number(tree):
        raise TypeError(f"{place} must be a number, a (nested) list of numbers or an array, got {tree!r:.60}")
    return None


def leaves(tree: Any) -> Any:
    """The numbers of a nested list, in order."""
    if not isinstance(tree, (list, tuple)):
        yield tree
        return
    for part in tree:
        yield from leaves(part)


def count(tree: Structure) -> int:
    """How many numbers a structure holds."""
    return 1 if tree is None else sum(map(count, tree))


def zeros(tree: Structure) -> Any:
    """A nested list of that structure."""
    return 0.0 if tree is None else [zeros(part) for part in tree]


def nested(tree: Structure, flat: Any, tuples: bool = False) -> Any:
    """The items of an iterator in that structure."""
    if tree is None:
        return next(flat)
    parts = [nested(part, flat) for part in tree]
    return tuple(parts) if tuples else parts


def shape(tree: Structure) -> tuple[int, ...] | None:
    """The shape of an array of that structure; None where the lists are ragged."""
    if tree is None:
        return ()
    shapes = {shape(part) for part in tree}
    only = shapes.pop() if shapes else ()
    return None if shapes or only is None else (len(tree), *only)


def arranged(columns: Any, *trees: Structure) -> Any:
    """Columns in the structure of the trees, one inside the other: numbers, or an array with the rows first.

    Where a structure is ragged, the rows' numbers come as (nested) lists of arrays.
    """
    if columns.ndim == 1:
        return _inside(iter(columns.tolist()), trees)
    shapes = [shape(tree) for tree in trees]
    if any(found is None for found in shapes):
        return _inside(iter(list(columns)), trees)
    full = tuple(n for found in shapes for n in found or ())
    return np.ascontiguousarray(columns.T).reshape(columns.shape[1], *full)


def _inside(flat: Any, trees: tuple[Structure, ...]) -> Any:
    if not trees:
        return next(flat)
    return nested(trees[0], (_inside(flat, trees[1:]) for _ in range(count(trees[0]))))


def skeleton(result: Any) -> Any:
    """The lists and tuples of a result, without its Values."""
    if not isinstance(result, (list, tuple)):
        return None
    parts = [skeleton(x) for x in result]
    return tuple(parts) if isinstance(result, tuple) else parts


def outputs(result: Any) -> Structure:
    """The structure of a result."""
    return tuple(outputs(part) for part in result) if isinstance(result, (list, tuple)) else None


def results(result: Any, columns: Floats) -> Any:
    """A tuple of results stays a tuple; a list becomes a list of numbers, or an array."""
    if not isinstance(result, tuple):
        return arranged(columns, outputs(result))
    parts, start = [], 0
    for part in result:
        size = count(outputs(part))
        parts.append(results(part, columns[start : start + size]))
        start += size
    return tuple(parts)


def by_argument(columns: Floats, call: Call, argnums: Argnums, *outer: Structure) -> Any:
    """Derivatives in the structure of the results and, inside, of the chosen argument; a tuple for several."""
    if isinstance(argnums, int):
        return arranged(columns, *outer, call.structures[argnums])
    sizes = [count(call.structures[k]) for k in argnums]
    results, rest = math.prod(map(count, outer)), columns.shape[1:]  # no −1: there may be no rows, or no inputs
    table = columns.reshape(results, sum(sizes), *rest)
    ends = np.cumsum(sizes).tolist()
    parts = [table[:, e - size : e].reshape(results * size, *rest) for size, e in zip(sizes, ends, strict=True)]
    return tuple(arranged(part, *outer, call.structures[k]) for part, k in zip(parts, argnums, strict=True))


def at_least_one(number: Any, what: str) -> int:
    """A whole number that is not below 1; raises TypeError or ValueError, with its name, for anything else."""
    try:
        found = index(number)
    except TypeError:
        raise TypeError(f"{what} must be an integer, got {number!r:.40}") from None
    if found < 1:
        raise ValueError(f"{what} must be at least 1, got {number!r}")
    return found
