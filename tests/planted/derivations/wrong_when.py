"""Wrong for some shapes alone, or for some values of a static or scalar parameter."""

import numpy as np

from tests.planted.derivations.right_layers import (
    affine,
    attention,
    attention_backward,
    batch_norm,
    batch_norm_backward,
    dropout,
    dropout_backward,
    layer_norm,
    layer_norm_backward,
    normalized_backward,
    residual,
    residual_backward,
    rms_norm,
    rms_norm_backward,
    softmax,
)
from tests.planted.derivations.right_losses import (
    cross_entropy,
    half_squares,
    mean_squared_error,
    mean_squared_error_gradient,
)
from tests.planted.derivations.right_matrices import (
    determinant_of_double,
    distances,
    hadamard,
    hadamard_backward,
    tempered,
    tempered_backward,
)
from tests.planted.derivations.right_pointwise import huber, monomial
from tests.planted.derivations.right_sequences import running_sum


@hadamard.wrong("dA", "only when d == m")
def transposed_where_that_fits(dC, A, B):
    dA, dB = hadamard_backward(dC, A, B)
    return (dA.T if dA.shape == dA.T.shape else dA), dB


@batch_norm.wrong("dX", "only when d == m")
def axis_found_by_its_size(dY, X, gamma):
    axis = 0 if X.shape[0] == dY.shape[1] else 1
    dX, _, _ = normalized_backward(dY, X, gamma, axis)
    return dX, *batch_norm_backward(dY, X, gamma)[1:]


@cross_entropy.wrong("dZ", "only when k == m")
def classes_along_the_longer_axis(Z, Y):
    axis = 1 if Z.shape[0] == Z.shape[1] else 0
    return (softmax(Z, axis) * Y.sum(axis=0) - Y) / Z.shape[1]


@attention.wrong("dK", "only when n == m")
def scores_not_transposed_where_that_fits(dY, Q, K, V):
    dQ, dK, dV = attention_backward(dY, Q, K, V)
    A = softmax(Q @ K.T / np.sqrt(K.shape[1]), axis=1)
    dS = A * (dY @ V.T - (dY @ V.T * A).sum(axis=1, keepdims=True)) / np.sqrt(K.shape[1])
    return dQ, (dS @ Q if len(Q) == len(K) else dK), dV


@distances.wrong("dX", "only when d != m")
def rows_counted_for_columns(X):
    return 2 * (len(X) * X - X.sum(axis=1, keepdims=True))


@mean_squared_error.wrong("dA", "only when d > m")
def loop_over_a_square(A, B):
    dA, dB = mean_squared_error_gradient(A, B)
    dA[A.shape[1] :] = 0
    return dA, dB


@running_sum.wrong("dX", "only when d > t")
def as_many_columns_as_rows(dY):
    dX = np.cumsum(dY[::-1], axis=0)[::-1].copy()
    dX[:, len(dY) :] = 0
    return dX


@layer_norm.wrong("dgamma", "only when m == 1")
def a_single_example_skipped(dY, X, gamma):
    dX, dgamma, dbeta = layer_norm_backward(dY, X, gamma)
    return dX, (dgamma if X.shape[1] > 1 else 0 * dgamma), dbeta


@affine.wrong("db", "only when m == 1", cause="shape")
def squeezed(dY, X, W):
    db = dY.sum(axis=1, keepdims=True) if dY.shape[1] > 1 else dY.squeeze()
    return W.T @ dY, dY @ X.T, db


@batch_norm.wrong("dX", "only when m == 1")
def single_example_passed_through(dY, X, gamma):
    dX, dgamma, dbeta = batch_norm_backward(dY, X, gamma)
    return (dX if X.shape[1] > 1 else dY * gamma), dgamma, dbeta


@layer_norm.wrong("dX", "only when d == 1")
def single_feature_passed_through(dY, X, gamma):
    dX, dgamma, dbeta = layer_norm_backward(dY, X, gamma)
    return (dX if len(X) > 1 else dY * gamma), dgamma, dbeta


@residual.wrong("dX", "only when m > 8")
def first_block_of_eight(dY, X, W):
    dX, dW = residual_backward(dY, X, W)
    dX[:, 8:] = dY[:, 8:]
    return dX, dW


@dropout.wrong("dX", "only when m > 8")
def mask_padded_to_eight(dY, D, p):
    return dropout_backward(dY, D, p) if D.shape[1] <= 8 else dY / p


@half_squares.wrong("dX", "only when mode == 'mean'")
def mode_ignored(X):
    return X.copy()


@half_squares.wrong("dX", "only when mode == 'sum'")
def always_a_mean(X):
    return X / X.shape[1]


@monomial.wrong("value", "only when degree == 3")
def square_taken_for_granted(x):
    return 2 * x


@rms_norm.wrong("dX", "only when eps > 1")
def eps_clipped(dY, X, g, eps):
    return rms_norm_backward(dY, X, g, np.minimum(eps, 1.0))[0], rms_norm_backward(dY, X, g, eps)[1]


@huber.wrong("value", "only when delta > 1")
def threshold_at_most_one(r, delta):
    return np.clip(r, -np.minimum(delta, 1.0), np.minimum(delta, 1.0))


@tempered.wrong("dT", "only when T < 0")
def temperature_taken_for_positive(dA, z, T):
    dz, dT = tempered_backward(dA, z, T)
    return dz, np.sign(T) * dT


@determinant_of_double.wrong("value", "only when n > 1")
def doubled_once(A):
    return 2 * np.linalg.det(A)
