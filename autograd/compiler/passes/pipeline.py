"""The passes in their order: from a traced program to the schedule of what is asked for."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..ir.arrays import Ints
from ..ir.program import INPUT, LEAF, Program
from ..loops.extrapolation import stretched
from ..loops.nests import Schedule
from ..loops.scheduling import schedule
from ..request import Request
from .batch_sums import summed_over_rows
from .differentiation import sources_of, with_derivatives
from .simplification import reduced, simplify
from .sums_of_products import fold_products, gather_sums


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
    if request.task == "hessian":
        program = reduced(replace(program, outputs=program.outputs[values:]))  # rows keep their own derivatives
        count = len(program.outputs)
        program = with_derivatives(program, _chosen(program, request))
        program = replace(program, outputs=program.outputs[count:])
        yield "differentiate again", program
    if request.task == "jacobian":
        program = replace(program, outputs=program.outputs[values:])
    program = simplify(program)
    yield "simplify", program
    program = fold_products(program)
    yield "sums of products", program
    if request.task == "backward" and request.batched:
        program = summed_over_rows(program)
        yield "sums over rows", program


def _chosen(program: Program, request: Request) -> Ints:
    return sources_of(program, INPUT, request.inputs)[np.array(request.chosen, np.int64)]


def planned(program: Program, request: Request) -> Schedule:
    """The schedule at the end of all passes; of a program of very many repetitions, of a few of them."""
    return stretched(program, request, _planned) or _planned(program, request)


def _planned(program: Program, request: Request) -> Schedule:
    final = deque(passes(program, request), maxlen=1)[0][1]
    values = {"value": len(final.outputs), "value_and_grad": 1, "backward": 1}.get(request.task, 0)
    return schedule(final, request.batched, request.batched and request.task == "backward", values)


def listing(stages: Sequence[tuple[str, Program]]) -> str:
    """The programs of all passes, one below the other."""
    return "\n\n".join(f"# {name}: {len(program)} nodes\n{program}" for name, program in stages)
