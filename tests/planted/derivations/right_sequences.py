"""Indexing, sorting and time, with their VJPs. The first axis is time where there is one."""

import jax.numpy as jnp
import numpy as np

from tests.planted.cases import forward
from verify import between, gradient, integers_below


@forward(shapes={"table": "v d", "at": "m"}, domains={"at": integers_below("v")})
def embedding(table, at):
    return table[at]


@embedding.right
def embedding_backward(dY, table, at):
    dtable = np.zeros_like(table)
    np.add.at(dtable, at, dY)
    return dtable


@embedding.right
def embedding_by_indicator(dY, table, at):
    return (np.arange(len(table))[:, None] == at) @ dY


@forward(shapes={"X": "m d", "at": "m"}, domains={"at": integers_below(4)})
def segment_sum(X, at):
    return jnp.zeros((4, X.shape[1])).at[at].add(X)


@segment_sum.right
def segment_sum_backward(dS, at):
    return dS[at]


@forward(shapes={"X": "t d"})
def running_sum(X):
    return jnp.cumsum(X, axis=0)


@running_sum.right
def running_sum_backward(dY):
    return dY.sum(axis=0) - np.cumsum(dY, axis=0) + dY


@running_sum.right
def running_sum_backward_in_time(dY):
    return np.cumsum(dY[::-1], axis=0)[::-1]


@forward(shapes={"X": "t d"})
def flipped(X):
    return X[::-1]


@flipped.right
def flipped_backward(dY):
    return dY[::-1]


@forward(shapes={"X": "t d"})
def rolled(X):
    return jnp.roll(X, 1, axis=0)


@rolled.right
def rolled_backward(dY):
    return np.roll(dY, -1, axis=0)


@forward(shapes={"X": "t d"})
def padded(X):
    return jnp.pad(X, ((1, 1), (0, 0)))


@padded.right
def padded_backward(dY):
    return dY[1:-1]


@forward(shapes={"X": "2*t d"})
def every_second(X):
    return X[::2]


@every_second.right
def every_second_backward(dY, X):
    dX = np.zeros_like(X)
    dX[::2] = dY
    return dX


@forward(shapes={"X": "t+1 d"})
def difference(X):
    return X[1:] - X[:-1]


@difference.right
def difference_backward(dY):
    edge = np.zeros((1, dY.shape[1]))
    return np.concatenate([edge, dY]) - np.concatenate([dY, edge])


@forward(shapes={"A": "t d", "B": "t d"})
def stacked(A, B):
    return jnp.concatenate([A, B])


@stacked.right
def stacked_backward(dY, A):
    return dY[: len(A)], dY[len(A) :]


@forward(shapes={"x": "t", "a": ""}, domains={"a": between(-1.5, 1.5)})
def recurrence(x, a):
    """h[s] = a h[s - 1] + x[s], from 0."""
    h = [x[0]]
    for s in range(1, x.shape[0]):
        h.append(a * h[-1] + x[s])
    return jnp.stack(h)


@recurrence.right
def recurrence_backward(dh, x, a):
    h, dx = [x[0]], [dh[-1]]
    for s in range(1, len(x)):
        h.append(a * h[-1] + x[s])
        dx.append(a * dx[-1] + dh[-1 - s])
    dx = np.array(dx[::-1]) if isinstance(x, np.ndarray) else np.stack(dx[::-1])
    return dx, sum(d * before for d, before in zip(dx[1:], h, strict=False))


@forward(shapes={"X": "3 k m", "U": "k k"})
def recurrent(X, U):
    """H = tanh(U H + X[s]) for three steps, from 0; the last H."""
    H = jnp.zeros(X.shape[1:])
    for s in range(3):
        H = jnp.tanh(U @ H + X[s])
    return H


def states(X, U):
    """All states of `recurrent`, the initial one first."""
    H = [np.zeros(X.shape[1:])]
    for x in X:
        H.append(np.tanh(U @ H[-1] + x))
    return H


@recurrent.right
def recurrent_backward(dH, X, U):
    H, dX, dU = states(X, U), [], 0.0
    for s in (3, 2, 1):
        dZ = dH * (1 - H[s] ** 2)
        dX.insert(0, dZ)
        dU, dH = dU + dZ @ H[s - 1].T, U.T @ dZ
    return np.stack(dX), dU


@forward(gradient, shapes={"x": "n", "w": "n"}, wrt="x")
def weighted_order_statistics(x, w):
    return w @ jnp.sort(x)


@weighted_order_statistics.right
def weighted_order_statistics_gradient(x, w):
    dx = np.zeros_like(x)
    dx[np.argsort(x)] = w
    return dx


@forward(gradient, shapes={"x": "n+1"})
def sum_of_two_largest(x):
    return jnp.sum(jnp.sort(x)[-2:])


@sum_of_two_largest.right
def sum_of_two_largest_gradient(x):
    dx = np.zeros_like(x)
    dx[np.argsort(x)[-2:]] = 1
    return dx


@forward(gradient, shapes={"x": "n"})
def largest(x):
    return jnp.max(x)


@largest.right
def largest_gradient(x):
    return (np.arange(x.size) == np.argmax(x)).astype(float)


@forward(shapes={"X": "t d"})
def running_product(X):
    return jnp.cumprod(X, axis=0)


@running_product.given(domains={"X": between(0.5, 2)}).right
def running_product_backward(dY, X):
    return np.cumsum((dY * np.cumprod(X, axis=0))[::-1], axis=0)[::-1] / X


@forward(gradient, shapes={"x": "n"})
def total_product(x):
    return jnp.prod(x)


@total_product.right
def total_product_gradient(x):
    others = ~np.eye(x.size, dtype=bool)
    return np.where(others, x, 1.0).prod(axis=1)
