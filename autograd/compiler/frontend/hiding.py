"""The numbers of Values, hidden from the thread that traces, and from no other.

A slot cannot be watched, but the class can: while any thread traces, `Value.data` and `Value.grad` are properties that
ask the current recorder. Other threads read and write the same slots as ever, a little slower for that time.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Protocol

from ...value import RECORDER, Constant, Value

HIDDEN = ("data", "grad")
SLOTS: dict[str, Any] = {name: vars(Value)[name] for name in HIDDEN}
# From Python 3.13 on, a class that was changed 1,000 times is slow for ever: after so many traces they stay properties.
MOST = 200 if sys.version_info >= (3, 13) else sys.maxsize


class Reader(Protocol):
    """What decides: it raises where a number may not be read or assigned to."""

    def read(self, value: Value) -> None:
        """Told before a number is read."""
        ...

    def write(self, value: Value, first: bool) -> None:
        """Told before a number is assigned, and whether it is the first of this Value."""
        ...


def _asking(slot: Any) -> property:
    def read(value: Value) -> Any:
        if session := getattr(RECORDER.get(), "session", None):
            session.read(value)
        return slot.__get__(value)

    def write(value: Value, number: Any) -> None:
        if session := getattr(RECORDER.get(), "session", None):
            session.write(value, not _is_filled(slot, value))
        slot.__set__(value, number)

    return property(read, write)


def _is_filled(slot: Any, value: Value) -> bool:
    try:
        slot.__get__(value)
    except AttributeError:
        return False
    return True


class _Hiding:
    """How many traces there are just now, and how many there were."""

    lock, now, ever = Lock(), 0, 0

    @classmethod
    def begin(cls) -> None:
        with cls.lock:
            cls.now, cls.ever = cls.now + 1, cls.ever + 1
            if vars(Value)["data"] is SLOTS["data"]:
                cls.install({name: _asking(slot) for name, slot in SLOTS.items()})

    @classmethod
    def end(cls) -> None:
        with cls.lock:
            cls.now -= 1
            if not cls.now and cls.ever <= MOST:
                cls.install(SLOTS)

    @staticmethod
    def install(descriptors: dict[str, Any]) -> None:
        for name, descriptor in descriptors.items():
            setattr(Value, name, descriptor)


@contextmanager
def hidden_numbers() -> Iterator[None]:
    """While the block runs, recorders with a `session` are asked before a number is read or assigned to."""
    _Hiding.begin()
    try:
        yield
    finally:
        _Hiding.end()


def constant(number: float) -> Constant:
    """A constant, made without asking whether its number may be assigned: a traced graph has many."""
    node = Constant.__new__(Constant)
    node.label, node.op, node.operands, node.local_grads = "", None, (), ()
    SLOTS["data"].__set__(node, number)
    SLOTS["grad"].__set__(node, 0.0)
    return node
