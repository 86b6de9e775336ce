"""What the notebooks share: a table, the checker of the exercises, a stopwatch, a judge for passes, a slider."""

import base64
import io
import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import isclose
from statistics import median
from time import perf_counter
from typing import Any

from IPython.display import HTML, Markdown
from matplotlib import pyplot, rc_context
from matplotlib.figure import Figure

from autograd import Operation
from autograd.functions import function_of
from autograd.notation.numbers import number, subscripts


def check(answer: Any, truth: Any, hint: str = "") -> None:
    """Say whether an answer is right; numbers to one part in a hundred, lists number by number, the rest exactly.

    An answer of None is not given yet. Raises AssertionError, with the hint, for a wrong one.
    """
    __tracebackhide__ = True  # the reader's own lines are enough
    if answer is None:
        print("No answer yet. Replace None in the cell above, run it, then run this cell again.")
    elif _agree(answer, truth):
        print("Right.")
    else:
        raise AssertionError(f"{answer!r} is not right. {hint}".strip())


def _agree(answer: Any, truth: Any) -> bool:
    if isinstance(truth, (list, tuple)):
        return (
            isinstance(answer, (list, tuple))
            and len(answer) == len(truth)
            and all(map(_agree, answer, truth))
        )  # fmt: skip
    if isinstance(truth, float) and isinstance(answer, (int, float)):
        return isclose(answer, truth, rel_tol=0.01, abs_tol=1e-9)
    return bool(answer == truth)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], digits: int = 4) -> Markdown:
    """A table; numbers stand to the right with at most so many decimals, and a name such as w11 becomes w₁₁."""
    cells = [[number(x, digits) if isinstance(x, float) else subscripts(str(x)) for x in row] for row in rows]
    numeric = [all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(header))]
    lines = [list(map(subscripts, header)), [" ---: " if right else " :--- " for right in numeric], *cells]
    return Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def say(*texts: object) -> None:
    """Print each text as a paragraph, long lines folded between words."""
    for i, text in enumerate(texts):
        lines = [textwrap.fill(line, 100, subsequent_indent="  ") for line in str(text).splitlines()]
        print(*lines, *[""] * (i < len(texts) - 1), sep="\n")


def milliseconds(step: Callable[[], Any], times: int) -> float:
    """How long a call takes: the median of so many."""
    spent = []
    for _ in range(times):
        start = perf_counter()
        step()
        spent.append(1000 * (perf_counter() - start))
    return median(spent)


def by_hand(forward: Callable[[list[float]], float], backward: Callable[[list[float]], Sequence[float]]) -> Any:
    """A pass written by hand as one operation, so that gradcheck can judge it.

    `forward` makes one number of a list of numbers; `backward` says, for each of them, what it believes to be
    the derivative. The result is a function of a list of Values.
    """
    row = Operation(
        "by_hand",
        "by hand",
        lambda m, xs: float(forward(list(xs))),
        lambda m, xs, out: [float(d) for d in backward(list(xs))],
        operands=("values",),
        many=True,
        gather=list,
    )
    return function_of(row)


def shown(figure: Figure, description: str) -> HTML:
    """A figure as a picture that scales, with a description for readers who cannot see it."""
    pyplot.close(figure)  # or it would be shown twice
    return HTML(f'<img src="{_svg(figure)}" alt="{escape(description)}" style="{CARD}">')


def slider(figures: Mapping[Any, Sequence[Figure]], label: str, switch: str = "", start: Any = None) -> HTML:
    """Figures to slide through, one place of the slider for each key; works without a kernel, also in a saved page.

    With `switch` each key has two figures, and a box of that name chooses the second. Without JavaScript, the figures
    at `start` (by default the first key) are shown below one another.
    """
    keys = list(figures)
    place = keys.index(start) if start is not None else 0
    pictures = [[_svg(figure) for figure in figures[key]] for key in keys]
    name = "slider-" + "".join(c for c in label if c.isalnum())
    data = {"id": name, "keys": [str(key) for key in keys], "pictures": pictures, "place": place}
    still = "".join(f'<img src="{picture}" alt="{label} {keys[place]}">' for picture in pictures[place])
    box = f'<label><input type="checkbox"> {switch}</label>' if switch else ""
    page = (
        f'<div id="{name}" class="slides"><div class="knobs" hidden><label>{label} '
        f'<input type="range" min="0" max="{len(keys) - 1}" value="{place}" aria-label="{label}"></label> '
        f"<output>{keys[place]}</output> {box}</div>{still}</div>"
    )
    return HTML(STYLE + page + SCRIPT.replace("DATA", json.dumps(data, ensure_ascii=False)))


def _svg(figure: Figure) -> str:
    """The figure as an address that holds it: no file, no network."""
    file = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "slider", "font.family": "sans-serif"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(_shortened(file.getvalue()).encode()).decode()


def _shortened(svg: str) -> str:
    """A fraction of its size: without metadata, with places to one decimal and one family of fonts."""
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'font-family: [^;"]*', "font-family: sans-serif", svg)
    svg = re.sub(r' (d|x|y|transform)="[^"]*"', lambda place: re.sub(r"(\.\d)\d+", r"\1", place[0]), svg)
    return re.sub(r"\s+", " ", svg).replace("> <", "><")


CARD = "max-width: 100%; background: white; border-radius: 4px"
STYLE = """<style>
.slides { max-width: 46rem; }
.slides .knobs { font: 1rem sans-serif; margin: .4rem 0; }
.slides .knobs[hidden] { display: none; }
.slides .knobs label { display: inline-flex; align-items: center; gap: .5rem; margin-right: 1rem; }
.slides .knobs input[type=range] { width: 14rem; }
.slides .knobs output { display: inline-block; min-width: 2.5rem; font-weight: bold; }
.slides img { width: 100%; background: white; border-radius: 4px; }
</style>"""

SCRIPT = """<script>(() => {
const slides = DATA, box = document.getElementById(slides.id), knobs = box.querySelector(".knobs");
const range = knobs.querySelector("[type=range]"), shown = knobs.querySelector("output");
const second = knobs.querySelector("[type=checkbox]"), [image, ...others] = box.querySelectorAll("img");
const show = () => {
  const key = slides.keys[range.value];
  shown.textContent = key;
  range.setAttribute("aria-valuetext", key);
  image.src = slides.pictures[range.value][second && second.checked ? 1 : 0];
  image.alt = image.alt.replace(/\\S+$/, key);
};
others.forEach((other) => other.remove());
knobs.hidden = false;
range.addEventListener("input", show);
if (second) second.addEventListener("change", show);
show();
})();</script>"""
