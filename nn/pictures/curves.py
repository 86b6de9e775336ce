"""History.plot(): losses and metrics by epoch."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .plotting import COLOURS, axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_history(columns: Mapping[str, list[float]], ax: "Axes | None" = None) -> "Axes":
    """The loss, and with it `val_loss`, on the left; every other column on the right."""
    ax = tidy(axes(ax), xlabel="epoch", ylabel="loss")
    names = list(columns)
    metrics = [name for name in names if _base(name) != "loss"]
    right = ax.twinx() if metrics else ax
    bases = list(dict.fromkeys(map(_base, names)))
    lines = []
    for name in names:
        side = right if name in metrics else ax
        colour = COLOURS[bases.index(_base(name)) % len(COLOURS)]
        style = "--" if name.startswith("val_") else "-"
        marker = "o" if len(columns[names[0]]) < 3 else ""  # a line of one point would not show
        epochs = range(1, len(columns[names[0]]) + 1)
        lines += side.plot(epochs, columns[name], label=name, color=colour, linestyle=style, marker=marker)
    if metrics:
        right.set_ylabel(", ".join(dict.fromkeys(map(_base, metrics))))
        right.spines["top"].set_visible(False)
    if _spans_decades([x for name in names if name not in metrics for x in columns[name]]):
        ax.set_yscale("log")
    ax.legend(handles=lines, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize="small")
    return ax


def _base(name: str) -> str:
    return name.removeprefix("val_")


def _spans_decades(losses: list[float]) -> bool:
    return bool(losses) and min(losses) > 0.0 and max(losses) > 100.0 * min(losses)
