"""Log-sum-exp: its gradient is the softmax, its Hessian that of a convex function.

Stephen Boyd and Lieven Vandenberghe, "Convex Optimization", 2004, section 3.1.5.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from verify import gradient, identity


def log_sum_exp(x: jax.Array) -> jax.Array:
    """f(x) = log sum_j exp(x_j)."""
    return x.max() + jnp.log(jnp.exp(x - x.max()).sum())


@gradient(of=log_sum_exp, section="Log-sum-exp")
def log_sum_exp_backward(x: Float[np.ndarray, " n"]) -> np.ndarray:
    r"""$$ \nabla f(x) = \frac{z}{\mathbf{1}^T z}, \quad z = (e^{x_1}, \dots, e^{x_n}) $$"""
    z = np.exp(x - x.max())
    return z / z.sum()


@identity(of=jax.hessian(log_sum_exp), section="Log-sum-exp")
def log_sum_exp_hessian(x: Float[np.ndarray, " n"]) -> np.ndarray:
    r"""$$ \nabla^2 f(x) = \frac{(\mathbf{1}^T z) \operatorname{diag}(z) - z z^T}{(\mathbf{1}^T z)^2} $$"""
    z = np.exp(x - x.max())
    return (z.sum() * np.diag(z) - np.outer(z, z)) / z.sum() ** 2
