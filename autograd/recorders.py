"""The modes. What makes the nodes is one object, the recorder: the plain one of `value.py`, or one of these.

A context variable holds it, so that threads and coroutines do not disturb one another.
"""

import inspect
from collections.abc import Callable, Coroutine, Generator
from contextvars import Token
from functools import wraps
from typing import Any, Self, TypeVar

from .operations.arithmetic import is_truth
from .operations.operation import Operation
from .value import PLAIN, RECORDER, Constant, Operands, Recorder, Value

F = TypeVar("F", bound=Callable[..., Any])


class NoGrad(Recorder):
    """Makes constants, which remember no operands."""

    recording: bool
    numbers_only: bool
    outer: Recorder
    expanding: bool
    watching: bool

    recording, numbers_only = False, True

    def __init__(self, outer: Recorder) -> None:
        self.outer, self.expanding, self.watching = outer, outer.expanding, outer.watching

    def node(self, op: Operation, operands: Operands, data: float, local_grads: tuple[float | None, ...]) -> Value:
        """A constant: nothing is recorded."""
        return Constant(data)

    def before_backward(self, root: Value, gradient: float) -> None:
        """Told before every backward pass."""
        self.outer.before_backward(root, gradient)

    def around(self, kind: Callable[[Recorder], Recorder]) -> Recorder:
        """The same with a recorder of `kind` around it."""
        return NoGrad(self.outer.around(kind)).with_expansion(self.expanding)

    def with_grad(self) -> Recorder:
        """The recorder that records again."""
        return self.outer.with_expansion(self.expanding)

    def without_grad(self) -> Recorder:
        """This one: gradients are off already."""
        return self


class Around(Recorder):
    """Looks at the nodes that another recorder makes."""

    outer: Recorder
    expanding: bool
    watching: bool

    def __init__(self, outer: Recorder) -> None:
        self.outer, self.expanding = outer, outer.expanding
        self.watching = self.watching or outer.watching

    def node(self, op: Operation, operands: Operands, data: float, local_grads: tuple[float | None, ...]) -> Value:
        """A node, made by the recorder inside."""
        return self.outer.node(op, operands, data, local_grads)

    def before_backward(self, root: Value, gradient: float) -> None:
        """Told before every backward pass."""
        self.outer.before_backward(root, gradient)


class Block:
    """A `with` block, or a decorator, in which another recorder makes the nodes.

    A decorated generator or coroutine has it while it runs, not while it is suspended.
    """

    def __init__(self, *given: object) -> None:
        if given:
            name = type(self).__name__
            raise TypeError(f"{name}() takes nothing, got {given[0]!r:.60}; as a decorator it is written @{name}()")
        self._tokens: list[Token[Recorder]] = []

    def recorder(self, now: Recorder) -> Recorder:
        """The one that makes the nodes inside, when `now` makes them outside."""
        raise NotImplementedError

    def __enter__(self) -> None:
        self._tokens.append(RECORDER.set(self.recorder(RECORDER.get())))

    def __exit__(self, *_: object) -> None:
        RECORDER.reset(self._tokens.pop())

    def again(self) -> Self:
        """A block of its own for each call of a decorated function, since threads share the function."""
        return type(self)()

    def __call__(self, function: F) -> F:
        """Decorate a function, coroutine or generator: all of it runs in the mode."""
        if isinstance(function, type) or not callable(function):
            raise TypeError(f"@{type(self).__name__}() decorates a function, got {function!r:.60}")
        if inspect.isasyncgenfunction(function):
            raise TypeError(
                f"@{type(self).__name__}() does not reach into the asynchronous generator {function.__name__}: "
                f"write `with {type(self).__name__}():` inside it, around what is between two yields"
            )
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def waiting(*args: Any, **named: Any) -> Any:
                return await _Awaited(function(*args, **named), self.again)

            return waiting  # type: ignore[return-value]

        @wraps(function)
        def called(*args: Any, **named: Any) -> Any:
            with self.again():
                result = function(*args, **named)
            return _Stepwise(result, self.again) if stepwise else result

        stepwise = inspect.isgeneratorfunction(function)
        return called  # type: ignore[return-value]


class _Stepwise(Generator[Any, Any, Any]):
    """A generator that runs inside a block each time that it is resumed."""

    def __init__(self, inner: Generator[Any, Any, Any] | Coroutine[Any, Any, Any], block: Callable[[], Block]) -> None:
        self.inner, self.block = inner, block

    def send(self, sent: Any) -> Any:
        with self.block():
            return self.inner.send(sent)

    def throw(self, *error: Any) -> Any:
        with self.block():
            return self.inner.throw(*error)

    def close(self) -> None:
        with self.block():
            self.inner.close()

    __del__ = close  # what its `finally` does, when nobody goes on with it, is done inside, too


class _Awaited(_Stepwise):
    """The same for a coroutine."""

    def __await__(self) -> Self:
        return self


class no_grad(Block):
    """Compute numbers only: results made inside are constants that remember no operands. Also a decorator.

    >>> from autograd import Value, no_grad
    >>> with no_grad():
    ...     (Value(2.0) * 3.0).operands
    ()
    """

    def recorder(self, now: Recorder) -> Recorder:
        """Inside the block gradients are off."""
        return now.without_grad() or NoGrad(now)


class expanded(Block):
    """Build `sum`, `mean`, `prod`, `dot`, `norm`, `logsumexp` and `cross_entropy` from single operations.

    `expanded(False)` takes that back inside. Also a decorator.

    >>> from autograd import Value, dot, expanded
    >>> with expanded():
    ...     dot([Value(2.0)], [Value(3.0)], Value(1.0)).op.name
    'add'
    """

    on: bool

    def __init__(self, on: Any = True) -> None:
        super().__init__()
        asked: Any = on
        if not (isinstance(asked, bool) or is_truth(asked)):
            raise TypeError(f"expanded() takes True or False, got {on!r:.60}; as a decorator it is written @expanded()")
        self.on = bool(on)

    def recorder(self, now: Recorder) -> Recorder:
        """Inside the block operations with many operands come as single ones, or whole."""
        return now.with_expansion(self.on)

    def again(self) -> Self:
        """The same block once more, for a function that is called again."""
        return type(self)(self.on)


class recording(Block):
    """Record again, where `no_grad` has switched it off: derivatives need the graph."""

    def recorder(self, now: Recorder) -> Recorder:
        """Inside the block gradients are on."""
        return now.with_grad()


class using(Block):
    """Let this recorder make the nodes."""

    def __init__(self, one: Recorder = PLAIN) -> None:
        super().__init__()
        self.one = one

    def recorder(self, now: Recorder) -> Recorder:
        """Inside the block, this very recorder."""
        return self.one

    def again(self) -> Self:
        """The same block once more."""
        return type(self)(self.one)
