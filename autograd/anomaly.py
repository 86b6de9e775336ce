"""detect_anomaly: the first nan or inf becomes an error that says where it came from."""

import math
import os
import sys
from types import FrameType

from .graph import sweep, topological_order
from .operations.operation import Operation
from .recorders import Around, Block
from .value import Operands, Recorder, Value

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_INSIDE = (os.path.join(_ROOT, "autograd", ""), os.path.join(_ROOT, "nn", ""))


class AnomalyError(ArithmeticError):
    """A nan or inf appeared under detect_anomaly()."""


class detect_anomaly(Block):
    """Raise AnomalyError at the first result or gradient that is nan or inf; the message names the operation.

    It also names its operands with their labels and numbers, and the line that created the node. Slower: for search.
    Nodes and their gradients are watched, those of `grad` and its kin too; results that are no nodes (of plain numbers,
    of constants, under `no_grad`) are not. Also a decorator.

    >>> from autograd import Value, detect_anomaly
    >>> with detect_anomaly():
    ...     Value(-1.0, label="x").log()
    Traceback (most recent call last):
    ...
    autograd.anomaly.AnomalyError: log(x = -1.0) is nan ...
    """

    def recorder(self, now: Recorder) -> Recorder:
        """Inside the block every node is watched."""
        return now if now.watching else now.around(Watch)


class Watch(Around):
    """Looks at each node that it makes, and remembers the line that created it. By its id: a reference would keep every
    graph of a training run alive, and an id that is used again belongs to a node that has written its own line.
    """

    watching = True

    def __init__(self, outer: Recorder) -> None:
        super().__init__(outer)
        self.lines: dict[int, str] = {}

    def node(self, op: Operation, operands: Operands, data: float, local_grads: tuple[float | None, ...]) -> Value:
        """A node, with the line of the user's that made it; raises where it is nan or inf."""
        node = super().node(op, operands, data, local_grads)
        self.lines[id(node)] = _callers_line()
        if not math.isfinite(data):
            raise AnomalyError(f"{call_text(node)} is {data}{self.where(node)}")
        return node

    def before_backward(self, root: Value, gradient: float) -> None:
        """The sweep once more beforehand, so that the error comes before any `.grad` has changed."""
        total = {root: gradient}
        for node, operand, local in sweep(topological_order(root), total, zero=0.0):
            if not math.isfinite(total[operand]):
                name = operand.label or f"operand {node.operands.index(operand) + 1}"
                raise AnomalyError(
                    f"the gradient of {name} = {operand.data} became {total[operand]} in {call_text(node)}: "
                    f"local derivative {local} × arriving gradient {total[node]}{self.where(node)}"
                )

    def where(self, node: Value) -> str:
        """Where a node was made, as messages say it."""
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
