"""Kullback-Leibler divergence of two Gaussians with diagonal covariances.

Solomon Kullback, "Information Theory and Statistics", 1959.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import gradient, positive


def gaussian_kl(mu: Array, sigma: Array, nu: Array, tau: Array) -> Array:
    """KL(N(mu, sigma^2) || N(nu, tau^2)), summed over the coordinates."""
    return (jnp.log(tau / sigma) + (sigma**2 + (mu - nu) ** 2) / (2 * tau**2) - 1 / 2).sum()


@gradient(of=gaussian_kl, section="Kullback-Leibler divergence", domains={"sigma": positive, "tau": positive})
def gaussian_kl_backward(
    mu: Float[np.ndarray, " d"], sigma: Float[np.ndarray, " d"],
    nu: Float[np.ndarray, " d"], tau: Float[np.ndarray, " d"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    r"""$$ d\mu = \frac{\mu - \nu}{\tau^2}, \quad d\sigma = \frac{\sigma}{\tau^2} - \frac{1}{\sigma}, \quad
    d\nu = -d\mu, \quad d\tau = \frac{1}{\tau} - \frac{\sigma^2 + (\mu - \nu)^2}{\tau^3} $$"""
    dmu = (mu - nu) / tau**2
    return dmu, sigma / tau**2 - 1 / sigma, -dmu, 1 / tau - (sigma**2 + (mu - nu) ** 2) / tau**3
