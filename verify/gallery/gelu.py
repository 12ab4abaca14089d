"""GELU, exact and in its tanh form.

Dan Hendrycks and Kevin Gimpel, "Gaussian Error Linear Units (GELUs)", 2016, section 2.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import erf as jax_erf
from jaxtyping import Float
from scipy.special import erf

from verify import derivative


def gelu(x: Array) -> Array:
    """x Phi(x), Phi the distribution function of N(0, 1)."""
    return x * (1 + jax_erf(x / jnp.sqrt(2))) / 2


@derivative(of=gelu, section="GELU")
def gelu_prime(x: Float[np.ndarray, "n m"]) -> np.ndarray:
    r"""$$ \Phi(x) + x \varphi(x), \quad \varphi(x) = \frac{e^{-x^2/2}}{\sqrt{2\pi}} $$"""
    return (1 + erf(x / np.sqrt(2))) / 2 + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def gelu_tanh(x: Array) -> Array:
    """The approximation by tanh."""
    return x * (1 + jnp.tanh(jnp.sqrt(2 / jnp.pi) * (x + 0.044715 * x**3))) / 2


@derivative(of=gelu_tanh, section="GELU")
def gelu_tanh_prime(x: Float[np.ndarray, "n m"]) -> np.ndarray:
    r"""$$ \frac{1 + t}{2} + \frac{x (1 - t^2)}{2} \sqrt{\frac{2}{\pi}} \bigl( 1 + 3 \cdot 0.044715\, x^2 \bigr), \quad
    t = \tanh\Bigl( \sqrt{\tfrac{2}{\pi}} \bigl( x + 0.044715\, x^3 \bigr) \Bigr) $$"""
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    return (1 + t) / 2 + x * (1 - t**2) / 2 * c * (1 + 3 * 0.044715 * x**2)
