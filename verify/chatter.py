"""What the code under test prints: a function is called hundreds of times."""

import io
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
