"""What compiled functions keep: their parameters, through changes and copies of a model, and the code in a cache.

Of autograd.compiler.cache, autograd.compiler.copying and autograd.compiler.backends.registry.
"""

import copy
import functools
import gc
import importlib.util
import random
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from interpreter import run
from programs import BACKENDS

import autograd
import nn
from autograd import Value
from autograd.compiler import compile

numpy = functools.partial(compile, backend="numpy")
MODEL = nn.MLP(8, [16, 16, 1], rng=random.Random(0))


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def gradients(model: Any, f: Any, x: list[float]) -> tuple[list[float], list[float]]:
    model.zero_grad()
    f.backward(x)
    found = [p.grad for p in model.parameters()]
    model.zero_grad()
    model(x).backward()
    return found, [p.grad for p in model.parameters()]


@pytest.mark.slow
def test_a_replaced_layer_and_a_parameter_added_later_get_their_gradients(backend: Any) -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            self.inner, self.extra = nn.MLP(2, [3, 1], "tanh", rng=random.Random(0)), [Value(0.5)]

        def __call__(self, x: Any) -> Any:
            return self.inner(x) * autograd.sum(self.extra)

    model = Scaled()
    f = compile(model, backend=backend)
    changes: list[Callable[[], Any]] = [
        lambda: None,
        lambda: model.inner.layers.__setitem__(0, nn.Layer(2, 3, "tanh", rng=random.Random(1))),
        lambda: model.extra.append(Value(2.0)),
        lambda: model.inner.layers.insert(1, nn.Layer(3, 3, "tanh", rng=random.Random(2))),
        lambda: setattr(model, "inner", nn.MLP(2, [1], rng=random.Random(3))),
    ]
    for change in changes:
        change()
        found, expected = gradients(model, f, [0.5, -1.0])
        assert found == pytest.approx(expected, rel=1e-13)
        assert all(expected)
        assert f.parameters == model.parameters()
        before = [p.data for p in model.parameters()]
        f.train(np.ones((4, 2)), optimizer=nn.SGD(model.parameters(), lr=0.01))
        assert all(p.data != old for p, old in zip(model.parameters(), before, strict=True))


def test_parameters_that_a_model_makes_at_its_first_call_get_their_gradients(backend: Any) -> None:
    class Lazy(nn.Module):
        w: Any = None

        def __call__(self, x: Any) -> Any:
            self.w = self.w or [Value(0.5) for _ in x]
            return autograd.tanh(autograd.dot(self.w, x))

    model = Lazy()
    f = compile(model, backend=backend)
    assert f.backward([0.5, -1.0]) == model([0.5, -1.0]).data
    found, expected = gradients(model, f, [0.5, -1.0])
    assert found == pytest.approx(expected, rel=1e-14)
    assert all(expected)


def test_a_value_is_a_parameter_or_an_input() -> None:
    x, w = Value(2.0, label="x"), Value(3.0)
    with pytest.raises(ValueError, match=r"x is in both parameters= and inputs="):
        compile(x * w, [w, x], inputs=[x], backend="numpy")
    with pytest.raises(TypeError, match=r"argument 0 is a Value: no gradient would reach it"):
        compile(lambda v: w * v, [w], backend="numpy").backward(w)


@pytest.mark.parametrize(
    ("parameters", "remedy"),
    [
        (MODEL.parameters, r"call it, model\.parameters\(\)"),
        (MODEL, r"write x\.parameters\(\)"),
        (dict(MODEL.named_parameters()), r"model\.parameters\(\)"),
        (5, r"model\.parameters\(\)"),
        (["w"], "got 'w'"),
    ],
)
def test_parameters_that_are_no_list_of_leaves_are_refused_with_the_remedy(parameters: Any, remedy: str) -> None:
    with pytest.raises(TypeError, match=remedy):
        compile(MODEL, parameters, backend="numpy")


def test_a_model_without_parameters_cannot_be_trained(backend: Any) -> None:
    with pytest.raises(ValueError, match="needs parameters"):
        compile(nn.Sequential(autograd.tanh), backend=backend).backward(1.0)


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [None, "3.5", 1j, Value(1.0), [1.0], np.ones(2)])
def test_a_parameter_that_holds_no_number_is_named(wrong: Any, backend: Any) -> None:
    w, v = Value(2.0), Value(3.0, label="v")
    f = compile(lambda x: x * w + v, [w, v], backend=backend)
    assert f(1.0) == 5.0
    v.data = wrong
    optimizer = nn.SGD([w], lr=0.1)
    calls: list[Callable[[], Any]] = [
        lambda: f(1.0),
        lambda: f.value_and_grad(1.0),
        lambda: f.backward(1.0),
        lambda: f.train(np.ones(4), optimizer=optimizer),
        lambda: f.source("c", constants=True),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"\.data of v takes a real number"):
            call()
    assert (w.data, w.grad) == (2.0, 0.0)


def test_gradients_are_added_to_all_parameters_or_none(backend: Any) -> None:
    w, v = Value(2.0), Value(3.0)
    f = compile(lambda x: x * w * v, [w, v], backend=backend)
    w.grad = None  # type: ignore[assignment]  # no gradient yet, as to the engine
    f.backward(5.0)
    assert (w.grad, v.grad) == (15.0, 10.0)
    v.grad = "text"  # type: ignore[assignment]
    with pytest.raises(TypeError):
        f.backward(5.0)
    assert w.grad == 15.0


# copies


def lossy(kind: str) -> Any:
    """A model that holds a compiled function of itself."""
    model: Any = nn.MLP(2, [3, 1], "tanh", rng=random.Random(0))

    def squared(x: Any, by: Any = model) -> Any:
        return by(x) ** 2 if kind == "a default" else model(x) ** 2

    inner: Any = squared
    functions = {
        "a closure": squared,
        "a default": squared,
        "a closure of closures": lambda x: inner(x) * 1.0,
        "a partial": functools.partial(lambda m, x: m(x) ** 2, model),
        "a method": Holder(model).loss,
    }
    model.loss = compile(functions[kind], model.parameters(), backend="numpy")  # type: ignore[arg-type]
    return model


class Holder:
    def __init__(self, model: Any) -> None:
        self.model = model

    def loss(self, x: Any) -> Any:
        return self.model(x) ** 2


@pytest.mark.parametrize("kind", ["a closure", "a default", "a closure of closures", "a partial", "a method"])
@pytest.mark.parametrize("called", [False, True])
def test_a_copied_model_has_a_compiled_function_of_its_own(kind: str, called: bool) -> None:
    model = lossy(kind)
    if called:
        model.loss([0.5, -1.0])
    twin = copy.deepcopy(model)
    for p in twin.parameters():
        p.data += 1.0
    assert twin.loss([0.5, -1.0]) == pytest.approx(twin([0.5, -1.0]).data ** 2, rel=1e-14)
    twin.loss.backward([0.5, -1.0])
    assert twin.loss.parameters == twin.parameters()
    assert all(p.grad for p in twin.parameters())
    assert [p.grad for p in model.parameters()] == [0.0] * 13
    assert copy.copy(model.loss)([0.5, -1.0]) == model.loss([0.5, -1.0]) == model([0.5, -1.0]).data ** 2


def test_a_copy_that_would_lead_to_the_original_refuses_its_calls() -> None:
    f = numpy(lambda x: MODEL(x), MODEL.parameters())
    twin = copy.deepcopy([MODEL, f])[1]
    with pytest.raises(TypeError, match="computes with the original's parameters"):
        twin.backward([1.0] * 8)  # type: ignore[attr-defined]
    assert f([1.0] * 8) == MODEL([1.0] * 8).data


# the cache


@pytest.mark.slow
def test_the_cache_keeps_the_structures_used_last(backend: Any) -> None:
    f = compile(autograd.sum, backend=backend)
    f([1.0])
    f([1.0, 2.0])
    first, second = (weakref.ref(next(iter(t.kernels.held.values()))) for t in f._codes.traces.held.values())
    for n in range(3, 66):
        assert f([1.0] * n) == n
        f([1.0])  # which so stays
    gc.collect()
    assert (first() is None, second() is None) == (False, True)
    assert (f.cache_info().maxsize, f.cache_info().currsize, f.cache_info().misses) == (64, 64, 65)
    assert f([1.0, 2.0]) == 3.0
    assert f.cache_info().misses == 66


def test_threads_share_a_cache_that_overflows() -> None:
    w = Value(2.0)
    f = numpy(lambda x: autograd.sum(x) * w, [w])
    wrong: list[Any] = []

    def work(seed: int) -> None:
        sizes = random.Random(seed)
        for _ in range(60):
            n = sizes.randrange(1, 90)
            if f([1.0] * n) != 2.0 * n or f.cache_info().currsize > 64:
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# errors


def test_a_compiled_function_is_not_compiled_again() -> None:
    f = numpy(lambda x: x * x)
    with pytest.raises(TypeError, match=r"compiled already.*\.function"):
        compile(f)
    assert numpy(f.function)(3.0) == 9.0


def test_a_class_is_no_model_yet() -> None:
    with pytest.raises(TypeError, match="got the class MLP: make one of it first"):
        compile(nn.MLP)


def test_the_sum_of_a_nested_list_is_refused_as_by_the_eager_engine() -> None:
    for call in (autograd.sum, numpy(autograd.sum)):
        with pytest.raises(TypeError, match=r"sum takes a real number, got a list of 2: take its numbers one by one"):
            call([[1.0, 2.0], [3.0, 4.0]])  # type: ignore[list-item]


@pytest.mark.skipif(importlib.util.find_spec("llvmlite") is None, reason="a script of its own hides it")
def test_the_notice_that_llvmlite_is_missing_comes_once() -> None:
    code = "import importlib.util; importlib.util.find_spec = lambda name: None\nimport autograd.compiler as c\n"
    said = run(code + "f = c.compile(lambda x: x)\ng = c.compile(lambda x: x)\nh = c.compile(lambda x: x)")
    assert said.count("llvmlite is not installed") == 1


def test_a_dtype_that_is_no_type_is_named() -> None:
    with pytest.raises(ValueError, match="unknown dtype 'double64'"):
        compile(lambda x: x, dtype="double64")  # type: ignore[arg-type]


def test_the_packages_own_code_is_taken_as_given_so_a_model_has_few_places_to_watch() -> None:
    f = numpy(MODEL, MODEL.parameters())
    f(np.ones((2, 8)))
    (traced,) = f._codes.traces.held.values()
    assert len(traced.environment.found) < 1000  # 20 000 with all that the engine's code names
