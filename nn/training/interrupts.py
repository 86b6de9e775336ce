"""What is kept away from a training step: the cyclic garbage collector, and Ctrl-C."""

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType


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


@contextmanager
def interruptible() -> Iterator[Event]:
    """Ctrl-C sets the event that this gives, and interrupts nothing; a second one ends the block at once."""
    stop = Event()

    def request(signum: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    earlier = signal.getsignal(signal.SIGINT)
    ours = callable(earlier) and current_thread() is main_thread()  # only there may handlers be set
    try:
        if ours:
            signal.signal(signal.SIGINT, request)
        yield stop
    except KeyboardInterrupt:
        stop.set()
    finally:
        if ours:
            signal.signal(signal.SIGINT, earlier)
