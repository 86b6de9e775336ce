"""Templates: what a op of the table says of one node, written down once and stamped onto all nodes of its kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ...functions import VALUES
from ...graph import Gated, times, topological_order
from ...operations.arithmetic import NOTHING
from ...operations.operation import Operation
from ...value import Constant, Value
from ..frontend.tracing import tracing, unknown_leaf
from ..ir.arrays import Ints
from ..ir.program import Builder


@dataclass(frozen=True)
class Template:
    """Steps (op, places of its operands) and the places of the results.

    A place counts the given columns first, then the steps' results. A number stands for itself; a result may be None.
    """

    steps: list[tuple[Operation, list[int | float]]]
    results: list[int | float | None]

    def stamp(self, builder: Builder, columns: Sequence[Ints]) -> list[Ints | None]:
        """The template on columns of nodes; a column of nodes (or None) for each result."""
        made = list(columns)
        numbers: dict[float, Ints] = {}
        count = len(columns[0])

        def column(place: int | float) -> Ints:
            if isinstance(place, int):
                return made[place]
            if place not in numbers or place == 0.0:  # −0.0 is not 0.0
                numbers[place] = np.full(count, builder.constant(place))
            return numbers[place]

        for op, places in self.steps:
            made.append(builder.nodes(op, *map(column, places)))
        return [None if place is None else column(place) for place in self.results]


def derivatives(op: Operation, arity: int, numbers: Mapping[int, float], flows: Sequence[bool]) -> Template:
    """∂out/∂x for each operand on which gradient `flows`; the columns are the operands and the result.

    Behind these results come as many gates: the condition under which gradient passes, None where it always does.
    Operands that are the same number in all nodes are given as `numbers`: x² then needs no general power's derivative.
    """

    def rule(given: list[Value]) -> Sequence[Any]:
        operands = [numbers.get(k, x) for k, x in enumerate(given[:-1])]
        found = op.derivatives(VALUES, operands, given[-1], flows)
        return [x.slope if isinstance(x, Gated) else x for x in found] + [_gate(x) for x in found]

    return _of_operation(op, arity + 1, rule)


def _gate(x: Any) -> Any:
    return x.condition if isinstance(x, Gated) else 0.0 if x is NOTHING else None


@cache
def passage() -> Template:
    """What passes along an edge with a gate; the columns are its condition, the slope and the gradient that arrives."""
    return _template(3, lambda given: [times(Gated(given[0], given[1], VALUES.where), given[2])])


def expansion(op: Operation, arity: int) -> Template:
    """The result itself, in the operations that its op is written in."""
    return _of_operation(op, arity, lambda given: [op.evaluate(VALUES, given)])


def _of_operation(op: Operation, count: int, rule: Callable[[list[Value]], Sequence[Any]]) -> Template:
    try:
        return _template(count, rule)
    except Exception as error:
        error.add_note(f"This is in the formulas of the operation {op.name!r}, which are traced like a function.")
        raise


def _template(count: int, rule: Callable[[list[Value]], Sequence[Any]]) -> Template:
    given = [unknown_leaf() for _ in range(count)]
    with tracing(numbers=True):
        results = list(rule(given))
    place: dict[Value, int | float] = {x: i for i, x in enumerate(given)}
    steps = []
    for node in topological_order(*[x for x in results if isinstance(x, Value)], visited=set(given)):
        if type(node) is Constant or node.op is None:
            place[node] = float(node.data)
        else:
            steps.append((node.op, [place[x] for x in node.operands]))
            place[node] = count + len(steps) - 1
    ends = [None if x is None else place[x] if isinstance(x, Value) else float(x) for x in results]
    return Template(steps, ends)
