"""Operations that select, at points where they do."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from references import BUILT_IN

import autograd
from autograd import OPERATIONS, Value, equal, greater, log, relu, sign, sqrt, take, where
from autograd.functions import evaluate
from autograd.operations.arithmetic import FLOATS, NOTHING

inf = math.inf


def closed(name: str, point: Sequence[float]) -> list[int]:
    """The operands to which the operation sends nothing at this point."""
    node = evaluate(OPERATIONS[name], [Value(x) for x in point])
    return [i for i, local in enumerate(node.local_grads) if local is NOTHING]


def points(name: str) -> list[tuple[float, ...]]:
    """Points of a small grid at which the operation is closed to an operand."""
    count = len(OPERATIONS[name].samples[0])
    grid = itertools.product((-1.0, 0.0, 2.0), repeat=count)
    found = (x for x in grid if closed(name, x) and math.isfinite(OPERATIONS[name].evaluate(FLOATS, list(x))))
    return list(itertools.islice(found, 12))


SELECTING = [name for name in BUILT_IN if len(OPERATIONS[name].samples[0]) <= 4 and points(name)]


def under_a_root(name: str) -> Callable[[Sequence[Any]], Any]:
    """√(out − c) of the operands and c."""
    return lambda xs: sqrt(evaluate(OPERATIONS[name], xs[:-1]) - xs[-1])


def rows(name: str) -> list[list[float]]:
    """The points, each with a c at which the gradient that arrives is infinite."""
    return [[*point, OPERATIONS[name].evaluate(FLOATS, list(point))] for point in points(name)]


def by_backward(f: Callable[..., Any], row: Sequence[float]) -> list[float]:
    leaves = [Value(x) for x in row]
    f(leaves).backward()
    assert all(type(leaf.grad) is float for leaf in leaves)
    return [leaf.grad for leaf in leaves]


def same(found: Any, expected: Any, tolerance: float = 0.0) -> bool:
    """Equal, an inf or nan included, but for so much of roundings."""
    return bool(np.allclose(np.array(found), np.array(expected), rtol=tolerance, atol=tolerance, equal_nan=True))


LITERAL: dict[str, tuple[Callable[..., Any], list[float], list[float]]] = {
    "the root of relu": (lambda x: sqrt(relu(x)), [-1.0], [0.0]),
    "the log of take": (lambda x, y: log(take([x, y], 0)), [0.0, 2.0], [inf, 0.0]),
    "the root of where": (lambda x, z: sqrt(where(greater(x, 0.0), x, z)), [-1.0, 0.0], [0.0, inf]),
    "1/sign": (lambda x: 1.0 / sign(x), [0.0], [0.0]),
    "the root of maximum": (lambda x: sqrt(autograd.maximum(x, 0.0)), [-1.0], [0.0]),
    "the root of max": (lambda x: sqrt(autograd.max([x, 0.0])), [-1.0], [0.0]),
    "a condition": (lambda v, a: where(sqrt(v), a, 2.0 * a), [0.0, 3.0], [0.0, 2.0]),
    "a condition of comparisons": (lambda v, a: where(greater(sqrt(v), 1.0), a, 2.0 * a), [0.0, 3.0], [0.0, 2.0]),
    "an index": (lambda v, a: take([a, 2.0 * a], sqrt(v)), [0.0, 3.0], [0.0, 1.0]),
    "a class": (lambda v, a: autograd.cross_entropy([a, 2.0 * a], sqrt(v)), [0.0, 0.0], [0.0, 0.5]),
    "a step": (lambda v: autograd.heaviside(sqrt(v)) * 3.0, [0.0], [0.0]),
    "a step as factor": (lambda v, a: equal(sqrt(v), 0.0) * a, [0.0, 3.0], [0.0, 1.0]),
    "relu of inf · 0": (lambda x, y: relu(x) * y, [-1.0, inf], [0.0, 0.0]),
    "a true product": (lambda x, y: sqrt(x * y), [0.0, 0.0], [math.nan, math.nan]),
}
