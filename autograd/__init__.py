"""chainrule: scalar reverse-mode automatic differentiation. Every number is a node."""

import os as _os

if _os.path.exists(_os.path.join(_os.path.dirname(__file__), "numpy", "numpy_wrapper.py")):
    raise ImportError(
        "chainrule and HIPS autograd are installed into the same folder (both are imported as `autograd`), so that "
        "neither can work; give each an environment of its own, or: pip uninstall autograd chainrule, then install one"
    )

from . import functions
from .anomaly import AnomalyError, detect_anomaly
from .checking import gradcheck
from .drawing.diagram import draw
from .functions import *  # noqa: F403 - the functions of the table
from .functions import abs, max, min, pow, sum  # noqa: F401 - not in __all__: they would shadow the builtins
from .modes import expanded, no_grad
from .notation import formula
from .table import OPERATIONS, Operation
from .transforms import grad, hessian, hvp, jacobian, value_and_grad
from .value import Constant, Value
from .walking import walk

__version__ = "0.1.0"

__all__ = [
    "OPERATIONS",
    "AnomalyError",
    "Constant",
    "Operation",
    "Value",
    "detect_anomaly",
    "draw",
    "expanded",
    "formula",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "jacobian",
    "no_grad",
    "value_and_grad",
    "walk",
]
__all__ += functions.__all__
