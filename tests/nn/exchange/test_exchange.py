"""The same numbers in PyTorch and in an ONNX runtime.

Of nn.exchange.stages, nn.exchange.torch_models and nn.exchange.onnx_files.
"""

import random
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
from nn.exchange.stages import Dense, Skip, stages

ACTIVATIONS = ["relu", "tanh", "gelu", "silu", "elu", "leaky_relu", "softplus", "sigmoid"]
ROWS = [[0.5, -1.5, 2.0], [-0.25, 3.0, 0.0], [1e-3, -4.0, 0.75]]


def model(activation: str, ending: Any = None) -> nn.Sequential:
    rng = random.Random(1)
    parts = [nn.Layer(3, 5, activation, rng=rng), nn.Residual(nn.Layer(5, 5, activation, rng=rng))]
    return nn.Sequential(*parts, nn.Layer(5, 4, "linear", bias=False, rng=rng), *([ending] if ending else []))


def test_a_model_is_a_row_of_stages() -> None:
    first, skip, last, ending = stages(model("tanh", autograd.softmax))
    assert isinstance(first, Dense)
    assert (first.activation, first.has_bias, len(first.weight), len(first.weight[0])) == ("tanh", True, 5, 3)
    assert isinstance(skip, Skip)
    assert isinstance(last, Dense)
    assert (last.activation, last.has_bias, last.bias) == ("linear", False, [0.0] * 4)
    assert ending == "softmax"


def test_what_cannot_be_exchanged_is_named() -> None:
    class Own(nn.Module):
        def __call__(self, x: Any) -> Any:
            return x

    with pytest.raises(TypeError, match=r"layers.1 is Own, of which other libraries know nothing"):
        stages(nn.Sequential(nn.Layer(2, 2), Own()))
    with pytest.raises(TypeError, match=r"layers.1 is <lambda>|layers.1 is a"):
        stages(nn.Sequential(nn.Layer(2, 2), lambda x: x))
    mixed = nn.Layer(2, 2)
    mixed.neurons[0].activation = nn.Neuron(1, "tanh").activation
    with pytest.raises(TypeError, match="several activations"):
        stages(mixed)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("ending", [None, autograd.softmax, autograd.log_softmax])
def test_to_torch_and_back(activation: str, ending: Any) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours = model(activation, ending)
    theirs = nn.to_torch(ours)
    expected = nn.predict(ours, ROWS)
    assert theirs(torch.tensor(ROWS, dtype=torch.float64)).tolist() == [
        pytest.approx(row, abs=1e-14) for row in expected
    ]
    assert nn.predict(nn.from_torch(theirs), ROWS) == expected
    theirs[0].weight.data += 1.0  # a copy
    assert nn.predict(ours, ROWS) == expected


def test_from_torch_leaves_out_what_does_nothing_and_names_what_is_unknown() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    layers = torch.nn
    inner = layers.Sequential(layers.Linear(4, 4), layers.ReLU())
    module = layers.Sequential(layers.Linear(3, 4), layers.Dropout(0.5), layers.Identity(), inner, layers.Linear(4, 1))
    found = nn.from_torch(module.double().eval())
    expected = module(torch.tensor(ROWS, dtype=torch.float64)).ravel().tolist()
    assert nn.predict(found, ROWS) == pytest.approx(expected, abs=1e-12)
    with pytest.raises(TypeError, match=r"module\[1\] is BatchNorm1d"):
        nn.from_torch(layers.Sequential(layers.Linear(2, 2), layers.BatchNorm1d(2)))
    with pytest.raises(TypeError, match=r"module\[1\] is LeakyReLU\(negative_slope=0.3\), but leaky_relu here is"):
        nn.from_torch(layers.Sequential(layers.Linear(2, 2), layers.LeakyReLU(0.3)))
    with pytest.raises(TypeError, match="holds no Linear"):
        nn.from_torch(layers.Sequential(layers.Identity()))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_onnx_runtime_computes_the_same(activation: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    np = pytest.importorskip("numpy", reason="numpy is not installed")
    ours = model(activation, autograd.softmax)
    nn.to_onnx(ours, tmp_path / "m.onnx")
    session = runtime.InferenceSession(str(tmp_path / "m.onnx"))
    (found,) = session.run(["Y"], {"X": np.array(ROWS, np.float32)})
    assert found.tolist() == [pytest.approx(row, abs=1e-6) for row in nn.predict(ours, ROWS)]


def test_a_file_in_float64_is_exact(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    np = pytest.importorskip("numpy", reason="numpy is not installed")
    ours = nn.MLP(3, [5, 1], "tanh", rng=random.Random(2))
    nn.to_onnx(ours, tmp_path / "m.onnx", dtype="float64")
    (found,) = runtime.InferenceSession(str(tmp_path / "m.onnx")).run(None, {"X": np.array(ROWS)})
    assert found.ravel().tolist() == pytest.approx(nn.predict(ours, ROWS), abs=1e-14)
    with pytest.raises(ValueError, match="float16"):
        nn.to_onnx(ours, tmp_path / "m.onnx", dtype="float16")  # type: ignore[arg-type]


def with_norms() -> nn.Sequential:
    rng = random.Random(4)
    norms = [nn.LayerNorm(3), nn.RMSNorm(5), nn.LayerNorm(5, 1e-3, bias=False), nn.RMSNorm(5, 0.5, affine=False)]
    for parameter in (parameter for norm in norms for parameter in norm.parameters()):
        parameter.data += rng.uniform(-0.5, 0.5)
    layers = [nn.Layer(3, 5, "tanh", rng=rng), nn.Layer(5, 5, "tanh", rng=rng), nn.Layer(5, 5, "tanh", rng=rng)]
    return nn.Sequential(
        *(part for pair in zip(norms, [*layers, nn.Layer(5, 2, rng=rng)], strict=True) for part in pair)
    )


def test_norms_go_to_torch_and_come_back() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours = with_norms()
    theirs = nn.to_torch(ours)
    expected = nn.predict(ours, ROWS)
    found = theirs(torch.tensor(ROWS, dtype=torch.float64)).tolist()
    assert found == [pytest.approx(row, abs=1e-12) for row in expected]
    assert nn.predict(nn.from_torch(theirs), ROWS) == expected
    single = nn.from_torch(torch.nn.Sequential(torch.nn.RMSNorm(2))).layers[0]
    assert (single.eps, single.state_dict()) == (2.0**-23, {"weight": [1.0, 1.0]})  # float32's
    with pytest.raises(TypeError, match=r"module\[0\] is LayerNorm\(\(2, 3\), .*over several dimensions"):
        nn.from_torch(torch.nn.Sequential(torch.nn.LayerNorm((2, 3))))
    with pytest.raises(TypeError, match=r"module\[1\] is ReLU\(\), which here belongs to a Linear"):
        nn.from_torch(torch.nn.Sequential(torch.nn.LayerNorm(2), torch.nn.ReLU()))


def test_an_onnx_runtime_computes_norms(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    np = pytest.importorskip("numpy", reason="numpy is not installed")
    ours = with_norms()
    nn.to_onnx(ours, tmp_path / "m.onnx", dtype="float64")
    (found,) = runtime.InferenceSession(str(tmp_path / "m.onnx")).run(None, {"X": np.array(ROWS)})
    assert found.tolist() == [pytest.approx(row, abs=1e-12) for row in nn.predict(ours, ROWS)]
