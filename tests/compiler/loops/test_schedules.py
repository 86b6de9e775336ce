"""The loops that five small programs become, for one row and for many; and what they compute.

Of autograd.compiler.loops.scheduling, autograd.compiler.loops.grouping, autograd.compiler.loops.levels,
autograd.compiler.loops.nests, autograd.compiler.backends.llvm.interpreter and
autograd.compiler.backends.llvm.straight_line.
"""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from five_programs import PROGRAMS, rosenbrock
from programs import BACKENDS

import autograd
from autograd import Value, compile
from autograd.compiler.ir.arrays import distinct, ordered, runs, spans, within
from autograd.compiler.loops import scheduling

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_becomes_the_loops_that_it_became(name: str) -> None:
    from os import environ

    f = PROGRAMS[name].compiled(backend="numpy")
    text = f"{f.program}\n"
    if environ.get("REWRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")
    assert text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_a_regular_program_has_as_many_steps_for_any_length() -> None:
    steps = []
    for n in (20, 40, 80):
        f = compile(rosenbrock, backend="numpy")
        f([0.1] * n)
        steps.append(len(str(f.program).splitlines()))
    assert steps[0] == steps[1] == steps[2] < 15


def irregular(count: int, seed: int) -> Any:
    draws = random.Random(seed)
    plan = [(draws.choice("+*-t"), draws.randrange(10 + k), draws.randrange(10 + k)) for k in range(count)]

    def function(xs: Any) -> Any:
        v = list(xs)
        for op, i, j in plan:
            a, b = v[i], v[j]
            v.append(a + b if op == "+" else 0.5 * a * b if op == "*" else a - b if op == "-" else a.tanh())
        return autograd.mean(v[-20:])

    return function


def wide_and_irregular(count: int, reach: int) -> Any:
    """A random graph with operands from the last `reach` nodes: levels wide enough for patterns by chance."""

    def function(xs: Any) -> Any:
        draws, v = random.Random(1), list(xs)
        for _ in range(count):
            a, b = v[-draws.randint(1, min(reach, len(v)))], v[-draws.randint(1, min(reach, len(v)))]
            v.append(
                autograd.tanh(a) if draws.random() < 1 / 3 else 0.5 * a + 0.3 * b if draws.random() < 0.5 else a * b
            )
        return v[-1] + v[-2]

    return function


@pytest.mark.parametrize("few_steps", [40, 4])
def test_bundles_that_hold_less_than_half_of_a_graph_are_given_up_where_they_are_many(
    monkeypatch: pytest.MonkeyPatch, few_steps: int
) -> None:
    monkeypatch.setattr(scheduling, "MANY_STEPS", few_steps)
    f, xs = wide_and_irregular(20_000, 2000), [0.1 * k for k in range(50)]
    compiled = compile(f, backend="numpy")
    value, slopes = compiled.value_and_grad(xs)
    expected = autograd.value_and_grad(f)(xs)
    assert (value, slopes) == (pytest.approx(expected[0], rel=1e-13), pytest.approx(expected[1], rel=1e-11))
    steps = [line for line in str(compiled.program).splitlines() if not line.startswith("#")]
    assert (len(steps) == 1) == (few_steps == 4)  # about 50 of them: many only where 10 · 4 are


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("count", [30, 400, 3000])
def test_a_program_without_pattern_computes_what_the_engine_computes(count: int, backend: Any) -> None:
    function = irregular(count, count)
    x = [0.05 * k - 0.2 for k in range(10)]
    value, gradient = compile(function, backend=backend).value_and_grad(x)
    expected = autograd.value_and_grad(function)(x)
    np.testing.assert_allclose(value, expected[0], rtol=1e-13)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-10, atol=1e-13)
    rows = np.array([x, [-y for y in x]])
    np.testing.assert_allclose(compile(function, backend=backend)(rows)[0], value, rtol=1e-13)


def test_a_long_chain_runs_from_a_table_and_is_right() -> None:
    def chain(x: Value) -> Value:
        for _ in range(5000):
            x = x * 1.0001 + 1e-5
        return x

    found = compile(chain)(1.0)
    assert found == chain(Value(1.0)).data


def test_arrays_of_whole_numbers_do_what_their_names_say() -> None:
    start, length = np.array([5, 0, 7]), np.array([2, 0, 3])
    assert spans(start, length).tolist() == [5, 6, 7, 8, 9]
    assert within(length).tolist() == [0, 1, 0, 1, 2]
    assert distinct(np.array([3, 1, 3, 2, 1])).tolist() == [1, 2, 3]
    assert ordered(np.array([3, 1, 3, 2, 1])).tolist() == [1, 4, 3, 0, 2]
    assert runs(np.array([False, True, True, False, True])).tolist() == [[1, 3], [4, 5]]
