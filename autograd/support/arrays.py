"""Arrays that stand for nested lists: NumPy's become lists on the way in, and lists become arrays on the way out."""

from typing import Any


def is_array(x: object) -> bool:
    """Whether it is an array of NumPy's, or one of its numbers; without importing it."""
    return type(x).__module__ == "numpy" and hasattr(x, "tolist")


def as_lists(x: Any) -> Any:
    """An array as nested lists of its numbers; lists and tuples with what is in them; anything else as it is."""
    if is_array(x):
        return x.tolist()
    return type(x)(map(as_lists, x)) if type(x) in (list, tuple) else x


def as_arrays(x: Any) -> Any:
    """Nested lists of numbers as arrays; lists of different shapes, or of Values, stay lists, tuples stay tuples."""
    if type(x) is tuple:
        return tuple(map(as_arrays, x))
    if type(x) is not list:
        return x
    from numpy import array, ndarray

    parts = list(map(as_arrays, x))
    kinds = {part.shape if isinstance(part, ndarray) else type(part) for part in parts}
    if len(kinds) != 1 or not isinstance(parts[0], (ndarray, float, int)):
        return parts
    return array(parts, float)
