"""A program: a graph as a flat list of operations, held in arrays so that a pass handles all alike nodes at once.

Node i computes `words[code[i]]` of the nodes `args[start[i] : start[i] + arity[i]]`, which come before it (but for
constants, which a pass may add at the end). The first codes are no operations: an input, a leaf whose number is read at
every call, a constant, a sum of products, such a sum over all rows, and a number given in the graph. Given numbers are
data: that two of them are equal, or one of them is 1, is chance, and to make use of it would only hide how alike their
users are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from operator import attrgetter
from typing import Any

import numpy as np

from ...graph import topological_order
from ...operations.operation import Operation
from ...support.printing import printable
from ...value import Constant, Value
from .arrays import Floats, Ints, Mask, ordered, spans

INPUT, LEAF, CONSTANT, PRODUCTS, ROWS, GIVEN = range(6)
OP, OPERANDS = attrgetter("op"), attrgetter("operands")
KINDS = ("input", "leaf", "constant", "Σ", "Σ rows", "given")


class Words:
    """The operations that programs of one family use, numbered as they turn up."""

    def __init__(self) -> None:
        self.operations: list[Operation | None] = [None] * len(KINDS)
        self.codes: dict[Operation, int] = {}

    def code(self, op: Operation) -> int:
        """The number that stands for an operation in programs of these words."""
        if op not in self.codes:
            self.codes[op] = len(self.operations)
            self.operations.append(op)
        return self.codes[op]

    def name(self, code: int) -> str:
        """The name of the operation of that number."""
        op = self.operations[code]
        return KINDS[code] if op is None else op.name


@dataclass(frozen=True)
class Program:
    """`number` is a constant's number, or which input or leaf a node is.

    `places` says, of a sparse result, which of all results the outputs are.
    """

    words: Words
    code: Ints
    start: Ints
    arity: Ints
    args: Ints
    number: Floats
    outputs: Ints
    places: Ints | None = None

    def __len__(self) -> int:
        return len(self.code)

    def operands(self, nodes: Ints) -> Ints:
        """The operands of all of `nodes`, one after the other."""
        found: Ints = self.args[spans(self.start[nodes], self.arity[nodes])]
        return found

    def all_operands(self) -> Ints:
        """The operands of every node."""
        return self.args if self.is_compact() else self.operands(np.flatnonzero(self.arity))

    def is_compact(self) -> bool:
        """Whether the operands lie one behind the other, in the order of the nodes, and nothing else with them."""
        ends = np.cumsum(self.arity)
        return int(self.arity.sum()) == len(self.args) and np.array_equal(ends - self.arity, self.start)

    def matrix(self, nodes: Ints) -> Ints:
        """The operands of nodes of equal arity, one row a node."""
        width = int(self.arity[nodes[0]]) if len(nodes) else 0
        found: Ints = self.args[self.start[nodes][:, None] + np.arange(width)]
        return found

    @property
    def constant(self) -> Mask:
        """The constants: those of the derivatives, and those given in the graph, which are data, each for itself."""
        found: Mask = (self.code == CONSTANT) | (self.code == GIVEN)
        return found

    @property
    def one(self) -> Mask:
        """The constants 1 that are no data."""
        found: Mask = (self.code == CONSTANT) & (self.number == 1.0)
        return found

    def is_code(self, op: Operation) -> Mask:
        """Which nodes are of this operation."""
        found: Mask = self.code == self.words.codes.get(op, -1)
        return found

    def alike(self, nodes: Ints | None = None) -> list[tuple[int, int, Ints]]:
        """(code, arity, nodes) for each kind of operation, of all nodes or these, in their order."""
        nodes = np.arange(len(self)) if nodes is None else nodes
        key = self.code[nodes] * (1 << 32) + self.arity[nodes]
        order = ordered(key)
        firsts = np.flatnonzero(np.diff(key[order], prepend=-1))
        parts = np.split(nodes[order], firsts[1:])
        return [(int(self.code[p[0]]), int(self.arity[p[0]]), p) for p in parts if len(p) and self.arity[p[0]]]

    def same_as(self, other: "Program") -> bool:
        """Whether the other program computes the same from the same leaves, to the bit."""
        mine, theirs = ((p.args, p.arity, p.number.view(np.int64), p.outputs) for p in (self, other))
        names = [[p.words.operations[c] for c in np.unique(p.code)] for p in (self, other)]
        same = len(self) == len(other) and names[0] == names[1] and np.array_equal(self.code, other.code)
        return same and all(map(np.array_equal, mine, theirs))

    def __str__(self) -> str:
        shown = {int(i): f"  → output {k}" for k, i in enumerate(self.outputs)}
        return printable("\n".join(f"%{i} = {self.line(i)}{shown.get(i, '')}" for i in range(len(self))))

    def line(self, i: int) -> str:
        """A node as a line of text."""
        code, operands = int(self.code[i]), self.args[self.start[i] : self.start[i] + self.arity[i]]
        if code in (INPUT, LEAF):
            return f"{KINDS[code]} {int(self.number[i])}"
        if code in (CONSTANT, GIVEN):
            return repr(float(self.number[i]))
        names = [f"%{j}" for j in operands]
        if code in (PRODUCTS, ROWS):
            return " + ".join(f"{a}·{b}" for a, b in zip(names[::2], names[1::2], strict=True))
        return f"{self.words.name(code)} {' '.join(names)}"


def aliased(program: Program, alias: Ints) -> Program:
    """Every use of a node becomes a use of its alias; nodes behind the last alias stay themselves."""
    alias = np.append(alias, np.arange(len(alias), len(program)))
    while not np.array_equal(further := alias[alias], alias):
        alias = further
    return replace(program, args=alias[program.args], outputs=alias[program.outputs])


def from_graph(
    outputs: Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value]
) -> tuple[Program, list[Value]]:
    """The program of a graph, and its leaves: the parameters, then every other Value it depends on."""
    order = topological_order(*outputs)
    words, count = Words(), len(order)
    index: dict[Value, int] = dict(zip(order, range(count), strict=True))
    codes: dict[Any, int] = {op: words.code(op) for op in dict.fromkeys(map(OP, order)) if op is not None}
    code = np.fromiter(map(codes.get, map(OP, order), repeat(LEAF)), np.int64, count)
    number, leaves = _leaves(order, code, inputs, parameters)
    arity = np.fromiter(map(len, map(OPERANDS, order)), np.int64, count)
    flat = chain.from_iterable(map(OPERANDS, order))
    args = np.fromiter(map(index.__getitem__, flat), np.int64, int(arity.sum()))
    ends = np.array([index[x] for x in outputs], np.int64)
    return Program(words, code, np.cumsum(arity) - arity, arity, args, number, ends), leaves


def _leaves(
    order: list[Value], code: Ints, inputs: Sequence[Value], parameters: Sequence[Value]
) -> tuple[Floats, list[Value]]:
    """The nodes' numbers (a constant's number, or which input or leaf it is), and the leaves; tells them in `code`."""
    known: dict[Value, int] = {x: i for i, x in enumerate(inputs)}
    leaves: dict[Value, int] = {p: i for i, p in enumerate(parameters)}
    number = np.zeros(len(order))
    places = np.flatnonzero(code == LEAF)
    nodes = [order[i] for i in places.tolist()]
    given = np.fromiter((type(node) is Constant for node in nodes), np.bool_, len(nodes))
    code[places[given]] = GIVEN
    number[places[given]] = [nodes[k].data for k in np.flatnonzero(given).tolist()]
    for i in places[~given].tolist():
        node = order[i]
        if node in known:
            code[i], number[i] = INPUT, known[node]
        else:
            number[i] = leaves.setdefault(node, len(leaves))
    return number, list(leaves)


class Builder:
    """A program being extended: whole blocks of nodes are appended behind those there are."""

    words: Words
    code: list[Ints]
    start: list[Ints]
    arity: list[Ints]
    args: list[Ints]
    number: list[Floats]
    length: int
    width: int

    def __init__(self, program: Program) -> None:
        self.words, self.length, self.width = program.words, len(program), len(program.args)
        self.code, self.start, self.arity = [program.code], [program.start], [program.arity]
        self.args, self.number = [program.args], [program.number]
        self.known: dict[str, int] = {}

    def add(self, code: int | Ints, arity: Ints, args: Ints, number: Floats | None = None) -> Ints:
        """New nodes whose operands lie one after the other in `args`; returns where they are."""
        self.code.append(np.broadcast_to(np.asarray(code, np.int64), arity.shape))
        self.start.append(self.width + np.cumsum(arity) - arity)
        self.arity.append(arity)
        self.args.append(args)
        self.number.append(np.zeros(len(arity)) if number is None else number)
        self.length, self.width = self.length + len(arity), self.width + len(args)
        return np.arange(self.length - len(arity), self.length)

    def nodes(self, op: Operation, *columns: Ints) -> Ints:
        """One node of `op` for each row of the operands' columns."""
        table = np.stack(columns, axis=1)
        return self.add(self.words.code(op), np.full(len(table), len(columns)), table.ravel())

    def constant(self, number: float) -> int:
        """The node of a number; made once."""
        key = repr(number)  # −0.0 is not 0.0
        if key not in self.known:
            none = np.zeros(0, np.int64)
            self.known[key] = int(self.add(CONSTANT, np.zeros(1, np.int64), none, np.array([number]))[0])
        return self.known[key]

    def program(self, outputs: Ints) -> Program:
        """The nodes so far, as a program with these outputs."""
        code, start, arity, args = map(np.concatenate, (self.code, self.start, self.arity, self.args))
        return Program(self.words, code, start, arity, args, np.concatenate(self.number), outputs)
