"""What a diagnosis says in sentences: what is wrong, and what usually mends it."""

from collections.abc import Iterator, Sequence
from math import isfinite, log10, nan

from autograd.notation.numbers import number

from .health import Health

STEEP, DEEP = 3.0, 4  # powers of ten between the first and the last layer, of so many layers
STILL = 1e-2  # a gradient below this share of the loss moves nothing much


def findings(diagnosis: Health) -> list[str]:
    """The sentences, most serious first."""
    examinations = (_broken, _dead, _stuck, _slope, _still, _silent, _idle)
    return [sentence for examine in examinations for sentence in examine(diagnosis)]


def _broken(diagnosis: Health) -> Iterator[str]:
    if not isfinite(diagnosis.loss):
        yield (
            f"The loss is {number(diagnosis.loss)}. Look for nan and inf in the data, and lower the learning rate; "
            "`with autograd.detect_anomaly():` names the operation where it begins."
        )


def _dead(diagnosis: Health) -> Iterator[str]:
    where = f"all {diagnosis.count} rows" if diagnosis.count > 1 else "the one row given"
    for layer in diagnosis.layers:
        dead = [neuron for neuron in layer.dead if neuron not in layer.stuck]  # tanh = 1 exactly is told as saturated
        if dead:
            its = "its" if len(dead) == 1 else "their"
            yield (
                f"{layer.name}: {_neurons(dead)} dead, {its} gate closed on {where}, so that {its} weights get "
                'no gradient. What mends it: a lower learning rate, init="he_normal", standardised inputs, or '
                'activation="leaky_relu", which never closes.'
            )


def _stuck(diagnosis: Health) -> Iterator[str]:
    for layer in diagnosis.layers:
        if layer.stuck:
            activation = layer.activation.split(" ")[0]
            at_the_end = layer is diagnosis.layers[-1] and activation == "sigmoid"
            remedy = OUTPUT_REMEDY if at_the_end else HIDDEN_REMEDY
            yield (
                f"{layer.name}: {_neurons(layer.stuck)} saturated on more than 90% of the rows: the {activation} is "
                f"flat there, and little gradient passes. What mends it: {remedy}."
            )


HIDDEN_REMEDY = 'standardised inputs, init="xavier_uniform", weight decay, or a ReLU'
OUTPUT_REMEDY = "if these answers are wrong, a linear output with nn.bce_with_logits, whose gradient stays"


def _slope(diagnosis: Health) -> Iterator[str]:
    first, last = diagnosis.layers[0], diagnosis.layers[-1]
    steps = decades(first.delta, last.delta)
    way = f"from {last.name} to {first.name}"
    if steps < -STEEP and len(diagnosis.layers) >= DEEP:
        yield (
            f"The gradient vanishes: mean |δ| falls by 10^{-steps:.1f} {way}. What mends it: ReLU with "
            'init="he_normal" in place of sigmoid or tanh, nn.Residual around the layers, or fewer of them.'
        )
    if steps > STEEP and len(diagnosis.layers) >= DEEP:
        yield (
            f"The gradient explodes: mean |δ| grows by 10^{steps:.1f} {way}. What mends it: smaller weights "
            '(init="xavier_normal" or "he_normal"), nn.clip_grad_norm_, a lower learning rate.'
        )


def _still(diagnosis: Health) -> Iterator[str]:
    largest, loss = diagnosis.largest, diagnosis.loss
    if isfinite(loss) and largest < STILL * abs(loss):
        yield (
            f"Training stands still: of the mean gradients of all parameters the largest is {number(largest)}, at a "
            f"loss of {number(loss)}. If that loss is not good enough, this is a plateau, a saddle or a poor minimum: "
            "start again from other weights, or with more neurons."
        )


def _silent(diagnosis: Health) -> Iterator[str]:
    for layer in diagnosis.layers:
        if layer.silent:
            total = sum(layer.silent.values())
            reasons = "; ".join(f"{count} × {reason}" for reason, count in layer.silent.items())
            yield f"{layer.name}: {total} weight{'s' * (total > 1)} without gradient on every row ({reasons})."


def _idle(diagnosis: Health) -> Iterator[str]:
    if diagnosis.idle:
        columns = ", ".join(map(str, diagnosis.idle))
        yield (
            f"Column{'s' * (len(diagnosis.idle) > 1)} {columns} of X: 0 in every row, so that the weights behind learn "
            "nothing. What mends it: leave the column out, or look at rows where it is not 0."
        )


def decades(first: float, last: float) -> float:
    """log₁₀ of first over last; nan where one of them is 0 or not finite."""
    return log10(first / last) if first > 0.0 and last > 0.0 and isfinite(first) and isfinite(last) else nan


def _neurons(which: Sequence[int]) -> str:
    if len(which) == 1:
        return f"neuron {which[0]} is"
    if len(which) > 8:
        return f"{len(which)} neurons ({', '.join(map(str, which[:6]))}, …) are"
    return f"neurons {', '.join(map(str, which[:-1]))} and {which[-1]} are"
