"""draw(): a graph as a picture, and Diagram, which shows itself in a notebook and saves itself to a file."""

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from ..graph import topological_order
from ..model_view import Model, units
from ..support.files import write_whole
from ..support.pytree import flatten
from ..value import Value
from .dot import digraph
from .layout import arrange
from .model_groups import groups
from .render import RenderError, image, render

if TYPE_CHECKING:
    from pathlib import Path

CROSSED = 20  # levels that edges may cross for each of max_nodes: some seconds of Graphviz at most
FORMATS: dict[str, tuple[str, ...]] = {".svg": ("-Gbgcolor=transparent",), ".png": ("-Gdpi=192",), ".pdf": ()}


class Diagram:
    """A picture of a graph. It shows itself in a notebook; elsewhere save it.

    `digraph` is the `graphviz.Digraph` behind it, to be changed at will; `source` is its text in the DOT language.
    """

    options: tuple[str, ...]

    def __init__(self, digraph: Any, summary: str, options: Sequence[str] = ()) -> None:
        self.digraph = digraph
        self.summary = summary
        self.options = tuple(options)

    @property
    def source(self) -> str:
        """The diagram in the DOT language."""
        return str(self.digraph.source)

    def svg(self) -> str:
        """The picture as SVG, with a transparent background; needs no program. Raises RenderError for damaged DOT."""
        return self._rendered(".svg").decode()

    def save(self, path: str | os.PathLike[str]) -> "Path":
        """Write the picture to `path`, as its suffix says: .svg, .png, .pdf or .dot; whole or not at all.

        Returns the path. Raises ValueError for another suffix, RenderError where the program to draw PNG or PDF is
        missing; SVG needs none.

        >>> import os, tempfile
        >>> from autograd import Value, draw
        >>> draw(Value(2.0) * 3.0).save(os.path.join(tempfile.mkdtemp(), "product.dot")).name
        'product.dot'
        """
        from pathlib import Path  # here and below: `import autograd` stays quick

        suffix = Path(path).suffix.lower()
        if suffix != ".dot" and suffix not in FORMATS:
            name = os.fspath(path)
            page = "; a page is made by walk(value).save(…)" if suffix in (".html", ".htm") else ""
            raise ValueError(f"cannot save a diagram as {name!r}: the name must end in .svg, .png, .pdf or .dot{page}")
        return write_whole(path, self.source.encode() if suffix == ".dot" else self._rendered(suffix))

    def _rendered(self, suffix: str) -> bytes:
        return render(self.source, suffix[1:], (*self.options, *FORMATS[suffix]))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: the picture, or how to get it. As an <img>, since one not trusted shows no SVG."""
        try:
            svg = self.svg()
        except (RenderError, ImportError) as error:
            return {"text/plain": f"{self!r}\n{error}"}
        return {"text/html": image(svg, f"Diagram of {self.summary}"), "image/svg+xml": svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Diagram of {self.summary}; diagram.save('x.svg') writes it to a file>"


def draw(
    value: Value | Sequence[Value],
    model: Model | None = None,
    *,
    derivatives: bool = False,
    constants: bool = True,
    direction: str = "LR",
    digits: int = 4,
    collapse: str | None = None,
    expand: Value | Collection[Value] = (),
    max_nodes: int | None = 1000,
) -> Diagram:
    """The graph that `value` (or each of a list of Values) was computed from, as a picture.

    Each box shows the operation and the label, the value and the gradient: `·` as long as all gradients are 0.0.
    Blue is a positive gradient, orange a negative one, the deeper the larger; grey and dashed is a dead path, whose
    gradient is exactly 0 after backward(). A plain number in an expression is a constant: grey, without gradient.

    With `model` the nodes are framed by layer and neuron; `collapse="neuron"` or `"layer"` makes each of those one
    box. `collapse="alike"` needs no model: what happens many times, for each row and each neuron, is one box,
    "× 100 × 16", with the range of its numbers and how many of them are dead; what happens once stays as it is, and
    so do the nodes named in `expand`. So the graph of a whole batch is a picture of some 20 boxes.

    `derivatives=True` writes ∂result/∂operand on each edge. `constants=False` hides constants. `direction` is "LR" (to
    the right) or "TB" (downwards), `digits` the number of decimals. In the SVG the node at position k of the
    topological order is the element "n<k>", the edge from its operand i is "e<k>-<i>", a collapsed module is
    "g-<its dotted name>", and parts alike are "a<k>", k the first of their nodes.

    Raises ValueError for more than `max_nodes` boxes, or edges so long that Graphviz would work for minutes (None: no
    limit), with the remedies, and for options that do not exist.

    >>> from autograd import Value, draw
    >>> x = Value(3.0, label="x")
    >>> draw(x * x + 1.0)
    <Diagram of 4 nodes, 4 edges; diagram.save('x.svg') writes it to a file>
    """
    _check(direction=(direction, ("LR", "TB")), collapse=(collapse, (None, "alike", "neuron", "layer")))
    check_digits(digits)
    if collapse in ("neuron", "layer") and model is None:
        raise ValueError(f"collapse={collapse!r} needs the model as well: draw(value, model, collapse={collapse!r})")
    roots = _roots(value)
    order = topological_order(*roots)
    layers = {unit.path: unit.layer for unit in units(model)} if collapse == "layer" else {}
    paths = groups(order, model) if model else {}
    drawing = arrange(order, roots, paths, collapse, constants, _nodes(expand, collapse), layers)
    if max_nodes is not None and len(drawing.boxes) > max_nodes:
        raise ValueError(
            _too_many(f"has {len(drawing.boxes):,} nodes to draw, more than", max_nodes, len(drawing.boxes))
        )
    if max_nodes is not None and (crossed := drawing.levels_crossed()) > CROSSED * max_nodes:
        needed = -(-crossed // CROSSED)
        edges = f"has {len(drawing.edges):,} edges that cross {crossed:,} levels, more than {CROSSED} for each of"
        raise ValueError(_too_many(edges, max_nodes, needed))
    summary = f"{len(drawing.boxes)} nodes, {len(drawing.edges)} edges"
    return Diagram(digraph(drawing, direction, digits, derivatives), summary)


def _nodes(expand: Any, collapse: str | None) -> set[Value]:
    if not isinstance(expand, (Value, Collection)):
        raise TypeError(f"expand takes Values, which are then drawn by themselves; got {expand!r:.40}")
    if collapse != "alike" and expand not in ((), []):
        raise ValueError('expand is for draw(value, collapse="alike"): without it every node stands by itself')
    return {expand} if isinstance(expand, Value) else set(expand)


def _roots(value: Any) -> list[Value]:
    roots = flatten(value)
    for root in roots:
        if not isinstance(root, Value):
            raise TypeError(f"draw takes a Value, or a list of Values; got {root!r:.40} ({type(root).__name__})")
    if not roots:
        raise ValueError("nothing to draw: the list of Values is empty")
    return roots


def _check(**options: tuple[object, tuple[object, ...]]) -> None:
    for name, (given, known) in options.items():
        if given not in known:
            raise ValueError(f"{name} must be {' or '.join(map(repr, known))}, got {given!r}")


def check_digits(digits: object) -> None:
    """Raise ValueError where `digits` is no number of decimals."""
    if type(digits) is not int or not 0 <= digits <= 17:
        raise ValueError(f"digits is the number of decimals, from 0 to 17; got {digits!r}")


def _too_many(much: str, max_nodes: int, needed: int) -> str:
    return (
        f"this graph {much} max_nodes={max_nodes:,}: nobody could read the picture. "
        'Draw what is alike once, with draw(value, collapse="alike"); put neurons or layers together with '
        'draw(value, model, collapse="neuron") or "layer"; draw a part of it, such as the loss of a single row, '
        "fewer steps of a loop, or value.operands[0]; leave out constants with constants=False; or insist with "
        f"max_nodes={needed}"
    )
