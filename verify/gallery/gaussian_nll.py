"""Gaussian negative log-likelihood: a variance of its own for each target, and a full covariance matrix.

David A. Nix and Andreas S. Weigend, "Estimating the Mean and Variance of the Target Probability Distribution", 1994;
Christopher M. Bishop, "Pattern Recognition and Machine Learning", 2006, section 2.3.4: (2.118), (2.120).
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import gradient, positive_definite


def gaussian_nll(mu: Array, s: Array, y: Array) -> Array:
    """Of the targets y, predicted with the means mu and the variances exp(s), but for a constant; averaged."""
    return ((s + (y - mu) ** 2 * jnp.exp(-s)) / 2).mean()


@gradient(of=gaussian_nll, wrt=("mu", "s"), section="Gaussian negative log-likelihood")
def gaussian_nll_backward(
    mu: Float[np.ndarray, "m d"], s: Float[np.ndarray, "m d"], y: Float[np.ndarray, "m d"]
) -> tuple[np.ndarray, np.ndarray]:
    r"""$$ d\mu = \frac{\mu - y}{m d\, e^s}, \quad ds = \frac{1}{2 m d} \Bigl( 1 - \frac{(y - \mu)^2}{e^s} \Bigr) $$"""
    r, var = y - mu, np.exp(s)
    return -r / var / r.size, (1 - r**2 / var) / (2 * r.size)


def multivariate_nll(mu: Array, Sigma: Array, X: Array) -> Array:
    """Of the rows of X, all with the mean mu and the covariance Sigma, but for a constant; summed."""
    R = X - mu
    return (len(X) * jnp.linalg.slogdet(Sigma)[1] + (R.T * jnp.linalg.solve(Sigma, R.T)).sum()) / 2


@gradient(
    of=multivariate_nll, wrt=("mu", "Sigma"), section="Gaussian negative log-likelihood",
    domains={"Sigma": positive_definite},
)
def multivariate_nll_backward(
    mu: Float[np.ndarray, " d"], Sigma: Float[np.ndarray, "d d"], X: Float[np.ndarray, "m d"]
) -> tuple[np.ndarray, np.ndarray]:
    r"""$$ d\mu = -\Sigma^{-1} \sum_i (x_i - \mu), \quad
    d\Sigma = \frac{1}{2} \Bigl( m \Sigma^{-1} - \Sigma^{-1} \sum_i (x_i - \mu) (x_i - \mu)^T\, \Sigma^{-1} \Bigr) $$"""
    R, precision = X - mu, np.linalg.inv(Sigma)
    return -precision @ R.sum(axis=0), (len(X) * precision - precision @ R.T @ R @ precision) / 2
