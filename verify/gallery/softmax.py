"""Softmax and cross-entropy, apart and fused.

Christopher M. Bishop, "Pattern Recognition and Machine Learning", 2006, section 4.3.4: (4.106), (4.108), (4.109).
"""

import jax.numpy as jnp
import numpy as np
from jax import Array, nn
from jaxtyping import Float, Int

from verify import gradient, integers_below, positive, vjp


def softmax(Z: Array) -> Array:
    """Each row of Z to probabilities of k classes."""
    return jnp.exp(Z) / jnp.exp(Z).sum(axis=1, keepdims=True)


@vjp(of=softmax, section="Softmax and cross-entropy")
def softmax_backward(dA: Float[np.ndarray, "m k"], Z: Float[np.ndarray, "m k"]) -> np.ndarray:
    r"""$$ dZ_{ij} = A_{ij} \Bigl( dA_{ij} - \sum_l dA_{il} A_{il} \Bigr) $$"""
    A = np.exp(Z - Z.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    return A * (dA - (dA * A).sum(axis=1, keepdims=True))


def cross_entropy(A: Array, labels: Array) -> Array:
    """Of the probabilities A (one row per example) and the labels, averaged."""
    return -jnp.log(A[jnp.arange(len(A)), labels]).mean()


@gradient(of=cross_entropy, section="Softmax and cross-entropy", domains={"A": positive, "labels": integers_below("k")})
def cross_entropy_backward(A: Float[np.ndarray, "m k"], labels: Int[np.ndarray, " m"]) -> np.ndarray:
    r"""$$ dA_{ij} = -\frac{[j = y_i]}{m\, A_{ij}} $$"""
    rows = np.arange(len(A))
    dA = np.zeros_like(A)
    dA[rows, labels] = -1 / (len(A) * A[rows, labels])
    return dA


def softmax_cross_entropy(Z: Array, labels: Array) -> Array:
    """Of the logits Z, averaged over the examples."""
    return -nn.log_softmax(Z, axis=1)[jnp.arange(len(Z)), labels].mean()


@gradient(of=softmax_cross_entropy, section="Softmax and cross-entropy", domains={"labels": integers_below("k")})
def softmax_cross_entropy_backward(Z: Float[np.ndarray, "m k"], labels: Int[np.ndarray, " m"]) -> np.ndarray:
    r"""$$ dZ_{ij} = \frac{1}{m} \bigl( A_{ij} - [j = y_i] \bigr), \quad A = \mathrm{softmax}(Z) $$"""
    A = np.exp(Z - Z.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    A[np.arange(len(Z)), labels] -= 1
    return A / len(Z)
