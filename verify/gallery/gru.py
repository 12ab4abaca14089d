"""GRU cell: one step.

Kyunghyun Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation",
2014, section 2.3: (5) to (8).
"""

import jax.numpy as jnp
import numpy as np
from jax import Array, nn
from jaxtyping import Float

from verify import vjp


def gru_cell(X: Array, H: Array, W: Array, U: Array, V: Array) -> Array:
    """From the state H and the input X to the next state; W holds the weights of r, z and the candidate in turn."""
    x_r, x_z, x_g = jnp.split(X @ W, 3, axis=1)
    h_r, h_z = jnp.split(H @ U, 2, axis=1)
    r, z = nn.sigmoid(x_r + h_r), nn.sigmoid(x_z + h_z)
    return z * H + (1 - z) * jnp.tanh(x_g + (r * H) @ V)


@vjp(of=gru_cell, section="GRU")
def gru_cell_backward(
    dH_next: Float[np.ndarray, "m h"], X: Float[np.ndarray, "m d"], H: Float[np.ndarray, "m h"],
    W: Float[np.ndarray, "d 3*h"], U: Float[np.ndarray, "h 2*h"], V: Float[np.ndarray, "h h"],
) -> tuple[np.ndarray, ...]:
    r"""$$ da_g = dH' \odot (1 - z) \odot (1 - g^2), \quad da_z = dH' \odot (H - g) \odot z (1 - z), \quad
    da_r = (da_g V^T) \odot H \odot r (1 - r), \quad dA = [da_r\ da_z\ da_g], \quad
    dX = dA\, W^T, \quad dW = X^T dA, \quad dU = H^T [da_r\ da_z], \quad dV = (r \odot H)^T da_g, \quad
    dH = dH' \odot z + [da_r\ da_z]\, U^T + (da_g V^T) \odot r $$"""
    x_r, x_z, x_g = np.split(X @ W, 3, axis=1)
    h_r, h_z = np.split(H @ U, 2, axis=1)
    r, z = 1 / (1 + np.exp(-x_r - h_r)), 1 / (1 + np.exp(-x_z - h_z))
    g = np.tanh(x_g + (r * H) @ V)
    da_g = dH_next * (1 - z) * (1 - g**2)
    da_z = dH_next * (H - g) * z * (1 - z)
    drH = da_g @ V.T
    da_r = drH * H * r * (1 - r)
    dgates, dA = np.hstack([da_r, da_z]), np.hstack([da_r, da_z, da_g])
    return dA @ W.T, dH_next * z + dgates @ U.T + drH * r, X.T @ dA, H.T @ dgates, (r * H).T @ da_g
