"""Operators and methods written as code from the table: the same nodes as the general way, in every mode."""

import operator
from collections.abc import Callable
from contextlib import nullcontext
from itertools import product
from typing import Any

import numpy as np
import pytest

from autograd import AnomalyError, Constant, Value, compile, detect_anomaly, expanded, no_grad
from autograd.methods import MOST, powers
from autograd.protocols.operators import Operators

ONE: dict[str, Callable[[Any], Any]] = {
    "neg": operator.neg,
    "abs": abs,
    **{name: operator.methodcaller(name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu")},
}
TWO: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "pow", "mod")
}
POINTS = (-2.5, -1.0, -0.0, 0.0, 0.3, 1.0, 3.0, 800.0, float("inf"), float("nan"))
MODES: list[Callable[[], Any]] = [nullcontext, no_grad, expanded]


class General(Value):
    """A subclass goes the general way."""


def described(node: Value) -> tuple[Any, ...]:
    """All that a node holds, its numbers to the bit."""
    kind = Value if type(node) is General else type(node)
    locals_ = [None if x is None else float(x).hex() for x in node.local_grads]
    below = [(isinstance(x, Constant), x.data.hex()) for x in node.operands]
    return kind, node.op, node.data.hex(), node.grad, node.label, below, locals_, [*map(type, node.local_grads)]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ONE)
def test_a_method_makes_the_node_of_the_general_way(name: str, mode: Callable[[], Any]) -> None:
    for x in POINTS:
        with mode():
            assert described(ONE[name](Value(x))) == described(ONE[name](General(x)))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", TWO)
def test_an_operator_makes_the_node_of_the_general_way(name: str, mode: Callable[[], Any]) -> None:
    f = TWO[name]
    for x, y in product(POINTS, repeat=2):
        with mode():
            assert described(f(Value(x), Value(y))) == described(f(General(x), General(y)))
            assert described(f(Value(x), y)) == described(f(General(x), y))
            assert described(f(Value(x), Constant(y))) == described(f(General(x), Constant(y)))
            if name != "add" or x != 0:
                assert described(f(x, Value(y))) == described(f(x, General(y)))
    assert described(f(Value(0.3), 2)) == described(f(General(0.3), 2))
    assert described(f(2, Value(0.3))) == described(f(2, General(0.3)))


def test_every_operator_is_tested_and_written() -> None:
    named = {*(f"__{name}__" for name in TWO), *(f"__r{name}__" for name in TWO), "__neg__", "__abs__"} | {*ONE}
    for name in {name for name in vars(Operators) if name.strip("_") in named or name in named}:
        assert getattr(Value, name).__code__.co_filename.endswith("<written from the table>")


def test_powers_are_right_however_many_exponents_there_are() -> None:
    exponents = [0.5 + k / 16 for k in range(2 * MOST)]
    for y in exponents:
        assert described(Value(1.7) ** y) == described(General(1.7) ** y)
    assert len(powers) == MOST


def test_an_integer_without_a_float_is_an_overflow_as_before() -> None:
    for f in TWO.values():
        with pytest.raises(OverflowError):
            f(Value(2.0), 10**400)


def test_what_no_number_is_goes_to_the_other_class() -> None:
    for f in TWO.values():
        with pytest.raises(TypeError, match="unsupported operand"):
            f(Value(2.0), object())


def test_an_anomaly_names_the_readers_line() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"test_methods\.py"):
        Value(1.0, label="x") / Value(0.0)


def test_a_compiled_function_of_every_operator_has_the_numbers_of_the_engine() -> None:
    def f(x: Value) -> Value:
        return (-x - 2.0) / (1.5 - abs(x)) + x**2 + x**0.5 + (3.0 / x - x.tanh()) * x.sigmoid() % 2.0

    assert compile(f, backend="numpy")(np.array([0.7, 2.2])).tolist() == pytest.approx(
        [f(Value(0.7)).data, f(Value(2.2)).data], rel=1e-15
    )
