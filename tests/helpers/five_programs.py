"""Five small programs that between them have all that the compiler's passes and loops do."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import autograd
import nn
from autograd import Value
from autograd.compiler.compiled import Compiled


@dataclass(frozen=True)
class Small:
    """A function with what it is called with, and the kind of call that is looked at."""

    task: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    parameters: int = 0  # Values w0, w1, …, which the function is given first

    def compiled(self, **how: Any) -> Compiled:
        """The function compiled, and called once in its way."""
        weights = [Value(0.5 - 0.25 * k, label=f"w{k}") for k in range(self.parameters)]
        function, parameters = self.function, self.parameters
        f = Compiled((lambda *xs: function(weights, *xs)) if parameters else function, weights, check=True, **how)
        (f if self.task == "value" else getattr(f, self.task))(*self.arguments)
        return f


def neuron(w: list[Value], x: list[Value]) -> Value:
    return (w[0] * x[0] + w[1] * x[1] + w[2]).tanh()


def powers(x: Value, y: Value) -> Value:
    return x**3 + (x - y) ** 2 + y**-0.5 - 0.0 * x + 1.0 * y


def selected(x: list[Value]) -> Value:
    return autograd.where(autograd.less(x[0], 0.0), x[1] * 2.0, autograd.relu(x[1])) + autograd.max(x)


def classes(w: list[Value], x: list[Value], t: Value) -> Value:
    logits = [w[2 * k] * x[0] + w[2 * k + 1] * x[1] for k in range(3)]
    return nn.cross_entropy(logits, t)


def rosenbrock(x: list[Value]) -> Value:
    return autograd.sum([100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])


PROGRAMS = {
    "neuron": Small("backward", neuron, ([1.0, 2.0],), parameters=3),
    "powers": Small("value_and_grad", powers, (2.0, 3.0)),
    "selected": Small("jacobian", selected, ([1.0, -2.0],)),
    "classes": Small("backward", classes, ([1.0, 2.0], 1.0), parameters=6),
    "rosenbrock": Small("hessian", rosenbrock, ([1.0, 2.0, 0.5, -1.0],)),
}
