"""What a call does once its code is there: numbers into buffers, machine code, results out of them."""

import struct
from functools import partial
from typing import Any

import numpy as np

from ..anomaly import AnomalyError
from ..transforms import positions
from ..value import PLAIN, RECORDER
from .arguments import Argnums, Call, count
from .cache import Codes, Traced
from .derivatives import sparse
from .ir.arrays import Floats
from .leaves import Leaves
from .request import Request, Task
from .results import Reader, by_argument, chosen, results, value_and_grad


class Ready:
    """One kind of call, for arguments of one form: of one row, or of any number of rows."""

    __slots__ = ("checked", "code", "count", "leaves", "request", "result")
    code: Any
    request: Request
    count: int
    result: Reader
    leaves: Leaves | None
    checked: bool

    def __init__(self, traced: Traced, code: Any, request: Request, result: Reader) -> None:
        self.code, self.request, self.count, self.result = code, request, len(traced.inputs), result
        self.leaves, self.checked = traced.numbers if traced.leaves else None, traced.checks.any

    def __call__(self, codes: Codes, traced: Traced, call: Call, threads: int) -> Any:
        """The results for these arguments."""
        buffers = self.code.take((self.count,) if call.rows is None else (self.count, call.rows), threads)
        _put(call, buffers)
        if self.leaves is not None:
            self.leaves.write(buffers)
        if self.checked:
            codes.check(traced, buffers.inputs)
        outputs = buffers.run()
        if RECORDER.get() is not PLAIN:
            self._look(codes, outputs)
        found = self.result(outputs)
        self.code.give(buffers)
        return found

    def _look(self, codes: Codes, outputs: Floats) -> None:
        """Under `detect_anomaly`: which row is not finite. Where in it, only the engine can tell."""
        odd = ~np.isfinite(outputs)
        if RECORDER.get().watching and odd.any():
            where = f" in row {int(odd.any(axis=0).argmax())}" if outputs.ndim > 1 else ""
            what = f"{self.request.task} of the compiled {codes.name} is {outputs[odd][0]}{where}"
            raise AnomalyError(f"{what}; call the function itself there to see the operation")


def _put(call: Call, buffers: Any) -> None:
    if call.flat is not None and buffers.put is not None:
        try:
            buffers.put(*call.flat)
            return
        except struct.error:  # no number that a float can hold, which NumPy's error names
            pass
    call.write(buffers.inputs)


def reader(task: Task, traced: Traced, call: Call, argnums: Argnums, code: Any) -> Reader:
    """What makes the results of such a call out of its outputs; it does not keep the code."""
    arguments, result = traced.arguments[: call.positional], traced.result
    match task:
        case "value":
            return results(result, call.batched)
        case "value_and_grad":
            return value_and_grad(arguments, argnums, call.batched)
        case "jacobian":
            return lambda columns: by_argument(columns, result, arguments, argnums)
        case "hessian":
            return lambda columns: by_argument(columns, chosen(arguments, argnums), arguments, argnums)
        case "sparse jacobian":
            return sparse.reader(code.places, result, arguments, argnums, call.batched)
        case "sparse hessian":
            return sparse.reader(code.places, chosen(arguments, argnums), arguments, argnums, call.batched)
        case "backward":
            return partial(_give_gradients, traced.numbers)


def _give_gradients(leaves: Leaves, columns: Floats) -> float:
    leaves.add_gradients(columns[1:])
    return float(columns[0])


def inputs_of(task: Task, call: Call, argnums: Argnums) -> tuple[int, ...]:
    """The inputs that belong to the arguments `argnums`, of those given by position."""
    if task in ("value", "backward"):
        return ()
    counts = [count(part) for part in call.form.structures[: call.positional]]
    starts = np.cumsum([0, *counts]).tolist()
    return tuple(i for k in positions(argnums, len(counts)) for i in range(starts[k], starts[k + 1]))
