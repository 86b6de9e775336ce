"""Vectors and matrices of numbers as text, in brackets of several lines, or as LaTeX; large ones show their corners."""

from collections.abc import Sequence
from itertools import zip_longest

from .steps.formatting import TERMS_SHOWN, Pen

Vector = Sequence[float]
Matrix = Sequence[Vector]


def shape(array: Vector | Matrix) -> str:
    """(4×3) for a matrix of 4 rows, (4) for a vector."""
    first = array[0] if array else 0.0
    return f"({len(array)})" if isinstance(first, float) else f"({len(array)}×{len(first)})"


def block(array: Vector | Matrix, pen: Pen) -> list[str]:
    """The lines of a matrix, or of a vector as a column; a number alone is one line."""
    rows = _cells(array, pen)
    if pen.is_latex:
        return [r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in rows) + r" \end{bmatrix}"]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return [f"{left}{line}{right}" for (left, right), line in zip(_brackets(len(lines)), lines, strict=True)]


def transposed(matrix: Matrix) -> Matrix:
    """Rows and columns exchanged."""
    return list(zip(*matrix, strict=True))


def _cells(array: Vector | Matrix, pen: Pen) -> list[list[str]]:
    rows: list[Vector] = [[row] if isinstance(row, float) else row for row in array]
    dots = (r"\vdots", r"\cdots", r"\ddots") if pen.is_latex else ("⋮", "…", "⋱")
    across = [_few([pen.number(x) for x in row], dots[1]) for row in _few(rows, None) if row is not None]
    if len(rows) > TERMS_SHOWN:
        across.insert(3, [dots[2] if cell == dots[1] else dots[0] for cell in across[0]])
    return across


def _few(parts: Sequence[object], gap: object) -> list:  # type: ignore[type-arg]
    return list(parts) if len(parts) <= TERMS_SHOWN else [*parts[:3], gap, *parts[-2:]]


def _brackets(height: int) -> list[tuple[str, str]]:
    if height == 1:
        return [("[", "]")]
    return [("⎡", "⎤"), *[("⎢", "⎥")] * (height - 2), ("⎣", "⎦")]


def beside(parts: Sequence[list[str] | str]) -> list[str]:
    """Blocks and signs next to one another, each centred vertically."""
    blocks = [[part] if isinstance(part, str) else part for part in parts]
    height = max(map(len, blocks))
    padded = []
    for lines in blocks:
        above, width = (height - len(lines)) // 2, max(map(len, lines))
        column = [""] * above + lines
        padded.append([line.ljust(width) for line, _ in zip_longest(column, range(height), fillvalue="")])
    return [" ".join(cells).rstrip() for cells in zip(*padded, strict=True)]
