"""What exact arithmetic adds to a result: a certificate, a refutation, or who is wrong where two floats disagree."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.claim import Claim
from verify.exact.arbiter import opinion
from verify.exact.certifying import Mismatch, certify
from verify.inputs import Example
from verify.judging import Judge, Judgement
from verify.results import Result, encode
from verify.settings import Settings

RIGHT = 1e-12  # a relative error below is a float that is right
NOTABLE = 1e-6  # a relative disagreement of verified sides that is worth a word


def conclude(claim: Claim, judge: Judge, settings: Settings, result: Result) -> None:
    """Try to certify what floating point has verified; what is refuted by it becomes refuted."""
    outcome = certify(claim, judge.signature, judge.reference, settings)
    if isinstance(outcome, Mismatch):
        _refute(outcome, claim, result)
        return
    result.certificate = outcome.to_json()
    if outcome.certified:
        result.verdict = "certified"


def bound_in_words(certificate: dict[str, Any]) -> str:
    """The chance that an error stayed unseen, as a power of 2."""
    return f"p < 2^{math.ceil(certificate['log2_miss'])}"


def _refute(mismatch: Mismatch, claim: Claim, result: Result) -> None:
    judged = mismatch.opinion
    name, at = judged.where
    entry = f"[{', '.join(map(str, at))}]" if at else ""
    source = "what is stated" if claim.kind == "identity" else "autodiff"
    result.verdict = "refuted"
    result.message = (
        f"{name}: {name}{entry} differs from {source} by {judged.largest:.2g} of its size in exact arithmetic; "
        "rounding hides it in floating point"
    )
    result.localisation = name
    result.notes.append("every example in floating point agrees: the difference is below the bound on rounding")
    result.counterexample = {
        "inputs": {key: encode(x) for key, x in mismatch.example.items()},
        "cause": "exact",
        "message": result.message,
        "output": name,
        "outputs": [
            {"name": output, "by_hand": encode(mine), "autodiff": encode(right)}
            for output, mine, right in zip(judged.names, judged.by_hand, judged.autodiff, strict=True)
            if output == name
        ],
    }


# -- who is wrong ------------------------------------------------------------------------------------------------------


@dataclass
class Blame:
    """Where two floats disagree, how far each is from the exact value.

    formula : whether both formulas are the same in exact arithmetic
    """

    formula: bool
    by_hand: float
    autodiff: float
    text: str


def blame(claim: Claim, judge: Judge, example: Example, judgement: Judgement) -> Blame | None:
    """Who is wrong on an example; None if the arbiter can't tell."""
    if judgement.by_hand is None:
        return None
    judged = opinion(claim, judge.signature, judge.reference.single(example), example)
    if isinstance(judged, str):
        return None
    other = "what is stated" if claim.kind == "identity" else "autodiff"
    if judged.differ:
        name, at = judged.where
        k = judged.names.index(name)
        values = f"{judged.by_hand[k][at]:.10g} by hand, {judged.autodiff[k][at]:.10g} by {other}"
        return Blame(False, math.nan, math.nan, f"in exact arithmetic the two differ too: {name} is {values}")
    k, at = _most_apart(judgement)
    exact = float(judged.by_hand[k][at])
    by_hand, autodiff = (_error(float(side[k][at]), exact) for side in (judgement.by_hand, judgement.autodiff))
    return Blame(True, by_hand, autodiff, _in_words(by_hand, autodiff, judged.names[k], at, exact, other))


def _most_apart(judgement: Judgement) -> tuple[int, Any]:
    assert judgement.by_hand is not None
    pairs = list(zip(judgement.by_hand, judgement.autodiff, strict=True))
    apart = [disagreement(a, b) for a, b in pairs]
    k = max(range(len(apart)), key=lambda k: float(np.max(apart[k], initial=0.0)))
    return k, np.unravel_index(int(np.argmax(apart[k])), np.shape(apart[k]))


def disagreement(a: Any, b: Any) -> Any:
    """How far two floats are apart, entry by entry, relative to the larger; infinite where one of them is not finite."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    with np.errstate(all="ignore"):
        apart = np.abs(a - b) / np.fmax(np.abs(a), np.abs(b))
    apart = np.where(np.isfinite(a) & np.isfinite(b), apart, np.inf)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(same, 0.0, apart)


def _error(x: float, exact: float) -> float:
    """The relative error of a float."""
    if not math.isfinite(x):
        return math.inf
    if abs(exact) < np.finfo(float).smallest_normal:
        return 0.0 if abs(x) < 2 * np.finfo(float).smallest_normal else math.inf
    return abs(x - exact) / abs(exact)


def _in_words(by_hand: float, autodiff: float, name: str, at: tuple[Any, ...], exact: float, other: str) -> str:
    entry = f"{name}[{', '.join(map(str, map(int, at)))}]" if at else name
    where = f"at {entry}, exactly {exact:.6g}"
    if by_hand <= RIGHT < autodiff:
        return f"{other} {_off(autodiff)} here ({where}); the hand-derived formula is right"
    if autodiff <= RIGHT < by_hand:
        return f"the formula is right, and its floating-point value {_off(by_hand)} here ({where}); {other} is right"
    return f"the formula is right; here its value {_off(by_hand)}, and {other} {_off(autodiff)} ({where})"


def _off(error: float) -> str:
    return f"is off by {error:.1g}" if math.isfinite(error) else "is not finite"
