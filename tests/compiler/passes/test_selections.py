"""A closed selection sends nothing, compiled: on every back end what the eager engine says, row by row.

Of autograd.compiler.passes.powers and autograd.compiler.passes.templates.
"""

import importlib.util
import math
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from c_code import built, call
from selecting import LITERAL, SELECTING, by_backward, rows, same, under_a_root

import autograd
from autograd import OPERATIONS, Value, grad, greater, hessian, log, relu, sign, sqrt, walk, where
from autograd.compiler import compile
from autograd.compiler.backends.numpy_kernel import ARRAYS
from nn.inspection.sweep import sensitivities

pytestmark = pytest.mark.slow

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
needs_llvm = pytest.mark.skipif(not HAS_LLVM, reason="needs llvmlite")
BACKENDS = ["numpy", pytest.param("llvm", marks=needs_llvm)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", SELECTING)
def test_compiled_rows_are_the_eager_ones(name: str, backend: Any) -> None:
    f, table = under_a_root(name), rows(name)
    compiled = compile(f, backend=backend)
    many = [row for row in table for _ in range(7)]  # lanes with several gates in them, and a tail
    random.Random(0).shuffle(many)
    assert same(compiled.value_and_grad(np.array(many))[1], [by_backward(f, row) for row in many])
    assert same(compiled.hessian(np.array(many)), [hessian(f)(row) for row in many])
    assert same(compiled.value_and_grad(table[0])[1], by_backward(f, table[0]))


@needs_llvm
@pytest.mark.parametrize("name", SELECTING)
def test_the_table_of_single_nodes_does_as_straight_lines_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.compiler.backends.llvm.module.is_straight", lambda *_: False)
    f, table = under_a_root(name), rows(name)
    compiled = compile(f, backend="llvm")
    assert same(compiled.value_and_grad(np.array(table))[1], [by_backward(f, row) for row in table])
    assert same(compiled.value_and_grad(table[0])[1], by_backward(f, table[0]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_sums_over_rows_hold_back_what_is_closed(backend: Any) -> None:
    """A parameter's gradient is a sum over the rows: some open, some closed under an infinite gradient."""
    w = Value(1.0)
    f = compile(lambda x: sqrt(relu(w * x)), parameters=[w], backend=backend)
    f.backward(np.array([-1.0, 4.0, -2.0, 9.0, 0.0] * 20))
    assert w.grad == pytest.approx((0.5 * 2.0 + 0.5 * 3.0) / 5)


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
def test_c_source_holds_back_what_is_closed(tmp_path: Path) -> None:
    def f(xs: Sequence[Any]) -> Any:
        return autograd.sum([under_a_root(name)(xs[start:end]) for name, (start, end) in places.items()])

    places, row = dict[str, tuple[int, int]](), list[float]()
    for name in SELECTING:
        places[name] = (len(row), len(row) + len(rows(name)[0]))
        row += rows(name)[0]
    compiled = compile(f, backend="numpy")
    compiled(row)
    library = built(compiled.source("c", name="f"), tmp_path)
    _, *gradient = call(library.f_gradient, row, [], 1 + len(row))
    assert same(gradient, by_backward(f, row))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", LITERAL)
def test_literal_gradients_compiled(case: str, backend: Any) -> None:
    f, point, expected = LITERAL[case]
    compiled = compile(lambda xs: f(*xs), backend=backend)
    assert same(compiled.value_and_grad(point)[1], expected)
    assert same(compiled.value_and_grad(np.array([point] * 9))[1], [expected] * 9)


# Random compositions


def composed(draw: random.Random) -> Callable[[Sequence[Any]], Any]:
    """A random function of four numbers: choices below and above roots, logarithms and quotients."""
    one = [relu, sqrt, log, abs, sign, lambda x: 1.0 / x, lambda x: -x, autograd.leaky_relu, autograd.heaviside]
    two = [autograd.maximum, autograd.minimum, lambda x, y: x + y, lambda x, y: x * y, lambda x, y: x / y, greater]
    many = [lambda *xs: autograd.max(list(xs)), lambda *xs: autograd.min(list(xs)), where]
    plan = [(draw.choice(pool), [draw.random() for _ in range(k)])  # type: ignore[arg-type, var-annotated]
            for k, pool in draw.choices([(1, one), (2, two), (3, many)], [3, 3, 2], k=12)]  # fmt: skip

    def function(xs: Sequence[Any]) -> Any:
        made = list(xs)
        for operation, picks in plan:
            made.append(operation(*[made[-1 - int(pick * min(6, len(made)))] for pick in picks]))
        return autograd.sum(made[-3:])

    return function


@pytest.mark.parametrize("seed", range(20))
def test_random_compositions_have_one_gradient(seed: int) -> None:
    draw = random.Random(seed)
    f = composed(draw)
    table = [[draw.choice([-1.0, 0.0, 1.0, 2.0]) for _ in range(4)] for _ in range(11)]
    gradients = [by_backward(f, row) for row in table]
    for row, gradient in zip(table, gradients, strict=True):
        leaves = [Value(x) for x in row]
        assert same(grad(f)(row), gradient)
        out = f(leaves)
        assert same([walk(out).gradients.get(leaf, 0.0) for leaf in leaves], gradient)
        assert same([sensitivities(out).get(leaf, 0.0) for leaf in leaves], gradient)
    for backend in ("numpy", "llvm")[: 1 + HAS_LLVM]:
        compiled = compile(f, backend=backend)  # type: ignore[arg-type]
        assert same(compiled.value_and_grad(np.array(table))[1], gradients)
        assert same(compiled.hessian(np.array(table)), [hessian(f)(row) for row in table], 1e-12)


# What holds besides


def test_a_gradient_is_a_graph_that_is_right_for_other_numbers_too() -> None:
    x = Value(-1.0)
    slope = grad(lambda v: relu(v) ** 2)(x)
    assert slope.data == 0.0
    f = compile(slope, inputs=[x], backend="numpy")
    assert f([3.0]) == 6.0
    assert f([-3.0]) == 0.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_users_operation_selects_with_passes(backend: Any) -> None:
    name = f"clipped_for_{backend}"
    inside = lambda m, x: m.logical_and(m.greater(x, -1.0), m.less(x, 1.0))  # noqa: E731
    clipped = autograd.operation(
        name,
        lambda m, x: m.maximum(m.minimum(x, 1.0), -1.0),
        [lambda m, x, out: m.passes(inside(m, x), 1.0)],
    )
    try:
        f = lambda x: sqrt(1.0 - clipped(x))  # noqa: E731
        assert grad(f)(3.0) == 0.0
        assert grad(f)(0.0) == -0.5
        assert compile(f, backend=backend).value_and_grad(np.array([3.0, 0.0]))[1].tolist() == [0.0, -0.5]
    finally:
        del OPERATIONS[name]


def test_many_numbers_are_selected_as_few_are() -> None:
    draw = np.random.default_rng(0)
    condition, x = (
        draw.choice([0.0, -0.0, 1.0, math.nan], (5, 1000)),
        draw.choice([-0.0, math.nan, math.inf, -2.5], (5, 1000)),
    )
    for left, right in [(x, 0.0), (0.0, x), (x, -0.0), (x[:, ::-1], 0.0), (x[:1], 0.0), (1.0, 0.0), (x, x + 1.0)]:
        found = ARRAYS.where(condition, left, right)
        assert found.tobytes() == np.where(condition != 0, left, right).tobytes()  # type: ignore[call-overload]
        single = [np.float32(a) if isinstance(a, np.ndarray) else a for a in (left, right)]
        assert np.array_equal(ARRAYS.where(condition, *single), np.where(condition != 0, *single), equal_nan=True)  # type: ignore[call-overload]
