"""The exam in exact arithmetic: no right derivation is refuted, and no formula that is wrong everywhere is certified."""

from operator import attrgetter

import jax
import pytest

from tests.planted.cases import Case
from tests.planted.exam import RIGHT, WRONG
from verify.checking import check_claim
from verify.exact.certifying import Certificate, Mismatch, certify
from verify.judging import Judge
from verify.settings import Settings

pytest.importorskip("flint")

NOT_CERTIFIED = {
    "hard_cancellation: exact_gelu: distribution number by number": "which rounded constants explain",
    "hard_cancellation: log_determinant_by_cholesky: inverse of a nearly singular matrix": "an identity that residues do not know",
    "hard_cancellation: angle_with_ones: angle with ones gradient": "an identity that residues do not know",
    "hard_cancellation: relu: half at the kink": "no exact form: np.heaviside",
    "hard_ranges: huge_norm: huge norm scaled otherwise": "an identity that residues do not know",
    "hard_ranges: exact_gelu: exact gelu prime": "which rounded constants explain",
    "hard_ranges: affine: width 400": "more than 400 numbers",
    "hard_ranges: affine: batch of 400 from the end": "more than 400 numbers",
    "hard_ranges: cross_entropy: softmax over 400 classes": "more than 400 numbers",
    "right_layers: convolution: convolution backward": "no exact form: np.convolve",
    "right_pointwise: gelu: gelu prime": "which rounded constants explain",
}
# Wrong in some regions, at some sizes, or in floating point alone, which certificates do not cover.
NOT_EVERYWHERE = ("wrong_contract", "wrong_hidden", "wrong_when", "wrong_where", "wrong_small")
BEYOND = ("wrong_rules: huber: slope of the square",)  # beyond a threshold that few inputs exceed
WRONG_FORMULAS = [
    case for case in WRONG if case.cause == "value" and case.category not in NOT_EVERYWHERE and case.id not in BEYOND
]


@pytest.mark.parametrize("case", RIGHT, ids=attrgetter("id"))
def test_a_right_derivation_is_certified_or_it_is_said_why_not(case: Case) -> None:
    result = check_claim(case.claim, Settings(12))
    why = NOT_CERTIFIED.get(case.id, "")
    assert result.verdict == ("verified" if why else "certified"), (str(result), result.certificate)
    assert result.certificate is not None
    assert why in result.certificate["why"]


def outcome(case: Case) -> Certificate | Mismatch:
    """What exact arithmetic alone says."""
    judge = Judge(case.claim, 0)
    with jax.enable_x64(True):
        return certify(case.claim, judge.signature, judge.reference, Settings())


@pytest.mark.parametrize("case", WRONG_FORMULAS, ids=attrgetter("id"))
def test_exact_arithmetic_alone_refutes_a_wrong_formula(case: Case) -> None:
    found = outcome(case)
    if isinstance(found, Certificate):
        assert not found.certified
        assert found.why == "no exact form: np.convolve"
    else:
        assert found.opinion.differ
        assert found.opinion.where[0] in case.outputs


def test_most_of_the_exam_is_decided() -> None:
    assert len(WRONG_FORMULAS) > 120
    assert set(NOT_CERTIFIED) <= {case.id for case in RIGHT}
    assert len(NOT_CERTIFIED) < len(RIGHT) / 10
