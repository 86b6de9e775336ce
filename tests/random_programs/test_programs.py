"""Random programs, compiled, eager and in PyTorch: single operations in any order, and vectors of alike ones."""

from random import Random
from typing import Any

import numpy as np
import pytest
from amount import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import BACKENDS, check, check_vectors, run_steps, scalar_program

import autograd
from autograd import Value
from autograd.compiler import compile

pytestmark = pytest.mark.slow


def check_scalars(seed: int, length: int) -> None:
    random = Random(seed)
    point = [random.uniform(-2, 2) for _ in range(random.randint(1, 4))]
    steps = scalar_program(random, length, point)
    check(lambda xs: run_steps(steps, xs), point, rows=random.choice([1, 2, 5]))


@pytest.mark.parametrize("seed", range(12))
def test_programs_of_single_operations_equal_eager(seed: int) -> None:
    check_scalars(seed, 10 + 15 * seed)


@pytest.mark.parametrize("seed", range(20))
def test_programs_of_vectors_equal_eager(seed: int) -> None:
    check_vectors(seed, 1 + seed % 7)


@settings(max_examples=tries(40), deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 200))
def test_many_programs_of_single_operations_equal_eager(seed: int, length: int) -> None:
    check_scalars(seed, length)


@pytest.mark.parametrize("length", [300, 3000, 8000, 17_685])
def test_tangles_of_sums_and_products_equal_eager(length: int) -> None:
    draws = Random(5)
    inputs = [Value(draws.uniform(-1, 1)) for _ in range(100)]
    nodes, used = list(inputs), set()  # type: ignore[var-annotated]
    for _ in range(length):
        a, b = draws.choice(nodes), draws.choice(nodes)
        used.update((a, b))
        nodes.append(a + b if abs(a.data + b.data) <= 1.0 else a * b)
    out = autograd.sum([node for node in nodes if node not in used])
    out.backward()
    expected = np.array([x.grad for x in inputs])
    for backend in BACKENDS:
        value, gradient = compile(out, inputs=inputs, backend=backend).value_and_grad([x.data for x in inputs])  # type: ignore[arg-type]
        assert value == out.data
        assert np.abs(np.array(gradient) - expected).max() <= 1e-12 * np.abs(expected).max()


def test_four_alike_nodes_here_and_there_are_no_loops() -> None:
    """In a graph without a pattern they lie at regular distances by chance; to compile each of them took long."""
    random, point = Random(0), [0.01 * i for i in range(100)]
    kinds = [lambda a, b: a + b, lambda a, b: autograd.tanh(a), lambda a, b: a - 0.1 * b]
    plan = [(random.choice(kinds), random.randrange(20), random.randrange(20)) for _ in range(3000)]

    def tangle(x: list[Any]) -> Any:
        nodes = list(x)
        for kind, i, j in plan:
            nodes.append(kind(nodes[-1 - i], nodes[-1 - j]))
        return autograd.mean([autograd.tanh(v) for v in nodes])

    value, gradient = autograd.value_and_grad(tangle)(point)
    for backend in BACKENDS:
        f = compile(tangle, backend=backend)  # type: ignore[arg-type]
        found, slopes = f.value_and_grad(point)
        assert found == pytest.approx(value, rel=1e-15)
        assert slopes == pytest.approx(gradient, rel=1e-12)
        assert len(f.program.once) + len(f.program.rows) < 10  # there were 358
