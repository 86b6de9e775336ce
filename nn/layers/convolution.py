"""Convolutions and pooling: the same weights at every place of a signal or a picture. One example a call."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod, sqrt
from typing import Any, TypeAlias

import autograd
from autograd import Constant, Value, dot

from ..init import Draws, draws
from ..inputs import Numbers, items, nodes, size
from ..module import Module

Size: TypeAlias = int | Sequence[int]
Place = tuple[int, ...]


class _Window:
    """Where a window of `kernel` lies on a grid that is `padding` wider on each side, moved by `stride`."""

    def __init__(self, kernel: Size, stride: Size, padding: Size, dimensions: int) -> None:
        self.kernel = _sizes(kernel, dimensions, "kernel_size")
        self.stride = _sizes(stride, dimensions, "stride")
        self.padding = _sizes(padding, dimensions, "padding", least=0)

    def counts(self, grid: Place) -> Place:
        """How many windows there are along each dimension."""
        found = tuple(
            (n + 2 * p - k) // s + 1 for n, p, k, s in zip(grid, self.padding, self.kernel, self.stride, strict=True)
        )
        if min(found) < 1:
            padding = _by(self.padding)
            raise ValueError(f"a window of {_by(self.kernel)} does not fit on {_by(grid)} with padding {padding}")
        return found

    def places(self, at: Place) -> Iterator[Place]:
        """The places on the grid of the window at `at`; those outside lie on the padding."""
        starts = [i * s - p for i, s, p in zip(at, self.stride, self.padding, strict=True)]
        return product(*(range(start, start + k) for start, k in zip(starts, self.kernel, strict=True)))


class _Convolution(Module):
    """Weights with PyTorch's names and layout, out × in × kernel, drawn as there: uniform within ±1/√(in · kernel)."""

    DIMENSIONS = 1

    nin: int
    nout: int
    weight: list[Any]
    bias: list[Value] | Any  # None where there is none

    def __init__(
        self,
        nin: int,
        nout: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        *,
        bias: bool = True,
        rng: Draws | None = None,
    ) -> None:
        self.nin, self.nout = size(nin, "nin"), size(nout, "nout")
        self._window = _Window(kernel_size, stride, padding, self.DIMENSIONS)
        source, shape = draws(rng), (self.nout, self.nin, *self._window.kernel)
        limit = 1.0 / sqrt(self.nin * prod(self._window.kernel))
        self.weight = _made(shape, lambda at: Value(source.uniform(-limit, limit), label=f"w{_place(at)}"))
        self.bias = None
        if bias:
            self.bias = _made((self.nout,), lambda at: Value(source.uniform(-limit, limit), label=f"b{_place(at)}"))

    def __call__(self, x: Numbers) -> list[Any]:
        """The output channels, nested as the input: `nin` channels in, `nout` out."""
        grid, numbers = _example(x, self.nin, self.DIMENSIONS, self)
        return _made((self.nout, *self._window.counts(grid)), lambda at: self._output(at[0], at[1:], numbers))

    def _output(self, channel: int, at: Place, numbers: dict[Place, Value]) -> Value:
        """Σ weight · input over the window and all channels; what lies on the padding is 0, and left out."""
        weights, inputs = [], list[Value]()
        for source in range(self.nin):
            flat = _flat(self.weight[channel][source])
            for w, place in zip(flat, self._window.places(at), strict=True):
                if (source, *place) in numbers:
                    weights.append(w)
                    inputs.append(numbers[source, *place])
        bias = None if self.bias is None else self.bias[channel]
        return dot(weights, inputs, bias) if weights or bias is not None else Constant(0.0)

    def extra_repr(self) -> str:
        """Channels and kernel, for the printed model."""
        return f"{self.nin}, {self.nout}, {_by(self._window.kernel)}"


class Conv1d(_Convolution):
    """yⱼ[t] = bⱼ + Σ w[j][i][k] · xᵢ[t·stride + k − padding] over channels i and the kernel's places k.

    Takes `nin` channels, each a list of numbers, and gives `nout`. Names and layout of the state are those of
    `torch.nn.Conv1d(nin, nout, kernel_size, stride, padding)`. Raises ValueError where the kernel does not fit.

    >>> conv = Conv1d(1, 1, 2, bias=False)
    >>> conv.load_state_dict({"weight": [[[1.0, -1.0]]]})
    >>> [y.data for y in conv([[1.0, 3.0, 6.0]])[0]]
    [-2.0, -3.0]
    """


class Conv2d(_Convolution):
    """The same for pictures: `nin` channels of rows of numbers in, `nout` out.

    `kernel_size`, `stride` and `padding` are a number, or two: by rows, by columns. Names and layout of the state are
    those of `torch.nn.Conv2d`. Raises ValueError where the kernel does not fit.

    >>> conv = Conv2d(1, 2, 3, padding=1)
    >>> picture = [[0.0, 1.0], [2.0, 3.0]]
    >>> len(conv([picture])), len(conv([picture])[0]), len(conv([picture])[0][0])
    (2, 2, 2)
    """

    DIMENSIONS = 2


class MaxPool2d(Module):
    """The largest number of each window, channel by channel; a tie shares its gradient evenly.

    The windows lie side by side unless `stride` says otherwise. As `torch.nn.MaxPool2d`, but for ties, where PyTorch
    sends all to the first. Raises ValueError where the window does not fit, or is padded by more than half of it.

    >>> [y.data for y in MaxPool2d(2)([[[1.0, 2.0, 5.0, 0.0], [4.0, 3.0, 0.0, 0.0]]])[0][0]]
    [4.0, 5.0]
    """

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        self._window = _Window(kernel_size, kernel_size if stride is None else stride, padding, 2)
        if any(2 * p > k for p, k in zip(self._window.padding, self._window.kernel, strict=True)):
            raise ValueError("padding must be at most half of kernel_size, or a window could lie on padding alone")

    def __call__(self, x: Numbers) -> list[Any]:
        """The largest numbers, nested as the input."""
        channels = len(items(x, "the picture"))
        grid, numbers = _example(x, channels, 2, self)

        def largest(at: Place) -> Value:
            places = [(at[0], *place) for place in self._window.places(at[1:])]
            return autograd.max([numbers[place] for place in places if place in numbers])

        return _made((channels, *self._window.counts(grid)), largest)

    def extra_repr(self) -> str:
        """The window, for the printed model."""
        return _by(self._window.kernel)


def _sizes(given: Size, dimensions: int, what: str, least: int = 1) -> Place:
    """A number for each dimension."""
    several = [given] * dimensions if isinstance(given, int) else list(given)
    if len(several) != dimensions or any(type(n) is not int or n < least for n in several):
        raise ValueError(f"{what} must be {dimensions} whole number(s) of at least {least}, got {given!r}")
    return tuple(several)


def _example(x: Numbers, channels: int, dimensions: int, taker: Module) -> tuple[Place, dict[Place, Value]]:
    """The grid of one example, and its numbers by (channel, place …)."""
    parts = items(x, "the example")
    if len(parts) != channels:
        raise ValueError(f"{taker.header()} takes {channels} channel(s), got {len(parts)}")
    if dimensions == 1:
        table = [[nodes(channel)] for channel in parts]
    else:
        table = [[nodes(line) for line in items(channel, "a channel")] for channel in parts]
    widths = {(len(channel), len(line)) for channel in table for line in channel}
    if len(widths) != 1:
        raise ValueError(f"{taker.header()}: channels and rows must be alike, and none empty")
    grid = widths.pop()[2 - dimensions :]
    numbers = {
        (c, *(i, j)[2 - dimensions :]): v
        for c, channel in enumerate(table)
        for i, line in enumerate(channel)
        for j, v in enumerate(line)
    }
    return grid, numbers


def _made(shape: Place, make: Any, at: Place = ()) -> list[Any]:
    """Nested lists of this shape, of what `make` gives for each place."""
    if len(at) == len(shape) - 1:
        return [make((*at, i)) for i in range(shape[-1])]
    return [_made(shape, make, (*at, i)) for i in range(shape[len(at)])]


def _flat(nested: Any) -> list[Any]:
    return [x for part in nested for x in _flat(part)] if isinstance(nested, list) else [nested]


def _place(at: Place) -> str:
    return ",".join(str(i + 1) for i in at)


def _by(sizes: Place) -> str:
    return "×".join(map(str, sizes))
