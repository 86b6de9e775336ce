"""Tables and paragraphs as the lessons show them."""

import textwrap
from collections.abc import Sequence
from typing import Any

from ..notation.numbers import number, subscripts
from ..support.printing import printable


class Table:
    """Rows of cells: Markdown in a notebook, aligned columns where it is printed."""

    header: list[str]
    rows: list[list[str]]
    is_numeric: list[bool]

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[Any]], digits: int) -> None:
        self.header = [subscripts(cell) for cell in header]
        self.rows = [[_cell(x, digits) for x in row] for row in rows]
        self.is_numeric = [all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(header))]

    def _repr_markdown_(self) -> str:
        ruler = [" ---: " if right else " :--- " for right in self.is_numeric]
        return "\n".join(f"| {' | '.join(line)} |" for line in (self.header, ruler, *self.rows))

    def __repr__(self) -> str:
        lines = [self.header, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]
        columns = list(zip(widths, self.is_numeric, strict=True))
        pad = [[c.rjust(w) if r else c.ljust(w) for c, (w, r) in zip(line, columns, strict=True)] for line in lines]
        return printable("\n".join("  ".join(line).rstrip() for line in pad))


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], digits: int = 4) -> Table:
    """A table of `rows` under `header`; floats with at most so many decimals, and names such as w11 as w₁₁.

    Columns of numbers stand to the right. Raises ValueError for a row that is not as long as the header.

    >>> table(["", "value"], [["w11", 0.5], ["b", -1.25]])
         value
    w₁₁    0.5
    b    −1.25
    """
    for i, row in enumerate(rows):
        if len(row) != len(header):
            raise ValueError(f"table: row {i} has {len(row)} cells, the header has {len(header)}")
    return Table(header, rows, digits)


def _cell(x: Any, digits: int) -> str:
    if isinstance(x, float) or (hasattr(x, "dtype") and hasattr(x, "item")):
        return number(float(x), digits)
    return subscripts(str(x)).replace("|", r"\|")


def say(*texts: object) -> None:
    """Print each text as a paragraph, long lines folded between words at 100 characters.

    >>> say("One paragraph.")
    One paragraph.
    """
    for i, text in enumerate(texts):
        lines = [textwrap.fill(line, 100, subsequent_indent="  ") for line in str(text).splitlines()]
        print(*map(printable, lines), *[""] * (i < len(texts) - 1), sep="\n")
