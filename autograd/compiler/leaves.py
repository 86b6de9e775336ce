"""The leaves of a compiled function: their numbers as one array, and gradients added to them.

Where the LLVM back end is there, machine code does both (see `backends/llvm/slots.py`); where it is not, or a leaf
holds something else than a float, Python does.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import add_gradients
from ..operations.arithmetic import real
from ..value import GRAD, Constant, Value
from .backends.registry import Backend
from .ir.arrays import Floats


class Leaves:
    """Values that a compiled function reads, in their order: first those that get gradients."""

    values: list[Value]
    slots: Any

    def __init__(self, values: Sequence[Value], backend: Backend) -> None:
        self.values = list(values)
        self.slots = backend.slots(self.values)

    def read(self, dtype: Any = np.float64) -> Floats:
        """What they hold now."""
        found = np.empty(len(self.values))
        if self.slots is None or not self.slots.read_into(found.ctypes.data):
            return held(self.values, dtype)
        return found.astype(dtype, copy=False)

    def write(self, buffers: Any) -> None:
        """Put what they hold now into a kernel's buffers."""
        if self.slots is None or buffers.leaves.dtype != np.float64 or not self.slots.read_into(buffers.address):
            buffers.leaves[:] = self.read()

    def add_gradients(self, totals: Floats) -> None:
        """Add to the `.grad` of the first leaves their totals: to all of them or to none."""
        if self.slots is None or not self.slots.add(totals.astype(np.float64, copy=False)):
            add_gradients(GRAD, self.values[: len(totals)], totals.tolist())


def leaves_only(parameters: Any) -> list[Value]:
    """A list of leaves; raises TypeError for anything else, with what to write, ValueError for one named twice."""
    if isinstance(parameters, Value):
        raise TypeError("parameters= takes a list of leaves, got one Value; write [value]")
    if hasattr(parameters, "parameters"):
        raise TypeError(f"parameters= takes a list of leaves, got a {type(parameters).__name__}; write x.parameters()")
    if isinstance(parameters, Mapping) or not isinstance(parameters, Iterable):
        remedy = "call it, model.parameters()" if callable(parameters) else "write for instance model.parameters()"
        raise TypeError(f"parameters= takes a list of leaves, got {parameters!r:.60}; {remedy}")
    found = list(parameters)
    for p in found:
        if not isinstance(p, Value) or isinstance(p, Constant) or p.operands:
            raise TypeError(f"parameters= takes leaves, Values that were not computed; got {p!r:.60}")
    if len(set(found)) < len(found):
        raise ValueError("parameters= names a Value twice; name each once")
    return found


def held(leaves: Sequence[Value], dtype: Any = np.float64) -> Floats:
    """The numbers of the leaves as they are now; TypeError for what is none (of None, NumPy would make nan)."""
    try:
        return np.array(array("d", [leaf.data for leaf in leaves]), dtype)
    except (TypeError, OverflowError):
        for k, leaf in enumerate(leaves):
            real(leaf.data, f".data of {leaf.label or f'leaf {k}'}")
        raise


def input_leaves(inputs: Any) -> list[Any] | None:
    """The leaves that a compiled graph takes as its inputs, as a list. Raises TypeError for a single one."""
    if isinstance(inputs, Value):
        raise TypeError("inputs= takes a list of leaves, got one Value; write [value]")
    return None if inputs is None else list(inputs)
