"""The steps of a walk as a sequence; how they are shown is told elsewhere."""

from collections.abc import Sequence
from typing import Self, overload

from ..value import Value
from .recording import Recording
from .steps.step import Step


class Steps(Sequence[Step]):
    """The steps of one pass, in order; slices are of the same kind."""

    steps: tuple[Step, ...]

    def __init__(self, recording: Recording, steps: Sequence[Step] | None = None, quiz: bool = False) -> None:
        self.recording = recording
        self.steps = recording.steps if steps is None else tuple(steps)
        self.quiz = quiz

    @property
    def gradients(self) -> dict[Value, float]:
        """∂L/∂node for every node of the graph, as this pass alone gives it."""
        return dict(self.recording.grads)

    def name(self, node: Value) -> str:
        """What the steps call a node of the graph."""
        return str(self.recording.scene[node].name)

    def __len__(self) -> int:
        return len(self.steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> Self: ...

    def __getitem__(self, index: int | slice) -> "Step | Self":
        if isinstance(index, slice):
            return type(self)(self.recording, self.steps[index], self.quiz)
        return self.steps[index]
