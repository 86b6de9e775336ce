"""From a network in a graph to the steps of a walk by layer: its numbers as matrices, and the NumPy lines."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from ..graph import dependents
from ..value import Constant, Value
from .matrices import shape
from .model_layers import Cell, Level, Network
from .record_edges import forward_steps, node_steps
from .steps.by_edge import Backward
from .steps.by_layer import Layer, LayerBackward, LayerForward, LayerLoss, LayerUpdate
from .steps.by_move import Biases, Move, PassOn, Slope, Weights
from .steps.step import Seen, Step

NUMPY = {  # an activation and its derivative, of z with the result a
    "relu": ("np.maximum({z}, 0)", "({z} > 0)"),
    "sigmoid": ("1 / (1 + np.exp(-{z}))", "({a} * (1 - {a}))"),
    "tanh": ("np.tanh({z})", "(1 - {a} ** 2)"),
    "sin": ("np.sin({z})", "np.cos({z})"),
    "softplus": ("np.logaddexp(0, {z})", "(1 / (1 + np.exp(-{z})))"),
    "leaky_relu": ("np.where({z} > 0, {z}, 0.01 * {z})", "np.where({z} > 0, 1, 0.01)"),
    "elu": ("np.where({z} > 0, {z}, np.expm1({z}))", "np.where({z} > 0, 1, np.exp({z}))"),
}

S = TypeVar("S", bound=Step)


def layer_steps(
    order: Sequence[Value],
    scene: dict[Value, Seen],
    network: Network,
    grads: dict[Value, float],
    edges: Iterable[Backward],
    updates: Iterable[Step],
    in_moves: bool = False,
) -> list[Step]:
    """One forward step a layer, the loss, one backward step a layer; then the updates, one a layer.

    With `in_moves` a layer's way back is one step a move. Raises ValueError where the graph holds several rows of data,
    or no layers in a row.
    """
    _check(network)
    layers = list(_layers(network, grads))
    back = partial(_moves, network) if in_moves else _backward
    home = _homes(order, network)
    forward = _by_home(
        [(step.node, step) for step in forward_steps(order, scene, scene[order[-1]].name)], home, len(layers)
    )
    senders = home | _senders(network) if in_moves else home
    backward = _by_home([(step.operand, step) for step in node_steps(edges, order)], senders, len(layers))
    cells = [scene[level.cells[0].rows[0][1]] for level in network.levels]
    seen = scene[order[-1]]
    return [
        *(_forward(layer, cell, seen, steps) for layer, cell, steps in zip(layers, cells, forward, strict=False)),
        _loss(layers[-1], seen, forward[-1], backward[-1]),
        *(step for i in reversed(range(len(layers))) for step in back(layers, i, cells[i], seen, backward[i])),
        *_updates(layers, cells, seen, network, list(updates)),
    ]


def _check(network: Network) -> None:
    if not network.levels:
        raise ValueError('by="layer" found no neurons of the model in this graph: walk it by="edge" or by="node"')
    if network.rows != 1:
        raise ValueError(
            f'by="layer" shows one row of data, but the network computed {network.rows} in this graph: '
            "walk the loss of a single row"
        )
    for level in network.levels:
        inputs = {tuple(map(_identity, inputs)) for cell in level.cells for inputs, _, _ in cell.rows}
        if len(inputs) > 1 or any(len(cell.rows) > 1 for cell in level.cells):
            raise ValueError(f'by="layer" needs neurons that share their inputs, but those of {level.prefix} do not')


def _identity(node: Value) -> object:
    """A node; of a plain number, of which every neuron may have made a constant of its own, the number."""
    return ("constant", repr(node.data)) if type(node) is Constant else node


def _layers(network: Network, grads: dict[Value, float]) -> Iterable[Layer]:
    below: Layer | None = None
    outputs: tuple[Value, ...] = ()
    for number, level in enumerate(network.levels, 1):
        inputs = level.cells[0].rows[0][0]
        index = str(number) if len(network.levels) > 1 else ""
        below = _layer(level, index, grads, below if inputs == outputs else None, _is_sole_taker(network, level))
        outputs = tuple(cell.rows[0][2] for cell in level.cells)
        yield below


def _is_sole_taker(network: Network, level: Level) -> bool:
    """Whether the level's inputs go into its neurons alone."""
    own = {node for cell in level.cells for node in (cell.rows[0][1], *cell.weights)}
    takers = {taker for x in level.cells[0].rows[0][0] for taker in network.consumers[x]}
    return all(taker in own or not own.isdisjoint(taker.operands) for taker in takers)


def _layer(level: Level, index: str, grads: dict[Value, float], below: Layer | None, is_sole_taker: bool) -> Layer:
    cells = level.cells
    inputs = cells[0].rows[0][0]
    z, a = [cell.rows[0][1] for cell in cells], [cell.rows[0][2] for cell in cells]
    biases = [cell.bias for cell in cells if cell.bias is not None]
    return Layer(
        index=index, below=below, is_sole_taker=is_sole_taker,
        W=[[w.data for w in cell.weights] for cell in cells],
        b=[bias.data for bias in biases] if biases else None,
        x=[x.data for x in inputs], z=[node.data for node in z], a=[node.data for node in a],
        slopes=[_slope(cell) for cell in cells], activation=a[0].op if a[0] is not z[0] else None,
        delta=[grads[node] for node in z], d_a=[grads[node] for node in a],
        d_W=[[grads[w] for w in cell.weights] for cell in cells],
        d_x=None if all(isinstance(x, Constant) for x in inputs) else [grads[x] for x in inputs],
    )  # fmt: skip


def _slope(cell: Cell) -> float:
    """f′(z); 1 where the neuron is linear."""
    _, z, a = cell.rows[0]
    return 1.0 if a is z else (a.local_grads[0] or 0.0)


def _homes(order: Sequence[Value], network: Network) -> dict[Value, int]:
    """The layer of every node, counted from 0; what follows the last layer belongs to the loss."""
    home: dict[Value, int] = {}
    for i, level in enumerate(network.levels):
        for cell in level.cells:
            inputs, z, a = cell.rows[0]
            home |= dict.fromkeys((*cell.unit.parameters, z, a), i)
            home |= {x: i for x in inputs if x not in home}
    known, loss = set(home), len(network.levels)
    outputs = {cell.rows[0][2] for cell in network.levels[-1].cells}
    behind = dependents(order, outputs) - outputs
    reached = 0
    for node in order:
        if node not in known:
            home[node] = loss if node in behind or not node.operands else reached
        reached = max(reached, home[node]) if home[node] < loss else reached
    return home


def _senders(network: Network) -> dict[Value, int]:
    """For each layer's outputs the layer, or the loss, that sends them their gradient."""
    return {cell.rows[0][2]: i for i, level in enumerate(network.levels, 1) for cell in level.cells}


def _by_home(steps: Iterable[tuple[Value | None, S]], home: dict[Value, int], loss: int) -> list[tuple[S, ...]]:
    """The steps sorted into layers, the loss's last."""
    sorted_: list[list[S]] = [[] for _ in range(loss + 1)]
    for node, step in steps:
        if node is not None:
            sorted_[home[node]].append(step)
    return [tuple(found) for found in sorted_]


def _forward(layer: Layer, cell: Seen, seen: Seen, steps: tuple[Step, ...]) -> LayerForward:
    product = f"{shape(layer.W)}·{shape(layer.x)}" + ("" if layer.b is None else f" + {shape(layer.b)}")
    z, a = layer.code("z"), layer.code("a")
    lines = [f"{z} = {layer.code('W')} @ {layer.source_code}" + ("" if layer.b is None else f" + {layer.code('b')}")]
    if not layer.below and layer.source_code != "x":  # more than the layer below gives: a residual path, say
        lines.insert(0, f"{layer.source_code} = np.array({list(layer.x)})")
    if layer.activation:
        known = NUMPY.get(layer.activation.name)
        lines.append(f"{a} = " + (known[0].format(z=z, a=a) if known else f"np.array({list(layer.a)})"))
    return LayerForward(
        seen=cell, root=seen.name, after=layer.a[0], layer=layer, steps=steps, numpy="\n".join(lines),
        shapes=f"{product} → {shape(layer.z)}",
    )  # fmt: skip


def _loss(layer: Layer, seen: Seen, forward: tuple[Step, ...], backward: tuple[Step, ...]) -> LayerLoss:
    arriving = layer.code("d" + layer.output)
    return LayerLoss(
        seen=seen, root=seen.name, before=0.0, after=1.0, layer=layer, steps=(*forward, *backward),
        numpy=f"{arriving} = np.array({list(layer.d_a)})", shapes=shape(layer.d_a),
    )  # fmt: skip


def _backward(
    layers: Sequence[Layer], i: int, cell: Seen, seen: Seen, steps: tuple[Step, ...]
) -> Iterator[LayerBackward]:
    layer = layers[i]
    upper = layers[i + 1] if i + 1 < len(layers) else None
    if upper and not (upper.below is layer and upper.is_sole_taker):
        upper = None  # other paths add their share
    d, lines = layer.code("delta"), []
    arriving = layer.code("d" + layer.output)
    if upper:
        arriving = f"({upper.code('W')}.T @ {upper.code('delta')})"
    elif i + 1 < len(layers):
        lines.append(f"{arriving} = np.array({list(layer.d_a)})")
    lines.append(f"{d} = {arriving}{_gate(layer)}")
    lines.append(f"{layer.code('dW')} = np.outer({d}, {layer.source_code})")
    if layer.b is not None:
        lines.append(f"{layer.code('db')} = {d}")
    if layer.d_x is not None and not layer.below:
        lines.append(f"d{layer.source_code} = {layer.code('W')}.T @ {d}")
    shapes = f"{shape(layer.delta)} × {shape(layer.x)}ᵀ → {shape(layer.d_W)}"
    yield LayerBackward(
        seen=cell, root=seen.name, before=0.0, after=layer.delta[0], layer=layer, upper=upper, steps=steps,
        numpy="\n".join(lines), shapes=shapes,
    )  # fmt: skip


def _moves(
    network: Network, layers: Sequence[Layer], i: int, cell: Seen, seen: Seen, steps: tuple[Step, ...]
) -> Iterator[Move]:
    """The way back through one layer, move by move; each takes the steps of the nodes whose gradient it computes."""
    layer = layers[i]
    if i and not (layer.below is layers[i - 1] and layer.is_sole_taker):
        raise ValueError(
            f'by="move" needs layers directly on one another, but layer {i + 1} takes more than the outputs of layer '
            f'{i}, or these go elsewhere too: walk it by="layer"'
        )
    targets = _targets(network.levels[i])
    others = [step for step in steps if not any(step.target.node in nodes for nodes in targets.values() if step.target)]
    for kind, (numpy, shapes) in _numpy(layer).items():
        own = [step for step in steps if step.target and step.target.node in targets[kind]]
        if own:
            yield kind(
                seen=cell, root=seen.name, before=0.0, after=layer.delta[0], layer=layer, steps=(*others, *own),
                numpy=numpy, shapes=shapes,
            )  # fmt: skip
            others = []


def _targets(level: Level) -> dict[type[Move], set[Value]]:
    """The nodes whose gradient each move computes."""
    cells = level.cells
    return {
        Slope: {z for _, z, a in (cell.rows[0] for cell in cells) if z is not a},
        Weights: {w for cell in cells for w in cell.weights},
        Biases: {cell.bias for cell in cells if cell.bias is not None},
        PassOn: {x for x in cells[0].rows[0][0] if not isinstance(x, Constant)},
    }


def _numpy(layer: Layer) -> dict[type[Move], tuple[str, str]]:
    """The NumPy lines of each move, and their shapes."""
    d, arriving, x = layer.code("delta"), layer.code("d" + layer.output), layer.source_code
    linear = "" if layer.activation else f"{d} = {arriving}\n"
    outer = f"{shape(layer.delta)} × {shape(layer.x)}ᵀ → {shape(layer.d_W)}"
    product = f"{shape(layer.W)}ᵀ·{shape(layer.delta)} → {shape(layer.x)}"
    return {
        Slope: (f"{d} = {arriving}{_gate(layer)}", shape(layer.delta)),
        Weights: (f"{linear}{layer.code('dW')} = np.outer({d}, {x})", outer),
        Biases: (f"{layer.code('db')} = {d}", shape(layer.delta)),
        PassOn: (f"d{x} = {layer.code('W')}.T @ {d}", product),
    }


def _gate(layer: Layer) -> str:
    """· f′(z), in NumPy; the numbers themselves for an activation that NumPy has not."""
    if not layer.activation:
        return ""
    known = NUMPY.get(layer.activation.name)
    names = {"z": layer.code("z"), "a": layer.code("a")}
    return " * " + (known[1].format(**names) if known else f"np.array({list(layer.slopes)})")


def _updates(
    layers: Sequence[Layer], cells: Sequence[Seen], seen: Seen, network: Network, updates: list[Step]
) -> Iterable[Step]:
    """One step for each layer all of whose parameters are updated; what belongs to no such layer stays single."""
    new = {step.node: step for step in updates}
    for layer, cell, level in zip(layers, cells, network.levels, strict=True):
        own = [p for cell in level.cells for p in cell.unit.parameters]
        if any(parameter not in new for parameter in own):
            continue
        steps = tuple(new.pop(parameter) for parameter in own)
        lr = steps[0].upstream
        lines = [
            f"{layer.code(base)} -= {lr} * {layer.code('d' + base)}" for base in ("W", *("b" * (layer.b is not None)))
        ]
        yield LayerUpdate(
            seen=cell, root=seen.name, before=steps[0].before, after=steps[0].after, upstream=lr, layer=layer,
            steps=steps, numpy="\n".join(lines), shapes=shape(layer.W),
        )  # fmt: skip
    yield from new.values()
