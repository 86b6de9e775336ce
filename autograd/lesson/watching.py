"""A training that can be watched: its loss as a curve that grows while it runs."""

from collections.abc import Iterable
from typing import Any

from .pictures import Picture, losses


class LossCurve:
    """The losses of a training that was watched, in `losses`; printed, its two ends."""

    losses: list[float]

    def __init__(self, values: list[float]) -> None:
        self.losses = values

    def __repr__(self) -> str:
        if not self.losses:
            return "<LossCurve of no steps>"
        return f"<LossCurve of {len(self.losses)} steps: {self.losses[0]:.4g} → {self.losses[-1]:.4g}>"


def watched(training: Iterable[float], every: int = 20, title: str = "The loss, step by step") -> LossCurve:
    """Run a training, which gives its loss at each step, and draw the curve as it grows, anew after so many steps.

    In a notebook the one picture changes; elsewhere a line is printed each time. Raises ValueError for an `every`
    below 1.

    >>> def training():
    ...     for step in range(4):
    ...         yield 1.0 / (step + 1)
    >>> watched(training(), every=2)
    step 2: loss 0.5
    step 4: loss 0.25
    <LossCurve of 4 steps: 1 → 0.25>
    """
    if every < 1:
        raise ValueError(f"every must be at least 1, got {every}")
    curve, screen = LossCurve([]), _screen()
    for loss in training:
        curve.losses.append(float(loss))
        if len(curve.losses) % every == 0:
            screen(curve.losses, title)
    if len(curve.losses) % every:
        screen(curve.losses, title)
    return curve


def _screen() -> Any:
    """What draws: one picture of a notebook that is drawn over, or lines of text."""
    try:
        from IPython.core.getipython import get_ipython
        from IPython.display import display as show
    except ImportError:
        return _print
    if get_ipython() is None:
        return _print
    handle: list[Any] = []
    put: Any = show  # IPython says nothing of its types

    def draw(values: list[float], title: str) -> None:
        picture: Picture = losses(values, title)
        if handle:
            handle[0].update(picture)
        else:
            handle.append(put(picture, display_id=True))

    return draw


def _print(values: list[float], title: str) -> None:
    print(f"step {len(values)}: loss {values[-1]:.4g}")
