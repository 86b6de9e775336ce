"""Optimizers: how gradients change parameters. Formulas, names and defaults are PyTorch's (torch.optim)."""

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any, ClassVar

from autograd import Value

from ..settings import Range, below_one, not_negative, pair, positive, share
from .optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent: p ← p − lr·g. With momentum μ the direction is v ← μ·v + (1 − dampening)·g, v = g at first;
    with `nesterov` it is g + μ·v (Sutskever et al. 2013).

    >>> p = Value(1.0); p.grad = 2.0
    >>> SGD([p], lr=0.1).step(); p.data
    0.8
    """

    treats_all_alike: ClassVar[bool] = True  # of this class, not of what is derived from it
    ranges: ClassVar[Mapping[str, Range]] = {**Optimizer.ranges, "momentum": not_negative}
    momentum: float
    dampening: float
    nesterov: bool
    velocity: list[float]

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.momentum, self.dampening = self.valid("momentum", momentum), self.valid("dampening", dampening)
        self.nesterov = bool(nesterov)
        self.velocity = self.per_parameter()
        self.check()

    def check(self) -> None:
        """ValueError for Nesterov's form without momentum."""
        if self.nesterov and (self.momentum == 0.0 or self.dampening != 0.0):
            raise ValueError("nesterov needs a momentum above 0 and no dampening")

    def direction(self, i: int, gradient: float) -> float:
        """The gradient, with the momentum it has built up."""
        if not self.momentum:
            return gradient
        # Where a step is compiled, the number of steps is no longer known: no branch on it.
        share = 1.0 - self.dampening * (1.0 - 0.0 ** (self.steps - 1)) if self.dampening else 1.0
        self.velocity[i] = v = self.momentum * self.velocity[i] + share * gradient
        return gradient + self.momentum * v if self.nesterov else v


class RMSprop(Optimizer):
    """s ← α·s + (1 − α)·g², direction g/(√s + eps), with momentum μ: v ← μ·v + g/(√s + eps) (Hinton 2012).

    >>> p = Value(1.0); p.grad = 2.0
    >>> RMSprop([p], lr=0.1).step(); round(p.data, 6)
    0.0
    """

    treats_all_alike: ClassVar[bool] = True  # of this class, not of what is derived from it
    ranges: ClassVar[Mapping[str, Range]] = {
        **Optimizer.ranges,
        "alpha": share,
        "eps": positive,
        "momentum": not_negative,
        "squares": not_negative,
    }
    alpha: float
    eps: float
    momentum: float
    squares: list[float]
    velocity: list[float]

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.alpha, self.eps = self.valid("alpha", alpha), self.valid("eps", eps)
        self.momentum = self.valid("momentum", momentum)
        self.squares, self.velocity = self.per_parameter(), self.per_parameter()

    def direction(self, i: int, gradient: float) -> float:
        """The gradient over the root of its recent squares."""
        self.squares[i] = s = self.alpha * self.squares[i] + (1.0 - self.alpha) * gradient * gradient
        v = gradient / (root(s) + self.eps)
        if self.momentum:
            self.velocity[i] = v = self.momentum * self.velocity[i] + v
        return v


class Adagrad(Optimizer):
    """s ← s + g², direction g/(√s + eps), divided by 1 + lr_decay·(steps before) (Duchi et al. 2011).

    >>> p = Value(1.0); p.grad = 2.0
    >>> Adagrad([p], lr=0.1).step(); round(p.data, 6)
    0.9
    """

    treats_all_alike: ClassVar[bool] = True  # of this class, not of what is derived from it
    ranges: ClassVar[Mapping[str, Range]] = {
        **Optimizer.ranges,
        "lr_decay": not_negative,
        "eps": positive,
        "squares": not_negative,
    }
    lr_decay: float
    eps: float
    squares: list[float]

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.lr_decay, self.eps = self.valid("lr_decay", lr_decay), self.valid("eps", eps)
        self.squares = self.per_parameter(not_negative(initial_accumulator_value, "initial_accumulator_value"))

    def direction(self, i: int, gradient: float) -> float:
        """The gradient over the root of all its squares."""
        self.squares[i] = s = self.squares[i] + gradient * gradient
        direction = gradient / (root(s) + self.eps)
        return direction / (1.0 + (self.steps - 1) * self.lr_decay) if self.lr_decay else direction


class Adam(Optimizer):
    """m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², direction m̂/(√v̂ + eps), where m̂ = m/(1 − β₁ᵗ) and
    v̂ = v/(1 − β₂ᵗ) make up for the start at 0; t counts the steps (Kingma and Ba 2015).

    >>> p = Value(1.0); p.grad = 2.0
    >>> Adam([p], lr=0.1).step(); round(p.data, 6)
    0.9
    """

    treats_all_alike: ClassVar[bool] = True  # of this class, not of what is derived from it
    ranges: ClassVar[Mapping[str, Range]] = {
        **Optimizer.ranges,
        "beta1": below_one,
        "beta2": below_one,
        "eps": positive,
        "v": not_negative,
    }
    beta1: float
    beta2: float
    eps: float
    m: list[float]
    v: list[float]

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.beta1, self.beta2 = pair(betas)
        self.eps = self.valid("eps", eps)
        self.m, self.v = self.per_parameter(), self.per_parameter()

    def direction(self, i: int, gradient: float) -> float:
        """The mean of recent gradients over the root of their squares, both corrected for the start."""
        beta1, beta2, t = self.beta1, self.beta2, self.steps
        self.m[i] = m = beta1 * self.m[i] + (1.0 - beta1) * gradient
        self.v[i] = v = beta2 * self.v[i] + (1.0 - beta2) * gradient * gradient
        return m / (1.0 - beta1**t) / (root(v / (1.0 - beta2**t)) + self.eps)


class AdamW(Adam):
    """Adam with the weight decay kept out of the averages: first p ← (1 − lr·weight_decay)·p, then Adam's step
    (Loshchilov and Hutter 2019).

    >>> p = Value(1.0); p.grad = 2.0
    >>> AdamW([p], lr=0.1).step(); round(p.data, 6)
    0.899
    """

    treats_all_alike: ClassVar[bool] = True
    couples_decay = False

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)


def root(x: Any) -> float:
    """The square root of a number; of a Value, where the step is traced to be compiled."""
    if isinstance(x, Value):
        return x.sqrt()  # type: ignore[return-value]
    try:
        return sqrt(x)
    except ValueError:
        raise ValueError(f"a mean of squares is {x!r}: the optimizer holds what cannot be") from None
