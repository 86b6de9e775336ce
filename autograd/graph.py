"""Graphs: the topological order, and the backward sweep. Both work on anything that has `operands`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar


class Node(Protocol):
    """All that a graph asks of its nodes: what each was computed from."""

    @property
    def operands(self) -> Sequence[Self]: ...


N = TypeVar("N", bound=Node)


def topological_order(*roots: N, visited: set[N] | None = None) -> list[N]:
    """Every node the roots were computed from, the roots included, each after all of its operands.

    Depth first, left operand first, without recursion: a million nodes deep works. Nodes in `visited` are left out,
    with what lies below them; those found are added to it.
    """
    order: list[N] = []
    visited = set() if visited is None else visited
    stack: list[N | None] = list(reversed(roots))
    while stack:
        node = stack.pop()
        if node is None:  # all that lies below the next one is in order
            order.append(stack.pop())  # type: ignore[arg-type]
        elif node not in visited:
            visited.add(node)
            if node.operands:
                stack += (node, None)
                stack += node.operands[::-1]
            else:
                order.append(node)
    return order


def dependents(order: Sequence[N], sources: Iterable[N]) -> set[N]:
    """The nodes of a topological `order` that depend on any of `sources`, the sources themselves included."""
    found = set(sources)
    for node in order:
        if not found.isdisjoint(node.operands):
            found.add(node)
    return found


def gradients(root: N, sources: Sequence[N], seed: Any, local_grads: Callable[[N], Sequence[Any]]) -> list[Any]:
    """∂root/∂source · seed for each source, 0.0 where root does not depend on it.

    `local_grads(node)` gives ∂node/∂operand in order, None where an operand has no derivative. They may be
    numbers or Values: with Values the result is a graph that can be differentiated again.
    """
    order = topological_order(root)
    active = dependents(order, sources)
    total = {root: seed}
    ends = set(sources)
    for node in reversed(order):
        if node not in active or node not in total or not node.operands or node in ends:
            continue
        for operand, local in zip(node.operands, local_grads(node), strict=True):
            if local is None or operand not in active:
                continue
            sent = times(local, total[node])
            total[operand] = total[operand] + sent if operand in total else sent
    return [total.get(source, 0.0) for source in sources]


@dataclass(frozen=True, eq=False, slots=True)
class Gated:
    """A local derivative with a gate, as `passes` makes it of a condition that is a graph itself.

    What is selected is its product with a gradient, not a 0 as its factor: 0·inf would be nan.
    """

    condition: Any
    slope: Any
    where: Callable[[Any, Any, Any], Any]

    def __mul__(self, gradient: Any) -> Any:
        return self.where(self.condition, times(self.slope, gradient), 0.0)

    def __pos__(self) -> Any:
        return self.where(self.condition, self.slope, 0.0)


def times(slope: Any, gradient: Any) -> Any:
    """slope · gradient: what passes along an edge, without a node for a factor that is the plain number 1.

    A slope with a gate knows its own products; its product with 1 is +slope.
    """
    if type(slope) is float and slope == 1.0:
        return gradient
    return +slope if type(gradient) is float and gradient == 1.0 else slope * gradient
