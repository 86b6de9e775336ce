"""What the operations should compute, from independent sources: mpmath (any number of digits) and PyTorch.

Every function here takes the operands of a row in order, `many` operands one by one.
"""

import importlib.util
import inspect
import math
import struct
from collections.abc import Callable, Sequence
from functools import partial, wraps
from operator import attrgetter
from typing import Any

from mpmath import mp, mpf

from autograd import OPERATIONS, Value
from autograd.functions import evaluate

DIGITS = 60
HAS_TORCH = importlib.util.find_spec("torch") is not None

BUILT_IN = tuple(OPERATIONS)
"""The names of all operations that the library brings."""
EVERY_SAMPLE = [(name, sample) for name in BUILT_IN for sample in OPERATIONS[name].samples]
FLAT_ROWS = {name for name in BUILT_IN if OPERATIONS[name].flat}
ACTIVATIONS = tuple(name for name in BUILT_IN if OPERATIONS[name].activation and name != "sin")


def inside(**given: Sequence[Any] | Callable[..., Sequence[Any]]) -> Callable[[Any], Any]:
    """Run a test for each of these values of one argument, within one test: a failure is told with its value.

    Thousands of tests of a microsecond each cost the runner a minute. The values may depend on the other arguments.
    """
    [(argument, values)] = given.items()

    def decorate(test: Any) -> Any:
        signature = inspect.signature(test)

        @wraps(test)
        def whole(**others: Any) -> None:
            for value in values(**others) if callable(values) else values:
                try:
                    test(**others, **{argument: value})
                except BaseException as error:
                    error.add_note(f"{argument} = {value!r}")
                    raise

        kept = [p for name, p in signature.parameters.items() if name != argument]
        whole.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return whole

    return decorate


def samples_of(name: str, **_: Any) -> Sequence[Sequence[float]]:
    """The points at which the operation of this name is tested."""
    return OPERATIONS[name].samples


def wanted(name: str, count: int) -> list[int]:
    """The positions of the operands that have a derivative."""
    last = ("take", "cross_entropy", "var", "std")
    without = [0] if name == "where" else [count - 1] if name in last else []
    return [i for i in range(count) if i not in without]


def arguments(name: str, operands: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments with which the function `name` is called to get these operands."""
    flat, half = list(operands), len(operands) // 2
    if name == "dot":
        return (flat[:half], flat[half : 2 * half], *flat[2 * half :])
    if name in ("take", "cross_entropy", "var", "std"):
        return (flat[:-1], flat[-1])
    return (flat,) if OPERATIONS[name].many else tuple(flat)


def on_values(name: str, sample: Sequence[float]) -> tuple[Value, list[Value]]:
    """The node of an operation on fresh leaves, and the leaves; what has no derivative stays a plain number."""
    chosen = wanted(name, len(sample))
    operands = [Value(x) if i in chosen else x for i, x in enumerate(sample)]
    return evaluate(OPERATIONS[name], operands), [operands[i] for i in chosen]  # type: ignore[misc]


def bits(x: float) -> str:
    """A float to the bit, all nan alike."""
    return "nan" if math.isnan(x) else struct.pack(">d", x).hex()


def distance_to_a_step(name: str, xs: Sequence[float]) -> float:
    """How far rounding and bounding operations are from numbers at which they jump or bend; inf for all others."""
    x, *others = xs
    if name in ("floor", "ceil", "trunc", "hardtanh"):
        return abs(x - math.floor(x + 0.5))
    if name == "round":
        return abs(x - math.floor(x) - 0.5)
    if name in ("fmod", "remainder"):
        quotient = x / others[0] if others[0] else 0.0
        return abs(quotient - math.floor(quotient + 0.5))
    return min(abs(a - b) for a, b in ((x, others[0]), (x, others[1]), others)) if name == "clip" else math.inf


def reference(name: str, *operands: Any) -> Any:
    """The operation in mpmath, with DIGITS digits."""
    with mp.workdps(DIGITS):
        return MPMATH[name](*map(mpf, operands))


def derivative(name: str, sample: Sequence[float], *positions: int) -> float:
    """The derivative of the mpmath function by the operands at `positions` (repeated for higher orders)."""
    orders = tuple(positions.count(i) for i in range(len(sample)))
    with mp.workdps(DIGITS):
        return float(mp.diff(MPMATH[name], tuple(map(mpf, sample)), orders))


def _exact(name: str) -> Callable[..., Any]:
    """The operation in mpmath, as its entry in the table says, or mpmath's function of the same name."""
    given = OPERATIONS[name].exact
    return getattr(mp, name) if given is None else partial(given, mp)


MPMATH: dict[str, Callable[..., Any]] = {name: _exact(name) for name in BUILT_IN}


def torch_functions() -> dict[str, Callable[..., Any]]:
    """PyTorch's function for each operation that it has, on float64 tensors without dimensions."""
    import torch

    found = {}
    for name in BUILT_IN:
        given = OPERATIONS[name].torch
        if callable(given):
            found[name] = partial(given, torch)
        elif given is not None:
            found[name] = attrgetter(given or name)(torch)
    return found  # type: ignore[return-value]
