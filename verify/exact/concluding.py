"""What exact arithmetic adds to a verified result: a certificate, or a refutation."""

import numpy as np

from verify.claim import Claim
from verify.exact.certifying import Mismatch, certify
from verify.judging import Judge
from verify.results import Result, encode
from verify.settings import Settings


def conclude(claim: Claim, judge: Judge, settings: Settings, result: Result) -> None:
    """Try to certify what floating point has verified; what is refuted by it becomes refuted."""
    outcome = certify(claim, judge.signature, judge.reference, settings)
    if isinstance(outcome, Mismatch):
        _refute(outcome, claim, result)
        return
    result.certificate = outcome.to_json()
    if outcome.certified:
        result.verdict = "certified"


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
            if output == name and not np.array_equal(mine, right)  # two numbers that print alike show nothing
        ],
    }
