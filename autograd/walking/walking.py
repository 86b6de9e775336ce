"""walk(): the forward and the backward pass as a list of steps, to be read, printed, saved, played or driven."""

from collections.abc import Iterable
from os import PathLike
from typing import Any, Literal

from ..graph import topological_order
from ..operations.arithmetic import real
from ..support.printing import printable
from ..value import Constant, Value
from .alike import examples
from .driven import Drive
from .model_layers import Network
from .record_edges import receipts
from .recording import LAYERED, Recording
from .sequence import Steps
from .steps.naming import names_of
from .steps.step import seen

By = Literal["edge", "node", "layer", "move"]
MAX_STEPS = 5_000


def walk(
    value: Value,
    model: Any = None,
    by: By = "edge",
    parameters: Iterable[Value] | None = None,
    lr: float | None = None,
    max_steps: int | None = MAX_STEPS,
    quiz: bool = False,
    collapse: Literal["alike"] | None = None,
) -> "Walk":
    """The forward and backward pass of `value` as steps; a record, which changes no node.

    `by="edge"`: one contribution a step; `"node"`: all contributions to a node; `"layer"`: the matrix equations of
    `model` (anything with `named_parameters()`), for one row of data; `"move"`: the same, a layer's way back taken
    apart into its moves (through the slope of its activation, weights, biases, on to the layer below). With
    `parameters` and `lr` the walk ends with their update and the new loss. With `collapse="alike"`, what happens for
    each row and each neuron is told once, with how often it does, "× 100 × 16": so the graph of a whole batch can be
    walked. In a notebook the walk is an interactive player, with `quiz=True` in predict mode.

    Raises TypeError where `value` is no Value, ValueError for a constant, for another `by`, for more than `max_steps`
    steps, or when only one of `parameters` and `lr` is given.

    >>> from autograd import Value, walk
    >>> w, x = Value(2.0, label="w"), Value(3.0, label="x")
    >>> print(walk(w * x))
    Forward
       1  L = w·x = 2.0·3.0 = 6.0
    <BLANKLINE>
    Loss
       2  L = 6.0,  ∂L/∂L = 1.0
    <BLANKLINE>
    Backward
       3  ∂L/∂w = ∂L/∂L · ∂L/∂w = 1.0 · 3.0 = 3.0   ∂L/∂w = x
       4  ∂L/∂x = ∂L/∂L · ∂L/∂x = 1.0 · 2.0 = 2.0   ∂L/∂x = w
    """
    _check(value, by, model)
    if collapse not in (None, "alike") or (collapse and by in LAYERED):
        raise ValueError(f'collapse is "alike" or None, and by "edge" or "node" then; got {collapse!r}, by={by!r}')
    order = topological_order(value)
    shown = examples(order) if collapse else dict.fromkeys(order, "")
    _check_size(sum(receipts(shown).values()), by, max_steps)
    network = Network(model, order) if model is not None else None
    named = shown.keys() | {operand for node in shown for operand in node.operands}
    names = names_of([node for node in order if node in named] if collapse else order, network)
    scene = {node: seen(node, names, times) for node, times in shown.items()}
    return Walk(Recording(order, scene, network, by, _rate(parameters, lr)), quiz=quiz)


def _check(value: object, by: object, model: object) -> None:
    if not isinstance(value, Value):
        raise TypeError(f"walk takes a Value, got {value!r:.40} ({type(value).__name__})")
    if isinstance(value, Constant):
        raise ValueError(
            f"walk of {value!r}, which has no graph: compute it from at least one Value, outside no_grad()"
        )
    if by not in ("edge", "node", *LAYERED):
        raise ValueError(f'by must be "edge", "node", "layer" or "move", got {by!r}')
    if by in LAYERED and model is None:
        raise ValueError(f'by="{by}" needs the network: walk(loss, model=model, by="{by}")')


def _check_size(edges: int, by: str, max_steps: int | None) -> None:
    if by not in LAYERED and max_steps is not None and edges > max_steps:
        raise ValueError(
            f"the graph has {edges} edges, more than max_steps={max_steps}: tell what is alike once, with walk(loss, "
            'collapse="alike"), walk a smaller part (one row, fewer neurons), see the layers with walk(loss, '
            'model=model, by="layer"), or give max_steps=None'
        )


def _rate(parameters: Iterable[Value] | None, lr: float | None) -> tuple[list[Value], float] | None:
    if parameters is None and lr is None:
        return None
    if parameters is None or lr is None:
        raise ValueError("an update needs both: walk(loss, parameters=model.parameters(), lr=0.1)")
    given: object = parameters
    chosen: list[Any] = list(given) if isinstance(given, Iterable) else [given]
    for parameter in chosen:
        if not isinstance(parameter, Value):
            raise TypeError(f"parameters takes Values, such as model.parameters(); got {type(parameter).__name__}")
    return chosen, real(lr, "lr")


class Walk(Steps):
    """The steps of one pass, in order: a sequence of `Step`s, whose slices are Walks again.

    `print(walk)` is the pass as text, in ASCII where the stream lacks ∂ and the like; `save` writes it as a page, as
    text, as Markdown or as LaTeX; in a notebook it shows the player. `drive()` performs the backward pass on the real
    nodes instead.
    """

    def drive(self) -> Drive:
        """The real backward pass, edge by edge: an iterator that changes the nodes' gradients as `backward()` does.

        >>> from autograd import Value, walk
        >>> x = Value(3.0, label="x")
        >>> drive = walk(x * x).drive()
        >>> seed, first = next(drive), next(drive)
        >>> x.grad
        3.0
        >>> drive.finish()
        >>> x.grad
        6.0
        """
        return Drive(self.recording.order, self.recording.scene, self.recording.root)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the walk to `path` as its suffix says: .html (the player), .txt, .md or .tex; whole or not at all.

        Raises ValueError for another suffix.
        """
        from .saving import write

        write(self, path)

    def __str__(self) -> str:
        from .text import text

        return printable(text(self))

    def __repr__(self) -> str:
        counts: dict[str, int] = {}
        for step in self.steps:
            counts[step.kind] = counts.get(step.kind, 0) + 1
        parts = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        return printable(f"<Walk of {self.recording.root} by {self.recording.by}: {len(self)} steps ({parts})>")

    def _repr_html_(self) -> str:
        from ..player.page import fragment

        return fragment(self)

    def _mime_(self) -> tuple[str, str]:
        """For marimo: an iframe, which lets the script run."""
        from ..player.page import frame

        return "text/html", frame(self)
