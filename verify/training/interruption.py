"""Ctrl-C that waits for the end of a step.

Python raises KeyboardInterrupt wherever it happens to be, and it is lost where that is the garbage collector, which
JAX listens to: a training that makes many objects would miss one Ctrl-C of twenty.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def at_the_end_of_a_step() -> Iterator[Callable[[], None]]:
    """Gives a function to call between steps: it raises KeyboardInterrupt if there was a Ctrl-C. A second Ctrl-C does
    not wait. Elsewhere than in the main thread, or if somebody else handles Ctrl-C, nothing changes."""
    asked = False

    def handler(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    def check() -> None:
        if asked:
            raise KeyboardInterrupt

    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield check
        return
    signal.signal(signal.SIGINT, handler)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
