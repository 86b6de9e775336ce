"""CasADi: its generated C, built with gcc -O3."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np

from ..problems import Array, Problem
from . import Contender, scalar
from .many_variables import Function, with_numbers

FOLDER = tempfile.TemporaryDirectory(prefix="chainrule-bench-")


class Functions:
    """What `scalar.row_loss` needs to know of CasADi."""

    exp, log1p, abs = ca.exp, ca.log1p, ca.fabs

    @staticmethod
    def relu(x: Any) -> Any:
        return ca.if_else(x > 0, x, 0)


def network(problem: Problem) -> Contender:
    """The faster of the two ways for each."""
    return mapped(problem) if problem.loss == "bce" else matrices(problem)


def mapped(problem: Problem) -> Contender:
    """The scalar graph of one row, mapped over the rows: the parameters are shared, both results summed."""
    theta, x, y = ca.SX.sym("theta", len(problem.theta)), ca.SX.sym("x", problem.sizes[0]), ca.SX.sym("y")
    loss = scalar.row_loss(problem, theta.elements(), x.elements(), y, Functions) / problem.rows
    row = ca.Function("row", [theta, x, y], [loss, ca.gradient(loss, theta)])
    return called(row.map("step", "serial", problem.rows, [0], [0, 1]), arrays_of(problem))


def matrices(problem: Problem) -> Contender:
    """All rows at once, as matrices."""
    theta, X, y = (
        ca.MX.sym("theta", len(problem.theta)),
        ca.MX.sym("X", *problem.X.T.shape),
        ca.MX.sym("y", 1, problem.rows),
    )
    h, at = X, 0
    for layer, (nout, width) in enumerate(problem.shapes):
        matrix = ca.reshape(theta[at : at + nout * width], width, nout).T
        z = ca.mtimes(matrix[:, :-1], h) + ca.repmat(matrix[:, -1], 1, problem.rows)
        h = z if layer == len(problem.shapes) - 1 else ca.fmax(z, 0)
        at += nout * width
    if problem.loss == "hinge":
        losses = ca.fmax(1 - y * h, 0)
    else:
        losses = ca.fmax(h, 0) + ca.log1p(ca.exp(-ca.fabs(h))) - y * h
    loss = ca.sum2(losses) / problem.rows + problem.alpha * ca.dot(theta, theta)
    return called(with_gradient([theta, X, y], loss), arrays_of(problem))


def batch(problem: Problem) -> Contender:
    """The whole batch as one scalar graph, the data as constants."""
    theta = ca.SX.sym("theta", len(problem.theta))
    loss = scalar.batch_loss(problem, theta.elements(), Functions)
    return called(with_gradient([theta], loss), [problem.theta])


def many_variables(function: Function) -> Contender:
    """One graph of scalars, as in CasADi's issue 3490."""
    x = ca.SX.sym("x", function.variables)
    return called(with_gradient([x], with_numbers(function, x.elements(), ca)), [function.start])


def with_gradient(inputs: list[Any], loss: Any) -> Any:
    """The loss and its gradient with respect to the first input."""
    return ca.Function("step", inputs, [loss, ca.gradient(loss, inputs[0])])


def arrays_of(problem: Problem) -> list[Array]:
    return [problem.theta, np.ascontiguousarray(problem.X), problem.y]


def called(function: Any, arrays: list[Array]) -> Contender:
    """The built function on these inputs; its results are a loss and the gradient for the first of them."""
    call = built(function)
    buffer, run = call.buffer()
    value, gradient = np.zeros(1), np.zeros_like(arrays[0])
    for i, array in enumerate(arrays):
        buffer.set_arg(i, memoryview(array.data))
    for i, array in enumerate((value, gradient)):
        buffer.set_res(i, memoryview(array.data))
    return Contender(run, lambda _: (float(value[0]), gradient.copy()), keep=(call, buffer, arrays))


def built(function: Any) -> Any:
    """The function as generated C, compiled and loaded."""
    folder = Path(tempfile.mkdtemp(dir=FOLDER.name))
    generator = ca.CodeGenerator("generated.c")
    generator.add(function)
    generator.generate(f"{folder}/")
    library = folder / "generated.so"
    compiler = shlex.split(os.environ.get("CC", "gcc"))
    flags = ["-O3", "-march=native", "-shared", "-fPIC"]
    subprocess.run([*compiler, *flags, str(folder / "generated.c"), "-o", str(library), "-lm"], check=True)
    return ca.external(function.name(), str(library))
