"""What was measured in a network: one line a layer."""

from dataclasses import dataclass, field


@dataclass
class LayerHealth:
    """One layer, over all rows. The shares are one number a neuron: on how many of the rows it is …"""

    name: str
    activation: str
    closed: list[float]  # … without slope, ∂a/∂z exactly 0
    saturated: list[float]  # … in the flat end of its sigmoid or tanh
    delta: float  # mean |δ|, over neurons and rows
    weight_gradient: float  # mean |∂loss/∂w|, over weights and rows
    silent: dict[str, int] = field(default_factory=dict)  # weights without gradient on all rows, by the reasons

    @property
    def size(self) -> int:
        """The number of neurons."""
        return len(self.closed)

    @property
    def dead(self) -> list[int]:
        """The neurons that are closed on every row."""
        return [i for i, share in enumerate(self.closed) if share == 1.0]

    @property
    def stuck(self) -> list[int]:
        """The neurons that are saturated on more than nine rows in ten."""
        return [i for i, share in enumerate(self.saturated) if share > 0.9]


@dataclass
class Health:
    """All layers, over all rows."""

    layers: list[LayerHealth]
    count: int
    loss: float
    largest: float
    idle: list[int]
