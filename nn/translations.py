"""What users of PyTorch, Keras and scikit-learn look for, and what it is called here: the text of two errors."""

from difflib import get_close_matches
from typing import Any

ACTIVATIONS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "GELU": "gelu",
    "SiLU": "silu",
    "Softplus": "softplus",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Identity": "linear",
}
LOSSES = {
    "CrossEntropyLoss": "cross_entropy(logits, classes)",
    "NLLLoss": "cross_entropy(logits, classes)",
    "BCELoss": "bce(probabilities, targets)",
    "BCEWithLogitsLoss": "bce_with_logits(logits, targets)",
    "MSELoss": "mse(predictions, targets)",
    "L1Loss": "mae(predictions, targets)",
    "HuberLoss": "huber(predictions, targets)",
    "SmoothL1Loss": "huber(predictions, targets)",
}
WITHOUT = "BatchNorm1d Flatten Transformer Bilinear"
NAMES = {
    **{
        name: f'an activation is an argument of its layer, nn.Layer(nin, nout, "{x}")'
        for name, x in ACTIVATIONS.items()
    },
    **{name: f"a loss is a function, nn.{x}" for name, x in LOSSES.items()},
    **dict.fromkeys(
        WITHOUT.split(), "chainrule has no such layer; write it as a nn.Module, from operations of autograd"
    ),
    **dict.fromkeys(("ModuleList", "ParameterList"), "keep an ordinary list, as an attribute of a nn.Module"),
    **dict.fromkeys(("ModuleDict", "ParameterDict"), "keep an ordinary dict, as an attribute of a nn.Module"),
    **dict.fromkeys(
        ("DataLoader", "Dataset", "TensorDataset"), "nn.fit(model, X, y, ..., batch_size=32) makes batches"
    ),
    **dict.fromkeys(
        ("tensor", "Tensor", "Parameter"), "autograd.Value(0.5), as an attribute of a nn.Module a parameter"
    ),
    **dict.fromkeys(("save", "load"), "every nn.Module has save(path) and load(path)"),
    "Linear": 'nn.Layer(nin, nout, "linear"), or nn.MLP for a whole network',
    "Dense": 'nn.Layer(nin, nout, "relu"), or nn.MLP for a whole network',
    "Softmax": "nn.cross_entropy takes logits; for probabilities nn.Sequential(layer, autograd.softmax)",
    "LogSoftmax": "nn.cross_entropy takes logits; for their logarithms nn.Sequential(layer, autograd.log_softmax)",
    "functional": "nn has the losses, nn.mse, and autograd the functions, autograd.relu",
    "utils": "nn.clip_grad_norm_ and nn.clip_grad_value_",
    "lr_scheduler": "nn.StepLR, nn.CosineAnnealingLR and nn.LinearWarmup",
    "LinearLR": "nn.LinearWarmup",
    "MultiheadAttention": "nn.SelfAttention(width, heads) has its weights",
}
MEMBERS = {
    "forward": "the method is called __call__",
    **dict.fromkeys(("train", "eval"), "there is nothing to switch: a model is the same in training and in use"),
    **dict.fromkeys(
        ("to", "cuda", "cpu", "double", "float", "half"), "its numbers are floats; autograd.compile is fast"
    ),
    **dict.fromkeys(
        ("modules", "children", "named_modules", "named_children"), "look at named_parameters(), or vars()"
    ),
    **dict.fromkeys(("register_buffer", "register_parameter", "add_module"), "just set an attribute"),
    "requires_grad_": "give the optimizer only the parameters that shall learn",
    "fit": "write nn.fit(model, X, y, loss=nn.mse, optimizer=nn.Adam(model.parameters()), epochs=100)",
    "predict": "write nn.predict(model, X)",
    "score": "write nn.accuracy(model, X, y)",
    "evaluate": "write nn.evaluate(model, X, y, loss=nn.mse)",
    "compile": "write autograd.compile(model)",
    "backward": "write loss.backward(), of the loss of its outputs",
    "weight": "the numbers are in state_dict(), the Values in neurons[0].w and so on",
    "bias": "the numbers are in state_dict(), the Values in neurons[0].b and so on",
    "in_features": "write nin",
    "out_features": "write nout",
}


def no_such_name(name: str, elsewhere: Any, known: list[str]) -> str:
    """What the error of `nn.name` says; `elsewhere` is autograd, `known` are the names of nn."""
    if name in NAMES:
        return f"nn has no {name}: {NAMES[name]}"
    if not name.startswith("_") and hasattr(elsewhere, name):
        return f"nn has no {name}: it is autograd.{name}"
    near = get_close_matches(name.lower(), [x.lower() for x in known], 1)
    meant = [f"nn.{x}" for x in known if x.lower() in near]
    return f"module 'nn' has no attribute {name!r}" + (f": did you mean {meant[0]}?" if meant else "")


def no_such_member(kind: str, name: str) -> str:
    """What the error of `model.name` says."""
    remedy = f": {MEMBERS[name]}" if name in MEMBERS else ""
    return f"{kind!r} object has no attribute {name!r}{remedy}"
