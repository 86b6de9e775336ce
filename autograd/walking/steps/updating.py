"""The steps behind the backward pass: each parameter moves, and the loss is computed again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import ClassVar

from ...notation.numbers import number
from ...value import Value
from .formatting import TEXT, Pen
from .step import LOSS, UPDATE, Line, Phase, Places, Step


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Update(Step):
    """A parameter takes one step against its gradient (`local`) with the learning rate (`upstream`)."""

    phase: ClassVar[Phase] = UPDATE
    is_asked: ClassVar[bool] = True
    local: float
    upstream: float
    before: float

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The update in symbols, then in numbers."""
        name, rate = pen.name(self.seen.name), r"\eta" if pen.is_latex else "η"
        numbers = f"{pen.number(self.before)} − {pen.product(pen.number(self.upstream), pen.enclosed(self.local))}"
        return [
            Line(
                name,
                r"\leftarrow" if pen.is_latex else "←",
                f"{name} − {pen.product(rate, pen.partial(self.root, self.seen.name))}",
            ),
            Line("", pen.sign(self.before, self.upstream, self.local), numbers),
            Line("", pen.sign(self.after), pen.number(self.after)),
        ]

    @property
    def sentence(self) -> str:
        """Which way the number moves, and why, in words."""
        name, grad = self.seen.name, self.local
        if not isfinite(self.after):
            return f"{name} becomes {TEXT.number(self.after)}: its gradient is {TEXT.number(grad)}."
        if self.after == self.before:
            reason = "its gradient is 0" if grad == 0.0 else "the step is too small to move it"
            return f"{name} stays as it is: {reason}."
        way = "rises" if self.after > self.before else "falls"
        return f"{name} {way}: its gradient is {'negative' if grad < 0 else 'positive'}."


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class NewLoss(Step):
    """The forward pass with the updated parameters, computed on the side: no node has changed.

    `values` are the new numbers of all nodes; the page's picture shows them from here on.
    """

    phase: ClassVar[Phase] = LOSS
    before: float
    values: Mapping[Value, float] = field(repr=False)

    def cells(self) -> list[str]:
        """Old and new in one cell."""
        return self._in_one()

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The loss before and after."""
        old, new, change = pen.enclosed(self.before), pen.number(self.after), pen.number(self.after - self.before)
        sign = pen.sign(self.before, self.after)
        return [
            Line(pen.word("new ") + pen.name(self.root), pen.sign(self.after), new),
            Line(pen.word("change"), sign, f"{new} − {old} {sign} {change}"),
        ]

    def _changes(self, place: Places) -> Iterator[tuple[str, str]]:
        for node, data in self.values.items():
            if node.operands and node in place:
                yield f"d{place[node]}", number(data + 0.0)

    @property
    def numbers(self) -> str:
        """Its line of numbers."""
        return " ".join(self.lines()[1])

    @property
    def sentence(self) -> str:
        """Whether the update helped, in words."""
        verb = "fell" if self.after < self.before else "rose" if self.after > self.before else "stayed as it was"
        if not isfinite(self.after):
            verb = "is lost"
        return f"After the update {self.root} {verb}: {TEXT.number(self.before)} before, {TEXT.number(self.after)} now."
