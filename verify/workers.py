"""A document's claims checked by processes of their own, so that nothing that they do stops the run.

A check computes in Python, so that several processes are faster; and only a process can be stopped when a claim takes
too long, or survived when it crashes. They are spawned, since a fork deadlocks once JAX has started, and each loads the
document itself: this process neither imports it nor JAX. What a claim's inputs are depends on the seed and its label
alone, so the results are the same for any number of processes.
"""

import contextlib
import faulthandler
import gc
import multiprocessing
import os
import re
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Self

from verify.chatter import a_few_lines
from verify.outline import DocumentError, Outline
from verify.results import Result
from verify.settings import Settings

WORTHWHILE = 24
MOST = 4
GRACE = 0.5
COLLECT_AFTER = 50_000  # new objects; Python's own choice is 700


class InternalError(Exception):
    """A check failed by a fault of ours; the message is its traceback."""


def jobs_for(claims: int, wanted: int | None) -> int:
    """How many processes to use: as many as wanted, or by default more than one only where starting them pays."""
    if wanted is not None:
        return max(1, min(wanted, claims))
    return min(MOST, os.cpu_count() or 1) if claims >= WORTHWHILE else 1


class Workers:
    """Processes that have loaded a document. Use it as a context: leaving it ends them.

    Parameters
    ----------
    target : the document, as on the command line
    jobs : how many processes, or None for as many as pay
    timeout : seconds for the document's import and for each claim that does not say otherwise
    """

    def __init__(self, target: str, jobs: int | None, timeout: float) -> None:
        self.target, self.jobs, self.timeout = target, jobs, timeout
        self._context = multiprocessing.get_context("spawn")
        self._folder = tempfile.TemporaryDirectory(prefix="manual-bp-", ignore_cleanup_errors=True)
        self._workers: list[_Worker] = []
        self._settled = False  # no process is added to those that there are

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        self._folder.cleanup()

    def outline(self) -> Outline:
        """What the document claims; raises DocumentError if it can't be loaded."""
        worker = self._start(outlines=True)
        if not worker.connection.poll(self.timeout):
            raise DocumentError(f"{self.target} can't be imported within {self.timeout:g} s; --timeout sets a limit")
        kind, answer = worker.receive()
        if kind == "loaded":
            worker.ready = True
            return answer
        if kind == "failed":
            raise DocumentError(answer)
        if kind == "gone":
            raise DocumentError(f"{self.target} can't be imported: {worker.epitaph()}")
        raise InternalError(answer)

    def results(self, outline: Outline, labels: Sequence[str], settings: Settings) -> Iterator[Result]:
        """The results of some claims, as they come, in order."""
        jobs = jobs_for(len(labels), self.jobs)
        while len(self._workers) < jobs:
            self._start()
        waiting, done = list(labels), dict[str, Result]()
        for label in labels:
            while label not in done:
                self._hand_out(outline, waiting, settings)
                for worker in self._heard():
                    result = self._take(worker, outline)
                    if result is not None:
                        done[result.label] = result
                missing = jobs_for(len(waiting), self.jobs) if waiting else 0
                alive = sum(not worker.over for worker in self._workers)
                while alive < (min(jobs, missing) if not self._settled or not alive else 0):
                    self._start()
                    alive += 1
            yield done.pop(label)

    def _start(self, outlines: bool = False) -> "_Worker":
        report = Path(self._folder.name) / f"{len(self._workers)}.txt"
        self._workers.append(_Worker(self._context, self.target, outlines, report, time.monotonic() + self.timeout))
        return self._workers[-1]

    def _hand_out(self, outline: Outline, waiting: list[str], settings: Settings) -> None:
        for worker in self._workers:
            if waiting and worker.ready and worker.label is None and not worker.over:
                label = waiting.pop(0)
                worker.check(label, settings, outline.timeouts.get(label, self.timeout))

    def _heard(self) -> list["_Worker"]:
        """The workers that answered, ended or are late."""
        busy = [worker for worker in self._workers if not worker.over and (worker.label or not worker.ready)]
        patience = max(0.0, min((worker.deadline for worker in busy), default=0.0) - time.monotonic())
        answered = wait([worker.connection for worker in busy], timeout=patience)
        now = time.monotonic()
        return [worker for worker in busy if worker.connection in answered or worker.deadline <= now]

    def _take(self, worker: "_Worker", outline: Outline) -> Result | None:
        """What a worker has to say: the result of its claim, or None."""
        label = worker.label
        if not worker.connection.poll():
            worker.end()
            if label is not None:
                return _stopped(outline, label, worker)
            self._do_without(worker, f"not within {self.timeout:g} s")
            return None
        kind, answer = worker.receive()
        if kind == "internal" and label is not None:
            worker.label = None
            return faulty(outline.blank(label), answer)
        if kind == "internal":
            raise InternalError(answer)
        if kind == "result":
            worker.label = None
            return answer
        if kind == "gone" and label is not None:
            return _crashed(outline, label, worker)
        if kind == "loaded":
            unknown = {row.label for row in outline.rows}.difference(answer)
            kind, answer = ("failed", f"no claim {min(unknown)!r} the second time") if unknown else (kind, answer)
        if kind == "loaded":
            worker.ready = True
        else:
            self._do_without(worker, answer or worker.epitaph())
        return None

    def _do_without(self, worker: "_Worker", why: str) -> None:
        """A further process can't load the document: do with those that could, if there are any."""
        worker.end()
        self._settled = True
        if all(worker.over for worker in self._workers):
            raise DocumentError(f"{self.target} can't be loaded a second time, after a claim's process ended: {why}")


class _Worker:
    """One process, seen from here. The first one outlines the document, the others name the claims that they found."""

    def __init__(self, context: Any, target: str, outlines: bool, report: Path, deadline: float) -> None:
        self.connection, theirs = context.Pipe()
        self.report, self.deadline = report, deadline
        self.label: str | None = None
        self.limit = 0.0
        self.ready = self.over = False
        self.process = context.Process(target=_serve, args=(theirs, target, outlines, report), daemon=True)
        self.process.start()
        theirs.close()

    def check(self, label: str, settings: Settings, timeout: float) -> None:
        """Have it check a claim."""
        self.label, self.limit, self.deadline = label, timeout, time.monotonic() + timeout + GRACE
        with contextlib.suppress(OSError):  # it has ended, which the next look at it tells
            self.connection.send((label, settings, timeout))

    def receive(self) -> tuple[str, Any]:
        """Its next message; ("gone", None) if it has ended."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            self.end()
            return "gone", None

    def end(self) -> None:
        """End the process, if it has not."""
        self.over = True
        if self.process.exitcode is None:
            self.process.join(0.2 if self.label is None and not self.connection.closed else 0)
            if self.process.exitcode is None:
                self.process.kill()
            self.process.join()
        self.connection.close()

    def epitaph(self) -> str:
        """How the process ended."""
        code = self.process.exitcode
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return f"its process was ended by {signal.Signals(-code).name}"
        return f"its process ended with exit code {code}"


def faulty(result: Result, trace: str) -> Result:
    """The result of a claim whose check failed by a fault of ours."""
    last = trace.strip().splitlines()[-1]
    result.verdict, result.fault = "error", trace
    result.message = f"a fault of the checker: {last}; please report it with the document"
    return result


def _stopped(outline: Outline, label: str, worker: _Worker) -> Result:
    result = outline.blank(label)
    place = _last_line(worker.report, result.path)
    where = f"; it was in line {place[1]} of {place[0]}" if place else ""
    result.verdict, result.seconds = "error", round(worker.limit, 4)
    result.message = f"stopped after {worker.limit:g} s{where}; --timeout or timeout= sets another limit"
    return result


def _crashed(outline: Outline, label: str, worker: _Worker) -> Result:
    result = outline.blank(label)
    result.verdict, result.message = "error", f"{worker.epitaph()} while this claim was checked"
    return result


def _last_line(report: Path, file: str) -> tuple[str, int] | None:
    """Where a process was when its time was up: the innermost line of the document, else of anything."""
    try:
        text = report.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = [(name, int(line)) for name, line in re.findall(r'File "(.+?)", line (\d+)', text)]
    inside = [place for place in found if place[0] == file]
    return next(((Path(name).name, line) for name, line in inside or found), None)


def _serve(connection: Connection, target: str, outlines: bool, report: Path) -> None:
    """A process's life: load the document, then check what it is told to.

    Cyclic garbage is looked for seldom, and not among what has been loaded, none of which ever is any: traces make so
    many objects that looking took a twelfth of a run.
    """
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    import traceback

    try:
        from verify import documents
        from verify.checking import check_claim

        document = documents.load(target)
        connection.send(("loaded", document.outline() if outlines else document.labels))
    except DocumentError as error:
        connection.send(("failed", str(error)))
        return
    except Exception:
        connection.send(("internal", traceback.format_exc()))
        return
    claims = {claim.label: claim for claim in document.claims}
    gc.freeze()
    with report.open("w", encoding="utf-8") as file:
        while True:
            try:
                label, settings, timeout = connection.recv()
            except EOFError:
                return
            faulthandler.dump_traceback_later(timeout, file=file)
            try:
                with a_few_lines():
                    result = check_claim(claims[label], settings)
                connection.send(("result", result))
            except Exception:
                connection.send(("internal", traceback.format_exc()))
            finally:
                faulthandler.cancel_dump_traceback_later()


class Here:
    """The same in this process, without a time limit: `--jobs 0`."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._claims: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def outline(self) -> Outline:
        """What the document claims; raises DocumentError if it can't be loaded."""
        from verify import apart

        document = apart.load(self.target)
        self._claims = {claim.label: claim for claim in document.claims}
        return document.outline()

    def results(self, outline: Outline, labels: Sequence[str], settings: Settings) -> Iterator[Result]:
        """The results of some claims, as they come, in order."""
        import traceback

        from verify.checking import check_claim

        for label in labels:
            try:
                with a_few_lines():
                    result = check_claim(self._claims[label], settings)
            except Exception:
                result = faulty(outline.blank(label), traceback.format_exc())
            yield result
