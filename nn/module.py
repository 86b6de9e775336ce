"""Module: anything that has parameters. It finds them by looking through its own attributes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeAlias

from autograd import Constant, Value

from .inputs import described, listed, number, shape
from .storage import read_state, write_state
from .translations import no_such_member

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
        """The outputs for one row of inputs; each kind of module has its own."""
        remedy = "rename its forward to __call__" if hasattr(self, "forward") else "write its __call__(self, x)"
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: {remedy}")

    if not TYPE_CHECKING:  # for type checkers a name that is missing stays an error

        def __getattr__(self, name: str) -> NoReturn:
            raise AttributeError(no_such_member(type(self).__name__, name), name=name, obj=self)

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """(dotted name, parameter) pairs, such as `layers.0.neurons.1.w.2`; a shared one comes once.

        Raises ValueError for a module that contains itself.
        """
        seen: set[Value] = set()
        for name, parameter in _parameters(self, "", ()):
            if parameter not in seen:
                seen.add(parameter)
                yield name, parameter

    def parameters(self) -> list[Value]:
        """Every parameter; per neuron the weights, then the bias."""
        return [parameter for _, parameter in self.named_parameters()]

    def units(self) -> list[Any]:
        """What stands in one column of a picture: by default the neurons among its attributes, also in lists.

        A layer of one's own whose neurons are no `nn.Neuron`s gives one object for each: with weights `w` (a list of
        Values), a bias `b` (or None) and an `activation` (a function). It is drawn, framed, walked and diagnosed then.

        >>> import nn
        >>> [unit.activation.__name__ for unit in nn.Layer(2, 3, "tanh").units()]
        ['tanh', 'tanh', 'tanh']
        """
        return [part for _, part in _direct(self) if is_unit(part)]

    def named_units(self, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
        """(name of the layer, name of the unit, unit) for every unit, layer by layer."""
        own, parts = {id(unit): unit for unit in self.units()}, list(_direct(self))
        known = {id(part): f"{prefix}{name}" for name, part in parts} | {id(self): prefix[:-1]}
        for i, unit in enumerate(own.values()):
            yield prefix[:-1], known.get(id(unit), f"{prefix}units.{i}"), unit
        for name, part in parts:
            if id(part) not in own:
                yield from part.named_units(f"{prefix}{name}.")

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
            yield from tensors(part, prefix + name)

    def state_dict(self) -> State:
        """The parameters' numbers by name, in PyTorch's layout: `layers.0.weight` (out × in), `layers.0.bias`.

        Raises ValueError where a number would be lost: a name that comes twice, a parameter without one.
        """
        return {name: _data(tensor, name) for name, tensor in _by_name(self).items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the parameters' numbers from `state`: lists, arrays or tensors, under the names of `state_dict`.

        Raises ValueError for missing and unexpected names, for wrong shapes, and for a shared parameter with two
        numbers, TypeError for what is no number; nothing has changed then.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"a state is a dict of numbers by name, as state_dict() gives it, got {described(state)}")
        tensors = _by_name(self)
        _check_names(tensors, state)
        changes = [change for name in tensors for change in _changes(tensors[name], state[name], name)]
        for parameter, data in _agreed(changes).items():
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
        below = [(name, part.tree()) for name, part in _direct(self)]
        lines = [
            f"  {name}: {first}" if i == 0 else f"  {first}" for name, part in below for i, first in enumerate(part)
        ]
        return [self.header(), *lines]

    def __repr__(self) -> str:
        try:
            count = f"{self.num_parameters()} parameters"
        except ValueError as error:  # it contains itself: neither is there an end to its tree
            return f"{self.header()}: {error}"
        first, *others = self.tree()
        return "\n".join([f"{first}: {count}", *others])


def is_unit(part: object) -> bool:
    """Whether it is a neuron: weights, and a function of what they add up to."""
    return isinstance(part, Module) and {"w", "b", "activation"} <= vars(part).keys()


def _direct(module: Module) -> Iterator[tuple[str, Module]]:
    """The modules among a module's attributes, in lists and dicts too, with their names."""
    return (found for name, inner in vars(module).items() for found in _modules(inner, name))


def _members(container: object) -> Iterable[tuple[Any, Any]]:
    """The parts of a module (its attributes), of a dict or of a list, with their names."""
    if isinstance(container, Module):
        return vars(container).items()
    if isinstance(container, Mapping):
        return container.items()
    return enumerate(container) if isinstance(container, (list, tuple)) else ()


def _parameters(part: object, name: str, above: tuple[tuple[object, str], ...]) -> Iterator[tuple[str, Value]]:
    """The parameters in a container; `above` are those that it lies in, with their names."""
    for other, its_name in above:
        if other is part:
            raise ValueError(
                f"{name} is {its_name or 'the model'} again, and a module that contains itself has no end: keep a "
                "weakref.ref to it, or hand it in where it is used"
            )
    for key, inner in _members(part):
        inner_name = f"{name}.{key}" if name else str(key)
        if not isinstance(inner, Value):
            yield from _parameters(inner, inner_name, (*above, (part, name)))
        elif _is_parameter(inner):
            yield inner_name, inner


def _by_name(module: Module) -> dict[str, Tensor]:
    """The tensors of the module; raises ValueError where a state would lose one."""
    parameters = list(module.named_parameters())
    found: dict[str, Tensor] = {}
    for name, tensor in module.named_tensors():
        if name in found:
            raise ValueError(
                f"{name!r} names two parts of this {type(module).__name__}, and its state would lose one: rename one"
            )
        found[name] = tensor
    held = {value for tensor in found.values() for value in _values(tensor)}
    if lost := [name for name, parameter in parameters if parameter not in held]:
        raise ValueError(
            f"the state of this {type(module).__name__} has no place for {', '.join(lost)}: its named_tensors() must "
            "give every parameter"
        )
    return found


def _values(tensor: Tensor) -> Iterator[Value]:
    if isinstance(tensor, Value):
        yield tensor
    else:
        for part in tensor:
            yield from _values(part)


def tensors(part: object, name: str) -> Iterator[tuple[str, Any]]:
    """The tensors in an attribute, with their names in a state."""
    if _is_tensor(part):
        yield name, part
    elif isinstance(part, Module):
        yield from part.named_tensors(f"{name}.")
    else:
        for key, inner in _members(part):
            yield from tensors(inner, f"{name}.{key}")


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


def _data(tensor: Tensor, name: str) -> Any:
    """The numbers; TypeError for anything else that was put into a `.data`."""
    if isinstance(tensor, Value):
        return number(tensor.data, f"{name}, its .data")
    return [_data(part, f"{name}[{i}]") for i, part in enumerate(tensor)]


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


def _changes(tensor: Tensor, given: object, name: str) -> list[tuple[str, Value, float]]:
    """(name, parameter, its new number) for every number of one tensor."""
    if isinstance(tensor, Value):
        if isinstance(given, bool):  # a number wherever one counts, but never one that was learned
            raise TypeError(f"{name}: expected a real number, got {described(given)}")
        return [(name, tensor, number(given, name))]
    parts = listed(given)
    if not isinstance(parts, (list, tuple)) or len(parts) != len(tensor):
        raise ValueError(f"{name}: expected numbers of shape {shape(tensor)}, got {shape(parts) or described(parts)}")
    pairs = enumerate(zip(tensor, parts, strict=True))
    return [change for i, (inner, new) in pairs for change in _changes(inner, new, f"{name}[{i}]")]


def _agreed(changes: Iterable[tuple[str, Value, float]]) -> dict[Value, float]:
    """The new number of each parameter; raises ValueError where a shared one is given two."""
    found: dict[Value, tuple[str, float]] = {}
    for name, parameter, data in changes:
        first, number = found.setdefault(parameter, (name, data))
        if number.hex() != data.hex():  # nan is nan here, and −0.0 is not 0.0
            raise ValueError(
                f"{first} and {name} are one shared parameter, but the state has {number!r} for the one and {data!r} "
                "for the other: give both the same number"
            )
    return {parameter: data for parameter, (_, data) in found.items()}
