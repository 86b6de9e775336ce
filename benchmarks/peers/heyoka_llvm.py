"""heyoka: the scalar graph of one row as a compiled function (LLVM) that takes many rows in SIMD lanes."""

from typing import Any

import heyoka as hy
import numpy as np

from ..problems import Array, Problem
from . import Contender, scalar


class Functions:
    """What `scalar.row_loss` needs to know of heyoka."""

    exp, relu = hy.exp, hy.relu

    @staticmethod
    def log1p(x: Any) -> Any:
        return hy.log(1.0 + x)

    @staticmethod
    def abs(x: Any) -> Any:
        return hy.relu(x) + hy.relu(-x)


def network(problem: Problem) -> Contender:
    """Each row's gradient is written out (parameters × rows) and summed with NumPy."""
    n, features = len(problem.theta), problem.sizes[0]
    theta = [hy.expression(f"p{i:04}") for i in range(n)]
    x, y = [hy.par[i] for i in range(features)], hy.par[features]
    loss = scalar.row_loss(problem, theta, x, y, Functions)
    function = hy.cfunc([loss, *hy.diff_tensors([loss], theta).gradient], theta)
    inputs = np.repeat(problem.theta[:, None], problem.rows, 1)
    data = np.ascontiguousarray(np.column_stack([problem.X, problem.y]).T)
    outputs, total = np.zeros((n + 1, problem.rows)), np.zeros(n + 1)

    def step() -> None:
        inputs[:] = problem.theta[:, None]
        function(inputs, outputs=outputs, pars=data)
        np.mean(outputs, 1, out=total)

    def read(_: None) -> tuple[float, Array]:
        penalty = problem.alpha * problem.theta @ problem.theta
        return total[0] + penalty, total[1:] + 2 * problem.alpha * problem.theta

    return Contender(step, read)


def batch(problem: Problem) -> Contender:
    """The whole batch as one scalar graph, the data as constants."""
    theta = [hy.expression(f"p{i:04}") for i in range(len(problem.theta))]
    loss = scalar.batch_loss(problem, theta, Functions)
    function = hy.cfunc([loss, *hy.diff_tensors([loss], theta).gradient], theta, compact_mode=True)
    outputs = np.zeros(len(theta) + 1)
    return Contender(lambda: function(problem.theta, outputs=outputs), lambda _: (outputs[0], outputs[1:]))
