"""Graphs: the topological order, the symbolic backward sweep, and how gradients are added to those of the leaves."""

from collections import deque
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import add, attrgetter
from typing import Any, Protocol, Self, TypeVar

from .operations.arithmetic import real


class Node(Protocol):
    """All that a graph asks of its nodes: what each was computed from."""

    @property
    def operands(self) -> Sequence[Self]:
        """What the node was computed from, in order."""
        ...


N = TypeVar("N", bound=Node)


def topological_order(*roots: N, visited: set[N] | None = None) -> list[N]:
    """Every node the roots were computed from, the roots included, each after all of its operands.

    Depth first, left operand first, without recursion: a million nodes deep works. Nodes in `visited` are left out,
    with what lies below them; those found are added to it.
    """
    order: list[N] = []
    visited = set() if visited is None else visited
    begun: list[N] = []  # the path to where we are: nodes some of whose operands are in order already,
    remaining = [iter(roots)]  # and which operands are still to come
    while remaining:
        for node in remaining[-1]:
            if node not in visited:
                visited.add(node)
                if node.operands:
                    begun.append(node)
                    remaining.append(iter(node.operands))
                    break
                order.append(node)
        else:
            remaining.pop()
            if begun:
                order.append(begun.pop())
    return order


def dependents(order: Sequence[N], sources: Iterable[N]) -> set[N]:
    """The nodes of a topological `order` that depend on any of `sources`, the sources themselves included."""
    found = set(sources)
    for node in order:
        if not found.isdisjoint(node.operands):
            found.add(node)
    return found


def gradients(
    root: N,
    sources: Sequence[N],
    seed: Any,
    local_grads: Callable[[N], Sequence[Any]],
    order: Sequence[N] | None = None,
) -> list[Any]:
    """∂root/∂source · seed for each source, 0.0 where root does not depend on it.

    `local_grads(node)` gives ∂node/∂operand in order, None where an operand has no derivative. They may be
    numbers or Values: with Values the result is a graph that can be differentiated again. `order` is the topological
    order, where it is known already; what the sources were computed from need not be in it.
    """
    if order is None:
        order = topological_order(root, visited=set(sources))
    active = dependents(order, sources)
    total = {root: seed}
    deque(sweep([node for node in order if node in active], total, local_grads, active), maxlen=0)
    return [total.get(source, 0.0) for source in sources]


def sweep(
    order: Sequence[N],
    total: dict[N, Any],
    local_grads: Callable[[N], Sequence[Any]] = attrgetter("local_grads"),
    active: Container[N] | None = None,
    zero: Any = None,
) -> Iterator[tuple[N, N, Any]]:
    """The backward sweep: local derivative × gradient along every edge, added up in `total`, which holds the seed.

    Gives (node, operand, local derivative) after each edge that gradient went along; only along those to `active` nodes
    where these are given. Sums begin with what arrives first, or with `zero`. `Value.backward` spells it out.
    """
    for node in reversed(order):
        if node not in total:
            continue
        for operand, local in zip(node.operands, local_grads(node), strict=True):
            if local is not None and (active is None or operand in active):
                sent, before = times(local, total[node]), total.get(operand, zero)
                total[operand] = sent if before is None else before + sent
                yield node, operand, local


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


def add_gradients(slot: Any, leaves: Collection[Any], totals: Iterable[float]) -> None:
    """Add to the `.grad` of each leaf its total: to all, or to none where one holds no number (a TypeError). `slot` is
    the descriptor of `.grad`.

    Every reading, addition and assignment is done by one call into C. Between two instructions of Python, CPython may
    turn to another thread or raise KeyboardInterrupt; inside such a call it does neither, so that of additions from
    several threads none is lost, and an interrupt finds all of them done or none.
    """
    for leaf in leaves:
        if type(leaf.grad) is not float:  # None, as PyTorch users write it, is no gradient yet
            leaf.grad = real(0.0 if leaf.grad is None else leaf.grad, f"the .grad of {leaf.label or 'a leaf'}")
    sums = map(add, map(slot.__get__, leaves), totals)
    deque(map(slot.__set__, leaves, sums), maxlen=0)
