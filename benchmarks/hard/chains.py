"""Activations, chains of them and recurrences."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special

from benchmarks.cases import Family
from benchmarks.draws import hard, logits, ordinary, positive, spread


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


def inverse_exponentials(x):
    return jnp.log1p(x) * jnp.expm1(-x)


def inverse_exponentials_backward(dY, x):
    return dY * (np.expm1(-x) / (1 + x) - np.log1p(x) * np.exp(-x))


def small_inputs(rng, n):
    return {"x": np.abs(spread(rng, (n,), 2)) * 10.0 ** rng.uniform(-18, 0)}


def scanned(W, h):
    """The same map many times by `lax.scan`, which forgets or explodes."""
    return jax.lax.scan(lambda h, _: (jnp.tanh(W @ h), None), h, None, length=30)[0]


def scanned_backward(dY, W, h):
    steps = [h]
    for _ in range(30):
        steps.append(np.tanh(W @ steps[-1]))
    dW = 0
    for k in range(30, 0, -1):
        dZ = dY * (1 - steps[k]) * (1 + steps[k])
        dW = dW + np.outer(dZ, steps[k - 1])
        dY = W.T @ dZ
    return dW, dY


def scanned_inputs(rng, n):
    return {"W": ordinary(rng, (n, n)) * rng.choice([0.3, 1.0, 2.0]), "h": ordinary(rng, (n,))}


def logistic_map(x, r):
    for _ in range(12):
        x = r * x * (1 - x)
    return x


def logistic_map_backward(dY, x, r):
    """Forwards: the derivatives in x and r along the orbit, with x - x^2 for x (1 - x)."""
    dx, dr = np.ones_like(x), np.zeros_like(x)
    for _ in range(12):
        slope = r - 2 * r * x
        dx, dr = slope * dx, slope * dr + (x - x * x)
        x = r * (x - x * x)
    return dY * dx, dY * dr


def map_inputs(rng, n):
    return {"x": rng.uniform(0, 1, n), "r": rng.uniform(2.5, 4, n)}


def log_gamma(x):
    return jax.scipy.special.gammaln(x) - jax.scipy.special.gammaln(x + 1)


def log_gamma_backward(dY, x):
    return -dY / x


def gamma_inputs(rng, n):
    return {"x": positive(rng, (n,), 4)}


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
    Family("scan of 30 steps", scanned, scanned_backward, scanned_inputs, ((2,), (6,))),
    Family("logistic map", logistic_map, logistic_map_backward, map_inputs, LENGTHS),
    Family("digamma by recurrence", log_gamma, log_gamma_backward, gamma_inputs, LENGTHS),
    Family("log1p times expm1", inverse_exponentials, inverse_exponentials_backward, small_inputs, LENGTHS),
)
