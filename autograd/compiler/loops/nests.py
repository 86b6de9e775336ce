"""What a schedule is made of: bundles (loop nests over buffers) and lines (single nodes), and where everything lies.

The spaces, each a letter: P the leaves' numbers, X the inputs, K constants, U what is computed once, R what is computed
for every row, G sums over the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, TypeAlias

import numpy as np

from ...operations.operation import Operation
from ...support.printing import printable
from ..ir.arrays import Ints, distinct
from ..ir.program import Program
from .recognition import LETTERS, Address, Operand


@dataclass(frozen=True)
class Factors:
    """A run of terms of a sum of products: `length` times a·b; b is None where the terms are no products.

    After each of its terms comes one of each of `others`, runs of the same length.
    """

    length: int
    a: Operand
    b: Operand | None
    others: tuple["Factors", ...] = ()

    @property
    def parts(self) -> tuple["Factors", ...]:
        """The runs that take turns: mostly this one alone."""
        return self, *self.others

    def __str__(self) -> str:
        products = [str(part.a) if part.b is None else f"{part.a}·{part.b}" for part in self.parts]
        term = " + ".join(products)
        return term if self.length == 1 else f"Σ(t<{self.length}) {f'({term})' if self.others else term}"


@dataclass(frozen=True)
class Bundle:
    """Alike nodes as one loop nest: `out` = row(operands), or a sum of products, or such a sum over all the rows."""

    row: Operation | None
    extents: tuple[int, ...]
    out: Address
    operands: tuple[Operand, ...] = ()
    runs: tuple[Factors, ...] = ()
    lane: int | None = None  # the loop that goes to the SIMD lanes; None: the rows
    exact: bool = True  # additions keep the order of the eager engine

    @property
    def size(self) -> int:
        """How many terms it computes."""
        terms = sum(part.length for run in self.runs for part in run.parts)
        return prod(self.extents) * max(terms, 1)

    @property
    def sums_rows(self) -> bool:
        return self.out.space == "G"

    def __str__(self) -> str:
        loops = "".join(f"{name}<{n} " for name, n in zip(LETTERS, self.extents, strict=False))
        what = (
            " + ".join(map(str, self.runs))
            if self.row is None
            else f"{self.row.name} {' '.join(map(str, self.operands))}"
        )
        return f"{loops}{self.out} = {'Σ rows ' if self.sums_rows else ''}{what}"


def sum_of_products(factors: Sequence[Any]) -> Any:
    """a₁·b₁ + a₂·b₂ + … in this order, in any arithmetic; a plain 1.0 as b is left out."""
    total: Any = None
    for a, b in zip(factors[::2], factors[1::2], strict=True):
        term = a if type(b) is float and b == 1.0 else a * b
        total = term if total is None else total + term
    return total


@dataclass(frozen=True)
class Lines:
    """Nodes without a pattern, one after the other: `nodes` in the order in which they run."""

    nodes: Ints

    def __str__(self) -> str:
        return f"{len(self.nodes)} single nodes"


Step: TypeAlias = Bundle | Lines


@dataclass
class Schedule:
    """Steps computed once, steps computed for all rows, and where every node lies."""

    program: Program
    batched: bool
    summed: bool  # the outputs are sums over rows, then as many numbers to add once a row (see rows.py)
    once: list[Step] = field(default_factory=list)
    rows: list[Step] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    space: Any = None  # a letter for each node: K, P, X, U, R or G
    slot: Any = None
    constant: Any = None  # which nodes are constants, which of them just 1
    one: Any = None
    sizes: dict[str, int] = field(default_factory=lambda: dict.fromkeys("UGR", 0))

    def take(self, space: str, count: int) -> int:
        """The first of `count` new slots."""
        self.sizes[space] += count
        return self.sizes[space] - count

    def place_constants(self, nodes: Ints) -> None:
        """Slots for those of the nodes that are constants without one."""
        fresh = distinct(nodes[self.slot[nodes] < 0])
        self.slot[fresh] = len(self.constants) + np.arange(len(fresh))
        self.constants += self.program.number[fresh].tolist()

    def operand(self, node: int) -> Address:
        """Where a single node lies."""
        if self.slot[node] < 0:
            self.place_constants(np.array([node]))
        return Address(str(self.space[node]), int(self.slot[node]))

    def __str__(self) -> str:
        sizes = ", ".join(f"{count} {what}" for count, what in self.counts() if count)
        parts = [f"# {sizes}", *(f"{step}" for step in self.once)]
        if self.rows:
            parts += ["for each row:", *(f"    {step}" for step in self.rows)]
        return printable("\n".join(parts))

    def counts(self) -> list[tuple[int, str]]:
        u, r, g = (self.sizes[space] for space in "URG")
        return [(len(self.constants), "constants K"), (u, "numbers U"), (r, "numbers a row R"), (g, "sums over rows G")]
