"""Whether two versions of a function are one: equal in exact arithmetic, at random points of random prime fields.

Comparisons have random outcomes there, so that versions are equal only if they are so on either side of every branch;
where code refuses that, since it checks its arguments, they follow the shadows.
"""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from verify import inputs
from verify.claim import Claim, SetupError
from verify.exact.arrays import using
from verify.exact.certifying import candidates
from verify.exact.field import Field, Lost, NotExact, Resample
from verify.exact.points import Plan
from verify.exact.trials import by_hand, size_of
from verify.inputs import Example
from verify.mutation.versions import Version
from verify.reference import Reference
from verify.signatures import Signature

POINTS, STRUCTURES, LARGEST = 2, 3, 400  # how many points are needed, beside which examples
TRIED, ATTEMPTS = 6, 200  # examples of a structure until one can be decided, and points beside it


def examples_beside(
    claim: Claim, signature: Signature, reference: Reference, drawn: Sequence[Example]
) -> list[list[Example]]:
    """Examples beside which versions are compared, by structure.

    They are not those that the check has `drawn`, if others can be had: what it lacks is not to be lacking here.
    """
    try:
        own = [] if claim.inputs is not None else candidates(claim, signature, reference, 0)
    except SetupError:
        own = []
    rows: dict[Any, list[Example]] = {}
    for example in own or drawn:
        if size_of(example) <= LARGEST:
            rows.setdefault(inputs.structure(example), []).append(example)
    return sorted(rows.values(), key=lambda row: size_of(row[0]))[-STRUCTURES:]


def are_equal(claim: Claim, signature: Signature, version: Version, beside: Sequence[list[Example]]) -> bool:
    """Whether both versions are one function at random points beside an example of each structure."""
    plan = Plan(signature, [row[0] for row in beside])
    compared = 0
    for row in beside:
        for k, example in enumerate(row[:TRIED]):
            near = plan.generic(example, np.random.default_rng(k))
            rng = random.Random(f"{claim.label} {k}")
            same = _equal_at(claim, signature, version, plan, near, rng, any_side=True)
            if same is None:  # code that checks its arguments stops there
                same = _equal_at(claim, signature, version, plan, near, rng, any_side=False)
            if same is False:
                return False
            if same:
                compared += 1
                break
    return compared >= min(POINTS, len(beside)) > 0


def _equal_at(
    claim: Claim, signature: Signature, version: Version, plan: Plan, example: Example, rng: random.Random,
    any_side: bool,
) -> bool | None:
    """Whether they are equal at a random point; None where that can't be had."""
    for _ in range(ATTEMPTS):
        f = Field(rng, any_side=any_side)
        try:
            with using(f):
                point = plan.at_random(example, f)
                right = by_hand(claim, signature, point)
                with version.running():
                    other = by_hand(claim, signature, point)
        except Resample:
            continue
        except (NotExact, Lost, SetupError, RecursionError):
            return None
        return len(right) == len(other) and all(map(_same_residues, right, other))
    return None


def _same_residues(a: Any, b: Any) -> bool:
    return a.shape == b.shape and all(x.v == y.v for x, y in zip(a.x.flat, b.x.flat, strict=True))

