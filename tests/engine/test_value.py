"""Value as a number: what it takes and refuses, how it compares and prints, and code written for micrograd.

Of autograd.value, autograd.protocols.number and autograd.protocols.operators.
"""

import math
import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from references import bits

import autograd
from autograd import Constant, Value, no_grad

np = pytest.importorskip("numpy")

REALS = [3, 3.0, True, Fraction(1, 3), np.float64(0.1), np.float32(0.5), np.int64(-2), np.uint8(7), -0.0, math.inf]
NO_REALS = [
    "3",
    b"3",
    None,
    1j,
    [1.0],
    (1.0,),
    {},
    ...,
    Decimal(1),
    np.array([1.0, 2.0]),
    np.array(1.0),
    np.complex128(1),
]
ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]


# Making one


@pytest.mark.parametrize("number", REALS, ids=repr)
def test_any_real_number_is_stored_as_a_float(number: Any) -> None:
    v = Value(number)
    assert type(v.data) is float
    assert bits(v.data) == bits(float(number))
    assert (v.grad, v.op, v.operands, v.local_grads, v.label) == (0.0, None, (), (), "")


@pytest.mark.parametrize("thing", [*NO_REALS, Value(1.0)], ids=repr)
def test_anything_else_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="takes a real number, got"):
        Value(thing)


def test_the_refusal_says_what_it_got_and_how_to_mend_it() -> None:
    for thing, message in [
        (np.zeros((2, 3)), r"array of shape \(2, 3\).*\[Value\(x\) for x in array\]"),
        (1 + 2j, r"complex number \(1\+2j\)"),
        ("3", r"'3' \(str\)"),
        (None, "None"),
    ]:
        with pytest.raises(TypeError, match=message):
            Value(thing)


def test_a_number_too_large_for_a_float_is_refused() -> None:
    with pytest.raises(OverflowError):
        Value(10**400)


def test_no_attribute_can_be_added_by_mistake() -> None:
    with pytest.raises(AttributeError):
        Value(1.0).gard = 0.0  # type: ignore[attr-defined]


# Operators


@pytest.mark.parametrize("function", ARITHMETIC)
@pytest.mark.parametrize("number", REALS, ids=repr)
def test_operators_take_any_real_number_on_either_side(function: Any, number: Any) -> None:
    v = Value(2.5)
    for result, expected in [
        (function(v, number), getattr(autograd, _name(function))(2.5, float(number))),
        (function(number, v), getattr(autograd, _name(function))(float(number), 2.5)),
    ]:
        assert isinstance(result, Value)
        assert type(result.data) is float
        assert bits(result.data) == bits(expected)


def _name(function: Any) -> str:
    return function.__name__


@pytest.mark.parametrize("function", [*ARITHMETIC, *COMPARISONS])
@pytest.mark.parametrize("thing", NO_REALS, ids=repr)
def test_operators_refuse_what_is_no_real_number_on_either_side(function: Any, thing: Any) -> None:
    v = Value(2.0)
    pairs = [(v, thing), (thing, v)]
    if getattr(thing, "shape", None) == () and function in COMPARISONS:
        pairs.pop()  # NumPy hands over its own numbers, too, as arrays without dimensions: np.float64(1.0) < v
    for pair in pairs:
        with pytest.raises(TypeError):
            function(*pair)
    assert (v.data, v.grad) == (2.0, 0.0)


def test_an_array_times_a_value_says_how_to_mend_it() -> None:
    for pair in ((Value(1.0), np.ones(2)), (np.ones(2), Value(1.0))):
        with pytest.raises(TypeError, match=r"one Value per number|does not support ufuncs"):
            operator.mul(*pair)


def test_zero_plus_a_value_is_the_value() -> None:
    v = Value(2.0)
    assert 0 + v is v
    assert 0.0 + v is v
    assert sum([v]) is v
    assert sum([v, v]).operands == (v, v)


def test_plus_leaves_a_value_as_it_is() -> None:
    v = Value(-2.0)
    assert +v is v
    assert (-v).data == 2.0
    assert abs(v).data == 2.0


def test_assignment_operators_make_new_nodes() -> None:
    v = w = Value(2.0)
    w += 1.0
    w *= v
    assert (v.data, w.data) == (2.0, 6.0)
    w.backward()
    assert v.grad == 5.0


def test_plain_numbers_and_detached_values_are_constants() -> None:
    x = Value(2.0, label="x")
    product = x * 3.0
    assert type(product.operands[1]) is Constant
    assert product.local_grads == (3.0, None)
    detached = x.detach()
    assert (type(detached), detached.data, detached.label) == (Constant, 2.0, "x")
    assert type(detached * 3.0) is Constant
    (detached * x).backward()
    assert (x.grad, detached.grad) == (2.0, 0.0)


# Comparing and converting


@pytest.mark.parametrize("function", COMPARISONS)
@pytest.mark.parametrize("pair", [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (math.nan, 1.0), (-math.inf, 1.0)])
def test_comparisons_are_those_of_the_numbers(function: Any, pair: tuple[float, float]) -> None:
    x, y = pair
    expected = function(x, y)
    assert function(Value(x), Value(y)) is expected
    assert function(Value(x), y) is expected
    assert function(x, Value(y)) is expected
    assert bool(function(np.float64(x), Value(y))) is expected


def test_equality_of_values_is_identity() -> None:
    v, w = Value(1.0), Value(1.0)
    assert v == v
    assert v != w
    assert w not in [v]
    assert [v, w].index(w) == 1
    assert (v == None, v != "1.0") == (False, True)  # noqa: E711


@pytest.mark.parametrize("number", [1, 1.0, True, np.float64(1.0), np.int64(1), np.ones(2), Fraction(1)], ids=repr)
def test_equality_with_a_number_is_refused_and_the_remedy_named(number: Any) -> None:
    for compare in (operator.eq, operator.ne):
        for pair in ((Value(1.0), number), (number, Value(1.0))):
            with pytest.raises(TypeError, match=r"v\.data == "):
                compare(*pair)


def test_values_live_in_sets_and_dicts_by_identity() -> None:
    v, w = Value(1.0), Value(1.0)
    assert len({v, w, v}) == 2
    assert {v: "v", w: "w"}[w] == "w"
    before = hash(v)
    v.data = 5.0
    assert hash(v) == before


def test_a_value_is_true_unless_its_number_is_0() -> None:
    assert [bool(Value(x)) for x in (0.0, -0.0, 1e-300, -1.0, math.nan)] == [False, False, True, True, True]


@pytest.mark.parametrize("convert", [float, int, complex, math.tanh, np.float64])
def test_conversions_that_would_lose_the_gradient_are_refused(convert: Any) -> None:
    with pytest.raises(TypeError, match=r"v\.item\(\).*autograd\.tanh"):
        convert(Value(1.0))


@pytest.mark.parametrize("use", [[0, 1].__getitem__, [1.0].__mul__, "text".__mul__, lambda v: v * [1.0]])
def test_a_value_is_no_index_and_repeats_no_list(use: Callable[[Value], object]) -> None:
    with pytest.raises(TypeError, match=r"int\(v\.item\(\)\).*\[v \* x for x in numbers\]"):
        use(Value(1.0))


def test_item_is_the_number_alone() -> None:
    assert Value(1.5).item() == 1.5
    assert type(Value(2).item()) is float


# Printing


def test_repr_shows_what_is_there() -> None:
    x = Value(2.0, label="x")
    y = x * 3.0
    assert repr(Value(2.0)) == "Value(2.0)"
    assert repr(x) == "Value(2.0, label='x')"
    assert repr(y) == "Value(6.0, op='mul')"
    y.backward()
    assert repr(x) == "Value(2.0, grad=3.0, label='x')"
    assert repr(x.detach()) == "Constant(2.0, label='x')"


def test_repr_of_a_deep_graph_is_short() -> None:
    v = Value(1.0)
    for _ in range(10_000):
        v = v + v
    assert len(repr(v)) < 80


def test_format_is_that_of_the_number() -> None:
    v = Value(1 / 3, label="v")
    assert f"{v:.3f}" == "0.333"
    assert f"{v:>8.2e}" == "3.33e-01"
    assert f"{v}" == str(v) == repr(v)
    with pytest.raises(ValueError):
        format(v, "q")


def test_results_under_no_grad_are_constants_of_the_same_bits() -> None:
    def expression(x: Value) -> Value:
        return (x * x + 2.0 * x).tanh() - autograd.logsumexp([x, 1.0, x * 0.5])

    with no_grad():
        constant = expression(Value(0.7))
    assert type(constant) is Constant
    assert bits(constant.data) == bits(expression(Value(0.7)).data)


@pytest.mark.parametrize(
    "name", ["exp", "log", "sqrt", "tanh", "arctan", "negative", "absolute", "square", "reciprocal"]
)
def test_numpys_functions_of_one_value_are_operations_of_the_graph(name: str) -> None:
    x = Value(0.7)
    y = getattr(np, name)(x)
    y.backward()
    h = 1e-6
    numeric = (getattr(np, name)(0.7 + h) - getattr(np, name)(0.7 - h)) / (2 * h)
    assert y.data == pytest.approx(getattr(np, name)(0.7), rel=1e-15)
    assert x.grad == pytest.approx(numeric, rel=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda v: np.floor_divide(v, 2.0),
            "np.floor_divide does not take a Value this way.*the functions of autograd",
        ),
        (lambda v: np.isnan(v), r"np.isnan does not take a Value.* or v\.data"),
        (lambda v: np.heaviside(v, 0.5), "np.heaviside does not take a Value"),
        (lambda v: np.exp(v, out=np.zeros(1)), r"use autograd\.exp"),
        (lambda v: np.multiply.outer(v, np.ones(2)), r"use autograd\.mul"),
        (lambda v: np.exp(v) + np.ones(2), "one Value per number"),
    ],
)
def test_what_numpy_cannot_do_with_a_value_names_the_remedy(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call(Value(1.0))


def test_a_label_is_text() -> None:
    a, b = Value(2.0), Value(3.0)
    for label in ((a, b), None, 3):
        with pytest.raises(TypeError, match=r"a label is text, got .*autograd\.operation"):
            Value(4.0, label)  # type: ignore[arg-type]


def test_requires_grad_can_be_read_but_not_set() -> None:
    v = Value(2.0)
    assert (v.requires_grad, (v * v).requires_grad, v.detach().requires_grad) == (True, True, False)
    with pytest.raises(AttributeError, match=r"v\.detach\(\)"):
        v.requires_grad = False


class Weight(Value):
    pass


def test_a_class_of_ones_own_has_room_for_attributes_and_learns() -> None:
    w = Weight(3.0)
    w.m, w._vis_color = 0.5, "red"  # type: ignore[attr-defined]
    (w * w + w).backward()
    assert (w.grad, w.m, w._vis_color) == (7.0, 0.5, "red")  # type: ignore[attr-defined]


def test_numpys_true_and_false_are_numbers_wherever_pythons_are() -> None:
    for theirs, ours in ((np.True_, True), (np.False_, False)):
        for f in (
            Value,
            Constant,
            lambda b: Value(3.0) * b,
            lambda b: b - Value(3.0),
            lambda b: Value(3.0) ** b,
            autograd.exp,
            lambda b: autograd.where(b, Value(3.0), 4.0),
            lambda b: autograd.take([Value(3.0), Value(4.0)], b),
            lambda b: autograd.max([b, Value(0.5)]),
        ):
            found, expected = f(theirs), f(ours)
            assert (
                (found.data, type(found)) == (expected.data, type(expected))
                if isinstance(found, Value)
                else found == expected
            )
        assert (Value(0.5) < theirs) is (Value(0.5) < ours)
        assert autograd.grad(lambda x: x * x)(theirs) == 2.0 * ours
    with pytest.raises(IndexError, match="not one of the 1 positions"):
        autograd.take([Value(3.0)], np.True_)
