"""Every row of the table: its result and its derivatives against mpmath and PyTorch, and all ways to call it."""

import math
import operator
from collections.abc import Sequence
from typing import Any

import pytest
from references import (
    BUILT_IN,
    EVERY_SAMPLE,
    FLAT_ROWS,
    HAS_TORCH,
    MPMATH,
    arguments,
    bits,
    derivative,
    inside,
    on_values,
    reference,
    samples_of,
    torch_functions,
    wanted,
)

import autograd
from autograd import OPERATIONS, Constant, Value, expanded, grad, hessian, jacobian
from autograd.functions import VALUES, evaluate
from autograd.operations.arithmetic import FLOATS, Arithmetic, _FloatArithmetic
from autograd.value import apply


def each_sample(test: Any) -> Any:
    """The test for every operation, at each of its points."""
    return pytest.mark.parametrize("name", BUILT_IN)(inside(sample=samples_of)(test))


each_row = pytest.mark.parametrize("name", BUILT_IN)
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="PyTorch is not installed")

EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, -8.0, 20.0, -745.0, 1e300, -1e300, 5e-324, math.inf, -math.inf, math.nan)


def test_the_table_has_every_operation_promised() -> None:
    promised = """add sub mul truediv pow neg abs exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh
        sigmoid relu leaky_relu elu gelu silu softplus erf heaviside sign maximum minimum less less_equal greater
        greater_equal equal logical_and logical_or logical_not where sum mean prod dot max min logsumexp norm
        cross_entropy atan2 asinh acosh atanh log2 log10 exp2 cbrt square reciprocal hypot remainder floor ceil round
        trunc clip sinc logaddexp var std hardtanh mish log_sigmoid""".split()
    assert set(promised) <= set(BUILT_IN)
    assert all(callable(getattr(autograd, name)) for name in [*promised, "softmax", "log_softmax"])


@each_row
def test_a_row_has_samples_a_docstring_and_a_reference(name: str) -> None:
    row = OPERATIONS[name]
    assert row.samples
    assert row.doc
    assert name in MPMATH


# Results and derivatives


@each_sample
def test_the_result_is_mpmaths(name: str, sample: Sequence[float]) -> None:
    expected = float(reference(name, *sample))
    assert OPERATIONS[name].evaluate(FLOATS, sample) == pytest.approx(expected, rel=1e-15, abs=1e-17)


@each_sample
def test_the_local_derivatives_are_mpmaths(name: str, sample: Sequence[float]) -> None:
    node = evaluate(OPERATIONS[name], [Value(x) for x in sample])
    for i, local in enumerate(node.local_grads):
        if name in FLAT_ROWS:
            assert local is None  # 0 everywhere: nothing is ever sent
            assert derivative(name, sample, i) == 0.0
        elif i in wanted(name, len(sample)):
            assert local == pytest.approx(derivative(name, sample, i), rel=4e-15, abs=1e-17)
        else:
            assert local is None


@each_sample
def test_the_second_derivatives_are_mpmaths(name: str, sample: Sequence[float]) -> None:
    chosen = wanted(name, len(sample))
    found = hessian(lambda xs: evaluate(OPERATIONS[name], _filled(sample, chosen, xs)))([sample[i] for i in chosen])
    for i, row in zip(chosen, found, strict=True):
        for j, second in zip(chosen, row, strict=True):
            assert second == pytest.approx(derivative(name, sample, i, j), rel=2e-14, abs=2e-15)


@each_sample
def test_the_second_derivatives_are_differences_of_the_first(name: str, sample: Sequence[float]) -> None:
    chosen = wanted(name, len(sample))
    gradient = grad(lambda xs: evaluate(OPERATIONS[name], _filled(sample, chosen, xs)))
    point = [sample[i] for i in chosen]
    for i, column in enumerate(zip(*jacobian(gradient)(point), strict=True)):
        above, below = (gradient([x + h * (j == i) for j, x in enumerate(point)]) for h in (1e-5, -1e-5))
        differences = [(a - b) / 2e-5 for a, b in zip(above, below, strict=True)]
        assert list(column) == pytest.approx(differences, rel=1e-6, abs=1e-7)


def _filled(sample: Sequence[float], positions: Sequence[int], xs: Sequence[Value]) -> list[Value | float]:
    """`sample` with the operands at `positions` replaced."""
    filled: list[Value | float] = list(sample)
    for position, x in zip(positions, xs, strict=True):
        filled[position] = x
    return filled


@needs_torch
@each_sample
def test_result_and_derivatives_are_pytorchs(name: str, sample: Sequence[float]) -> None:
    import torch

    functions = torch_functions()
    if name not in functions:
        assert name in FLAT_ROWS
        return
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in sample]
    out = functions[name](*tensors)
    node, leaves = on_values(name, sample)
    node.backward()
    chosen = [tensors[i] for i in wanted(name, len(sample))]
    theirs = torch.autograd.grad(out, chosen, allow_unused=True, materialize_grads=True) if out.grad_fn else []
    assert node.data == pytest.approx(out.item(), rel=2e-15, abs=1e-16)
    for leaf, expected in zip(leaves, theirs, strict=bool(theirs)):
        assert leaf.grad == pytest.approx(expected.item(), rel=1e-14, abs=1e-16)


# All ways to call an operation agree to the bit


def _same_node(one: Value, other: Value) -> None:
    assert (type(one), one.op) == (type(other), other.op)
    assert bits(one.data) == bits(other.data)
    assert [type(x) for x in one.operands] == [type(x) for x in other.operands]
    assert [bits(x.data) for x in one.operands] == [bits(x.data) for x in other.operands]
    for a, b in zip(one.local_grads, other.local_grads, strict=True):
        assert (a is None and b is None) or bits(a) == bits(b)  # type: ignore[arg-type]


@each_sample
def test_function_row_and_node_agree_to_the_bit(name: str, sample: Sequence[float]) -> None:
    node, _ = on_values(name, sample)
    plain = getattr(autograd, name)(*arguments(name, sample))
    assert type(plain) is float
    assert bits(plain) == bits(node.data) == bits(OPERATIONS[name](FLOATS, *arguments(name, sample)))
    values = arguments(name, list(map(Value, sample)))
    for function in (getattr(autograd, name), getattr(VALUES, name)):
        _same_node(function(*values), apply(OPERATIONS[name], OPERATIONS[name].flatten(*values)))


@pytest.mark.parametrize("name", "exp log sqrt sin cos tanh sigmoid relu".split())
@inside(x=EDGES)
def test_a_method_is_the_function(name: str, x: float) -> None:
    _same_node(getattr(Value(x), name)(), getattr(autograd, name)(Value(x)))


@pytest.mark.parametrize("name", ["neg", "abs"])
@inside(x=EDGES)
def test_a_sign_operator_is_the_function(name: str, x: float) -> None:
    _same_node(getattr(operator, name)(Value(x)), getattr(autograd, name)(Value(x)))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "remainder"])
@inside(x=EDGES)
@inside(y=EDGES)
def test_an_operator_is_its_row_with_a_value_or_a_number_on_either_side(name: str, x: float, y: float) -> None:
    function, row = getattr(operator, {"remainder": "mod"}.get(name, name)), OPERATIONS[name]
    _same_node(function(Value(x), Value(y)), apply(row, (Value(x), Value(y))))
    _same_node(function(Value(x), y), apply(row, (Value(x), y)))
    _same_node(function(Value(x), Constant(y)), apply(row, (Value(x), y)))
    if name != "add" or x != 0:  # 0 + v is v
        _same_node(function(x, Value(y)), apply(row, (x, Value(y))))


@each_sample
def test_any_operand_may_be_a_plain_number(name: str, sample: Sequence[float]) -> None:
    whole, _ = on_values(name, sample)
    for i in wanted(name, len(sample)):
        alone = evaluate(OPERATIONS[name], [Value(x) if j == i else x for j, x in enumerate(sample)])
        assert bits(alone.data) == bits(whole.data)
        assert [j == i and name not in FLAT_ROWS for j in range(len(sample))] == [
            local is not None for local in alone.local_grads
        ]
        assert alone.local_grads[i] is None or bits(alone.local_grads[i]) == bits(whole.local_grads[i])  # type: ignore[arg-type]


class _PrimitivesOnly(Arithmetic):
    """The arithmetic of floats without what it spells out for speed: all else comes from the rows."""


PRIMITIVES = {name for name, operation in OPERATIONS.items() if operation.is_primitive}
for _name in PRIMITIVES:
    setattr(_PrimitivesOnly, _name, staticmethod(getattr(FLOATS, _name)))


@each_row
def test_the_arithmetic_of_floats_agrees_with_the_row_to_the_bit(name: str) -> None:
    row = OPERATIONS[name]
    count = len(row.samples[0])
    edges = [tuple(EDGES[(i + k * j) % len(EDGES)] for j in range(count)) for i in range(len(EDGES)) for k in (1, 3, 6)]
    for operands in [*row.samples, *edges]:
        called = arguments(name, operands)
        try:
            expected = row(_PrimitivesOnly(), *called)
        except (IndexError, ValueError):  # no such index, no such correction: the function refuses it
            continue
        assert bits(getattr(FLOATS, name)(*called)) == bits(expected), operands


def test_the_arithmetic_of_floats_spells_out_all_primitives() -> None:
    assert set(vars(_FloatArithmetic)) >= PRIMITIVES


@pytest.mark.parametrize("primitive", sorted(PRIMITIVES))
def test_every_back_end_spells_out_every_primitive(primitive: str) -> None:
    pytest.importorskip("numpy")
    from autograd.compiler.backends.numpy_kernel import ARRAYS
    from autograd.compiler.backends.text.c import LANGUAGES
    from autograd.notation.source.arithmetic import TextArithmetic
    from autograd.notation.source.javascript import JAVASCRIPT

    assert callable(getattr(ARRAYS, primitive))
    assert callable(getattr(TextArithmetic(LANGUAGES["float64"]), primitive))
    assert callable(getattr(TextArithmetic(JAVASCRIPT), primitive))
    pytest.importorskip("llvmlite")
    from autograd.compiler.backends.llvm.builder import Body, Module, Type
    from autograd.compiler.backends.llvm.lanes import LaneArithmetic

    assert callable(getattr(LaneArithmetic(Body(Module()), Type("double", 4)), primitive))


def test_an_arithmetic_that_lacks_a_primitive_is_named() -> None:
    with pytest.raises(NotImplementedError, match="Arithmetic lacks the primitive operation 'exp2'"):
        Arithmetic().exp2(1.0)


# expanded()


def _both_ways(name: str, sample: Sequence[float]) -> list[list[float]]:
    """Result and gradients, whole and expanded."""
    found = []
    for mode in (expanded, lambda: pytest.MonkeyPatch.context()):
        with mode():
            node, leaves = on_values(name, sample)
        node.backward()
        found.append([node.data, *(leaf.grad for leaf in leaves)])
    return found


MANY = [(name, sample) for name, sample in EVERY_SAMPLE if OPERATIONS[name].many]


@pytest.mark.parametrize(("name", "sample"), [(n, s) for n, s in MANY if n in ("sum", "mean", "prod", "dot")])
def test_expanded_agrees_to_the_bit(name: str, sample: Sequence[float]) -> None:
    apart, whole = _both_ways(name, sample)
    assert bits(apart[0]) == bits(whole[0])
    assert apart == (pytest.approx(whole, rel=1e-15) if name == "prod" else whole)


@pytest.mark.parametrize(("name", "sample"), MANY)
def test_expanded_agrees_with_the_whole(name: str, sample: Sequence[float]) -> None:
    apart, whole = _both_ways(name, sample)
    assert apart == pytest.approx(whole, rel=1e-15, abs=1e-15)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "dot", "norm", "logsumexp", "cross_entropy"])
def test_expanded_builds_single_operations(name: str) -> None:
    sample = OPERATIONS[name].samples[0]
    with expanded():
        node, _ = on_values(name, sample)
    names = {n.op.name for n in autograd.graph.topological_order(node) if n.op}
    assert not names & {"sum", "mean", "prod", "dot", "norm", "logsumexp", "cross_entropy"}


@pytest.mark.parametrize("name", ["max", "min"])
def test_expanded_leaves_max_and_min_whole(name: str) -> None:
    with expanded():
        tie = evaluate(OPERATIONS[name], [x := Value(2.0), y := Value(2.0), z := Value(2.0)])
    tie.backward()
    assert [x.grad, y.grad, z.grad] == [1 / 3, 1 / 3, 1 / 3]
