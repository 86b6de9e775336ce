"""States: no number of a model, an optimizer or a schedule is lost, invented or half taken, in memory or in a file."""

import json
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
    layer = nn.Layer(1, 1)
    layer.neurons[0].scale = Value(2.0)
    with pytest.raises(ValueError, match=r"the state of this Layer has no place for neurons\.0\.scale"):
        layer.state_dict()


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
    direct.me = direct
    model.layers[1].owner = model
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
