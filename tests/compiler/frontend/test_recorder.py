"""The tracing recorder: what a trace refuses, and that nobody but the function traced notices it.

Of autograd.compiler.frontend.conditions and autograd.compiler.frontend.hiding.
"""

import contextlib
import importlib.util
import math
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Constant, Value
from autograd.compiler import compile
from autograd.compiler.frontend import hiding
from autograd.compiler.frontend.tracing import TracingError, trace

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["numpy", pytest.param("llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="needs llvmlite"))]
REMEDY = r"autograd\.where\(autograd\.greater\(v, 0\), a, b\)"


def numpy(function: Any, *parameters: Value) -> Any:
    return compile(function, parameters, backend="numpy")


def caught(look: Any) -> Any:
    """A function that asks for a number and goes on with another result when it is refused."""

    def f(x: Any) -> Any:
        try:
            look(x)
        except Exception:
            return x * 0.0
        return x

    return f


LOOKS = {
    "a comparison": lambda x: x > 0,
    "its number": lambda x: x.data,
    "its gradient": lambda x: x.grad,
    "its truth": lambda x: bool(x),
    "a local derivative, compared": lambda x: (x * x).local_grads[0] > 0,
    "a local derivative, as equal": lambda x: (x * 3.0).local_grads == (3.0, None),
    "a local derivative, in a sum": lambda x: sum((x * x).local_grads),
    "its text to two digits": lambda x: f"{x:.2f}",
    "an assignment": lambda x: setattr(x, "data", 1.0),
    "a search for anomalies": autograd.detect_anomaly()(lambda x: autograd.log(x)),
    "a backward pass": lambda x: (x * x).backward(),
    "the number of a detached one": lambda x: x.detach().data,
    "a comparison of what is made under no_grad": lambda x: autograd.no_grad()(lambda: x * 2.0)() < 1.0,
}


@pytest.mark.parametrize("name", LOOKS)
def test_what_was_refused_fails_the_trace_even_if_the_function_catches_the_error(name: str) -> None:
    with pytest.raises(TracingError):
        numpy(caught(LOOKS[name]))(1.0)


@pytest.mark.parametrize("convert", [float, int, math.sqrt])
def test_what_the_engine_refuses_as_well_may_be_caught_as_there(convert: Any) -> None:
    f = caught(convert)
    assert numpy(f)(2.0) == f(Value(2.0)).data == 0.0


@pytest.mark.parametrize(
    "decide",
    [
        lambda a, b: a.data in [b.data],
        lambda a, b: [a.data] == [b.data],
        lambda a, b: [b.data, a.data].index(a.data),
        lambda a, b: {repr(a.data): 1}.get(repr(b.data)),
        lambda a, b: isinstance(a.data, float),
        lambda a, b: str(a.data) == str(b.data),
        lambda a, b: a.item() in (1.0, 2.0),
        lambda a, b: a < b,
        lambda a, b: sorted([a, b])[0] is a,
        lambda a, b: max(a, b) is a,
    ],
)
def test_two_unknown_numbers_are_never_taken_for_one(decide: Any) -> None:
    with pytest.raises(TracingError, match=REMEDY):
        numpy(lambda a, b: a * 2.0 if decide(a, b) else b)(1.0, 2.0)


def test_a_memo_by_the_text_of_a_value_is_right() -> None:
    def f(a: Any, b: Any) -> Any:
        memo = {repr(a): a * 2.0}
        return memo.get(repr(b), b * 10.0) + memo[repr(a)]

    assert numpy(f)(1.0, 1.0) == 12.0


def test_a_detached_value_is_a_constant_while_traced_as_it_is_else() -> None:
    def f(x: Any) -> Any:
        kinds = [isinstance(v, Constant) for v in (x, x * 2.0, x.detach(), x.detach() * 2.0 + 1.0)]
        with autograd.no_grad():
            kinds.append(isinstance(x * x, Constant))
        return x * float(kinds == [False, False, True, True, True])

    assert f(Value(3.0)).data == numpy(f)(3.0) == 3.0


def test_a_derivative_by_a_constant_is_that_of_the_engine() -> None:
    def f(x: Any) -> Any:
        return autograd.grad(lambda v: v**3 + v * x)(x.detach() * 2.0) * x

    assert numpy(f).value_and_grad(1.5) == (42.75, 30.0)  # (3·3² + x)·x, in which 3 is no function of x


time = Value(0.0).detach()


def assigns_to_a_constant(x: Any) -> Any:
    total = x
    for i in range(3):
        time.data = float(i)
        total = total + x * time
    return total


def assigns_to_its_result(x: Any) -> Any:
    y = x * x
    y.data = 5.0
    return y


def assigns_to_a_leaf_of_its_own(x: Any) -> Any:
    step = Value(1.0)
    y = x * step
    step.data = 2.0
    return y


@pytest.mark.parametrize("f", [assigns_to_a_constant, assigns_to_its_result, assigns_to_a_leaf_of_its_own])
def test_assignments_to_numbers_raise(f: Any) -> None:
    with pytest.raises(TracingError, match="assigns to"):
        numpy(f)(1.0)
    assert time.data == 0.0


def test_the_number_of_a_value_made_inside_from_known_numbers_may_be_read() -> None:
    def f(x: Any) -> Any:
        return x * math.sqrt(Value(16.0).data)

    assert numpy(f)(2.0) == 8.0


def test_printing_inside_shows_that_it_is_traced(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        x.label = "x"
        print(x, [x * x])
        return x * 2.0

    assert numpy(f)(1.0) == 2.0
    assert "a Value being traced, x" in capsys.readouterr().out


def test_a_refused_trace_leaves_no_number_behind() -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        seen.append(x)
        seen.append(x.data)

    with pytest.raises(TracingError):
        numpy(f)(1.0)
    (kept,) = seen
    with pytest.raises(TracingError, match=r"made while autograd\.compile traced a function, which kept it"):
        kept.data  # noqa: B018
    with pytest.raises(TracingError, match="which kept it"):
        kept * 2.0


class Weight(Value):
    __slots__ = ("momentum",)


@pytest.mark.parametrize("backend", BACKENDS)
def test_parameters_of_a_subclass_of_value_compile(backend: Any) -> None:
    w = Weight(3.0)
    f = compile(lambda x: w * x * x + w, [w], backend=backend)
    assert f.backward(np.array([1.0, 2.0])) == 10.5
    assert w.grad == 3.5
    with pytest.raises(TracingError, match=REMEDY):
        compile(lambda x: w.data * x, backend=backend)(1.0)


# a user's operation is traced like a function

LOOKING = {
    "== of its operand": (lambda m, x: 1.0 if x == 0 else m.truediv(m.sin(x), x), lambda m, x, out: m.cos(x)),
    "or": (lambda m, x: x or 7.0, lambda m, x, out: 1.0),
    "if": (lambda m, x: m.exp(x) if x else 0.0, lambda m, x, out: m.exp(x)),
    "a comparison": (lambda m, x: x if x > 0 else -x, lambda m, x, out: m.sign(x)),
    "math": (lambda m, x: math.tanh(x), lambda m, x, out: 1.0),
}


@pytest.fixture
def remove_operations() -> Any:
    before = set(autograd.OPERATIONS)
    yield
    for name in set(autograd.OPERATIONS) - before:
        del autograd.OPERATIONS[name]


@pytest.mark.usefixtures("remove_operations")
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", LOOKING)
def test_an_operation_of_ones_own_that_looks_at_its_number_raises(name: str, backend: Any) -> None:
    forward, partial = LOOKING[name]
    looking = autograd.operation("looking", forward, [partial])
    f = compile(lambda x: looking(x) * 2.0, backend=backend)
    with pytest.raises(TypeError) as error:
        f(1.0)
    assert "operation 'looking'" in error.value.__notes__[-1]
    with pytest.raises(TypeError):
        f(np.array([0.0, 1.0]))
    with pytest.raises(TypeError):
        f.source("c")


@pytest.mark.parametrize("look", [float, math.sin, repr, lambda x: x == 0.0, lambda x: f"{x}"])
def test_where_values_stand_for_plain_numbers_a_caught_refusal_fails_the_trace_too(look: Any) -> None:
    class Step(nn.Optimizer):
        def step(self) -> None:
            for p in self.parameters:
                p.data -= caught(look)(p.grad)

    w = Value(1.0)
    with pytest.raises(TracingError):
        numpy(lambda x: w * x, w).train(1.0, optimizer=Step([w], lr=0.1))
    with pytest.raises(TracingError):
        autograd.compiler.passes.templates._of_operation(  # type: ignore[attr-defined]
            SimpleNamespace(name="ours"), 1, lambda given: [caught(look)(given[0])]
        )


@pytest.mark.usefixtures("remove_operations")
@pytest.mark.parametrize("backend", BACKENDS)
def test_an_operation_of_ones_own_is_compiled_as_what_it_is_written_in(backend: Any) -> None:
    softcap = autograd.operation(
        "softcap",
        lambda m, x: m.where(m.less(m.abs(x), 3.0), x, 3.0 * m.tanh(m.truediv(x, 3.0))),
        [lambda m, x, out: x],
    )
    f = compile(lambda x: softcap(x) * x, backend=backend)
    points = [-7.0, -1.0, 0.0, 2.0, 30.0]
    assert f(np.array(points)).tolist() == [softcap(x) * x for x in points]
    assert f.value_and_grad(np.array(points))[1].tolist() == [
        autograd.grad(lambda x: softcap(x) * x)(x) for x in points
    ]


# nobody else notices


def in_threads(work: Any, count: int = 2) -> list[BaseException]:
    """Run `work` in threads until this block's `stop` is set; the errors."""
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_numbers_that_other_threads_assign_during_a_trace_stay() -> None:
    model = nn.MLP(2, [8, 8, 1])
    parameters, stop = model.parameters(), threading.Event()

    def assign() -> None:
        count = 0.0
        while not stop.is_set():
            count += 1.0
            for p in parameters:
                p.data = p.grad = count
            assert {p.data for p in parameters} == {p.grad for p in parameters} == {count}

    def compile_again_and_again() -> None:
        try:
            for _ in range(30):
                trace(lambda x: model(x), [[0.0, 0.0]])
        finally:
            stop.set()

    errors: list[BaseException] = []
    other = threading.Thread(target=lambda: errors.extend(in_threads(assign, 1)))
    other.start()
    errors += in_threads(compile_again_and_again, 1)
    other.join()
    assert errors == []


def test_the_engine_goes_on_in_other_threads_during_a_trace() -> None:
    model, reached, done = nn.MLP(2, [4, 1]), threading.Event(), threading.Event()
    expected = model([1.0, 2.0]).data
    found: list[Any] = []

    def eager() -> None:
        reached.wait(10.0)
        out = model([1.0, 2.0])
        out.backward()
        found.extend([out.data, out > 0.0, f"{out:.3f}", [p.grad for p in model.parameters()]])
        model.zero_grad()
        done.set()

    def slow(x: Any) -> Any:
        reached.set()
        done.wait(10.0)
        return model(x)

    thread = threading.Thread(target=eager)
    thread.start()
    assert numpy(slow)([1.0, 2.0]) == pytest.approx(expected, rel=1e-15)
    thread.join()
    assert found[:3] == [expected, expected > 0.0, f"{expected:.3f}"]
    assert any(found[3])


def test_two_functions_on_shared_parameters_are_traced_at_the_same_time() -> None:
    weights, meeting = [Value(0.5), Value(2.0)], threading.Barrier(2, timeout=10.0)

    def work() -> None:
        def f(x: Any) -> Any:
            meeting.wait()
            return autograd.dot(weights, [x, x])

        assert numpy(f)(2.0) == 5.0

    assert in_threads(work) == []
    assert [w.data for w in weights] == [0.5, 2.0]


def test_the_slots_are_back_after_a_trace_also_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiding._Hiding, "ever", 0)
    hiding._Hiding.install(hiding.SLOTS)
    for f in (lambda x: x * 2.0, lambda x: x.data):
        with contextlib.suppress(TracingError):
            numpy(f)(1.0)
        assert {name: vars(Value)[name] for name in hiding.HIDDEN} == hiding.SLOTS


def test_after_very_many_traces_the_numbers_are_still_hidden_and_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiding._Hiding, "ever", hiding.MOST)
    w = Value(2.0)
    try:
        for _ in range(3):
            with pytest.raises(TracingError):
                numpy(lambda x: x * w.data)(1.0)
            assert numpy(lambda x: x * w)(3.0) == 6.0
            w.data += 0.0
            assert (w.data, w.grad) == (2.0, 0.0)
        assert vars(Value)["data"] is not hiding.SLOTS["data"]
    finally:
        hiding._Hiding.install(hiding.SLOTS)
