"""What `autograd.compile` returns: a function of scalars, compiled for whole arrays of rows."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from types import FunctionType
from typing import Any, NamedTuple, get_args

import numpy as np

from ..value import PLAIN, RECORDER, Value
from .arguments import UNSAID, Argnums, Call, at_least_one
from .backends.registry import number_type
from .cache import MOST, Codes, Traced, request_of
from .calls import Ready, inputs_of, reader
from .copying import copied
from .derivatives.products import Products
from .derivatives.sparse import SparseTask, sparse_task, structure_of
from .export import c_text, js_text, llvm_text
from .ir.arrays import Floats
from .ir.program import Program
from .leaves import held, input_leaves, leaves_only
from .loops.nests import Schedule
from .passes.pipeline import listing, passes, planned
from .request import Request, Task
from .training.trainer import Session, Trainer


class CacheInfo(NamedTuple):
    """How often a call found its code ready, how often it had to compile, and how many codes there are.

    Kept are the `maxsize` structures of arguments that were used last, each with as many kinds of calls at most.
    """

    hits: int
    misses: int
    maxsize: int
    currsize: int


class Compiled(Products):
    """A compiled function of scalars and (nested) lists; see `autograd.compile`."""

    function: Any
    inputs: list[Any] | None
    backend: str
    dtype: "np.dtype[Any]"
    threads: int
    products: dict[Any, Any]
    __name__: Any

    def __init__(
        self,
        source: Any,
        parameters: Iterable[Value] | None = (),
        *,
        inputs: Sequence[Value] | None = None,
        backend: str = "llvm",
        dtype: str = "float64",
        threads: int = 1,
        check: bool = False,
    ) -> None:
        self.function, self.inputs = source, input_leaves(inputs)
        self.backend, self.dtype, self.threads = backend, number_type(dtype), at_least_one(threads, "threads")
        self.__name__ = getattr(source, "__name__", type(source).__name__)
        self.__doc__ = getattr(source, "__doc__", None)
        given = None if parameters is None else leaves_only(parameters)
        for shared in [p for p in given or () if id(p) in set(map(id, self.inputs or ()))]:
            raise ValueError(
                f"{shared.label or repr(shared)} is in both parameters= and inputs=, but an input's number comes with "
                "each call, a parameter's is its own .data: name it in one of them"
            )
        self._codes = Codes(source, given, self.inputs, self.backend, self.dtype, check)
        self._trainer = Trainer(self._codes)
        self._latest_call: tuple[Any, Any, Any] = (None, None, None)
        self.products = {}

    @property
    def parameters(self) -> list[Value]:
        """The Values that `backward` gives their gradients: those named, or those that the model has now."""
        return self._codes.parameters()

    # what it computes

    def __call__(self, /, *args: Any, **named: Any) -> Any:
        """The results: numbers for one row, arrays with the rows first for many."""
        return self._run("value", args, named)

    def value_and_grad(self, *args: Any, argnums: Argnums = UNSAID, **named: Any) -> tuple[Any, Any]:
        """(value, gradient) of each row; the gradient has the structure of args[argnums]."""
        found: tuple[Any, Any] = self._run("value_and_grad", args, named, argnums)
        return found

    def jacobian(self, *args: Any, argnums: Argnums = UNSAID, sparse: bool = False, **named: Any) -> Any:
        """The derivatives of every result by every input of args[argnums], for each row.

        As `autograd.jacobian` has them: the results' structure outside, the arguments' inside, for several `argnums` a
        tuple of arguments in the place of each result. For rows, what is lists becomes an array. With `sparse` it is a
        SciPy array, results × inputs, of what the graph does not make 0; of rows one structure and their numbers.
        """
        return self._run(sparse_task("jacobian") if sparse else "jacobian", args, named, argnums)

    def hessian(self, *args: Any, argnums: Argnums = UNSAID, sparse: bool = False, **named: Any) -> Any:
        """The second derivatives of each row's value by the inputs of args[argnums]: the Jacobian of the gradient."""
        return self._run(sparse_task("hessian") if sparse else "hessian", args, named, argnums)

    def sparsity(self, task: SparseTask, *args: Any, argnums: Argnums = UNSAID, **named: Any) -> Any:
        """Where derivatives may be other than 0, as a SciPy array; without arguments, at those of the latest call."""
        args = args or (() if named else tuple(self._latest()[0].arguments))
        return structure_of(self._run(sparse_task(task), args, named, argnums))

    def backward(self, *args: Any, **named: Any) -> float:
        """The mean of the rows' values; its gradient is added to the `.grad` of every parameter."""
        return float(self._run("backward", args, named))

    def train(
        self,
        *args: Any,
        optimizer: Any,
        epochs: int = 1,
        batch_size: int | None = None,
        shuffle: bool = True,
        seed: int | None = 0,
        **named: Any,
    ) -> Floats:
        """Train: `optimizer.zero_grad(); f.backward(batch); optimizer.step()` for every batch; returns the losses.

        In each of the `epochs` every row comes once, in batches of `batch_size` (None: all rows in one step), shuffled
        anew by NumPy's `default_rng(seed)`. With LLVM the loop is machine code on one thread, which compiles the
        optimizer's own `step()`, in float64 whatever the dtype. At the end the optimizer and its parameters hold what
        Python's loop would have left there; numbers such as lr are read at each call. Other parameters stay.

        Raises FloatingPointError for a loss of nan or inf, everything being as it was before the call, and TypeError
        (TracingError) for an optimizer whose step cannot be compiled. Ctrl-C ends it after a whole step, within 0.1 s
        or one step, with what was learned so far.
        """
        return self._trainer.train(self._call(args, named), optimizer, epochs, batch_size, shuffle, seed)

    def session(self, *args: Any, optimizer: Any, clip: Any = None, **named: Any) -> Session:
        """Training that is taken epoch by epoch, with batches of one's own; what `nn.fit` runs on."""
        return self._trainer.session(self._call(args, named), optimizer, clip)

    def described(self, optimizer: Any) -> Any:
        """The compiled step of an optimizer of the function's parameters, with its numbers: what `source` writes."""
        return self._trainer.described(optimizer)

    def kernel(self, task: Task, *args: Any, argnums: Argnums = 0, **named: Any) -> Any:
        """The compiled code of one kind of call ("value", "value_and_grad", "backward", …) with its buffers.

        `run()` goes from buffers to buffers: from `leaves` (the parameters' numbers, then other leaves') and `inputs`
        (inputs × rows), which may be changed in place, to the array it returns. Nothing is read from or written to
        Values: it is what a training loop that keeps its numbers in arrays would call.
        """
        if task not in get_args(Task):
            raise ValueError(f"unknown task {task!r}; use one of {', '.join(get_args(Task))}")
        call = self._call(args, named)
        traced, kernel = self._codes.ready(task, call, inputs_of(task, call, argnums))
        columns = call.columns(self.dtype)
        self._codes.check(traced, columns)
        return kernel.prepared(traced.numbers.read(self.dtype), columns, self.threads)

    # how it is computed

    def cache_info(self) -> CacheInfo:
        """Hits, misses and size of the cache of compiled code; a new structure or kind of call is a miss."""
        return CacheInfo(self._codes.hits, self._codes.misses, MOST, self._codes.count())

    @property
    def program(self) -> Schedule:
        """The bundled program of the latest call; prints readably."""
        return planned(*self._latest()[1:])

    @property
    def passes(self) -> str:
        """The program after each pass, for the latest call."""
        return listing(list(passes(*self._latest()[1:])))

    def source(
        self, language: str = "c", *, constants: bool = False, name: str = "", optimizer: Any = None, task: Any = None
    ) -> str:
        """The program of the latest call as text: one C99 file, its header ("h"), one JavaScript module, or LLVM.

        The C file has `NAME(X, P, Y, U)`, from a row's inputs X and the numbers P of the parameters (and other Values
        used) to the results Y, all of this function's dtype, with work space U of NAME_WORK numbers; for one result
        `NAME_gradient`: the value, then its derivatives by the parameters, or, where there are none, by the inputs; and
        for a `task` ("value_and_grad", "jacobian", "hessian", by the inputs) NAME_TASK. With `constants` all of P as it
        is now is there, as NAME_parameters. It forbids fused multiply-adds and refuses -ffast-math; link with -lm.

        "js" is an ES module. It exports `parameters` as they are now, `value(X)` of a row and `values(X)` of rows one
        behind the other; for one result `gradient(X)`, and of rows `gradients(X)` by the inputs or, where there are
        parameters, `meanGradient(X)` by these. All take other numbers for the parameters as their second argument. With
        an `optimizer` there are `start()`, a state with its `lr`, and `step(state, X)`. Raises ValueError for a `name`
        that C or C++ or the file itself need (a function's own gets an underscore), and for another optimizer.
        """
        traced, program, request = self._latest()
        if language == "llvm":
            return llvm_text(program, request, self.dtype.name)
        if language == "js":
            training = self.described(optimizer) if optimizer is not None else None
            return js_text(program, request, self.__name__, held(traced.leaves), training)
        if language not in ("c", "h"):
            raise ValueError(f"unknown language {language!r}; use 'c', 'h', 'js' or 'llvm'")
        leaves = held(traced.leaves) if constants else None
        return c_text(program, request, self.__name__, name, leaves, task, self.dtype.name, language == "h")

    def _latest(self) -> tuple[Traced, Program, Request]:
        if self._codes.last is None:
            if self.inputs is None:
                raise ValueError("nothing is compiled yet: call the function once, its arguments decide the program")
            self([0.0] * len(self.inputs))
        assert self._codes.last is not None
        traced, request = self._codes.last
        return traced, traced.program, request

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}, {self.backend}, {self.dtype}, {self._codes.count()} program(s)>"

    # the work

    def _run(self, task: Task, args: Sequence[Any], named: Mapping[str, Any], argnums: Argnums = UNSAID) -> Any:
        """The way of every call; one like the one before goes it without locks and look-ups."""
        argnums = 0 if argnums is UNSAID else argnums
        call = Call(args, named) if self.inputs is None else self._call(args, named)
        kind = task, call.rows and True, call.form, argnums
        codes, (latest, traced, ready) = self._codes, self._latest_call
        if kind == latest and type(argnums) is int and RECORDER.get() is PLAIN and traced.is_as_it_was():
            codes.hits += 1
        else:
            traced, ready = self._found(task, call, argnums)
            self._latest_call = kind, traced, ready
        codes.last = traced, ready.request
        return ready(codes, traced, call, self.threads)

    def _found(self, task: Task, call: Call, argnums: Argnums) -> tuple[Traced, Ready]:
        """The function's graph and what is ready for such a call, both made now if need be."""
        if call.rows == 0 and task == "backward":
            raise ValueError("backward() of no rows at all: the mean of nothing is not defined; give at least one row")
        chosen = inputs_of(task, call, argnums)
        codes, kind = self._codes, (task, call.batched, chosen, isinstance(argnums, int))
        with codes.lock:
            traced = codes.traced(call.form)
            found = traced.ready.get(kind)
            if found is None:
                request = request_of(task, traced, call, chosen)
                code = codes.kernel(traced, request)
                found = traced.ready.put(kind, Ready(traced, code, request, reader(task, traced, call, argnums, code)))
            else:
                codes.hits += 1
            return traced, found

    def _call(self, args: Sequence[Any], named: Mapping[str, Any]) -> Call:
        """The arguments; those of a graph are always one list."""
        if self.inputs is None:
            return Call(args, named)
        if not args and not self.inputs:
            args = [[]]
        if len(args) != 1 or named:
            raise TypeError(
                f"a compiled graph takes one list of its {len(self.inputs)} inputs, or one array; got "
                f"{len(args)} arguments{', some by name' if named else ''}"
            )
        return Call(args)

    def _options(self) -> dict[str, Any]:
        return {
            "inputs": self.inputs,
            "backend": self.backend,
            "dtype": self.dtype.name,
            "threads": self.threads,
            "check": self._codes.checked,
        }

    def __reduce__(self) -> Any:
        if self._codes.given and isinstance(self.function, FunctionType):
            raise TypeError(
                f"{self.__name__} is pickled as its name only, its parameters as copies, to which it would not lead: "
                "compile the model itself, or an object that is called and holds them"
            )
        return _rebuild, (self.function, self._codes.given, self._options())

    def twin(self, function: Any) -> "Compiled":
        """Another function, compiled with the options of this one."""
        return type(self)(function, self._codes.given, **self._options())

    def __copy__(self) -> "Compiled":
        return _rebuild(self.function, self._codes.given, self._options())

    def __deepcopy__(self, memo: dict[int, Any]) -> "Compiled":
        """With all that its function holds: the copy belongs to the copied model.

        Where a plain function leads to the original all the same, by global names, the copy refuses its calls.
        """
        twin = memo[id(self)] = Compiled.__new__(Compiled)
        function, given = copied(self.function, memo), copy.deepcopy(self._codes.given, memo)
        Compiled.__init__(twin, function, given, **copy.deepcopy(self._options(), memo))
        twin._codes.strangers = self._codes.strangers.union(self._codes.given or ())
        return twin


def _rebuild(source: Any, parameters: list[Value] | None, options: dict[str, Any]) -> Compiled:
    return Compiled(source, parameters, **options)
