"""What optimizers and clipping may be given to change: a list of different Values that hold numbers."""

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

from autograd import Constant, Value

from .inputs import described


def checked(parameters: Iterable[Value]) -> list[Value]:
    """The parameters as a list; raises TypeError or ValueError where it is not one of different, learnable Values."""
    given = different(parameters)
    if not given:
        raise ValueError("no parameters: give at least one, for instance model.parameters()")
    for i, p in enumerate(given):
        if isinstance(p, Constant) or p.operands:
            raise _not_learnable(i, p)
    return given


def different(parameters: Iterable[Value]) -> list[Value]:
    """The Values as a list; raises TypeError or ValueError where it is not one of different Values."""
    if not isinstance(parameters, Iterable):
        raise TypeError(
            f"expected a list of Values, got {described(parameters)}: write for instance model.parameters()"
        )
    given = list(parameters)
    for i, p in enumerate(given):
        if not isinstance(p, Value):
            raise _not_learnable(i, p)
    if len(set(given)) < len(given):
        raise ValueError("a parameter comes twice, and would be changed twice in each step: give each once")
    return given


def _not_learnable(i: int, p: object) -> TypeError:
    return TypeError(f"parameter {i} is {described(p)}: only a Value(...), which nothing computed, can learn")


def require_numbers(parameters: Sequence[Any], slots: Sequence[str] = ("data", "grad")) -> None:
    """Raise TypeError for a `.data` or `.grad` that is no number.

    (While a step is traced to be compiled, what stands for a parameter is no Value, and its numbers are not known.)
    """
    if {*map(type, [p.data for p in parameters]), *map(type, [p.grad for p in parameters])} <= {float}:
        return
    for i, p in enumerate(parameters):
        for slot in slots:
            if not isinstance(x := getattr(p, slot), Real) and isinstance(p, Value):
                named = f"parameter {i}{p.label and f' ({p.label})'}"
                remedy = "zero_grad() or p.grad = 0.0" if x is None else "a number alone, such as v.item()"
                raise TypeError(f"{named}: its .{slot} is {described(x)}, not a number: give it {remedy}")
