"""Softplus and its first two derivatives.

Charles Dugas, Yoshua Bengio, François Bélisle, Claude Nadeau and René Garcia, "Incorporating Second-Order Functional
Knowledge for Better Option Pricing", 2001.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import derivative


def softplus(x: Array) -> Array:
    """log(1 + e^x)."""
    return jnp.logaddexp(x, 0)


@derivative(of=softplus, section="Softplus")
def softplus_prime(x: Float[np.ndarray, "n m"]) -> np.ndarray:
    r"""$$ \zeta'(x) = \sigma(x) = \frac{1}{1 + e^{-x}} $$"""
    return 1 / (1 + np.exp(-x))


@derivative(of=softplus, order=2, section="Softplus")
def softplus_second(x: Float[np.ndarray, "n m"]) -> np.ndarray:
    r"""$$ \zeta''(x) = \sigma(x) \bigl( 1 - \sigma(x) \bigr) = \frac{1}{4 \cosh^2(x / 2)} $$"""
    return 1 / (4 * np.cosh(x / 2) ** 2)
