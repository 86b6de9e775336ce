"""Zeros: which derivatives are 0 whatever the numbers, and need no place in a sparse result."""

import numpy as np

from ..ir.arrays import Ints
from ..ir.program import Program


def places_of(program: Program) -> Ints:
    """The outputs that are not the constant 0."""
    is_zero = program.constant & (program.number == 0.0)
    found: Ints = np.flatnonzero(~is_zero[program.outputs])
    return found
