"""Train a network of single scalars on real data, take one neuron's backward pass apart, check the gradient.

The data: 569 tumours with 30 measurements each, benign or malignant (Wolberg, Street and Mangasarian 1995), which
come with scikit-learn. A fifth of them is held out, to see how well the network does on tumours it never saw.
Pictures of it all go to the folder demo/.
"""

import sys
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

import nn
from autograd import Value, gradcheck, walk
from autograd.graph import topological_order

FOLDER = Path("demo")
Rows: TypeAlias = tuple[Any, Any]  # what is known of each case, and what is to be found out


def load() -> tuple[Rows, Rows, list[str]]:
    """The rows to learn from and those held out, standardised with what is known of the first; the columns' names."""
    data = load_breast_cancer()
    X, X_test, y, y_test = train_test_split(data.data, data.target, test_size=0.2, stratify=data.target, random_state=0)
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    return ((X - mean) / deviation, y), ((X_test - mean) / deviation, y_test), list(data.feature_names)


def train(learned: Rows, held_out: Rows) -> tuple[nn.MLP, nn.History]:
    """A network with one hidden layer. Its output is a logit: above 0 means benign."""
    model = nn.MLP(30, [16, 1], init="he_normal", rng=Random(0))
    print(model, end="\n\n")
    history = nn.fit(
        model,
        *learned,
        loss=nn.bce_with_logits,
        optimizer=nn.AdamW(model.parameters(), lr=0.01, weight_decay=1.0),
        epochs=15,
        batch_size=32,
        validation=held_out,
        metrics=[nn.accuracy],
    )
    print(f"\n{history}\n")
    for rows, what in ((learned, "learned from"), (held_out, "held out")):
        print(f"{nn.accuracy(model, *rows):6.1%} of the {len(rows[1])} tumours {what} are classified right")
    return model, history


def show_one_neuron(model: nn.MLP, rows: Rows, names: list[str], shown: int = 8) -> tuple[int, Any]:
    """The backward pass through the hidden neuron that weighs most in the hardest case."""
    X, y = rows
    scores = nn.predict(model, X)
    case = max(range(len(y)), key=lambda i: scores[i] * (1 - 2 * y[i]))
    x = [Value(number, label=name) for number, name in zip(X[case], names, strict=True)]
    loss = nn.bce_with_logits(model(x), y[case])
    model.zero_grad()  # the gradients of the last training step are still there
    loss.backward()

    # A neuron is two nodes: z, the dot of weights, inputs and bias, and a = relu(z). They are found by who uses whom.
    order = topological_order(loss)
    neuron: Any = max(model.layers[0].neurons, key=lambda neuron: abs(neuron.b.grad))
    z = consumer(order, neuron.b)
    a = consumer(order, z)
    logit = consumer(order, a)
    v = logit.local_grads[logit.operands.index(a)]  # ∂logit/∂a: the weight with which the output neuron takes a

    print(f"\nOne hidden neuron in the held-out case that is missed most, with loss L = {loss.data:.4f}:\n")
    print(f"  forward    z = b + Σ w·x                      {z.data:8.4f}")
    print(f"             a = relu(z)                        {a.data:8.4f}")
    print(f"  backward   ∂L/∂a = ∂L/∂logit · v              {a.grad:8.4f}  = {logit.grad:.4f} · {v:.4f}")
    print(f"             ∂L/∂z = ∂L/∂a · relu'(z)           {z.grad:8.4f}  = {a.grad:.4f} · {a.local_grads[0]:.4f}\n")
    print(f"  {'input':25}{'x':>8}{'w':>10}     ∂L/∂w = ∂L/∂z·x     ∂L/∂z·w, its part of ∂L/∂x")
    pairs = sorted(zip(neuron.w, x, strict=True), key=lambda pair: -abs(pair[0].grad))
    for w, xi in pairs[:shown]:
        print(f"  {xi.label:25}{xi.data:8.4f}{w.data:10.4f}{w.grad:20.4f}{z.grad * w.data:31.4f}")
    print(f"  {'bias':25}{1.0:8.4f}{neuron.b.data:10.4f}{neuron.b.grad:20.4f}")
    print(f"  and {len(names) - shown} more inputs, with smaller ∂L/∂w")
    return case, neuron


def consumer(order: list[Value], operand: Value) -> Any:
    """The first node that is computed from `operand`."""
    return next(node for node in order if operand in node.operands)


def check(model: nn.MLP, rows: Rows, count: int = 10) -> None:
    """The gradient of the trained model beside central differences, for the mean loss of the first rows."""
    X, y = rows[0][:count], rows[1][:count]
    names = dict(model.named_parameters())
    report = gradcheck(lambda: nn.bce_with_logits([model(x) for x in X], y), parameters=names)
    print(f"\n{report}")
    assert report


def one_neurons_loss(model: nn.MLP, neuron: nn.Neuron, x: list[float], y: float) -> Value:
    """The loss as a graph of this one hidden neuron: what all the others add to the logit enters as one number."""
    inputs = [Value(number, label=f"x{j}") for j, number in enumerate(x, 1)]
    v = model.layers[1].neurons[0].w[model.layers[0].neurons.index(neuron)]
    a = neuron(inputs)
    rest = Value(model(x).data - v.data * a.data, label="rest")
    return nn.bce_with_logits(a * v + rest, y)


def save_pictures(model: nn.MLP, history: nn.History, rows: Rows, case: int, neuron: nn.Neuron) -> None:
    """The learning curve, how gradients flow, the network in one case, and the neuron's walk as a page to click."""
    FOLDER.mkdir(exist_ok=True)
    X, y = rows
    loss = nn.bce_with_logits([model(x) for x in X], y)
    pictures = {"learning": history.plot(), "gradients": nn.gradient_flow(loss, model).plot()}
    for name, axes in pictures.items():
        axes.figure.savefig(FOLDER / f"{name}.png", dpi=150, bbox_inches="tight")
    nn.draw(model, x=X[case], y=y[case], loss=nn.bce_with_logits).save(FOLDER / "network.svg")
    walk(one_neurons_loss(model, neuron, X[case], y[case])).save(FOLDER / "neuron.html")
    two = [[float(x) for x in row[:2]] for row in X]  # mean radius and mean texture
    small = nn.MLP(2, [6, 1], activation="tanh", rng=Random(0))
    adam = nn.Adam(small.parameters(), lr=0.03)
    nn.live(small, two, y, loss=nn.bce_with_logits, optimizer=adam).save(FOLDER / "training.html")
    print(f"\nPictures, and pages to play with, are in {FOLDER.resolve()}:")
    print("  learning.png, gradients.png, network.svg")
    print("  neuron.html    the neuron's backward pass, in which every number can be moved")
    print("  training.html  a small network that learns radius and texture while you watch")


def main() -> None:
    sys.stdout.reconfigure(encoding="utf-8")  # ∂ and Σ are meant, on every console
    learned, held_out, names = load()
    model, history = train(learned, held_out)
    case, neuron = show_one_neuron(model, held_out, names)
    check(model, learned)
    save_pictures(model, history, held_out, case, neuron)


if __name__ == "__main__":
    main()
