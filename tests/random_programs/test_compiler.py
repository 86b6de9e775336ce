"""Random programs of loops over lists (layers, windows, recurrences, irregular sums, data, …), compiled and eager.

Sums, products, quotients and choices give the eager numbers to the bit, in every row. Derivatives are held to the sum
of their contributions' sizes: one that is small only because large ones cancel has the rounding errors of those.
"""

import importlib.util
import math
from random import Random
from typing import Any

import numpy as np
import pytest
from amount import tries
from references import bits

import autograd
from autograd import Value, dot, maximum, minimum, relu, where
from autograd.compiler import compile
from autograd.graph import topological_order

pytestmark = pytest.mark.slow

BACKENDS = ["numpy", "llvm"] if importlib.util.find_spec("llvmlite") else ["numpy"]
ROWS = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 127, 130]
LONGEST, TAME = 30, 20.0  # numbers in a list, and how large they may get
EXACT = "dense dense windows moved pairs each data data scan sums choices weights".split()
SMOOTH = "of_parameters of_parameters curves together recurrent slopes".split()


def data(r: Random, count: int) -> list[float]:
    """Numbers given in the program, that differ, repeat or are special."""
    draw = r.choice([lambda: r.uniform(-1.5, 1.5), lambda: r.choice([0.0, -0.0, 1.0, -1.0]), lambda: 2.0])
    return [draw() for _ in range(count)]


def layer(kind: str, r: Random, a: list[Any], b: list[Any], w: Any) -> list[Any]:
    """From two lists, and the parameters by number, to a list."""
    k, around = r.randrange(len(a)), [b[i % len(b)] for i in range(len(a))]
    match kind:
        case "dense":
            across, down = r.choice([(1, len(a)), (7, 1), (1, 0), (0, 1)])  # rows, columns, one row, one weight a row
            rows = [[w(j * down + i * across) for i in range(len(a))] for j in range(r.randint(1, 9))]
            bias = r.choice([w(5), 0.5, a[0]])
            loops = [sum((p * x for p, x in zip(row, a, strict=True)), bias) for row in rows]
            return r.choice([loops, [dot(row, a, r.choice([bias, None])) for row in rows]])
        case "sums":
            drawn = [autograd.sum([r.choice(a + b) for _ in range(r.randint(1, 20))]) for _ in range(k + 1)]
            chain = b[0]
            for i, x in enumerate(a + b):
                chain = chain + x if i % 3 else chain - x * a[0]
            return [*drawn, chain, sum(a), autograd.sum(a + b) * b[0]]
        case "scan":
            step = r.choice([lambda h, x: h + x, lambda h, x: relu(h - x), lambda h, x: maximum(x - h, w(1))])
            found = [r.choice([b[-1], w(0) * 1.0, a[0] * 0.0])]
            for i in range(r.choice([3, len(a), 70, 200])):
                found.append(step(found[-1], a[i % len(a)]))
            return found[-LONGEST:]
        case "recurrent":
            h: list[Any] = [0.0, b[0]]
            for i in range(r.choice([3, 12, 40])):
                h = [autograd.tanh(dot([w(2 * j), w(2 * j + 1)], h, a[i % len(a)])) for j in range(2)]
            return h
        case "windows":
            size, stride = r.randint(1, min(7, len(a))), r.randint(1, 3)
            kernel = r.choice([[w(i) for i in range(size)], (b * size)[:size], data(r, size)])
            return [dot(kernel, a[i : i + size]) for i in range(0, len(a) - size + 1, stride)]
        case "moved":
            columns = [x for i in range(k + 1) for x in a[i :: k + 1]]
            return r.choice([a[::-1], a[k:], a[::2], a[k:] + a[:k], a + b, columns, [r.choice(a) for _ in a]])
        case "pairs":
            f = r.choice([lambda x, y: x * y, lambda x, y: x * y + x, maximum, lambda x, y: x * y - x / (y * y + 1.0)])
            triangle = [f(x, y) for i, x in enumerate(a[:6]) for y in b[: i + 1]]
            return r.choice([triangle, [f(x, y) for x in a[:6] for y in b[:5]], list(map(f, a, around))])
        case "each":
            f = r.choice([lambda x: -abs(-x) * 1.0 - 0.0, abs, relu, lambda x: x * x.detach(), lambda x: x * x - x])  # type: ignore[assignment]
            return [minimum(f(x * 1.0), 2.0) + autograd.sqrt(abs(x) + 0.5) for x in a]  # type: ignore[call-overload]
        case "data":
            f = r.choice([lambda x, c: x * c, lambda x, c: c - x, lambda x, c: where(c, x, b[0] * 2.0)])
            return [*map(f, a, data(r, len(a))), dot(a, data(r, len(a)))]
        case "choices":
            larger = [where(autograd.less(x, y), x * 2.0, y) for x, y in zip(a, around, strict=True)]
            return [*larger, autograd.max(a[:9]), autograd.min(b[:5]), autograd.take(a, k)]
        case "weights":
            return [x * w(i * (k + 1)) + w(i) * w(i) for i, x in enumerate(a)]
        case "of_parameters":
            f = getattr(autograd, r.choice(["sin", "tanh", "sigmoid", "exp"]))
            once = [f(w(i)) for i in range(len(a))]
            return [dot(once, a), *(y for p, x in zip(once, a, strict=True) for y in (p * x, p * x * x))]
        case "curves":
            f = r.choice([autograd.tanh, autograd.sin, autograd.gelu, lambda x: x**3, lambda x: autograd.exp(-x * x)])  # type: ignore[assignment]
            return list(map(f, a))  # type: ignore[arg-type]
        case "together":
            logs = [autograd.cross_entropy(a[:6], 0), autograd.logsumexp(a[:6])]
            return [*logs, autograd.norm([*a[:6], 1.0]), autograd.prod(a[:6]), autograd.mean(a)]
        case _:  # slopes
            return list(autograd.grad(lambda u: autograd.sum([autograd.sin(x * w(0)) * x for x in u + b[:1]]))(a[:6]))


class Drawn:
    """A random program: layers, each applied to two of the lists there are by then."""

    def __init__(self, seed: int) -> None:
        r = Random(seed)
        self.exact = r.random() < 0.5
        self.sizes = [r.randint(1, 9) for _ in range(r.choice([1, 1, 2]))]
        self.parameters = [Value(r.uniform(-1.2, 1.2)) for _ in range(r.choice([1, 2, 5, 13, 60]))]
        self.layers: list[tuple[str, int, int, int]] = []
        for _ in range(r.choice([1, 2, 3, 5, 8])):
            kind = r.choice(EXACT if self.exact else EXACT + 2 * SMOOTH)
            self.layers.append((kind, r.randrange(10**6), r.choice([-1, -1, r.randrange(9)]), r.randrange(9)))
            if any(abs(x.data) > TAME for x in self.lists([list(map(Value, xs)) for xs in self.row(r)])[-1]):
                del self.layers[-1]

    def row(self, r: Random) -> list[list[float]]:
        return [[r.choice([r.uniform(-1.5, 1.5), r.gauss(), 0.0, 1.0]) for _ in range(n)] for n in self.sizes]

    def lists(self, args: Any) -> list[list[Any]]:
        found = [list(xs) for xs in args]
        for kind, seed, i, j in self.layers:
            a, b = found[i if i < 0 else i % len(found)], found[j % len(found)]
            found.append(layer(kind, Random(seed), a, b, lambda k: self.parameters[k % len(self.parameters)])[:LONGEST])
        return found

    def results(self, *args: Any) -> Any:
        """The last list, with an input, what comes twice, and what is no row value."""
        last, p = self.lists(args)[-1], self.parameters[0]
        return last, [[args[0][0], last[0]], [last[0] * 1.0], 3.0, p, p * p]

    def loss(self, *args: Any) -> Any:
        return autograd.sum([x * float(1 + i % 2) for xs in self.lists(args)[-3:] for i, x in enumerate(xs)])


def contributions(out: Value) -> dict[Value, tuple[float, float]]:
    """For every node that gradient reaches: the derivative of `out`, and the sum of its contributions' sizes."""
    found = {out: (1.0, 1.0)}
    for node in reversed(topological_order(out)):
        for x, local in zip(node.operands, node.local_grads, strict=True):
            if local is not None and node in found:
                (slope, size), before = found[node], found.get(x, (0.0, 0.0))
                found[x] = before[0] + local * slope, before[1] + abs(local) * size
    return found


def flat(tree: Any) -> list[Any]:
    return [x for part in tree for x in flat(part)] if isinstance(tree, (list, tuple)) else [tree]


def same(drawn: Drawn, found: list[float], expected: list[Any]) -> None:
    numbers = [x.data if isinstance(x, Value) else x for x in expected]
    assert found == pytest.approx(numbers, rel=1e-10, abs=1e-10)
    assert not drawn.exact or list(map(bits, found)) == list(map(bits, numbers))


def check(seed: int) -> None:
    """Rows, one row, and the mean over rows, on each back end; again with other rows and other parameters."""
    drawn, r = Drawn(seed), Random(-seed)
    for backend in BACKENDS:
        options: dict[str, Any] = {"backend": backend, "threads": r.choice([1, 2, 3])}
        results, loss = (compile(f, drawn.parameters, **options) for f in (drawn.results, drawn.loss))
        for rows in r.sample(ROWS, 2):
            table = [drawn.row(r) for _ in range(rows)]
            leaves = [[list(map(Value, xs)) for xs in row] for row in table]
            outs = [drawn.loss(*args) for args in leaves]
            columns = [np.array(x) for x in zip(*table, strict=True)]
            many = np.concatenate([x.reshape(rows, -1) for x in flat(results(*columns))], axis=1).tolist()
            values, slopes = loss.value_and_grad(*columns, argnums=tuple(range(len(columns))))
            same(drawn, values.tolist(), outs)
            for k in {0, rows // 2, rows - 1}:
                expected, sizes = flat(drawn.results(*leaves[k])), contributions(outs[k])
                same(drawn, many[k], expected)
                same(drawn, flat(results(*table[k])), expected)
                for x, slope in zip(flat(leaves[k]), np.concatenate([s[k] for s in slopes]).tolist(), strict=True):
                    true, size = sizes.get(x, (0.0, 0.0))
                    assert abs(slope - true) <= 1e-11 * size
            check_mean(drawn, loss, columns, outs)
            for p in drawn.parameters:
                p.data += r.uniform(-0.1, 0.1)


def check_mean(drawn: Drawn, loss: Any, columns: list[Any], outs: list[Value]) -> None:
    sizes = [contributions(out) for out in outs]
    for p in drawn.parameters:
        p.grad = 0.0
    mean = math.fsum(out.data for out in outs) / len(outs)
    assert loss.backward(*columns) == pytest.approx(mean, rel=1e-10, abs=1e-10)
    for p in drawn.parameters:
        parts = [found.get(p, (0.0, 0.0)) for found in sizes]
        true, size = (math.fsum(part) / len(outs) for part in zip(*parts, strict=True))
        assert abs(p.grad - true) <= 1e-11 * size


@pytest.mark.parametrize("seed", range(16))
def test_programs_of_loops_equal_eager(seed: int) -> None:
    check(seed)


@pytest.mark.parametrize("first", range(100, 100 + tries(30), 10))
def test_many_programs_of_loops_equal_eager(first: int) -> None:
    for seed in range(first, first + 10):
        check(seed)
