"""What a compiled function is called with, what it returns, and what else it can do."""

import copy
import importlib.util
import pickle
import random
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from interpreter import run

import autograd
import nn
from autograd import Value
from autograd.compiler import compile

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["numpy", pytest.param("llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="needs llvmlite"))]


class Polar(NamedTuple):
    r: Any
    angle: Any


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def mixed(x: Any, y: Any) -> Any:
    return autograd.sin(x[0][0] * y) + x[0][1] * x[1][0] + x[1][1] ** 2


X = [[0.5, -1.0], [2.0, 0.25]]


def test_one_row_is_numbers_and_lists(backend: Any) -> None:
    f = compile(mixed, backend=backend)
    assert f(X, 2.0) == pytest.approx(mixed(X, 2.0), rel=1e-15)
    for argnums in (0, 1, -1, (0, 1), (1, 0)):
        value, gradient = f.value_and_grad(X, 2.0, argnums=argnums)
        expected = autograd.value_and_grad(mixed, argnums if argnums != -1 else 1)(X, 2.0)
        assert value == pytest.approx(expected[0], rel=1e-15)
        assert str(gradient).count("[") == str(expected[1]).count("[")
        assert np.allclose(np.hstack([np.ravel(g) for g in np.atleast_1d(_parts(gradient))]), _flat(expected[1]))


def _parts(gradient: Any) -> Any:
    return _flat(gradient)


def _flat(tree: Any) -> list[float]:
    return [x for part in tree for x in _flat(part)] if isinstance(tree, (list, tuple)) else [float(tree)]


def test_an_array_has_the_rows_first(backend: Any) -> None:
    f = compile(mixed, backend=backend)
    rows = np.random.default_rng(0).standard_normal((5, 2, 2))
    values, (by_x, by_y) = f.value_and_grad(rows, 2.0, argnums=(0, 1))
    assert (values.shape, by_x.shape, by_y.shape) == ((5,), (5, 2, 2), (5,))
    for k, row in enumerate(rows.tolist()):
        value, (gx, gy) = autograd.value_and_grad(mixed, (0, 1))(row, 2.0)
        assert values[k] == pytest.approx(value, rel=1e-14)
        assert by_x[k] == pytest.approx(np.array(gx), rel=1e-13)
        assert by_y[k] == pytest.approx(gy, rel=1e-13)


def test_one_row_of_an_array_equals_a_list(backend: Any) -> None:
    f = compile(mixed, backend=backend)
    assert f(np.array(X)[None], np.array([2.0])).tolist() == [f(X, 2.0)]


def test_several_results_keep_their_structure(backend: Any) -> None:
    f = compile(lambda x: (x[0] * 2.0, [x[1], x[0] * x[1]], 7.0), backend=backend)
    assert f([3.0, 5.0]) == (6.0, [5.0, 15.0], 7.0)
    one, two, three = f(np.array([[3.0, 5.0], [1.0, 2.0]]))
    assert (one.tolist(), two.tolist(), three.tolist()) == ([6.0, 2.0], [[5.0, 15.0], [2.0, 2.0]], [7.0, 7.0])
    listed = compile(lambda x: [x, x * x, x * x * x], backend=backend)
    assert listed(np.array([2.0, 3.0])).tolist() == [[2.0, 4.0, 8.0], [3.0, 9.0, 27.0]]


def test_ragged_lists(backend: Any) -> None:
    f = compile(lambda x: x[0] * x[1][0] * x[1][1], backend=backend)
    assert f.value_and_grad([2.0, [3.0, 5.0]]) == (30.0, [15.0, [10.0, 6.0]])


def test_jacobian_and_hessian_of_rows(backend: Any) -> None:
    f = compile(lambda x: [x[0] * x[1], x[0] + x[1], autograd.exp(x[0])], backend=backend)
    rows = np.array([[2.0, 5.0], [0.0, 1.0]])
    expected = [autograd.jacobian(lambda x: [x[0] * x[1], x[0] + x[1], autograd.exp(x[0])])(r) for r in rows.tolist()]
    assert f.jacobian(rows) == pytest.approx(np.array(expected), rel=1e-15)
    assert np.array(f.jacobian([2.0, 5.0])) == pytest.approx(np.array(expected[0]), rel=1e-15)
    g = compile(lambda x: x[0] ** 2 * x[1] + autograd.tanh(x[1]), backend=backend)
    second = [autograd.hessian(lambda x: x[0] ** 2 * x[1] + autograd.tanh(x[1]))(r) for r in rows.tolist()]
    assert g.hessian(rows) == pytest.approx(np.array(second), rel=1e-14, abs=1e-15)
    assert np.array(g.hessian([2.0, 5.0])) == pytest.approx(np.array(second[0]), rel=1e-14)


@pytest.mark.parametrize("length", [10, 120, 300])
def test_a_loss_that_no_row_changes_is_as_good_as_any(backend: Any, length: int) -> None:
    w = Value(0.5)

    def long_way(x: Any) -> Value:
        v, u = w, w * 2.0
        for k in range(length // 2):
            v, u = autograd.sin(u) if k % 3 else autograd.tanh(v + u), v * u
        return v

    f = autograd.compile(long_way, [w], backend=backend)
    loss, gradient = f.backward(np.ones(70)), w.grad
    w.grad = 0.0
    eager = long_way(0.0)
    eager.backward()
    assert loss == pytest.approx(eager.data, rel=1e-14)
    assert gradient == pytest.approx(w.grad, rel=1e-12)


def test_a_named_tuple_of_results_is_a_tuple(backend: Any) -> None:
    f = compile(lambda x: Polar(x * x, -x), backend=backend)
    assert f(3.0) == (9.0, -3.0)
    assert [part.tolist() for part in f(np.array([1.0, 2.0]))] == [[1.0, 4.0], [-1.0, -2.0]]


def test_backward_adds_the_mean_gradient(backend: Any) -> None:
    model = nn.MLP(2, [5, 4, 1], rng=random.Random(0))
    rng = np.random.default_rng(1)
    rows, labels = rng.standard_normal((70, 2)), rng.choice([-1.0, 1.0], 70)

    def loss(x: Any, y: Any) -> Any:
        return autograd.relu(1.0 - y * model(x)) + 1e-3 * autograd.sum([p * p for p in model.parameters()])

    total = autograd.mean([loss(x, y) for x, y in zip(rows.tolist(), labels.tolist(), strict=True)])
    total.backward()
    expected = [p.grad for p in model.parameters()]
    model.zero_grad()
    f = compile(loss, model.parameters(), backend=backend)
    assert f.backward(rows, labels) == pytest.approx(total.data, rel=1e-13)
    assert [p.grad for p in model.parameters()] == pytest.approx(expected, rel=1e-10, abs=1e-14)
    f.backward(rows, labels)
    assert [p.grad for p in model.parameters()] == pytest.approx([2 * e for e in expected], rel=1e-10, abs=1e-14)
    model.zero_grad()
    f.backward(rows[0].tolist(), labels[0])
    first = [p.grad for p in model.parameters()]
    model.zero_grad()
    loss(rows[0].tolist(), labels[0]).backward()
    assert first == pytest.approx([p.grad for p in model.parameters()], rel=1e-12, abs=1e-16)


def test_a_graph_that_exists_already(backend: Any) -> None:
    a, b, w = Value(2.0), Value(3.0), Value(0.5)
    out = autograd.tanh(a * w) + b
    f = compile(out, [w], inputs=[a, b], backend=backend)
    assert f([2.0, 3.0]) == pytest.approx(out.data, rel=1e-15)
    assert f(np.array([[2.0, 3.0], [0.0, 1.0]])).tolist() == pytest.approx([out.data, 1.0], rel=1e-15)
    assert f.value_and_grad([0.0, 1.0]) == (1.0, [0.5, 1.0])
    f.backward([2.0, 3.0])
    once = w.grad
    out.backward()
    assert w.grad == pytest.approx(2 * once, rel=1e-14)
    whole = compile(out, [w], inputs=[], backend=backend)
    assert whole() == pytest.approx(out.data, rel=1e-15)
    with pytest.raises(TypeError, match="2 inputs"):
        f([1.0])
    with pytest.raises(TypeError, match="leaves"):
        compile(out, inputs=[a * 2.0], backend=backend)([1.0])


def test_the_cache_knows_structures(backend: Any) -> None:
    f = compile(lambda x: autograd.sum(x), backend=backend)
    f([1.0, 2.0])
    f([3.0, 4.0])
    f([1.0, 2.0, 3.0])
    assert f.cache_info() == (1, 2, 64, 2)
    f(np.ones((4, 2)))
    f(np.ones((9, 2)))
    assert f.cache_info() == (2, 3, 64, 3)


def test_threads_change_nothing(backend: Any) -> None:
    model = nn.MLP(3, [8, 1], "tanh", rng=random.Random(0))
    rows = np.random.default_rng(0).standard_normal((1500, 3))
    results = []
    for threads in (1, 2, 5):
        model.zero_grad()
        f = compile(lambda x: model(x) ** 2, model.parameters(), backend=backend, threads=threads)
        results.append((f.backward(rows), [p.grad for p in model.parameters()], f(rows).tolist()))
    assert results[0] == results[1] == results[2]


MODEL = nn.MLP(2, [3, 1], rng=random.Random(5))


def of_module(x: Any) -> Any:
    return MODEL(x)


def test_pickle_and_deepcopy(backend: Any) -> None:
    f = compile(of_module, backend=backend)
    loaded = pickle.loads(pickle.dumps(f))
    assert loaded([1.0, 2.0]) == f([1.0, 2.0])
    with pytest.raises(TypeError, match=r"of_module is pickled as its name only.*compile the model itself"):
        pickle.dumps(compile(of_module, MODEL.parameters(), backend=backend))
    model = nn.MLP(2, [3, 1], rng=random.Random(1))
    g = compile(model, model.parameters(), backend=backend)
    g.backward([1.0, 2.0])
    twin_model, twin = copy.deepcopy((model, g))
    twin_model.parameters()[0].data += 1.0
    assert twin([1.0, 2.0]) == twin_model([1.0, 2.0]).data != g([1.0, 2.0])
    assert twin.parameters == twin_model.parameters()


def test_a_models_parameters_are_its_own_unless_others_are_named(backend: Any) -> None:
    model = nn.MLP(2, [3, 1], rng=random.Random(1))
    f = compile(model, backend=backend)
    assert f.parameters == model.parameters()
    assert f.backward([1.0, 2.0]) == model([1.0, 2.0]).data
    found = [p.grad for p in model.parameters()]
    model.zero_grad()
    model([1.0, 2.0]).backward()
    assert found == pytest.approx([p.grad for p in model.parameters()], rel=1e-14)
    assert compile(model, [], backend=backend).parameters == []


def test_single_precision(backend: Any) -> None:
    f = compile(lambda x: autograd.exp(x[0]) * x[1], backend=backend, dtype="float32")
    rows = np.random.default_rng(0).standard_normal((70, 2)).astype(np.float32)
    assert f(rows).dtype == np.float32
    assert f(rows) == pytest.approx(np.exp(rows[:, 0]) * rows[:, 1], rel=1e-6)
    assert f([1.0, 2.0]) == pytest.approx(2 * np.e, rel=1e-6)


def test_the_program_prints_its_loops(backend: Any) -> None:
    model = nn.MLP(2, [16, 16, 1])
    f = compile(lambda x: model(x), model.parameters(), backend=backend)
    f(np.zeros((2, 2)))
    assert "i<16 R[16+i] = relu R[i]" in str(f.program)
    assert "# sums of products" in f.passes
    assert "compiled" in repr(f)


@pytest.mark.slow
def test_a_program_does_not_grow_with_the_number_of_variables(backend: Any) -> None:
    def rosenbrock(x: Any) -> Any:
        return autograd.sum([100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])

    f = compile(rosenbrock, backend=backend)
    steps = []
    for n in (50, 400):
        x = np.random.default_rng(n).standard_normal(n).tolist()
        value, gradient = f.value_and_grad(x)
        expected = autograd.value_and_grad(rosenbrock)(x)
        assert value == pytest.approx(expected[0], rel=1e-13)
        assert gradient == pytest.approx(expected[1], rel=1e-11, abs=1e-10)
        steps.append(len(f.program.once))
    assert steps[0] == steps[1] < 25


@pytest.mark.slow
def test_a_deep_chain(backend: Any) -> None:
    x = Value(0.5)
    y = x
    for i in range(20_000):
        y = autograd.sin(y + x) if i % 3 else y * 0.5
    f = compile(y, inputs=[x], backend=backend)
    value, (slope,) = f.value_and_grad([0.5])
    y.backward()
    assert value == pytest.approx(y.data, rel=1e-13)
    assert slope == pytest.approx(x.grad, rel=1e-12)
    values, slopes = f.value_and_grad(np.array([[0.5], [0.25]]))
    assert values[0] == pytest.approx(y.data, rel=1e-13)
    assert slopes[0, 0] == pytest.approx(x.grad, rel=1e-12)


def test_lesson_c_has_its_twelve_gradients(backend: Any) -> None:
    w1 = [[0.2, 0.3, 0.1, -0.4], [0.3, 0.5, -0.2, -0.1], [0.1, -0.3, 0.4, 0.2]]
    w2 = [[0.1, 0.1, 0.1], [0.1, 0.1, -0.2], [-0.1, -0.1, 0.0], [0.0, 0.4, -0.6]]
    model = nn.MLP(4, [3, 4])
    model.load_state_dict(
        {
            "layers.0.weight": w1, "layers.0.bias": [0.1, -0.1, -0.2],
            "layers.1.weight": w2, "layers.1.bias": [0.05, 0.0, -0.05, 0.05],
        }
    )  # fmt: skip
    f = compile(lambda x, y: nn.mse(model(x), y), model.parameters(), backend=backend)
    assert f.backward([1.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 1.0]) == pytest.approx(0.89625, rel=1e-15)
    assert sum(p.grad != 0.0 for p in model.parameters()) == 12


def test_lesson_d(backend: Any) -> None:
    model = nn.MLP(2, [2, 1], "sigmoid")
    for p, x in zip(model.parameters(), (0.1, 0.3, 0.1, 0.2, 0.4, 0.1, 0.5, 0.6, 0.1), strict=True):
        p.data = x
    f = compile(lambda x, y: 0.5 * (model(x) - y) ** 2, model.parameters(), backend=backend)
    assert f.backward([1.0, 0.5], 1.0) == pytest.approx(0.0271947608, abs=5e-11)
    expected = [-0.0282770892, -0.0141385446, -0.0282770892, -0.0328839207, -0.0164419604, -0.0328839207]
    expected += [-0.1368083776, -0.1451672338, -0.2332156118]
    assert [p.grad for p in model.parameters()] == pytest.approx(expected, abs=5e-11)


def test_without_llvmlite_numpy_serves_with_a_notice() -> None:
    hide = "import importlib.util; importlib.util.find_spec = lambda name: None;"
    said = run(hide + "import autograd.compiler as c; f = c.compile(lambda x: x * 2.0); print(f(3.0), f.backend)")
    assert "6.0 numpy" in said
    assert said.count("llvmlite is not installed") == 1


def test_without_numpy_the_error_says_what_to_install() -> None:
    said = run("import sys; sys.modules['numpy'] = None; import autograd.compiler as c; c.compile(lambda x: x)")
    assert "pip install numpy" in said


def test_an_unknown_back_end_is_named() -> None:
    with pytest.raises(ValueError, match="use 'llvm' or 'numpy'"):
        compile(lambda x: x, backend="fortran")  # type: ignore[arg-type]


@pytest.mark.parametrize("argnums", [(0, 0), (1, -1), "0", 1.0, None, 2])
def test_argnums_that_are_no_positions_are_refused(backend: Any, argnums: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="argnums"):
        compile(lambda x, y: x * y, backend=backend).value_and_grad(2.0, 3.0, argnums=argnums)
