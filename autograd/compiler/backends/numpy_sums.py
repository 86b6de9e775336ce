"""Sums of products on the NumPy back end: many terms, or many nodes, in one call, added in the eager order.

The engine adds a sum's terms from the first to the last, and results must equal it to the bit. NumPy does so term by
term (slow), with `add.reduce` along the first axis and with `accumulate` (fast, where the products fit into the cache),
and by `einsum` where its inner loop runs over the other axes, which no manual promises: so it is tried, once for each
shape, on numbers whose sums in any other order differ (`_adds_in_order`), and used where all are right. See
docs/decisions/0013-einsum-is-tried.md.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from ..ir.arrays import Floats
from ..loops.nests import Bundle, Factors
from ..loops.recognition import LETTERS, Address, Operand

Action: TypeAlias = Callable[[], object]
Spaces: TypeAlias = dict[str, Floats]

CACHED = 100_000  # so many numbers may stand in a cache
TRIED = 100  # so many sums must be right to the bit: of a few, some are so in any order
TERMS_FOR_A_TRIAL = 5  # terms; fewer are added one by one


def in_turn(actions: list[Action]) -> Action:
    """All actions as one."""
    return actions[0] if len(actions) == 1 else lambda: [action() for action in actions]


def view(operand: Operand, extents: tuple[int, ...], spaces: Spaces, rowwise: bool, terms: int = 0) -> Any:
    """The operand over the loops (and over the terms, first), without copying: shape terms × loops × rows."""
    if not isinstance(operand, Address):
        return operand
    array = spaces[operand.space]
    size = array.itemsize * (array.shape[1] if array.ndim == 2 else 1)
    shape = (*([terms] if terms else []), *extents)
    strides = tuple(size * s for s in (*([operand.step] if terms else []), *(operand.strides or (0,) * len(extents))))
    rows, row = ((array.shape[1],), (array.itemsize,)) if array.ndim == 2 else (((1,), (0,)) if rowwise else ((), ()))
    return np.ndarray((*shape, *rows), array.dtype, array, size * operand.base, strides + row)


def products(step: Bundle, out: Any, spaces: Spaces, rowwise: bool) -> Action:
    """The sums of a bundle: at once where NumPy adds in the eager order, run after run where it does not."""
    runs = step.runs
    in_order = in_turn([_run(run, k > 0, step, out, spaces, rowwise) for k, run in enumerate(runs)])
    short = runs[-1].length < TERMS_FOR_A_TRIAL or runs[-1].others or (len(runs) == 2 and runs[0].length > 1)
    if out.size < 2 or len(runs) > 2 or short:
        return in_order
    return _contraction(step, out, spaces, rowwise, in_order) or in_order


def _run(run: Factors, started: bool, step: Bundle, out: Any, spaces: Spaces, rowwise: bool) -> Action:
    """The terms of a run one after the other, as the eager engine adds them."""
    count = math.prod(step.extents)
    few = run.length >= TERMS_FOR_A_TRIAL * max(1, count) and (out.size <= 1 or out.size > CACHED // run.length)
    if run.others or few:
        return _accumulate(run, started, step, out, spaces, rowwise)
    a = view(run.a, step.extents, spaces, rowwise, run.length)
    b: Any = None if run.b is None else view(run.b, step.extents, spaces, rowwise, run.length)
    if run.length >= TERMS_FOR_A_TRIAL and 1 < out.size <= CACHED // run.length:
        return _all_products(a, b, out, run.length, started)
    return _term_by_term(a, b, out, run.length, started)


def _all_products(a: Any, b: Any, out: Any, length: int, started: bool) -> Action:
    """All products at once, as far as the cache goes; NumPy adds along the first axis in order."""
    found = np.empty((length, *out.shape), out.dtype)

    def add() -> None:
        np.multiply(a, 1.0 if b is None else b, out=found)
        if started:
            np.add(found[0], out, out=found[0])
        np.add.reduce(found, axis=0, out=out)

    return add


def _accumulate(run: Factors, started: bool, step: Bundle, out: Any, spaces: Spaces, rowwise: bool) -> Action:
    """Many terms of few nodes, also of runs that take turns: all products at once, added in order."""
    pairs = [[view(x, step.extents, spaces, rowwise, run.length) for x in _factors(part)] for part in run.parts]

    def add() -> None:
        found = np.empty((run.length, len(pairs), *out.shape), out.dtype)
        for k, (a, b) in enumerate(pairs):
            np.multiply(a, b, out=found[:, k])
        terms = found.reshape(run.length * len(pairs), *out.shape)  # no −1: there may be no rows
        if started:
            terms[0] += out
        out[...] = np.add.accumulate(terms, axis=0)[-1]

    return add


def _term_by_term(a: Any, b: Any, out: Any, length: int, started: bool) -> Action:
    """Few terms of many nodes: all nodes at once, term by term."""
    lefts, rights = ([x[t, ...] if isinstance(x, np.ndarray) else x for t in range(length)] for x in (a, b))
    pairs, scratch = list(zip(lefts, rights, strict=True)), np.empty_like(out)

    def add() -> None:
        for k, (left, right) in enumerate(pairs):
            if right is None:
                np.add(out, left, out=out) if k or started else np.copyto(out, left)
            elif k or started:
                np.add(out, np.multiply(left, right, out=scratch), out=out)
            else:
                np.multiply(left, right, out=out)

    return add


# all terms of all nodes in one call


def _contraction(step: Bundle, out: Any, spaces: Spaces, rowwise: bool, in_order: Action) -> Action | None:
    """Σₜ a·b by one `einsum`, or, where the order does not matter, one matrix product; None where that is not right."""
    *bias, run = step.runs
    letters = LETTERS[: len(step.extents)]
    (a, first), (b, second) = (moving(x, run.length, step.extents, spaces, letters, rowwise) for x in _factors(run))
    present = "".join(name for name in letters + "r" if name in first + second)
    if not first.startswith("t") or not second.startswith("t"):
        return None
    still = tuple(slice(None) if name in present else None for name in letters + "r"[: out.ndim - len(letters)])
    before: Action = _nothing
    if bias:
        joined = _with_first_term(bias[0], (a, first), (b, second), step.extents, spaces, letters, rowwise)
        if joined is None:
            return None
        a, b, before = joined
    spec = f"{first},{second}->{present}"
    if step.exact and not _adds_in_order(spec, a, b):
        return None
    contract = _matrices(a, first, b, second, present) if not step.exact else None

    def add() -> None:
        before()
        total = np.einsum(spec, a, b) if contract is None else contract()
        if step.exact and not total.all():
            in_order()  # einsum starts from 0, and 0 + (−0) is 0
        else:
            out[...] = total[still]

    return add


def _nothing() -> None:
    pass


def _factors(run: Factors) -> tuple[Operand, Operand]:
    return run.a, 1.0 if run.b is None else run.b


def _with_first_term(
    bias: Factors, left: Any, right: Any, extents: tuple[int, ...], spaces: Spaces, letters: str, rowwise: bool
) -> tuple[Any, Any, Action] | None:
    """Both factors with one term more in front, bias · 1, and what copies the numbers there."""
    if bias.b is not None:
        return None
    start, names = moving(bias.a, 1, extents, spaces, letters, rowwise)
    pair = [left, right] if set(names) <= set(left[1]) else [right, left]
    if not set(names) <= set(pair[0][1]):
        return None
    first = start[(*(slice(None) if name in names else None for name in pair[0][1][1:]), ...)]  # ...: no copy
    longer = [np.ones((len(x) + 1, *x.shape[1:]), x.dtype) for x, _ in pair]

    def copy() -> None:
        longer[0][0] = first
        for to, (x, _) in zip(longer, pair, strict=True):
            to[1:] = x

    a, b = longer if pair[0] is left else reversed(longer)
    return a, b, copy


def _adds_in_order(spec: str, a: Any, b: Any) -> bool:
    """Whether `einsum` gives, to the bit, the terms added one by one; tried on random numbers, laid out alike."""
    forward = all(s > 0 for x in (a, b) for s in x.strides)
    return forward and _tried(spec, *(part for x in (a, b) for part in _layout(x)), a.dtype)


def _layout(array: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shape, of 1,000 rows at most, and the dimensions from the widest stride to the narrowest."""
    return tuple(min(n, 1000) for n in array.shape), tuple(np.argsort(array.strides, kind="stable")[::-1].tolist())


@cache
def _tried(spec: str, a_shape: Any, a_order: Any, b_shape: Any, b_order: Any, dtype: "np.dtype[Any]") -> bool:
    """It does where it works along the rows, without fused multiply-adds: that depends on how NumPy was built and on
    the layout, never on the numbers.
    """
    draws, one, compared = np.random.default_rng(1), spec.replace("t", ""), 0
    while compared < TRIED:
        a, b = (_random(draws, *layout, dtype) for layout in ((a_shape, a_order), (b_shape, b_order)))
        total = np.einsum(one, a[0], b[0])
        for left, right in zip(a[1:], b[1:], strict=True):
            total = total + np.einsum(one, left, right)
        if not np.array_equal(np.einsum(spec, a, b), total):
            return False
        compared += max(1, np.size(total))
    return True


def _random(draws: Any, shape: tuple[int, ...], order: tuple[int, ...], dtype: "np.dtype[Any]") -> Any:
    """Random numbers in an array whose dimensions lie in this order."""
    numbers = draws.standard_normal([shape[d] for d in order]).astype(dtype)
    return numbers.transpose(np.argsort(order))


def _matrices(a: Any, first: str, b: Any, second: str, present: str) -> Callable[[], Any] | None:
    """Σₜ a[t, x]·b[t, y] as a matrix product; None for other shapes."""
    if len(first) != 2 or len(second) != 2 or first == second:
        return None
    if present != first[1] + second[1]:
        a, b = b, a
    return lambda: upward(a).T @ upward(b)


def row_sum(run: Factors, extents: tuple[int, ...], spaces: Spaces, out: Any) -> Action:
    """out += Σ over terms and rows of a·b, each factor only along the loops that move it: mostly a matrix product."""
    letters = LETTERS[: len(extents)]
    (a, first), (b, second) = (moving(x, run.length, extents, spaces, letters, True) for x in _factors(run))
    present = "".join(name for name in letters if name in first + second)
    still = tuple(slice(None) if name in present else None for name in letters)
    times = (1 if "t" in first + second else run.length) * (1 if "r" in first + second else spaces["X"].shape[1])
    small, large = sorted([(len(first), first, a), (len(second), second, b)], key=lambda factor: factor[:2])
    matrices = large[0] == 2 and large[1][1] == small[1][-1:] == "r" and large[1][0] not in small[1] + "t"
    matrices = matrices and "t" not in small[1]

    def add() -> None:
        if matrices:
            total = upward(small[2]) @ upward(large[2]).T
        else:
            total = np.einsum(f"{first},{second}->{present}", a, b)
        np.add(out, (total[still] if letters else total) * times, out=out)

    return add


def upward(matrix: Any) -> Any:
    """A matrix whose rows lie the way the fast product wants them."""
    return np.ascontiguousarray(matrix) if matrix.strides[0] < 0 else matrix


def moving(
    factor: Operand, terms: int, extents: tuple[int, ...], spaces: Spaces, letters: str, rowwise: bool
) -> tuple[Any, str]:
    """A factor without the dimensions that do not move it, and the names of those that do."""
    if not isinstance(factor, Address):
        return np.asarray(factor), ""
    found = view(factor, extents, spaces, rowwise, terms)
    moves = [terms > 1 and factor.step != 0, *(s != 0 for s in factor.strides or (0,) * len(extents))]
    moves += [spaces[factor.space].ndim == 2] * rowwise
    names = "".join(name for name, does in zip("t" + letters + "r" * rowwise, moves, strict=True) if does)
    return found[(*(slice(None) if does else 0 for does in moves), ...)], names  # ...: no copy
