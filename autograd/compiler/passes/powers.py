"""Powers with a constant exponent: what `autograd/powers.py` computes by roots and products is an operation on x alone.

x⁰ is 1, x¹ is x, x² (and `square`) is the product x·x, which sums of products can take in; the others are operations of
their own, which the arithmetic of each back end writes as it writes every operation.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from ...operations.elementary import MUL, POW
from ...operations.operation import Operation
from ...operations.powers import POWERS
from ...operations.special import SQUARE
from ..ir.arrays import Ints
from ..ir.program import CONSTANT, Program, aliased


def _row(exponent: float, rule: Any) -> Operation:
    def slope(m: Any, x: Any, out: Any) -> Any:
        return POW.derivatives(m, [x, exponent], out, [True, False])[0]

    return Operation(f"pow {exponent:g}", "^", rule, (slope,), doc=f"x to the power of {exponent:g}.")


ROWS = {y: _row(y, rule) for y, rule in POWERS.items() if y not in (0.0, 1.0, 2.0)}


def by_roots_and_products(program: Program) -> Program:
    """The program with those powers as such operations; the same object where it has none."""
    powers, squares = np.flatnonzero(program.is_code(POW)), np.flatnonzero(program.is_code(SQUARE))
    exponent = program.args[program.start[powers] + 1]
    powers = powers[program.constant[exponent] & np.isin(program.number[exponent], list(POWERS))]
    if not len(powers) + len(squares):
        return program
    alias = np.arange(len(program))
    code, arity, number = program.code.copy(), program.arity.copy(), program.number.copy()
    exponents = number[program.args[program.start[powers] + 1]]
    for y in np.unique(exponents).tolist():
        nodes = powers[exponents == y]
        if y == 0.0:
            code[nodes], arity[nodes], number[nodes] = CONSTANT, 0, 1.0
        elif y == 1.0:
            alias[nodes] = program.args[program.start[nodes]]
        elif y == 2.0:
            squares = np.concatenate([squares, nodes])
        else:
            code[nodes], arity[nodes] = program.words.code(ROWS[y]), 1
    changed = replace(program, code=code, arity=arity, number=number)
    return aliased(_with_products(changed, squares), alias)


def _with_products(program: Program, nodes: Ints) -> Program:
    """The nodes as x·x, x being their first operand."""
    code, arity, start = program.code.copy(), program.arity.copy(), program.start.copy()
    twice = np.repeat(program.args[start[nodes]], 2)
    code[nodes], arity[nodes] = program.words.code(MUL), 2
    start[nodes] = len(program.args) + 2 * np.arange(len(nodes))
    return replace(program, code=code, arity=arity, start=start, args=np.concatenate([program.args, twice]))
