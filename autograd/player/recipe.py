"""The recipe of a walk by move, which the page ticks off: for each layer the five moves, and the steps that do them."""

from typing import Any

from ..walking.sequence import Steps
from ..walking.steps.by_layer import LayerLoss, LayerStep
from ..walking.steps.by_move import Move
from ..walking.steps.formatting import TEXT

RECEIVE = 1


def recipe(walk: Steps) -> list[dict[str, Any]] | None:
    """The layers from the last to the first; of another walk nothing.

    Each move is its text with the place, counted from 0, of the step that does it, or None where the layer needs none.
    """
    if walk.recording.by != "move":
        return None
    steps = list(walk)
    received = next((i for i, step in enumerate(steps) if isinstance(step, LayerLoss)), None)
    found = []
    for layer in dict.fromkeys(step.layer for step in steps if isinstance(step, Move)):
        doing = {s.place: i for i, s in enumerate(steps) if isinstance(s, Move) and s.layer is layer} | {
            RECEIVE: received
        }
        moves = [{"text": text, "step": doing.get(place)} for place, text in _moves(steps, layer).items()]
        found.append({"name": f"layer {layer.index}" if layer.index else "the layer", "moves": moves})
        received = doing.get(5)
    return found


def _moves(steps: list[Any], layer: Any) -> dict[int, str]:
    root = next(step.root for step in steps if isinstance(step, LayerStep))
    name = {base: layer.symbol(base, TEXT) for base in "Wδz"}
    x, out = layer.source(TEXT), layer.symbol(layer.output, TEXT)
    slope = f"times {layer.applied(TEXT, '′')}: {name['δ']}" if layer.activation else f"times 1 (linear): {name['δ']}"
    return {
        1: f"receive ∂{root}/∂{out}",
        2: slope,
        3: f"weights: {name['δ']}·{x}ᵀ",
        4: f"biases: {name['δ']}",
        5: f"pass on {name['W']}ᵀ·{name['δ']}",
    }
