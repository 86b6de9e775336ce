"""Neural networks made of single numbers: layers, losses, optimizers and training on top of `autograd`.

>>> import nn
>>> model = nn.MLP(2, [16, 16, 1])
>>> model
MLP(2, [16, 16, 1]): 337 parameters
  layers.0: Layer(2, 16, relu)
  layers.1: Layer(16, 16, relu)
  layers.2: Layer(16, 1, linear)
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import NoReturn as _NoReturn

import autograd as _autograd

if not hasattr(_autograd, "Constant"):
    raise ImportError(
        f"nn needs chainrule's autograd; `import autograd` found {_autograd.__file__}, another package of this name "
        "(HIPS autograd?). The two cannot share an environment: pip uninstall autograd, then pip install "
        "--force-reinstall chainrule; or take that folder off sys.path"
    )

from autograd.support.collector import paused_gc

from . import init
from .callbacks import Checkpoint, EarlyStopping
from .exchange.onnx_files import to_onnx
from .exchange.torch_models import from_torch, to_torch
from .inspection.depth import depth_study
from .inspection.diagnosis import diagnose
from .inspection.flow import gradient_flow
from .inspection.rates import find_learning_rate
from .layers import (
    GRU,
    LSTM,
    MLP,
    RNN,
    Conv1d,
    Conv2d,
    Dropout,
    Embedding,
    Layer,
    LayerNorm,
    MaxPool2d,
    Neuron,
    Residual,
    RMSNorm,
    SelfAttention,
    Sequential,
)
from .live_page.page import LivePage, live
from .losses import bce, bce_with_logits, cross_entropy, hinge, huber, mae, mse
from .module import Module
from .optim.clipping import clip_grad_norm_, clip_grad_value_
from .optim.optimizer import Optimizer
from .optim.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from .optim.schedules import CosineAnnealingLR, LinearWarmup, Schedule, StepLR
from .pictures.boundary import decision_boundary
from .pictures.network import draw
from .training.classes import accuracy, predict_class, predict_proba
from .training.evaluation import predict
from .training.history import Diverged, History
from .training.loop import TrainingState, fit
from .training.options.metrics import evaluate
from .translations import no_such_name as _no_such_name

if _TYPE_CHECKING:  # scikit-learn is imported by those who ask for its estimators
    from .estimators.mlp import MLPClassifier, MLPRegressor

__all__ = [
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Checkpoint",
    "Conv1d",
    "Conv2d",
    "CosineAnnealingLR",
    "Diverged",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "History",
    "Layer",
    "LayerNorm",
    "LinearWarmup",
    "LivePage",
    "MLPClassifier",
    "MLPRegressor",
    "MaxPool2d",
    "Module",
    "Neuron",
    "Optimizer",
    "RMSNorm",
    "RMSprop",
    "Residual",
    "Schedule",
    "SelfAttention",
    "Sequential",
    "StepLR",
    "TrainingState",
    "accuracy",
    "bce",
    "bce_with_logits",
    "clip_grad_norm_",
    "clip_grad_value_",
    "cross_entropy",
    "decision_boundary",
    "depth_study",
    "diagnose",
    "draw",
    "evaluate",
    "find_learning_rate",
    "fit",
    "from_torch",
    "gradient_flow",
    "hinge",
    "huber",
    "init",
    "live",
    "mae",
    "mse",
    "paused_gc",
    "predict",
    "predict_class",
    "predict_proba",
    "to_onnx",
    "to_torch",
]


_ESTIMATORS = ("MLPClassifier", "MLPRegressor")


def __getattr__(name: str) -> _NoReturn:
    if name in _ESTIMATORS:
        return _estimator(name)  # type: ignore[misc]  # for type checkers a name that is not above is an error
    raise AttributeError(_no_such_name(name, _autograd, __all__), name=name)


def _estimator(name: str) -> object:
    from importlib.util import find_spec

    if find_spec("sklearn") is None:
        raise ImportError(f"nn.{name} is a scikit-learn estimator: pip install scikit-learn, or chainrule[demo]")
    from .estimators import mlp

    return getattr(mlp, name)


def __dir__() -> list[str]:
    """What a user types: the modules behind it do not show in completion."""
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
