"""LSTM cell: one step, its four gates in one matrix.

Sepp Hochreiter and Jürgen Schmidhuber, "Long Short-Term Memory", 1997; with the forget gate of Felix A. Gers, Jürgen
Schmidhuber and Fred Cummins, "Learning to Forget: Continual Prediction with LSTM", 2000.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array, nn
from jaxtyping import Float

from verify import vjp


def lstm_cell(X: Array, H: Array, C: Array, W: Array, U: Array, b: Array) -> tuple[Array, Array]:
    """From the state (H, C) and the input X to the next state, the gates i, f, o and the candidate g side by side."""
    i, f, o, g = jnp.split(X @ W + H @ U + b, 4, axis=1)
    C_next = nn.sigmoid(f) * C + nn.sigmoid(i) * jnp.tanh(g)
    return nn.sigmoid(o) * jnp.tanh(C_next), C_next


@vjp(of=lstm_cell, section="LSTM")
def lstm_cell_backward(
    dH_next: Float[np.ndarray, "m h"], dC_next: Float[np.ndarray, "m h"],
    X: Float[np.ndarray, "m d"], H: Float[np.ndarray, "m h"], C: Float[np.ndarray, "m h"],
    W: Float[np.ndarray, "d 4*h"], U: Float[np.ndarray, "h 4*h"], b: Float[np.ndarray, " 4*h"],
) -> tuple[np.ndarray, ...]:
    r"""$$ dC' \mathrel{+}= dH' \odot o \odot (1 - \tanh^2 C'), \quad
    dz_i = dC' \odot g \odot i (1 - i), \quad dz_f = dC' \odot C \odot f (1 - f), \quad
    dz_o = dH' \odot \tanh C' \odot o (1 - o), \quad dz_g = dC' \odot i \odot (1 - g^2), \quad
    dZ = [dz_i\ dz_f\ dz_o\ dz_g], \quad dX = dZ\, W^T, \quad dH = dZ\, U^T, \quad dC = dC' \odot f, \quad
    dW = X^T dZ, \quad dU = H^T dZ, \quad db = \sum_k dZ_k $$"""
    z_i, z_f, z_o, z_g = np.split(X @ W + H @ U + b, 4, axis=1)
    i, f, o = (1 / (1 + np.exp(-z)) for z in (z_i, z_f, z_o))
    g = np.tanh(z_g)
    tanh_C = np.tanh(f * C + i * g)
    dC = dC_next + dH_next * o * (1 - tanh_C**2)
    dz_i, dz_f = dC * g * i * (1 - i), dC * C * f * (1 - f)
    dz_o, dz_g = dH_next * tanh_C * o * (1 - o), dC * i * (1 - g**2)
    dZ = np.hstack([dz_i, dz_f, dz_o, dz_g])
    return dZ @ W.T, dZ @ U.T, dC * f, X.T @ dZ, H.T @ dZ, dZ.sum(axis=0)
