"""Losses: one number that says how wrong the predictions are, as a Value, ready for `backward()`.

Each takes predictions and targets of one shape (a single output, the outputs of a row, or a batch of rows) and
returns the mean over them all, as PyTorch does. Targets that do not fit are an error; they are never broadcast.
"""

from collections.abc import Callable, Iterator
from math import exp
from typing import Any, TypeAlias

import autograd
from autograd import Constant, Value, less, log, maximum, mean, relu, softplus, where

from .inputs import Numbers, items, listed, nodes, number, shape

Target: TypeAlias = float | Value
Place: TypeAlias = tuple[int, ...]
Check: TypeAlias = Callable[[Value, Target, Place], None]

SMALLEST = exp(-100.0)


def mse(predictions: Numbers, targets: Numbers) -> Value:
    """The mean of (p − t)².

    >>> mse([Value(0.5), Value(3.0)], [1.0, 1.0]).data
    2.125
    """
    return _mean(predictions, targets, lambda p, t: (p - t) ** 2)


def mae(predictions: Numbers, targets: Numbers) -> Value:
    """The mean of |p − t|; its derivative at p = t is 0.

    >>> mae([Value(0.5), Value(3.0)], [1.0, 1.0]).data
    1.25
    """
    return _mean(predictions, targets, lambda p, t: abs(p - t))


def huber(predictions: Numbers, targets: Numbers, delta: float = 1.0) -> Value:
    """The mean of ½d² where d = |p − t| is below `delta`, and of delta·(d − ½delta) from there on (Huber 1964).

    Its second derivative is 1 below and 0 from `delta` on, as PyTorch's.

    >>> huber([Value(0.5), Value(3.0)], [0.0, 0.0]).data
    1.3125
    """
    if not number(delta, "delta") > 0:
        raise ValueError(f"delta must be above 0, got {delta!r}")

    def term(p: Value, t: Target) -> Value:
        difference = p - t
        distance = abs(difference)
        near, far = 0.5 * difference * difference, delta * (distance - 0.5 * delta)
        return where(less(distance, delta), near, far)

    return _mean(predictions, targets, term)


def hinge(predictions: Numbers, targets: Numbers) -> Value:
    """The mean of relu(1 − t·p), for scores p and labels t of −1 or 1: nothing where a score is right by 1 or more.

    >>> hinge([Value(0.5), Value(-2.0)], [1, -1]).data
    0.25
    """
    return _mean(predictions, targets, lambda p, t: relu(1.0 - t * p), _check_sign)


def bce(predictions: Numbers, targets: Numbers) -> Value:
    """The mean of −t·log p − (1 − t)·log(1 − p), for probabilities p; the logarithms end at −100, as PyTorch's do.

    A p of exactly 0 or 1 gets no gradient: where p is the sigmoid of something, give that to `bce_with_logits`.

    >>> round(bce([Value(0.8), Value(0.1)], [1, 0]).data, 10)
    0.1642520335
    """

    def minus_log(x: Value) -> Value:
        return -log(maximum(x, SMALLEST))

    def term(p: Value, t: Target) -> Value:
        return _weighted(t, lambda: minus_log(p), lambda: minus_log(1.0 - p))

    return _mean(predictions, targets, term, _check_probabilities)


def bce_with_logits(predictions: Numbers, targets: Numbers) -> Value:
    """The binary cross-entropy of p = σ(z), from the logits z: t·softplus(−z) + (1 − t)·softplus(z), always finite.

    >>> bce_with_logits(Value(0.0), 1).data
    0.6931471805599453
    >>> bce_with_logits(Value(1000.0), 0).data
    1000.0
    """

    def term(z: Value, t: Target) -> Value:
        return _weighted(t, lambda: softplus(-z), lambda: softplus(z))

    return _mean(predictions, targets, term, _check_share)


def cross_entropy(logits: Numbers, targets: Numbers) -> Value:
    """The mean of −log softmax(z)[t] = logsumexp(z) − z[t], for rows of logits z and classes t (0, 1, …).

    One row of logits goes with one class, a list of rows with a list of classes. No softmax before it.

    >>> round(cross_entropy([[2.0, 0.0], [0.0, 3.0]], [0, 1]).data, 10)
    0.0877576813
    """
    rows, classes = listed(logits), listed(targets)
    if not isinstance(classes, (list, tuple)):
        rows, classes = [rows], [classes]
    if len(rows) != len(classes):
        raise ValueError(f"{len(rows)} rows of logits for {len(classes)} classes: give one class for each row")
    return _mean_of([_cross_entropy(row, t, i) for i, (row, t) in enumerate(zip(rows, classes, strict=True))])


def _cross_entropy(row: Any, t: Any, i: int) -> Value:
    logits = nodes(list(items(row, f"logits of row {i}")))
    if not isinstance(t, Value) and t not in range(len(logits)):
        raise ValueError(f"the target of row {i} is {t!r}, none of the classes 0 to {len(logits) - 1}")
    return autograd.cross_entropy(logits, t)


def _mean(
    predictions: Numbers, targets: Numbers, term: Callable[[Value, Target], Value], check: Check | None = None
) -> Value:
    """The mean of term(p, t) over all pairs, after the check of each."""
    pairs = list(_pairs(predictions, targets, (shape(predictions), shape(targets))))
    if check:
        for p, t, place in pairs:
            check(p, t, place)
    return _mean_of([term(p, t) for p, t, _ in pairs])


def _mean_of(terms: list[Value]) -> Value:
    if not terms:
        raise ValueError("no predictions: give at least one")
    return mean(terms) if len(terms) > 1 else terms[0]


def _pairs(
    predictions: Any, targets: Any, shapes: tuple[Place, Place], place: Place = ()
) -> Iterator[tuple[Value, Target, Place]]:
    """Each prediction with its target and its place; raises ValueError where the one or the other is missing."""
    p, t = listed(predictions), listed(targets)
    many = [isinstance(x, (list, tuple)) for x in (p, t)]
    if not any(many):
        prediction = p if isinstance(p, Value) else Constant(number(p, f"the prediction{_at(place)}"))
        yield prediction, t if isinstance(t, Value) else number(t, f"the target{_at(place)}"), place
    elif all(many) and len(p) == len(t):
        for i, (inner_p, inner_t) in enumerate(zip(p, t, strict=True)):
            yield from _pairs(inner_p, inner_t, shapes, (*place, i))
    else:
        raise ValueError(
            f"predictions of shape {shapes[0]} do not fit targets of shape {shapes[1]}{_at(place)}: there must be one "
            "target for each prediction, in the same brackets (NumPy: y.ravel() or y.reshape)"
        )


def _at(place: Place) -> str:
    return " at " + ", ".join(f"{name} {i}" for name, i in zip(("row", "column"), place, strict=False)) if place else ""


def _weighted(t: Target, if_one: Callable[[], Value], if_zero: Callable[[], Value]) -> Value:
    """t·if_one() + (1 − t)·if_zero(); for a plain 1 or 0 only the term that counts."""
    if not isinstance(t, Value) and t in (0.0, 1.0):
        return if_one() if t else if_zero()
    return t * if_one() + (1.0 - t) * if_zero()


def _check_sign(p: Value, t: Target, place: Place) -> None:
    if not isinstance(t, Value) and t not in (-1.0, 1.0):
        raise ValueError(f"the target{_at(place)} is {t!r}, but hinge takes −1 and 1: turn 0 and 1 into 2*y - 1")


def _check_share(p: Value, t: Target, place: Place) -> None:
    if not isinstance(t, Value) and not 0.0 <= t <= 1.0:
        raise ValueError(
            f"the target{_at(place)} is {t!r}, but it must lie between 0 and 1: turn −1 and 1 into (y + 1)/2"
        )


def _check_probabilities(p: Value, t: Target, place: Place) -> None:
    _check_share(p, t, place)
    if p.data < 0.0 or p.data > 1.0:  # nan passes on, into the loss
        raise ValueError(f"the prediction{_at(place)} is {p.data!r}, no probability: logits go to nn.bce_with_logits")
