"""Random programs, compiled and eager: single operations in any order, and vectors of alike ones, loops to be found."""

import importlib.util
import math
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references import BUILT_IN

import autograd
from autograd import OPERATIONS, Value
from autograd.compiler import compile
from autograd.functions import evaluate

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["numpy", "llvm"] if HAS_LLVM else ["numpy"]
ARITY = {name: len(OPERATIONS[name].operands) for name in BUILT_IN if not OPERATIONS[name].many}
ARITY |= {"sum": 3, "mean": 4, "prod": 3, "max": 3, "min": 3, "logsumexp": 3, "norm": 2, "dot": 5, "add": 2, "mul": 2}
NAMES = sorted(ARITY) + ["add", "mul", "sub", "dot"] * 8
TAME = 20.0


def scalar_program(random: Random, length: int, point: list[float]) -> list[tuple[str, list[int]]]:
    """Steps (operation, operands by position), each with a result and derivatives of moderate size at `point`."""
    nodes, steps = [Value(x) for x in point], []
    while len(steps) < length:
        name = random.choice(NAMES)
        operands = [random.randrange(max(0, len(nodes) - 30), len(nodes)) for _ in range(ARITY[name])]
        node = evaluate(OPERATIONS[name], [nodes[i] for i in operands])
        sizes = [abs(x) for x in (node.data, *(g for g in node.local_grads if g is not None))]
        if not all(size < TAME for size in sizes) or 0 < abs(node.data) < 1e-6:
            operands = [random.randrange(len(point))] * 2
            name, node = "add", evaluate(OPERATIONS["add"], [nodes[i] for i in operands])
        nodes.append(node)
        steps.append((name, operands))
    return steps


def run_steps(steps: list[tuple[str, list[int]]], xs: list[Any]) -> Any:
    nodes = list(xs)
    for name, operands in steps:
        nodes.append(evaluate(OPERATIONS[name], [nodes[i] for i in operands]))
    return autograd.tanh(autograd.sum([autograd.tanh(x) for x in nodes[-3:]]))


def vector_program(random: Random, depth: int) -> Any:
    """A function of a list, made of layers that treat all elements alike."""
    plan = [(random.randrange(9), random.randrange(2, 7), random.random() - 0.5) for _ in range(depth)]

    def f(xs: list[Any], parameters: list[Any]) -> Any:
        taken = 0

        def parameter() -> Any:
            nonlocal taken
            taken += 1
            return parameters[taken % len(parameters)]

        for kind, width, number in plan:
            n = len(xs)
            if kind == 0:
                xs = [autograd.dot([parameter() for _ in xs], xs, parameter()) for _ in range(width)]
            elif kind == 1:
                xs = [autograd.relu(x) for x in xs]
            elif kind == 2:
                xs = [xs[i] * xs[n - 1 - i] + number for i in range(n)]
            elif kind == 3:
                xs = [a + b * number for a, b in zip(xs, xs[1:] + xs[:1], strict=True)]
            elif kind == 4:
                xs = [autograd.tanh(x) for x in xs]
            elif kind == 5:
                total = sum(x * x for x in xs) + 1.0
                xs = [x / total for x in xs]
            elif kind == 6:
                xs = [autograd.maximum(a, b) - number for a in xs[:3] for b in xs[-3:]]
            elif kind == 7:
                xs = [sum((parameter() * x for x in xs[i : i + 2]), number) for i in range(n)]
            else:
                xs = [autograd.sigmoid(x) * (1.0 + i * number) for i, x in enumerate(xs)]
            xs = [autograd.tanh(x) if width % 2 else x - 0.5 for x in xs[:12]]
        return autograd.sum([x * x for x in xs]) + autograd.tanh(xs[0])

    return f


def check(f: Any, point: list[float], rows: int, tolerance: float = 1e-9) -> None:
    """Values and gradients of one row and of many, on every back end, against the eager engine."""
    random = Random(rows)
    table = [point] + [[x + random.uniform(-1e-3, 1e-3) for x in point] for _ in range(rows - 1)]
    expected = [autograd.value_and_grad(f)(row) for row in table]
    values, gradients = np.array([v for v, _ in expected]), np.array([g for _, g in expected])
    scale = 1.0 + np.abs(gradients).max()
    for backend in BACKENDS:
        compiled = compile(f, backend=backend)
        value, gradient = compiled.value_and_grad(point)
        assert value == pytest.approx(values[0], rel=1e-12)
        assert np.abs(np.array(gradient) - gradients[0]).max() <= tolerance * scale
        many, slopes = compiled.value_and_grad(np.array(table))
        assert many == pytest.approx(values, rel=1e-12)
        assert np.abs(slopes - gradients).max() <= tolerance * scale
        assert compiled(np.array(table)) == pytest.approx(values, rel=1e-12)


def check_scalars(seed: int, length: int) -> None:
    random = Random(seed)
    point = [random.uniform(-2, 2) for _ in range(random.randint(1, 4))]
    steps = scalar_program(random, length, point)
    check(lambda xs: run_steps(steps, xs), point, rows=random.choice([1, 2, 5]))


def check_vectors(seed: int, depth: int) -> None:
    random = Random(seed)
    f = vector_program(random, depth)
    point = [random.uniform(-1, 1) for _ in range(random.randint(1, 9))]
    numbers = [random.uniform(-1, 1) for _ in range(random.randint(1, 60))]
    check(lambda xs: f(xs, numbers), point, rows=random.choice([1, 3, 65]))
    check_parameters(f, point, numbers, random)


def check_parameters(f: Any, point: list[float], numbers: list[float], random: Random) -> None:
    """The mean over rows and its gradient by the parameters."""
    table = [[x + random.uniform(-0.1, 0.1) for x in point] for _ in range(random.choice([1, 7, 70]))]
    parameters = [Value(x) for x in numbers]
    results = [f(row, parameters) + 0.0 * parameters[0] for row in table]
    for result in results:
        result.backward(1 / len(table))
    expected, mean = [p.grad for p in parameters], sum(r.data for r in results) / len(table)
    for backend in BACKENDS:
        for p in parameters:
            p.grad = 0.0
        value = compile(lambda xs: f(xs, parameters) + 0.0 * parameters[0], parameters, backend=backend).backward(
            np.array(table)
        )
        scale = 1.0 + max(map(abs, expected))
        assert math.isclose(value, mean, rel_tol=1e-12, abs_tol=1e-12)
        assert max(abs(p.grad - e) for p, e in zip(parameters, expected, strict=True)) <= 1e-10 * scale


@pytest.mark.parametrize("seed", range(12))
def test_programs_of_single_operations_equal_eager(seed: int) -> None:
    check_scalars(seed, 10 + 15 * seed)


@pytest.mark.parametrize("seed", range(20))
def test_programs_of_vectors_equal_eager(seed: int) -> None:
    check_vectors(seed, 1 + seed % 7)


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 200))
def test_many_programs_of_single_operations_equal_eager(seed: int, length: int) -> None:
    check_scalars(seed, length)


@pytest.mark.parametrize("length", [300, 3000, 8000])
def test_tangles_of_sums_and_products_equal_eager(length: int) -> None:
    draws = Random(5)
    inputs = [Value(draws.uniform(-1, 1)) for _ in range(100)]
    nodes, used = list(inputs), set()
    for _ in range(length):
        a, b = draws.choice(nodes), draws.choice(nodes)
        used.update((a, b))
        nodes.append(a + b if abs(a.data + b.data) <= 1.0 else a * b)
    out = autograd.sum([node for node in nodes if node not in used])
    out.backward()
    expected = np.array([x.grad for x in inputs])
    for backend in BACKENDS:
        value, gradient = compile(out, inputs=inputs, backend=backend).value_and_grad([x.data for x in inputs])
        assert value == out.data
        assert np.abs(np.array(gradient) - expected).max() <= 1e-12 * np.abs(expected).max()
