"""What a compiled function reads but cannot watch is refused, or stands on the list in docs/tracing.md."""

import ctypes
import importlib
import itertools
import sys
import time
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, compile
from autograd.compiler.frontend.contents import LIMIT
from autograd.compiler.frontend.guards import Environment
from autograd.compiler.frontend.tracing import TracingError

scale = 2.0


def numpy(function: Any, *parameters: Value) -> Any:
    return compile(function, parameters, backend="numpy")


def large() -> Any:
    return types.SimpleNamespace(X=np.zeros(LIMIT + 1), w=2.0)


def test_a_large_array_that_the_function_reads_is_refused_and_the_remedies_are_right() -> None:
    data = large()
    f = numpy(lambda x: x * float(data.X[0]) + 1.0)
    with pytest.raises(
        TracingError, match=r"data\.X holds 100,001 numbers.*data\.X\.setflags\(write=False\).*argument"
    ):
        f(1.0)
    data.X.setflags(write=False)
    assert f(1.0) == 1.0
    data.X = np.ones(LIMIT + 1)
    with pytest.raises(TracingError, match="read-only"):
        f(1.0)
    data.X.setflags(write=False)
    assert f(1.0) == 2.0
    data.X.setflags(write=True)
    with pytest.raises(TracingError, match="read-only"):
        f(1.0)


def test_a_read_only_part_of_an_array_that_can_be_written_is_refused() -> None:
    whole = np.zeros(LIMIT + 2)
    part = whole[1:]
    part.setflags(write=False)
    with pytest.raises(TracingError, match="part holds 100,001 numbers"):
        numpy(lambda x: x * float(part[0]))(1.0)


def test_a_large_list_is_refused_and_a_tuple_is_not() -> None:
    numbers = [0.0] * (LIMIT + 1)
    with pytest.raises(TracingError, match=r"numbers holds 100,001 numbers.*make it a tuple"):
        numpy(lambda x: x * numbers[0])(1.0)
    fixed = tuple(numbers)
    assert numpy(lambda x: x * fixed[0])(1.0) == 0.0


@pytest.mark.parametrize("computed", [False, True])
def test_a_large_array_that_no_code_names_costs_nothing_and_is_not_refused(computed: bool) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            self.data, self.rows = large(), {"X": np.zeros(LIMIT + 1), "w": 3.0}
            self.w = Value(2.0)

        def __call__(self, x: Any) -> Any:
            penalty = sum(p * p for p in self.parameters())
            return x * self.w + self.data.w + self.rows["w"] + penalty + (len(vars(self)) if computed else 0)

        def fit(self) -> None:
            print(self.data.X, self.rows["X"])

    model = Model()
    f = numpy(model, model.w)
    assert f(1.0) == 11.0 + (3.0 if computed else 0.0)
    contents = Environment(model).contents
    assert (contents.arrays, contents.others) == ([], [])
    model.rows["w"] = 4.0
    assert f(1.0) == 12.0 + (3.0 if computed else 0.0)


def test_values_beyond_any_number_are_no_content() -> None:
    weights = [Value(0.5)] * (LIMIT + 1)
    assert numpy(lambda x: x * weights[0])(1.0) == 0.5


@pytest.mark.slow
def test_a_tensor_is_watched_and_a_large_one_refused() -> None:
    torch = pytest.importorskip("torch")
    small, large = torch.ones(2, dtype=torch.float64), torch.zeros(LIMIT + 1)
    f = numpy(lambda x: x * float(small[0]))
    assert f(1.0) == 1.0
    small[0] = 3.0
    assert f(1.0) == 3.0
    with pytest.raises(TracingError, match="large holds 100,001 numbers"):
        numpy(lambda x: x * float(large[0]))(1.0)
    wanted = torch.ones(2, requires_grad=True)
    with pytest.raises(TracingError, match="wanted cannot be compared before every call"):
        numpy(lambda x: x * float(wanted[0]))(1.0)


def test_a_frame_is_watched_and_one_of_mixed_columns_refused() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    f = numpy(lambda x: x * float(frame["a"].sum()))
    assert f(1.0) == 3.0
    frame.loc[0, "a"] = 5.0
    assert f(1.0) == 7.0
    mixed = pandas.DataFrame({"a": [1.0], "b": ["text"]})
    with pytest.raises(TracingError, match=r"mixed cannot be compared before every call.*objects"):
        numpy(lambda x: x * float(mixed["a"].sum()))(1.0)


@pytest.mark.parametrize("backend", ["numpy", "llvm"])
def test_what_the_rules_of_a_users_operation_read_is_watched(backend: Any) -> None:
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    settings, slopes = types.SimpleNamespace(factor=2.0), [2.0]
    name = f"watched_{backend}"
    inner = autograd.operation(f"inner_{name}", lambda m, x: x * settings.factor, [lambda m, x, out: slopes[0]])
    outer = autograd.operation(name, lambda m, x: m.sin(x) * 0.0 + x * settings.factor, [lambda m, x, out: slopes[0]])
    for row in (inner, outer):
        settings.factor, slopes[0] = 2.0, 2.0
        f = compile(lambda x, row=row: row(x), backend=backend)
        graph = row(x := Value(1.0))
        g = compile(graph, inputs=[x], backend=backend)
        assert f.value_and_grad(1.0) == (2.0, 2.0)
        assert g([1.0]) == 2.0
        settings.factor = 3.0
        assert f.value_and_grad(1.0) == (3.0, 2.0)
        assert g([1.0]) == 3.0
        slopes[0] = 3.0
        assert f.value_and_grad(1.0) == (3.0, 3.0)


def test_what_the_step_of_an_optimizer_reads_is_watched() -> None:
    settings = types.SimpleNamespace(rate=1.0)

    class Own(nn.Optimizer):
        def step(self) -> None:
            for p in self.parameters:
                p.data -= settings.rate * p.grad

    w = Value(0.0)
    f = numpy(lambda x: (w - x) * 2.0, w)
    optimizer = Own([w], lr=1.0)
    f.train(np.ones(1), optimizer=optimizer)
    assert w.data == -2.0
    settings.rate = 2.0
    f.train(np.ones(1), optimizer=optimizer)
    assert w.data == -6.0
    type.__setattr__(Own, "step", lambda self: [setattr(p, "data", p.data - p.grad) for p in self.parameters])
    f.train(np.ones(1), optimizer=optimizer)
    assert w.data == -8.0


def test_a_compiled_function_inside_another_is_refused() -> None:
    inner = numpy(lambda x: x * scale)

    def catching(x: Any) -> Any:
        try:
            return x * inner(2.0)
        except TracingError:
            return x

    for f in (numpy(lambda x: x * inner(2.0)), numpy(catching)):
        with pytest.raises(TracingError, match=r"call the function itself \(\.function"):
            f(1.0)
    assert numpy(lambda x: x * inner.function(2.0))(1.0) == 4.0


@pytest.mark.parametrize("path", ["profile.py", "code/model.py", "statistics.py"])
def test_a_users_file_named_like_a_module_of_python_is_watched(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, name = tmp_path / path, path.removesuffix(".py").replace("/", ".")
    file.parent.mkdir(exist_ok=True)
    (file.parent / "__init__.py").touch()
    file.write_text("rate = 2.0\ndef get(x):\n    return x * rate\n")
    for known in (name, name.split(".")[0]):
        monkeypatch.setitem(sys.modules, known, sys)  # put back at the end, or removed
        monkeypatch.delitem(sys.modules, known)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module(name)
    for function in (lambda x: module.get(x), lambda x: x * module.rate):
        module.rate = 2.0  # type: ignore[attr-defined]
        f = numpy(function)
        assert f(1.0) == 2.0
        module.rate = 3.0  # type: ignore[attr-defined]
        assert f(1.0) == 3.0


def test_an_attribute_that_no_code_names_may_change_without_a_new_trace() -> None:
    class Model:
        rate, epoch = 2.0, 0

        def __call__(self, x: Any) -> Any:
            return x * self.rate

    model = Model()
    f = numpy(model)
    f(1.0)
    (traced,) = f._codes.traces.held.values()
    for model.epoch in range(3):
        model.__dict__[f"loss_{model.epoch}"] = 1.0
        f(1.0)
    assert next(iter(f._codes.traces.held.values())) is traced
    model.rate = 3.0
    assert f(1.0) == 3.0


# what is neither watched nor refused: docs/tracing.md names it


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs tzset")
def test_the_clock_is_that_of_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        f = numpy(lambda x: x * time.localtime(36000).tm_hour)
        assert f(1.0) == 10.0
        monkeypatch.setenv("TZ", "UTC-5")
        time.tzset()
        assert time.localtime(36000).tm_hour == 15
        assert f(1.0) == 10.0
    finally:
        monkeypatch.undo()
        time.tzset()


def test_what_a_file_holds_is_that_of_the_trace(tmp_path: Path) -> None:
    path = tmp_path / "rate"
    path.write_text("2.0")
    name = str(path)

    def f_of_file(x: Any) -> Any:
        with open(name) as file:
            return x * float(file.read())

    f = numpy(f_of_file)
    assert f(1.0) == 2.0
    path.write_text("3.0")
    assert f(1.0) == 2.0


def test_what_an_iterator_will_give_is_not_seen() -> None:
    box = [2.0]
    boxes = itertools.repeat(box)
    f = numpy(lambda x: x * next(boxes)[0])
    assert f(1.0) == 2.0
    box[0] = 3.0
    assert f(1.0) == 2.0


def test_what_installed_packages_keep_for_themselves_is_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    code = "rate = hidden = 2.0\ndef get(): return rate\ndef inner(): return hidden\ndef other(): return inner()\n"
    (folder / "installed_rates.py").write_text(code)
    monkeypatch.syspath_prepend(folder)
    module = importlib.import_module("installed_rates")
    setting, hidden = numpy(lambda x: x * module.get()), numpy(lambda x: x * module.other())
    assert [setting(1.0), hidden(1.0)] == [2.0, 2.0]
    module.rate = module.hidden = 3.0  # type: ignore[attr-defined]
    assert [setting(1.0), hidden(1.0)] == [3.0, 2.0]


def test_the_inside_of_an_object_in_c_is_not_seen() -> None:
    number = ctypes.c_double(2.0)
    f = numpy(lambda x: x * number.value)
    assert f(1.0) == 2.0
    number.value = 3.0
    assert f(1.0) == 2.0


def test_names_in_text_that_is_no_literal_are_not_seen() -> None:
    text = "by_text"
    globals()[text] = 2.0
    try:
        f = numpy(lambda x: x * eval(text))
        assert f(1.0) == 2.0
        globals()[text] = 3.0
        assert f(1.0) == 2.0
    finally:
        del globals()[text]


def test_attributes_and_keys_whose_names_are_computed_are_watched_but_not_inside_large_arrays() -> None:
    data = large()
    f = numpy(lambda x: x * float(getattr(data, chr(88))[0] + getattr(data, chr(119))))
    assert f(1.0) == 2.0
    data.w = 3.0
    assert f(1.0) == 3.0
    data.X[0] = 1.0
    assert f(1.0) == 3.0
    data.X = np.ones(LIMIT + 1)
    assert f(1.0) == 4.0
