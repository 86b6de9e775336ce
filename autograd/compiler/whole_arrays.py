"""Compiled functions whose arrays have no rows: each stands for the nested lists of its shape, as SciPy needs it."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from math import prod
from typing import Any

from ..support.arrays import as_arrays, as_lists
from .arguments import UNSAID, Argnums, Call
from .compiled import Compiled
from .derivatives.sparse import sparse_task
from .request import Task
from .results import shape

MANY = 8  # inputs: of fewer the whole matrix is small


class OfWholeArrays(Compiled):
    """What `autograd.compile(f, rows=False)` returns: f of one point, whose lists may be arrays; results are arrays.

    Where no `argnums` are given, derivatives are those by the first argument that is an array or a list.
    """

    def _run(self, task: Task, args: Sequence[Any], named: Mapping[str, Any], argnums: Argnums = UNSAID) -> Any:
        given = [as_lists(x) for x in args]
        chosen = _first_list(given) if argnums is UNSAID else argnums
        lists = {name: as_lists(x) for name, x in named.items()}
        if task in ("jacobian", "hessian") and isinstance(chosen, int) and chosen < len(given):
            inner = shape(given[chosen])
            if inner and prod(inner) >= MANY and find_spec("scipy") is not None:
                return self._scattered(task, given, lists, chosen)
        return as_arrays(super()._run(task, given, lists, chosen))

    def _scattered(self, task: Task, given: list[Any], named: dict[str, Any], chosen: int) -> Any:
        """A large dense matrix: the numbers of the sparse one, put into zeros at once."""
        found = super()._run(sparse_task(task), given, named, chosen)
        result = self._latest()[0].result if task == "jacobian" else given[chosen]
        outer = shape(result)
        if outer is None or isinstance(result, tuple):
            return as_arrays(super()._run(task, given, named, chosen))
        return found.toarray().reshape(*outer, *(shape(given[chosen]) or ()))

    def _call(self, args: Sequence[Any], named: Mapping[str, Any]) -> Call:
        return super()._call([as_lists(x) for x in args], {name: as_lists(x) for name, x in named.items()})


def _first_list(args: Sequence[Any]) -> int:
    return next((k for k, x in enumerate(args) if isinstance(x, (list, tuple))), 0)
