"""The walk's graph as the page's script runs it: a flat program, its operations in JavaScript, its texts as templates.

A template writes an operation on numbers as `notation.writer` does: "{0}·{1~(}{1}{1~)}" encloses the second where it is
negative, "{1+(}" where it is a number of several words (1.2e−07), "{1-(}" in both cases.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from math import isfinite, isnan
from typing import Any

from ..notation.source.arithmetic import Expression, TextArithmetic
from ..notation.source.javascript import JAVASCRIPT, needed
from ..operations.operation import Operation
from ..operations.reductions import DOT
from ..value import Value
from ..walking.recording import LAYERED, Recording
from ..walking.steps.by_edge import FORWARD_WORDS, OTHER_WORDS, RELU_WORDS
from ..walking.steps.formatting import TEXT
from ..walking.steps.step import OF_SEVERAL
from ..walking.steps.zero_reasons import CHOICES, slopes
from .layer_program import layer_program

MARK, FIRST = "\ue000", 0xE100  # stands for a number in a text; behind it a letter of the same kind says which
ORDER = "xwb"  # inputs, weights, biases; then what has other names
TOKEN = re.compile(r"\{(\d+)(?:([-+~])([()]))?\}")
SIGNED, COMPOUND = "−", "·"  # what makes a text one of a negative number, and none of a single word


class NotWritten(ValueError):
    """An operation that only Python can compute or write."""


class _Slopes(TextArithmetic):
    """Local derivatives: what a selection closes passes nothing, be it infinite."""

    def passes(self, condition: Any, slope: Any) -> Any:
        return self.let("{} != 0.0 ? {} : {}", condition, slope, Expression(self, "NOTHING"))


def program(recording: Recording) -> tuple[dict[str, Any], str]:
    """The graph, and the JavaScript of its operations; NotWritten for one that only Python can compute."""
    found = _Program(recording)
    return found.graph(), operations_code(found.operations)


class _Program:
    """Nodes by their places in the order; operations and templates each once."""

    def __init__(self, recording: Recording) -> None:
        self.recording, self.order, self.scene = recording, recording.order, recording.scene
        used = [(node.op, len(node.operands)) for node in self.order if node.op is not None]
        self.operations = [*dict.fromkeys(used)]
        self.templates: dict[str, int] = {}
        self.known: dict[tuple[Operation | None, tuple[str | None, ...], int], str] = {}

    def graph(self) -> dict[str, Any]:
        """What the script needs to know of the graph."""
        updates = self.recording.updates
        places = self.recording.places
        others = [step.seen for step in updates if step.node not in places]
        extra = {seen.node: len(self.order) + k for k, seen in enumerate(others)}
        return {
            "by": self.recording.by,
            "nodes": [self._node(node) for node in self.order],
            "leaves": self._leaves(),
            "ops": [_operation(op) for op, _ in self.operations],
            "rate": updates[0].upstream if updates else None,
            "updates": [{**places, **extra}[step.node] for step in updates] or None,
            "others": [{"name": str(seen.name), "data": _plain(seen.data)} for seen in others],
            "words": {
                "forward": {"": OTHER_WORDS, **FORWARD_WORDS},
                "relu": [RELU_WORDS[False], RELU_WORDS[True]],
                "several": OF_SEVERAL,
            },
            "templates": [*self.templates],
            "layers": layer_program(self.recording, places) if self.recording.by in LAYERED else None,
        }

    def _leaves(self) -> list[int]:
        """The leaves that can be moved, those with a name: layer by layer, inputs before weights, w₂ before w₁₀."""
        names = {k: self.scene[node].name for k, node in enumerate(self.order) if node.op is None}

        def place(k: int) -> Any:
            label = names[k].label
            return _natural(names[k].index), (ORDER + label[:1]).find(label[:1]), _natural(label)

        return sorted((k for k, name in names.items() if not name.literal), key=place)

    def _node(self, node: Value) -> dict[str, Any]:
        seen = self.scene[node]
        entry: dict[str, Any] = {"name": str(seen.name)}
        if seen.name.literal:
            entry["literal"] = 1
        if node.op is None:
            return entry | {"data": _plain(node.data)}
        places, op = self.recording.places, node.op
        return entry | {
            "op": self.operations.index((op, len(node.operands))),
            "args": [places[operand] for operand in node.operands],
            "formula": seen.formula(TEXT),
            "template": self._place(self._template(node, lambda texts: TEXT.expression(op, texts[:-1]))),
            **self._bias_first(node),
            "by": [self._edge(node, i) for i, slope in enumerate(slopes(node)) if slope is not None],
        }

    def _bias_first(self, node: Value) -> dict[str, int]:
        """For a weighted sum with a bias the template of the products alone, behind which the bias may not come."""
        if node.op is not DOT or len(node.operands) % 2 == 0:
            return {}
        return {"products": self._place(self._template(node, lambda texts: TEXT.expression(DOT, texts[:-2]), -2))}

    def _edge(self, node: Value, index: int) -> list[Any]:
        """An operand that gets gradient: its place, its local derivative in names, and the template in numbers."""
        op, names = node.op, [*self.scene[node].names, self.scene[node].name]
        assert op is not None

        def slope(texts: list[str]) -> str:
            return TEXT.derivative(op, texts[:-1], texts[-1], index) or ""

        text = self._template(node, slope, index)
        return [index, filled(text, [str(name) for name in names]), self._place(text)] if text else [index, None, -1]

    def _place(self, text: str) -> int:
        return self.templates.setdefault(text, len(self.templates))

    def _template(self, node: Value, write: Callable[[list[str]], str], index: int = -1) -> str:
        """What `write` makes of the operands' texts and the result's, with tokens for numbers; once for nodes alike."""
        literal = (*(str(name) if name.literal else None for name in self.scene[node].names), None)
        key = (node.op, literal, index)
        if key not in self.known:
            self.known[key] = template(write, literal)
        return self.known[key]


def _natural(text: str) -> list[tuple[str, int]]:
    """A key by which w₂ comes before w₁₀."""
    return [(word, int(digits or 0)) for word, digits in re.findall(r"(\D*)(\d*)", text)]


def _plain(x: float) -> float | str:
    """A number for JSON, which has none that is not finite: those as JavaScript's `Number` reads them."""
    return x if isfinite(x) else "NaN" if isnan(x) else "Infinity" if x > 0 else "-Infinity"


def template(write: Callable[[list[str]], str], texts: Sequence[str | None]) -> str:
    """What `write` makes of texts, None being numbers: each is tried as a negative one and as none of a single word."""
    marks = [text or f"{MARK}{chr(FIRST + i)}" for i, text in enumerate(texts)]
    plain = write(marks)
    added: dict[tuple[int, str, int, int], str] = {}  # where a parenthesis comes, which, the how many-th, and for which
    for i in [i for i, text in enumerate(texts) if text is None and marks[i] in plain]:
        for kind, before in (("~", SIGNED), ("+", COMPOUND)):
            tried = write([before + mark if k == i else mark for k, mark in enumerate(marks)])
            found = [*_parentheses(plain, tried, before)]
            for n, (at, sign) in enumerate(found):
                key = (at, sign, found[:n].count((at, sign)), i)
                added[key] = "-" if key in added else kind
    tokens = [(at, f"{{{i}{kind}{sign}}}") for (at, sign, _, i), kind in added.items()]
    for at, token in sorted(tokens, reverse=True):
        plain = plain[:at] + token + plain[at:]
    return re.sub(f"{MARK}(.)", lambda found: f"{{{ord(found[1]) - FIRST}}}", plain)


def filled(text: str, texts: Sequence[str]) -> str:
    """A template with these texts in it; `say.js` has the same for numbers."""

    def shown(found: re.Match[str]) -> str:
        given = texts[int(found[1])]
        kinds = "-~" if given.startswith(SIGNED) else "-+" if re.search(r"[ ·+−*/()=]", given) else ""
        return given if not found[3] else found[3] if found[2] in kinds else ""

    return TOKEN.sub(shown, text)


def _parentheses(plain: str, tried: str, before: str) -> Iterator[tuple[int, str]]:
    """Where the text that was tried has one more, by places in the plain one; NotWritten where it differs otherwise."""
    at = 0
    for sign in tried:
        if sign == plain[at : at + 1]:
            at += 1
        elif sign in "()":
            yield at, sign
        elif sign != before:
            break
    if at != len(plain):
        raise NotWritten(f"a text that depends on its numbers: {tried}")


def _operation(op: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"name": op.name, "symbol": op.symbol}
    flags = {"flat": op.flat, "chooses": op.name in CHOICES, "last": op.last is not None}
    return found | {flag: 1 for flag, holds in flags.items() if holds}


def operations_code(operations: Sequence[tuple[Operation, int]]) -> str:
    """An array with `value(xs)` and `slopes(xs, out)` of each operation, behind the functions that they call."""
    body = ",\n".join(_functions(op, count) for op, count in operations)
    return "\n".join([*needed(body), f"const code = [\n{body}\n];"])


def _functions(op: Operation, count: int) -> str:
    try:
        value, slopes = _value(op, count), _slopes(op, count)
    except (TypeError, ValueError, AttributeError) as error:
        raise NotWritten(f"{op.name} cannot be written in JavaScript: {error}") from error
    return f"{{value(x) {{ {value} }}, slopes(x, out) {{ {slopes} }}}}"


def _value(op: Operation, count: int) -> str:
    m = TextArithmetic(JAVASCRIPT)
    result = m.text(op.evaluate(m, _operands(m, count)))
    return " ".join([*m.statements, f"return {result};"])


def _slopes(op: Operation, count: int) -> str:
    """A derivative for each operand, null for none."""
    if op.flat:
        return f"return [{', '.join(['NOTHING'] * count)}];"
    m = _Slopes(JAVASCRIPT)
    xs, out = _operands(m, count), Expression(m, "out")
    rules = op.partials
    found = rules(m, xs, out) if callable(rules) else [rule and rule(m, *xs, out) for rule in rules]
    return " ".join([*m.statements, f"return [{', '.join('null' if x is None else m.text(x) for x in found)}];"])


def _operands(m: TextArithmetic, count: int) -> list[Expression]:
    return [Expression(m, f"x[{i}]") for i in range(count)]
