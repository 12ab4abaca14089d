"""Causal attention: a position reads from itself and from what came before, a single head.

Ashish Vaswani et al., "Attention Is All You Need", 2017, (1) and section 3.2.3; the backward pass as in Tri Dao et al.,
"FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness", 2022, appendix B.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array, nn
from jaxtyping import Float

from verify import vjp


def causal_attention(Q: Array, K: Array, V: Array) -> Array:
    """Scores of later positions are masked with -inf."""
    S = Q @ K.T / jnp.sqrt(K.shape[1])
    return nn.softmax(jnp.where(jnp.tri(len(Q), dtype=bool), S, -jnp.inf), axis=1) @ V


@vjp(of=causal_attention, section="Causal attention")
def causal_attention_backward(
    dO: Float[np.ndarray, "t p"], Q: Float[np.ndarray, "t d"], K: Float[np.ndarray, "t d"], V: Float[np.ndarray, "t p"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""$$ P = \mathrm{softmax}(S + M), \quad M_{ij} = -\infty \text{ if } j > i \text{ else } 0, \quad
    dV = P^T dO, \quad dP = dO\, V^T, \quad
    dS_{ij} = P_{ij} \Bigl( dP_{ij} - \sum_{l \le i} P_{il}\, dP_{il} \Bigr), \quad
    dQ = \frac{dS\, K}{\sqrt{d}}, \quad dK = \frac{dS^T Q}{\sqrt{d}} $$"""
    scale = np.sqrt(K.shape[1])
    S = np.where(np.tri(len(Q), dtype=bool), Q @ K.T / scale, -np.inf)
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    dP = dO @ V.T
    dS = P * (dP - (P * dP).sum(axis=1, keepdims=True))
    return dS @ K / scale, dS.T @ Q / scale, P.T @ dO
