"""Section 2 of the ledger: the errata's numbers and the measured edges are found, and each row can fail."""

import dataclasses
import math

import numpy as np
import pytest

from manual_bp import activations, losses
from verify import documents
from verify.checking import check_claim
from verify.notes.section_2 import cross_entropy_of_pairs
from verify.settings import Settings

MODULES = ("section_2", "kinks", "output_layers", "tables", "numeric_domain", "saturation")
STATEMENTS = {
    "2.CE": "verified", "2.BCE": "verified", "2.simpl": "verified", "2.J": "verified", "2.sigmoid": "verified",
    "2.sigmoid'": "verified", "2.tanh": "verified", "2.tanh'": "verified", "2.relu": "verified",
    "2.relu'": "verified", "2.leaky": "verified", "2.leaky'": "verified", "2.hdr": "definition",
}
EXAMPLES = Settings(20, 0, exact=False)


@pytest.fixture(scope="module")
def claims():
    found = documents.load("verify.notes.ledger").claims
    return {claim.label: claim for claim in found if claim.module.rpartition(".")[2] in MODULES}


@pytest.fixture(scope="module")
def results(claims):
    return {label: check_claim(claim, EXAMPLES) for label, claim in claims.items()}


def numbers(encoded):
    return np.asarray(encoded["data"], dtype=float)


def sides(result):
    """Of a pinned counterexample: by hand, and what it is compared with."""
    (output,) = result.pinned["outputs"]
    return numbers(output["by_hand"]), numbers(output["autodiff"])


def found(result, **chosen):
    """What was measured for these inputs."""
    (one,) = [n for n in result.numbers if chosen.items() <= n["inputs"].items()]
    return numbers(one["found"])


def test_every_statement_has_its_verdict(results):
    assert {label: results[label].verdict for label in STATEMENTS} == STATEMENTS
    assert [str(result) for result in results.values() if not result.as_expected] == []


def test_what_is_refuted_says_why_and_has_a_correction_that_holds(results):
    refuted = [result for result in results.values() if result.verdict == "refuted"]
    assert len(refuted) == 10
    for result in refuted:
        assert result.because
        assert result.counterexample is not None
        assert results[result.corrected_by].verdict == "verified", result.label


# -- errata ------------------------------------------------------------------------------------------------------------


def test_e3_the_binary_case_has_two_outputs(results):
    by_hand, binary = sides(results["2.simpl@other"])
    assert by_hand == 0
    assert binary == pytest.approx(1.2039728, abs=5e-8)
    assert cross_entropy_of_pairs(np.array([[0.7]]), np.array([[0.0]])) == pytest.approx(1.2039728, abs=5e-8)
    assert "only where Y == 0" in results["2.simpl@other"].localisation
    by_hand, binary = sides(results["2.simpl@other-K=2"])
    assert (by_hand.item(), binary.item()) == pytest.approx((-math.log(0.6), 1.2039728), abs=5e-8)


def test_e4_a_useless_classifier_of_sigmoid_outputs(results):
    assert found(results["2.CE@useless"], logit=30.0) == pytest.approx(9.3e-14, abs=0.1e-14)
    by_hand, autodiff = sides(results["2.CE'@sigmoid"])
    assert by_hand.ravel() == pytest.approx([1, 0, 1], abs=1e-13)
    assert autodiff.ravel() == pytest.approx([0, -9.3e-14, 0], abs=0.1e-14)
    assert "mask Y" in results["2.CE'@sigmoid"].localisation


def test_e4_softmax_is_not_component_wise(results):
    by_hand, autodiff = sides(results["2.CE'@element-wise"])
    assert by_hand.ravel() == pytest.approx([0, -0.8703, 0], abs=5e-5)
    assert autodiff.ravel() == pytest.approx([0.5815, -0.8703, 0.2888], abs=5e-5)
    assert "only where Y == 0" in results["2.CE'@element-wise"].localisation


def test_e4_a_minus_y_is_for_targets_that_sum_to_1(results):
    by_hand, autodiff = sides(results["2.CE'@a-y"])
    assert by_hand.ravel() == pytest.approx([0.0815, -0.8703, 0.0888], abs=5e-5)
    assert autodiff.ravel() == pytest.approx([0.4885, -0.7794, 0.2909], abs=5e-5)


def test_e17_the_derivative_at_the_kink_is_a_convention(results):
    measured = {n["inputs"]["function"]: numbers(n["found"]).item() for n in results["2.relu'@conventions"].numbers}
    assert measured == {
        "as printed": 1, "where(z >= 0, z, 0)": 1, "jax.nn.leaky_relu": 1, "jax.nn.relu": 0,
        "jnp.maximum(0, z)": 0.5, "jnp.clip(z, 0)": 0.5, "a central difference": 0.5,
    }
    for other, slope in (("jax.nn.relu", 0), ("jnp.maximum", 0.5)):
        result = results[f"2.relu'@{other}"]
        assert [side.item() for side in sides(result)] == [1, slope]
        assert "only where z == 0" in result.localisation
        assert numbers(result.counterexample["inputs"]["z"]) == 0


def test_e17_the_kink_is_an_interval_and_is_reached(results):
    assert found(results["2.leaky'@interval"], eps=0.01).tolist() == [0.01, 1]
    reached = {n["inputs"]["function"]: numbers(n["found"]).tolist() for n in results["2.relu'@reached"].numbers}
    assert reached == {"as printed": [[1]] * 3, "jax.nn.relu": [[0]] * 3, "jnp.maximum(0, z)": [[0.5]] * 3}
    kept = {n["inputs"]["function"]: numbers(n["found"]).item() for n in results["2.relu@NaN"].numbers}
    assert kept == {"np.maximum": 1, "where(z >= 0, z, 0)": 0, "printed derivative": 0}


def test_e18_the_slopes_change_places_for_eps_above_1(results):
    by_hand, autodiff = sides(results["2.leaky'@eps>1"])
    assert by_hand.tolist() == [[1, 2]]
    assert autodiff.tolist() == [[2, 1]]
    assert "(1 - eps) * sign(z)" in results["2.leaky'@eps>1"].localisation
    for held in ("2.leaky'@eps<0", "2.leaky'@eps=1", "2.leaky'@eps>1*"):
        assert results[held].verdict == "verified"


def test_the_saturated_output_layer(results):
    by_hand, autodiff = sides(results["2.BCE'@saturated"])
    assert np.isnan(by_hand).all()
    assert autodiff.ravel() == pytest.approx([0, 1, -1, 0], abs=1e-15)
    Z, Y = np.array([[40.0, 40, -720, -720]]), np.array([[1.0, 0, 1, 0]])
    assert losses.sigmoid_binary_cross_entropy_dZ(Z, Y).ravel() == pytest.approx([0, 1, -1, 0], abs=1e-15)


# -- the measured edges, to the digits that are stated -----------------------------------------------------------------

EDGES = {
    "2.sigmoid@exp": ([709.7827, -745.133], [88.7228, -103.972]),
    "2.sigmoid@overflow": (-709.7827, -88.7228),
    "2.sigmoid@one": (36.7368, 16.6355),
    "2.sigmoid'@zero": (36.7368, 16.6355),
    "2.tanh@NaN": ([709.7827, -709.7827], [88.7228, -88.7228]),
    "2.tanh'@zero": (18.715, 8.318),
    "2.softmax@NaN": (709.7827, 88.7228),
}


@pytest.mark.parametrize("label", EDGES)
def test_edges(results, label):
    for dtype, stated in zip(("float64", "float32"), EDGES[label], strict=True):
        assert found(results[label], dtype=dtype) == pytest.approx(np.array(stated), abs=6e-4)


def test_the_output_layer_is_finite_between_two_edges(results):
    assert len(results["2.BCE@finite"].numbers) == 18
    for n in results["2.BCE@finite"].numbers:
        stated = {"float64": (-709.7827, 36.7368), "float32": (-88.7228, 16.6355)}[n["inputs"]["dtype"]]
        assert numbers(n["found"]) == pytest.approx(stated, abs=1e-4)


def test_edges_that_depend_on_the_library(results):
    assert found(results["2.tanh'@zero-np"], dtype="float64") == pytest.approx(18.990, abs=0.1)
    assert 9 < found(results["2.tanh'@zero-np"], dtype="float32") < 10.1
    near_0 = 10 ** found(results["2.tanh@zero"], dtype="float64")
    assert near_0 == pytest.approx([2.7e-11, 8e-8, 5e-2], rel=0.5)


def test_where_autodiff_is_no_reference(results):
    edge, slope = found(results["2.tanh'@autodiff"], dtype="float64")
    assert (edge, slope) == pytest.approx((354.2, 1), abs=0.05)
    assert found(results["2.sigmoid'@autodiff"]) == pytest.approx(23, abs=0.2)


def test_the_printed_sigmoid_overflows_and_says_so(results):
    assert "FloatingPointError: overflow" in results["2.sigmoid@warns"].message


# -- each row can fail -------------------------------------------------------------------------------------------------

PINNED = (
    "2.simpl@other", "2.simpl@other-K=2", "2.leaky'@eps>1", "2.CE'@sigmoid", "2.CE'@element-wise", "2.CE'@a-y",
)


@pytest.mark.parametrize("label", PINNED)
def test_another_pin_gives_other_numbers(claims, results, label):
    pin = {name: 0.9 * np.asarray(x) for name, x in claims[label].counterexample.items()}
    again = check_claim(dataclasses.replace(claims[label], counterexample=pin), Settings(4, 0, exact=False))
    assert again.pinned["inputs"] != results[label].pinned["inputs"]
    assert again.pinned["outputs"] != results[label].pinned["outputs"]


def test_pins_that_do_not_refute_are_errors(claims):
    for label, pin in (("2.relu'@jax.nn.relu", {"z": [[1.0]]}), ("2.BCE'@saturated", {"Z": [[3.0]], "Y": [[1.0]]})):
        result = check_claim(dataclasses.replace(claims[label], counterexample=pin), Settings(4, 0, exact=False))
        assert (result.verdict, "does not refute" in result.message) == ("error", True)


# Right up to rounding wherever they are ordinary, or beyond the reach of a comparison with autodiff.
BROKEN = {
    "2.sigmoid@overflow": ("sigmoid_printed", lambda z: (1 + np.tanh(z / 2)) / 2),
    "2.sigmoid@one": ("sigmoid_printed", lambda z: np.exp(z) / (1 + np.exp(z))),
    "2.sigmoid'@zero": ("sigmoid_printed_prime", activations.sigmoid_prime),
    "2.tanh@NaN": ("tanh_printed", np.tanh),
    "2.tanh@zero": ("tanh_printed", lambda z: np.tanh(z) * (1 + 1e-12)),
    "2.tanh'@zero": ("tanh_printed_prime", lambda z: 1 - np.tanh(z) ** 2),
    "2.tanh'@zero-np": ("tanh", lambda z: np.tanh(z / 2)),
    "2.softmax@NaN": ("softmax_printed", activations.softmax),
    "2.relu@NaN": ("relu", lambda z: np.where(z >= 0, z, 0)),
    "2.relu'@conventions": ("relu_prime", lambda z: (np.sign(z) + 1) / 2),
    "2.relu'@reached": ("relu_prime", lambda z: np.where(z > 0, np.ones_like(z), np.zeros_like(z))),
    "2.leaky'@interval": ("leaky_relu", lambda z, eps: np.where(z >= 0, z, 0.02 * z)),
    "2.hdr@refused": ("leaky_relu_activation", lambda eps: activations.ACTIVATIONS["leaky_relu"]),
    "2.J@accepted": ("leaky_relu_activation", lambda eps: activations.ACTIVATIONS["leaky_relu"]),
    "2.BCE@finite": ("sigmoid_printed", lambda z: np.clip(1 / (1 + np.exp(-z)), 1e-15, 1 - 1e-15)),
}


@pytest.mark.parametrize("label", BROKEN)
def test_a_broken_function_turns_its_row(claims, monkeypatch, label):
    name, wrong = BROKEN[label]
    monkeypatch.setattr(activations, name, wrong)
    result = check_claim(claims[label], EXAMPLES)
    assert result.verdict == "refuted", result


TABLE = {
    "the printed sigmoid": ("sigmoid", {"g": activations.sigmoid_printed}, "2.hdr@finite"),
    "the printed slope of the sigmoid": ("sigmoid", {"prime": activations.sigmoid_printed_prime}, "2.hdr@accurate"),
    "the printed tanh": ("tanh", {"g": activations.tanh_printed}, "2.hdr@finite"),
    "the printed slope of tanh": ("tanh", {"prime": activations.tanh_printed_prime}, "2.hdr@finite"),
    "the printed softmax": ("softmax", {"g": activations.softmax_printed}, "2.hdr@finite"),
    "another slope": ("relu", {"prime": activations.leaky_relu_prime}, "2.hdr@table"),
    "a slope in double precision": ("relu", {"prime": lambda z: np.where(z >= 0, 1.0, 0.0)}, "2.hdr@float32"),
    "a slope of truth values": ("relu", {"prime": lambda z: z >= 0}, "2.hdr@arrays"),
    "the input itself": ("identity", {"g": lambda z: z}, "2.hdr@arrays"),
    "another name": ("tanh", {"name": "Tanh"}, "2.J@accepted"),
}


@pytest.mark.parametrize("what", TABLE)
def test_a_wrong_entry_of_the_table_turns_a_row(claims, monkeypatch, what):
    name, change, label = TABLE[what]
    monkeypatch.setitem(activations.ACTIVATIONS, name, dataclasses.replace(activations.ACTIVATIONS[name], **change))
    assert check_claim(claims[label], Settings(200, 0, exact=False)).verdict == "refuted"


CHECKS = ("require_same_shape", "require_examples", "require_matrix", "require_numbers", "require_labels", "require_known")


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_left_out_turns_a_row(claims, monkeypatch, check):
    monkeypatch.setattr(losses, check, lambda *arguments, **options: 3)
    result = check_claim(claims["2.hdr@refused"], Settings(200, 0, exact=False))
    assert result.verdict == "refuted", result


def test_fused_forms_of_another_loss_turn_a_row(claims, monkeypatch):
    wrong = dataclasses.replace(losses.LOSSES["cross_entropy"], fused={"softmax": losses._SIGMOID_BCE})
    monkeypatch.setitem(losses.LOSSES, "cross_entropy", wrong)
    assert check_claim(claims["2.J@fused"], EXAMPLES).verdict == "refuted"
