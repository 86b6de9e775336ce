"""What `autograd.compile` returns: a function of scalars, compiled for whole arrays of rows."""

import copy
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from threading import RLock
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from ..value import Constant, Value
from .arguments import Call, Structure, arranged, count, zeros
from .environment import Environment
from .pipeline import Request, Task, listing, passes, planned
from .program import Floats, Program, from_graph
from .schedule import Schedule
from .tracing import Graph, TracingError, existing, trace

Argnums = int | tuple[int, ...]


class CacheInfo(NamedTuple):
    """How often a call found its code ready, how often it had to compile, and how many codes there are."""

    hits: int
    misses: int
    currsize: int


class Traced(NamedTuple):
    """A function's graph for arguments of one structure."""

    program: Program
    leaves: list[Value]
    result: Any
    environment: Environment


class Compiled:
    """A compiled function of scalars and (nested) lists; see `autograd.compile`."""

    def __init__(
        self,
        source: Any,
        parameters: Iterable[Value] = (),
        *,
        inputs: Sequence[Value] | None = None,
        backend: str = "llvm",
        dtype: str = "float64",
        threads: int = 1,
    ) -> None:
        self.function, self.parameters, self.inputs = (
            source,
            _checked(parameters),
            None if inputs is None else list(inputs),
        )
        self.backend, self.dtype, self.threads = backend, np.dtype(dtype), threads
        self.__name__ = getattr(source, "__name__", type(source).__name__)
        self.__doc__ = getattr(source, "__doc__", None)
        self._traces: dict[Any, Traced] = {}
        self._kernels: dict[Any, Any] = {}
        self._hits = self._misses = 0
        self._lock = RLock()
        self._last: Any = None
        self._last_leaves: list[Value] = []

    # what it computes

    def __call__(self, *args: Any) -> Any:
        """The results: numbers for one row, arrays with the rows first for many."""
        call = Call(self._arguments(args))
        traced, columns = self._run("value", call, ())
        return _results(traced.result, columns)

    def value_and_grad(self, *args: Any, argnums: Argnums = 0) -> tuple[Any, Any]:
        """(value, gradient) of each row; the gradient has the structure of args[argnums]."""
        call = Call(self._arguments(args))
        traced, columns = self._run("value_and_grad", call, self._chosen(call, argnums))
        return arranged(columns[:1], None), _by_argument(columns[1:], call, argnums)

    def jacobian(self, *args: Any, argnums: Argnums = 0) -> Any:
        """The derivatives of every result by every input of args[argnums], for each row."""
        call = Call(self._arguments(args))
        traced, columns = self._run("jacobian", call, self._chosen(call, argnums))
        return _by_argument(columns, call, argnums, _outputs(traced.result))

    def hessian(self, *args: Any, argnums: int = 0) -> Any:
        """The second derivatives of each row's value by the inputs of args[argnums]."""
        call = Call(self._arguments(args))
        if not isinstance(argnums, int):
            raise TypeError(f"hessian takes one argument's number, argnums={argnums!r}; call it once for each argument")
        traced, columns = self._run("hessian", call, self._chosen(call, argnums))
        part = call.structures[argnums]
        return arranged(columns, part, part)

    def backward(self, *args: Any) -> float:
        """The mean of the rows' values; its gradient is added to the `.grad` of every parameter."""
        if not self.parameters:
            raise ValueError("backward() needs parameters: autograd.compile(function, parameters=model.parameters())")
        call = Call(self._arguments(args))
        if call.rows == 0:
            raise ValueError("backward() of no rows at all: the mean of nothing is not defined; give at least one row")
        _, columns = self._run("backward", call, ())
        value, *gradient = columns.tolist()
        for parameter, extra in zip(self.parameters, gradient, strict=True):
            parameter.grad += extra
        return float(value)

    def kernel(self, task: Task, *args: Any, argnums: Argnums = 0) -> Any:
        """The compiled code of one kind of call ("value", "value_and_grad", "backward", …) with its buffers.

        `run()` goes from buffers to buffers: from `leaves` (the parameters' numbers, then other leaves') and `inputs`
        (inputs × rows), which may be changed in place, to the array it returns. Nothing is read from or written to
        Values: it is what a training loop that keeps its numbers in arrays would call.
        """
        call = Call(self._arguments(args))
        chosen = () if task in ("value", "backward") else self._chosen(call, argnums)
        traced, kernel = self._ready(task, call, chosen)
        leaves = np.array([leaf.data for leaf in traced.leaves], self.dtype)
        return kernel.prepared(leaves, call.columns(self.dtype), self.threads)

    # how it is computed

    def cache_info(self) -> CacheInfo:
        """Hits, misses and size of the cache of compiled code; a new structure or kind of call is a miss."""
        return CacheInfo(self._hits, self._misses, len(self._kernels))

    @property
    def program(self) -> Schedule:
        """The bundled program of the latest call; prints readably."""
        return planned(*self._latest())

    @property
    def passes(self) -> str:
        """The program after each pass, for the latest call."""
        return listing(list(passes(*self._latest())))

    def source(self, language: str = "c", *, constants: bool = False, name: str = "") -> str:
        """The program of the latest call as text: one C99 file, or LLVM.

        The C file has `NAME(X, P, Y, U)`, from one row's inputs X and the parameters' numbers P to the results Y, with
        work space U of NAME_WORK numbers; and, for one result, `NAME_gradient`: the value, then its derivatives by
        the parameters, or, where there are none, by the inputs. With `constants` the parameters' numbers now are
        in the file, as NAME_parameters. Compile it without -ffast-math; link with -lm.
        """
        program, request = self._latest()
        if language == "llvm":
            return self._llvm_text(program, request)
        if language != "c":
            raise ValueError(f"unknown language {language!r}; use 'c' or 'llvm'")
        return self._c_text(program, request, constants, name or _identifier(self.__name__))

    def _llvm_text(self, program: Program, request: Request) -> str:
        from .llvm_module import ModuleWriter

        return str(ModuleWriter(planned(program, request), self.dtype.name))

    def _c_text(self, program: Program, request: Request, constants: bool, name: str) -> str:
        from .c_source import c_file, c_function

        one = replace(request, task="value", batched=False, chosen=())
        functions = [c_function(name, "the results", planned(program, one))]
        if len(program.outputs) == 1:
            task: Task = "backward" if self.parameters else "value_and_grad"
            gradient = replace(one, task=task, chosen=tuple(range(request.inputs)))
            what = "the parameters" if self.parameters else "the inputs"
            functions.append(
                c_function(f"{name}_gradient", f"the value, then its derivatives by {what}", planned(program, gradient))
            )
        leaves = np.array([leaf.data for leaf in self._last_leaves]) if constants else None
        return c_file(f"{self.__name__}, compiled by chainrule", functions, leaves, name)

    def _latest(self) -> tuple[Program, Request]:
        if self._last is None:
            if self.inputs is None:
                raise ValueError("nothing is compiled yet: call the function once, its arguments decide the program")
            self([0.0] * len(self.inputs))
        found: tuple[Program, Request] = self._last
        return found

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}, {self.backend}, {self.dtype}, {len(self._kernels)} program(s)>"

    # the work

    def _arguments(self, args: Sequence[Any]) -> Sequence[Any]:
        if self.inputs is None:
            return args
        if not args and not self.inputs:
            return [[]]
        if len(args) != 1:
            raise TypeError(
                f"a compiled graph takes one list of its {len(self.inputs)} inputs, or one array; got {len(args)}"
            )
        return args

    def _chosen(self, call: Call, argnums: Argnums) -> tuple[int, ...]:
        """The inputs that belong to the arguments `argnums`."""
        counts = [count(part) for part in call.structures]
        starts = np.cumsum([0, *counts]).tolist()
        chosen: list[int] = []
        for k in (argnums,) if isinstance(argnums, int) else argnums:
            if not -len(counts) <= k < len(counts):
                raise TypeError(f"argnums names argument {k}, but the call has {len(counts)} argument(s)")
            k %= len(counts)
            chosen += range(starts[k], starts[k] + counts[k])
        return tuple(chosen)

    def _run(self, task: Task, call: Call, chosen: tuple[int, ...]) -> tuple[Traced, Floats]:
        traced, kernel = self._ready(task, call, chosen)
        leaves = np.array([leaf.data for leaf in traced.leaves], self.dtype)
        return traced, kernel(leaves, call.columns(self.dtype), self.threads)

    def _ready(self, task: Task, call: Call, chosen: tuple[int, ...]) -> tuple[Traced, Any]:
        """The traced function and the code for this call, compiled now if need be."""
        with self._lock:
            traced = self._trace(call.structures)
            if task in ("value_and_grad", "backward", "hessian") and len(traced.program.outputs) != 1:
                raise TypeError(
                    f"{task} needs a function of one result, this one returns {len(traced.program.outputs)}; "
                    "return one Value (for instance their sum), or use .jacobian(...)"
                )
            request = Request(task, call.batched, chosen, sum(map(count, call.structures)), len(self.parameters))
            return traced, self._kernel(call.structures, traced, request)

    def _trace(self, structures: tuple[Structure, ...]) -> Traced:
        found = self._traces.get(structures)
        if found is not None and found.environment.unchanged():
            return found
        if found is not None:
            self._kernels = {key: kernel for key, kernel in self._kernels.items() if key[0] != structures}
        self._traces[structures] = self._traced(structures)
        return self._traces[structures]

    def _traced(self, structures: tuple[Structure, ...]) -> Traced:
        if self.inputs is not None:
            if structures != ((None,) * len(self.inputs),):
                raise TypeError(
                    f"this compiled graph takes one list of {len(self.inputs)} inputs, or an array of so many columns"
                )
            graph = existing(self.function, self.inputs)
            return Traced(*from_graph(graph.outputs, graph.inputs, self.parameters), graph.result, Environment(None))
        arguments = [zeros(part) for part in structures]
        graph = trace(self.function, arguments, self.parameters)
        environment = Environment(self.function)
        program, leaves = from_graph(graph.outputs, graph.inputs, self.parameters)
        self._check_again(program, leaves, trace(self.function, arguments, self.parameters))
        return Traced(program, leaves, _skeleton(graph.result), environment)

    def _check_again(self, program: Program, leaves: list[Value], again: Graph) -> None:
        """A function that is traced differently the second time would be compiled to something it is not."""
        other, others = from_graph(again.outputs, again.inputs, self.parameters)
        if leaves != others or not program.same_as(other):
            raise TracingError(
                f"{self.__name__} gives another graph each time it is called (random numbers, a counter or a list that "
                "grows inside it); give what changes as an argument"
            )

    def _kernel(self, structures: Any, traced: Traced, request: Request) -> Any:
        key = (structures, request)
        self._last, self._last_leaves = (traced.program, request), traced.leaves
        if key in self._kernels:
            self._hits += 1
        else:
            self._misses += 1
            self._kernels[key] = self._build(planned(traced.program, request))
        return self._kernels[key]

    def _build(self, plan: Schedule) -> Callable[..., Floats]:
        if self.backend == "llvm":
            from .llvm_backend import LlvmKernel

            return LlvmKernel(plan, self.dtype)
        from .numpy_backend import NumpyKernel

        return NumpyKernel(plan, self.dtype)

    def _options(self) -> dict[str, Any]:
        return {"inputs": self.inputs, "backend": self.backend, "dtype": self.dtype.name, "threads": self.threads}

    def __reduce__(self) -> Any:
        return _rebuild, (self.function, self.parameters, self._options())

    def __deepcopy__(self, memo: dict[int, Any]) -> "Compiled":
        """With the model it belongs to, where that is copied; a plain function keeps its own parameters."""
        if isinstance(self.function, FunctionType):
            return _rebuild(self.function, self.parameters, self._options())
        parts = (self.function, self.parameters, self._options())
        return _rebuild(*copy.deepcopy(parts, memo))


def _rebuild(source: Any, parameters: list[Value], options: dict[str, Any]) -> Compiled:
    return Compiled(source, parameters, **options)


def _checked(parameters: Iterable[Value]) -> list[Value]:
    found = list(parameters)
    for p in found:
        if not isinstance(p, Value) or isinstance(p, Constant) or p.operands:
            raise TypeError(f"parameters= takes leaves, Values that were not computed; got {p!r:.60}")
    if len(set(found)) < len(found):
        raise ValueError("parameters= names a Value twice; name each once")
    return found


def _skeleton(result: Any) -> Any:
    """The lists and tuples of a result, without its Values."""
    return type(result)(_skeleton(x) for x in result) if isinstance(result, (list, tuple)) else None


def _outputs(result: Any) -> Structure:
    return tuple(_outputs(part) for part in result) if isinstance(result, (list, tuple)) else None


def _results(result: Any, columns: Floats) -> Any:
    """A tuple of results stays a tuple; a list becomes a list of numbers, or an array."""
    if not isinstance(result, tuple):
        return arranged(columns, _outputs(result))
    parts, start = [], 0
    for part in result:
        size = count(_outputs(part))
        parts.append(_results(part, columns[start : start + size]))
        start += size
    return tuple(parts)


def _by_argument(columns: Floats, call: Call, argnums: Argnums, *outer: Structure) -> Any:
    """Derivatives in the structure of the results and, inside, of the chosen argument; a tuple for several."""
    if isinstance(argnums, int):
        return arranged(columns, *outer, call.structures[argnums])
    sizes = [count(call.structures[k]) for k in argnums]
    table = columns.reshape(-1, sum(sizes), *columns.shape[1:])
    ends = np.cumsum(sizes).tolist()
    parts = [table[:, end - size : end].reshape(-1, *columns.shape[1:]) for size, end in zip(sizes, ends, strict=True)]
    return tuple(arranged(part, *outer, call.structures[k]) for part, k in zip(parts, argnums, strict=True))


def _identifier(name: str) -> str:
    """A name that C takes."""
    found = re.sub(r"\W", "_", name)
    return found if found.isidentifier() and found.isascii() and found != "_lambda_" else "f"
