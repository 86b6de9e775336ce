"""What a model says of itself: which layers it has, and which units stand in each of them.

A *unit* is what one circle in a picture of a network stands for, such as an `nn.Neuron`: weights `w`, a bias `b` or
None, and an `activation`. A model that has `named_units()`, as an `nn.Module` has, says which there are; of any other
they are read off the dotted names that its `named_parameters()` gives (`layers.0.neurons.1.w.2`).

A *path* names a module as one types it: `("layers.0", "neurons.1")` is model.layers[0].neurons[1].
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from .value import Value

Path: TypeAlias = tuple[str, ...]
_PARAMETER = re.compile(r"(?:(?P<layer>.*?)\.?neurons\.(?P<neuron>\d+)\.)?(?:w\.(?P<input>\d+)|b)")


class UnitLike(Protocol):
    """What a layer of one's own gives for each of its units."""

    w: Sequence[Value]
    b: Any
    activation: Callable[..., Any]


class Model(Protocol):
    """What is asked of a model: its parameters under dotted names, such as `layers.0.neurons.1.w.2`."""

    def named_parameters(self) -> Iterable[tuple[str, Value]]:
        """Every parameter under its dotted name."""
        ...


@dataclass(eq=False)
class Unit:
    """One unit: where it stands in the model, its parameters, the name of its activation."""

    layer: Path = ()
    path: Path = ()
    weights: list[Value] = field(default_factory=list)
    bias: Value | None = None
    activation: str = "linear"
    function: Any = None  # the activation itself, where it is known

    @property
    def parameters(self) -> list[Value]:
        """Its weights, and its bias if it has one."""
        return self.weights if self.bias is None else [*self.weights, self.bias]


def units(model: Any) -> list[Unit]:
    """The units of a model, layer by layer."""
    return list(_told(model) if hasattr(model, "named_units") else _read_off(model))


def _told(model: Any) -> Iterator[Unit]:
    unit: UnitLike
    for layer, name, unit in model.named_units():
        activation = str(getattr(unit.activation, "__name__", "linear"))
        yield Unit(path(layer), path(name), list(unit.w), unit.b, activation, unit.activation)


def _read_off(model: Any) -> Iterable[Unit]:
    found: dict[Path, Unit] = {}
    for name, parameter in model.named_parameters():
        if parts := _PARAMETER.fullmatch(name):
            module = module_of(name)
            layer = module[:-1] if parts["neuron"] else module
            unit = found.setdefault(module, Unit(layer, module, activation=_activation(model, module)))
            if parts["input"] is None:
                unit.bias = parameter
            else:
                unit.weights.append(parameter)
    return [unit for unit in found.values() if unit.weights]


def path(name: str) -> Path:
    """The path of a module of this dotted name.

    >>> path("layers.0.neurons.1")
    ('layers.0', 'neurons.1')
    """
    words: list[str] = []
    for part in name.split("."):
        if part.isdecimal() and words:
            words[-1] += f".{part}"
        elif part:
            words.append(part)
    return tuple(words)


def spoken(part: str) -> str:
    """What a reader calls a part of a path, counted from 1 as the labels of weights are.

    >>> spoken("layers.0"), spoken("neurons.1"), spoken("layer")
    ('layer 1', 'neuron 2', 'layer')
    """
    name, _, number = part.rpartition(".")
    return f"{name.removesuffix('s')} {int(number) + 1}" if name and number.isdecimal() else part


def module_of(name: str) -> Path:
    """The path of the module that holds the parameter of this name.

    >>> module_of("layers.0.neurons.1.w.2")
    ('layers.0', 'neurons.1')
    """
    return path(name)[:-1]


def _activation(model: Any, module: Path) -> str:
    """The name of the activation of the module at this path, if it has one."""
    for key in (part for word in module for part in word.split(".")):
        if isinstance(model, (list, tuple)):
            model = model[int(key)]
        else:
            model = model[key] if isinstance(model, dict) else getattr(model, key, None)
    return str(getattr(getattr(model, "activation", None), "__name__", "linear"))
