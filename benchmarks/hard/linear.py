"""Matrix products up to width 400, networks, attention, distances and linear algebra."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.cases import Family
from benchmarks.draws import hard, ordinary, positive, spread
from benchmarks.hard.probability import softmax_of


def affine(W, X, b):
    return W @ X + b


def affine_backward(dY, W, X, b):
    return dY @ X.T, (dY.T @ W).T, dY.sum(axis=1, keepdims=True)


def affine_inputs(rng, n, k, m):
    return {"W": hard(rng, (n, k), 40), "X": hard(rng, (k, m), 40), "b": hard(rng, (n, 1), 40)}


def network(W1, W2, X):
    return W2 @ jnp.tanh(W1 @ X)


def network_backward(dY, W1, W2, X):
    A = np.tanh(W1 @ X)
    dZ = (W2.T @ dY) * (1 - A * A)
    return dZ @ X.T, dY @ A.T, W1.T @ dZ


def network_inputs(rng, n, k, m):
    return {"W1": ordinary(rng, (n, k)) / np.sqrt(k), "W2": hard(rng, (2, n), 3), "X": hard(rng, (k, m), 1)}


def attention(Q, K, V):
    return jax.nn.softmax(Q @ K.T / np.sqrt(Q.shape[1]), axis=1) @ V


def attention_backward(dY, Q, K, V):
    c = 1 / np.sqrt(Q.shape[1])
    P = softmax_of(c * (Q @ K.T), axis=1)
    dP = dY @ V.T
    dS = P * (dP - (dY * (P @ V)).sum(axis=1, keepdims=True)) * c
    return dS @ K, dS.T @ Q, P.T @ dY


def attention_inputs(rng, n, m, d):
    scale = 10.0 ** rng.uniform(-1, 0.8)
    return {"Q": scale * ordinary(rng, (n, d)), "K": scale * ordinary(rng, (m, d)), "V": hard(rng, (m, d))}


def quadratic(A, x):
    return x @ A @ x


def quadratic_backward(dY, A, x):
    return dY * np.outer(x, x), dY * ((A + A.T) @ x)


def quadratic_inputs(rng, n):
    A = hard(rng, (n, n), 20)
    return {"A": A - (0.999999 * A.T if rng.random() < 0.5 else 0), "x": hard(rng, (n,), 20)}


def distances(X, Y):
    return jnp.sum((X[:, None, :] - Y[None, :, :]) ** 2, axis=-1)


def expanded_distances(X, Y):
    """|x|^2 + |y|^2 - 2 x.y, which cancels."""
    return jnp.sum(X * X, axis=1)[:, None] + jnp.sum(Y * Y, axis=1)[None, :] - 2 * X @ Y.T


def distances_backward(dY, X, Y):
    """The expanded form, which cancels for near points."""
    dX = 2 * (dY.sum(axis=1, keepdims=True) * X - dY @ Y)
    return dX, 2 * (dY.sum(axis=0)[:, None] * Y - dY.T @ X)


def distances_inputs(rng, n, m, d):
    centre = 10.0 ** rng.uniform(-2, 6)
    return {"X": centre + ordinary(rng, (n, d)), "Y": centre + ordinary(rng, (m, d))}


def kernel(X, t):
    """A Gaussian kernel matrix of width t."""
    D = jnp.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
    return jnp.exp(-D / (2 * t * t))


def kernel_backward(dY, X, t):
    G = X @ X.T
    s = np.diag(G)
    D = np.maximum(s[:, None] + s[None, :] - 2 * G, 0)
    M = dY * np.exp(-D / (2 * t**2))
    S = M + M.T
    return (S @ X - S.sum(axis=1, keepdims=True) * X) / t**2, (M * D).sum() / t**3


def kernel_inputs(rng, n, d):
    return {"X": ordinary(rng, (n, d)) + 10.0 ** rng.uniform(-2, 2), "t": np.float64(10.0 ** rng.uniform(-1, 1))}


def factorisation(V, x):
    """A factorisation machine's pairwise term: the square of a sum less the sum of squares."""
    return 0.5 * jnp.sum((V @ x) ** 2 - (V**2) @ x**2)


def factorisation_backward(dY, V, x):
    s = V @ x
    dV = dY * (np.outer(s, x) - V * x**2)
    return dV, dY * (V.T @ s - (V**2).sum(axis=0) * x)


def factorisation_inputs(rng, k, n):
    return {"V": hard(rng, (k, n), 15), "x": hard(rng, (n,), 15)}


def least_squares(w, X, y):
    r = X @ w - y
    return jnp.mean(r * r) + 0.1 * jnp.sum(w * w)


def least_squares_backward(dY, w, X, y):
    """By the normal equations, which cancel near the solution."""
    m = y.size
    return (
        dY * (2 / m * (X.T @ X @ w - X.T @ y) + 0.2 * w),
        dY * 2 / m * np.outer(X @ w - y, w),
        dY * 2 / m * (y - X @ w),
    )


def least_squares_inputs(rng, m, n):
    X, w = hard(rng, (m, n), 4), hard(rng, (n,), 4)
    return {"w": w, "X": X, "y": X @ w + 10.0 ** rng.uniform(-12, 0) * ordinary(rng, (m,))}


def solution(A, b):
    return jnp.linalg.solve(A, b)


def solution_backward(dY, A, b):
    db = np.linalg.solve(A.T, dY)
    return -np.outer(db, np.linalg.solve(A, b)), db


def solution_inputs(rng, n):
    A = ordinary(rng, (n, n)) + np.eye(n) * rng.choice([0.0, 3.0])
    A[:, -1] = A[:, 0] + 10.0 ** rng.uniform(-6, 0) * A[:, -1]
    return {"A": A * 10.0 ** rng.uniform(-3, 3), "b": ordinary(rng, (n,))}


def inverse(A):
    return jnp.linalg.inv(A)


def inverse_backward(dY, A):
    B = np.linalg.inv(A)
    return -B.T @ dY @ B.T


def inverse_inputs(rng, n):
    return {"A": solution_inputs(rng, n)["A"]}


def log_determinant(A):
    return jnp.linalg.slogdet(A)[1]


def log_determinant_backward(dY, A):
    return dY * np.linalg.inv(A).T


def small_inverse(A):
    """A 2 by 2 inverse, written out."""
    return jnp.array([[A[1, 1], -A[0, 1]], [-A[1, 0], A[0, 0]]]) / (A[0, 0] * A[1, 1] - A[0, 1] * A[1, 0])


def small_inverse_backward(dY, A):
    (a, b), (c, d) = A
    det = a * d - b * c
    B = np.stack([np.stack([d, -b]), np.stack([-c, a])]) / det
    return -B.T @ dY @ B.T


def small_inverse_inputs(rng):
    A = spread(rng, (2, 2), 8)
    if rng.random() < 0.6:
        A[1] = A[0] * rng.standard_normal() * (1 + 10.0 ** rng.uniform(-9, 0) * rng.standard_normal(2))
    return {"A": A}


def convolution(x, k):
    return jnp.convolve(x, k, mode="valid")


def convolution_backward(dY, x, k):
    return np.convolve(dY, k[::-1]), np.array([dY @ x[k.size - 1 - j : x.size - j] for j in range(k.size)])


def convolution_inputs(rng, n, k):
    return {"x": hard(rng, (n,), 20), "k": hard(rng, (k,), 20)}


def embedding(E, ids):
    return E[ids]


def embedding_backward(dY, E, ids):
    dE = np.zeros_like(E)
    np.add.at(dE, ids, dY)
    return dE


def embedding_inputs(rng, v, d, n):
    return {"E": ordinary(rng, (v, d)), "ids": rng.integers(0, v, n)}


def running_mean(x):
    return jnp.cumsum(x) / jnp.arange(1, x.size + 1)


def running_mean_backward(dY, x):
    scaled = dY / np.arange(1, x.size + 1)
    return scaled.sum() - np.cumsum(scaled) + scaled


def running_inputs(rng, n):
    return {"x": hard(rng, (n,))}


def cholesky_trace(A):
    """The log-determinant of a positive definite matrix from its Cholesky factor."""
    return 2 * jnp.sum(jnp.log(jnp.diagonal(jnp.linalg.cholesky(A))))


def cholesky_trace_backward(dY, A):
    return dY * np.linalg.inv(A)


def definite_inputs(rng, n):
    Q = np.linalg.qr(ordinary(rng, (n, n)))[0]
    A = (Q * positive(rng, (n,), 2)) @ Q.T
    return {"A": (A + A.T) / 2}


WIDE = ((2, 3, 4), (4, 400, 3), (400, 4, 2), (100, 100, 5))
FAMILIES = (
    Family("affine layer", affine, affine_backward, affine_inputs, WIDE),
    Family("two-layer network", network, network_backward, network_inputs, WIDE),
    Family("attention", attention, attention_backward, attention_inputs, ((2, 3, 4), (8, 8, 16))),
    Family("quadratic form", quadratic, quadratic_backward, quadratic_inputs, ((3,), (40,))),
    Family("squared distances", distances, distances_backward, distances_inputs, ((2, 3, 2), (6, 5, 10))),
    Family("expanded distances", expanded_distances, distances_backward, distances_inputs, ((2, 3, 2), (6, 5, 10))),
    Family("Gaussian kernel", kernel, kernel_backward, kernel_inputs, ((3, 2), (10, 3))),
    Family("factorisation machine", factorisation, factorisation_backward, factorisation_inputs, ((2, 3), (5, 30))),
    Family("least squares", least_squares, least_squares_backward, least_squares_inputs, ((4, 2), (50, 8))),
    Family("linear solve", solution, solution_backward, solution_inputs, ((2,), (6,))),
    Family("matrix inverse", inverse, inverse_backward, inverse_inputs, ((2,), (6,))),
    Family("log-determinant", log_determinant, log_determinant_backward, inverse_inputs, ((2,), (6,))),
    Family("log-determinant by Cholesky", cholesky_trace, cholesky_trace_backward, definite_inputs, ((2,), (6,))),
    Family("2 by 2 inverse", small_inverse, small_inverse_backward, small_inverse_inputs),
    Family("convolution", convolution, convolution_backward, convolution_inputs, ((5, 2), (60, 7))),
    Family("embedding", embedding, embedding_backward, embedding_inputs, ((3, 2, 8), (5, 3, 100)), ("E",)),
    Family("running mean", running_mean, running_mean_backward, running_inputs, ((4,), (300,))),
)
