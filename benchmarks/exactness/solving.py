"""SymPy in a process of its own, which is ended where it takes too long: nothing heavy but SymPy is imported here."""

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

ZERO, NOT_ZERO, UNKNOWN, TOO_LONG = "zero", "not zero", "unknown", "too long"
STARTING = 60.0


class Solver:
    """Whether expressions vanish, in a process that is started again after each that took too long.

    limit : seconds for one question
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._process: Any = None
        self._here: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def ask(self, residuals: Sequence[Any]) -> tuple[str, float]:
        """Whether all of them vanish, and the seconds that it took."""
        if self._process is None:
            self._start()
        self._here.send(residuals)
        if not self._here.poll(self.limit):
            self._stop()
            return TOO_LONG, self.limit
        try:
            return self._here.recv()
        except EOFError:  # it ran out of stack or memory
            self._stop()
            return UNKNOWN, 0.0

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there,), daemon=True)
        process.start()
        self._process = process
        there.close()
        if not self._here.poll(STARTING) or self._here.recv() != "ready":
            raise RuntimeError("SymPy's process did not start")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._here.close()
            self._process = None


def _serve(connection: Connection) -> None:
    import sympy  # noqa: F401

    connection.send("ready")
    while True:
        try:
            residuals = connection.recv()
        except EOFError:
            return
        started = time.process_time()
        try:
            answer = decide(residuals)
        except Exception as error:  # SymPy has many, from AttributeError to RecursionError
            answer = f"SymPy raised {type(error).__name__}"
        connection.send((answer, time.process_time() - started))


def decide(residuals: Sequence[Any]) -> str:
    """Whether all expressions vanish, by `Expr.equals`: simplified, and if need be evaluated at random points."""
    answer = ZERO
    for residual in residuals:
        found = residual.equals(0)
        if found is False:
            return NOT_ZERO
        if found is None:
            answer = UNKNOWN
    return answer
