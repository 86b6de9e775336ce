"""What tracing cannot see is an error that names the remedy, or right: never silently wrong.

Of autograd.compiler.frontend.tracing.
"""

import gc
import importlib.util
import math
import random
import threading
import weakref
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from itertools import repeat
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from c_code import CC, built
from c_code import call as call_c

import autograd
import nn
from autograd import Value
from autograd.compiler import compile
from autograd.compiler.frontend.tracing import TracingError

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["numpy", pytest.param("llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="needs llvmlite"))]
REMEDY = r"autograd\.where\(autograd\.greater\(v, 0\), a, b\)"
factor = 2.0


def numpy(function: Any, *parameters: Value, **options: Any) -> Any:
    return compile(function, parameters, backend="numpy", **options)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x if x > 0 else -x,
        lambda x: x if x.data > 0 else -x,
        lambda x: x * (2.0 if x * x >= 1.0 else 3.0),
        lambda x: x * 2.0 if x else x,
        lambda x: x * int(x.data),
        lambda x: x * bool(x.data),
        lambda x: x * float(x.data),
        lambda x: x * math.exp(x.data),
        lambda x: x * x.data,
        lambda x: x + Value(x.data),
        lambda x: x * x.item(),
        lambda x: x * x.grad,
        lambda x: x * float(np.tanh(x.data)),
        lambda x: max([x, -x], key=lambda v: v.data),
        lambda x: {1.5: x}.get(x.data, -x),
        lambda x: x if x.data in {1.5} else -x,
    ],
)
def test_looking_at_a_traced_number_raises(function: Any) -> None:
    with pytest.raises(TypeError) as error:
        numpy(function)(1.0)
    assert "autograd.where(autograd.greater(v, 0), a, b)" in str(error.value) or "loop of ufunc" in str(error.value)


@pytest.mark.parametrize("convert", [float, int, math.exp, math.tanh])
def test_converting_a_traced_value_raises(convert: Any) -> None:
    with pytest.raises(TypeError):
        numpy(lambda x: x * convert(x))(1.0)


def test_a_branch_on_a_parameter_raises() -> None:
    w = Value(1.0)
    with pytest.raises(TracingError, match=REMEDY):
        numpy(lambda x: x * w if w.data > 0 else x, w)(1.0)
    assert w.data == 1.0


def test_the_remedy_is_right() -> None:
    f = numpy(lambda x: autograd.where(autograd.greater(x, 0), x, -x))
    assert [f(-2.0), f(3.0)] == [2.0, 3.0]


def test_numbers_are_restored_after_an_error() -> None:
    w = Value(1.5)
    w.grad = 0.25
    with pytest.raises(ZeroDivisionError):
        numpy(lambda x: x * w + 1 / 0, w)(1.0)
    assert (w.data, w.grad) == (1.5, 0.25)
    assert autograd.exp(0.0) == 1.0


def test_the_gradient_of_a_parameter_read_inside_raises() -> None:
    w = Value(1.0)
    w.grad = 3.0
    with pytest.raises(TracingError, match=REMEDY):
        numpy(lambda x: x * w.grad, w)(1.0)


def test_an_assignment_inside_raises() -> None:
    w = Value(1.0)

    def f(x: Any) -> Any:
        w.data = 2.0
        return x * w

    with pytest.raises(TracingError, match="assigns to"):
        numpy(f, w)(1.0)
    assert w.data == 1.0


def test_backward_inside_raises() -> None:
    def f(x: Any) -> Any:
        y = x * x
        y.backward()
        return y

    with pytest.raises(TracingError, match=r"\.backward\(\.\.\.\) or \.value_and_grad"):
        numpy(f)(1.0)


@autograd.no_grad()
def frozen(xs: Any) -> list[Any]:
    hidden = [autograd.tanh(x * 1.5 - 0.5) for x in xs]
    return [autograd.dot(hidden, xs, 2.0), hidden[0], autograd.max(hidden), sum(hidden)]


def twice_cut(x: Any) -> Any:
    with autograd.no_grad():
        square = x[0] * x[0]
        cube = square.detach() * x[0]
    return square * x[1] + cube * x[2] + (square - cube).detach() * x[0]


def scaled_by_a_frozen_sum(x: Any) -> Any:
    with autograd.no_grad(), autograd.expanded():
        scale = autograd.sum(x) + autograd.where(autograd.greater(x[0], 0.0), x[1], x[2]) ** 2.0
    return autograd.logsumexp([v / scale for v in x])


CUT = {
    "x times itself detached": lambda x: x[0] * x[0].detach() + x[1] ** 2 + x[2],
    "an intermediate": lambda x: (y := autograd.tanh(x[0] * x[1])) * x[2] + (y - y.detach() * x[0]) ** 2,
    "an exponent": lambda x: (x[0] * x[0] + 1.0) ** x[1].detach() * x[2],
    "an operand of many": lambda x: autograd.dot(x, [v.detach() for v in x], x[0].detach()),
    "a shift": lambda x: autograd.log(sum(autograd.exp(v - autograd.max(x).detach() * 0.5) for v in x)),
    "a straight-through step": lambda x: (x[0] + (autograd.heaviside(x[0]) - x[0]).detach()) * x[1] * x[2],
    "twice": lambda x: x[0].detach().detach() * x[0] + x[1].detach() * x[1] * x[2],
    "all": lambda x: (x[0] * x[1] + x[2]).detach(),
    "a number": lambda x: x[0] * Value(3.0).detach() * x[1] + x[2],
    "a function under no_grad": lambda x: autograd.dot(frozen(x), [x[0], x[1], x[2], x[0] * x[1]]),
    "a block of no_grad": twice_cut,
    "many operands under no_grad": scaled_by_a_frozen_sum,
}
POINT = [0.7, -0.4, 1.3]


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CUT)
def test_what_is_detached_or_made_under_no_grad_passes_its_number_but_no_gradient(name: str, backend: Any) -> None:
    function = CUT[name]
    value, gradient = autograd.value_and_grad(function)(POINT)
    hessian = np.array(autograd.hessian(function)(POINT))
    f = compile(function, backend=backend)
    assert f(POINT) == pytest.approx(value, rel=1e-15)
    assert f.value_and_grad(POINT)[1] == pytest.approx(gradient, rel=1e-13)
    assert f.jacobian(POINT) == pytest.approx(gradient, rel=1e-13)
    assert np.array(f.hessian(POINT)) == pytest.approx(hessian, rel=1e-12, abs=1e-15)
    rows = np.array([POINT] * 67)
    assert f.value_and_grad(rows)[1] == pytest.approx(np.array([gradient] * 67), rel=1e-13)
    assert f.hessian(rows)[66] == pytest.approx(hessian, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_cut_keeps_gradients_from_parameters_and_other_leaves_as_the_eager_engine_does(backend: Any) -> None:
    w, v, other = Value(0.8), Value(-0.3), Value(2.0)

    def loss(x: Any) -> Any:
        with autograd.no_grad():
            target = autograd.tanh(v * x + w) * other
        return (w * x - target) ** 2 + v.detach() * w * other.detach() + other

    f = compile(loss, [w, v], backend=backend)
    rows = [0.5, -1.0, 2.0]
    for other.data in (2.0, -1.5):
        mean = autograd.mean([loss(x) for x in rows])
        mean.backward()
        expected = w.grad
        w.grad = other.grad = 0.0
        assert f.backward(np.array(rows)) == pytest.approx(mean.data, rel=1e-14)
        assert w.grad == pytest.approx(expected, rel=1e-13)
        assert (v.grad, other.grad) == (0.0, 0.0)
        w.grad = 0.0


@pytest.mark.skipif(CC is None, reason="needs a C compiler")
def test_c_source_cuts_the_gradient_where_the_function_does(tmp_path: Any) -> None:
    compiled = numpy(CUT["a block of no_grad"])
    compiled(POINT)
    library = built(compiled.source("c", name="cut"), tmp_path)
    value, gradient = autograd.value_and_grad(CUT["a block of no_grad"])(POINT)
    assert call_c(library.cut_gradient, POINT, [], 4) == pytest.approx([value, *gradient], rel=1e-13)


def test_an_update_under_no_grad_inside_raises() -> None:
    w = Value(1.0)

    def f(x: Any) -> Any:
        y = x * w
        with autograd.no_grad():
            w.data -= 0.1 * w.grad
        return y

    with pytest.raises(TracingError, match="assigns to"):
        numpy(f, w)(1.0)
    assert (w.data, w.grad) == (1.0, 0.0)


def test_a_detached_number_is_still_unknown() -> None:
    for look in (lambda x: x if x.detach() > 0 else -x, lambda x: x * x.detach().data, lambda x: x.detach().item() * x):
        with pytest.raises(TracingError, match=REMEDY):
            numpy(look)(1.0)


def test_a_global_number_that_changes_is_noticed() -> None:
    global factor
    f = numpy(lambda x: x * factor)
    assert f(1.0) == 2.0
    factor = 3.0
    try:
        assert f(1.0) == 3.0
    finally:
        factor = 2.0
    assert f(1.0) == 2.0


def test_a_number_in_a_closure_that_changes_is_noticed() -> None:
    rate = 2.0

    def f(x: Any) -> Any:
        return x * rate

    compiled = numpy(f)
    assert compiled(1.0) == 2.0
    rate = 5.0
    assert compiled(1.0) == 5.0


def test_an_attribute_that_changes_is_noticed() -> None:
    class Scale:
        def __init__(self) -> None:
            self.factor = 2.0

        def __call__(self, x: Any) -> Any:
            return x * self.factor

    scale = Scale()
    f = numpy(scale)
    assert f(1.0) == 2.0
    scale.factor = 4.0
    assert f(1.0) == 4.0


def test_an_array_that_changes_is_noticed() -> None:
    numbers = np.array([1.0, 2.0])
    f = numpy(lambda x: x * float(numbers[0]) + float(numbers[1]))
    assert f(1.0) == 3.0
    numbers[1] = 10.0
    assert f(1.0) == 11.0


def test_a_list_that_grows_outside_is_noticed() -> None:
    terms = [1.0]
    f = numpy(lambda x: sum(x * t for t in terms))
    assert f(1.0) == 1.0
    terms.append(5.0)
    assert f(1.0) == 6.0


def test_a_list_that_grows_inside_raises() -> None:
    seen: list[int] = []

    def f(x: Any) -> Any:
        seen.append(1)
        return x * float(len(seen))

    with pytest.raises(TracingError, match="as an argument"):
        numpy(f)(1.0)


@pytest.mark.parametrize("draw", [random.random, np.random.random])
def test_random_numbers_inside_raise(draw: Any) -> None:
    with pytest.raises(TracingError, match="random numbers"):
        numpy(lambda x: x + draw())(1.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_mutated_parameter_and_another_leaf_are_read_anew(backend: Any) -> None:
    w, other = Value(2.0), Value(10.0)
    f = compile(lambda x: x * w + other, [w], backend=backend)
    assert f(1.0) == 12.0
    w.data, other.data = 3.0, 20.0
    assert f(1.0) == 23.0
    assert f(np.array([1.0, 2.0])).tolist() == [23.0, 26.0]
    f.backward(np.array([1.0, 2.0]))
    assert (w.grad, other.grad) == (1.5, 0.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_leaf_that_is_replaced_in_a_list_is_noticed(backend: Any) -> None:
    weights = [Value(2.0)]
    f = compile(lambda x: x * weights[0], backend=backend)
    assert f(1.0) == 2.0
    weights[0] = Value(7.0)
    assert f(1.0) == 7.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_row_times_what_depends_on_parameters_only_is_summed_over_the_rows(backend: Any) -> None:
    w = Value(0.3)
    f = compile(lambda x: autograd.sin(w) * x + autograd.exp(w + x), [w], backend=backend)
    mean = autograd.mean([autograd.sin(w) * x + autograd.exp(w + x) for x in (1.0, 2.0, 3.0)])
    mean.backward()
    expected, w.grad = w.grad, 0.0
    assert f.backward(np.array([1.0, 2.0, 3.0])) == pytest.approx(mean.data, rel=1e-14)
    assert w.grad == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("backend", BACKENDS)
def test_values_made_inside_are_constants(backend: Any) -> None:
    w = Value(2.0)

    def running_sum(xs: Any) -> Value:
        total, unused = Value(0.5), Value(7.0)
        for x in xs:
            total = total * w + x * Value(3.0)
        return total + unused * 0.0

    f = compile(running_sum, [w], backend=backend)
    for w.data in (2.0, -3.0):
        assert f([1.0, 4.0]) == running_sum([1.0, 4.0]).data
        assert f.value_and_grad([1.0, 4.0])[1] == [g.data for g in autograd.grad(running_sum)([1.0, 4.0])]
    assert f._codes.last is not None
    assert len(f._codes.last[0].leaves) == 1


def test_values_made_inside_cannot_be_assigned_to() -> None:
    def f(x: Any) -> Any:
        time, total = Value(0.0), x
        for _ in range(3):
            total = total + x * time
            time.data += 1.0
        return total

    with pytest.raises(TracingError, match="assigns to"):
        numpy(f)(1.0)


def test_a_node_made_inside_cannot_be_assigned_to() -> None:
    def f(x: Any) -> Any:
        y = x * x
        y.data = 1.0
        return y + x

    with pytest.raises(TracingError, match="assigns to"):
        numpy(f)(1.0)


def test_a_choice_between_values_that_are_equal_raises() -> None:
    weights, turns = [Value(0.5), Value(0.5)], iter(range(100))
    with pytest.raises(TracingError, match="another graph"):
        numpy(lambda x: x * weights[next(turns) % 2])(1.0)


def test_a_random_value_made_inside_raises() -> None:
    with pytest.raises(TracingError, match="random numbers"):
        numpy(lambda x: x * Value(random.random()))(1.0)


class Slotted:
    __slots__ = ("_slot",)


class Keeper:
    shared = Value(2.0)
    rate = 2.0

    def __init__(self, held: Any = None) -> None:
        self.held = held

    @property
    def of_property(self) -> Any:
        return other_leaf

    @staticmethod
    def of_static() -> Any:
        return other_leaf

    @classmethod
    def of_class(cls) -> Any:
        return cls.shared


class Heir(Keeper):
    pass


class Pair(NamedTuple):
    name: str
    value: Value


def helper() -> Value:
    return other_leaf


@lru_cache
def cached_helper() -> Value:
    return other_leaf


def with_default(x: Any, *, v: Value = Value(2.0)) -> Any:  # noqa: B008 - on purpose
    return x * v.data


def weighted(v: Value, x: Any) -> Any:
    return x * v.data


def module_of(name: str, source: str) -> Any:
    module = ModuleType(name)
    exec(source, vars(module))
    return module


other_leaf = Value(2.0)
package = module_of("users_package", "")
package.inner = module_of("users_package.inner", "from autograd import Value\nw = Value(2.0)\ndef get(): return w")


def places_of_a_value() -> dict[str, Any]:
    """Functions that read the number of a Value which is no parameter, wherever it is kept."""
    w = Value(2.0)
    listed, named, pair, box = [[1.0, w]], {"a": {"b": w}}, Pair("w", w), Keeper([w])
    slotted, space, waiting = Slotted(), SimpleNamespace(w=w), deque([w])
    slotted._slot = w  # type: ignore[attr-defined]
    array, square, proxy = np.array([w, 1.0], dtype=object), w * w, MappingProxyType({"w": w})
    layer, get, heir = nn.Layer(1, 2), listed[0].__getitem__, Heir(w)
    network = nn.Sequential(nn.Layer(1, 1), nn.Residual(nn.Layer(1, 1)))

    def marked(x: Any) -> Any:
        return x * marked.w.data  # type: ignore[attr-defined]

    marked.w = w  # type: ignore[attr-defined]
    return {
        "a closure": lambda x: x * w.data,
        "its gradient": lambda x: x * w.grad,
        "its item": lambda x: x * w.item(),
        "its sign": lambda x: x if w > 0 else -x,
        "a global": lambda x: x * other_leaf.data,
        "a nested function": lambda x: sum((lambda v: v * w.data)(y) for y in [x, x]),
        "a list in a list": lambda x: x * listed[0][1].data,  # type: ignore[attr-defined]
        "a dict in a dict": lambda x: x * named["a"]["b"].data,
        "a named tuple": lambda x: x * pair.value.data,
        "an attribute": lambda x: x * box.held[0].data,
        "a slot": lambda x: x * slotted._slot.data,  # type: ignore[attr-defined]
        "a namespace": lambda x: x * space.w.data,
        "a deque": lambda x: x * waiting[0].data,
        "an array of objects": lambda x: x * array[0].data,
        "a mapping": lambda x: x * proxy["w"].data,
        "a class": lambda x: x * Keeper.shared.data,
        "a class above": lambda x: x * heir.shared.data,
        "a property": lambda x: x * box.of_property.data,
        "a static method": lambda x: x * box.of_static().data,
        "a class method": lambda x: x * box.of_class().data,
        "a helper": lambda x: x * helper().data,
        "a cached helper": lambda x: x * cached_helper().data,
        "a default": with_default,
        "a partial": partial(weighted, w),
        "a method of a list": lambda x: x * get(1).data,  # type: ignore[attr-defined]
        "a function's attribute": marked,
        "a module in a module": lambda x: x * package.inner.w.data,
        "a module's function": lambda x: x * package.inner.get().data,
        "a layer": lambda x: x * layer.neurons[1].w[0].data,
        "a network": lambda x: network([x]) * network.layers[1].layer.neurons[0].b.data,
        "its parameters": lambda x: x * sum(p.data for p in network.parameters()),
        "a node": lambda x: x * square.data,
        "an operand of a node that is used": lambda x: x * square + square.operands[0].data,
    }


@pytest.mark.parametrize("name", places_of_a_value())
def test_the_number_of_another_leaf_read_inside_raises_wherever_the_leaf_is(name: str) -> None:
    with pytest.raises(TracingError, match=REMEDY + r".* v\.detach\(\)"):
        numpy(places_of_a_value()[name])(1.0)
    assert (other_leaf.data, Keeper.shared.data, package.inner.w.data) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_other_remedy_is_right(backend: Any) -> None:
    w, v = Value(2.0), Value(0.5)
    f = compile(lambda x: x * w.detach() + autograd.where(autograd.greater(w, 0.0), x * v, -x), [v], backend=backend)
    assert f.value_and_grad(3.0) == (7.5, 2.5)
    w.data = -2.0
    assert f.value_and_grad(3.0) == (-9.0, -3.0)
    assert f.cache_info().misses == 1
    assert (w.grad, v.grad) == (0.0, 0.0)


def test_a_value_that_nothing_shows_is_noticed_once_it_is_used() -> None:
    v = Value(2.0)
    hidden = repeat(v)
    for f in (lambda x: x * next(hidden) + next(hidden).data, lambda x: x + next(hidden).data * next(hidden)):
        with pytest.raises(TracingError, match=REMEDY):
            numpy(f)(1.0)
    assert v.data == 2.0


def test_the_number_of_a_value_that_nothing_shows_and_nothing_uses_raises_too() -> None:
    hidden = repeat(Value(2.0))
    with pytest.raises(TracingError, match=REMEDY):
        numpy(lambda x: x * next(hidden).data)(1.0)


def test_an_assignment_to_another_leaf_raises_and_is_undone() -> None:
    count = Value(0.0)

    def f(x: Any) -> Any:
        count.data += 1.0
        return x * 2.0

    with pytest.raises(TracingError, match="assigns to"):
        numpy(f)(1.0)
    assert count.data == 0.0


@pytest.mark.parametrize("change", ["weight", "activation", "layer"])
def test_a_model_that_is_changed_is_noticed(change: str) -> None:
    model = nn.MLP(2, [3, 1], rng=random.Random(1))
    f = numpy(lambda x: model(x), *model.parameters())
    f([0.5, -1.0])
    if change == "weight":
        model.layers[0].neurons[1].w[0] = Value(7.0)
    elif change == "activation":
        model.layers[1].neurons[0].activation = autograd.tanh
    else:
        model.layers[0] = nn.Layer(2, 3, "sigmoid")
    assert f([0.5, -1.0]) == pytest.approx(model([0.5, -1.0]).data, rel=1e-14)


def test_numbers_of_classes_namespaces_slots_and_partials_that_change_are_noticed() -> None:
    class Settings:
        rate = 2.0

    slotted, space, rates, constant = Slotted(), SimpleNamespace(rate=2.0), [2.0], Value(2.0).detach()
    slotted._slot, heir = 2.0, Heir()  # type: ignore[attr-defined]
    functions: list[tuple[Any, Any]] = [
        (lambda x: x * Settings.rate, lambda: setattr(Settings, "rate", 3.0)),
        (lambda x: x * heir.rate, lambda: setattr(Keeper, "rate", 3.0)),
        (lambda x: x * slotted._slot, lambda: setattr(slotted, "_slot", 3.0)),  # type: ignore[attr-defined]
        (lambda x: x * space.rate, lambda: setattr(space, "rate", 3.0)),
        (partial(lambda held, x: x * held[0], rates), lambda: rates.__setitem__(0, 3.0)),
        (lambda x: x * constant, lambda: setattr(constant, "data", 3.0)),
        (lambda x: x * constant.data, lambda: setattr(constant, "data", 4.0)),
    ]
    try:
        for function, change in functions:
            f = numpy(function)
            before = f(1.0)
            change()
            assert f(1.0) == function(Value(1.0)).data != before
    finally:
        Keeper.rate = 2.0


def test_a_change_that_leaves_the_program_as_it_was_compiles_nothing() -> None:
    weights = [Value(2.0)]
    f = numpy(lambda x: x * weights[0])
    assert f(1.0) == 2.0
    weights[0] = Value(7.0)
    assert f(1.0) == 7.0
    assert f.cache_info().misses == 1


def test_a_model_that_keeps_its_last_result_is_not_traced_at_every_call() -> None:
    class Model:
        last: Any = None

        def __call__(self, x: Any) -> Any:
            self.last = x * 2.0
            return self.last + 1.0

    f = numpy(Model())
    assert f(1.0) == 3.0
    (traced,) = f._codes.traces.held.values()
    assert [f(2.0), f(3.0)] == [5.0, 7.0]
    assert next(iter(f._codes.traces.held.values())) is traced


def test_functions_that_share_parameters_are_traced_one_at_a_time() -> None:
    weights = [Value(0.1 * i) for i in range(200)]
    start = threading.Barrier(4)

    def work(k: int) -> float:
        f = numpy(lambda x: autograd.dot(weights, [autograd.tanh(x * k)] * 200), *weights)
        start.wait()
        return float(f(0.5))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(4)))
    assert found == pytest.approx([math.tanh(0.5 * k) * 1990.0 for k in range(4)])
    assert [w.data for w in weights] == [0.1 * i for i in range(200)]


def test_nodes_made_before_the_trace_are_part_of_the_graph() -> None:
    w = Value(2.0)
    square = w * w
    f = numpy(lambda x: x * square, w)
    assert f(1.0) == 4.0
    w.data = 3.0
    assert f(1.0) == 9.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_integers_are_numbers(backend: Any) -> None:
    f = compile(lambda x, k: x * k + 1, backend=backend)
    assert f(2, 3) == 7.0
    assert f(np.array([1, 2]), 3).tolist() == [4.0, 7.0]
    assert f.value_and_grad(np.array([1, 2]), np.array([True, False]))[1].tolist() == [1.0, 0.0]


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rows", [0, 1, 2, 15, 16, 17, 63, 64, 65, 130])
def test_any_number_of_rows(rows: int, backend: Any) -> None:
    w = [Value(0.5), Value(-1.5), Value(0.25)]
    f = compile(lambda x: autograd.tanh(autograd.dot(w, x)), w, backend=backend)
    X = np.random.default_rng(rows).standard_normal((rows, 3))
    expected = [
        autograd.value_and_grad(lambda x: autograd.tanh(autograd.dot([v.data for v in w], x)))(r) for r in X.tolist()
    ]
    values, gradients = f.value_and_grad(X)
    assert values.shape == (rows,)
    assert gradients.shape == (rows, 3)
    assert values == pytest.approx(np.array([v for v, _ in expected]), rel=1e-15)
    assert gradients == pytest.approx(np.array([g for _, g in expected]).reshape(rows, 3), rel=1e-14)
    if rows == 0:
        with pytest.raises(ValueError, match="at least one row"):
            f.backward(X)
        return
    mean = f.backward(X)
    assert mean == pytest.approx(np.mean([v for v, _ in expected]), rel=1e-13)
    slopes = 1.0 - np.tanh(X @ [v.data for v in w]) ** 2
    assert [v.grad for v in w] == pytest.approx((slopes[:, None] * X).mean(axis=0), rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_rows_of_nan_and_inf_stay_in_their_rows(bad: float, backend: Any) -> None:
    f = compile(lambda x: x[0] * x[1] + autograd.relu(x[0]), backend=backend)
    X = np.arange(134.0).reshape(67, 2)
    X[[3, 66], 0] = bad
    with np.errstate(all="ignore"):
        expected = X[:, 0] * X[:, 1] + np.where(X[:, 0] <= 0, 0.0, X[:, 0])
    np.testing.assert_array_equal(f(X), expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_infinite_last_row_does_not_spoil_the_mean_of_the_gradient(backend: Any) -> None:
    w = Value(0.0)
    f = compile(lambda x: w * x, [w], backend=backend)
    f.backward(np.array([1.0, math.inf, 2.0, math.inf, math.inf]))
    assert w.grad == math.inf


def test_a_value_as_an_argument_raises() -> None:
    with pytest.raises(TypeError, match="is a Value"):
        numpy(lambda x: x * 2.0)(Value(1.0))


def test_arrays_of_different_lengths_raise() -> None:
    with pytest.raises(ValueError, match="3 and 4 rows"):
        numpy(lambda x, y: x * y)(np.ones(3), np.ones(4))


def test_a_result_that_is_no_number_raises() -> None:
    with pytest.raises(TypeError, match="must return a Value"):
        numpy(lambda x: "text")(1.0)


def test_several_results_have_no_single_gradient() -> None:
    w = Value(1.0)
    f = numpy(lambda x: [x * w, x + w], w)
    for call in (f.value_and_grad, f.backward, f.hessian):
        with pytest.raises(TypeError, match="returns 2"):
            call(1.0)


def test_backward_without_parameters_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="parameters="):
        numpy(lambda x: x * x).backward(1.0)


@pytest.mark.parametrize("dtype", ["int64", "float16", "complex128", ">f8"])
def test_numbers_of_other_types_are_refused(dtype: Any) -> None:
    with pytest.raises(ValueError, match="use 'float64' or 'float32'"):
        compile(lambda x: x * 0.5, dtype=dtype)


@pytest.mark.parametrize("threads", [0, -1, 1.5, None])
def test_there_is_at_least_one_thread(threads: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="threads must be"):
        compile(lambda x: x, threads=threads)


@pytest.mark.parametrize("parameters", [[1.0], [Value(1.0) * 2.0]])
def test_parameters_must_be_leaves(parameters: Any) -> None:
    with pytest.raises(TypeError, match="leaves"):
        compile(lambda x: x, parameters)


def test_a_compiled_function_is_released() -> None:
    model = nn.MLP(2, [3, 1])
    f = compile(lambda x: model(x), model.parameters(), backend="llvm" if HAS_LLVM else "numpy")
    f.backward([1.0, 2.0])
    (traced,) = f._codes.traces.held.values()
    kernel = weakref.ref(next(iter(traced.kernels.held.values())))
    del traced
    gc.collect()
    gc.disable()
    try:
        del f
        assert kernel() is None
    finally:
        gc.enable()


def test_tracing_leaves_no_trace() -> None:
    before = dict(vars(autograd.operations.arithmetic.FLOATS))
    numpy(lambda x: autograd.exp(x))(1.0)
    assert {k: v for k, v in vars(autograd.operations.arithmetic.FLOATS).items() if k in before} == before
    assert "exp" not in vars(autograd.operations.arithmetic.FLOATS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_detect_anomaly_watches_compiled_calls(backend: Any) -> None:
    w = Value(1.0)
    f = compile(lambda x: autograd.log(x) * w, [w], backend=backend)
    assert f(np.array([1.0, 0.0])).tolist() == [0.0, -math.inf]
    with autograd.detect_anomaly():
        assert f(1.0) == 0.0
        with pytest.raises(
            autograd.AnomalyError, match=r"value of the compiled .* is -inf in row 1; call the function"
        ):
            f(np.array([1.0, 0.0]))
        with pytest.raises(autograd.AnomalyError, match="backward of the compiled"):
            f.backward(0.0)
    assert w.grad == 0.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_no_function_and_no_list_of_parameters_is_named(backend: Any) -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"a graph with inputs="):
        compile(x * x, backend=backend)
    with pytest.raises(TypeError, match=r"write \[value\]"):
        compile(lambda y: y * x, x, backend=backend)  # type: ignore[arg-type]


@pytest.mark.parametrize("backend", BACKENDS)
def test_errors_of_a_first_call_tell_rows_from_numbers(backend: Any) -> None:
    with pytest.raises(TypeError, match="not subscriptable") as caught:
        compile(lambda x: x[0] * 2.0, backend=backend)(np.array([1.0, 2.0]))
    assert "one row is X[None]" in caught.value.__notes__[0]
    assert "compile(f, rows=False)" in caught.value.__notes__[0]
    with pytest.raises(TypeError, match="got dict"):
        compile(lambda x: {"r": 2.0 * x}, backend=backend)(1.0)
    with pytest.raises(TracingError, match=r"for mathematics autograd\.exp"):
        compile(lambda x: math.exp(x), backend=backend)(1.0)
    with pytest.raises(TypeError, match=r"argument 0\[1\] is an array inside a list"):
        compile(lambda x: x, backend=backend)([1.0, np.ones(3)])
    u = Value(1.0)
    with pytest.raises(TypeError, match=r"write \[value\]"):
        compile(u * u, inputs=u, backend=backend)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="belongs to a graph that exists"):
        compile(lambda x: x, inputs=[u], backend=backend)
