"""Variational autoencoder: the reparameterised sample, and the divergence from the prior.

Diederik P. Kingma and Max Welling, "Auto-Encoding Variational Bayes", 2014, section 2.4 and appendix B.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import gradient, positive, vjp


def sample(mu: Array, sigma: Array, eps: Array) -> Array:
    """z ~ N(mu, sigma^2), by way of eps ~ N(0, 1)."""
    return mu + sigma * eps


@vjp(of=sample, wrt=("mu", "sigma"), section="Variational autoencoder", domains={"sigma": positive})
def sample_backward(
    dz: Float[np.ndarray, "m d"], mu: Float[np.ndarray, "m d"],
    sigma: Float[np.ndarray, "m d"], eps: Float[np.ndarray, "m d"],
) -> tuple[np.ndarray, np.ndarray]:
    r"""$$ d\mu = dz, \quad d\sigma = dz \odot \epsilon $$"""
    return dz, dz * eps


def divergence(mu: Array, sigma: Array) -> Array:
    """KL(N(mu, sigma^2) || N(0, 1)), summed over the coordinates, averaged over the examples."""
    return -(1 + jnp.log(sigma**2) - mu**2 - sigma**2).sum(axis=1).mean() / 2


@gradient(of=divergence, section="Variational autoencoder", domains={"sigma": positive})
def divergence_backward(
    mu: Float[np.ndarray, "m d"], sigma: Float[np.ndarray, "m d"]
) -> tuple[np.ndarray, np.ndarray]:
    r"""$$ d\mu = \frac{\mu}{m}, \quad d\sigma = \frac{1}{m} \Bigl( \sigma - \frac{1}{\sigma} \Bigr) $$"""
    m = mu.shape[0]
    return mu / m, (sigma - 1 / sigma) / m
