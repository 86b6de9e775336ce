"""no_grad, expanded, detect_anomaly: what each changes, for how long, and for whom."""

import asyncio
import inspect
import math
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

import autograd
from autograd import AnomalyError, Constant, Value, detect_anomaly, expanded, grad, jacobian, no_grad
from autograd.graph import topological_order
from autograd.recorders import recording
from autograd.value import PLAIN, RECORDER


def line_after() -> str:
    """File and number of the line below the one that calls this."""
    frame = inspect.currentframe().f_back
    return f"{__file__}:{frame.f_lineno + 1}"


# no_grad and expanded


def test_no_grad_makes_constants_without_operands() -> None:
    x = Value(2.0)
    with no_grad():
        for result in (x * x, x + 1.0, -x, x.tanh(), autograd.dot([x], [x], x), autograd.max([x, x]), abs(x)):
            assert type(result) is Constant
            assert (result.operands, result.local_grads, result.op) == ((), (), None)
    assert type(x * x) is Value


def test_leaves_made_under_no_grad_can_be_used_afterwards() -> None:
    with no_grad():
        x = Value(2.0)
    (x * x).backward()
    assert x.grad == 4.0


def test_modes_decorate_functions_too() -> None:
    @no_grad()
    def hidden(x: Value) -> Value:
        return x * x

    assert type(hidden(Value(2.0))) is Constant
    assert type(hidden(Value(2.0))) is Constant
    assert RECORDER.get() is PLAIN


@pytest.mark.parametrize("context", [no_grad, expanded, detect_anomaly])
def test_a_mode_ends_with_its_block_even_after_an_error(context: Callable[[], Any]) -> None:
    @context()  # type: ignore[untyped-decorator]
    def fail() -> None:
        assert RECORDER.get() != PLAIN
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert RECORDER.get() is PLAIN


def test_modes_nest_and_add_up() -> None:
    x, y = Value(2.0), Value(3.0)
    with expanded():
        with no_grad():
            assert type(autograd.sum([x, y])) is Constant
            with expanded():
                assert type(autograd.sum([x, y])) is Constant
        assert autograd.sum([x, y]).op.name == "add"
        with detect_anomaly(), pytest.raises(AnomalyError):
            (x - 2.0).log()
        assert (x - 2.0).log().data == -math.inf
    assert autograd.sum([x, y]).op.name == "sum"


def test_expanded_leaves_plain_numbers_plain() -> None:
    with expanded():
        assert autograd.sum([1.0, 2.0]) == 3.0
        assert type(autograd.dot([1.0], [2.0])) is float


def test_gradients_are_found_under_any_mode() -> None:
    def function(x: Value) -> Value:
        return autograd.dot([x, x], [x, 2.0]) * x.tanh()

    expected = grad(function)(0.7), grad(grad(function))(0.7)
    for context in (no_grad, expanded, detect_anomaly):
        with context():
            assert (grad(function)(0.7), grad(grad(function))(0.7)) == pytest.approx(expected, rel=1e-14)
            assert grad(function)(Value(0.7)).data == pytest.approx(expected[0], rel=1e-14)


def test_threads_do_not_disturb_one_another() -> None:
    contexts = [no_grad, expanded, detect_anomaly, nullcontext]
    barrier, found = threading.Barrier(len(contexts)), {}

    def work(context: Callable[[], Any]) -> None:
        x = Value(0.0)
        with context():
            barrier.wait()
            total = autograd.sum([x, x])
            name = total.op and total.op.name
            try:
                x.log()
                name = f"{name}, -inf"
            except AnomalyError:
                name = f"{name}, error"
            barrier.wait()
        found[context] = name

    with no_grad():  # does not reach the threads
        threads = [threading.Thread(target=work, args=[context]) for context in contexts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [found[context] for context in contexts] == ["None, -inf", "add, -inf", "sum, error", "sum, -inf"]


# detect_anomaly, forward


@detect_anomaly()
def test_an_anomaly_names_operation_operands_numbers_and_the_line() -> None:
    x, y = Value(-1.0, label="x"), Value(0.5)
    with pytest.raises(AnomalyError) as caught:
        root(x, y)
    assert str(caught.value).startswith("pow(x = -1.0, 0.5) is nan")
    assert f"{__file__}:{root.__code__.co_firstlineno + 1})" in str(caught.value)


def root(x: Value, y: Value) -> Value:
    return x**y


def test_infinities_are_anomalies_too() -> None:
    with detect_anomaly():
        for make, text in [
            (lambda: Value(0.0, label="p").log(), r"log\(p = 0\.0\) is -inf"),
            (lambda: Value(1e200) * Value(1e200), r"mul\(1e\+200, 1e\+200\) is inf"),
            (lambda: Value(1.0, label="a") / Value(0.0, label="b"), r"truediv\(a = 1\.0, b = 0\.0\) is inf"),
            (lambda: autograd.sum([Value(math.inf), 1.0]), r"sum\(inf, 1\.0\) is inf"),
        ]:
            with pytest.raises(AnomalyError, match=text):
                make()


def test_a_call_with_many_operands_is_shortened() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"sum\(0\.0, 1\.0, 2\.0, 3\.0, …, 98\.0, 99\.0, nan\)"):
        autograd.sum([Value(float(i)) for i in range(100)] + [math.nan])


def test_the_line_is_the_users_own_inside_functions_and_operations_of_many() -> None:
    def risky(x: Value) -> Value:
        nonlocal here  # type: ignore[misc]
        here = line_after()
        return autograd.norm([x, math.nan])

    here = ""
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        risky(Value(1.0))
    assert here in str(caught.value)


def test_no_anomaly_no_error_and_the_same_bits() -> None:
    x = Value(0.3)
    with detect_anomaly():
        y = (x * x).tanh().log()
        y.backward()
    watched, x.grad = x.grad, 0.0
    z = (x * x).tanh().log()
    z.backward()
    assert (y.data, watched) == (z.data, x.grad)


def test_constants_are_not_watched_derivatives_of_constants_not_evaluated() -> None:
    with detect_anomaly():
        y = Value(-2.0) ** 2  # log(−2), the derivative by the exponent, would be nan
        y.backward()
    assert y.data == 4.0


# detect_anomaly, backward


def test_a_gradient_that_is_inf_names_operation_operand_and_line_and_changes_no_grad() -> None:
    x, y = Value(0.0, label="x"), Value(3.0, label="y")
    x.grad, y.grad = 7.0, 8.0
    with detect_anomaly():
        here = line_after()
        root = x.sqrt()
        out = root * y
        with pytest.raises(AnomalyError) as caught:
            out.backward()
    message = str(caught.value)
    assert "the gradient of x = 0.0 became inf in sqrt(x = 0.0)" in message
    assert "local derivative inf × arriving gradient 3.0" in message
    assert here in message
    assert (x.grad, y.grad, root.grad, out.grad) == (7.0, 8.0, 0.0, 0.0)


def test_a_gradient_that_is_nan_is_found_where_it_arises() -> None:
    x = Value(0.0, label="x")
    with detect_anomaly():
        out = (x * x).sqrt() * 0.0
        with pytest.raises(
            AnomalyError, match=r"operand 1 = 0\.0 became nan in sqrt\(0\.0\).*inf × arriving gradient 0\.0"
        ):
            out.backward()
    assert x.grad == 0.0


def test_gradients_that_add_up_to_inf_are_found() -> None:
    x = Value(1.0, label="x")
    with detect_anomaly():
        out = x * 1e308 + (x - 1.0) * 1e308
        with pytest.raises(AnomalyError, match=r"the gradient of x = 1\.0 became inf"):
            out.backward()


def test_a_graph_from_before_has_no_line_but_all_else() -> None:
    x = Value(0.0, label="x")
    out = x.sqrt()
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"sqrt\(x = 0\.0\).*created outside detect_anomaly"):
        out.backward()


def test_nothing_is_checked_after_the_block() -> None:
    x = Value(0.0)
    with detect_anomaly():
        y = x.sqrt()
    y.backward()
    assert x.grad == math.inf


def test_anomaly_detection_makes_the_same_graph() -> None:
    x = Value(0.5)
    with detect_anomaly():
        watched = autograd.softmax([x, x * 2.0])[0]
    plain = autograd.softmax([x, x * 2.0])[0]
    assert [n.op for n in topological_order(watched)] == [n.op for n in topological_order(plain)]


def test_derivatives_by_grad_are_watched_and_name_the_users_line() -> None:
    for transform in (grad, jacobian):
        slope = transform(autograd.sqrt)
        with detect_anomaly(), pytest.raises(AnomalyError) as watched:
            slope(0.0)
        assert "became inf in sqrt(0.0)" in str(watched.value)
        assert f"created at {__file__}:" in str(watched.value)


def test_watching_keeps_no_graph_alive() -> None:
    x = Value(1.0)
    with detect_anomaly():
        before = sys.getallocatedblocks()
        for _ in range(200):
            autograd.sum([x * 2.0 for _ in range(100)]).backward()
        assert sys.getallocatedblocks() - before < 5_000


def test_a_block_inside_another_knows_the_lines_of_both() -> None:
    x = Value(0.0, label="x")
    with detect_anomaly():
        with detect_anomaly():
            here = line_after()
            out = x.sqrt()
        with pytest.raises(AnomalyError) as caught:
            out.backward()
    assert here in str(caught.value)


def test_a_mode_that_changes_nothing_stays_the_same_object() -> None:
    with recording(), expanded(False):
        assert RECORDER.get() is PLAIN
    seen = []
    grad(lambda x: seen.append(RECORDER.get()) or x * x)(1.0)
    assert seen[0].is_usual()  # the quick ways are taken here too
    with no_grad(), no_grad():
        assert RECORDER.get().numbers_only
    assert RECORDER.get() is PLAIN


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "gelu", "exp"])
def test_under_no_grad_numbers_are_those_of_the_graph(name: str) -> None:
    function = getattr(autograd, name)
    w, x, bias = [Value(0.3), Value(-1.7)], [Value(2.0), Constant(0.9)], Value(0.1)
    recorded = function(autograd.dot(w, x, bias)).data
    with no_grad():
        assert function(autograd.dot(w, x, bias)).data == recorded
        assert type(function(autograd.dot(w, [x[0], x[0]], bias))) is Constant
        with expanded():
            assert function(autograd.dot(w, x, bias)).data == recorded


# modes and functions that are suspended


def kinds_around(x: Value) -> Iterator[type[Value]]:
    received = yield type(x * x)
    yield type(x * (received or 1.0))


@pytest.mark.parametrize("context", [no_grad, expanded, detect_anomaly])
def test_a_decorated_generator_has_its_mode_only_while_it_runs(context: Callable[[], Any]) -> None:
    steps = context()(kinds_around)(Value(2.0))
    expected = Constant if context is no_grad else Value
    assert next(steps) is expected
    assert RECORDER.get() is PLAIN
    assert steps.send(3.0) is expected
    assert RECORDER.get() is PLAIN
    steps.close()
    assert RECORDER.get() is PLAIN


def test_an_error_thrown_into_a_decorated_generator_arrives_in_its_mode() -> None:
    @no_grad()
    def steps() -> Iterator[type[Value]]:
        try:
            yield Value
        except KeyError:
            yield type(Value(1.0) * 2.0)

    running = steps()
    next(running)
    assert running.throw(KeyError()) is Constant  # type: ignore[attr-defined]
    assert RECORDER.get() is PLAIN


def test_a_decorated_coroutine_has_its_mode_only_while_it_runs() -> None:
    found = []

    @no_grad()
    async def hidden() -> type[Value]:
        await asyncio.sleep(0)
        found.append(type(Value(1.0) * 2.0))
        await asyncio.sleep(0)
        return type(Value(1.0) * 2.0)

    async def both() -> type[Value]:
        task = asyncio.ensure_future(hidden())
        for _ in range(3):
            found.append(type(Value(1.0) * 2.0))
            await asyncio.sleep(0)
        return await task

    assert asyncio.run(both()) is Constant
    assert found.count(Value) == 3
    assert found.count(Constant) == 1
    stepped = hidden().__await__()
    next(stepped)
    assert RECORDER.get() is PLAIN
    stepped.close()


def test_an_asynchronous_generator_cannot_be_decorated() -> None:
    with pytest.raises(TypeError, match="asynchronous generator"):

        @no_grad()
        async def numbers() -> AsyncIterator[float]:
            yield 1.0


def test_an_abandoned_generator_cleans_up_in_its_mode() -> None:
    found = []

    @no_grad()
    def steps() -> Iterator[int]:
        try:
            yield 1
        finally:
            found.append(type(Value(1.0) * 2.0))

    running = steps()
    next(running)
    del running
    closed = steps()
    next(closed)
    closed.close()  # type: ignore[attr-defined]
    assert found == [Constant, Constant]
    assert RECORDER.get() is PLAIN


def test_a_gradient_that_is_inf_is_found_also_where_no_grad_is_the_inner_mode() -> None:
    root = (Value(2.0) * 0.0).sqrt()
    with detect_anomaly(), no_grad():
        with pytest.raises(AnomalyError, match="became inf in sqrt"):
            grad(autograd.sqrt)(0.0)
        with pytest.raises(AnomalyError, match="became inf in sqrt"):
            root.backward()


@pytest.mark.parametrize("mode", [no_grad, expanded, detect_anomaly])
@pytest.mark.parametrize("wrong", [lambda x: x, 3, "on"])
def test_a_mode_without_its_brackets_is_an_error(mode: Any, wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"as a decorator it is written @{mode.__name__}\\(\\)"):
        mode(wrong)


@pytest.mark.parametrize("thing", [3, Value, "f"])
def test_a_mode_decorates_functions_only(thing: Any) -> None:
    with pytest.raises(TypeError, match="@no_grad\\(\\) decorates a function"):
        no_grad()(thing)
