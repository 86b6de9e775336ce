"""States: no number of a model, an optimizer or a schedule is lost, invented or half taken, in memory or in a file.

Of nn.storage.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

import nn
from autograd import Value


class Parts(nn.Module):
    """A module with these attributes."""

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)


# Models


@pytest.mark.parametrize(
    "parts",
    [
        {"a": {"b.c": Value(1.0), "b": {"c": Value(2.0)}}},
        {"a": {1: Value(1.0), "1": Value(2.0)}},
        {"a.weight": Value(1.0), "a": nn.Layer(1, 1)},
    ],
)
def test_two_parameters_of_one_name_are_an_error_that_names_it(parts: dict[str, Any], tmp_path: Path) -> None:
    model = Parts(**parts)
    for call in (model.state_dict, lambda: model.save(tmp_path / "m"), lambda: model.load_state_dict({"a.b.c": 1.0})):
        with pytest.raises(ValueError, match=r"'a\.(b\.c|1|weight)' names two parts of this Parts"):
            call()
    assert list(tmp_path.iterdir()) == []


def test_what_a_subclass_of_layer_adds_is_in_its_state() -> None:
    class Scaled(nn.Layer):
        def __init__(self) -> None:
            super().__init__(2, 1)
            self.scale = Value(3.0)

    state = nn.Sequential(Scaled()).state_dict()
    assert list(state) == ["layers.0.weight", "layers.0.bias", "layers.0.scale"]
    other = nn.Sequential(Scaled())
    other.load_state_dict(state | {"layers.0.scale": 5.0})
    assert other[0].scale.data == 5.0


def test_a_parameter_that_has_no_place_in_the_state_is_an_error() -> None:
    class Forgetful(nn.Module):
        def __init__(self) -> None:
            self.kept, self.lost = Value(1.0), Value(2.0)

        def named_tensors(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
            yield f"{prefix}kept", self.kept

    with pytest.raises(ValueError, match=r"the state of this Sequential has no place for layers\.0\.lost: its named_"):
        nn.Sequential(Forgetful()).state_dict()


def test_an_activation_with_parameters_is_in_the_state_of_its_layer() -> None:
    class Leaky(nn.Module):
        def __init__(self) -> None:
            self.slope = Value(0.25)

        def __call__(self, z: Value) -> Value:
            return self.slope * z

    layer = nn.Layer(1, 2, Leaky())
    layer.neurons[1].scale = Value(2.0)  # type: ignore[attr-defined]
    state = layer.state_dict()
    slopes = ["neurons.0.activation.slope", "neurons.1.activation.slope"]
    assert list(state) == ["weight", "bias", *slopes, "neurons.1.scale"]
    layer.load_state_dict(state | dict.fromkeys(slopes, 0.5))
    assert layer.neurons[0].activation.slope.data == 0.5  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="are one shared parameter"):
        layer.load_state_dict(state | {slopes[0]: 0.75})


def test_a_shared_layer_takes_one_number_each_or_none_at_all() -> None:
    layer = nn.Layer(2, 2)
    model = nn.Sequential(layer, layer)
    before = model.state_dict()
    state = {name: [[9.0, 8.0], [7.0, 6.0]] if "weight" in name else [5.0, 4.0] for name in before}
    contradiction = state | {"layers.1.weight": [[9.0, 8.0], [7.5, 6.0]]}
    message = r"layers\.0\.weight\[1\]\[0\] and layers\.1\.weight\[1\]\[0\] are one .* 7\.0 for the one and 7\.5 for"
    with pytest.raises(ValueError, match=message):
        model.load_state_dict(contradiction)
    assert model.state_dict() == before
    model.load_state_dict(state)
    assert model.state_dict() == state
    nan = float("nan")
    model.load_state_dict(state | {"layers.0.bias": [nan, 0.0], "layers.1.bias": [nan, 0.0]})  # nan agrees with itself


def test_a_module_that_contains_itself_is_an_error_that_names_the_place() -> None:
    direct, model = Parts(w=Value(1.0)), nn.MLP(2, [3, 1])
    direct.me = direct  # type: ignore[attr-defined]
    model.layers[1].owner = model  # type: ignore[attr-defined]
    ring: list[Any] = [Value(1.0)]
    ring.append(ring)
    for module, message in (
        (direct, r"me is the model again, and a module that contains itself has no end: keep a weakref"),
        (model, r"layers\.1\.owner is the model again"),
        (nn.Sequential(model), r"layers\.0\.layers\.1\.owner is layers\.0 again"),
        (Parts(ring=ring), r"ring\.1 is ring again"),
    ):
        for call in (module.parameters, module.zero_grad, module.state_dict, lambda: module.load_state_dict({})):  # noqa: B023
            with pytest.raises(ValueError, match=message):
                call()
        assert "again, and a module" in repr(module)


def test_a_layer_used_twice_is_no_cycle() -> None:
    layer = nn.Layer(2, 2)
    assert nn.Sequential(layer, layer, nn.Residual(layer)).num_parameters() == 6


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("0.5", r"layers\.0\.weight\[0\]\[1\], its \.data: expected a real number, got '0\.5' \(str\)"),
        (Value(1.0), r"weight\[0\]\[1\], its \.data: expected a real number, got Value\(1\.0\).* v\.item\(\)"),
        (None, r"weight\[0\]\[1\], its \.data: expected a real number, got None"),
        (10**400, r"weight\[0\]\[1\], its \.data: 1000.* is beyond the largest float"),
    ],
)
def test_what_is_no_number_in_a_parameter_is_not_saved(data: Any, message: str, tmp_path: Path) -> None:
    model = nn.MLP(2, [1])
    model.save(tmp_path / "m")
    before = (tmp_path / "m").read_bytes()
    model.layers[0].neurons[0].w[1].data = data
    with pytest.raises((TypeError, ValueError), match=message):
        model.save(tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == before


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("1" + "0" * 400, r"is unchanged: layers\.0\.bias\[0\]: 1000.* \(int\) is beyond the largest float, 1\.8e308"),
        ("true", r"is unchanged: layers\.0\.bias\[0\]: expected a real number, got True \(bool\)"),
        ("null", r"is unchanged: layers\.0\.bias\[0\]: expected a real number, got None"),
        ('"1"', r"is unchanged: layers\.0\.bias\[0\]: expected a real number, got '1' \(str\)"),
    ],
)
def test_a_file_with_something_else_than_a_number_is_refused(given: str, message: str, tmp_path: Path) -> None:
    model = nn.MLP(1, [1])
    before = model.state_dict()
    state = json.dumps(before).replace("[0.0]", f"[{given}]")
    content = {"format": "chainrule model 1", "checksum": crc32(json.dumps(json.loads(state)).encode())}
    (tmp_path / "m").write_text(json.dumps(content)[:-1] + f', "state": {state}}}')
    with pytest.raises(ValueError, match=message):
        model.load(tmp_path / "m")
    assert model.state_dict() == before


def test_a_missing_folder_is_named_when_a_model_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such folder: .*missing'"):
        nn.MLP(2, [1]).load(tmp_path / "missing" / "model.json")


# Optimizers


def stepped(kind: str, **settings: Any) -> nn.Optimizer:
    """An optimizer of two parameters that remembers something."""
    parameters = [Value(1.0), Value(2.0)]
    optimizer: nn.Optimizer = getattr(nn, kind)(parameters, **settings)
    for p in parameters:
        p.grad = 0.5
    optimizer.step()
    return optimizer


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("Adam", {"v": [0.1, -1.0]}, r"v\[1\] must not be negative, got -1\.0"),
        ("Adam", {"beta1": 5.0}, r"beta1 must be below 1, got 5\.0"),
        ("Adam", {"beta2": -0.1}, r"beta2 must not be negative"),
        ("AdamW", {"eps": 0.0}, r"eps must be above 0"),
        ("Adam", {"steps": 2.5}, r"steps must be a whole number, got 2\.5"),
        ("Adam", {"steps": -1}, r"steps must not be negative"),
        ("Adam", {"m": [0.0]}, r"m is for 1 parameters, but there are 2"),
        ("Adam", {"m": [0.0, None]}, r"m\[1\]: expected a real number, got None"),
        ("Adam", {"lr": 10**400}, r"lr: 1000.* is beyond the largest float"),
        ("Adam", {"lr": True}, r"lr: expected a real number, got True \(bool\)"),
        ("Adam", {"m": [0.0, True]}, r"m\[1\]: expected a real number, got True \(bool\)"),
        ("Adam", {"weight_decay": float("nan")}, r"weight_decay must not be negative, got nan"),
        ("SGD", {"momentum": -1.0}, r"momentum must not be negative"),
        ("SGD", {"nesterov": 1}, r"nesterov: expected True or False, got 1 \(int\)"),
        ("SGD", {"nesterov": True}, r"nesterov needs a momentum above 0 and no dampening"),
        ("RMSprop", {"alpha": 1.5}, r"alpha must not be above 1"),
        ("RMSprop", {"squares": [-1e-9, 0.0]}, r"squares\[0\] must not be negative"),
        ("Adagrad", {"squares": [0.0, -1.0]}, r"squares\[1\] must not be negative"),
        ("Adagrad", {"lr_decay": -1.0}, r"lr_decay must not be negative"),
    ],
)
def test_a_state_out_of_range_is_refused_and_changes_nothing(kind: str, change: dict[str, Any], message: str) -> None:
    optimizer = stepped(kind)
    before = optimizer.state_dict()
    with pytest.raises((TypeError, ValueError), match=message):
        optimizer.load_state_dict({**before, "lr": 0.5, **change})
    assert optimizer.state_dict() == before


def test_a_learning_rate_that_was_a_whole_number_takes_a_fraction() -> None:
    sgd = stepped("SGD")
    sgd.lr = 1
    sgd.load_state_dict(sgd.state_dict() | {"lr": 0.5})
    assert sgd.lr == 0.5


# Schedules


SCHEDULES: dict[str, Callable[[nn.Optimizer], nn.Schedule]] = {
    "StepLR": lambda o: nn.StepLR(o, 3, gamma=0.5),
    "CosineAnnealingLR": lambda o: nn.CosineAnnealingLR(o, 7, eta_min=0.1),
    "LinearWarmup": lambda o: nn.LinearWarmup(o, 4, 0.1),
    "LinearWarmup, then": lambda o: nn.LinearWarmup(o, 4, 0.1, then=nn.CosineAnnealingLR(o, 9)),
}
OTHERS: dict[str, Callable[[nn.Optimizer], nn.Schedule]] = {
    "StepLR": lambda o: nn.StepLR(o, 5),
    "CosineAnnealingLR": lambda o: nn.CosineAnnealingLR(o, 3),
    "LinearWarmup": lambda o: nn.LinearWarmup(o, 2),
    "LinearWarmup, then": lambda o: nn.LinearWarmup(o, 3, then=nn.CosineAnnealingLR(o, 2)),
}


def an_optimizer(lr: float = 0.8) -> nn.Optimizer:
    return nn.SGD([Value(1.0)], lr=lr)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_goes_on_from_a_state_dict_as_without_a_break(name: str) -> None:
    optimizer = an_optimizer()
    schedule = SCHEDULES[name](optimizer)
    for _ in range(5):
        schedule.step()
    state = json.loads(json.dumps(schedule.state_dict()))
    resumed_optimizer = an_optimizer(0.3)
    resumed = OTHERS[name](resumed_optimizer)
    resumed.load_state_dict(state)
    assert resumed.state_dict() == schedule.state_dict() == state
    for _ in range(8):
        assert resumed_optimizer.lr == optimizer.lr
        schedule.step()
        resumed.step()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("StepLR", {"steps": -1}, "steps must not be negative"),
        ("StepLR", {"steps": 1.5}, "steps must be a whole number"),
        ("StepLR", {"step_size": 0}, "step_size must be a whole number of at least 1, got 0"),
        ("StepLR", {"gamma": None}, "gamma: expected a real number, got None"),
        ("StepLR", {"base_lr": True}, r"base_lr: expected a real number, got True \(bool\)"),
        ("StepLR", {"schedule": "CosineAnnealingLR"}, "this is not the state of StepLR"),
        ("CosineAnnealingLR", {"T_max": -3}, "T_max must be a whole number of at least 1"),
        ("LinearWarmup", {"more": 1}, "this is not the state of LinearWarmup: it has schedule, "),
        ("LinearWarmup, then", {"then": {"schedule": "StepLR"}}, "this is not the state of CosineAnnealingLR"),
        ("LinearWarmup, then", {"then": None}, "a state is a dict, .* got None"),
    ],
)
def test_a_schedules_state_that_does_not_fit_changes_nothing(name: str, change: dict[str, Any], message: str) -> None:
    optimizer = an_optimizer()
    schedule = SCHEDULES[name](optimizer)
    schedule.step()
    before, lr = schedule.state_dict(), optimizer.lr
    with pytest.raises((TypeError, ValueError), match=message):
        schedule.load_state_dict({**before, "base_lr": 0.5, **change})
    assert (schedule.state_dict(), optimizer.lr) == (before, lr)
