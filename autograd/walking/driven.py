"""The backward pass on the real nodes, one edge at a time: `walk(v).drive()`."""

from collections.abc import Iterator, Sequence

from ..value import RECORDER, Value
from .record_edges import edge_steps, loss_step
from .steps.formatting import Name
from .steps.step import Seen, Step


class Drive(Iterator[Step]):
    """An iterator that performs `value.backward()` while it is iterated: each `next` sends gradient along one edge.

    The first step zeroes the gradients of inner nodes and sets that of the value to 1. In between every `.grad` is what
    has arrived so far, in a leaf added to its earlier gradient: nothing is lost where one stops. When the last edge is
    done, the result is that of `backward()` to the bit. `finish()` does the rest at once.
    """

    def __init__(self, order: Sequence[Value], scene: dict[Value, Seen], root: Name) -> None:
        self._order = order
        self._steps = self._run(scene, root)
        self.last: Step | None = None  # the step that was done last

    def __iter__(self) -> "Drive":
        return self

    def __next__(self) -> Step:
        self.last = next(self._steps)
        return self.last

    def finish(self) -> None:
        """Do all the remaining steps."""
        for _ in self:
            pass

    def _run(self, scene: dict[Value, Seen], root: Name) -> Iterator[Step]:
        value = self._order[-1]
        RECORDER.get().before_backward(value, 1.0)
        grads = Grads(self._order)
        grads[value] = 1.0
        yield loss_step(scene[value], root)
        yield from edge_steps(self._order, scene, root, grads)

    def __repr__(self) -> str:
        return f"<the backward pass of {self._order[-1].label or 'a value'}, driven; last: {self.last or 'not begun'}>"


class Grads:
    """A ledger of what has arrived, which shows in the nodes' own gradients."""

    def __init__(self, order: Sequence[Value]) -> None:
        self._arrived = dict.fromkeys(order, 0.0)
        self._earlier: dict[Value, float] = {}  # of the leaves
        for node in order:
            if node.operands:
                node.grad = 0.0
            else:
                self._earlier[node] = node.grad = node.grad or 0.0

    def __getitem__(self, node: Value) -> float:
        return self._arrived[node]

    def __setitem__(self, node: Value, grad: float) -> None:
        if node in self._earlier:
            shown = self._earlier[node] + self._arrived[node]
            if node.grad != shown:  # meanwhile somebody else added to it, or zeroed it
                self._earlier[node] += node.grad - shown
            node.grad = self._earlier[node] + grad
        else:
            node.grad = grad
        self._arrived[node] = grad
