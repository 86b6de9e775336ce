"""A walk as text: aligned lines for a terminal, Markdown, LaTeX; and the one place that writes a walk to a file."""

from collections.abc import Sequence

from .steps.formatting import Pen
from .steps.step import Line, Step

WIDTH = 120  # a longer line is broken into its parts
LATEX = Pen("latex")


def phases(steps: Sequence[Step]) -> list[tuple[str, list[Step]]]:
    """The steps in runs of one kind, each with its heading."""
    runs: list[tuple[str, list[Step]]] = []
    for step in steps:
        heading = step.phase.heading
        if not runs or runs[-1][0] != heading:
            runs.append((heading, []))
        runs[-1][1].append(step)
    return runs


def text(walk: Sequence[Step]) -> str:
    """All steps, one a line, aligned as a textbook does; a step by layer takes several lines."""
    if not walk:
        return "(no steps)"
    return "\n\n".join(f"{heading}\n" + "\n".join(_lines(steps)) for heading, steps in phases(walk))


def _lines(steps: Sequence[Step]) -> list[str]:
    if any(step.is_block for step in steps):
        return [line for step in steps for line in _paragraph(step)]
    rows = [step.cells() for step in steps]
    fitting = [row for row in rows if row[1] and len(" ".join(row)) <= WIDTH - 6]
    widths = [max((len(row[i]) for row in fitting), default=0) for i in range(5)]
    return [line for step, row in zip(steps, rows, strict=True) for line in _aligned(step, row, widths)]


def _aligned(step: Step, row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [part.ljust(width) for part, width in zip(row, widths, strict=True)]
    place = f"{step.number:>4}  "
    line = (place + " ".join(cells)).rstrip()
    if len(line) > WIDTH:
        line = place + " ".join(part for part in row if part)
    if len(line) > WIDTH and row[1]:  # the parts below one another
        indent = " " * (len(place) + len(row[0]) + 1)
        line = f"\n{indent}".join([f"{place}{row[0]} {row[1]}", *(part.strip() for part in row[2:] if part)])
    return [*line.split("\n"), *([f"      {step.words}"] if step.blocked else [])]


def _paragraph(step: Step) -> list[str]:
    """A step of several lines, its place in the margin."""
    first, *others = block(step).split("\n")
    return [f"{step.number:>4}  {first}", *(f"      {line}".rstrip() for line in others), ""]


def block(step: Step) -> str:
    """The lines of one step, aligned at their signs; by layer also the matrices and the NumPy lines."""
    rule = aligned(step.lines())
    if not step.is_block:
        return rule
    code = "\n".join(f"    {line}" for line in step.code.splitlines())
    return "\n\n".join([rule, *("\n".join(lines) for lines in step.blocks()), code])


def aligned(lines: Sequence[Line]) -> str:
    """The lines with their signs below one another."""
    width = max(len(line.left) for line in lines)
    return "\n".join(f"{line.left.ljust(width)} {line.sign} {line.right}" for line in lines)


def markdown(walk: Sequence[Step]) -> str:
    """Headings for the phases; for each step its sentence and its lines."""
    parts = [f"# {_title(walk)}"]
    for heading, steps in phases(walk):
        parts.append(f"## {heading}")
        parts += [f"**{step.number}.** {step.words}\n\n```text\n{block(step)}\n```" for step in steps]
    return "\n\n".join(parts)


def latex(walk: Sequence[Step]) -> str:
    """A document of its own, to be run through LaTeX: an aligned display for each step."""
    parts = [_PREAMBLE, rf"\title{{{_title(walk)}}}\date{{}}\author{{}}", r"\begin{document}\maketitle"]
    for heading, steps in phases(walk):
        parts += [rf"\section*{{{heading}}}", *map(_display, steps)]
    return "\n".join([*parts, r"\end{document}"])


_PREAMBLE = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{amsmath,amssymb}
\usepackage[a4paper,margin=2.5cm]{geometry}
\setlength{\parindent}{0pt}
\allowdisplaybreaks"""
_MATHS = str.maketrans({"−": "-", "…": r"\dots ", "⋮": r"\vdots ", "ŷ": r"\hat{y}", "←": r"\leftarrow "})


def _display(step: Step) -> str:
    lines = [f"{line.left} &{line.sign} {line.right}" for line in step.lines(LATEX)]
    if step.is_block:
        lines += [f"& {' '.join(found)}" for found in step.blocks(LATEX)]
    body = " \\\\\n".join(lines).translate(_MATHS)
    return f"\\paragraph{{{step.number}}}\n\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _title(walk: Sequence[Step]) -> str:
    return f"A walk of {len(walk)} steps"
