"""What is alike in a graph is drawn and walked once: whole batches in some twenty boxes.

Of autograd.walking.alike.
"""

import random
import re
from collections.abc import Callable

import pytest

import autograd
import nn
from autograd import Value, draw, expanded, walk
from autograd.graph import topological_order
from autograd.walking.alike import examples, parts_alike

pytestmark = pytest.mark.slow

ROWS, NEURONS = 100, 16
DRAWS = random.Random(0)
X = [[DRAWS.uniform(-1, 1) for _ in range(2)] for _ in range(ROWS)]
Y = [DRAWS.choice([-1.0, 1.0]) for _ in X]


def batch_loss(activation: str = "relu", rows: int = ROWS) -> tuple[nn.MLP, Value]:
    """micrograd's demo: a hinge loss of all rows, and the squares of all weights."""
    model = nn.MLP(2, [NEURONS, NEURONS, 1], activation=activation, rng=random.Random(0))
    scores = [model([Value(v) for v in x]) for x in X[:rows]]
    losses = [(1.0 - y * score).relu() for y, score in zip(Y, scores, strict=False)]
    data: Value = sum(losses[1:], losses[0]) * (1.0 / rows)
    return model, data + 1e-4 * sum((p * p for p in model.parameters()[1:]), model.parameters()[0] ** 2)


def single(activation: str = "relu", rows: int = ROWS) -> tuple[nn.MLP, Value]:
    with expanded():
        return batch_loss(activation, rows)


@pytest.mark.parametrize("built", [batch_loss, single])
def test_every_node_is_in_one_kind_and_kinds_are_few(built: Callable[[], tuple[nn.MLP, Value]]) -> None:
    _, loss = built()
    order = topological_order(loss)
    parts = parts_alike(order)
    assert sorted(map(id, (node for part in parts for node in part.nodes))) == sorted(map(id, order))
    assert len(parts) <= 30
    counts = [part.extents for part in parts if part.heads[0].op and part.heads[0].op.name == "relu"]
    assert counts == [(ROWS, NEURONS), (ROWS, NEURONS), (ROWS,)]


def test_single_operations_and_whole_ones_come_out_alike() -> None:
    names = []
    for built in (batch_loss, single):
        parts = parts_alike(topological_order(built()[1]))
        names.append([part.times for part in parts if len(part.heads) > 1 and part.heads[0].operands])
    hidden = "× 100 × 16"
    assert names[1] == [hidden] * 4 + ["× 100"] * 3
    assert [name for name in names[0] if name == hidden] == [hidden] * 4


def test_parameters_are_lists_of_lists() -> None:
    model, loss = single()
    found = {part.heads[0]: part.times for part in parts_alike(topological_order(loss))}
    layers = model.layers
    assert found[layers[1].neurons[0].w[0]] == "× 16 × 16"
    assert found[layers[2].neurons[0].w[0]] == "× 16"
    assert layers[2].neurons[0].b in found


def test_other_exponents_operations_or_users_are_not_alike() -> None:
    x = [Value(0.5 + k) for k in range(5)]
    out = autograd.sum([x[0] ** 2, x[1] ** 2, x[2] ** 3, x[3].exp(), x[4].exp().tanh()])
    kinds = parts_alike(topological_order(out))
    together = [sorted(x.index(node) for node in part.heads) for part in kinds if part.heads[0] in x]
    assert sorted(together) == [[0, 1], [2], [3], [4]]


def test_what_is_subtracted_is_not_like_what_it_is_subtracted_from() -> None:
    a, b = [Value(1.0 + k) for k in range(3)], [Value(0.5 * k) for k in range(3)]
    parts = parts_alike(topological_order(autograd.sum([(x - y) ** 2 for x, y in zip(a, b, strict=True)])))
    assert [len(part.heads) for part in parts if part.heads[0] in a + b] == [3, 3]


def test_a_batch_is_drawn_in_at_most_thirty_boxes_with_its_dead_gates() -> None:
    _, loss = single()
    assert len(topological_order(loss)) > 65_000
    loss.backward()
    drawing = draw(loss, collapse="alike")
    assert re.match(r"<Diagram of (2\d|30) nodes", repr(drawing)), drawing
    hidden = [node for node in topological_order(loss) if node.op and node.op.name == "relu"]
    dead = sum(node.grad == 0.0 for node in hidden[:0] or hidden if len(node.operands) == 1)
    assert "× 100 × 16" in drawing.source
    told = [int(count.replace(",", "")) for count in re.findall(r"([\d,]+) of 1,600 dead", drawing.source)]
    sums = [node.operands[0] for node in hidden if node.data == 0.0]
    assert dead <= sum(told)
    assert sum(told) >= len(sums) - ROWS
    assert drawing.svg().startswith("<?xml")


def test_what_is_expanded_stands_by_itself() -> None:
    _, loss = batch_loss("tanh", rows=5)
    first = next(node for node in topological_order(loss) if node.op and node.op.name == "dot")
    plain, apart = (draw(loss, collapse="alike", expand=nodes) for nodes in ((), first))
    number = topological_order(loss).index(first)
    assert f"n{number} [" not in plain.source
    assert f"n{number} [" in apart.source
    assert "× 64" in apart.source  # the other rows


@pytest.mark.parametrize("built", [batch_loss, single])
def test_the_walk_of_a_batch_tells_each_kind_once_with_the_engines_numbers(
    built: Callable[[], tuple[nn.MLP, Value]],
) -> None:
    _, loss = built()
    steps = walk(loss, collapse="alike")
    loss.backward()
    assert 20 < len(steps) < 100
    order = topological_order(loss)
    found = steps.gradients
    assert all(found[node] == pytest.approx(node.grad, rel=1e-12) for node in order)
    final = [step for step in steps if step.kind == "backward" and step.operand and step.part == step.parts]
    assert all(step.after == pytest.approx(step.operand.grad, rel=1e-12) for step in final if not step.steps)
    assert "× 100 × 16" in str(steps)
    assert any("One of 100 × 16 alike." in step.words for step in steps)


def test_updates_are_told_once_a_kind_and_the_new_loss_is_that_of_all_of_them() -> None:
    model, loss = batch_loss("tanh", rows=9)
    collapsed = walk(loss, collapse="alike", parameters=model.parameters(), lr=0.1)
    whole = walk(loss, parameters=model.parameters(), lr=0.1, max_steps=None)
    assert 0 < sum(step.kind == "update" for step in collapsed) < 12
    assert collapsed[-1].after == whole[-1].after != loss.data


def test_examples_belong_together() -> None:
    model = nn.MLP(2, [NEURONS, NEURONS, 1], activation="tanh", rng=random.Random(0))
    loss = nn.mse([model(x) for x in X], Y)
    order = topological_order(loss)
    shown = examples(order)
    users = {operand for node in shown for operand in node.operands}
    assert all(node in users for node in shown if node is not loss)
    assert len(shown) < 40


def test_the_page_of_a_collapsed_walk_shows_only_its_nodes() -> None:
    _, loss = batch_loss("tanh")
    page = walk(loss, collapse="alike")._repr_html_()
    assert len(page) < 100_000
    assert re.search(r"data-n=.?\d", page) is None  # in the picture alone, which is encoded
    assert "One of 100 × 16 alike." in page


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: draw(v, collapse="rows"), "collapse must be None or 'alike' or 'neuron' or 'layer', got 'rows'"),
        (lambda v: draw(v, expand=[v]), r'expand is for draw\(value, collapse="alike"\)'),
        (
            lambda v: draw(v, collapse="alike", expand=3),  # type: ignore[arg-type]
            "expand takes Values, which are then drawn by themselves; got 3",
        ),
        (lambda v: walk(v, collapse="layer"), 'collapse is "alike" or None'),  # type: ignore[arg-type]
        (lambda v: walk(v, model=v, by="layer", collapse="alike"), 'collapse is "alike" or None, and by "edge" or "no'),
    ],
)
def test_a_wrong_option_is_named(call: Callable[[Value], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        call(Value(1.0) * 2.0)


def test_too_large_a_graph_is_told_of_it() -> None:
    _, loss = single(rows=20)
    with pytest.raises(ValueError, match=r'draw\(value, collapse="alike"\)'):
        draw(loss)
    with pytest.raises(ValueError, match=r'walk\(loss, collapse="alike"\)'):
        walk(loss)
