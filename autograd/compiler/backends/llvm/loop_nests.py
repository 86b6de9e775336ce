"""Bundles as machine code: loop nests over nodes, with the rows (or one of the loops) in SIMD lanes.

A sum of products takes two nodes and four vectors at a time: eight running sums, each term costing few loads.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

from ...loops.nests import Bundle, Factors
from ...loops.recognition import Address, Operand
from .builder import Body, Module, Type, splat
from .lanes import LaneArithmetic, Lanes
from .stretches import Counter, Nested, Over, Segment, segments

TILE = 64  # rows that a buffer holds at once
VECTORS = 4  # vectors at a time
ARGUMENTS = "ptr noalias %pool, ptr noalias %R, ptr noalias %X, ptr noalias %G, i64 %xs, i64 %rows"
CHEAP = frozenset(
    "add sub mul neg abs truediv relu less less_equal greater greater_equal equal where heaviside".split()
)


class BundleWriter:
    """One bundle's function. `offsets` says where P, K, U (and X, of a single row) lie in the pool.

    The nest, from outside: stretches of lanes (rows, or the bundle's lane loop), the loops that are left, and, of a sum
    of products, its innermost loop two nodes at a time. While a body is written, `counters` holds the counter of each
    loop, `lane` that of the lanes, `type` how many go at once; an operand's address is its base plus its strides times
    these, plus `offsets` for the second node of a pair. `origins` and `loaded` hold the addresses and vectors that are
    there already: they begin anew with each body, since a value made in one loop is not to be had in the next.
    """

    bundle: Bundle
    rowwise: bool
    offsets: dict[str, int]
    wide: Type
    body: Body
    type: Type

    def __init__(self, module: Module, bundle: Bundle, rowwise: bool, offsets: dict[str, int], type: Type) -> None:
        self.bundle, self.rowwise, self.offsets, self.wide = bundle, rowwise, offsets, type
        self.body = Body(module)
        self.type = type
        self.counters: list[Counter] = [0] * len(bundle.extents)
        self.lane: Counter = 0
        self.loaded: dict[Any, Lanes] = {}
        self.origins: dict[Any, str] = {}

    @property
    def m(self) -> LaneArithmetic:
        """The arithmetic in which the body of the loops is written."""
        return LaneArithmetic(self.body, self.type)

    def write(self, name: str) -> None:
        """Write the function of this name: all loops, and what is in them."""
        self._nest()
        self.body.module.define(f"define internal void @{name}({ARGUMENTS})", self.body)

    # loops

    def _nest(self) -> None:
        bundle = self.bundle
        free = [d for d in range(len(bundle.extents)) if d != bundle.lane]
        blocked = free[-1] if free and bundle.op is None else None
        blocks = segments(bundle.extents[blocked], 2, 1) if blocked is not None else [Segment(0, 1, 1)]
        for block, (vectors, type, lanes) in product(blocks, self._lane_segments()):
            self.type = type
            with (
                self._over_lanes(lanes, type),
                self._loops([d for d in free if d != blocked]),
                self._over(blocked, block),
            ):
                self.loaded, self.origins = {}, {}
                if bundle.op is None:
                    self._products(blocked, block.step, vectors)
                else:
                    self._elementwise(vectors)

    def _lane_segments(self) -> list[tuple[int, Type, Segment | None]]:
        """(vectors at a time, their type, the stretch of lanes; None: the rows)."""
        cheap = self.bundle.op is None or self.bundle.op.name in CHEAP
        wide, lanes = self.wide, self.wide.lanes
        one = Type(wide.element, 1)
        if self.rowwise:
            return [(VECTORS if cheap else 1, wide, None)]
        if self.bundle.lane is None:
            return [(1, one, Segment(0, 1, 1))]
        many = VECTORS * lanes if cheap else lanes
        parts = segments(self.bundle.extents[self.bundle.lane], *dict.fromkeys((many, lanes, 1)))
        return [(max(1, part.step // lanes), one if part.step == 1 else wide, part) for part in parts]

    def _loops(self, dimensions: Sequence[int]) -> "Nested":
        return Nested([self._over(d, Segment(0, self.bundle.extents[d], 1)) for d in dimensions])

    def _over(self, d: int | None, part: Segment) -> "Over":
        def enter(counter: Counter) -> None:
            if d is not None:
                self.counters[d] = counter

        return Over(self.body, str(part.stop), part, enter)

    def _over_lanes(self, part: Segment | None, type: Type) -> "Over":
        def enter(counter: Counter) -> None:
            self.lane = counter
            if self.bundle.lane is not None and not self.rowwise:
                self.counters[self.bundle.lane] = counter

        if part is None:
            cheap = self.bundle.op is None or self.bundle.op.name in CHEAP
            return Over(self.body, "%rows", Segment(0, -1, type.lanes * (VECTORS if cheap else 1)), enter)
        return Over(self.body, str(part.stop), part, enter)

    # addresses

    def _unit(self, address: Address) -> Counter:
        """How far apart neighbouring slots lie."""
        if self.rowwise and address.space == "R":
            return TILE
        return "%xs" if self.rowwise and address.space == "X" else 1

    def _lane_stride(self, address: Address) -> int:
        if self.rowwise:
            return int(address.space in "RX")
        return 0 if self.bundle.lane is None or not address.strides else address.strides[self.bundle.lane]

    def _origin(self, address: Address, offsets: tuple[int, ...]) -> str:
        """The pointer to an operand at the loops' counters plus `offsets`, first term, first lane."""
        key = (address, self._moves(address, offsets))
        if key not in self.origins:
            self.origins[key] = self._pointer(address, offsets)
        return self.origins[key]

    def _moves(self, address: Address, offsets: tuple[int, ...]) -> int:
        return sum(s * o for s, o in zip(address.strides, offsets, strict=False))

    def _pointer(self, address: Address, offsets: tuple[int, ...]) -> str:
        unit, body = self._unit(address), self.body
        base, parts = address.base + self._moves(address, offsets), []
        for stride, counter in zip(address.strides, self.counters, strict=False):
            if isinstance(counter, int):
                base += stride * counter
            else:
                parts.append((stride, counter))
        pointer = {"R": "%R", "G": "%G"}.get(address.space, "%X" if unit == "%xs" else "%pool")
        if isinstance(unit, int):
            base = base * unit + (self.offsets[address.space] if pointer == "%pool" else 0)
            index = body.index(base, *[(stride * unit, counter) for stride, counter in parts])
        else:
            slot = body.index(base, *parts)
            index = "0" if slot == "0" else body.let(f"mul i64 {slot}, {unit}")
        if self.rowwise and address.space in "RX" and self.lane != 0:
            index = str(self.lane) if index == "0" else body.let(f"add i64 {index}, {self.lane}")
        return body.pointer(self.type, pointer, index)

    def _load(self, operand: Operand, offsets: tuple[int, ...], vector: int, term: Counter = 0) -> Lanes:
        if not isinstance(operand, Address):
            return self.m.lanes(operand)
        stride = self._lane_stride(operand)
        key = (operand, self._moves(operand, offsets), vector if stride else 0, term if operand.step else 0)
        if key not in self.loaded:
            pointer = self._at_term(operand, self._origin(operand, offsets), term)
            self.loaded[key] = self._read(operand, pointer, stride, vector)
        return self.loaded[key]

    def _at_term(self, address: Address, pointer: str, term: Counter) -> str:
        unit, body = self._unit(address), self.body
        if not address.step or term == 0:
            return pointer
        key = ("term", address.step, unit, term)
        if key not in self.origins:
            far = str(term * address.step) if isinstance(term, int) else body.index(0, (address.step, term))
            far = far if unit == 1 else body.let(f"mul i64 {far}, {unit}")
            self.origins[key] = far
        return body.pointer(self.type, pointer, self.origins[key])

    def _read(self, address: Address, pointer: str, stride: int, vector: int) -> Lanes:
        type, body = self.type, self.body
        first = vector * type.lanes * stride
        pointer = body.pointer(type, pointer, str(first))
        if stride == 1 or type.lanes == 1:
            return Lanes(self.m, body.let(f"load {type}, ptr {pointer}, align {self._alignment(address)}"))
        if stride == 0:
            one = body.let(f"load {type.element}, ptr {pointer}, align {type.bytes // type.lanes}")
            return Lanes(self.m, splat(body, type, one))
        result = "poison"
        for lane in range(type.lanes):
            place = body.pointer(type, pointer, str(lane * stride))
            one = body.let(f"load {type.element}, ptr {place}, align {type.bytes // type.lanes}")
            result = body.let(f"insertelement {type} {result}, {type.element} {one}, i32 {lane}")
        return Lanes(self.m, result)

    def _alignment(self, address: Address) -> int:
        return self.type.bytes if self.rowwise and address.space in "RX" else self.type.bytes // self.type.lanes

    def _store(self, result: Lanes, offsets: tuple[int, ...], vector: int) -> None:
        out, type = self.bundle.out, self.type
        pointer = self.body.pointer(type, self._origin(out, offsets), str(vector * type.lanes))
        self.body.do(f"store {type} {result.name}, ptr {pointer}, align {self._alignment(out)}")

    # bodies

    def _elementwise(self, vectors: int) -> None:
        assert self.bundle.op is not None
        for vector in range(vectors):
            xs = [self._load(x, (), vector) if isinstance(x, Address) else x for x in self.bundle.operands]
            self._store(self.m.lanes(self.bundle.op.evaluate(self.m, xs)), (), vector)

    def _products(self, blocked: int | None, nodes: int, vectors: int) -> None:
        places = [(self._offsets(blocked, n), v) for n in range(nodes) for v in range(vectors)]
        sums: list[Lanes] | None = None
        for run in self.bundle.runs:
            sums = self._run(run, places, sums)
        assert sums is not None
        for total, (offsets, vector) in zip(sums, places, strict=True):
            self._store(total, offsets, vector)

    def _offsets(self, blocked: int | None, n: int) -> tuple[int, ...]:
        return tuple(n if d == blocked else 0 for d in range(len(self.bundle.extents)))

    def _run(self, run: Factors, places: list[tuple[tuple[int, ...], int]], sums: list[Lanes] | None) -> list[Lanes]:
        """The sums with the run's terms added."""
        unrolled = run.length if run.length <= 4 else (1 if sums is None else 0)
        for t in range(unrolled):
            sums = self._term(run, places, sums, t)
        if unrolled == run.length:
            assert sums is not None
            return sums
        assert sums is not None
        operands = [operand for part in run.parts for operand in (part.a, part.b)]
        for operand, (offsets, _) in product(operands, places):  # pointers that do not move are made before
            if isinstance(operand, Address):
                self._origin(operand, offsets)
        kept, known = dict(self.loaded), dict(self.origins)
        carried = [(str(self.type), total.name) for total in sums]
        with self.body.loop(str(unrolled), str(run.length), 1, carried) as loop:
            inner = self._term(run, places, [Lanes(self.m, name) for name in loop.carried], loop.counter)
            loop.next = [total.name for total in inner]
        self.loaded, self.origins = kept, known
        return [Lanes(self.m, name) for name in loop.next]

    def _term(self, run: Factors, places: Any, sums: list[Lanes] | None, t: Counter) -> list[Lanes]:
        """The sums with a term of the run, and of each that takes turns with it, added."""
        for part in run.parts:
            sums = self._product(part, places, sums, t)
        assert sums is not None
        return sums

    def _product(self, run: Factors, places: Any, sums: list[Lanes] | None, t: Counter) -> list[Lanes]:
        results = []
        for k, (offsets, vector) in enumerate(places):
            a = self._load(run.a, offsets, vector, t)
            b = None if run.b is None else self._load(run.b, offsets, vector, t)
            results.append(self._added(a, b, None if sums is None else sums[k]))
        return results

    def _added(self, a: Lanes, b: Lanes | None, total: Lanes | None) -> Lanes:
        if total is None:
            return a if b is None else a * b
        if b is None:
            return total + a
        return total + a * b if self.bundle.exact else self.m.fma(a, b, total)
