"""Rows brought to one scale, whatever their size: between the layers of deep networks and of transformers."""

from collections.abc import Sequence
from math import isfinite
from sys import float_info
from typing import Any

from autograd import Value, dot, mean, sqrt

from ..inputs import Numbers, number, row, size
from ..module import Module


class _Normalization(Module):
    """A row of `nin` numbers in, one as long out, each times a weight of its own (1 at first)."""

    nin: int
    nout: int
    eps: float
    weight: list[Value] | Any  # None where there is none, as the bias
    bias: list[Value] | Any

    def __init__(self, nin: int, eps: float, *, weight: bool, bias: bool) -> None:
        self.nin = self.nout = size(nin, "nin")
        self.eps = number(eps, "eps")
        if not (isfinite(self.eps) and self.eps > 0):
            raise ValueError(f"eps must be a finite number above 0 (equal inputs divide by its root), got {eps!r}")
        self.weight = [Value(1.0, label=f"w{i}") for i in range(1, self.nin + 1)] if weight else None
        self.bias = [Value(0.0, label=f"b{i}") for i in range(1, self.nin + 1)] if bias else None

    def __call__(self, x: Numbers) -> list[Value]:
        """The outputs for one row of inputs."""
        out = self._normalized(row(x, self.nin, self))
        if self.weight is not None:
            out = [w * v for w, v in zip(self.weight, out, strict=True)]
        return out if self.bias is None else [v + b for v, b in zip(out, self.bias, strict=True)]

    def _normalized(self, x: list[Value]) -> list[Value]:
        raise NotImplementedError

    def _scaled(self, x: Sequence[Value]) -> list[Value]:
        """x over its root mean square."""
        scale = sqrt(dot(x, x) / self.nin + self.eps)
        return [v / scale for v in x]

    def extra_repr(self) -> str:
        """Inputs, and the number that is added, for the printed model."""
        return f"{self.nin}, eps={self.eps:g}"


class LayerNorm(_Normalization):
    """Mean 0 and variance 1 over the row: (x − mean) / √(var + eps) · weight + bias (Ba, Kiros and Hinton 2016).

    The variance divides by `nin`. `affine=False` leaves out weight and bias, `bias=False` the bias alone; names and
    numbers of the state are those of `torch.nn.LayerNorm(nin)`. Raises ValueError for an `eps` that is not above 0.

    >>> norm = LayerNorm(2)
    >>> norm
    LayerNorm(2, eps=1e-05): 4 parameters
    >>> [round(y.data, 3) for y in norm([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __init__(self, nin: int, eps: float = 1e-5, *, affine: bool = True, bias: bool = True) -> None:
        super().__init__(nin, eps, weight=affine, bias=affine and bias)

    def _normalized(self, x: list[Value]) -> list[Value]:
        middle = mean(x)
        return self._scaled([v - middle for v in x])


class RMSNorm(_Normalization):
    """A root mean square of 1 over the row: x / √(mean of x² + eps) · weight (Zhang and Sennrich 2019).

    `eps` starts as PyTorch's for float64. `affine=False` leaves out the weight; names and numbers of the state are
    those of `torch.nn.RMSNorm(nin)`. Raises ValueError for an `eps` that is not above 0.

    >>> norm = RMSNorm(2)
    >>> [round(y.data, 6) for y in norm([3.0, 3.0])]
    [1.0, 1.0]
    """

    def __init__(self, nin: int, eps: float = float_info.epsilon, *, affine: bool = True) -> None:
        super().__init__(nin, eps, weight=affine, bias=False)

    def _normalized(self, x: list[Value]) -> list[Value]:
        return self._scaled(x)
