"""Recurrent layers: what they carry from one row of a sequence to the next. One sequence of any length a call."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

from autograd import Constant, Value, dot, scan, sigmoid, tanh

from ..init import Draws, draws
from ..inputs import Numbers, items, row, size
from ..module import Module

Row = list[Value]


class _Recurrent(Module):
    """Parameters with the names and the layout of PyTorch's, drawn as there: uniform within ±1/√hidden."""

    GATES = 1

    nin: int
    nout: int
    weight_ih_l0: list[Row]
    weight_hh_l0: list[Row]
    bias_ih_l0: Row | Any  # None where there is none, as the other
    bias_hh_l0: Row | Any

    def __init__(self, nin: int, nout: int, *, bias: bool = True, rng: Draws | None = None) -> None:
        self.nin, self.nout = size(nin, "nin"), size(nout, "nout")
        source, limit, rows = draws(rng), 1.0 / sqrt(nout), range(1, self.GATES * nout + 1)

        def drawn(label: str) -> Value:
            return Value(source.uniform(-limit, limit), label=label)

        self.weight_ih_l0 = [[drawn(f"w_ih{i},{j}") for j in range(1, nin + 1)] for i in rows]
        self.weight_hh_l0 = [[drawn(f"w_hh{i},{j}") for j in range(1, nout + 1)] for i in rows]
        self.bias_ih_l0 = [drawn(f"b_ih{i}") for i in rows] if bias else None
        self.bias_hh_l0 = [drawn(f"b_hh{i}") for i in rows] if bias else None

    def _scanned(self, xs: Numbers, state: Any) -> tuple[list[Row], Any]:
        """The outputs for each row of the sequence, and the last state."""
        checked = [row(x, self.nin, self) for x in items(xs, "the sequence")]
        if not checked:
            raise ValueError(f"{type(self).__name__}: the sequence has no rows; give at least one")
        last, outputs = scan(self._step, state, checked)
        return outputs or [], last

    def _step(self, state: Any, x: Row) -> tuple[Any, Row]:
        raise NotImplementedError

    def _of_input(self, x: Row) -> list[Row]:
        """W_ih·x + b_ih, gate by gate."""
        return self._gates(self.weight_ih_l0, self.bias_ih_l0, x)

    def _of_state(self, h: Row) -> list[Row]:
        """W_hh·h + b_hh, gate by gate."""
        return self._gates(self.weight_hh_l0, self.bias_hh_l0, h)

    def _gates(self, weight: list[Row], bias: Row | None, x: Row) -> list[Row]:
        sums = (
            [dot(w, x) for w in weight] if bias is None else [dot(w, x, b) for w, b in zip(weight, bias, strict=True)]
        )
        return [sums[k : k + self.nout] for k in range(0, len(sums), self.nout)]

    def _state(self, given: Numbers | None) -> Row:
        """The state to begin with: zeros where none is given."""
        return [Constant(0.0) for _ in range(self.nout)] if given is None else row(given, self.nout, self)

    def extra_repr(self) -> str:
        """Inputs and outputs, for the printed model."""
        return f"{self.nin}, {self.nout}"


class RNN(_Recurrent):
    """h = tanh(W_ih·x + b_ih + W_hh·h + b_hh) for each row x of a sequence (Elman 1990).

    Called with a list of rows of `nin` numbers, and the state to begin with (zeros at first): gives the list of all
    states, and the last. Names and layout of the state are those of `torch.nn.RNN(nin, nout)`.

    >>> import random
    >>> rnn = RNN(2, 3, rng=random.Random(1))
    >>> outputs, last = rnn([[0.5, -1.0], [0.25, 2.0]])
    >>> len(outputs), len(last), outputs[-1] == last
    (2, 3, True)
    """

    def __call__(self, xs: Numbers, h: Numbers | None = None) -> tuple[list[Row], Row]:
        """The states after each row, and the last."""
        return self._scanned(xs, self._state(h))

    def _step(self, h: Row, x: Row) -> tuple[Row, Row]:
        pairs = zip(self._of_input(x)[0], self._of_state(h)[0], strict=True)
        after = [tanh(a + b) for a, b in pairs]
        return after, after


class GRU(_Recurrent):
    """Gated recurrent units (Cho and others 2014), with the reset gate behind the product, as PyTorch has it.

    r = σ(…), z = σ(…), n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)), h = (1 − z)·n + z·h. Called as `RNN`; names and
    layout of the state are those of `torch.nn.GRU(nin, nout)`: the rows of r, z and n one below the other.
    """

    GATES = 3

    def __call__(self, xs: Numbers, h: Numbers | None = None) -> tuple[list[Row], Row]:
        """The states after each row, and the last."""
        return self._scanned(xs, self._state(h))

    def _step(self, h: Row, x: Row) -> tuple[Row, Row]:
        (xr, xz, xn), (hr, hz, hn) = self._of_input(x), self._of_state(h)
        after = [self._unit(*parts) for parts in zip(xr, xz, xn, hr, hz, hn, h, strict=True)]
        return after, after

    @staticmethod
    def _unit(xr: Value, xz: Value, xn: Value, hr: Value, hz: Value, hn: Value, h: Value) -> Value:
        r, z = sigmoid(xr + hr), sigmoid(xz + hz)
        n = tanh(xn + r * hn)
        return (1.0 - z) * n + z * h


class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber 1997): c = f·c + i·g, h = o·tanh(c).

    i, f, o = σ(…) and g = tanh(…), each of W_ih·x + b_ih + W_hh·h + b_hh. The state is the pair (h, c). Called as
    `RNN`; names and layout are those of `torch.nn.LSTM(nin, nout)`: the rows of i, f, g and o one below the other.

    >>> import random
    >>> lstm = LSTM(2, 3, rng=random.Random(1))
    >>> outputs, (h, c) = lstm([[0.5, -1.0], [0.25, 2.0]])
    >>> outputs[-1] == h, len(c)
    (True, 3)
    """

    GATES = 4

    def __call__(self, xs: Numbers, state: Sequence[Numbers] | None = None) -> tuple[list[Row], tuple[Row, Row]]:
        """The states h after each row, and the last (h, c)."""
        h, c = (None, None) if state is None else state
        return self._scanned(xs, (self._state(h), self._state(c)))

    def _step(self, state: tuple[Row, Row], x: Row) -> tuple[tuple[Row, Row], Row]:
        h, c = state
        gates = zip(self._of_input(x), self._of_state(h), strict=True)
        i, f, g, o = ([a + b for a, b in zip(*gate, strict=True)] for gate in gates)
        c = [sigmoid(fk) * ck + sigmoid(ik) * tanh(gk) for ik, fk, gk, ck in zip(i, f, g, c, strict=True)]
        h = [sigmoid(ok) * tanh(ck) for ok, ck in zip(o, c, strict=True)]
        return (h, c), h
