"""What the page runs: the mean loss with its gradient, the outputs and the optimizers' updates, in JavaScript.

All come from the graph and from the optimizers' own `step()`; a row of the data is a graph of its own, which the page
computes node by node, as it does in a walk.
"""

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from autograd import Value, walk
from autograd.compiler.backends.text.javascript_training import js_training
from autograd.compiler.compiled import Compiled
from autograd.notation.source.javascript import needed
from autograd.player.program import program
from autograd.walking.walking import Walk

from ..inputs import Rows, name_of
from ..layers import MLP, activation_of
from ..module import Module
from ..optim.optimizer import Optimizer
from ..optim.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from ..training.evaluation import Loss
from ..training.steps import row_loss

ACTIVATIONS = ("relu", "tanh", "sigmoid")
FUNCTION = re.compile(r"/\*\* [^\n]*\nexport const (\w+) = \(\(\) => .*?\n\}\)\(\);\n", re.DOTALL)  # of a module
MOST_APART = 2  # hidden layers whose activations are chosen one by one; of more, all change together


@dataclass(frozen=True)
class Variant:
    """The model with other activations in its hidden layers."""

    activations: tuple[str, ...]
    model: Module


def variants(model: Module) -> list[Variant]:
    """The model as it is, then with every choice of activations; of what is no MLP of known ones, it alone."""
    given = hidden(model)
    if not given or not set(given) <= {*ACTIVATIONS}:
        return [Variant(tuple(given), model)]
    apart = len(given) <= MOST_APART
    choices = product(ACTIVATIONS, repeat=len(given)) if apart else ((name,) * len(given) for name in ACTIVATIONS)
    return [Variant(given, model), *(Variant(c, _with(model, c)) for c in choices if c != given)]


def hidden(model: Module) -> tuple[str, ...]:
    """The names of the activations of an MLP's hidden layers; none of another model."""
    if type(model) is not MLP:
        return ()
    return tuple(name_of(layer.neurons[0].activation) for layer in model.layers[:-1])


def _with(model: Module, activations: Sequence[str]) -> Module:
    twin = copy.deepcopy(model)
    for layer, name in zip(twin.layers, activations, strict=False):  # type: ignore[attr-defined]
        for neuron in layer.neurons:
            neuron.activation = activation_of(name)
    return twin


def module(variant: Variant, loss: Loss, rows: Rows) -> str:
    """An expression in JavaScript: an object with `meanGradient` of rows, and `values`, the outputs of inputs."""
    model, parameters = variant.model, variant.model.parameters()
    cost = Compiled(row_loss(model, loss), parameters, backend="numpy")
    outputs = Compiled(model, parameters, backend="numpy")
    cost(rows.X[0], rows.y[0])
    outputs(rows.X[0])
    return f"{{ ...{_scope(cost.source('js'), 'meanGradient')}, ...{_scope(outputs.source('js'), 'values')} }}"


def _scope(text: str, *names: str) -> str:
    """A module's text as an expression: an object of what it exports under these names."""
    text = FUNCTION.sub(lambda found: found[0] if found[1] in names else "", text)
    inside = re.sub(r"^export ", "", text, flags=re.MULTILINE)
    return f"(() => {{\n{inside}\nreturn {{ {', '.join(names)} }}; }})()"


def optimizers(model: Module, given: Optimizer) -> list[tuple[str, Optimizer]]:
    """The one given, and others to choose from."""
    p = model.parameters()
    others: dict[str, Optimizer] = {
        "SGD": SGD(p, lr=0.1),
        "SGD with momentum 0.9": SGD(p, lr=0.05, momentum=0.9),
        "RMSprop": RMSprop(p, lr=0.01),
        "Adagrad": Adagrad(p, lr=0.1),
        "Adam": Adam(p, lr=0.01),
        "AdamW": AdamW(p, lr=0.01),
    }
    name = f"{type(given).__name__}, as given"
    return [(name, given), *others.items()]


def update(model: Module, optimizer: Optimizer) -> str:
    """An expression in JavaScript: an object with `start()`, a state, and `update(state)`."""
    parameters = model.parameters()
    compiled = Compiled(lambda: parameters[0] * 1.0, parameters, backend="numpy")
    text = js_training(*compiled.described(optimizer))
    head = [f"const parameters = new Float64Array({len(parameters)});", *needed(text)]
    return _scope("\n".join([*head, text]), "start", "update")


def row_walk(model: Module, loss: Loss, rows: Rows) -> tuple[Walk, list[Value], list[Value]]:
    """The walk of the first row, with its inputs and its targets as leaves: by layer where that can be."""
    first = rows.y[0]
    xs = [Value(x, label=f"x{i}") for i, x in enumerate(rows.X[0], 1)]
    many = isinstance(first, (list, tuple))
    ys = [Value(float(t), label=f"y{i}" if many else "y") for i, t in enumerate(first if many else [first], 1)]
    value = row_loss(model, loss)(xs, ys if many else ys[0])
    try:
        return walk(value, model=model, by="layer", max_steps=None), xs, ys
    except ValueError:
        return walk(value, model=model, by="node", max_steps=None), xs, ys


def alternatives(model: Module, loss: Loss, rows: Rows) -> dict[str, Any]:
    """For each activation the row's graph with it in all hidden layers."""
    count = len(hidden(model))
    twins = {name: _with(model, (name,) * count) for name in ACTIVATIONS}
    return {name: program(row_walk(twin, loss, rows)[0].recording) for name, twin in twins.items()}
