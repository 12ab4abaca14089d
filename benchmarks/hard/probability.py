"""Softmax, its losses, log-sum-exp and likelihoods, with logits up to +-40 and beyond."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import special

from benchmarks.cases import Family
from benchmarks.draws import hard, logits, ordinary, positive


def softmax_of(Z, axis=0):
    E = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def softmax(Z):
    return jax.nn.softmax(Z, axis=0)


def softmax_backward(dY, Z):
    S = softmax_of(Z)
    return S * (dY - (S * dY).sum(axis=0, keepdims=True))


def logit_inputs(rng, n, m):
    return {"Z": logits(rng, (n, m))}


def plain_softmax(Z):
    return jnp.exp(Z) / jnp.sum(jnp.exp(Z), axis=0, keepdims=True)


def wide_inputs(rng, n, m):
    return {"Z": logits(rng, (n, m), 300.0)}


def log_softmax(Z):
    return jax.nn.log_softmax(Z, axis=0)


def log_softmax_backward(dY, Z):
    return dY - softmax_of(Z) * dY.sum(axis=0, keepdims=True)


def cross_entropy(Z, Y):
    return -jnp.sum(Y * jax.nn.log_softmax(Z, axis=0)) / Z.shape[1]


def cross_entropy_backward(dY, Z, Y):
    return dY * (softmax_of(Z) - Y) / Z.shape[1]


def cross_entropy_inputs(rng, n, m):
    return {"Z": logits(rng, (n, m)), "Y": np.eye(n)[rng.integers(0, n, m)].T}


def plain_cross_entropy(Z, Y):
    """The log of an explicit softmax."""
    P = jax.nn.softmax(Z, axis=0)
    return -jnp.mean(jnp.sum(Y * jnp.log(P), axis=0))


def logsumexp(z):
    return jax.nn.logsumexp(z)


def logsumexp_backward(dY, z):
    return dY * softmax_of(z)


def logsumexp_inputs(rng, n):
    return {"z": logits(rng, (n,), 700.0) + rng.choice([0.0, 1e4, -1e4])}


def logistic_loss(z, y):
    return jnp.sum(jnp.logaddexp(0.0, z) - y * z)


def logistic_loss_backward(dY, z, y):
    return dY * (special.expit(z) - y)


def logistic_inputs(rng, n):
    return {"z": logits(rng, (n,)), "y": rng.integers(0, 2, n).astype(float)}


def explicit_logistic_loss(z, y):
    """-y log a - (1 - y) log(1 - a), with a = sigmoid(z) as printed."""
    a = 1 / (1 + jnp.exp(-z))
    return -jnp.sum(y * jnp.log(a) + (1 - y) * jnp.log(1 - a))


def explicit_inputs(rng, n):
    return {"z": logits(rng, (n,), 30.0), "y": rng.integers(0, 2, n).astype(float)}


def softplus(z):
    return jax.nn.softplus(z)


def softplus_backward(dY, z):
    return dY / (1 + np.exp(-z))


def softplus_inputs(rng, n):
    return {"z": logits(rng, (n,), 600.0)}


def log_sigmoid(z):
    return jax.nn.log_sigmoid(z)


def log_sigmoid_backward(dY, z):
    return dY * np.exp(-np.logaddexp(0, z))


def divergence(p, q):
    """Kullback-Leibler divergence of two arrays that are normalised first."""
    P, Q = p / jnp.sum(p), q / jnp.sum(q)
    return jnp.sum(P * (jnp.log(P) - jnp.log(Q)))


def divergence_backward(dY, p, q):
    sp, sq = p.sum(), q.sum()
    P, Q = p / sp, q / sq
    ratio = np.log(P / Q)
    return dY * (ratio - (P * ratio).sum()) / sp, dY * (1 - P / Q) / sq


def divergence_inputs(rng, n):
    p = positive(rng, (n,), 5)
    return {"p": p, "q": p * (1 + 1e-6 * rng.standard_normal(n)) if rng.random() < 0.5 else positive(rng, (n,), 5)}


def gaussian(x, mu, sigma):
    return jnp.sum(-0.5 * ((x - mu) / sigma) ** 2 - jnp.log(sigma))


def gaussian_backward(dY, x, mu, sigma):
    r = x - mu
    dx = -dY * r / sigma**2
    return dx, -dx, dY * (r * r - sigma * sigma) / sigma**3


def gaussian_inputs(rng, n):
    mu, sigma = hard(rng, (n,)), positive(rng, (n,), 5)
    return {"x": mu + sigma * rng.standard_normal(n), "mu": mu, "sigma": sigma}


def mixture(w, mu, x):
    """Log-likelihood of a mixture of unit Gaussians with logit weights."""
    terms = jax.nn.log_softmax(w)[:, None] - 0.5 * (x[None, :] - mu[:, None]) ** 2
    return jnp.sum(jax.nn.logsumexp(terms, axis=0))


def mixture_backward(dY, w, mu, x):
    r = x[None, :] - mu[:, None]
    R = softmax_of(w[:, None] - 0.5 * r**2)
    dw = R.sum(axis=1) - x.size * softmax_of(w)
    return dY * dw, dY * (R * r).sum(axis=1), -dY * (R * r).sum(axis=0)


def mixture_inputs(rng, k, n):
    return {"w": logits(rng, (k,), 20.0), "mu": 5 * ordinary(rng, (k,)), "x": hard(rng, (n,), 2)}


def temperature(z, t):
    return jax.nn.softmax(z / t)


def temperature_backward(dY, z, t):
    S = softmax_of(z / t)
    d = S * (dY - S @ dY)
    return d / t, -(d @ z) / t**2


def temperature_inputs(rng, n):
    return {"z": ordinary(rng, (n,)), "t": np.float64(10.0 ** rng.uniform(-2, 2))}


MATRICES = ((3, 4), (10, 3), (100, 2))
LENGTHS = ((3,), (20,))
FAMILIES = (
    Family("softmax", softmax, softmax_backward, logit_inputs, MATRICES),
    Family("softmax, unshifted", plain_softmax, softmax_backward, wide_inputs, MATRICES),
    Family("log-softmax", log_softmax, log_softmax_backward, logit_inputs, MATRICES),
    Family("softmax cross-entropy", cross_entropy, cross_entropy_backward, cross_entropy_inputs, MATRICES, ("Z",)),
    Family("log of a softmax", plain_cross_entropy, cross_entropy_backward, cross_entropy_inputs, MATRICES, ("Z",)),
    Family("log-sum-exp", logsumexp, logsumexp_backward, logsumexp_inputs, LENGTHS),
    Family("logistic loss", logistic_loss, logistic_loss_backward, logistic_inputs, LENGTHS, ("z",)),
    Family("logistic loss, explicit", explicit_logistic_loss, logistic_loss_backward, explicit_inputs, LENGTHS, ("z",)),
    Family("softplus", softplus, softplus_backward, softplus_inputs, LENGTHS),
    Family("log-sigmoid", log_sigmoid, log_sigmoid_backward, softplus_inputs, LENGTHS),
    Family("KL divergence", divergence, divergence_backward, divergence_inputs, LENGTHS),
    Family("Gaussian likelihood", gaussian, gaussian_backward, gaussian_inputs, LENGTHS),
    Family("mixture likelihood", mixture, mixture_backward, mixture_inputs, ((2, 5), (5, 20))),
    Family("softmax temperature", temperature, temperature_backward, temperature_inputs, LENGTHS),
)
