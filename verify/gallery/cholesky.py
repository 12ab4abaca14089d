"""Cholesky factorisation of a symmetric matrix.

Iain Murray, "Differentiation of the Cholesky decomposition", 2016. The forward reads the symmetric part of
its input, (Sigma + Sigma^T) / 2, so the gradient is symmetric: each of the two entries of a pair gets its half.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import positive_definite, vjp


def cholesky(Sigma: Array) -> Array:
    """The lower triangular L with L L^T = Sigma."""
    return jnp.linalg.cholesky(Sigma, symmetrize_input=True)


@vjp(of=cholesky, section="Cholesky", domains={"Sigma": positive_definite})
def cholesky_backward(dL: Float[np.ndarray, "n n"], Sigma: Float[np.ndarray, "n n"]) -> np.ndarray:
    r"""$$ d\Sigma = \tfrac{1}{2} (S + S^T), \quad S = L^{-T} \Phi(L^T dL)\, L^{-1}, \quad
    \Phi: \text{ the lower triangle, its diagonal halved} $$"""
    L = np.linalg.cholesky(Sigma)
    Phi = np.tril(L.T @ np.tril(dL))
    Phi -= np.diag(np.diag(Phi)) / 2
    S = np.linalg.solve(L.T, np.linalg.solve(L.T, Phi.T).T)
    return (S + S.T) / 2
