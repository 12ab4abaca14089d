"""Cosine similarity of the rows of two matrices.

Feng Wang, Xiang Xiang, Jian Cheng and Alan L. Yuille, "NormFace: L2 Hypersphere Embedding for Face Verification", 2017.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import vjp


def cosine_similarity(U: Array, V: Array) -> Array:
    """The cosine of the angle between each row of U and the same row of V."""
    return (U * V).sum(axis=1) / (jnp.linalg.norm(U, axis=1) * jnp.linalg.norm(V, axis=1))


@vjp(of=cosine_similarity, section="Cosine similarity")
def cosine_similarity_backward(
    dc: Float[np.ndarray, " m"], U: Float[np.ndarray, "m d"], V: Float[np.ndarray, "m d"]
) -> tuple[np.ndarray, np.ndarray]:
    r"""$$ dU = \frac{dc}{\|U\|} \bigl( \hat V - c\, \hat U \bigr), \quad
    dV = \frac{dc}{\|V\|} \bigl( \hat U - c\, \hat V \bigr), \quad
    \hat U = \frac{U}{\|U\|}, \quad \hat V = \frac{V}{\|V\|} $$"""
    U_norm, V_norm = np.linalg.norm(U, axis=1, keepdims=True), np.linalg.norm(V, axis=1, keepdims=True)
    Uhat, Vhat = U / U_norm, V / V_norm
    c = (Uhat * Vhat).sum(axis=1, keepdims=True)
    return dc[:, None] / U_norm * (Vhat - c * Uhat), dc[:, None] / V_norm * (Uhat - c * Vhat)
