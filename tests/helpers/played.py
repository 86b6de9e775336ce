"""A walk's page, opened in the browser."""

import random
from pathlib import Path
from typing import Any

import nn
from autograd import Value, walk
from autograd.walking.walking import Walk


def neuron(quiz: bool = False) -> Walk:
    v = {label: Value(x, label=label) for label, x in {"x1": 2.0, "x2": 0.0, "w1": -3.0, "w2": 1.0, "b": 6.88}.items()}
    return walk((v["x1"] * v["w1"] + v["x2"] * v["w2"] + v["b"]).tanh(), quiz=quiz)


def network(by: str = "edge") -> Walk:
    model = nn.MLP(2, [4, 4, 1], rng=random.Random(3))
    return walk((model([1.0, -0.5]) - 1.0) ** 2, model=model, by=by, parameters=model.parameters(), lr=0.1)  # type: ignore[arg-type]


def opened(tab: Any, steps: Walk, folder: Path, anchor: str = "") -> Any:
    """The saved page in the browser; returns the player."""
    steps.save(folder / "w.html")
    tab.goto(f"file://{folder / 'w.html'}{anchor}")
    return tab.locator(".cr-walk")


def count(player: Any) -> str:
    return player.locator(".cr-count").inner_text()  # type: ignore[no-any-return]
