"""The arithmetic of SIMD lanes: the table's operations, handed this one, write LLVM instructions.

Two formulas of the table lose more in lanes than in the engine, whose C library rounds e⁻ˣ and erfc correctly: σ(x)
through the rounding of 1 + e⁻|ˣ|, and Φ(x) = ½ erfc(−√½·x) through that of −√½·x. Both are mended where they are
computed, by what a number remembers of where it came from: e⁻|ˣ| is a `Decay`, its sum with 1 a `BeyondOne` that keeps
what rounding lost, the 1 or e⁻|ˣ| above it an `UpToOne`, and their quotient is corrected; −√½·x is a `Rescaled`, which
keeps x. A number forgets all that in any other operation, so nothing else can change, and the table needs no formula
for lanes alone.
"""

from typing import Any

from ....operations.arithmetic import Arithmetic
from ....operations.powers import rule_of
from .builder import Body, Type
from .mathematics import elementary as llvm_math
from .mathematics import error_functions as llvm_erf
from .mathematics import hyperbolic as llvm_hyperbolic
from .mathematics import roots as llvm_roots
from .mathematics import trigonometry as llvm_trigonometry


class Lanes:
    """Numbers in a register; `mask` is the same as true or false, where it came from a comparison.

    `size` has the same absolute values, where a sign was changed: so e⁻|ˣ| is computed once for x and −x.
    """

    m: "LaneArithmetic"
    name: str
    mask: str
    size: "Lanes | None"

    def __init__(self, m: "LaneArithmetic", name: str, mask: str = "", size: "Lanes | None" = None) -> None:
        self.m, self.name, self.mask, self.size = m, name, mask, size

    def __add__(self, other: Any) -> "Lanes":
        return self.m.binary("fadd", self, other)

    def __radd__(self, other: Any) -> "Lanes":
        return self.m.binary("fadd", other, self)

    def __sub__(self, other: Any) -> "Lanes":
        return self.m.binary("fsub", self, other)

    def __rsub__(self, other: Any) -> "Lanes":
        return self.m.binary("fsub", other, self)

    def __mul__(self, other: Any) -> "Lanes":
        product = self.m.binary("fmul", self, other)
        return Rescaled(product, self) if other == -llvm_erf.ROOT_HALF else product

    def __rmul__(self, other: Any) -> "Lanes":
        return self.m.binary("fmul", other, self)

    def __truediv__(self, other: Any) -> "Lanes":
        return self.m.binary("fdiv", self, other)

    def __rtruediv__(self, other: Any) -> "Lanes":
        return self.m.binary("fdiv", other, self)

    def __pow__(self, other: Any) -> "Lanes":
        found: Lanes = self.m.pow(self, other)
        return found

    def __neg__(self) -> "Lanes":
        return Lanes(self.m, self.m.body.let(f"fneg {self.m.type} {self.name}"), size=self.size or self)

    def __abs__(self) -> "Lanes":
        return self.m.abs(self)


class Rescaled(Lanes):
    """−√½·x, which remembers x: rounding this product alone costs Φ(x) = ½ erfc(−√½·x) about x² units."""

    def __init__(self, product: Lanes, x: Lanes) -> None:
        super().__init__(product.m, product.name)
        self.x = x


class Decay(Lanes):
    """e⁻|ˣ|: what rounding its sum with 1 loses is made good in σ(x), or it were more than 2 units off."""

    def __init__(self, power: Lanes) -> None:
        super().__init__(power.m, power.name)

    def __radd__(self, other: Any) -> Lanes:
        total = super().__radd__(other)
        return BeyondOne(total, self - (total - 1.0)) if other == 1.0 else total


class BeyondOne(Lanes):
    """1 + e⁻|ˣ|, and what rounding the sum has lost."""

    def __init__(self, total: Lanes, lost: Lanes) -> None:
        super().__init__(total.m, total.name)
        self.lost = lost


class UpToOne(Lanes):
    """1 or e⁻|ˣ|, what stands above 1 + e⁻|ˣ| in σ(x). Any other number may be inf there, −0 or too small to mend."""

    def __init__(self, chosen: Lanes) -> None:
        super().__init__(chosen.m, chosen.name)


class LaneArithmetic(Arithmetic):
    """Lanes of one type, written into one body."""

    body: Body
    type: Type

    def __init__(self, body: Body, type: Type) -> None:
        self.body, self.type = body, type

    def __getattr__(self, name: str) -> Any:
        if name in VECTORIZED:
            return lambda *xs: self._call(name, *map(self.lanes, xs))
        return super().__getattr__(name)

    def lanes(self, x: Any) -> Lanes:
        return x if isinstance(x, Lanes) else Lanes(self, self.type.constant(float(x)))

    def register(self, name: str) -> Lanes:
        """The numbers in the register of this name."""
        return Lanes(self, name)

    def binary(self, instruction: str, x: Any, y: Any) -> Lanes:
        return Lanes(self, self.body.let(f"{instruction} {self.type} {self.lanes(x).name}, {self.lanes(y).name}"))

    def fma(self, x: Any, y: Any, z: Any) -> Lanes:
        """x·y + z, rounded once."""
        return self._intrinsic("fma", x, y, z)

    def truediv(self, x: Any, y: Any) -> Lanes:
        if not (isinstance(x, UpToOne) and isinstance(y, BeyondOne)):
            return self.binary("fdiv", x, y)
        inverse = self.binary("fdiv", 1.0, y)
        quotient = x * inverse
        return self.fma(inverse, self.fma(-quotient, y, x) - quotient * y.lost, quotient)

    def abs(self, x: Any) -> Lanes:
        size = self._intrinsic("fabs", x.size or x if isinstance(x, Lanes) else x)
        size.size = size
        return size

    def exp(self, x: Any) -> Lanes:
        x = self.lanes(x)
        power = self._call("exp", x)
        falls = x.size is not None and x.size is not x and x.size.size is x.size  # x is −|…|
        return Decay(power) if falls else power

    def sqrt(self, x: Any) -> Lanes:
        return self._intrinsic("sqrt", x)

    def erfc(self, x: Any) -> Lanes:
        return self._call("erfc_of_root_half", x.x) if isinstance(x, Rescaled) else self._call("erfc", self.lanes(x))

    def pow(self, x: Any, y: Any) -> Lanes:
        if rule := rule_of(y):
            return self.lanes(rule(self, self.lanes(x)))
        return self._by_lane("pow", [self.lanes(x), self.lanes(y)])

    def floor(self, x: Any) -> Lanes:
        return self._intrinsic("floor", x)

    def round(self, x: Any) -> Lanes:
        return self._intrinsic("rint", x)

    def fmod(self, x: Any, y: Any) -> Lanes:
        return self._by_lane("fmod", [self.lanes(x), self.lanes(y)])

    def less(self, x: Any, y: Any) -> Lanes:
        return self._compare("olt", x, y)

    def less_equal(self, x: Any, y: Any) -> Lanes:
        return self._compare("ole", x, y)

    def equal(self, x: Any, y: Any) -> Lanes:
        return self._compare("oeq", x, y)

    def _compare(self, predicate: str, x: Any, y: Any) -> Lanes:
        mask = self.body.let(f"fcmp {predicate} {self.type} {self.lanes(x).name}, {self.lanes(y).name}")
        return Lanes(self, self._select(mask, self.type.constant(1.0), self.type.constant(0.0)), mask)

    def where(self, condition: Any, x: Any, y: Any) -> Lanes:
        if not isinstance(condition, Lanes):
            return self.lanes(x if condition else y)
        zero = self.type.constant(0.0)
        mask = condition.mask or self.body.let(f"fcmp une {self.type} {condition.name}, {zero}")
        chosen = Lanes(self, self._select(mask, self.lanes(x).name, self.lanes(y).name))
        return UpToOne(chosen) if isinstance(y, Decay) and not isinstance(x, Lanes) and x == 1.0 else chosen

    def _select(self, mask: str, x: str, y: str) -> str:
        return self.body.let(f"select {self.type.mask} {mask}, {self.type} {x}, {self.type} {y}")

    def _intrinsic(self, name: str, *operands: Any) -> Lanes:
        kind = str(self.type)
        function = self.body.module.declare(f"llvm.{name}.{self.type.suffix}", kind, *[kind] * len(operands))
        given = ", ".join(f"{kind} {self.lanes(x).name}" for x in operands)
        return Lanes(self, self.body.let(f"call {kind} {function}({given})"))

    def _call(self, name: str, *xs: Lanes) -> Lanes:
        """A function of four doubles, whatever the lanes are."""
        function = llvm_math.define(self.body.module, VECTORIZED[name], len(xs), LaneArithmetic)
        results = []
        for parts in zip(*(self._split(x.name) for x in xs), strict=True):
            given = ", ".join(f"{FOUR} {part}" for part in parts)
            results.append(self.body.let(f"call {FOUR} {function}({given})"))
        return Lanes(self, self._join(results))

    def _split(self, name: str) -> list[str]:
        """The lanes in fours, as doubles."""
        kind, let = self.type, self.body.let
        if kind.lanes == 1:
            wide = name if kind.element == "double" else let(f"fpext float {name} to double")
            one = let(f"insertelement {FOUR} poison, double {wide}, i32 0")
            return [let(f"shufflevector {FOUR} {one}, {FOUR} poison, <4 x i32> zeroinitializer")]
        if kind.element == "double":
            return [name]
        halves = []
        for first in range(0, kind.lanes, 4):
            picked = ", ".join(f"i32 {first + k}" for k in range(4))
            half = let(f"shufflevector {kind} {name}, {kind} poison, <4 x i32> <{picked}>")
            halves.append(let(f"fpext <4 x float> {half} to {FOUR}"))
        return halves

    def _join(self, parts: list[str]) -> str:
        kind, let = self.type, self.body.let
        if kind.lanes == 1:
            number = let(f"extractelement {FOUR} {parts[0]}, i32 0")
            return number if kind.element == "double" else let(f"fptrunc double {number} to float")
        if kind.element == "double":
            return parts[0]
        small = [let(f"fptrunc {FOUR} {part} to <4 x float>") for part in parts]
        every = ", ".join(f"i32 {k}" for k in range(8))
        return let(f"shufflevector <4 x float> {small[0]}, <4 x float> {small[1]}, <8 x i32> <{every}>")

    def _by_lane(self, name: str, operands: list[Lanes]) -> Lanes:
        """A function of the C library, one lane after the other, in double precision."""
        kind, let = self.type, self.body.let
        function = self.body.module.declare(name, "double", *["double"] * len(operands))
        result = "poison"
        for lane in range(kind.lanes):
            given = [self._lane(x.name, lane) for x in operands]
            number = let(f"call double {function}({', '.join(f'double {x}' for x in given)})")
            if kind.element == "float":
                number = let(f"fptrunc double {number} to float")
            if kind.lanes == 1:
                return Lanes(self, number)
            result = let(f"insertelement {kind} {result}, {kind.element} {number}, i32 {lane}")
        return Lanes(self, result)

    def _lane(self, name: str, lane: int) -> str:
        kind, let = self.type, self.body.let
        number = name if kind.lanes == 1 else let(f"extractelement {kind} {name}, i32 {lane}")
        return number if kind.element == "double" else let(f"fpext float {number} to double")


FOUR = "<4 x double>"
MODULES = (llvm_math, llvm_roots, llvm_trigonometry, llvm_hyperbolic, llvm_erf)
VECTORIZED = {f.__name__: f for module in MODULES for f in module.FUNCTIONS}
LIBRARY = frozenset(("sin", "cos", "tan", "pow", "fmod"))  # what is called of the C library, lane by lane
