"""The arithmetic that writes source text, in any language whose words it is given."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...operations.arithmetic import Arithmetic
from ...operations.powers import rule_of


@dataclass(frozen=True)
class Language:
    """The words in which languages with C's expressions differ. `functions` are templates, one for each primitive."""

    constant: str
    variable: str
    counter: str
    nan: str
    infinity: str
    functions: Mapping[str, str]
    suffix: str = ""  # behind a number

    def literal(self, number: float) -> str:
        """A number, to the bit."""
        if math.isnan(number):
            return self.nan
        large = self.infinity if number > 0 else f"-{self.infinity}"
        text = large if math.isinf(number) else repr(number) + self.suffix
        return f"({text})" if text.startswith("-") else text


COMMON = {
    "truediv": "{} / {}",
    "less": "{} < {} ? 1.0 : 0.0",
    "less_equal": "{} <= {} ? 1.0 : 0.0",
    "equal": "{} == {} ? 1.0 : 0.0",
    "where": "{} != 0.0 ? {} : {}",
}
"""What C and its kin write alike."""

ELEMENTARY = "exp expm1 log log2 log10 log1p sqrt cbrt hypot floor sin cos tan asin acos atan atan2 sinh cosh tanh"
ELEMENTARY += " asinh acosh atanh"
"""What their libraries have under the same names."""


def calls(names: str, prefix: str = "", binary: str = "atan2 hypot pow fmod") -> dict[str, str]:
    """Templates of calls of the library's functions of these names."""
    twice = binary.split()
    return {name: f"{prefix}{name}({'{}, {}' if name in twice else '{}'})" for name in names.split()}


class Expression:
    """A number in source text, by what computes it."""

    m: "TextArithmetic"
    text: str

    def __init__(self, m: "TextArithmetic", text: str) -> None:
        self.m, self.text = m, text

    def __add__(self, other: Any) -> "Expression":
        return self.m.let("{} + {}", self, other)

    def __radd__(self, other: Any) -> "Expression":
        return self.m.let("{} + {}", other, self)

    def __sub__(self, other: Any) -> "Expression":
        return self.m.let("{} - {}", self, other)

    def __rsub__(self, other: Any) -> "Expression":
        return self.m.let("{} - {}", other, self)

    def __mul__(self, other: Any) -> "Expression":
        return self.m.let("{} * {}", self, other)

    def __rmul__(self, other: Any) -> "Expression":
        return self.m.let("{} * {}", other, self)

    def __truediv__(self, other: Any) -> "Expression":
        return self.m.let("{} / {}", self, other)

    def __rtruediv__(self, other: Any) -> "Expression":
        return self.m.let("{} / {}", other, self)

    def __pow__(self, other: Any) -> "Expression":
        found: Expression = self.m.pow(self, other)
        return found

    def __neg__(self) -> "Expression":
        return self.m.let("-{}", self)

    def __abs__(self) -> "Expression":
        found: Expression = self.m.abs(self)
        return found

    def __bool__(self) -> bool:
        raise TypeError("a number in source text is not known, so that no branch can depend on it")


class TextArithmetic(Arithmetic):
    """Every operation is a statement of its own, so that nothing is rounded otherwise than in the engine."""

    language: Language
    statements: list[str]

    def __init__(self, language: Language) -> None:
        self.language, self.statements = language, []

    def __getattr__(self, name: str) -> Any:
        if name not in self.language.functions:
            return super().__getattr__(name)
        template = self.language.functions[name]
        return lambda *xs: self.let(template, *xs)

    def let(self, template: str, *operands: Any) -> Expression:
        """A new number, computed as the template says."""
        self.statements.append(
            f"{self.language.constant} t{len(self.statements)} = {template.format(*map(self.text, operands))};"
        )
        return Expression(self, f"t{len(self.statements) - 1}")

    def text(self, x: Any) -> str:
        """How a number is written, computed or plain."""
        return x.text if isinstance(x, Expression) else self.language.literal(float(x))

    def pow(self, x: Any, y: Any) -> Any:
        return rule(self, x) if (rule := rule_of(y)) else self.let(self.language.functions["pow"], x, y)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        if isinstance(condition, Expression):
            return self.let(self.language.functions["where"], condition, x, y)
        return x if condition else y
