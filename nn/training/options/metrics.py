"""Metrics: functions of (model, X, y), or scikit-learn's, of (y_true, y_pred); and `evaluate`, which measures them."""

from collections.abc import Callable, Iterable, Sequence
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar

from ...inputs import Rows, described, name_of, number
from ...module import Module
from ..classes import predict_class, predict_proba
from ..evaluation import Loss, Metric, loss_of, predict
from .targets import suited

F = TypeVar("F", bound=Callable[..., object])
READINGS: dict[str, Callable[[Module, object], Any]] = {
    "classes": predict_class, "shares": predict_proba, "values": predict,
}  # fmt: skip


def evaluate(model: Module, X: object, y: object, *, loss: Loss, metrics: Iterable[Metric] = ()) -> dict[str, float]:
    """The loss, and each metric by its name, on the rows X and their targets y; changes nothing.

    >>> import nn
    >>> evaluate(nn.Layer(1, 1, weight=[[2.0]]), [[1.0], [2.0]], [[2.0], [5.0]], loss=nn.mse)
    {'loss': 0.5}
    """
    rows = suited(Rows(X, y), model)
    return {"loss": loss_of(model, rows, loss)} | measured(model, rows, as_metrics(metrics), loss)


def measured(model: Module, rows: Rows, metrics: Sequence[Metric], loss: Loss) -> dict[str, float]:
    """Each metric by its name."""

    def measure(metric: Any) -> object:
        found = _signature(metric)
        return metric(model, rows.X, rows.y, **({"loss": loss} if found and _wants_loss(found) else {}))

    return {name_of(metric): number(measure(metric), name_of(metric)) for metric in metrics}


def as_metrics(given: Iterable[Metric]) -> list[Metric]:
    """The metrics as a list, scikit-learn's too; raises TypeError for what is no function of (model, X, y)."""
    metrics = [_of_scikit(metric) if _is_of_scikit(metric) else metric for metric in functions(given, "metrics")]
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


def _is_of_scikit(metric: Any) -> bool:
    """Whether it is a function of scikit-learn's metrics."""
    return str(getattr(metric, "__module__", "")).startswith("sklearn.metrics.")


def _of_scikit(metric: Any) -> Metric:
    """A function of (model, X, y): labels for those that compare labels, probabilities, or plain predictions."""
    what = _wanted(metric)

    def measure(model: Any, X: Any, y: Any) -> float:
        predicted = READINGS[what](model, X)
        if what == "classes" and set(y) <= {-1.0, 1.0}:
            predicted = [2 * k - 1 for k in predicted]
        return float(metric(y, predicted))

    measure.__name__ = metric.__name__
    return measure


def _wanted(metric: Any) -> str:
    second = [*signature(metric).parameters][1]
    if "proba" in second or "score" in second:
        return "shares"
    return "values" if metric.__module__.endswith("_regression") else "classes"
