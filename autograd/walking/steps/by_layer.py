"""A walk layer by layer: matrix equations with their numbers, their shapes and the NumPy lines that compute them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ...operations.operation import Operation
from ...support.printing import printable
from ..matrices import Matrix, Vector, beside, block, transposed
from .by_edge import seeded
from .formatting import TEXT, Name, Pen
from .step import BACKWARD, FORWARD, LOSS, UPDATE, Line, Places, Step

OF_WEIGHTS = "Every weight's gradient is the δ of its neuron times the input it was multiplied with."


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer's numbers: W, b, inputs x, z, a and the gradients of them all, as the walk found them."""

    index: str  # its number where there are several layers
    W: Matrix
    b: Vector | None
    x: Vector
    z: Vector
    a: Vector
    slopes: Vector  # f′(z)
    activation: Operation | None
    delta: Vector  # ∂L/∂z
    d_a: Vector
    d_W: Matrix
    d_x: Vector | None  # None where the inputs are constants
    below: "Layer | None"  # the layer whose outputs are exactly these inputs
    is_sole_taker: bool  # whether that layer's outputs go nowhere else, as a residual path would take them

    def symbol(self, base: str, pen: Pen) -> str:
        """W⁽²⁾."""
        if pen.is_latex:
            return Name(base, self.index).latex
        return str(Name(base, self.index))

    @property
    def output(self) -> str:
        """The letter of what the layer gives."""
        return "a" if self.activation else "z"

    def source(self, pen: Pen) -> str:
        """What the layer takes in: x, or the layer below's a."""
        if self.below:
            return self.below.symbol(self.below.output, pen)
        return self.symbol("x", pen) if self.index not in ("", "1") else "x"

    def code(self, base: str) -> str:
        """The name of one of its arrays in the NumPy lines."""
        return base + self.index

    @property
    def source_code(self) -> str:
        """What comes in, in the NumPy lines."""
        if self.below:
            return self.below.code(self.below.output)
        return self.code("x") if self.index not in ("", "1") else "x"

    def applied(self, pen: Pen, prime: str = "") -> str:
        """f(z) or f′(z)."""
        assert self.activation is not None
        name = self.activation.symbol
        if pen.is_latex:
            name = r"\sigma" if name == "σ" else rf"\operatorname{{{name}}}"
        return f"{name}{prime}({self.symbol('z', pen)})"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LayerStep(Step):
    """One layer in one pass. `numpy` holds the lines that compute it, `shapes` what fits what; the nodes' own steps
    are in `steps`.
    """

    is_block: ClassVar[bool] = True
    layer: Layer
    upper: Layer | None = None  # backward: the layer that sends, where it takes exactly this one's outputs
    numpy: str
    shapes: str = ""

    @property
    def code(self) -> str:
        """The lines of NumPy, and the shapes as a comment."""
        return "\n".join([*self.numpy.splitlines(), f"# {self.shapes}"])

    @property
    def numbers(self) -> str:
        """Its blocks of numbers."""
        return "\n\n".join("\n".join(lines) for lines in self.blocks())

    def __str__(self) -> str:
        rule = [" ".join(line) for line in self.lines()]
        return printable("\n".join([*rule, "", self.numbers, "", self.numpy]))

    def __repr__(self) -> str:
        return printable(f"<{self.kind} step {self.number} of {self.total}: {self.formula}>")


class LayerForward(LayerStep):
    """z = W·x + b, a = f(z)."""

    __slots__ = ()
    phase = FORWARD

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The layer's equation."""
        layer = self.layer
        bias = "" if layer.b is None else f" + {layer.symbol('b', pen)}"
        lines = [Line(layer.symbol("z", pen), "=", _times(layer.symbol("W", pen), layer.source(pen), pen) + bias)]
        return [*lines, Line(layer.symbol("a", pen), "=", layer.applied(pen))] if layer.activation else lines

    def blocks(self, pen: Pen = TEXT) -> list[list[str]]:
        """The matrices with their numbers."""
        layer, z, a = self.layer, self.layer.z, self.layer.a
        product: list[list[str] | str] = [block(layer.W, pen), block(layer.x, pen)]
        bias: list[list[str] | str] = [] if layer.b is None else ["+", block(layer.b, pen)]
        found = [beside([layer.symbol("z", pen), "=", *product, *bias, pen.sign(*z), block(z, pen)])]
        if layer.activation:
            found.append(beside([layer.symbol("a", pen), "=", layer.applied(pen), pen.sign(*a), block(a, pen)]))
        return found

    @property
    def sentence(self) -> str:
        """How many neurons, how many gates closed, in words."""
        count, closed = len(self.layer.z), sum(slope == 0.0 for slope in self.layer.slopes)
        where = f"layer {self.layer.index}" if self.layer.index else "the layer"
        together = f"All {count} neurons of {where} at once" if count > 1 else f"The one neuron of {where}"
        gates = f" {closed} of {count} gates {'is' if closed == 1 else 'are'} closed." if closed else ""
        return f"{together}: each row of W times the same inputs.{gates}"


class LayerLoss(LayerStep):
    """The loss, ∂L/∂L = 1, and the gradient that arrives at the last layer."""

    __slots__ = ()
    phase = LOSS

    def _changes(self, place: Places) -> Iterator[tuple[str, str]]:
        yield from seeded(self, place)

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The loss, in symbols and in numbers."""
        lines = [
            Line(pen.name(self.root), pen.sign(self.seen.data), pen.number(self.seen.data)),
            Line(pen.partial(self.root, self.root), "=", pen.number(1.0)),
        ]
        if not self.steps:  # the network's output itself is differentiated: there is no loss behind it
            return lines
        by = _partial(self.root, self.layer.symbol(self.layer.output, pen), pen)
        numbers = ", ".join(map(pen.number, self.layer.d_a))
        return [*lines, Line(by, pen.sign(*self.layer.d_a), numbers)]

    def blocks(self, pen: Pen = TEXT) -> list[list[str]]:
        """Nothing: one number needs no matrix."""
        return []

    @property
    def sentence(self) -> str:
        """Where the way back starts, in words."""
        return f"The forward pass ends in one number, {self.root}. From here the gradient walks back, layer by layer."


class LayerBackward(LayerStep):
    """δ = (Wᵀδ from above) ⊙ f′(z); ∂L/∂W = δ·xᵀ; ∂L/∂b = δ; at the inputs Wᵀδ."""

    __slots__ = ()
    phase = BACKWARD

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """δ, the weights' gradients and what goes on, as equations."""
        layer, d, W, x = self.layer, *(self.layer.symbol(base, pen) for base in "δW"), self.layer.source(pen)
        lines = [Line(d, "=", self._signal(pen)), Line(self._by(W, pen), "=", _times(d, _flip(x, pen), pen))]
        if layer.b is not None:
            lines.append(Line(self._by(layer.symbol("b", pen), pen), "=", d))
        if self._reaches_inputs:
            lines.append(Line(self._by(x, pen), "=", self.pulled_back(W, d, pen)))
        return lines

    def pulled_back(self, W: str, d: str, pen: Pen) -> str:
        """Wᵀ·δ."""
        return _times(_flip(W, pen), d, pen)

    @property
    def _reaches_inputs(self) -> bool:
        """Whether the inputs are leaves that get gradients."""
        return self.layer.d_x is not None and not self.layer.below

    def _by(self, symbol: str, pen: Pen) -> str:
        return _partial(self.root, symbol, pen)

    def _signal(self, pen: Pen) -> str:
        """What arrives, through the gate f′."""
        arriving = self._by(self.layer.symbol(self.layer.output, pen), pen)
        if self.upper:
            arriving = f"({_times(_flip(self.upper.symbol('W', pen), pen), self.upper.symbol('δ', pen), pen)})"
        if not self.layer.activation:
            return arriving
        times, prime = (r"\odot", "'") if pen.is_latex else ("⊙", "′")
        return f"{arriving} {times} {self.layer.applied(pen, prime)}"

    def blocks(self, pen: Pen = TEXT) -> list[list[str]]:
        """The matrices with their numbers."""
        layer, d, dW, dx = self.layer, block(self.layer.delta, pen), self.layer.d_W, self.layer.d_x
        by_W, weights = self._by(layer.symbol("W", pen), pen), [x for row in dW for x in row]
        found = [
            beside([layer.symbol("δ", pen), "=", *self._arriving(pen), *self._gate(pen), pen.sign(*layer.delta), d]),
            beside([by_W, "=", d, block([layer.x], pen), pen.sign(*weights), block(dW, pen)]),
        ]
        if self._reaches_inputs and dx is not None:
            by_x = self._by(layer.source(pen), pen)
            found.append(beside([by_x, "=", block(transposed(layer.W), pen), d, pen.sign(*dx), block(dx, pen)]))
        return found

    def _arriving(self, pen: Pen) -> list[list[str] | str]:
        if self.upper:
            return [block(transposed(self.upper.W), pen), block(self.upper.delta, pen)]
        return [block(self.layer.d_a, pen)]

    def _gate(self, pen: Pen) -> list[list[str] | str]:
        return [r"\odot" if pen.is_latex else "⊙", block(self.layer.slopes, pen)] if self.layer.activation else []

    @property
    def sentence(self) -> str:
        """What passes the gates and what does not, in words."""
        if not self.layer.activation:
            return OF_WEIGHTS
        return f"The signal that arrives, times f′(z), is δ.{self.stopped()} {OF_WEIGHTS}"

    def stopped(self) -> str:
        """How many gates stop a signal that has arrived; nothing where none does."""
        blocked = sum(slope == 0.0 != d for slope, d in zip(self.layer.slopes, self.layer.d_a, strict=True))
        return f" {blocked} of {len(self.layer.z)} gates stop it, where f′(z) = 0." if blocked else ""


class LayerUpdate(LayerStep):
    """W ← W − η·∂L/∂W, b ← b − η·∂L/∂b; the single parameters are in `steps`."""

    __slots__ = ()
    phase = UPDATE

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The update of the layer, as an equation."""
        arrow, rate = (r"\leftarrow", r"\eta") if pen.is_latex else ("←", "η")
        names = [self.layer.symbol(base, pen) for base in ("W" if self.layer.b is None else "Wb")]
        return [Line(name, arrow, f"{name} − {_times(rate, _partial(self.root, name, pen), pen)}") for name in names]

    def blocks(self, pen: Pen = TEXT) -> list[list[str]]:
        """The new matrices."""
        W, b = new_numbers(self)
        found = [beside([self.layer.symbol("W", pen), "←", block(W, pen)])]
        return found if b is None else [*found, beside([self.layer.symbol("b", pen), "←", block(b, pen)])]

    @property
    def sentence(self) -> str:
        """Which way the weights move, in words."""
        return "Every weight and bias moves against its gradient."


def new_numbers(step: LayerStep) -> tuple[Matrix, Vector | None]:
    """W and b after the update; the steps hold per neuron its weights, then its bias."""
    new, layer = [inner.after for inner in step.steps], step.layer
    width, stride = len(layer.x), len(layer.x) + (layer.b is not None)
    W = [new[i * stride : i * stride + width] for i in range(len(layer.W))]
    return W, None if layer.b is None else new[width::stride]


def _times(left: str, right: str, pen: Pen) -> str:
    return f"{left} {right}" if pen.is_latex else f"{left}·{right}"


def _flip(text: str, pen: Pen) -> str:
    """Transposed."""
    return f"{{{text}}}^{{\\top}}" if pen.is_latex else text + "ᵀ"


def _partial(root: Name, of: str, pen: Pen) -> str:
    return rf"\frac{{\partial {root.latex}}}{{\partial {of}}}" if pen.is_latex else f"∂{root}/∂{of}"
