"""The player: a walk as one self-contained piece of HTML, for a notebook, a page of its own or an iframe.

It is a picture and a list of all steps, readable as they are, and a script (`player.js`) that turns the picture
into the player. Where scripts are not allowed, as in an untrusted notebook, picture and list remain.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from html import escape
from importlib.resources import files
from math import isfinite
from secrets import token_hex
from string import Template
from typing import Any

from ..drawing.render import image
from ..notation.numbers import number
from ..walking.recording import LAYERED
from ..walking.sequence import Steps
from ..walking.steps.by_edge import Backward
from ..walking.steps.step import BACKWARD, Line, Step
from ..walking.steps.updating import Update
from ..walking.text import block
from .graph_picture import graph_picture, why_none
from .network_picture import column_picture
from .program import NotWritten, program
from .recipe import recipe

PLAYING = ("element.js", "way.js", "predict.js", "recipe.js", "player.js")
MOVING = ("record.js", "say.js", "leaves.js")  # where numbers can be moved
LAYERS = ("layers.js",)  # of a walk by layer, there
START = "document.querySelectorAll('[data-walk=\"{id}\"]').forEach((root) => chainruleWalk(root, code));"
NODES_AT_FIRST_SIGHT = 60  # nodes; of a larger graph the network is shown first


def page(walk: Steps) -> str:
    """The player as a page of its own."""
    title = escape(f"The gradient of {walk.recording.root}, step by step")
    return Template(asset("player.html")).substitute(title=title, player=fragment(walk, id="walk", is_page=True))


def frame(walk: Steps) -> str:
    """The player in an iframe, for hosts that run scripts nowhere else."""
    content = escape(page(walk), quote=True)
    return f'<iframe srcdoc="{content}" style="width:100%;height:760px;border:0" allow="fullscreen"></iframe>'


def fragment(walk: Steps, id: str | None = None, is_page: bool = False) -> str:
    """The player as a piece of HTML, to be put into any page; each has an id of its own."""
    id = id or f"walk-{token_hex(4)}"
    pictures, alt = _pictures(walk), escape(_alt(walk))
    view = next(iter(pictures), "")
    picture = image(pictures.pop(view), _alt(walk)) if pictures else f"<p>{why_none(walk.recording)}</p>"
    data = {
        "page": is_page, "quiz": walk.quiz, "alt": _alt(walk), "view": view, "views": pictures,
        "start": dict(_start(walk)), "recipe": recipe(walk), "steps": [_entry(walk, step) for step in walk],
    }  # fmt: skip
    by = "layer" if walk.recording.by in LAYERED else walk.recording.by
    items = "".join(_item(step, id, place) for place, step in enumerate(walk, 1))
    graph, operations = _live(walk)
    data["graph"] = graph
    names = [*(MOVING if graph else ()), *(LAYERS if graph and graph["layers"] else ()), *PLAYING]
    code = "\n".join([*map(script, names), operations, START.format(id=id)])
    return (
        f'<div class="cr-walk" id="{id}" data-walk="{id}" data-by="{by}" tabindex="0" role="group" '
        f'data-lm-suppress-shortcuts="true" aria-label="{alt}">{picture}'
        '<p class="cr-run">To play it, run this cell.</p>'
        f"<details><summary>All {len(walk)} steps</summary><ol>{items}</ol></details>"
        f'<script type="application/json">{page_json(data)}</script>'
        f"<style>{style()}</style><script>(()=>{{{code}}})()</script></div>"
    )


def _live(walk: Steps) -> tuple[dict[str, Any] | None, str]:
    """The graph for a page whose numbers can be moved, and its operations; nothing for a part of a walk or a graph."""
    recording = walk.recording
    is_whole = len(walk) == len(recording.steps) and len(recording.shown) == len(recording.order)
    if is_whole:
        with suppress(NotWritten):
            return program(recording)
    return None, "const code = null;"


def _pictures(walk: Steps) -> dict[str, str]:
    """The pictures that there are, by name, the one to show first in front."""
    recording = walk.recording
    columns = column_picture(recording) if len(recording.shown) == len(recording.order) else None
    graph = None if recording.by in LAYERED and columns else graph_picture(recording, walk)
    found = {"graph": graph, "network": columns}
    if recording.by in LAYERED or len(recording.shown) > NODES_AT_FIRST_SIGHT:
        found = dict(reversed(found.items()))
    return {name: svg for name, svg in found.items() if svg}


def _alt(walk: Steps) -> str:
    return f"The graph of {walk.recording.root} with its numbers and gradients; all steps are in the list below"


def _item(step: Step, id: str, place: int) -> str:
    """A step in the list. The sign of a line stands in a <span>, by which the script aligns the lines."""
    lines = [f"{escape(line.left)} <span>{line.sign}</span> {escape(line.right)}" for line in _padded(step)]
    blocks = [escape(part) for part in block(step).split("\n\n")[1:]] if step.is_block else []
    text = "\n\n".join(["\n".join(lines), *blocks])
    return (
        f'<li id="{id}-step={place}" value="{place}"><a href="#{id}-step={place}">{step.phase.heading}</a>'
        f"<pre>{text}</pre><p>{escape(step.words)}</p></li>"
    )


def _padded(step: Step) -> Iterator[Line]:
    lines = step.lines()
    width = max(len(line.left) for line in lines)
    return (line._replace(left=line.left.ljust(width)) for line in lines)


def _entry(walk: Steps, step: Step) -> dict[str, Any]:
    """What the script needs of a step: its kind, what lights up, what changes, and the number to predict."""
    place = walk.recording.places
    nodes, edges = step.lights(place)
    entry: dict[str, Any] = {"k": step.phase.letter, "n": nodes, "e": edges, "c": list(step.changes(place))}
    if step.is_asked and isfinite(step.answer):
        entry["a"] = step.answer
    if isinstance(step, Backward) and step.part == step.parts > 1 and "a" in entry and isfinite(step.after):
        entry["t"] = step.after  # the total of several ways is asked for, not the last contribution
    if step.phase is BACKWARD and "a" in entry and step.target and step.target.is_leaf and step.part == step.parts:
        entry["m"] = -1 if step.after > 0 else int(step.after < 0)
    return entry


def _start(walk: Steps) -> Iterator[tuple[str, str]]:
    """What stands there from the start: numbers that an update will change, and what came before a slice."""
    for step in walk.recording.steps:
        for inner in (step, *step.steps):
            if isinstance(inner, Update) and inner.node in walk.recording.places:
                yield f"d{walk.recording.places[inner.node]}", number(inner.before or 0.0)
    for step in walk.recording.steps[: walk[0].number - 1 if walk else 0]:
        yield from step.changes(walk.recording.places)


def page_json(data: Any) -> str:
    """Data as JSON that can stand in a page."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")  # so that no label can end the script, or begin one


@cache
def asset(name: str, package: str = __package__) -> str:
    """A file that lies beside the modules of a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


@cache
def script(name: str, package: str = __package__) -> str:
    """A script without its comment lines and indentation: those are for readers of the file."""
    lines = (line.strip() for line in asset(name, package).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


@cache
def style(name: str = "player.css", package: str = __package__) -> str:
    """A style sheet without its comments and line ends."""
    return re.sub(r"\s*\n\s*", "", re.sub(r"/\*.*?\*/", "", asset(name, package), flags=re.S))
