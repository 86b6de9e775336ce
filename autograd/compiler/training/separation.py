"""Whether the loss of a batch is the mean of its rows' losses: only then can rows be computed one by one.

The loss is traced, with predictions and targets that are not known, for one row and for as many as a batch has. Its
graph is taken apart into a weighted sum, through + and −, sums, means, and factors that are numbers. Each term then
belongs to one row or, like a penalty on the weights, to none. It is the mean if every row adds 1/n of what it adds
alone, and the rest is the same for any number of rows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import isclose
from typing import Any, TypeAlias

from ...graph import topological_order
from ...operations.elementary import ADD, MUL, NEG, SUB, TRUEDIV
from ...operations.reductions import MEAN, SUM
from ...support.pytree import flatten
from ...value import Constant, Value
from ..frontend.tracing import trace

SHARED, SEVERAL = -1, -2  # instead of a row: what depends on none, and on more than one
Sum: TypeAlias = dict[int, float]
"""Weights by the number of what they belong to; equal computations have equal numbers."""


def why_not_mean(loss: Callable[[Any, Any], Any], prediction: Any, target: Any, sizes: Iterable[int]) -> str:
    """Why a batch's loss is not the mean of its rows', for batches of these sizes; "" if it is.

    `prediction` and `target` are those of one row, as numbers or nested lists. Raises what tracing raises.
    """
    known: dict[Any, int] = {}
    alone, rest = _Batch.of(loss, prediction, target, 1, known).parts()
    for size in sorted({*sizes} - {1}):
        batch = _Batch.of(loss, prediction, target, size, known)
        rows, shared = batch.parts()
        if batch.mixed:
            return f"it computes {batch.mixed} of several rows together"
        expected = {key: weight / size for key, weight in alone[0].items()}
        for k, found in sorted(rows.items()):
            if not _alike(found, expected):
                return f"row {k} of {size} counts otherwise than 1/{size} of what it is alone"
        if len(rows) < size and expected:
            return f"only {len(rows)} of {size} rows count"
        if not _alike(shared, rest):
            return "what it adds to the rows' losses depends on how many there are"
    return ""


def _alike(one: Sum, other: Sum) -> bool:
    return one.keys() == other.keys() and all(isclose(one[key], other[key], rel_tol=1e-12) for key in one)


@dataclass
class _Batch:
    """The graph of a batch's loss: which row each node belongs to, and the number of its computation."""

    root: Value
    row: dict[Value, int]
    known: dict[Any, int]  # computations, numbered as they are met
    key: dict[Value, int] = field(default_factory=dict)
    mixed: str = ""  # the first operation on several rows that is no sum

    @classmethod
    def of(cls, loss: Any, prediction: Any, target: Any, size: int, known: dict[Any, int]) -> "_Batch":
        graph = trace(loss, [[prediction] * size, [target] * size])
        (root,) = graph.outputs
        found = cls(root, {}, known)
        places = [("p", i) for i in range(len(flatten(prediction)))], [("t", i) for i in range(len(flatten(target)))]
        given = [(row, place) for part in places for row in range(size) for place in part]
        for x, (row, place) in zip(graph.inputs, given, strict=True):
            found.row[x], found.key[x] = row, found._number(place)
        for node in topological_order(root):
            if node not in found.key:
                found._place(node)
        return found

    def _place(self, node: Value) -> None:
        rows = {self.row[x] for x in node.operands} - {SHARED}
        self.row[node] = SHARED if not rows else rows.pop() if len(rows) == 1 else SEVERAL
        if isinstance(node, Constant):
            self.key[node] = self._number(("number", node.data.hex()))
        elif node.op is None:
            self.key[node] = self._number(("leaf", node))
        else:
            self.key[node] = self._number((node.op, *map(self.key.__getitem__, node.operands)))

    def _number(self, computation: Any) -> int:
        return self.known.setdefault(computation, len(self.known))

    def parts(self) -> tuple[dict[int, Sum], Sum]:
        """What each row adds, and what none does."""
        rows: dict[int, Sum] = defaultdict(lambda: defaultdict(float))
        for node, weight in self._terms():
            rows[self.row[node]][self.key[node]] += weight
        shared = rows.pop(SHARED, {})
        rows.pop(SEVERAL, None)
        return rows, shared

    def _terms(self) -> Iterator[tuple[Value, float]]:
        weights: dict[Value, float] = defaultdict(float, {self.root: 1.0})
        for node in reversed(topological_order(self.root)):
            if node not in weights:
                continue
            weight, summands = weights.pop(node), _summands(node)
            for operand, factor in summands:
                weights[operand] += weight * factor
            if not summands:
                yield node, weight
            if not summands and self.row[node] == SEVERAL:
                self.mixed = self.mixed or (node.op.name if node.op else "something")


def _summands(node: Value) -> list[tuple[Value, float]]:
    """What a node is a weighted sum of; nothing, if it is none."""
    op, operands = node.op, node.operands
    if op in (ADD, SUM):
        return [(x, 1.0) for x in operands]
    if op is MEAN:
        return [(x, 1.0 / len(operands)) for x in operands]
    if op is SUB:
        return [(operands[0], 1.0), (operands[1], -1.0)]
    if op is NEG:
        return [(operands[0], -1.0)]
    if op is MUL and any(isinstance(x, Constant) for x in operands):
        number, x = sorted(operands, key=lambda x: not isinstance(x, Constant))
        return [(x, number.data)]
    if op is TRUEDIV and isinstance(operands[1], Constant):
        return [(operands[0], 1.0 / operands[1].data)] if operands[1].data else []
    return []
