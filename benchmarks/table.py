"""Tables of results: plain text for a terminal, Markdown for the README."""

from dataclasses import dataclass, field


@dataclass
class Table:
    """One workload's results; every cell is text already, the first of the header says what was measured."""

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The table with aligned columns: the first to the left, the others to the right, the last to the left."""
        lines = [self.header, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]
        shown = ["  ".join(_aligned(cell, widths, i) for i, cell in enumerate(line)).rstrip() for line in lines]
        rule = "  ".join("-" * width for width in widths)
        return "\n".join([shown[0], rule, *shown[1:], *_notes(self.notes)])

    def markdown(self) -> str:
        """The table as Markdown, its notes in one line below."""
        rule = ["---"] + ["---:"] * (len(self.header) - 1)
        lines = ["| " + " | ".join(line) + " |" for line in [self.header, rule, *self.rows]]
        return "\n".join([*lines, *(["", " ".join(self.notes)] if self.notes else [])])


def _aligned(cell: str, widths: list[int], i: int) -> str:
    return cell.ljust(widths[i]) if i in (0, len(widths) - 1) else cell.rjust(widths[i])


def _notes(notes: list[str]) -> list[str]:
    return ["", *notes] if notes else []


def duration(seconds: float) -> str:
    """Three digits and a unit: 12.3 µs."""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            return f"{digits(seconds / size)} {unit}"
    return f"{digits(seconds / 1e-9)} ns"


def digits(number: float) -> str:
    """Three significant digits, without an exponent: 0.123, 12.3, 123."""
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def times(ratio: float) -> str:
    return f"{digits(ratio)} ×"


def verdict(target: str, reached: bool) -> str:
    """The target, and whether it was reached."""
    return f"{target}: {'reached' if reached else 'MISSED'}"
