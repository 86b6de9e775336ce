"""The site: what Sphinx is told. `tools/build_site.py` gathers the pages and calls it."""

import re
from typing import Any

project = "chainrule"
author = "the authors of chainrule"
copyright = author  # Sphinx asks for it by this name
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
exclude_patterns = ["**.ipynb_checkpoints"]
html_theme = "furo"
html_title = "chainrule"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/icon.svg"
html_show_sphinx = False
nb_execution_mode = "off"  # the notebooks come with their outputs, which a test runs anew
nb_render_markdown_format = "myst"  # with tables
nb_mime_priority_overrides = [("html", "text/html", 0), ("html", "image/svg+xml", 10)]
myst_heading_anchors = 3
autodoc_typehints = "none"
autodoc_member_order = "bysource"
suppress_warnings = ["misc.highlighting_failure", "mystnb.unknown_mime_type"]

CODE = re.compile(r"`([^`]*)`")


def as_rst(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Our docstrings are plain text with `code`; its signs mean nothing else."""
    is_example = False
    for i, line in enumerate(lines):
        is_example = line.lstrip().startswith(">>>") or (is_example and bool(line.strip()))
        if not is_example:
            parts = CODE.split(line)
            plain = [re.sub(r"([*|\\])|(?<=\w)_(?=\W|$)", r"\\\g<0>", part) for part in parts[::2]]
            code = [f"``{part}``" for part in parts[1::2]]
            lines[i] = "".join(x for pair in zip(plain, [*code, ""], strict=True) for x in pair)


def setup(app: Any) -> None:
    """Docstrings are turned into what Sphinx reads."""
    app.connect("autodoc-process-docstring", as_rst)
