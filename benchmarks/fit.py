"""Training as a user writes it: `nn.fit`, beside the same loop in PyTorch, scikit-learn and JAX; float64, one thread.

Every contender starts from new parameters of its own kind, takes the same rows in batches of the same size with Adam,
and is timed for one epoch and for many: the difference is what an epoch costs, the first what getting ready does.
`compile=True` keeps the run of one epoch, too short to be worth it, on the same way as the long one.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

import nn

from .table import Table, duration, times

Array = Any
Run = Callable[[int], object]


@dataclass(frozen=True, eq=False)
class Task:
    """Rows to learn from, and the network that learns them."""

    name: str
    X: Array
    y: Array
    sizes: tuple[int, ...]
    loss: str  # "mse", "bce" (0 or 1, one logit), "cross_entropy" (the class)
    batch: int
    epochs: int

    @property
    def is_regression(self) -> bool:
        return self.loss == "mse"


def tasks() -> list[Task]:
    from sklearn.datasets import load_digits, make_moons

    draws = np.random.default_rng(0)
    X = draws.normal(size=(10_000, 20))
    y = X @ draws.normal(size=20) + 0.1 * draws.normal(size=10_000)
    shown = load_digits()
    points, side = make_moons(n_samples=100, noise=0.1, random_state=1337)
    return [
        Task("10,000 × 20, 20-32-1, batch 64", X, y, (32, 1), "mse", 64, 60),
        Task("digits, 64-32-10, batch 64", shown.data / 16.0, shown.target, (32, 10), "cross_entropy", 64, 300),
        Task("moons, 2-16-16-1, batch 100", points, side, (16, 16, 1), "bce", 100, 3000),
    ]


def chainrule(task: Task, compiled: bool = True) -> Run:
    losses = {"mse": nn.mse, "bce": nn.bce_with_logits, "cross_entropy": nn.cross_entropy}

    def run(epochs: int) -> object:
        model = nn.MLP(task.X.shape[1], list(task.sizes), rng=random.Random(0))
        adam = nn.Adam(model.parameters(), lr=0.01)
        how: Any = {"epochs": epochs, "batch_size": task.batch, "progress": False, "compile": compiled}
        return nn.fit(model, task.X, task.y, loss=losses[task.loss], optimizer=adam, **how)

    return run


def engine(task: Task) -> Run:
    return chainrule(task, False)


def pytorch(task: Task) -> Run:
    import torch

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    X, wide = torch.tensor(task.X), torch.tensor(task.y)
    y = wide if task.loss == "cross_entropy" else wide.to(X.dtype)[:, None]
    losses = {
        "mse": torch.nn.MSELoss(),
        "bce": torch.nn.BCEWithLogitsLoss(),
        "cross_entropy": torch.nn.CrossEntropyLoss(),
    }

    def run(epochs: int) -> object:
        widths, layers = [task.X.shape[1], *task.sizes], list[Any]()
        for nin, nout in zip(widths, task.sizes, strict=False):
            layers += [torch.nn.Linear(nin, nout), torch.nn.ReLU()]
        model, loss = torch.nn.Sequential(*layers[:-1]), losses[task.loss]
        adam = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(epochs):
            order = torch.randperm(len(X))
            for start in range(0, len(X), task.batch):
                chosen = order[start : start + task.batch]
                adam.zero_grad()
                loss(model(X[chosen]), y[chosen]).backward()
                adam.step()
        return model

    return run


def scikit_learn(task: Task) -> Run:
    import warnings

    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPRegressor if task.is_regression else MLPClassifier

    def run(epochs: int) -> object:
        model = kind(
            hidden_layer_sizes=task.sizes[:-1],
            alpha=0.0,
            batch_size=task.batch,
            learning_rate_init=0.01,
            max_iter=epochs,
            tol=0.0,
            n_iter_no_change=10**6,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged
            return model.fit(task.X, task.y)

    return run


def jax(task: Task) -> Run:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    X, y = jnp.array(task.X), jnp.array(task.y)

    def loss(layers: Any, x: Any, t: Any) -> Any:
        for k, (w, b) in enumerate(layers):
            x = x @ w + b
            x = jax.nn.relu(x) if k < len(layers) - 1 else x
        if task.loss == "cross_entropy":
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), t[:, None], 1))
        z = x[:, 0]
        return jnp.mean((z - t) ** 2) if task.is_regression else jnp.mean(jax.nn.softplus(z) - t * z)

    def updated(state: Any, x: Any, t: Any) -> Any:
        layers, first, second, count = state
        slopes = jax.grad(loss)(layers, x, t)
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slopes)
        layers = jax.tree.map(
            lambda p, m, v: p - 0.01 * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8),
            layers,
            first,
            second,
        )
        return layers, first, second, count

    step: Any = jax.jit(updated)

    def run(epochs: int) -> object:
        draws = np.random.default_rng(0)
        widths = [task.X.shape[1], *task.sizes]
        pairs = zip(widths, task.sizes, strict=False)
        layers = [(jnp.array(draws.uniform(-1, 1, shape) / shape[0] ** 0.5), jnp.zeros(shape[1])) for shape in pairs]
        zeros = jax.tree.map(jnp.zeros_like, layers)
        state: Any = (layers, zeros, zeros, 0)
        for _ in range(epochs):
            order = draws.permutation(len(task.X))
            for start in range(0, len(order), task.batch):
                chosen = order[start : start + task.batch]
                state = step(state, X[chosen], y[chosen])
        return jax.block_until_ready(state)

    return run


CONTENDERS: dict[str, Callable[[Task], Run]] = {
    "chainrule, nn.fit": chainrule,
    "PyTorch": pytorch,
    "scikit-learn": scikit_learn,
    "JAX, jit of a step": jax,
}


def run(name: str, quick: bool) -> list[Table]:
    return [table(task, 3 if quick else 7) for task in tasks()]


def table(task: Task, rounds: int) -> Table:
    runs, notes = dict[str, Run](), list[str]()
    for name, make in CONTENDERS.items():
        try:
            runs[name] = make(task)
        except ImportError as error:
            notes.append(f"{name} is left out: {error}.")
    ready, epoch = measured(runs, task.epochs, rounds)
    ours = epoch["chainrule, nn.fit"]
    rows = [[name, duration(ready[name]), duration(epoch[name]), times(epoch[name] / ours)] for name in runs]
    alone = _seconds(engine(task), 1)
    rows.append(["chainrule, compile=False", "", duration(alone), times(alone / ours)])
    notes.append(f"An epoch is the difference of runs of {task.epochs} and of 1; ready is a run of 1, first included.")
    return Table([f"fit: {task.name}", "ready in", "an epoch", "÷ chainrule"], rows, notes)


def measured(runs: dict[str, Run], epochs: int, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """For each contender the seconds until its first epoch was done, and those of one more."""
    ready = {name: _seconds(run, 1) for name, run in runs.items()}
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            many, one = _seconds(run, epochs), _seconds(run, 1)
            samples[name].append((many - one) / (epochs - 1))
    return ready, {name: median(found) for name, found in samples.items()}


def _seconds(run: Run, epochs: int) -> float:
    start = time.process_time()
    run(epochs)
    return time.process_time() - start
