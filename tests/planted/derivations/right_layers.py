"""Layers with their VJPs. Columns are examples: `m` of them, with `d` features."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.planted.cases import forward
from verify import keep_probability, mask, positive

EPS = 1e-5


@forward(shapes={"X": "d m", "W": "k d", "b": "k 1"})
def affine(X, W, b):
    return W @ X + b


@affine.right
def affine_backward(dY, X, W):
    return W.T @ dY, dY @ X.T, dY.sum(axis=1, keepdims=True)


@affine.right
def affine_by_einsum(dY, X, W):
    return {
        "b": np.einsum("km->k", dY)[:, None], "W": np.einsum("km,dm->kd", dY, X), "X": np.einsum("kd,km->dm", W, dY),
    }


@affine.given(wrt=("b", "W")).right
def affine_example_by_example(dY, X):
    db, dW = 0.0, 0.0
    for dy, x in zip(dY.T, X.T, strict=True):
        db, dW = db + dy[:, None], dW + np.outer(dy, x)
    return db, dW


@forward(shapes={"X": "d m", "W": "d d"})
def square_layer(X, W):
    return W @ X


@square_layer.right
def square_layer_backward(dY, X, W):
    return W.T @ dY, dY @ X.T


@forward(shapes={"X": "d d", "b": "d 1"})
def shifted(X, b):
    return X + b


@shifted.right
def shifted_backward(dY):
    return dY.copy(), dY.sum(axis=1, keepdims=True)


@forward(shapes={"X": "d m", "c": ""})
def scaled(X, c):
    return jnp.sin(c * X)


@scaled.right
def scaled_backward(dY, X, c):
    dZ = dY * np.cos(c * X)
    return c * dZ, (dZ * X).sum()


@forward(shapes={"X": "d m", "W": "d d"})
def residual(X, W):
    return X + jnp.tanh(W @ X)


@residual.right
def residual_backward(dY, X, W):
    dZ = dY * (1 - np.tanh(W @ X) ** 2)
    return dY + W.T @ dZ, dZ @ X.T


@forward(shapes={"X": "d m", "gamma": "d 1", "beta": "d 1"})
def layer_norm(X, gamma, beta):
    mu, var = X.mean(axis=0, keepdims=True), X.var(axis=0, keepdims=True)
    return gamma * (X - mu) / jnp.sqrt(var + EPS) + beta


@layer_norm.right
def layer_norm_backward(dY, X, gamma):
    return normalized_backward(dY, X, gamma, axis=0)


@layer_norm.right
def layer_norm_step_by_step(dY, X, gamma):
    d = X.shape[0]
    centered = X - X.sum(axis=0, keepdims=True) / d
    var = (centered * centered).sum(axis=0, keepdims=True) / d
    dvar = (dY * gamma * centered).sum(axis=0, keepdims=True) * -0.5 * (var + EPS) ** -1.5
    dcentered = dY * gamma / np.sqrt(var + EPS) + 2 / d * centered * dvar
    dX = dcentered - dcentered.sum(axis=0, keepdims=True) / d
    return dX, (dY * centered / np.sqrt(var + EPS)).sum(axis=1, keepdims=True), dY.sum(axis=1, keepdims=True)


def normalized_backward(dY, X, gamma, axis):
    """Of a normalisation along an axis, with an entry of gamma and beta for each row."""
    s = np.sqrt(X.var(axis=axis, keepdims=True) + EPS)
    Xhat = (X - X.mean(axis=axis, keepdims=True)) / s
    dXhat = dY * gamma
    along = (dXhat * Xhat).mean(axis=axis, keepdims=True)
    dX = (dXhat - dXhat.mean(axis=axis, keepdims=True) - Xhat * along) / s
    return dX, (dY * Xhat).sum(axis=1, keepdims=True), dY.sum(axis=1, keepdims=True)


@forward(shapes={"X": "d m", "gamma": "d 1", "beta": "d 1"})
def batch_norm(X, gamma, beta):
    mu, var = X.mean(axis=1, keepdims=True), X.var(axis=1, keepdims=True)
    return gamma * (X - mu) / jnp.sqrt(var + EPS) + beta


@batch_norm.right
def batch_norm_backward(dY, X, gamma):
    return normalized_backward(dY, X, gamma, axis=1)


@forward(shapes={"X": "d m", "g": "d 1", "eps": ""}, domains={"eps": positive}, wrt=("X", "g"))
def rms_norm(X, g, eps):
    return g * X / jnp.sqrt((X**2).mean(axis=0, keepdims=True) + eps)


@rms_norm.right
def rms_norm_backward(dY, X, g, eps):
    r = np.sqrt((X**2).mean(axis=0, keepdims=True) + eps)
    dX = dY * g / r - X * (dY * g * X).mean(axis=0, keepdims=True) / r**3
    return dX, (dY * X / r).sum(axis=1, keepdims=True)


@forward(shapes={"Q": "n k", "K": "m k", "V": "m k"})
def attention(Q, K, V):
    return jax.nn.softmax(Q @ K.T / jnp.sqrt(K.shape[1]), axis=1) @ V


@attention.right
def attention_backward(dY, Q, K, V):
    A = softmax(Q @ K.T / np.sqrt(K.shape[1]), axis=1)
    dA = dY @ V.T
    dS = A * (dA - (dA * A).sum(axis=1, keepdims=True)) / np.sqrt(K.shape[1])
    return dS @ K, dS.T @ Q, A.T @ dY


def softmax(Z, axis):
    E = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


@forward(shapes={"A": "n n", "X": "n m"})
def causal(A, X):
    return jnp.tril(A) @ X


@causal.right
def causal_backward(dY, A, X):
    return np.tril(dY @ X.T), np.tril(A).T @ dY


@forward(shapes={"X": "d m", "D": "d m", "p": ""}, domains={"D": mask, "p": keep_probability})
def dropout(X, D, p):
    return X * D / p


@dropout.right
def dropout_backward(dY, D, p):
    return dY * D / p


@forward(shapes={"X": "d m", "D": "d m"}, domains={"D": mask})
def masked(X, D):
    return D * jnp.tanh(X)


@masked.right
def masked_backward(dY, X, D):
    return dY * D * (1 - np.tanh(X) ** 2)


@forward(shapes={"Z": "2*k m"})
def gated(Z):
    k = Z.shape[0] // 2
    return Z[:k] * jax.nn.sigmoid(Z[k:])


@gated.right
def gated_backward(dY, Z):
    A, B = np.split(Z, 2)
    s = 1 / (1 + np.exp(-B))
    return np.concatenate([dY * s, dY * A * s * (1 - s)])


@forward(shapes={"x": "n+k-1", "w": "k"})
def convolution(x, w):
    n = x.shape[0] - w.shape[0] + 1
    return sum(w[j] * x[j : j + n] for j in range(w.shape[0]))


@convolution.right
def convolution_backward(dy, x, w):
    return np.convolve(dy, w), np.correlate(x, dy)


@forward(shapes={"X": "2*n m"})
def max_pool(X):
    return X.reshape(-1, 2, X.shape[1]).max(axis=1)


@max_pool.right
def max_pool_backward(dY, X):
    first = X[0::2] >= X[1::2]
    return np.stack([dY * first, dY * ~first], axis=1).reshape(X.shape)


@forward(shapes={"X": "2*n m"})
def mean_pool(X):
    return X.reshape(-1, 2, X.shape[1]).mean(axis=1)


@mean_pool.right
def mean_pool_backward(dY):
    return np.repeat(dY, 2, axis=0) / 2


@forward(shapes={"Z": "4*k m", "C": "k m"})
def lstm_cell(Z, C):
    """Gates are given before their activation; returns the output and the new memory."""
    i, f, o, g = jnp.split(Z, 4)
    C_new = jax.nn.sigmoid(f) * C + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(C_new), C_new


@lstm_cell.right
def lstm_cell_backward(dH, dC_new, Z, C):
    i, f, o = (1 / (1 + np.exp(-z)) for z in np.split(Z, 4)[:3])
    g = np.tanh(np.split(Z, 4)[3])
    t = np.tanh(f * C + i * g)
    dC = dC_new + dH * o * (1 - t**2)
    dZ = [dC * g * i * (1 - i), dC * C * f * (1 - f), dH * t * o * (1 - o), dC * i * (1 - g**2)]
    return np.concatenate(dZ), dC * f
