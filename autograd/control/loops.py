"""scan and while_loop: a step repeated, with what it carries from one to the next."""

from collections.abc import Callable, Sequence
from typing import Any

from ..functions import VALUES
from ..operations.arithmetic import nan
from ..support.arrays import as_lists, is_array
from ..support.pytree import describe
from .branches import gated, is_known, selected, truth

MAX_STEPS = "while_loop: its number of steps depends on numbers that are not known while it is traced; give max_steps="


def scan(
    step: Callable[[Any, Any], tuple[Any, Any]], carry: Any, xs: Any = None, length: int | None = None
) -> tuple[Any, list[Any] | None]:
    """`carry, y = step(carry, x)` for each x in order; returns the last carry and the list of all y.

    The contract of `jax.lax.scan`: `xs` is a list or array, of which each step gets one element, a tuple of such, of
    which it gets a tuple, or None with the number of steps as `length`. The carry, a number or (nested) lists, keeps
    its structure. Where every y is None, None is returned for their list.

    Raises TypeError where the carry changes its structure, or a step returns no pair; ValueError for lengths that
    disagree.

    >>> import autograd
    >>> autograd.scan(lambda total, x: (total + x, total * x), 0.0, [1.0, 2.0, 3.0])
    (6.0, [0.0, 2.0, 9.0])
    """
    structure, ys = describe(carry), []
    for t, x in enumerate(_elements(xs, length)):
        result: Any = step(carry, x)
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(f"scan: step {t} returned {describe(result)}; return (carry, y), where y may be None")
        carry, y = result
        _require_same("scan", t, structure, carry)
        ys.append(y)
    return carry, None if ys and all(y is None for y in ys) else ys


def while_loop(test: Callable[[Any], Any], body: Callable[[Any], Any], carry: Any, max_steps: int | None = None) -> Any:
    """`carry = body(carry)` as long as `test(carry)` is not 0; returns the last carry.

    The contract of `jax.lax.while_loop`, with gradients: those of the steps that were made. The carry, a number or
    (nested) lists, keeps its structure. Compiled, `max_steps` steps are traced and each row makes as many of them as
    its test says.

    Raises TypeError where the carry changes its structure, and ArithmeticError where the test still holds after
    `max_steps` steps; compiled, the result is nan then.

    >>> import autograd
    >>> def halvings(x):
    ...     return autograd.while_loop(lambda v: autograd.greater(v, 1.0), lambda v: v * 0.5, x, max_steps=20)
    >>> autograd.value_and_grad(halvings)(10.0), autograd.compile(halvings).value_and_grad(10.0)
    ((0.625, 0.0625), (0.625, 0.0625))
    """
    structure, steps = describe(carry), 0
    while is_known(holds := test(carry), "while_loop"):
        if not truth(holds):
            return carry
        if steps == max_steps:
            raise ArithmeticError(f"while_loop: its test still holds after max_steps={max_steps}, at {carry!r:.80}")
        carry, steps = body(carry), steps + 1
        _require_same("while_loop", steps - 1, structure, carry)
    if max_steps is None:
        raise TypeError(MAX_STEPS)
    return _masked(test, body, carry, holds, max_steps - steps)


def _masked(test: Callable[[Any], Any], body: Callable[[Any], Any], carry: Any, holds: Any, steps: int) -> Any:
    """All steps, of which those count that are made while the test holds."""
    structure = describe(carry)
    for t in range(steps):
        after = body(gated(holds, carry))
        _require_same("while_loop", t, structure, after)
        carry = selected(holds, after, carry)
        holds = VALUES.where(holds, test(carry), 0.0)
    return selected(holds, _all_nan(carry), carry)


def _all_nan(carry: Any) -> Any:
    return [_all_nan(part) for part in carry] if isinstance(carry, (list, tuple)) else nan


def _elements(xs: Any, length: int | None) -> Sequence[Any]:
    """What each step gets."""
    if xs is None:
        if length is None:
            raise ValueError("scan: give xs, or the number of steps as length=")
        return [None] * length
    parts = xs if isinstance(xs, tuple) else (xs,)
    sequences = [as_lists(part) if is_array(part) else part for part in parts]
    counts = {len(part) for part in sequences} | ({length} if length is not None else set())
    if len(counts) != 1:
        raise ValueError(f"scan: the lengths disagree: {', '.join(map(str, sorted(counts)))}")
    return list(zip(*sequences, strict=True)) if isinstance(xs, tuple) else list(sequences[0])


def _require_same(name: str, t: int, structure: str, carry: Any) -> None:
    if describe(carry) != structure:
        raise TypeError(f"{name}: step {t} makes {describe(carry)} of the carry, which was {structure}")
