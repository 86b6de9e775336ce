"""Weights of rows and of classes: a loss that counts each row as often as its weight says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from autograd import mean

from ...inputs import Rows, described, items, number
from ...settings import not_negative
from ..evaluation import Loss
from ..kept import Kept

LOSSES = Kept(8)  # weighted ones, by the loss: so that a compiled one is found again


class Weighting:
    """The loss and the rows that a run steps with: as they were given, or each target with its weight behind it.

    The loss of a batch is then the mean of weight · loss over its rows.
    """

    loss: Loss
    rows: Rows
    is_plain: bool

    def __init__(self, loss: Loss, rows: Rows, sample_weight: object, class_weight: object) -> None:
        weights = _weights(rows, sample_weight, class_weight)
        self.is_plain = weights is None
        self.loss = loss if self.is_plain else LOSSES.get((loss,), lambda: _weighted(loss))
        self.rows = rows if weights is None else _with(rows, weights)

    def unweighted(self, rows: Rows | None) -> Rows | None:
        """Other rows, for the same loss: each with the weight 1."""
        return rows if rows is None or self.is_plain else _with(rows, [1.0] * len(rows))


def _weights(rows: Rows, sample_weight: object, class_weight: object) -> list[float] | None:
    if sample_weight is None and class_weight is None:
        return None
    weights = [1.0] * len(rows)
    if sample_weight is not None:
        given = items(sample_weight, "sample_weight")
        if len(given) != len(rows):
            raise ValueError(f"sample_weight has {len(given)} weights for {len(rows)} rows: give one for each row")
        weights = [_weight(w, f"sample_weight: row {i}") for i, w in enumerate(given)]
    if class_weight is not None:
        classes = _classes(rows, class_weight)
        weights = [w * classes[y] for w, y in zip(weights, rows.y, strict=True)]
    if not any(weights):
        raise ValueError("all weights are 0: nothing would be learned")
    return weights


def _weight(x: object, where: str) -> float:
    return not_negative(number(x, where), where)


def _classes(rows: Rows, given: object) -> Mapping[Any, float]:
    """The weight of each class; "balanced" makes all of them count alike: rows / (classes · rows of the class)."""
    if any(isinstance(y, list) for y in rows.y):
        raise ValueError("class_weight needs one class for each row, but the targets are lists: give sample_weight")
    counts = Counter(rows.y)
    if given == "balanced":
        return {y: len(rows) / (len(counts) * count) for y, count in counts.items()}
    if not isinstance(given, Mapping):
        raise TypeError(f'class_weight is a dict of weights by class, or "balanced"; got {described(given)}')
    missing = sorted(set(counts) - set(given))
    if missing:
        raise ValueError(f"class_weight has no weight for the classes {', '.join(f'{y:g}' for y in missing)}")
    return {y: not_negative(given[y], f"class_weight of {y:g}") for y in counts}


def _with(rows: Rows, weights: Sequence[float]) -> Rows:
    found = copy(rows)
    found.y = [[*(y if isinstance(y, list) else [y]), w] for y, w in zip(rows.y, weights, strict=True)]
    return found


def _weighted(loss: Loss) -> Loss:
    def weighted(predictions: Any, targets: Any) -> Any:
        """Of targets with their weights behind them."""
        terms = [_term(loss, p, [*t]) for p, t in zip(predictions, targets, strict=True)]
        return mean(terms) if len(terms) > 1 else terms[0]

    return weighted


def _term(loss: Loss, prediction: Any, target: list[Any]) -> Any:
    *target, weight = target
    return weight * loss([prediction], [target if len(target) > 1 else target[0]])
