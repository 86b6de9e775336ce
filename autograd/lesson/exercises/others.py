"""The exercises of the tour and of the compiler's notebook."""

from collections.abc import Callable
from typing import Any

from .exercise import Exercise, agree


def _clips(clipped: Callable[[Any], Any]) -> str:
    """What is wrong with a reader's clipped ReLU, compiled; nothing if it is right."""
    from ...compiler import compile

    compiled = compile(clipped)
    found = [float(compiled(x)) for x in (-1.0, 0.25, 0.75, 3.0)]
    return "" if agree(found, [0.0, 0.25, 0.75, 1.0]) else f"at −1, 0.25, 0.75 and 3 it gives {found}."


OTHERS = {
    "tour-1": Exercise(
        truth=lambda: 0.02 * 0.5,
        hints=("∂o/∂b says how many times the change of b arrives at o.", "∂o/∂b is 0.5."),
        solution="change = 0.02 * 0.5",
        because="∂o/∂b is 0.5, so half of it arrives: about 0.01.",
    ),
    "compiler-1": Exercise(
        truth=lambda: 8,
        hints=("Which lines are equal?", "The numbers 1 and 2 stay, each with a line."),
        solution="remaining = 8",
        because="The two lines x·y are equal and become one. backward() on the graph of Values multiplies twice, "
        "because nobody compares its nodes.",
    ),
    "compiler-2": Exercise(
        truth=lambda: 2 * 5 + 1,
        hints=("Count the layers: four hidden ones, and the output.", "Two for each layer, and the loss."),
        solution="sums = 2 * 5 + 1",
        because="Five layers with two each, and the loss. In the program above, with three layers, there are seven.",
    ),
    "compiler-3": Exercise(
        judge=_clips,
        hints=("Cut off below, then above.", "autograd.minimum and autograd.relu are enough."),
        solution="clipped = lambda v: autograd.minimum(autograd.relu(v), 1.0)",
        because="Or where inside where. Python's min(…) and max(…) compare, and would be refused.",
    ),
}
