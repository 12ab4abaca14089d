"""The ends of the exponent range: intermediates that underflow in one program and not in the other."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.cases import Family
from benchmarks.draws import hard, ordinary, positive, spread
from benchmarks.hard.chains import sigmoid_of

TINY = float(np.finfo(float).smallest_subnormal)


def cubes(x, s, t):
    """A tiny array's cubes times a huge scale, in an order that underflows."""
    return jnp.sum(x**3) * s * t


def cubes_backward(dY, x, s, t):
    return dY * 3 * (x * s) * x * t, dY * (x**3 * t).sum(), dY * (x * s * x * x).sum()


def cubes_inputs(rng, n):
    return {
        "x": spread(rng, (n,), 2) * 10.0 ** rng.uniform(-150, -60),
        "s": np.float64(10.0 ** rng.uniform(100, 300)),
        "t": np.float64(rng.standard_normal()),
    }


def decayed(z, s):
    """exp(-z) times a huge scale: the exponential underflows, the product does not."""
    return jnp.sum(jnp.exp(-z) * s)


def decayed_backward(dY, z, s):
    e = np.exp(np.log(s) - z)
    return -dY * e, dY * np.exp(-z).sum()


def decayed_inputs(rng, n):
    return {"z": rng.uniform(600, 900, n), "s": np.float64(10.0 ** rng.uniform(0, 300))}


def gate(a, z):
    return a * jax.nn.sigmoid(z)


def gate_backward(dY, a, z):
    """For z far below 0 the gate is exp(z), taken together with a."""
    low = np.minimum(z, 0)
    half = np.exp(low / 2)
    s = half * half / (half * half + np.exp(np.minimum(-z, 0)))
    lifted = a * half * half / (half * half + np.exp(np.minimum(-z, 0)))
    return dY * s, dY * lifted * sigmoid_of(-z)


def gate_inputs(rng, n):
    return {"a": spread(rng, (n,), 10) * 1e250, "z": rng.uniform(-1000, 100, n)}


def matmul(A, B, s, t):
    """A product of tiny matrices times a huge scale, in an order that underflows."""
    return (A @ B) * s * t


def matmul_backward(dY, A, B, s, t):
    return (
        (dY * t) @ (s * B).T,
        (s * A).T @ (dY * t),
        (dY * t * (A @ B)).sum(),
        (dY * (A @ (s * B))).sum(),
    )


def matmul_inputs(rng, n, k, m):
    small = 10.0 ** -rng.uniform(120, 180)
    return {
        "A": small * ordinary(rng, (n, k)),
        "B": small * ordinary(rng, (k, m)),
        "s": np.float64(10.0 ** rng.uniform(100, 300)),
        "t": np.float64(rng.standard_normal()),
    }


def quotient(a, b, s, t):
    """a / b * s, where a / b underflows."""
    return a / b * s * t


def quotient_backward(dY, a, b, s, t):
    d = dY * t
    return d * (s / b), -d * (a * (s / b)) / b, d * a / b, dY * (a * (s / b))


def quotient_inputs(rng, n):
    return {
        "a": spread(rng, (n,), 20) * 1e-180,
        "b": spread(rng, (n,), 10) * 1e130,
        "s": spread(rng, (n,), 20) * 1e180,
        "t": ordinary(rng, (n,)),
    }


def product(x, s, t):
    """A product of tiny factors times a huge scale."""
    return jnp.prod(x) * s * t


def product_backward(dY, x, s, t):
    n = x.size
    others = np.where(np.eye(n, dtype=bool), 1.0, x)
    return (
        dY * t * np.prod(others, axis=1) * s,
        dY * t * np.prod(x),
        dY * np.prod(np.concatenate([np.reshape(s, 1), x])),
    )


def product_inputs(rng, n):
    return {
        "x": positive(rng, (n,), 1) * 10.0 ** (-rng.uniform(280, 400) / n),
        "s": np.float64(10.0 ** rng.uniform(100, 200)),
        "t": np.float64(rng.standard_normal()),
    }


def halved(x, s, t):
    """Half of a subnormal number times a huge scale."""
    return x * 0.5 * s * t


def divided(x, s, t):
    """A subnormal number divided by 2, times a huge scale."""
    return x / 2 * s * t


def halved_backward(dY, x, s, t):
    return dY * t * (s / 2), dY * t * (x / 2), dY * (x * (s / 2))


def subnormal_inputs(rng, n):
    return {
        "x": TINY * rng.integers(-9, 10, n),
        "s": spread(rng, (n,), 10) * 1e280,
        "t": ordinary(rng, (n,)),
    }


def square(x, s, t):
    return x * x * s * t


def square_backward(dY, x, s, t):
    return dY * 2 * t * (s * x), dY * t * (x * x), dY * (x * (s * x))


def square_inputs(rng, n):
    return {"x": spread(rng, (n,), 30) * 1e-150, "s": spread(rng, (n,), 10) * 1e280, "t": ordinary(rng, (n,))}


def scaled_layer_norm(X):
    return (X - X.mean(0)) / jnp.sqrt(X.var(0))


def scaled_layer_norm_backward(dY, X):
    """In units of the largest entry, so that no square leaves the range."""
    unit = np.abs(X).max(axis=0)
    U = X / unit
    s = U.std(axis=0)
    X_hat = (U - U.mean(axis=0)) / s
    return (dY - dY.mean(axis=0) - X_hat * (dY * X_hat).mean(axis=0)) / s / unit


def scaled_inputs(rng, d, m):
    return {"X": hard(rng, (d, m), 3) * 10.0 ** rng.uniform(-150, 140) + 0.0}


LENGTHS = ((1,), (10,))
FAMILIES = (
    Family("cubes, underflowing", cubes, cubes_backward, cubes_inputs, LENGTHS),
    Family("exponentials, underflowing", decayed, decayed_backward, decayed_inputs, LENGTHS),
    Family("gates, underflowing", gate, gate_backward, gate_inputs, LENGTHS),
    Family("matmul, underflowing", matmul, matmul_backward, matmul_inputs, ((2, 3, 2), (3, 20, 4))),
    Family("quotients, underflowing", quotient, quotient_backward, quotient_inputs, LENGTHS),
    Family("products, underflowing", product, product_backward, product_inputs, ((3,), (30,))),
    Family("squares, underflowing", square, square_backward, square_inputs, LENGTHS),
    Family("halves of subnormals", halved, halved_backward, subnormal_inputs, LENGTHS),
    Family("subnormals over 2", divided, halved_backward, subnormal_inputs, LENGTHS),
    Family(
        "layer norm, 1e-150 to 1e140", scaled_layer_norm, scaled_layer_norm_backward, scaled_inputs, ((3, 2), (16, 3))
    ),
)
