"""How compiled functions are called: whatever is given and asked for means what it means to the eager engine.

Of autograd.compiler.arguments, autograd.compiler.results and autograd.compiler.compiled.
"""

import functools
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from programs import BACKENDS

import autograd
import nn
from autograd import Value
from autograd.compiler import compile

numpy = functools.partial(compile, backend="numpy")


class Polar(NamedTuple):
    r: Any
    angle: Any


class Several(list[Any]):
    """A list of the user's own."""


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# types and structures


@pytest.mark.parametrize(
    "argument", [[2.0, 3.0], (2.0, 3.0), Polar(2.0, 3.0), Several([2.0, 3.0]), [Polar(1.0, (2.0,)), [3]]]
)
def test_the_function_gets_lists_and_tuples_of_the_types_that_it_is_given(argument: Any) -> None:
    seen = []

    def function(x: Any) -> Any:
        seen.append(x)
        return autograd.sum(autograd.support.pytree.flatten(x)) * 2.0

    value, gradient = numpy(function).value_and_grad(argument)
    expected = autograd.value_and_grad(function)(argument)
    assert (value, gradient) == expected
    assert kinds(gradient) == kinds(expected[1]) == kinds(argument)
    assert {str(kinds(x)) for x in seen} == {str(kinds(argument))}


def kinds(tree: Any) -> Any:
    return [type(tree), *map(kinds, tree)] if isinstance(tree, (list, tuple)) else "number"


def test_arguments_of_another_type_are_another_function() -> None:
    f = numpy(lambda x: x.r * 2.0 if hasattr(x, "r") else x[1] * 3.0 if isinstance(x, tuple) else x[1] * 5.0)
    assert [f(Polar(1.0, 2.0)), f((1.0, 2.0)), f([1.0, 2.0])] == [2.0, 6.0, 10.0]


RESULTS: dict[str, Callable[[Any, Any], Any]] = {
    "a list": lambda x, y: [x[0] * y, x[1] + y, x[0] * x[1]],
    "a tuple": lambda x, y: (x[0] * y, [x[1] + y, y * y]),
    "a named tuple": lambda x, y: Polar(x[0] * y, (x[1], [y, x[0] * x[0]])),
    "a ragged list": lambda x, y: [x[0] * y, [x[1] * y, x[0]]],
    "a number": lambda x, y: x[0] * y + x[1],
}


@pytest.mark.slow
@pytest.mark.parametrize("argnums", [0, 1, -1, (0, 1), (1, 0), (1,)])
@pytest.mark.parametrize("name", RESULTS)
def test_a_jacobian_has_the_results_outside_and_the_arguments_inside(name: str, argnums: Any, backend: Any) -> None:
    function = RESULTS[name]
    f, expected = compile(function, backend=backend), autograd.jacobian(function, argnums)
    x, y = Polar(2.0, 3.0), 0.5
    assert f.jacobian(x, y, argnums=argnums) == expected(x, y)
    assert kinds(f.jacobian(x, y, argnums=argnums)) == kinds(expected(x, y))
    rows, ys = np.array([[2.0, 3.0], [-1.0, 4.0], [0.5, 0.25]]), np.array([0.5, 2.0, -3.0])
    found = f.jacobian(rows, ys, argnums=argnums)
    for k, (row, scalar) in enumerate(zip(rows.tolist(), ys.tolist(), strict=True)):
        assert listed(found, k) == untyped(expected(row, scalar))


def listed(tree: Any, row: int) -> Any:
    """One row of arrays in tuples and lists."""
    return tree[row].tolist() if isinstance(tree, np.ndarray) else [listed(part, row) for part in tree]


def untyped(tree: Any) -> Any:
    return [untyped(part) for part in tree] if isinstance(tree, (list, tuple)) else tree


def test_the_jacobian_of_rows_by_several_arguments_is_a_tuple_for_each_result() -> None:
    f = numpy(lambda x, y: [x[0] * y, x[1] + y])
    found = f.jacobian(np.array([[2.0, 3.0]]), np.array([5.0]), argnums=(0, 1))
    assert [[part.tolist() for part in pair] for pair in found] == [[[[5.0, 0.0]], [2.0]], [[[0.0, 1.0]], [1.0]]]


@pytest.mark.parametrize("argnums", [0, 1, -1, (0, 1), (1, 0)])
def test_a_hessian_by_several_arguments_is_the_eager_one(argnums: Any, backend: Any) -> None:
    def function(x: Any, y: Any) -> Any:
        return x[0] * x[1] * y + x[0] * y * y

    f, expected = compile(function, backend=backend), autograd.hessian(function, argnums)
    assert f.hessian((2.0, 3.0), 5.0, argnums=argnums) == expected((2.0, 3.0), 5.0)
    found = f.hessian(np.array([[2.0, 3.0], [1.0, -1.0]]), np.array([5.0, 0.5]), argnums=argnums)
    assert listed(found, 0) == untyped(expected([2.0, 3.0], 5.0))
    assert listed(found, 1) == untyped(expected([1.0, -1.0], 0.5))


# arguments by name


def test_arguments_by_name_are_passed_on_by_name(backend: Any) -> None:
    def function(x: Any, y: Any = 2.0, *, scale: Any = 10.0) -> Any:
        return (x - y) * scale

    f = compile(function, backend=backend)
    assert [f(5.0), f(5.0, 1.0), f(5.0, y=1.0), f(y=1.0, x=5.0), f(x=5.0, y=1.0)] == [30.0, *[40.0] * 4]
    assert f(5.0, scale=2.0) == f(scale=2.0, x=5.0) == 6.0
    assert f.value_and_grad(5.0, scale=2.0, y=1.0) == (8.0, 2.0)
    assert f.jacobian(np.array([5.0, 6.0]), y=np.array([1.0, 2.0]), argnums=-1).tolist() == [10.0, 10.0]
    w = Value(3.0)
    g = compile(lambda x, y: w * x * y, [w], backend=backend)
    assert (g.backward(2.0, y=np.array([1.0, 3.0])), w.grad) == (12.0, 4.0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        f(1.0, z=2.0)
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'x'"):
        f(y=2.0)
    with pytest.raises(TypeError, match="argnums names argument 1, but the call has 1"):
        f.value_and_grad(1.0, y=2.0, argnums=1)
    with pytest.raises(TypeError, match=r"argument y must be a number.*'mean'.*functools\.partial"):
        f(1.0, y="mean")
    with pytest.raises(TypeError, match=r"one list of its 1 inputs.*by name"):
        compile(w * 2.0, inputs=[w], backend=backend)([1.0], scale=2.0)


# arrays


MASKED = np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], [[False, True], [False, False]])
REFUSED = {
    "masked": (MASKED, r"masked array.*X\.filled"),
    "a mask that hides nothing": (np.ma.masked_array([1.0, 2.0]), r"X\.filled"),
    "masked, in a list": ([MASKED[0], MASKED[1]], r"argument 0\[0\] is a masked array.*X\.filled"),
    "masked numbers in a list": (list(MASKED[0]), r"argument 0\[1\] is a masked array.*X\.filled"),
    "a matrix": (np.array([[1.0, 2.0]]).view(np.matrix), r"a matrix.*numpy\.asarray"),
    "objects": (np.array([1, Fraction(1, 2)], object), r"of object.*astype\(float\)"),
    "text": (np.array(["1.5"]), r"astype\(float\)"),
    "complex": (np.array([1j]), r"complex128.*X\.real"),
    "dates": (np.array(["2020-01-01"], "M8[D]"), r"datetime64.*timedelta64"),
    "spans": (np.array([1], "m8[s]"), r"X / numpy\.timedelta64"),
    "columns by name": (np.zeros(3, [("a", float)]), r"numpy\.stack"),
    "a record": (np.zeros(3, [("a", float)]).view(np.recarray), r"numpy\.stack"),
    "no dimension": (np.array(3.0), r"X\.item\(\), one row is X\[None\]"),
    "no dimension, in a list": ([np.array(3.0)], r"argument 0\[0\].*X\.item\(\)"),
    "a complex number": (1j, "must be a number.*complex"),
    "a date": (np.datetime64("2020-01-01"), r"argument 0 must be a number.*\.item\(\)"),
    "a decimal": (Decimal("1.5"), r"Decimal.*write float"),
    "a dict": ({"a": 1.0}, r"list\(d\.values\(\)\)"),
    "a range": (range(3), r"write list"),
    "text alone": ("3", r"functools\.partial"),
    "none": ([1.0, None], r"argument 0\[1\] must be a number"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_more_or_less_than_real_numbers_is_refused_with_the_remedy(name: str) -> None:
    given, remedy = REFUSED[name]
    f = numpy(lambda x: autograd.sum(autograd.support.pytree.flatten(x)))
    with pytest.raises(TypeError, match=remedy):
        f(given)
    with pytest.raises(TypeError):
        f.value_and_grad(given)


def test_a_number_beyond_the_largest_float_is_named(backend: Any) -> None:
    f = compile(lambda x: x[0] * x[1], backend=backend)
    for huge in (10**400, Fraction(10**400, 3)):
        with pytest.raises(OverflowError, match="beyond the largest float"):
            f([1.0, huge])
    assert f([2**70, Fraction(1, 4)]) == 2.0**68


@pytest.mark.parametrize(
    "kind", ["f2", "f4", ">f8", "g", "i1", ">i4", "u8", "?", "F-ordered", "backwards", "read-only"]
)
def test_arrays_of_all_real_kinds_and_layouts_are_their_numbers(kind: str, backend: Any) -> None:
    numbers = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
    views = {"F-ordered": np.asfortranarray(numbers), "backwards": numbers[::-1, ::-1].copy()[::-1, ::-1]}
    given = views[kind] if kind in views else numbers.copy() if kind == "read-only" else numbers.astype(kind)
    given.flags.writeable = kind != "read-only"
    f = compile(lambda x: x[0] * 2.0 + x[1] * 3.0 + x[2] * 5.0, backend=backend)
    assert f(given).tolist() == [8.0, 7.0]
    assert f(given[0].tolist()) == f(list(given[0] * numbers[0])) == 8.0


def rosenbrock(x: Any) -> Any:
    return autograd.sum([100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])


MODEL = nn.MLP(8, [16, 16, 1], rng=random.Random(0))
PROGRAMS: list[Callable[[Any], Any]] = [
    autograd.sum,
    autograd.mean,
    autograd.logsumexp,
    autograd.max,
    rosenbrock,
    MODEL,
]


@pytest.mark.slow
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: getattr(f, "__name__", "model"))
@pytest.mark.parametrize("task", ["__call__", "value_and_grad", "jacobian", "hessian"])
def test_no_rows_give_empty_arrays_of_the_shapes_of_many(function: Any, task: str, backend: Any) -> None:
    call = getattr(compile(function, backend=backend), task)
    none, some = (x if isinstance(x, tuple) else (x,) for x in (call(np.zeros((0, 8))), call(np.ones((2, 8)))))
    assert [x.shape for x in none] == [(0, *x.shape[1:]) for x in some]


def test_rows_of_no_columns_are_rows_all_the_same(backend: Any) -> None:
    w = Value(3.0)
    f = compile(lambda x: autograd.sum([*x, w * 2.0]), [w], backend=backend)
    value, gradient = f.value_and_grad(np.zeros((5, 0)))
    assert (value.tolist(), gradient.shape, f.hessian(np.zeros((5, 0))).shape) == ([6.0] * 5, (5, 0), (5, 0, 0))
    assert (f([]), f.value_and_grad([]), f.backward(np.zeros((5, 0))), w.grad) == (6.0, (6.0, []), 6.0, 2.0)


def test_a_kernel_has_a_place_for_every_input_and_leaf_used_or_not(backend: Any) -> None:
    unused, w = Value(7.0), Value(3.0)
    f = compile(lambda x: x[1] * w, [w, unused], backend=backend)
    for task in ("value", "value_and_grad", "backward"):
        one = f.kernel(task, [2.0, 5.0, 1.0])
        many = f.kernel(task, np.ones((4, 3)))
        assert (one.inputs.shape, many.inputs.shape) == ((3,), (3, 4))
        assert (one.leaves.tolist(), many.leaves.tolist()) == ([3.0, 7.0], [3.0, 7.0])
        one.inputs[:] = [9.0, 11.0, 13.0]
        one.leaves[:] = [2.0, 100.0]
        assert one.run()[0] == 22.0
