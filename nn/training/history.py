"""History: what a training run recorded, one column of numbers for each thing that was measured."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from autograd.support.printing import printable

from ..text_table import aligned, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class History:
    """The record of `fit`: `history.loss`, `history.val_loss` and so on are lists, one number an epoch.

    `stopped` says why it ended before its last epoch, and is empty otherwise. Printed, it is a table.

    >>> history = History(["loss", "val_loss"])
    >>> history.append({"loss": 0.6931, "val_loss": 0.7012})
    >>> history.append({"loss": 0.25, "val_loss": 1.2e-7})
    >>> history
    epoch    loss  val_loss
        1  0.6931    0.7012
        2  0.2500   1.2e-07
    >>> history.loss
    [0.6931, 0.25]
    """

    SHOWN = 20
    """A longer table is cut in the middle."""

    def __init__(self, names: Iterable[str]) -> None:
        self.columns: dict[str, list[float]] = {name: [] for name in names}
        self.stopped = ""

    def append(self, measured: Mapping[str, float]) -> None:
        """Add one epoch: a number for each column."""
        for name, column in self.columns.items():
            column.append(measured[name])

    def __len__(self) -> int:
        """The number of epochs."""
        return len(next(iter(self.columns.values()), []))

    def __getattr__(self, name: str) -> list[float]:
        columns: dict[str, list[float]] = vars(self).get("columns", {})
        if name in columns:
            return columns[name]
        raise AttributeError(f"no column {name!r}; this history has {', '.join(columns)}")

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw every column by epoch on `ax`, or on a new figure, and return the Axes.

        Losses are logarithmic where they span more than two powers of ten; metrics, such as an accuracy, have an axis
        of their own on the right. Needs matplotlib.
        """
        from ..pictures.curves import plot_history

        return plot_history(self.columns, ax)

    def __repr__(self) -> str:
        numbers = [[shown(column[epoch]) for column in self.columns.values()] for epoch in range(len(self))]
        rows = [[str(epoch), *cells] for epoch, cells in enumerate(numbers, 1)]
        if len(rows) > self.SHOWN:
            half = self.SHOWN // 2
            rows[half:-half] = [["…"] * (1 + len(self.columns))]
        lines = aligned([["epoch", *self.columns], *rows])
        return printable("\n".join([*lines, self.stopped] if self.stopped else lines))


class Diverged(FloatingPointError):
    """The loss became nan or inf; `history` holds the epochs before."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history
