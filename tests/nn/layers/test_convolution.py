"""Conv1d, Conv2d and MaxPool2d (nn.layers.convolution): PyTorch's numbers, gradients and states; compiled, refused."""

import random
from typing import Any

import numpy as np
import pytest

import autograd
import nn

CASES: list[tuple[Any, tuple[Any, ...], dict[str, Any], tuple[int, ...]]] = [
    (nn.Conv1d, (2, 3, 3), {}, (2, 7)),
    (nn.Conv1d, (1, 2, 4), {"stride": 2, "padding": 3, "bias": False}, (1, 6)),
    (nn.Conv2d, (2, 3, 3), {"padding": 1}, (2, 4, 5)),
    (nn.Conv2d, (1, 2, (2, 3)), {"stride": (2, 1), "padding": (0, 2)}, (1, 5, 4)),
    (nn.MaxPool2d, (2,), {}, (2, 4, 6)),
    (nn.MaxPool2d, (3,), {"stride": (1, 2), "padding": 1}, (2, 5, 4)),
]


def made(kind: Any, given: Any, settings: Any) -> Any:
    return kind(*given, **settings) if kind is nn.MaxPool2d else kind(*given, rng=random.Random(2), **settings)


def flat(nested: Any) -> list[Any]:
    return [x for part in nested for x in flat(part)] if isinstance(nested, list) else [nested]


def values(nested: Any) -> Any:
    return [values(part) for part in nested] if isinstance(nested, list) else autograd.Value(nested)


def loss_of(model: Any, x: Any) -> Any:
    return autograd.sum([y * (0.1 + 0.2 * k) for k, y in enumerate(flat(model(x)))])


@pytest.mark.parametrize(("kind", "given", "settings", "shape"), CASES)
def test_numbers_gradients_and_states_are_pytorch_s(kind: Any, given: Any, settings: Any, shape: Any) -> None:
    torch = pytest.importorskip("torch")
    model, example = made(kind, given, settings), np.random.default_rng(1).normal(size=shape)
    twin = getattr(torch.nn, kind.__name__)(*given, **settings)
    twin.double().load_state_dict({k: torch.tensor(x, dtype=torch.float64) for k, x in model.state_dict().items()})
    x, theirs = values(example.tolist()), torch.tensor(example, requires_grad=True)
    loss, outputs = loss_of(model, x), twin(theirs)
    loss.backward()
    weights = 0.1 + 0.2 * torch.arange(outputs.numel(), dtype=torch.float64)
    (outputs.flatten() * weights).sum().backward()

    assert np.array([y.data for y in flat(model(x))]) == pytest.approx(outputs.detach().numpy().ravel(), rel=1e-12)
    assert np.array([v.grad for v in flat(x)]) == pytest.approx(theirs.grad.numpy().ravel(), rel=1e-12, abs=1e-13)
    for name, parameter in twin.named_parameters():
        ours = [w.grad for w in flat(getattr(model, name))]
        assert np.array(ours) == pytest.approx(parameter.grad.numpy().ravel(), rel=1e-12, abs=1e-13)
    again = made(kind, given, settings)
    again.load_state_dict({name: x.tolist() for name, x in twin.state_dict().items()})
    assert again.state_dict() == model.state_dict()


@pytest.mark.parametrize(("kind", "given", "settings", "shape"), CASES)
def test_compiled_they_give_the_engine_s_numbers(kind: Any, given: Any, settings: Any, shape: Any) -> None:
    model, example = made(kind, given, settings), np.random.default_rng(1).normal(size=shape).tolist()
    compiled = autograd.compile(lambda x: loss_of(model, x))
    value, slopes = compiled.value_and_grad(example)
    x = values(example)
    loss = loss_of(model, x)
    loss.backward()
    assert value == pytest.approx(loss.data, rel=1e-13)
    assert flat(slopes) == pytest.approx([v.grad for v in flat(x)], rel=1e-12, abs=1e-14)


def test_a_kernel_by_hand() -> None:
    conv = nn.Conv2d(1, 1, 2)
    conv.load_state_dict({"weight": [[[[1.0, 2.0], [3.0, 4.0]]]], "bias": [0.5]})
    found = conv([[[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]]])
    assert [y.data for y in found[0][0]] == [1 + 4 + 0.5, 4 + 3 + 4 + 0.5]


def test_a_tie_shares_its_gradient() -> None:
    picture = values([[[1.0, 1.0], [0.0, 1.0]]])
    nn.MaxPool2d(2)(picture)[0][0][0].backward()
    assert [v.grad for v in flat(picture)] == pytest.approx([1 / 3, 1 / 3, 0.0, 1 / 3])


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match=r"window of 3×3 does not fit on 2×2 with padding 0×0"):
        nn.Conv2d(1, 1, 3)([[[1.0, 2.0], [3.0, 4.0]]])
    with pytest.raises(ValueError, match=r"takes 2 channel\(s\), got 1"):
        nn.Conv1d(2, 1, 1)([[1.0]])
    with pytest.raises(ValueError, match="must be alike, and none empty"):
        nn.Conv2d(1, 1, 1)([[[1.0, 2.0], [3.0]]])
    with pytest.raises(ValueError, match=r"kernel_size must be 2 whole number\(s\) of at least 1, got 0"):
        nn.Conv2d(1, 1, 0)
    with pytest.raises(ValueError, match="at most half of kernel_size"):
        nn.MaxPool2d(2, padding=2)
