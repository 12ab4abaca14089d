"""The three checks of one claim: in floating point, in exact arithmetic, by SymPy."""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax

from benchmarks.exactness.solving import NOT_ZERO, TOO_LONG, ZERO, Solver
from verify import inputs
from verify.claim import Claim, SetupError
from verify.exact.arrays import using
from verify.exact.certifying import Mismatch, certify
from verify.exact.field import Lost, NotExact
from verify.exact.points import Plan
from verify.exact.trials import by_autodiff, by_hand, size_of
from verify.inputs import Example, generator
from verify.judging import Judge
from verify.settings import EXAMPLES, Settings
from verify.sizes import Sizes, powers_of_two

TRIALS = 8
REFUTED, HOLDS, UNDECIDED = "refuted", "holds", "undecided"


@dataclass
class Finding:
    """What one check says.

    verdict : "refuted", "holds" or "undecided"
    seconds : of CPU time
    trials : of the exact check, how many it took to refute
    why : it is undecided
    """

    verdict: str
    seconds: float
    trials: int = 0
    why: str = ""


def in_floating_point(claim: Claim, seed: int, examples: int = EXAMPLES) -> Finding:
    """As `verify` does without exact arithmetic, up to the first example that fails."""
    started = time.process_time()
    verdict = HOLDS
    with in_double_precision():
        judge = Judge(claim, seed)
        output_shapes = judge.reference.forward.output_shapes
        for group in inputs.explore(claim, judge.signature, claim.count(examples), seed, output_shapes):
            if group.examples and any(judged.failure is not None for judged in judge.batch(group.examples)):
                verdict = REFUTED
                break
    return Finding(verdict, time.process_time() - started)


def exactly(claim: Claim, seed: int, most: int = TRIALS) -> Finding:
    """In exact arithmetic, of ever more trials until it is refuted or undecided."""
    started = time.process_time()
    with in_double_precision():
        judge = Judge(claim, seed)
        for trials in range(1, most + 1):
            outcome = certify(claim, judge.signature, judge.reference, Settings(seed=seed, trials=trials))
            if isinstance(outcome, Mismatch):
                return Finding(REFUTED, time.process_time() - started, trials)
            if not outcome.certified:
                return Finding(UNDECIDED, time.process_time() - started, why=outcome.why)
    return Finding(HOLDS, time.process_time() - started)


def by_sympy(claim: Claim, seed: int, solver: Solver) -> Finding:
    """The difference of both sides on symbols, at the smallest sizes, every dimension 2; a time limit ends it."""
    started = time.process_time()
    try:
        with in_double_precision():
            residuals = _residuals(claim, seed)
    except (NotExact, Lost, SetupError, RecursionError, ArithmeticError, TypeError, ValueError) as error:
        return Finding(UNDECIDED, time.process_time() - started, why=f"{type(error).__name__}: {error}")
    built = time.process_time() - started
    try:
        answer, seconds = solver.ask(residuals) if residuals else (ZERO, 0.0)
    except RecursionError:  # too deep to be sent
        return Finding(UNDECIDED, built, why="RecursionError")
    if answer in (ZERO, NOT_ZERO):
        return Finding(HOLDS if answer == ZERO else REFUTED, built + seconds)
    return Finding(UNDECIDED, built + seconds, why=answer)


def took_too_long(finding: Finding) -> bool:
    """Whether SymPy was ended by the limit."""
    return finding.why == TOO_LONG


@contextmanager
def in_double_precision() -> Iterator[None]:
    """As claims are checked: in float64, with warnings of what a hand function does left aside."""
    with jax.enable_x64(True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _residuals(claim: Claim, seed: int) -> list[Any]:
    from benchmarks.exactness.symbols import Symbols

    judge = Judge(claim, seed)
    example = _tiny(claim, judge, seed)
    plan = Plan(judge.signature, [example])
    example = plan.generic(example, generator(seed, claim.label, "symbols"))
    system: Any = Symbols()
    with using(system):
        point = plan.at_random(example, system)
        mine = by_hand(claim, judge.signature, point)
        right = by_autodiff(claim, judge.reference.single(example), point)
        pairs = [pair for a, b in zip(mine, right, strict=True) for pair in zip(a.x.flat, b.x.flat, strict=True)]
        return [x for x in ((a - b).e for a, b in pairs) if x != 0]


def _tiny(claim: Claim, judge: Judge, seed: int) -> Example:
    """An example of the smallest sizes."""
    signature, output_shapes = judge.signature, judge.reference.forward.output_shapes
    if claim.inputs is not None:
        return min(inputs.drawn(claim, signature, claim.count(EXAMPLES), seed), key=size_of)
    (sizes,) = powers_of_two(signature, 1)[:1] or [Sizes({}, {}, {})]
    tiny = Sizes(dict.fromkeys(sizes.sizes, 2), dict.fromkeys(sizes.groups, (2,)), sizes.statics)
    rng = generator(seed, claim.label, "symbols", "values")
    (example,) = inputs.draw(claim, signature, tiny, 1, rng, seed, output_shapes, huge=0.0)
    return example
