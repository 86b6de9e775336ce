"""Lesson C: 31 gradients, and dead neurons; the truths in plain Python."""

from .exercise import Exercise

C = {
    "c-1": Exercise(
        truth=lambda: 3 + 1 + 4 + 4,
        hints=("Count W, b, V and c separately; x₂ is 0.", "Only neuron 3 is open, and only h₃ is not 0."),
        solution="not_zero = 3 + 1 + 4 + 4",
        because="Twelve. W: only neuron 3 is open, and of its four inputs x₂ is 0: 3 of 12. b: only b₃: 1 of 3. V: "
        "only h₃ is not 0, and it goes into all four outputs: 4 of 12. c: all 4, always.",
    ),
    "c-2": Exercise(
        truth=lambda: 0.2,
        hints=("z₂ = −0.1 + w₂₂·x₂, and w₂₂ = 0.5.", "Where does −0.1 + 0.5·x₂ become 0?"),
        solution="opens_at = 0.1 / 0.5",
        because="z₂ = −0.1 + 0.5·x₂ is 0 at x₂ = 0.2 and positive beyond it. Go back to the player and push x₂ over "
        "it: the grey neuron 2 takes on colour, and its four weights, its bias and the weights that lead "
        "away from it with it.",
    ),
    "c-3": Exercise(
        truth=lambda: 20,
        hints=(
            "Which gate opens? And which gradients lie behind it, or in front of it?",
            "To the 12 come: b₁, the weights of neuron 1 whose input is not 0, and the four weights that leave h₁.",
        ),
        solution="after_opening = 12 + 1 + 3 + 4",
        because="z₁ is 0.05 now, and the gate is open: b₁, three of its four weights (x₂ is still 0), and the four "
        "output weights that h₁ is multiplied with join in. Twenty of 31.",
    ),
    "c-4": Exercise(
        truth=lambda: [1, 2, 3],
        hints=("Add w₁₂, w₂₂ and w₃₂ to 0, −0.1 and 0.5.", "A neuron is awake where its z is above 0."),
        solution="awake = [1, 2, 3]",
        because="The sums change by the second weights, 0.3, 0.5 and −0.3: they become 0.3, 0.4 and 0.2. All three are "
        "positive, and now all 31 gradients are there. Neurons 1 and 2 were not dead: they slept through one example.",
    ),
    "c-5": Exercise(
        truth=lambda: "an activation that is not flat below 0",
        hints=(
            "Its gradient is exactly 0. How much is a hundred times 0?",
            "Which of the three changes the slope itself?",
        ),
        solution='remedy = "an activation that is not flat below 0"',
        because="Steps are gradient times learning rate, and the gradient is exactly 0: neither patience nor force "
        "changes that. Through leaky_relu a hundredth of the signal passes, and you have just seen neurons "
        "come back. Better still is not to kill it: smaller steps, and weights that start at a size that "
        "suits the layer (lesson B).",
    ),
    "c-6": Exercise(
        truth=lambda: 0.01 * -0.3475,
        hints=("What arrived at h₂ was −0.3475.", "Times the slope, which is 0.01 where z is not positive."),
        solution="leaking = 0.01 * -0.3475",
        because="A hundredth of what arrives: about −0.0035. Little, but not nothing, and its direction is right.",
    ),
}
