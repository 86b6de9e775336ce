"""The pen: names, numbers and derivatives as the steps of a walk write them, in text or in LaTeX."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...notation.numbers import is_rounded, latex_name, latex_number, number, shortest, subscripts
from ...notation.writer import derivative, expression
from ...operations.elementary import MUL, POW
from ...operations.operation import Operation
from ...operations.reductions import DOT, split_dot

_RAISED = str.maketrans("0123456789,′", "⁰¹²³⁴⁵⁶⁷⁸⁹˒′")
TERMS_SHOWN = 6  # terms of a sum that are written out; a longer one shows its ends
NOISE = 1e-13  # relative: 0.35000000000000003 is written = 0.35, not ≈ 0.35


@dataclass(frozen=True, slots=True)
class Name:
    """What a step calls a node: its label, and a raised index where several share the label (layer 2: w₁₁⁽²⁾)."""

    label: str
    index: str = ""
    literal: bool = False  # a plain number, named by its digits
    as_given: bool = False  # with subscripts it would look like another

    def __str__(self) -> str:
        raised = f"⁽{self.index.translate(_RAISED)}⁾" if self.index else ""
        return self.label if self.literal else (self.label if self.as_given else subscripts(self.label)) + raised

    @property
    def latex(self) -> str:
        """The name in LaTeX."""
        raised = f"^{{({self.index})}}" if self.index else ""
        return latex_number(self.label) if self.literal else latex_name(self.label, self.as_given) + raised

    @property
    def code(self) -> str:
        """A plain word: `w11`, `w11_2`."""
        return self.label + (f"_{self.index}" if self.index else "")


def literal(x: float) -> Name:
    """The name of a number that has no label: itself."""
    text = shortest(x)
    return Name(text if len(text) <= 6 else number(x), literal=True)


@dataclass(frozen=True, slots=True)
class Pen:
    """How a step is written: `style` is "text" or "latex", `digits` the decimals of its numbers."""

    style: str = "text"
    digits: int = 4

    @property
    def is_latex(self) -> bool:
        """Whether LaTeX is written."""
        return self.style == "latex"

    def name(self, name: Name) -> str:
        """A name, as the style has it."""
        return name.latex if self.is_latex else str(name)

    def word(self, text: str) -> str:
        """A word among symbols."""
        return rf"\text{{{text}}}" if self.is_latex else text

    def number(self, x: float) -> str:
        """A number, rounded as everywhere in this walk."""
        text = number(x + 0.0, self.digits)  # −0.0 is written 0.0
        return latex_number(text) if self.is_latex else text

    def enclosed(self, x: float) -> str:
        """A number as the second factor of a product: a negative one in parentheses."""
        text = self.number(x)
        return f"({text})" if text.startswith(("−", "-")) else text

    def operand(self, name: Name, x: float) -> str:
        """The number of an operand; one that is a literal anyway stays as it is written: x², not x^2.0."""
        return self.name(name) if name.literal else self.number(x)

    def sign(self, *numbers: float) -> str:
        """= where all the numbers are shown in full, else ≈."""
        exact = not any(self._is_rounded(x) for x in numbers)
        return "=" if exact else r"\approx" if self.is_latex else "≈"

    def _is_rounded(self, x: float) -> bool:
        if not math.isfinite(x) or not is_rounded(x, self.digits):
            return False
        return not math.isclose(float(number(x, self.digits).replace("−", "-")), x, rel_tol=NOISE)

    def product(self, left: str, right: str) -> str:
        """A product, with the style's sign."""
        return left + (r" \cdot " if self.is_latex else " · ") + right

    def partial(self, of: Name, by: Name) -> str:
        """∂L/∂w₁₁."""
        if self.is_latex:
            return rf"\frac{{\partial {of.latex}}}{{\partial {by.latex}}}"
        return f"∂{of}/∂{by}"

    def expression(self, op: Operation, operands: Sequence[str]) -> str:
        """One operation on operands that are written already; of a long sum only the ends."""
        text = expression(op, _ends(op, operands), self.style)
        return text.replace("…·…", "…").replace(r"… \cdot …", "…").replace("…", r"\dots" if self.is_latex else "…")

    def derivative(self, op: Operation, operands: Sequence[str], out: str, index: int) -> str | None:
        """The local derivative, symbolically; None where the row's own formula cannot be written."""
        if op is POW and index == 0 and _is_whole(operands[1]):
            return self._power_rule(operands[0], int(operands[1]))
        try:
            return elided(derivative(op, operands, out, index, self.style))
        except (TypeError, ValueError, AttributeError):
            return None  # an operation of the user's, with an `if` or a call that only numbers understand

    def _power_rule(self, x: str, n: int) -> str:
        """n·xⁿ⁻¹, with the exponent worked out: 2·x, not 2·x²⁻¹."""
        power = x if n == 2 else expression(POW, [x, str(n - 1)], self.style)
        return expression(MUL, [str(n), power], self.style)


def _is_whole(exponent: str) -> bool:
    return exponent.isascii() and exponent.isdigit() and 2 <= int(exponent) <= 99


def _ends(op: Operation, operands: Sequence[str]) -> list[str]:
    """The operands, with … for the middle of many."""
    if op is DOT:
        weights, inputs, bias = split_dot(list(operands))
        return [*_shortened(weights), *_shortened(inputs), *([] if bias is None else [bias])]
    return _shortened(operands)


def _shortened(parts: Sequence[str]) -> list[str]:
    return list(parts) if len(parts) <= TERMS_SHOWN else [*parts[:3], "…", *parts[-2:]]


def elided(text: str) -> str:
    """A sum of more than six terms with … for its middle."""
    terms = split_outside(text, " + ")
    return text if len(terms) <= TERMS_SHOWN else " + ".join(_shortened(terms))


def split_outside(text: str, separator: str) -> list[str]:
    """`text` split where the separator stands outside all brackets."""
    parts, depth, start = [], 0, 0
    for found in re.finditer(rf"[(\[{{]|[)\]}}]|{re.escape(separator)}", text):
        if found[0] == separator and depth == 0:
            parts.append(text[start : found.start()])
            start = found.end()
        elif found[0] != separator:
            depth += 1 if found[0] in "([{" else -1
    return [*parts, text[start:]]


TEXT = Pen()
