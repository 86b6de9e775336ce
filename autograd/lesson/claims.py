"""Backward passes that somebody wrote by hand, so that they can be judged."""

from collections.abc import Callable, Sequence
from typing import Any

from ..functions import function_of
from ..operations.operation import Operation


def by_hand(forward: Callable[[list[float]], float], backward: Callable[[list[float]], Sequence[float]]) -> Any:
    """A pass written by hand as one operation, so that `gradcheck` can judge it.

    `forward` makes one number of a list of numbers; `backward` says, for each of them, what it believes to be
    the derivative. The result is a function of a list of Values.

    >>> from autograd import Value, gradcheck
    >>> claim = by_hand(lambda xs: xs[0] * xs[1], lambda xs: [xs[1], xs[1]])
    >>> print(gradcheck(claim, [Value(2.0, "x"), Value(3.0, "y")]))
    gradcheck: 1 of 2 derivatives wrong (atol 0, rtol 1e-05)
    input  analytic  numeric    error
    x             3        3  ...
    y             3        2  1.0e+00  wrong
    """
    row = Operation(
        "by_hand",
        "by hand",
        lambda m, xs: float(forward(list(xs))),
        lambda m, xs, out: [float(d) for d in backward(list(xs))],
        operands=("values",),
        many=True,
        gather=list,
    )
    return function_of(row)


def plain_check(
    function: Callable[[list[float]], float],
    point: Sequence[float],
    claimed: Sequence[float],
    eps: float = 1e-5,
    atol: float = 1e-6,
) -> list[tuple[int, float]]:
    """The central differences of a textbook: where they differ from the claimed derivatives by more than `atol`.

    Each number of `point` moves by ±eps, alone. Returns (place, measured slope) pairs. It takes a kink within eps of
    the point for an error; `autograd.gradcheck` can tell them apart.

    >>> plain_check(lambda xs: xs[0] ** 2, [3.0], [6.0])
    []
    >>> [(place, round(slope, 4)) for place, slope in plain_check(lambda xs: abs(xs[0]), [0.0], [1.0])]
    [(0, 0.0)]
    """
    found = []
    for i, x in enumerate(point):
        above, below = ([*point[:i], x + shift, *point[i + 1 :]] for shift in (eps, -eps))
        slope = (function(above) - function(below)) / (2 * eps)
        if not abs(slope - claimed[i]) <= atol:
            found.append((i, slope))
    return found
