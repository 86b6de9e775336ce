"""Which back ends there are."""

import warnings
from importlib.util import find_spec


def available(backend: str) -> str:
    """The back end of this name, or the NumPy one, with a notice, where `llvmlite` is not installed."""
    if backend not in ("llvm", "numpy"):
        raise ValueError(f"unknown backend {backend!r}; use 'llvm' or 'numpy'")
    if backend == "llvm" and find_spec("llvmlite") is None:
        warnings.warn(
            "llvmlite is not installed, so that compiled functions run on NumPy, some times slower; "
            "pip install llvmlite, or ask for backend='numpy'",
            RuntimeWarning,
            stacklevel=3,
        )
        return "numpy"
    return backend
