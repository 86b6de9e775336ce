"""gradcheck: the engine's derivatives against differences; a report, not only a bool."""

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

from ..graph import dependents, gradients, topological_order
from ..recorders import no_grad, recording
from ..support.pytree import AnyFunction, describe, flatten, restore
from ..value import Constant, Value
from .differences import Differences, Estimate, Step, rounding, scale, shrinking_steps
from .verdicts import AGREES, CANNOT_TELL, Derivative, Report

Parameters: TypeAlias = Iterable[Value] | Mapping[str, Value]


def gradcheck(
    function: AnyFunction,
    *points: Any,
    parameters: Parameters | None = None,
    eps: float = 1e-5,
    atol: float = 0.0,
    rtol: float = 1e-5,
) -> Report:
    """Compare the engine's derivatives of `function` with differences, input by input.

    `function(*points)` is called with Values in place of the numbers in `points` (numbers or nested lists) and may
    return one Value or nested lists. `parameters` are leaf Values that it uses besides, also as a dict by name such as
    `dict(model.named_parameters())`: they are moved in place and put back, their `.grad` stays as it is. Wrap what is
    no input (a class, a seed) into the function.

    Each input x moves by ±eps · max(1, |x|); where that does not settle it, by steps from 1/16 of max(1, |x|) down to
    some ulps, extrapolated to 0 (see `differences.py`). A derivative *agrees* where it is off by at most
    atol + rtol · |numeric| and the differences are as certain as that (what is lost in the rounding of the function
    counts as 0); it is *wrong* where it is off by more than that and their uncertainty together, or nan or inf. At a
    *kink* it passes if it lies between the slopes on either side: a convention. Elsewhere (noise, jumps, nan or inf
    around) gradcheck *cannot tell*, and says so. The report is true where nothing is wrong and not all is undecided.

    Raises TypeError for inputs or results that are no numbers; ValueError where nothing can be compared: no inputs,
    parameters that are no leaves, a result that depends on no input or differs from call to call.

    >>> gradcheck(lambda x, y: x * y, 2.0, 3.0)
    gradcheck: all 2 derivatives agree (atol 0, rtol 1e-05)
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
    slopes = _Slopes(lambda: function(*arguments), result, eps, (atol, rtol))
    columns = zip(inputs.items(), analytic, strict=True)
    found = [d for (leaf, name), column in columns for d in slopes.compared(leaf, name, column)]
    return Report(tuple(found), atol, rtol)


def _fresh(x: Any) -> Value:
    return Value(x.data, x.label) if isinstance(x, Value) else Value(x)


def _named_points(function: AnyFunction, arguments: Sequence[Any]) -> dict[Value, str]:
    """The fresh leaves with a name each: their label, or their place in the arguments of `function`."""
    names = _argument_names(function, len(arguments))
    pairs = [pair for name, argument in zip(names, arguments, strict=True) for pair in _places(argument, name)]
    return {leaf: leaf.label or place for place, leaf in pairs}


def _argument_names(function: AnyFunction, count: int) -> list[str]:
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
        gradients(out, leaves, 1.0, attrgetter("local_grads")) if isinstance(out, Value) else [0.0] * len(leaves)
        for out in flatten(result)
    ]
    return list(zip(*rows, strict=True))


class _Slopes:
    """Differences of the outputs of `call` when one of its inputs moves."""

    def __init__(self, call: Callable[[], Any], result: Any, eps: float, tolerances: tuple[float, float]) -> None:
        self.call, self.eps, self.tolerances = call, eps, tolerances
        self.names = [place for place, _ in _places(result, "f")]
        self.center = [_number(out) for out in flatten(result)]
        self.noise = [rounding(out) for out in flatten(result)]
        if any(a != b and not (a != a and b != b) for a, b in zip(self.outputs(), self.center, strict=True)):
            raise ValueError(
                "gradcheck: the function gives another result at the second call with the same input, so that "
                "differences mean nothing; does it draw random numbers or change what it works on?"
            )

    def outputs(self) -> list[float]:
        with no_grad():
            return [_number(out) for out in self._as_many(flatten(self.call()))]

    def _as_many(self, numbers: list[Any]) -> list[Any]:
        if len(numbers) != len(self.center):
            raise _OtherShape(f"gradcheck: the function gave {len(self.center)} results, then {len(numbers)}")
        return numbers

    def at(self, leaf: Value, number: float) -> list[float]:
        """The outputs with `leaf` moved to `number`, nan where it may not go there; it is put back whatever happens."""
        before = leaf.data
        leaf.data = number
        try:
            return self.outputs()
        except _OtherShape:
            raise
        except (ArithmeticError, ValueError, TypeError):  # math.log(-1.0), a probability above 1, (-1.0) ** 0.5
            return [math.nan] * len(self.center)
        finally:
            leaf.data = before

    def compared(self, leaf: Value, name: str, analytic: Sequence[float]) -> list[Derivative]:
        """The derivatives of all outputs by `leaf`, beside the engine's."""
        size = scale(leaf.data)
        names = [name if output == "f" else f"{output} by {name}" for output in self.names]
        columns = zip(names, analytic, self.center, self.noise, strict=True)
        trials = [_Trial(name, d, Differences(here, noise, size), *self.tolerances) for name, d, here, noise in columns]
        self._move(leaf, self.eps * size, [trial.look for trial in trials])
        for step in shrinking_steps(leaf.data):
            if any(trial.is_open for trial in trials):
                self._move(leaf, step, [trial.add for trial in trials])
        return [trial.derivative() for trial in trials]

    def _move(self, leaf: Value, step: float, tell: Sequence[Callable[[Step], None]]) -> None:
        x = leaf.data
        low, high = x - step, x + step  # rounded: the differences are divided by the distances that came out
        if low < x < high:
            for told, below, above in zip(tell, self.at(leaf, low), self.at(leaf, high), strict=True):
                told(Step(x - low, below, high - x, above))


class _OtherShape(ValueError):
    """Not of the kind that a point out of the domain raises."""


class _Trial:
    """One output by one input: open until the differences agree with the analytic derivative."""

    def __init__(self, name: str, analytic: float, differences: Differences, atol: float, rtol: float) -> None:
        self.name, self.analytic, self.differences = name, analytic, differences
        self.atol, self.rtol = atol, rtol
        self.found: Derivative | None = None  # the last verdict

    @property
    def is_open(self) -> bool:
        return math.isfinite(self.differences.here) and (self.found is None or self.found.verdict != AGREES)

    def look(self, step: Step) -> None:
        """The first step: most derivatives are settled by it."""
        self.found = self._derivative(*self.differences.look(step))

    def add(self, step: Step) -> None:
        """Another step, shorter than those before."""
        if self.is_open:
            self.found = self._derivative(*self.differences.add(step))

    def derivative(self) -> Derivative:
        """The verdict after the last step."""
        if self.found and not self.is_open:
            return self.found
        central, left, right = self.differences.best()
        found = self._derivative(central, left, right)
        if found.verdict == CANNOT_TELL and math.isfinite(found.uncertainty):
            one_sided = self._derivative(self.differences.surer_side(), left, right)
            return one_sided if one_sided.verdict == AGREES else found
        return found

    def _derivative(self, central: Estimate, left: Estimate, right: Estimate) -> Derivative:
        allowed = self.atol + self.rtol * abs(central.value)
        if max(abs(self.analytic), abs(central.value)) <= self.differences.negligible:
            allowed += self.differences.negligible
        kink = abs(right.value - left.value) > allowed + left.error + right.error
        slopes = (central.value, left.value, right.value)
        uncertainty = max(left.error, right.error) if kink else central.error
        return Derivative(self.name, self.analytic, *slopes, allowed, uncertainty, kink)


def _number(out: Any) -> float:
    return out.data if isinstance(out, Value) else float(out)
