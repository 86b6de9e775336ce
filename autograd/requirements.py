"""Requirements are checked: at once where the number is known, at every call of compiled code where it is not yet."""

from collections.abc import Callable
from typing import Any

from .requirement import Requirement
from .value import RECORDER, Value


def require(x: Any, requirement: Requirement, where: Callable[[], str] = str) -> Any:
    """`x`, a number or a Value, after the check of its number; `where` says its place, should an error need it.

    While the compiler traces, the number of a Value is not known yet: the tracer is given the requirement instead, to
    check it on every row of every call.
    """
    if isinstance(x, Value):
        return RECORDER.get().require(x, requirement, where)
    requirement.check(x, where)
    return x
