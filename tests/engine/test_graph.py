"""The topological order and the sweep, on Values and on anything else that has operands."""

from dataclasses import dataclass
from operator import attrgetter

import pytest

import autograd
from autograd import Value
from autograd.graph import dependents, gradients, times, topological_order

recorded = attrgetter("local_grads")


@dataclass(frozen=True, eq=False)
class Plain:
    """A node that is no Value."""

    name: str
    operands: tuple["Plain", ...] = ()


def names(nodes: list[Plain]) -> str:
    return "".join(node.name for node in nodes)


A, B = Plain("a"), Plain("b")
C = Plain("c", (A, B))
D = Plain("d", (C, A, C))
E = Plain("e", (B,))


def test_every_node_comes_once_and_after_its_operands() -> None:
    assert names(topological_order(D)) == "abcd"
    assert names(topological_order(A)) == "a"
    assert topological_order() == []


def test_the_left_operand_comes_first() -> None:
    assert names(topological_order(Plain("r", (B, A)))) == "bar"
    assert names(topological_order(Plain("r", (E, C)))) == "beacr"


def test_several_roots_share_one_order() -> None:
    assert names(topological_order(E, D)) == "beacd"
    assert names(topological_order(D, E, D)) == "abcde"


def test_visited_nodes_are_left_out_and_those_found_are_added() -> None:
    visited = {C, A, B}
    assert names(topological_order(D, visited=visited)) == "d"
    assert visited == {A, B, C, D}
    assert topological_order(D, visited=visited) == []


def test_the_order_is_that_of_a_recursive_walk() -> None:
    xs = [Value(float(i)) for i in range(5)]
    for i in range(5, 200):
        xs.append(autograd.sum([xs[(7 * i) % i], xs[(3 * i + 1) % i], xs[i // 2]]))
    order: list[Value] = []

    def visit(node: Value) -> None:
        if node not in order:
            for operand in node.operands:
                visit(operand)
            order.append(node)

    visit(xs[-1])
    assert topological_order(xs[-1]) == order


def test_the_order_is_the_same_each_time() -> None:
    def build() -> list[str]:
        x, y = Value(1.0), Value(2.0)
        out = ((x + y) * (x - y)).exp() / (y * x).sin()
        return [node.op.name if node.op else "leaf" for node in topological_order(out)]

    assert len({tuple(build()) for _ in range(20)}) == 1


@pytest.mark.slow
def test_a_hundred_thousand_levels_and_shared_nodes_are_no_trouble() -> None:
    node = A
    for _ in range(100_000):
        node = Plain("n", (node, node))
    assert len(topological_order(node)) == 100_001


def test_dependents_are_what_the_sources_reach() -> None:
    order = topological_order(D, E)
    assert dependents(order, [A]) == {A, C, D}
    assert dependents(order, [B]) == {B, C, D, E}
    assert dependents(order, [C]) == {C, D}
    assert dependents(order, []) == set()


def test_gradients_are_backwards_to_the_bit_and_touch_no_grad() -> None:
    x, y = Value(0.3), Value(-1.7)
    out = ((x * y).tanh() + autograd.logsumexp([x, y, x * x])) / (y * y + 1.0)
    found = gradients(out, [x, y], 1.0, recorded)
    assert (x.grad, y.grad, out.grad) == (0.0, 0.0, 0.0)
    out.backward()
    assert found == [x.grad, y.grad]


def test_gradients_by_inner_nodes_stop_there() -> None:
    x = Value(2.0)
    inner = x * 3.0
    out = inner * inner
    assert gradients(out, [inner], 1.0, recorded) == [12.0]
    assert gradients(out, [x], 1.0, recorded) == [36.0]
    assert gradients(out, [inner, inner], 1.0, recorded) == [12.0, 12.0]


def test_gradients_by_what_the_root_does_not_depend_on_are_zero() -> None:
    x, y = Value(2.0), Value(3.0)
    assert gradients(x * x, [y, x], 1.0, recorded) == [0.0, 4.0]
    assert gradients(x, [x, y], 5.0, recorded) == [5.0, 0.0]


def test_gradients_work_on_nodes_of_any_kind() -> None:
    local = {C: (2.0, None), D: (10.0, 1.0, 100.0)}
    assert gradients(D, [A, B], 1.0, local.__getitem__) == [1.0 + 2.0 * 110.0, 0.0]


def test_a_wrong_number_of_local_derivatives_is_an_error() -> None:
    with pytest.raises(ValueError):
        gradients(C, [A], 1.0, lambda node: (1.0,))


def test_times_makes_no_node_for_the_factor_1() -> None:
    v = Value(2.0)
    assert times(1.0, v) is v
    assert times(v, 1.0) is v
    assert times(2.0, 3.0) == 6.0
    assert times(v, v).op.name == "mul"
