"""The two functions in which networks spend their time, spelled out: activations and the dot product.

Each does what the general way through `functions.evaluate` does, for the usual operands in the plain mode and under
`no_grad`, and hands everything else to it. Tests hold both to the table, to the bit.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .operations.arithmetic import FLOATS
from .operations.operation import Operation
from .operations.reductions import DOT
from .value import PLAIN, RECORDER, Constant, Value

Function = Callable[..., Any]


def unary(op: Operation, general: Function) -> Function:
    """The function of a op with one operand."""
    forward, [partial] = op.forward, op.partials  # type: ignore[misc]

    def function(x: Any) -> Any:
        recorder = RECORDER.get()
        if recorder is PLAIN or recorder.is_usual():
            if type(x) is Value and type(x.data) is float and type(out := forward(FLOATS, x.data)) is float:
                return recorder.node(op, (x,), out, (partial and partial(FLOATS, x.data, out),))
        elif (
            recorder.numbers_only
            and isinstance(x, Value)
            and type(x.data) is float
            and type(out := forward(FLOATS, x.data)) is float
        ):
            return Constant(out)
        return general(x)

    return function


def dot(general: Function) -> Function:
    """The dot product of a neuron: weights and a bias to learn, inputs that are all nodes or all constants."""

    def function(w: Sequence[Any], x: Sequence[Any], bias: Any = None) -> Any:
        recorder = RECORDER.get()
        usual = type(w) is type(x) is list and len(w) == len(x) and type(bias) is Value
        if not usual or not (recorder is PLAIN or recorder.numbers_only or recorder.is_usual()):
            return general(w, x, bias)
        kinds = set(map(type, w)), set(map(type, x))
        if kinds not in (({Value}, {Value}), ({Value}, {Constant})):
            return general(w, x, bias)
        weights, inputs, total = [v.data for v in w], [v.data for v in x], bias.data
        try:
            for weight, number in zip(weights, inputs):  # noqa: B905 - their lengths were compared
                total += weight * number
        except TypeError:  # a text, say, was put into a `.data`: the general way names it
            return general(w, x, bias)
        if type(total) is not float:  # or something like a float32
            return general(w, x, bias)
        if recorder.numbers_only:
            return Constant(total)
        by_inputs = weights if kinds[1] == {Value} else [None] * len(x)
        return recorder.node(DOT, (*w, *x, bias), total, (*inputs, *by_inputs, 1.0))

    return function
