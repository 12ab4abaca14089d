"""Kinks: ties of many entries, exact zeros, sorting, and branches that rounding decides.

At a tie each hand function takes a valid side, not always JAX's.
"""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.cases import Family
from benchmarks.draws import hard, logits, near, ordinary


def relu_layer(W, X, b):
    return jax.nn.relu(W @ X + b)


def relu_layer_backward(dY, W, X, b):
    dZ = dY * (W @ X + b > 0)
    return dZ @ X.T, W.T @ dZ, dZ.sum(axis=1, keepdims=True)


def relu_layer_by_comparison(dY, W, X, b):
    dZ = dY * np.greater_equal(W @ X, -b)
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


def maximum(x):
    return jnp.max(x)


def maximum_backward(dY, x):
    """All to the first of the largest entries."""
    out = np.zeros(x.shape)
    out[np.argmax(x)] = dY
    return out


def maximum_by_index(x):
    return x[jnp.argmax(x)]


def maximum_last(dY, x):
    """All to the last of the largest entries."""
    out = np.zeros(x.shape)
    out[x.size - 1 - np.argmax(x[::-1])] = dY
    return out


def sorted_sum(x):
    return jnp.sort(x) @ jnp.arange(1.0, x.size + 1)


def sorted_sum_backward(dY, x):
    """Ranks, with equal entries in the other order than a stable sort has them."""
    out = np.zeros(x.shape)
    out[np.argsort(-x, kind="stable")] = dY * np.arange(x.size, 0, -1)
    return out


def sorted_sum_in_order(dY, x):
    """Ranks in the order of a stable sort."""
    out = np.zeros(x.shape)
    out[np.argsort(x, kind="stable")] = dY * np.arange(1, x.size + 1)
    return out


def tied_inputs(rng, n):
    return {"x": np.rint(ordinary(rng, (n,))) if rng.random() < 0.5 else np.minimum(ordinary(rng, (n,)), 0.0)}


def distinct_inputs(rng, n):
    return {"x": rng.permutation(np.cumsum(0.1 + np.abs(hard(rng, (n,), 2))))}


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


def hinge(w, X, y):
    return jnp.mean(jnp.maximum(0.0, 1 - y * (X @ w)))


def hinge_backward(dY, w, X, y):
    active = y * (X @ w) < 1
    return -dY * (X.T @ (active * y)) / y.size, -dY * np.outer(active * y, w) / y.size


def hinge_inputs(rng, m, n):
    """Some margins are exactly 1, or are 1 up to rounding."""
    w = rng.choice([1.0, 2.0, 0.1], n) * rng.choice([-1, 1], n)
    X = hard(rng, (m, n), 1)
    X[0] = np.eye(n)[0] / w[0]
    return {"w": w, "X": X, "y": np.where(np.arange(m) == 0, 1.0, rng.choice([-1.0, 1.0], m))}


def larger(a, b):
    return jnp.maximum(a * a * b, a * b * b)


def larger_backward(dY, a, b):
    """a a b > a b b where a b (a - b) > 0: the other comparison decides near ties otherwise."""
    first = a * b * (a - b) > 0
    return dY * np.where(first, 2 * a * b, b * b), dY * np.where(first, a * a, 2 * a * b)


def near_inputs(rng, n):
    a, b = near(rng, (n,))
    return {"a": a, "b": np.where(rng.random(n) < 0.3, a * (1 + 2.0**-52), b)}


def two_sides(x):
    """relu(x) - relu(-x), which is x, at 0 too."""
    return jax.nn.relu(x) - jax.nn.relu(-x)


def two_sides_backward(dY, x):
    return dY * np.ones_like(x)


def leaky(x):
    return jax.nn.leaky_relu(x, 0.01) + jax.nn.elu(x)


def leaky_backward(dY, x):
    return dY * np.where(x > 0, 2.0, 0.01 + np.exp(np.minimum(x, 0)))


def saturated_inputs(rng, n):
    return {"x": logits(rng, (n,), 40.0) * rng.choice([0.0, 1.0], n)}


def range_of(x):
    return jnp.max(x) - jnp.min(x)


def range_backward(dY, x):
    high, low = x == x.max(), x == x.min()
    return dY * (high / high.sum() - low / low.sum())


LENGTHS = ((1,), (12,), (400,))
FAMILIES = (
    Family("ReLU layer, cancelling", relu_layer, relu_layer_backward, relu_inputs, ((3, 4, 2), (5, 40, 3))),
    Family("ReLU layer, by comparison", relu_layer, relu_layer_by_comparison, relu_inputs, ((3, 4, 2), (5, 40, 3))),
    Family("Huber loss", huber, huber_backward, huber_inputs, LENGTHS),
    Family("max pooling, ties", max_pool, max_pool_backward, pool_inputs, ((1, 2), (3, 5), (20, 20))),
    Family("maximum, first of ties", maximum, maximum_backward, tied_inputs, LENGTHS),
    Family("maximum by index, last of ties", maximum_by_index, maximum_last, tied_inputs, LENGTHS),
    Family("range, shared by ties", range_of, range_backward, tied_inputs, LENGTHS),
    Family("sorted, distinct", sorted_sum, sorted_sum_in_order, distinct_inputs, ((3,), (12,))),
    Family("sorted, ties in other order", sorted_sum, sorted_sum_backward, tied_inputs, ((3,), (12,))),
    Family("1-norm with zeros", norm_1, norm_1_backward, hard_inputs, LENGTHS),
    Family("clipped cube", clipped, clipped_backward, hard_inputs, LENGTHS),
    Family("hinge loss", hinge, hinge_backward, hinge_inputs, ((2, 2), (10, 4)), ("w", "X")),
    Family("larger of near products", larger, larger_backward, near_inputs, ((1,), (12,))),
    Family("two-sided ReLU", two_sides, two_sides_backward, hard_inputs, LENGTHS),
    Family("leaky ReLU and ELU", leaky, leaky_backward, saturated_inputs, LENGTHS),
)
