"""From DOT text to SVG, PNG or PDF: through Graphviz where it is installed, else through the wheel graphviz-pure.

Where neither is, as in Pyodide, SVG is still drawn, by `painter.py`.
"""

import os
import sys
from collections.abc import Sequence

INSTALL = (
    "install one of the two programs that draw PNG, the second of which draws PDF too:\n"
    "    pip install graphviz-pure\n"
    "    sudo apt install graphviz      (Debian, Ubuntu; elsewhere see graphviz.org/download)\n"
    "SVG needs neither: .save('x.svg'). The diagram as DOT text is in .source, and .save('x.dot') writes it."
)
WRONG = "no program could draw this diagram:"


class RenderError(RuntimeError):
    """A diagram could not be turned into a picture; the message says what to install."""


def programs() -> list[str]:
    """The programs found that understand DOT, best first: `dot`, then `graphviz-pure`.

    The second is also looked for beside Python itself, as in a virtual environment that was not activated.
    """
    import shutil  # here and below: `import autograd` stays quick
    import sysconfig

    beside = {os.path.dirname(sys.executable or ""), sysconfig.get_path("scripts")}
    found = [shutil.which("dot"), shutil.which("graphviz-pure")]
    found += [shutil.which("graphviz-pure", path=folder) for folder in sorted(beside)]
    return list(dict.fromkeys(program for program in found if program))


def image(svg: str, alt: str) -> str:
    """The picture as an HTML image that carries it inside, never wider than its page."""
    from base64 import b64encode
    from html import escape

    data = b64encode(svg.encode()).decode()
    style = "max-width:100%;height:auto;background:#fff"
    return f'<img alt="{escape(alt)}" style="{style}" src="data:image/svg+xml;base64,{data}">'


def render(source: str, format: str, options: Sequence[str] = ()) -> bytes:
    """`source` as a picture: `format` is svg, png or pdf, `options` go to the program.

    SVG is drawn without a program where none can do it. Raises RenderError where PNG or PDF lack a program, and for
    DOT text that nobody understands; it says what to install.
    """
    complaints = []
    for program in programs():
        picture, complaint = _run([program, f"-T{format}", *options], source)
        if picture:
            return picture
        complaints.append(f"{os.path.basename(program)} -T{format}: {complaint}")
    if format == "svg" and (drawn := _in_browser(source, options)):
        return drawn
    if format == "svg":
        from .painting.dot_reader import DotError
        from .painting.painter import painted

        try:
            return painted(source).encode()
        except DotError as error:
            complaints.append(str(error))
    if complaints:
        raise RenderError("\n".join([WRONG, *complaints, f"To mend it, {INSTALL}" if len(complaints) == 1 else ""]))
    raise RenderError(f"no Graphviz was found to draw {format.upper()}; {INSTALL}")


def _in_browser(source: str, options: Sequence[str]) -> bytes | None:
    """In Pyodide, what the page's `chainruleGraphviz(source, attributes)` draws, where it offers that."""
    if "pyodide" not in sys.modules or any(not option.startswith("-G") for option in options):
        return None
    import json
    from importlib import import_module

    draws = getattr(import_module("js"), "chainruleGraphviz", None)  # the page's global names
    attributes = dict(option[2:].split("=", 1) for option in options)
    return str(draws(source, json.dumps(attributes))).encode() if draws else None


def _run(command: Sequence[str], source: str) -> tuple[bytes, str]:
    """What the program wrote, and what it complained of if it wrote nothing."""
    import subprocess

    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True)
    except OSError as error:
        return b"", str(error)
    complaint = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
    return (done.stdout if done.returncode == 0 else b""), complaint
