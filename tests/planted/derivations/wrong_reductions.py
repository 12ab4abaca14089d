"""Sums over the wrong axis or over none, means for sums, axes lost or added, broadcasting that nobody wanted."""

import numpy as np

from tests.planted.derivations.right_layers import (
    affine,
    batch_norm,
    batch_norm_backward,
    layer_norm,
    normalized_backward,
    rms_norm,
    rms_norm_backward,
    scaled,
    scaled_backward,
    shifted,
)
from tests.planted.derivations.right_losses import (
    fit,
    logistic_loss,
    logistic_loss_gradient,
    mean_squared_error,
    weighted_mean,
)
from tests.planted.derivations.right_matrices import batched, batched_backward, outer, tempered, tempered_backward


@affine.wrong("db", "agrees after summing over axis 1 (keepdims=True)", cause="shape")
def db_not_summed(dY, X, W):
    return W.T @ dY, dY @ X.T, dY.copy()


@affine.wrong("db", "agrees after adding the missing axis, [:, None]", cause="shape")
def keepdims_forgotten(dY, X, W):
    return W.T @ dY, dY @ X.T, dY.sum(axis=1)


@affine.wrong("db", cause="shape")
def db_summed_over_features(dY, X, W):
    return W.T @ dY, dY @ X.T, dY.sum(axis=0, keepdims=True)


@shifted.wrong("db")
def db_summed_over_the_other_axis_of_a_square(dY):
    return dY.copy(), dY.sum(axis=0)[:, None]


@layer_norm.wrong("dX dgamma")
def normalized_over_the_batch(dY, X, gamma):
    return normalized_backward(dY, X, gamma, axis=1)


@batch_norm.wrong("dX")
def sums_for_means(dY, X, gamma):
    _, dgamma, dbeta = batch_norm_backward(dY, X, gamma)
    s = np.sqrt(X.var(axis=1, keepdims=True) + 1e-5)
    Xhat = (X - X.mean(axis=1, keepdims=True)) / s
    return gamma * (dY - dbeta - Xhat * dgamma) / s, dgamma, dbeta


@rms_norm.wrong("dX", "only when d > 1")
def sum_for_mean_in_the_projection(dY, X, g, eps):
    r = np.sqrt((X**2).mean(axis=0, keepdims=True) + eps)
    return dY * g / r - X * (dY * g * X).sum(axis=0, keepdims=True) / r**3, rms_norm_backward(dY, X, g, eps)[1]


@tempered.wrong("dT", cause="shape")
def dT_for_each_entry(dA, z, T):
    dz, _ = tempered_backward(dA, z, T)
    return dz, -dz * z / T


@scaled.wrong("dc", "a factor of 1/m")
def dc_averaged_over_examples(dY, X, c):
    dX, dc = scaled_backward(dY, X, c)
    return dX, dc / X.shape[1]


@batched.wrong("dW", "a factor of 1/b")
def mean_over_the_batch(dY, X, W):
    dX, dW = batched_backward(dY, X, W)
    return dX, dW / len(X)


@batched.wrong("dW", "only when b > 1")
def first_of_the_batch(dY, X, W):
    return W @ dY, X[0] @ dY[0].T


@mean_squared_error.wrong("dA dB", "a factor of d")
def mean_over_columns_alone(A, B):
    dA = 2 * (A - B) / A.shape[1]
    return dA, -dA


@fit.wrong("dw")
def vector_less_column(w, X, y):
    """(n,) less (n, 1) is (n, n)."""
    return (X.T @ w - y[:, None]).sum(axis=0) @ X.T


@outer.wrong("du")
def v_forgotten(dM, u, v):
    return dM.sum(axis=1), u @ dM


@weighted_mean.wrong("dx", "a factor of n")
def weights_that_average_to_one(x, w):
    return w / w.mean(), (x - w @ x / w.sum()) / w.sum()


@logistic_loss.wrong("dz", "a factor of 1/n")
def mean_for_sum(z, y):
    return logistic_loss_gradient(z, y) / z.size
