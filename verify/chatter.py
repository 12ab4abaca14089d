"""What the code under test prints: a function is called hundreds of times."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TextIO

LINES = 10


@contextmanager
def a_few_lines() -> Iterator[None]:
    """Let the first lines through to stdout, then say once that there would be more."""
    with redirect_stdout(_Few(sys.stdout)):
        yield


@contextmanager
def to_stderr() -> Iterator[None]:
    """Send to stderr what is printed, by processes started meanwhile too: stdout is for a command's answer."""
    sys.stdout.flush()
    with redirect_stdout(sys.stderr), contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # there may be no stdout
            kept = os.dup(1)
            stack.callback(os.close, kept)
            os.dup2(2, 1)
            stack.callback(os.dup2, kept, 1)
        yield


def answer(text: str) -> None:
    """Print a command's answer; a reader that went away is no failure."""
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that the flush at exit does not fail as well


def complain(message: str) -> None:
    """Say on stderr what is wrong."""
    _write(sys.stderr, f"manual-bp: {message}\n")


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()


class _Few(io.TextIOBase):
    def __init__(self, out: TextIO) -> None:
        self.out, self.left = out, LINES

    def write(self, text: str) -> int:
        if self.left > 0:
            self.left -= text.count("\n")
            self.out.write(text)
            if self.left <= 0:
                self.out.write("(what else this claim's code prints is not shown)\n")
            self.out.flush()
        return len(text)

    def flush(self) -> None:
        self.out.flush()
