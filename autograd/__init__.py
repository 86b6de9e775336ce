"""chainrule: scalar reverse-mode automatic differentiation. Every number is a node."""

import os as _os
from importlib import import_module as _import_module
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _os.path.exists(_os.path.join(_os.path.dirname(__file__), "numpy", "numpy_wrapper.py")):
    raise ImportError(
        "chainrule and HIPS autograd are installed into the same folder (both are imported as `autograd`), so that "
        "neither can work; give each an environment of its own, or: pip uninstall autograd chainrule, then install one"
    )

from . import functions
from .anomaly import AnomalyError, detect_anomaly
from .functions import *  # noqa: F403 - the functions of the table
from .functions import abs as abs  # not in __all__, as the next: they would shadow the builtins
from .functions import max as max
from .functions import min as min
from .functions import pow as pow
from .functions import round as round
from .functions import sum as sum
from .operations.operation import OPERATIONS, Operation
from .recorders import expanded, no_grad
from .tracebacks import fold_in_notebooks as _fold_in_notebooks
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .value import Constant, Value

if _TYPE_CHECKING:
    from .checking.by_differences import gradcheck
    from .compiler import compile as compile  # not in __all__
    from .control.branches import cond
    from .control.loops import scan, while_loop
    from .drawing.diagram import draw
    from .notation.writer import formula
    from .rules.custom import custom_derivative
    from .rules.implicit import implicit
    from .walking.walking import walk

_fold_in_notebooks()

__version__ = "0.1.0"

_ON_FIRST_USE = {
    "gradcheck": "checking.by_differences",
    "compile": "compiler",
    "cond": "control.branches",
    "custom_derivative": "rules.custom",
    "draw": "drawing.diagram",
    "formula": "notation.writer",
    "implicit": "rules.implicit",
    "scan": "control.loops",
    "walk": "walking.walking",
    "while_loop": "control.loops",
}


def __getattr__(name: str) -> _Any:
    """What not every program needs is imported when it is first used, so that `import autograd` takes no time."""
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = getattr(_import_module(f".{_ON_FIRST_USE[name]}", __name__), name)
    return globals()[name]


def __dir__() -> list[str]:
    """What a user types: the modules behind it do not show in completion."""
    inside = {name for name, x in globals().items() if isinstance(x, _ModuleType)}
    return sorted({*globals(), *_ON_FIRST_USE} - inside)


__all__ = [
    "OPERATIONS",
    "AnomalyError",
    "Constant",
    "Operation",
    "Value",
    "cond",
    "custom_derivative",
    "detect_anomaly",
    "draw",
    "expanded",
    "formula",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "implicit",
    "jacobian",
    "jvp",
    "no_grad",
    "scan",
    "value_and_grad",
    "vjp",
    "walk",
    "while_loop",
]
__all__ += functions.__all__
