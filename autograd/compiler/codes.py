"""The codes of one function: what was traced, for which arguments, and what was compiled from it."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import compress
from operator import is_
from threading import RLock
from typing import Any, NamedTuple

import numpy as np

from ..modes import MODE
from ..value import Value
from .arguments import Call, Structure, count, skeleton, zeros
from .bundles import Schedule
from .environment import Environment, of_rules
from .pipeline import Request, Task, planned
from .program import GIVEN, LEAF, Program, from_graph
from .tracing import Graph, TracingError, existing, trace


class Traced(NamedTuple):
    """A function's graph for arguments of one structure."""

    program: Program
    leaves: list[Value]
    result: Any
    environment: Environment
    rules: Environment  # of the user's operations in it


class Codes:
    """Traced graphs by the arguments' structures, and kernels by what is asked of them."""

    lock = RLock()  # one for all: a trace hides the numbers of Values that another function may share

    def __init__(
        self,
        function: Any,
        parameters: list[Value],
        inputs: Sequence[Value] | None,
        backend: str,
        dtype: "np.dtype[Any]",
    ) -> None:
        self.function, self.parameters, self.inputs = function, parameters, inputs
        self.backend, self.dtype = backend, dtype
        self.name = getattr(function, "__name__", type(function).__name__)
        self.traces: dict[Any, Traced] = {}
        self.kernels: dict[Any, Any] = {}
        self.hits = self.misses = 0
        self.last: tuple[Program, Request] | None = None
        self.leaves: list[Value] = []

    def ready(self, task: Task, call: Call, chosen: tuple[int, ...]) -> tuple[Traced, Any]:
        """The traced function and the code for this call, compiled now if need be."""
        if MODE.get().unknown is not None:
            raise TracingError(
                f"the compiled {self.name} is called inside a function that is compiled, where its result would be a "
                "constant; call the function itself (.function of the compiled one), or give its result as an argument"
            )
        with self.lock:
            traced = self._trace(call.structures)
            if task in ("value_and_grad", "backward", "hessian") and len(traced.program.outputs) != 1:
                raise TypeError(
                    f"{task} needs a function of one result, this one returns {len(traced.program.outputs)}; "
                    "return one Value (for instance their sum), or use .jacobian(...)"
                )
            request = Request(task, call.batched, chosen, sum(map(count, call.structures)), len(self.parameters))
            return traced, self._kernel(call.structures, traced, request)

    def _trace(self, structures: tuple[Structure, ...]) -> Traced:
        found = self.traces.get(structures)
        if found is not None and found.environment.unchanged() and found.rules.unchanged():
            return found
        with collector_at_rest():
            traced = self.traces[structures] = self._traced(structures)
        if found is not None and not (traced.program.same_as(found.program) and found.rules.unchanged()):
            self.kernels = {key: kernel for key, kernel in self.kernels.items() if key[0] != structures}
        return traced

    def _traced(self, structures: tuple[Structure, ...]) -> Traced:
        if self.inputs is not None:
            if structures != ((None,) * len(self.inputs),):
                raise TypeError(
                    f"this compiled graph takes one list of {len(self.inputs)} inputs, or an array of so many columns"
                )
            graph = existing(self.function, self.inputs)
            program, leaves = from_graph(graph.outputs, graph.inputs, self.parameters)
            return Traced(program, leaves, graph.result, Environment(None), of_rules(program))
        arguments = [zeros(part) for part in structures]
        environment = Environment(self.function)
        graph = trace(self.function, arguments, self.parameters, environment.values)
        program, leaves = from_graph(graph.outputs, graph.inputs, self.parameters)
        if not environment.unchanged():  # something that is made at the first call
            environment = Environment(self.function)
        again = trace(self.function, arguments, self.parameters, [*environment.values, *leaves])
        environment.take_values()
        program, leaves = self._stable(program, leaves, again, environment)
        return Traced(program, leaves, skeleton(graph.result), environment, of_rules(program))

    def _stable(
        self, program: Program, leaves: list[Value], again: Graph, environment: Environment
    ) -> tuple[Program, list[Value]]:
        """The program and its leaves; those that each trace makes for itself are constants.

        A function that is traced differently the second time would be compiled to something it is not.
        """
        other, others = from_graph(again.outputs, again.inputs, self.parameters)
        lasting = list(map(is_, leaves, others))
        changing = {leaf for leaf, stays in zip(leaves, lasting, strict=False) if not stays}
        if len(leaves) == len(others) and changing.isdisjoint(environment.values):
            program, other = with_given(program, leaves, lasting), with_given(other, others, lasting)
            if program.same_as(other):
                return program, list(compress(leaves, lasting))
        raise TracingError(
            f"{self.name} gives another graph each time it is called (random numbers, a counter or a list that "
            "grows inside it); give what changes as an argument"
        )

    def _kernel(self, structures: Any, traced: Traced, request: Request) -> Any:
        key = (structures, request)
        self.last, self.leaves = (traced.program, request), traced.leaves
        if key in self.kernels:
            self.hits += 1
        else:
            self.misses += 1
            with collector_at_rest():
                self.kernels[key] = self._build(planned(traced.program, request))
        return self.kernels[key]

    def _build(self, plan: Schedule) -> Any:
        if self.backend == "llvm":
            from .llvm_backend import LlvmKernel

            return LlvmKernel(plan, self.dtype)
        from .numpy_backend import NumpyKernel

        return NumpyKernel(plan, self.dtype)


def with_given(program: Program, leaves: list[Value], lasting: list[bool]) -> Program:
    """The leaves that are not `lasting` become given numbers: those that they hold now."""
    nodes = np.flatnonzero(program.code == LEAF)
    leaf, stays = program.number[nodes].astype(np.int64), np.array(lasting, bool)
    held = np.array([0.0 if kept else x.data for x, kept in zip(leaves, lasting, strict=True)])
    code, number = program.code.copy(), program.number.copy()
    code[nodes] = np.where(stays[leaf], LEAF, GIVEN)
    number[nodes] = np.where(stays[leaf], np.cumsum(stays)[leaf] - 1, held[leaf])
    return replace(program, code=code, number=number)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Without the cyclic collector, which would walk through every growing graph again and again: none has cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
