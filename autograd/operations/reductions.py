"""The table, continued: the operations with many operands, each a single node.

`forward(m, xs)` takes the operands as one list; `partials(m, xs, out)` returns one derivative for each; `expansion`
builds the same result from single operations, for readers who want to see each of them.
"""

from functools import reduce
from numbers import Real
from operator import add, mul
from typing import Any

from .operation import Operation, register
from .requirement import position_among

LISTS = ((2.0, -0.5, 1.5), (0.3, 0.7, -1.1, 4.0), (1.7,))


def several(values: Any) -> list[Any]:
    """The operands as a list; TypeError for a number alone, ValueError for none."""
    if isinstance(values, Real) or hasattr(values, "local_grads"):
        raise TypeError(f"expected a list of numbers or Values, got {values!r:.40} alone: write [x] for a single one")
    if operands := list(values):
        return operands
    raise ValueError("no values to combine: give at least one number or Value")


def _one_by_one(*values: Any) -> list[Any]:
    """As the built-in max: one list, or the values themselves."""
    return several(values[0] if len(values) == 1 else values)


def entry(name: str, symbol: str, forward: Any, partials: Any, **fields: Any) -> Operation:
    """An operation of many operands; `gather` makes one list of what the function is called with."""
    fields = {"gather": several, "samples": LISTS, **fields}
    return register(Operation(name, symbol, forward, partials, operands=("values",), many=True, **fields))


def _sum(m: Any, xs: Any) -> Any:
    return reduce(add, xs)


def _product(m: Any, xs: Any) -> Any:
    return reduce(mul, xs)


SUM = entry(
    "sum",
    "Σ",
    _sum,
    lambda m, xs, out: [1.0] * len(xs),
    expansion=_sum,
    doc="x₁ + x₂ + …, left to right; each derivative is 1.",
    exact=lambda mp, *xs: mp.fsum(xs),
    torch=lambda torch, *xs: torch.sum(torch.stack(xs)),
)
MEAN = entry(
    "mean",
    "mean",
    lambda m, xs: m.truediv(m.sum(xs), float(len(xs))),  # m.sum: one node of as many operands, where m makes nodes
    lambda m, xs, out: [1.0 / len(xs)] * len(xs),
    expansion=lambda m, xs: _sum(m, xs) / float(len(xs)),
    written=lambda m, xs: m.truediv(_sum(m, xs), float(len(xs))),
    textbook=lambda m, xs, out: [m.truediv(1.0, float(len(xs)))] * len(xs),
    doc="(x₁ + … + xₙ)/n; each derivative is 1/n.",
    exact=lambda mp, *xs: mp.fsum(xs) / len(xs),
    torch=lambda torch, *xs: torch.mean(torch.stack(xs)),
)


def _prod_partials(m: Any, xs: Any, out: Any) -> Any:
    """∏ of the others = (product of those before) · (product of those after): right even where some are 0."""
    before, after = [1.0], [1.0]
    for x in xs[:-1]:
        before.append(before[-1] * x)
    for x in xs[:0:-1]:
        after.append(after[-1] * x)
    return [left * right for left, right in zip(before, reversed(after), strict=True)]


PROD = entry(
    "prod",
    "Π",
    _product,
    _prod_partials,
    expansion=_product,
    written=_product,
    textbook=lambda m, xs, out: [_product(m, [*xs[:i], *xs[i + 1 :]] or [1.0]) for i in range(len(xs))],
    samples=(*LISTS, (0.0, 2.0, 3.0), (0.0, 0.0, 3.0)),
    doc="x₁ · x₂ · …, left to right; each derivative is the product of the others, right with zeros as well.",
    exact=lambda mp, *xs: mp.fprod(xs),
    torch=lambda torch, *xs: torch.prod(torch.stack(xs)),
)


def _gather_dot(w: Any, x: Any, bias: Any = None) -> list[Any]:
    w, x = list(w), list(x)
    if len(w) != len(x):
        raise ValueError(f"dot of {len(w)} weights and {len(x)} inputs: give as many of one as of the other")
    if not w and bias is None:
        raise ValueError("dot of no products and no bias: give at least one")
    return [*w, *x] if bias is None else [*w, *x, bias]


def split_dot(xs: Any) -> Any:
    """The operands of a dot as (weights, inputs, bias or None): they lie as w₁ … wₙ, x₁ … xₙ[, bias]."""
    n = len(xs) // 2
    return xs[:n], xs[n : 2 * n], xs[2 * n] if len(xs) % 2 else None


def _dot(m: Any, xs: Any) -> Any:
    """The bias first, then the products left to right: the order is part of the promise (see `dot`)."""
    weights, inputs, total = split_dot(xs)
    for product in map(mul, weights, inputs):
        total = product if total is None else total + product
    return total


def _dot_partials(m: Any, xs: Any, out: Any) -> Any:
    n = len(xs) // 2
    return xs[n : 2 * n] + xs[:n] + [1.0] * (len(xs) % 2)


def _written_dot(m: Any, xs: Any) -> Any:
    """The bias last, as textbooks have it."""
    weights, inputs, bias = split_dot(xs)
    products = [w * x for w, x in zip(weights, inputs, strict=True)]
    return _sum(m, products if bias is None else [*products, bias])


def _pairs(xs: Any) -> Any:
    """(w, x) for each product of a dot, whose operands are all w, all x, and perhaps a bias."""
    half = len(xs) // 2
    return zip(xs[:half], xs[half : 2 * half], strict=True)


DOT = entry(
    "dot",
    "Σ",
    _dot,
    _dot_partials,
    expansion=_dot,
    written=_written_dot,
    gather=_gather_dot,
    samples=((2.0, -0.5, 1.5, 0.7), (0.3, 0.7, -1.1, 4.0, 0.5), (1.7, -2.0)),
    doc="""bias + w₁x₁ + w₂x₂ + …, in this order; the derivatives are xᵢ, wᵢ and 1.

    Raises ValueError for lists of different lengths.

    >>> import autograd
    >>> autograd.dot([2.0, 3.0], [10.0, 100.0], 1.0)
    321.0
    """,
    exact=lambda mp, *xs: mp.fdot(_pairs(xs)) + mp.fsum(xs[len(xs) // 2 * 2 :]),
    torch=lambda torch, *xs: sum(w * x for w, x in _pairs(xs)) + sum(xs[len(xs) // 2 * 2 :]),
)


def _extremum_partials(m: Any, xs: Any, out: Any) -> Any:
    """1 for the winner; a tie of k shares evenly, 1/k each; nothing passes to the others."""
    wins = [m.equal(x, out) for x in xs]
    share = m.truediv(1.0, _sum(m, wins))
    return [m.passes(win, share) for win in wins]


def _fold(name: Any) -> Any:
    def folded(m: Any, xs: Any) -> Any:
        best = xs[0]
        for x in xs[1:]:
            best = getattr(m, name)(best, x)
        return best

    return folded


# these two stay whole in expanded(): a chain of `maximum` would split a triple tie ¼, ¼, ½
MAX = entry(
    "max",
    "max",
    _fold("maximum"),
    _extremum_partials,
    textbook=lambda m, xs, out: [m.equal(x, out) for x in xs],
    gather=_one_by_one,
    doc="The largest; a tie of k shares the derivative, 1/k each.",
    exact=lambda mp, *xs: max(xs),
    torch=lambda torch, *xs: torch.amax(torch.stack(xs)),
)
MIN = entry(
    "min",
    "min",
    _fold("minimum"),
    _extremum_partials,
    textbook=lambda m, xs, out: [m.equal(x, out) for x in xs],
    gather=_one_by_one,
    doc="The smallest; a tie of k shares the derivative, 1/k each.",
    exact=lambda mp, *xs: min(xs),
    torch=lambda torch, *xs: torch.amin(torch.stack(xs)),
)


def _scaled(m: Any, xs: Any) -> tuple[Any, Any, list[Any], Any]:
    """(lift, top, every lift·x/top, the sum of their squares): top is the largest lift·|x|, so that squares neither
    overflow nor vanish; the lift takes it away from the smallest numbers, whose inverses are inf.
    """
    top = m.detach(m.max([m.abs(x) for x in xs]))  # no derivative is taken of it: the results do not depend on it
    usable = m.logical_and(m.greater(top, 0.0), m.less(top, float("inf")))
    lift = m.where(m.less(top, 2.0**-900), 2.0**100, 1.0)
    top = m.where(usable, lift * top, 1.0)
    xs = [m.truediv(lift * x, top) for x in xs]
    return lift, top, xs, _sum(m, [x * x for x in xs])


def _norm(m: Any, xs: Any) -> Any:
    lift, top, _, squares = _scaled(m, xs)
    return m.truediv(top * m.sqrt(squares), lift)


def _norm_of_single_operations(m: Any, xs: Any) -> Any:
    """√(0 + 1) − 1 where all are 0: so the derivatives are 0 there, too."""
    lift, top, _, squares = _scaled(m, xs)
    zero = m.detach(m.equal(squares, 0.0))
    return m.truediv(top * (m.sqrt(squares + zero) - zero), lift)


def _norm_partials(m: Any, xs: Any, out: Any) -> Any:
    """x/norm, both by the largest: the norm itself may be inf, or among the smallest numbers, which have few digits."""
    _, _, xs, squares = _scaled(m, xs)
    norm = m.sqrt(squares)
    norm = norm + m.equal(norm, 0.0)  # where all x are 0, 0/1 is 0; the root's derivative makes the second ones nan
    return [m.truediv(x, norm) for x in xs]


NORM = entry(
    "norm",
    "‖·‖",
    _norm,
    _norm_partials,
    expansion=_norm_of_single_operations,
    doc="√(x₁² + x₂² + …) without overflow; the derivatives are xᵢ/norm, 0 where all are 0, the second ones nan there.",
    written=lambda m, xs: m.sqrt(_sum(m, [m.pow(x, 2.0) for x in xs])),
    textbook=lambda m, xs, out: [m.truediv(x, out) for x in xs],
    exact=lambda mp, *xs: mp.sqrt(mp.fsum(x * x for x in xs)),
    torch=lambda torch, *xs: torch.linalg.vector_norm(torch.stack(xs)),
)


def _gather_choice(values: Any, index: Any) -> list[Any]:
    values = several(values)
    return [*values, index]


def _take(m: Any, xs: Any) -> Any:
    """Select, do not look up: so it compiles, with an index that differs from row to row. No such index: nan."""
    *values, index = xs
    chosen = float("nan")
    for position, value in enumerate(values):
        chosen = m.where(m.equal(index, float(position)), value, chosen)
    return chosen


TAKE = entry(
    "take",
    "[·]",
    _take,
    lambda m, xs, out: [*(m.passes(m.equal(xs[-1], float(i)), 1.0) for i in range(len(xs) - 1)), None],
    gather=_gather_choice,
    last=position_among,
    samples=((2.0, -0.5, 1.5, 1.0),),
    doc="""The value at the position `index`; the index gets no derivative.

    Raises IndexError for a number that is no position.

    >>> import autograd
    >>> autograd.take([2.0, 3.0, 5.0], 1)
    3.0
    """,
    exact=lambda mp, *xs: xs[int(xs[-1])],
    torch=lambda torch, *xs: xs[int(xs[-1])],
)
