"""Compiled functions whose arrays have no rows: each stands for the nested lists of its shape, as SciPy needs it."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..support.arrays import as_arrays, as_lists
from .arguments import UNSAID, Argnums, Call
from .compiled import Compiled
from .request import Task


class OfWholeArrays(Compiled):
    """What `autograd.compile(f, rows=False)` returns: f of one point, whose lists may be arrays; results are arrays.

    Where no `argnums` are given, derivatives are those by the first argument that is an array or a list.
    """

    def _run(self, task: Task, args: Sequence[Any], named: Mapping[str, Any], argnums: Argnums = UNSAID) -> Any:
        given = [as_lists(x) for x in args]
        chosen = _first_list(given) if argnums is UNSAID else argnums
        found = super()._run(task, given, {name: as_lists(x) for name, x in named.items()}, chosen)
        return as_arrays(found)

    def _call(self, args: Sequence[Any], named: Mapping[str, Any]) -> Call:
        return super()._call([as_lists(x) for x in args], {name: as_lists(x) for name, x in named.items()})


def _first_list(args: Sequence[Any]) -> int:
    return next((k for k, x in enumerate(args) if isinstance(x, (list, tuple))), 0)
