"""Lesson E: real data; the truths computed from the data that the notebook hands over, with NumPy."""

from collections.abc import Callable
from math import isclose
from typing import Any

from .exercise import Exercise, agree

CLOSE = 1e-5  # of a loss: so far it may be off


def _numbers(X: Any, y: Any, lr: float = 0.0, gated: bool = True) -> dict[str, float]:
    """Loss, slopes and the loss after a step of the lesson's network on these data."""
    import numpy as np

    rng = np.random.RandomState(0)
    W1, b1 = rng.randn(X.shape[1], 16) * 0.1, np.zeros((1, 16))
    W2, b2 = rng.randn(16, 1) * 0.1, np.zeros((1, 1))

    def forward(W1: Any, b1: Any, W2: Any, b2: Any) -> tuple[Any, ...]:
        z1 = X @ W1 + b1
        a1 = np.maximum(z1, 0) if gated else z1
        z2 = a1 @ W2 + b2
        return z1, a1, z2, float(np.mean(np.logaddexp(0, z2) - y * z2))

    z1, a1, z2, loss = forward(W1, b1, W2, b2)
    dz2 = (1 / (1 + np.exp(-z2)) - y) / len(y)
    dz1 = (dz2 @ W2.T) * ((z1 > 0) if gated else 1)
    slopes = X.T @ dz1, dz1.sum(axis=0, keepdims=True), a1.T @ dz2, dz2.sum(axis=0, keepdims=True)
    after = [p - lr * d for p, d in zip((W1, b1, W2, b2), slopes, strict=True)]
    return {"loss": loss, "dW1": float(slopes[0][0, 0]), "after": forward(*after)[-1]}


def _lowers(step: Callable[..., Any], X: Any, y: Any) -> str:
    found, right = float(step()), _numbers(X, y, lr=0.1)
    if abs(found - right["after"]) < 1e-6:
        return ""
    if abs(found - right["loss"]) < 1e-6:
        return f"your loss is {found:.6f}, as before the step: nothing has moved."
    return f"your loss is {found:.6f}{' (it rose: plus in place of minus?)' if found > right['loss'] else ''}."


def _identity(answer: Any, X: Any, y: Any) -> str:
    right = _numbers(X, y, gated=False)
    found = list(answer) if isinstance(answer, (list, tuple)) else []
    if len(found) != 2:
        return "the answer is a pair: (the loss, dW1[0, 0])."
    if not isclose(found[0], right["loss"], rel_tol=CLOSE):  # with and without the gate they are close together
        gate = " That is the loss with ReLU." if isclose(found[0], _numbers(X, y)["loss"], rel_tol=CLOSE) else ""
        return f"the loss {found[0]} is not right.{gate}"
    return "" if agree(found[1], right["dW1"]) else f"the loss is right, but dW1[0, 0] = {found[1]} is not."


E = {
    "e-1": Exercise(
        truth=lambda: 0.6931471806,
        hints=("−log of the probability given to the truth, and that is ½ in every row.", "ln 2."),
        solution="first_loss = 0.693",
        because="−log ½ = ln 2 ≈ 0.6931, whatever the data. It is the first thing to look at in a new training run: "
        "a start far above it means weights that are too large, or a bug.",
    ),
    "e-2": Exercise(
        truth=lambda X, y: _numbers(X, y)["dW1"],
        hints=(
            "(loss with W1[0, 0] + ε, minus loss with W1[0, 0] − ε) / 2ε",
            "Make two copies, W1.copy(), move one number of each, and give them to loss_for.",
        ),
        solution="""
eps = 1e-5
W1_plus, W1_minus = W1.copy(), W1.copy()
W1_plus[0, 0] += eps
W1_minus[0, 0] -= eps
measured = (loss_for(W1_plus, b1, W2, b2) - loss_for(W1_minus, b1, W2, b2)) / (2 * eps)
""",
        because="It agrees with dW1[0, 0]. copy() matters: without it the weight itself would be moved, and stay "
        "moved.",
    ),
    "e-3": Exercise(
        judge=_lowers,
        hints=(
            "Each parameter minus 0.1 times its gradient; all four of them; then loss_for once more.",
            "The gradients are dW1, db1, dW2, db2, all taken before anything has moved.",
        ),
        solution="""
def after_one_step():
    lr = 0.1
    return loss_for(W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2, b2 - lr * db2)


taken = after_one_step
""",
        because="The loss has fallen below where it was, and below ln 2 or nearer to it: the gradient points uphill, "
        "and the step went down.",
    ),
    "e-4": Exercise(
        judge=_identity,
        hints=(
            "Two lines change: a1 = z1 going forward, dz1 = da1 going back.",
            "loss_of(z1 @ W2 + b2) is the loss; then dz2, da1 = dz2 @ W2.T, and dW1 = X.T @ da1.",
        ),
        solution="""
z1_ = X @ W1 + b1
z2_ = z1_ @ W2 + b2
dz2_ = (1 / (1 + np.exp(-z2_)) - y) / N
identity = loss_of(z2_), (X.T @ (dz2_ @ W2.T))[0, 0]
""",
        because="Without the gate the backward pass is even shorter, and still right. But (X @ W1) @ W2 = X @ (W1 @ "
        "W2): two layers without a bend between them are one.",
    ),
    "e-5": Exercise(
        truth=lambda X, y: X.shape[1] + 1,
        hints=(
            "W1 @ W2 has one column. How many rows has it? And one bias.",
            "One number for each column of X, and one.",
        ),
        solution="effective = columns + 1",
        because="One weight for each measurement and one bias: W1 @ W2 is a single column. The network has become "
        "logistic regression. What makes two layers more than one is the bend in between.",
    ),
    "e-6": Exercise(
        truth=lambda: ["db1"],
        hints=("judged(buggy) tells; or look for an average.", "The N of the mean is in dz2 already."),
        solution='suspects = ["db1"]',
        because="mean in place of sum: the N is divided out twice. Only the biases of the first layer suffer; they "
        "learn N times too slowly, which nobody would ever see in a loss curve.",
    ),
}
