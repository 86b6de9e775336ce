"""The NumPy back end: every bundle as a few array operations. It needs no compiler; the others are held to it."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arithmetic import FLOATS, Arithmetic
from .bundles import Bundle, Factors, Lines, Schedule, Step
from .loops import Address, Operand
from .program import Floats, spans


def _each(function: Any) -> Any:
    """A function of math, number by number."""

    def mapped(x: Any) -> Any:
        x = np.asarray(x)
        return np.array([function(number) for number in x.ravel().tolist()], x.dtype).reshape(x.shape)

    return staticmethod(mapped)


class NumpyArithmetic(Arithmetic):
    """The arithmetic of arrays, whose operations take them number by number."""

    truediv, pow, abs, sqrt, where = (
        np.divide,
        np.power,
        np.abs,
        np.sqrt,
        staticmethod(lambda c, a, b: np.where(c != 0, a, b)),
    )
    exp, expm1, log, log1p = np.exp, np.expm1, np.log, np.log1p
    sin, cos, tan, asin, acos, atan = np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan
    sinh, cosh, tanh = np.sinh, np.cosh, np.tanh
    erf, erfc = _each(math.erf), _each(math.erfc)

    @staticmethod
    def less(x: Any, y: Any) -> Any:
        return np.less(x, y) * 1.0

    @staticmethod
    def less_equal(x: Any, y: Any) -> Any:
        return np.less_equal(x, y) * 1.0

    @staticmethod
    def equal(x: Any, y: Any) -> Any:
        return np.equal(x, y) * 1.0


ARRAYS = NumpyArithmetic()


class NumpyKernel:
    """A schedule ready to run on arrays."""

    def __init__(self, schedule: Schedule, dtype: Any = np.float64) -> None:
        self.schedule, self.dtype = schedule, np.dtype(dtype)
        self.outputs = [schedule.operand(int(node)) for node in schedule.program.outputs]
        lines = [step for step in (*schedule.once, *schedule.rows) if isinstance(step, Lines)]
        self.lines = {id(step): _statements(schedule, step) for step in lines}
        self.constants = np.array(schedule.constants, self.dtype)

    def __call__(self, leaves: Floats, inputs: Floats, threads: int = 1) -> Floats:
        """The outputs (outputs × rows; one number each for a single row, or the mean over rows) for inputs × rows."""
        sizes, rows = self.schedule.sizes, inputs.shape[1:]
        spaces = {
            "K": self.constants,
            "P": np.asarray(leaves, self.dtype),
            "X": np.asarray(inputs, self.dtype),
            "U": np.empty(sizes["U"], self.dtype),
            "R": np.empty((sizes["R"], *rows), self.dtype),
            "G": np.zeros(sizes["G"], self.dtype),
        }
        with np.errstate(all="ignore"):
            for step in self.schedule.once:
                self._run(step, spaces, False)
            for step in self.schedule.rows:
                self._run(step, spaces, True)
        return self._results(spaces, rows)

    def prepared(self, leaves: Floats, inputs: Floats, threads: int = 1) -> "Prepared":
        """The buffers of one call: `run()` goes from buffers to buffers."""
        return Prepared(self, np.array(leaves, self.dtype), np.array(inputs, self.dtype))

    def _results(self, spaces: dict[str, Floats], rows: tuple[int, ...]) -> Floats:
        summed = self.schedule.summed
        results = np.empty((len(self.outputs), *(() if summed else rows)), self.dtype)
        for k, out in enumerate(self.outputs):
            results[k] = spaces[out.space][out.base]
        half = len(results) // 2
        return results[:half] / rows[0] + results[half:] if summed else results

    def _run(self, step: Step, spaces: dict[str, Floats], rowwise: bool) -> None:
        if isinstance(step, Lines):
            for row, out, operands in self.lines[id(step)]:
                _line(row, out, operands, spaces, rowwise)
        elif step.sums_rows:
            _sum_rows(step, spaces)
        else:
            out = _view(step.out, step.extents, spaces, rowwise)
            if step.row is not None:
                out[...] = step.row.evaluate(ARRAYS, [_view(x, step.extents, spaces, rowwise) for x in step.operands])
            else:
                _products(step, out, spaces, rowwise)


@dataclass
class Prepared:
    """A kernel with its buffers: change `leaves` and `inputs` in place, call `run`, read what it returns."""

    kernel: NumpyKernel
    leaves: Floats
    inputs: Floats

    def run(self) -> Floats:
        return self.kernel(self.leaves, self.inputs)


def _view(operand: Operand, extents: tuple[int, ...], spaces: dict[str, Floats], rowwise: bool, terms: int = 0) -> Any:
    """The operand over the loops (and over the terms, first), without copying: shape terms × loops × rows."""
    if not isinstance(operand, Address):
        return operand
    array = spaces[operand.space]
    size = array.itemsize * (array.shape[1] if array.ndim == 2 else 1)
    shape = (*([terms] if terms else []), *extents)
    strides = tuple(size * s for s in (*([operand.step] if terms else []), *(operand.strides or (0,) * len(extents))))
    rows, row = ((array.shape[1],), (array.itemsize,)) if array.ndim == 2 else (((1,), (0,)) if rowwise else ((), ()))
    return np.ndarray((*shape, *rows), array.dtype, array, size * operand.base, strides + row)


def _products(step: Bundle, out: Any, spaces: dict[str, Floats], rowwise: bool) -> None:
    """The terms one after the other, as the eager engine adds them."""
    started = False
    for run in step.runs:
        a = _view(run.a, step.extents, spaces, rowwise, run.length)
        b: Any = 1.0 if run.b is None else _view(run.b, step.extents, spaces, rowwise, run.length)
        if run.length > 4 * max(1, math.prod(step.extents)):
            products = np.broadcast_to(a * b, (run.length, *out.shape)).copy()
            if started:
                products[0] += out
            out[...] = np.add.accumulate(products, axis=0)[-1]
            started = True
            continue
        for t in range(run.length):
            left = a[t] if isinstance(run.a, Address) else a
            right = b[t] if isinstance(run.b, Address) else b
            if started:
                out += left * right if run.b is not None else left
            else:
                np.multiply(left, right, out=out)
                started = True


def _sum_rows(step: Bundle, spaces: dict[str, Floats]) -> None:
    out = _view(step.out, step.extents, spaces, False)
    for run in step.runs:
        out += _row_sum(run, step.extents, spaces)


def _row_sum(run: Factors, extents: tuple[int, ...], spaces: dict[str, Floats]) -> Any:
    """Σ over terms and rows of a·b, each factor only along the loops that move it: mostly a matrix product."""
    letters = "ijklmnop"[: len(extents)]
    parts, names, ones = [], [], {"t": run.length, "r": 0}
    for factor in (run.a, 1.0 if run.b is None else run.b):
        view = _view(factor, extents, spaces, True, run.length)
        if not isinstance(factor, Address):
            parts.append(np.asarray(factor))
            names.append("")
            continue
        ones["r"] = max(ones["r"], view.shape[-1])
        moving = [run.length > 1 and factor.step != 0, *(s != 0 for s in factor.strides), view.shape[-1] > 1]
        parts.append(view[tuple(slice(None) if moves else 0 for moves in moving)])
        names.append("".join(name for name, moves in zip("t" + letters + "r", moving, strict=True) if moves))
    present = "".join(name for name in letters if name in names[0] + names[1])
    total = np.einsum(f"{names[0]},{names[1]}->{present}", *parts, optimize=True)
    still = tuple(slice(None) if name in present else None for name in letters)
    times = 1
    if "t" not in names[0] + names[1]:
        times *= run.length
    if "r" not in names[0] + names[1]:
        times *= ones["r"]
    return total[still] * times if letters else total * times


def _statements(schedule: Schedule, step: Lines) -> list[tuple[Any, Address, list[Address]]]:
    program = schedule.program
    args = program.operands(step.nodes).tolist()
    known = {node: schedule.operand(node) for node in {*args, *step.nodes.tolist()}}
    starts = np.cumsum(program.arity[step.nodes]) - program.arity[step.nodes]
    assert len(spans(starts, program.arity[step.nodes])) == len(args)
    return [
        (
            program.words.rows[program.code[node]],
            known[node],
            [known[x] for x in args[start : start + program.arity[node]]],
        )
        for node, start in zip(step.nodes.tolist(), starts.tolist(), strict=True)
    ]


def _line(row: Any, out: Address, operands: list[Address], spaces: dict[str, Floats], rowwise: bool) -> None:
    numbers = [spaces[x.space][x.base] for x in operands]
    if row is None:
        result = numbers[0] * numbers[1]
        for a, b in zip(numbers[2::2], numbers[3::2], strict=True):
            result = result + a * b
    elif rowwise:
        result = row.evaluate(ARRAYS, numbers)
    else:
        result = row.evaluate(FLOATS, [float(x) for x in numbers])
    if out.space == "G":
        spaces["G"][out.base] += np.sum(np.broadcast_to(result, spaces["X"].shape[1:]))
    else:
        spaces[out.space][out.base] = result
