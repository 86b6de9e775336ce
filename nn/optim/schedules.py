"""Schedules: the learning rate over time. Each sets `optimizer.lr`, now and at each of its steps.

Call `schedule.step()` once an epoch, or hand the schedule to `fit` as one of its `callbacks`, which does that.
"""

from collections.abc import Mapping
from copy import copy
from math import cos, pi
from typing import Any, ClassVar, Self

from ..inputs import described, number, size
from ..settings import Range, count, like, not_negative
from .optimizer import Optimizer


class Schedule:
    """The base: a subclass says the rate after t steps, t = 0, 1, 2, …, from the optimizer's `base_lr` at first."""

    ranges: ClassVar[Mapping[str, Range]] = {"base_lr": not_negative, "steps": count}
    optimizer: Optimizer
    base_lr: float
    steps: int

    """What each number may be; of others that they are numbers."""

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"a schedule takes an optimizer, such as nn.SGD(model.parameters()), got {optimizer!r:.40}")
        self.optimizer, self.base_lr, self.steps = optimizer, optimizer.lr, 0
        optimizer.lr = self._checked_rate(0)

    def rate(self, t: int) -> float:
        """The learning rate after t steps."""
        raise NotImplementedError(f"{type(self).__name__} does not say its rate: write rate(self, t)")

    def step(self) -> None:
        """Set the learning rate of the next epoch."""
        lr = self._checked_rate(self.steps + 1)
        self.optimizer.lr, self.steps = lr, self.steps + 1

    def _checked_rate(self, t: int) -> float:
        return number(self.rate(t), f"the rate of {type(self).__name__}")

    def __call__(self, *_: object) -> None:
        """Step: a schedule may stand among the callbacks of fit."""
        self.step()

    def state_dict(self) -> dict[str, Any]:
        """All it remembers but the optimizer (and functions), fit for JSON: to go on later as without a break."""
        state = {name: x.state_dict() if isinstance(x, Schedule) else copy(x) for name, x in self._held().items()}
        return {"schedule": type(self).__name__, **state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a `state_dict` of the same kind of schedule, and set the learning rate to what it says there.

        Raises ValueError for any other, and for numbers out of range, TypeError for what is none; nothing has changed
        then.
        """
        trial = self._loaded(state)
        lr = trial._checked_rate(trial.steps)
        self._take(trial)
        self.optimizer.lr = lr

    def _held(self) -> dict[str, Any]:
        held = {name: x for name, x in vars(self).items() if name != "optimizer"}
        return {name: x for name, x in held.items() if isinstance(x, Schedule) or not callable(x)}

    def _loaded(self, state: Mapping[str, Any]) -> Self:
        """A copy with the state taken up."""
        if not isinstance(state, Mapping):
            raise TypeError(f"a state is a dict, as state_dict() gives it, got {described(state)}")
        held, kind = self._held(), type(self).__name__
        if set(state) != {"schedule", *held} or state["schedule"] != kind:
            raise ValueError(f"this is not the state of {kind}: it has {', '.join(map(str, state))}")
        trial = copy(self)
        for name, now in held.items():
            given = state[name]
            if isinstance(now, Schedule):
                setattr(trial, name, now._loaded(given))
            elif now is not None or given is not None:
                setattr(trial, name, like(now, given, name, self.ranges.get(name, number)))
        return trial

    def _take(self, trial: Self) -> None:
        for name, x in trial._held().items():
            mine = getattr(self, name)
            if isinstance(mine, Schedule):
                mine._take(x)
            else:
                setattr(self, name, x)


class StepLR(Schedule):
    """Times `gamma` after every `step_size` steps: lr·γ^⌊t/step_size⌋.

    >>> import nn
    >>> sgd = nn.SGD(nn.MLP(2, [1]).parameters(), lr=1.0)
    >>> schedule = StepLR(sgd, step_size=2, gamma=0.5)
    >>> [(sgd.lr, schedule.step())[0] for _ in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    ranges: ClassVar[Mapping[str, Range]] = {**Schedule.ranges, "step_size": size, "gamma": not_negative}
    step_size: int
    gamma: float

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = size(step_size, "step_size"), not_negative(gamma, "gamma")
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        """γ times smaller every `step_size` steps."""
        return float(self.base_lr * self.gamma ** (t // self.step_size))


class CosineAnnealingLR(Schedule):
    """From lr to η = `eta_min` along half a cosine: η + (lr − η)·(1 + cos(πt/T_max))/2; after T_max steps it rises
    again (Loshchilov and Hutter 2017).

    >>> import nn
    >>> sgd = nn.SGD(nn.MLP(2, [1]).parameters(), lr=1.0)
    >>> schedule = CosineAnnealingLR(sgd, T_max=2)
    >>> [(round(sgd.lr, 10), schedule.step())[0] for _ in range(3)]
    [1.0, 0.5, 0.0]
    """

    ranges: ClassVar[Mapping[str, Range]] = {**Schedule.ranges, "T_max": size, "eta_min": not_negative}
    T_max: int
    eta_min: float

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = size(T_max, "T_max"), not_negative(eta_min, "eta_min")
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        """Half a cosine from the base rate to `eta_min`."""
        return self.eta_min + (self.base_lr - self.eta_min) * (1.0 + cos(pi * t / self.T_max)) / 2.0


class LinearWarmup(Schedule):
    """From `start_factor` · lr up to lr in `total_iters` equal steps (PyTorch's LinearLR), then on with another
    schedule, `then`, from its own beginning.

    >>> import nn
    >>> sgd = nn.SGD(nn.MLP(2, [1]).parameters(), lr=1.0)
    >>> schedule = LinearWarmup(sgd, total_iters=2, start_factor=0.5, then=StepLR(sgd, 1, gamma=0.1))
    >>> [(sgd.lr, schedule.step())[0] for _ in range(4)]
    [0.5, 0.75, 1.0, 0.1]
    """

    ranges: ClassVar[Mapping[str, Range]] = {**Schedule.ranges, "total_iters": size, "start_factor": not_negative}
    total_iters: int
    start_factor: float

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, start_factor: float = 1 / 3, then: Schedule | None = None
    ) -> None:
        self.total_iters, self.start_factor = (
            size(total_iters, "total_iters"),
            not_negative(start_factor, "start_factor"),
        )
        if then is not None and getattr(then, "optimizer", None) is not optimizer:
            raise ValueError(f"then must be a schedule of the same optimizer, got {described(then)}")
        self.then = then
        if then:
            optimizer.lr = then.base_lr  # which the other may have changed for its own step 0
        super().__init__(optimizer)

    def rate(self, t: int) -> float:
        """Rising to the base rate, then that of `then`."""
        if t >= self.total_iters:
            return self.then.rate(t - self.total_iters) if self.then else self.base_lr
        return self.base_lr * (self.start_factor + (1.0 - self.start_factor) * t / self.total_iters)
