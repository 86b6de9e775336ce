"""A schedule's steps as statements: the bundles become for-loops, in the eager order of additions."""

from collections.abc import Sequence
from typing import Any

from ....notation.source.arithmetic import Expression, Language, TextArithmetic
from ...loops.nests import Bundle, Factors, Lines, Schedule, Step, sum_of_products
from ...loops.recognition import LETTERS, Address, Operand


class LoopWriter:
    """Writes the steps of one schedule; `inputs` is a template of how input number {} is written."""

    plan: Schedule
    language: Language
    inputs: str

    def __init__(self, plan: Schedule, language: Language, inputs: str = "X[{}]") -> None:
        self.plan, self.language, self.inputs = plan, language, inputs

    def steps(self, steps: Sequence[Step]) -> list[str]:
        """Their statements, in order."""
        return [line for step in steps for line in self._step(step)]

    def _step(self, step: Step) -> list[str]:
        return self._lines(step) if isinstance(step, Lines) else self._bundle(step)

    def stores(self, nodes: Sequence[int], first: str = "") -> list[str]:
        """The results to Y, from `first` on; those that lie one behind the other in one loop."""
        outputs = [self._result(node) for node in nodes]
        lines, k, counter = [], 0, self.language.counter
        ahead = f"{first} + " if first else ""  # a row's place in Y
        while k < len(outputs):
            start, count = outputs[k], 1
            while isinstance(start, Address) and k + count < len(outputs) and outputs[k + count] == _next(start, count):
                count += 1
            if count == 1:
                lines.append(f"Y[{ahead}{k}] = {self.place(start)};")
            else:
                assert isinstance(start, Address)
                source = self.place(Address(start.space, start.base, (1,)), letters="k")
                loop = f"for ({counter} k = 0; k < {count}; k++)"
                lines.append(f"{loop} Y[{ahead}{k} + k] = {source};")
            k += count
        return lines

    def place(self, operand: Operand, t: str = "", letters: str = LETTERS) -> str:
        """Where a number lies, or the number; `t` counts the terms of a sum."""
        if not isinstance(operand, Address):
            return self.language.literal(operand)
        moves = [(s, n) for s, n in zip(operand.strides, letters, strict=False) if s]
        if operand.step and t != "0":
            moves.append((operand.step, t))
        start = [str(operand.base)] if operand.base or not moves else []
        index = " + ".join(start + [n if s == 1 else f"{s} * {n}" for s, n in moves])
        return self.inputs.format(index) if operand.space == "X" else f"{operand.space}[{index}]"

    def result(self, node: int) -> str:
        """A result's place, or the number that it always is."""
        return self.place(self._result(node))

    def _result(self, node: int) -> Address | float:
        return float(self.plan.program.number[node]) if self.plan.constant[node] else self.plan.operand(node)

    def _bundle(self, step: Bundle) -> list[str]:
        names = LETTERS[: len(step.extents)]
        counter = self.language.counter
        heads = [
            "    " * d + f"for ({counter} {n} = 0; {n} < {count}; {n}++) {{"
            for d, (n, count) in enumerate(zip(names, step.extents, strict=True))
        ]
        inner = self._products(step) if step.op is None else self._elementwise(step)
        indent = "    " * len(names)
        ends = ["    " * d + "}" for d in reversed(range(len(names)))]
        if not names:
            return ["{", *("    " + line for line in inner), "}"]
        return [*heads, *(indent + line for line in inner), *ends]

    def _elementwise(self, step: Bundle) -> list[str]:
        m = TextArithmetic(self.language)
        assert step.op is not None
        xs = [Expression(m, self.place(x)) if isinstance(x, Address) else x for x in step.operands]
        result = m.text(step.op.evaluate(m, xs))
        return [*m.statements, f"{self.place(step.out)} = {result};"]

    def _products(self, step: Bundle) -> list[str]:
        first, *_ = step.runs
        lines = [f"{self.language.variable} s = {self._term(first, '0')};", *self._adds(first.others, "0")]
        lines += self._rest(first, 1)
        for run in step.runs[1:]:
            lines += self._rest(run, 0)
        return [*lines, f"{self.place(step.out)} {'+=' if step.sums_rows else '='} s;"]

    def _rest(self, run: Factors, first: int) -> list[str]:
        """The terms of a run from `first` on."""
        if run.length - first < 2:
            return self._adds(run.parts, str(first)) if first < run.length else []
        loop = f"for ({self.language.counter} t = {first}; t < {run.length}; t++)"
        return [f"{loop} {{ {' '.join(self._adds(run.parts, 't'))} }}"]

    def _adds(self, parts: Sequence[Factors], t: str) -> list[str]:
        return [f"s += {self._term(part, t)};" for part in parts]

    def _term(self, run: Factors, t: str) -> str:
        return self.place(run.a, t) if run.b is None else f"{self.place(run.a, t)} * {self.place(run.b, t)}"

    def _lines(self, step: Lines) -> list[str]:
        program, lines = self.plan.program, []
        for node in step.nodes.tolist():
            operands = program.args[program.start[node] : program.start[node] + program.arity[node]].tolist()
            m = TextArithmetic(self.language)
            xs: list[Any] = [self._leaf(m, x) for x in operands]
            op = program.words.operations[program.code[node]]
            result = m.text(sum_of_products(xs) if op is None else op.evaluate(m, xs))
            out = self.plan.operand(node)
            becomes = "+=" if out.space == "G" else "="
            lines.append(f"{{ {' '.join([*m.statements, f'{self.place(out)} {becomes} {result};'])} }}")
        return lines

    def _leaf(self, m: TextArithmetic, node: int) -> Any:
        found = self._result(node)
        return Expression(m, self.place(found)) if isinstance(found, Address) else found


def _next(start: Address, count: int) -> Address:
    return Address(start.space, start.base + count)
