"""A column of targets, (n, 1), for a model that gives one number: its numbers."""

from copy import copy

from ...inputs import Rows
from ...module import Module
from ..forward import outputs


def suited(rows: Rows, model: Module) -> Rows:
    """The rows with targets of the model's shape, where only the brackets around one number are too many."""
    if not isinstance(rows.y[0], list) or len(rows.y[0]) != 1 or isinstance(outputs(model, rows.X[:1])[0], list):
        return rows
    found = copy(rows)
    found.y = [target for (target,) in rows.y]
    return found
