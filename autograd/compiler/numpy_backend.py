"""The NumPy back end: every bundle as a few array operations. It needs no compiler; the others are held to it."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from ..arithmetic import FLOATS, Arithmetic
from .arrays import Floats
from .bundles import Bundle, Factors, Lines, Schedule, Step
from .kernels import Buffers, Kernel
from .loops import Address, Operand

Action: TypeAlias = Callable[[], object]


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


CACHED = 100_000  # so many numbers may stand in a cache


class NumpyKernel(Kernel):
    """A schedule ready to run on arrays."""

    def __init__(self, schedule: Schedule, dtype: Any = np.float64) -> None:
        super().__init__()
        self.schedule, self.dtype = schedule, np.dtype(dtype)
        self.outputs = [schedule.operand(int(node)) for node in schedule.program.outputs]
        steps = [*schedule.once, *schedule.rows]
        self.lines = {id(step): _statements(schedule, step) for step in steps if isinstance(step, Lines)}

    def prepared(self, leaves: Floats, inputs: Floats, threads: int = 1) -> "Prepared":
        """The buffers of one call: `run()` goes from buffers to buffers."""
        return Prepared(self, leaves, inputs)


class Prepared(Buffers):
    """A kernel with its buffers: change `leaves` and `inputs` in place, call `run`, read what it returns."""

    def __init__(self, kernel: NumpyKernel, leaves: Floats, inputs: Floats) -> None:
        plan, dtype = kernel.schedule, kernel.dtype
        self.kernel, self.leaves, self.inputs = kernel, np.array(leaves, dtype), np.array(inputs, dtype)
        self.shape = inputs.shape
        self.rows = inputs.shape[1:]
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

    def fill(self, leaves: Floats, inputs: Floats) -> None:
        self.leaves[:], self.inputs[...] = leaves, inputs

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
        out = _view(step.out, step.extents, self.spaces, rowwise and not step.sums_rows)
        if step.sums_rows:
            return _in_turn([_row_sum(run, step.extents, self.spaces, out) for run in step.runs])
        if step.row is None:
            return _products(step, out, self.spaces, rowwise)
        row, operands = step.row, [_view(x, step.extents, self.spaces, rowwise) for x in step.operands]

        def compute() -> None:
            out[...] = row.evaluate(ARRAYS, operands)

        return compute

    def _lines(self, step: Lines, rowwise: bool) -> Action:
        statements, spaces = self.kernel.lines[id(step)], self.spaces

        def compute() -> None:
            for row, out, operands in statements:
                _line(row, out, operands, spaces, rowwise)

        return compute


def _in_turn(actions: list[Action]) -> Action:
    return actions[0] if len(actions) == 1 else lambda: [action() for action in actions]


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


def _products(step: Bundle, out: Any, spaces: dict[str, Floats], rowwise: bool) -> Action:
    """The terms one after the other, as the eager engine adds them."""
    count, scratch = math.prod(step.extents), np.empty_like(out)
    actions: list[Action] = []
    for run in step.runs:
        a = _view(run.a, step.extents, spaces, rowwise, run.length)
        b: Any = None if run.b is None else _view(run.b, step.extents, spaces, rowwise, run.length)
        started = bool(actions)
        if run.length > 4 and 1 < out.size <= CACHED // run.length:
            actions.append(_all_products(a, b, out, run.length, started))
        elif run.length > 4 * max(1, count):
            actions.append(_accumulate(a, b, out, run.length, started))
        else:
            actions.append(_term_by_term(a, b, out, run.length, started, scratch))
    return _in_turn(actions)


def _all_products(a: Any, b: Any, out: Any, length: int, started: bool) -> Action:
    """All products at once, as far as the cache goes; NumPy adds along the first axis in order."""
    products = np.empty((length, *out.shape), out.dtype)

    def add() -> None:
        np.multiply(a, 1.0 if b is None else b, out=products)
        if started:
            np.add(products[0], out, out=products[0])
        np.add.reduce(products, axis=0, out=out)

    return add


def _accumulate(a: Any, b: Any, out: Any, length: int, started: bool) -> Action:
    """Many terms of few nodes: all products at once, added in order."""

    def add() -> None:
        products = np.array(np.broadcast_to(a if b is None else a * b, (length, *out.shape)))
        if started:
            products[0] += out
        out[...] = np.add.accumulate(products, axis=0)[-1]

    return add


def _term_by_term(a: Any, b: Any, out: Any, length: int, started: bool, scratch: Any) -> Action:
    """Few terms of many nodes: all nodes at once, term by term."""
    lefts, rights = ([x[t, ...] if isinstance(x, np.ndarray) else x for t in range(length)] for x in (a, b))
    pairs = list(zip(lefts, rights, strict=True))

    def add() -> None:
        for k, (left, right) in enumerate(pairs):
            if right is None:
                np.add(out, left, out=out) if k or started else np.copyto(out, left)
            elif k or started:
                np.add(out, np.multiply(left, right, out=scratch), out=out)
            else:
                np.multiply(left, right, out=out)

    return add


def _row_sum(run: Factors, extents: tuple[int, ...], spaces: dict[str, Floats], out: Any) -> Action:
    """out += Σ over terms and rows of a·b, each factor only along the loops that move it: mostly a matrix product."""
    letters = "ijklmnop"[: len(extents)]
    factors = [_moving(x, run.length, extents, spaces, letters) for x in (run.a, 1.0 if run.b is None else run.b)]
    (a, first), (b, second) = factors
    present = "".join(name for name in letters if name in first + second)
    still = tuple(slice(None) if name in present else None for name in letters)
    times = (1 if "t" in first + second else run.length) * (1 if "r" in first + second else spaces["X"].shape[1])
    small, large = sorted([(len(first), first, a), (len(second), second, b)], key=lambda factor: factor[:2])
    matrices = large[0] == 2 and large[1][1] == small[1][-1:] == "r" and large[1][0] not in small[1] + "t"
    matrices = matrices and "t" not in small[1]

    def add() -> None:
        if matrices:
            total = _upward(small[2]) @ _upward(large[2]).T
        else:
            total = np.einsum(f"{first},{second}->{present}", a, b)
        np.add(out, (total[still] if letters else total) * times, out=out)

    return add


def _upward(matrix: Any) -> Any:
    """A matrix whose rows lie the way the fast product wants them."""
    return np.ascontiguousarray(matrix) if matrix.strides[0] < 0 else matrix


def _moving(
    factor: Operand, terms: int, extents: tuple[int, ...], spaces: dict[str, Floats], letters: str
) -> tuple[Any, str]:
    """A factor without the dimensions that do not move it, and the names of those that do."""
    if not isinstance(factor, Address):
        return np.asarray(factor), ""
    view = _view(factor, extents, spaces, True, terms)
    moving = [terms > 1 and factor.step != 0, *(s != 0 for s in factor.strides), spaces[factor.space].ndim == 2]
    names = "".join(name for name, moves in zip("t" + letters + "r", moving, strict=True) if moves)
    return view[tuple(slice(None) if moves else 0 for moves in moving)], names


def _statements(schedule: Schedule, step: Lines) -> list[tuple[Any, Address, list[Address]]]:
    program = schedule.program
    args = program.operands(step.nodes).tolist()
    known = {node: schedule.operand(node) for node in {*args, *step.nodes.tolist()}}
    starts = np.cumsum(program.arity[step.nodes]) - program.arity[step.nodes]
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
