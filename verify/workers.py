"""A document's claims checked by several processes, results in the claims' order.

Processes, since a check computes in Python; spawned, since a fork deadlocks once JAX has started. Each worker loads the
document itself. What a claim's inputs are depends on the seed and its label alone, so the results are the same.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from verify import documents
from verify.checking import check_claim
from verify.claim import Claim
from verify.documents import DocumentError
from verify.results import Result
from verify.settings import Settings

WORTHWHILE = 24
MOST = 4

_claims: dict[str, Claim] = {}
_failed: list[str] = []


def jobs_for(claims: int, wanted: int | None) -> int:
    """How many processes to use: as many as wanted, or by default more than one only where starting them pays."""
    if wanted is not None:
        return wanted
    return min(MOST, os.cpu_count() or 1) if claims >= WORTHWHILE else 1


@contextmanager
def checked(
    target: str, claims: Sequence[Claim], settings: Settings, jobs: int
) -> Iterator[Iterator[Result]]:
    """The results of a document's claims, as they come, in order; leaving the context stops what still runs."""
    if jobs <= 1:
        yield (check_claim(claim, settings) for claim in claims)
        return
    context = multiprocessing.get_context("spawn")
    pool = context.Pool(min(jobs, len(claims)), _start, (target,))
    try:
        yield pool.imap(_check, [(claim.label, settings) for claim in claims])
    finally:
        pool.terminate()
        pool.join()


def _start(target: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    try:
        _claims.update({claim.label: claim for claim in documents.load(target).claims})
    except DocumentError as error:
        _failed.append(str(error))  # raised by the first task: a worker that fails to start is started again for ever


def _check(task: tuple[str, Settings]) -> Result:
    label, settings = task
    if _failed or label not in _claims:
        why = _failed[0] if _failed else f"no claim {label!r} the second time"
        raise DocumentError(f"another process can't load the document: {why}; use --jobs 1")
    return check_claim(_claims[label], settings)
