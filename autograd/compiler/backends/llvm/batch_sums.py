"""Sums over rows as machine code: 2 × 4 outputs at a time; the lanes of four are added together, once, at the end."""

from collections.abc import Callable
from itertools import product
from typing import Any

from ...loops.nests import Factors
from .builder import Body, Type, horizontal, horizontals, tail_mask
from .lanes import Lanes
from .loop_nests import BundleWriter
from .stretches import Counter, Segment, segments


class RowSumsWriter(BundleWriter):
    """The function of a bundle that sums over rows; fused multiply-adds are allowed here, the order is fixed."""

    loaded: dict[Any, Lanes]
    origins: dict[Any, str]
    type: Type

    def _nest(self) -> None:
        extents = self.bundle.extents
        inner = len(extents) - 1 if extents else None
        outer = len(extents) - 2 if len(extents) > 1 else None
        inners = segments(extents[inner], 4, 1) if inner is not None else [Segment(0, 1, 1)]
        outers = segments(extents[outer], 2, 1) if outer is not None else [Segment(0, 1, 1)]
        rest = [d for d in range(len(extents)) if d not in (inner, outer)]
        self.type = self.wide
        for a, b in product(outers, inners):
            with self._loops(rest), self._over(outer, a), self._over(inner, b):
                self._block_of_sums(outer, a.step, inner, b.step)

    def _block_of_sums(self, outer: int | None, wide: int, inner: int | None, deep: int) -> None:
        dims = range(len(self.bundle.extents))
        places = [
            tuple(i if d == outer else j if d == inner else 0 for d in dims)
            for i, j in product(range(wide), range(deep))
        ]
        sums = [self.m.lanes(0.0).name] * len(places)
        whole = self.body.let(f"and i64 %rows, {-self.type.lanes}")
        for run in self.bundle.runs:
            for t in range(run.length) if run.length <= 4 else [None]:
                sums = self._sum_term(run, places, sums, whole, t)
        self.lane, self.origins = 0, {}
        together = deep if deep == 4 and self.bundle.out.strides[-1] == 1 else 1
        add = horizontal if together == 1 else horizontals
        for k in range(0, len(sums), together):
            totals = add(self.body, self.type, *sums[k : k + together])
            self._add_to(places[k], totals, Type(self.type.element, together))

    def _sum_term(self, run: Factors, places: Any, sums: list[str], whole: str, t: int | None) -> list[str]:
        if t is None:
            carried = [(str(self.type), total) for total in sums]
            with self.body.loop("0", str(run.length), 1, carried) as loop:
                loop.next = self._rows_of_term(run, places, loop.carried, whole, loop.counter)
            return loop.next
        return self._rows_of_term(run, places, sums, whole, t)

    def _rows_of_term(self, run: Factors, places: Any, sums: list[str], whole: str, t: Counter) -> list[str]:
        """The products of all rows added: whole vectors first, then one, less its lanes behind the last row."""
        body = self.body
        sums = self._when(f"icmp sgt i64 {whole}, 0", sums, lambda s: self._rows_loop(run, places, s, whole, t))
        return self._when(f"icmp slt i64 {whole}, %rows", sums, lambda s: self._tail(run, places, s, whole, t, body))

    def _rows_loop(self, run: Factors, places: Any, sums: list[str], whole: str, t: Counter) -> list[str]:
        carried = [(str(self.type), total) for total in sums]
        with self.body.loop("0", whole, self.type.lanes, carried) as loop:
            self.lane, self.loaded, self.origins = loop.counter, {}, {}
            loop.next = [
                self._row_term(run, place, total, t) for place, total in zip(places, loop.carried, strict=True)
            ]
        return loop.next

    def _row_term(self, run: Factors, place: tuple[int, ...], total: str, t: Counter) -> str:
        a = self._load(run.a, place, 0, t)
        if run.b is None:
            return (Lanes(self.m, total) + a).name
        return self.m.fma(a, self._load(run.b, place, 0, t), Lanes(self.m, total)).name

    def _tail(self, run: Factors, places: Any, sums: list[str], whole: str, t: Counter, body: Body) -> list[str]:
        self.lane, self.loaded, self.origins = whole, {}, {}
        mask = tail_mask(body, self.type, whole)
        results = []
        for place, total in zip(places, sums, strict=True):
            more = self._row_term(run, place, total, t)
            results.append(body.let(f"select {self.type.mask} {mask}, {self.type} {more}, {self.type} {total}"))
        return results

    def _when(self, condition: str, values: list[str], then: Callable[[list[str]], list[str]]) -> list[str]:
        """`then(values)` where the condition holds, else the values as they are."""
        body = self.body
        test = body.let(condition)
        before, inside, after = body.label, body.new_label(), body.new_label()
        body.do(f"br i1 {test}, label %{inside}, label %{after}")
        body.begin(inside)
        changed = then(values)
        end = body.label
        body.do(f"br label %{after}")
        body.begin(after)
        pairs = zip(values, changed, strict=True)
        return [body.let(f"phi {self.type} [ {old}, %{before} ], [ {new}, %{end} ]") for old, new in pairs]

    def _add_to(self, place: tuple[int, ...], totals: str, type: Type) -> None:
        """Add to one sum, or to neighbours."""
        wide, self.type = self.type, type
        pointer = self._pointer(self.bundle.out, place)
        self.type = wide
        align = type.bytes // type.lanes
        earlier = self.body.let(f"load {type}, ptr {pointer}, align {align}")
        added = self.body.let(f"fadd {type} {earlier}, {totals}")
        self.body.do(f"store {type} {added}, ptr {pointer}, align {align}")
