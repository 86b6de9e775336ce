"""ddx-ad: the scalar graph of one row, compiled through LLVM, called with all rows as a batch."""

from typing import Any

import ddx
import numpy as np

from ..problems import Problem
from . import Contender, scalar


class Functions:
    """What `scalar.row_loss` needs to know of ddx."""

    exp, abs = ddx.exp, ddx.abs

    @staticmethod
    def log1p(x: Any) -> Any:
        return ddx.log(1.0 + x)

    @staticmethod
    def relu(x: Any) -> Any:
        return ddx.select(x > 0.0, x, 0.0 * x)


def network(problem: Problem) -> Contender:
    """Each row's gradient is written out (parameters × rows) and summed with NumPy."""
    n, features = len(problem.theta), problem.sizes[0]

    def model() -> Any:
        theta = [ddx.var(f"p{i}") for i in range(n)]
        x, y = [ddx.param(f"x{i}") for i in range(features)], ddx.param("y")
        return scalar.row_loss(problem, theta, x, y, Functions)

    equation = ddx.equation(model).compile(points=problem.rows)
    point = np.vstack([np.repeat(problem.theta[:, None], problem.rows, 1), problem.X.T, problem.y[None]])
    call = equation.buffer(np.ascontiguousarray(point))
    gradient = np.zeros(n)

    def step() -> float:
        call.x[:n] = problem.theta[:, None]
        call()
        np.mean(call.jacobian, 1, out=gradient)
        return call.value.mean()

    def read(loss: float) -> Any:
        penalty = problem.alpha * problem.theta @ problem.theta
        return loss + penalty, gradient + 2 * problem.alpha * problem.theta

    return Contender(step, read)


def batch(problem: Problem) -> Contender:
    """The whole batch as one scalar graph, the data as constants."""

    def model() -> Any:
        return scalar.batch_loss(problem, [ddx.var(f"p{i}") for i in range(len(problem.theta))], Functions)

    call = ddx.equation(model).compile(points=1).buffer(problem.theta.copy())
    return Contender(call, lambda _: (float(call.value), np.array(call.jacobian).ravel()))
