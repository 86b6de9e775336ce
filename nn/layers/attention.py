"""What a transformer is made of: embeddings of tokens, and self-attention between the rows of a sequence."""

from math import sqrt
from numbers import Real
from operator import index
from typing import Any

from autograd import Value, dot, softmax, take

from ..init import Draws, draws
from ..inputs import Numbers, items, row, size
from ..module import Module
from .dense import Layer

Row = list[Value]


class Embedding(Module):
    """A row of `width` numbers for each of `count` tokens, drawn from the standard normal distribution.

    Called with the number of a token, from 0 on, or a list of such; a Value, such as an input of a compiled function,
    selects by `autograd.take`. Name and layout of the state are those of `torch.nn.Embedding(count, width)`. Raises
    IndexError for a number that is no token's.

    >>> table = Embedding(3, 2)
    >>> table(1) == table.weight[1], len(table([0, 2, 2]))
    (True, 3)
    """

    count: int
    width: int
    weight: list[Row]

    def __init__(self, count: int, width: int, *, rng: Draws | None = None) -> None:
        self.count, self.width, source = size(count, "count"), size(width, "width"), draws(rng)
        self.weight = [
            [Value(source.gauss(0.0, 1.0), label=f"e{i},{j}") for j in range(self.width)] for i in range(self.count)
        ]

    def __call__(self, tokens: Numbers) -> list[Any]:
        """The row of a token, or the rows of a list of them."""
        if isinstance(tokens, (Value, Real)):
            return self._row(tokens)
        return [self._row(token) for token in items(tokens, "tokens")]

    def _row(self, token: Any) -> Row:
        if isinstance(token, Value):
            return [take(column, token) for column in zip(*self.weight, strict=True)]
        number = int(token) if isinstance(token, float) and token.is_integer() else index(token)
        if not 0 <= number < self.count:
            raise IndexError(f"token {number} is none of {self.header()}: give a number from 0 to {self.count - 1}")
        return self.weight[number]

    def extra_repr(self) -> str:
        """Tokens and width, for the printed model."""
        return f"{self.count}, {self.width}"


class SelfAttention(Module):
    """Each row of a sequence asks all rows (`causal`: itself and those before), and gets a mean of their values.

    Of each head, softmax(q·k / √d) weighs the values v, where q, k and v are a row times weights, of width d = width /
    heads (Vaswani and others 2017); the heads side by side go through `out_proj`. Names and layout of the state are
    those of `torch.nn.MultiheadAttention(width, heads)`. Raises ValueError where `heads` does not divide `width`.

    >>> attention = SelfAttention(4, 2)
    >>> len(attention([[0.1, 0.2, 0.3, 0.4], [0.5, 0.0, -0.5, 1.0]]))
    2
    """

    nin: int
    nout: int
    heads: int
    causal: bool
    in_proj_weight: list[Row]
    in_proj_bias: Row | Any  # None where there is none
    out_proj: Layer

    def __init__(
        self, width: int, heads: int = 1, *, causal: bool = True, bias: bool = True, rng: Draws | None = None
    ) -> None:
        self.nin = self.nout = size(width, "width")
        self.heads, self.causal, source = size(heads, "heads"), bool(causal), draws(rng)
        if width % heads:
            raise ValueError(f"{heads} heads do not divide a width of {width}")
        limit = sqrt(6.0 / (4 * width))  # Xavier's, for width inputs and 3 · width outputs
        self.in_proj_weight = [
            [Value(source.uniform(-limit, limit), label=f"w_in{i},{j}") for j in range(1, width + 1)]
            for i in range(1, 3 * width + 1)
        ]
        self.in_proj_bias = [Value(0.0, label=f"b_in{i}") for i in range(1, 3 * width + 1)] if bias else None
        self.out_proj = Layer(width, width, "linear", bias=bias, init="xavier_uniform", rng=source)

    def __call__(self, xs: Numbers) -> list[Row]:
        """One row for each row of the sequence."""
        mixed = self._mixed(xs, lambda weights, values: [dot(weights, column) for column in zip(*values, strict=True)])
        return [self.out_proj(x) for x in mixed]

    def weights(self, xs: Numbers) -> list[list[Row]]:
        """How much each row takes of each: for each row, head by head, a list that adds up to 1."""
        found = self._mixed(xs, lambda weights, values: [weights])
        return [list(row) for row in found]

    def _mixed(self, xs: Numbers, mix: Any) -> list[list[Any]]:
        """What `mix` makes of each row's weights and the values that they weigh, the heads side by side."""
        parts = [self._projected(row(x, self.nin, self)) for x in items(xs, "the sequence")]
        if not parts:
            raise ValueError(f"{self.header()}: the sequence has no rows; give at least one")
        found: list[list[Any]] = []
        for t, (queries, _, _) in enumerate(parts):
            seen = parts[: t + 1] if self.causal else parts
            found.append([])
            for head, query in enumerate(queries):
                scores = [dot(query, keys[head]) / sqrt(len(query)) for _, keys, _ in seen]
                found[-1] += mix(softmax(scores), [values[head] for _, _, values in seen])
        return found

    def _projected(self, x: Row) -> list[list[Row]]:
        """Queries, keys and values of a row, head by head."""
        biases = [None] * len(self.in_proj_weight) if self.in_proj_bias is None else self.in_proj_bias
        flat = [dot(w, x, b) for w, b in zip(self.in_proj_weight, biases, strict=True)]
        width = self.nin // self.heads
        rows = [flat[k : k + width] for k in range(0, len(flat), width)]
        return [rows[k * self.heads : (k + 1) * self.heads] for k in range(3)]

    def extra_repr(self) -> str:
        """Width and heads, for the printed model."""
        return f"{self.nin}, heads={self.heads}" + ("" if self.causal else ", causal=False")
