"""What NumPy asks of a Value: `np.float64(2.0) * v` and `np.exp(v)` are operations of the graph.

NumPy hands a function of its own (a ufunc) to the Value among the arguments. Where the table has the operation it is
done; everything else is refused, with the remedy.
"""

import operator
from collections.abc import Callable
from typing import Any

from ..operations.arithmetic import real
from ..operations.operation import OPERATIONS, Operation

COMPARISONS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "less": (operator.lt, operator.gt),
    "less_equal": (operator.le, operator.ge),
    "greater": (operator.gt, operator.lt),
    "greater_equal": (operator.ge, operator.le),
    "equal": (operator.eq, operator.eq),
    "not_equal": (operator.ne, operator.ne),
}
"""NumPy's comparisons as Python's, and with the two sides exchanged."""

OTHER_NAMES = dict(
    pair.split("=")
    for pair in "subtract=sub multiply=mul divide=truediv power=pow negative=neg absolute=abs fabs=abs rint=round "
    "arcsin=asin arccos=acos arctan=atan arctan2=atan2 arcsinh=asinh arccosh=acosh arctanh=atanh".split()
)
"""NumPy's names, where the table has others."""


class NumpyProtocol:
    """Lets NumPy's functions of one number be called with a Value."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        theirs = f"np.{ufunc.__name__}"
        name = OTHER_NAMES.get(ufunc.__name__, ufunc.__name__)
        if method == "__call__" and not options and name in COMPARISONS:
            return _compared(name, *inputs)
        known = name in OPERATIONS and ufunc.nin == len(OPERATIONS[name].operands)  # heaviside takes two, ours one
        if method != "__call__" or options or not known:
            ours = f"autograd.{name}" if known else "the functions of autograd, or v.data for the number alone"
            raise TypeError(f"{theirs} does not take a Value this way, for no gradient would pass; use {ours}")
        operands = [x if isinstance(x, NumpyProtocol) else real(x, f"{theirs} of a Value") for x in inputs]
        return self._operate(OPERATIONS[name], *operands)

    def _operate(self, op: Operation, *operands: Any) -> Any:
        """The result of `op`, as of the Value's own operators."""
        raise NotImplementedError


def _compared(name: str, left: Any, right: Any) -> Any:
    """By the Value. NumPy's own numbers come as arrays without dimensions."""
    straight, exchanged = COMPARISONS[name]
    return straight(left, _plain(right)) if isinstance(left, NumpyProtocol) else exchanged(right, _plain(left))


def _plain(x: Any) -> Any:
    return x.item() if getattr(x, "shape", None) == () else x
