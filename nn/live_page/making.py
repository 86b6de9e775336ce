"""The making of the page: its data, its programs and its scripts, put into one file."""

import json
from string import Template
from typing import Any

from autograd.player.page import asset, fragment, page_json, script, style
from autograd.player.program import NotWritten, program
from autograd.walking.walking import Walk

from ..inputs import Rows
from ..module import Module
from ..optim.optimizer import Optimizer
from ..training.compilation import require_mean
from ..training.evaluation import Loss
from .programs import alternatives, module, optimizers, row_walk, update, variants

MOST_CLASSES = 8
WALKING = ("element.js", "layers.js", "record.js", "say.js")  # the player's, by which a row is computed node by node
OWN = ("training.js", "live.js")
LINKS = {"bce_with_logits": "sigmoid", "cross_entropy": "largest", "hinge": "sign"}


def page(model: Module, X: object, y: object, loss: Loss, optimizer: Optimizer) -> tuple[str, str]:
    """The page, and what it is about in a few words; see `nn.live`."""
    rows = Rows(X, y)
    if list(optimizer.parameters) != model.parameters():
        raise ValueError("the optimizer has other parameters than the model: make it from model.parameters()")
    require_mean(loss, model, rows, {len(rows)})
    steps, xs, ys = row_walk(model, loss, rows)
    found = variants(model)
    text = Template(asset("live.html", __package__)).substitute(
        title="A network trains, step by step", style=style() + asset("live.css", __package__),
        walk=fragment(steps, id="walk"), data=page_json(_data(model, rows, loss, steps, xs, ys)),
        scripts="\n".join([*map(script, WALKING), *(script(name, __package__) for name in OWN)]),
        variants=",\n".join(f"[{json.dumps(one.activations)}, {module(one, loss, rows)}]" for one in found),
        optimizers=",\n".join(f"[{json.dumps(name)}, {update(model, o)}]" for name, o in optimizers(model, optimizer)),
        graphs=",\n".join(_graphs(model, loss, rows, steps, len(found) > 1)),
    )  # fmt: skip
    return text, f"{len(rows)} rows, {len(model.parameters())} parameters"


def _graphs(model: Module, loss: Loss, rows: Rows, steps: Walk, several: bool) -> list[str]:
    """A row's graph by the activation of the hidden layers; nothing where the page could not compute it."""
    try:
        found = alternatives(model, loss, rows) if several else {"": program(steps.recording)}
    except NotWritten:
        return []
    return [
        f"[{json.dumps(name)}, {page_json(graph)}, (() => {{ {code}\nreturn code; }})()]"
        for name, (graph, code) in found.items()
    ]


def _data(model: Module, rows: Rows, loss: Loss, steps: Walk, xs: list[Any], ys: list[Any]) -> dict[str, Any]:
    places = steps.recording.places
    name = getattr(loss, "__name__", type(loss).__name__)
    targets = [list(t) if isinstance(t, (list, tuple)) else [float(t)] for t in rows.y]
    classes = sorted({t[0] for t in targets}) if len(targets[0]) == 1 else []
    if name not in LINKS and (len(classes) > 3 or any(c != int(c) for c in classes)):
        classes = []
    return {
        "link": LINKS.get(name, ""),
        "classes": classes[:MOST_CLASSES],
        "inputs": len(rows.X[0]),
        "rows": [[*x, *t] for x, t in zip(rows.X, targets, strict=True)],
        "parameters": [p.data for p in model.parameters()],
        "groups": _groups(model),
        "places": {
            "parameters": [places.get(p, -1) for p in model.parameters()],
            "inputs": [places[x] for x in xs],
            "targets": [places[t] for t in ys],
        },
    }


def _groups(model: Module) -> list[list[int]]:
    """The parameters that start alike, by their places: those of one layer and kind."""
    groups: dict[str, list[int]] = {}
    for k, (name, _) in enumerate(model.named_parameters()):
        words = [word for word in name.split(".") if not word.isdigit()]
        layer = name.split(".")[1] if name.startswith("layers.") else ""
        groups.setdefault(f"{layer} {words[-1]}", []).append(k)
    return list(groups.values())
