"""The numbers of leaves, read and added to by machine code: as Python would, and whole or not at all.

Of autograd.compiler.leaves and autograd.compiler.backends.llvm.slots.
"""

import gc
import sys
from threading import Thread
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile
from autograd.compiler.backends.registry import BACKENDS
from autograd.compiler.leaves import Leaves


class Weight(Value):
    """A class of a user's own, with room for attributes."""


@pytest.fixture(params=list(BACKENDS))
def backend(request: Any) -> str:
    return str(request.param)


def test_numbers_are_those_of_the_leaves(backend: Any) -> None:
    leaves = [Value(1.5), Weight(-0.0), Value(5e-324), Value(float("inf")), Value(1e308)]
    leaves[1].momentum = 3.0  # type: ignore[attr-defined]
    found = Leaves(leaves, BACKENDS[backend]).read()
    assert found.tolist() == [1.5, -0.0, 5e-324, float("inf"), 1e308]
    assert np.signbit(found[1])


def test_a_new_number_is_read_at_the_next_call(backend: Any) -> None:
    leaf = Value(1.0)
    leaves = Leaves([leaf], BACKENDS[backend])
    for number in (2.0, -3.25, 1e-300):
        leaf.data = number
        assert leaves.read().tolist() == [number]


def test_whole_numbers_put_into_data_are_read_as_floats(backend: Any) -> None:
    leaf = Value(1.0)
    leaf.data = 3
    assert Leaves([Value(2.0), leaf], BACKENDS[backend]).read().tolist() == [2.0, 3.0]


def test_a_leaf_without_a_number_is_named(backend: Any) -> None:
    leaf = Value(1.0, label="w")
    leaf.data = None  # type: ignore[assignment]
    with pytest.raises(TypeError, match=r"\.data of w"):
        Leaves([Value(2.0), leaf], BACKENDS[backend]).read()


def test_gradients_are_added_to_what_is_there(backend: Any) -> None:
    leaves = [Value(0.0), Weight(0.0), Value(0.0)]
    leaves[1].grad = 0.1
    held = Leaves(leaves, BACKENDS[backend])
    held.add_gradients(np.array([1.0, 0.2]))
    held.add_gradients(np.array([0.5, 0.3]))
    assert [leaf.grad for leaf in leaves] == [1.5, 0.1 + 0.2 + 0.3, 0.0]


def test_no_gradient_yet_counts_as_none(backend: Any) -> None:
    leaves = [Value(0.0), Value(0.0)]
    leaves[1].grad = None  # type: ignore[assignment]
    Leaves(leaves, BACKENDS[backend]).add_gradients(np.array([1.0, 2.0]))
    assert [leaf.grad for leaf in leaves] == [1.0, 2.0]


def test_where_one_gradient_is_no_number_none_is_changed(backend: Any) -> None:
    leaves = [Value(0.0), Value(0.0, label="w"), Value(0.0)]
    leaves[1].grad = "none"  # type: ignore[assignment]
    with pytest.raises(TypeError, match=r"\.grad of w"):
        Leaves(leaves, BACKENDS[backend]).add_gradients(np.array([1.0, 2.0, 3.0]))
    assert [leaf.grad for leaf in leaves] == [0.0, "none", 0.0]


def test_gradients_of_float32_code_are_added_in_float64(backend: Any) -> None:
    leaf = Value(0.0)
    Leaves([leaf], BACKENDS[backend]).add_gradients(np.array([0.1], np.float32))
    assert leaf.grad == float(np.float32(0.1))


def test_old_floats_are_let_go_and_shared_ones_kept(backend: Any) -> None:
    shared = float("0.625")
    leaves = [Value(shared) for _ in range(50)]
    for leaf in leaves:
        leaf.grad = shared
    before = sys.getrefcount(shared)
    held = Leaves(leaves, BACKENDS[backend])
    held.read()
    held.add_gradients(np.ones(50))
    assert sys.getrefcount(shared) == before - 50
    assert [leaf.grad for leaf in leaves] == [1.625] * 50


def test_many_calls_keep_no_memory() -> None:
    leaves = [Value(0.5) for _ in range(1000)]
    held, ones = Leaves(leaves, BACKENDS["llvm"]), np.ones(1000)
    held.add_gradients(ones)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(200):
        held.add_gradients(ones)
        held.read()
    assert sys.getallocatedblocks() - before < 2000  # of 400,000 floats made
    assert {leaf.grad for leaf in leaves} == {201.0}


def test_additions_from_several_threads_are_all_there(backend: Any) -> None:
    leaves = [Value(0.0) for _ in range(100)]

    def add() -> None:
        held = Leaves(leaves, BACKENDS[backend])
        for _ in range(200):
            held.add_gradients(np.ones(100))

    threads = [Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {leaf.grad for leaf in leaves} == {1600.0}


def test_while_another_thread_traces_the_numbers_are_the_same() -> None:
    w = Value(2.0)
    f = compile(lambda x: w * x, parameters=[w])
    f.backward(3.0)
    seen: list[float] = []

    def traced(x: Value) -> Value:
        thread = Thread(target=lambda: seen.append(f.backward(3.0)))
        thread.start()
        thread.join()
        return x * x

    assert compile(traced)(2.0) == 4.0
    assert set(seen) == {6.0}
    assert w.grad == 3.0 * (1 + len(seen))
