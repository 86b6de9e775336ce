"""PyTorch: float64, one thread, all rows at once."""

from typing import Any

import torch
import torch.nn.functional as F

from ..problems import Array, Problem, flat
from . import Contender


def network(problem: Problem) -> Contender:
    torch.set_num_threads(1)
    X = torch.tensor(problem.X)
    y = torch.from_numpy(problem.y).long() if problem.loss == "cross_entropy" else torch.from_numpy(problem.y)
    pairs = [(torch.from_numpy(w), torch.from_numpy(b)) for w, b in problem.pairs(problem.theta)]
    parameters = [p.requires_grad_() for pair in pairs for p in pair]
    loss_of = LOSSES[problem.loss]

    def step() -> torch.Tensor:
        for p in parameters:
            p.grad = None
        h = X
        for w, b in pairs[:-1]:
            h = torch.relu(F.linear(h, w, b))
        loss = loss_of(F.linear(h, *pairs[-1]), y)
        if problem.alpha:
            loss = loss + problem.alpha * sum((p * p).sum() for p in parameters)
        loss.backward()
        return loss

    def read(loss: torch.Tensor) -> tuple[float, Array]:
        return loss.item(), flat([(w.grad, b.grad) for w, b in pairs])

    return Contender(step, read)


def hinge(z: Any, y: Any) -> Any:
    return torch.relu(1 - y * z[:, 0]).mean()


def bce(z: Any, y: Any) -> Any:
    return F.binary_cross_entropy_with_logits(z[:, 0], y)


LOSSES: dict[str, Any] = {"hinge": hinge, "bce": bce, "cross_entropy": F.cross_entropy}
