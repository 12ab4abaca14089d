"""Normalisations and moments: data with a large mean, nearly constant rows, every scale."""

import jax.numpy as jnp
import numpy as np

from benchmarks.cases import Family
from benchmarks.draws import hard, ordinary, positive, spread


def layer_norm(X, gamma, beta):
    mu, var = X.mean(0, keepdims=True), X.var(0, keepdims=True)
    return gamma * (X - mu) / jnp.sqrt(var + 1e-5) + beta


def layer_norm_backward(dY, X, gamma, beta):
    s = np.sqrt(X.var(axis=0, keepdims=True) + 1e-5)
    X_hat = (X - X.mean(axis=0, keepdims=True)) / s
    dX_hat = dY * gamma
    dX = (dX_hat - dX_hat.mean(axis=0, keepdims=True) - X_hat * (dX_hat * X_hat).mean(axis=0, keepdims=True)) / s
    return dX, (dY * X_hat).sum(axis=1, keepdims=True), dY.sum(axis=1, keepdims=True)


def layer_norm_inputs(rng, d, m):
    return {"X": hard(rng, (d, m)), "gamma": hard(rng, (d, 1), 3), "beta": ordinary(rng, (d, 1))}


def batch_norm(X, gamma, beta):
    mu = jnp.mean(X, axis=0)
    return gamma * (X - mu) / jnp.sqrt(jnp.mean((X - mu) ** 2, axis=0) + 1e-5) + beta


def batch_norm_backward(dY, X, gamma, beta):
    """The usual compact form: everything over m times the deviation."""
    m = X.shape[0]
    mu = X.mean(axis=0)
    s = np.sqrt(((X - mu) ** 2).mean(axis=0) + 1e-5)
    X_hat = (X - mu) / s
    dgamma, dbeta = (dY * X_hat).sum(axis=0), dY.sum(axis=0)
    return gamma / (m * s) * (m * dY - dbeta - X_hat * dgamma), dgamma, dbeta


def batch_norm_inputs(rng, m, d):
    return {"X": hard(rng, (m, d)), "gamma": hard(rng, (d,), 3), "beta": ordinary(rng, (d,))}


def rms_norm(X, g):
    return g * X / jnp.sqrt(jnp.mean(X * X, axis=-1, keepdims=True))


def rms_norm_backward(dY, X, g):
    n = X.shape[-1]
    r = np.linalg.norm(X, axis=-1, keepdims=True) / np.sqrt(n)
    U = X / r
    dU = dY * g
    return (dU - U * (dU * U).mean(axis=-1, keepdims=True)) / r, (dY * U).sum(axis=0)


def rms_norm_inputs(rng, m, d):
    return {"X": spread(rng, (m, d), 8), "g": hard(rng, (d,), 3)}


def unit_vector(X):
    return X / jnp.linalg.norm(X, axis=0, keepdims=True)


def unit_vector_backward(dY, X):
    n = np.sqrt((X**2).sum(axis=0, keepdims=True))
    return dY / n - X * ((X * dY).sum(axis=0, keepdims=True) / n**3)


def unit_vector_inputs(rng, d, m):
    return {"X": spread(rng, (d, m), 20)}


def cosine(a, b):
    return jnp.sum(a * b, axis=-1) / (jnp.sqrt(jnp.sum(a * a, axis=-1)) * jnp.sqrt(jnp.sum(b * b, axis=-1)))


def cosine_backward(dY, a, b):
    na, nb = np.linalg.norm(a, axis=-1, keepdims=True), np.linalg.norm(b, axis=-1, keepdims=True)
    u, v = a / na, b / nb
    c = (u * v).sum(axis=-1, keepdims=True)
    return dY[..., None] * (v - c * u) / na, dY[..., None] * (u - c * v) / nb


def cosine_inputs(rng, m, d):
    a = spread(rng, (m, d), 10)
    return {
        "a": a,
        "b": a * (1 + 1e-7 * rng.standard_normal((m, d))) if rng.random() < 0.5 else spread(rng, (m, d), 10),
    }


def variance(x):
    return jnp.var(x)


def variance_backward(dY, x):
    return 2 * dY * (x - x.mean()) / x.size


def variance_inputs(rng, n):
    return {"x": ordinary(rng, (n,)) + 10.0 ** rng.uniform(0, 12)}


def raw_moments(x):
    """E x^2 - (E x)^2, which cancels."""
    return jnp.mean(x * x) - jnp.mean(x) ** 2


def scale_deviation(x):
    return jnp.std(x, ddof=1)


def scale_deviation_backward(dY, x):
    centred = x - x.sum() / x.size
    return dY * centred / np.sqrt((centred * centred).sum() * (x.size - 1))


def deviation_inputs(rng, n):
    return {"x": positive(rng, (n,), 60) if rng.random() < 0.5 else ordinary(rng, (n,)) + 10.0 ** rng.uniform(0, 10)}


def standardise(x):
    return (x - jnp.mean(x)) / jnp.std(x)


def standardise_backward(dY, x):
    n = x.size
    z = (x - x.mean()) / x.std()
    return (dY - dY.sum() / n - z * (z @ dY) / n) / x.std()


def standardise_inputs(rng, n):
    return {"x": hard(rng, (n,), 30) + 1e-3 * ordinary(rng, (n,))}


def correlation(x, y):
    u, v = x - jnp.mean(x), y - jnp.mean(y)
    return jnp.sum(u * v) / jnp.sqrt(jnp.sum(u * u) * jnp.sum(v * v))


def correlation_backward(dY, x, y):
    u, v = x - x.mean(), y - y.mean()
    nu, nv = np.sqrt(u @ u), np.sqrt(v @ v)
    r = (u / nu) @ (v / nv)
    return dY * (v / nv - r * u / nu) / nu, dY * (u / nu - r * v / nv) / nv


def correlation_inputs(rng, n):
    x = ordinary(rng, (n,)) + 10.0 ** rng.uniform(-2, 8)
    return {"x": x, "y": x + ordinary(rng, (n,)) * 10.0 ** rng.uniform(-6, 3)}


MATRICES = ((3, 4), (16, 5), (1, 3), (64, 3))
LENGTHS = ((3,), (17,), (200,))
FAMILIES = (
    Family("layer norm", layer_norm, layer_norm_backward, layer_norm_inputs, MATRICES),
    Family("batch norm", batch_norm, batch_norm_backward, batch_norm_inputs, MATRICES),
    Family("RMS norm", rms_norm, rms_norm_backward, rms_norm_inputs, MATRICES),
    Family("unit vectors", unit_vector, unit_vector_backward, unit_vector_inputs, MATRICES),
    Family("cosine similarity", cosine, cosine_backward, cosine_inputs, ((2, 3), (4, 16), (2, 100))),
    Family("variance, large mean", variance, variance_backward, variance_inputs, LENGTHS),
    Family("variance by raw moments", raw_moments, variance_backward, variance_inputs, LENGTHS),
    Family("standard deviation", scale_deviation, scale_deviation_backward, deviation_inputs, LENGTHS),
    Family("standardise", standardise, standardise_backward, standardise_inputs, LENGTHS),
    Family("correlation", correlation, correlation_backward, correlation_inputs, LENGTHS),
)
