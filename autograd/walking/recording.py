"""Recording: all that a walk knows, made once."""

from collections.abc import Sequence

from ..value import Value
from .model_layers import Network
from .record_edges import edge_steps, folded, forward_steps, loss_step, new_loss, node_steps, numbered, update_steps
from .record_layers import layer_steps
from .steps.by_edge import Backward
from .steps.formatting import Name
from .steps.naming import names_of
from .steps.step import Seen, Step, seen

LAYERED = ("layer", "move")  # the ways to walk that need a model


class Recording:
    """All that a walk knows: the graph in order, its names and numbers, the gradients and the steps."""

    order: Sequence[Value]
    scene: dict[Value, Seen]
    shown: Sequence[Value]
    network: Network | None
    by: str
    places: dict[Value, int]
    seen: Seen
    root: Name
    grads: dict[Value, float]
    updates: list[Step]
    steps: tuple[Step, ...]

    def __init__(
        self,
        order: Sequence[Value],
        scene: dict[Value, Seen],
        network: Network | None,
        by: str,
        update: tuple[list[Value], float] | None,
    ) -> None:
        self.order, self.scene, self.network, self.by = order, scene, network, by
        self.shown = [node for node in order if node in scene]
        self.places = {node: k for k, node in enumerate(order)}
        self.seen = scene[order[-1]]
        self.root = self.seen.name
        self.grads = dict.fromkeys(order, 0.0) | {order[-1]: 1.0}
        edges = list(edge_steps(order, scene, self.root, self.grads))
        self.updates = self._updates(*update) if update else []
        self.steps = numbered([*self._pass(edges), *self._ending()])

    def _pass(self, edges: list[Backward]) -> list[Step]:
        if self.by in LAYERED:
            assert self.network is not None
            in_moves = self.by == "move"
            return layer_steps(self.order, self.scene, self.network, self.grads, edges, self.updates, in_moves)
        backward = edges if self.by == "edge" else node_steps(edges, self.shown)
        forward = forward_steps(self.order, self.scene, self.root)
        whole = len(self.shown) == len(self.order)
        updates = self.updates if whole else [step for step in self.updates if step.node in self.scene]
        return [*forward, loss_step(self.seen, self.root), *folded(backward), *updates]

    def _ending(self) -> list[Step]:
        return [new_loss(self.order, self.updates, self.seen, self.root)] if self.updates else []

    def _updates(self, parameters: list[Value], lr: float) -> list[Step]:
        names = names_of([*dict.fromkeys(parameters), self.order[-1]])
        known = [self.scene.get(parameter) or seen(parameter, names) for parameter in dict.fromkeys(parameters)]
        return update_steps(known, self.grads, lr, self.root)
