"""Inverse of a matrix.

Mike B. Giles, "Collected Matrix Derivative Results for Forward and Reverse Mode Algorithmic Differentiation", 2008,
section 2.2.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import vjp


def matrix_inverse(A: Array) -> Array:
    """C = A^-1."""
    return jnp.linalg.inv(A)


@vjp(of=matrix_inverse, section="Matrix inverse")
def matrix_inverse_backward(dC: Float[np.ndarray, "n n"], A: Float[np.ndarray, "n n"]) -> np.ndarray:
    r"""$$ dA = -C^T\, dC\, C^T, \quad C = A^{-1} $$"""
    C = np.linalg.inv(A)
    return -C.T @ dC @ C.T
