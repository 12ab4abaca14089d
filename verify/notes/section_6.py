"""Section 6, optimization: normalization, initialization, gradient descent."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

from manual_bp import gradient_descent, initialization, normalization
from verify import identity, positive

SECTION = "6 Optimization"
X = {"X": "n_x m"}


def mean_of_features(X: Any) -> Any:
    return jnp.mean(X, axis=1, keepdims=True)


def centred(X: Any, mu: Any) -> Any:
    return X - mu


def variance_of_features(X: Any) -> Any:
    return jnp.var(X, axis=1, keepdims=True)


def unit_variance(X: Any) -> Any:
    return (X - jnp.mean(X, axis=1, keepdims=True)) / jnp.std(X, axis=1, keepdims=True)


def scaled_normal(normal: Any, factor: Any) -> Any:
    return normal * factor


identity(
    of=mean_of_features, label="6.1.1mu", section=SECTION, shapes=X,
    equation=r"\mu := \frac{1}{m} \sum_{i=1}^m X^{(i)}",
)(normalization.feature_mean)

identity(
    of=centred, label="6.1.1c", section=SECTION, shapes={**X, "mu": "n_x 1"}, equation=r"X := X - \mu",
)(normalization.center)


@identity(
    of=variance_of_features, label="6.1.1var", section=SECTION, shapes=X, uses=("6.1.1mu", "6.1.1c"),
    equation=r"\sigma^2 := \frac{1}{m} \sum_{i=1}^m X^{(i)} \odot X^{(i)}",
)
def variance(X: Any) -> Any:
    return normalization.feature_variance(normalization.center(X, normalization.feature_mean(X)))


def _spread(shape: tuple[int, ...]) -> Any:
    """Features of that shape, none of them constant, with means that are not 0 and deviations that are not 1."""
    return st.integers(0, 2**32 - 1).map(lambda seed: _features(seed, shape))


def _features(seed: int, shape: tuple[int, ...]) -> Any:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) * rng.uniform(0.5, 4, (shape[0], 1)) + rng.uniform(-3, 3, (shape[0], 1))


@identity(
    of=unit_variance, label="6.1.1s", section=SECTION, shapes={"X": "n_x m+2"}, domains={"X": _spread},
    uses=("6.1.1c", "6.1.1var"), equation=r"X := X / \sigma^2", expect="refuted", corrected_by="6.1.1s*",
    because="E12: divided by the variance, the features' variance is 1/sigma^2 and not 1; divide by sigma",
    counterexample={"X": [[1.0, 2.0, 3.0, 4.0, 5.0]]},
)
def normalized_as_printed(X: Any) -> Any:
    centred = normalization.center(X, normalization.feature_mean(X))
    return normalization.scale_printed(centred, normalization.feature_variance(centred))


@identity(
    of=unit_variance, label="6.1.1s*", section=SECTION, shapes={"X": "n_x m+2"}, domains={"X": _spread},
    uses=("6.1.1c", "6.1.1var"), equation=r"X := X / \sigma",
)
def normalized(X: Any) -> Any:
    return normalization.fit_normalization(X)(X)


def by_training_statistics(X: Any, X_test: Any) -> Any:
    return (X_test - jnp.mean(X, axis=1, keepdims=True)) / jnp.std(X, axis=1, keepdims=True)


@identity(
    of=by_training_statistics, label="6.1.1t", section=SECTION, shapes={"X": "n_x m+2", "X_test": "n_x k"},
    domains={"X": _spread}, uses=("6.1.1s*",), equation=r"X_{test} := (X_{test} - \mu) / \sigma \quad \text{(ours)}",
)
def normalized_test_set(X: Any, X_test: Any) -> Any:
    return normalization.fit_normalization(X)(X_test)


def twin_xavier(normal: Any) -> Any:
    return scaled_normal(normal, jnp.sqrt(1 / normal.shape[1]))


def twin_he(normal: Any) -> Any:
    return scaled_normal(normal, jnp.sqrt(2 / normal.shape[1]))


def twin_bengio(normal: Any) -> Any:
    return scaled_normal(normal, jnp.sqrt(2 / (normal.shape[0] + normal.shape[1])))


for _label, _of, _scheme, _variance in (
    ("6.1.2X", twin_xavier, initialization.xavier, "1/n^{[l-1]}"),
    ("6.1.2H", twin_he, initialization.he, "2/n^{[l-1]}"),
    ("6.1.2B", twin_bengio, initialization.bengio, "2/(n^{[l-1]} + n^{[l]})"),
):
    identity(
        of=_of, label=_label, section=SECTION, shapes={"normal": "n n_prev"},
        equation=rf"W^{{[l]}} = \text{{randn}} * \sqrt{{{_variance}}}",
    )(_scheme)


def twin_step(V: Any, dV: Any, alpha: Any) -> Any:
    return V - alpha * dV


@identity(
    of=twin_step, label="6.2", section=SECTION, shapes={"V": "n n_prev", "dV": "n n_prev", "alpha": ""},
    domains={"alpha": positive}, equation=r"W^{[l]} := W^{[l]} - \alpha\, dW^{[l]}",
)
def updated_weights(V: Any, dV: Any, alpha: Any) -> Any:
    return gradient_descent.update_weights(V, dV, alpha)


@identity(
    of=twin_step, label="6.2b", section=SECTION, shapes={"V": "n 1", "dV": "n 1", "alpha": ""},
    domains={"alpha": positive}, equation=r"b^{[l]} := b^{[l]} - \alpha\, db^{[l]}",
)
def updated_biases(V: Any, dV: Any, alpha: Any) -> Any:
    return gradient_descent.update_biases(V, dV, alpha)


