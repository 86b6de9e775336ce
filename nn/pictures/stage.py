"""What a model's picture shows: the numbers in its neurons, and the colours and widths of its lines."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value
from autograd.drawing import palette
from autograd.drawing.labels import field, plain
from autograd.drawing.network import NetworkPicture
from autograd.notation.numbers import number, subscripts

from ..inspection.network_view import Column, Network, weights

CLOSED = {
    "style": "filled,dashed", "fillcolor": palette.DEAD, "color": palette.FADED_INK, "fontcolor": palette.FADED_INK,
}  # fmt: skip
WEIGHTS, SHARES = 140.0, 240.0  # points from column to column: numbers on the lines need room


def stage(network: Network, by: str, digits: int, max_neurons: int) -> NetworkPicture:
    """The picture of one network."""
    sizes, across = [column.size for column in network.columns], SHARES if by == "share" else WEIGHTS
    picture = NetworkPicture(sizes, max_neurons, across=across)
    _neurons(picture, network, digits, by == "share")
    _weights(picture, network, by)
    if by == "share":
        _shares(picture, network, digits)
    for k, column in enumerate(network.columns):
        picture.caption(k, column.title)
        if column.skip is not None:
            for i in range(column.size):
                picture.skip(k, i, column.skip)
    if network.loss is not None:
        picture.result(_result(network.loss, network.target, digits))
    return picture


def _neurons(picture: NetworkPicture, network: Network, digits: int, by_share: bool) -> None:
    """Circles for neurons, with their numbers and colours."""
    largest = max((abs(v.data) for column in network.columns for v in column.outputs), default=0.0)
    for k, column in enumerate(network.columns):
        for i in range(column.size):
            picture.neuron(k, i, _text(network, k, i, digits, by_share), **_look(column, i, largest))


def _text(network: Network, k: int, i: int, digits: int, by_share: bool) -> list[str]:
    """What stands in a neuron: the name of an input or output, the number that it gives, and δ; by share, ∂ and δ."""
    column, gradient, ends = network.columns[k], network.gradient, (0, len(network.columns) - 1)
    if by_share and gradient:
        slopes = [("∂ ", column.outputs[i]), *(("δ ", z) for z in column.sums[i : i + 1])]
        return [_name(column, k, i), *(mark + number(gradient(node) + 0.0, digits) for mark, node in slopes)]
    numbers = [number(column.outputs[i].data, digits)] if column.outputs else []
    if column.sums and gradient and network.loss is not None:
        numbers.append(f"δ {number(gradient(column.sums[i]), digits)}")
    named = k in ends and len(numbers) < 2  # three lines do not fit
    return [_name(column, k, i)] * named + numbers


def _weights(picture: NetworkPicture, network: Network, by: str) -> None:
    """Width and colour from the weight or its gradient; dashed where the gradient is exactly 0."""
    gradient = network.gradient
    measure: Callable[[Value], float] = gradient if gradient and by == "gradient" else _data
    lines = [(k, i, j, w) for k, i, j, w in weights(network.columns) if picture.is_drawn(k, i, j)]
    largest = max((abs(measure(w)) for *_, w in lines), default=0.0)
    for k, i, j, w in lines:
        width = f"{0.4 + 3.2 * palette.strength(measure(w), largest):.2f}"
        style = "dashed" if gradient and gradient(w) == 0.0 else "solid"
        picture.weight(k, i, j, color=palette.signed_line(measure(w)), penwidth=width, style=style)


def _shares(picture: NetworkPicture, network: Network, digits: int) -> None:
    """On each line δ·w: what the neuron at its end sends to where it begins."""
    assert network.gradient is not None
    for k, i, j, w in weights(network.columns):
        share = network.gradient(network.columns[k].sums[i]) * w.data
        picture.note(k, i, j, number(share + 0.0, digits), fontcolor=palette.INK, fontsize="9")


def _result(loss: Value, target: Any, digits: int) -> list[str]:
    """The loss and the target."""
    targets: Sequence[Any] = target if isinstance(target, (list, tuple)) else [target]
    numbers = [float(t.data if isinstance(t, Value) else t) for t in targets[:3]]
    shown = ", ".join(number(t, digits) for t in numbers) + ", …" * (len(targets) > 3)
    return [f"loss {number(loss.data, digits + 2)}", f"target {shown}"]


def _name(column: Column, k: int, i: int) -> str:
    if k == 0:
        given = plain(column.outputs[i].label) if column.outputs else ""
        return field(given) if 0 < len(given) <= 9 else subscripts(f"x{i + 1}")
    return subscripts(f"ŷ{i + 1}") if column.size > 1 else "ŷ"


def _look(column: Column, i: int, largest: float) -> dict[str, str]:
    if column.slopes and column.slopes[i] == 0.0:
        return CLOSED
    return {"fillcolor": palette.signed(column.outputs[i].data, largest)} if column.outputs else {}


def _data(w: Value) -> float:
    return w.data
