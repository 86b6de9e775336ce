"""Expressions as text, turned into graphs: parsed and checked, never run as Python.

Only numbers, names, + − * / ** and the functions of the table are understood; anything else is an
ExpressionError that names the column.
"""

import ast
import math
import re
import sys
import unicodedata
import warnings
from collections.abc import Mapping
from typing import Any

from ..functions import function_of
from ..operations.operation import OPERATIONS
from ..value import Value

LONGEST, DEEPEST = 4_000, 150  # characters; operations and brackets inside one another
CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e}
SIGNS = {"−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "÷": "/", "²": "**2", "³": "**3", "√": "sqrt(…)"}
_NUMBER = r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
FORGOTTEN = re.compile(rf"(?:{_NUMBER}|\))\s*(?=[^\W\d]|\()|(?<=[\w.)])\s+(?=[\w.(])")  # between two factors
BINARY: dict[type, str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.Pow: "pow"}
WHAT: dict[type, str] = {  # what people try, by its name
    ast.Attribute: "an attribute (.name)", ast.Subscript: "an index ([…])", ast.Lambda: "a lambda",
    ast.Compare: "a comparison", ast.BoolOp: "and/or", ast.IfExp: "if/else", ast.NamedExpr: "an assignment",
    ast.JoinedStr: "a text", ast.Starred: "a star", ast.ListComp: "a comprehension",
    ast.GeneratorExp: "a comprehension", ast.SetComp: "a comprehension", ast.DictComp: "a comprehension",
    ast.Await: "await", ast.Yield: "yield", ast.Dict: "a dict", ast.Set: "a set", ast.Tuple: "a tuple",
    ast.List: "a list outside a function's parentheses",
}  # fmt: skip


class ExpressionError(ValueError):
    """An expression that is not understood; the message is one line and names the column, counted from 1."""


def parse(text: str, values: Mapping[str, Value]) -> Value | float:
    """The graph of an expression whose names stand for `values`; a plain number where it has no names.

    Raises ExpressionError for whatever is not arithmetic, for a name without a value and for what is too long.

    >>> parse("tanh(x*w) + 1", {"x": Value(0.0), "w": Value(2.0)})
    Value(1.0, op='add')
    >>> parse("x.data", {"x": Value(0.0)})
    Traceback (most recent call last):
    ...
    autograd.notation.parser.ExpressionError: column 1: an attribute (.name) is not arithmetic
    """
    _check_size(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 1if x: what is odd to Python is an error here anyway
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(_misspelt(text, error)) from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise ExpressionError(f"column 1: this cannot be parsed ({type(error).__name__})") from None
    reader = Reader(text, values)
    reader.check_depth(tree)
    return reader.read(tree)  # type: ignore[no-any-return]


def name_of(text: str) -> str:
    """A name as Python's parser reads it: the micro sign µ is the letter μ (NFKC).

    >>> name_of("\N{MICRO SIGN}") == "\N{GREEK SMALL LETTER MU}"
    True
    """
    return unicodedata.normalize("NFKC", text)


def _check_size(text: str) -> None:
    """Refuse what is too long or too deep before Python's parser sees it."""
    if not text.strip():
        raise ExpressionError("column 1: the expression is empty")
    if len(text) > LONGEST:
        raise ExpressionError(f"column {LONGEST + 1}: longer than {LONGEST} characters")
    if stop := re.search(r"[\n\r\f\0]", text):
        raise ExpressionError(f"column {stop.start() + 1}: an expression is one line of text")
    depth = signs = 0
    for column, char in enumerate(text, 1):
        depth += (char in "([{") - (char in ")]}")
        signs = signs + 1 if char in "+-~" else signs if char.isspace() else 0
        if max(depth, signs) > DEEPEST:
            raise ExpressionError(f"column {column}: nested more than {DEEPEST} deep")


def _misspelt(text: str, error: SyntaxError) -> str:
    """What Python's parser did not understand, and what is meant by it most likely."""
    for column, char in enumerate(text, 1):
        if char in SIGNS:
            return f"column {column}: {char} is not understood: write {SIGNS[char]}"
        if char in "₀₁₂₃₄₅₆₇₈₉":
            return f"column {column}: {char} is not understood: write x1 for x₁"
    if missing := FORGOTTEN.search(text):
        function = re.search(r"\w*$", text[: missing.start()])
        if function and function[0] in OPERATIONS:
            return f"column {missing.end() + 1}: {function[0]} is a function: write {function[0]}(…)"
        return f"column {missing.end() + 1}: a sign is missing between two factors: write *, as in 2*x"
    return f"column {_clipped(error.offset, text)}: {error.msg}"


def _clipped(offset: int | None, text: str) -> int:
    return max(1, min(offset or 1, len(text) + 1))


class Reader:
    """Turns the parsed tree into nodes."""

    source: bytes
    values: dict[str, Value]

    def __init__(self, text: str, values: Mapping[str, Value]) -> None:
        self.source = text.encode()
        self.values = {name_of(name): value for name, value in values.items()}

    def error(self, node: ast.AST, message: str) -> ExpressionError:
        """An error that points at the node's place in the text."""
        column = len(self.source[: getattr(node, "col_offset", 0)].decode(errors="ignore")) + 1  # Python counts bytes
        return ExpressionError(f"column {column}: {message}")

    def check_depth(self, tree: ast.AST) -> None:
        """Raise an error where operations lie too deep in one another."""
        stack = [(tree, 1)]
        while stack:
            node, depth = stack.pop()
            if depth > DEEPEST:
                raise self.error(node, f"more than {DEEPEST} operations inside one another; a long sum is sum([…])")
            stack += [(child, depth + 1) for child in ast.iter_child_nodes(node)]

    def read(self, node: ast.AST) -> Any:
        """A node, a float, or a list of them."""
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self._number(node, value)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                x = self.read(operand)
                return self.apply(node, "neg", [x]) if isinstance(sign, ast.USub) else x
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return self.apply(node, BINARY[type(op)], [self.read(left), self.read(right)])
            case ast.BinOp(left=left, op=ast.BitXor()):
                column = len(self.source[: self.source.find(b"^", left.end_col_offset)].decode()) + 1
                raise ExpressionError(f"column {column}: ^ is no power here: write **, as in x**2")
            case ast.Call(func=ast.Name(id=name)):
                return self._call(node, name)
            case ast.Call(func=ast.Constant() | ast.BinOp() | ast.Call()):
                raise self.error(node, "a bracket behind a factor calls nothing: write *, as in 2*(x + 1)")
            case ast.Call():
                raise self.error(node, "only the functions of the table can be called, by their names")
        kind = WHAT.get(type(node)) or f"'{ast.unparse(node):.20}'"
        raise self.error(node, f"{kind} is not arithmetic")

    def _number(self, node: ast.AST, value: float) -> float:
        if not abs(value) <= sys.float_info.max:
            raise self.error(node, "this number is too large for a float")
        return float(value)

    def _name(self, node: ast.AST, name: str) -> Value | float:
        if name in self.values:
            return self.values[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in OPERATIONS:
            raise self.error(node, f"{name} is a function: write {name}(…)")
        halves = [(name[:i], name[i:]) for i in range(1, len(name))]
        product = "".join(f", or write {a}*{b}" for a, b in halves if a in self.values and b in self.values)
        raise self.error(node, f"no value for {name}: add {name}=… after the expression{product}")

    def _call(self, node: ast.Call, name: str) -> Any:
        if name in self.values or (name in CONSTANTS and name not in OPERATIONS):
            raise self.error(node, f"{name} is a number, not a function: write {name}*(…)")
        if name not in OPERATIONS:
            raise self.error(node, f"no function named {name!r}; see autograd.OPERATIONS for those there are")
        arguments = [self._argument(argument) for argument in node.args]
        named = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.error(keyword.value, "** is not understood in a call")
            named[keyword.arg] = self._argument(keyword.value)
        return self.apply(node, name, arguments, named)

    def _argument(self, node: ast.AST) -> Any:
        """An argument of a function: an expression, or a list of them as `dot` and `sum` take it."""
        return [self.read(part) for part in node.elts] if isinstance(node, ast.List) else self.read(node)

    def apply(self, node: ast.AST, name: str, arguments: list[Any], named: Mapping[str, Any] | None = None) -> Any:
        """The function `name`; what it complains of is told with the column."""
        function = function_of(OPERATIONS[name])
        try:
            result = function(*arguments, **(named or {}))
        except (TypeError, ValueError, IndexError) as error:
            raise self.error(node, str(error).splitlines()[0]) from None
        if isinstance(result, float) and not math.isfinite(result):
            raise self.error(node, f"these numbers give {result}, no number to go on with")
        return result
