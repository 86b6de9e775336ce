"""find_learning_rate(): the loss at growing learning rates, to choose one by (Smith 2017, the LR range test)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from math import isfinite
from random import Random
from typing import TYPE_CHECKING, Any

from ..inputs import Rows, number, size
from ..module import Module
from ..optim.optimizer import Optimizer
from ..pictures.plotting import Measurement, axes, tidy
from ..training.batches import Batches
from ..training.compilation import LEAST
from ..training.evaluation import Loss
from ..training.options.streams import compiled_loss, compiled_step
from ..training.steps import Clipping, EngineSteps

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EXPLODED = 4.0  # times the smallest loss: the test is over
SMOOTHING = 0.9  # of the running mean of losses, which batches make jump


@dataclass(repr=False)
class RateTest(Measurement):
    """The smoothed loss after a step at each of the `rates`; `suggestion` is where it falls most steeply."""

    rates: list[float]
    losses: list[float]

    @property
    def suggestion(self) -> float:
        """The rate at the steepest fall of the loss against the logarithm of the rate."""
        across = max(1, len(self.rates) // 8)  # steps: from one to the next it jumps
        falls = [b - a for a, b in zip(self.losses, self.losses[across:], strict=False)]
        return self.rates[falls.index(min(falls)) + across // 2] if falls else self.rates[0]

    def rows(self) -> list[list[str]]:
        """Ten of the rates with their losses, and the suggestion."""
        every = max(1, len(self.rates) // 10)
        pairs = list(zip(self.rates, self.losses, strict=True))[::every]
        lines = [[f"{rate:.1e}", f"{loss:.4f}"] for rate, loss in pairs]
        return [["rate", "loss"], *lines, ["suggestion", f"{self.suggestion:.1e}"]]

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The loss against the rate, with the suggestion as a line."""
        ax = axes(ax)
        ax.semilogx(self.rates, self.losses, color="#0072b2")
        ax.axvline(self.suggestion, color="gray", linestyle=":", label=f"steepest fall: {self.suggestion:.1e}")
        ax.legend(frameon=False)
        return tidy(ax, "Learning rate range test", "learning rate", "smoothed loss")


def find_learning_rate(
    model: Module,
    X: object,
    y: object,
    *,
    loss: Loss,
    optimizer: Optimizer,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    seed: int | Random = 0,
) -> RateTest:
    """Train for so many `steps` at learning rates that grow from `lowest` to `highest`, and look where the loss falls.

    Each step takes the next batch of the shuffled rows. The test ends early where the loss explodes. Afterwards the
    parameters and the optimizer are as they were. Raises ValueError for limits that are not 0 < lowest < highest.

    >>> import nn
    >>> from random import Random
    >>> model, X = nn.MLP(1, [4, 1], rng=Random(0)), [[x / 20] for x in range(40)]
    >>> found = find_learning_rate(model, X, [2 * x for (x,) in X], loss=nn.mse, optimizer=nn.SGD(model.parameters()))
    >>> 1e-4 < found.suggestion < 1.0
    True
    """
    low, high = number(lowest, "lowest"), number(highest, "highest")
    if not 0.0 < low < high:
        raise ValueError(f"the rates grow from lowest to highest, above 0; got {lowest!r} and {highest!r}")
    rows, count = Rows(X, y), size(steps, "steps")
    remembered, numbers = optimizer.state_dict(), [p.data for p in optimizer.parameters]
    random = seed if isinstance(seed, Random) else Random(seed)
    try:
        batches = Batches(len(rows), batch_size, random)
        step = _Step(model, loss, rows, optimizer, count * batches.size * len(numbers) >= LEAST)
        grid = [low * (high / low) ** (k / max(1, count - 1)) for k in range(count)]
        return _test(step, grid, _endless(batches))
    finally:
        for p, data in zip(optimizer.parameters, numbers, strict=True):
            p.data = data
        optimizer.load_state_dict(remembered)


def _test(step: "_Step", grid: list[float], batches: Iterator[list[int]]) -> RateTest:
    test, mean = RateTest([], []), 0.0
    for k, rate in enumerate(grid, 1):
        mean = SMOOTHING * mean + (1.0 - SMOOTHING) * step(next(batches), rate)
        smooth = mean / (1.0 - SMOOTHING**k)
        if not isfinite(smooth) or (test.losses and smooth > EXPLODED * min(test.losses)):
            break
        test.rates.append(rate)
        test.losses.append(smooth)
    return test


class _Step:
    """A step with some rows at some rate: the gradient compiled, where that pays and can be done."""

    def __init__(self, model: Module, loss: Loss, rows: Rows, optimizer: Optimizer, is_long: bool) -> None:
        self.optimizer, self.rows = optimizer, rows
        self.engine = EngineSteps(model, loss, rows, optimizer, Clipping(None, None))
        self.compiled = _compiled(model, loss, rows, optimizer) if is_long else None

    def __call__(self, chosen: list[int], rate: float) -> float:
        self.optimizer.lr = rate
        if self.compiled is None:
            return self.engine.step(chosen)
        return compiled_step(self.compiled, self.X[chosen], self.y[chosen], self.optimizer, self.engine.clipping)

    @cached_property
    def X(self) -> Any:
        """The rows as an array."""
        return self.rows.array()

    @cached_property
    def y(self) -> Any:
        """The targets as an array."""
        return self.rows.targets()


def _compiled(model: Module, loss: Loss, rows: Rows, optimizer: Optimizer) -> Any:
    """The loss of a row, compiled; None where it cannot be."""
    if find_spec("llvmlite") is None:
        return None
    from autograd.compiler.frontend.tracing import TracingError

    try:
        return compiled_loss(model, loss, rows, optimizer)
    except TracingError:
        return None


def _endless(batches: Batches) -> Iterator[list[int]]:
    while True:
        yield from batches
