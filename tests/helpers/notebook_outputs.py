"""What a notebook prints, as text, and where two of them differ: words must be alike, numbers nearly so."""

import html
import re
from collections.abc import Iterator
from math import isclose
from typing import Any

NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?(?:e[-+−]?\d+)?")
NEARLY = {"rel_tol": 1e-6, "abs_tol": 1e-9}  # gradcheck prints its rounding errors, which differ between machines


def printed(cell: Any) -> str:
    """All text that a cell shows; of a picture by Graphviz the words in it, whatever their order."""
    return "\n".join(text for output in cell.outputs for text in _texts(output))


def _texts(output: Any) -> Iterator[str]:
    if output.output_type == "stream":
        yield output.text
    elif output.output_type == "error":
        yield f"{output.ename}: {output.evalue}"
    elif "image/svg+xml" in output.data:
        yield "\n".join(sorted(re.findall(r"<text[^>]*>(.*?)</text>", output.data["image/svg+xml"])))
    elif "text/html" in output.data:
        yield visible(output.data["text/html"])
    elif "image/png" not in output.data:
        yield output.data.get("text/markdown") or output.data["text/plain"]


def visible(page: str) -> str:
    """The text of a piece of HTML, without scripts and styles; of a player the formulas of all steps."""
    if 'class="cr-walk"' in page:
        page = "\n".join(re.findall(r"<pre>(.*?)</pre>", page, flags=re.DOTALL))
    without = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", without))


def difference(before: str, after: str) -> str:
    """The first place where the texts differ in a word or, by more than rounding, in a number; empty: nowhere."""
    words = (
        [" ".join(part.split()) for part in NUMBER.split(before)],
        [" ".join(part.split()) for part in NUMBER.split(after)],
    )
    for old, new in zip(*words, strict=False):
        if old != new:
            return f"{old!r} became {new!r}"
    numbers = NUMBER.findall(before), NUMBER.findall(after)
    for old, new in zip(*numbers, strict=False):
        if not isclose(_number(old), _number(new), **NEARLY):
            return f"{old} became {new}"
    return "" if len(numbers[0]) == len(numbers[1]) else f"{len(numbers[0])} numbers became {len(numbers[1])}"


def _number(text: str) -> float:
    return float(text.replace("−", "-"))
