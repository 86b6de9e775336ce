"""The table, continued: variance and standard deviation, each a single node of many operands."""

from numbers import Real
from typing import Any

from .reductions import entry, several

SPREAD = ((2.0, -0.5, 1.5, 1.0), (0.3, 0.7, -1.1, 4.0, 0.0), (1.5, -2.0, 1.0))
ABOUT = """

    As in PyTorch, `correction=1` divides by n − 1 (the unbiased estimate); `correction=0` by n, as NumPy does. The
    correction gets no derivative. Raises ValueError where n − correction is not positive.

    >>> import autograd
    >>> """


def _gather_spread(values: Any, correction: Any = 1) -> list[Any]:
    values = several(values)
    if isinstance(correction, Real) and not len(values) > correction:
        raise ValueError(f"{len(values)} value(s) leave nothing to divide by with correction={correction}")
    return [*values, correction]


def _exact_variance(mp: Any, *xs: Any) -> Any:
    *values, correction = xs
    mean = mp.fsum(values) / len(values)
    return mp.fsum((x - mean) ** 2 for x in values) / (len(values) - correction)


def _deviations(m: Any, xs: Any) -> Any:
    """(each x − mean, n − correction)."""
    *values, correction = xs
    mean = m.mean(values)
    return [x - mean for x in values], float(len(values)) - correction


def _var(m: Any, xs: Any) -> Any:
    deviations, count = _deviations(m, xs)
    return m.truediv(m.sum([d * d for d in deviations]), count)


def _var_partials(m: Any, xs: Any, out: Any) -> Any:
    deviations, count = _deviations(m, xs)
    return [*(m.truediv(2.0 * d, count) for d in deviations), None]


VAR = entry(
    "var",
    "var",
    _var,
    _var_partials,
    gather=_gather_spread,
    expansion=_var,
    textbook=lambda m, xs, out: [
        *(m.truediv(2.0 * (x - m.mean(xs[:-1])), float(len(xs) - 1) - xs[-1]) for x in xs[:-1]),
        None,
    ],
    samples=SPREAD,
    doc=f"Σ(xᵢ − mean)²/(n − correction); the derivatives are 2·(xᵢ − mean)/(n − correction).{ABOUT}"
    "autograd.var([1.0, 2.0, 6.0])\n    7.0\n    ",
    exact=_exact_variance,
    torch=lambda torch, *xs: torch.var(torch.stack(xs[:-1]), correction=int(xs[-1])),
)


def _std(m: Any, xs: Any) -> Any:
    """By the norm of the deviations, whose squares neither overflow nor vanish."""
    deviations, count = _deviations(m, xs)
    return m.truediv(m.norm(deviations), m.sqrt(count))


def _std_partials(m: Any, xs: Any, out: Any) -> Any:
    deviations, count = _deviations(m, xs)
    safe = m.where(m.equal(out, 0.0), 1.0, out)  # all deviations are 0 there, and so is each derivative
    return [*(m.truediv(m.truediv(d, safe), count) for d in deviations), None]


STD = entry(
    "std",
    "std",
    _std,
    _std_partials,
    gather=_gather_spread,
    expansion=_std,
    textbook=lambda m, xs, out: [
        *(m.truediv(x - m.mean(xs[:-1]), (float(len(xs) - 1) - xs[-1]) * out) for x in xs[:-1]),
        None,
    ],
    samples=SPREAD,
    doc="√var without overflow; the derivatives are (xᵢ − mean)/((n − correction)·std), 0 where all values are equal."
    f"{ABOUT}autograd.std([1.0, 2.0, 3.0])\n    1.0\n    ",
    exact=lambda mp, *xs: mp.sqrt(_exact_variance(mp, *xs)),
    torch=lambda torch, *xs: torch.std(torch.stack(xs[:-1]), correction=int(xs[-1])),
)
