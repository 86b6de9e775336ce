"""What one asks of a model: `predict`, and what a loss and a metric are."""

from collections.abc import Callable
from typing import Any, TypeAlias

from autograd import Constant, Value, no_grad

from ..inputs import Rows, described, table
from ..module import Module
from .forward import outputs

Loss: TypeAlias = Callable[[Any, Any], Value]
"""A function of the predictions and the targets of a batch, such as `mse`."""

Metric: TypeAlias = Callable[[Any, Any, Any], float]
"""A function of a model, X and y, such as `accuracy`. One that takes a keyword `loss` is given the loss as well."""


def predict(model: Module, X: object) -> Any:
    """The model's outputs for the rows X as plain numbers: one for each row, or a list where it has several.

    For an array of NumPy's the answer is one. Many rows are computed by machine code where the compiler's extra is
    installed, up to the last digit's rounding the same.

    >>> import nn
    >>> predict(nn.Layer(2, 2, weight=[[1.0, 2.0], [0.0, 1.0]]), [[3.0, 4.0], [5.0, 6.0]])
    [[11.0, 4.0], [17.0, 6.0]]
    """
    return like(X, outputs(model, table(X)))


def like(X: object, found: list[Any]) -> Any:
    """The results as an array where X is one."""
    if type(X).__module__ != "numpy":
        return found
    from numpy import array

    return array(found)


def loss_of(model: Module, rows: Rows, loss: Loss) -> float:
    """The loss of rows that were checked."""
    with no_grad():
        return one_value(loss(_as_values(outputs(model, rows.X)), rows.y)).data


def one_value(loss: object) -> Value:
    """`loss`, which must be one Value."""
    if isinstance(loss, Value):
        return loss
    raise TypeError(f"the loss is {described(loss)}, not one Value: compute it with autograd's functions, not math's")


def _as_values(output: Any) -> Any:
    return [_as_values(part) for part in output] if isinstance(output, list) else Constant(output)
