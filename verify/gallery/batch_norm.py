"""Batch normalisation in training, by the steps of the paper.

Sergey Ioffe and Christian Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
Covariate Shift", 2015, section 3.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import vjp

EPS = 1e-5


def batch_norm(X: Array, gamma: Array, beta: Array) -> Array:
    """Each column of X to mean 0 and variance 1 over the batch, then scaled by gamma and moved by beta."""
    mu, var = X.mean(axis=0), X.var(axis=0)
    return gamma * (X - mu) / jnp.sqrt(var + EPS) + beta


@vjp(of=batch_norm, section="Batch normalisation")
def batch_norm_backward(
    dY: Float[np.ndarray, "m d"], X: Float[np.ndarray, "m d"],
    gamma: Float[np.ndarray, " d"], beta: Float[np.ndarray, " d"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""$$ d\hat X = dY \odot \gamma, \quad
    d\sigma^2 = -\tfrac{1}{2} (\sigma^2 + \epsilon)^{-3/2} \sum_i d\hat X_i \odot (X_i - \mu), \quad
    d\mu = -\sum_i \frac{d\hat X_i}{\sqrt{\sigma^2 + \epsilon}} - \frac{2\, d\sigma^2}{m} \sum_i (X_i - \mu), \quad
    dX_i = \frac{d\hat X_i}{\sqrt{\sigma^2 + \epsilon}} + \frac{2\, d\sigma^2}{m} (X_i - \mu) + \frac{d\mu}{m}, \quad
    d\gamma = \sum_i dY_i \odot \hat X_i, \quad d\beta = \sum_i dY_i $$"""
    m = X.shape[0]
    centred, s = X - X.mean(axis=0), np.sqrt(X.var(axis=0) + EPS)
    dXhat = dY * gamma
    dvar = -(dXhat * centred).sum(axis=0) / (2 * s**3)
    dmu = -dXhat.sum(axis=0) / s - 2 * dvar * centred.sum(axis=0) / m
    dX = dXhat / s + 2 * dvar * centred / m + dmu / m
    return dX, (dY * centred / s).sum(axis=0), dY.sum(axis=0)
