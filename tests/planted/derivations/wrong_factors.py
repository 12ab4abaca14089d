"""Signs and factors: 1/m, 2, lam, p, sqrt(k), T, gamma."""

import numpy as np

from tests.planted.derivations.right_layers import (
    affine,
    affine_backward,
    attention,
    attention_backward,
    batch_norm,
    batch_norm_backward,
    dropout,
    layer_norm,
    layer_norm_backward,
)
from tests.planted.derivations.right_losses import (
    mean_squared_error,
    mean_squared_error_gradient,
    regression,
    regression_gradient,
    sample_variance,
    weight_decay,
)
from tests.planted.derivations.right_matrices import tempered, tempered_backward
from tests.planted.derivations.right_pointwise import bell


@affine.wrong("dX", "opposite sign")
def minus_dX(dY, X, W):
    dX, dW, db = affine_backward(dY, X, W)
    return -dX, dW, db


@affine.wrong("dW", "zero")
def dW_left_at_zero(dY, X, W):
    dX, _, db = affine_backward(dY, X, W)
    return dX, np.zeros_like(W), db


@affine.wrong("db", "off by a constant factor 2")
def db_counted_twice(dY, X, W):
    dX, dW, db = affine_backward(dY, X, W)
    db = db + dY.sum(axis=1, keepdims=True)
    return dX, dW, db


@affine.wrong("db", "a factor of 1/m")
def db_is_a_mean(dY, X, W):
    return W.T @ dY, dY @ X.T, dY.mean(axis=1, keepdims=True)


@regression.wrong("dW", "a factor of m")
def dW_without_1_over_m(W, b, X, Y):
    R = W @ X + b - Y
    return R @ X.T, R.mean(axis=1, keepdims=True)


@regression.wrong("db", "a factor of 1/m")
def db_with_1_over_m_twice(W, b, X, Y):
    dW, db = regression_gradient(W, b, X, Y)
    return dW, db / X.shape[1]


@regression.wrong("db", "agrees after multiplying by 1/m")
def db_without_1_over_m(W, b, X, Y):
    R = W @ X + b - Y
    return R @ X.T / X.shape[1], R.sum(axis=1, keepdims=True)


@regression.wrong("dW db", "agrees after changing the sign")
def residual_reversed(W, b, X, Y):
    R = (Y - (W @ X + b)) / X.shape[1]
    return R @ X.T, R.sum(axis=1, keepdims=True)


@mean_squared_error.wrong("dB", "opposite sign")
def same_sign_for_both(A, B):
    dA, _ = mean_squared_error_gradient(A, B)
    return dA, dA.copy()


@weight_decay.wrong("dW", "a factor of lam")
def lam_twice(W, lam):
    return lam**2 * W


@weight_decay.wrong("dW", "a factor of 1/lam")
def lam_lost(W):
    return W.copy()


@weight_decay.wrong("dW", "off by a constant factor 2")
def penalty_without_its_half(W, lam):
    return 2 * lam * W


@dropout.wrong("dX", "a factor of p")
def one_over_p_lost(dY, D):
    return dY * D


@dropout.wrong("dX", "a factor of 1/p")
def one_over_p_twice(dY, D, p):
    return dY * D / p / p


@attention.wrong("dQ", "a factor of sqrt(k)")
def dQ_unscaled(dY, Q, K, V):
    dQ, dK, dV = attention_backward(dY, Q, K, V)
    return dQ * np.sqrt(K.shape[1]), dK, dV


@tempered.wrong("dz", "a factor of T")
def one_over_T_lost(dA, z, T):
    dz, dT = tempered_backward(dA, z, T)
    return dz * T, dT


@tempered.wrong("dT", "opposite sign")
def one_over_T_differentiated_without_its_minus(dA, z, T):
    dz, dT = tempered_backward(dA, z, T)
    return dz, -dT


@layer_norm.wrong("dgamma", "a factor of gamma")
def dgamma_with_gamma(dY, X, gamma):
    dX, dgamma, dbeta = layer_norm_backward(dY, X, gamma)
    return dX, gamma * dgamma, dbeta


@batch_norm.wrong("dX", "agrees after multiplying by gamma")
def dX_without_gamma(dY, X, gamma):
    _, dgamma, dbeta = batch_norm_backward(dY, X, gamma)
    dX, _, _ = batch_norm_backward(dY, X, np.ones_like(gamma))
    return dX, dgamma, dbeta


@sample_variance.wrong("dx")
def divided_by_n(x):
    return 2 * (x - x.mean()) / x.size


@bell.wrong("value", "opposite sign")
def inner_derivative_without_its_minus(x):
    return x * np.exp(-(x**2) / 2)
