"""The ledger's rows on what the notes' choices do to training: the numbers that they find, and mistakes that they see."""

from importlib import import_module

import numpy as np
import pytest

from manual_bp import initialization, penalties
from verify.checking import check_claim
from verify.documents import load
from verify.notes import layer_scales, normalization_steps, weight_decay
from verify.settings import Settings

CLAIMS = {claim.label: claim for claim in load("verify.notes.ledger").claims}
FEW = Settings(examples=8, exact=False)
FORWARD = import_module("manual_bp.forward")


def found(label):
    """What a row finds, for each choice of its inputs."""
    result = check_claim(CLAIMS[label], FEW)
    assert result.verdict == "verified", result
    return [np.array(number["found"]["data"], dtype=float) for number in result.numbers]


# -- the numbers -------------------------------------------------------------------------------------------------------


def test_the_printed_normalization_takes_as_many_steps_as_none():
    assert [steps.tolist() for steps in found("6.1.1s@steps")] == [[37, 37, 1], [83, 83, 1]]


def test_the_smallest_feature_bounds_the_rate_of_the_printed_normalization():
    np.testing.assert_allclose(found("6.1.1s@alpha"), [[2, 2, 8], [8 / 9, 2, 8]], atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("tanh", (-0.56, 0.17, -0.84, -10.7)), ("relu", (-1.2, 0.3, -1.48, -12.2)), ("sigmoid", (-6.07, -4.82, -6.37, -16.7))],
)
def test_the_gradient_in_the_first_of_six_layers(activation, expected):
    """log10 of the mean of dZ^2, 0 in the last layer, with Xavier, He, the third scheme, and the constant 0.01."""
    np.testing.assert_allclose([scales[1, 0] for scales in found(f"6.1@{activation}")], expected, atol=0.1)


def test_with_sigmoid_the_small_constant_leaves_z_alone():
    Z = [scales[0] for scales in found("6.1@sigmoid")]
    assert all(np.ptp(x[1:]) < 0.4 for x in Z)
    assert found("6.1@tanh")[3][0][-1] < -12


def test_both_forms_of_decay_stay_within_a_few_roundings():
    assert max(found("7.1u@together")) < 10


# -- mistakes ----------------------------------------------------------------------------------------------------------

RIGHT = {name: getattr(initialization, name) for name in ("xavier", "he", "bengio")}
SCHEMES = initialization.INITIALIZATIONS
MISTAKES = {
    "the printed step divides by sigma": (
        "6.1.1s@steps", normalization_steps, "scale_printed", lambda X, sigma2: X / np.sqrt(sigma2)),
    "the corrected step divides by sigma^2": (
        "6.1.1s@steps", normalization_steps, "fit_normalization", lambda X: lambda X: _by_variance(X)),
    "the corrected step halves": (
        "6.1.1s@alpha", normalization_steps, "fit_normalization", lambda X: lambda X: _by_variance(X) ** 0 / 2),
    "xavier by the other width": (
        "6.1@tanh", SCHEMES, "xavier", lambda normal: normal * normal.shape[0] ** -0.5),
    "He with 1.5": ("6.1@relu", SCHEMES, "he", lambda normal: RIGHT["xavier"](normal) * 1.5**0.5),
    "the third scheme as He's": ("6.1@sigmoid", SCHEMES, "bengio", lambda normal: RIGHT["he"](normal)),
    "the error without its slope": (
        "6.1@sigmoid", layer_scales, "error_recursion", lambda W, dZ, Z, g: W.T @ dZ),
    "decay a little stronger": (
        "7.1u@together", penalties, "l2_update",
        lambda W, dW, alpha, lam, m: (1 - (1 + 1e-12) * alpha * lam / m) * W - alpha * dW),
    "biases decay too": (
        "7.1u@together", weight_decay, "update_biases", lambda b, db, alpha: (1 - 1e-12) * b - alpha * db),
    "masked but not scaled": ("7.2x@mean", FORWARD, "apply_mask", lambda A, D, p: A * D),
    "scaled twice": ("7.2x@mean", FORWARD, "apply_mask", lambda A, D, p: A * D / p**2),
}


def _by_variance(X):
    X = X - X.mean(axis=1, keepdims=True)
    return X / X.var(axis=1, keepdims=True)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_seen(monkeypatch, name):
    label, place, attribute, wrong = MISTAKES[name]
    if isinstance(place, dict):
        monkeypatch.setitem(place, attribute, wrong)
    else:
        monkeypatch.setattr(place, attribute, wrong)
    assert check_claim(CLAIMS[label], FEW).verdict == "refuted"
