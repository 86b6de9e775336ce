"""Pickles and copies of graphs: of any depth, with shared nodes shared, and never a node without its numbers.

Of autograd.protocols.pickling.
"""

import copy
import io
import itertools
import pickle
import pickletools
import threading
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import OPERATIONS, Constant, Value
from autograd.graph import topological_order

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
DUPLICATES: list[Callable[[Any], Any]] = [
    copy.deepcopy,
    lambda thing: pickle.loads(pickle.dumps(thing)),
    lambda thing: pickle.loads(pickle._dumps(thing)),  # type: ignore[attr-defined]  # the pickler that is written in Python
    lambda thing: pickle._loads(pickle.dumps(thing)),  # type: ignore[attr-defined]
]
each_way = pytest.mark.parametrize("duplicate", DUPLICATES, ids=["deepcopy", "pickle", "dumps.py", "loads.py"])


def small() -> Value:
    x, y = Value(2.0, label="x"), Value(-3.0, label="y")
    out = autograd.dot([x, y], [y, 4.0], x).tanh() * autograd.max([x, y, 1.0])
    out.label = "out"
    out.backward()
    return out


def chain(length: int) -> Value:
    v = Value(1.0)
    for _ in range(length):
        v = v * 1.0000001
    return v


def same(one: Value, other: Value) -> None:
    """The same graph, node by node, in other objects."""
    for a, b in zip(topological_order(one), topological_order(other), strict=True):
        assert a is not b
        assert type(a) is type(b)
        assert (a.data, a.grad, a.label, a.local_grads) == (b.data, b.grad, b.label, b.local_grads)
        assert a.op is b.op
        assert len(a.operands) == len(b.operands)


@each_way
def test_a_graph_comes_back_whole(duplicate: Callable[[Any], Any]) -> None:
    out = small()
    again = duplicate(out)
    same(out, again)
    x = topological_order(again)[0]
    before = x.grad
    again.backward()
    assert x.grad == 2.0 * before
    assert topological_order(out)[0].grad == before


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_works(protocol: int) -> None:
    out = small()
    same(out, pickle.loads(pickle.dumps(out, protocol)))
    same(out, pickle.loads(pickle._dumps(out, protocol)))  # type: ignore[attr-defined]


@each_way
def test_leaves_and_constants_keep_their_kind(duplicate: Callable[[Any], Any]) -> None:
    leaf, constant = duplicate([Value(1.5, label="w"), Constant(2.5, label="c")])
    assert (type(leaf), leaf.data, leaf.label) == (Value, 1.5, "w")
    assert (type(constant), constant.data, constant.label) == (Constant, 2.5, "c")


@pytest.mark.slow
@pytest.mark.parametrize("duplicate", DUPLICATES[:2], ids=["deepcopy", "pickle"])
def test_a_hundred_thousand_levels_work(duplicate: Callable[[Any], Any]) -> None:
    v = chain(100_000)
    again = duplicate(v)
    assert again.data == v.data
    again.backward()
    assert topological_order(again)[0].grad == pytest.approx(v.data, rel=1e-10)
    assert topological_order(v)[0].grad == 0.0


@pytest.mark.slow
@each_way
def test_ten_thousand_levels_inside_containers_work(duplicate: Callable[[Any], Any]) -> None:
    v = chain(10_000)
    [first], second = duplicate(([v], {"again": v}))
    assert second["again"] is first
    assert len(topological_order(first)) == len(topological_order(v))


@each_way
def test_a_container_keeps_shared_nodes_shared(duplicate: Callable[[Any], Any]) -> None:
    x = Value(2.0)
    a, b = x * x, x + 1.0
    for order in ([a, b, x], [x, b, a], [b, a, x]):
        again = duplicate({"list": order, "again": order[0], "inner": a})
        found = dict(zip((id(node) for node in order), again["list"], strict=True))
        assert again["again"] is again["list"][0]
        assert found[id(a)].operands == (found[id(x)], found[id(x)])
        assert found[id(b)].operands[0] is found[id(x)]
        assert again["inner"] is found[id(a)]


@each_way
def test_values_are_keys_of_dicts_and_members_of_sets_again(duplicate: Callable[[Any], Any]) -> None:
    x = Value(2.0)
    mapping, [again, product] = duplicate(({x: "x"}, [x, x * x]))
    assert mapping[again] == "x"
    assert product.operands[0] is again


def _built(data: bytes) -> int:
    """How many objects a pickle builds."""
    return sum(opcode.name == "REDUCE" for opcode, _, _ in pickletools.genops(data))


@pytest.mark.slow
@pytest.mark.parametrize("dumps", [pickle.dumps, pickle._dumps])  # type: ignore[attr-defined]
@pytest.mark.parametrize("step", [1, -1])
def test_a_container_of_all_nodes_is_pickled_in_linear_time(dumps: Callable[[Any], bytes], step: int) -> None:
    half, whole = (topological_order(chain(length))[::step] for length in (500, 1_000))
    assert _built(dumps(whole)) <= 3 * len(whole) + 10
    assert len(dumps(whole)) < 2.2 * len(dumps(half))
    again = pickle.loads(dumps(whole))
    assert len(topological_order(*again)) == len(whole)


def test_a_container_of_all_nodes_is_copied_in_linear_time(monkeypatch: pytest.MonkeyPatch) -> None:
    order = topological_order(chain(2_000))
    copied = []
    original = Value.__copy__
    monkeypatch.setattr(Value, "__copy__", lambda self: copied.append(self) or original(self))
    again = copy.deepcopy(order)
    assert len(copied) == len(order)
    assert topological_order(*again) == again


def test_a_shallow_copy_shares_its_operands() -> None:
    out = small()
    again = copy.copy(out)
    assert again is not out
    assert again.operands is out.operands
    assert (again.data, again.grad, again.label, again.op) == (out.data, out.grad, out.label, out.op)


# Several picklers


def _load(file: io.BytesIO) -> list[Any]:
    file.seek(0)
    unpickler, found = pickle.Unpickler(file), []
    while True:
        try:
            found.append(unpickler.load())
        except EOFError:
            return found


@pytest.mark.parametrize("kind", [pickle.Pickler, pickle._Pickler])
def test_one_pickler_keeps_sharing_over_several_dumps(kind: type[pickle.Pickler]) -> None:
    x = Value(2.0)
    y = x * x
    file = io.BytesIO()
    pickler = kind(file)
    for thing in (x, y, [x, y], y + x):
        pickler.dump(thing)
    first, second, third, last = _load(file)
    assert second.operands == (first, first)
    assert third == [first, second]
    assert last.operands == (second, first)


@pytest.mark.parametrize("kind", [pickle.Pickler, pickle._Pickler])
def test_interleaved_picklers_do_not_mix_up_what_each_has(kind: type[pickle.Pickler]) -> None:
    x = Value(2.0, label="x")
    y = x * 3.0
    z = y + x
    steps = list(itertools.product((0, 1), (x, y, z)))
    for plan in itertools.product(steps, repeat=4):
        files = [io.BytesIO(), io.BytesIO()]
        picklers = [kind(file) for file in files]
        for pickler, thing in plan:
            picklers[pickler].dump(thing)
        for i, file in enumerate(files):
            for thing, found in zip([thing for pickler, thing in plan if pickler == i], _load(file), strict=True):
                same(thing, found)


@pytest.mark.parametrize("kind", [pickle.Pickler, pickle._Pickler])
def test_a_pickle_after_one_that_failed_is_whole(kind: type[pickle.Pickler]) -> None:
    nodes = [node for node in topological_order(chain(5)) if type(node) is Value]
    for bad in nodes[:-1]:
        for thing in nodes:
            bad.label = lambda: "cannot be pickled"  # type: ignore[assignment]
            failed = kind(io.BytesIO())
            with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
                failed.dump(nodes[-1])
            bad.label = ""
            same(thing, pickle.loads(pickle.dumps(thing)))
            del failed


def test_a_cleared_pickler_begins_anew() -> None:
    x = Value(2.0)
    pickler = pickle.Pickler(file := io.BytesIO())
    for thing in (y := x * 3.0, x, y, y + x):
        pickler.dump(thing)
        pickler.clear_memo()
        file.seek(0)
        same(thing, pickle.load(file))
        file.seek(0)
        file.truncate()


@pytest.mark.slow
def test_threads_pickle_the_same_graph_at_once() -> None:
    v = chain(300)
    nodes = topological_order(v)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                assert len(topological_order(*pickle.loads(pickle._dumps(nodes)))) == len(nodes)  # type: ignore[attr-defined]
                same(v, pickle.loads(pickle.dumps(v)))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# Operations travel by name


def test_an_operation_is_pickled_and_copied_by_name() -> None:
    for row in OPERATIONS.values():
        assert pickle.loads(pickle.dumps(row)) is row
        assert copy.deepcopy(row) is row


def test_a_users_operation_is_pickled_by_name_and_missed_by_name() -> None:
    double = autograd.operation("double_for_pickling", lambda m, x: x + x, [lambda m, x, out: 2.0])
    try:
        data = pickle.dumps(double(Value(3.0)))
        again = pickle.loads(data)
        assert (again.data, again.op.name) == (6.0, "double_for_pickling")
        again.backward()
        assert again.operands[0].grad == 2.0
    finally:
        del OPERATIONS["double_for_pickling"]
    with pytest.raises(KeyError, match=r"double_for_pickling.*autograd\.operation"):
        pickle.loads(data)


class Weight(Value):
    """A leaf with attributes, in a slot and in a dict."""

    __slots__ = ("__dict__", "momentum")


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))], ids=["copy", "deepcopy", "pickle"]
)
def test_attributes_of_a_class_of_ones_own_are_copied_and_pickled(copied: Any) -> None:
    w = Weight(3.0, label="w")
    w.momentum, w.history, w.grad = 0.5, [1.0], 2.0  # type: ignore[attr-defined]
    twin = copied(w)
    assert (type(twin), twin.data, twin.grad, twin.label, twin.momentum) == (Weight, 3.0, 2.0, "w", 0.5)
    assert twin.history == [1.0]
    assert (twin.history is w.history) is (copied is copy.copy)  # type: ignore[attr-defined]


def test_an_attribute_that_leads_back_into_the_graph_is_the_copy_there() -> None:
    w = Weight(3.0)
    w.twin = Weight(4.0)  # type: ignore[attr-defined]
    w.twin.twin = w  # type: ignore[attr-defined]
    for copied in (copy.deepcopy(w * 2.0), pickle.loads(pickle.dumps(w * 2.0))):
        leaf = copied.operands[0]
        assert leaf is not w
        assert leaf.twin.twin is leaf
