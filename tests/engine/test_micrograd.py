"""Code that was written for micrograd runs with its import line changed.

Of autograd.protocols.numpy.
"""

import pytest

from autograd import Value


def test_the_expression_of_micrograds_readme() -> None:
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert f"{g.data:.4f}" == "24.7041"
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def trace(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    """As in micrograd's notebook, with which draw_dot begins."""
    nodes, edges = set(), set()

    def build(v: Value) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def test_micrograds_draw_dot_finds_nodes_edges_and_operations() -> None:
    x, w = Value(2.0, label="x"), Value(-3.0, label="w")
    out = (x * w + x).tanh()
    nodes, edges = trace(out)
    assert len(nodes) == 5
    assert len(edges) == 5
    assert sorted(n._op for n in nodes) == ["", "", "+", "tanh", "×"]
    assert [f"{n.label} | data {n.data:.4f} | grad {n.grad:.4f}" for n in (x, w)] == [
        "x | data 2.0000 | grad 0.0000",
        "w | data -3.0000 | grad 0.0000",
    ]


def test_prev_and_op_cannot_be_assigned() -> None:
    for name in ("_prev", "_op"):
        with pytest.raises(AttributeError):
            setattr(Value(1.0), name, "")


def test_a_neuron_trained_as_with_micrograd() -> None:
    w, b = [Value(0.5), Value(-0.3)], Value(0.1)
    losses = []
    for _ in range(20):
        score = sum((wi * xi for wi, xi in zip(w, [1.0, -2.0], strict=True)), b)
        loss = (score.tanh() - 1.0) ** 2
        for p in [*w, b]:
            p.grad = 0
        loss.backward()
        for p in [*w, b]:
            p.data -= 0.1 * p.grad
        losses.append(loss.data)
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.02


def test_the_lectures_manual_backward_pass() -> None:
    """One node at a time, by `_backward`, as in Karpathy's lecture on micrograd."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2, b = Value(-3.0), Value(1.0), Value(6.8813735870195432)
    x1w1, x2w2 = x1 * w1, x2 * w2
    both = x1w1 + x2w2
    n = both + b
    o = n.tanh()
    o.grad = 1.0
    for node in (o, n, b, both, x1w1, x2w2):
        node._backward()
    assert [round(v.grad, 4) for v in (n, x1, w1, x2, w2)] == [0.5, -1.5, 1.0, 0.5, 0.0]
