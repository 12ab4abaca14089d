"""Activations, chains of them, recurrences and kinks."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special

from benchmarks.cases import Family
from benchmarks.draws import hard, logits, ordinary, spread


def sigmoid_of(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def sigmoid_chain(x, w):
    for k in range(4):
        x = jax.nn.sigmoid(w[k] * x)
    return x


def sigmoid_chain_backward(dY, x, w):
    steps = [x]
    for k in range(4):
        steps.append(sigmoid_of(w[k] * steps[-1]))
    dw = np.zeros_like(w)
    d = dY
    for k in reversed(range(4)):
        d = d * steps[k + 1] * (1 - steps[k + 1])
        dw[k] = d * steps[k]
        d = d * w[k]
    return d, dw


def chain_inputs(rng):
    return {"x": np.float64(3 * rng.standard_normal()), "w": logits(rng, (4,))}


def tanh_chain(x):
    return jnp.tanh(3 * jnp.tanh(4 * jnp.tanh(5 * x)))


def tanh_chain_backward(dY, x):
    a = np.tanh(5 * x)
    b = np.tanh(4 * a)
    c = np.tanh(3 * b)
    return dY * 60 * (1 - c**2) * (1 - b**2) * (1 - a**2)


def tanh_chain_by_cosh(dY, x):
    a = np.tanh(5 * x)
    b = np.tanh(4 * a)
    return dY * 60 / (np.cosh(5 * x) * np.cosh(4 * a) * np.cosh(3 * b)) ** 2


def vector_inputs(rng, n):
    return {"x": logits(rng, (n,), 20.0)}


def swish(x):
    return jax.nn.silu(x)


def swish_backward(dY, x):
    s = special.expit(x)
    return dY * (s + x * s * special.expit(-x))


def gelu(x):
    return jax.nn.gelu(x, approximate=False)


def gelu_backward(dY, x):
    return dY * (0.5 * special.erfc(-x / np.sqrt(2)) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi))


def gelu_by_tanh(x):
    return jax.nn.gelu(x, approximate=True)


def gelu_by_tanh_backward(dY, x):
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    return dY * 0.5 * ((1 + t) + x * (1 - t) * (1 + t) * c * (1 + 3 * 0.044715 * x**2))


def gated(A, B):
    return A * jax.nn.sigmoid(B)


def gated_backward(dY, A, B):
    s = sigmoid_of(B)
    return dY * s, dY * A * s * sigmoid_of(-B)


def gated_inputs(rng, n):
    return {"A": hard(rng, (n,), 30), "B": logits(rng, (n,), 100.0)}


def recurrence(U, W, h, X):
    for t in range(X.shape[1]):
        h = jnp.tanh(U @ X[:, t] + W @ h)
    return h


def recurrence_backward(dY, U, W, h, X):
    steps = [h]
    for t in range(X.shape[1]):
        steps.append(np.tanh(U @ X[:, t] + W @ steps[-1]))
    dU, dW, dX = np.zeros_like(U), np.zeros_like(W), np.zeros_like(X)
    d = dY
    for t in reversed(range(X.shape[1])):
        dz = d * (1 - steps[t + 1] ** 2)
        dU += np.outer(dz, X[:, t])
        dW += np.outer(dz, steps[t])
        dX[:, t] = U.T @ dz
        d = W.T @ dz
    return dU, dW, d, dX


def recurrence_inputs(rng, n, d, T):
    scale = 10.0 ** rng.uniform(-1, 0.7)
    return {
        "U": scale * ordinary(rng, (n, d)),
        "W": scale * ordinary(rng, (n, n)),
        "h": ordinary(rng, (n,)),
        "X": ordinary(rng, (d, T)),
    }


def cell(z, c):
    """An LSTM's state and output from the four pre-activations."""
    i, f, o, g = z
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c)


def cell_backward(dY, z, c):
    i, f, o = sigmoid_of(z[0]), sigmoid_of(z[1]), sigmoid_of(z[2])
    g = np.tanh(z[3])
    new = f * c + i * g
    t = np.tanh(new)
    dc = dY * o * (1 - t * t)
    dz = np.stack([dc * g * i * (1 - i), dc * c * f * (1 - f), dY * t * o * (1 - o), dc * i * (1 - g * g)])
    return dz, dc * f


def cell_inputs(rng, n):
    return {"z": logits(rng, (4, n), 30.0), "c": hard(rng, (n,), 2)}


def relu_layer(W, X, b):
    return jax.nn.relu(W @ X + b)


def relu_layer_backward(dY, W, X, b):
    dZ = dY * (W @ X + b > 0)
    return dZ @ X.T, W.T @ dZ, dZ.sum(axis=1, keepdims=True)


def relu_inputs(rng, n, k, m):
    """Pre-activations that cancel to about the size of their rounding, or are exactly 0."""
    W, X = hard(rng, (n, k), 3), hard(rng, (k, m), 3)
    b = -(W @ X)[:, :1] if rng.random() < 0.6 else hard(rng, (n, 1), 3)
    return {"W": W, "X": X, "b": b}


def huber(x, delta):
    a = jnp.abs(x)
    return jnp.where(a <= delta, 0.5 * x * x, delta * (a - 0.5 * delta))


def huber_backward(dY, x, delta):
    inside = np.abs(x) <= delta
    dx = np.where(inside, x, delta * np.sign(x))
    return dY * dx, (dY * np.where(inside, 0, np.abs(x) - delta)).sum()


def huber_inputs(rng, n):
    return {"x": hard(rng, (n,), 3), "delta": np.float64(rng.choice([1.0, 0.5, 1.3, 2.0]))}


def max_pool(X):
    return jnp.max(X.reshape(X.shape[0], -1, 2), axis=-1)


def max_pool_backward(dY, X):
    pairs = X.reshape(X.shape[0], -1, 2)
    first = pairs[..., :1] >= pairs[..., 1:]
    d = np.concatenate([dY[..., None] * first, dY[..., None] * ~first], axis=-1)
    return d.reshape(X.shape)


def pool_inputs(rng, n, m):
    return {"X": hard(rng, (n, 2 * m), 3)}


def norm_1(x):
    return jnp.sum(jnp.abs(x))


def norm_1_backward(dY, x):
    return dY * np.where(x < 0, -1.0, 1.0)


def clipped(x):
    return jnp.clip(x, -1.0, 1.0) ** 3


def clipped_backward(dY, x):
    return np.where((x > -1) & (x < 1), 3 * x**2 * dY, 0.0)


def hard_inputs(rng, n):
    return {"x": hard(rng, (n,), 4)}


def inverse_exponentials(x):
    return jnp.log1p(x) * jnp.expm1(-x)


def inverse_exponentials_backward(dY, x):
    return dY * (np.expm1(-x) / (1 + x) - np.log1p(x) * np.exp(-x))


def small_inputs(rng, n):
    return {"x": np.abs(spread(rng, (n,), 2)) * 10.0 ** rng.uniform(-18, 0)}


LENGTHS = ((1,), (12,))
FAMILIES = (
    Family("sigmoid chain", sigmoid_chain, sigmoid_chain_backward, chain_inputs),
    Family("tanh chain", tanh_chain, tanh_chain_backward, vector_inputs, LENGTHS),
    Family("tanh chain by cosh", tanh_chain, tanh_chain_by_cosh, vector_inputs, LENGTHS),
    Family("swish", swish, swish_backward, vector_inputs, LENGTHS),
    Family("GELU", gelu, gelu_backward, vector_inputs, LENGTHS),
    Family("GELU by tanh", gelu_by_tanh, gelu_by_tanh_backward, vector_inputs, LENGTHS),
    Family("gated linear unit", gated, gated_backward, gated_inputs, LENGTHS),
    Family("recurrence", recurrence, recurrence_backward, recurrence_inputs, ((2, 3, 4), (6, 2, 10), (20, 5, 5))),
    Family("LSTM cell", cell, cell_backward, cell_inputs, LENGTHS),
    Family("ReLU layer, cancelling", relu_layer, relu_layer_backward, relu_inputs, ((3, 4, 2), (5, 40, 3))),
    Family("Huber loss", huber, huber_backward, huber_inputs, LENGTHS),
    Family("max pooling, ties", max_pool, max_pool_backward, pool_inputs, ((1, 2), (3, 5))),
    Family("1-norm with zeros", norm_1, norm_1_backward, hard_inputs, LENGTHS),
    Family("clipped cube", clipped, clipped_backward, hard_inputs, LENGTHS),
    Family("log1p times expm1", inverse_exponentials, inverse_exponentials_backward, small_inputs, LENGTHS),
)
