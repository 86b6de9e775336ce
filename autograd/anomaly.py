"""detect_anomaly: the first nan or inf becomes an error that says where it came from."""

import contextlib
import math
import os
import sys
from collections.abc import Iterator
from types import FrameType

from .graph import topological_order
from .modes import MODE, Monitor, mode
from .value import Value

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_INSIDE = (os.path.join(_ROOT, "autograd", ""), os.path.join(_ROOT, "nn", ""), contextlib.__file__)


class AnomalyError(ArithmeticError):
    """A nan or inf appeared under detect_anomaly()."""


@contextlib.contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise AnomalyError at the first result or gradient that is nan or inf; the message names the operation.

    It also names its operands with their labels and numbers, and the line that created the node. Slower: for search.
    Nodes and their gradients are watched, those of `grad` and its kin too; results that are no nodes (of plain numbers,
    of constants, under `no_grad`) are not.

    >>> from autograd import Value, detect_anomaly
    >>> with detect_anomaly():
    ...     Value(-1.0, label="x").log()
    Traceback (most recent call last):
    ...
    autograd.anomaly.AnomalyError: log(x = -1.0) is nan ...
    """
    outer = MODE.get().monitor
    with mode(monitor=outer if getattr(outer, "watches", outer) else _Records(outer)):
        yield


class _Records:
    """The line that created each node. By its id: a reference would keep every graph of a training run alive, and an id
    that is used again belongs to a node that has written its own line."""

    watches = True  # no second one is needed inside

    def __init__(self, outer: Monitor | None = None) -> None:
        self.lines: dict[int, str] = {}
        self.outer = outer

    def made(self, node: Value) -> None:
        if self.outer:
            self.outer.made(node)
        self.lines[id(node)] = _callers_line()
        if not math.isfinite(node.data):
            raise AnomalyError(f"{call_text(node)} is {node.data}{self.where(node)}")

    def before_backward(self, root: Value, gradient: float) -> None:
        """The sweep once more beforehand, so that the error comes before any `.grad` has changed."""
        order = topological_order(root)
        totals = dict.fromkeys(order, 0.0) | {root: gradient}
        for node in reversed(order):
            for operand, local in zip(node.operands, node.local_grads, strict=True):
                if local is None:
                    continue
                totals[operand] += local * totals[node]
                if not math.isfinite(totals[operand]):
                    name = operand.label or f"operand {node.operands.index(operand) + 1}"
                    raise AnomalyError(
                        f"the gradient of {name} = {operand.data} became {totals[operand]} in {call_text(node)}: "
                        f"local derivative {local} × arriving gradient {totals[node]}{self.where(node)}"
                    )

    def where(self, node: Value) -> str:
        line = self.lines.get(id(node))
        return f" (created at {line})" if line else " (created outside detect_anomaly(): line unknown)"


def call_text(node: Value) -> str:
    """The operation with its operands' labels and numbers: `log(x = -1.0)`."""
    operands = [f"{x.label} = {x.data}" if x.label else f"{x.data}" for x in node.operands]
    shown = operands if len(operands) <= 8 else [*operands[:4], "…", *operands[-3:]]
    return f"{node.op.name if node.op else 'leaf'}({', '.join(shown)})"


def _callers_line() -> str:
    """File and line of the nearest frame outside this library."""
    frame: FrameType | None = sys._getframe(1)
    while frame and frame.f_code.co_filename.startswith(_INSIDE) and frame.f_back:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown line"
