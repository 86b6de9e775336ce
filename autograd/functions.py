"""The functions: each operation of the table, of Values or of plain numbers (`functions.pyi` shows them to editors).

A Value among the arguments makes a node; plain numbers alone give a plain float. This module is also the arithmetic
of Values: derivatives handed `m = functions` are graphs again.
"""

import builtins
import inspect
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any

from . import fast_paths, methods
from .graph import Gated
from .operations import reductions
from .operations.arithmetic import FLOATS, NOTHING, Arithmetic, real
from .operations.elementary import EXP_DIFFERENCE, TRUEDIV
from .operations.operation import OPERATIONS, Operation, register
from .requirements import require
from .support.pytree import AnyFunction
from .value import RECORDER, Constant, Value, apply

WITHOUT_ROW = ("log_softmax", "operation", "softmax")  # the functions here that are no operations of the table


def operation(
    name: str,
    forward: AnyFunction,
    partials: Sequence[AnyFunction | None],
    *,
    symbol: str = "",
    operands: Sequence[str] = (),
    samples: Sequence[Sequence[float]] = (),
    doc: str = "",
    **notation: Any,
) -> Callable[..., Any]:
    """A new operation, equal in rank to the built-in ones; returns its function.

    `forward(m, x, …)` and each of `partials`, `(m, x, …, out)`, are written with the operators and the functions of
    the arithmetic `m`; there is one partial for each operand, None where it has no derivative. What the operation does
    not select gets `m.passes(condition, slope)`: the slope where the condition holds, elsewhere nothing, whatever
    arrives. The operands are named as in `forward` unless `operands` says otherwise; a default of `forward` is one of
    the function too. `notation`: how formula() writes it, the fields `text`, `latex`, `level` and `textbook` of
    `Operation`. Raises ValueError for a name that exists, a wrong number of partials, or a function that does not take
    the operands.

    >>> import autograd
    >>> softcap = autograd.operation(
    ...     "softcap",
    ...     lambda m, x, cap: cap * m.tanh(m.truediv(x, cap)),
    ...     [lambda m, x, cap, out: 1 - m.truediv(out, cap) ** 2, None],
    ... )
    >>> softcap(100.0, 30.0)
    29.92...
    """
    if name in WITHOUT_ROW or hasattr(Arithmetic, name):
        raise ValueError(f"a function named {name!r} exists already; choose another name")
    if callable(partials):
        raise TypeError(f"operation {name!r}: give a list of derivatives, one for each operand: [{_name(partials)}]")
    parameters = tuple(inspect.signature(forward).parameters.values())[1:]
    if not parameters and not operands:
        raise ValueError(f"operation {name!r}: {_name(forward)} takes the arithmetic first, then its operands: (m, x)")
    names = tuple(operands) or tuple(p.name for p in parameters)
    given = zip(names, parameters, strict=False)
    notation.setdefault("defaults", {name: p.default for name, p in given if p.default is not p.empty})
    _require_arity(name, forward, ("m", *names))
    for partial in partials:
        _require_arity(name, partial, ("m", *names, "out"))
    op = Operation(
        name,
        symbol or name,
        forward,
        tuple([partial and _answering(name, partial) for partial in partials]),
        operands=names,
        samples=tuple(tuple(point) for point in samples),
        doc=doc,
        users=True,
        **notation,
    )
    return function_of(register(op))


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", function))


def _answering(name: str, partial: Any) -> Callable[..., Any]:
    """The partial; a forgotten `return` is an error, since None would be taken for: no gradient passes."""

    @wraps(partial)
    def answering(*arguments: Any) -> Any:
        found = partial(*arguments)
        if found is None:
            raise TypeError(
                f"operation {name!r}: its derivative {_name(partial)} returned None; return the number, or, where no "
                "gradient passes, m.passes(condition, slope), or give None in place of the function"
            )
        return found

    return answering


def _require_arity(name: str, function: Any, arguments: Sequence[str]) -> None:
    """Raise ValueError now where a call with so many arguments would fail later."""
    if function is not None:
        try:
            inspect.signature(function).bind(*arguments)
        except TypeError as error:
            raise ValueError(f"operation {name!r}: cannot call {function}({', '.join(arguments)}): {error}") from None


@cache
def function_of(op: Operation) -> Callable[..., Any]:
    """The function of an operation, with its name and its documentation."""
    flatten, signature = op.gather or op.flatten, _signature(op)

    def function(*arguments: Any, **named: Any) -> Any:
        try:
            operands = flatten(*arguments, **named)
        except TypeError:
            if op.many:
                _require_bindable(op.name, signature, arguments, named)
            raise
        if op.last is not None:
            operands = [*operands[:-1], require(operands[-1], op.last(len(operands) - 1))]
        return evaluate(op, operands)

    made = function
    if op.operands == ("x",) and not op.defaults:
        made = fast_paths.unary(op, function)
    elif op is reductions.DOT:
        made = fast_paths.dot(function)
    made.__name__ = made.__qualname__ = op.name
    made.__signature__ = signature  # type: ignore[attr-defined]
    made.__module__ = __name__  # where pickle finds it
    made.__doc__ = op.doc + _example(op)
    return made


def _signature(op: Operation) -> inspect.Signature:
    """What help() and notebooks show of it: the arguments of `gather`, or the operands with their defaults."""
    none = inspect.Parameter.empty
    if op.gather is not None:
        return inspect.Signature([p.replace(annotation=none) for p in inspect.signature(op.gather).parameters.values()])
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter(x, kind, default=op.defaults.get(x, none)) for x in op.operands])


def _require_bindable(name: str, signature: inspect.Signature, arguments: Sequence[Any], named: Any) -> None:
    """Raise TypeError in the function's own name where the arguments are not its own."""
    try:
        signature.bind(*arguments, **named)
    except TypeError as error:
        raise TypeError(f"{name}{signature}: {error}") from None


def _example(op: Operation) -> str:
    """A call with its result for the documentation, where the arguments are simply the operands."""
    if not op.samples or (op.many and "\n" in op.doc):
        return ""
    point = list(op.samples[0])
    call = f"{op.name}({point if op.many else ', '.join(map(str, point))})"
    return f"\n\n    >>> import autograd\n    >>> autograd.{call}\n    {op.evaluate(FLOATS, point)!r}\n"


def evaluate(op: Operation, operands: Sequence[Any]) -> Any:
    """The operation on `operands`: a node where one of them is a Value, a plain float otherwise."""
    if {Value, Constant}.isdisjoint(map(type, operands)) and not any(isinstance(x, Value) for x in operands):
        return real(op.evaluate(FLOATS, [real(x, op.name) for x in operands]), f"the result of {op.name}")
    if op.expansion is not None and RECORDER.get().expanding:
        return op.expansion(VALUES, [x if isinstance(x, Value) else real(x, op.name) for x in operands])
    return apply(op, operands)


class ValueArithmetic(Arithmetic):
    """The arithmetic of Values: every operation makes a node, unless all its operands are plain numbers."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = function_of(self._entry(name))
        setattr(self, name, function)
        return function

    @staticmethod
    def where(condition: Any, x: Any, y: Any) -> Any:
        """A plain condition is settled already: no node for it."""
        if isinstance(condition, Value):
            return apply(OPERATIONS["where"], (condition, x, y))
        return x if condition else y

    @staticmethod
    def passes(condition: Any, slope: Any) -> Any:
        """A plain condition is settled already; any other stays in the graph, which is then right for other numbers."""
        if isinstance(condition, Value):
            return Gated(condition, slope, ValueArithmetic.where)
        return slope if condition else NOTHING

    @staticmethod
    def detach(x: Any) -> Any:
        return x.detach() if isinstance(x, Value) else x


VALUES = ValueArithmetic()
methods.install()
_functions = {name: function_of(op) for name, op in OPERATIONS.items()}
globals().update(_functions)


def softmax(values: Sequence[Any]) -> list[Any]:
    """eˣⁱ / Σ eˣʲ for each of the values, as a list that adds up to 1; right to 4 units however large they are."""
    values = list(values)
    largest = _largest(values)
    powers = [evaluate(EXP_DIFFERENCE, (x, largest)) for x in values]
    total = evaluate(reductions.SUM, powers)
    return [evaluate(TRUEDIV, (power, total)) for power in powers]


def log_softmax(values: Sequence[Any]) -> list[Any]:
    """The logarithms of the softmax, xᵢ − logsumexp(x), as a list; exact where the softmax itself would be 0 or 1."""
    values = list(values)
    largest = _largest(values)
    below = [x - largest for x in values]
    total = VALUES.logsumexp(below)
    return [x - total for x in below]


def _largest(values: Sequence[Any]) -> Any:
    """What is subtracted from all: no derivative is taken of it, for the softmax stays the same whatever it is."""
    return VALUES.detach(VALUES.max(values))


# `from autograd import *` must not shadow builtins: sum, min, max, abs and pow are used as autograd.sum
__all__ = [*WITHOUT_ROW, *(name for name in _functions if not hasattr(builtins, name))]
