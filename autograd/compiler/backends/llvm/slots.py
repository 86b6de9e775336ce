"""The numbers of many Values, read and added to by machine code: a few nanoseconds each, where Python takes a hundred.

A Value keeps `.data` and `.grad` in slots, which are pointers at a fixed distance from where the object begins, to
floats, whose number lies behind the count of their users and the pointer to their type:

    Value:  users · type · … · data → float · … · grad → float · …          float:  users · type · number

Floats are shared and never change: to add is to put a new one in the place of the old. The code runs under the lock of
the interpreter and calls nothing of Python's that could let go of it, so that other threads and interrupts see all of a
call done or none. Whatever is not exactly a float is left to Python. This holds in CPython with that lock; elsewhere
`available()` says no.
"""

import ctypes
import sys
import sysconfig
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numpy as np

from ....value import Value
from ...frontend.hiding import SLOTS
from ...ir.arrays import Floats
from .kernel import compiled

WORD = 8  # bytes in a pointer, in the count of users, in a number
TYPE, NUMBER = WORD, 2 * WORD  # where they lie in a float

FLOAT_OF_LEAF = f"""
  %leaf.at = getelementptr ptr, ptr %leaves, i64 %k
  %leaf = load ptr, ptr %leaf.at
  %place = getelementptr i8, ptr %leaf, i64 %slot
  %float = load ptr, ptr %place
  %number.at = getelementptr i8, ptr %float, i64 {NUMBER}
"""

TEXT = """
declare ptr @PyFloat_FromDouble(double)
declare void @Py_DecRef(ptr)

; The numbers of leaves up to the first whose slot does not hold exactly a float; returns how many.
define i64 @read(ptr %leaves, i64 %n, i64 %slot, ptr %numbers) {{
start:
  br label %next
next:
  %k = phi i64 [0, %start], [%k1, %one]
  %more = icmp slt i64 %k, %n
  br i1 %more, label %look, label %end
look:
  {float_of_leaf}
  %empty = icmp eq ptr %float, null
  br i1 %empty, label %end, label %full
full:
  %type.at = getelementptr i8, ptr %float, i64 {TYPE}
  %type = load i64, ptr %type.at
  %is.float = icmp eq i64 %type, {float_type}
  br i1 %is.float, label %one, label %end
one:
  %number = load double, ptr %number.at
  %to = getelementptr double, ptr %numbers, i64 %k
  store double %number, ptr %to
  %k1 = add i64 %k, 1
  br label %next
end:
  ret i64 %k
}}

; Add numbers to those in the slots, if each holds exactly a float; returns how many do. `room` is for as many numbers.
define i64 @add(ptr %leaves, i64 %n, i64 %slot, ptr %numbers, ptr %room) {{
start:
  %floats = call i64 @read(ptr %leaves, i64 %n, i64 %slot, ptr %room)
  %all = icmp eq i64 %floats, %n
  br i1 %all, label %next, label %end
next:
  %k = phi i64 [0, %start], [%k1, %change]
  %more = icmp slt i64 %k, %n
  br i1 %more, label %one, label %end
one:
  {float_of_leaf}
  %before = load double, ptr %number.at
  %at = getelementptr double, ptr %numbers, i64 %k
  %added = load double, ptr %at
  %sum = fadd double %before, %added
  %new = call ptr @PyFloat_FromDouble(double %sum)
  %failed = icmp eq ptr %new, null
  br i1 %failed, label %end, label %change
change:
  store ptr %new, ptr %place
  call void @Py_DecRef(ptr %float)
  %k1 = add i64 %k, 1
  br label %next
end:
  ret i64 %floats
}}
"""


class _Code(NamedTuple):
    """The functions (leaves, how many, slot, numbers) → how many leaves there are before the first without a float."""

    engine: Any
    read: Any
    add: Any
    data: int
    grad: int


@cache
def available() -> bool:
    """Whether Python's objects lie in memory as they are described above."""
    return (
        sys.implementation.name == "cpython"
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
        and ctypes.sizeof(ctypes.c_void_p) == WORD
        and (object.__basicsize__, float.__basicsize__) == (2 * WORD, 3 * WORD)
    )


class Slots:
    """Where the slots of some leaves are. The leaves must live as long as this."""

    code: _Code
    count: int
    places: Any
    room: Floats
    leaves: int
    between: int

    def __init__(self, leaves: Sequence[Value]) -> None:
        self.code, self.count = _code(), len(leaves)
        self.places, self.room = np.array([id(leaf) for leaf in leaves], np.uintp), np.empty(self.count)
        self.leaves, self.between = self.places.ctypes.data, self.room.ctypes.data

    def read_into(self, address: int) -> bool:
        """Put the leaves' numbers there; False where one of them is no float."""
        return bool(self.code.read(self.leaves, self.count, self.code.data, address) == self.count)

    def add(self, numbers: Floats) -> bool:
        """Add the numbers to the gradients of the first leaves; False, with nothing done, where one is no float."""
        count, code = len(numbers), self.code
        return bool(code.add(self.leaves, count, code.grad, numbers.ctypes.data, self.between) == count)


@cache
def _code() -> _Code:
    for name in ("PyFloat_FromDouble", "Py_DecRef"):
        llvm.add_symbol(name, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value)
    engine = compiled(TEXT.format(TYPE=TYPE, float_type=id(float), float_of_leaf=FLOAT_OF_LEAF))
    pointer, integer = ctypes.c_void_p, ctypes.c_int64
    made = ctypes.PYFUNCTYPE  # whose functions keep the lock, and raise what went wrong inside
    read = made(integer, pointer, integer, integer, pointer)(engine.get_function_address("read"))
    add = made(integer, pointer, integer, integer, pointer, pointer)(engine.get_function_address("add"))
    return _Code(engine, read, add, _offset(SLOTS["data"]), _offset(SLOTS["grad"]))


def _offset(slot: Any) -> int:
    """How far from the beginning of a Value its slot lies: where the address of a new float is found."""
    value, mark = Value(0.0), float("1.25")
    slot.__set__(value, mark)
    words = (ctypes.c_size_t * (Value.__basicsize__ // WORD)).from_address(id(value))
    return list(words).index(id(mark)) * WORD
