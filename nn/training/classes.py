"""Which class an output means: `accuracy`, `predict_class`, `predict_proba`."""

from collections.abc import Callable, Sequence
from math import isnan
from typing import Any, TypeAlias

from autograd import Value, no_grad, sigmoid, softmax
from autograd.operations.activations import SIGMOID
from autograd.recorders import expanded, recording

from ..inputs import Rows, number, table
from ..module import Module
from .evaluation import Loss, like, one_value
from .forward import outputs as outputs_of

Reading: TypeAlias = Callable[[Sequence[float], Sequence[float], int], bool]
"""Whether an output means the upper label: of a row of outputs, of its targets, and of the place among them."""


def accuracy(model: Module, X: object, y: object, *, loss: Loss | None = None, threshold: float | None = None) -> float:
    """The share of rows that the model classifies right, from 0.0 to 1.0. A nan among the outputs is wrong.

    With several outputs and one target a row the class is the position of the largest: 0, 1, 2, … With as many targets
    as outputs these are labels, 0 and 1 or −1 and 1. Where each row has one upper label, it belongs to the largest
    output; otherwise each output is read by itself, and all must be right. An output means the upper label where it is
    above `threshold`; without one,

    - the output of a sigmoid where it is above 0.5;
    - where `loss` is given (`fit` and `evaluate` give theirs), of the two labels the one with the smaller loss;
    - any other where it is above 0: a logit, a score, a tanh.

    Raises ValueError for other targets, and where none of this is certain: without `loss`, outputs near 0 and 1 may
    be logits, or trained to be 0 and 1.

    >>> import nn
    >>> X, y = [[-2.0], [3.0], [1.0], [2.0]], [0, 1, 0, 1]
    >>> accuracy(nn.Layer(1, 1, "linear", weight=[[1.0]]), X, y)
    0.75
    >>> accuracy(nn.Layer(1, 1, "sigmoid", weight=[[1.0]], bias=[-1.5]), X, y)
    1.0
    """
    rows = Rows(X, y)
    outputs = [_listed(p) for p in outputs_of(model, rows.X)]
    targets = [_listed(t) for t in rows.y]
    if len(outputs[0]) > 1 == len(targets[0]):
        return _share([_is_largest(p, t[0]) for p, t in zip(outputs, _classes(outputs, targets), strict=True)])
    lower = _lower_labels(outputs, targets)
    if len(outputs[0]) > 1 and all(t.count(1.0) == 1 for t in targets):
        return _share([_is_largest(p, t.index(1.0)) for p, t in zip(outputs, targets, strict=True)])
    readings = _readings(model, rows, outputs, targets, lower, loss, threshold)
    pairs = list(zip(outputs, targets, strict=True))
    return _share(_agreed([[_is_right(upper, p, t) for p, t in pairs] for upper in readings]))


def predict_proba(model: Module, X: object) -> Any:
    """The probability of the upper label for each row X, or those of the classes for a model of several outputs.

    Outputs of a sigmoid are probabilities already, and so are several that lie between 0 and 1 and add up to 1, as
    those of a softmax; any other single output is a logit (its sigmoid is taken), several are scores (their softmax).
    An array gives an array.

    >>> import nn
    >>> predict_proba(nn.Layer(1, 1, "linear", weight=[[1.0]]), [[0.0], [2.0]])
    [0.5, 0.8807970779778823]
    >>> predict_proba(nn.Layer(1, 2, "linear", weight=[[0.0], [1.0]]), [[0.0]])
    [[0.5, 0.5]]
    """
    rows = table(X)
    outputs = [_listed(p) for p in outputs_of(model, rows)]
    found: list[Any]
    if len(outputs[0]) == 1:
        are_shares = ends_in_sigmoid(model, rows[0])
        found = [p if are_shares else sigmoid(p) for (p,) in outputs]
    elif ends_in_sigmoid(model, rows[0]) or all(map(_are_shares, outputs)):
        found = outputs
    else:
        found = [softmax(scores) for scores in outputs]
    return like(X, found)


def predict_class(model: Module, X: object) -> Any:
    """The class of each row X: the place of the largest output, or, of a single one, 1 where it is more likely than 0.

    A tie is the first class, or 0. An array gives an array.

    >>> import nn
    >>> predict_class(nn.Layer(1, 1, "linear", weight=[[1.0]]), [[-1.0], [2.0]])
    [0, 1]
    """
    shares = predict_proba(model, table(X))
    several = isinstance(shares[0], list)
    return like(X, [share.index(max(share)) if several else int(share > 0.5) for share in shares])


def _are_shares(outputs: Sequence[float]) -> bool:
    return min(outputs) >= 0.0 and abs(sum(outputs) - 1.0) < 1e-9


def _listed(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _share(right: Sequence[bool]) -> float:
    return sum(right) / len(right)


def _is_largest(scores: list[float], place: float) -> bool:
    return not any(map(isnan, scores)) and bool(scores.index(max(scores)) == place)


def _is_right(upper: Reading, scores: Sequence[float], labels: Sequence[float]) -> bool:
    return all(not isnan(scores[j]) and upper(scores, labels, j) == (label > 0.0) for j, label in enumerate(labels))


# What the targets may be


def _classes(outputs: list[list[float]], targets: list[list[float]]) -> list[list[float]]:
    for i, (scores, target) in enumerate(zip(outputs, targets, strict=True)):
        if target[0] not in range(len(scores)):
            raise _no_class(i, target, scores)
    return targets


def _lower_labels(outputs: list[list[float]], targets: list[list[float]]) -> list[float]:
    """What the lower label may be; both where all targets are 1."""
    found = {label for labels in targets for label in labels}
    allowed = (-1.0, 1.0) if -1.0 in found else (0.0, 1.0)
    for i, (scores, labels) in enumerate(zip(outputs, targets, strict=True)):
        if len(labels) != len(scores) or not set(labels).issubset(allowed):
            raise _no_class(i, labels, scores)
    return [0.0, -1.0] if found == {1.0} else [allowed[0]]


def _no_class(i: int, target: list[float], scores: list[float]) -> ValueError:
    labels = "0 and 1, or −1 and 1"
    several = f"{len(scores)} outputs are 0 to {len(scores) - 1}, or so many labels, {labels}"
    named = f"one output are {labels}" if len(scores) == 1 else several
    shown = target if len(target) > 1 else target[0]
    return ValueError(f"y: row {i} is {shown!r}, but the classes of a model with {named}")


# What an output means


def _readings(
    model: Module,
    rows: Rows,
    outputs: list[list[float]],
    targets: list[list[float]],
    lower: list[float],
    loss: Loss | None,
    threshold: float | None,
) -> list[Reading]:
    """All that the outputs may mean: one, as a rule."""
    if threshold is not None:
        return [_above(number(threshold, "threshold"))]
    if ends_in_sigmoid(model, rows.X[0]):
        return [_above(0.5)]
    if loss is None:
        return _guesses(outputs, targets, lower)
    taken = [label for label in lower if _is_taken(loss, len(outputs[0]), label)]
    return [_cheaper(loss, label) for label in taken or lower]  # where it takes none, it says itself what it takes


def ends_in_sigmoid(model: Module, row: Sequence[float]) -> bool:
    """Whether a sigmoid is the last operation on this row, whoever wrote the model."""
    with recording(), expanded(False):
        return all(getattr(output, "op", None) is SIGMOID for output in _listed(model([*map(Value, row)])))


def _above(threshold: float) -> Reading:
    return lambda scores, labels, j: scores[j] > threshold


def _cheaper(loss: Loss, lower: float) -> Reading:
    """Of the two labels the one with the smaller loss; where both cost the same, the nearer."""

    def upper(scores: Sequence[float], labels: Sequence[float], j: int) -> bool:
        low, high = (_cost(loss, scores, [*labels[:j], label, *labels[j + 1 :]]) for label in (lower, 1.0))
        return high < low or (high == low and scores[j] > (lower + 1.0) / 2.0)

    return upper


def _cost(loss: Loss, scores: Sequence[float], labels: Sequence[float]) -> float:
    one = len(scores) == 1
    with no_grad():
        found = loss([Value(scores[0])] if one else [list(map(Value, scores))], [labels[0]] if one else [labels])
    return one_value(found).data


def _is_taken(loss: Loss, count: int, label: float) -> bool:
    """Whether the loss takes this label: hinge takes no 0."""
    try:
        _cost(loss, [0.5] * count, [label] * count)
    except ValueError:
        return False
    return True


def _guesses(outputs: list[list[float]], targets: list[list[float]], lower: list[float]) -> list[Reading]:
    """Above 0; above 0.5 as well where the outputs might be trained to be 0 and 1, and look like it."""
    pairs = [pair for p, t in zip(outputs, targets, strict=True) for pair in zip(p, t, strict=True)]
    near = sum((p - t) ** 2 for p, t in pairs) < 0.25 * len(pairs) or all(0.0 <= p <= 1.0 for p, _ in pairs)
    return [_above(0.0), *([_above(0.5)] if 0.0 in lower and near else [])]


def _agreed(right: list[list[bool]]) -> list[bool]:
    """The one answer of all readings."""
    if len(right) > 1 and right[0] != right[1]:
        raise ValueError(
            "accuracy cannot tell whether these outputs are logits or scores (above 0 is 1), or probabilities or "
            "trained to be 0 and 1 (above 0.5 is 1): give it loss=..., the one they were trained with, or threshold=..."
        )
    return right[0]
