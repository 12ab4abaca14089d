"""Right numbers, mostly, given back in the wrong way: shapes, counts, dtypes, changed inputs, memory, exceptions."""

import itertools

import numpy as np

from tests.planted.derivations.right_layers import (
    affine,
    affine_backward,
    attention,
    attention_backward,
    batch_norm,
    batch_norm_backward,
    dropout,
    residual,
    softmax,
)
from tests.planted.derivations.right_losses import cross_entropy, half_squares, lasso, regression, regression_gradient
from tests.planted.derivations.right_matrices import quadratic, unit, unit_backward
from tests.planted.derivations.right_pointwise import sigmoid, softplus
from tests.planted.derivations.right_sequences import (
    largest,
    recurrence,
    recurrence_backward,
    running_sum,
    total_product,
)
from verify import between

# -- changed inputs ----------------------------------------------------------------------------------------------------


@residual.wrong(cause="changed input")
def cotangent_multiplied_in_place(dY, X, W):
    dY *= 1 - np.tanh(W @ X) ** 2
    return dY + W.T @ dY, dY @ X.T


@cross_entropy.wrong(cause="changed input")
def one_subtracted_in_place(Z, Y):
    Y -= softmax(Z, axis=0) * Y.sum(axis=0)
    return -Y / Z.shape[1]


@running_sum.wrong(cause="changed input")
def accumulated_in_place(dY):
    for s in range(len(dY) - 2, -1, -1):
        dY[s] += dY[s + 1]
    return dY


@largest.wrong(cause="changed input")
def sorted_in_place(x):
    top = x.argmax()
    dx = (np.arange(x.size) == top) * 1.0
    x.sort()
    return dx


# -- memory of earlier calls -------------------------------------------------------------------------------------------

_total = {"W": 0.0}


@regression.given(shapes={"W": "2 3", "b": "2 1", "X": "3 m", "Y": "2 m"}).wrong("dW", cause="second call")
def added_to_the_last_gradient(W, b, X, Y):
    dW, db = regression_gradient(W, b, X, Y)
    _total["W"] = _total["W"] + np.array(dW)
    return _total["W"], db


_masks = itertools.cycle((0.0, 1.0))


@dropout.wrong("dX", cause="second call")
def mask_of_its_own(dY, p):
    return dY * next(_masks) / p


_weights = {}


@attention.wrong("dV")
def weights_kept_by_shape(dY, Q, K, V):
    dQ, dK, _ = attention_backward(dY, Q, K, V)
    A = _weights.setdefault((Q.shape, K.shape), softmax(Q @ K.T / np.sqrt(K.shape[1]), axis=1))
    return dQ, dK, A.T @ dY


# -- exceptions --------------------------------------------------------------------------------------------------------


@batch_norm.wrong(cause="exception")
def a_batch_of_two_at_least(dY, X, gamma):
    if X.shape[1] < 2:
        raise ValueError("expected more than one example")
    return batch_norm_backward(dY, X, gamma)


@affine.wrong(cause="exception")
def transpose_forgotten(dY, X, W):
    return W @ dY, dY @ X.T, dY.sum(axis=1, keepdims=True)


@unit.wrong(cause="exception")
def first_three_entries(dy, x):
    x[2]
    return unit_backward(dy, x)


@half_squares.wrong(cause="exception")
def mode_not_known(X, mode):
    return {"sum": X}[mode].copy()


@quadratic.wrong(cause="exception")
def positive_definite_assumed(x, A):
    L = np.linalg.cholesky((A + A.T) / 2)
    return 2 * L @ (L.T @ x), np.outer(x, x)


# -- counts, types, dtypes, shapes -------------------------------------------------------------------------------------


@affine.wrong(cause="count")
def bias_forgotten(dY, X, W):
    return W.T @ dY, dY @ X.T


@affine.wrong(cause="count")
def keys_of_gradients(dY, X, W):
    dX, dW, db = affine_backward(dY, X, W)
    return {"dX": dX, "dW": dW, "db": db}


@quadratic.wrong("dA", cause="count")
def none_for_the_matrix(x, A):
    return (A + A.T) @ x, None


@affine.wrong("db", cause="type")
def method_not_called(dY, X, W):
    return W.T @ dY, dY @ X.T, dY.sum(axis=1, keepdims=True).copy


@recurrence.wrong("dx", cause="type")
def list_of_steps(dh, x, a):
    dx, da = recurrence_backward(dh, x, a)
    return list(dx), da


@sigmoid.wrong("value", cause="dtype")
def single_precision_out(z):
    s = 1 / (1 + np.exp(-z))
    return (s * (1 - s)).astype(np.float32)


@quadratic.wrong("dx", cause="shape")
def a_column(x, A):
    return ((A + A.T) @ x)[:, None], np.outer(x, x)


# -- not finite --------------------------------------------------------------------------------------------------------


@softplus.given(domains={"z": between(-1000, 1000)}).wrong("value", "not finite")
def exponential_overflows(z):
    return np.exp(z) / (1 + np.exp(z))


@cross_entropy.given(domains={"Z": between(-1000, 1000)}).wrong("dZ", "not finite")
def naive_softmax(Z, Y):
    E = np.exp(Z)
    return (E / E.sum(axis=0) * Y.sum(axis=0) - Y) / Z.shape[1]


@total_product.wrong("dx", "not finite")
def product_over_factor(x):
    return x.prod() / x


@lasso.wrong("dW", "not finite")
def weight_over_its_size(W, lam):
    return lam * W / np.abs(W)
