"""The modes: whether operations record a graph, in single operations or whole, and whether each node is watched.

One context variable holds them, so that threads and coroutines do not disturb one another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Protocol


class Monitor(Protocol):
    """What `detect_anomaly` puts beside the engine."""

    def made(self, node: Any) -> None: ...

    def before_backward(self, root: Any, gradient: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Mode:
    """How operations behave just now; `mode()` changes it for a block."""

    recording: bool = True
    expanding: bool = False
    monitor: Monitor | None = None
    unknown: Any = None  # what stands for the numbers while the compiler traces; None: numbers are known

    @property
    def usual(self) -> bool:
        """Whether operations are recorded whole, from known numbers; `make_node` tells the monitor."""
        return self.recording and not self.expanding and self.unknown is None

    @property
    def numbers_only(self) -> bool:
        """Whether results are constants, with nothing to record, watch or trace."""
        return not self.recording and self.unknown is None


PLAIN = Mode()
MODE = ContextVar("MODE", default=PLAIN)


@contextmanager
def mode(**changes: Any) -> Iterator[None]:
    """Change the current mode inside a `with` block or a decorated function."""
    now = MODE.get()
    changed = {name: setting for name, setting in changes.items() if getattr(now, name) is not setting}
    token = MODE.set(replace(now, **changed) if changed else now)  # PLAIN stays PLAIN: the quick ways know it
    try:
        yield
    finally:
        MODE.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute numbers only: results made inside are constants that remember no operands.

    >>> from autograd import Value, no_grad
    >>> with no_grad():
    ...     (Value(2.0) * 3.0).operands
    ()
    """
    with mode(recording=False):
        yield


@contextmanager
def expanded() -> Iterator[None]:
    """Build `sum`, `mean`, `prod`, `dot`, `norm`, `logsumexp` and `cross_entropy` from single operations.

    >>> from autograd import Value, dot, expanded
    >>> with expanded():
    ...     dot([Value(2.0)], [Value(3.0)], Value(1.0)).op.name
    'add'
    """
    with mode(expanding=True):
        yield
