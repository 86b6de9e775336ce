"""A walk as a file, by its suffix."""

import os
from collections.abc import Callable
from pathlib import Path

from ..player.page import page
from ..support.files import write_whole
from .sequence import Steps
from .text import latex, markdown, text

PICTURES = (".svg", ".png", ".pdf", ".dot")


def write(walk: Steps, path: str | os.PathLike[str]) -> Path:
    """Write `walk` to `path` as its suffix says; raises ValueError for a suffix that is none of the four."""
    writers: dict[str, Callable[[Steps], str]] = {".html": page, ".txt": text, ".md": markdown, ".tex": latex}
    writer = writers.get(Path(path).suffix.lower())
    if writer is None:
        picture = "; a picture is made by draw(value).save(…)" if Path(path).suffix.lower() in PICTURES else ""
        name = os.fspath(path)
        raise ValueError(f"cannot save a walk as {name!r}: its name must end in .html, .txt, .md or .tex{picture}")
    content = writer(walk)
    return write_whole(path, (content if content.endswith("\n") else content + "\n").encode())
