"""What is kept away from a training step: Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType


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
