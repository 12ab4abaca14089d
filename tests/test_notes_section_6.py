"""Section 6 of the ledger: its verdicts, the numbers of its errata as they are computed, and rows that can fail."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

import manual_bp as bp
from verify import documents
from verify.checking import check_claim
from verify.claim import Claim
from verify.results import Result
from verify.settings import Settings

FEW = Settings(60, 0, exact=False)
VERIFIED = (
    "6.1", "6.1@rate", "6.1@tanh", "6.1@relu", "6.1@sigmoid", "6.1.1s@steps", "6.1.1s@alpha", "6.1.1mu", "6.1.1mu@np*", "6.1.1c", "6.1.1var", "6.1.1var@np*", "6.1.1s@variance", "6.1.1s*", "6.1.1s@constant*",
    "6.1.1t@ours", "6.1.1t@fit", "6.1.1t@float32", "6.1.1t@scales", "6.1.2X", "6.1.2H", "6.1.2B", "6.1.2X@law", "6.1.2H@law",
    "6.1.2B@law", "6.1.2X@normal", "6.1.2X@layers", "6.1.2B@widths", "6.1.2n", "6.1.2np*", "6.1.2b@ours", "6.1.2var",
    "6.1.2var@exact", "6.1.2var@tanh", "6.1.2var@sigmoid", "6.1.2var@relu", "6.1.2var@relu-xavier", "6.1.2var@limit",
    "6.2", "6.2b", "6.2@float32", "6.2@layers", "6.2@deep",
)
REFUTED = (
    "6.1@small", "6.1@large", "6.1.1mu@np", "6.1.1var@np", "6.1.1s", "6.1.1s@constant", "6.1.1s@m=1", "6.1.1s@guard",
    "6.1.1t@own", "6.1.2np", "6.1.2var@other", "6.2@flat", "6.2@refused",
)
ALONE = {"6.1.1t": "missing", "6.1.2b": "missing", "6.1.2name": "definition"}


@pytest.fixture(scope="module")
def claims() -> dict[str, Claim]:
    whole = documents.load("verify.notes.ledger")
    return {claim.label: claim for claim in whole.claims if claim.label.startswith("6")}


@pytest.fixture(scope="module")
def found(claims: dict[str, Claim]) -> dict[str, Result]:
    return {label: check_claim(claim, FEW) for label, claim in claims.items()}


def pinned(result: Result) -> np.ndarray:
    """What the pinned counterexample gave by hand."""
    (output,) = result.pinned["outputs"]
    return np.array(output["by_hand"]["data"], dtype=float)


def stated(result: Result) -> np.ndarray:
    (output,) = result.pinned["outputs"]
    return np.array(output["autodiff"]["data"], dtype=float)


def numbers(result: Result, key: str) -> list[np.ndarray]:
    return [np.array(number[key]["data"], dtype=float) for number in result.numbers]


def with_pin(claim: Claim, **pin: object) -> Result:
    return check_claim(replace(claim, counterexample=pin), FEW)


# -- the rows ----------------------------------------------------------------------------------------------------------


def test_each_row_has_its_verdict(found):
    wanted = {**dict.fromkeys(VERIFIED, "verified"), **dict.fromkeys(REFUTED, "refuted"), **ALONE}
    assert {label: result.verdict for label, result in found.items()} == wanted
    assert all(result.as_expected for result in found.values())
    assert not [result.label for result in found.values() if not result.equation]


def test_no_warning_leaks_from_a_row(claims):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_claim(claims["6.1.1t@fit"], FEW)
        check_claim(claims["6.1.1s@constant*"], FEW)
        check_claim(claims["6.1.1t@own"], FEW)
    assert caught == []


# -- normalization -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["6.1.1mu@np", "6.1.1var@np"])
def test_E9_the_printed_keyword_is_a_type_error(found, label):
    assert "TypeError" in found[label].message
    assert "'keepdim'" in found[label].message


def test_E12_the_variance_after_is_one_over_the_variance(found, claims):
    result = found["6.1.1s"]
    assert result.pinned["output"] == "['Var(X)']"
    assert np.allclose(pinned(result), [[0.2], [2e-5], [2e3]], rtol=1e-12)
    assert (stated(result) == 1).all()
    X = np.array(claims["6.1.1s"].counterexample["X"])
    assert np.allclose(X.var(axis=1), [5, 5e4, 5e-4], rtol=1e-12)
    assert np.allclose(pinned(with_pin(claims["6.1.1s"], X=2 * X)), [[0.05], [5e-6], [500]], rtol=1e-12)


def test_E12_dividing_by_the_deviation_would_be_no_counterexample(claims):
    pin = claims["6.1.1s"].counterexample
    result = check_claim(replace(claims["6.1.1s*"], counterexample=pin), FEW)
    assert result.verdict == "error"
    assert "does not refute" in result.message


def test_E12_is_located_as_a_factor_per_feature(found):
    assert "a factor that is constant along axis 1" in found["6.1.1s"].localisation


def test_E12b_a_constant_feature_becomes_nan_or_huge(found, claims):
    got = pinned(found["6.1.1s@constant"])
    assert np.isnan(got[0]).all()
    assert np.allclose(got[1], -7.2e16, rtol=0.01)
    changed = pinned(with_pin(claims["6.1.1s@constant"], values=(2.0, 0.7), m=3))
    assert np.isnan(changed[0]).all()
    assert np.allclose(changed[1], 9.0e15, rtol=0.01)
    assert np.isnan(pinned(found["6.1.1s@m=1"])).all()


def test_E12b_a_guard_on_zero_misses_it_and_ours_does_not(found):
    assert pinned(found["6.1.1s@guard"]).tolist() == [[0, 0, 0], [-1, -1, -1]]
    assert [x.shape for x in numbers(found["6.1.1s@constant*"], "found")] == [(2, 1), (2, 3), (2, 7), (3, 1), (3, 3), (3, 7)]
    assert all(np.abs(x).max() < 1e-15 for x in numbers(found["6.1.1s@constant*"], "found"))


def test_E12c_the_test_set_by_either_statistics(found, claims):
    assert np.isnan(pinned(found["6.1.1t@own"])).all()
    assert round(stated(found["6.1.1t@own"]).item(), 4) == 3.1305
    doubled = with_pin(claims["6.1.1t@own"], X=[[0.0, 2.0, 4.0, 6.0]], X_test=[[20.0]])
    assert round(stated(doubled).item(), 4) == 7.6026


# -- initialization ----------------------------------------------------------------------------------------------------


def test_E13_a_tuple_is_a_type_error(found):
    assert "TypeError: 'tuple' object cannot be interpreted as an integer" in found["6.1.2np"].message


DOWN_THE_LAYERS = {
    "6.1.2var@tanh": (1, 0.394, 0.236, 0.167, 0.128),
    "6.1.2var@sigmoid": (1, 0.293, 0.266, 0.265),
    "6.1.2var@relu": (2, 2, 2),
    "6.1.2var@relu-xavier": (1, 0.5, 0.25),
}


@pytest.mark.parametrize("label", DOWN_THE_LAYERS)
def test_E22_the_fan_in_variance_down_the_layers(found, label):
    (exact,), (drawn,) = numbers(found[label], "stated"), numbers(found[label], "found")
    assert np.allclose(exact, DOWN_THE_LAYERS[label], rtol=0, atol=5e-4)
    assert np.allclose(drawn, exact, rtol=0.05)
    assert not np.array_equal(drawn, exact)


def test_E22_what_sigmoid_comes_to_rest_at(found):
    (limit,) = numbers(found["6.1.2var@limit"], "found")
    assert round(limit.item(), 5) == 0.26469


def test_E22_the_third_scheme_between_widths(found):
    assert numbers(found["6.1.2B@widths"], "stated") == [0.5, 1.5, 1.0]
    assert np.allclose(numbers(found["6.1.2B@widths"], "found"), [0.5, 1.5, 1.0], rtol=0.1)


def test_E22_variance_1_in_every_layer_is_refuted_by_its_second_layer(found):
    result = found["6.1.2var@other"]
    assert np.allclose(pinned(result), DOWN_THE_LAYERS["6.1.2var@tanh"], rtol=0.05)
    assert (stated(result) == 1).all()
    assert "entry [1]" in result.message


def test_activations_and_gradients_vanish_and_explode(found):
    assert np.allclose(pinned(found["6.1@small"]), (64 * 0.01**2 / 2) ** 9, rtol=0.5)
    assert np.allclose(pinned(found["6.1@large"]), 32.0**9, rtol=0.5)
    assert np.allclose(numbers(found["6.1"], "found"), 1, atol=0.4)
    assert [x[0] for x in numbers(found["6.1@rate"], "stated")] == [1, (64 * 0.01**2 / 2) ** 9, 32.0**9]


@pytest.mark.parametrize(
    ("label", "detects"),
    [("6.1.2X@law", 0.1), ("6.1.2H@law", 0.1), ("6.1.2B@law", 0.1), ("6.1.2X@normal", 0.6), ("6.1.2var@tanh", 0.05), ("6.1", 0.5)],
)
def test_the_power_of_a_statistic_is_told(found, label, detects):
    """Relative deviations: the stated values are 1 (3 for the fourth moment, where a uniform law has 1.8)."""
    assert found[label].statistic["false_alarms"] == 1e-6
    assert 0 < found[label].statistic["detects"] < detects


class Uniform(np.random.Generator):
    """A generator whose normals are uniform, of mean 0 and variance 1."""

    def standard_normal(self, size):
        return self.uniform(-(3**0.5), 3**0.5, size)


class Repeating(np.random.Generator):
    """A generator that starts anew for each array of normals."""

    def standard_normal(self, size):
        start = self.bit_generator.state
        out = super().standard_normal(size)
        self.bit_generator.state = start
        return out


class Shifted(np.random.Generator):
    """A generator whose normals have mean 0.1."""

    def standard_normal(self, size):
        return super().standard_normal(size) + 0.1


INITIALIZE = bp.initialize


def with_generator(kind):
    """`initialize` with another kind of generator, which is seeded from the given one."""

    def initialize(rng, *args):
        return INITIALIZE(kind(np.random.PCG64(int(rng.integers(2**32)))), *args)

    return initialize


def scaled(factor):
    """`initialize` with the weights of a layer of shape (n, n_prev) times a factor."""

    def initialize(*args):
        return [bp.Layer(layer.W * factor(*layer.W.shape), layer.b, layer.g) for layer in INITIALIZE(*args)]

    return initialize


WRONG = {
    "uniform weights": (with_generator(Uniform), {"6.1.2X@normal"}),
    "one draw for all layers": (with_generator(Repeating), {"6.1.2X@normal"}),
    "a mean": (with_generator(Shifted), {"6.1.2X@law", "6.1.2H@law", "6.1.2B@law"}),
    "no root": (scaled(lambda n, n_prev: n_prev**-0.5), {"6.1.2X@law", "6.1.2var", "6.1.2var@tanh", "6.1"}),
    "n for n_prev": (scaled(lambda n, n_prev: (n_prev / n) ** 0.5), {"6.1.2X@law", "6.1.2H@law", "6.1.2var"}),
    "10 % more variance": (scaled(lambda n, n_prev: 1.1**0.5), {"6.1.2X@law", "6.1.2H@law", "6.1.2B@law", "6.1.2var@tanh"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_law_is_refuted(claims, monkeypatch, name):
    initialize, guilty = WRONG[name]
    monkeypatch.setattr(bp, "initialize", initialize)
    assert {label: check_claim(claims[label], FEW).verdict for label in guilty} == dict.fromkeys(guilty, "refuted")


# -- gradient descent --------------------------------------------------------------------------------------------------


def test_E9_a_flat_gradient_is_of_another_shape_and_is_refused(found):
    assert found["6.2@flat"].pinned["cause"] == "shape"
    assert found["6.2@flat"].counterexample["cause"] == "shape"
    assert "ValueError: db has shape (3,); expected (3, 1)" in found["6.2@refused"].message


def test_a_step_on_one_layer_alone_is_refuted(claims):
    claim = claims["6.2@layers"]

    def first_layer_alone(W1, dW1, b1, db1, W2, dW2, b2, db2, W3, dW3, b3, db3, alpha):
        return claim.hand(W1, dW1, b1, db1, W2, 0 * dW2, b2, 0 * db2, W3, 0 * dW3, b3, 0 * db3, alpha)

    result = check_claim(replace(claim, hand=first_layer_alone), FEW)
    assert result.verdict == "refuted"
    assert {place["output"] for place in result.located} == {"['W'][1]", "['W'][2]", "['b'][1]", "['b'][2]"}
