"""Rows that are held out: given as a pair, or the last share of the rows."""

from collections.abc import Sequence
from copy import copy
from math import floor

from ...inputs import Rows, described, number


def split(rows: Rows, validation: Sequence[object] | None, share: float | None) -> tuple[Rows, Rows | None]:
    """The rows to learn from, and those to be held out."""
    if validation is not None and share is not None:
        raise ValueError("give validation=(X, y) or validation_split=0.2, not both")
    if validation is not None:
        return rows, validation_rows(validation)
    return (rows, None) if share is None else _last(rows, number(share, "validation_split"))


def validation_rows(validation: Sequence[object]) -> Rows:
    """The rows of a pair (X, y)."""
    if not hasattr(validation, "__len__") or len(validation) != 2:
        raise ValueError(f"validation must be a pair (X, y), got {described(validation)}")
    return Rows(validation[0], validation[1], "validation ")


def _last(rows: Rows, share: float) -> tuple[Rows, Rows]:
    """As Keras does it: the last rows, whatever their order; shuffle them before where they are sorted."""
    if not 0.0 < share < 1.0:
        raise ValueError(f"validation_split is a share of the rows, above 0 and below 1, got {share!r}")
    first = len(rows) - max(1, floor(len(rows) * share))
    if not first:
        raise ValueError(f"validation_split={share:g} of {len(rows)} rows leaves none to learn from")
    return part(rows, 0, first), part(rows, first, len(rows))


def part(rows: Rows, start: int, stop: int) -> Rows:
    """Some of the rows."""
    found = copy(rows)
    vars(found).pop("inputs", None)
    found.X, found.y = rows.X[start:stop], rows.y[start:stop]
    return found
