"""RMS normalisation.

Biao Zhang and Rico Sennrich, "Root Mean Square Layer Normalization", 2019, (4).
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import vjp

EPS = 1e-6


def rms_norm(X: Array, gamma: Array) -> Array:
    """Each row of X over its root mean square, scaled by gamma."""
    return gamma * X / jnp.sqrt((X**2).mean(axis=1, keepdims=True) + EPS)


@vjp(of=rms_norm, section="RMS normalisation")
def rms_norm_backward(
    dY: Float[np.ndarray, "m d"], X: Float[np.ndarray, "m d"], gamma: Float[np.ndarray, " d"]
) -> tuple[np.ndarray, np.ndarray]:
    r"""$$ d\hat X = dY \odot \gamma, \quad
    dX = \frac{1}{r} \bigl( d\hat X - \hat X \odot \overline{d\hat X \odot \hat X} \bigr), \quad
    d\gamma = \sum_i dY_i \odot \hat X_i $$"""
    r = np.sqrt((X**2).mean(axis=1, keepdims=True) + EPS)
    Xhat, dXhat = X / r, dY * gamma
    dX = (dXhat - Xhat * (dXhat * Xhat).mean(axis=1, keepdims=True)) / r
    return dX, (dY * Xhat).sum(axis=0)
