"""Writing LLVM: one function's text, with loops and lanes of numbers."""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """A floating-point type and how many lanes of it a vector has; one lane is a plain number."""

    element: str  # double or float
    lanes: int

    def __str__(self) -> str:
        return self.element if self.lanes == 1 else f"<{self.lanes} x {self.element}>"

    @property
    def integer(self) -> str:
        """The type of integers of the same size."""
        bits = "i64" if self.element == "double" else "i32"
        return bits if self.lanes == 1 else f"<{self.lanes} x {bits}>"

    @property
    def mask(self) -> str:
        """The type of what a comparison gives."""
        return "i1" if self.lanes == 1 else f"<{self.lanes} x i1>"

    @property
    def suffix(self) -> str:
        """How an intrinsic's name ends."""
        bits = "f64" if self.element == "double" else "f32"
        return bits if self.lanes == 1 else f"v{self.lanes}{bits}"

    @property
    def bytes(self) -> int:
        """How much room a number of each lane takes together."""
        return (8 if self.element == "double" else 4) * self.lanes

    def constant(self, number: float) -> str:
        """A number in every lane, to the bit."""
        if self.element == "float":
            number = _single(number)
        text = f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"
        return text if self.lanes == 1 else "<" + ", ".join([f"{self.element} {text}"] * self.lanes) + ">"

    def bits(self, number: int) -> str:
        """An integer in every lane."""
        one = self.integer.rstrip(">").split()[-1]
        return str(number) if self.lanes == 1 else "<" + ", ".join([f"{one} {number}"] * self.lanes) + ">"


def _single(number: float) -> float:
    """The nearest number of single precision."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", number))[0])
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


class Body:
    """The instructions of one function, as they are written."""

    label: str
    count: int

    def __init__(self, module: "Module") -> None:
        self.module = module
        self.lines: list[str] = []
        self.count = 0
        self.label = "entry"
        self.known: dict[str, str] = {}

    def let(self, instruction: str) -> str:
        """A name for the result of an instruction; what the block has computed already is not computed again."""
        pure = not instruction.startswith(("load", "phi"))
        if pure and instruction in self.known:
            return self.known[instruction]
        self.count += 1
        if pure:
            self.known[instruction] = f"%v{self.count}"
        self.lines.append(f"  %v{self.count} = {instruction}")
        return f"%v{self.count}"

    def do(self, instruction: str) -> None:
        """Write an instruction without a result."""
        self.lines.append(f"  {instruction}")

    def new_label(self) -> str:
        """A label that is not in use yet."""
        self.count += 1
        return f"b{self.count}"

    def begin(self, label: str) -> None:
        """Start the block of this label."""
        self.lines.append(f"{label}:")
        self.label, self.known = label, {}

    def index(self, base: int, *parts: tuple[int, str]) -> str:
        """base + Σ factor · counter."""
        total = str(base)
        for factor, counter in parts:
            if factor:
                scaled = counter if factor == 1 else self.let(f"mul i64 {counter}, {factor}")
                total = scaled if total == "0" else self.let(f"add i64 {scaled}, {total}")
        return total

    def pointer(self, type: Type, base: str, index: str) -> str:
        """The address of a number behind `base`."""
        return base if index == "0" else self.let(f"getelementptr {type.element}, ptr {base}, i64 {index}")

    @contextmanager
    def loop(self, start: str, stop: str, step: int, carried: Sequence[tuple[str, str]] = ()) -> Iterator["Loop"]:
        """for counter in range(start, stop, step), at least once; `carried` are (type, first value)."""
        before, inside, after = self.label, self.new_label(), self.new_label()
        self.do(f"br label %{inside}")
        self.begin(inside)
        mark = len(self.lines)
        self.count += 1 + len(carried)
        names = [f"%v{self.count - k}" for k in range(len(carried), -1, -1)]
        loop = Loop(names[0], names[1:])
        self.lines.append("")
        yield loop
        following = self.let(f"add i64 {loop.counter}, {step}")
        more = self.let(f"icmp slt i64 {following}, {stop}")
        self.do(f"br i1 {more}, label %{inside}, label %{after}")
        phis = [f"  {loop.counter} = phi i64 [ {start}, %{before} ], [ {following}, %{self.label} ]"]
        for (type, first), name, last in zip(carried, loop.carried, loop.next, strict=True):
            phis.append(f"  {name} = phi {type} [ {first}, %{before} ], [ {last}, %{self.label} ]")
        self.lines[mark] = "\n".join(phis)
        self.begin(after)


class Loop:
    """A loop's counter, its carried values, and what they become next."""

    counter: str
    carried: list[str]
    next: list[str]

    def __init__(self, counter: str, carried: list[str]) -> None:
        self.counter, self.carried, self.next = counter, carried, list(carried)


class Module:
    """Functions of one module; helpers are written when they are first asked for."""

    def __init__(self) -> None:
        self.functions: list[str] = []
        self.declared: dict[str, str] = {}
        self.globals: list[str] = []
        self.defined: set[str] = set()

    def declare(self, name: str, result: str, *arguments: str) -> str:
        """A function from elsewhere, named once; returns its name."""
        self.declared.setdefault(name, f"declare {result} @{name}({', '.join(arguments)})")
        return f"@{name}"

    def define(self, head: str, body: Body, result: str = "ret void") -> None:
        """A function of this module, with what `body` holds."""
        text = "\n".join(body.lines)
        self.functions.append(f"{head} {{\nentry:\n{text}\n  {result}\n}}\n")

    def table(self, name: str, numbers: Sequence[int]) -> str:
        """A table of integers; returns its name."""
        items = ", ".join(f"i32 {n}" for n in numbers)
        self.globals.append(f"@{name} = internal constant [{len(numbers)} x i32] [{items}]")
        return f"@{name}"

    def __str__(self) -> str:
        return "\n".join([*self.globals, *self.declared.values(), "", *self.functions])


def splat(body: Body, type: Type, one: str) -> str:
    """A number in every lane."""
    first = body.let(f"insertelement {type} poison, {type.element} {one}, i32 0")
    return body.let(f"shufflevector {type} {first}, {type} poison, <{type.lanes} x i32> zeroinitializer")


def horizontal(body: Body, type: Type, total: str) -> str:
    """The sum of the lanes: halves added until one is left."""
    width = type.lanes
    while width > 1:
        width //= 2
        picked = ", ".join(f"i32 {k + width if k < width else k}" for k in range(type.lanes))
        other = body.let(f"shufflevector {type} {total}, {type} poison, <{type.lanes} x i32> <{picked}>")
        total = body.let(f"fadd {type} {total}, {other}")
    return body.let(f"extractelement {type} {total}, i32 0")


def horizontals(body: Body, type: Type, *totals: str) -> str:
    """The sums of the lanes of four vectors, as one vector of four: fewer steps than four times one."""
    four = Type(type.element, 4)

    def shuffled(a: str, b: str, picked: str, width: Type = four) -> str:
        lanes = ", ".join(f"i32 {k}" for k in picked)
        return body.let(f"shufflevector {width} {a}, {width} {b}, <4 x i32> <{lanes}>")

    def added(a: str, b: str, first: str, second: str) -> str:
        return body.let(f"fadd {four} {shuffled(a, b, first)}, {shuffled(a, b, second)}")

    if type.lanes == 8:
        halves = [[shuffled(total, "poison", part, type) for part in ("0123", "4567")] for total in totals]
        totals = tuple(body.let(f"fadd {four} {low}, {high}") for low, high in halves)
    a, b, c, d = totals
    return added(added(a, b, "0426", "1537"), added(c, d, "0426", "1537"), "0145", "2367")


def tail_mask(body: Body, type: Type, first: str) -> str:
    """Which lanes of the vector that begins at row `first` are rows."""
    left = body.let(f"sub i64 %rows, {first}")
    kind = f"<{type.lanes} x i64>"
    one = body.let(f"insertelement {kind} poison, i64 {left}, i32 0")
    every = body.let(f"shufflevector {kind} {one}, {kind} poison, <{type.lanes} x i32> zeroinitializer")
    lanes = ", ".join(f"i64 {k}" for k in range(type.lanes))
    return body.let(f"icmp slt {kind} <{lanes}>, {every}")
