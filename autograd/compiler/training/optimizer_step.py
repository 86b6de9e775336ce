"""An optimizer's step as a compiled function, whose rows are the parameters.

`step()` is traced like any function: on a copy of the optimizer that holds Values where the numbers were. What it does
to one parameter is compiled; what it would do to each of the others is compared with that. An optimizer here is
whatever has `parameters`, a `step()` that changes their `.data` by their `.grad`, and otherwise only numbers and lists
with one number for each parameter, as those of `nn`.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from ...graph import topological_order
from ...operations.arithmetic import real
from ...support.collector import paused_gc
from ...value import Constant, Value
from ..arguments import Call
from ..cache import Codes
from ..frontend.guards import Environment
from ..frontend.tracing import TracingError, tracing, unknown_leaf
from ..ir.arrays import Floats

SETTINGS = (Real, str, type(None))
FEW = 3  # parameters


class Place:
    """What stands for a parameter while a step is traced: its number, and its gradient."""

    __slots__ = ("data", "grad")
    data: Any
    grad: Any

    def __init__(self, data: Any, grad: Any) -> None:
        self.data, self.grad = data, grad


@dataclass
class Held:
    """What an optimizer holds besides its parameters, by name: lists with a number for each, and settings."""

    lists: list[str]
    settings: dict[str, Any]

    @classmethod
    def by(cls, optimizer: Any) -> "Held":
        """Raises TypeError for anything else, which a compiled step could not keep up to date."""
        count, found = len(optimizer.parameters), cls([], {})
        for name, held in vars(optimizer).items():
            if isinstance(held, list) and len(held) == count and all(issubclass(x, Real) for x in set(map(type, held))):
                found.lists += [name] if name != "parameters" else []
            elif _is_setting(held):
                found.settings[name] = held
            elif name != "parameters":
                raise TypeError(
                    f"train() takes an optimizer that holds numbers and lists with one number for each of its {count} "
                    f"parameters; {type(optimizer).__name__}.{name} is something else: {held!r:.40}"
                )
        return found


def _is_setting(held: Any) -> bool:
    return isinstance(held, SETTINGS) or (isinstance(held, tuple) and all(map(_is_setting, held)))


class Step:
    """One traced step of a copy of the optimizer, for `count` parameters.

    `columns` are the Values of the parameters, of their gradients and of the lists; `scalars` those of the `states`.
    """

    held: Held
    states: Sequence[str]
    count: int
    columns: list[list[Value]]
    scalars: list[Value]
    places: list[Place]
    after: dict[str, Any]

    def __init__(self, optimizer: Any, held: Held, states: Sequence[str], count: int) -> None:
        self.held, self.states, self.count = held, states, count
        self.columns = [[unknown_leaf() for _ in range(count)] for _ in range(2 + len(held.lists))]
        self.scalars = [unknown_leaf() for _ in states]
        twin = copy(optimizer)
        with tracing(numbers=True):
            twin.parameters = self.places = [Place(p, g) for p, g in zip(*self.columns[:2], strict=True)]
            for name, column in zip(held.lists, self.columns[2:], strict=True):
                setattr(twin, name, list(column))
            for name, scalar in zip(states, self.scalars, strict=True):
                setattr(twin, name, scalar)
            twin.step()
        self.after = vars(twin)

    def changed(self) -> list[str]:
        """The settings that the step changed, which are no settings, but states."""
        fresh = self.after.keys() - self.held.settings - {"parameters", *self.held.lists}
        if fresh:
            raise TracingError(f"step() makes the attribute {min(fresh)}; give it its first number in __init__")
        settings = {name: x for name, x in self.held.settings.items() if name not in self.states}
        found = [name for name, before in settings.items() if self.after[name] is not before]
        for name in found:
            if not isinstance(settings[name], Real) or isinstance(settings[name], bool):
                raise TracingError(f"step() changes {name}, which is no number: {settings[name]!r:.40}")
        return found

    def of(self, k: int) -> list[Value]:
        """The new numbers of parameter k: its own, then one for each list."""
        return [_value(self.places[k].data), *(_value(self.after[name][k]) for name in self.held.lists)]

    def new_scalars(self) -> list[Value]:
        """The states as the step leaves them."""
        return [_value(self.after[name]) for name in self.states]

    def pattern(self, k: int) -> list[Any]:
        """How the new numbers of parameter k are computed: equal for parameters that are treated alike."""
        leaves = {column[k]: i for i, column in enumerate(self.columns)}
        leaves |= {scalar: -1 - i for i, scalar in enumerate(self.scalars)}
        outputs = [*self.of(k), *self.new_scalars()]
        order = topological_order(*outputs)
        places = {node: i for i, node in enumerate(order)}
        lines = [
            (x.op, *map(places.get, x.operands)) if x.op else leaves[x] if x in leaves else _which(x) for x in order
        ]
        return [lines, [places[x] for x in outputs]]


def _which(leaf: Value) -> str:
    return repr(leaf.data) if isinstance(leaf, Constant) else f"Value {id(leaf)}"


def _value(x: Any) -> Value:
    return x if isinstance(x, Value) else Constant(real(x, "what step() leaves"))


def traced(optimizer: Any, held: Held) -> Step:
    """What the step does to one parameter alone; TracingError where it is not the same for each."""
    states, more = list[str](), [name for name in held.settings if name == "lr"]
    one = Step(optimizer, held, states, 1)
    while more:
        states = states + more
        one = Step(optimizer, held, states, 1)
        more = one.changed()
    every = Step(optimizer, held, states, _looked_at(optimizer))
    pattern, more = one.pattern(0), every.changed()
    for k in range(every.count):
        if more or every.pattern(k) != pattern:
            raise TracingError(
                f"step() treats parameter {k} otherwise than it would treat it alone (by its place, by numbers of "
                "others, by random numbers); what is compiled treats all alike: keep what differs in a list with one "
                "number for each parameter"
            )
    return one


def _looked_at(optimizer: Any) -> int:
    """How many parameters are compared: a few, where the very class says that it treats all alike."""
    count = len(optimizer.parameters)
    return min(count, FEW) if vars(type(optimizer)).get("treats_all_alike") is True else count


class Update:
    """The compiled step of one optimizer, and of others like it.

    A row is a parameter; its inputs are the parameter, its gradient, and its number in each list. The first leaves are
    the states: lr, and the settings that a step changes. `moved` and `states_moved` say which inputs and leaves the
    outputs replace: first those of each row, then those that all rows share.
    """

    kind: type[Any]
    held: Held
    count: int
    environment: Environment
    states: Sequence[str]
    moved: list[int]
    states_moved: list[int]
    kernel: Any
    others: list[Value]

    def __init__(self, optimizer: Any, held: Held, backend: str) -> None:
        self.kind, self.held, self.count = type(optimizer), held, len(optimizer.parameters)
        self.environment = Environment(self.kind, ["step"])
        try:
            with paused_gc():
                step = traced(optimizer, held)
        except Exception as error:
            raise TracingError(f"{self.kind.__name__} cannot train in compiled code: {error}") from error
        self.states, before = step.states, [column[0] for column in step.columns]
        after = dict(zip([0, *range(2, len(before))], step.of(0), strict=True))
        self.moved = [i for i, x in after.items() if i == 0 or x is not before[i]]
        scalars = step.new_scalars()
        self.states_moved = [i for i, x in enumerate(scalars) if x is not step.scalars[i]]
        outputs = [*(after[i] for i in self.moved), *(scalars[i] for i in self.states_moved), *step.scalars]
        codes = Codes(
            outputs, step.scalars, before, backend, np.dtype("float64")
        )  # each state has a place, used or not
        code, self.kernel = codes.ready("value", Call([np.zeros((self.count, len(before)))]), ())
        self.others = code.leaves[len(self.states) :]
        self.drivers: dict[str, Any] = {}

    def fits(self, optimizer: Any, held: Held) -> bool:
        """Whether the optimizer differs from the compiled one only in the numbers that are read at each call."""
        mine, its = ({name: x for name, x in h.settings.items() if name not in self.states} for h in (self.held, held))
        alike = (self.kind, self.held.lists, self.count) == (type(optimizer), held.lists, len(optimizer.parameters))
        return alike and mine == its and self.environment.unchanged()

    def numbers(self, optimizer: Any) -> tuple[Floats, Floats]:
        """What the optimizer holds now: the leaves, and the inputs × parameters."""
        leaves = [*(getattr(optimizer, name) for name in self.states), *(x.data for x in self.others)]
        pairs = [(p.data, p.grad) for p in optimizer.parameters]
        lists = [getattr(optimizer, name) for name in self.held.lists]
        return np.array(leaves, np.float64), np.array([*zip(*pairs, strict=True), *lists], np.float64)

    def store(self, optimizer: Any, leaves: Floats, inputs: Floats) -> None:
        """Give the optimizer and its parameters these numbers."""
        for p, data, grad in zip(optimizer.parameters, *inputs[:2].tolist(), strict=True):
            p.data, p.grad = data, grad
        for i in self.moved[1:]:
            getattr(optimizer, self.held.lists[i - 2])[:] = inputs[i].tolist()
        for i in self.states_moved:
            name, number = self.states[i], float(leaves[i])
            whole = type(getattr(optimizer, name)) is int and number.is_integer()
            setattr(optimizer, name, int(number) if whole else number)
