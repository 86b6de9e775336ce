"""Lesson A: a layer, neuron by neuron; the truths in plain Python."""

from collections.abc import Callable
from typing import Any

from .exercise import Exercise, agree

W = [[0.5, -0.2, 0.1], [-0.3, 0.8, -0.4], [0.2, 0.4, 0.9]]
ARRIVING = [0.5, -1.0, 2.0]


def _arrives(delta: list[float]) -> list[float]:
    return [sum(d * row[j] for d, row in zip(delta, W, strict=True)) for j in range(3)]


def _fits(pass_back: Callable[..., Any]) -> str:
    """What is wrong with a reader's dense_backward on a layer of another size; nothing if it is right."""
    inputs, z, arriving = [2.0, -1.0], [0.5, -0.25, 1.5], [1.0, 10.0, -2.0]
    weights = [[1.0, 2.0], [3.0, 4.0], [-5.0, 6.0]]
    found = pass_back(inputs, z, arriving, weights, lambda v: 1.0 if v > 0 else 0.0)
    right = ([[2.0, -1.0], [0.0, 0.0], [-4.0, 2.0]], [1.0, 0.0, -2.0], [11.0, -10.0])
    for name, got, wanted in zip(("dL_dw", "dL_db", "dL_dx"), found, right, strict=True):
        if not agree(got, wanted):
            return f"for 3 neurons with 2 inputs {name} should be {wanted}, and yours is {got}."
    return ""


A = {
    "a-1": Exercise(
        truth=lambda: ("x2", "up"),
        hints=("The largest slope, whatever its sign.", "L falls when an input moves against the sign of its slope."),
        solution='move = ("x2", "up")',
        because="∂L/∂x₂ = −0.9 is the largest in size; it is negative, so L falls when x₂ rises. In a network x₂ is no "
        "input that we may choose but an output of the layer below, and this number is what that layer must be told.",
    ),
    "a-2": Exercise(
        truth=lambda: _arrives(ARRIVING),
        hints=(
            "Neuron 3 now adds ∂L/∂a₃ times its weights to what was there.",
            "Its share is 2·(0.2, 0.4, 0.9); the other two rows of the table stay.",
        ),
        solution="with_open_gate = [0.55 + 2 * 0.2, -0.9 + 2 * 0.4, 0.45 + 2 * 0.9]",
        because="With the gate open δ₃ = 2·1, and neuron 3 adds 2·(0.2, 0.4, 0.9) = (0.4, 0.8, 1.8). It is by far the "
        "loudest of the three, because the largest gradient arrived at it.",
    ),
    "a-3": Exercise(
        truth=lambda: -0.3 - 0.02 * -1.0,
        hints=("∂L/∂w₂₁ = δ₂ · x₁ = −1 · 1: against it means up.", "Old weight minus 0.02 times the gradient."),
        solution="new_weight = -0.3 - 0.02 * (-1.0 * 1.0)",
        because="−0.28. A fifth of the learning rate, a fifth of the move.",
    ),
    "a-4": Exercise(
        truth=lambda: [0.0, 0.0, 0.0, 0.0],
        hints=(
            "For each input: δ₁ · one weight + δ₂ · another.",
            "One number for each input; f′ is 1, so δ = (1, −0.1).",
        ),
        solution="four = [1 * 1 - 0.1 * 10, 1 * 2 - 0.1 * 20, 1 * 3 - 0.1 * 30, 1 * 4 - 0.1 * 40]",
        because="Four zeros! The two neurons pull in exactly opposite directions, and their shares cancel. A "
        "gradient of zero need not mean that nothing arrived: here two signals met.",
    ),
    "a-5": Exercise(
        judge=_fits,
        hints=(
            "dL_dx starts as a list of 0.0, one for each input, and every neuron adds to it: += in the inner loop.",
            "How many inputs are there? As many as inputs has numbers, not as many as there are neurons.",
        ),
        solution="""
def my_backward(inputs, z_list, dL_da_list, weights_list, activation_derivative):
    dL_dw, dL_db, dL_dx = [], [], [0.0] * len(inputs)
    for weights, z, dL_da in zip(weights_list, z_list, dL_da_list, strict=True):
        dL_dz = dL_da * activation_derivative(z)
        dL_dw.append([dL_dz * x for x in inputs])
        dL_db.append(dL_dz)
        for j, w in enumerate(weights):
            dL_dx[j] += dL_dz * w
    return dL_dw, dL_db, dL_dx


answer = my_backward
""",
        because="It was tried on a layer of 3 neurons with 2 inputs, one gate of which is closed. dL_dx has one "
        "number for each input, and each neuron has added its share.",
    ),
}
