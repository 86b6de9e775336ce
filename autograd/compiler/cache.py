"""The codes of one function: what was traced, for which arguments, and what was compiled from it."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress
from operator import is_
from threading import RLock
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from ..support.collector import paused_gc
from ..value import PLAIN, RECORDER, Value
from .arguments import Call, Form, count, zeros
from .backends.registry import BACKENDS
from .checks import Checks
from .frontend.guards import Environment, of_rules
from .frontend.tracing import TracingError, existing, trace
from .ir.arrays import Floats
from .ir.program import GIVEN, LEAF, Program, from_graph
from .leaves import Leaves, held, leaves_only
from .loops.nests import Schedule
from .passes.pipeline import planned
from .request import Request, Task
from .results import skeleton

MOST = 64
T = TypeVar("T")


class Recent(Generic[T]):
    """A cache of the latest used; what was not used for longest gives way."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.held: OrderedDict[Any, T] = OrderedDict()
        self.latest: tuple[Any, T | None] = (None, None)  # which is asked for again most of the time

    def get(self, key: Any) -> T | None:
        """What was put there under this key, or None."""
        if key == self.latest[0]:
            return self.latest[1]
        found = self.held.get(key)
        if found is not None:
            self.held.move_to_end(key)
            self.latest = key, found
        return found

    def put(self, key: Any, thing: T) -> T:
        """Keep it, letting go of what was used longest ago; returns it."""
        self.held[key] = thing
        self.held.move_to_end(key)
        self.latest = key, thing
        if len(self.held) > self.most:
            self.held.popitem(last=False)
        return thing


class Traced(NamedTuple):
    """A function's graph for arguments of one form, with the code made of it: a kernel for each kind of call."""

    program: Program
    leaves: list[Value]  # the parameters first
    numbers: Leaves  # what they hold
    parameters: list[Value]
    arguments: list[Any]  # zeros in their structures
    result: Any
    environment: Environment
    rules: Environment  # of the user's operations in it
    checks: Checks
    inputs: list[Value]  # of the graph, whose place in the program they have
    kernels: Recent[Any]
    ready: Recent[Any]  # kinds of calls (see `calls`)

    def is_as_it_was(self) -> bool:
        """Whether what the function reads from outside is what it was."""
        return self.environment.unchanged() and (self.rules.function is None or self.rules.unchanged())


class Codes:
    """Traced graphs by the arguments' form; of each, kernels by what is asked of it.

    `given` are the parameters; None: those that the function, a model, has whenever it is traced. A model that changes
    is traced anew, so that they are always its present ones. `strangers` are Values that it must not depend on.
    """

    lock: RLock
    checked: bool
    function: Any
    given: list[Value] | None
    inputs: Sequence[Value] | None
    backend: str
    dtype: "np.dtype[Any]"
    name: Any
    hits: int
    misses: int

    def __init__(
        self,
        function: Any,
        given: list[Value] | None,
        inputs: Sequence[Value] | None,
        backend: str,
        dtype: "np.dtype[Any]",
        check: bool = False,
    ) -> None:
        self.lock, self.checked = RLock(), check
        self.function, self.given, self.inputs = function, given, inputs
        self.strangers: frozenset[Value] = frozenset()
        self.backend, self.dtype = backend, dtype
        self.name = getattr(function, "__name__", type(function).__name__)
        self.traces: Recent[Traced] = Recent()
        self.hits = self.misses = 0
        self.last: tuple[Traced, Request] | None = None

    def parameters(self) -> list[Value]:
        """Those given, or those that the model has now."""
        return leaves_only(self.function.parameters()) if self.given is None else self.given

    def by(self, parameters: list[Value]) -> "Codes":
        """Codes of the same function, with other parameters."""
        found = Codes(self.function, parameters, self.inputs, self.backend, self.dtype, self.checked)
        found.strangers = self.strangers
        return found

    def count(self) -> int:
        """How many kernels there are."""
        with self.lock:
            return sum(len(traced.kernels.held) for traced in self.traces.held.values())

    def ready(self, task: Task, call: Call, chosen: tuple[int, ...]) -> tuple[Traced, Any]:
        """The traced function and the code for this call, compiled now if need be."""
        with self.lock:
            traced = self.traced(call.form)
            return traced, self.kernel(traced, request_of(task, traced, call, chosen))

    def traced(self, form: Form) -> Traced:
        """The function's graph for arguments of this form, as it is now."""
        if RECORDER.get() is not PLAIN:
            self._refuse_inside_traces()
        found = self.traces.get(form)
        if found is not None and found.is_as_it_was():
            return found
        with paused_gc():
            traced = self._traced(form)
        if found is not None and traced.program.same_as(found.program) and found.rules.unchanged():
            traced = traced._replace(kernels=found.kernels)
        return self.traces.put(form, traced)

    def _refuse_inside_traces(self) -> None:
        if session := getattr(RECORDER.get(), "session", None):
            session.refuse(
                f"the compiled {self.name} is called inside a function that is compiled, where its result would be a "
                "constant; call the function itself (.function of the compiled one), or give its result as an argument"
            )

    def _traced(self, form: Form) -> Traced:
        arguments, parameters = [zeros(part) for part in form.structures], self.parameters()
        if self.inputs is not None:
            if form.names or [part and part.parts for part in form.structures] != [(None,) * len(self.inputs)]:
                raise TypeError(
                    f"this compiled graph takes one list of {len(self.inputs)} inputs, or an array of so many columns"
                )
            graph = existing(self.function, self.inputs)
            program, leaves = from_graph(graph.outputs, graph.inputs, parameters)
            environment = Environment(None)
        else:
            function, environment = form.applied(self.function), Environment(self.function)
            graph = trace(function, arguments)
            parameters = self.parameters()  # a model may have made some at its first call
            program, leaves = from_graph(graph.outputs, graph.inputs, parameters)
            if not environment.unchanged():  # something that is made at the first call
                environment = Environment(self.function)
            again = trace(function, arguments)
            environment.take_values()
            other = from_graph(again.outputs, again.inputs, parameters)
            program, leaves = self._stable((program, leaves), other, environment)
            self._check_strangers(leaves)
        result, checks = skeleton(graph.result), Checks.of(graph.requirements, graph.inputs)
        watched = environment, of_rules(program)
        numbers = Leaves(leaves, BACKENDS[self.backend])
        return Traced(
            program, leaves, numbers, parameters, arguments, result, *watched, checks, graph.inputs, Recent(), Recent()
        )

    def check(self, traced: Traced, columns: Floats, numbers: Mapping[Value, float] = MappingProxyType({})) -> None:
        """Raise where a number is not what the function requires; `numbers`: of leaves that hold others than theirs."""
        traced.checks.given(columns, numbers)
        if wanted := [x for x, _ in traced.checks.computed]:
            kernel, leaves = self._kernel_of(traced, wanted, columns.ndim == 2)
            held_now = [numbers.get(leaf, now) for leaf, now in zip(leaves, held(leaves).tolist(), strict=True)]
            traced.checks.found(kernel(np.array(held_now, self.dtype), columns, 1))

    def _kernel_of(self, traced: Traced, wanted: list[Value], batched: bool) -> tuple[Any, list[Value]]:
        """Code for some nodes of the traced graph alone, and its leaves."""
        with self.lock:
            found = traced.checks.code.get(batched)
            if found is None:
                program, leaves = from_graph(wanted, traced.inputs, traced.leaves)
                request = Request("value", batched, (), len(traced.inputs), len(traced.leaves))
                kernel = self._build(planned(program, request, self.checked), len(leaves), len(traced.inputs))
                found = traced.checks.code[batched] = kernel, leaves
            return found

    def _check_strangers(self, leaves: list[Value]) -> None:
        if not self.strangers.isdisjoint(leaves):
            raise TypeError(
                f"{self.name} was compiled, then copied together with its model, but computes with the original's "
                "parameters, to which its global names lead: compile a method of the model, or the function anew for "
                "the copy"
            )

    def _stable(
        self, once: tuple[Program, list[Value]], again: tuple[Program, list[Value]], environment: Environment
    ) -> tuple[Program, list[Value]]:
        """The program and its leaves; those that each trace makes for itself are constants.

        A function that is traced differently the second time would be compiled to something it is not.
        """
        (program, leaves), (other, others) = once, again
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

    def kernel(self, traced: Traced, request: Request) -> Any:
        """The code for what is asked, compiled now if need be."""
        self.last = traced, request
        kernel = traced.kernels.get(request)
        if kernel is not None:
            self.hits += 1
            return kernel
        self.misses += 1
        with paused_gc():
            plan = planned(traced.program, request, self.checked)
            kernel = self._build(plan, len(traced.leaves), request.inputs)
            kernel.places = plan.program.places
        return traced.kernels.put(request, kernel)

    def _build(self, plan: Schedule, leaves: int, inputs: int) -> Any:
        return BACKENDS[self.backend].kernel(plan, self.dtype, leaves, inputs)


def request_of(task: Task, traced: Traced, call: Call, chosen: tuple[int, ...]) -> Request:
    """What such a call asks for; raises where the function cannot give it."""
    if task == "backward" and not traced.parameters:
        raise ValueError("backward() needs parameters: autograd.compile(function, parameters=model.parameters())")
    if task.split()[-1] in ("value_and_grad", "backward", "hessian") and len(traced.program.outputs) != 1:
        raise TypeError(
            f"{task} needs a function of one result, this one returns {len(traced.program.outputs)}; "
            "return one Value (for instance their sum), or use .jacobian(...)"
        )
    return Request(task, call.batched, chosen, sum(map(count, call.form.structures)), len(traced.parameters))


def with_given(program: Program, leaves: list[Value], lasting: list[bool]) -> Program:
    """The leaves that are not `lasting` become given numbers: those that they hold now."""
    nodes = np.flatnonzero(program.code == LEAF)
    leaf, stays = program.number[nodes].astype(np.int64), np.array(lasting, bool)
    held = np.array([0.0 if kept else x.data for x, kept in zip(leaves, lasting, strict=True)])
    code, number = program.code.copy(), program.number.copy()
    code[nodes] = np.where(stays[leaf], LEAF, GIVEN)
    number[nodes] = np.where(stays[leaf], np.cumsum(stays)[leaf] - 1, held[leaf])
    return replace(program, code=code, number=number)
