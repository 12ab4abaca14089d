"""Matrices, norms and products with their derivatives, and identities between matrix formulas."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.planted.cases import forward
from tests.planted.derivations.right_layers import softmax
from verify import Domain, distinct, gradient, identity, positive_definite


def _dominant(rng, shape):
    n = shape[0]
    return rng.standard_normal(shape) / n + np.diag(rng.choice([-1.0, 1.0], n) * rng.uniform(2, 3, n))


dominant = Domain("diagonally dominant", _dominant, lambda A: bool((2 * np.abs(np.diag(A)) > np.abs(A).sum(axis=1)).all()))


@forward(gradient, shapes={"x": "n", "A": "n n"})
def quadratic(x, A):
    return x @ A @ x


@quadratic.right
def quadratic_gradient(x, A):
    return A @ x + x @ A, np.outer(x, x)


@forward(gradient, shapes={"x": "n", "A": "n n", "y": "n"})
def bilinear(x, A, y):
    return x @ A @ y


@bilinear.right
def bilinear_gradient(x, A, y):
    return A @ y, x[:, None] * y, A.T @ x


@forward(gradient, shapes={"A": "n n", "B": "n n"})
def trace_of_product(A, B):
    return (A @ B).trace()


@trace_of_product.right
def trace_of_product_gradient(A, B):
    return B.T, A.T


@forward(shapes={"X": "n n", "W": "n n"})
def product(X, W):
    return X @ W


@product.right
def product_backward(dY, X, W):
    return dY @ W.T, X.T @ dY


@forward(shapes={"A": "d m", "B": "d m"})
def hadamard(A, B):
    return A * B


@hadamard.right
def hadamard_backward(dC, A, B):
    return dC * B, dC * A


@forward(shapes={"u": "n", "v": "n"})
def outer(u, v):
    return jnp.outer(u, v)


@outer.right
def outer_backward(dM, u, v):
    return dM @ v, u @ dM


@forward(shapes={"X": "b n m", "W": "n k"})
def batched(X, W):
    return jnp.einsum("bnm,nk->bkm", X, W)


@batched.right
def batched_backward(dY, X, W):
    return W @ dY, np.tensordot(X, dY, axes=([0, 2], [0, 2]))


@forward(gradient, shapes={"A": "n n"}, domains={"A": dominant})
def log_determinant(A):
    return jnp.linalg.slogdet(A)[1]


@log_determinant.right
def log_determinant_gradient(A):
    return np.linalg.inv(A).T


@forward(shapes={"A": "n n"}, domains={"A": dominant})
def inverse(A):
    return jnp.linalg.inv(A)


@inverse.right
def inverse_backward(dY, A):
    B = np.linalg.inv(A).T
    return -B @ dY @ B


@forward(gradient, shapes={"A": "n n"}, domains={"A": positive_definite})
def trace_of_square(A):
    """Of a symmetric matrix; the entries are independent variables nevertheless."""
    return jnp.trace(A @ A)


@trace_of_square.right
def trace_of_square_gradient(A):
    return 2 * A.T


@forward(shapes={"x": "n"}, domains={"x": distinct})
def unit(x):
    return x / jnp.sqrt(jnp.sum(x**2))


@unit.right
def unit_backward(dy, x):
    r = np.sqrt(x @ x)
    return dy / r - x * (x @ dy) / r**3


@forward(gradient, shapes={"u": "n", "v": "n"}, domains={"u": distinct, "v": distinct})
def cosine(u, v):
    return u @ v / jnp.sqrt((u @ u) * (v @ v))


@cosine.right
def cosine_gradient(u, v):
    c, lu, lv = u @ v, np.sqrt(u @ u), np.sqrt(v @ v)
    return v / (lu * lv) - u * c / (lu**3 * lv), u / (lu * lv) - v * c / (lu * lv**3)


@forward(gradient, shapes={"x": "n"})
def smooth_norm(x):
    return jnp.sqrt(jnp.sum(x**2) + 1e-6)


@smooth_norm.right
def smooth_norm_gradient(x):
    return x / np.sqrt(x @ x + 1e-6)


@forward(gradient, shapes={"X": "d m"})
def distances(X):
    """Half the sum of the squared distances of all pairs of columns."""
    return jnp.sum((X[:, :, None] - X[:, None, :]) ** 2) / 2


@distances.right
def distances_gradient(X):
    m = X.shape[1]
    return 2 * (m * X - X.sum(axis=1, keepdims=True))


@forward(shapes={"z": "n", "T": ""}, domains={"T": distinct})
def tempered(z, T):
    return jax.nn.softmax(z / T)


@tempered.right
def tempered_backward(dA, z, T):
    A = softmax(z / T, axis=0)
    dS = A * (dA - A @ dA)
    return dS / T, -(dS @ z) / T**2


@forward(identity, shapes={"z": "n"})
def softmax_jacobian(z):
    return jax.jacobian(jax.nn.softmax)(z)


@softmax_jacobian.right
def softmax_jacobian_by_hand(z):
    a = softmax(z, axis=0)
    return np.diag(a) - np.outer(a, a)


@forward(identity, shapes={"A": "n n"}, domains={"A": dominant})
def determinant_of_double(A):
    return jnp.linalg.det(2 * A)


@determinant_of_double.right
def two_to_the_n(A):
    return 2 ** len(A) * np.linalg.det(A)


@forward(identity, shapes={"X": "d m"})
def variance(X):
    return X.var(axis=1)


@variance.right
def second_moment_less_squared_mean(X):
    return (X**2).mean(axis=1) - X.mean(axis=1) ** 2
