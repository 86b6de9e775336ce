"""What one asks of a model: `predict`, `evaluate`, `accuracy`."""

from collections.abc import Callable, Sequence
from math import isnan
from typing import Any, TypeAlias

from autograd import Value, no_grad

from .inputs import Rows, described, name_of, number, table
from .module import Module

Loss: TypeAlias = Callable[[Any, Any], Value]
"""A function of the predictions and the targets of a batch, such as `mse`."""

Metric: TypeAlias = Callable[[Any, Any, Any], float]
"""A function of a model, X and y, such as `accuracy`."""


def predict(model: Module, X: object) -> list[Any]:
    """The model's outputs for the rows X as plain numbers: one for each row, or a list where it has several.

    >>> import nn
    >>> predict(nn.Layer(2, 2, weight=[[1.0, 2.0], [0.0, 1.0]]), [[3.0, 4.0], [5.0, 6.0]])
    [[11.0, 4.0], [17.0, 6.0]]
    """
    with no_grad():
        return [_plain(model(row)) for row in table(X)]


def evaluate(model: Module, X: object, y: object, *, loss: Loss, metrics: Sequence[Metric] = ()) -> dict[str, float]:
    """The loss, and each metric by its name, on the rows X and their targets y; changes nothing.

    >>> import nn
    >>> evaluate(nn.Layer(1, 1, weight=[[2.0]]), [[1.0], [2.0]], [[2.0], [5.0]], loss=nn.mse)
    {'loss': 0.5}
    """
    return evaluated(model, Rows(X, y), loss, metrics)


def accuracy(model: Module, X: object, y: object, *, threshold: float = 0.0) -> float:
    """The share of rows that the model classifies right, from 0.0 to 1.0.

    With one output the class is whether that is above `threshold` (0.0 for logits and scores, 0.5 for probabilities),
    and the targets are 0 and 1, or −1 and 1. With more the class is the position of the largest: 0, 1, 2, … A nan among
    the outputs is wrong.

    >>> import nn
    >>> accuracy(nn.Layer(1, 1, "linear", weight=[[1.0]]), [[-2.0], [3.0], [1.0], [2.0]], [0, 1, 0, 1])
    0.75
    """
    rows = Rows(X, y)
    pairs = zip(predict(model, rows.X), rows.y, strict=True)
    return sum([_is_right(p, t, f"y: row {i}", threshold) for i, (p, t) in enumerate(pairs)]) / len(rows)


def evaluated(model: Module, rows: Rows, loss: Loss, metrics: Sequence[Metric]) -> dict[str, float]:
    """`evaluate`, for rows that were checked."""
    with no_grad():
        value = one_value(loss([model(x) for x in rows.inputs], rows.y))
    return {"loss": value.data} | measured(model, rows, metrics)


def measured(model: Module, rows: Rows, metrics: Sequence[Metric]) -> dict[str, float]:
    """Each metric by its name."""
    return {name_of(metric): number(metric(model, rows.X, rows.y), name_of(metric)) for metric in metrics}


def one_value(loss: object) -> Value:
    """`loss`, which must be one Value."""
    if isinstance(loss, Value):
        return loss
    raise TypeError(f"the loss is {described(loss)}, not one Value: compute it with autograd's functions, not math's")


def _plain(output: Any) -> Any:
    if isinstance(output, (list, tuple)):
        return [_plain(part) for part in output]
    return output.data if isinstance(output, Value) else output


def _is_right(prediction: Any, target: Any, where: str, threshold: float) -> bool:
    scores, labels = [x if isinstance(x, list) else [x] for x in (prediction, target)]
    classes = range(len(scores)) if len(scores) > 1 else (-1, 0, 1)
    if len(labels) > 1 or labels[0] not in classes:
        named = (
            f"{len(scores)} outputs are 0 to {len(scores) - 1}"
            if len(scores) > 1
            else "one output are 0 and 1, or −1 and 1"
        )
        raise ValueError(f"{where} is {target!r}, but the classes of a model with {named}")
    if len(scores) > 1:
        return not any(map(isnan, scores)) and bool(scores.index(max(scores)) == labels[0])
    return bool(scores[0] > threshold if labels[0] > 0 else scores[0] <= threshold)
