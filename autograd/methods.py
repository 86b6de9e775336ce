"""The operators and methods of a Value as Python code, written from the table.

The recorder's `apply` looks up everything at each node: the numbers' kinds, the formula, the derivatives. Here the
formulas of an operation are followed once, on names in place of numbers, and become the lines of a function, as one
would write it in a class of one's own. What is not usual (a trace, a subclass, a text in `.data`) goes the general way.
Tests hold both to each other, to the bit.
"""

import math
import os
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from .operations.arithmetic import FLOATS, NOTHING, Arithmetic
from .operations.elementary import ADD, MUL, NEG, POW, SUB
from .operations.operation import Operation
from .operations.powers import POWERS
from .protocols.operators import Operators
from .value import PLAIN, RECORDER, Constant, Value

SIGNS: dict[Operation, str] = {ADD: "{} + {}", SUB: "{} - {}", MUL: "{} * {}", NEG: "-{}"}
INLINE: dict[str, str] = {  # no call for the usual numbers
    "truediv": "{0} / {1} if {1} else truediv({0}, {1})",
    "exp": "math.exp({0}) if -700.0 < {0} < 700.0 else exp({0})",
    "sin": "math.sin({0}) if -inf < {0} < inf else sin({0})",
    "cos": "math.cos({0}) if -inf < {0} < inf else cos({0})",
    "log": "math.log({0}) if {0} > 0.0 else log({0})",
    "sqrt": "math.sqrt({0}) if {0} >= 0.0 else sqrt({0})",
    "less": "1.0 if {0} < {1} else 0.0",
    "less_equal": "1.0 if {0} <= {1} else 0.0",
    "equal": "1.0 if {0} == {1} else 0.0",
    "where": "{1} if {0} else {2}",
}
FILE = os.path.join(os.path.dirname(__file__), "<written from the table>")  # ours, as messages and tracebacks take it
KNOWN: dict[str, Any] = {
    **{name: getattr(FLOATS, name) for name in dir(FLOATS) if not name.startswith("_")},
    "math": math,
    "inf": math.inf,
    "nan": math.nan,
    "NOTHING": NOTHING,
    "FLOATS": FLOATS,
    "PLAIN": PLAIN,
    "current": RECORDER.get,
    "new": object.__new__,
    "Value": Value,
    "Constant": Constant,
}

UNARY = """
def method({arguments}):
    if type(self) is Value and not (recorder := current()).tracing and type(x := self.data) is float:
        {lines}
        {node}
    return general({arguments})
"""
BINARY = """
def method(self, other):
    if type(self) is Value and not (recorder := current()).tracing and type(x := self.data) is float:
        if type(other) is Value:
            if type(y := other.data) is float:
                {both[lines]}
                {both[node]}
        elif type(other) is float or type(other) is int:
            y = float(other)
            {number[lines]}
            {number[node]}
    return general(self, other)
"""
REFLECTED = """
def method(self, other):
    if type(self) is Value and not (recorder := current()).tracing and type(y := self.data) is float:
        if other and (type(other) is float or type(other) is int):
            x = float(other)
            {lines}
            {node}
    return general(self, other)
"""
POWER = """
def method(self, other):
    if type(other) is int or type(other) is float:
        if known := powers.get(other):
            return known(self, other)
        if len(powers) < MOST and other and -1e300 < other < 1e300:  # 0 and −0 are one key
            return power(float(other))(self, other)
    return general(self, other)
"""
CONSTANT = """constant = new(Constant)
constant.data, constant.grad, constant.label = {}, 0.0, ""
constant.op, constant.operands, constant.local_grads = None, (), ()
"""
NODE = """if recorder is not PLAIN:
    return recorder.node(op, ({operands},), {out}, ({slopes},))
node = new(Value)
node.data, node.grad, node.label = {out}, 0.0, ""
node.op, node.operands, node.local_grads = op, ({operands},), ({slopes},)
return node"""


class Name(Operators["Name"]):
    """What stands for a number in the code: arithmetic on it writes lines."""

    lines: "Lines"
    name: str

    def __init__(self, lines: "Lines", name: str) -> None:
        self.lines, self.name = lines, name

    def _operate(self, op: Operation, *operands: Any) -> "Name":
        return self.lines.write(SIGNS[op], operands)

    def __repr__(self) -> str:
        return self.name


class Lines(Arithmetic):
    """The arithmetic that writes: each result is a line, and gets a name; what stands there already is not repeated."""

    names: dict[str, Name]

    def __init__(self) -> None:
        self.names = {}

    def write(self, template: str, operands: Any) -> Name:
        """The name of what `template` makes of the operands."""
        text = template.format(*operands)
        return self.names.setdefault(text, Name(self, f"t{len(self.names)}"))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if template := INLINE.get(name):
            return lambda *xs: self.write(template, xs)
        if name in vars(type(FLOATS)):
            return lambda *xs: self.write(f"{name}({', '.join(map(str, xs))})", ())
        return super().__getattr__(name)

    def passes(self, condition: Any, slope: Any) -> Any:
        """What passes along an edge, and where nothing does."""
        return self.write("{1} if {0} else NOTHING", (condition, slope))

    def pow(self, x: Any, y: Any) -> Any:
        """A power that is known is written as roots and products."""
        return POWERS[y](self, x) if type(y) is float and y in POWERS else self.write("pow({}, {})", (x, y))

    def text(self) -> str:
        """All lines."""
        return "\n".join(f"{name} = {text}" for text, name in self.names.items()) or "pass"


def code(op: Operation, operands: list[Any], nodes: tuple[str, ...], indent: int) -> dict[str, str]:
    """The lines that compute the operation and its derivatives, and those that make the node.

    No derivative is taken by an operand whose node is called `constant`.
    """
    lines = Lines()
    xs = [Name(lines, x) if isinstance(x, str) else x for x in operands]

    def follow(formula: Any, key: str, *extra: Any) -> Any:
        """The result's name. A formula that looks at the kind of its operands is called as it stands."""
        if "type" in formula.__code__.co_names and not any(type(x) is float for x in xs):
            return lines.write(f"{key}(FLOATS, {', '.join(map(str, [*xs, *extra]))})", ())
        return formula(lines, *xs, *extra)

    out = follow(op.forward, "forward")
    slopes = [
        follow(partial, f"partials[{k}]", out) if node != "constant" else None
        for k, (partial, node) in enumerate(zip(op.partials, nodes, strict=True))  # type: ignore[arg-type]
    ]
    made = CONSTANT.format(xs[nodes.index("constant")]) if "constant" in nodes else ""
    made += NODE.format(operands=", ".join(nodes), out=out, slopes=", ".join(map(str, slopes)))
    deeper = "\n" + " " * indent
    return {"lines": lines.text().replace("\n", deeper), "node": made.replace("\n", deeper)}


def made(op: Operation, source: str, general: Any, **names: Any) -> Any:
    """The function of this source, with the name and the documentation of the general one."""
    found: dict[str, Any] = {"op": op, "forward": op.forward, "partials": op.partials, "general": general, **names}
    exec(compile(source, FILE, "exec"), KNOWN | found, found)
    return update_wrapper(found["method"], general)


def method(general: Any, op: Operation, reflected: bool) -> Any:
    """The method that does what `general` does."""
    if len(op.operands) == 1:
        return made(op, UNARY.format(arguments="self", **code(op, ["x"], ("self",), 8)), general)
    if reflected:
        return made(op, REFLECTED.format(**code(op, ["x", "y"], ("constant", "self"), 12)), general)
    both, number = code(op, ["x", "y"], ("self", "other"), 16), code(op, ["x", "y"], ("self", "constant"), 12)
    quick = made(op, BINARY.format(both=both, number=number), general)
    return made(op, POWER, quick, powers=powers, power=power, MOST=MOST) if op is POW else quick


powers: dict[float, Any] = {}
"""The methods for the exponents that were used first."""
MOST = 64  # of them: an exponent that is another number each time is no reason to write code each time


def power(exponent: float) -> Any:
    """The method for this exponent."""
    source = UNARY.format(arguments="self, other", **code(POW, ["x", exponent], ("self", "constant"), 8))
    return powers.setdefault(exponent, made(POW, source, Operators.__pow__))


class _Asked(Operators[tuple[Operation, bool]]):
    """Tells which operation an operator hands on, and whether it is the one behind the other operand."""

    def _operate(self, op: Operation, *operands: Any) -> tuple[Operation, bool]:
        return op, operands[0] is not self


def install() -> None:
    """Give Value the methods, for those that `Operators` has."""
    for name, function in list(vars(Operators).items()):
        if callable(function) and name not in ("_operate", "__class_getitem__", "__init_subclass__"):
            others = [1.0] * (function.__code__.co_argcount - 1)
            setattr(Value, name, method(getattr(Value, name), *function(_Asked(), *others)))
