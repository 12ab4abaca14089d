"""Section 7 of the ledger: the errata's numbers as the results have them, and where wrong readings are located."""

import dataclasses

import numpy as np
import pytest

from verify import between
from verify.checking import check_claim
from verify.documents import load
from verify.settings import Settings

CLAIMS = {claim.label: claim for claim in load("verify.notes.ledger").claims if claim.section.startswith("7")}
FEW = Settings(examples=24, exact=False)


@pytest.fixture(scope="module")
def results():
    """Results by label; each row is checked once, when it is first asked for."""
    found = {}

    def result(label):
        if label not in found:
            found[label] = check_claim(CLAIMS[label], FEW)
        return found[label]

    return result


def sides(shown):
    """Both sides of a counterexample with one output, by hand and as it is right."""
    (output,) = shown["outputs"]
    return tuple(np.array(output[side]["data"], dtype=float) for side in ("by_hand", "autodiff"))


def numbers(result):
    """What was found and what is stated, for each choice of inputs."""
    return [
        (entry["inputs"], *(np.array(entry[side]["data"], dtype=float) for side in ("found", "stated")))
        for entry in result.numbers
    ]


def repinned(label, **changes):
    """The pinned counterexample of a row after some of its inputs were changed."""
    claim = CLAIMS[label]
    changed = dataclasses.replace(claim, counterexample={**claim.counterexample, **changes})
    result = check_claim(changed, Settings(examples=2, exact=False))
    assert result.verdict == "refuted", result
    return sides(result.pinned)


# -- pins --------------------------------------------------------------------------------------------------------------

PINS = {
    "7.1J": (5, 14),                                # E14: up to k = 1, and up to N = 2
    "7.1F@jax": (87, 91),                           # E14: JAX clamps the index
    "7.1u@sign": ([[-0.5, 1]], [[1, -2]]),          # E15; the signs are compared
    "4.3@dropout": ([[0.1458]], [[0.7864]]),        # E16: tanh, Z = .5, p = .5, kept
    "7.2c@A": ([[0.7592]], [[0.7744]]),             # E16c
    "7.2p@other": (np.inf, -np.log(0.25)),          # E16b
    "7.2c@p=0": ([[np.nan, np.nan]], [[1, -2]]),    # E16b: 0/0
    "4.2rec@dropout": ([[1], [1]], [[2], [0]]),     # E16: without mask and scale
    "7.2bw@other": ([[1], [1]], [[2], [0]]),
    "4.5@dropout": ([[1.5]], [[1]]),
    "7.2a@other": ([[0, 1]], [[1, 1]]),
    "7.1u@shrinks": ([[2, 4]], [[1, 2]]),
}


@pytest.mark.parametrize("label", PINS)
def test_a_pinned_counterexample_has_the_numbers_of_the_errata(label, results):
    by_hand, right = sides(results(label).pinned)
    wanted = PINS[label] if label != "7.1u@sign" else [np.sign(x) for x in PINS[label]]
    np.testing.assert_allclose(by_hand, wanted[0], rtol=0, atol=5e-5)
    np.testing.assert_allclose(right, wanted[1], rtol=0, atol=5e-5)


def test_E14_the_printed_ranges_leave_the_array(results):
    result = results("7.1F")
    assert result.pinned["cause"] == "exception"
    assert "IndexError" in result.message
    assert result.localisation == "only when n != n_prev"
    assert result.pinned["outputs"][0]["autodiff"]["data"] == 91


def test_E14_square_weights_hide_it():
    """So the row refutes the ranges, not the sum of squares."""
    square = dataclasses.replace(CLAIMS["7.1F"], shapes={"W": "n n"}, counterexample=None)
    assert check_claim(square, FEW).verdict == "verified"


def test_E14_a_loss_above_the_number_of_layers_hides_it():
    domains = {**CLAIMS["7.1J"].domains, "L": between(2, 3)}
    large = dataclasses.replace(CLAIMS["7.1J"], domains=domains, counterexample=None)
    assert check_claim(large, FEW).verdict == "verified"


@pytest.mark.parametrize("label", ["7.1u@sign", "7.1u@shrinks"])
def test_E15_small_steps_hide_it(label):
    small = dataclasses.replace(CLAIMS[label], domains=CLAIMS["7.1u@sign*"].domains, counterexample=None)
    assert check_claim(small, FEW).verdict == "verified"


def test_other_pins_give_other_numbers():
    assert repinned("7.1J", lam=4.0) == (10, 28)
    assert repinned("7.1J", L=0.5) == (0, 14)
    assert repinned("7.1F@jax", W=[[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]) == (4 * 87, 4 * 91)
    np.testing.assert_allclose(repinned("4.3@dropout", Z=[[1.0]]), [[[1 - 4 * np.tanh(1) ** 2]], [[1 - np.tanh(1) ** 2]]])
    by_hand, right = repinned("7.2c@A", p=0.3)
    assert right == pytest.approx(0.7744, abs=5e-5)
    assert by_hand < 0.74
    np.testing.assert_allclose(repinned("4.5@dropout", dZ=[[2.0, 2.0]]), [[[3]], [[2]]])
    np.testing.assert_allclose(repinned("4.2rec@dropout", dZ_next=[[2.0]]), [[[2], [2]], [[4], [0]]])


# -- where it is wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "where"), [
    ("4.2rec@dropout", "missing mask D; agrees after multiplying by D / p"),
    ("7.2bw@other", "missing mask D; agrees after multiplying by D / p"),
    ("7.2a@other", "only where U == 1"),
    ("7.1u@sign", "opposite sign"),
    ("7.2p@other", "not finite"),
    ("7.2c@p=0", "not finite"),
])
def test_a_refuted_row_says_where(label, where, results):
    assert where in results(label).localisation


# -- measured and statistical rows -------------------------------------------------------------------------------------


def test_E15_the_edges_of_the_decay_factor(results):
    found = numbers(results("7.1u@edges"))
    assert [(inputs["lam"], inputs["m"]) for inputs, _, _ in found] == [(0.7, 1), (0.7, 5), (2.5, 1), (2.5, 5)]
    for _, edges, _ in found:
        np.testing.assert_allclose(edges, [0, 1, 2], rtol=0, atol=1e-12)


def test_the_law_of_a_mask(results):
    result = results("7.2a")
    assert [inputs["p"] for inputs, _, _ in numbers(result)] == [0.35, 0.6, 0.9, 1.0]
    for inputs, found, stated in numbers(result):
        assert found.shape == (2, 3, 2, 3)
        p, off = inputs["p"], ~np.eye(6, dtype=bool)
        np.testing.assert_allclose(np.diag(stated.reshape(6, 6)), p)
        np.testing.assert_allclose(stated.reshape(6, 6)[off], p**2)
        assert np.abs(found - stated).max() <= 0.05
    assert (numbers(result)[-1][1] == 1).all()
    assert result.statistic["detects"] < 0.1


def test_each_hidden_layer_has_a_mask_of_its_own(results):
    (_, found, stated), = numbers(results("7.2a@layers"))
    assert np.abs(found - stated).max() <= 0.05
    assert stated[0, 4] == pytest.approx(0.35 * 0.8)
    (_, drawn, _), = numbers(results("7.2a@draw"))
    assert drawn.tolist() == [[0.35, 2, 3], [0, 0, 0], [0.8, 1, 3], [0, 0, 0]]


@pytest.mark.parametrize("label", ["7.2c@law", "7.2a", "7.2a@layers"])
def test_statistics_hold_for_other_seeds(label):
    assert [check_claim(CLAIMS[label], Settings(seed=seed, exact=False)).verdict for seed in (1, 2, 3)] == ["verified"] * 3


@pytest.mark.parametrize("label", ["7.2c@E", "7.2c@Var", "7.2c@Z"])
def test_the_enumeration_covers_every_mask(label, results):
    assert results(label).verdict == "verified"
    assert results(label).bound == "derived"


@pytest.mark.parametrize("label", ["7.2p@refused", "7.train@refused"])
def test_what_does_not_fit_is_refused(label, results):
    (_, found, stated), = numbers(results(label))
    assert found.tolist() == stated.tolist()
    assert found.sum() >= 15


def test_early_stopping_stops_early_late_and_never(results):
    found = [found for _, found, _ in numbers(results("7.3@train"))]
    best, seen = (np.array([row[k] for row in found]) for k in (3, 4))
    assert (seen < 13).any()
    assert ((best > 0) & (seen < 13)).any()
    assert ((best == 12) & (seen == 13)).any()


# -- whole networks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["7.1", "7.2back", "7.train", "7.train@dropout", "7.2x@validation", "7.1g@b"])
def test_few_examples_of_whole_networks_are_inconclusive(label, results):
    counts = results(label).examples
    assert results(label).verdict == "verified"
    assert counts["tried"] >= 2
    assert counts["agreed"] >= 0.8 * counts["tried"]
