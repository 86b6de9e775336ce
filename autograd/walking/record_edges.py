"""Recording a walk: the forward steps, the backward steps edge by edge or node by node, the update.

The backward sweep is the one of `Value.backward`, on a ledger of gradients: a dictionary for the record, which
changes no node, or the nodes' own `.grad` for a walk that is driven.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from ..operations.arithmetic import FLOATS, NOTHING
from ..value import Value
from .steps.by_edge import Backward, Forward, Loss, Total, Zeros
from .steps.formatting import Name
from .steps.step import Reason, Seen, Step
from .steps.updating import NewLoss, Update
from .steps.zero_reasons import CANCELLED, reasons, remembered, slopes


class Ledger(Protocol):
    """Where the gradients stand."""

    def __getitem__(self, node: Value, /) -> float: ...

    def __setitem__(self, node: Value, grad: float, /) -> None: ...


def forward_steps(order: Sequence[Value], scene: dict[Value, Seen], root: Name) -> list[Step]:
    """One step for every node that is computed."""
    return [Forward(seen=scene[node], root=root, after=node.data) for node in order if node.operands and node in scene]


def loss_step(seen: Seen, root: Name) -> Loss:
    """The step from the root to its own gradient, 1."""
    return Loss(seen=seen, root=root, before=0.0, after=1.0)


def receipts(order: Iterable[Value]) -> Counter[Value]:
    """How many contributions each node gets."""
    edges = (zip(node.operands, slopes(node), strict=True) for node in order)
    return Counter(operand for pairs in edges for operand, local in pairs if local is not None)


def edge_steps(order: Sequence[Value], scene: dict[Value, Seen], root: Name, grads: Ledger) -> Iterator[Backward]:
    """The backward sweep, one edge a step, in the order and with the arithmetic of `Value.backward`.

    Edges between nodes that are not in the scene are gone along without a step.
    """
    parts, arrived = receipts(order), Counter[Value]()
    behind: dict[Value, tuple[Reason, ...]] = {}
    reached = {order[-1]}
    for node in reversed(order):
        upstream = grads[node] if node in reached else NOTHING
        for index, (operand, local) in enumerate(zip(node.operands, slopes(node), strict=True)):
            if local is None:
                continue
            if node in reached and node.local_grads[index] is not None:
                reached.add(operand)
            before = grads[operand]
            after = before + local * upstream
            grads[operand] = after
            arrived[operand] += 1
            if node not in scene or operand not in scene:
                continue
            blocked = reasons(scene[node], index, local, upstream, behind.get(node, ()))
            told = behind.get(operand, ()) + _handed_on(blocked, behind.get(node, ()))
            behind[operand] = told if after == 0.0 else ()
            yield Backward(
                seen=scene[node], target=scene[operand], root=root, index=index, local=local, upstream=upstream,
                before=before, after=after, part=arrived[operand], parts=parts[operand], blocked=blocked,
            )  # fmt: skip


def _handed_on(blocked: tuple[Reason, ...], behind: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Why the receiving node's gradient is still zero."""
    return tuple(dict.fromkeys(remembered(blocked, behind)))[:8] if blocked else (CANCELLED,)


def node_steps(edges: Iterable[Backward], order: Sequence[Value]) -> list[Step]:
    """All contributions to one node as one step, in the order in which the nodes send."""
    arrived: dict[Value, list[Backward]] = {}
    for step in edges:
        if step.operand is not None:
            arrived.setdefault(step.operand, []).append(step)
    return [_total(arrived[node]) for node in reversed(order) if node in arrived]


def _total(steps: list[Backward]) -> Total:
    last = steps[-1]
    blocked = tuple(dict.fromkeys(reason for step in steps for reason in step.blocked))
    if last.after == 0.0 and not all(step.blocked for step in steps):
        blocked = (CANCELLED,)
    return Total(
        seen=last.seen, target=last.target, root=last.root, before=0.0, after=last.after, part=last.parts,
        parts=last.parts, blocked=blocked, steps=tuple(steps), upstream=last.upstream, local=last.local,
        index=last.index,
    )  # fmt: skip


def folded(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, with each run of zero contributions as one; a gate that has just closed stays a step of its own."""
    run: list[Step] = []
    for step in steps:
        if _sends_nothing(step) and not _closes(step):
            run.append(step)
            continue
        yield from _fold(run)
        run = []
        yield step
    yield from _fold(run)


def _sends_nothing(step: Step) -> bool:
    return bool(step.blocked) and (isinstance(step, Backward) or step.after == 0.0)


def _closes(step: Step) -> bool:
    """Whether a gradient arrives here and a closed gate stops it: the moment to see."""
    return bool(step.upstream) and any(reason.kind == "gate" for reason in step.blocked)


def _fold(run: list[Step]) -> list[Step]:
    if len(run) < 2:
        return run
    blocked = tuple(dict.fromkeys(reason for step in run for reason in step.blocked))
    return [
        Zeros(
            seen=run[0].seen,
            target=run[0].target,
            root=run[0].root,
            before=0.0,
            after=0.0,
            blocked=blocked,
            steps=tuple(run),
        )
    ]


def update_steps(parameters: Sequence[Seen], grads: dict[Value, float], lr: float, root: Name) -> list[Step]:
    """One step of gradient descent on every parameter, recorded only."""
    return [
        Update(
            seen=seen, root=root, before=seen.data, after=seen.data - lr * grads.get(seen.node, 0.0),
            upstream=lr, local=grads.get(seen.node, 0.0),
        )
        for seen in parameters
    ]  # fmt: skip


def recomputed(order: Sequence[Value], changed: dict[Value, float]) -> dict[Value, float]:
    """The numbers of all nodes if the leaves in `changed` had these; no node is touched."""
    numbers: dict[Value, float] = {}
    for node in order:
        if node.op is None:
            numbers[node] = changed.get(node, node.data)
        else:
            numbers[node] = node.op.evaluate(FLOATS, [numbers[operand] for operand in node.operands])
    return numbers


def new_loss(order: Sequence[Value], updates: Iterable[Step], seen: Seen, root: Name) -> NewLoss:
    """The step that computes the root again from the updated parameters."""
    changed = {step.node: step.after for step in updates}
    values = recomputed(order, changed)
    return NewLoss(seen=seen, root=root, before=seen.data, after=values[order[-1]], values=values)


def numbered(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps with their places: step n of m."""
    return tuple(replace(step, number=i, total=len(steps)) for i, step in enumerate(steps, 1))
