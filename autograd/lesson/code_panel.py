"""A function run once, to be read line by line: each line opens and shows what went in, what came out, and why.

The page needs no script: every line is a <details>. What a line is for stands in the function's own comments, above the
line or behind it.
"""

import ast
import inspect
import io
import sys
import textwrap
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from types import FrameType
from typing import Any

from ..player.page import style
from ..support.printing import printable
from .values import described

LIBRARY = {
    "np.array": "np.array makes an array of nested lists and takes its shape from them: 4 lists of 3 numbers are "
    "(4, 3).",
    "np.maximum": "np.maximum compares pair by pair, here each number with 0. (np.max is another function: the one "
    "largest number of all.)",
    "np.outer": "np.outer multiplies each of m numbers with each of n numbers: an m × n table.",
    "np.round": "np.round rounds every number, here to so many decimals.",
    "np.mean": "np.mean adds all numbers up and divides by how many they are.",
    "np.exp": "np.exp is e to the power of each number.",
    "np.where": "np.where takes, place by place, the second where the first is true and the third elsewhere.",
    ".copy": ".copy() makes an array of its own. Without it both names would mean the same array, and a change of one "
    "would show in the other.",
    ".sum": ".sum adds up along an axis, or everything.",
    ".T": ".T exchanges rows and columns.",
    "@": "@ is the matrix product: row times column, added up.",
}


@dataclass(frozen=True)
class Line:
    """One statement: its code, what it is for, the names that it read and wrote with their values, library calls."""

    code: str
    why: str
    inputs: Mapping[str, str]
    results: Mapping[str, str]
    calls: tuple[str, ...]


class CodePanel:
    """A function's lines with their values; in a notebook each line opens. Printed, it is a list."""

    name: str
    lines: list[Line]

    def __init__(self, name: str, lines: list[Line]) -> None:
        self.name, self.lines = name, lines

    def _repr_html_(self) -> str:
        look, lines = style("code_panel.css", __package__), "".join(map(_entry, self.lines))
        return f'<style>{look}</style><div class="cl-code">{lines}</div>'

    def __repr__(self) -> str:
        return printable("\n".join("\n".join([line.code, *_printed(line)]) for line in self.lines))


def clickable(function: Callable[..., Any], *arguments: Any) -> CodePanel:
    """Run `function` once with these `arguments`, and show it: each line opens with its values and its comment.

    A line in a loop shows its last run. Raises OSError where the source cannot be found, TypeError for what is no
    Python function; what the function raises comes through.

    >>> def double(x):
    ...     # two of them
    ...     y = x + x
    ...     return y
    >>> clickable(double, 1.5)  # doctest: +SKIP
    y = x + x
      why: two of them
      in:  x = 1.5
      out: y = 3.0
    """
    if not inspect.isfunction(function):
        raise TypeError(f"clickable takes a Python function, got {function!r:.60}")
    source = textwrap.dedent("".join(inspect.getsourcelines(function)[0]))
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.FunctionDef)
    comments, text = _comments(source), [line.rstrip() for line in _without_comments(source).splitlines()]
    statements = [one for one in _statements(tree.body) if not _is_docstring(one)]
    before, after = _run(function, arguments, statements)
    lines = []
    for place, one in enumerate(statements):
        start = max((s.lineno for s in statements[:place]), default=tree.lineno)
        lines.append(
            _line(one, text, _why(comments, start, one), before.get(one.lineno, {}), after.get(one.lineno, {}))
        )
    return CodePanel(function.__name__, lines)


def _statements(body: list[ast.stmt]) -> list[ast.stmt]:
    """All statements in the order in which they stand, the heads of loops among them."""
    found = []
    for one in body:
        found.append(one)
        found += _statements([*getattr(one, "body", []), *getattr(one, "orelse", [])])
    return found


def _is_docstring(one: ast.stmt) -> bool:
    return isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str)


def _comments(source: str) -> dict[int, str]:
    """The comment of each line that has one, counted from 1."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _without_comments(source: str) -> str:
    """The source with nothing where its comments were."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return "\n".join(lines)


def _why(comments: Mapping[int, str], previous: int, one: ast.stmt) -> str:
    """The comments between the statement before and this one, and those behind it."""
    last = _head_end(one)
    return " ".join(comments[n] for n in range(previous + 1, last + 1) if n in comments)


def _head_end(one: ast.stmt) -> int:
    """The last line of a statement, without the body of a loop."""
    inner = getattr(one, "body", None)
    return inner[0].lineno - 1 if inner else (one.end_lineno or one.lineno)


Snapshots = dict[int, dict[str, Any]]


def _run(
    function: Callable[..., Any], arguments: tuple[Any, ...], lines: list[ast.stmt]
) -> tuple[Snapshots, Snapshots]:
    """The local names before and after each statement, by its line counted from 1; what is returned is called so."""
    first = function.__code__.co_firstlineno - 1
    starts = {one.lineno for one in lines}
    before, after = Snapshots(), Snapshots()
    last: list[int] = []

    def leave(frame: FrameType) -> None:
        if last:
            after[last[-1]] = _copied(frame.f_locals)

    def trace(frame: FrameType, event: str, value: Any) -> Any:
        if frame.f_code is not function.__code__:
            return None
        line = frame.f_lineno - first
        if event == "line" and line in starts and (not last or line != last[-1]):
            leave(frame)
            last.append(line)
            before[line] = _copied(frame.f_locals)
        elif event == "return":
            leave(frame)
            if last:
                after[last[-1]]["return"] = value
        return trace

    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(outer)
    return before, after


def _copied(names: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are now: arrays and lists may change later."""
    from copy import deepcopy

    return {name: deepcopy(x) if isinstance(x, list) or hasattr(x, "dtype") else x for name, x in names.items()}


def _line(one: ast.stmt, text: list[str], why: str, before: dict[str, Any], after: dict[str, Any]) -> Line:
    code = "\n".join(line for line in text[one.lineno - 1 : _head_end(one)] if line)
    head = [one.target, one.iter] if isinstance(one, ast.For) else [one.test] if hasattr(one, "test") else [one]
    found = [node for part in head for node in ast.walk(part) if isinstance(node, ast.Name)]
    names = sorted(found, key=lambda node: (node.lineno, node.col_offset))
    read = [node.id for node in names if isinstance(node.ctx, ast.Load)]
    read += [node.id for node in names if isinstance(one, ast.AugAssign) and node.id not in read]
    wrote = [node.id for node in names if isinstance(node.ctx, ast.Store)]
    results = {name: described(after[name]) for name in dict.fromkeys(wrote) if name in after}
    if isinstance(one, ast.Return):
        results = {"return": described(after.get("return"))}
    inputs = {name: described(before[name]) for name in dict.fromkeys(read) if name in before}
    return Line(code[4:].replace("\n    ", "\n"), why, inputs, results, tuple(_calls(head)))


def _calls(parts: list[Any]) -> list[str]:
    """What is said of the library's functions that are called."""
    used = dict[str, None]()
    for node in (node for part in parts for node in ast.walk(part)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            whole = f"{owner.id}.{node.func.attr}" if isinstance(owner, ast.Name) else ""
            used |= dict.fromkeys([whole, f".{node.func.attr}"])
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            used["@"] = None
        elif isinstance(node, ast.Attribute) and node.attr == "T":
            used[".T"] = None
    return [LIBRARY[name] for name in used if name in LIBRARY]


def _printed(line: Line) -> list[str]:
    parts = [("why: ", line.why), *(("in:  ", f"{n} = {v}") for n, v in line.inputs.items())]
    parts += [("out: ", f"{n} = {v}") for n, v in line.results.items()]
    return [f"  {head}{text}".replace("\n", "\n       ") for head, text in parts if text]


def _entry(line: Line) -> str:
    """A line as HTML: its code, and unfolded its explanation, what went in, what came out, and the library's part."""
    rows = [("in", name, value) for name, value in line.inputs.items()]
    rows += [("out", name, value) for name, value in line.results.items()]
    cells = "".join(
        f"<tr><td>{way}</td><th>{escape(name)}</th><td><pre>{escape(value)}</pre></td></tr>"
        for way, name, value in rows
    )
    why = f"<p>{escape(line.why)}</p>" if line.why else ""
    library = "".join(f"<p>Library: {escape(text)}</p>" for text in line.calls)
    code = f"<summary><code>{escape(line.code)}</code></summary>"
    return f"<details>{code}{why}{library}<table>{cells}</table></details>"
