"""Lesson B: through depth; the truths in plain Python."""

from collections.abc import Callable
from typing import Any

from ..xor import xor_loss, xor_start
from .exercise import Exercise

DELTA, A = -0.7282, 0.44  # of the last neuron of hidden layer 2, and of the third of hidden layer 1


def _learns(train: Callable[[int], Any]) -> str:
    """What is wrong with a reader's training from a seed that succeeds row by row; nothing if it learns XOR."""
    W1, b1, W2, b2 = train(11)
    start = xor_start(11)
    if (W1, b1, W2) == start[:3]:
        return "from seed 11 the parameters have not moved."
    loss = xor_loss(W1, b1, W2[0] if isinstance(W2[0], (list, tuple)) else W2, b2[0] if isinstance(b2, list) else b2)
    return "" if loss < 0.01 else f"from seed 11 the loss should end below 0.01, and yours ends at {loss:.4f}."


B = {
    "b-1": Exercise(
        truth=lambda: DELTA * A,
        hints=(
            "δ of the neuron it leads to, times a of the neuron it comes from.",
            "δ of the second hidden layer's last neuron is −0.7282, and a of the first one's third is 0.44.",
        ),
        solution="slope = -0.7282 * 0.44",
        because="∂L/∂W = δ aᵀ: each weight gets the δ of the neuron it leads to, times what it was multiplied with "
        "going forward. The δ on the other side of it has nothing to do with it.",
    ),
    "b-2": Exercise(
        truth=lambda: 10,
        hints=("Two layers: 16. Five: about a thousand.", "A millionth is a thousandth of a thousandth."),
        solution="layers_needed = 10",
        because="0.25⁹ ≈ 3.8·10⁻⁶ and 0.25¹⁰ ≈ 9.5·10⁻⁷. Ten layers are not many.",
    ),
    "b-3": Exercise(
        truth=lambda: [0.6, -0.8],
        hints=("The norm is √(6² + 8²) = 10.", "Both are divided by the same number; signs stay."),
        solution="clipped = [0.6, -0.8]",
        because="Both are divided by 10. (Cutting each number off at ±1 is another method, nn.clip_grad_value_: it "
        "would give 1 and −1, another direction.)",
    ),
    "b-4": Exercise(
        judge=_learns,
        hints=(
            "Change code 1 in three places: 2 inputs and 2 hidden neurons, a loop over the four rows, lr = 0.5.",
            "Seed 11 must start at xor_start(11), take 5,000 rounds over the rows in order, and step after every row.",
        ),
        solution="""
def train_xor(seed):
    W1, b1, W2, b2 = xor_start(seed)
    for _ in range(5000):
        for x, y in XOR:
            z1 = [W1[i][0] * x[0] + W1[i][1] * x[1] + b1[i] for i in range(2)]
            a1 = [max(z, 0.0) for z in z1]
            yhat = sigmoid(W2[0] * a1[0] + W2[1] * a1[1] + b2)
            d2 = (yhat - y) * yhat * (1 - yhat)
            d1 = [d2 * W2[i] * (z1[i] > 0) for i in range(2)]
            for i in range(2):
                W2[i] -= 0.5 * d2 * a1[i]
                b1[i] -= 0.5 * d1[i]
                W1[i] = [W1[i][j] - 0.5 * d1[i] * x[j] for j in range(2)]
            b2 -= 0.5 * d2
    return W1, b1, W2, b2


train = train_xor
""",
        because="From seed 11 the loss ends below 0.01. Try others: train_xor(0) does not get there, however long it "
        "runs.",
    ),
    "b-5": Exercise(
        truth=lambda: "no",
        hints=(
            "Put the four rows into both hidden neurons of each of the three networks above.",
            "'Exactly one' would be positive for (0, 1) and for (1, 0), and 0 for (0, 0) and (1, 1). Is any of "
            "the six?",
        ),
        solution='exactly_one = "no"',
        because="None of the six hidden neurons is positive for just the two rows with exactly one 1. Two of them "
        "share the work ('only x₁', 'only x₂'), or one is taken from the other ('both and neither', 'any "
        "minus both').",
    ),
    "b-6": Exercise(
        truth=lambda: 3.34,
        hints=("Put x₁ = x₂ = 1 into the line of h2.", "3.34 + 3.34 − 3.34."),
        solution="both = 3.34 + 3.34 - 3.34",
        because="The bias is minus one weight: with a single 1 the sum is just 0, with both it is one weight's "
        "worth. The network found 'both' by itself.",
    ),
}
