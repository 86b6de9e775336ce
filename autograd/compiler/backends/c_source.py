"""C source: one C99 file that computes a row, and its gradient, with nothing but the C library's mathematics.

The bundles become for-loops in the eager order of additions, so that any compiler gives the eager numbers: `HEAD` keeps
it from fused multiply-adds, which round once where the engine rounds twice and so decide a kink otherwise.
"""

import math
from collections.abc import Sequence
from typing import Any

from ...operations.arithmetic import Arithmetic
from ...operations.powers import rule_of
from ..ir.arrays import Floats
from ..loops.nests import Bundle, Factors, Lines, Schedule, Step, sum_of_products
from ..loops.recognition import LETTERS, Address, Operand

LIBRARY = frozenset(
    "exp exp2 expm1 log log2 log10 log1p sqrt cbrt hypot sin cos tan asin acos atan atan2 sinh cosh tanh "
    "asinh acosh atanh erf erfc floor fmod".split()
)


HEAD = """\
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "this file counts on IEEE arithmetic: compile it without -ffast-math (-Ofast, -ffinite-math-only)"
#endif
#if defined(__clang__) || defined(__INTEL_COMPILER)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__) /* which ignores the standard's pragma */
#pragma GCC optimize("fp-contract=off")
#elif defined(_MSC_VER)
#pragma fp_contract(off)
#else
#pragma STDC FP_CONTRACT OFF
#endif
#include <math.h>
"""


class Expression:
    """A number in C, by the text that computes it."""

    m: "CArithmetic"
    text: str

    def __init__(self, m: "CArithmetic", text: str) -> None:
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
        return self.m.let("fabs({})", self)


class CArithmetic(Arithmetic):
    """The arithmetic that writes C: every operation is a statement of its own."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name not in LIBRARY:
            return super().__getattr__(name)
        return lambda *xs: self.let(f"{name}({', '.join(['{}'] * len(xs))})", *xs)

    def let(self, form: str, *operands: Any) -> Expression:
        texts = [x.text if isinstance(x, Expression) else literal(float(x)) for x in operands]
        self.statements.append(f"const double t{len(self.statements)} = {form.format(*texts)};")
        return Expression(self, f"t{len(self.statements) - 1}")

    def truediv(self, x: Any, y: Any) -> Expression:
        return self.let("{} / {}", x, y)

    def pow(self, x: Any, y: Any) -> Any:
        return rule(self, x) if (rule := rule_of(y)) else self.let("pow({}, {})", x, y)

    def round(self, x: Any) -> Expression:
        return self.let("nearbyint({})", x)

    def abs(self, x: Any) -> Expression:
        return self.let("fabs({})", x)

    def less(self, x: Any, y: Any) -> Expression:
        return self.let("{} < {} ? 1.0 : 0.0", x, y)

    def less_equal(self, x: Any, y: Any) -> Expression:
        return self.let("{} <= {} ? 1.0 : 0.0", x, y)

    def equal(self, x: Any, y: Any) -> Expression:
        return self.let("{} == {} ? 1.0 : 0.0", x, y)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        return (
            self.let("{} != 0.0 ? {} : {}", condition, x, y)
            if isinstance(condition, Expression)
            else x
            if condition
            else y
        )


def literal(number: float) -> str:
    """A number in C, to the bit."""
    if math.isnan(number):
        return "NAN"
    text = ("INFINITY" if number > 0 else "-INFINITY") if math.isinf(number) else repr(number)
    return f"({text})" if text.startswith("-") else text


def c_function(name: str, comment: str, plan: Schedule) -> str:
    """One C function: inputs X, parameters P and a work space U → the outputs Y."""
    body = [line for step in plan.once for line in _step(plan, step)]
    stores = _stores([_result(plan, int(node)) for node in plan.program.outputs])
    constants = _array("K", plan.constants[: plan.bundled])
    arguments = "const double *X, const double *P, double *Y, double *U"
    upper = f"{name.upper()}_WORK"
    inside = "\n".join("    " + line for line in [*constants, "(void)X; (void)P; (void)U;", *body, *stores])
    comment += f"; U holds {upper} numbers"
    return f"/* {comment} */\n#define {upper} {max(1, plan.sizes['U'])}\nvoid {name}({arguments})\n{{\n{inside}\n}}\n"


def _result(plan: Schedule, node: int) -> Address | float:
    """Where a result lies, or the number that it always is."""
    return float(plan.program.number[node]) if plan.constant[node] else plan.operand(node)


def _stores(outputs: Sequence[Address | float]) -> list[str]:
    """The results to Y; those that lie one behind the other in one loop."""
    lines, k = [], 0
    while k < len(outputs):
        first, count = outputs[k], 1
        if isinstance(first, float):
            lines.append(f"Y[{k}] = {literal(first)};")
            k += 1
            continue
        while k + count < len(outputs) and outputs[k + count] == Address(first.space, first.base + count):
            count += 1
        loop = f"for (long k = 0; k < {count}; k++) Y[{k} + k] = {first.space}[{first.base} + k];"
        lines.append(loop if count > 1 else f"Y[{k}] = {_place(first)};")
        k += count
    return lines


def c_file(header: str, functions: Sequence[str], parameters: Floats | None, name: str) -> str:
    """The whole file; with `parameters`, their numbers are in it as an array."""
    numbers = [] if parameters is None else _array(f"{name}_parameters", parameters.tolist(), "const double")
    return "\n".join([f"/* {header.replace('*', '')} */", HEAD, *numbers, "", *functions])


def _array(name: str, numbers: Sequence[float], kind: str = "static const double") -> list[str]:
    if not numbers:
        return []
    rows = [", ".join(map(literal, numbers[i : i + 8])) for i in range(0, len(numbers), 8)]
    return [f"{kind} {name}[{len(numbers)}] = {{", *(f"    {row}," for row in rows), "};"]


def _step(plan: Schedule, step: Step) -> list[str]:
    return _lines(plan, step) if isinstance(step, Lines) else _bundle(step)


def _bundle(step: Bundle) -> list[str]:
    names = LETTERS[: len(step.extents)]
    heads = [
        "    " * d + f"for (long {n} = 0; {n} < {count}; {n}++) {{"
        for d, (n, count) in enumerate(zip(names, step.extents, strict=True))
    ]
    inner = _products(step) if step.op is None else _elementwise(step)
    indent = "    " * len(names)
    ends = ["    " * d + "}" for d in reversed(range(len(names)))]
    if not names:
        return ["{", *("    " + line for line in inner), "}"]
    return [*heads, *(indent + line for line in inner), *ends]


def _elementwise(step: Bundle) -> list[str]:
    m = CArithmetic()
    assert step.op is not None
    xs = [Expression(m, _place(x)) if isinstance(x, Address) else x for x in step.operands]
    result = step.op.evaluate(m, xs)
    text = result.text if isinstance(result, Expression) else literal(float(result))
    return [*m.statements, f"{_place(step.out)} = {text};"]


def _products(step: Bundle) -> list[str]:
    first, *_ = step.runs
    lines = [f"double s = {_term(first, '0')};", *_adds(first.others, "0"), *_rest(first, 1)]
    for run in step.runs[1:]:
        lines += _rest(run, 0)
    return [*lines, f"{_place(step.out)} = s;"]


def _rest(run: Factors, first: int) -> list[str]:
    """The terms of a run from `first` on."""
    if run.length - first < 2:
        return _adds(run.parts, str(first)) if first < run.length else []
    return [f"for (long t = {first}; t < {run.length}; t++) {{ {' '.join(_adds(run.parts, 't'))} }}"]


def _adds(parts: Sequence[Factors], t: str) -> list[str]:
    return [f"s += {_term(part, t)};" for part in parts]


def _term(run: Factors, t: str) -> str:
    return _place(run.a, t) if run.b is None else f"{_place(run.a, t)} * {_place(run.b, t)}"


def _place(operand: Operand, t: str = "") -> str:
    if not isinstance(operand, Address):
        return literal(operand)
    moves = [(s, n) for s, n in zip(operand.strides, LETTERS, strict=False) if s]
    if operand.step and t != "0":
        moves.append((operand.step, t))
    start = [str(operand.base)] if operand.base or not moves else []
    parts = start + [n if s == 1 else f"{s} * {n}" for s, n in moves]
    return f"{operand.space}[{' + '.join(parts)}]"


def _lines(plan: Schedule, step: Lines) -> list[str]:
    program, lines = plan.program, []
    for node in step.nodes.tolist():
        operands = program.args[program.start[node] : program.start[node] + program.arity[node]].tolist()
        m = CArithmetic()
        xs: list[Any] = [_leaf(plan, m, x) for x in operands]
        op = program.words.operations[program.code[node]]
        result = sum_of_products(xs) if op is None else op.evaluate(m, xs)
        text = result.text if isinstance(result, Expression) else literal(float(result))
        lines.append(f"{{ {' '.join([*m.statements, f'{_place(plan.operand(node))} = {text};'])} }}")
    return lines


def _leaf(plan: Schedule, m: "CArithmetic", node: int) -> Any:
    return float(plan.program.number[node]) if plan.constant[node] else Expression(m, _place(plan.operand(node)))
