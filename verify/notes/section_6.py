"""Section 6.1.1, normalization."""

import warnings
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32

from manual_bp import normalization
from manual_bp.normalization import fit_normalization
from verify import distinct, identity, mask, measurement, missing, runs
from verify.notes.networks import SOME

SECTION = "6 Optimization"
X = {"X": "n_x m"}
SETS = {"X": "n_x m+2", "X_test": "n_x k"}
MU = (
    r"\mu := \frac{1}{m} \sum_{i=1}^m X^{(i)} = "
    r"\frac{1}{m} \text{np.sum}(X, \text{axis}=1, \text{keepdim}=\text{True})"
)
VARIANCE = (
    r"\sigma^2 := \frac{1}{m} \sum_{i=1}^m X^{(i)} \odot X^{(i)} = "
    r"\frac{1}{m} \text{np.sum}(X \odot X, \text{axis}=1, \text{keepdim}=\text{True})"
)
CONSTANTS = ((2.0, 0.1), (-3.7, 0.0, 0.7))
NO_SPREAD = 1e-9  # far above the rounding of a centred constant feature, far below anything that is scaled


def mean_of_features(X: Any) -> Any:
    return jnp.mean(X, axis=1, keepdims=True)


def variance_of_features(X: Any) -> Any:
    return jnp.var(X, axis=1, keepdims=True)


def centred(X: Any, mu: Any) -> Any:
    return X - mu


def standard(X: Any, by: Any) -> Any:
    """The features of X by the mean and the deviation of those of another set."""
    return (X - jnp.mean(by, axis=1, keepdims=True)) / jnp.std(by, axis=1, keepdims=True)


def of_unit_variance(X: Any) -> dict[str, Any]:
    return {"X": standard(X, by=X), "Var(X)": jnp.ones((X.shape[0], 1))}


def with_its_variance(X: Any) -> dict[str, Any]:
    return {"X": X, "Var(X)": np.var(X, axis=1, keepdims=True)}


# -- mean, centring, variance ------------------------------------------------------------------------------------------

identity(
    of=mean_of_features, label="6.1.1mu", section=SECTION, shapes=X, equation=MU,
    because="read with keepdims; X(i) is a column here, against item 6 of section 1 (E1)",
)(normalization.feature_mean)


@runs(
    label="6.1.1mu@np", section=SECTION, shapes=X, equation=MU, expect="refuted", corrected_by="6.1.1mu@np*",
    because="E9: np.sum has no keyword keepdim, and says so with a TypeError; it is keepdims",
)
def mean_as_printed(X: Any) -> Any:
    return 1 / X.shape[1] * np.sum(X, axis=1, keepdim=True)  # type: ignore[call-overload]


@identity(
    of=mean_of_features, label="6.1.1mu@np*", section=SECTION, shapes=X,
    equation=r"\mu := \frac{1}{m} \text{np.sum}(X, \text{axis}=1, \text{keepdims}=\text{True})",
)
def mean_mended(X: Any) -> Any:
    return 1 / X.shape[1] * np.sum(X, axis=1, keepdims=True)


identity(
    of=centred, label="6.1.1c", section=SECTION, shapes={**X, "mu": "n_x 1"}, equation=r"X := X - \mu",
)(normalization.center)


@identity(
    of=variance_of_features, label="6.1.1var", section=SECTION, shapes=X, uses=("6.1.1mu", "6.1.1c"), equation=VARIANCE,
    because="the X of this line is the centred one: then it is the variance that divides by m, np.var with ddof=0",
)
def variance(X: Any) -> Any:
    return normalization.feature_variance(normalization.center(X, normalization.feature_mean(X)))


@runs(
    label="6.1.1var@np", section=SECTION, shapes=X, equation=VARIANCE, expect="refuted", corrected_by="6.1.1var@np*",
    because="E9: np.sum has no keyword keepdim, and says so with a TypeError; it is keepdims",
)
def variance_as_printed(X: Any) -> Any:
    return 1 / X.shape[1] * np.sum(X * X, axis=1, keepdim=True)  # type: ignore[call-overload]


@identity(
    of=variance_of_features, label="6.1.1var@np*", section=SECTION, shapes=X, uses=("6.1.1mu@np*",),
    equation=r"\sigma^2 := \frac{1}{m} \text{np.sum}(X \odot X, \text{axis}=1, \text{keepdims}=\text{True})",
)
def variance_mended(X: Any) -> Any:
    X = X - mean_mended(X)
    return 1 / X.shape[1] * np.sum(X * X, axis=1, keepdims=True)


# -- scaling -----------------------------------------------------------------------------------------------------------


def scaled_as_printed(X: Any) -> Any:
    X = normalization.center(X, normalization.feature_mean(X))
    return normalization.scale_printed(X, normalization.feature_variance(X))


@identity(
    of=of_unit_variance, label="6.1.1s", section=SECTION, shapes={"X": "n_x m+2"}, domains={"X": distinct},
    uses=("6.1.1c", "6.1.1var"), equation=r"X := X / \sigma^2", expect="refuted", corrected_by="6.1.1s*",
    because="E12: divided by the variance, the features' variance becomes 1/sigma^2 and not 1; divide by sigma",
    counterexample={"X": [[0.0, 2.0, 4.0, 6.0], [0.0, 200.0, 400.0, 600.0], [0.0, 0.02, 0.04, 0.06]]},
)
def normalized_as_printed(X: Any) -> Any:
    return with_its_variance(scaled_as_printed(X))


def of_inverse_variance(X: Any) -> dict[str, Any]:
    return {"X": standard(X, by=X) / jnp.std(X, axis=1, keepdims=True), "Var(X)": 1 / variance_of_features(X)}


identity(
    of=of_inverse_variance, label="6.1.1s@variance", section=SECTION,
    examples=SOME, shapes={"X": "n_x m+2"}, domains={"X": distinct},
    uses=("6.1.1s",), equation=r"\operatorname{Var}(X / \sigma^2) = 1 / \sigma^2",
    because="E12: what the printed step makes of the variance: small features grow, large ones shrink",
)(normalized_as_printed)


@identity(
    of=of_unit_variance, label="6.1.1s*", section=SECTION, shapes={"X": "n_x m+2"}, domains={"X": distinct},
    uses=("6.1.1c", "6.1.1var"), equation=r"X := X / \sigma",
    because="E12: divided by the deviation, the features' variance becomes 1",
)
def normalized(X: Any) -> Any:
    return with_its_variance(fit_normalization(X)(X))


# -- constant features -------------------------------------------------------------------------------------------------


def no_spread(values: Any, m: int) -> Any:
    return np.zeros((len(values), m))


def constant_features(values: Any, m: int) -> Any:
    return np.repeat(np.array(values)[:, np.newaxis], m, axis=1)


@measurement(
    equals=no_spread, within=NO_SPREAD, label="6.1.1s@constant", section=SECTION, uses=("6.1.1s",),
    domains={"values": CONSTANTS, "m": (3,)}, equation=r"X := X / \sigma^2 \quad (X^{(1)} = \dots = X^{(m)})",
    expect="refuted", corrected_by="6.1.1s@constant*", counterexample={"values": (2.0, 0.1), "m": 3},
    because="E12b: a constant feature has variance 0, or after rounding a tiny one, and becomes NaN or huge; centre it "
    "and leave its scale alone",
)
def constants_as_printed(values: Any, m: int) -> Any:
    return scaled_as_printed(constant_features(values, m))


measurement(
    equals=no_spread, within=NO_SPREAD, label="6.1.1s@m=1", section=SECTION, uses=("6.1.1s",),
    domains={"values": CONSTANTS, "m": (1,)}, equation=r"X := X / \sigma^2 \quad (m = 1)",
    expect="refuted", corrected_by="6.1.1s@constant*", counterexample={"values": (3.0, -0.5), "m": 1},
    because="E12b: with a single example every feature is constant, its variance is 0, and X becomes 0/0",
)(constants_as_printed)


@measurement(
    equals=no_spread, within=NO_SPREAD, label="6.1.1s@guard", section=SECTION, uses=("6.1.1s@constant",),
    domains={"values": CONSTANTS, "m": (3,)}, equation=r"X := X / \sigma \text{ where } \sigma \ne 0",
    expect="refuted", corrected_by="6.1.1s@constant*", counterexample={"values": (2.0, 0.1), "m": 3},
    because="E12b: the mean of a constant feature is rounded, so its sigma is tiny and not 0: a guard on sigma = 0 "
    "misses it; compare the feature's largest value with its smallest",
)
def constants_guarded(values: Any, m: int) -> Any:
    X = constant_features(values, m)
    X = X - np.mean(X, axis=1, keepdims=True)
    sigma = np.sqrt(np.mean(X * X, axis=1, keepdims=True))
    return X / np.where(sigma == 0, 1.0, sigma)


@measurement(
    equals=no_spread, within=NO_SPREAD, label="6.1.1s@constant*", section=SECTION, uses=("6.1.1s*",),
    domains={"values": CONSTANTS, "m": (1, 3, 7)},
    equation=r"X := X - \mu \quad (X^{(1)} = \dots = X^{(m)}) \quad \text{(ours)}",
    because="E12b: a constant feature is centred and keeps its scale",
)
def constants_normalized(values: Any, m: int) -> Any:
    X = constant_features(values, m)
    return _fitted(X)[0](X)


# -- the training set's statistics, and the test set -------------------------------------------------------------------

missing(
    label="6.1.1t", section=SECTION, equation=r"X_{test} := \dots \quad \text{(not given)}", uses=("6.1.1s*",),
    because="E12c: how a test set is normalized is not said: by mu and sigma of the training set, see 6.1.1t@ours",
)


def by_training_statistics(X: Any, X_test: Any) -> Any:
    return standard(X_test, by=X)


@identity(
    of=by_training_statistics, label="6.1.1t@ours", section=SECTION, shapes=SETS, domains={"X": distinct},
    uses=("6.1.1s*",), equation=r"X_{test} := (X_{test} - \mu) / \sigma \quad \text{(ours)}",
    because="E12c: the test set takes mu and sigma of the training set",
)
def normalized_test_set(X: Any, X_test: Any) -> Any:
    return fit_normalization(X)(X_test)


@identity(
    of=by_training_statistics, label="6.1.1t@own", section=SECTION, shapes=SETS,
    domains={"X": distinct, "X_test": distinct}, uses=("6.1.1t@ours",),
    equation=r"X_{test} := (X_{test} - \mu_{test}) / \sigma_{test}",
    expect="refuted", corrected_by="6.1.1t@ours",
    because="E12c: by its own mean and deviation the test set loses where it lies; a single example becomes 0/0",
    counterexample={"X": [[0.0, 2.0, 4.0, 6.0]], "X_test": [[10.0]]},
)
def normalized_by_its_own(X: Any, X_test: Any) -> Any:
    X_test = normalization.center(X_test, normalization.feature_mean(X_test))
    return normalization.scale(X_test, np.sqrt(normalization.feature_variance(X_test)))


def statistics_and_sets(X: Any, X_test: Any, alike: Any) -> dict[str, Any]:
    X = jnp.where(alike == 1, X[:, :1], X)
    mu, sigma = jnp.mean(X, axis=1, keepdims=True), jnp.std(X, axis=1, keepdims=True)
    alike = jnp.all(X[:, :1] == X, axis=1, keepdims=True)
    sigma = jnp.where(alike, 1.0, sigma)
    sets = {"train": (X - mu) / sigma, "test": (X_test - mu) / sigma}
    return {"mu": mu, "sigma": sigma, "warned": alike.astype(float), **sets}


@identity(
    of=statistics_and_sets, label="6.1.1t@fit", section=SECTION,
    examples=SOME, uses=("6.1.1t@ours", "6.1.1s@constant*"),
    shapes={"X": "n_x m", "X_test": "n_x k", "alike": "n_x 1"}, domains={"X": distinct, "alike": mask},
    equation=r"\mu,\ \sigma \text{ of the training set (1 where constant)},\ X,\ X_{test} \quad \text{(ours)}",
    because="E12b: constant features, which are named in a warning, stay finite in both sets",
)
def fitted_statistics_and_sets(X: Any, X_test: Any, alike: Any) -> dict[str, Any]:
    X = np.where(alike == 1, X[:, :1], X)
    fitted, named = _fitted(X)
    return {
        "mu": fitted.mu, "sigma": fitted.sigma, "train": fitted(X), "test": fitted(X_test),
        "warned": np.array([[float(i in named)] for i in range(len(X))]),
    }


def _fitted(X: Any) -> tuple[normalization.Normalization, set[int]]:
    """The statistics of a training set, and the rows that it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = fit_normalization(X)
    words = " ".join(str(warning.message) for warning in caught).replace(",", " ").split()
    return fitted, {int(word) for word in words if word.isdigit()}


@identity(
    of=by_training_statistics, label="6.1.1t@float32", section=SECTION, domains={"X": distinct}, uses=("6.1.1t@ours",),
    equation=r"X_{test} := (X_{test} - \mu) / \sigma \quad \text{(ours, in float32)}",
)
def normalized_in_float32(X: Float32[np.ndarray, "n_x m+2"], X_test: Float32[np.ndarray, "n_x k"]) -> Any:
    return fit_normalization(X)(X_test)


@measurement(
    equals=lambda mean, deviation: [[-1.0, 1.0, -1.0, 1.0]], within=1e-6, label="6.1.1t@scales", section=SECTION,
    domains={"mean": (0.0, 1e6), "deviation": (1e-3, 1.0, 1e9)}, uses=("6.1.1t@fit",),
    equation=r"X / \sigma \text{ of features far from 0, and of small and large ones}",
    because="E[x^2] - mu^2 would lose the digits of a feature that is far from 0; no scale is too small to divide by",
)
def normalized_at_scales(mean: Any, deviation: Any) -> Any:
    X = mean + deviation * np.array([[-1.0, 1.0, -1.0, 1.0]])
    small = X * 1e-9
    with np.errstate(all="ignore"):
        return (fit_normalization(X)(X) + fit_normalization(small)(small)) / 2
