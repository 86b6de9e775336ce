"""`to_torch` and `from_torch`: the same network as a `torch.nn.Module`, and back."""

from typing import Any

from ..inputs import name_of
from ..layers import Layer, Residual, Sequential
from .stages import Skip, Stage, stages

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
    linear = torch.nn.Linear(len(stage.weight[0]), len(stage.weight), bias=stage.has_bias, dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(stage.weight, dtype=torch.float64))
        if stage.has_bias:
            linear.bias.copy_(torch.tensor(stage.bias, dtype=torch.float64))
    return [linear] if stage.activation == "linear" else [linear, _activation(torch, stage.activation)]


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
    """A `torch.nn.Linear`, or a `Sequential` of such and activations, as a network of scalars; its numbers are copied.

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
        elif hasattr(part, "inner"):
            found.append(Residual(_alone(from_torch(part.inner))))
        else:
            _apply(torch, found, part, place)
    if not found:
        raise TypeError(f"{type(module).__name__} holds no Linear: from_torch takes Linear and Sequential")
    return Sequential(*found)


def _flat(torch: Any, module: Any, place: str = "") -> list[tuple[str, Any]]:
    """The parts of nested Sequentials in order, each with its place; what does nothing in use is left out."""
    if isinstance(module, torch.nn.Sequential):
        return [pair for i, part in enumerate(module) for pair in _flat(torch, part, f"{place}[{i}]")]
    return [] if isinstance(module, (torch.nn.Dropout, torch.nn.Identity)) else [(place, module)]


def _layer(linear: Any) -> Layer:
    bias = False if linear.bias is None else linear.bias.detach().tolist()
    return Layer(linear.in_features, linear.out_features, "linear", weight=linear.weight.detach().tolist(), bias=bias)


def _apply(torch: Any, found: list[Any], part: Any, place: str) -> None:
    """An activation: of the layer before it, or by itself."""
    name = _name(torch, part, place)
    is_of_neurons = not name.endswith("softmax")  # which takes all outputs of a layer together
    last = found[-1] if found else None
    if is_of_neurons and isinstance(last, Layer) and name_of(last.neurons[0].activation) == "linear":
        for neuron in last.neurons:
            neuron.activation = _activation_of(name)
    else:
        found.append(_activation_of(name))


def _name(torch: Any, part: Any, place: str) -> str:
    for name, (kind, arguments) in ACTIVATIONS.items():
        if type(part) is getattr(torch.nn, kind):
            if repr(part) != repr(getattr(torch.nn, kind)(**arguments)):
                raise TypeError(f"module{place} is {part}, but {name} here is {getattr(torch.nn, kind)(**arguments)}")
            return name
    known = f"Linear and {', '.join(ACTIVATIONS)}"
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
