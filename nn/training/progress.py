"""Progress on one line: rewritten in place in a terminal and in a notebook; elsewhere only its last state is shown."""

import shutil
import sys
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from autograd.support.printing import printable


class Screen(Protocol):
    """Where the line is shown."""

    def show(self, line: str) -> None:
        """Show this line in place of the one before."""
        ...

    def close(self) -> None:
        """Leave the last line standing."""
        ...


class Terminal:
    """Goes back to the start of the line and writes over it."""

    stream: TextIO
    width: int

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.width = stream, 0

    def show(self, line: str) -> None:
        """Write it over the line before."""
        line = printable(line)[: shutil.get_terminal_size().columns - 1]  # a line that wraps could not be written over
        self.stream.write("\r" + line.ljust(self.width))
        self.stream.flush()
        self.width = len(line)

    def close(self) -> None:
        """End the line."""
        if self.width:
            self.stream.write("\n")


class Notebook:
    """One output of the cell, updated: what is saved is its final state."""

    handle: Any = None

    def show(self, line: str) -> None:
        """Replace the output before."""
        from IPython.display import display

        bundle = {"text/plain": line}
        if self.handle is None:
            self.handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self.handle.update(bundle, raw=True)

    def close(self) -> None:
        """Nothing is left open."""


class Log:
    """Writes a line every few seconds, and the last one."""

    stream: TextIO
    interval: float
    line: str
    written_at: float

    def __init__(self, stream: TextIO, interval: float = 5.0) -> None:
        self.stream, self.interval, self.line = stream, interval, ""
        self.written_at = monotonic()

    def show(self, line: str) -> None:
        """Write it if some seconds have passed."""
        self.line = line
        if monotonic() - self.written_at >= self.interval:
            self.close()

    def close(self) -> None:
        """Write the last line if it was not."""
        if self.line:
            self.stream.write(printable(self.line) + "\n")
            self.stream.flush()
            self.line, self.written_at = "", monotonic()


class Silence:
    """Shows nothing."""

    def show(self, line: str) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def screen(wanted: bool) -> Screen:
    """The right one for where this runs."""
    if not wanted or sys.stdout is None:
        return Silence()
    if _in_notebook():
        return Notebook()
    return Terminal(sys.stdout) if sys.stdout.isatty() else Log(sys.stdout)


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this; asks IPython only where it is loaded already."""
    ipython = sys.modules.get("IPython")
    return getattr(ipython and ipython.get_ipython(), "kernel", None) is not None


class Progress:
    """The line of one training run, for `with`: shows at most ten states a second, and the last one always."""

    screen: Screen
    interval: float
    start: float
    shown_at: float

    def __init__(self, wanted: bool, interval: float = 0.1) -> None:
        self.screen, self.interval = screen(wanted), interval
        self.start = monotonic()
        self.shown_at, self.latest = -interval, None

    latest: Callable[[], str] | None

    def show(self, line: Callable[[], str]) -> None:
        """Show the line, or keep it back, not even written, if the one before is fresh."""
        now = monotonic() - self.start
        self.latest = lambda: f"{line()}  {now:.1f} s"
        if now - self.shown_at >= self.interval:
            self.shown_at = now
            self.screen.show(self.latest())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.latest is not None:
            self.screen.show(self.latest())
        self.screen.close()
