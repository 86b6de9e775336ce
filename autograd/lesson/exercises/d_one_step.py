"""Lesson D: one full step of a 2-2-1 network; the truths in plain Python."""

from math import exp

from .exercise import Exercise

W, B, V, B3 = [[0.1, 0.3], [0.2, 0.4]], [0.1, 0.1], [0.5, 0.6], 0.1
X, Y = [1.0, 0.5], 1.0


def _step(nine: list[float], lr: float) -> tuple[list[float], float]:
    """The parameters after a step, in the notebook's order, and the loss before it."""
    w11, w12, b1, w21, w22, b2, v1, v2, b3 = nine
    a1, a2 = (1 / (1 + exp(-(w * X[0] + u * X[1] + b))) for w, u, b in ((w11, w12, b1), (w21, w22, b2)))
    error = v1 * a1 + v2 * a2 + b3 - Y
    d1, d2 = error * v1 * a1 * (1 - a1), error * v2 * a2 * (1 - a2)
    slopes = [d1 * X[0], d1 * X[1], d1, d2 * X[0], d2 * X[1], d2, error * a1, error * a2, error]
    return [p - lr * slope for p, slope in zip(nine, slopes, strict=True)], 0.5 * error**2


def _second_loss() -> float:
    start = [*W[0], B[0], *W[1], B[1], *V, B3]
    once, _ = _step(start, 0.5)
    twice, _ = _step(once, 0.5)
    return _step(twice, 0.5)[1]


def _relu_delta() -> float:
    z = [w[0] * X[0] + w[1] * X[1] + b for w, b in zip(W, B, strict=True)]
    return (V[0] * max(z[0], 0.0) + V[1] * max(z[1], 0.0) + B3 - Y) * V[0]


D = {
    "d-1": Exercise(
        truth=lambda: "down",
        hints=("What is the sign of ŷ − y now?", "The other factors of the path, v₁, σ′(z₁) and x₁, are positive."),
        solution='direction = "down"',
        because="The prediction 0.77 would then be too high: ŷ − y is positive, and so are the other three factors "
        "on the path. More w₁₁ means more loss, and the step goes against it.",
    ),
    "d-2": Exercise(
        truth=lambda: -0.2332156118 * 0.6224593312,
        hints=(
            "v₂ enters ŷ multiplied by a₂, and ŷ enters L: two factors.",
            "The factors are ∂L/∂ŷ = ŷ − y and ∂ŷ/∂v₂ = a₂. (v₂·(ŷ − y) is the gradient of a₂, the other factor.)",
        ),
        solution="by_calculator = (0.7668 - 1.0) * 0.6225",
        because="∂L/∂v₂ = ∂L/∂ŷ · ∂ŷ/∂v₂ = (ŷ − y)·a₂ = −0.2332 · 0.6225 ≈ −0.1452. The number −0.1399 would be "
        "∂L/∂a₂, the gradient of the other factor of v₂·a₂.",
    ),
    "d-3": Exercise(
        truth=_relu_delta,
        hints=(
            "ReLU lets 0.35 and 0.5 through as they are: what is ŷ now, and the error?",
            "∂L/∂z₁ = ∂L/∂ŷ · v₁ · f′(z₁), and ReLU's slope at 0.35 is 1.",
        ),
        solution="with_relu = (0.5 * 0.35 + 0.6 * 0.5 + 0.1 - 1.0) * 0.5 * 1.0",
        because="ŷ = 0.5·0.35 + 0.6·0.5 + 0.1 = 0.575, the error is −0.425, and ∂L/∂z₁ = −0.425 · 0.5 · 1 = −0.2125. "
        "Open gates have slope 1: the signal that σ cut to a quarter comes through whole.",
    ),
    "d-4": Exercise(
        truth=lambda: 2 * -0.0282770892,
        hints=("Each call adds the same contribution once.", "Twice what it was after one call."),
        solution="after_two = 2 * -0.0282770892",
        because="Twice the gradient, −0.0566. In a training loop the gradients are therefore set to zero before each "
        "backward pass (optimizer.zero_grad()). Forget it, and every step follows the sum of all gradients so far: "
        "nothing crashes, and gradcheck is content.",
    ),
    "d-5": Exercise(
        truth=_second_loss,
        hints=(
            "Forward, backward, update once more, starting from the numbers of new_parameters.",
            "copies = [Value(p.data) for p in new_parameters], then forward(*copies), backward(), and a new "
            "forward pass.",
        ),
        solution="""
copies = [Value(p.data) for p in new_parameters]
forward(*copies)["L"].backward()
second_loss = forward(*[Value(p.data - lr * p.grad) for p in copies])["L"].data
""",
        because="The loss falls to less than a hundredth again, for the same reason as the first time: the error, "
        "and with it every gradient, is a small multiple of what it was.",
    ),
}
