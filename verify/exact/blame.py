"""Who is wrong where two floats disagree: the formula, the hand function's rounding, or that of the other side."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.claim import Claim
from verify.exact.arbiter import opinion
from verify.inputs import Example
from verify.judging import Judge, Judgement

RIGHT = 1e-12  # a float with a smaller relative error is right
NOTABLE = 1e-6  # a relative disagreement that is worth a word
CONSULTED = 32  # failing examples that it is asked about at most
ASIDE = 1e-8  # of the largest entry: below, digits are lost by cancellation
TINY = float(np.finfo(float).smallest_normal)


@dataclass(frozen=True)
class Blame:
    """The arbiter's word on an example on which two floats disagree.

    formula : whether the formulas are the same in exact arithmetic
    by_hand, other : the relative errors of the floats that are furthest apart
    text : the same in words
    """

    formula: bool
    by_hand: float
    other: float
    text: str

    @property
    def excuses(self) -> bool:
        """Whether the hand function's value is right, and the other side's is not."""
        return self.formula and self.by_hand <= RIGHT < self.other


def blame(claim: Claim, judge: Judge, example: Example, judgement: Judgement) -> Blame | None:
    """Who is wrong on an example; None if the arbiter can't tell."""
    if judgement.by_hand is None:
        return None
    judged = opinion(claim, judge.signature, judge.reference.single(example), example)
    if isinstance(judged, str):
        return None
    other = "what is stated" if claim.kind == "identity" else "autodiff"
    if judged.differ:
        text = f"the formulas differ, {_entry(*judged.where)} by {judged.largest:.2g} of its size"
        return Blame(False, math.nan, math.nan, text)
    k, at = _furthest(judgement)
    exact = float(judged.by_hand[k][at])
    mine, theirs = (_error(float(side[k][at]), exact) for side in (judgement.by_hand, judgement.autodiff))
    where = f"{_entry(judged.names[k], at)}, exactly {exact:.6g}"
    return Blame(True, mine, theirs, _in_words(mine, theirs, where, other))


class Arbitration:
    """The arbiter's part in one claim's check: it excuses, confirms, and explains.

    asked : whether it is asked at all
    """

    def __init__(self, claim: Claim, judge: Judge, asked: bool) -> None:
        self.claim, self.judge, self.asked = claim, judge, asked
        self._consulted, self._excused = 0, ""
        self._largest = NOTABLE  # of the disagreements among examples that agree within rounding
        self._at: tuple[Example, Judgement] | None = None

    def see(self, examples: Sequence[Example], judgements: Sequence[Judgement]) -> None:
        """Take back failures that are autodiff's alone; keep in mind where agreeing floats are furthest apart."""
        if not self.asked:
            return
        for example, judgement in zip(examples, judgements, strict=True):
            if judgement.by_hand is None or judgement.at_kink or judgement.overflow:
                continue
            if judgement.failure is None:
                if any(x.dtype.itemsize < np.dtype(float).itemsize for x in judgement.autodiff):
                    continue  # float32 is off by as much as is notable in float64
                size = max((float(np.max(_apart(a, b), initial=0.0))
                            for a, b in zip(judgement.by_hand, judgement.autodiff, strict=True)), default=0.0)
                if size > self._largest:
                    self._largest, self._at = size, (example, judgement)
            elif judgement.failure.cause == "value" and self._consulted < CONSULTED:
                self._consulted += 1
                found = blame(self.claim, self.judge, example, judgement)
                if found is not None and found.excuses:
                    judgement.failure, judgement.fractions, self._excused = None, [], found.text
                else:
                    self._consulted = CONSULTED  # it is refuted: no more excuses are looked for

    def on(self, example: Example, judgement: Judgement) -> str:
        """The arbiter's word on a counterexample."""
        failure = judgement.failure
        if not self.asked or failure is None or failure.cause != "value":
            return ""
        found = blame(self.claim, self.judge, example, judgement)
        return found.text if found is not None else ""

    def on_agreement(self) -> str:
        """Who is wrong where agreeing floats are furthest apart; empty if neither is, or the arbiter can't tell."""
        if self._excused or self._at is None:
            return self._excused
        found = blame(self.claim, self.judge, *self._at)
        if found is None or not found.formula or max(found.by_hand, found.other) <= NOTABLE:
            return ""
        return found.text


def _apart(a: Any, b: Any) -> Any:
    """How far floats are apart, relative to the larger; 0 where they are small beside other entries."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    finite = np.isfinite(a) & np.isfinite(b)
    with np.errstate(all="ignore"):
        size = np.fmax(np.abs(a), np.abs(b))
        apart = np.where(finite, np.abs(a - b) / size, np.inf)
    small = finite & (size <= max(TINY, ASIDE * float(np.max(size, initial=0.0, where=finite))))
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(same | small, 0.0, apart)


def _furthest(judgement: Judgement) -> tuple[int, Any]:
    assert judgement.by_hand is not None
    apart = [_apart(a, b) for a, b in zip(judgement.by_hand, judgement.autodiff, strict=True)]
    k = max(range(len(apart)), key=lambda k: float(np.max(apart[k], initial=0.0)))
    return k, np.unravel_index(int(np.argmax(apart[k])), np.shape(apart[k]))


def _error(x: float, exact: float) -> float:
    """The relative error of a float; what underflows is right."""
    if not math.isfinite(x):
        return math.inf
    return abs(x - exact) / max(abs(exact), TINY)


def _in_words(mine: float, theirs: float, where: str, other: str) -> str:
    if mine <= RIGHT < theirs:
        return f"{other} {_off(theirs)} here; the hand-derived formula is right ({where})"
    if theirs <= RIGHT < mine:
        return f"the formula is right, and its floating-point value {_off(mine)} here; {other} is right ({where})"
    return f"the formula is right; its floating-point value {_off(mine)} here, and {other} {_off(theirs)} ({where})"


def _off(error: float) -> str:
    return f"is off by {error:.1g} of its size" if math.isfinite(error) else "is not finite"


def _entry(name: str, at: tuple[Any, ...]) -> str:
    return f"{name}[{', '.join(str(int(i)) for i in at)}]" if at else name
