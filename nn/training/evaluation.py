"""What one asks of a model: `predict`, `evaluate`, and what a metric is."""

from collections.abc import Callable, Iterable, Sequence
from inspect import Parameter, Signature, signature
from typing import Any, TypeAlias, TypeVar

from autograd import Constant, Value, no_grad

from ..inputs import Rows, described, name_of, number, table
from ..module import Module
from .forward import outputs

F = TypeVar("F", bound=Callable[..., object])
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


def evaluate(model: Module, X: object, y: object, *, loss: Loss, metrics: Iterable[Metric] = ()) -> dict[str, float]:
    """The loss, and each metric by its name, on the rows X and their targets y; changes nothing.

    >>> import nn
    >>> evaluate(nn.Layer(1, 1, weight=[[2.0]]), [[1.0], [2.0]], [[2.0], [5.0]], loss=nn.mse)
    {'loss': 0.5}
    """
    rows = Rows(X, y)
    return {"loss": loss_of(model, rows, loss)} | measured(model, rows, as_metrics(metrics), loss)


def loss_of(model: Module, rows: Rows, loss: Loss) -> float:
    """The loss of rows that were checked."""
    with no_grad():
        return one_value(loss(_as_values(outputs(model, rows.X)), rows.y)).data


def measured(model: Module, rows: Rows, metrics: Sequence[Metric], loss: Loss) -> dict[str, float]:
    """Each metric by its name."""

    def measure(metric: Any) -> object:
        found = _signature(metric)
        return metric(model, rows.X, rows.y, **({"loss": loss} if found and _wants_loss(found) else {}))

    return {name_of(metric): number(measure(metric), name_of(metric)) for metric in metrics}


def as_metrics(given: Iterable[Metric]) -> list[Metric]:
    """The metrics as a list; raises TypeError for what is no function of (model, X, y), as scikit-learn's are none."""
    metrics = functions(given, "metrics")
    for metric in metrics:
        if (found := _signature(metric)) and not _takes_a_model(found):
            name, taken = name_of(metric), ", ".join(found.parameters)
            raise TypeError(
                f"a metric is a function of (model, X, y), but {name} takes ({taken}): write for instance\n"
                f"def my_{name}(model, X, y): return {name}(y, [p > 0.5 for p in nn.predict(model, X)])"
            )
    return metrics


def functions(given: Iterable[F], what: str) -> list[F]:
    """The functions as a list; raises TypeError where it is none."""
    found = list(given) if hasattr(given, "__iter__") else None
    if found is None or not all(map(callable, found)):
        raise TypeError(f"{what}: expected a list of functions, got {described(given)}")
    return found


def _signature(metric: Metric) -> Signature | None:
    try:
        return signature(metric)
    except ValueError:  # a built-in one that does not tell
        return None


def _takes_a_model(found: Signature) -> bool:
    try:
        found.bind("model", "X", "y", **({"loss": None} if _wants_loss(found) else {}))
    except TypeError:
        return False
    return "y_true" not in found.parameters  # scikit-learn's order: targets, predictions


def _wants_loss(found: Signature) -> bool:
    """Whether there is a keyword `loss`, not settled yet (by functools.partial, say)."""
    keyword = found.parameters.get("loss")
    return keyword is not None and keyword.kind is Parameter.KEYWORD_ONLY and keyword.default in (None, Parameter.empty)


def one_value(loss: object) -> Value:
    """`loss`, which must be one Value."""
    if isinstance(loss, Value):
        return loss
    raise TypeError(f"the loss is {described(loss)}, not one Value: compute it with autograd's functions, not math's")


def _as_values(output: Any) -> Any:
    return [_as_values(part) for part in output] if isinstance(output, list) else Constant(output)
