"""The kinds of steps and what each says: rule, numbers and result on three aligned lines, and one plain sentence."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from ...notation.numbers import number
from .formatting import TERMS_SHOWN, TEXT, Name, Pen
from .step import BACKWARD, FORWARD, LOSS, Line, Phase, Places, Seen, Step, listed, why

NUDGE = 0.01  # "raise w₁₁ by 0.01 and L falls by about 0.00028"


class Forward(Step):
    """One node is computed from its operands."""

    __slots__ = ()
    phase = FORWARD
    is_asked = True

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The operation in symbols, then in numbers."""
        seen = self.seen
        return [
            Line(pen.name(seen.name), "=", seen.formula(pen)),
            Line("", pen.sign(*seen.numbers), seen.arithmetic(pen)),
            Line("", pen.sign(seen.data), pen.number(seen.data)),
        ]

    def _edges(self, place: Places) -> Iterable[str]:
        return [f"{place[self.node]}-{i}" for i in range(len(self.node.operands))]

    def _changes(self, place: Places) -> Iterator[tuple[str, str]]:
        yield from super()._changes(place)
        if not any(self.node.local_grads):
            yield f"s{place[self.node]}", "closed"

    @property
    def sentence(self) -> str:
        """What is computed, in words."""
        assert self.node.op is not None
        words = FORWARD_WORDS.get(self.node.op.name, OTHER_WORDS)
        if self.node.op.name == "relu":
            words = RELU_WORDS[self.seen.numbers[0] > 0]
        return words.format(name=self.seen.name, operands=listed(self.seen.names), first=self.seen.names[0])


FORWARD_WORDS = {
    "dot": "Multiply each input by its weight and add everything up: {name}.",
    "sigmoid": "σ squeezes {first} into a number between 0 and 1: {name}.",
    "tanh": "tanh squeezes {first} into a number between −1 and 1: {name}.",
    "mean": "The mean of {operands}: {name}.",
    "sum": "The sum of {operands}: {name}.",
}
OTHER_WORDS = "{name} is computed from {operands}."
RELU_WORDS = {
    True: "{first} is positive: ReLU passes it on unchanged, its gate is open.",
    False: "{first} is not positive: ReLU gives 0, its gate is closed.",
}


class Loss(Step):
    """The forward pass has arrived; the backward pass starts with ∂L/∂L = 1."""

    __slots__ = ()
    phase = LOSS

    def cells(self) -> list[str]:
        """Value and gradient in one cell."""
        return self._in_one()

    def _changes(self, place: Places) -> Iterator[tuple[str, str]]:
        yield from seeded(self, place)

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """∂L/∂L = 1, in symbols and in numbers."""
        return [
            Line(pen.name(self.root), pen.sign(self.seen.data), pen.number(self.seen.data)),
            Line(pen.partial(self.root, self.root), "=", pen.number(self.after)),
        ]

    @property
    def numbers(self) -> str:
        """Its line of numbers."""
        return " ".join(self.lines()[1])

    @property
    def sentence(self) -> str:
        """Where the way back starts, in words."""
        return f"The way back starts here: {self.root} moves exactly as much as {self.root} itself."


def seeded(step: Step, place: Places) -> Iterator[tuple[str, str]]:
    """The result gets the gradient 1."""
    yield from ((f"g{place[step.node]}", number(1.0)), (f"s{place[step.node]}", "final"))


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Backward(Step):
    """Gradient goes along one edge, from `node` to `operand`: upstream gradient times local derivative."""

    phase: ClassVar[Phase] = BACKWARD
    is_asked: ClassVar[bool] = True
    target: Seen
    local: float
    upstream: float
    before: float

    @property
    def sent(self) -> float:
        """The contribution: local derivative × gradient that arrived."""
        return self.local * self.upstream

    @property
    def answer(self) -> float:
        """What a learner is asked for: the gradient that is sent."""
        return self.sent

    def chain(self, pen: Pen) -> tuple[str, str]:
        """The product, in names and in numbers."""
        names = pen.partial(self.root, self.seen.name), pen.partial(self.seen.name, self.target.name)
        return pen.product(*names), pen.product(pen.number(self.upstream), pen.enclosed(self.local))

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The chain rule along this edge, in symbols, then in numbers."""
        names, numbers = self.chain(pen)
        return [
            Line(pen.partial(self.root, self.target.name), "=" if self.parts == 1 else "+=", names),
            Line("", pen.sign(self.upstream, self.local), numbers),
            Line("", pen.sign(self.sent), pen.number(self.sent)),
            *self._total(pen),
            self.local_line(pen),
        ]

    def _total(self, pen: Pen) -> list[Line]:
        """The running total, where it is not this contribution alone."""
        if self.part == 1:
            return []
        added = f"{pen.number(self.before)} + {pen.enclosed(self.sent)}"
        sign = pen.sign(self.before, self.sent, self.after)
        return [
            Line("total" if not pen.is_latex else r"\text{total}", sign, f"{added} {sign} {pen.number(self.after)}")
        ]

    def local_line(self, pen: Pen = TEXT) -> Line:
        """The local derivative: ∂a₁/∂z₁ = a₁·(1 − a₁) = 0.5866·(1 − 0.5866) ≈ 0.2425."""
        result = pen.number(self.local)
        written = [text for text in self.seen.local(pen, self.index) if not _same(text, result)]
        signs = [pen.sign(self.seen.data, *self.seen.numbers)] if len(written) == 2 else []
        joined = [*written[:1], *(f"{sign} {text}" for sign, text in zip(signs, written[1:], strict=True))]
        if written:
            joined.append(f"{pen.sign(self.local)} {result}")
        return Line(pen.partial(self.seen.name, self.target.name), "=", " ".join(joined) or result)

    @property
    def remark(self) -> str:
        """The local derivative in symbols alone: ∂z₁/∂w₁₁ = x₁; empty where it is a mere number."""
        line = self.local_line()
        symbols, *numbers = line.right.replace(" ≈ ", " = ").split(" = ")
        return f"{line.left} = {symbols}" if numbers else ""

    def cells(self) -> list[str]:
        """With the running total behind the result, and the local derivative as the remark."""
        left, rule, numbers, result, _ = super(Backward, self).cells()
        total = [f", in all {TEXT.number(self.after)}"] if self.part > 1 else []
        return [left, rule, numbers, result + "".join(total), self.remark and f"  {self.remark}"]

    def _edges(self, place: Places) -> Iterable[str]:
        return [f"{place[self.node]}-{self.index}"]

    def _changes(self, place: Places) -> Iterator[tuple[str, str]]:
        k = place[self.target.node]
        yield f"g{k}", self.received()
        yield f"s{k}", "partial" if self.part < self.parts else "final" if self.after else "dead"
        yield f"x{place[self.node]}-{self.index}", "blocked" if self.blocked else "sent"

    def received(self, digits: int = 4) -> str:
        """The total so far, and how much of it has arrived."""
        total = number(self.after + 0.0, digits)
        return total if self.part == self.parts else f"{total} ({self.part} of {self.parts})"

    @property
    def sentence(self) -> str:
        """What flows, or why nothing does, in words."""
        if self.blocked:
            return f"Nothing passes from {self.seen.name} to {self.target.name}: {why(self.blocked)}."
        return arrival(self)


def arrival(step: "Backward | Total") -> str:
    """What a contribution means for the node that received it."""
    name, part, parts = step.target.name, step.part, step.parts
    if part < parts:
        waits = "" if step.target.is_leaf else " It waits for the rest before it sends anything on."
        return f"{part} of {parts} contributions to {name} {'has' if part == 1 else 'have'} arrived.{waits}"
    if not isfinite(step.seen.data):
        return f"{step.seen.name} is {TEXT.number(step.seen.data)}: no gradient that comes through it means anything."
    last = f"{'Both' if parts == 2 else f'All {parts}'} contributions have arrived. " if parts > 1 else ""
    return last + nudge(step.root, name, step.after)


def nudge(root: Name, name: Name, grad: float) -> str:
    """What the gradient says: raise w₁₁ by 0.01 and L falls by about 0.00028."""
    if not isfinite(grad):
        return f"The gradient of {name} is {TEXT.number(grad)}: no step along it is small enough."
    if grad == 0.0:
        return f"A small change of {name} leaves {root} as it is."
    verb = "rises" if grad > 0 else "falls"
    return f"Raise {name} by {TEXT.number(NUDGE)} and {root} {verb} by about {TEXT.number(abs(NUDGE * grad))}."


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Total(Step):
    """All contributions to one node, and their sum (`by="node"`); the single ones are in `steps`."""

    phase: ClassVar[Phase] = BACKWARD
    is_asked: ClassVar[bool] = True
    target: Seen

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The contributions to this node, side by side, and their sum."""
        chains = [step.chain(pen) for step in self.steps if isinstance(step, Backward)]
        shown = chains if len(chains) <= TERMS_SHOWN else [*chains[:3], ("…", "…"), *chains[-2:]]
        factors = [x for step in self.steps for x in (step.upstream, step.local) if x is not None]
        locals_ = [step.local_line(pen) for step in self.steps if isinstance(step, Backward)]
        return [
            Line(pen.partial(self.root, self.target.name), "=", " + ".join(names for names, _ in shown)),
            Line("", pen.sign(*factors), _sum([numbers for _, numbers in shown])),
            Line("", pen.sign(self.after), pen.number(self.after)),
            *(locals_ if len(locals_) <= TERMS_SHOWN else locals_[:2]),
        ]

    @property
    def sentence(self) -> str:
        """What arrives from where, in words."""
        if self.blocked and self.after == 0.0:
            return f"{self.target.name} gets nothing: {why(self.blocked)}."
        return arrival(self)


def _sum(products: list[str]) -> str:
    """The products, added; a negative one behind the first in parentheses."""
    return " + ".join(f"({x})" if i and x.startswith(("−", "-")) else x for i, x in enumerate(products))


class Zeros(Step):
    """A run of contributions that are all zero, as one step; the single ones are in `steps`."""

    __slots__ = ()
    phase = BACKWARD

    def cells(self) -> list[str]:
        """All of them in one cell."""
        return self._in_one()

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The nodes that nothing reaches."""
        targets = list(dict.fromkeys(step.target.name for step in self.steps if step.target))
        shown = [pen.partial(self.root, name) for name in targets]
        left = ", ".join(shown if len(shown) <= TERMS_SHOWN else [*shown[:3], "…", *shown[-2:]])
        single = all(step.parts == 1 for step in self.steps)
        return [Line(left, "=" if single else "+=", pen.number(0.0))]

    @property
    def numbers(self) -> str:
        """Nothing: there is no number to work out."""
        return ""

    @property
    def sentence(self) -> str:
        """Why they are zero, in words."""
        return f"{len(self.steps)} contributions are zero: {why(self.blocked)}."


def _same(text: str, other: str) -> bool:
    """Whether two texts write the same number: 1 and 1.0."""
    return text.removesuffix(".0") == other.removesuffix(".0")
