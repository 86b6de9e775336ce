"""What all pictures by matplotlib share: where they are drawn, their colours, and the table that goes with each."""

from collections.abc import Sequence
from itertools import cycle, islice, product
from typing import TYPE_CHECKING, Any

from ..text_table import aligned

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#000000")
"""Okabe and Ito's colours, told apart by colour-blind readers too."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
STYLES = ("-", "--", ":", "-.")


class Measurement:
    """Something measured: printed it is a table, and `plot` draws it."""

    def rows(self) -> list[list[str]]:
        """The table: the heads, then a row of texts for each thing that was measured."""
        raise NotImplementedError

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw it on `ax`, or on a new figure, and return the Axes."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return "\n".join(aligned(self.rows()))


def axes(ax: "Axes | None", width: float = 6.4, height: float = 4.0) -> "Axes":
    """`ax` itself, or the Axes of a new figure of this size in inches.

    Raises ImportError that says what to install where matplotlib is missing. Works without a display, and changes no
    setting of matplotlib.
    """
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            "pictures of training need matplotlib: pip install matplotlib (or chainrule[plot])"
        ) from error
    return pyplot.subplots(figsize=(width, height), layout="constrained")[1]


def looks(count: int) -> list[dict[str, Any]]:
    """A colour, a marker and a line style for each of so many curves: no two alike in both colour and style."""
    pairs = product(STYLES, COLOURS)
    return [
        {"color": colour, "linestyle": style, "marker": marker, "markersize": 5}
        for (style, colour), marker in zip(islice(cycle(pairs), count), cycle(MARKERS), strict=False)
    ]


def tidy(ax: "Axes", title: str = "", xlabel: str = "", ylabel: str = "") -> "Axes":
    """Titles, a faint grid behind everything, and no box around it."""
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    ax.grid(True, color="#d0d0d0", linewidth=0.6)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def positive(numbers: Sequence[float]) -> list[float]:
    """The numbers, with nan (a gap) where a logarithmic scale has no place for them."""
    return [x if x > 0.0 else float("nan") for x in numbers]
