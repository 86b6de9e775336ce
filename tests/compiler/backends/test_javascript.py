"""The JavaScript of compiled functions: run by Node and by Chromium, it gives the eager numbers.

Of autograd.compiler.export, autograd.compiler.backends.text.loops, autograd.compiler.backends.text.javascript,
autograd.compiler.backends.text.javascript_training, autograd.notation.source.arithmetic,
autograd.notation.source.javascript and autograd.notation.source.error_series.
"""

import json
import math
import random
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from references import BUILT_IN

import autograd
import nn
from autograd import OPERATIONS, Value, operation
from autograd.compiler import compile
from autograd.functions import evaluate

NODE = shutil.which("node")
EXACT = set(
    "add sub mul truediv neg identity abs sqrt relu leaky_relu heaviside sign maximum minimum max min sum mean dot "
    "prod less less_equal greater greater_equal equal logical_and logical_or logical_not where take floor ceil round "
    "trunc clip hardtanh square reciprocal fmod remainder".split()
)
UNITS = 4  # of the last place, for all that calls functions of `Math`, which browsers need not round alike
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.0, 3.0, -8.0, 20.0, 1e300, -1e300, 5e-324, math.inf, -math.inf, math.nan)
BITS = """
const bits = (numbers) => Array.from(new BigUint64Array(Float64Array.from(numbers).buffer), String);
const numbers = (bits) => new Float64Array(BigUint64Array.from(bits, BigInt).buffer);
const calls = { rows: (f, x) => ({ values: bits(f.values(numbers(x))) }),
    slopes: (f, x) => { const { values, gradients } = f.gradients(numbers(x));
        return { values: bits(values), gradients: bits([...gradients]) }; } };
"""

Run = Callable[[dict[str, str], list[tuple[str, str, list[str]]]], list[Any]]


def _bits(numbers: Sequence[float]) -> list[str]:
    return [str(*struct.unpack("Q", struct.pack("d", x))) for x in numbers]


def _numbers(bits: Sequence[str]) -> list[float]:
    return [struct.unpack("d", struct.pack("Q", int(x)))[0] for x in bits]


def node(script: str, folder: Path, **modules: str) -> str:
    """What a script prints that imports these modules."""
    for name, text in modules.items():
        (folder / f"{name}.mjs").write_text(text)
    (folder / "run.mjs").write_text(script)
    done = subprocess.run([str(NODE), "run.mjs"], cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _in_node(folder: Path) -> Run:
    def run(modules: dict[str, str], calls: list[tuple[str, str, list[str]]]) -> list[Any]:
        imports = "".join(f'import * as {name}_module from "./{name}_module.mjs";\n' for name in modules)
        table = ", ".join(f"{name}: {name}_module" for name in modules)
        script = f"{imports}{BITS}const modules = {{ {table} }};\nconst all = {json.dumps(calls)};\n"
        script += "console.log(JSON.stringify(all.map(([call, name, x]) => calls[call](modules[name], x))));"
        found: list[Any] = json.loads(node(script, folder, **{f"{n}_module": text for n, text in modules.items()}))
        return found

    return run


def _in_chromium(tab: Any) -> Run:
    def run(modules: dict[str, str], calls: list[tuple[str, str, list[str]]]) -> list[Any]:
        script = f"""async ([texts, all]) => {{ {BITS}
            const modules = {{}};
            for (const [name, text] of Object.entries(texts))
                modules[name] = await import(URL.createObjectURL(new Blob([text], {{ type: "text/javascript" }})));
            return all.map(([call, name, x]) => calls[call](modules[name], x)); }}"""
        found: list[Any] = tab.evaluate(script, [modules, calls])
        return found

    return run


@pytest.fixture(params=["node", "chromium"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Run]:
    if request.param == "chromium":
        yield _in_chromium(request.getfixturevalue("tab"))
        return
    if NODE is None:
        pytest.skip("needs Node")
    yield _in_node(tmp_path)


def _slope_by_y(m: Any, x: Any, y: Any, out: Any) -> Any:
    return m.exp(-x * x)


def _tangle_of(x: Any, y: Any) -> Any:
    return autograd.relu(x * y - 1.0) + autograd.where(autograd.less(x, y), x**3, -x) / (1.0 + y * y)


@pytest.fixture
def bump() -> Iterator[Any]:
    """A user's operation."""
    yield operation("js_bump", lambda m, x, y: m.exp(-x * x) * y, [lambda m, x, y, out: -2.0 * x * out, _slope_by_y])
    del OPERATIONS["js_bump"]


def _points(name: str, count: int) -> list[list[float]]:
    """The samples, edges in three orders, and random rows."""
    draw = random.Random(name)
    rows = [list(x) for x in OPERATIONS[name].samples if len(x) == count] if name in OPERATIONS else []
    rows += [[EDGES[(i + k * j) % len(EDGES)] for j in range(count)] for i in range(len(EDGES)) for k in (0, 1, 3, 6)]
    rows += [[draw.uniform(-4.0, 4.0) for _ in range(count)] for _ in range(40)]
    if name in ("take", "cross_entropy"):  # the last is an index
        rows = [[*row[:-1], float(k % (count - 1))] for k, row in enumerate(rows)]
    return rows


def _evaluated(name: str, xs: Sequence[Any]) -> Any:
    return evaluate(OPERATIONS[name], list(xs))


def _called(function: Any, xs: Sequence[Any]) -> Any:
    return function(*xs)


def _functions(bump: Any) -> dict[str, tuple[Callable[[Sequence[Any]], Any], int]]:
    found: dict[str, tuple[Callable[[Sequence[Any]], Any], int]] = {}
    for name in BUILT_IN:
        found[name] = partial(_evaluated, name), len(OPERATIONS[name].samples[0])
    for name, (function, count) in {"bump": (bump, 2), "tangle": (_tangle_of, 2)}.items():
        found[name] = partial(_called, function), count
    return found


def _eager(function: Callable[[Sequence[Any]], Any], row: Sequence[float]) -> tuple[float, list[float]]:
    leaves = [Value(x) for x in row]
    out = function(leaves)
    out.backward()
    return out.data, [leaf.grad for leaf in leaves]


def _units(found: float, expected: float) -> float:
    if found == expected or (math.isnan(found) and math.isnan(expected)):
        return 0.0
    return abs(found - expected) / math.ulp(expected) if math.isfinite(expected) else math.inf


def test_the_whole_table_gives_the_eager_numbers_and_slopes_for_rows(run: Run, bump: Any) -> None:
    modules, calls, expected, names = {}, [], [], []
    for name, (function, count) in _functions(bump).items():
        rows = _points(name, count)
        compiled = compile(lambda xs, function=function: function(xs), backend="numpy")
        compiled(np.array(rows))
        modules[name] = compiled.source("js")
        flat = [x for row in rows for x in row]
        calls += [("slopes", name, _bits(flat)), ("rows", name, _bits(flat))]
        expected.append([_eager(function, row) for row in rows])
        names.append(name)
    found = run(modules, calls)
    worst = dict[str, float]()
    for name, slopes, values, want in zip(names, found[::2], found[1::2], expected, strict=True):
        assert slopes["values"] == values["values"]
        numbers = [*_numbers(values["values"]), *_numbers(slopes["gradients"])]
        truth = [value for value, _ in want] + [slope for _, row in want for slope in row]
        assert len(numbers) == len(truth), name
        worst[name] = max(_units(a, b) for a, b in zip(numbers, truth, strict=True))
    assert {name: units for name, units in worst.items() if units > (0 if name in EXACT else UNITS)} == {}


def _classifier() -> tuple[nn.MLP, Any, np.ndarray[Any, Any]]:
    model, draw = nn.MLP(2, [5, 3, 1], activation="tanh", rng=random.Random(1)), random.Random(2)
    points = [[draw.uniform(-1.0, 1.0) for _ in range(2)] for _ in range(30)]
    rows = np.array([[a, b, float(a * b > 0)] for a, b in points])
    loss = compile(lambda x, y: nn.bce_with_logits(model(x), y), model.parameters(), backend="numpy")
    return model, loss, rows


OPTIMIZERS = {
    "sgd": lambda p: nn.SGD(p, lr=0.1),
    "momentum": lambda p: nn.SGD(p, lr=0.1, momentum=0.9),
    "nesterov": lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "rmsprop": lambda p: nn.RMSprop(p, lr=0.01),
    "adagrad": lambda p: nn.Adagrad(p, lr=0.1),
    "adam": lambda p: nn.Adam(p, lr=0.05),
    "adamw": lambda p: nn.AdamW(p, lr=0.05),
}


needs_node = pytest.mark.skipif(NODE is None, reason="needs Node")


@needs_node
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_in_javascript_ends_where_python_does(name: str, tmp_path: Path) -> None:
    model, loss, rows = _classifier()
    optimizer = OPTIMIZERS[name](model.parameters())
    loss(rows[:, :2], rows[:, 2])
    loss.train(rows[:, :2], rows[:, 2], optimizer=optimizer, epochs=3)  # it goes on from a state, not from nothing
    text = loss.source("js", optimizer=optimizer)
    script = f"""import * as loss from "./loss.mjs";
        const state = loss.start(), X = Float64Array.from({rows.ravel().tolist()}), losses = [];
        for (let k = 0; k < 40; k++) {{ if (k === 20) state.lr /= 2; losses.push(loss.step(state, X)); }}
        console.log(JSON.stringify([losses, [...state.parameters]]));"""
    losses, parameters = json.loads(node(script, tmp_path, loss=text))
    expected: list[float] = []
    for _ in range(2):
        expected += loss.train(rows[:, :2], rows[:, 2], optimizer=optimizer, epochs=20).tolist()
        optimizer.lr /= 2
    assert losses == pytest.approx(expected, rel=1e-11)
    assert parameters == pytest.approx([p.data for p in model.parameters()], rel=1e-10, abs=1e-13)


@needs_node
def test_one_row_with_other_parameters_and_the_mean_of_rows(tmp_path: Path) -> None:
    model, loss, rows = _classifier()
    loss(rows[:, :2], rows[:, 2])
    model.parameters()[0].data = 0.25
    script = f"""import * as loss from "./loss.mjs";
        const P = loss.parameters.slice(), all = {rows.ravel().tolist()}; P[1] = -3;
        const {{ value, gradient }} = loss.gradient(all.slice(0, 3), P), mean = loss.meanGradient(all, P);
        console.log(JSON.stringify([loss.value(all.slice(0, 3), P), value, [...gradient], mean.value,
            [...mean.gradient], [...loss.values(all, P)]]));"""
    found = json.loads(node(script, tmp_path, loss=loss.source("js")))
    model.parameters()[1].data = -3.0
    one = nn.bce_with_logits(model(rows[0, :2].tolist()), rows[0, 2])
    one.backward()
    gradient = [p.grad for p in model.parameters()]
    model.zero_grad()
    mean = loss.backward(rows[:, :2], rows[:, 2])
    assert found[0] == found[1] == pytest.approx(one.data, rel=1e-14)
    assert found[2] == pytest.approx(gradient, rel=1e-12, abs=1e-15)
    assert found[3] == pytest.approx(mean, rel=1e-14)
    assert found[4] == pytest.approx([p.grad for p in model.parameters()], rel=1e-12, abs=1e-15)
    assert found[5] == pytest.approx(loss(rows[:, :2], rows[:, 2]).tolist(), rel=1e-13)


@needs_node
def test_several_results_are_an_array_and_loops_stay_loops(tmp_path: Path) -> None:
    compiled = compile(lambda x: [autograd.dot(x[k:], x[: 40 - k], 0.5) for k in range(3)], backend="numpy")
    x = [math.sin(k) for k in range(40)]
    expected, text = compiled(x), compiled.source("js")
    script = f'import * as f from "./f.mjs"; console.log(JSON.stringify([...f.value({x})]))'
    assert json.loads(node(script, tmp_path, f=text)) == expected
    assert len(text.splitlines()) < 90


@needs_node
@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("f.value([1])", "RangeError: the inputs are 3 numbers, got 1"),
        ("f.values([1, 2, 3, 4])", "RangeError: 2 rows of inputs are 6 numbers, got 4"),
        ("f.values([])", "RangeError: the rows are none: give at least one"),
        ("f.meanGradient([1, 2, 3], [0])", "RangeError: the parameters are 37 numbers, got 1"),
        ("f.value(['1', 'text', 0])", "NaN"),
        ("f.step(f.start(), ['text', 2, 1])", "RangeError: the loss became NaN: lower the learning rate"),
    ],
)
def test_bad_input_is_an_error_or_no_number(call: str, error: str, tmp_path: Path) -> None:
    model, loss, rows = _classifier()
    loss(rows[:, :2], rows[:, 2])
    text = loss.source("js", optimizer=nn.SGD(model.parameters(), lr=0.1))
    script = f'import * as f from "./f.mjs";\ntry {{ console.log({call}); }} catch (e) {{ console.log(String(e)); }}'
    assert node(script, tmp_path, f=text).strip() == error


def test_an_optimizer_of_some_of_the_parameters_is_refused() -> None:
    model, loss, rows = _classifier()
    loss(rows[:, :2], rows[:, 2])
    with pytest.raises(ValueError, match="name just those"):
        loss.source("js", optimizer=nn.SGD(model.parameters()[:3]))


@needs_node
def test_a_function_of_any_name_is_a_module_that_runs(tmp_path: Path) -> None:
    def f(x: Any) -> Any:
        return x * x

    f.__name__ = "*/ throw 1; /*"
    compiled = compile(f, backend="numpy")
    compiled(3.0)
    script = 'import * as f from "./f.mjs"; console.log(f.value([3]))'
    assert node(script, tmp_path, f=compiled.source("js")) == "9\n"


@needs_node
def test_a_loss_of_the_parameters_alone_trains_without_rows(tmp_path: Path) -> None:
    p = [Value(3.0, label="a"), Value(-1.0, label="b")]
    loss = compile(lambda: (p[0] - 1.0) ** 2 + p[0] * p[1] + p[1] ** 2, p, backend="numpy")
    adam = nn.Adam(p, lr=0.1)
    loss()
    script = """import * as loss from "./loss.mjs"; const state = loss.start(), losses = [];
        for (let k = 0; k < 30; k++) losses.push(loss.step(state));
        console.log(JSON.stringify([losses, [...state.parameters]]));"""
    losses, parameters = json.loads(node(script, tmp_path, loss=loss.source("js", optimizer=adam)))
    assert losses == pytest.approx(loss.train(optimizer=adam, epochs=30).tolist(), rel=1e-12)
    assert parameters == pytest.approx([x.data for x in p], rel=1e-12)


def test_an_optimizer_of_several_results_is_refused() -> None:
    p = [Value(3.0)]
    both = compile(lambda x: [p[0] * x, p[0] + x], p, backend="numpy")
    both(1.0)
    with pytest.raises(ValueError, match="has 2 results; an optimizer's step needs one"):
        both.source("js", optimizer=nn.SGD(p))
