"""Trials: both programs of a claim at random points of random prime fields, compared without any tolerance."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

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
NEAR = 1e-6  # how far a shadow may be from the float, relative to the largest entry


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
    floats = in_floats(claim, signature, example)
    p = safe_prime(rng, bits)
    for _ in range(ATTEMPTS - 1):
        try:
            return _attempt(claim, signature, program, plan, example, floats, Field(rng, bits, p))
        except Resample:
            continue
    return _attempt(claim, signature, program, plan, example, floats, Field(rng, bits, p))


def in_floats(claim: Claim, signature: Signature, example: Example) -> list[Any]:
    """The hand function's outputs on the example itself. What it keeps between calls is then made of floats."""
    out = hand.answer(claim, signature, example, watched=False)
    if isinstance(out, Failure):
        raise NotExact(out.message)
    return [np.asarray(hand.plain(leaf), dtype=float) for leaf in hand.flatten(claim, signature, out)]


def _require_same_path(names: Sequence[str], exact: Sequence[Any], floats: Sequence[Any]) -> None:
    """Code may ask what its arrays are, or catch an exception: on exact numbers it must do the same as on floats."""
    if len(exact) != len(floats):
        raise NotExact(f"{len(exact)} outputs on exact numbers, {len(floats)} on floats")
    for name, mine, plain in zip(names, exact, floats, strict=True):
        shadows = np.array([scalar.s for scalar in mine.x.flat], dtype=float).reshape(mine.shape)
        finite = np.isfinite(shadows) & np.isfinite(plain) if mine.shape == plain.shape else np.zeros(mine.shape, bool)
        size = float(np.max(np.abs(plain), initial=0.0, where=np.isfinite(plain)))
        if mine.shape != plain.shape or (np.abs(shadows - plain)[finite] > NEAR * size).any():
            raise Lost(f"{name} is another number on exact arrays than on plain ones")


def _attempt(claim: Claim, signature: Signature, program: Program, plan: Plan, example: Example, floats: Sequence[Any],
             f: Field) -> Trial:
    with using(f):
        point = plan.at_random(example, f)
        mine = by_hand(claim, signature, point)
        _require_same_path(program.names, mine, floats)
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
