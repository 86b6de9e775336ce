"""The back ends: what makes code of a schedule. To add one, write a class like these two and enter it below."""

import warnings
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from ...value import Value
from ..loops.nests import Schedule


class Backend(Protocol):
    """What the compiler asks of a back end. It imports what it needs when it is first used."""

    name: str
    is_machine_code: bool  # whether loops of training steps are machine code, too (see `training.llvm_loop`)

    def missing(self) -> str:
        """What is not installed that it needs; "" if it can be used."""

    def kernel(self, schedule: Schedule, dtype: "np.dtype[Any]", leaves: int, inputs: int) -> Any:
        """The code of a schedule (see `kernel.Kernel`), with places for so many leaves and inputs."""

    def slots(self, leaves: Sequence[Value]) -> Any:
        """What reads the numbers of the leaves and adds to their gradients (see `llvm.slots`); None: Python does."""


class Llvm:
    """Machine code, through llvmlite."""

    name: str
    is_machine_code: bool

    name, is_machine_code = "llvm", True

    def missing(self) -> str:
        """llvmlite, where it is not installed."""
        return "" if find_spec("llvmlite") else "llvmlite"

    def kernel(self, schedule: Schedule, dtype: "np.dtype[Any]", leaves: int, inputs: int) -> Any:
        """Machine code of the schedule."""
        from .llvm.kernel import LlvmKernel

        return LlvmKernel(schedule, dtype, leaves, inputs)

    def slots(self, leaves: Sequence[Value]) -> Any:
        """Machine code that goes to Python's objects itself, where it knows how they lie in memory."""
        from .llvm import slots

        return slots.Slots(leaves) if slots.available() else None


class Numpy:
    """Array operations: needs no compiler, and the others are held to it."""

    name: str
    is_machine_code: bool

    name, is_machine_code = "numpy", False

    def missing(self) -> str:
        """Nothing: without NumPy there is no compiler."""
        return ""

    def kernel(self, schedule: Schedule, dtype: "np.dtype[Any]", leaves: int, inputs: int) -> Any:
        """The schedule as a list of array operations; inputs have the places that a call's array gives them."""
        from .numpy_kernel import NumpyKernel

        return NumpyKernel(schedule, dtype, leaves)

    def slots(self, leaves: Sequence[Value]) -> Any:
        """None."""
        return None


BACKENDS: dict[str, Backend] = {backend.name: backend for backend in (Llvm(), Numpy())}


def available(name: str) -> str:
    """The name of this back end, or of the NumPy one, with a notice, where what it needs is not installed."""
    if name not in BACKENDS:
        raise ValueError(f"unknown backend {name!r}; use {' or '.join(map(repr, BACKENDS))}")
    if missing := BACKENDS[name].missing():
        _notice(missing)
        return "numpy"
    return name


@cache
def _notice(missing: str) -> None:
    """Once is enough: Python's own filter would let it pass once for each line that calls `compile`."""
    warnings.warn(
        f"{missing} is not installed, so that compiled functions run on NumPy, some times slower; "
        f"pip install {missing}, or ask for backend='numpy'",
        RuntimeWarning,
        stacklevel=4,
    )


def number_type(dtype: Any) -> "np.dtype[Any]":
    """The type of numbers of this name; ValueError for any but "float64" and "float32"."""
    try:
        found: np.dtype[Any] = np.dtype(dtype)
    except TypeError:  # no type at all
        found = np.dtype(object)
    if found not in (np.dtype("float64"), np.dtype("float32")):
        raise ValueError(f"unknown dtype {dtype!r}; use 'float64' or 'float32'")
    return found
