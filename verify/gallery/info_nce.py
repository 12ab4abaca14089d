"""InfoNCE: each row of U is to find its partner, the same row of V, among all rows of V.

Aäron van den Oord, Yazhe Li and Oriol Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018,
(4), with inner products over a temperature as in Ting Chen et al., "A Simple Framework for Contrastive Learning of
Visual Representations", 2020, (1).
"""

import jax.numpy as jnp
import numpy as np
from jax import Array, nn
from jaxtyping import Float

from verify import gradient, positive


def info_nce(U: Array, V: Array, tau: Array) -> Array:
    """Cross-entropy of the similarities U V^T / tau, whose labels are on the diagonal."""
    return -jnp.trace(nn.log_softmax(U @ V.T / tau, axis=1)) / len(U)


@gradient(of=info_nce, section="InfoNCE", domains={"tau": positive})
def info_nce_backward(
    U: Float[np.ndarray, "m d"], V: Float[np.ndarray, "m d"], tau: Float[np.ndarray, ""]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""$$ S = \frac{U V^T}{\tau}, \quad dS = \frac{1}{m} \bigl( \mathrm{softmax}(S) - I \bigr), \quad
    dU = \frac{dS\, V}{\tau}, \quad dV = \frac{dS^T U}{\tau}, \quad
    d\tau = -\frac{1}{\tau} \sum_{ij} dS_{ij} S_{ij} $$"""
    S = U @ V.T / tau
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    dS = (P - np.eye(len(U))) / len(U)
    return dS @ V / tau, dS.T @ U / tau, -(dS * S).sum() / tau
