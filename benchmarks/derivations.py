"""Ten well-scaled derivations into whose terms an error can be put.

Forwards take the array module first (NumPy or `jax.numpy`). Hand functions take `term` first: `term(name, value)` is
the value, or the value times (1 + eps) where the error goes. Sizes are small: finite differences must be affordable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Term = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Derivation:
    """A forward, its hand-written VJP with named terms, and the shapes of its inputs for some sizes.

    unused : inputs whose cotangents the hand function does not return
    """

    name: str
    forward: Callable[..., Any]
    hand: Callable[..., Any]
    shapes: Callable[..., dict[str, tuple[int, ...]]]
    sizes: Sequence[tuple[int, ...]]
    unused: tuple[str, ...] = ()

    def draw(self, rng: np.random.Generator, sizes: tuple[int, ...]) -> dict[str, Any]:
        """Standard normal inputs and a standard normal cotangent, the cotangent first."""
        inputs = {name: np.asarray(rng.standard_normal(shape)) for name, shape in self.shapes(*sizes).items()}
        shape = np.shape(self.forward(np, *inputs.values()))
        return {"dY": np.asarray(rng.standard_normal(shape)), **inputs}

    def wrt(self) -> tuple[str, ...]:
        """The inputs whose cotangents the hand function returns."""
        return tuple(name for name in self.shapes(*self.sizes[0]) if name not in self.unused)


def affine(xp, W, X, b):
    return W @ X + b


def affine_backward(term, dY, W, X, b):
    return term("dY X^T", dY @ X.T), term("W^T dY", W.T @ dY), term("sum dY", dY.sum(axis=1, keepdims=True))


def layer_norm(xp, X, gamma, beta):
    mu, var = X.mean(0, keepdims=True), X.var(0, keepdims=True)
    return gamma * (X - mu) / xp.sqrt(var + 1e-5) + beta


def layer_norm_backward(term, dY, X, gamma, beta):
    s = np.sqrt(X.var(axis=0, keepdims=True) + 1e-5)
    X_hat = (X - X.mean(axis=0, keepdims=True)) / s
    D = dY * gamma
    centre = term("mean of dX_hat", D.mean(axis=0, keepdims=True))
    along = term("mean along X_hat", X_hat * (D * X_hat).mean(axis=0, keepdims=True))
    dX = term("1/s", (term("dX_hat", D) - centre - along) / s)
    return dX, term("dgamma", (dY * X_hat).sum(axis=1, keepdims=True)), dY.sum(axis=1, keepdims=True)


def softmax_layer(xp, W, X):
    E = xp.exp(W @ X)
    return E / E.sum(0, keepdims=True)


def softmax_layer_backward(term, dY, W, X):
    E = np.exp(W @ X)
    S = E / E.sum(axis=0, keepdims=True)
    dZ = S * (term("dY", dY) - term("S . dY", (S * dY).sum(axis=0, keepdims=True)))
    return term("dZ X^T", dZ @ X.T), term("W^T dZ", W.T @ dZ)


def network(xp, W1, b1, W2, X):
    return W2 @ xp.tanh(W1 @ X + b1)


def network_backward(term, dY, W1, b1, W2, X):
    A = np.tanh(W1 @ X + b1)
    dZ = term("W2^T dY", W2.T @ dY) * term("1 - A^2", 1 - term("A^2", A**2))
    return term("dZ X^T", dZ @ X.T), dZ.sum(axis=1, keepdims=True), dY @ A.T, W1.T @ dZ


def gated(xp, W, V, X):
    return (W @ X) / (1 + xp.exp(-(V @ X)))


def gated_backward(term, dY, W, V, X):
    A, s = W @ X, 1 / (1 + np.exp(-(V @ X)))
    dA, dB = term("dA", dY * s), term("dB", dY * A * s * (1 - s))
    return dA @ X.T, dB @ X.T, term("W^T dA", W.T @ dA) + term("V^T dB", V.T @ dB)


def attention(xp, Q, K, V):
    E = xp.exp(Q @ K.T / np.sqrt(Q.shape[1]))
    return (E / E.sum(1, keepdims=True)) @ V


def attention_backward(term, dY, Q, K, V):
    c = 1 / np.sqrt(Q.shape[1])
    E = np.exp(c * (Q @ K.T))
    P = E / E.sum(axis=1, keepdims=True)
    dP = dY @ V.T
    dS = P * (dP - term("row sums", (dP * P).sum(axis=1, keepdims=True))) * term("1/sqrt d", c)
    return term("dS K", dS @ K), dS.T @ Q, term("P^T dY", P.T @ dY)


def recurrence(xp, U, W, h, X):
    for t in range(X.shape[1]):
        h = xp.tanh(U @ X[:, t] + W @ h)
    return h


def recurrence_backward(term, dY, U, W, h, X):
    steps = [h]
    for t in range(X.shape[1]):
        steps.append(np.tanh(U @ X[:, t] + W @ steps[-1]))
    dU, dW, d = 0, 0, dY
    for t in reversed(range(X.shape[1])):
        dz = d * (1 - steps[t + 1] ** 2)
        dU = dU + term(f"dU at step {t}", np.outer(dz, X[:, t]))
        dW = dW + term(f"dW at step {t}", np.outer(dz, steps[t]))
        d = term(f"W^T dz at step {t}", W.T @ dz)
    return dU, dW, d


def cosine(xp, a, b):
    return (a * b).sum() / (xp.sqrt((a * a).sum()) * xp.sqrt((b * b).sum()))


def cosine_backward(term, dY, a, b):
    na, nb = np.sqrt((a * a).sum()), np.sqrt((b * b).sum())
    u, v = a / na, b / nb
    c = term("cosine", (u * v).sum())
    return dY * (term("b/|b|", v) - c * u) / na, dY * (u - term("c b/|b|", c * v)) / term("|b|", nb)


def gelu(xp, X):
    return 0.5 * X * (1 + xp.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)))


def gelu_backward(term, dY, X):
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (X + 0.044715 * X**3))
    slope = term("inner slope", c * (1 + term("cubic's slope", 3 * 0.044715 * X**2)))
    return dY * (term("half of 1 + t", 0.5 * (1 + t)) + term("x sech^2", 0.5 * X * (1 - t**2)) * slope)


def ridge(xp, w, X, y):
    r = X @ w - y
    return (r * r).sum() / (2 * y.shape[0]) + 0.05 * (w * w).sum()


def ridge_backward(term, dY, w, X, y):
    m = y.shape[0]
    r = X @ w - y
    dw = term("X^T r / m", X.T @ r / m) + term("penalty", 0.1 * w)
    return dY * dw, dY * term("r w^T / m", np.outer(r, w) / m), -dY * r / m


DERIVATIONS = (
    Derivation(
        "affine layer",
        affine,
        affine_backward,
        lambda n, k, m: {"W": (n, k), "X": (k, m), "b": (n, 1)},
        ((3, 4, 5), (2, 20, 3)),
    ),
    Derivation(
        "layer norm",
        layer_norm,
        layer_norm_backward,
        lambda d, m: {"X": (d, m), "gamma": (d, 1), "beta": (d, 1)},
        ((4, 3), (16, 2)),
    ),
    Derivation(
        "softmax layer",
        softmax_layer,
        softmax_layer_backward,
        lambda n, k, m: {"W": (n, k), "X": (k, m)},
        ((3, 2, 4), (5, 4, 2)),
    ),
    Derivation(
        "tanh network",
        network,
        network_backward,
        lambda n, k, m: {"W1": (n, k), "b1": (n, 1), "W2": (2, n), "X": (k, m)},
        ((4, 3, 5), (8, 2, 3)),
    ),
    Derivation(
        "gated linear unit",
        gated,
        gated_backward,
        lambda n, k, m: {"W": (n, k), "V": (n, k), "X": (k, m)},
        ((3, 2, 4), (5, 4, 2)),
    ),
    Derivation(
        "attention",
        attention,
        attention_backward,
        lambda n, m, d: {"Q": (n, d), "K": (m, d), "V": (m, d)},
        ((2, 3, 4), (4, 4, 3)),
    ),
    Derivation(
        "recurrence",
        recurrence,
        recurrence_backward,
        lambda n, d, T: {"U": (n, d), "W": (n, n), "h": (n,), "X": (d, T)},
        ((2, 3, 3), (4, 2, 3)),
        ("X",),
    ),
    Derivation("cosine similarity", cosine, cosine_backward, lambda n: {"a": (n,), "b": (n,)}, ((3,), (20,))),
    Derivation("GELU", gelu, gelu_backward, lambda n, m: {"X": (n, m)}, ((1, 6), (4, 5))),
    Derivation(
        "ridge regression",
        ridge,
        ridge_backward,
        lambda m, n: {"w": (n,), "X": (m, n), "y": (m,)},
        ((5, 3), (12, 4)),
    ),
)
