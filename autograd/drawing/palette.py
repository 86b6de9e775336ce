"""The colours of diagrams: blue for positive, orange for negative (told apart by colour-blind readers too).

Node fills are light and opaque with dark text on them, lines are a middle grey: readable on white and on black alike.
"""

import math

INK = "#1a1a1a"
FADED_INK = "#595959"
LINE = "#808080"
NEUTRAL = "#f7f7f7"
CONSTANT = "#e9e9e9"
DEAD = "#f0f0f0"
LAYER = "#f0f0f0"
NEURON = "#e3e3e3"
CHIP = "#ffffff"
POSITIVE = "#7db3f2"
NEGATIVE = "#f5a85b"
POSITIVE_LINE = "#3d85d6"
NEGATIVE_LINE = "#d9781a"


def signed(x: float, largest: float) -> str:
    """The fill for a number: white at 0, deeper the larger it is beside `largest` (as the square root).

    >>> signed(1.0, 1.0), signed(-1.0, 1.0), signed(0.0, 1.0)
    ('#7db3f2', '#f5a85b', '#f7f7f7')
    """
    if math.isnan(x) or x == 0.0:
        return NEUTRAL
    return mixed(NEUTRAL, POSITIVE if x > 0 else NEGATIVE, strength(x, largest))


def signed_line(x: float) -> str:
    """The colour of a line that stands for a number."""
    return LINE if math.isnan(x) or x == 0.0 else POSITIVE_LINE if x > 0 else NEGATIVE_LINE


def strength(x: float, largest: float) -> float:
    """How large `x` is beside `largest`, from 0 to 1, as the square root: small numbers stay visible."""
    if math.isinf(x) or not 0.0 < largest < math.inf:
        return 1.0 if x else 0.0
    return min(1.0, math.sqrt(abs(x) / largest))


def mixed(start: str, end: str, share: float) -> str:
    """The colour that lies `share` of the way from `start` to `end`."""
    pairs = zip(_channels(start), _channels(end), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
