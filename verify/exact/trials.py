"""Trials: both programs of a claim at random points of random prime fields, compared without any tolerance."""

import random
from dataclasses import dataclass, field
from typing import Any

from verify import hand, inputs
from verify.claim import Claim
from verify.exact.arrays import ExactArray, lift, using
from verify.exact.degrees import Degree
from verify.exact.failure import log2_of_miss
from verify.exact.field import Field, Lost, NotExact, Resample
from verify.exact.points import Plan, by_leaves
from verify.exact.primes import BITS, safe_prime
from verify.exact.rules import run_exactly
from verify.hand import Failure
from verify.inputs import Example
from verify.numbers.makers import replacing
from verify.program import Program
from verify.signatures import Signature

EXACT = replacing(ExactArray, lift)
ATTEMPTS = 1500


@dataclass
class Trial:
    """Both programs at one random point.

    differ : the names of the outputs that differ, with the flat positions of their entries
    region : stands for the outcomes of all comparisons
    log2_miss : the logarithm of the chance that an error stays unseen
    """

    example: Example
    prime: int
    differ: dict[str, list[int]]
    region: int
    comparisons: int
    log2_miss: float
    opaque: set[str] = field(default_factory=set)


def run_trial(claim: Claim, signature: Signature, program: Program, plan: Plan, example: Example, rng: random.Random,
              bits: int = BITS) -> Trial:
    """One trial beside an example.

    Raises NotExact for code that has no exact form, Lost where a branch can't be decided, Resample if no point was
    found in many attempts, and what the hand function raises.
    """
    p = safe_prime(rng, bits)
    for _ in range(ATTEMPTS - 1):
        try:
            return _attempt(claim, signature, program, plan, example, Field(rng, bits, p))
        except Resample:
            continue
    return _attempt(claim, signature, program, plan, example, Field(rng, bits, p))


def _attempt(claim: Claim, signature: Signature, program: Program, plan: Plan, example: Example, f: Field) -> Trial:
    with using(f):
        point = plan.at_random(example, f)
        mine = by_hand(claim, signature, point)
        right = by_autodiff(claim, program, point)
        differ: dict[str, list[int]] = {}
        degree, below = Degree(), 0
        for name, a, b in zip(program.names, mine, right, strict=True):
            if a.shape != b.shape:
                raise NotExact(f"{name} has shape {a.shape} on exact numbers")
            wrong = [k for k, (x, y) in enumerate(zip(a.x.flat, b.x.flat, strict=True)) if x.v != y.v]
            if wrong:
                differ[name] = wrong
            apart = a.degree.plus(b.degree)
            below = max(below, apart.whole - apart.n)
            degree = Degree(max(degree.n, apart.n), max(degree.bits, apart.bits), 0, {0: (below, 0, 1)})
    outcomes = f.outcomes
    return Trial(
        example, f.p, differ, hash(tuple(outcomes)), len(outcomes), log2_of_miss(degree, f), f.opaque
    )


def by_hand(claim: Claim, signature: Signature, point: Example) -> list[Any]:
    """The hand function's outputs on exact inputs."""
    with EXACT.creating(claim.hand):
        out = hand.answer(claim, signature, point, watched=False, raising=(NotExact, Lost, Resample))
    if isinstance(out, Failure):
        raise NotExact(out.message)
    return [lift(leaf) for leaf in hand.flatten(claim, signature, out)]


def by_autodiff(claim: Claim, program: Program, point: Example) -> list[Any]:
    """The reference's outputs on exact inputs."""
    if program.direct is not None:
        with EXACT.creating(program.of):
            return [lift(leaf) for leaf in hand.leaves(program.direct(point))]
    outputs = run_exactly(program.jaxpr.jaxpr, program.jaxpr.consts, by_leaves(point, program.dynamic))
    return [lift(x) for x in outputs[: len(program.names)]]


def size_of(example: Example) -> int:
    """How many numbers an example holds."""
    return sum(int(x.size) for x in inputs.numbers(example))
