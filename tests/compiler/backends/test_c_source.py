"""The C source of compiled functions: compiled by the system's compiler, it gives the eager numbers.

Of autograd.compiler.export, autograd.compiler.backends.text.c and autograd.compiler.backends.text.c_names.
"""

import ctypes
import random
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from c_code import CC, built, call, made
from references import BUILT_IN

import autograd
import nn
from autograd import OPERATIONS, Value
from autograd.compiler import compile
from autograd.functions import evaluate

pytestmark = pytest.mark.skipif(CC is None, reason="needs a C compiler")


def test_every_operation_in_one_file(tmp_path: Path) -> None:
    names = [name for name in BUILT_IN if name not in ("log", "log1p")]
    samples = [list(OPERATIONS[name].samples[0]) for name in names]
    flat = [x for sample in samples for x in sample]

    def f(xs: Any) -> Any:
        rest = iter(xs)
        return [evaluate(OPERATIONS[n], [next(rest) for _ in s]) for n, s in zip(names, samples, strict=True)]

    compiled = compile(f, backend="numpy")
    compiled(flat)
    library = built(compiled.source("c", name="table"), tmp_path)
    assert call(library.table, flat, [], len(names)) == pytest.approx(f(flat), rel=1e-15)


def test_a_network_with_its_parameters_as_constants(tmp_path: Path) -> None:
    model = nn.MLP(3, [6, 5, 1], rng=random.Random(0))

    def loss(x: Any, y: Any) -> Any:
        return nn.bce_with_logits(model(x), y)

    compiled = compile(loss, model.parameters(), backend="numpy")
    x, y = [0.3, -0.2, 0.9], 1.0
    compiled(x, y)
    library = built(compiled.source("c", constants=True), tmp_path)
    count = len(model.parameters())
    numbers = list((ctypes.c_double * count).in_dll(library, "loss_parameters"))
    assert numbers == [p.data for p in model.parameters()]
    value, *gradient = call(library.loss_gradient, [*x, y], numbers, 1 + count)
    expected = loss([Value(v) for v in x], Value(y))
    expected.backward()
    assert value == pytest.approx(expected.data, rel=1e-15)
    assert gradient == pytest.approx([p.grad for p in model.parameters()], rel=1e-12, abs=1e-18)
    assert call(library.loss, [*x, y], numbers, 1) == [value]


def test_additions_keep_the_eager_order(tmp_path: Path) -> None:
    compiled = compile(lambda x: autograd.dot(x[:9], x[9:18], x[18]), backend="numpy")
    row = [random.Random(3).uniform(-1e8, 1e8) for _ in range(19)]
    library = (compiled(row), built(compiled.source("c", name="d"), tmp_path))[1]
    assert call(library.d, row, [], 1) == [autograd.dot(row[:9], row[9:18], row[18])]


def test_an_unknown_language_is_named() -> None:
    compiled = compile(lambda x: x * 2.0, backend="numpy")
    compiled(1.0)
    with pytest.raises(ValueError, match="use 'c', 'h', 'js' or 'llvm'"):
        compiled.source("fortran")


def test_the_source_is_as_long_for_any_number_of_variables(tmp_path: Path) -> None:
    def chain(x: Any) -> Any:
        total = 0.0
        for a, b in pairwise(x):
            total = total + 100.0 * (a * a - b) ** 2 + (a - 1.0) ** 2
        return total

    lengths = set()
    for count in (40, 90):
        x = [0.1 * (k % 13) for k in range(count)]
        compiled = compile(chain, backend="numpy")
        value, gradient = compiled.value_and_grad(x)
        source = compiled.source("c", name=f"chain{count}")
        folder = tmp_path / str(count)
        folder.mkdir()
        found = call(getattr(built(source, folder), f"chain{count}_gradient"), x, [], 1 + count)
        assert found == pytest.approx([value, *gradient], rel=1e-14, abs=1e-14)
        lengths.add(len(source.splitlines()))
    assert len(lengths) == 1


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["cc", "gcc", "clang", "g++"])
def test_fused_multiply_adds_are_forbidden_and_decide_no_kink(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler}")

    def kinked(x: Any) -> Any:  # 0.1 · 10 rounds to 1; unrounded it is more
        return autograd.relu(x[0] * x[1] - x[2])

    f, x = compile(kinked, backend="numpy"), [0.1, 10.0, 1.0]
    value, gradient = f.value_and_grad(x)
    source = f.source("c").replace("void kinked", 'extern "C" void kinked' if "+" in compiler else "void kinked")
    language = ("-x", "c++") if "+" in compiler else ()
    library = built(source, tmp_path, compiler, (*language, "-O3", "-march=native"))
    assert call(library.kinked_gradient, x, [], 4) == [value, *gradient] == [0.0, 0.0, 0.0, 0.0]


def test_fast_math_is_refused_by_the_file_itself(tmp_path: Path) -> None:
    f = compile(lambda x: x * x, backend="numpy")
    f(1.0)
    done = made(f.source("c"), tmp_path, CC, ("-O2", "-ffast-math"))
    assert done.returncode != 0
    assert "compile it without -ffast-math" in done.stderr


NAMES = (
    "int exp gamma isnan y0 signgam linux sinf errno malloc time index NAN M_PI X K P Y U EOF s t t0 i p __x _Bool _y "
    "class new typeof float_t main csqrt"
).split()


@pytest.mark.parametrize("name", [*NAMES, "1st", "a b", "f;", "é", "*/"])
def test_a_name_that_c_does_not_take_is_refused(name: str) -> None:
    f = compile(lambda x: x * x, backend="numpy")
    f(1.0)
    with pytest.raises(ValueError, match="no name for a function in C"):
        f.source("c", name=name)


@pytest.mark.slow
def test_functions_of_any_name_become_files_that_compile(tmp_path: Path) -> None:
    files = []
    for name in [*NAMES, "<lambda>", "*/ int x; /*", "total", "loss"]:

        def f(x: Any) -> Any:
            return autograd.exp(x) * 0.1

        f.__name__ = name
        compiled = compile(f, backend="numpy")
        compiled(1.0)
        files.append(compiled.source("c", constants=True))
    built("\n".join(files), tmp_path, CC, ("-O1",))  # all of them in one
    assert ["void total(" in files[-2], "void loss(" in files[-1]] == [True, True]


def test_a_kernel_of_an_unknown_task_is_refused() -> None:
    with pytest.raises(ValueError, match="use one of value, value_and_grad"):
        compile(lambda x: x * x, backend="numpy").kernel("gradient", 1.0)  # type: ignore[arg-type]


# Other tasks, a header, and float


STRICT = ("-std=c99", "-O1", "-pedantic", "-Wmissing-prototypes")


def chained(x: list[Value]) -> list[Value]:
    return [a * b + autograd.sin(a) for a, b in pairwise(x)]


def chain_sum(x: list[Value]) -> Value:
    return sum(chained(x), start=Value(0.0))


@pytest.mark.parametrize("task", ["value_and_grad", "jacobian", "hessian"])
def test_a_task_by_the_inputs_gives_the_engines_numbers(task: str, tmp_path: Path) -> None:
    f = autograd.compile(chained if task == "jacobian" else chain_sum)
    x = [0.5, -1.25, 2.0, 0.75]
    f(x)
    library = built(f.source("c", name="f", task=task), tmp_path, flags=STRICT)
    expected = {
        "value_and_grad": lambda: [chain_sum([Value(v) for v in x]).data, *autograd.grad(chain_sum)(x)],
        "jacobian": lambda: [v for row in autograd.jacobian(chained)(x) for v in row],
        "hessian": lambda: [v for row in autograd.hessian(chain_sum)(x) for v in row],
    }[task]()
    found = call(getattr(library, f"f_{task}"), x, [], len(expected))
    assert found == pytest.approx([float(getattr(v, "data", v)) for v in expected], abs=1e-15)


def test_a_header_declares_all_that_the_file_defines_and_nothing_else_is_exported(tmp_path: Path) -> None:
    f = autograd.compile(chain_sum)
    f([0.5, -1.25, 2.0])
    (tmp_path / "f.h").write_text(f.source("h", name="f", task="hessian"))
    source = f.source("c", name="f", task="hessian")
    use = '#include "f.h"\n#include "f.h"\nint main(void) { double Y[9], U[F_HESSIAN_WORK + F_WORK + F_GRADIENT_WORK]; '
    use += "double X[3] = {0.5, -1.25, 2.0}, P[1] = {0}; f_hessian(X, P, Y, U); return Y[1] == 1.0 ? 0 : 1; }\n"
    (tmp_path / "main.c").write_text(use)
    (tmp_path / "f.c").write_text('#include "f.h"\n' + source)  # the file agrees with its header
    strict = [*STRICT, "-Wall", "-Wextra", "-Werror"]
    subprocess.run([str(CC), *strict, "main.c", "f.c", "-o", "main", "-lm"], cwd=tmp_path, check=True)
    assert subprocess.run([str(tmp_path / "main")], check=False).returncode == 0
    subprocess.run([str(CC), *strict, "-c", "f.c"], cwd=tmp_path, check=True)
    if shutil.which("nm"):
        listed = subprocess.run(["nm", "-g", "--defined-only", "f.o"], cwd=tmp_path, capture_output=True, text=True)
        assert {line.split()[-1] for line in listed.stdout.splitlines()} == {"f", "f_gradient", "f_hessian"}


def test_of_a_function_in_float32_the_file_is_in_float(tmp_path: Path) -> None:
    model = nn.MLP(3, [4, 1], "tanh", rng=random.Random(0))
    f = autograd.compile(lambda x: model(x), parameters=model.parameters(), dtype="float32")
    x = [0.5, -1.25, 2.0]
    expected = f(x)
    source = f.source("c", constants=True, name="f", task="value_and_grad")
    assert "double" not in source
    assert not re.search(r"\d\.\d+(?![\df])(?!e)", source.split("#include")[1])  # each number ends in f
    library = built(source, tmp_path, flags=STRICT)
    numbers = [p.data for p in model.parameters()]
    arrays = [(ctypes.c_float * len(values))(*values) for values in (x, numbers)]
    outputs, work = (ctypes.c_float * 4)(), (ctypes.c_float * 1000)()
    library.f(*arrays, outputs, work)
    assert outputs[0] == pytest.approx(expected, rel=2e-6)
    library.f_value_and_grad(*arrays, outputs, work)
    slopes = autograd.grad(lambda x: model(x))(x)
    assert list(outputs[1:]) == pytest.approx([float(getattr(v, "data", v)) for v in slopes], rel=1e-5)


def test_a_task_that_there_is_not_is_named() -> None:
    f = autograd.compile(chained)
    f([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"hessian is of one result, and f has 2: use task='jacobian'"):
        f.source("c", name="f", task="hessian")
    with pytest.raises(ValueError, match="in C there are value_and_grad, jacobian, hessian"):
        f.source("c", task="backward")
