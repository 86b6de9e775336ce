"""Numbers in aligned columns."""


def shown(x: float) -> str:
    """Four digits; a number that is not 0 is never shown as 0.0000."""
    return f"{x:.4f}" if x == 0 or 1e-3 <= abs(x) < 1e4 else f"{x:.3g}"


def aligned(rows: list[list[str]]) -> list[str]:
    """The rows as lines, each column flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
