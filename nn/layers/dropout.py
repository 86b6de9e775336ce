"""Dropout with random numbers that are given, not hidden: what is dropped is an argument, so that it compiles."""

from autograd import Value

from ..init import Draws, draws
from ..inputs import Numbers, nodes, number, row, size
from ..module import Module


class Dropout(Module):
    """While training each number is 0 with probability `p`, and else 1/(1 − p) times itself (Srivastava 2014).

    `mask(n, rng)` draws what n numbers are multiplied by. Called with it, it drops; called without, as in use, it gives
    the numbers as they are. Raises ValueError for a `p` outside 0 ≤ p < 1.

    >>> import random
    >>> dropout = Dropout(0.5)
    >>> mask = dropout.mask(4, random.Random(1))
    >>> mask
    [0.0, 2.0, 2.0, 0.0]
    >>> [v.data for v in dropout([1.0, 2.0, 3.0, 4.0], mask)]
    [0.0, 4.0, 6.0, 0.0]
    """

    p: float

    def __init__(self, p: float = 0.5) -> None:
        self.p = number(p, "p")
        if not 0.0 <= self.p < 1.0:
            raise ValueError(f"p is the probability of being dropped, at least 0 and below 1; got {p!r}")

    def mask(self, n: int, rng: Draws | None = None) -> list[float]:
        """n factors, each 0 with probability `p`; `rng=None` draws from the module `random`."""
        source, kept = draws(rng), 1.0 / (1.0 - self.p)
        return [0.0 if source.uniform(0.0, 1.0) < self.p else kept for _ in range(size(n, "n"))]

    def __call__(self, x: Numbers, mask: Numbers | None = None) -> list[Value]:
        """The numbers times the mask; without one, as they are."""
        given = nodes(x)
        if mask is None:
            return given
        return [v * factor for v, factor in zip(given, row(mask, len(given), self), strict=True)]

    def extra_repr(self) -> str:
        """The probability, for the printed model."""
        return f"{self.p:g}"
