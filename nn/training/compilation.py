"""Whether a run is compiled, and what is said where it cannot be."""

import warnings
from importlib.util import find_spec
from pathlib import Path
from traceback import extract_tb
from typing import Any

import autograd

from ..inputs import Rows
from ..module import Module
from ..optim.optimizer import Optimizer
from .evaluation import Loss
from .forward import outputs
from .steps import Clipping, CompiledSteps, EngineSteps, Steps

LEAST = 500_000  # rows × epochs × parameters: the engine takes half a second for so many, the compiler to get ready
LIBRARY = (str(Path(autograd.__file__).parent), str(Path(__file__).parent.parent))


def chosen(
    compile: bool | None,
    model: Module,
    loss: Loss,
    rows: Rows,
    optimizer: Optimizer,
    clipping: Clipping,
    sizes: set[int],
    epochs: int,
) -> Steps:
    """The steps of a run: compiled where it pays and can be done, unless that is asked for or forbidden."""
    is_long = len(rows) * epochs * len(optimizer.parameters) >= LEAST and find_spec("llvmlite") is not None
    if compile or (compile is None and is_long):
        try:
            require_mean(loss, model, rows, sizes)
            return CompiledSteps(model, loss, rows, optimizer, clipping)
        except Exception as error:
            if compile:
                raise
            _say(error)
    return EngineSteps(model, loss, rows, optimizer, clipping)


def require_mean(loss: Loss, model: Module, rows: Rows, sizes: set[int]) -> None:
    """Raise TracingError for a loss that is not the mean of its rows': only such a loss is compiled."""
    from autograd.compiler.frontend.tracing import TracingError
    from autograd.compiler.training.separation import why_not_mean

    prediction, target = _zeros(outputs(model, rows.X[:1])[0]), _zeros(rows.y[0])
    reason = why_not_mean(loss, prediction, target, sizes)
    if reason:
        raise TracingError(
            f"a batch's loss is not the mean of its rows' losses ({reason}), and only such a loss is compiled: "
            "return the mean over the rows, or train with compile=False"
        )


def _zeros(tree: Any) -> Any:
    return [_zeros(part) for part in tree] if isinstance(tree, (list, tuple)) else 0.0


def _say(error: Exception) -> None:
    """Once a run, at the user's own line: why it is not compiled."""
    said = str(error).partition("\n")[0]
    warnings.warn(
        f"nn.fit runs in the engine, some 1,000 times slower than compiled: {said}{_place(error)}. compile=False "
        "silences this",
        RuntimeWarning,
        stacklevel=4,
    )


def _place(error: Exception) -> str:
    """Where in the user's code the error came up."""
    users = [frame for frame in extract_tb(error.__traceback__) if not frame.filename.startswith(LIBRARY)]
    return f" ({Path(users[-1].filename).name}, line {users[-1].lineno})" if users else ""
