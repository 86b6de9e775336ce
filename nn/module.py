"""Module: anything that has parameters. It finds them by looking through its own attributes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Self, TypeAlias

from autograd import Constant, Value

from .inputs import described, listed, number, shape
from .storage import read_state, write_state

Tensor: TypeAlias = Value | Sequence["Tensor"]
State: TypeAlias = dict[str, Any]


class Module:
    """The base of all layers and models: subclass it, keep parts as attributes, write `__call__`.

    Parameters are the Values among the attributes that nothing computed (constants are none), in lists and dicts of
    them, and in modules below.

    >>> from autograd import Value
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Value(2.0)
    ...     def __call__(self, x):
    ...         return self.factor * x
    >>> scale = Scale()
    >>> dict(scale.named_parameters())
    {'factor': Value(2.0)}
    >>> scale(3.0).data
    6.0
    """

    def __call__(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: write its __call__(self, x)")

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """(dotted name, parameter) pairs, such as `layers.0.neurons.1.w.2`; a shared one comes once."""
        seen: set[Value] = set()
        for name, parameter in _parameters(self, ""):
            if parameter not in seen:
                seen.add(parameter)
                yield name, parameter

    def parameters(self) -> list[Value]:
        """Every parameter; per neuron the weights, then the bias."""
        return [parameter for _, parameter in self.named_parameters()]

    def num_parameters(self) -> int:
        """How many numbers there are to learn."""
        return len(self.parameters())

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0.0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def named_tensors(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """The parameters as (nested lists of) Values under the names of `state_dict`."""
        for name, part in vars(self).items():
            yield from _tensors(part, prefix + name)

    def state_dict(self) -> State:
        """The parameters' numbers by name, in PyTorch's layout: `layers.0.weight` (out × in), `layers.0.bias`."""
        return {name: _data(tensor) for name, tensor in self.named_tensors()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the parameters' numbers from `state`: lists, arrays or tensors, under the names of `state_dict`.

        Raises ValueError for missing and unexpected names and for wrong shapes, TypeError for what is no number;
        nothing has changed then.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"a state is a dict of numbers by name, as state_dict() gives it, got {described(state)}")
        tensors = dict(self.named_tensors())
        _check_names(tensors, state)
        changes = [change for name in tensors for change in _changes(tensors[name], state[name], name)]
        for parameter, data in changes:
            parameter.data = data

    def save(self, path: str | PathLike[str]) -> None:
        """Write the parameters to one JSON file, whole or not at all: no half-written file is ever seen at `path`."""
        write_state(path, self.state_dict())

    def load(self, path: str | PathLike[str]) -> Self:
        """Take the parameters from a file that `save` wrote; every number is exactly as it was. Returns self.

        Raises ValueError for a file that is damaged, or of another model; nothing has changed then.

        >>> import nn, os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "model.json")
        >>> model = nn.MLP(2, [3, 1])
        >>> model.save(path)
        >>> nn.MLP(2, [3, 1]).load(path).state_dict() == model.state_dict()
        True
        """
        state = read_state(path)
        try:
            self.load_state_dict(state)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} does not fit this {type(self).__name__}, which is unchanged: {error}") from error
        return self

    def extra_repr(self) -> str:
        """What `repr` shows between the parentheses: for instance the sizes."""
        return ""

    def header(self) -> str:
        """The first line of `repr`, and the name in messages."""
        return f"{type(self).__name__}({self.extra_repr()})"

    def tree(self) -> list[str]:
        """The lines of `repr`: this module, and indented below it the modules that it is made of."""
        below = [(name, part.tree()) for key, inner in vars(self).items() for name, part in _modules(inner, key)]
        lines = [
            f"  {name}: {first}" if i == 0 else f"  {first}" for name, part in below for i, first in enumerate(part)
        ]
        return [self.header(), *lines]

    def __repr__(self) -> str:
        first, *others = self.tree()
        return "\n".join([f"{first}: {self.num_parameters()} parameters", *others])


def _members(container: object) -> Iterable[tuple[Any, Any]]:
    """The parts of a module (its attributes), of a dict or of a list, with their names."""
    if isinstance(container, Module):
        return vars(container).items()
    if isinstance(container, Mapping):
        return container.items()
    return enumerate(container) if isinstance(container, (list, tuple)) else ()


def _parameters(part: object, name: str) -> Iterator[tuple[str, Value]]:
    if isinstance(part, Value):
        if _is_parameter(part):
            yield name, part
        return
    for key, inner in _members(part):
        yield from _parameters(inner, f"{name}.{key}" if name else key)


def _tensors(part: object, name: str) -> Iterator[tuple[str, Any]]:
    if _is_tensor(part):
        yield name, part
    elif isinstance(part, Module):
        yield from part.named_tensors(f"{name}.")
    else:
        for key, inner in _members(part):
            yield from _tensors(inner, f"{name}.{key}")


def _is_tensor(part: object) -> bool:
    if isinstance(part, list):
        return bool(part) and all(map(_is_tensor, part))
    return isinstance(part, Value) and _is_parameter(part)


def _is_parameter(value: Value) -> bool:
    """Not a constant, nor a result that the module keeps, such as its last output."""
    return not isinstance(value, Constant) and not value.operands


def _modules(part: object, name: str) -> Iterator[tuple[str, Module]]:
    if isinstance(part, Module):
        yield name, part
    else:
        for key, inner in _members(part):
            yield from _modules(inner, f"{name}.{key}")


def _data(tensor: Tensor) -> Any:
    return float(tensor.data) if isinstance(tensor, Value) else [_data(part) for part in tensor]


def _check_names(mine: Iterable[str], given: Mapping[str, Any]) -> None:
    missing = [name for name in mine if name not in given]
    unexpected = [name for name in given if name not in set(mine)]
    if missing or unexpected:
        found = [
            f"{what}: {', '.join(map(str, names))}"
            for what, names in (("missing", missing), ("unexpected", unexpected))
            if names
        ]
        raise ValueError(f"the state has not the names of this model's parameters; {'; '.join(found)}")


def _changes(tensor: Tensor, given: object, name: str) -> list[tuple[Value, float]]:
    """(parameter, its new number) for every number of one tensor."""
    if isinstance(tensor, Value):
        return [(tensor, number(given, name))]
    parts = listed(given)
    if not isinstance(parts, (list, tuple)) or len(parts) != len(tensor):
        raise ValueError(f"{name}: expected numbers of shape {shape(tensor)}, got {shape(parts) or described(parts)}")
    pairs = enumerate(zip(tensor, parts, strict=True))
    return [change for i, (inner, new) in pairs for change in _changes(inner, new, f"{name}[{i}]")]
