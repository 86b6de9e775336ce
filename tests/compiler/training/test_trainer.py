"""`train` of a compiled function: what the loop in Python does, to the bit where the arithmetic is the same.

Of autograd.compiler.training.trainer, autograd.compiler.training.optimizer_step,
autograd.compiler.training.llvm_loop and autograd.compiler.training.python_loop.
"""

import importlib.util
import json
import math
import os
import random
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.compiler import compile
from autograd.compiler.frontend.tracing import TracingError

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["numpy", pytest.param("llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="needs llvmlite"))]

OPTIMIZERS: dict[str, Callable[[list[Value]], Any]] = {
    "SGD": lambda p: nn.SGD(p, lr=0.1),
    "SGD, weight decay": lambda p: nn.SGD(p, lr=0.1, weight_decay=0.05),
    "SGD, momentum": lambda p: nn.SGD(p, lr=0.1, momentum=0.9),
    "SGD, dampened": lambda p: nn.SGD(p, lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.01),
    "SGD, nesterov": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "RMSprop": lambda p: nn.RMSprop(p),
    "RMSprop, all": lambda p: nn.RMSprop(p, lr=0.05, alpha=0.9, eps=1e-4, weight_decay=0.01, momentum=0.5),
    "Adagrad": lambda p: nn.Adagrad(p),
    "Adagrad, all": lambda p: nn.Adagrad(p, 0.2, lr_decay=0.1, weight_decay=0.01, initial_accumulator_value=0.3),
    "Adam": lambda p: nn.Adam(p, lr=0.01),
    "Adam, all": lambda p: nn.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-5, weight_decay=0.01),
    "AdamW": lambda p: nn.AdamW(p, lr=0.05, weight_decay=0.1),
}

ROWS = np.random.default_rng(0).standard_normal((50, 2))
LABELS = (ROWS[:, 0] * ROWS[:, 1] > 0.0) * 1.0


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Run:
    """A network, its compiled loss and an optimizer; every run starts alike."""

    def __init__(self, backend: Any, optimizer: Callable[[list[Value]], Any], **options: Any) -> None:
        self.model = model = nn.MLP(2, [5, 1], activation="tanh", rng=random.Random(3))
        self.optimizer = optimizer(model.parameters())
        self.loss = lambda x, y: nn.bce_with_logits(model(x), y)
        self.f = compile(self.loss, model.parameters(), backend=backend, **options)

    def loop(self, batches: list[Any]) -> list[float]:
        """The loop in Python: the losses of the batches."""
        losses = []
        for batch in batches:
            self.optimizer.zero_grad()
            losses.append(self.f.backward(ROWS[batch], LABELS[batch]))
            self.optimizer.step()
        return losses

    def train(self, **options: Any) -> Any:
        return self.f.train(ROWS, LABELS, optimizer=self.optimizer, **options)

    def numbers(self) -> list[list[float]]:
        return [[p.data for p in self.model.parameters()], [p.grad for p in self.model.parameters()]]

    def assert_like(self, other: "Run", rel: float = 1e-13) -> None:
        for mine, its in zip(self.numbers(), other.numbers(), strict=True):
            assert mine == pytest.approx(its, rel=rel, abs=1e-16)  # a gradient near 0 is a sum that cancels
        mine, its = vars(self.optimizer), vars(other.optimizer)
        assert mine.keys() == its.keys()
        for name in mine.keys() - {"parameters"}:
            assert type(mine[name]) is type(its[name])
            assert mine[name] == pytest.approx(its[name], rel=rel, abs=1e-300)


def pair(backend: Any, optimizer: Callable[[list[Value]], Any], **options: Any) -> tuple[Run, Run]:
    return Run(backend, optimizer, **options), Run(backend, optimizer, **options)


ALL = slice(None)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_trains_as_in_python(name: str, backend: Any) -> None:
    compiled, python = pair(backend, OPTIMIZERS[name])
    losses = compiled.train(epochs=50)
    assert losses.tolist() == pytest.approx(python.loop([ALL] * 50), rel=1e-13)
    compiled.assert_like(python)
    assert compiled.optimizer.steps == 50
    assert losses[-1] < losses[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SGD, momentum", "RMSprop, all", "Adam", "AdamW"])
def test_it_trains_as_the_eager_engine(name: str, backend: Any) -> None:
    compiled, eager = pair(backend, OPTIMIZERS[name])
    compiled.train(epochs=50)
    for _ in range(50):
        eager.optimizer.zero_grad()
        rows = zip(ROWS.tolist(), LABELS.tolist(), strict=True)
        autograd.mean([eager.loss(x, y) for x, y in rows]).backward()
        eager.optimizer.step()
    assert compiled.numbers()[0] == pytest.approx(eager.numbers()[0], rel=1e-9)


@pytest.mark.slow
def test_batches_are_shuffled_by_the_seed_and_the_last_may_be_smaller(backend: Any) -> None:
    for shuffle, seed in ((True, 0), (True, 7), (False, 0)):
        compiled, python = pair(backend, OPTIMIZERS["Adam"])
        losses = compiled.train(epochs=3, batch_size=16, shuffle=shuffle, seed=seed)
        order, batches = np.random.default_rng(seed), []
        for _ in range(3):
            rows = order.permutation(50) if shuffle else np.arange(50)
            batches += [rows[start : start + 16] for start in range(0, 50, 16)]
        assert len(losses) == 12
        assert losses.tolist() == pytest.approx(python.loop(batches), rel=1e-13)
        compiled.assert_like(python)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 25, 30, 50, 1000])
def test_batches_of_every_size(size: int, backend: Any) -> None:
    compiled, python = pair(backend, OPTIMIZERS["SGD"])
    losses = compiled.train(epochs=2, batch_size=size, shuffle=False)
    batches = [slice(start, start + size) for start in range(0, 50, size)] * 2
    assert losses.tolist() == pytest.approx(python.loop(batches), rel=1e-13)
    compiled.assert_like(python)


def test_training_goes_on_in_python_and_compiled_with_another_rate(backend: Any) -> None:
    compiled, python = pair(backend, OPTIMIZERS["Adam"])
    schedules = [nn.CosineAnnealingLR(run.optimizer, T_max=5) for run in (compiled, python)]
    for _ in range(4):
        compiled.train(epochs=6)
        compiled.loop([ALL] * 2)
        python.loop([ALL] * 8)
        for schedule in schedules:
            schedule.step()
    compiled.assert_like(python)
    assert len(compiled.f._trainer.updates) == 1
    compiled.optimizer.weight_decay = python.optimizer.weight_decay = 0.1
    compiled.train(epochs=3)
    python.loop([ALL] * 3)
    compiled.assert_like(python)


def test_training_goes_on_from_a_saved_state(backend: Any) -> None:
    compiled, python = pair(backend, OPTIMIZERS["SGD, dampened"])
    compiled.train(epochs=5)
    saved = json.loads(json.dumps([compiled.model.state_dict(), compiled.optimizer.state_dict()]))
    again = Run(backend, OPTIMIZERS["SGD, dampened"])
    again.model.load_state_dict(saved[0])
    again.optimizer.load_state_dict(saved[1])
    again.train(epochs=5)
    python.loop([ALL] * 10)
    again.assert_like(python)


def test_float32_loss_with_the_update_in_float64_as_in_python(backend: Any) -> None:
    compiled, python = pair(backend, OPTIMIZERS["Adam"], dtype="float32")
    losses = compiled.train(epochs=10, batch_size=20, shuffle=False)
    assert losses.tolist() == python.loop([slice(0, 20), slice(20, 40), slice(40, 60)] * 10)
    compiled.assert_like(python)


def test_threads_change_nothing(backend: Any) -> None:
    one, two = Run(backend, OPTIMIZERS["Adam"]), Run(backend, OPTIMIZERS["Adam"], threads=2)
    assert one.train(epochs=5).tolist() == two.train(epochs=5).tolist()


def test_one_row_and_a_graph_without_inputs(backend: Any) -> None:
    x, y = Value(-1.2), Value(1.0)
    value = (1.0 - x) ** 2 + 100.0 * (y - x * x) ** 2  # Rosenbrock's valley
    f = compile(value, [x, y], inputs=[], backend=backend)
    losses = f.train(optimizer=nn.Adam([x, y], lr=0.02), epochs=5000)
    assert losses[0] == pytest.approx(24.2)
    assert (x.data, y.data) == pytest.approx((1.0, 1.0), abs=1e-3)
    w = Value(1.0)
    g = compile(lambda x, y: (w * x[0] + x[1] - y) ** 2, [w], backend=backend)
    g.train([2.0, 1.0], 7.0, optimizer=nn.SGD([w], lr=0.1), epochs=100)
    assert w.data == pytest.approx(3.0, rel=1e-12)


def test_an_optimizer_of_some_parameters_leaves_the_others_alone(backend: Any) -> None:
    compiled, python = pair(backend, lambda p: nn.Adam(p[:4:-1], lr=0.05))
    for run in (compiled, python):
        run.model.parameters()[0].grad = 7.0
    compiled.train(epochs=5)
    python.loop([ALL] * 5)
    assert compiled.numbers()[0] == pytest.approx(python.numbers()[0], rel=1e-12)
    assert compiled.optimizer.m == pytest.approx(python.optimizer.m, rel=1e-12)
    assert compiled.model.parameters()[0].grad == 7.0


def test_a_parameter_that_the_loss_does_not_use_only_decays(backend: Any) -> None:
    for used in (True, False):
        w, unused = Value(1.0), Value(2.0)
        f = compile(
            lambda x, used=used, w=w: (w if used else 1.0) * x, [unused, w][:: 1 if used else -1], backend=backend
        )
        f.train(np.array([1.0, 3.0]), optimizer=nn.SGD([unused], lr=0.5, weight_decay=0.1), epochs=2)
        assert unused.data == pytest.approx(2.0 * 0.95**2, rel=1e-15)
        assert w.data == 1.0


# What does not go well


def test_a_loss_that_is_not_finite_leaves_everything_as_it_was(backend: Any) -> None:
    w = Value(1.0)
    w.grad = 5.0
    f = compile(lambda x: (w * x) ** 2, [w], backend=backend)
    optimizer = nn.SGD([w], lr=1e60, momentum=0.5)
    before = optimizer.state_dict()
    with pytest.raises(FloatingPointError, match=r"the loss became inf in step 4 of 100: lower the learning rate"):
        f.train(np.array([1.0, 2.0]), optimizer=optimizer, epochs=100)
    assert (w.data, w.grad, optimizer.state_dict()) == (1.0, 5.0, before)
    with pytest.raises(FloatingPointError, match=r"the loss became nan in step 3 of 4"):
        f.train(np.array([0.0, 0.0, math.nan, 0.0]), optimizer=optimizer, batch_size=1, shuffle=False)
    optimizer.lr = 1e308
    with pytest.raises(FloatingPointError, match=r"a parameter became nan or inf in the last of 1 steps"):
        f.train(np.array([3.0]), optimizer=optimizer)
    assert (w.data, w.grad, optimizer.steps) == (1.0, 5.0, 0)


@pytest.mark.slow
def test_ctrl_c_leaves_what_whole_steps_have_learned(backend: Any) -> None:
    run, again = pair(backend, OPTIMIZERS["Adam"])
    run.train()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run.train(epochs=3_000_000)
    timer.join()
    assert 1 < run.optimizer.steps < 3_000_001
    again.train(epochs=run.optimizer.steps)
    run.assert_like(again)


def test_wrong_arguments_are_named(backend: Any) -> None:
    run = Run(backend, OPTIMIZERS["SGD"])
    with pytest.raises(ValueError, match=r"epochs must be at least 1, got 0"):
        run.train(epochs=0)
    with pytest.raises(ValueError, match=r"batch_size must be at least 1, got 0"):
        run.train(batch_size=0)
    with pytest.raises(TypeError, match="integer"):
        run.train(epochs=1.5)
    with pytest.raises(ValueError, match="no rows at all"):
        run.f.train(ROWS[:0], LABELS[:0], optimizer=run.optimizer)
    with pytest.raises(ValueError, match="no parameters of the compiled function"):
        run.f.train(ROWS, LABELS, optimizer=nn.SGD([Value(1.0)]))
    with pytest.raises(TypeError, match=r"optimizer= takes for instance nn\.Adam"):
        run.f.train(ROWS, LABELS, optimizer=0.1)
    two = compile(lambda x: [x * run.model.parameters()[0], x], run.model.parameters(), backend=backend)
    with pytest.raises(TypeError, match="one result"):
        two.train(ROWS[:, 0], optimizer=run.optimizer)


# Optimizers of one's own


class Own(nn.Optimizer):
    """Remembers in every way that a compiled step must keep up to date."""

    def __init__(self, parameters: list[Value]) -> None:
        super().__init__(parameters, 0.1)
        self.last, self.before = self.per_parameter(), self.per_parameter(1.0)
        self.rates, self.ones = self.per_parameter(), self.per_parameter()
        self.scale = [1.0 + 0.1 * i for i in range(len(self.parameters))]
        self.power, self.flag = 1, 0.0

    def direction(self, i: int, gradient: float) -> float:
        self.last[i], self.before[i] = gradient, self.last[i]
        self.rates[i], self.ones[i] = self.lr * self.power, 1.0
        return autograd.tanh(gradient + 0.5 * self.before[i]) * self.scale[i] * self.power

    def step(self) -> None:
        self.power *= 0.9  # type: ignore[assignment]
        self.flag = 2.0
        super().step()


def test_an_optimizer_of_ones_own(backend: Any) -> None:
    compiled, python = pair(backend, Own)
    compiled.train(epochs=9)
    python.loop([ALL] * 9)
    compiled.assert_like(python)


class Bare:
    """Not one of nn's: parameters, zero_grad and step."""

    def __init__(self, parameters: list[Value]) -> None:
        self.parameters, self.temperature = parameters, 0.3

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad = 0.0

    def step(self) -> None:
        for p in self.parameters:
            p.data = p.data - self.temperature * RATE * autograd.minimum(p.grad, 0.1)


RATE = 1.0


def test_whatever_has_parameters_and_a_step_and_a_global_that_changes(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, python = pair(backend, Bare)
    for rate in (1.0, 0.5, 1.0):
        monkeypatch.setitem(globals(), "RATE", rate)
        compiled.train(epochs=3)
        python.loop([ALL] * 3)
    compiled.assert_like(python)


class Branching(nn.SGD):
    def direction(self, i: int, gradient: float) -> float:
        return gradient if gradient > 0.0 else 0.0


class Normed(nn.SGD):
    def direction(self, i: int, gradient: float) -> float:
        return gradient / autograd.sqrt(1.0 + autograd.sum([p.grad * p.grad for p in self.parameters]))


class ByPlace(nn.SGD):
    def direction(self, i: int, gradient: float) -> float:
        return 0.1 * gradient if i == 7 else gradient


class Noisy(nn.SGD):
    def direction(self, i: int, gradient: float) -> float:
        return gradient + random.random()


class LateAttribute(nn.SGD):
    def direction(self, i: int, gradient: float) -> float:
        self.latest = gradient
        return gradient


class Dictionary(nn.SGD):
    def __init__(self, parameters: list[Value]) -> None:
        super().__init__(parameters)
        self.memory = dict.fromkeys(parameters, 0.0)


class Warm(nn.SGD):
    def direction(self, i: int, gradient: float) -> float:
        return gradient * min(self.steps / 10, 1.0)


class Switching(nn.SGD):
    def step(self) -> None:
        super().step()
        self.nesterov = None  # type: ignore[assignment]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Branching, r"Branching cannot train in compiled code: .*autograd\.where"),
        (Normed, "treats parameter 0 otherwise"),
        (ByPlace, "treats parameter 7 otherwise"),
        (Noisy, "random numbers"),
        (LateAttribute, "makes the attribute latest; give it its first number in __init__"),
        (Dictionary, r"numbers and lists with one number for each of its 21 parameters; Dictionary\.memory"),
        (Warm, r"Warm cannot train in compiled code: .*autograd\.where"),
        (Switching, "step.. changes nesterov, which is no number"),
    ],
)
def test_a_step_that_cannot_be_compiled_says_why(kind: Any, message: str, backend: Any) -> None:
    run = Run(backend, kind)
    before = run.numbers(), run.optimizer.state_dict()
    with pytest.raises(TypeError, match=message) as raised:
        run.train()
    assert isinstance(raised.value, TracingError) or kind is Dictionary
    assert (run.numbers(), run.optimizer.steps) == (before[0], 0)
