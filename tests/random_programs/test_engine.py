"""Random graphs over the whole table, up to 50 operations deep: gradients against PyTorch and against differences.

Drawn programs stay tame (results and local derivatives of moderate size), so that rounding errors are not magnified
and a comparison can be tight. The differences are taken in mpmath with 100 digits: they have no error of their own.
"""

import copy
import math
import pickle
from collections.abc import Sequence
from operator import attrgetter
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from references import BUILT_IN, HAS_TORCH, MPMATH, distance_to_a_step, torch_functions

from autograd import OPERATIONS, Value, expanded, grad, value_and_grad
from autograd.functions import evaluate
from autograd.graph import gradients, topological_order

pytestmark = pytest.mark.slow

recorded = attrgetter("local_grads")

ARITY = {name: len(OPERATIONS[name].operands) for name in BUILT_IN if not OPERATIONS[name].many}
ARITY |= {"sum": 3, "mean": 4, "prod": 3, "max": 3, "min": 3, "logsumexp": 3, "norm": 2, "dot": 5}
UNSHARED = ("take", "cross_entropy", "var", "std")  # their last operand is an index, or a correction
TAME = 20.0


class Step(NamedTuple):
    """One operation on earlier results, by their positions."""

    name: str
    operands: tuple[int, ...]


@st.composite
def programs(draw: st.DrawFn) -> tuple[list[float], list[Step]]:
    """Inputs and steps, each step tame at these inputs; every result may be used many times.

    The steps come from a seed and a length: so programs are long, and those that fail are cut short from the end.
    """
    inputs = draw(st.lists(st.floats(-2.0, 2.0).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=4))
    length, random = draw(st.integers(1, 50)), Random(draw(st.integers(0, 2**32)))
    nodes, steps = [Value(x) for x in inputs], []  # type: ignore[var-annotated]
    while len(steps) < length:
        name = random.choice(sorted(ARITY))
        operands = tuple(random.randrange(max(0, len(nodes) - 8), len(nodes)) for _ in range(ARITY[name]))
        node = evaluate(OPERATIONS[name], [nodes[i] for i in operands])
        if _is_tame(node):
            steps.append(Step(name, operands))
            nodes.append(node)
    return inputs, steps


def _is_tame(node: Value) -> bool:
    numbers = [node.data, *(local for local in node.local_grads if local is not None)]
    return all(abs(x) < TAME for x in numbers) and not _is_at_a_kink(node)


def _is_at_a_kink(node: Value) -> bool:
    """Whether a rounding error may decide between two branches."""
    name, xs = node.op.name, [x.data for x in node.operands]
    if name in ("maximum", "minimum", "max", "min") or name in (
        "less",
        "less_equal",
        "greater",
        "greater_equal",
        "equal",
    ):
        gaps = [a - b for i, a in enumerate(xs) for b in xs[:i]]
        return any(abs(gap) < 1e-6 for gap in gaps)
    if name in ("abs", "relu", "elu", "leaky_relu", "sign", "heaviside", "norm", "where") or name.startswith("logical"):
        return any(abs(x) < 1e-6 for x in xs)
    if distance_to_a_step(name, xs) < 1e-6:
        return True
    near_0 = "pow log log2 log10 sqrt cbrt truediv reciprocal atan2 hypot".split()
    return name in near_0 and min(map(abs, xs)) < 1e-3


def run(steps: Sequence[Step], inputs: Sequence[Any], functions: dict[str, Any]) -> Any:
    """The sum of all results that no later step uses."""
    results = list(inputs)
    for name, operands in steps:
        results.append(functions[name](*(results[i] for i in operands)))
    used = {i for step in steps for i in step.operands}
    total = results[-1]
    for i, result in enumerate(results[:-1]):
        if i not in used:
            total = total + result
    return total


OURS = {name: lambda *xs, row=OPERATIONS[name]: evaluate(row, xs) for name in ARITY}


def sizes(out: Value, leaves: Sequence[Value]) -> list[float]:
    """For each leaf the sum of |product of derivatives| over all paths: what rounding errors are relative to."""
    return gradients(out, leaves, 1.0, lambda node: [local and abs(local) for local in node.local_grads])


def test_every_operation_is_drawn() -> None:
    assert set(ARITY) | set(UNSHARED) == set(BUILT_IN)


@given(programs())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_gradients_are_the_limits_of_differences(program: tuple[list[float], list[Step]]) -> None:
    inputs, steps = program
    leaves = [Value(x) for x in inputs]
    out = run(steps, leaves, OURS)
    out.backward()
    with mp.workdps(100):
        points, h = [mpf(x) for x in inputs], mpf(10) ** -30
        assert out.data == pytest.approx(float(run(steps, points, MPMATH)), rel=1e-9, abs=1e-9)
        for i, (leaf, size) in enumerate(zip(leaves, sizes(out, leaves), strict=True)):
            above, below = ([x + sign * h * (i == j) for j, x in enumerate(points)] for sign in (1, -1))
            slope = (run(steps, above, MPMATH) - run(steps, below, MPMATH)) / (2 * h)
            assert leaf.grad == pytest.approx(float(slope), rel=1e-9, abs=1e-9 * max(1.0, size))


@pytest.mark.skipif(not HAS_TORCH, reason="PyTorch is not installed")
@given(programs())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_gradients_are_pytorchs(program: tuple[list[float], list[Step]]) -> None:
    import torch

    functions = torch_functions()
    constants = {name: lambda *xs, name=name: xs[0].detach() * 0.0 + float(MPMATH[name](*(x.item() for x in xs)))
                 for name in ARITY if name not in functions}  # fmt: skip
    inputs, steps = program
    leaves = [Value(x) for x in inputs]
    out = run(steps, leaves, OURS)
    out.backward()
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in inputs]
    theirs = run(steps, tensors, functions | constants)
    assert out.data == pytest.approx(theirs.item(), rel=1e-10, abs=1e-10)
    slopes = torch.autograd.grad(theirs + 0.0 * tensors[0], tensors, allow_unused=True, materialize_grads=True)
    for leaf, slope, size in zip(leaves, slopes, sizes(out, leaves), strict=True):
        assert leaf.grad == pytest.approx(slope.item(), rel=1e-10, abs=1e-10 * max(1.0, size))


@given(programs())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_all_ways_to_the_gradient_agree(program: tuple[list[float], list[Step]]) -> None:
    inputs, steps = program
    leaves = [Value(x) for x in inputs]
    out = run(steps, leaves, OURS)
    data, found = value_and_grad(lambda xs: run(steps, xs, OURS))(inputs)
    assert data == out.data
    copies = [copy.deepcopy(out), pickle.loads(pickle.dumps(out))]
    out.backward()
    assert found == [leaf.grad for leaf in leaves]
    assert found == gradients(out, leaves, 1.0, recorded)
    once = [node.grad for node in topological_order(out)]
    for again in copies:
        again.backward()
        assert [node.grad for node in topological_order(again)] == once
    out.backward()
    assert [leaf.grad for leaf in leaves] == [2.0 * slope for slope in found]


@given(programs())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_derivatives_on_values_are_those_on_numbers(program: tuple[list[float], list[Step]]) -> None:
    inputs, steps = program
    numbers = grad(lambda xs: run(steps, xs, OURS))(inputs)
    values = grad(lambda xs: run(steps, xs, OURS))([Value(x) for x in inputs])
    for number, value in zip(numbers, values, strict=True):
        assert getattr(value, "data", value) == pytest.approx(number, rel=1e-15, abs=1e-300)


@given(programs())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_expanded_gives_the_same_gradient(program: tuple[list[float], list[Step]]) -> None:
    inputs, steps = program
    leaves, others = [Value(x) for x in inputs], [Value(x) for x in inputs]
    out = run(steps, leaves, OURS)
    with expanded():
        apart = run(steps, others, OURS)
    out.backward()
    apart.backward()
    assert apart.data == pytest.approx(out.data, rel=1e-10, abs=1e-10)
    for leaf, other, size in zip(leaves, others, sizes(out, leaves), strict=True):
        assert other.grad == pytest.approx(leaf.grad, rel=1e-10, abs=1e-10 * max(1.0, size))


@given(
    st.sampled_from(sorted(ARITY)),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=5, max_size=5),
)
@settings(max_examples=500, deadline=None, derandomize=True)
def test_no_number_makes_an_operation_raise(name: str, numbers: list[float]) -> None:
    xs = numbers[: ARITY[name]]
    plain = evaluate(OPERATIONS[name], xs)
    node = evaluate(OPERATIONS[name], [Value(x) for x in xs])
    node.backward()
    assert type(plain) is type(node.data) is float
    assert node.data == plain or math.isnan(node.data)
    assert all(local is None or isinstance(local, float) for local in node.local_grads)
