"""autograd.operation: a user's own row is equal in rank to the built-in ones."""

import copy
import inspect
import math
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from references import bits

import autograd
from autograd import OPERATIONS, AnomalyError, Value, detect_anomaly, expanded, grad, gradcheck, hessian, no_grad
from autograd.notation.parser import parse
from autograd.operations.arithmetic import FLOATS


@pytest.fixture
def define() -> Iterator[Callable[..., Any]]:
    """autograd.operation, whose rows are removed again afterwards."""
    before = set(OPERATIONS)
    yield autograd.operation
    for name in set(OPERATIONS) - before:
        del OPERATIONS[name]


@pytest.fixture
def softcap(define: Callable[..., Any]) -> Callable[..., Any]:
    return define(
        "users_softcap",
        lambda m, x, cap: cap * m.tanh(m.truediv(x, cap)),
        [lambda m, x, cap, out: 1.0 - m.truediv(out, cap) ** 2, None],
        symbol="cap",
        operands=("x", "cap"),
        samples=[(100.0, 30.0), (-1.0, 2.0)],
        doc="cap · tanh(x/cap).",
    )


def test_it_works_on_numbers_and_on_values(softcap: Callable[..., Any]) -> None:
    assert softcap(100.0, 30.0) == 30.0 * math.tanh(100.0 / 30.0)
    x = Value(10.0)
    y = softcap(x, 30.0)
    assert (type(y), y.op.name, y._op) == (Value, "users_softcap", "cap")
    y.backward()
    assert x.grad == pytest.approx(1.0 - math.tanh(1 / 3) ** 2, rel=1e-15)
    with no_grad():
        assert bits(softcap(x, 30.0).data) == bits(y.data)


def test_the_function_is_named_and_documented(softcap: Callable[..., Any]) -> None:
    assert softcap.__name__ == "users_softcap"
    assert softcap.__doc__.startswith("cap · tanh(x/cap).")
    assert OPERATIONS["users_softcap"].samples == ((100.0, 30.0), (-1.0, 2.0))


def test_operands_may_be_named_and_are_counted(softcap: Callable[..., Any]) -> None:
    assert softcap(cap=30.0, x=100.0) == softcap(100.0, 30.0)
    for wrong in ((1.0,), (1.0, 2.0, 3.0)):
        with pytest.raises(TypeError, match=r"users_softcap\(\) takes x, cap"):
            softcap(*wrong)
    with pytest.raises(TypeError, match="takes a real number"):
        softcap("x", Value(1.0))


def test_an_operand_without_partial_gets_no_gradient(softcap: Callable[..., Any]) -> None:
    x, cap = Value(10.0), Value(30.0)
    y = softcap(x, cap)
    assert y.local_grads[1] is None
    y.backward()
    assert cap.grad == 0.0


def test_it_differentiates_to_any_order(softcap: Callable[..., Any]) -> None:
    def by_hand(x: Value) -> Value:
        return 2.0 * (x / 2.0).tanh()

    ours, theirs = (lambda x: softcap(x, 2.0)), by_hand
    for _ in range(4):
        ours, theirs = grad(ours), grad(theirs)
        assert ours(0.7) == pytest.approx(theirs(0.7), rel=1e-13)


def test_gradcheck_passes_it_to_second_order(softcap: Callable[..., Any]) -> None:
    for x, cap in OPERATIONS["users_softcap"].samples:
        assert gradcheck(lambda x, cap=cap: softcap(x, cap), x)
        assert gradcheck(grad(lambda x, cap=cap: softcap(x, cap)), x)


def test_it_is_pickled_and_copied_like_any_other(softcap: Callable[..., Any]) -> None:
    y = softcap(Value(10.0), 30.0) * 2.0
    for again in (pickle.loads(pickle.dumps(y)), copy.deepcopy(y)):
        again.backward()
        assert again.operands[0].op is OPERATIONS["users_softcap"]
        assert again.operands[0].operands[0].grad == pytest.approx(2.0 * (1.0 - math.tanh(1 / 3) ** 2), rel=1e-15)


def test_it_is_part_of_the_arithmetics_for_other_operations(define: Callable[..., Any], softcap: Any) -> None:
    twice = define(
        "users_softcap_twice",
        lambda m, x: m.users_softcap(2.0 * x, 3.0),
        [lambda m, x, out: 2.0 * (1.0 - m.truediv(out, 3.0) ** 2)],
    )
    assert FLOATS.users_softcap(1.0, 3.0) == softcap(1.0, 3.0)
    assert gradcheck(twice, 0.4)
    assert gradcheck(grad(twice), 0.4)


def test_two_operands_and_all_second_derivatives(define: Callable[..., Any]) -> None:
    hypot = define(
        "users_hypot",
        lambda m, x, y: m.sqrt(x * x + y * y),
        [lambda m, x, y, out: m.truediv(x, out), lambda m, x, y, out: m.truediv(y, out)],
    )
    assert hypot(3.0, 4.0) == 5.0
    assert gradcheck(hypot, 3.0, 4.0)
    expected = [[16 / 125, -12 / 125], [-12 / 125, 9 / 125]]
    for row, exact in zip(hessian(lambda v: hypot(*v))([3.0, 4.0]), expected, strict=True):
        assert row == pytest.approx(exact, rel=1e-14)


def test_it_works_under_the_modes(define: Callable[..., Any]) -> None:
    inverse = define("users_inverse", lambda m, x: m.truediv(1.0, x), [lambda m, x, out: -out * out], doc="1/x.")
    with expanded():
        assert inverse(Value(2.0)).op.name == "users_inverse"
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"users_inverse\(x = 0\.0\) is inf") as caught:
        inverse(Value(0.0, label="x"))
    assert __file__ in str(caught.value)


def test_a_forward_that_gives_an_integer_is_stored_as_a_float(define: Callable[..., Any]) -> None:
    answer = define("users_answer", lambda m, x: 42, [lambda m, x, out: 0.0])
    assert type(answer(Value(1.0)).data) is float
    assert type(answer(1.0)) is float


def test_a_forward_that_gives_no_number_says_so(define: Callable[..., Any]) -> None:
    broken = define("users_broken", lambda m, x: None, [lambda m, x, out: 0.0])
    with pytest.raises(TypeError, match=r"the result of users_broken takes a real number, got None"):
        broken(Value(1.0))


# Errors


@pytest.mark.parametrize("name", ["add", "relu", "cross_entropy"])
def test_a_name_that_exists_is_refused(define: Callable[..., Any], name: str) -> None:
    row = OPERATIONS[name]
    with pytest.raises(ValueError, match=f"'{name}' exists already"):
        define(name, lambda m, x: x, [lambda m, x, out: 1.0])
    assert OPERATIONS[name] is row


def test_a_users_name_can_be_used_once(define: Callable[..., Any], softcap: Any) -> None:
    with pytest.raises(ValueError, match="exists already"):
        define("users_softcap", lambda m, x: x, [lambda m, x, out: 1.0])


@pytest.mark.parametrize("name", ["", "two words", "1st", "a-b", "_private", "lambda"])
def test_a_name_that_cannot_be_called_is_refused(define: Callable[..., Any], name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        define(name, lambda m, x: x, [lambda m, x, out: 1.0])


@pytest.mark.parametrize(
    ("partials", "operands"),
    [([], ("x",)), ([None, None], ("x",)), ([None], ("x", "y")), ([], ())],
)
def test_a_wrong_number_of_partials_is_refused(
    define: Callable[..., Any], partials: list[None], operands: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="partial"):
        define("users_miscounted", lambda m, x: x, partials, operands=operands)
    assert "users_miscounted" not in OPERATIONS


@pytest.mark.parametrize(
    ("forward", "partial"),
    [
        (lambda m: 1.0, lambda m, x, out: 1.0),
        (lambda m, x, y: x, lambda m, x, out: 1.0),
        (lambda m, x: x, lambda m, x: 1.0),
        (lambda m, x: x, lambda m, x, y, out: 1.0),
    ],
)
def test_functions_that_do_not_take_the_operands_are_refused(
    define: Callable[..., Any], forward: Callable[..., Any], partial: Callable[..., Any]
) -> None:
    for operands in ((), ("x",)):
        with pytest.raises(ValueError, match="users_mismatch"):
            define("users_mismatch", forward, [partial], operands=operands)
    assert "users_mismatch" not in OPERATIONS


def test_the_operands_are_named_as_in_the_forward(define: Callable[..., Any]) -> None:
    power = define("users_power", lambda m, base, times: m.pow(base, times), [lambda m, *_: 0.0, None])
    assert power(times=3.0, base=2.0) == 8.0


def test_a_default_of_the_formula_is_one_of_the_function(define: Callable[..., Any]) -> None:
    scaled = define("users_scaled", lambda m, x, factor=3.0: x * factor, [lambda m, x, factor, out: factor, None])
    assert (scaled(2.0), scaled(2.0, 5.0), scaled(2.0, factor=5.0)) == (6.0, 10.0, 10.0)
    assert str(inspect.signature(scaled)) == "(x, factor=3.0)"
    assert parse("users_scaled(x)", {"x": Value(2.0)}).data == 6.0


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "operation", "passes"])
def test_the_names_of_the_other_functions_are_taken(define: Callable[..., Any], name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' exists already"):
        define(name, lambda m, x: x, [None])


def test_a_derivative_that_forgets_to_return_raises_in_the_engine_and_compiled() -> None:
    def slope(m: Any, x: Any, out: Any) -> Any:
        3 * m.pow(x, 2.0)

    cube = autograd.operation("forgetful_cube", lambda m, x: x * x * x, [slope])
    try:
        message = "operation 'forgetful_cube': its derivative slope returned None"
        with pytest.raises(TypeError, match=message):
            cube(Value(2.0))
        with pytest.raises(TypeError, match=message):
            autograd.compile(lambda x: cube(x), backend="numpy").value_and_grad(2.0)
        assert cube(2.0) == 8.0
    finally:
        del autograd.OPERATIONS["forgetful_cube"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((lambda m, x: x**3, lambda m, x, out: 3 * x**2), r"give a list of derivatives, one for each operand: \["),
        ((lambda: 1.0, []), r"takes the arithmetic first, then its operands: \(m, x\)"),
        ((lambda x: x**3, [lambda x, out: 3 * x**2]), r"takes the arithmetic first, then its operands"),
        ((lambda m, x: x**3, [lambda x: 3 * x**2]), "cannot call"),
    ],
)
def test_an_operation_given_in_another_shape_names_the_right_one(arguments: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        autograd.operation("wrongly_given_cube", *arguments)
    assert "wrongly_given_cube" not in autograd.OPERATIONS
