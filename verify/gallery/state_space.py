"""Linear state-space recurrence.

Albert Gu, Karan Goel and Christopher Ré, "Efficiently Modeling Long Sequences with Structured State Spaces", 2022, (3);
the backward pass is the adjoint recurrence of Paul J. Werbos, "Backpropagation Through Time: What It Does and How to Do
It", 1990.
"""

import numpy as np
from jax import Array, lax
from jaxtyping import Float

from verify import vjp


def state_space(A: Array, B: Array, C: Array, u: Array, x0: Array) -> Array:
    """x_k = A x_{k-1} + B u_k and y_k = C x_k; the inputs u_k and outputs y_k are rows."""

    def step(x: Array, u_k: Array) -> tuple[Array, Array]:
        x = A @ x + B @ u_k
        return x, x

    return lax.scan(step, x0, u)[1] @ C.T


@vjp(of=state_space, section="State-space recurrence")
def state_space_backward(
    dy: Float[np.ndarray, "t q"], A: Float[np.ndarray, "n n"], B: Float[np.ndarray, "n p"],
    C: Float[np.ndarray, "q n"], u: Float[np.ndarray, "t p"], x0: Float[np.ndarray, " n"],
) -> tuple[np.ndarray, ...]:
    r"""$$ \lambda_k = C^T dy_k + A^T \lambda_{k+1}, \quad
    dA = \sum_k \lambda_k x_{k-1}^T, \quad dB = \sum_k \lambda_k u_k^T, \quad dC = \sum_k dy_k x_k^T, \quad
    du_k = B^T \lambda_k, \quad dx_0 = A^T \lambda_1 $$"""
    x = [x0]
    for u_k in u:
        x.append(A @ x[-1] + B @ u_k)
    adjoints = [C.T @ dy[-1]]
    for dy_k in dy[-2::-1]:
        adjoints.append(C.T @ dy_k + A.T @ adjoints[-1])
    X, Lambda = np.stack(x), np.stack(adjoints[::-1])
    return Lambda.T @ X[:-1], Lambda.T @ u, dy.T @ X[1:], Lambda @ B, A.T @ Lambda[0]
