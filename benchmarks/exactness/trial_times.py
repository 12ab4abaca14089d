"""How long a trial takes: CPU time of certifying right claims, by how many numbers their inputs hold."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from benchmarks.exactness import checks, claims
from benchmarks.tables import table
from verify.exact.certifying import LARGEST, Certificate, certify
from verify.judging import Judge
from verify.settings import Settings

CLASSES = (25, 100, LARGEST)
SMALL = 100  # numbers in the inputs of what is called a small claim
TARGET = 50  # milliseconds a trial on small claims
REPEATED = 3


@dataclass
class Timing:
    """One claim: the numbers in its largest inputs, and seconds a trial with tracing and without."""

    label: str
    numbers: int
    traced: float
    trial: float


def run(most: int | None, seed: int, progress: Callable[[str, int], None]) -> list[Timing]:
    """The gallery's and the notes' claims, and the detection benchmark's; so many of them at most.

    The first call traces both programs and draws the inputs, the others find the traces and the inputs.
    """
    everyone = (
        *claims.of_document(claims.GALLERY), *claims.of_derivations(), *claims.of_document(claims.NOTES),
    )
    found = []
    for claim in everyone if most is None else everyone[:: max(1, len(everyone) // most)]:
        with checks.in_double_precision():
            judge = Judge(claim, seed)

            def once(claim: Any = claim, judge: Any = judge) -> tuple[float, Any]:
                started = time.process_time()
                outcome = certify(claim, judge.signature, judge.reference, Settings(seed=seed))
                return time.process_time() - started, outcome

            first, outcome = once()
            if isinstance(outcome, Certificate) and outcome.certified:
                again = median(once()[0] for _ in range(REPEATED))
                numbers = max(sum(map(_size, shapes.values())) for shapes in outcome.shapes)
                found.append(Timing(claim.label, numbers, first / outcome.trials, again / outcome.trials))
        progress(claim.label, 1)
    return found


def _size(shape: Any) -> int:
    """How many numbers the arrays of an input hold."""
    if isinstance(shape, dict):
        return sum(map(_size, shape.values()))
    if not isinstance(shape, (list, tuple)):
        return 0
    if all(isinstance(n, int) for n in shape):
        return int(np.prod(shape))
    return sum(map(_size, shape))


def report(timings: Sequence[Timing]) -> str:
    """The table by size, and the slowest of the small claims."""
    rows, low = [], -1
    for high in CLASSES:
        rows.append(_row(f"{low + 1} to {high} numbers", [t for t in timings if low < t.numbers <= high]))
        low = high
    small = [t for t in timings if t.numbers <= SMALL]
    rows.append(_row(f"small, up to {SMALL}", small))
    above = [f"{t.label} ({1000 * t.trial:.0f} ms)" for t in small if 1000 * t.trial > TARGET]
    heads = ["inputs", "claims", "median", "p90", "most", "traced: median", "p90", "most"]
    parts = [
        "CPU milliseconds a trial, of certified claims; 'traced': of the first call, with tracing and drawing",
        table(heads, [row for row in rows if row[1] != "0"]),
    ]
    if above:
        parts.append(f"Small and above {TARGET} ms: {', '.join(above)}")
    return "\n\n".join(parts)


def _row(name: str, timings: Sequence[Timing]) -> list[str]:
    cells = []
    for which in ("trial", "traced"):
        ms = sorted(1000 * getattr(t, which) for t in timings)
        cells += [f"{x:.1f}" for x in (median(ms), ms[9 * len(ms) // 10], ms[-1])] if ms else ["-"] * 3
    return [name, f"{len(timings)}", *cells]


def as_json(timings: Sequence[Timing]) -> list[dict[str, Any]]:
    """The timings as data."""
    return [asdict(t) for t in timings]
