"""JAX: float64, jit of value_and_grad, one step a call."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..problems import Array, Problem, flat
from . import Contender
from .many_variables import Function, with_arrays


def prepare() -> None:
    jax.config.update("jax_enable_x64", True)
    jax.block_until_ready(jnp.zeros(1) + 1)


def network(problem: Problem) -> Contender:
    X, y = jnp.asarray(problem.X), jnp.asarray(problem.y)
    pairs = [(jnp.asarray(w), jnp.asarray(b)) for w, b in problem.pairs(problem.theta)]
    loss_of = LOSSES[problem.loss]

    def loss(pairs: Any, X: Any, y: Any) -> Any:
        h = X
        for w, b in pairs[:-1]:
            h = jax.nn.relu(h @ w.T + b)
        value = loss_of(h @ pairs[-1][0].T + pairs[-1][1], y)
        return value + problem.alpha * sum((p * p).sum() for pair in pairs for p in pair) if problem.alpha else value

    gradient = jax.jit(jax.value_and_grad(loss))

    def read(result: Any) -> tuple[float, Array]:
        value, gradients = result
        return float(value), flat(gradients)

    return Contender(lambda: jax.block_until_ready(gradient(pairs, X, y)), read)


def hinge(z: Any, y: Any) -> Any:
    return jax.nn.relu(1 - y * z[:, 0]).mean()


def bce(z: Any, y: Any) -> Any:
    return (jax.nn.softplus(z[:, 0]) - y * z[:, 0]).mean()


def cross_entropy(z: Any, y: Any) -> Any:
    logs = jax.nn.log_softmax(z)
    return -jnp.take_along_axis(logs, y.astype(int)[:, None], 1).mean()


LOSSES = {"hinge": hinge, "bce": bce, "cross_entropy": cross_entropy}


def many_variables(function: Function) -> Contender:
    x = jnp.asarray(function.start)
    gradient = jax.jit(jax.value_and_grad(lambda x: with_arrays(function, x, jnp)))
    return Contender(lambda: jax.block_until_ready(gradient(x)), lambda found: (float(found[0]), np.asarray(found[1])))
