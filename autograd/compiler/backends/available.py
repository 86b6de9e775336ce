"""Which back ends there are, and which numbers they compute with."""

import warnings
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np


def available(backend: str) -> str:
    """The back end of this name, or the NumPy one, with a notice, where `llvmlite` is not installed."""
    if backend not in ("llvm", "numpy"):
        raise ValueError(f"unknown backend {backend!r}; use 'llvm' or 'numpy'")
    if backend == "llvm" and find_spec("llvmlite") is None:
        _notice()
        return "numpy"
    return backend


@cache
def _notice() -> None:
    """Once is enough: Python's own filter would let it pass once for each line that calls `compile`."""
    warnings.warn(
        "llvmlite is not installed, so that compiled functions run on NumPy, some times slower; "
        "pip install llvmlite, or ask for backend='numpy'",
        RuntimeWarning,
        stacklevel=4,
    )


def number_type(dtype: Any) -> "np.dtype[Any]":
    """The type of numbers of this name; ValueError for any but "float64" and "float32"."""
    try:
        found: np.dtype[Any] = np.dtype(dtype)
    except TypeError:  # no type at all
        found = np.dtype(object)
    if found not in (np.dtype("float64"), np.dtype("float32")):
        raise ValueError(f"unknown dtype {dtype!r}; use 'float64' or 'float32'")
    return found
