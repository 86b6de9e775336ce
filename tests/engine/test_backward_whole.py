"""No gradient is lost: by threads that share nodes, by an interrupt, by an error in the middle, by a drive given up."""

import math
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

import autograd
from autograd import AnomalyError, Value, detect_anomaly, walk
from autograd.graph import add_gradients
from autograd.value import GRAD


@pytest.fixture
def many_switches() -> Iterator[None]:
    """Threads take turns as often as CPython can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(count: int, work: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Threads


@pytest.mark.usefixtures("many_switches")
def test_no_gradient_is_lost_or_doubled_between_threads_that_share_a_leaf() -> None:
    x = Value(2.0)

    def add_one() -> None:
        v = x
        for _ in range(50):
            v = v + 1.0
        v.backward()

    in_threads(400, add_one)
    assert x.grad == 400.0


@pytest.mark.usefixtures("many_switches")
def test_threads_that_share_a_graph_each_add_its_whole_gradient() -> None:
    x, y = Value(0.5), Value(-1.5)
    shared = x
    for i in range(60):
        shared = shared * 0.5 + (x * y if i % 7 == 0 else y).sin()
    loss = shared * shared
    loss.backward()
    once, inner = (x.grad, y.grad), shared.grad
    x.grad = y.grad = 0.0
    heads = [loss + float(i) for i in range(40)]

    def work() -> None:
        for head in heads:
            head.backward()

    in_threads(8, work)
    assert (x.grad, y.grad) == pytest.approx((320 * once[0], 320 * once[1]), rel=1e-12)
    assert shared.grad == inner


@pytest.mark.usefixtures("many_switches")
def test_no_gradient_of_a_compiled_function_is_lost_between_threads() -> None:
    np = pytest.importorskip("numpy")
    rows, w = np.array([2.0, 2.0]), Value(3.0)
    f = autograd.compile(lambda x: w * x, parameters=[w], backend="numpy")
    f.backward(rows)

    def work() -> None:
        for _ in range(20):
            f.backward(rows)

    in_threads(8, work)
    assert w.grad == 2.0 * 161


# Interrupts and errors


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no such timer")
@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals come to the main thread")
def test_an_interrupt_finds_every_leaf_with_its_earlier_gradient_or_all_with_the_new_one() -> None:
    leaves = [Value(1.0 + i / 100) for i in range(300)]
    loss = autograd.sum([leaf * leaf + leaf for leaf in leaves])
    before, rng = [float(i) - 7.0 for i in range(300)], random.Random(3)
    after = [b + 1.0 + 2.0 * leaf.data for b, leaf in zip(before, leaves, strict=True)]

    def interrupt(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    start = time.perf_counter()
    loss.backward()
    duration = time.perf_counter() - start
    interrupted, earlier_handler = 0, signal.signal(signal.SIGALRM, interrupt)
    try:
        for _ in range(200):
            for leaf, grad in zip(leaves, before, strict=True):
                leaf.grad = grad
            try:
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-6, 1.2 * duration))
                loss.backward()
                signal.setitimer(signal.ITIMER_REAL, 0.0)
            except KeyboardInterrupt:
                interrupted += 1
            found = [leaf.grad for leaf in leaves]
            assert found == before or found == pytest.approx(after, rel=1e-15)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, earlier_handler)
    assert interrupted > 0


def test_a_backward_pass_that_fails_leaves_every_leaf_its_earlier_gradient() -> None:
    x, y = Value(2.0), Value(3.0)
    x.grad, y.grad = 5.0, 7.0
    product = x * y
    product.local_grads = (3.0, "two")  # type: ignore[assignment]
    with pytest.raises(TypeError):
        (product * 2.0).backward()
    assert (x.grad, y.grad) == (5.0, 7.0)
    y.grad = "7"  # type: ignore[assignment]
    y.label = "y"
    with pytest.raises(TypeError, match=r"the \.grad of y takes a real number, got '7' \(str\)"):
        (x * y).backward()
    assert (x.grad, y.grad) == (5.0, "7")  # type: ignore[comparison-overlap]


def test_a_gradient_set_to_none_or_to_an_integer_counts_as_the_number() -> None:
    x, y = Value(2.0), Value(3.0)
    x.grad, y.grad = None, 4  # type: ignore[assignment]
    (x * y).backward()
    assert (x.grad, y.grad) == (3.0, 6.0)
    assert type(y.grad) is float


def test_gradients_are_added_in_order_to_all_leaves() -> None:
    leaves = [Value(0.0) for _ in range(3)]
    leaves[1].grad = 1e16
    add_gradients(GRAD, leaves, [1.0, 2.0, math.inf])
    assert [leaf.grad for leaf in leaves] == [1.0, 1e16 + 2.0, math.inf]


def test_an_anomaly_in_the_backward_pass_changes_no_gradient() -> None:
    x = Value(0.0)
    y = x.sqrt()
    x.grad = 5.0
    with detect_anomaly(), pytest.raises(AnomalyError):
        y.backward()
    assert (x.grad, y.grad) == (5.0, 0.0)


# Drives


def test_a_drive_given_up_in_the_middle_keeps_earlier_gradients() -> None:
    x, y = Value(3.0), Value(4.0)
    x.grad, y.grad = 10.0, 20.0
    for step in walk(x * y + x).drive():
        if step.operand is x:
            break
    assert (x.grad, y.grad) == (11.0, 20.0)


def test_two_drives_in_turn_add_both_gradients() -> None:
    x = Value(3.0)
    first, second = walk(x * x).drive(), walk(x * 5.0 + x).drive()
    for _ in range(3):
        next(first), next(second)
    first.finish()
    second.finish()
    assert x.grad == 12.0
    third = walk(x * x).drive()
    next(third), next(third)
    x.grad = 0.0
    third.finish()
    assert x.grad == 3.0  # what came after it was zeroed
