"""SiLU, also called swish.

Stefan Elfwing, Eiji Uchibe and Kenji Doya, "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in
Reinforcement Learning", 2018.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import derivative


def silu(x: Array) -> Array:
    """x sigma(x), sigma the logistic function."""
    return x / (1 + jnp.exp(-x))


@derivative(of=silu, section="SiLU")
def silu_prime(x: Float[np.ndarray, "n m"]) -> np.ndarray:
    r"""$$ \sigma(x) \bigl( 1 + x (1 - \sigma(x)) \bigr) $$"""
    sigma = 1 / (1 + np.exp(-x))
    return sigma * (1 + x * (1 - sigma))
