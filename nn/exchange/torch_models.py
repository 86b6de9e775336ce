"""`to_torch` and `from_torch`: the same network as a `torch.nn.Module`, and back."""

from typing import Any

from ..inputs import name_of
from ..layers import Layer, LayerNorm, Residual, RMSNorm, Sequential
from .stages import Normalized, Skip, Stage, stages

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("ReLU", {}), "leaky_relu": ("LeakyReLU", {"negative_slope": 0.01}), "elu": ("ELU", {}),
    "gelu": ("GELU", {}), "silu": ("SiLU", {}), "softplus": ("Softplus", {}), "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}), "softmax": ("Softmax", {"dim": -1}), "log_softmax": ("LogSoftmax", {"dim": -1}),
}  # fmt: skip
"""Our activations as PyTorch's modules, with the arguments that make them the same."""


def to_torch(model: Any) -> Any:
    """The network as a `torch.nn.Sequential` in float64, with copies of its numbers.

    It takes rows × inputs and gives rows × outputs, also of one output. Raises ImportError where PyTorch is missing,
    TypeError for layers and activations that it does not have.

    >>> import nn
    >>> nn.to_torch(nn.MLP(2, [4, 1], "tanh"))
    Sequential(
      (0): Linear(in_features=2, out_features=4, bias=True)
      (1): Tanh()
      (2): Linear(in_features=4, out_features=1, bias=True)
    )
    """
    torch = _torch("to_torch")
    return torch.nn.Sequential(*(part for stage in stages(model) for part in _modules(torch, stage)))


def _modules(torch: Any, stage: Stage) -> list[Any]:
    if isinstance(stage, str):
        return [_activation(torch, stage)]
    if isinstance(stage, Skip):
        return [_skip(torch, [part for inner in stage.stages for part in _modules(torch, inner)])]
    if isinstance(stage, Normalized):
        return [_normalization(torch, stage)]
    linear = torch.nn.Linear(len(stage.weight[0]), len(stage.weight), bias=stage.has_bias, dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(stage.weight, dtype=torch.float64))
        if stage.has_bias:
            linear.bias.copy_(torch.tensor(stage.bias, dtype=torch.float64))
    return [linear] if stage.activation == "linear" else [linear, _activation(torch, stage.activation)]


def _normalization(torch: Any, stage: Normalized) -> Any:
    kept = {"weight": stage.weight, "bias": stage.bias}
    settings: dict[str, Any] = {"eps": stage.eps, "elementwise_affine": stage.weight is not None}
    if stage.kind == "LayerNorm":
        settings["bias"] = stage.bias is not None
    made = getattr(torch.nn, stage.kind)(stage.inputs, **settings, dtype=torch.float64)
    state = {name: torch.tensor(x, dtype=torch.float64) for name, x in kept.items() if x is not None}
    made.load_state_dict(state)
    return made


def _activation(torch: Any, name: str) -> Any:
    if name not in ACTIVATIONS:
        raise TypeError(f"PyTorch has no module for the activation {name!r}; it has {', '.join(ACTIVATIONS)}")
    kind, arguments = ACTIVATIONS[name]
    return getattr(torch.nn, kind)(**arguments)


def _skip(torch: Any, parts: list[Any]) -> Any:
    """f(x) + x, which PyTorch has no module for."""

    class Skip(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.nn.Sequential(*parts)

        def forward(self, x: Any) -> Any:
            return self.inner(x) + x

    return Skip()


def from_torch(module: Any) -> Sequential:
    """A `torch.nn.Linear`, or a `Sequential` of such, of norms and activations, as scalars; its numbers are copied.

    Dropout and Identity are left out, as they do nothing in use. Raises TypeError for any other module, and for an
    activation with other settings than ours; ImportError where PyTorch is missing.

    >>> import torch, nn
    >>> nn.from_torch(torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)))
    Sequential(): 17 parameters
      layers.0: Layer(2, 4, tanh)
      layers.1: Layer(4, 1, linear)
    """
    torch = _torch("from_torch")
    found: list[Any] = []
    for place, part in _flat(torch, module):
        if isinstance(part, torch.nn.Linear):
            found.append(_layer(part))
        elif isinstance(part, (torch.nn.LayerNorm, getattr(torch.nn, "RMSNorm", ()))):  # RMSNorm is from 2.4 on
            found.append(_norm(torch, part, place))
        elif hasattr(part, "inner"):
            found.append(Residual(_alone(from_torch(part.inner))))
        else:
            _apply(torch, found, part, place)
    if not found:
        raise TypeError(
            f"{type(module).__name__} holds no Linear: from_torch takes Linear, LayerNorm, RMSNorm and Sequential"
        )
    return Sequential(*found)


def _flat(torch: Any, module: Any, place: str = "") -> list[tuple[str, Any]]:
    """The parts of nested Sequentials in order, each with its place; what does nothing in use is left out."""
    if isinstance(module, torch.nn.Sequential):
        return [pair for i, part in enumerate(module) for pair in _flat(torch, part, f"{place}[{i}]")]
    return [] if isinstance(module, (torch.nn.Dropout, torch.nn.Identity)) else [(place, module)]


def _layer(linear: Any) -> Layer:
    bias = False if linear.bias is None else linear.bias.detach().tolist()
    return Layer(linear.in_features, linear.out_features, "linear", weight=linear.weight.detach().tolist(), bias=bias)


def _norm(torch: Any, part: Any, place: str) -> LayerNorm | RMSNorm:
    """The layer of the same name; RMSNorm's eps is that of its numbers where it is not given."""
    if len(part.normalized_shape) != 1:
        raise TypeError(f"module{place} is {part}, over several dimensions: here a row of numbers is normalized")
    (nin,), affine = part.normalized_shape, part.weight is not None
    if isinstance(part, torch.nn.LayerNorm):
        made: LayerNorm | RMSNorm = LayerNorm(nin, part.eps, affine=affine, bias=part.bias is not None)
    else:
        dtype = part.weight.dtype if affine else torch.get_default_dtype()
        made = RMSNorm(nin, torch.finfo(dtype).eps if part.eps is None else part.eps, affine=affine)
    made.load_state_dict({name: tensor.detach() for name, tensor in part.state_dict().items()})
    return made


def _apply(torch: Any, found: list[Any], part: Any, place: str) -> None:
    """An activation: of the layer before it, or by itself."""
    name = _name(torch, part, place)
    is_of_neurons = not name.endswith("softmax")  # which takes all outputs of a layer together
    last = found[-1] if found else None
    if is_of_neurons and isinstance(last, Layer) and name_of(last.neurons[0].activation) == "linear":
        for neuron in last.neurons:
            neuron.activation = _activation_of(name)
    elif is_of_neurons:
        raise TypeError(f"module{place} is {part}, which here belongs to a Linear: give it one right before it")
    else:
        found.append(_activation_of(name))


def _name(torch: Any, part: Any, place: str) -> str:
    for name, (kind, arguments) in ACTIVATIONS.items():
        if type(part) is getattr(torch.nn, kind):
            if repr(part) != repr(getattr(torch.nn, kind)(**arguments)):
                raise TypeError(f"module{place} is {part}, but {name} here is {getattr(torch.nn, kind)(**arguments)}")
            return name
    known = f"Linear, LayerNorm, RMSNorm and {', '.join(ACTIVATIONS)}"
    raise TypeError(f"module{place} is {type(part).__name__}, which chainrule has not: it takes {known}")


def _activation_of(name: str) -> Any:
    import autograd

    from ..layers import activation_of

    return getattr(autograd, name) if name.endswith("softmax") else activation_of(name)


def _alone(model: Sequential) -> Any:
    return model.layers[0] if len(model.layers) == 1 else model


def _torch(what: str) -> Any:
    try:
        import torch
    except ImportError as error:
        raise ImportError(f"nn.{what} needs PyTorch: pip install torch") from error
    return torch
