"""Pictures of models: the network itself, and what it says about every point of a plane."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value
from autograd.drawing.diagram import Diagram, check_digits
from autograd.drawing.network import OPTIONS

from ..inputs import Numbers
from ..inspection.network_view import Column, network, weights
from ..losses import mse
from .stage import stage


def draw(
    model: Any,
    x: Numbers | None = None,
    y: Any = None,
    loss: Callable[[Any, Any], Value] | None = None,
    *,
    by: str = "weight",
    digits: int = 2,
    max_neurons: int = 12,
) -> Diagram:
    """The network as columns of neurons, inputs first; the lines between them are its weights.

    A line is the wider the larger its weight, blue where that is positive and orange where it is negative. With a row
    `x` the neurons show their outputs; neurons whose gate is closed for x are grey and dashed. With the target `y` as
    well they also show δ = ∂loss/∂z (`loss` is `nn.mse` if not given), and a weight whose gradient is exactly 0 is
    dashed; without y this is told from the parameters' `.grad`, if there was a backward pass. `by="gradient"` draws
    width and colour from the gradients in place of the weights. `by="share"` draws what each neuron sends back: on the
    line of a weight stands δ·w, its share of the gradient of the neuron or input where the line begins, and in each
    circle that gradient, ∂. No parameter is changed, and no gradient.

    Biases are not drawn. Of a layer of more than `max_neurons` the middle ones are left out. In the SVG neuron i of
    column k is the element "n-k-i" (column 0 are the inputs), its weight for input j "w-k-i-j", its residual path
    "s-k-i", the title of the column "t-k", and the loss "loss"; all count from 0. Raises TypeError for models that are
    not made of layers of neurons.

    >>> import nn
    >>> nn.draw(nn.MLP(2, [4, 1]), x=[1.0, -1.0])
    <Diagram of 2 layers, 5 neurons, 12 weights; diagram.save('x.svg') writes it to a file>
    """
    if by not in ("weight", "gradient", "share"):
        raise ValueError(f"by must be 'weight', 'gradient' or 'share', got {by!r}")
    check_digits(digits)
    if x is None and y is not None:
        raise ValueError("y needs the row that it belongs to: nn.draw(model, x=X[0], y=y[0])")
    shown = network(model, x, y, loss or mse)
    if by == "gradient" and shown.gradient is None:
        raise ValueError('by="gradient" needs gradients: give x and y, or call loss.backward() before')
    if by == "share" and shown.loss is None:
        raise ValueError('by="share" needs a row and its target: nn.draw(model, x=X[0], y=y[0], by="share")')
    return Diagram(stage(shown, by, digits, max_neurons).graph, _summary(shown.columns), OPTIONS)


def _summary(columns: Sequence[Column]) -> str:
    layers, neurons = len(columns) - 1, sum(column.size for column in columns[1:])
    return f"{layers} layers, {neurons} neurons, {sum(1 for _ in weights(columns))} weights"
