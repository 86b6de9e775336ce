"""What every program must be, whichever pass made it: `verify` names the node that is not."""

import numpy as np

from .arrays import Ints, Mask
from .program import CONSTANT, GIVEN, INPUT, LEAF, PRODUCTS, ROWS, Program
from .reachability import needed


class InvalidProgram(AssertionError):
    """A pass of the compiler left a program that is none: a fault of the compiler, not of its user."""


def verify(program: Program, by: str, outputs: int | None = None, complete: bool = False) -> Program:
    """The program itself; raises InvalidProgram, which says what pass `by` left wrong, and at which node.

    Operands come before their users, but for constants, which may lie anywhere; every node is of a known kind and has
    as many operands as that takes; leaves and inputs are numbered; the outputs are nodes, as many as `outputs`. A
    `complete` program has no node, but inputs, leaves and constants, that no output depends on.
    """
    if {*map(len, (program.code, program.start, program.arity, program.number))} != {len(program)}:
        raise InvalidProgram(f"after {by!r} the columns are not of one length")
    nodes = np.arange(len(program))
    _all(by, (program.code >= 0) & (program.code < len(program.words.operations)), "is of no known kind")
    _all(by, _arities(program), "has another number of operands than its operation takes")
    ends = program.start + program.arity
    _all(by, (program.start >= 0) & (ends <= len(program.args)), "has operands beyond the list of them")
    users = np.repeat(nodes, program.arity)
    given = program.operands(nodes)
    late = (given >= users) & (program.arity[given.clip(0, len(program) - 1)] > 0)
    _all(
        by, _none(len(program), users[late | (given < 0) | (given >= len(program))]), "comes before one of its operands"
    )
    numbered = (program.code == INPUT) | (program.code == LEAF)
    whole = (program.number >= 0) & (program.number == np.floor(program.number))
    _all(by, ~numbered | whole, "is an input or a leaf without a number of its own")
    if ((program.outputs < 0) | (program.outputs >= len(program))).any():
        raise InvalidProgram(f"after {by!r} an output is no node: {program.outputs.tolist()}")
    if outputs is not None and len(program.outputs) != outputs:
        raise InvalidProgram(f"after {by!r} there are {len(program.outputs)} outputs, and not {outputs}")
    if complete:
        reached = needed(program, program.outputs) | (program.arity == 0)
        _all(by, reached, "is needed by no output")
    return program


def _arities(program: Program) -> Mask:
    found: Mask = np.ones(len(program), bool)
    none = np.isin(program.code, [INPUT, LEAF, CONSTANT, GIVEN])
    found[none] = program.arity[none] == 0
    sums = np.isin(program.code, [PRODUCTS, ROWS])
    found[sums] = (program.arity[sums] % 2 == 0) & (program.arity[sums] > 0)
    for code, arity, nodes in program.alike():
        operation = program.words.operations[code]
        if operation is not None:
            found[nodes] = arity >= 1 if operation.many else arity == len(operation.operands)
    return found


def _none(count: int, wrong: Ints) -> Mask:
    found: Mask = np.ones(count, bool)
    found[wrong] = False
    return found


def _all(by: str, holds: Mask, what: str) -> None:
    if not holds.all():
        node = int(np.argmin(holds))
        raise InvalidProgram(f"after {by!r} node %{node} {what}")
