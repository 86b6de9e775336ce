"""Numbers outside a function, in arrays and lists: compared by content up to a size, beyond it refused unless fixed."""

from array import array
from collections import deque
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

from .tracing import TracingError

LIMIT = 100_000  # numbers, which are compared in about 20 µs
LAYOUT, WRITEABLE = attrgetter("shape", "strides", "dtype"), attrgetter("flags.writeable")
NUMBERS = (int, float, complex, str, bytes, type(None), np.generic)


class Contents:
    """The content of arrays, of those of NumPy at the speed of memory."""

    def __init__(self) -> None:
        self.arrays: list[Any] = []
        self.copies: list[bytearray] = []
        self.layouts: list[Any] = []
        self.fixed: list[Any] = []
        self.others: list[tuple[Callable[[], bytes], bytes]] = []

    def add(self, thing: Any, named: bool, trail: str) -> None:
        """Watch it, if it is not fixed. TracingError where it cannot be watched but the function's code names it."""
        try:
            size, read = _reading(thing)
        except Exception as error:  # of a foreign library
            refuse(named, trail, f"cannot be compared before every call ({type(error).__name__}: {error})")
            return
        if size > LIMIT:
            if _is_fixed(thing):
                self.fixed.append(thing)
            else:
                writable = isinstance(thing, np.ndarray)
                refuse(named, trail, too_many(size), f"make it read-only ({trail}.setflags(write=False))" * writable)
            return
        if type(thing) is np.ndarray and (copy := bytearray(thing.tobytes())).__eq__(thing) is True:
            self.arrays.append(thing)
            self.copies.append(copy)
            self.layouts.append(LAYOUT(thing))
        else:  # with gaps, or not NumPy's
            self.others.append((read, read()))

    def unchanged(self) -> bool:
        """Whether all hold what they held."""
        if self.arrays and (list(map(LAYOUT, self.arrays)) != self.layouts or self.copies != self.arrays):
            return False  # the copies are compared with the arrays as bytes
        if self.fixed and any(map(WRITEABLE, self.fixed)):
            return False
        return not self.others or all(read() == copy for read, copy in self.others)


def is_array(thing: Any) -> bool:
    """Whether it shows its numbers as an array: NumPy's, a tensor, a frame, `array.array`."""
    return hasattr(type(thing), "__array__") or isinstance(thing, (array, bytearray, memoryview))


def is_large(thing: Any) -> bool:
    """Whether a container holds more numbers than are compared."""
    if not isinstance(thing, (list, set, dict, deque)) or len(thing) <= LIMIT:
        return False
    return any(
        issubclass(kind, NUMBERS) for kind in set(map(type, thing.values() if isinstance(thing, dict) else thing))
    )


def too_many(size: int) -> str:
    """What is wrong with so many numbers."""
    return f"holds {size:,} numbers, and more than {LIMIT:,} are not compared before every call"


def refuse(named: bool, trail: str, what: str, remedy: str = "") -> None:
    """TracingError, if the user's code names the thing."""
    if named:
        remedies = " or ".join(filter(None, [remedy, "give what the function needs of it as an argument"]))
        raise TracingError(
            f"autograd.compile watches what a function reads from outside, so that no change is missed; {trail} "
            f"{what}: {remedies}"
        )


def _reading(thing: Any) -> tuple[int, Callable[[], bytes]]:
    """How many numbers it holds, and what reads them."""
    if isinstance(thing, (array, bytearray, memoryview)):
        return len(thing), lambda: bytes(thing)
    now = np.asarray(thing)
    if now.dtype.hasobject:
        raise TypeError("it holds objects, not numbers")
    return now.size, lambda: _bytes(np.asarray(thing))


def _bytes(now: Any) -> bytes:
    return f"{now.shape}{now.dtype.str}".encode() + bytes(now.tobytes())


def _is_fixed(thing: Any) -> bool:
    """Whether it is an array that nobody can write to, nor to the array that it shows a part of."""
    if not isinstance(thing, np.ndarray):
        return False
    while isinstance(thing, np.ndarray):
        if thing.flags.writeable:
            return False
        thing = thing.base
    return True
