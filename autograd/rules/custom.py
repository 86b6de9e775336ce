"""Derivatives of one's own: `custom_derivative` gives a whole function its backward rule.

Such a function is computed on plain numbers, by any code, and each of its results is one node. Its rule, called with
the numbers at hand, or with Values where derivatives are differentiated or compiled, says what passes back.
"""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

from ..functions import evaluate
from ..graph import topological_order
from ..operations.arithmetic import FLOATS, real
from ..operations.operation import Operation
from ..support.pytree import AnyFunction, describe, flatten, restore
from ..value import RECORDER, Constant, Value

NOT_GIVEN = "{}: {} uses {}, which is not among its arguments: give it as one, or no gradient would reach it"


def custom_derivative(backward: AnyFunction) -> Callable[[AnyFunction], Callable[..., Any]]:
    """A decorator: the function keeps its values, and its derivatives are what `backward` says.

    `backward(gradient, result, *args)` gets ∂L/∂result in the structure of the result, the result and the arguments,
    and returns ∂L/∂argument for each argument: a tuple, or for a single argument that alone; None where no gradient
    passes. It is linear in `gradient`, and written with operators and `autograd`'s functions. The function itself gets
    plain numbers, and may compute with them however it likes; to be compiled it is traced, as all are.

    Arguments and results are numbers and (nested) lists of them. Raises TypeError where the rule's answer has not the
    arguments' structure, or the function uses Values that it did not get as arguments. `gradcheck` checks the rule.

    >>> import math, autograd
    >>> @autograd.custom_derivative(lambda gradient, result, x: gradient * result)
    ... def power(x):
    ...     return math.exp(x)
    >>> autograd.grad(power)(0.0), autograd.grad(autograd.grad(power))(0.0)
    (1.0, 1.0)
    """
    require_function(backward, "custom_derivative", "@custom_derivative(backward)")

    def decorate(function: AnyFunction) -> Callable[..., Any]:
        require_function(function, "custom_derivative", "custom_derivative(backward)(function)")
        shapes: dict[str, _Shaped] = {}

        def shaped(args: Any) -> _Shaped:
            key = repr(restore(args, [0] * len(flatten(args))))
            return shapes.get(key) or shapes.setdefault(key, _Shaped(called, function, backward, args))

        @wraps(function)
        def called(*args: Any) -> Any:
            return shaped(args)(flatten(args))

        called.__dict__["shaped"] = shaped
        return called

    return decorate


class _Shaped:
    """A function with its rule, for arguments of one structure: an operation for each of its results."""

    def __init__(self, public: Any, function: Any, backward: Any, arguments: tuple[Any, ...]) -> None:
        self.public, self.function, self.backward = public, function, backward
        self.name = str(getattr(function, "__name__", "function")).strip("<>")
        self.arguments = restore(arguments, [0.0] * len(flatten(arguments)))
        self.result: Any = None
        self.operations: list[Operation] = []
        self.latest: tuple[tuple[str, ...], list[float]] = ((), [])  # the last numbers, and what came of them

    def __call__(self, numbers: list[Any]) -> Any:
        """The results as nodes; as plain numbers where all arguments are."""
        if RECORDER.get().tracing:
            result = self.function(*restore(self.arguments, numbers))
            self.require_own(flatten(result), numbers, "it")
        else:
            floats = [real(x.data if isinstance(x, Value) else x, self.name) for x in numbers]
            result = self.function(*restore(self.arguments, floats))
            self.latest = (_key(floats), self._floats(result))
        self.declare(result)
        return restore(self.result, [evaluate(op, numbers) for op in self.operations])

    def declare(self, result: Any) -> None:
        """Make the operations, when the first result is known; all others must have its structure."""
        count = len(flatten(result))
        if not self.operations:
            self.result = restore(result, [0.0] * count)
            self.operations = [_WithRule.of(self, k, count) for k in range(count)]
        elif describe(result) != describe(self.result):
            raise TypeError(
                f"{self.name} returned {describe(result)} where it returned {describe(self.result)} before, for "
                "arguments of the same structure"
            )

    def forward(self, k: int, m: Any, xs: Sequence[Any]) -> Any:
        """Result k."""
        if m is not FLOATS:
            return flatten(self.function(*restore(self.arguments, xs)))[k]
        key, found = self.latest  # one reading: another thread may put others there
        if key != _key(xs):
            found = self._floats(self.function(*restore(self.arguments, xs)))
            self.latest = (_key(xs), found)
        return found[k]

    def partials(self, k: int, m: Any, xs: Sequence[Any], out: Any) -> list[Any]:
        """∂(result k)/∂x for each x, by the rule."""
        results = [out if j == k else evaluate(op, xs) for j, op in enumerate(self.operations)]
        seed = restore(self.result, [float(j == k) for j in range(len(results))])
        found = self._flat(self.backward(seed, restore(self.result, results), *restore(self.arguments, xs)))
        if m is FLOATS:
            return [x if x is None else self._float(x, "its backward rule") for x in found]
        self.require_own(found, [*xs, *results], "its backward rule")
        return found

    def _flat(self, answer: Any) -> list[Any]:
        """The rule's answer, a number or None for each of the arguments' numbers."""
        single = len(self.arguments) == 1 and not (isinstance(answer, tuple) and len(answer) == 1)
        answers = (answer,) if single else answer
        if not isinstance(answers, (tuple, list)) or len(answers) != len(self.arguments):
            raise TypeError(
                f"{self.name}: its backward rule returned {describe(answer)}; return a tuple of {len(self.arguments)}, "
                "∂L/∂argument for each argument (None: no gradient passes)"
            )
        pairs = enumerate(zip(answers, self.arguments, strict=True))
        return [x for i, (part, argument) in pairs for x in self._part(i, part, argument)]

    def require_own(self, results: list[Any], given: Sequence[Any], who: str) -> None:
        """Raise TypeError where results depend on a Value that was not given."""
        known = {x for x in given if isinstance(x, Value)}
        for node in topological_order(*[x for x in results if isinstance(x, Value)], visited=known):
            if not (node.operands or isinstance(node, Constant)):
                raise TypeError(NOT_GIVEN.format(self.name, who, repr(node.label) if node.label else "a Value"))

    def _part(self, i: int, answer: Any, argument: Any) -> list[Any]:
        """The rule's answer for argument i, flat."""
        if answer is None:
            return [None] * len(flatten(argument))
        if describe(answer) != describe(argument):
            raise TypeError(
                f"{self.name}: its backward rule returned {describe(answer)} for argument {i}, which is "
                f"{describe(argument)}"
            )
        return flatten(answer)

    def _floats(self, result: Any) -> list[float]:
        return [self._float(x, "it") for x in flatten(result)]

    def _float(self, x: Any, who: str) -> float:
        if isinstance(x, Value):
            self.require_own([x], [], who)
        return real(x, self.name)


class _WithRule(Operation):
    """Result k of a function with a rule of its own; pickled by the function's name."""

    __slots__ = ("place",)

    place: tuple[Any, ...]

    @classmethod
    def of(cls, shaped: _Shaped, k: int, count: int) -> "_WithRule":
        """The operation of one of `count` results."""
        name = shaped.name if count == 1 else f"{shaped.name}[{k}]"
        forward, partials = partial(shaped.forward, k), partial(shaped.partials, k)
        op = cls(name, name, forward, partials, operands=("values",), many=True, users=True)
        object.__setattr__(op, "place", (shaped.public, shaped.arguments, shaped.result, k))
        return op

    def __reduce__(self) -> Any:
        return _operation, self.place


def _operation(public: Any, arguments: Any, result: Any, k: int) -> Operation:
    """The operation of result k of a function with a rule, for arguments of this structure."""
    found: _Shaped = public.shaped(arguments)
    found.declare(result)
    return found.operations[k]


def _key(xs: Sequence[float]) -> tuple[str, ...]:
    """Numbers to compare: −0.0 is not 0.0, and nan is itself."""
    return tuple([float(x).hex() for x in xs])


def require_function(given: object, name: str, usage: str) -> None:
    """Raise TypeError for what cannot be called, with an example of the usage."""
    if not callable(given):
        raise TypeError(f"{name} takes a function, as in {usage}; got {given!r:.60}")
