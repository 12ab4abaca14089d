"""Both programs of a claim in ball arithmetic, at one example: which is right, and by how much the other is off.

A ball contains the exact value of what a program computes, so that two balls apart are two different numbers. Precision
is raised until every pair of balls is either apart or so small that what may lie between is of no interest.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.claim import Claim, SetupError
from verify.exact.arrays import using
from verify.exact.balls import Balls, Undecided, available
from verify.exact.field import Lost, NotExact
from verify.exact.infinity import NotFinite
from verify.exact.points import in_balls
from verify.exact.trials import by_autodiff, by_hand
from verify.inputs import Example
from verify.program import Program
from verify.signatures import Signature

Array = np.ndarray[Any, np.dtype[Any]]
PRECISIONS = (128, 256, 512, 1024, 2048, 4096)
SMALL = 2.0**-80  # a ball of this relative size is a number
FINE = 2048  # bits with which whatever is no smaller than float64's least number, beside 1, is told from zero
UNSEEN = 2.0**-51  # a relative difference of four roundings of float64 or less, which no float can show
MISSING = "python-flint is not installed: pip install 'manual-bp[exact]'"


@dataclass
class Opinion:
    """What exact arithmetic says of both programs at an example.

    names : of the outputs
    by_hand, autodiff : the exact values, rounded to floats
    apart : by entry, how far the two exact values are from each other, relative to the larger one
    differ : whether some entry differs by more than float64 can show, and than the rounding of constants explains that
        one side has and the other has not
    """

    names: list[str]
    by_hand: list[Array]
    autodiff: list[Array]
    apart: list[Array]
    differ: bool

    @property
    def largest(self) -> float:
        """The largest relative difference of an entry."""
        return max((float(np.max(x, initial=0.0)) for x in self.apart), default=0.0)

    @property
    def where(self) -> tuple[str, tuple[int, ...]]:
        """The output and the entry with the largest difference."""
        k = max(range(len(self.apart)), key=lambda k: float(np.max(self.apart[k], initial=0.0)))
        at = np.unravel_index(int(np.argmax(self.apart[k])), self.apart[k].shape)
        return self.names[k], tuple(map(int, at))


def opinion(claim: Claim, signature: Signature, program: Program, example: Example) -> Opinion | str:
    """The arbiter's opinion on an example, or why there is none."""
    if not available():
        return MISSING
    try:
        found, unshared = _opinion(claim, signature, program, example, frozenset())
        if found is not None and found.differ and unshared:
            explained, _ = _opinion(claim, signature, program, example, unshared)
            found.differ = explained is None or explained.largest > 0
    except (NotExact, Lost, SetupError, RecursionError) as error:
        return f"it has no exact form: {error}"
    return found if found is not None else f"the balls stay large at {PRECISIONS[-1]} bits"


def _opinion(claim: Claim, signature: Signature, program: Program, example: Example, widened: frozenset[float]
             ) -> tuple[Opinion | None, frozenset[float]]:
    """The opinion, and the rounded constants that only one of the sides has.

    widened : constants that stand for numbers a few ulps around them
    """
    for bits in PRECISIONS:
        balls = Balls(bits, widened)
        try:
            with balls.precision(), using(balls):
                point = in_balls(example, balls)
                mine = by_hand(claim, signature, point)
                own, balls.constants = balls.constants, set()
                right = by_autodiff(claim, program, point)
                found = _compare(list(program.names), mine, right, bool(widened), bits >= FINE)
        except Undecided:
            continue
        if found is not None or widened:
            return found, frozenset(own ^ balls.constants)
    return None, frozenset()


def _compare(names: list[str], mine: list[Any], right: list[Any], widened: bool, fine: bool) -> Opinion | None:
    """The opinion, or None if some balls are too large to tell."""
    apart, differ = [], False
    for a, b in zip(mine, right, strict=True):
        if a.shape != b.shape:
            raise NotExact(f"shape {a.shape} on exact numbers")
        sizes = [abs(x.b).upper() for x in (*a.x.flat, *b.x.flat) if not isinstance(x, NotFinite)]
        largest = max(sizes, default=0) if fine else 0
        distances = np.zeros(a.shape)
        for at in np.ndindex(a.shape):
            distance = _distance(a.x[at], b.x[at], largest)
            if distance is None and not widened:
                return None
            distances[at] = distance or 0.0
        apart.append(distances)
        differ = differ or bool((distances > UNSEEN).any())
    return Opinion(names, [_floats(x) for x in mine], [_floats(x) for x in right], apart, differ)


def _distance(a: Any, b: Any, largest: Any) -> float | None:
    """At least how far two numbers are apart, relative to the larger; None if the balls are too large to tell.

    largest : of all entries, beside which a number may be zero; 0 if none may
    """
    if isinstance(a, NotFinite) or isinstance(b, NotFinite):
        both = isinstance(a, NotFinite) and isinstance(b, NotFinite)
        return 0.0 if both and np.array_equal(a.value, b.value, equal_nan=True) else math.inf
    difference = a.b - b.b
    size = max(abs(a.b).lower(), abs(b.b).lower(), largest)
    if difference.is_zero() or (size > 0 and difference.abs_upper() <= SMALL * size):
        return 0.0
    if difference.abs_lower() > 0:
        return float(difference.abs_lower() / max(abs(a.b).upper(), abs(b.b).upper()))
    return None


def _floats(x: Any) -> Array:
    out = np.empty(x.shape)
    for at in np.ndindex(x.shape):
        scalar = x.x[at]
        out[at] = scalar.value if isinstance(scalar, NotFinite) else scalar.s
    return out
