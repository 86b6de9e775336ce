"""Optimizers, schedules and clipping: step by step beside PyTorch, and beside stored numbers where it is missing.

Of nn.optim.clipping, nn.optim.optimizer, nn.optim.optimizers, nn.optim.schedules and nn.settings.
"""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nn
from autograd import Constant, Value

START = [0.5, -1.25, 2.0]
STEPS = 12

SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"lr": 0.1}),
    "SGD, weight decay": ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    "SGD, momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}),
    "SGD, dampened": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    "SGD, nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop, all": ("RMSprop", {"lr": 0.05, "alpha": 0.9, "eps": 1e-4, "weight_decay": 0.01, "momentum": 0.5}),
    "Adagrad": ("Adagrad", {}),
    "Adagrad, all": (
        "Adagrad",
        {"lr": 0.2, "lr_decay": 0.1, "weight_decay": 0.01, "initial_accumulator_value": 0.3, "eps": 1e-6},
    ),
    "Adam": ("Adam", {}),
    "Adam, all": ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-5, "weight_decay": 0.01}),
    "AdamW": ("AdamW", {}),
    "AdamW, all": ("AdamW", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-5, "weight_decay": 0.1}),
}
EXPECTED: dict[str, list[float]] = {
    "SGD": [0.13880520463293786, -1.168381090620935, 1.7674227710973867],
    "SGD, weight decay": [0.16267818010126556, -1.1015035721435629, 1.662921451586152],
    "SGD, momentum": [-5.396713471990571, -0.8497448621773198, 1.0160426520702286],
    "SGD, dampened": [-3.883342248324313, -0.8968237157168247, 1.1817009982550837],
    "SGD, nesterov": [-4.4585111134707995, -0.7679333098191112, 0.8565948892007178],
    "RMSprop": [0.3022500724501649, -1.1373853002785148, 1.4748226098971315],
    "RMSprop, all": [-0.17699004352181516, -0.879292248875434, 0.5489040917783111],
    "Adagrad": [0.4800444820696911, -1.2383732388568247, 1.9449899615246269],
    "Adagrad, all": [0.275099979888347, -1.180574343345435, 1.5494027808026667],
    "Adam": [0.4958360141865697, -1.2482527423682235, 1.9883023146226184],
    "Adam, all": [0.312279694258164, -1.151149485836404, 1.4285575039273575],
    "AdamW": [0.4957763684686901, -1.2481029284213463, 1.9880630545283162],
    "AdamW, all": [0.29150695480898875, -1.0916980490344366, 1.3340492192201963],
}
"""The parameters after twelve steps, from PyTorch 2.13."""


def gradient(step: int, i: int, p: float) -> float:
    """Made up: changes its sign, has very different sizes, and depends on where the parameter is."""
    return math.sin(step * (i + 1.0)) * 10.0 ** (1 - i) + 0.1 * p


def ours(name: str, steps: int = STEPS) -> Iterator[list[float]]:
    """The parameters after each step."""
    kind, settings = SETTINGS[name]
    parameters = [Value(x) for x in START]
    optimizer = getattr(nn, kind)(parameters, **settings)
    for step in range(steps):
        for i, p in enumerate(parameters):
            p.grad = gradient(step, i, p.data)
        optimizer.step()
        yield [p.data for p in parameters]


def theirs(name: str) -> Iterator[list[float]]:
    """The same in PyTorch."""
    torch = pytest.importorskip("torch")
    kind, settings = SETTINGS[name]
    parameters = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    optimizer = getattr(torch.optim, kind)(parameters, **settings)
    for step in range(STEPS):
        for i, p in enumerate(parameters):
            p.grad = torch.tensor(gradient(step, i, p.item()), dtype=torch.float64)
        optimizer.step()
        yield [p.item() for p in parameters]


def parameters(count: int = 2) -> list[Value]:
    return [Value(float(i)) for i in range(count)]


# Optimizers


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_optimizers_agree_with_pytorch_at_every_step(name: str) -> None:
    for mine, expected in zip(ours(name), theirs(name), strict=True):
        assert mine == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", SETTINGS)
def test_optimizers_give_the_stored_numbers_of_pytorch(name: str) -> None:
    assert list(ours(name))[-1] == pytest.approx(EXPECTED[name], abs=1e-12)


def test_the_first_steps_by_hand() -> None:
    p = Value(1.0)
    optimizer = nn.SGD([p], lr=0.5, momentum=0.5)
    p.grad = 1.0
    optimizer.step()  # velocity 1
    assert p.data == 0.5
    optimizer.step()  # velocity 0.5 · 1 + 1
    assert p.data == 0.5 - 0.5 * 1.5


def test_defaults_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    for kind in ("SGD", "RMSprop", "Adagrad", "Adam", "AdamW"):
        mine = vars(getattr(nn, kind)(parameters()))
        defaults = getattr(torch.optim, kind)([torch.zeros(1, requires_grad=True)]).defaults
        for name, setting in defaults.items():
            if name in mine:
                assert mine[name] == setting, (kind, name)
        if "betas" in defaults:
            assert (mine["beta1"], mine["beta2"]) == defaults["betas"]


def test_the_learning_rate_may_change_between_steps() -> None:
    p = Value(1.0)
    optimizer = nn.SGD([p], lr=0.5)
    p.grad, optimizer.lr = 1.0, 0.25
    optimizer.step()
    assert p.data == 0.75


def test_zero_grad_sets_every_gradient_to_zero() -> None:
    ps = parameters()
    ps[0].grad = 3.0
    nn.SGD(ps).zero_grad()
    assert [p.grad for p in ps] == [0.0, 0.0]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_run_goes_on_from_a_state_dict_as_without_a_break(name: str) -> None:
    kind, settings = SETTINGS[name]
    first = [Value(x) for x in START]
    optimizer = getattr(nn, kind)(first, **settings)
    for step in range(5):
        for i, p in enumerate(first):
            p.grad = gradient(step, i, p.data)
        optimizer.step()
    second = [Value(p.data) for p in first]
    resumed = getattr(nn, kind)(second)
    resumed.load_state_dict(json.loads(json.dumps(optimizer.state_dict())))
    for step in range(5, STEPS):
        for i, p in enumerate(second):
            p.grad = gradient(step, i, p.data)
        resumed.step()
    assert [p.data for p in second] == list(ours(name))[-1]


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing() -> None:
    adam = nn.Adam(parameters(2))
    adam.step()
    before = adam.state_dict()
    for state, message in (
        (nn.SGD(parameters(2)).state_dict(), "this is not the state of Adam: it has optimizer, lr"),
        (nn.AdamW(parameters(2)).state_dict(), "this is not the state of Adam"),
        (nn.Adam(parameters(3)).state_dict(), "m is for 3 parameters, but there are 2"),
        (before | {"lr": "fast"}, "lr: expected a real number, got 'fast'"),
        (before | {"lr": -1.0}, "lr must not be negative, got -1.0"),
        (None, "a state is a dict, .* got None"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            adam.load_state_dict(state)  # type: ignore[arg-type]
    assert adam.state_dict() == before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.SGD(parameters(), lr=-0.1), r"lr must not be negative, got -0.1"),
        (lambda: nn.SGD(parameters(), lr=math.nan), r"lr must not be negative, got nan"),
        (lambda: nn.SGD(parameters(), lr="0.1"), r"lr: expected a real number, got '0.1'"),  # type: ignore[arg-type]
        (lambda: nn.SGD(parameters(), momentum=-1.0), r"momentum must not be negative"),
        (lambda: nn.SGD(parameters(), weight_decay=-1.0), r"weight_decay must not be negative"),
        (lambda: nn.SGD(parameters(), nesterov=True), r"nesterov needs a momentum above 0 and no dampening"),
        (lambda: nn.SGD(parameters(), momentum=0.9, dampening=0.1, nesterov=True), r"nesterov needs a momentum"),
        (lambda: nn.RMSprop(parameters(), alpha=-0.5), r"alpha must not be negative"),
        (lambda: nn.RMSprop(parameters(), alpha=1.5), r"alpha must not be above 1, got 1.5"),
        (lambda: nn.RMSprop(parameters(), eps=0.0), r"eps must be above 0, got 0.0"),
        (lambda: nn.Adagrad(parameters(), lr_decay=-0.5), r"lr_decay must not be negative"),
        (
            lambda: nn.Adagrad(parameters(), initial_accumulator_value=-1),
            r"initial_accumulator_value must not be negative",
        ),
        (lambda: nn.Adam(parameters(), betas=(1.0, 0.999)), r"betas\[0\] must be below 1, got 1.0"),
        (lambda: nn.Adam(parameters(), betas=(0.9, -0.1)), r"betas\[1\] must not be negative, got -0.1"),
        (lambda: nn.Adam(parameters(), betas=(0.9,)), r"betas must be two numbers, got \(0.9,\)"),  # type: ignore[arg-type]
        (lambda: nn.Adam(parameters(), betas=0.9), r"betas: expected a list of numbers, got 0.9"),  # type: ignore[arg-type]
        (lambda: nn.StepLR(None, 1), r"a schedule takes an optimizer, such as .* got None"),  # type: ignore[arg-type]
        (lambda: nn.AdamW(parameters(), weight_decay=-1.0), r"weight_decay must not be negative"),
        (lambda: nn.Adam([]), r"no parameters: give at least one, for instance model.parameters\(\)"),
        (lambda: nn.Adam(Value(1.0)), r"expected a list of Values, got Value\(1.0\) .*: write for instance model"),  # type: ignore[arg-type]
        (lambda: nn.Adam(nn.MLP(2, [1])), r"expected a list of Values, got MLP.*: write for instance model"),  # type: ignore[arg-type]
        (lambda: nn.Adam([1.0]), r"parameter 0 is 1.0 \(float\): only a Value"),  # type: ignore[list-item]
        (lambda: nn.Adam([Constant(1.0)]), r"parameter 0 is Constant\(1.0\)"),
        (lambda: nn.Adam([Value(1.0) * 2.0]), r"parameter 0 is Value\(2.0, op='mul'\)"),
        (lambda: nn.Adam(parameters(2) * 2), r"a parameter comes twice, and would be changed twice"),
        (lambda: nn.Optimizer(parameters(), 0.1).step(), r"Optimizer does not say where to go"),
    ],
)
def test_bad_settings_are_an_error(call: Callable[[], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError, NotImplementedError), match=message):
        call()


KINDS = ("SGD", "RMSprop", "Adagrad", "Adam", "AdamW")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("slot", "bad", "message"),
    [
        ("grad", None, r"parameter 1 \(w\): its \.grad is None, not a number: give it zero_grad\(\) or p\.grad = 0\.0"),
        ("grad", "0.1", r"parameter 1 \(w\): its \.grad is '0\.1' \(str\), not a number: give it a number alone"),
        ("grad", Value(1.0), r"its \.grad is Value\(1\.0\) \(Value\), not a number: .* such as v\.item\(\)"),
        ("data", Value(1.0), r"its \.data is Value\(1\.0\) \(Value\), not a number"),
        ("data", "text", r"its \.data is 'text' \(str\), not a number"),
        ("data", 1j, r"its \.data is 1j \(complex\), not a number"),
        ("data", [1.0], r"its \.data is \[1\.0\] \(list\), not a number"),
    ],
)
def test_what_is_no_number_is_named_before_any_parameter_moves(kind: str, slot: str, bad: Any, message: str) -> None:
    ps = [Value(1.0), Value(2.0, label="w"), Value(3.0)]
    optimizer = getattr(nn, kind)(ps, lr=0.1, weight_decay=0.1)
    for p in ps:
        p.grad = 0.5
    optimizer.step()
    setattr(ps[1], slot, bad)
    before, state = [(p.data, p.grad) for p in ps], optimizer.state_dict()
    with pytest.raises(TypeError, match=message):
        optimizer.step()
    assert all(a is b for p, pair in zip(ps, before, strict=True) for a, b in zip((p.data, p.grad), pair, strict=True))
    assert optimizer.state_dict() == state


def test_a_state_that_was_changed_to_what_cannot_be_is_named_and_nothing_moves() -> None:
    ps = parameters()
    adam = nn.Adam(ps)
    adam.v[1] = -1.0
    before = adam.state_dict()
    with pytest.raises(ValueError, match=r"a mean of squares is -.*: the optimizer holds what cannot be"):
        adam.step()
    assert ([p.data for p in ps], adam.state_dict()) == ([0.0, 1.0], before)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
@pytest.mark.parametrize("answer", [None, Value(1.0)])
def test_a_direction_that_fails_leaves_all_as_it_was(answer: Any, error: type[BaseException]) -> None:
    class Failing(nn.Adam):
        failing = False

        def direction(self, i: int, gradient: float) -> Any:
            direction = super().direction(i, gradient)
            if self.failing and i == 1:
                if answer is None:
                    raise error
                return answer
            return direction

    ps = parameters(3)
    optimizer = Failing(ps)
    for p in ps:
        p.grad = 0.5
    optimizer.step()
    before, state = [p.data for p in ps], optimizer.state_dict()
    Failing.failing = True
    with pytest.raises((error, TypeError)):
        optimizer.step()
    assert ([p.data for p in ps], optimizer.state_dict()) == (before, state)


def test_repr_shows_the_settings() -> None:
    assert repr(nn.SGD(parameters(3), lr=0.5, momentum=0.9)) == (
        "SGD(3 parameters, lr=0.5, weight_decay=0.0, momentum=0.9, dampening=0.0, nesterov=False)"
    )


# Schedules


def rates(make: Callable[[nn.Optimizer], nn.Schedule], steps: int = 20) -> list[float]:
    """The learning rates that a schedule sets, from 0.8 at first."""
    optimizer = nn.SGD(parameters(), lr=0.8)
    schedule = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.lr)
        schedule.step()
    return found


def test_schedules_by_hand() -> None:
    assert rates(lambda o: nn.StepLR(o, 3, gamma=0.5), 7) == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]
    cosine = rates(lambda o: nn.CosineAnnealingLR(o, 4, eta_min=0.2), 6)
    side = 0.3 * math.sqrt(0.5)
    assert cosine == pytest.approx([0.8, 0.5 + side, 0.5, 0.5 - side, 0.2, 0.5 - side], abs=1e-15)
    assert rates(lambda o: nn.LinearWarmup(o, 4, start_factor=0.0), 6) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 0.8])


def test_schedules_agree_with_pytorch() -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.optim.lr_scheduler
    pairs = [
        (lambda o: nn.StepLR(o, 3, gamma=0.7), lambda o: theirs.StepLR(o, 3, gamma=0.7)),
        (lambda o: nn.CosineAnnealingLR(o, 7, 0.1), lambda o: theirs.CosineAnnealingLR(o, 7, 0.1)),
        (lambda o: nn.LinearWarmup(o, 6), lambda o: theirs.LinearLR(o, total_iters=6)),
        (
            lambda o: nn.LinearWarmup(o, 4, 0.1, then=nn.CosineAnnealingLR(o, 9)),
            lambda o: theirs.SequentialLR(
                o, [theirs.LinearLR(o, 0.1, total_iters=4), theirs.CosineAnnealingLR(o, 9)], milestones=[4]
            ),
        ),
    ]
    for mine, make in pairs:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.8)
        schedule, expected = make(optimizer), []
        for _ in range(20):
            expected.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        assert rates(mine) == pytest.approx(expected, abs=1e-12)


def test_a_warm_up_may_be_followed_by_another() -> None:
    found = rates(lambda o: nn.LinearWarmup(o, 2, 0.5, then=nn.LinearWarmup(o, 2, 0.25)), 5)
    assert found == pytest.approx([0.4, 0.6, 0.2, 0.5, 0.8])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: nn.StepLR(o, 0), "step_size must be a whole number of at least 1, got 0"),
        (lambda o: nn.StepLR(o, 2, gamma=-1.0), "gamma must not be negative"),
        (lambda o: nn.CosineAnnealingLR(o, 1.5), "T_max must be a whole number of at least 1, got 1.5"),  # type: ignore[arg-type]
        (lambda o: nn.LinearWarmup(o, -1), "total_iters must be a whole number of at least 1, got -1"),
        (nn.Schedule, "Schedule does not say its rate"),
    ],
)
def test_bad_schedules_are_an_error(make: Callable[[nn.Optimizer], nn.Schedule], message: str) -> None:
    optimizer = nn.SGD(parameters(), lr=0.8)
    with pytest.raises((ValueError, NotImplementedError), match=message):
        make(optimizer)
    assert optimizer.lr == 0.8


def test_a_schedule_that_fails_leaves_the_rate_and_its_place() -> None:
    class Own(nn.Schedule):
        answers: tuple[Any, ...] = (0.5, 0.25, None, Value(0.1))

        def rate(self, t: int) -> Any:
            return self.answers[t]

    optimizer = nn.SGD(parameters(), lr=0.8)
    schedule = Own(optimizer)
    schedule.step()
    for answers in (Own.answers, (0.5, 0.25, Value(0.1)), (0.5, 0.25)):
        Own.answers = answers
        with pytest.raises((TypeError, IndexError), match=r"the rate of Own: expected a real number|out of range"):
            schedule.step()
        assert (optimizer.lr, schedule.steps) == (0.25, 1)


def test_a_warm_up_goes_on_with_a_schedule_of_its_own_optimizer_only() -> None:
    optimizer, other = nn.SGD(parameters(), lr=0.8), nn.SGD(parameters(), lr=0.1)
    for then in (nn.StepLR(other, 1), 5, lambda t: t):
        with pytest.raises(ValueError, match="then must be a schedule of the same optimizer, got"):
            nn.LinearWarmup(optimizer, 4, then=then)  # type: ignore[arg-type]
    assert (optimizer.lr, other.lr) == (0.8, 0.1)


# Clipping

GRADIENTS = [3.0, -4.0, 12.0]


def with_gradients(gradients: list[float] = GRADIENTS) -> list[Value]:
    ps = parameters(len(gradients))
    for p, g in zip(ps, gradients, strict=True):
        p.grad = g
    return ps


def test_clipping_by_hand() -> None:
    ps = with_gradients()
    assert nn.clip_grad_norm_(ps, 1.3) == 13.0
    assert [p.grad for p in ps] == pytest.approx([0.3, -0.4, 1.2], rel=1e-7)
    ps = with_gradients()
    assert nn.clip_grad_norm_(ps, 100.0) == 13.0
    assert [p.grad for p in ps] == GRADIENTS
    nn.clip_grad_value_(ps, 3.5)
    assert [p.grad for p in ps] == [3.0, -3.5, 3.5]
    nn.clip_grad_value_(ps[2], 1.0)
    assert ps[2].grad == 1.0


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, math.inf])
@pytest.mark.parametrize("max_norm", [0.0, 1.0, 5.0, 50.0])
def test_clipping_agrees_with_pytorch(max_norm: float, norm_type: float) -> None:
    torch = pytest.importorskip("torch")
    ps, tensor = with_gradients(), torch.zeros(3, dtype=torch.float64, requires_grad=True)
    tensor.grad = torch.tensor(GRADIENTS, dtype=torch.float64)
    expected = torch.nn.utils.clip_grad_norm_([tensor], max_norm, norm_type).item()
    assert nn.clip_grad_norm_(ps, max_norm, norm_type) == pytest.approx(expected, abs=1e-12)
    assert [p.grad for p in ps] == pytest.approx(tensor.grad.tolist(), abs=1e-12)
    tensor.grad = torch.tensor(GRADIENTS, dtype=torch.float64)
    torch.nn.utils.clip_grad_value_([tensor], max_norm)
    ps = with_gradients()
    nn.clip_grad_value_(ps, max_norm)
    assert [p.grad for p in ps] == tensor.grad.tolist()


def test_huge_gradients_have_a_finite_norm() -> None:
    for norm_type in (2.0, 3.0):
        assert nn.clip_grad_norm_(with_gradients([3e200, 4e200]), 1.0, norm_type) < 1e201


def test_a_norm_that_is_not_finite_is_returned_or_refused() -> None:
    for bad in (math.nan, math.inf):
        ps = with_gradients([1.0, bad])
        with pytest.raises(ValueError, match=r"the norm of the gradients is (nan|inf): look for the first"):
            nn.clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
        assert ps[0].grad == 1.0
        assert not math.isfinite(nn.clip_grad_norm_(ps, 1.0))
        assert math.isnan(ps[1].grad)
    with pytest.raises(ValueError, match="max_norm must not be negative"):
        nn.clip_grad_norm_(with_gradients(), -1.0)
    with pytest.raises(ValueError, match="norm_type must be above 0"):
        nn.clip_grad_norm_(with_gradients(), 1.0, -2.0)


@pytest.mark.parametrize("clip", [lambda ps: nn.clip_grad_norm_(ps, 1.0), lambda ps: nn.clip_grad_value_(ps, 1.0)])
def test_clipping_refuses_what_it_cannot_clip_and_changes_nothing(clip: Callable[[Any], object]) -> None:
    ps = with_gradients()
    for bad, message in (
        (None, r"parameter 2: its \.grad is None, not a number"),
        ("1", r"its \.grad is '1' \(str\)"),
        (Value(9.0), r"its \.grad is Value\(9\.0\)"),
    ):
        ps[2].grad = bad  # type: ignore[assignment]
        with pytest.raises(TypeError, match=message):
            clip(ps)
        assert [p.grad for p in ps[:2]] == GRADIENTS[:2]
    with pytest.raises(ValueError, match="a parameter comes twice"):
        clip([ps[0], ps[0]])
    with pytest.raises(TypeError, match=r"expected a list of Values, got MLP.*: write for instance model\.parameters"):
        clip(nn.MLP(2, [1]))
    assert ps[0].grad == GRADIENTS[0]
