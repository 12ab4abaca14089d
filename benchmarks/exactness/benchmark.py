"""The whole benchmark: times first, while nothing is traced yet, then errors, special statements, right derivations."""

import importlib.util
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.exactness import injected, right, special, trial_times
from benchmarks.exactness.solving import Solver
from verify.exact.arbiter import MISSING
from verify.exact.balls import available


@dataclass(frozen=True)
class Options:
    """How much is tried.

    configurations : of right derivations
    places, peers : of injected errors at most, and how many of these SymPy is asked about
    special, timed : statements of each kind, and claims whose time is taken, at most; None for all
    limit : seconds of SymPy for a case
    """

    configurations: int = 2000
    places: int = 200
    peers: int = 40
    special: int | None = None
    timed: int | None = None
    limit: float = 5.0
    exponents: Sequence[int] = injected.EXPONENTS
    seed: int = 0

    def quick(self) -> "Options":
        """A little of everything."""
        return replace(
            self, configurations=40, places=4, peers=2, special=3, timed=8, limit=2.0, exponents=(0, 2, 9, 15)
        )


@dataclass
class Result:
    """The parts' results."""

    options: Options
    injected: list[injected.Case]
    batches: list[special.Case]
    labels: list[special.Case]
    right: list[right.Tally]
    times: list[trial_times.Timing]
    sympy: bool


def run(options: Options, progress: Callable[[str, int], None] = lambda _name, _count: None) -> Result:
    """All parts. Ends the program where python-flint, the arbiter, is not installed."""
    if not available():
        raise SystemExit(MISSING)
    times = trial_times.run(options.timed, options.seed, progress)
    sympy = importlib.util.find_spec("sympy") is not None
    with Solver(options.limit) if sympy else nullcontext() as solver:
        cases = injected.run(options.places, options.peers, solver, options.seed, options.exponents, progress)
        batches, stated = special.run(options.special, solver, options.seed, progress)
    tallies = right.run(options.configurations, options.seed, progress)
    return Result(options, cases, batches, stated, tallies, times, sympy)


def report(result: Result) -> str:
    """All tables."""
    parts = [
        injected.report(result.injected, result.options.limit), special.report(result.batches, result.labels),
        right.report(result.right), trial_times.report(result.times),
    ]
    if not result.sympy:
        parts.append("not installed: SymPy; pip install 'manual-bp[test]'")
    return "\n\n\n".join(parts)


def as_json(result: Result) -> dict[str, Any]:
    """All results as data."""
    return {
        "injected": injected.as_json(result.injected), "batches": special.as_json(result.batches),
        "labels": special.as_json(result.labels), "right": right.as_json(result.right),
        "times": trial_times.as_json(result.times),
    }
