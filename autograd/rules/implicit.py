"""Implicit differentiation: the derivative of a root is that of its equation, however it was found."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..functions import VALUES
from ..support.pytree import AnyFunction, flatten
from ..transforms import grad, jacobian
from ..value import Value
from .custom import custom_derivative, require_function

CONVERGED = 1e-6  # a Newton step from a root, beside 1 + |root|: more is no root


def implicit(equation: AnyFunction) -> Callable[[AnyFunction], Callable[..., Any]]:
    """A decorator for a function that solves `equation(x, *args) == 0` for x: Newton, bisection, a fixed point, …

    The derivative is that of the equation at the root, dx/dθ = −(∂F/∂x)⁻¹ · ∂F/∂θ (implicit function theorem), however
    the root was found; of any order. A fixed point x = f(x, θ) is the root of x − f(x, θ). x is a number, or a list
    with as many equations as numbers. Raises ArithmeticError where what was found is no root, a Newton step from it
    being longer than 1e-6 · (1 + |x|), or where ∂F/∂x is singular there; compiled, the derivatives are nan then.

    >>> import autograd
    >>> @autograd.implicit(lambda x, a: x * x - a)
    ... def root(a):
    ...     x = 1.0
    ...     for _ in range(30):
    ...         x = (x + a / x) / 2.0
    ...     return x
    >>> round(autograd.grad(root)(4.0), 12), round(autograd.grad(autograd.grad(root))(4.0), 12)
    (0.25, -0.03125)
    """
    require_function(equation, "implicit", "@implicit(equation)")
    return custom_derivative(partial(_through_root, equation))


def _through_root(equation: Callable[..., Any], gradient: Any, root: Any, *args: Any) -> tuple[Any, ...]:
    """What passes through a root: λ of Fₓᵀ·λ = gradient, then −λ·∂F/∂θ."""
    left = flatten(equation(root, *args))
    unknowns = flatten(root)
    if len(left) != len(unknowns):
        raise TypeError(f"implicit: {len(left)} equation(s) for {len(unknowns)} unknown(s); give one for each")
    slopes = [flatten(row) for row in _rows(equation, root, args)]
    step = solve(slopes, left)
    multipliers = solve([list(column) for column in zip(*slopes, strict=True)], flatten(gradient))
    factors = [_where_root(dx, x, m) for dx, x, m in zip(step, unknowns, multipliers, strict=True)]

    def weighted(*thetas: Any) -> Any:
        return -VALUES.dot(factors, flatten(equation(root, *thetas)))

    found: tuple[Any, ...] = grad(weighted, tuple(range(len(args))))(*args)
    return found


def _rows(equation: Callable[..., Any], root: Any, args: Sequence[Any]) -> list[Any]:
    """∂F/∂x, a row for each equation."""
    found = jacobian(lambda x: flatten(equation(x, *args)))(root)
    rows: list[Any] = list(found)
    return rows


def _where_root(step: Any, x: Any, multiplier: Any) -> Any:
    """The multiplier where x is a root, judged by a Newton step from it; an error, or nan where it is not known yet."""
    limit = CONVERGED * (1.0 + VALUES.abs(x))
    if isinstance(step, Value) or isinstance(limit, Value):
        return VALUES.where(VALUES.less_equal(VALUES.abs(step), limit), multiplier, float("nan"))
    if abs(step) <= limit:
        return multiplier
    raise ArithmeticError(
        f"implicit: x = {x!r} is no root of the equation, or ∂F/∂x is singular there (a Newton step from it is "
        f"{step!r}): let the solver go on until it has converged, and check that it solves this equation"
    )


def solve(matrix: Sequence[Sequence[Any]], right: Sequence[Any]) -> list[Any]:
    """x of matrix · x = right, by elimination; rows are exchanged by selection, so that it can be traced.

    Numbers or Values; a singular matrix gives inf or nan.

    >>> solve([[0.0, 2.0], [4.0, 1.0]], [2.0, 9.0])
    [2.0, 1.0]
    """
    rows = [[*row, x] for row, x in zip(matrix, right, strict=True)]
    for k in range(len(rows)):
        for below in range(k + 1, len(rows)):
            rows[k], rows[below] = _larger_first(rows[k], rows[below], k)
        for below in range(k + 1, len(rows)):
            factor = VALUES.truediv(rows[below][k], rows[k][k])
            rows[below] = [x - factor * y for x, y in zip(rows[below], rows[k], strict=True)]
    found: list[Any] = []
    for k in reversed(range(len(rows))):
        known = sum((a * x for a, x in zip(rows[k][k + 1 : -1], found, strict=True)), 0.0)
        found.insert(0, VALUES.truediv(rows[k][-1] - known, rows[k][k]))
    return found


def _larger_first(one: list[Any], other: list[Any], k: int) -> tuple[list[Any], list[Any]]:
    """The two rows, first that whose number k is larger."""
    exchange = VALUES.greater(VALUES.abs(other[k]), VALUES.abs(one[k]))
    pairs = list(zip(one, other, strict=True))
    first = [VALUES.where(exchange, y, x) for x, y in pairs]
    return first, [VALUES.where(exchange, x, y) for x, y in pairs]
