"""The verifier finds what makes a program none, names the pass and the node, and lets every real program through.

Of autograd.compiler.ir.verify, autograd.compiler.ir.program, autograd.compiler.ir.arrays and
autograd.compiler.ir.reachability.
"""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from five_programs import PROGRAMS
from programs import run_steps, scalar_program

import autograd
from autograd import Value, compile
from autograd.compiler.ir.program import CONSTANT, INPUT, Program, from_graph
from autograd.compiler.ir.reachability import needed, without_dead_nodes
from autograd.compiler.ir.verify import InvalidProgram, verify
from autograd.compiler.passes import pipeline


def program() -> Program:
    """%0 = x, %1 = y, %2 = x·y, %3 = tanh %2."""
    x, y = Value(2.0), Value(3.0)
    return from_graph([(x * y).tanh()], [x, y], [])[0]


def changed(column: str, place: int, value: Any) -> Program:
    found = program()
    array = getattr(found, column).copy()
    array[place] = value
    return replace(found, **{column: array})


def test_a_program_of_a_graph_is_one() -> None:
    assert len(verify(program(), "trace", 1, complete=True)) == 4


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (changed("args", 0, 3), "after 'folding' node %2 comes before one of its operands"),
        (changed("args", 2, 3), "node %3 comes before one of its operands"),
        (changed("args", 0, -1), "node %2 comes before"),
        (changed("arity", 3, 2), "node %3 has another number of operands"),
        (changed("arity", 0, 1), "node %0 has another number of operands"),
        (changed("code", 2, 99), "node %2 is of no known kind"),
        (changed("code", 2, CONSTANT), "node %2 has another number of operands"),
        (changed("start", 3, 7), "node %3 has operands beyond"),
        (changed("number", 1, 0.5), "node %1 is an input or a leaf without a number"),
        (changed("number", 0, -1.0), "node %0 is an input or a leaf without a number"),
        (changed("outputs", 0, 4), "an output is no node"),
        (replace(program(), outputs=np.array([3, 3])), "there are 2 outputs, and not 1"),
        (replace(program(), outputs=np.array([1])), "node %2 is needed by no output"),
        (replace(program(), number=np.zeros(3)), "not of one length"),
    ],
)
def test_what_makes_a_program_none_is_named(broken: Program, message: str) -> None:
    with pytest.raises(InvalidProgram, match=message):
        verify(broken, "folding", 1, complete=True)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("backend", ["numpy", "llvm"])
def test_every_pass_leaves_a_program(name: str, backend: Any) -> None:
    PROGRAMS[name].compiled(backend=backend)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_every_pass_leaves_a_program_of_random_ones(seed: int) -> None:
    draws = random.Random(seed)
    point = [draws.uniform(-2.0, 2.0) for _ in range(4)]
    steps = scalar_program(draws, 25, point)
    f = compile(lambda xs: run_steps(steps, xs), backend="numpy", check=True)
    f.value_and_grad(point)
    f.jacobian(np.array([point, point]))
    f.hessian(point)


def test_a_pass_that_breaks_a_program_is_named_by_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(program: Program) -> Program:
        return replace(program, args=program.args[::-1].copy())

    monkeypatch.setattr(pipeline, "fold_products", broken)
    function = lambda x, y: (x * 2.0 + y).tanh() * x  # noqa: E731
    with pytest.raises(InvalidProgram, match="after 'sums of products' node"):
        compile(function, backend="numpy", check=True)(1.0, 2.0)


def test_needed_is_what_the_roots_depend_on_by_every_way() -> None:
    xs = [Value(float(k)) for k in range(3)]
    wide = autograd.sum([x * 2.0 for x in xs]) + xs[0] * xs[1]
    deep = xs[0]
    for _ in range(2000):
        deep = deep * 0.5
    for root, inputs in ((wide, xs), (deep, xs)):
        whole, _ = from_graph([root, xs[2] * 3.0], inputs, [])
        alone = whole.outputs[:1]
        alive = needed(whole, alone)
        expected = reached(whole, int(alone[0]))
        assert np.flatnonzero(alive).tolist() == sorted(expected)
        rest = without_dead_nodes(replace(whole, outputs=alone))
        assert len(rest) == len(expected)
        verify(rest, "dead nodes", 1, complete=True)


def reached(program: Program, root: int) -> set[int]:
    found, waiting = set[int](), [root]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += program.operands(np.array([node])).tolist()
    return found


def test_inputs_keep_their_numbers_however_the_graph_uses_them() -> None:
    x, y = Value(2.0), Value(3.0)
    found, leaves = from_graph([y * y], [x, y], [])
    assert found.number[found.code == INPUT].tolist() == [1.0]
    assert leaves == []
