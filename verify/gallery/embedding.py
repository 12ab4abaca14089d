"""Embedding: rows of a table, looked up by token.

Yoshua Bengio, Réjean Ducharme, Pascal Vincent and Christian Jauvin, "A Neural Probabilistic Language Model", 2003.
"""

import numpy as np
from jax import Array
from jaxtyping import Float, Int

from verify import integers_below, vjp


def embedding(C: Array, tokens: Array) -> Array:
    """The rows of the table C that the tokens name."""
    return C[tokens]


@vjp(of=embedding, section="Embedding", domains={"tokens": integers_below("v")})
def embedding_backward(
    dY: Float[np.ndarray, "m t d"], C: Float[np.ndarray, "v d"], tokens: Int[np.ndarray, "m t"]
) -> np.ndarray:
    r"""$$ dC_w = \sum_{i, j:\, w_{ij} = w} dY_{ij} $$"""
    dC = np.zeros_like(C)
    np.add.at(dC, tokens, dY)
    return dC
