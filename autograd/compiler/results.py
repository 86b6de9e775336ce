"""What a compiled function returns: columns of numbers in the structure of its results and of its arguments.

One row has the eager structure, to the types of its tuples. For many rows the lists become arrays, rows first, and the
tuples stay tuples. Structures are given as whatever has them: a nested list, with anything in its places.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np

from ..support.pytree import restore
from .arguments import Argnums, built, leaves
from .ir.arrays import Floats

Reader: TypeAlias = Callable[[Floats], Any]
"""From the outputs of a kernel, which the next call overwrites, to what the user gets."""


def results(result: Any, batched: bool) -> Reader:
    """What makes the results of a call out of its columns."""
    if batched:
        return lambda columns: derivatives(columns, result, 0.0)
    make = _nested_in(result)
    return lambda columns: make(columns.tolist())


def value_and_grad(arguments: list[Any], argnums: Argnums, batched: bool) -> Reader:
    """What makes (value, gradient) out of a value's column and, behind it, those of its derivatives."""
    if batched:
        return lambda columns: (
            derivatives(columns[:1], 0.0, 0.0),
            by_argument(columns[1:], 0.0, arguments, argnums),
        )
    make = _nested_in(chosen(arguments, argnums))

    def read(columns: Floats) -> Any:
        value, *gradient = columns.tolist()
        return value, make(gradient)

    return read


def _nested_in(like: Any) -> Callable[[list[float]], Any]:
    """What puts a new flat list into the structure of `like`."""
    if not isinstance(like, (list, tuple)):
        return itemgetter(0)
    if type(like) is list and not any(isinstance(part, (list, tuple)) for part in like):
        return lambda flat: flat
    return partial(restore, like)


def by_argument(columns: Floats, result: Any, arguments: list[Any], argnums: Argnums) -> Any:
    """The derivatives of the results by one argument or, for several, by a tuple of them inside each result."""
    several = not isinstance(argnums, int)
    return derivatives(columns, result, chosen(arguments, argnums), several)


def chosen(arguments: list[Any], argnums: Argnums) -> Any:
    """The argument of that number, or a tuple of those of these numbers."""
    return arguments[argnums] if isinstance(argnums, int) else tuple([arguments[k] for k in argnums])


def derivatives(columns: Floats, result: Any, inner: Any, several: bool = False) -> Any:
    """Columns in the structure of the results and, inside, of `inner`, which is a tuple that stays one if `several`."""
    if columns.ndim == 1:
        return _nested(columns.tolist(), result, inner)
    if isinstance(result, tuple) or (several and isinstance(result, list)):
        width = size(inner)
        parts = _cut(columns, [width * size(part) for part in result])
        return built(type(result), [derivatives(c, r, inner, several) for c, r in zip(parts, result, strict=True)])
    if several:
        parts = _cut(columns, [size(part) for part in inner])
        return tuple([derivatives(c, result, part) for c, part in zip(parts, inner, strict=True)])
    return _stacked(columns, result, inner)


def _cut(columns: Floats, sizes: list[int]) -> list[Floats]:
    ends = np.cumsum([0, *sizes]).tolist()
    return [columns[start:end] for start, end in pairwise(ends)]


def _nested(flat: list[Any], result: Any, inner: Any) -> Any:
    if not isinstance(result, (list, tuple)):
        return restore(inner, flat)
    if not isinstance(inner, (list, tuple)):
        return restore(result, flat)
    width = size(inner)
    return restore(result, [restore(inner, flat[k * width : (k + 1) * width]) for k in range(size(result))])


def _stacked(columns: Floats, result: Any, inner: Any) -> Any:
    """One array; where a structure is ragged, the rows' numbers come as (nested) lists of arrays."""
    outer, inside = shape(result), shape(inner)
    if outer is None or inside is None:
        return _nested(list(columns.copy()), result, inner)
    return np.array(columns.T, order="C").reshape(columns.shape[1], *outer, *inside)


def size(tree: Any) -> int:
    """How many numbers a nested list holds."""
    return sum(1 for _ in leaves(tree))


def shape(tree: Any) -> tuple[int, ...] | None:
    """The shape of an array of that structure; None where the lists are ragged."""
    if not isinstance(tree, (list, tuple)):
        return ()
    shapes = {shape(part) for part in tree}
    only = shapes.pop() if shapes else ()
    return None if shapes or only is None else (len(tree), *only)


def skeleton(result: Any) -> Any:
    """The lists and tuples of a result, without its Values."""
    return restore(result, [None] * size(result))
