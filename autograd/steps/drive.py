"""The backward pass on the real nodes, one edge at a time: `walk(v).drive()`."""

from collections.abc import Iterator, Sequence

from ..value import RECORDER, Value
from .base import Seen, Step
from .pen import Name
from .record import edge_steps, loss_step


class Drive(Iterator[Step]):
    """An iterator that performs `value.backward()` while it is iterated: each `next` sends gradient along one edge.

    The first step zeroes the gradients and sets that of the value to 1. In between every `.grad` is what has arrived
    so far; when the last edge is done, the leaves' earlier gradients are added, and the result is that of
    `backward()` to the bit. `finish()` does the rest at once.
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
        earlier = [(node, node.grad) for node in self._order if node.grad and not node.operands]
        for node in self._order:
            node.grad = 0.0
        value.grad = 1.0
        yield loss_step(scene[value], root)
        yield from edge_steps(self._order, scene, root, Grads())
        for leaf, grad in earlier:
            leaf.grad = grad + leaf.grad

    def __repr__(self) -> str:
        return f"<the backward pass of {self._order[-1].label or 'a value'}, driven; last: {self.last or 'not begun'}>"


class Grads:
    """The nodes' own gradients, as a ledger."""

    def __getitem__(self, node: Value) -> float:
        return node.grad

    def __setitem__(self, node: Value, grad: float) -> None:
        node.grad = grad
