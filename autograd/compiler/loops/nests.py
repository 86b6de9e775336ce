"""What a schedule is made of: bundles (loop nests over buffers) and lines (single nodes), and where everything lies.

The spaces, each a letter: P the leaves' numbers, X the inputs, K constants, U what is computed once, R what is computed
for every row, G sums over the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...operations.operation import Operation
from ...support.printing import printable
from ..ir.arrays import Ints, Mask, distinct
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
    """Alike nodes as one loop nest: `out` = op(operands), or a sum of products, or such a sum over all the rows."""

    op: Operation | None
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
        """Whether it adds up over the rows."""
        return self.out.space == "G"

    def __str__(self) -> str:
        loops = "".join(f"{name}<{n} " for name, n in zip(LETTERS, self.extents, strict=False))
        what = (
            " + ".join(map(str, self.runs))
            if self.op is None
            else f"{self.op.name} {' '.join(map(str, self.operands))}"
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
Letters: TypeAlias = NDArray[np.str_]


@dataclass(frozen=True)
class Schedule:
    """Steps computed once, steps computed for all rows, and where every node lies. Back ends read it, nobody writes it.

    The constants are the `bundled` ones, which the bundles' addresses name, then those of single nodes and results.
    """

    program: Program
    batched: bool
    summed: bool  # the outputs are sums over rows, then as many numbers to add once a row (see batch_sums)
    once: tuple[Step, ...]
    rows: tuple[Step, ...]
    constants: tuple[float, ...]
    bundled: int
    space: Letters  # of each node: K, P, X, U, R or G
    slot: Ints
    constant: Mask  # which nodes are constants
    one: Mask  # which of them just 1
    sizes: Mapping[str, int]

    def operand(self, node: int) -> Address:
        """Where a single node lies."""
        return Address(str(self.space[node]), int(self.slot[node]))

    def __str__(self) -> str:
        sizes = ", ".join(f"{count} {what}" for count, what in self.counts() if count)
        parts = [f"# {sizes}", *(f"{step}" for step in self.once)]
        if self.rows:
            parts += ["for each row:", *(f"    {step}" for step in self.rows)]
        return printable("\n".join(parts))

    def counts(self) -> list[tuple[int, str]]:
        """How many numbers lie in each space, in words."""
        u, r, g = (self.sizes[space] for space in "URG")
        return [(self.bundled, "constants K"), (u, "numbers U"), (r, "numbers a row R"), (g, "sums over rows G")]


@dataclass
class Draft:
    """A schedule in the making."""

    program: Program
    batched: bool
    summed: bool
    space: Letters
    slot: Ints
    constant: Mask
    one: Mask
    once: list[Step] = field(default_factory=list)
    rows: list[Step] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
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

    def finished(self) -> Schedule:
        """The schedule, in which nothing moves any more."""
        bundled = len(self.constants)
        for nodes in [self.program.outputs, *(s.nodes for s in [*self.once, *self.rows] if isinstance(s, Lines))]:
            self.place_constants(np.concatenate([nodes, self.program.operands(nodes)]))
        parts = {f.name: getattr(self, f.name) for f in fields(Schedule) if f.name != "bundled"}
        for name in ("once", "rows", "constants"):
            parts[name] = tuple(parts[name])
        for name in ("space", "slot", "constant", "one"):
            parts[name].setflags(write=False)
        return Schedule(**parts, bundled=bundled)
