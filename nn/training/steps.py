"""The steps of an epoch: by the engine, a graph for each batch; or compiled, the whole epoch in machine code."""

from collections.abc import Callable, Iterator, Sequence
from math import hypot, inf
from typing import Any, Protocol

from autograd import Value
from autograd.support.collector import paused_gc

from ..inputs import Rows
from ..module import Module
from ..optim.clipping import clip_grad_norm_, clip_grad_value_
from ..optim.optimizer import Optimizer
from .batches import Batches
from .evaluation import Loss, loss_of, one_value
from .kept import Kept

COMPILED = Kept(8)  # losses of rows, by model, loss and parameters
Done = tuple[list[float], list[int]]
"""The losses of some steps that were made, and how many rows each had."""


class Steps(Protocol):
    """What a run asks of them. A loss that is not finite is the last of its epoch, and changed nothing."""

    def epoch(self, batches: Any) -> Iterator[Done]:
        """Make a step for each batch; between two of these answers the run may be stopped."""

    def loss_of(self, rows: Rows) -> float:
        """The loss of other rows, without a step."""

    def parameters(self) -> list[float]:
        """The numbers of the optimizer's parameters."""

    def store(self) -> None:
        """Put all numbers where the user looks for them: into the parameters and the optimizer."""

    def load(self) -> None:
        """Take them from there: they may have been changed."""


class Clipping:
    """What is done to gradients before the optimizer sees them: first the value, then the norm."""

    norm: float | None
    value: float | None

    def __init__(self, norm: float | None, value: float | None) -> None:
        self.norm, self.value = norm, value

    def __bool__(self) -> bool:
        return self.norm is not None or self.value is not None

    def clip(self, parameters: Sequence[Value]) -> None:
        """Clip the gradients of the parameters."""
        if self.value is not None:
            clip_grad_value_(parameters, self.value)
        if self.norm is not None:
            clip_grad_norm_(parameters, self.norm)


class EngineSteps:
    """Step by step: forward, backward, update. The graph is gone at the end of each."""

    model: Module
    loss: Loss
    rows: Rows
    optimizer: Optimizer
    clipping: Clipping

    def __init__(self, model: Module, loss: Loss, rows: Rows, optimizer: Optimizer, clipping: Clipping) -> None:
        self.model, self.loss, self.rows, self.optimizer, self.clipping = model, loss, rows, optimizer, clipping

    def epoch(self, batches: Batches) -> Iterator[Done]:
        """A step of the optimizer for each batch, and what it was."""
        for chosen in batches:
            yield [self.step(chosen)], [len(chosen)]

    @paused_gc()
    def step(self, chosen: Sequence[int]) -> float:
        """One step with these rows; their loss before it."""
        predictions = [self.model(self.rows.inputs[i]) for i in chosen]
        loss = one_value(self.loss(predictions, [self.rows.y[i] for i in chosen]))
        if -inf < loss.data < inf:
            self.optimizer.zero_grad()
            loss.backward()
            self.clipping.clip(self.optimizer.parameters)
            self.optimizer.step()
        return loss.data

    def loss_of(self, rows: Rows) -> float:
        """The loss of these rows."""
        return loss_of(self.model, rows, self.loss)

    def parameters(self) -> list[float]:
        """The parameters' numbers."""
        return [p.data for p in self.optimizer.parameters]

    def store(self) -> None:
        """They are there."""

    def load(self) -> None:
        """They are there."""


class CompiledSteps:
    """A loss that is the mean of its rows', compiled for one row, with the optimizer's own step.

    Raises what tracing raises, and TracingError for any other loss.
    """

    optimizer: Optimizer
    clipping: Clipping
    function: Any
    session: Any
    is_ahead: bool

    def __init__(self, model: Module, loss: Loss, rows: Rows, optimizer: Optimizer, clipping: Clipping) -> None:
        from autograd.compiler.compiled import Compiled

        self.optimizer, self.clipping = optimizer, clipping
        key = (model, loss, *optimizer.parameters)
        self.function = COMPILED.get(key, lambda: Compiled(row_loss(model, loss), optimizer.parameters))
        self.session = self.function.session(
            rows.array(), rows.targets(), optimizer=optimizer, clip=self._clipped if clipping else None
        )
        self.is_ahead = False  # of the Values

    def epoch(self, batches: Batches) -> Iterator[Done]:
        """A step of the optimizer for each batch, and what it was; whole runs of them in machine code."""
        order, first = batches.order(), 0
        self.is_ahead = True
        for losses in self.session.steps(order, batches.size):
            sizes = batches.sizes[first : first + len(losses)]
            first += len(losses)
            yield losses, sizes

    def loss_of(self, rows: Rows) -> float:
        """The loss of these rows."""
        return float(self.function(rows.array(), rows.targets()).mean())

    def parameters(self) -> list[float]:
        """The parameters' numbers."""
        found: list[float] = self.session.parameters.tolist()
        return found

    def store(self) -> None:
        """Put the numbers into the Values, for whoever looks at them."""
        if self.is_ahead:
            self.session.store()
            self.is_ahead = False

    def load(self) -> None:
        """Take the numbers from the Values, whoever changed them."""
        self.session.load()

    def _clipped(self, gradient: Any) -> Any:
        """As `clip_grad_value_` and `clip_grad_norm_` do it."""
        norm, value = self.clipping.norm, self.clipping.value
        if value is not None:
            gradient = gradient.clip(-value, value)
        if norm is not None:
            scale = norm / (hypot(*gradient.tolist()) + 1e-6)
            gradient = gradient * (1.0 if scale > 1.0 else scale)
        return gradient


def row_loss(model: Module, loss: Loss) -> Callable[[Any, Any], Value]:
    """The loss of one row: what is compiled of a loss that is the mean of its rows'."""

    def of_row(x: Any, y: Any) -> Value:
        return one_value(loss([model(x)], [y]))

    return of_row
