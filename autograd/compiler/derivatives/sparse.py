"""Sparse Jacobians and Hessians: only what is not 0 by the graph is computed, and it comes as SciPy's arrays."""

from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from ..arguments import Argnums
from ..ir.arrays import Floats, Ints
from ..request import Task
from ..results import Reader, chosen, size

SparseTask: TypeAlias = Literal["jacobian", "hessian"]


class SparseRows(NamedTuple):
    """Derivatives of many rows: where they are not 0, the same for all, and their numbers, rows × non-zeros.

    `structure` is a SciPy array of True, in whose order (row by row) the numbers stand; `matrix(i)` is that of row i.
    """

    structure: Any
    values: Floats

    def matrix(self, row: int) -> Any:
        """The derivatives of one row, as a SciPy array."""
        found = self.structure.astype(float)
        found.data = self.values[row].copy()
        return found


def reader(places: Ints, result: Any, arguments: list[Any], argnums: Argnums, batched: bool) -> Reader:
    """What makes a sparse matrix, results × inputs, of the outputs at these places of the dense one."""
    scipy = _scipy()
    columns = size(chosen(arguments, argnums))
    shape = size(result), columns
    ends = np.searchsorted(places, np.arange(shape[0] + 1) * columns)
    index, ends = (places % columns).astype(np.int32), ends.astype(np.int32)

    def matrix(numbers: Any) -> Any:
        return scipy.csr_array((numbers, index, ends), shape=shape)

    if not batched:
        return lambda found: matrix(found.copy())
    structure = matrix(np.ones(len(places), bool))
    return lambda found: SparseRows(structure, np.array(found.T, order="C"))


def sparse_task(task: str) -> Task:
    """The task of a sparse result. Raises ValueError for one of which there is none."""
    if task not in ("jacobian", "hessian"):
        raise ValueError(f'sparsity is that of "jacobian" or "hessian", not of {task!r}')
    return "sparse jacobian" if task == "jacobian" else "sparse hessian"


def structure_of(found: Any) -> Any:
    """Where a sparse result may be other than 0: a SciPy array of True."""
    if isinstance(found, SparseRows):
        return found.structure
    found.data = np.ones(len(found.data), bool)
    return found


def _scipy() -> Any:
    try:
        from scipy import sparse
    except ImportError as error:
        raise ImportError("sparse derivatives are SciPy's arrays: pip install scipy") from error
    return sparse
