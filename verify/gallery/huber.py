"""Huber's loss, of the residual r.

Peter J. Huber, "Robust Estimation of a Location Parameter", 1964.
"""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from verify import derivative, positive


def huber(r: Array, delta: float = 1.0) -> Array:
    """Quadratic up to |r| = delta, linear beyond."""
    return jnp.where(jnp.abs(r) <= delta, r**2 / 2, delta * (jnp.abs(r) - delta / 2))


@derivative(of=huber, section="Huber", domains={"delta": positive})
def huber_psi(r: Float[np.ndarray, "n m"], delta: Float[np.ndarray, ""]) -> np.ndarray:
    r"""$$ \psi(r) = \max(-\delta, \min(r, \delta)) $$"""
    return np.clip(r, -delta, delta)


@derivative(of=huber, order=2, section="Huber", domains={"delta": (0.5, 1.0, 2.0)})
def huber_curvature(r: Float[np.ndarray, "n m"], delta: float) -> np.ndarray:
    r"""$$ \psi'(r) = [|r| < \delta], \quad |r| \ne \delta $$"""
    return np.where(np.abs(r) < delta, 1.0, 0.0)
