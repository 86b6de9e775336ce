"""Forward passes of many rows: compiled where there are enough of them, by the engine where not."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from autograd import Value, no_grad

from ..module import Module
from .kept import Kept

LEAST = 200_000  # rows × parameters: the engine takes 0.1 s for so many, the compiler to get ready
COMPILED = Kept(8)  # forward passes, by their models


def outputs(model: Module, rows: Sequence[Sequence[float]]) -> list[Any]:
    """The model's outputs as plain numbers: one for each row, or a list where it has several."""
    if len(rows) * len(model.parameters()) >= LEAST and find_spec("llvmlite") is not None:
        found = _compiled(model, rows)
        if found is not None:
            return found
    with no_grad():
        return [plain(model(row)) for row in rows]


def _compiled(model: Module, rows: Sequence[Sequence[float]]) -> list[Any] | None:
    """The same by machine code; None where this model cannot be compiled."""
    from numpy import array, ndarray

    from autograd.compiler import compile

    try:
        found = COMPILED.get((model,), lambda: compile(model))(array(rows))
    except Exception:  # whatever keeps a model from being traced; the engine says what is wrong, if anything is
        return None
    return found.tolist() if isinstance(found, ndarray) else None


def plain(output: Any) -> Any:
    """An output as numbers."""
    if isinstance(output, (list, tuple)):
        return [plain(part) for part in output]
    return output.data if isinstance(output, Value) else output
