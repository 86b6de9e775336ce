"""LayerNorm and RMSNorm: PyTorch's numbers, gradients and states; compiled, drawn and refused.

Of nn.layers.normalization.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
from autograd import Value

KINDS: list[tuple[Callable[..., Any], dict[str, Any], str, dict[str, Any]]] = [
    (nn.LayerNorm, {}, "LayerNorm", {}),
    (nn.LayerNorm, {"eps": 0.5, "bias": False}, "LayerNorm", {"eps": 0.5, "bias": False}),
    (nn.LayerNorm, {"affine": False}, "LayerNorm", {"elementwise_affine": False}),
    (nn.RMSNorm, {}, "RMSNorm", {}),
    (nn.RMSNorm, {"eps": 1e-5, "affine": False}, "RMSNorm", {"eps": 1e-5, "elementwise_affine": False}),
]
ROW, SLOPES = [1.5, -0.25, 3.0, 0.75, -2.0], [0.5, -1.0, 2.0, 0.25, 1.25]


def network(kind: Callable[..., Any], width: int) -> nn.Sequential:
    rng = random.Random(0)
    model = nn.Sequential(nn.Layer(3, width, "tanh", rng=rng), kind(width), nn.Layer(width, 1, "linear", rng=rng))
    for parameter in model.parameters():
        parameter.data += rng.uniform(-0.1, 0.1)
    return model


@pytest.mark.parametrize(("kind", "settings", "name", "theirs"), KINDS)
def test_values_gradients_and_states_are_pytorchs(
    kind: Callable[..., Any], settings: dict[str, Any], name: str, theirs: dict[str, Any]
) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    norm, module = kind(5, **settings), getattr(torch.nn, name)(5, dtype=torch.float64, **theirs)
    for i, parameter in enumerate(module.parameters()):
        parameter.data = torch.tensor([0.3 * i + 0.1 * k - 0.7 for k in range(5)], dtype=torch.float64)
    norm.load_state_dict(module.state_dict())
    assert norm.state_dict() == {key: tensor.tolist() for key, tensor in module.state_dict().items()}
    x, given = [Value(v) for v in ROW], torch.tensor(ROW, dtype=torch.float64, requires_grad=True)
    outputs, expected = norm(x), module(given)
    assert [v.data for v in outputs] == pytest.approx(expected.tolist(), abs=1e-12)
    autograd.dot(outputs, SLOPES).backward()
    (expected @ torch.tensor(SLOPES, dtype=torch.float64)).backward()
    assert [v.grad for v in x] == pytest.approx(given.grad.tolist(), abs=1e-12)
    for key, parameter in module.named_parameters():
        assert [v.grad for v in getattr(norm, key)] == pytest.approx(parameter.grad.tolist(), abs=1e-12)


def test_the_numbers_are_those_computed_by_hand() -> None:
    # mean 2, deviations ∓1, variance 1; root mean square √((9 + 16)/2) = 3.5355…
    assert [v.data for v in nn.LayerNorm(2, 3.0)([1.0, 3.0])] == [-0.5, 0.5]
    assert [v.data for v in nn.RMSNorm(2)([3.0, 4.0])] == pytest.approx([0.8485281374238570, 1.1313708498984760])
    assert [v.data for v in nn.LayerNorm(3)([7.0, 7.0, 7.0])] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("kind", [nn.LayerNorm, nn.RMSNorm])
def test_a_model_with_it_compiles_is_drawn_saved_and_learns(kind: Callable[..., Any], tmp_path: Path) -> None:
    model, x = network(kind, 4), [0.1, -0.2, 0.3]
    compiled = autograd.compile(model)
    assert compiled(x) == pytest.approx(model(x).data, abs=1e-15)
    picture = autograd.draw(model(x), collapse="alike").source
    assert picture.count("× 4") >= 3
    model.save(tmp_path / "model.json")
    assert network(kind, 4).load(tmp_path / "model.json").state_dict() == model.state_dict()
    X, y = [[0.0, 1.0, 0.5], [1.0, -1.0, 0.25], [0.5, 0.5, -1.0]], [0.5, -0.5, 1.0]
    runs = []
    for compile in (False, True):
        model = network(kind, 4)
        optimizer = nn.Adam(model.parameters(), 0.05)
        runs.append(nn.fit(model, X, y, loss=nn.mse, optimizer=optimizer, epochs=60, compile=compile).loss)
    assert runs[0] == pytest.approx(runs[1], abs=1e-12)
    assert runs[0][-1] < runs[0][0] / 10


@pytest.mark.parametrize("kind", [nn.LayerNorm, nn.RMSNorm])
def test_its_share_of_the_program_is_as_long_for_any_width(kind: Callable[..., Any]) -> None:
    def lines(model: nn.Sequential) -> int:
        compiled = autograd.compile(model)
        compiled([0.1, 0.2, 0.3])
        return len(compiled.source().splitlines())

    shares = [lines(network(kind, n)) - lines(nn.Sequential(*network(kind, n).layers[::2])) for n in (16, 48)]
    assert shares[0] == shares[1]


@pytest.mark.parametrize("kind", [nn.LayerNorm, nn.RMSNorm])
def test_what_it_refuses(kind: Callable[..., Any]) -> None:
    for eps in (0.0, -1e-5, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"eps must be a finite number above 0"):
            kind(3, eps)
    with pytest.raises(ValueError, match=r"nin must be a whole number of at least 1, got 0"):
        kind(0)
    with pytest.raises(ValueError, match=rf"{kind.__name__}\(3, eps=.*\) takes 3 inputs, got 2"):
        kind(3)([1.0, 2.0])
    with pytest.raises(ValueError, match="layer 0 gives 2 outputs, but layer 1 takes 3 inputs"):
        nn.Sequential(nn.Layer(1, 2), kind(3))
