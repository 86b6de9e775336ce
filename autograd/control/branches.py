"""cond: one of two functions, as a condition says; compiled, the choice is made anew for every call and row."""

from collections.abc import Callable
from typing import Any

from ..functions import VALUES
from ..operations.arithmetic import is_number
from ..support.pytree import describe, flatten, restore
from ..value import RECORDER, Constant, Value


def cond(condition: Any, yes: Callable[..., Any], no: Callable[..., Any], *args: Any) -> Any:
    """`yes(*args)` where the condition is not 0, else `no(*args)`; the contract of `jax.lax.cond`.

    The condition is a number, a bool, or a Value such as `autograd.greater(x, 0)`. Arguments and results are numbers
    and (nested) lists of them; the two results have one structure. The engine calls the one function only. Compiled,
    both are traced and the results selected, row by row; what an argument is sent comes from the chosen one alone,
    even where the other has no finite derivative. Give as arguments what the functions use, so that this holds.

    Raises TypeError for a condition that is no number, and, compiled, for results of different structures.

    >>> import autograd
    >>> def f(x):
    ...     return autograd.cond(autograd.greater(x, 0.0), autograd.sqrt, lambda x: 0.0 * x, x)
    >>> f(4.0), autograd.grad(f)(4.0), autograd.grad(f)(-4.0)
    (2.0, 0.25, 0.0)
    >>> autograd.compile(f).value_and_grad(0.0)
    (0.0, 0.0)
    """
    if not is_known(condition, "cond"):
        return selected(condition, yes(*gated(condition, args)), no(*gated(VALUES.equal(condition, 0.0), args)))
    return yes(*args) if truth(condition) else no(*args)


def is_known(condition: Any, name: str) -> bool:
    """Whether the condition is settled already; TypeError where it is no condition."""
    if not (isinstance(condition, (bool, Value)) or is_number(condition)):
        raise TypeError(
            f"{name}: the condition is {describe(condition)}; give a number, a bool or a Value, such as "
            "autograd.greater(x, 0)"
        )
    return not (isinstance(condition, Value) and RECORDER.get().tracing and type(condition) is not Constant)


def truth(condition: Any) -> bool:
    """A settled condition as a bool."""
    return bool((condition.data if isinstance(condition, Value) else condition) != 0)


def gated(condition: Any, args: Any) -> Any:
    """The same numbers, through which gradient passes only where the condition holds: nan behind it stays there."""
    numbers = [VALUES.where(condition, x, x.detach()) if isinstance(x, Value) else x for x in flatten(args)]
    return restore(args, numbers)


def selected(condition: Any, yes: Any, no: Any) -> Any:
    """The one result or the other, number by number."""
    if describe(yes) != describe(no):
        raise TypeError(f"the two results must have one structure: {describe(yes)}, and {describe(no)}")
    pairs = zip(flatten(yes), flatten(no), strict=True)
    return restore(yes, [VALUES.where(condition, a, b) for a, b in pairs])
