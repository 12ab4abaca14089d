"""Layer normalisation.

Jimmy Lei Ba, Jamie Ryan Kiros and Geoffrey E. Hinton, "Layer Normalization", 2016, section 3.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import vjp

EPS = 1e-5


def layer_norm(X: Array, gamma: Array, beta: Array) -> Array:
    """Each row of X to mean 0 and variance 1, then scaled by gamma and moved by beta."""
    mu, var = X.mean(axis=1, keepdims=True), X.var(axis=1, keepdims=True)
    return gamma * (X - mu) / jnp.sqrt(var + EPS) + beta


@vjp(of=layer_norm, section="Layer normalisation")
def layer_norm_backward(
    dY: Float[np.ndarray, "m d"], X: Float[np.ndarray, "m d"],
    gamma: Float[np.ndarray, " d"], beta: Float[np.ndarray, " d"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""$$ d\hat X = dY \odot \gamma, \quad
    dX = \frac{1}{s} \bigl( d\hat X - \overline{d\hat X} - \hat X \odot \overline{d\hat X \odot \hat X} \bigr), \quad
    d\gamma = \sum_i dY_i \odot \hat X_i, \quad d\beta = \sum_i dY_i $$"""
    s = np.sqrt(X.var(axis=1, keepdims=True) + EPS)
    Xhat = (X - X.mean(axis=1, keepdims=True)) / s
    dXhat = dY * gamma
    dX = (dXhat - dXhat.mean(axis=1, keepdims=True) - Xhat * (dXhat * Xhat).mean(axis=1, keepdims=True)) / s
    return dX, (dY * Xhat).sum(axis=0), dY.sum(axis=0)
