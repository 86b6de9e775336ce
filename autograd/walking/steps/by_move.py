"""A layer's way back taken apart into moves: through the slope, weights, biases, and on to what lies below.

The fifth of the textbook's five moves, *receive*, is what the layer above (or the loss) passed on.
"""

from dataclasses import dataclass
from typing import ClassVar

from ..matrices import beside, block, transposed
from .by_layer import OF_WEIGHTS, LayerBackward
from .formatting import TEXT, Pen
from .step import Line


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Move(LayerBackward):
    """One of the moves; `place` is its number in the recipe, where 1 is to receive."""

    place: ClassVar[int]

    @property
    def arriving(self) -> str:
        """The gradient at the layer's outputs, in symbols."""
        return self._by(self.layer.symbol(self.layer.output, TEXT), TEXT)


class Slope(Move):
    """δ = ∂L/∂a ⊙ f′(z): of a layer with an activation only."""

    __slots__ = ()
    place = 2

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """δ, as an equation."""
        times, prime = (r"\odot", "'") if pen.is_latex else ("⊙", "′")
        arriving = self._by(self.layer.symbol(self.layer.output, pen), pen)
        return [Line(self.layer.symbol("δ", pen), "=", f"{arriving} {times} {self.layer.applied(pen, prime)}")]

    def blocks(self, pen: Pen = TEXT) -> list[list[str]]:
        """The same with its numbers."""
        layer, delta = self.layer, self.layer.delta
        parts = [block(layer.d_a, pen), *self._gate(pen), pen.sign(*delta), block(delta, pen)]
        return [beside([layer.symbol("δ", pen), "=", *parts])]

    @property
    def sentence(self) -> str:
        """What passes the gates and what does not, in words."""
        return f"What arrived, {self.arriving}, times the slope of the activation at z, is δ.{self.stopped()}"


class Weights(Move):
    """∂L/∂W = δ·xᵀ."""

    __slots__ = ()
    place = 3

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The weights' gradients, as an equation."""
        return LayerBackward.lines(self, pen)[1:2]

    def blocks(self, pen: Pen = TEXT) -> list[list[str]]:
        """The same with its numbers."""
        return LayerBackward.blocks(self, pen)[1:2]

    @property
    def sentence(self) -> str:
        """The rule of a weight, in words."""
        return OF_WEIGHTS


class Biases(Move):
    """∂L/∂b = δ."""

    __slots__ = ()
    place = 4

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """The biases' gradients, as an equation."""
        return [Line(self._by(self.layer.symbol("b", pen), pen), "=", self.layer.symbol("δ", pen))]

    def blocks(self, pen: Pen = TEXT) -> list[list[str]]:
        """The same with its numbers."""
        return [beside([self._by(self.layer.symbol("b", pen), pen), "=", block(self.layer.delta, pen)])]

    @property
    def sentence(self) -> str:
        """The rule of a bias, in words."""
        return "A bias is added as it is: its gradient is the δ of its neuron."


class PassOn(Move):
    """∂L/∂x = Wᵀ·δ, which the layer below receives as its ∂L/∂a."""

    __slots__ = ()
    place = 5

    def lines(self, pen: Pen = TEXT) -> list[Line]:
        """What goes on to the inputs, as an equation."""
        W, d = self.layer.symbol("W", pen), self.layer.symbol("δ", pen)
        return [Line(self._by(self.layer.source(pen), pen), "=", self.pulled_back(W, d, pen))]

    def blocks(self, pen: Pen = TEXT) -> list[list[str]]:
        """The same with its numbers."""
        layer, d_x = self.layer, self.layer.d_x or ()
        product = [block(transposed(layer.W), pen), block(layer.delta, pen)]
        return [beside([self._by(layer.source(pen), pen), "=", *product, pen.sign(*d_x), block(d_x, pen)])]

    @property
    def sentence(self) -> str:
        """Whom it is for, in words."""
        taker = (
            f"That is what layer {self.layer.below.index} receives." if self.layer.below else "These are the inputs."
        )
        return f"Each input adds up a share from every neuron, δ times the weight that leads there. {taker}"
