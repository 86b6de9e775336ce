"""The cyclic garbage collector, paused."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_gc() -> Iterator[None]:
    """Pause the cyclic garbage collector, in a `with` block or a decorated function.

    Graphs have no cycles and free themselves; the collector would only walk through every node of a growing graph
    again and again. Let go of the graph inside: whatever is still alive at the end, the collector visits then.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
