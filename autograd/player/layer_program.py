"""The layers of a walk by layer, as the page's script takes them: places of nodes in place of their numbers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..value import Constant, Value
from ..walking.model_layers import Level
from ..walking.recording import Recording
from ..walking.steps.by_edge import Forward, Total
from ..walking.steps.by_layer import Layer, LayerBackward, LayerForward, LayerLoss, LayerStep, LayerUpdate
from ..walking.steps.by_move import Biases, PassOn, Slope, Weights
from ..walking.steps.formatting import TEXT
from ..walking.steps.updating import Update

KINDS: dict[type[LayerStep], str] = {
    LayerForward: "forward", LayerLoss: "loss", LayerBackward: "backward", LayerUpdate: "update",
    Slope: "slope", Weights: "weights", Biases: "biases", PassOn: "pass",
}  # fmt: skip
ARRAY = re.compile(r"np\.array\(\[.*?\]\)")


def layer_program(recording: Recording, places: Mapping[Value, int]) -> dict[str, Any]:
    """The layers, and the steps with the nodes that belong to each."""
    assert recording.network is not None
    steps = [step for step in recording.steps if isinstance(step, LayerStep)]
    layers = [step.layer for step in steps if isinstance(step, LayerForward)]
    back = [next(s for s in steps if isinstance(s, LayerBackward) and s.layer is layer) for layer in layers]
    entries = zip(layers, recording.network.levels, back, strict=True)
    return {
        "layers": [_layer(layer, level, back, places) for layer, level, back in entries],
        "steps": [_step(step, layers, places) for step in steps],
    }


def _layer(layer: Layer, level: Level, step: LayerBackward, places: Mapping[Value, int]) -> dict[str, Any]:
    cells = level.cells
    inputs, biases = cells[0].rows[0][0], [cell.bias for cell in cells if cell.bias is not None]

    def at(nodes: Sequence[Value]) -> list[int]:
        return [places[node] for node in nodes]

    lefts = [line.left for line in LayerBackward.lines(step)]
    symbols = {base: layer.symbol(base, TEXT) for base in "zaWb"}
    by_output = f"∂{step.root}/∂{layer.symbol(layer.output, TEXT)}"
    return {
        "W": [at(cell.weights) for cell in cells],
        "b": at(biases) or None,
        "x": at(inputs),
        "z": at([cell.rows[0][1] for cell in cells]),
        "a": at([cell.rows[0][2] for cell in cells]),
        "activation": layer.applied(TEXT) if layer.activation else None,
        "reaches": not layer.below and not all(isinstance(node, Constant) for node in inputs),
        "taker": f"layer {layer.below.index}" if layer.below else None,
        "where": f"layer {layer.index}" if layer.index else "the layer",
        "symbols": {
            **symbols,
            "delta": lefts[0],
            "by_W": lefts[1],
            "by_x": f"∂{step.root}/∂{layer.source(TEXT)}",
            "by_b": lefts[2 if layer.b else 1],
            "by_output": by_output,
        },
    }


def _step(step: LayerStep, layers: Sequence[Layer], places: Mapping[Value, int]) -> dict[str, Any]:
    inner = step.steps
    return {
        "kind": f"layer {KINDS[type(step)]}",
        "phase": step.phase.letter,
        "node": places[step.node],
        "layer": layers.index(step.layer),
        "upper": layers.index(step.upper) if step.upper else None,
        "lines": [] if isinstance(step, LayerLoss) else [list(line) for line in step.lines()],
        "code": "\n".join(_code(step, line) for line in step.code.split("\n")),
        "forward": [places[one.node] for one in inner if isinstance(one, Forward)],
        "backward": [places[one.target.node] for one in inner if isinstance(one, Total)],
        "updates": [places[one.node] for one in inner if isinstance(one, Update)],
    }


def _code(step: LayerStep, line: str) -> str:
    """A line of NumPy with the names of the arrays in place of their numbers."""
    layer, left = step.layer, line.split(" = ")[0]
    known = {layer.source_code: "x", layer.code("a"): "a", layer.code("d" + layer.output): "d_a"}
    return ARRAY.sub(f"np.array({{{known.get(left, 'slopes')}}})", line)
