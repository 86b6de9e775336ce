"""The table, continued: the operations of logits, unnormalised logarithms of probabilities.

All shift by the largest and divide by the sum of the powers, so that no digit is lost however large the logits are.
"""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from .reductions import TAKE, entry
from .requirement import position_among


def _sum(xs: Sequence[Any]) -> Any:
    return reduce(add, xs)


def _powers(m: Any, xs: Any) -> tuple[Any, list[Any]]:
    """The largest, and every exp(x − largest): none overflows. 0 stands for an infinite one: inf − inf would be nan.

    No derivative is taken of the largest: the results do not depend on what was subtracted.
    """
    top = m.detach(m.max(xs))
    top = m.where(m.less(m.abs(top), float("inf")), top, 0.0)
    return top, [m.exp_difference(x, top) for x in xs]


def _shares(m: Any, powers: list[Any]) -> list[Any]:
    """Each as a share of their sum; one of more than half as 1 − the others': the derivative 1/s − p/s, for a sum s,
    would have no digits where p is nearly s.
    """
    total = _sum(powers)
    half = 0.5 * total
    most = [m.less(half, p) for p in powers]
    others = _sum([m.where(it, 0.0, p) for it, p in zip(most, powers, strict=True)])
    rest = 1.0 - m.truediv(others, total)
    return [m.where(it, rest, m.truediv(p, total)) for it, p in zip(most, powers, strict=True)]


def _logsumexp(m: Any, xs: Any) -> Any:
    """top + log1p(Σ exp(x − top) − 1), the 1 taken from the largest itself: near 0 all digits are in the others."""
    top, powers = _powers(m, xs)
    tops = [m.equal(x, top) for x in xs]
    others = _sum([power - it for power, it in zip(powers, tops, strict=True)])
    return top + m.log1p(others + (_sum(tops) - 1.0))


LOGSUMEXP = entry(
    "logsumexp",
    "lse",
    _logsumexp,
    lambda m, xs, out: _shares(m, _powers(m, xs)[1]),
    expansion=_logsumexp,
    written=lambda m, xs: m.log(_sum([m.exp(x) for x in xs])),
    textbook=lambda m, xs, out: [m.exp(x - out) for x in xs],
    doc="log(e^x₁ + e^x₂ + …) without overflow; the derivatives are the softmax.",
    exact=lambda mp, *xs: mp.log(mp.fsum(map(mp.exp, xs))),
    torch=lambda torch, *xs: torch.logsumexp(torch.stack(xs), 0),
)


def _cross_entropy(m: Any, xs: Any) -> Any:
    """log(1 + others/own), of powers exp(x − top), the target's own and the sum of the others: log1p keeps the digits
    that logsumexp − logit would lose. Where the target is not the most likely: (top − logit) + log(own + others).
    """
    *logits, target = xs
    top, powers = _powers(m, logits)
    logit = m.take(logits, target)
    own = m.exp_difference(logit, top)
    others = _sum([m.where(m.equal(target, float(i)), 0.0, power) for i, power in enumerate(powers)])
    likely = m.less_equal(others, own)
    near = m.log1p(m.truediv(others, m.where(likely, own, 1.0)))
    return m.where(likely, near, (top - logit) + m.log(own + others))


def _cross_entropy_partials(m: Any, xs: Any, out: Any) -> Any:
    """softmax − 1 at the target, softmax elsewhere. The target's softmax is e⁻ᵒᵘᵗ: expm1 keeps its digits."""
    *logits, target = xs
    shares = enumerate(_shares(m, _powers(m, logits)[1]))
    return [*(m.where(m.equal(target, float(i)), m.expm1(-out), share) for i, share in shares), None]


CROSS_ENTROPY = entry(
    "cross_entropy",
    "CE",
    _cross_entropy,
    _cross_entropy_partials,
    expansion=_cross_entropy,
    gather=lambda logits, target: TAKE.flatten(logits, target),
    last=position_among,
    textbook=lambda m, xs, out: [
        *(m.exp(x - out - m.take(xs[:-1], xs[-1])) - m.equal(xs[-1], float(i)) for i, x in enumerate(xs[:-1])),
        None,
    ],
    samples=((2.0, -0.5, 1.5, 1.0), (0.3, 0.7, 2.0, -1.1, 2.0)),
    doc="""logsumexp(logits) − logits[target]; the derivatives are softmax − 1 at the target, softmax elsewhere.

    Raises IndexError for a target that is no class, 0 to n − 1.

    >>> import autograd
    >>> round(autograd.cross_entropy([2.0, 1.0, 0.0], 0), 12)
    0.407605964444
    """,
    exact=lambda mp, *xs: mp.log(mp.fsum(map(mp.exp, xs[:-1]))) - xs[int(xs[-1])],
    torch=lambda torch, *xs: torch.nn.functional.cross_entropy(torch.stack(xs[:-1]), xs[-1].long().detach()),
)
