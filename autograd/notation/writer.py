"""formula(): a graph as text, infix or LaTeX. Derivatives as a textbook writes them.

Writing is one more arithmetic: a op handed `m = Writer(...)` returns the text of its formula, with the parentheses
it needs. So a local derivative is printed from the very op that computes it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph import topological_order
from ..operations.arithmetic import Arithmetic
from ..operations.elementary import ADD, MUL, NEG, POW, SUB
from ..operations.operation import Operation
from ..support.printing import Text
from ..value import Constant, Value
from .numbers import alike, latex_name, latex_number, shortest, subscripts, superscript

COMPARISON, SIGN, DELIMITED, FUNCTION, ATOM = 1, 4, 8, 9, 10  # how tightly a text holds together, as Operation.level
LONGEST_TEXT = 500  # characters; a longer text gets a name, so that copying it upwards stays linear


@dataclass(frozen=True, eq=False)
class Term:
    """A piece of formula: its text, how tightly it binds, and the writer that continues it."""

    text: str
    level: int
    writer: "Writer"

    def __add__(self, other: Any) -> "Term":
        return self.writer.write(ADD, self, other)

    def __radd__(self, other: Any) -> "Term":
        return self.writer.write(ADD, other, self)

    def __sub__(self, other: Any) -> "Term":
        return self.writer.write(SUB, self, other)

    def __rsub__(self, other: Any) -> "Term":
        return self.writer.write(SUB, other, self)

    def __mul__(self, other: Any) -> "Term":
        return self.writer.write(MUL, self, other)

    def __rmul__(self, other: Any) -> "Term":
        return self.writer.write(MUL, other, self)

    def __neg__(self) -> "Term":
        return self.writer.write(NEG, self)

    def __pow__(self, other: Any) -> "Term":
        return self.writer.write(POW, self, other)


class Writer(Arithmetic):
    """The arithmetic of formulas, in infix text or in LaTeX."""

    latex: bool

    def __init__(self, style: str = "text") -> None:
        if style not in ("text", "latex"):
            raise ValueError(f'style must be "text" or "latex", got {style!r}')
        self.latex = style == "latex"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        op = self._entry(name)
        return lambda *arguments, **named: self.write(op, *op.flatten(*arguments, **named))

    def passes(self, condition: Any, slope: Any) -> Term:
        """Iverson's bracket alone where the slope is 1."""
        return self.term(condition if slope == 1.0 else self.where(condition, slope, 0.0))

    def term(self, x: Any) -> Term:
        """A name, a number's text or a number as a term; a negative number binds like a sign."""
        if isinstance(x, Term):
            return x
        text = x if isinstance(x, str) else shortest(float(x))
        level = SIGN if text.startswith(("−", "-")) else ATOM if _is_word(text) else 0
        return Term(latex_number(text) if self.latex and not isinstance(x, str) else text, level, self)

    def write(self, op: Operation, *operands: Any) -> Term:
        """The operation on operands that are written already."""
        terms = [self.term(x) for x in operands]
        if op.written is not None:
            return self.term(op.written(self, terms))
        if op is POW and not self.latex and (raised := superscript(terms[1].text)):
            return Term(self._enclosed(terms[0], terms[0].level <= DELIMITED) + raised, op.level, self)
        template = (self.latex and op.latex) or op.text
        if not template:
            return self.call(op.name, *terms)
        shown = [self._enclosed(t, _needs_parentheses(op, template, i, t)) for i, t in enumerate(terms)]
        delimited = op.level < FUNCTION and all(f"{{{{{{{i}}}}}}}" in template for i in range(len(terms)))
        return Term(template.format(*shown), DELIMITED if delimited else op.level, self)

    def _enclosed(self, term: Term, needed: bool) -> str:
        if not needed:
            return term.text
        return rf"\left({term.text}\right)" if self.latex else f"({term.text})"

    def call(self, name: str, *operands: Any) -> Term:
        """A function by its name."""
        inside = ", ".join(self.term(x).text for x in operands)
        if self.latex:
            escaped = name.replace("_", r"\_")
            upright = latex_name(name) if len(name) == 1 else rf"\operatorname{{{escaped}}}"
            return Term(rf"{upright}\left({inside}\right)", FUNCTION, self)
        return Term(f"{name}({inside})", FUNCTION, self)

    def name(self, label: str, number: int | None = None, as_given: bool = False) -> Term:
        """A variable by its label, `w11` as w₁₁ if not `as_given`; the `number`-th of that label as w₁₁⁽²⁾."""
        if self.latex:
            return Term(latex_name(label, as_given) + (f"^{{({number})}}" if number else ""), ATOM, self)
        shown = label if as_given else subscripts(label)
        return Term(shown + (f"⁽{superscript(str(number))}⁾" if number else ""), ATOM, self)


def _is_word(text: str) -> bool:
    """Whether a text given from outside is a single name or number, so that it needs no parentheses."""
    return not any(sign in text for sign in " ·+−*/()=")


def _needs_parentheses(op: Operation, template: str, position: int, term: Term) -> bool:
    """Operators enclose what binds less tightly, or equally and on their right; braces enclose by themselves."""
    if op.level >= FUNCTION or f"{{{{{{{position}}}}}}}" in template:
        return False
    if op is POW:
        return term.level <= (DELIMITED if position == 0 else SIGN)
    signed = term.text.startswith(("−", "-"))
    if op is NEG or op.level == COMPARISON:  # −(−a); (a < b) < c is not a < b < c
        return term.level <= op.level or (op is NEG and signed)
    return term.level < op.level or (position > 0 and (term.level == op.level or signed))


def expression(op: Operation, operands: Sequence[str], style: str = "text") -> str:
    """One operation written on names or numbers.

    >>> from autograd import OPERATIONS
    >>> expression(OPERATIONS["dot"], ["w₁", "w₂", "x₁", "x₂", "b"])
    'w₁·x₁ + w₂·x₂ + b'
    """
    return Writer(style).write(op, *operands).text


def derivative(op: Operation, operands: Sequence[str], out: str, index: int, style: str = "text") -> str:
    """The local derivative ∂out/∂operands[index] as a textbook writes it, with these names or numbers put in.

    >>> from autograd import OPERATIONS
    >>> derivative(OPERATIONS["sigmoid"], ["z"], "a", 0), derivative(OPERATIONS["mul"], ["w", "x"], "y", 0)
    ('a·(1 − a)', 'x')
    """
    m = Writer(style)
    rules = op.textbook or op.partials
    xs, result = [m.term(x) for x in operands], m.term(out)
    if op.flat:
        return m.term(0.0).text
    rule = (lambda m, *_: rules(m, xs, result)[index]) if callable(rules) else rules[index]
    found = rule and rule(m, *xs, result)
    if found is None:
        raise ValueError(f"{op.name} has no derivative by its operand {index}")
    term = m.term(found)
    return f"[{term.text}]" if term.level == 1 else term.text  # a comparison: Iverson's bracket, 1 or 0


def formula(value: Value, style: str = "text", numbers: bool = False) -> Text:
    """The graph of `value` as text, infix or (`style="latex"`) LaTeX, with labels or (`numbers=True`) numbers.

    A node that is used more than once is named and defined in a `where` line, so that the text stays linear in the
    number of nodes. `print` writes it in ASCII where the stream has no such signs. Raises ValueError for another
    style, TypeError for what is no Value.

    >>> x, y = Value(2.0, label="x1"), Value(3.0, label="y")
    >>> formula((x * y + 1.0).tanh())
    'tanh(x₁·y + 1)'
    >>> z = x * y
    >>> print(formula(z * z))
    t₁·t₁
    where t₁ = x₁·y
    """
    m = Writer(style)
    if not isinstance(value, Value):
        raise TypeError(f"formula writes the graph of a Value, got {value!r:.40} ({type(value).__name__})")
    order = topological_order(value)
    uses = Counter(operand for node in order for operand in node.operands)
    names = _names(m, order)
    taken = {node.label for node in names}
    made_up = (m.name(f"t{i}") for i in range(1, 2 * len(order)) if f"t{i}" not in taken)
    terms: dict[Value, Term] = {}
    definitions = []
    for node in order:
        term = _inner(m, node, terms) if node.operands else m.term(node.data if numbers else names.get(node, node.data))
        if node is not value and node.operands and (uses[node] > 1 or len(term.text) > LONGEST_TEXT):
            name = names.get(node) or next(made_up)
            definitions.append(f"{name.text} = {term.text}")
            term = name
        terms[node] = term
    return Text(_with_definitions(m, terms[value].text, definitions))


def _names(m: Writer, order: Sequence[Value]) -> dict[Value, Term]:
    """The nodes with a label by their names; where several share a label, as layers do, they are numbered: w₁₁⁽²⁾."""
    used = dict.fromkeys([*(operand for node in order for operand in node.operands), order[-1]])  # lower layers first
    labelled = [node for node in used if node.label and type(node) is not Constant]
    total = Counter(node.label for node in labelled)
    same = alike(total)
    seen: Counter[str] = Counter()
    names = {}
    for node in labelled:
        seen[node.label] += 1
        names[node] = m.name(node.label, seen[node.label] if total[node.label] > 1 else None, node.label in same)
    return names


def _inner(m: Writer, node: Value, terms: dict[Value, Term]) -> Term:
    assert node.op is not None
    return m.write(node.op, *[terms[operand] for operand in node.operands])


def _with_definitions(m: Writer, text: str, definitions: Sequence[str]) -> str:
    if not definitions:
        return text
    if m.latex:
        return text + r" \quad \text{where } " + r", \quad ".join(definitions)
    return f"{text}\nwhere " + "\n      ".join(definitions)
