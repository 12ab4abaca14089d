"""Scaled dot-product attention, a single head.

Ashish Vaswani et al., "Attention Is All You Need", 2017, (1); the backward pass as in Tri Dao et al., "FlashAttention:
Fast and Memory-Efficient Exact Attention with IO-Awareness", 2022, appendix B.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array, nn
from jaxtyping import Float

from verify import vjp


def attention(Q: Array, K: Array, V: Array) -> Array:
    """Each of n queries reads from t keys and values."""
    return nn.softmax(Q @ K.T / jnp.sqrt(K.shape[1]), axis=1) @ V


@vjp(of=attention, section="Attention")
def attention_backward(
    dO: Float[np.ndarray, "n p"], Q: Float[np.ndarray, "n d"], K: Float[np.ndarray, "t d"], V: Float[np.ndarray, "t p"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""$$ dV = P^T dO, \quad dP = dO\, V^T, \quad
    dS_{ij} = P_{ij} \Bigl( dP_{ij} - \sum_l P_{il}\, dP_{il} \Bigr), \quad
    dQ = \frac{dS\, K}{\sqrt{d}}, \quad dK = \frac{dS^T Q}{\sqrt{d}} $$"""
    scale = np.sqrt(K.shape[1])
    S = Q @ K.T / scale
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    dP = dO @ V.T
    dS = P * (dP - (P * dP).sum(axis=1, keepdims=True))
    return dS @ K / scale, dS.T @ Q / scale, P.T @ dO
