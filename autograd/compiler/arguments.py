"""What a compiled function is called with: one row as numbers and nested lists, many rows as arrays, rows first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from operator import index
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ..operations.arithmetic import is_number
from ..value import Value
from .ir.arrays import Floats

Argnums: TypeAlias = int | tuple[int, ...]


class _Unsaid(int):
    """The first position, where nobody has said which."""


UNSAID: Argnums = _Unsaid(0)


class Group(NamedTuple):
    """The structure of a list or tuple: its type, and the structures of its parts; that of a number is None."""

    kind: type
    parts: tuple["Structure", ...]

    @property
    def is_flat(self) -> bool:
        """Whether all parts are numbers."""
        return not any(self.parts)


Structure: TypeAlias = Group | None


class Form(NamedTuple):
    """What tells one program from another: the structures of the arguments, and the names of the last of them."""

    structures: tuple[Structure, ...]
    names: tuple[str, ...] = ()

    def applied(self, function: Any) -> Any:
        """The function of all arguments in their order."""
        return _by_name(function, self.names) if self.names else function


def _by_name(function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        first = len(args) - len(names)
        return function(*args[:first], **dict(zip(names, args[first:], strict=True)))

    call.__name__ = getattr(function, "__name__", type(function).__name__)
    return call


class Call:
    """The arguments of one call: their structures, and the numbers as columns. Those given by name come last."""

    __slots__ = ("args", "flat", "form", "positional", "rows")

    rows: int | None  # of the arrays among the arguments; None: a single row
    flat: Sequence[Any] | None  # the numbers of a single row, where they lie in one list or are the arguments
    positional: int
    args: Sequence[Any]
    form: Form

    def __init__(self, args: Sequence[Any], named: Mapping[str, Any] | None = None) -> None:
        self.args, self.positional, self.rows, self.flat = args, len(args), None, None
        if not named and not {*map(type, args)} - FLOAT:
            self.form, self.flat = _of_numbers(len(args)), args
            return
        names: tuple[str, ...] = ()
        if named:
            names = tuple(sorted(named))
            self.args = [*args, *map(named.__getitem__, names)]
        structures = [None if type(x) is float else self._structure(k, names) for k, x in enumerate(self.args)]
        self.form = Form(tuple(structures), names)

    def _structure(self, k: int, names: tuple[str, ...]) -> Structure:
        """What argument k holds, if it is more than a float."""
        x = self.args[k]
        if type(x) is list and not {*map(type, x)} - PLAIN:
            if len(self.args) == 1:
                self.flat = x
            return _flat(len(x))
        if type(x) is not np.ndarray or x.dtype != float or not x.ndim:
            place = f"argument {names[k - self.positional] if k >= self.positional else k}"
            if not _is_array(x, place):
                return structure(x, place)
        if self.rows is not None and self.rows != len(x):
            raise ValueError(
                f"the arguments have {self.rows} and {len(x)} rows; an array has the rows first, so all arrays "
                "need as many (one row: X[None], or a list; arrays without rows: compile(f, rows=False))"
            )
        self.rows = len(x)
        return _of_shape(x.shape[1:])

    @property
    def batched(self) -> bool:
        """Whether the arguments are arrays of rows."""
        return self.rows is not None

    def shape(self, inputs: int) -> tuple[int, ...]:
        """The shape of the numbers of so many inputs."""
        return (inputs,) if self.rows is None else (inputs, self.rows)

    def columns(self, dtype: Any = np.float64) -> Floats:
        """All inputs in order: inputs × rows, or one number each."""
        found = np.empty(self.shape(sum(map(count, self.form.structures))), dtype)
        self.write(found)
        return found

    def write(self, inputs: Floats) -> None:
        """Put all inputs in their order into an array of that shape."""
        if self.rows is None:
            inputs[...] = _array(self.numbers())
            return
        start = 0
        for x, part in zip(self.args, self.form.structures, strict=True):
            width = 1 if part is None else count(part)
            end = start + width
            inputs[start:end] = x.reshape(len(x), width).T if isinstance(x, np.ndarray) else _column(x)
            start = end

    def numbers(self) -> Sequence[Any]:
        """Those of a single row, in order."""
        if self.flat is not None:
            return self.flat
        found: list[Any] = []
        for x, part in zip(self.args, self.form.structures, strict=True):
            if part is None:
                found.append(x)
            else:
                found.extend(x if part.is_flat else leaves(x))
        return found


def _column(x: Any) -> Floats:
    """What is the same in all rows."""
    return _array(list(leaves(x)))[:, None]


def _array(numbers: Sequence[Any]) -> Floats:
    try:
        return np.array(numbers, np.float64)
    except OverflowError as error:  # as Value(…) raises
        raise OverflowError("an argument holds a number beyond the largest float, about 1.8e308") from error


FLOAT: set[type] = {float}
PLAIN: set[type] = {float, int}


@cache
def _of_numbers(count: int) -> Form:
    """The form of so many numbers."""
    return Form((None,) * count)


@lru_cache(maxsize=64)
def _flat(length: int) -> Group:
    """The structure of a list of so many numbers."""
    return Group(list, (None,) * length)


@lru_cache(maxsize=64)
def _of_shape(shape: tuple[int, ...]) -> Structure:
    return Group(list, (_of_shape(shape[1:]),) * shape[0]) if shape else None


def structure(tree: Any, place: str = "an argument") -> Structure:
    """The structure of a number or a (nested) list; raises TypeError for anything else in it."""
    if isinstance(tree, (list, tuple)):
        parts = [None if type(x) is float else structure(x, f"{place}[{i}]") for i, x in enumerate(tree)]
        return Group(type(tree), tuple(parts))
    if isinstance(tree, Value):
        raise TypeError(
            f"{place} is a Value: no gradient would reach it; give its number (v.data), and for gradients use "
            ".value_and_grad(...), or parameters= and .backward(...); inside grad or another compiled function call "
            "the function itself"
        )
    if isinstance(tree, np.ndarray):
        _is_array(tree, place)
        raise TypeError(f"{place} is an array inside a list; give one array, rows first, or lists of plain numbers")
    if not _is_number(tree):
        raise TypeError(
            f"{place} must be a number, a (nested) list of numbers or an array, got {tree!r:.60} "
            f"({type(tree).__name__}); {_remedy(tree)}"
        )
    return None


# what is refused


ARRAYS = (np.ndarray, np.memmap)
REMEDIES = {
    "c": "take X.real and X.imag as two arguments",
    "V": "give its columns as one array of floats, such as numpy.stack([X[name] for name in X.dtype.names], axis=1)",
    "M": "give numbers, such as (X - X[0]) / numpy.timedelta64(1, 's')",
    "m": "give numbers, such as X / numpy.timedelta64(1, 's')",
}
"""By the kind of an array's dtype; text and objects may be numbers after all."""


def _is_array(x: Any, place: str) -> bool:
    """Whether x is an array of rows; raises TypeError for one that means more, or something else, than its numbers."""
    if not isinstance(x, np.ndarray):
        return False
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(
            f"{place} is a masked array, and what its mask hides would be computed with: give X.filled(...) with the "
            "numbers that are to stand there, or leave these rows out"
        )
    if type(x) not in ARRAYS and x.dtype.kind in "biuf":
        raise TypeError(f"{place} is a {type(x).__name__}, an array of a kind of its own: give numpy.asarray(X)")
    if x.dtype.kind not in "biuf":
        remedy = REMEDIES.get(x.dtype.kind, "give X.astype(float), if all of it are numbers")
        raise TypeError(f"{place} is an array of {x.dtype}, a compiled function takes real numbers: {remedy}")
    if x.ndim == 0:
        raise TypeError(f"{place} is an array without dimensions; a number is X.item(), one row is X[None]")
    return True


def _is_number(thing: Any) -> bool:
    try:
        return is_number(thing)
    except TypeError:  # an array of another library
        return False


def _remedy(thing: Any) -> str:
    if isinstance(thing, np.generic):
        return "write .item() for the number alone"
    if hasattr(thing, "__array__"):
        return "give numpy.asarray(...) of it, rows first"
    if hasattr(thing, "__float__"):
        return "write float(...)"
    if isinstance(thing, Iterable) and not isinstance(thing, (str, bytes)):
        return "write list(...), for a dict list(d.values())"
    return "fix what is no number beforehand: functools.partial(function, ...)"


# structures


def leaves(tree: Any) -> Any:
    """The numbers of a nested list, in order."""
    if not isinstance(tree, (list, tuple)):
        yield tree
        return
    for part in tree:
        yield from leaves(part)


def count(tree: Structure) -> int:
    """How many numbers a structure holds."""
    return 1 if tree is None else sum(map(count, tree.parts))


def zeros(tree: Structure) -> Any:
    """0.0, or a nested list or tuple of them, of that structure."""
    return 0.0 if tree is None else built(tree.kind, [zeros(part) for part in tree.parts])


def built(kind: type, parts: list[Any]) -> Any:
    """A list or a tuple of that type, which may be a named one."""
    return parts if kind is list else kind(*parts) if hasattr(kind, "_fields") else kind(parts)


def at_least_one(number: Any, what: str) -> int:
    """A whole number that is not below 1; raises TypeError or ValueError, with its name, for anything else."""
    try:
        found = index(number)
    except TypeError:
        raise TypeError(f"{what} must be an integer, got {number!r:.40}") from None
    if found < 1:
        raise ValueError(f"{what} must be at least 1, got {number!r}")
    return found
