"""The NumPy back end: every bundle as a few array operations. It needs no compiler; the others are held to it."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...operations.arithmetic import FLOATS, Arithmetic
from ...operations.powers import rule_of
from ..ir.arrays import Floats
from ..loops.nests import Lines, Schedule, Step, sum_of_products
from ..loops.recognition import Address
from .kernel import Buffers, Kernel, writer
from .numpy_sums import Action, in_turn, products, row_sum, view


def _each(function: Any) -> Any:
    """A function of math, number by number."""

    def mapped(x: Any) -> Any:
        x = np.asarray(x)
        return np.array([function(number) for number in x.ravel().tolist()], x.dtype).reshape(x.shape)

    return staticmethod(mapped)


WORTH_A_MASK = 4096  # numbers; of fewer np.where selects as fast


def _is_zero(x: Any) -> bool:
    return type(x) is float and x.hex() == "0x0.0p+0"  # not −0.0


def _masked(x: Any, mask: Any) -> Any:
    """x where the mask holds, else 0, bit by bit: without the branches of np.where, which take several times longer."""
    return (x.view(f"i{x.itemsize}") * mask).view(x.dtype)


class _NumpyArithmetic(Arithmetic):
    """The arithmetic of arrays, whose operations take them number by number."""

    truediv, abs, sqrt, cbrt, hypot = np.divide, np.abs, np.sqrt, np.cbrt, np.hypot
    exp, exp2, expm1, log, log2, log10, log1p = np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p
    sin, cos, tan, asin, acos, atan, atan2 = np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.arctan2
    sinh, cosh, tanh, asinh, acosh, atanh = np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh
    floor, round, fmod = np.floor, np.rint, np.fmod
    erf, erfc = _each(math.erf), _each(math.erfc)

    def pow(self, x: Any, y: Any) -> Any:
        return rule(self, x) if (rule := rule_of(y)) else np.power(x, y)

    @staticmethod
    def where(condition: Any, x: Any, y: Any) -> Any:
        mask = condition != 0
        if isinstance(mask, np.ndarray) and mask.size > WORTH_A_MASK:
            if isinstance(x, np.ndarray) and _is_zero(y):
                return _masked(x, mask)
            if isinstance(y, np.ndarray) and _is_zero(x):
                return _masked(y, ~mask)
        return np.where(mask, x, y)

    @staticmethod
    def less(x: Any, y: Any) -> Any:
        return np.less(x, y) * 1.0

    @staticmethod
    def less_equal(x: Any, y: Any) -> Any:
        return np.less_equal(x, y) * 1.0

    @staticmethod
    def equal(x: Any, y: Any) -> Any:
        return np.equal(x, y) * 1.0


ARRAYS: Arithmetic = _NumpyArithmetic()


class NumpyKernel(Kernel):
    """A schedule ready to run on arrays."""

    schedule: Schedule
    dtype: "np.dtype[Any]"
    leaves: int
    outputs: list[Address]
    lines: dict[int, list[tuple[Any, Address, list[Address]]]]

    def __init__(self, schedule: Schedule, dtype: Any = np.float64, leaves: int = 0) -> None:
        super().__init__()
        self.schedule, self.dtype, self.leaves = schedule, np.dtype(dtype), leaves
        self.outputs = [schedule.operand(int(node)) for node in schedule.program.outputs]
        steps = [*schedule.once, *schedule.rows]
        self.lines = {id(step): _statements(schedule, step) for step in steps if isinstance(step, Lines)}

    def buffers(self, shape: tuple[int, ...], threads: int) -> "Prepared":
        """New buffers for inputs of that shape; one thread computes all rows."""
        return Prepared(self, shape, threads)


class Prepared(Buffers):
    """A kernel with its buffers: change `leaves` and `inputs` in place, call `run`, read what it returns."""

    kernel: Any
    shape: tuple[int, ...]
    threads: int
    leaves: Floats
    inputs: Floats
    rows: tuple[int, ...]
    address: int
    put: Callable[..., None] | None
    spaces: dict[str, Any]
    actions: list[Action]
    results: Floats
    gathers: list[tuple[Any, Floats, Any]]

    def __init__(self, kernel: NumpyKernel, shape: tuple[int, ...], threads: int) -> None:
        plan, dtype = kernel.schedule, kernel.dtype
        self.kernel, self.shape, self.threads = kernel, shape, threads
        self.leaves, self.inputs = np.zeros(kernel.leaves, dtype), np.zeros(shape, dtype)
        self.rows, self.address = shape[1:], self.leaves.ctypes.data
        self.put = None if self.rows else writer(self.inputs)
        self.spaces = {
            "K": np.array(plan.constants, dtype),
            "P": self.leaves,
            "X": self.inputs,
            "U": np.zeros(plan.sizes["U"], dtype),
            "R": np.zeros((plan.sizes["R"], *self.rows), dtype),
            "G": np.zeros(plan.sizes["G"], dtype),
        }
        self.actions = [self._action(step, False) for step in plan.once] + [
            self._action(step, True) for step in plan.rows
        ]
        self.results = np.empty((len(kernel.outputs), *(() if plan.summed else self.rows)), dtype)
        self.gathers = self._gathers()

    def run(self) -> Floats:
        """Compute: from the buffers to the outputs."""
        self.spaces["G"][:] = 0.0
        with np.errstate(all="ignore"):
            for action in self.actions:
                action()
        for chosen, array, slots in self.gathers:
            self.results[chosen] = array[slots] if array.ndim == self.results.ndim else array[slots][:, None]
        half = len(self.results) // 2
        return self.results[:half] / self.rows[0] + self.results[half:] if self.kernel.schedule.summed else self.results

    def _gathers(self) -> list[tuple[Any, Floats, Any]]:
        """For each space: which outputs lie there, and where."""
        found = []
        for space, array in self.spaces.items():
            here = [(k, out.base) for k, out in enumerate(self.kernel.outputs) if out.space == space]
            if here:
                chosen, slots = np.array(here).T
                found.append((chosen, array, slots))
        return found

    def _action(self, step: Step, rowwise: bool) -> Action:
        """What a step does, with its views of the buffers made beforehand."""
        if isinstance(step, Lines):
            return self._lines(step, rowwise)
        out = view(step.out, step.extents, self.spaces, rowwise and not step.sums_rows)
        if step.sums_rows:
            return in_turn([row_sum(run, step.extents, self.spaces, out) for run in step.runs])
        if step.op is None:
            return products(step, out, self.spaces, rowwise)
        op, operands = step.op, [view(x, step.extents, self.spaces, rowwise) for x in step.operands]

        def compute() -> None:
            out[...] = op.evaluate(ARRAYS, operands)

        return compute

    def _lines(self, step: Lines, rowwise: bool) -> Action:
        statements, spaces = self.kernel.lines[id(step)], self.spaces

        def compute() -> None:
            for op, out, operands in statements:
                _line(op, out, operands, spaces, rowwise)

        return compute


def _statements(schedule: Schedule, step: Lines) -> list[tuple[Any, Address, list[Address]]]:
    program = schedule.program
    args = program.operands(step.nodes).tolist()
    known = {node: schedule.operand(node) for node in {*args, *step.nodes.tolist()}}
    starts = np.cumsum(program.arity[step.nodes]) - program.arity[step.nodes]
    return [
        (
            program.words.operations[program.code[node]],
            known[node],
            [known[x] for x in args[start : start + program.arity[node]]],
        )
        for node, start in zip(step.nodes.tolist(), starts.tolist(), strict=True)
    ]


def _line(op: Any, out: Address, operands: list[Address], spaces: dict[str, Floats], rowwise: bool) -> None:
    numbers = [spaces[x.space][x.base] for x in operands]
    if op is None:
        result = sum_of_products(numbers)
    elif rowwise:
        result = op.evaluate(ARRAYS, numbers)
    else:
        result = op.evaluate(FLOATS, [float(x) for x in numbers])
    if out.space == "G":
        spaces["G"][out.base] += np.sum(np.broadcast_to(result, spaces["X"].shape[1:]))
    else:
        spaces[out.space][out.base] = result
