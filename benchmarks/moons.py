"""Engine: micrograd's demo, one training step on the moons data, with micrograd and with chainrule.

`micrograds_loss` is micrograd's own code, word for word; only the two classes it is handed differ. `our_loss` is the
same loss as one writes it with `nn`.
"""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from .table import Table, duration, times, verdict
from .timing import Timing, collector, take_turns

ROWS, SIZES, ALPHA = 100, (2, [16, 16, 1]), 1e-4
STEPS = 3  # a sample: later steps also pay for the collection of earlier graphs, as in any training


def moons(rows: int = ROWS) -> tuple[list[list[float]], list[float]]:
    """Points of two half circles, and −1 or 1 for each."""
    from sklearn.datasets import make_moons

    X, y = make_moons(n_samples=rows, noise=0.1, random_state=1337)
    return X.tolist(), (2.0 * y - 1.0).tolist()


def initial(seed: int = 1337) -> list[float]:
    """The first parameters: per neuron its weights from −1 to 1, then the bias 0."""
    draws, nin, numbers = random.Random(seed), SIZES[0], []
    for nout in SIZES[1]:
        for _ in range(nout):
            numbers += [draws.uniform(-1, 1) for _ in range(nin)] + [0.0]
        nin = nout
    return numbers


Loss = Callable[[type, Any, list[list[float]], list[float]], Any]


def our_loss(value: type, model: Any, X: list[list[float]], y: list[float]) -> Any:
    """Hinge loss and L2 penalty as one graph, with `nn`."""
    import autograd
    import nn

    parameters = model.parameters()
    return nn.hinge([model(row) for row in X], y) + ALPHA * autograd.dot(parameters, parameters)


def micrograds_loss(value: type, model: Any, X: list[list[float]], y: list[float]) -> Any:
    """Hinge loss and L2 penalty as one graph, as micrograd's demo builds it."""
    inputs = [list(map(value, row)) for row in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + ALPHA * sum(p * p for p in model.parameters())


def train_step(loss: Loss, value: type, model: Any, X: list[list[float]], y: list[float], k: int) -> float:
    """Forward, backward and update number k; the loss before it."""
    total_loss = loss(value, model, X, y)
    model.zero_grad()
    total_loss.backward()
    learning_rate = 1.0 - 0.9 * k / 100
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    return total_loss.data


def count_nodes(root: Any, leaves: bool = True) -> int:
    """The nodes of a graph, micrograd's or ours; or only those that are operations."""
    seen, waiting = {root}, [root]
    while waiting:
        new = [node for node in waiting.pop()._prev if node not in seen]
        seen.update(new)
        waiting += new
    return len(seen) if leaves else sum(bool(node._op) for node in seen)


@dataclass
class Contender:
    """A model in training: called for its next steps, it keeps the losses."""

    value: type
    model: Any
    loss: Loss
    mode: Callable[[], AbstractContextManager[None]] = nullcontext
    collecting: bool = True
    steps: int = STEPS
    losses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.X, self.y = moons()
        for p, number in zip(self.model.parameters(), initial(), strict=True):
            p.data = number

    def __call__(self) -> None:
        with collector(self.collecting), self.mode():
            for _ in range(self.steps):
                self.losses.append(train_step(self.loss, self.value, self.model, self.X, self.y, len(self.losses)))

    def nodes(self) -> int:
        with self.mode():
            return count_nodes(self.loss(self.value, self.model, self.X, self.y))


def contender(value: type, network: Any, loss: Loss, **options: Any) -> Contender:
    return Contender(value, network(*SIZES), loss, **options)


def contenders(steps: int) -> dict[str, Contender]:
    """micrograd, `nn`, `nn` operation by operation, micrograd's code on ours; with the collector on and off."""
    import micrograd.engine
    import micrograd.nn

    import autograd
    import nn

    found = {}
    for on in (True, False):
        state = "on" if on else "off"
        both: dict[str, Any] = {"collecting": on, "steps": steps}
        theirs, ours = (micrograd.engine.Value, micrograd.nn.MLP), (autograd.Value, nn.MLP)
        found[f"micrograd {state}"] = contender(*theirs, micrograds_loss, **both)
        found[f"nn {state}"] = contender(*ours, our_loss, **both)
        found[f"expanded {state}"] = contender(*ours, our_loss, mode=autograd.expanded, **both)
        found[f"imports {state}"] = contender(*ours, micrograds_loss, **both)
    return found


def largest_difference(series: list[list[float]]) -> float:
    """The largest relative difference between the losses of two contenders at the same step."""
    return max((max(losses) - min(losses)) / max(map(abs, losses)) for losses in zip(*series, strict=True))


def run(name: str, quick: bool) -> list[Table]:
    all_of_them = contenders(1 if quick else STEPS)
    nodes = {name: contender.nodes() for name, contender in all_of_them.items() if name.endswith("on")}
    numbers = dict.fromkeys(all_of_them, 1)
    timing = take_turns(all_of_them, rounds=2 if quick else 7, numbers=numbers)
    difference = largest_difference([contender.losses for contender in all_of_them.values()])
    assert difference < 1e-6, f"the losses differ by {difference:.1e}: the contenders do not compute the same"
    steps = len(all_of_them["nn on"].losses)
    table = Table(
        ["a training step on the moons data", "chainrule", "micrograd", "ratio", "target"],
        [
            line(timing, all_of_them, "nn", "on", "with `nn`", 30),
            line(timing, all_of_them, "expanded", "on", "the same, operation by operation", 4),
            line(timing, all_of_them, "imports", "on", "micrograd's code, two imports changed", None),
            line(timing, all_of_them, "nn", "off", "with `nn`, cyclic collector off for both", None),
            line(timing, all_of_them, "expanded", "off", "operation by operation, cyclic collector off for both", None),
        ],
        [
            f"The step is micrograd's demo: MLP(2, [16, 16, 1]), {ROWS} rows, hinge loss + L2.",
            f"Nodes: micrograd {nodes['micrograd on']:,}, nn {nodes['nn on']:,}, expanded {nodes['expanded on']:,}.",
            f"The losses of all agree to {difference:.0e} over {steps} steps.",
        ],
    )
    return [table]


def line(
    timing: Timing, all_of_them: dict[str, Contender], path: str, state: str, label: str, target: float | None
) -> list[str]:
    """One row: our time, micrograd's, the ratio, and the target beside it."""
    ours, theirs = f"{path} {state}", f"micrograd {state}"
    steps = all_of_them[ours].steps
    ratio = timing.ratio(theirs, ours)
    wanted = verdict(f"≥ {target} ×", ratio >= target) if target else ""
    return [label, *(duration(timing.median(name) / steps) for name in (ours, theirs)), times(ratio), wanted]
