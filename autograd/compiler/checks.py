"""What a traced function requires of its numbers (`autograd/requirements.py`), checked whenever it is called.

Inputs and leaves are checked before anything else is computed, all rows at once; then numbers that depend on them, such
as the prediction of `nn.bce`, which are computed alone for that. While a loop of steps runs nobody looks: there such a
number is nan where the requirement does not hold (see `Tracing.require`), and the loop ends with the step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from ..operations.requirement import Requirement
from ..value import Value
from .ir.arrays import Floats


@dataclass(frozen=True)
class Checks:
    """Each requirement with what it is of: the position of an input, a leaf, or a computed Value."""

    inputs: tuple[tuple[int, Requirement], ...] = ()
    leaves: tuple[tuple[Value, Requirement], ...] = ()
    computed: tuple[tuple[Value, Requirement], ...] = ()
    code: dict[bool, tuple[Any, list[Value]]] = field(default_factory=dict)  # of the computed, for one row and for many

    @classmethod
    def of(cls, requirements: Sequence[tuple[Value, Requirement]], inputs: Sequence[Value]) -> "Checks":
        """What the nodes require of the inputs, by the inputs' positions."""
        position = {x: i for i, x in enumerate(inputs)}
        given = dict.fromkeys((position[x], r) for x, r in requirements if x in position)
        others = dict.fromkeys((x, r) for x, r in requirements if x not in position)
        leaves, computed = ([pair for pair in others if bool(pair[0].operands) is many] for many in (False, True))
        return cls(tuple(given), tuple(leaves), tuple(computed))

    @property
    def any(self) -> bool:
        """Whether anything is required."""
        return bool(self.inputs or self.leaves or self.computed)

    def given(self, columns: Floats, numbers: Mapping[Value, float]) -> None:
        """Raise the requirement's error where an input or a leaf does not meet it.

        `columns` are inputs × rows; `numbers` are those of leaves that hold others than their own.
        """
        for leaf, requirement in self.leaves:
            requirement.check(numbers.get(leaf, leaf.data), partial(" {}".format, leaf.label or "a Value"))
        for i, requirement in self.inputs:
            _check(columns[i], requirement)

    def found(self, columns: Floats) -> None:
        """The same for what is computed, in columns."""
        for column, (_, requirement) in zip(columns, self.computed, strict=True):
            _check(column, requirement)


def _check(column: Any, requirement: Requirement) -> None:
    if np.ndim(column) == 0:
        requirement.check(float(column))
        return
    with np.errstate(invalid="ignore"):
        holds = requirement.holds(column)
    if not holds.all():
        row = int(np.argmin(holds))
        requirement.check(float(column[row]), lambda: f" at row {row}")
