"""Embedding and SelfAttention (nn.layers.attention): PyTorch's numbers, gradients and states; compiled, refused."""

import random
from typing import Any

import numpy as np
import pytest

import autograd
import nn

SEQUENCE = np.random.default_rng(4).normal(size=(5, 6)).tolist()


def loss_of(rows: Any) -> Any:
    return autograd.sum([y * (0.1 + 0.2 * k) for k, y in enumerate(y for row in rows for y in row)])


@pytest.mark.parametrize(("heads", "causal", "bias"), [(1, True, True), (3, True, True), (2, False, False)])
def test_attention_has_pytorch_s_numbers_gradients_and_states(heads: int, causal: bool, bias: bool) -> None:
    torch = pytest.importorskip("torch")
    model = nn.SelfAttention(6, heads, causal=causal, bias=bias, rng=random.Random(1))
    for k, p in enumerate(model.parameters()):
        p.data += 0.01 * (k % 7)
    twin = torch.nn.MultiheadAttention(6, heads, bias=bias, batch_first=True, dtype=torch.float64)
    twin.load_state_dict({name: torch.tensor(x, dtype=torch.float64) for name, x in model.state_dict().items()})
    xs = [[autograd.Value(x) for x in row] for row in SEQUENCE]
    theirs = torch.tensor(SEQUENCE, dtype=torch.float64, requires_grad=True)
    mask = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1) if causal else None
    outputs, weights = twin(theirs, theirs, theirs, attn_mask=mask, average_attn_weights=False)
    ours = model(xs)
    loss_of(ours).backward()
    (outputs.flatten() * (0.1 + 0.2 * torch.arange(30, dtype=torch.float64))).sum().backward()

    assert np.array([[y.data for y in row] for row in ours]) == pytest.approx(outputs.detach().numpy(), rel=1e-12)
    assert np.array([[x.grad for x in row] for row in xs]) == pytest.approx(theirs.grad.numpy(), rel=1e-11, abs=1e-12)
    for name, parameter in twin.named_parameters():
        found = dict(model.named_parameters())
        grads = parameter.grad.numpy().ravel()
        if name.startswith("in_proj"):
            rows = getattr(model, name)
            mine = [w.grad for row in rows for w in (row if isinstance(row, list) else [row])]
        else:
            mine = [
                w.grad for key, w in found.items() if key.startswith("out_proj") and (".w" in key) == ("weight" in name)
            ]
        assert np.array(mine) == pytest.approx(grads, rel=1e-11, abs=1e-12)
    for t, row in enumerate(model.weights(SEQUENCE)):
        for head, shares in enumerate(row):
            expected = weights[head, t, : len(shares)].detach().numpy()
            assert [w.data for w in shares] == pytest.approx(expected, rel=1e-12)
    again = nn.SelfAttention(6, heads, causal=causal, bias=bias)
    again.load_state_dict({name: x.tolist() for name, x in twin.state_dict().items()})
    assert again.state_dict() == model.state_dict()


def test_compiled_attention_gives_the_engine_s_numbers() -> None:
    model = nn.SelfAttention(6, 2, rng=random.Random(1))
    compiled = autograd.compile(lambda xs: loss_of(model(xs)), parameters=model.parameters())
    loss = loss_of(model(SEQUENCE))
    loss.backward()
    expected = [p.grad for p in model.parameters()]
    for p in model.parameters():
        p.grad = 0.0
    assert compiled(SEQUENCE) == pytest.approx(loss.data, rel=1e-13)
    compiled.backward(SEQUENCE)
    assert [p.grad for p in model.parameters()] == pytest.approx(expected, rel=1e-11, abs=1e-13)


def test_an_embedding_is_a_table() -> None:
    table = nn.Embedding(4, 3, rng=random.Random(2))
    assert [v.data for v in table(2)] == table.state_dict()["weight"][2]
    loss_of(table([1, 3, 1])).backward()
    grads = [[w.grad for w in row] for row in table.weight]
    assert grads[0] == grads[2] == [0.0, 0.0, 0.0]
    assert grads[1] == pytest.approx([0.1 + 1.3, 0.3 + 1.5, 0.5 + 1.7])
    assert grads[3] == pytest.approx([0.7, 0.9, 1.1])


def test_an_embedding_selects_by_an_input_of_a_compiled_function() -> None:
    table = nn.Embedding(4, 3, rng=random.Random(2))
    compiled = autograd.compile(lambda token: loss_of([table(token)]), parameters=table.parameters())
    tokens = np.array([0.0, 3.0, 3.0, 1.0])
    assert compiled(tokens) == pytest.approx([loss_of([table(int(k))]).data for k in tokens], rel=1e-14)
    compiled.backward(tokens)
    assert [[w.grad for w in row] for row in table.weight] == [
        pytest.approx([0.1 * n, 0.3 * n, 0.5 * n]) for n in (0.25, 0.25, 0.0, 0.5)
    ]


def test_what_is_no_token_and_what_does_not_divide_is_named() -> None:
    table = nn.Embedding(4, 3)
    with pytest.raises(IndexError, match=r"token 4 is none of Embedding\(4, 3\): give a number from 0 to 3"):
        table([0, 4])
    with pytest.raises(IndexError):
        table(-1)
    with pytest.raises(TypeError):
        table(1.5)
    with pytest.raises(IndexError):
        autograd.compile(lambda token: table(token)[0])(np.array([4.0]))
    with pytest.raises(ValueError, match="4 heads do not divide a width of 6"):
        nn.SelfAttention(6, 4)
    with pytest.raises(ValueError, match="the sequence has no rows"):
        nn.SelfAttention(6)([])
