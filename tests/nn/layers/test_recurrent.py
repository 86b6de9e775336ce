"""RNN, GRU and LSTM (nn.layers.recurrent): PyTorch's numbers, gradients and states; compiled and refused."""

import random
from typing import Any

import numpy as np
import pytest

import autograd
import nn

SEQUENCE = [[0.5, -1.0], [0.25, 2.0], [-0.75, 0.1], [1.5, 0.3]]
KINDS = (nn.RNN, nn.GRU, nn.LSTM)


def loss_of(model: Any, xs: Any) -> Any:
    outputs, last = model(xs)
    rest = last if isinstance(last[0], list) else (last,)
    parts = [y * (0.3 * k + 0.1) for k, y in enumerate(y for row in [*outputs, *rest] for y in row)]
    return autograd.sum(parts)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_gradients_and_states_are_pytorch_s(kind: Any, bias: bool) -> None:
    torch = pytest.importorskip("torch")
    model = kind(2, 3, bias=bias, rng=random.Random(5))
    twin = getattr(torch.nn, kind.__name__)(2, 3, bias=bias, dtype=torch.float64)
    twin.load_state_dict({name: torch.tensor(x, dtype=torch.float64) for name, x in model.state_dict().items()})
    xs = [[autograd.Value(x) for x in row] for row in SEQUENCE]
    theirs = torch.tensor(SEQUENCE, dtype=torch.float64, requires_grad=True)

    loss = loss_of(model, xs)
    loss.backward()
    outputs, last = twin(theirs)
    rows = torch.cat([outputs, *(last if isinstance(last, tuple) else (last,))])
    other = (rows.flatten() * (0.3 * torch.arange(rows.numel(), dtype=torch.float64) + 0.1)).sum()
    other.backward()

    assert loss.data == pytest.approx(other.item(), rel=1e-13)
    assert np.array([[x.grad for x in row] for row in xs]) == pytest.approx(theirs.grad.numpy(), rel=1e-12, abs=1e-13)
    for name, parameter in twin.named_parameters():
        ours = getattr(model, name)
        grads = [[w.grad for w in row] if isinstance(row, list) else row.grad for row in ours]
        assert np.array(grads) == pytest.approx(parameter.grad.numpy(), rel=1e-12, abs=1e-13)
    again = kind(2, 3, bias=bias)
    again.load_state_dict({name: x.tolist() for name, x in twin.state_dict().items()})
    assert again.state_dict() == model.state_dict()


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_they_give_the_engine_s_numbers(kind: Any) -> None:
    model = kind(2, 3, rng=random.Random(5))
    compiled = autograd.compile(lambda xs: loss_of(model, xs), parameters=model.parameters())
    assert compiled(SEQUENCE) == pytest.approx(loss_of(model, SEQUENCE).data, rel=1e-14)
    loss_of(model, SEQUENCE).backward()
    expected = [p.grad for p in model.parameters()]
    for p in model.parameters():
        p.grad = 0.0
    compiled.backward(SEQUENCE)
    assert [p.grad for p in model.parameters()] == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_goes_on_where_it_stopped(kind: Any) -> None:
    model = kind(2, 3, rng=random.Random(5))
    whole, _ = model(SEQUENCE)
    _, state = model(SEQUENCE[:2])
    rest, _ = model(np.array(SEQUENCE[2:]), state)
    assert [[y.data for y in row] for row in rest] == [[y.data for y in row] for row in whole[2:]]


def test_an_lstm_learns_to_remember() -> None:
    draws = random.Random(3)
    memory, readout = nn.LSTM(1, 4, rng=draws), nn.Layer(4, 1, "linear", rng=draws)
    both = [*memory.parameters(), *readout.parameters()]

    def loss(xs: Any) -> Any:  # the first number is asked for at the end
        return (readout(memory(xs)[1][0])[0] - xs[0][0]) ** 2

    compiled = autograd.compile(loss, parameters=both)
    X = np.random.default_rng(0).choice([-1.0, 1.0], size=(64, 5, 1))
    losses = compiled.train(X, optimizer=nn.Adam(both, lr=0.02), epochs=300)
    assert losses[-1] < 0.02 < 0.5 < losses[0]


def test_what_does_not_fit_is_named(tmp_path: Any) -> None:
    model = nn.GRU(2, 3)
    with pytest.raises(ValueError, match="takes 2 inputs, got 3"):
        model([[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="the sequence has no rows"):
        model([])
    model.save(tmp_path / "gru.json")
    again = nn.GRU(2, 3)
    again.load(tmp_path / "gru.json")
    assert again.state_dict() == model.state_dict()
