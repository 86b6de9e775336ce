"""The passes in their order: from a traced program to the schedule of what is asked for."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ..ir.arrays import Ints
from ..ir.program import INPUT, LEAF, Program
from ..ir.verify import InvalidProgram, verify
from ..loops.extrapolation import stretched
from ..loops.nests import Schedule
from ..loops.scheduling import schedule
from ..request import Request
from .batch_sums import summed_over_rows
from .differentiation import sources_of, with_derivatives
from .simplification import reduced, simplify
from .sums_of_products import fold_products, gather_sums
from .zeros import places_of

ADD_OUTPUTS = ("differentiate", "differentiate again", "simplify", "sums over rows", "non-zeros")
"""Behind these there are other outputs than before: derivatives, or only these ("simplify" comes behind the choice)."""


def passes(program: Program, request: Request) -> Iterator[tuple[str, Program]]:
    """Each pass by name, with the program it gives."""
    yield "trace", program
    program = gather_sums(program)
    yield "gather sums", program
    values = len(program.outputs)
    if request.task == "backward":
        program = with_derivatives(program, sources_of(program, LEAF, request.parameters))
        yield "differentiate", program
    elif request.task != "value":
        program = with_derivatives(program, _chosen(program, request))
        yield "differentiate", program
    if request.order == "hessian":
        program = reduced(replace(program, outputs=program.outputs[values:]))  # rows keep their own derivatives
        count = len(program.outputs)
        program = with_derivatives(program, _chosen(program, request))
        program = replace(program, outputs=program.outputs[count:])
        yield "differentiate again", program
    if request.order == "jacobian":
        program = replace(program, outputs=program.outputs[values:])
    program = simplify(program)
    yield "simplify", program
    program = fold_products(program)
    yield "sums of products", program
    if request.is_sparse:
        places = places_of(program)
        program = replace(program, outputs=program.outputs[places], places=places)
        yield "non-zeros", program
    if request.task == "backward" and request.batched:
        program = summed_over_rows(program)
        yield "sums over rows", program


def _chosen(program: Program, request: Request) -> Ints:
    return sources_of(program, INPUT, request.inputs)[np.array(request.chosen, np.int64)]


def verified(stages: Iterable[tuple[str, Program]]) -> Iterator[tuple[str, Program]]:
    """The same passes, each of whose programs is looked at; raises InvalidProgram."""
    before: Program | None = None
    for name, program in stages:
        kept = None if before is None or name in ADD_OUTPUTS else len(before.outputs)
        before = verify(program, name, kept, complete=name in ("sums of products", "sums over rows"))
        yield name, program


def planned(program: Program, request: Request, check: bool = False) -> Schedule:
    """The schedule at the end of all passes; of a program of very many repetitions, of a few of them.

    With `check`, the program is verified after every pass, and what was extrapolated compared with the direct schedule.
    """
    plan = partial(_planned, check=check)
    longer = stretched(program, request, plan)
    if longer is not None and check:
        _require_same(longer, plan(program, request))
    return longer or plan(program, request)


def _require_same(longer: Schedule, direct: Schedule) -> None:
    """Raise InvalidProgram where loops, or the places of results, are not those of the direct schedule."""
    if str(longer) != str(direct):
        raise InvalidProgram(f"the extrapolated schedule is not the direct one:\n{longer}\n\n{direct}")
    places = [[str(plan.operand(int(node))) for node in plan.program.outputs] for plan in (longer, direct)]
    if places[0] != places[1]:
        k = next(k for k, (one, other) in enumerate(zip(*places, strict=True)) if one != other)
        raise InvalidProgram(f"result {k} lies at {places[0][k]} by extrapolation, and at {places[1][k]} in truth")


def _planned(program: Program, request: Request, check: bool) -> Schedule:
    stages = passes(program, request)
    final = deque(verified(stages) if check else stages, maxlen=1)[0][1]
    values = {"value": len(final.outputs), "value_and_grad": 1, "backward": 1}.get(request.task, 0)
    return schedule(final, request.batched, request.batched and request.task == "backward", values)


def listing(stages: Sequence[tuple[str, Program]]) -> str:
    """The programs of all passes, one below the other."""
    return "\n\n".join(f"# {name}: {len(program)} nodes\n{program}" for name, program in stages)
