"""gradcheck: the engine's derivatives against central differences; a report, not only a bool."""

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from .graph import dependents, gradients, topological_order
from .printing import printable
from .recorders import no_grad, recording
from .structure import describe, flatten, restore
from .transforms import numeric_derivatives
from .value import Constant, Value

Parameters: TypeAlias = Iterable[Value] | Mapping[str, Value]

LONG = 20  # a longer report prints its worst rows only
NOTES = 3  # as many explanations are enough


@dataclass(frozen=True)
class Derivative:
    """One derivative, found both ways; `left` and `right` are the slopes on either side of the point."""

    name: str
    analytic: float
    numeric: float
    left: float
    right: float
    tolerance: float

    @property
    def error(self) -> float:
        return abs(self.analytic - self.numeric)

    @property
    def passed(self) -> bool:
        return self.error <= self.tolerance  # False where one of them is nan

    @property
    def badness(self) -> float:
        """The error in tolerances; a nan counts as infinitely bad."""
        return math.inf if math.isnan(self.error) else self.error / (self.tolerance or 5e-324)

    @property
    def explanation(self) -> str:
        """A sentence where a failure may be the function's doing rather than the derivative's; else empty."""
        if self.passed:
            return ""
        if not (math.isfinite(self.left) and math.isfinite(self.right)):
            return f"{self.name}: the function is nan or inf within eps of this point: there is no difference to take."
        if self._slopes_disagree:
            return (
                f"{self.name}: the slopes to the left ({_shown(self.left)}) and to the right ({_shown(self.right)}) "
                "disagree, so there is probably a kink here, where the derivative is a convention; try another point."
            )
        return ""

    @property
    def _slopes_disagree(self) -> bool:
        """By more than the error (so that a kink can explain it) and than a bend of the curve does."""
        gap = abs(self.right - self.left)
        return gap > self.error and gap > 1e-3 * max(abs(self.left), abs(self.right))


@dataclass(frozen=True, repr=False)
class Report:
    """What gradcheck found: true where every derivative agrees, and printed as a table."""

    derivatives: tuple[Derivative, ...]
    atol: float
    rtol: float

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(d.name for d in self.derivatives)

    @property
    def analytic(self) -> tuple[float, ...]:
        """The engine's derivatives."""
        return tuple(d.analytic for d in self.derivatives)

    @property
    def numeric(self) -> tuple[float, ...]:
        """The central differences."""
        return tuple(d.numeric for d in self.derivatives)

    @property
    def error(self) -> tuple[float, ...]:
        """|analytic − numeric|."""
        return tuple(d.error for d in self.derivatives)

    @property
    def verdict(self) -> bool:
        """Whether every error is at most atol + rtol · |numeric|; nan never passes."""
        return all(d.passed for d in self.derivatives)

    def __bool__(self) -> bool:
        return self.verdict

    def __repr__(self) -> str:
        rows: Sequence[Derivative] = self.derivatives
        if len(rows) > LONG:
            rows = sorted(rows, key=lambda d: d.badness, reverse=True)[: LONG // 2]
        notes = [d.explanation for d in rows if d.explanation]
        return printable("\n".join([self._headline(), *_table(rows), *self._remainder(rows), *notes[:NOTES]]))

    def _headline(self) -> str:
        failed, count = sum(not d.passed for d in self.derivatives), len(self.derivatives)
        found = f"{failed} of {count} derivatives wrong" if failed else f"all {count} derivatives agree"
        return f"gradcheck: {found} (atol {self.atol:g}, rtol {self.rtol:g})"

    def _remainder(self, rows: Sequence[Derivative]) -> list[str]:
        hidden = len(self.derivatives) - len(rows)
        return [f"… and {hidden} more, which agree better"] if hidden else []


def gradcheck(
    function: Callable[..., Any],
    *points: Any,
    parameters: Parameters | None = None,
    eps: float = 1e-5,
    atol: float = 1e-6,
    rtol: float = 1e-5,
) -> Report:
    """Compare the engine's derivatives of `function` with central differences, input by input.

    `function(*points)` is called with Values in place of the numbers in `points` (numbers or nested lists) and may
    return one Value or nested lists. `parameters` are leaf Values that it uses besides, also as a dict by name such as
    `dict(model.named_parameters())`: they are moved in place and put back, their `.grad` stays as it is. Each input x
    moves by eps · max(1, |x|). The report is true where every error is at most atol + rtol · |numeric|. Wrap what is
    no input (a class, a seed) into the function.

    Raises TypeError for inputs or results that are no numbers; ValueError where nothing can be compared: no inputs,
    parameters that are no leaves, a result that depends on no input or differs from call to call.

    >>> gradcheck(lambda x, y: x * y, 2.0, 3.0)
    gradcheck: all 2 derivatives agree (atol 1e-06, rtol 1e-05)
    input  analytic  numeric  ...
    x             3        3  ...
    y             2        2  ...
    """
    if not eps > 0:
        raise ValueError(f"gradcheck: eps must be positive, got {eps!r}")
    arguments = [restore(point, [_fresh(x) for x in flatten(point)]) for point in points]
    inputs = {**_named_points(function, arguments), **_named_parameters(parameters)}
    if not inputs:
        raise ValueError("gradcheck: nothing to check; give a point, as in gradcheck(f, 2.0), or parameters=[...]")
    with recording():
        result = function(*arguments)
    analytic = _analytic(result, list(inputs))
    slopes = _Slopes(lambda: function(*arguments), result, eps)
    columns = zip(inputs.items(), analytic, strict=True)
    found = [d for (leaf, name), column in columns for d in slopes.compared(leaf, name, column, atol, rtol)]
    return Report(tuple(found), atol, rtol)


def _fresh(x: Any) -> Value:
    return Value(x.data, x.label) if isinstance(x, Value) else Value(x)


def _named_points(function: Callable[..., Any], arguments: Sequence[Any]) -> dict[Value, str]:
    """The fresh leaves with a name each: their label, or their place in the arguments of `function`."""
    names = _argument_names(function, len(arguments))
    pairs = [pair for name, argument in zip(names, arguments, strict=True) for pair in _places(argument, name)]
    return {leaf: leaf.label or place for place, leaf in pairs}


def _argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names that `function` gives its first `count` positional parameters; numbered where it has none."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C
        parameters = {}.values()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [names[i] if i < len(names) else f"argument {i + 1}" for i in range(count)]


def _places(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Each leaf of nested lists with its place: `("x[0][1]", leaf)`."""
    if not isinstance(tree, (list, tuple)):
        yield name, tree
        return
    for i, part in enumerate(tree):
        yield from _places(part, f"{name}[{i}]")


def _named_parameters(parameters: Parameters | None) -> dict[Value, str]:
    """The parameters with a name each: given, their label, or their position. Raises for what cannot be moved."""
    given = parameters.items() if isinstance(parameters, Mapping) else ((None, p) for p in parameters or ())
    named = {}
    for i, (name, parameter) in enumerate(given):
        if not isinstance(parameter, Value):
            raise TypeError(f"gradcheck: parameters[{i}] must be a Value, got {parameter!r:.40}")
        if isinstance(parameter, Constant) or parameter.operands:
            kind = "a constant" if isinstance(parameter, Constant) else "the result of an operation"
            raise ValueError(f"gradcheck: parameters[{i}] is {kind}; give leaves, made by Value(number)")
        named[parameter] = name or parameter.label or f"parameters[{i}]"
    return named


def _analytic(result: Any, leaves: list[Value]) -> list[tuple[float, ...]]:
    """The engine's derivatives: for each leaf those of all outputs. `.grad` stays as it is."""
    outputs = [out for out in flatten(result) if isinstance(out, Value)]
    if not dependents(topological_order(*outputs), leaves).intersection(outputs):
        raise ValueError(
            f"gradcheck: the result ({describe(result)}) depends on no input, so its derivatives are all 0; "
            "is the function constant, or does it take numbers out of the graph (.data, .item(), .detach())?"
        )
    rows = [
        gradients(out, leaves, 1.0, numeric_derivatives) if isinstance(out, Value) else [0.0] * len(leaves)
        for out in flatten(result)
    ]
    return list(zip(*rows, strict=True))


class _Slopes:
    """Differences of the outputs of `call` when one of its inputs moves."""

    def __init__(self, call: Callable[[], Any], result: Any, eps: float) -> None:
        self.call, self.eps = call, eps
        self.names = [place for place, _ in _places(result, "f")]
        self.center = [_number(out) for out in flatten(result)]
        if any(a != b and not (a != a and b != b) for a, b in zip(self.outputs(), self.center, strict=True)):
            raise ValueError(
                "gradcheck: the function gives another result at the second call with the same input, so that "
                "differences mean nothing; does it draw random numbers or change what it works on?"
            )

    def outputs(self) -> list[float]:
        with no_grad():
            numbers = [_number(out) for out in flatten(self.call())]
        if len(numbers) != len(self.center):
            raise ValueError(f"gradcheck: the function gave {len(self.center)} results, then {len(numbers)}")
        return numbers

    def at(self, leaf: Value, number: float) -> list[float]:
        """The outputs with `leaf` moved to `number`; it is put back whatever happens."""
        before = leaf.data
        leaf.data = number
        try:
            return self.outputs()
        finally:
            leaf.data = before

    def compared(
        self, leaf: Value, name: str, analytic: Sequence[float], atol: float, rtol: float
    ) -> Iterator[Derivative]:
        """The derivatives of all outputs by `leaf`, beside the engine's."""
        x, step = leaf.data, self.eps * max(1.0, abs(leaf.data))
        low, high = x - step, x + step  # rounded: the differences are divided by the distances that came out
        outputs = zip(self.names, analytic, self.at(leaf, low), self.center, self.at(leaf, high), strict=True)
        for output, slope, below, here, above in outputs:
            numeric = (above - below) / (high - low)
            left, right = (here - below) / (x - low), (above - here) / (high - x)
            full_name = name if output == "f" else f"{output} by {name}"
            yield Derivative(full_name, slope, numeric, left, right, atol + rtol * abs(numeric))


def _number(out: Any) -> float:
    return out.data if isinstance(out, Value) else float(out)


def _table(rows: Sequence[Derivative]) -> list[str]:
    """Aligned columns: names to the left, numbers to the right, a remark behind what failed."""
    cells = [("input", "analytic", "numeric", "error")]
    cells += [(d.name, _shown(d.analytic), _shown(d.numeric), f"{d.error:.1e}") for d in rows]
    first, *others = [max(map(len, column)) for column in zip(*cells, strict=True)]
    marks = ["", *("" if d.passed else "  wrong" for d in rows)]
    return [
        "  ".join([name.ljust(first), *(n.rjust(width) for n, width in zip(numbers, others, strict=True))]) + mark
        for (name, *numbers), mark in zip(cells, marks, strict=True)
    ]


def _shown(number: float) -> str:
    """Seven significant digits: what is not 0 never prints as 0.0000."""
    return f"{number:.7g}"
