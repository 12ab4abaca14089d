"""Logarithm of the determinant's magnitude.

Mike B. Giles, "Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic Differentiation", 2008,
section 2.2.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import gradient


def log_determinant(A: Array) -> Array:
    """log |det A|."""
    return jnp.linalg.slogdet(A)[1]


@gradient(of=log_determinant, section="Log-determinant")
def log_determinant_backward(A: Float[np.ndarray, "n n"]) -> np.ndarray:
    r"""$$ dA = A^{-T} $$"""
    return np.linalg.inv(A).T
