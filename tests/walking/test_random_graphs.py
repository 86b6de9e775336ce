"""walk() on random graphs over the whole table, with all sorts of numbers and labels: it tells what backward() does."""

import math
import random

import pytest
from references import BUILT_IN

import autograd
import autograd.drawing.render as render
from autograd import OPERATIONS, Constant, Value, walk
from autograd.graph import topological_order
from autograd.player.page import page
from autograd.walking.text import latex, markdown

NUMBERS = [0.0, -0.0, 1.0, -1.0, 1e-9, 1e9, 1e300, -1e300, math.nan, math.inf, 0.5, -2.5, 3.0]
LABELS = ["", "x", "w11", "a_b", "{%&#~^}", "x" * 50, "z1", "u1", "L", "<b>", "\\"]


def random_graph(rng: random.Random) -> Value:
    pool = [Value(rng.choice([rng.gauss(0, 1), rng.choice(NUMBERS)]), label=rng.choice(LABELS)) for _ in range(4)]
    for _ in range(rng.randrange(1, 12)):
        name = rng.choice(sorted(BUILT_IN))
        made = random_node(rng, name, pool)
        if isinstance(made, Value) and not isinstance(made, Constant):
            pool.append(made)
    return pool[-1]


def random_node(rng: random.Random, name: str, pool: list[Value]) -> Value | float:
    function, some = getattr(autograd, name), [rng.choice(pool) for _ in range(rng.randrange(1, 9))]
    if name == "dot":
        return function(some, [rng.choice(pool) for _ in some], rng.choice([None, *pool]))
    if name in ("take", "cross_entropy"):
        return function(some, rng.randrange(len(some)))
    if OPERATIONS[name].many:
        return function(some if name not in ("var", "std") or len(some) > 1 else some * 2)
    return function(*[rng.choice([*pool, *pool, rng.choice(NUMBERS)]) for _ in OPERATIONS[name].operands])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_any_graph_can_be_walked_and_written(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "programs", list)
    value = random_graph(random.Random(seed))
    order = topological_order(value)
    leaves = [node for node in order if type(node) is Value and not node.operands]
    for by in ("edge", "node"):
        steps = walk(value, by=by, parameters=leaves, lr=0.1)
        written = latex(steps)
        assert written.count("{") - written.count(r"\{") == written.count("}") - written.count(r"\}")
        assert str(steps)
        assert markdown(steps).count("```") == 2 * len(steps)
        assert page(steps).count("<li ") == len(steps)
    found = steps.gradients
    value.backward()
    for node in order:
        assert type(node) is Constant or found[node] == node.grad or (math.isnan(found[node]) and math.isnan(node.grad))
