"""Random programs, and what PyTorch makes of them."""

import importlib.util
import math
from operator import mul
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from references import BUILT_IN, FLAT_ROWS, HAS_TORCH, distance_to_a_step

import autograd
from autograd import OPERATIONS, Value
from autograd.compiler import compile
from autograd.functions import evaluate

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None


BACKENDS = ["numpy", "llvm"] if HAS_LLVM else ["numpy"]


ARITY = {name: len(OPERATIONS[name].operands) for name in BUILT_IN if not OPERATIONS[name].many}
ARITY |= {"sum": 3, "mean": 4, "prod": 3, "max": 3, "min": 3, "logsumexp": 3, "norm": 2, "dot": 5, "add": 2, "mul": 2}


NAMES = sorted(ARITY) + ["add", "mul", "sub", "dot"] * 8


TIES = "maximum minimum max min less less_equal greater greater_equal equal".split()


KINKS = "abs relu leaky_relu elu sign heaviside where logical_and logical_or logical_not".split()


TAME = 20.0


Steps = list[tuple[str, list[int]]]


def scalar_program(random: Random, length: int, point: list[float], margin: float = -1.0) -> Steps:
    """Steps (operation, operands by position), each with a result and derivatives of moderate size at `point`.

    With a margin, no step takes a branch that so small a change of the numbers would change: else ties are welcome.
    """
    nodes, steps = [Value(x) for x in point], []  # type: ignore[var-annotated]
    while len(steps) < length:
        name = random.choice(NAMES)
        operands = [random.randrange(max(0, len(nodes) - 30), len(nodes)) for _ in range(ARITY[name])]
        node = evaluate(OPERATIONS[name], [nodes[i] for i in operands])
        sizes = [abs(x) for x in (node.data, *(g for g in node.local_grads if g is not None))]
        tame = all(size < TAME for size in sizes) and not 0 < abs(node.data) < 1e-6
        if not tame or not is_decided(node, margin):
            operands = [random.randrange(len(point))] * 2
            name, node = "add", evaluate(OPERATIONS["add"], [nodes[i] for i in operands])
        nodes.append(node)
        steps.append((name, operands))
    return steps


def is_decided(node: Value, margin: float) -> bool:
    """Whether the branch that the node takes, if any, is the same when its operands change by the margin."""
    name, xs = node.op.name, node.operands  # type: ignore[union-attr]
    if name in TIES:
        return all(a is b or abs(a.data - b.data) > margin for i, a in enumerate(xs) for b in xs[:i])
    if name in KINKS:
        return all(abs(x.data) > margin or is_flag(x) for x in xs)
    if name in ("take", "cross_entropy"):  # their last operand is an index
        return margin < 0 or is_flag(xs[-1])
    if not distance_to_a_step(name, [x.data for x in xs]) > margin:
        return False
    return name not in ("norm", "pow", "hypot") or abs(xs[0].data) > margin  # at 0 they may lack a second derivative


def is_flag(x: Value) -> bool:
    """Whether x is a whole number whatever is rounded."""
    return x.op is not None and x.op.name in FLAT_ROWS


def run_steps(steps: Steps, xs: list[Any]) -> Any:
    nodes = list(xs)
    for name, operands in steps:
        nodes.append(evaluate(OPERATIONS[name], [nodes[i] for i in operands]))
    return autograd.tanh(autograd.sum([autograd.tanh(x) for x in nodes[-3:]]))


def vector_program(random: Random, depth: int) -> Any:
    """A function of a list, made of layers that treat all elements alike."""
    plan = [(random.randrange(9), random.randrange(2, 7), random.random() - 0.5) for _ in range(depth)]

    def f(xs: list[Any], parameters: list[Any], m: Any = autograd) -> Any:
        taken = 0

        def parameter() -> Any:
            nonlocal taken
            taken += 1
            return parameters[taken % len(parameters)]

        for kind, width, number in plan:
            n = len(xs)
            if kind == 0:
                xs = [m.dot([parameter() for _ in xs], xs, parameter()) for _ in range(width)]
            elif kind == 1:
                xs = [m.relu(x) for x in xs]
            elif kind == 2:
                xs = [xs[i] * xs[n - 1 - i] + number for i in range(n)]
            elif kind == 3:
                xs = [a + b * number for a, b in zip(xs, xs[1:] + xs[:1], strict=True)]
            elif kind == 4:
                xs = [m.tanh(x) for x in xs]
            elif kind == 5:
                total = sum(x * x for x in xs) + 1.0
                xs = [x / total for x in xs]
            elif kind == 6:
                xs = [m.maximum(a, b) - number for a in xs[:3] for b in xs[-3:]]
            elif kind == 7:
                xs = [sum((parameter() * x for x in xs[i : i + 2]), number) for i in range(n)]
            else:
                xs = [m.sigmoid(x) * (1.0 + i * number) for i, x in enumerate(xs)]
            xs = [m.tanh(x) if width % 2 else x - 0.5 for x in xs[:12]]
        return m.sum([x * x for x in xs]) + m.tanh(xs[0])

    return f


def check(f: Any, point: list[float], rows: int, tolerance: float = 1e-9) -> None:
    """Values and gradients of one row and of many, on every back end, against the eager engine."""
    random = Random(rows)
    table = [point] + [[x + random.uniform(-1e-3, 1e-3) for x in point] for _ in range(rows - 1)]
    expected = [autograd.value_and_grad(f)(row) for row in table]
    values, gradients = np.array([v for v, _ in expected]), np.array([g for _, g in expected])
    scale = 1.0 + np.abs(gradients).max()
    for backend in BACKENDS:
        compiled = compile(f, backend=backend)  # type: ignore[arg-type]
        value, gradient = compiled.value_and_grad(point)
        assert value == pytest.approx(values[0], rel=1e-12)
        assert np.abs(np.array(gradient) - gradients[0]).max() <= tolerance * scale
        many, slopes = compiled.value_and_grad(np.array(table))
        assert many == pytest.approx(values, rel=1e-12)
        assert np.abs(slopes - gradients).max() <= tolerance * scale
        assert compiled(np.array(table)) == pytest.approx(values, rel=1e-12)


def torch_results(f: Any, point: list[float], orders: int = 2) -> list[Any]:
    """Value, gradient and Hessian in PyTorch."""
    import torch
    from torch.autograd.functional import hessian, jacobian

    x = torch.tensor(point, dtype=torch.float64)
    kinds = [lambda f, x: f(x), jacobian, hessian][:orders]
    return [kind(f, x).detach().numpy().ravel() for kind in kinds]  # type: ignore[no-untyped-call]


def check_vectors(seed: int, depth: int) -> None:
    random = Random(seed)
    f = vector_program(random, depth)
    point = [random.uniform(-1, 1) for _ in range(random.randint(1, 9))]
    numbers = [random.uniform(-1, 1) for _ in range(random.randint(1, 60))]
    check(lambda xs: f(xs, numbers), point, rows=random.choice([1, 3, 65]))
    if HAS_TORCH:
        check_with_torch(f, point, numbers)
    check_parameters(f, point, numbers, random)


def check_with_torch(f: Any, point: list[float], numbers: list[float]) -> None:
    """The eager results, those of the compiled ones, are PyTorch's, too."""
    import torch

    table = {name: getattr(torch, name) for name in ("relu", "tanh", "maximum", "sigmoid")}
    table |= {"sum": lambda xs: torch.stack(xs).sum(), "dot": lambda w, x, b: sum(map(mul, w, x), b)}
    value, gradient = torch_results(lambda xs: f(list(xs.unbind()), numbers, SimpleNamespace(**table)), point)
    expected, slopes = autograd.value_and_grad(lambda xs: f(xs, numbers))(point)
    assert value == pytest.approx(expected, rel=1e-12)
    assert gradient == pytest.approx(slopes, rel=0, abs=1e-12 * (1.0 + max(map(abs, slopes))))


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
        value = compile(lambda xs: f(xs, parameters) + 0.0 * parameters[0], parameters, backend=backend).backward(  # type: ignore[arg-type]
            np.array(table)
        )
        scale = 1.0 + max(map(abs, expected))
        assert math.isclose(value, mean, rel_tol=1e-12, abs_tol=1e-12)
        assert max(abs(p.grad - e) for p, e in zip(parameters, expected, strict=True)) <= 1e-10 * scale
