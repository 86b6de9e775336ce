"""chainrule: `autograd.compile` of the loss of one row, called with all rows; or of a graph that exists already."""

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import nn
from autograd.compiler import compile

from ..moons import micrograds_loss
from ..problems import Array, Problem
from . import Contender
from .many_variables import Function, with_numbers


def prepare() -> None:
    """Load llvmlite and the compiler."""
    x = autograd.Value(1.0)
    built((x * x, [x])).step()


def mlp(problem: Problem) -> nn.MLP:
    """The problem's network with its first parameters."""
    model = nn.MLP(problem.sizes[0], list(problem.sizes[1:]))
    for p, number in zip(model.parameters(), problem.theta.tolist(), strict=True):
        p.data = number
    return model


def loss_function(problem: Problem, model: nn.MLP) -> Any:
    """The loss of one row, the penalty included: the mean over the rows is the loss of the batch."""
    parameters = model.parameters()

    def loss(x: Any, y: Any) -> Any:
        value = LOSSES[problem.loss](model(x), y)
        return value + problem.alpha * autograd.sum([p * p for p in parameters]) if problem.alpha else value

    return loss


def network(problem: Problem, backend: Any = "llvm") -> Contender:
    model = mlp(problem)
    f = compile(loss_function(problem, model), parameters=model.parameters(), backend=backend)
    return contender(f, f.kernel("backward", problem.X, problem.y))


def with_numpy(problem: Problem) -> Contender:
    """The same on the NumPy back end."""
    return network(problem, "numpy")


def with_values(problem: Problem) -> Contender:
    """`f.backward(X, y)`: every parameter's `.data` read, every `.grad` set to 0 and then added to."""
    model = mlp(problem)
    parameters = model.parameters()
    f = compile(loss_function(problem, model), parameters=parameters)

    def step() -> float:
        for p in parameters:
            p.grad = 0.0
        return f.backward(problem.X, problem.y)

    return Contender(step, lambda loss: (loss, np.array([p.grad for p in parameters])))


def training(problem: Problem, optimizer: str, rate: float) -> Callable[[int], Array]:
    """All steps in one call of `f.train`; reading and writing the parameters is part of it."""
    model = mlp(problem)
    f = compile(loss_function(problem, model), parameters=model.parameters())

    def train(steps: int) -> Array:
        adapted = _restarted(problem, model, optimizer, rate)
        f.train(problem.X, problem.y, optimizer=adapted, epochs=steps)
        return np.array([p.data for p in model.parameters()])

    return train


def training_in_python(problem: Problem, optimizer: str, rate: float) -> Callable[[int], Array]:
    """The same as a loop: compiled gradients, and the optimizer's own step."""
    model = mlp(problem)
    f = compile(loss_function(problem, model), parameters=model.parameters())

    def train(steps: int) -> Array:
        adapted = _restarted(problem, model, optimizer, rate)
        for _ in range(steps):
            adapted.zero_grad()
            f.backward(problem.X, problem.y)
            adapted.step()
        return np.array([p.data for p in model.parameters()])

    return train


def _restarted(problem: Problem, model: nn.MLP, optimizer: str, rate: float) -> nn.Optimizer:
    """A new optimizer, and the model's first parameters."""
    for p, number in zip(model.parameters(), problem.theta.tolist(), strict=True):
        p.data = number
    made: nn.Optimizer = getattr(nn, optimizer)(model.parameters(), lr=rate)
    return made


def hinge(z: Any, y: Any) -> Any:
    return autograd.relu(1.0 - y * z)


LOSSES: dict[str, Any] = {"hinge": hinge, "bce": nn.bce_with_logits, "cross_entropy": autograd.cross_entropy}


def contender(f: Any, kernel: Any) -> Contender:
    """From buffers to buffers: the result is one array, the value and then its gradient."""
    return Contender(kernel.run, lambda result: (float(result[0]), np.array(result[1:], float).ravel()), keep=f)


def whole_batch(problem: Problem) -> tuple[autograd.Value, list[autograd.Value]]:
    """micrograd's demo built operation by operation: the loss of all rows as one graph, and its parameters."""
    model = mlp(problem)
    with autograd.expanded():
        return micrograds_loss(autograd.Constant, model, problem.X.tolist(), problem.y.tolist()), model.parameters()


def batch(problem: Problem) -> Contender:
    """The whole batch as one scalar graph, the data as constants: traced and compiled."""
    return built(whole_batch(problem))


def built(graph: tuple[autograd.Value, list[autograd.Value]]) -> Contender:
    """Value and gradient of a graph that exists already, as a function of its inputs."""
    root, inputs = graph
    f = compile(root, inputs=inputs)
    return contender(f, f.kernel("value_and_grad", [x.data for x in inputs]))


def traced(graph: tuple[autograd.Value, list[autograd.Value]]) -> tuple[Any, list[float]]:
    """The graph as a function that is traced, and compiled for its value alone."""
    root, inputs = graph
    f, row = compile(root, inputs=inputs), [x.data for x in inputs]
    f.kernel("value", row)
    return f, row


def differentiated(function: tuple[Any, list[float]]) -> Contender:
    """Value and gradient of a function that is traced."""
    f, row = function
    return contender(f, f.kernel("value_and_grad", row))


def variables_graph(function: Function) -> tuple[autograd.Value, list[autograd.Value]]:
    """The graph of a function of many variables, term by term, and its inputs."""
    x = [autograd.Value(number) for number in function.start.tolist()]
    return with_numbers(function, x, autograd), x
