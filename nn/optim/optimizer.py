"""What all optimizers have in common: a step over every parameter, and a state that can be saved."""

from collections.abc import Iterable, Mapping
from copy import copy, deepcopy
from typing import Any, ClassVar

from autograd import Value

from ..inputs import described, number
from ..parameters import checked, require_numbers
from ..settings import Range, count, like, not_negative


class Optimizer:
    """The base of all: one step is p ← p − lr · direction(gradient), for every parameter p.

    A subclass says the direction. What it remembers are numbers and lists with one number for each parameter, which
    `state_dict` copies. `lr` may be changed between steps. `weight_decay` · p is added to the gradient.

    So that `train` of a compiled function can compile the step, a direction has no branch on the gradient, on what
    is remembered or on `steps`, and takes its functions from `autograd`, which serve numbers and Values alike.
    """

    parameters: list[Value]
    lr: float
    weight_decay: float
    steps: int

    couples_decay = True
    ranges: ClassVar[Mapping[str, Range]] = {"lr": not_negative, "weight_decay": not_negative, "steps": count}
    """What each setting, and each remembered number, may be; of others that they are numbers."""

    def __init__(self, parameters: Iterable[Value], lr: float, weight_decay: float = 0.0) -> None:
        self.parameters = checked(parameters)
        self.lr = self.valid("lr", lr)
        self.weight_decay = self.valid("weight_decay", weight_decay)
        self.steps = 0

    def valid(self, name: str, setting: object) -> float:
        """The number, if it is one that the setting of this name may be."""
        return self.ranges.get(name, number)(setting, name)

    def check(self) -> None:
        """Raise ValueError for settings that contradict one another."""

    def direction(self, i: int, gradient: float) -> float:
        """Where parameter number i shall go (times −lr)."""
        raise NotImplementedError(f"{type(self).__name__} does not say where to go: write direction(self, i, gradient)")

    def step(self) -> None:
        """Change every parameter by its gradient.

        Raises TypeError for a `.data` or `.grad` that is no number. Whatever fails, all is as it was before.
        """
        before, held = [p.data for p in self.parameters], vars(self)
        self.__dict__ = {name: _copied(x) for name, x in held.items()}  # only these copies change
        try:
            self.steps += 1
            if type(self._move()) is not float:  # what is no number shows in the sum
                require_numbers(self.parameters)
        except BaseException as error:
            self.__dict__ = held
            for p, x in zip(self.parameters, before, strict=True):
                p.data = x
            if isinstance(error, (TypeError, AttributeError)):
                require_numbers(self.parameters)
            raise

    def _move(self) -> float:
        """Change the parameters; returns the sum of all."""
        lr, direction, decay, total = self.lr, self.direction, self.weight_decay, 0.0
        if decay and not self.couples_decay:
            for p in self.parameters:
                p.data *= 1.0 - lr * decay
            decay = 0.0
        for i, p in enumerate(self.parameters):
            p.data = x = p.data - lr * direction(i, p.grad + decay * p.data if decay else p.grad)
            total += x
        return total

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0.0."""
        for p in self.parameters:
            p.grad = 0.0

    def state_dict(self) -> dict[str, Any]:
        """All it remembers but the parameters themselves, fit for JSON: to go on later exactly as without a break."""
        remembered = {name: deepcopy(value) for name, value in vars(self).items() if name != "parameters"}
        return {"optimizer": type(self).__name__, **remembered}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a `state_dict` of the same kind of optimizer for as many parameters.

        Raises ValueError for any other, and for numbers out of range, TypeError for what is none; nothing has changed
        then.
        """
        mine = self.state_dict()
        if not isinstance(state, Mapping):
            raise TypeError(f"a state is a dict, as state_dict() gives it, got {described(state)}")
        if set(state) != set(mine) or state["optimizer"] != mine.pop("optimizer"):
            raise ValueError(f"this is not the state of {type(self).__name__}: it has {', '.join(map(str, state))}")
        trial = copy(self)
        for name, now in mine.items():
            setattr(trial, name, like(now, state[name], name, self.ranges.get(name, number)))
        trial.check()
        vars(self).update(vars(trial))

    def __repr__(self) -> str:
        settings = {name: x for name, x in vars(self).items() if name not in ("parameters", "steps")}
        shown = [f"{name}={x}" for name, x in settings.items() if not isinstance(x, list)]
        return f"{type(self).__name__}({len(self.parameters)} parameters, {', '.join(shown)})"

    def per_parameter(self, start: float = 0.0) -> list[float]:
        """A list to remember one number for each parameter."""
        return [start] * len(self.parameters)


def _copied(held: Any) -> Any:
    return held.copy() if type(held) is list else held
