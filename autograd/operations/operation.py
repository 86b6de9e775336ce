"""What an operation is: one entry of the table, and the table itself.

An operation is written against an *arithmetic* `m` that it is handed: `m.cos(x)` is a float when `m` is the
arithmetic of floats, a node when `m` is the arithmetic of Values, an array when it is NumPy's. So one entry
serves the eager engine, derivatives of derivatives, both compilers and the printed formulas alike.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any

Forward = Callable[..., Any]
Partial = Callable[..., Any]


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """One operation: its forward formula, its local derivatives, and how it is written.

    With a fixed number of operands, `forward(m, x, y)` and each of `partials` as `(m, x, y, out)`; an operand
    whose partial is None carries no derivative. With `many` operands, `forward(m, xs)` takes them as one
    list and the single function `partials(m, xs, out)` returns a derivative (or None) for each of them.

    What a selection does not let through is no 0, which makes nan of an infinite gradient: a partial such as
    `m.passes(m.greater(x, 0.0), 1.0)` is 1 where x > 0, and elsewhere no gradient passes.
    """

    name: str
    symbol: str
    forward: Forward
    partials: tuple[Partial | None, ...] | Partial
    operands: tuple[str, ...] = ("x",)
    samples: tuple[tuple[float, ...], ...] = ()
    doc: str = ""
    many: bool = False
    gather: Callable[..., list[Any]] | None = None  # with many operands: the function's arguments as one list
    last: Callable[[int], Any] | None = None  # of an index behind so many operands: the Requirement that it meets
    defaults: Mapping[str, float] = field(default_factory=dict)
    textbook: tuple[Partial | None, ...] | Partial | None = (
        None  # the derivative as a textbook writes it, where it differs
    )
    expansion: Callable[..., Any] | None = None  # the same result from single operations, for `expanded()`
    written: Callable[..., Any] | None = None  # how formula() writes it, in other operations: (m, operands)
    text: str = ""  # or by a template: "{0} + {1}"; empty: name(...)
    latex: str = ""
    users: bool = False  # whether it was made by `autograd.operation`
    level: int = 9  # how tightly it binds: 1 comparison, 2 sum, 3 product, 4 sign, 5 power, 9 function
    activation: bool = False  # whether layers take it by its name
    steepest: float = 0.0  # the greatest slope of an activation that is flat at both ends
    exact: Callable[..., Any] | None = None  # in mpmath's arithmetic: (mp, *operands); None: mp's function of its name
    torch: Callable[..., Any] | str | None = ""  # PyTorch's name for it if another, or (torch, *operands); None: none

    def evaluate(self, m: Any, xs: Sequence[Any]) -> Any:
        """The result on operands `xs` in arithmetic `m`."""
        return self.forward(m, xs) if self.many else self.forward(m, *xs)

    def __call__(self, m: Any, *arguments: Any, **named: Any) -> Any:
        """The same as the function of this name: `entry(m, x)` is `m.name(x)`."""
        return self.evaluate(m, self.flatten(*arguments, **named))

    @property
    def is_primitive(self) -> bool:
        """Whether it is written in terms of itself, `m.exp` for exp: then every arithmetic has to spell it out."""
        code = getattr(self.forward, "__code__", None)
        return code is not None and self.name in code.co_names

    @property
    def flat(self) -> bool:
        """Whether the derivative is 0 everywhere, so that no gradient is ever sent."""
        return not callable(self.partials) and not any(self.partials)

    def flatten(self, *arguments: Any, **named: Any) -> Sequence[Any]:
        """The operands in order, from the arguments of a call."""
        if self.gather is not None:
            return self.gather(*arguments, **named)
        placed = dict(zip(self.operands, arguments, strict=False))
        given = {**self.defaults, **named, **placed}
        if len(arguments) > len(self.operands) or set(given) != set(self.operands) or named.keys() & placed:
            got = ", ".join([*map(repr, arguments), *(f"{key}={value!r}" for key, value in named.items())])
            raise TypeError(f"{self.name}() takes {', '.join(self.operands)}; got ({got:.80})")
        return [given[name] for name in self.operands]

    def derivatives(self, m: Any, xs: Sequence[Any], out: Any, wanted: Sequence[bool] | None = None) -> tuple[Any, ...]:
        """∂out/∂x for each operand; None for those that are not `wanted` (theirs are not even evaluated)."""
        if callable(self.partials):
            every = self.partials(m, xs, out)
            return tuple([d if w else None for d, w in zip(every, wanted)] if wanted else every)  # noqa: B905
        if wanted is None:
            return tuple([d and d(m, *xs, out) for d in self.partials])
        return tuple([d(m, *xs, out) if w and d else None for d, w in zip(self.partials, wanted)])  # noqa: B905

    def __reduce__(self) -> tuple[Callable[[str], "Operation"], tuple[str]]:
        return find, (self.name,)  # pickled and copied by name: an operation holds functions


OPERATIONS: dict[str, Operation] = {}
"""The table: every operation by its name, the user's own included."""


def register(op: Operation) -> Operation:
    """Add an operation to the table.

    Raises ValueError when its name is taken or no public identifier, or when it has not one partial for each operand.
    """
    if not op.name.isidentifier() or op.name.startswith("_") or iskeyword(op.name):
        raise ValueError(f"an operation's name must be a Python name without a leading _, got {op.name!r}")
    if op.name in OPERATIONS:
        raise ValueError(f"an operation named {op.name!r} exists already; choose another name")
    if not op.many and not len(_as_tuple(op.partials)) == len(op.operands) > 0:
        raise ValueError(
            f"operation {op.name!r} has {len(op.operands)} operand(s) {op.operands} but "
            f"{len(_as_tuple(op.partials))} partial(s); give one for each operand (None: no derivative)"
        )
    OPERATIONS[op.name] = op
    return op


def find(name: str) -> Operation:
    """The operation named `name`; raises KeyError that says what to do for a user's operation that is not there yet."""
    try:
        return OPERATIONS[name]
    except KeyError:
        raise KeyError(f"no operation named {name!r}; define it with autograd.operation(...) first") from None


def _as_tuple(partials: Iterable[Partial | None] | Partial) -> tuple[Partial | None, ...]:
    return (partials,) if callable(partials) else tuple(partials)
