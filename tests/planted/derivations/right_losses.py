"""Losses, penalties and statistics with their gradients. Columns are examples."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.planted.cases import forward
from tests.planted.derivations.right_layers import softmax
from verify import Domain, between, gradient, integers_below, one_hot, positive, probabilities


def _hard_or_soft(rng, shape):
    y = rng.integers(0, 2, shape).astype(float)
    return np.where(rng.random(shape) < 0.5, y, rng.uniform(0.1, 0.9, shape))


# Labels as they come with label smoothing or distillation: 0, 1, and anything between.
labels = Domain("labels", _hard_or_soft, lambda y: bool(((y >= 0) & (y <= 1)).all()))


def _one_hot_or_soft(rng, shape):
    soft = rng.random((1, *shape[1:])) < 0.5
    return np.where(soft, probabilities.draw(rng, shape), one_hot.draw(rng, shape))


targets = Domain("targets", _one_hot_or_soft, lambda Y: bool((Y >= 0).all() and np.allclose(Y.sum(axis=0), 1)))


@forward(gradient, shapes={"W": "k d", "b": "k 1", "X": "d m", "Y": "k m"}, wrt=("W", "b"))
def regression(W, b, X, Y):
    return jnp.sum((W @ X + b - Y) ** 2) / (2 * X.shape[1])


@regression.right
def regression_gradient(W, b, X, Y):
    R = (W @ X + b - Y) / X.shape[1]
    return R @ X.T, R.sum(axis=1, keepdims=True)


@regression.given(wrt=("b", "W")).right
def regression_by_moments(W, b, X, Y):
    m = X.shape[1]
    return {"W": W @ (X @ X.T / m) + b * X.mean(axis=1) - Y @ X.T / m, "b": (W @ X - Y).mean(axis=1, keepdims=True) + b}


@forward(gradient, shapes={"W": "k d", "X": "d m", "Y": "k m", "lam": ""}, wrt="W")
def ridge(W, X, Y, lam):
    return jnp.sum((W @ X - Y) ** 2) / (2 * X.shape[1]) + lam / 2 * jnp.sum(W**2)


@ridge.right
def ridge_gradient(W, X, Y, lam):
    return (W @ X - Y) @ X.T / X.shape[1] + lam * W


@forward(gradient, shapes={"W": "k d", "lam": ""}, wrt="W")
def weight_decay(W, lam):
    return lam / 2 * jnp.sum(W**2)


@weight_decay.right
def weight_decay_gradient(W, lam):
    return lam * W


@forward(gradient, shapes={"W": "k d", "lam": ""}, wrt="W")
def lasso(W, lam):
    return lam * jnp.sum(jnp.abs(W))


@lasso.right
def lasso_gradient(W, lam):
    return lam * np.sign(W)


@forward(gradient, shapes={"A": "d m", "B": "d m"})
def mean_squared_error(A, B):
    return jnp.mean((A - B) ** 2)


@mean_squared_error.right
def mean_squared_error_gradient(A, B):
    dA = 2 * (A - B) / A.size
    return dA, -dA


@forward(gradient, shapes={"X": "d m"}, domains={"mode": ("sum", "mean")}, wrt="X")
def half_squares(X, mode):
    total = jnp.sum(X**2) / 2
    return total / X.shape[1] if mode == "mean" else total


@half_squares.right
def half_squares_gradient(X, mode):
    return X / X.shape[1] if mode == "mean" else X.copy()


@forward(gradient, shapes={"Z": "k m", "Y": "k m"}, domains={"Y": targets}, wrt="Z")
def cross_entropy(Z, Y):
    return -jnp.sum(Y * jax.nn.log_softmax(Z, axis=0)) / Z.shape[1]


@cross_entropy.right
def cross_entropy_gradient(Z, Y):
    return (softmax(Z, axis=0) * Y.sum(axis=0, keepdims=True) - Y) / Z.shape[1]


@cross_entropy.given(domains={"Y": positive}).right
def cross_entropy_with_weights(Z, Y):
    return (softmax(Z, axis=0) * Y.sum(axis=0) - Y) / Z.shape[1]


@forward(gradient, shapes={"z": "k", "t": ""}, domains={"t": integers_below("k")})
def negative_log_likelihood(z, t):
    return jax.nn.logsumexp(z) - z[t]


@negative_log_likelihood.right
def negative_log_likelihood_gradient(z, t):
    return softmax(z, axis=0) - (np.arange(z.size) == t)


@forward(gradient, shapes={"z": "n", "y": "n"}, domains={"y": labels}, wrt="z")
def logistic_loss(z, y):
    return jnp.sum(jnp.logaddexp(0.0, z) - y * z)


@logistic_loss.right
def logistic_loss_gradient(z, y):
    return 1 / (1 + np.exp(-z)) - y


@logistic_loss.given(domains={"z": between(-8, 8), "y": labels}).right
def logistic_loss_through_probabilities(z, y):
    a = 1 / (1 + np.exp(-z))
    return (-y / a + (1 - y) / (1 - a)) * a * (1 - a)


@forward(gradient, shapes={"z": "n", "y": "n"}, wrt="z")
def hinge(z, y):
    return jnp.sum(jnp.maximum(0.0, 1 - y * z))


@hinge.right
def hinge_gradient(z, y):
    return -y * (y * z < 1)


@forward(gradient, shapes={"mu": "n", "s": "n", "y": "n"}, domains={"s": between(-4, 4)}, wrt=("mu", "s"))
def gaussian(mu, s, y):
    """The negative log-likelihood, without its constant; s is the log-variance."""
    return jnp.sum(s + (y - mu) ** 2 * jnp.exp(-s)) / 2


@gaussian.right
def gaussian_gradient(mu, s, y):
    z = (y - mu) / np.exp(s)
    return -z, 0.5 - 0.5 * z * (y - mu)


@forward(gradient, shapes={"p": "n", "q": "n"})
def divergence(p, q):
    """Kullback and Leibler's, of the two softmax distributions."""
    return jnp.sum(jax.nn.softmax(p) * (jax.nn.log_softmax(p) - jax.nn.log_softmax(q)))


@divergence.right
def divergence_gradient(p, q):
    P, Q = softmax(p, axis=0), softmax(q, axis=0)
    ratio = (p - p.max()) - np.log(np.exp(p - p.max()).sum()) - (q - q.max()) + np.log(np.exp(q - q.max()).sum())
    return P * (ratio - P @ ratio), Q - P


@forward(gradient, shapes={"x": "n", "w": "n"}, domains={"w": positive})
def weighted_mean(x, w):
    return jnp.sum(w * x) / jnp.sum(w)


@weighted_mean.right
def weighted_mean_gradient(x, w):
    return w / w.sum(), (x - w @ x / w.sum()) / w.sum()


@forward(gradient, shapes={"x": "n+1"})
def sample_variance(x):
    return jnp.var(x, ddof=1)


@sample_variance.right
def sample_variance_gradient(x):
    """The mean may be held fixed: deviations sum to zero."""
    return 2 * (x - x.mean()) / (x.size - 1)


@forward(gradient, shapes={"X": "d m", "i": ""}, domains={"i": integers_below("d")}, wrt="X")
def one_row_weighted(X, i):
    return jnp.sum(X**2) + jnp.sum(X[i] ** 2)


@one_row_weighted.right
def one_row_weighted_gradient(X, i):
    return 2 * X * np.where(np.arange(len(X)) == i, 2, 1)[:, None]


@forward(gradient, shapes={"X": "d m", "j": ""}, domains={"j": integers_below("m")}, wrt="X")
def one_column_weighted(X, j):
    return jnp.sum(jnp.tanh(X)) + jnp.sum(X[:, j])


@one_column_weighted.right
def one_column_weighted_gradient(X, j):
    return 1 - np.tanh(X) ** 2 + (np.arange(X.shape[1]) == j)


@forward(gradient, shapes={"w": "d", "X": "d n", "y": "n"}, wrt="w")
def fit(w, X, y):
    return jnp.sum((w @ X - y) ** 2) / 2


@fit.right
def fit_gradient(w, X, y):
    return X @ (w @ X - y)


@forward(shapes={"x": "n"})
def centered_by_largest(x):
    return x - jnp.max(x)


@centered_by_largest.right
def centered_by_largest_backward(dy, x):
    return dy - dy.sum() * (np.arange(x.size) == np.argmax(x))
