"""Section 6.1.1, normalization of the features, with the training statistics kept for the test set (ours, E12c)."""

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped

from manual_bp.shapes import require_examples, require_matrix, require_numbers

X_ = Shaped[np.ndarray, "n_x m"]
Column = Shaped[np.ndarray, "n_x 1"]


def feature_mean(X: X_) -> Column:
    """mu = 1/m sum_i X(i), a column."""
    m = X.shape[1]
    return np.sum(X, axis=1, keepdims=True) / m                             # (6.1.1mu)


def center(X: X_, mu: Column) -> X_:
    """X := X - mu."""
    return X - mu                                                           # (6.1.1c)


def feature_variance(X_centered: X_) -> Column:
    """sigma^2 = 1/m sum_i X(i) * X(i) of the *centred* features, a column."""
    m = X_centered.shape[1]
    return np.sum(X_centered * X_centered, axis=1, keepdims=True) / m       # (6.1.1var)


def scale_printed(X_centered: X_, sigma2: Column) -> X_:
    """X := X / sigma^2, as printed: the variance becomes 1/sigma^2, not 1 (E12). Kept for the ledger, used nowhere."""
    return X_centered / sigma2                                              # (6.1.1s) (6.1.1s@variance)


def scale(X_centered: X_, sigma: Column) -> X_:
    """X := X / sigma, the corrected step: unit variance (E12)."""
    return X_centered / sigma                                               # (6.1.1s*) (6.1.1s@steps) (6.1.1s@alpha)


@dataclass(frozen=True, eq=False)
class Normalization:
    """Training-set statistics: mu and sigma, each (n_x, 1). sigma is 1 for a feature that was constant."""

    mu: Column
    sigma: Column

    def __call__(self, X: X_) -> X_:
        """The features of any set, shape (n_x, m), by the *training* statistics (ours, E12c)."""
        require_matrix("X", X, rows=self.mu.shape[0])
        require_numbers("X", X)
        return scale(center(X, self.mu), self.sigma)                        # (6.1.1t@ours) (6.1.1t@float32)


def fit_normalization(X: X_) -> Normalization:
    """Statistics of a training set X, shape (n_x, m).

    A constant feature keeps the scale 1 and is named in a warning: its variance is zero or, after rounding, a tiny
    number that would blow up the noise (E12b).

    Raises ValueError if X has no examples or is not finite. Source: notes, 6.1.1.
    """
    require_examples("X", X)
    require_numbers("X", X)
    mu = feature_mean(X)
    sigma = np.sqrt(feature_variance(center(X, mu)))
    constant = np.max(X, axis=1, keepdims=True) == np.min(X, axis=1, keepdims=True)
    if constant.any():
        rows = ", ".join(str(i) for i in np.flatnonzero(constant))
        warnings.warn(f"constant features are centred but not scaled: rows {rows} of X", stacklevel=2)
    sigma = np.where(constant, np.ones_like(sigma), sigma)          # (6.1.1s@constant*) (6.1.1t@fit) (6.1.1t@scales)
    return Normalization(mu, sigma)
