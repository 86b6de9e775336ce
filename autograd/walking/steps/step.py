"""What the steps of a walk have in common: small frozen records, with the numbers as they were at the time.

The kinds of steps, and what each of them says, are in `kinds.py`; nothing in either computes a gradient.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, TypeAlias

from ...notation.numbers import number
from ...operations.arithmetic import FLOATS
from ...operations.reductions import DOT
from ...support.printing import printable
from ...value import Constant, Value
from .formatting import TERMS_SHOWN, TEXT, Name, Pen, literal


class Line(NamedTuple):
    """One line of a step, aligned at its sign: ∂L/∂w₁₁ | = | ∂L/∂z₁ · ∂z₁/∂w₁₁."""

    left: str
    sign: str
    right: str


class Phase(NamedTuple):
    """A part of a pass: its name, its heading, and the letter by which the page's script and style sheet know it."""

    name: str
    heading: str
    letter: str


FORWARD, LOSS = Phase("forward", "Forward", "f"), Phase("loss", "Loss", "l")
BACKWARD, UPDATE = Phase("backward", "Backward", "b"), Phase("update", "Update", "u")

Places: TypeAlias = Mapping[Value, int]
"""Where nodes stand in the graph's order: by that the page's picture knows them."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A node as the walk found it: its name and number, the names and numbers of its operands."""

    node: Value
    name: Name
    data: float
    names: tuple[Name, ...] = ()
    numbers: tuple[float, ...] = ()
    times: str = ""  # how often there is the like in the graph: "× 100 × 16"

    @property
    def is_leaf(self) -> bool:
        """Whether it is computed from nothing."""
        return not self.names

    def formula(self, pen: Pen) -> str:
        """What the node computes, in names: w₁₁·x₁ + b₁."""
        assert self.node.op is not None
        return pen.expression(self.node.op, [pen.name(name) for name in self.names])

    def arithmetic(self, pen: Pen) -> str:
        """The same in numbers; bias first, as it is computed, where the textbook's order gives another number."""
        assert self.node.op is not None
        texts = self._numbers(pen)
        if self.node.op is DOT and len(texts) % 2 and self._needs_its_order(pen):
            return f"{texts[-1]} + {pen.expression(DOT, texts[:-1])}"
        return pen.expression(self.node.op, texts)

    def _needs_its_order(self, pen: Pen) -> bool:
        *factors, bias = self.numbers
        return pen.number(DOT.evaluate(FLOATS, factors) + bias) != pen.number(self.data)

    def _numbers(self, pen: Pen) -> list[str]:
        return [pen.operand(name, x) for name, x in zip(self.names, self.numbers, strict=True)]

    def local(self, pen: Pen, index: int) -> list[str]:
        """The local derivative by one operand, in names and in numbers; empty where it cannot be written."""
        assert self.node.op is not None
        op = self.node.op
        names = pen.derivative(op, [pen.name(name) for name in self.names], pen.name(self.name), index)
        numbers = pen.derivative(op, self._numbers(pen), pen.number(self.data), index)
        return [] if names is None or numbers is None else [names, numbers]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a contribution is zero.

    `kind` is "gate" (closed right here), "behind" (nothing arrived), "factor" (the other factor is 0), "unchosen",
    "flat", "cancelled" or "underflow"; `name` is the node to blame.
    """

    kind: str
    name: str
    text: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Step:
    """What all steps share. `number` of `total` is its place; `before` and `after` the number that it changes.

    A new kind of step is one class: its `phase`, its `lines` and `sentence`, and where they differ from what is usual
    what it lights up in the page's picture, what it changes there, and how it is laid out as text.
    """

    phase: ClassVar[Phase]
    is_asked: ClassVar[bool] = False  # whether predict mode asks for its number
    is_block: ClassVar[bool] = False  # whether it takes several lines: matrices, and NumPy
    seen: Seen
    root: Name
    after: float
    before: float | None = None
    target: Seen | None = None
    index: int = 0
    local: float | None = None
    upstream: float | None = None
    part: int = 1
    parts: int = 1
    blocked: tuple[Reason, ...] = ()
    steps: tuple["Step", ...] = field(default=(), repr=False)
    number: int = 0
    total: int = 0

    @property
    def kind(self) -> str:
        """The part of the pass: "forward", "loss", "backward" or "update"."""
        return self.phase.name

    @property
    def node(self) -> Value:
        """The node that is computed, that sends gradient, or that is updated."""
        return self.seen.node

    @property
    def operand(self) -> Value | None:
        """In a backward step the node that receives."""
        return self.target.node if self.target else None

    @property
    def state(self) -> str:
        """How much of its gradient the receiving node has now: "partial (1 of 2)" or "final"."""
        return "final" if self.part == self.parts else f"partial ({self.part} of {self.parts})"

    @property
    def formula(self) -> str:
        """The rule in symbols: `∂L/∂w₁₁ = ∂L/∂z₁ · ∂z₁/∂w₁₁`."""
        return " ".join(self.lines()[0])

    @property
    def numbers(self) -> str:
        """The rule with its numbers and the result: `−0.0283 · 1.0 ≈ −0.0283`."""
        return " ".join(part for line in self.lines()[1:3] for part in line[1:]).partition(" ")[2]

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """Rule, numbers and result, and below them what the rule uses."""
        raise NotImplementedError

    @property
    def sentence(self) -> str:
        """The step in plain words."""
        raise NotImplementedError

    @property
    def words(self) -> str:
        """The sentence; where the step stands for many like it, how many."""
        return self.sentence + (f" One of {self.seen.times[2:]} alike." if self.seen.times else "")

    @property
    def answer(self) -> float:
        """The number to predict."""
        return self.after

    @property
    def code(self) -> str:
        """The lines of NumPy that do the same, where there are any, with the shapes as a comment."""
        return ""

    def blocks(self, pen: Pen = TEXT) -> list[list[str]]:
        """The equations once more, in matrices of numbers, where there are any."""
        return []

    def cells(self) -> list[str]:
        """As one line of text: left side, rule, numbers, result and a remark, all but the first with their signs."""
        lines = self.lines()[:3]
        parts = [f"{line.sign} {line.right}" for line in lines] + [""] * (3 - len(lines))
        return [lines[0].left, *parts, self._times()]

    def _times(self) -> str:
        return self.seen.times and f"  {self.seen.times}"

    def _in_one(self) -> list[str]:
        """The lines one behind the other, as the cell of a text."""
        first, *rest = self.lines()
        others = ", ".join(" ".join(line) for line in rest)
        return [" ".join(first) + (f",  {others}" if others else ""), "", "", "", ""]

    def lights(self, place: Places) -> tuple[list[int], list[str]]:
        """The nodes and edges that the page's picture shows it by."""
        nodes, edges = dict[int, None](), dict[str, None]()
        for inner in self.steps:
            lit, crossed = inner.lights(place)
            nodes |= dict.fromkeys(lit)
            edges |= dict.fromkeys(crossed)
        if not self.steps:
            nodes |= {place[node]: None for node in (self.node, self.operand) if node is not None and node in place}
            edges |= dict.fromkeys(self._edges(place))
        return list(nodes), list(edges)

    def _edges(self, place: Places) -> Iterable[str]:
        return ()

    def changes(self, place: Places) -> Iterator[tuple[str, str]]:
        """What it changes in the page's picture: (key, text) pairs, see `player.js`."""
        yield from self._changes(place)
        latest = dict[str, str]()
        for inner in self.steps:
            latest |= dict(inner.changes(place))
        yield from latest.items()

    def _changes(self, place: Places) -> Iterator[tuple[str, str]]:
        if not self.steps and self.node in place:
            yield f"d{place[self.node]}", number(self.after + 0.0)

    def received(self, digits: int = 4) -> str:
        """What the node that it sends gradient to shows then; empty where it sends none."""
        return ""

    def __str__(self) -> str:
        return printable("\n".join(" ".join(line) for line in self.lines()))

    def __repr__(self) -> str:
        return printable(f"<{self.kind} step {self.number} of {self.total}: {self.formula} {self.numbers}>")


def why(reasons: Iterable[Reason]) -> str:
    """The reasons in words, those of one kind together."""
    kinds: dict[str, list[Reason]] = {}
    for reason in dict.fromkeys(reasons):
        kinds.setdefault(reason.kind, []).append(reason)
    return ", and ".join(_together(kind, found) for kind, found in kinds.items())


def _together(kind: str, reasons: list[Reason]) -> str:
    names = listed(reason.name for reason in reasons)
    if len({reason.text for reason in reasons}) == 1 or kind not in OF_SEVERAL:
        return reasons[0].text
    return OF_SEVERAL[kind].format(names=names)


OF_SEVERAL = {  # several reasons of one kind
    "gate": "the gates at {names} are closed",
    "behind": "nothing arrived at {names}",
    "factor": "the factors {names} are 0",
    "unchosen": "{names} were not chosen",
}


def listed(names: Iterable[Name | str]) -> str:
    """x₁, x₂ and x₃; of many the ends."""
    texts = list(dict.fromkeys(str(name) for name in names))
    if len(texts) > TERMS_SHOWN:
        texts = [*texts[:3], "…", texts[-1]]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def seen(node: Value, names: dict[Value, Name], times: str = "") -> Seen:
    """The node as it is now."""
    called, numbers = tuple([names[o] for o in node.operands]), tuple([o.data for o in node.operands])
    return Seen(node, names[node], node.data, called, numbers, times)


def name_of_constant(node: Value) -> Name | None:
    """A constant without a label is named by its digits."""
    return literal(node.data) if isinstance(node, Constant) and not node.label else None
