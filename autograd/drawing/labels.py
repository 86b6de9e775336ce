"""Text inside diagrams: whatever a label holds, Graphviz shows it literally."""

from ..notation.numbers import number, subscripts
from ..value import Constant, Value

LONGEST = 40  # characters of a label

_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_RECORD = str.maketrans({char: f"\\{char}" for char in '{}|<>\\"'} | {"\n": r"\n", "&": "&amp;"})


def plain(label: str, as_given: bool = False) -> str:
    """A label with its number as subscript if not `as_given`, shortened, without what no picture can hold."""
    shown = label if as_given else subscripts(label)
    text = "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in shown)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def field(text: str) -> str:
    """`text` for a field of a record.

    >>> field('a|b "c" <d>')
    'a\\\\|b \\\\"c\\\\" \\\\<d\\\\>'
    """
    return text.translate(_RECORD)


def chip(text: str, colour: str) -> str:
    """`text` on a small patch of `colour`, so that it reads on any background."""
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="1" CELLSPACING="0" BGCOLOR="{colour}">'
    return f"<{table}<TR><TD>{text.translate(_HTML)}</TD></TR></TABLE>>"


def record(node: Value, digits: int, computed: bool, down: bool, as_given: bool = False) -> str:
    """A node's label: operation and name side by side, and below them the value and the gradient.

    `computed` is false before backward(): the gradient is then `·`. `down` says that the graph runs downwards, where
    Graphviz stacks fields only within braces. `as_given` keeps subscripts from the name.
    """
    symbol = node.op.symbol if node.op else ""
    head = [field(text) for text in (symbol, plain(node.label, as_given)) if text]
    rows = [head[0] if len(head) == 1 else "{" + "|".join(head) + "}"] if head else []
    rows.append(field(number(node.data, digits)))
    if type(node) is not Constant:
        rows.append("∂ " + (field(number(node.grad, digits)) if computed else "·"))
    return stacked(rows, down)


def stacked(rows: list[str], down: bool) -> str:
    """Fields one below the other, in a graph that runs to the right or `down`."""
    return "{" + "|".join(rows) + "}" if down else "|".join(rows)
