"""The player's picture of a network: columns of neurons, the lines between them its weights. It needs no Graphviz.

The marks are those of `player_stage.py`: a neuron stands for its nodes z and a and shows a's number and z's gradient.
"""

from collections.abc import Sequence
from html import escape

from ..notation.numbers import number
from ..value import Value
from ..walking.model_layers import Network
from ..walking.recording import Recording
from ..walking.steps.zero_reasons import slopes
from .graph_picture import STYLE

ACROSS, DOWN, RADIUS = 130, 80, 35
MOST = 16  # neurons in a column; of a wider layer the middle ones are left out


def column_picture(recording: Recording, digits: int = 4) -> str | None:
    """The network of a walk as SVG; None where the walk has no model, or the network more than one row of data."""
    network: Network | None = recording.network
    if network is None or not network.levels or not network.is_dense:
        return None
    place = {node: k for k, node in enumerate(recording.order)}
    columns = [_shown(column) for column in _columns(network)]
    rows = max(map(len, columns))
    height = rows * DOWN + 40
    spots = [_spots(column, _x(i, rows), height) for i, column in enumerate(columns)]
    parts = [*_lines(network, spots, place), *_loss_line(recording, spots[-1], _x(len(spots), rows), place, height)]
    for i, found in enumerate(spots):
        parts += [_neuron(recording, a, z, spot, place, i, digits) for (a, z), spot in found.items()]
        parts.append(f'<text x="{_x(i, rows)}" y="{height - 8}">{_caption(network, i)}</text>')
    width = _x(len(columns), rows) + RADIUS + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"{''.join(parts)}<style>{STYLE}</style></svg>"
    )


Pair = tuple[Value, Value]
Spot = tuple[float, float]


def _columns(network: Network) -> list[list[Pair]]:
    """(a, z) of every neuron, column by column; the inputs stand for themselves."""
    inputs = network.levels[0].cells[0].rows[0][0]
    layers = [[(cell.rows[0][2], cell.rows[0][1]) for cell in level.cells] for level in network.levels]
    return [[(x, x) for x in inputs], *layers]


def _shown(column: list[Pair]) -> list[Pair]:
    return column if len(column) <= MOST else [*column[: MOST // 2], *column[-MOST // 2 :]]


def _x(i: int, rows: int) -> int:
    """The middle of column i; columns of many rows stand further apart, so that no line runs too steeply."""
    return RADIUS + 14 + i * (ACROSS + 14 * max(0, rows - 5))


def _spots(column: Sequence[Pair], x: int, height: int) -> dict[Pair, Spot]:
    top = (height - 40 - len(column) * DOWN) / 2 + DOWN / 2
    return {pair: (x, top + j * DOWN) for j, pair in enumerate(column)}


def _lines(network: Network, spots: Sequence[dict[Pair, Spot]], place: dict[Value, int]) -> list[str]:
    """One line for each weight: wide where it is large; found by the edges of both its factors."""
    largest = max((abs(w.data) for level in network.levels for cell in level.cells for w in cell.weights), default=0.0)
    parts = []
    for i, level in enumerate(network.levels):
        sources = {a: spot for (a, _), spot in spots[i].items()}
        for cell in level.cells:
            inputs, z, a = cell.rows[0]
            for j, (x, w) in enumerate(zip(inputs, cell.weights, strict=True)):
                if x in sources and (a, z) in spots[i + 1]:
                    width = 0.6 + 2.6 * abs(w.data) / (largest or 1.0)
                    parts.append(
                        _line(sources[x], spots[i + 1][a, z], _edges(z, w, j, len(inputs), place), place[w], width)
                    )
    return parts


def _edges(z: Value, w: Value, j: int, n: int, place: dict[Value, int]) -> str:
    """The graph's edges that this line stands for: that of the weight and that of the input."""
    if z.op and z.op.name == "dot":
        return f"{place[z]}-{j} {place[z]}-{n + j}"
    return " ".join(f"{k}-{i}" for node, k in place.items() if w in node.operands for i in range(2))


def _line(start: Spot, end: Spot, edges: str, weight: int, width: float) -> str:
    d = f"M{start[0] + RADIUS},{start[1]:.0f}L{end[0] - RADIUS},{end[1]:.0f}"
    path = f'<path class="line" stroke-width="{width:.1f}" d="{d}"/>'
    return f'<g class="edge" data-e="{edges}" data-n="{weight}">{path}</g>'


def _neuron(recording: Recording, a: Value, z: Value, spot: Spot, place: dict[Value, int], i: int, digits: int) -> str:
    x, y = spot
    name = escape(str(recording.scene[a].name))
    closed = " gate" if a is not z and slopes(a)[0] == 0.0 else ""
    texts = [
        f'<text class="name" x="{x}" y="{y - 13:.0f}">{name}</text>',
        _text(x, y + 3, "d", a, place, "", a.data, digits),
    ]
    if recording.grads[z] or i:
        texts.append(_text(x, y + 18, "g", z, place, "δ " if i else "∂ ", recording.grads[z] + 0.0, digits))
    nodes = " ".join(str(place[node]) for node in dict.fromkeys((a, z)))
    return (
        f'<g class="node{closed}" data-n="{nodes}"><circle class="ring" cx="{x}" cy="{y:.0f}" r="{RADIUS}"/>'
        f"{''.join(texts)}</g>"
    )


def _text(
    x: float, y: float, slot: str, node: Value, place: dict[Value, int], prefix: str, value: float, digits: int
) -> str:
    mark = f' data-p="{prefix}"' if prefix else ""
    shown = prefix + number(value, digits)
    kind = "number" if node.operands or slot == "g" else "number given"
    return f'<text class="{kind}" data-k="{slot}{place[node]}" data-short=""{mark} x="{x}" y="{y:.0f}">{shown}</text>'


def _loss_line(
    recording: Recording, outputs: dict[Pair, Spot], x: int, place: dict[Value, int], height: int
) -> list[str]:
    """The value that is differentiated, to the right of the outputs; nothing where it is an output itself."""
    root = recording.order[-1]
    if any(root in pair for pair in outputs):
        return []
    y = (height - 40) / 2
    lines = [
        f'<g class="edge"><path class="line" d="M{spot[0] + RADIUS},{spot[1]:.0f}L{x - RADIUS},{y:.0f}"/></g>'
        for spot in outputs.values()
    ]
    box = f'<rect class="card" x="{x - RADIUS}" y="{y - 24:.0f}" width="{2 * RADIUS}" height="48" rx="4"/>'
    name = f'<text class="name" x="{x}" y="{y - 4:.0f}">{escape(str(recording.root))}</text>'
    value = _text(x, y + 14, "d", root, place, "", root.data, 4)
    return [*lines, f'<g class="node" data-n="{place[root]}">{box}{name}{value}</g>']


def _caption(network: Network, i: int) -> str:
    if i == 0:
        return "inputs"
    cells = network.levels[i - 1].cells
    hidden = f" ({len(cells) - MOST} more)" if len(cells) > MOST else ""
    return escape(f"layer {i}: {cells[0].activation}{hidden}")
