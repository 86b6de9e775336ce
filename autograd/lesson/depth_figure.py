"""The figure of lesson B: how large the gradient is in each layer of a deep network, computed in the page.

The networks are real: `depth_figure.js` draws their weights and runs them forward and backward whenever a knob moves.
The activations and their slopes are the library's, as JavaScript.
"""

from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from ..operations.activations import RELU, SIGMOID, TANH
from ..operations.operation import Operation
from ..player.page import page_json, script, style
from ..player.program import operations_code

ACTIVATIONS = (SIGMOID, TANH, RELU)
WIDTH, SEEDS = 16, 20


class DepthFigure:
    """A figure with knobs: depth, weight scale, residual paths. In a notebook it shows itself."""

    start: dict[str, Any]

    def __init__(self, depth: int, deviation: float, residual: bool) -> None:
        self.start = {"depth": depth, "deviation": deviation, "residual": residual}

    def _repr_html_(self) -> str:
        id = f"depth-{token_hex(4)}"
        data = {"names": [op.name for op in ACTIVATIONS], "width": WIDTH, "seeds": SEEDS, **self.start}
        code = f"{_operations(ACTIVATIONS)}\n{script('depth_figure.js', __package__)}"
        call = f"chainruleDepth(document.getElementById('{id}'), {page_json(data)}, code);"
        return (
            f'<div class="dp-figure" id="{id}"><p>To see this figure, which is computed here, run this cell.</p></div>'
            f"<style>{style('depth_figure.css', __package__)}</style><script>(()=>{{{code}\n{call}}})()</script>"
        )

    def __repr__(self) -> str:
        return f"<DepthFigure: {self.start['depth']} layers of {WIDTH}; it moves in a notebook>"


def depth_figure(depth: int = 20, deviation: float = 0.25, residual: bool = False) -> DepthFigure:
    """log₁₀ of each layer's mean |δ| for sigmoid, tanh and ReLU, with knobs for depth, weights and residual paths.

    `depth` is from 2 to 50 layers of 16 neurons, `deviation` the standard deviation of their normal weights (0.01 to
    1); inputs are normal, there are no biases, and the loss is the sum of the outputs. Each curve is the median of 20
    networks. Raises ValueError outside these ranges.

    >>> depth_figure(30)
    <DepthFigure: 30 layers of 16; it moves in a notebook>
    """
    if not 2 <= depth <= 50:
        raise ValueError(f"depth is from 2 to 50 layers, got {depth}")
    if not 0.01 <= deviation <= 1.0:
        raise ValueError(f"deviation is from 0.01 to 1, got {deviation}")
    return DepthFigure(depth, deviation, residual)


def _operations(operations: Sequence[Operation]) -> str:
    return operations_code([(op, 1) for op in operations])
