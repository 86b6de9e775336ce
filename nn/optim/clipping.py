"""Clipping: keep a step small where gradients are large. As in torch.nn.utils."""

from collections.abc import Iterable
from math import hypot, inf, isfinite

from autograd import Value

from ..parameters import different, require_numbers
from ..settings import not_negative, positive


def clip_grad_norm_(
    parameters: Iterable[Value] | Value, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> float:
    """Scale all gradients together so that their norm is at most `max_norm`; returns the norm they had before.

    All are multiplied by min(1, max_norm/(norm + 1e-6)), PyTorch's formula. `norm_type` p is (Σ|g|ᵖ)^(1/p); inf is the
    largest. With `error_if_nonfinite` a nan or inf raises ValueError; a gradient that is no number is a TypeError.
    Nothing has changed then.

    >>> p, q = Value(1.0), Value(1.0)
    >>> p.grad, q.grad = 3.0, 4.0
    >>> clip_grad_norm_([p, q], max_norm=1.0)
    5.0
    >>> round(p.grad, 6), round(q.grad, 6)
    (0.6, 0.8)
    """
    ps, limit = _listed(parameters), not_negative(max_norm, "max_norm")
    norm = _norm([p.grad for p in ps], positive(norm_type, "norm_type"))
    if error_if_nonfinite and not isfinite(norm):
        raise ValueError(f"the norm of the gradients is {norm}: look for the first nan or inf with detect_anomaly()")
    scale = limit / (norm + 1e-6)
    for p in ps:
        p.grad *= 1.0 if scale > 1.0 else scale  # so that a norm of nan shows in every gradient
    return norm


def clip_grad_value_(parameters: Iterable[Value] | Value, clip_value: float) -> None:
    """Cut every gradient to the interval from −clip_value to clip_value.

    >>> p = Value(1.0); p.grad = -3.0
    >>> clip_grad_value_([p], 0.5); p.grad
    -0.5
    """
    ps, limit = _listed(parameters), not_negative(clip_value, "clip_value")
    for p in ps:
        if abs(p.grad) > limit:  # never true of nan, which stays to be seen
            p.grad = limit if p.grad > 0.0 else -limit


def _norm(gradients: list[float], p: float) -> float:
    if p == 2.0:
        return hypot(*gradients)
    sizes = [abs(g) for g in gradients]
    total = sum(sizes)
    largest = max(sizes, default=0.0)
    if p == inf or largest == 0.0 or not isfinite(total):
        return largest if isfinite(total) else total
    return largest * float(sum((size / largest) ** p for size in sizes) ** (1.0 / p))  # scaled: no power overflows


def _listed(parameters: Iterable[Value] | Value) -> list[Value]:
    ps = different([parameters] if isinstance(parameters, Value) else parameters)
    require_numbers(ps)
    return ps
