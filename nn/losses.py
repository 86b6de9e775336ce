"""Losses: one number that says how wrong the predictions are, as a Value, ready for `backward()`.

Each takes predictions and targets of one shape (a single output, the outputs of a row, or a batch of rows) and
returns the mean over them all, as PyTorch does. Targets that do not fit are an error; they are never broadcast.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from math import exp
from typing import Any, TypeAlias

import autograd
from autograd import Constant, Value, less, log, maximum, mean, relu, softplus, where
from autograd.operations.requirement import Requirement
from autograd.requirements import require

from .inputs import Numbers, items, listed, nodes, number, shape

Target: TypeAlias = float | Value
Place: TypeAlias = tuple[int, ...]

SIGN = Requirement(
    "the target", lambda t: (t == -1.0) | (t == 1.0), "but hinge takes −1 and 1: turn 0 and 1 into 2*y - 1"
)
SHARE = Requirement(
    "the target", lambda t: (t >= 0.0) & (t <= 1.0), "but it must lie between 0 and 1: turn −1 and 1 into (y + 1)/2"
)
WHOLE = Requirement(
    "the sum of the labels", lambda t: (t >= 0.999999) & (t <= 1.000001), "but it must be 1, as in one-hot labels"
)
PROBABILITY = Requirement(
    "the prediction",
    lambda p: (p >= 0.0) & (p <= 1.0) | (p != p),  # nan passes on, into the loss
    "no probability: logits go to nn.bce_with_logits",
    met_by=("sigmoid",),
)


@cache
def class_of(count: int) -> Requirement:
    """Of a target among so many classes."""
    return Requirement(
        "the target", lambda t: (t >= 0) & (t < count) & (t % 1 == 0), f"none of the classes 0 to {count - 1}"
    )


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
    return _mean(predictions, targets, lambda p, t: relu(1.0 - t * p), target=SIGN)


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

    return _mean(predictions, targets, term, target=SHARE, prediction=PROBABILITY)


def bce_with_logits(predictions: Numbers, targets: Numbers) -> Value:
    """The binary cross-entropy of p = σ(z), from the logits z: t·softplus(−z) + (1 − t)·softplus(z), always finite.

    >>> bce_with_logits(Value(0.0), 1).data
    0.6931471805599453
    >>> bce_with_logits(Value(1000.0), 0).data
    1000.0
    """

    def term(z: Value, t: Target) -> Value:
        return _weighted(t, lambda: softplus(-z), lambda: softplus(z))

    return _mean(predictions, targets, term, target=SHARE)


def cross_entropy(logits: Numbers, targets: Numbers) -> Value:
    """The mean of −log softmax(z)[t] = logsumexp(z) − z[t], for rows of logits z and classes t (0, 1, …).

    One row of logits goes with one class, a list of rows with a list of classes. No softmax before it. A class may also
    be a list of shares, one for each logit, that add up to 1 (one-hot, or smoothed labels): −Σ t·log softmax(z).

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
    place = partial(" of row {}".format, i)
    if isinstance(listed(t), (list, tuple)):
        return _of_shares(logits, [require(share, SHARE, place) for share in listed(t)], place)
    return autograd.cross_entropy(logits, require(t, class_of(len(logits)), place))


def _of_shares(logits: list[Value], shares: list[Any], place: Callable[[], str]) -> Value:
    """Of a row of labels: Σ t·(logsumexp(z) − z)."""
    if len(shares) != len(logits):
        raise ValueError(f"the target{place()} has {len(shares)} labels for {len(logits)} logits: give one for each")
    whole: Value | float = require(sum(shares), WHOLE, place)
    return whole * autograd.logsumexp(logits) - autograd.dot(shares, logits)


def _mean(
    predictions: Numbers,
    targets: Numbers,
    term: Callable[[Value, Target], Value],
    *,
    target: Requirement | None = None,
    prediction: Requirement | None = None,
) -> Value:
    """The mean of term(p, t) over all pairs, after the check of each."""
    terms = []
    for p, t, place in _pairs(predictions, targets, (shape(predictions), shape(targets))):
        t = require(t, target, partial(_at, place)) if target else t
        p = require(p, prediction, partial(_at, place)) if prediction else p
        terms.append(term(p, t))
    return _mean_of(terms)


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
        known = type(t) is float or isinstance(t, Value)
        yield prediction, t if known else number(t, f"the target{_at(place)}"), place
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
