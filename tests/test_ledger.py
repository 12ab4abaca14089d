"""The ledger of the notes: a row for every statement, with the verdict that it must have, tied to the code that transcribes it."""

import dataclasses
import re
from types import FunctionType

import numpy as np
import pytest

from tests.notes_ids import AMBIGUOUS, CONDITIONS, ERRATA, VERDICTS
from verify.calls import reachable
from verify.checking import check_claim
from verify.documents import load
from verify.notes import ledger
from verify.settings import Settings
from verify.tags import code_files, transcriptions

DOCUMENT = load("verify.notes.ledger")
CLAIMS = {claim.label: claim for claim in DOCUMENT.claims}
TAGS = transcriptions(code_files(ledger.CODE, "the ledger"))
REFUTED = [claim for claim in DOCUMENT.claims if claim.expect == "refuted"]


# -- rows --------------------------------------------------------------------------------------------------------------


def test_the_ledger_has_the_number_of_rows_that_it_declares():
    assert DOCUMENT.declared == ledger.ROWS == len(CLAIMS) == len(DOCUMENT.labels)


def test_the_notes_make_110_statements():
    assert len(VERDICTS) == 110


@pytest.mark.parametrize("label", VERDICTS)
def test_every_statement_has_a_row_with_its_verdict(label):
    assert CLAIMS[label].expect == VERDICTS[label]


def test_every_row_has_an_equation_and_a_section():
    assert [claim.label for claim in DOCUMENT.claims if not (claim.equation and claim.section)] == []


def test_every_row_belongs_to_a_statement():
    """`ID*` corrects it, `ID@word` is another row on it; whole networks are the rows of a section."""
    whole = {"3.pass", "7.1", "7.2", "7.2back", "7.train"}
    ids = {re.split(r"[*@]", label)[0] for label in CLAIMS}
    assert ids - set(VERDICTS) - whole == {
        "2.softmax", "2.softmax'", "4.B", "2.BCE'", "2.CE'", "4.2range", "6.2b", "7.1L1g"
    }  # forms that the notes lack, and parts of a statement


def test_rows_stand_in_the_order_of_the_notes():
    sections = [CLAIMS[label].section for label in DOCUMENT.labels]
    assert [s[0] for s in sections] == sorted(s[0] for s in sections)


# -- errors, readings, conditions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", [label for label, verdict in VERDICTS.items() if verdict == "refuted"])
def test_a_printed_error_has_a_pin_and_a_verified_correction(label):
    claim, correction = CLAIMS[label], CLAIMS[f"{label}*"]
    assert claim.counterexample is not None or claim.kind == "runs"
    assert claim.corrected_by == correction.label
    assert correction.expect == "verified"


@pytest.mark.parametrize("label", AMBIGUOUS)
def test_an_ambiguous_statement_has_a_row_for_the_rejected_reading(label):
    other = CLAIMS[f"{label}@other"]
    assert other.expect == "refuted"
    assert CLAIMS[other.corrected_by].expect == "verified"


@pytest.mark.parametrize("label", CONDITIONS)
def test_where_a_condition_fails_there_is_a_refuted_row(label):
    assert CLAIMS[CONDITIONS[label]].expect == "refuted"


@pytest.mark.parametrize("label", [label for label, verdict in VERDICTS.items() if verdict == "missing"])
def test_what_is_missing_is_filled_in(label):
    assert CLAIMS[f"{label}@ours"].expect == "verified"


@pytest.mark.parametrize("claim", REFUTED, ids=lambda claim: claim.label)
def test_every_refuted_row_says_why_and_what_is_right(claim):
    assert claim.because
    assert CLAIMS[claim.corrected_by].expect == "verified"


@pytest.mark.parametrize("number", ERRATA)
def test_every_erratum_is_the_reason_of_a_row(number):
    assert [claim.label for claim in DOCUMENT.claims if re.search(rf"\b{number}\b", claim.because)]


def test_reasons_hold_no_measured_numbers():
    """Those are computed; a reason that repeats them would go stale."""
    place = re.compile(r"(sections?|and|\() ?[1-7]\.\w+(\.\w+)*|see [1-7]\.[\w.]+")
    assert [claim.label for claim in DOCUMENT.claims if re.search(r"\d?\.\d", place.sub("", claim.because))] == []


@pytest.mark.parametrize("label", ["1.6a", "1.7a", "1.8a", "1.13", "4.2dim", "4.3dim", "4.4dim", "4.5dim", "5.2Adim"])
def test_statements_about_dimensions_are_proved_for_all_sizes(label):
    result = check_claim(CLAIMS[label], Settings(examples=8, exact=False))
    assert set(result.proved_dimensions) == {name for text in result.dimensions.values() for name in text.split()} - {"1"}


# -- code --------------------------------------------------------------------------------------------------------------


def reaches_the_code(claim):
    functions = [f for f in (claim.hand, *reachable(claim.hand)) if isinstance(f, FunctionType)]
    return any(f.__module__.split(".")[0] == "manual_bp" for f in functions)


def test_every_tag_is_a_label():
    assert sorted(label for label in TAGS if label not in CLAIMS) == []


def test_every_verified_row_on_the_code_is_tagged_in_it():
    untagged = [
        claim.label for claim in DOCUMENT.claims
        if claim.computed and claim.expect == "verified" and reaches_the_code(claim) and claim.label not in TAGS
    ]
    assert untagged == []


def test_most_rows_reach_the_code():
    """So that the test above says something."""
    assert sum(claim.computed and reaches_the_code(claim) for claim in DOCUMENT.claims) > 100


def test_a_tag_shows_the_line_and_its_function():
    (shown,) = TAGS["4.4"]
    assert shown["file"].endswith("manual_bp/backprop.py")
    assert shown["function"] == "bias_gradient"
    assert shown["text"].startswith("return np.sum(dZ, axis=1, keepdims=True) / m")
    assert shown["code"].startswith("def bias_gradient(")
    assert shown["text"] in shown["code"]


# -- the errata's numbers, computed ------------------------------------------------------------------------------------


def pinned(claim):
    """Both sides of the pinned counterexample, as the result has them: by hand (None where it raised), as it is right."""
    shown = check_claim(claim, Settings(examples=8, exact=False)).pinned
    sides = [[None if o[side] is None else np.array(o[side]["data"], dtype=float) for o in shown["outputs"]]
             for side in ("by_hand", "autodiff")]
    return (*[side[0] if len(side) == 1 else side for side in sides], shown["cause"])


NUMBERS = {
    # E1: n_x = 2, m = 3; a row has length 3
    "1.6b": ("shape", [[1, 2, 3], [10, 20, 30]], [[1, 10], [2, 20], [3, 30]], 0),
    # E5
    "4.1@other": ("value", [[-5, 2.5], [-5, 2.5]], [[-5, 2.5], [10, -3.3333]], 1e-4),
    # E6
    "4.2bcast": ("value", [[0.7864, 0.7864], [0.42, 0.42]], [[0.7864, 0.0707], [0.42, 0.0099]], 1e-4),
    # E7
    "4.2rec@other": ("value", [[1.25, 4.5], [2, 6]], [[2, 6], [1.5, 6]], 0),
    "4.2rec@python": ("value", [[3.5, 6], [3.5, 6]], [[2, 6], [1.5, 6]], 0),
    # E10
    "5.2Arecall": ("value", [[7], [10]], [[19], [22]], 0),
    # E11
    "5.B2": ("value", [[-0.8, 0.9], [0.6, -0.7]], [[-0.8, 0.6], [0.9, -0.7]], 1e-12),
}


@pytest.mark.parametrize("label", NUMBERS)
def test_the_numbers_of_the_errata(label):
    cause, by_hand, right, within = NUMBERS[label]
    found = pinned(CLAIMS[label])
    assert found[2] == cause
    np.testing.assert_allclose(found[0], by_hand, rtol=0, atol=within)
    np.testing.assert_allclose(found[1], right, rtol=0, atol=within)


@pytest.mark.parametrize(("label", "wrong", "right"), [
    ("1.7b", (3, 2), (2, 3)),     # E2
    ("4.4id", (2, 2), (6, 2)),    # E8
    ("4.4@flat", (3, 3), (3, 1)),  # E9
    ("1.17@other", (2, 1), (1, 2)),  # E19
])
def test_the_shapes_of_the_errata(label, wrong, right):
    shown = check_claim(CLAIMS[label], Settings(examples=8, exact=False)).pinned
    assert shown["cause"] == "shape"
    assert tuple(shown["outputs"][0]["autodiff"]["shape"]) == right
    assert tuple(shown["outputs"][0]["by_hand"]["shape"]) == wrong


def test_E8_three_stacked_identities():
    shown = check_claim(CLAIMS["4.4id"], Settings(examples=8, exact=False)).pinned
    np.testing.assert_array_equal(shown["outputs"][0]["autodiff"]["data"], np.concatenate([np.eye(2)] * 3))


@pytest.mark.parametrize("label", ["4.4np", "4.4np@jax", "4.B5@np", "5.B4a@np"])
def test_E9_keepdim_is_a_type_error(label):
    result = check_claim(CLAIMS[label], Settings(examples=8, exact=False))
    assert "raised TypeError" in result.message
    assert "keepdim" in result.message


def test_E21_the_updated_weights_change_dW1():
    by_hand, right, cause = pinned(CLAIMS["4.B6@updated"])
    assert cause == "value"
    assert np.all(np.abs(by_hand - right) > 1e-2 * np.abs(right))


@pytest.mark.parametrize("label", ["4.1@other", "4.2bcast", "4.2rec@other", "5.2Arecall", "4.B3@dropout"])
def test_another_pin_gives_other_numbers(label):
    """Nothing in the results is typed in: doubling one pinned array changes what both sides give."""
    claim = CLAIMS[label]
    name = next(name for name in ("slopes", "Z", "dZ_next", "X", "Y") if name in claim.counterexample)
    factor = 0.5 if name == "Y" else 2  # targets stay below 1
    scaled = (factor * np.array(claim.counterexample[name])).tolist()
    changed = dataclasses.replace(claim, counterexample={**claim.counterexample, name: scaled})
    before, after = pinned(claim), pinned(changed)
    assert not np.allclose(before[0], after[0])
    assert not np.allclose(before[1], after[1])
