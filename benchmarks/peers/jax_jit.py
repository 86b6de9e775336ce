"""JAX: float64, jit of value_and_grad, one step a call."""

from collections.abc import Callable
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
    X, y, pairs = _given(problem)
    gradient = jax.jit(jax.value_and_grad(_loss_function(problem)))

    def read(result: Any) -> tuple[float, Array]:
        value, gradients = result
        return float(value), flat(gradients)

    return Contender(lambda: jax.block_until_ready(gradient(pairs, X, y)), read)


def training(problem: Problem, optimizer: str, rate: float) -> Callable[[int], Array]:
    """All steps in one call of one jit: `lax.fori_loop` over gradient and update."""
    X, y, pairs = _given(problem)
    gradient, update = jax.grad(_loss_function(problem)), UPDATES[optimizer]

    def step(t: Any, state: Any) -> Any:
        return update(rate, t + 1, gradient(state[0], X, y), *state)

    zeros = jax.tree.map(jnp.zeros_like, pairs)
    run = jax.jit(lambda steps: jax.lax.fori_loop(0, steps, step, (pairs, zeros, zeros)))
    return lambda steps: flat(run(steps)[0])


def _sgd(rate: float, t: Any, gradient: Any, pairs: Any, m: Any, v: Any) -> Any:
    return jax.tree.map(lambda p, g: p - rate * g, pairs, gradient), m, v


def _adam(rate: float, t: Any, gradient: Any, pairs: Any, m: Any, v: Any) -> Any:
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
    one, two = 1.0 - 0.9**t, 1.0 - 0.999**t
    return jax.tree.map(lambda p, m, v: p - rate * (m / one) / (jnp.sqrt(v / two) + 1e-8), pairs, m, v), m, v


UPDATES = {"SGD": _sgd, "Adam": _adam}


def _given(problem: Problem) -> tuple[Any, Any, Any]:
    pairs = [(jnp.asarray(w), jnp.asarray(b)) for w, b in problem.pairs(problem.theta)]
    return jnp.asarray(problem.X), jnp.asarray(problem.y), pairs


def _loss_function(problem: Problem) -> Any:
    loss_of = LOSSES[problem.loss]

    def loss(pairs: Any, X: Any, y: Any) -> Any:
        h = X
        for w, b in pairs[:-1]:
            h = jax.nn.relu(h @ w.T + b)
        value = loss_of(h @ pairs[-1][0].T + pairs[-1][1], y)
        return value + problem.alpha * sum((p * p).sum() for pair in pairs for p in pair) if problem.alpha else value

    return loss


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
