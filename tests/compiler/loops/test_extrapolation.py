"""Programs that repeat themselves very often: compiled for a few repetitions, the same numbers as without that.

Of autograd.compiler.loops.extrapolation and autograd.compiler.loops.periods.
"""

import importlib.util
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

import autograd
from autograd import Value
from autograd.compiler import compile
from autograd.compiler.ir.program import Program, from_graph
from autograd.compiler.ir.verify import InvalidProgram
from autograd.compiler.loops import extrapolation as stretching
from autograd.compiler.loops.nests import Schedule
from autograd.compiler.loops.periods import shortened, stretches
from autograd.compiler.request import Request

pytestmark = pytest.mark.slow

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["numpy", pytest.param("llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="needs llvmlite"))]
N = 700

Vector = list[Any]


def rosenbrock(x: Vector) -> Any:
    total = 0.0
    for a, b in pairwise(x):
        total = total + 100.0 * (a * a - b) ** 2 + (a - 1.0) ** 2
    return total


def two_loops(x: Vector) -> Any:
    total = rosenbrock(x)
    for a, b, c in zip(x, x[1:], x[2:], strict=False):
        total = total + 0.5 * (3.0 * b**3 + autograd.sin(b - c) * autograd.exp(a) - 5.0)
    return total


def one_flat_sum(x: Vector) -> Any:
    return autograd.sum([autograd.tanh(a * b) for a, b in pairwise(x)])


def a_dot_of_all(x: Vector) -> Any:
    return autograd.dot([autograd.exp(-v) for v in x], [v * v for v in x])


def pairs(x: Vector) -> Any:
    u, v = x[: len(x) // 2], x[len(x) // 2 :]
    return autograd.sum([(a - b) ** 2 + autograd.sin(a) * b for a, b in zip(u, v, strict=False)])


def two_by_two(x: Vector) -> Any:
    total = 0.0
    for a, b in zip(x[::2], x[1::2], strict=False):
        total = total + (a - 2.0) ** 2 * autograd.relu(b) + a * b
    return total


def backwards(x: Vector) -> Any:
    total = 0.0
    for a, b in pairwise(reversed(x)):
        total = total + autograd.exp(-((a - b) ** 2)) * a
    return total


def one_shared(x: Vector) -> Any:
    return autograd.sum([(v - x[0]) ** 2 * autograd.cos(x[-1]) for v in x])


def one_odd_term(x: Vector) -> Any:
    return rosenbrock(x[: len(x) // 2]) + autograd.sin(x[len(x) // 2]) * x[7] + rosenbrock(x[len(x) // 2 :])


def given_data(x: Vector) -> Any:
    draws = random.Random(1)
    return autograd.sum([(v - draws.uniform(-1, 1)) ** 2 for v in x])


def some_terms_twice(x: Vector) -> Any:
    terms = [autograd.sin(a) * b for a, b in pairwise(x)]
    return autograd.sum(terms) * autograd.sum(terms[200:300])


def three_terms_more(x: Vector) -> Any:
    terms = [autograd.sin(a) * b for a, b in pairwise(x)]
    return autograd.sum(terms) + autograd.dot([terms[1], *terms[100:110], terms[-1]], x[:12])


def a_dot_with_what_does_not_move(x: Vector) -> Any:
    return autograd.dot([autograd.exp(-v) for v in x], list(WEIGHTS))


def a_recurrence(x: Vector) -> Any:
    state: Any = 0.5
    for v in x:
        state = autograd.tanh(state + v)
    return state


def a_grid(x: Vector) -> Any:
    side = int(len(x) ** 0.5)
    rows = [x[i * side : (i + 1) * side] for i in range(side)]
    terms = [(a - b) ** 2 for row in rows for a, b in pairwise(row)]
    terms += [autograd.sin(a - b) for up, low in pairwise(rows) for a, b in zip(up, low, strict=True)]
    return autograd.sum(terms)


WEIGHTS = [Value(0.5 + 0.001 * k) for k in range(N)]
REGULAR = [rosenbrock, two_loops, one_flat_sum, a_dot_of_all, pairs, two_by_two, backwards, one_shared]
IRREGULAR = [
    a_dot_with_what_does_not_move,
    one_odd_term,
    given_data,
    some_terms_twice,
    three_terms_more,
    a_recurrence,
    a_grid,
]


def graph(function: Callable[[Vector], Any], count: int = N) -> tuple[Value, list[Value]]:
    draws = random.Random(2)
    x = [Value(draws.uniform(-1.2, 1.2)) for _ in range(count)]
    return function(x), x


@pytest.fixture
def stretched_at_all(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Also programs of thousands of nodes are stretched; whether each was."""
    found: list[bool] = []
    stretched = stretching.stretched

    def seen(*arguments: Any) -> Any:
        made = stretched(*arguments)
        found.append(made is not None)
        return made

    monkeypatch.setattr(stretching, "NODES_WORTH_IT", 0)
    monkeypatch.setattr("autograd.compiler.passes.pipeline.stretched", seen)
    return found


@pytest.mark.parametrize("function", REGULAR)
def test_a_shortened_program_is_that_of_fewer_variables(function: Callable[[Vector], Any]) -> None:
    out, x = graph(function)
    program, _ = from_graph([out], x, [])
    every = stretches(program)
    assert every
    short = shortened(program, every, 100)
    assert short is not None
    out, x = graph(function, N - len(short.inputs))
    assert from_graph([out], x, [])[0].same_as(short.program)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("function", [*REGULAR, *IRREGULAR])
def test_value_and_gradient_are_the_engines(
    function: Callable[[Vector], Any], backend: Any, stretched_at_all: list[bool]
) -> None:
    out, x = graph(function)
    f = compile(out, inputs=x, backend=backend)
    value, gradient = f.value_and_grad([v.data for v in x])
    out.backward()
    assert value == pytest.approx(out.data, rel=1e-14)
    assert gradient == pytest.approx([v.grad for v in x], rel=1e-12, abs=1e-13)
    assert stretched_at_all == [function in REGULAR]
    assert f([v.data + 0.25 for v in x]) == pytest.approx(function([Value(v.data + 0.25) for v in x]).data, rel=1e-13)


@pytest.mark.parametrize("function", REGULAR)
def test_the_program_is_as_long_for_any_number_of_variables(
    function: Callable[[Vector], Any], stretched_at_all: list[bool]
) -> None:
    lengths = set()
    for count in (500, 900):
        out, x = graph(function, count)
        f = compile(out, inputs=x, backend="numpy")
        f.value_and_grad([v.data for v in x])
        lengths.add(len(str(f.program).splitlines()))
    assert all(stretched_at_all)
    assert len(lengths) == 1


@pytest.mark.parametrize("function", REGULAR)
def test_on_request_it_is_compared_with_the_direct_schedule(
    function: Callable[[Vector], Any], stretched_at_all: list[bool]
) -> None:
    out, x = graph(function)
    f = compile(out, inputs=x, backend="numpy", check=True)
    value, _ = f.value_and_grad([v.data for v in x])
    assert value == pytest.approx(out.data, rel=1e-14)
    assert all(stretched_at_all)


def test_a_wrong_loop_and_a_wrong_place_of_a_result_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    (out, x), (other, of_other) = graph(rosenbrock), graph(rosenbrock, N - 1)
    shorter = from_graph([other], of_other, [])[0]

    def another_loop(program: Program, request: Request, plan: stretching.Plan) -> Schedule:
        return plan(shorter, replace(request, inputs=N - 1, chosen=tuple(range(N - 1))))

    def another_place(program: Program, request: Request, plan: stretching.Plan) -> Schedule:
        found = plan(program, request)
        return replace(found, program=replace(found.program, outputs=found.program.outputs[::-1]))

    wrong = {"extrapolated schedule is not the direct": another_loop, "result 0 lies at .* by extrap": another_place}
    for told, stretched in wrong.items():
        monkeypatch.setattr("autograd.compiler.passes.pipeline.stretched", stretched)
        f = compile(out, inputs=x, backend="numpy", check=True)
        with pytest.raises(InvalidProgram, match=told):
            f.value_and_grad([v.data for v in x])
