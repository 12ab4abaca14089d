"""Hard to see: rare inputs, one entry of many, errors behind estimated bounds, values at a kink that no side has."""

import numpy as np

from tests.planted.derivations.hard_cancellation import nearly_constant, relu, small_integers
from tests.planted.derivations.hard_ranges import mixed_scales
from tests.planted.derivations.right_layers import (
    affine,
    affine_backward,
    convolution,
    convolution_backward,
    dropout,
    dropout_backward,
    layer_norm,
    layer_norm_backward,
    masked,
    masked_backward,
    max_pool,
    max_pool_backward,
    mean_pool,
)
from tests.planted.derivations.right_losses import hinge, logistic_loss, logistic_loss_gradient
from tests.planted.derivations.right_matrices import (
    distances,
    inverse,
    inverse_backward,
    log_determinant,
    product,
    product_backward,
    smooth_norm,
    smooth_norm_gradient,
)
from tests.planted.derivations.right_pointwise import hard_tanh, softplus, swish
from tests.planted.derivations.right_sequences import (
    recurrence,
    recurrence_backward,
    running_sum,
    weighted_order_statistics,
)


@affine.given(shapes={"X": "400 2", "W": "3 400", "b": "3 1"}).wrong("dW", "one column")
def one_weight_column_of_400(dY, X, W):
    dX, dW, db = affine_backward(dY, X, W)
    dW[:, 123] *= 1 + 1e-8
    return dX, dW, db


@product.given(domains={"X": mixed_scales, "W": mixed_scales}).wrong("dX")
def small_terms_dropped(dY, X, W):
    return dY @ np.where(np.abs(W) < 1e-4, 0.0, W).T, product_backward(dY, X, W)[1]


@convolution.wrong("dw", "last entry")
def a_hundred_millionth_under_an_estimated_bound(dy, x, w):
    dx, dw = convolution_backward(dy, x, w)
    dw[-1] *= 1 + 1e-8
    return dx, dw


@log_determinant.wrong("dA", "first entry")
def a_hundred_millionth_of_an_inverse(A):
    dA = np.linalg.inv(A).T.copy()
    dA[0, 0] *= 1 + 1e-8
    return dA


@inverse.wrong("dA")
def a_trace_of_the_transpose(dY, A):
    dA = inverse_backward(dY, A)
    return dA + 1e-8 * (dA.T - dA)


@running_sum.wrong("dX")
def filled_in_single_precision(dY):
    dX, total = np.zeros(dY.shape, dtype=np.float32), np.zeros(dY.shape[1])
    for s in range(len(dY) - 1, -1, -1):
        total = total + dY[s]
        dX[s] = total
    return dX.astype(np.float64)


@swish.wrong("value", "only where z == 0")
def nan_taken_for_zero(z):
    s = 1 / (1 + np.exp(-z))
    return np.nan_to_num(z * s / z) + z * s * (1 - s)


@masked.wrong("dX", "only where dY == 0")
def something_for_a_zero_cotangent(dY, X, D):
    return np.where(dY == 0, 1e-3, masked_backward(dY, X, D))


@dropout.wrong("dX", "only when p == 1")
def nothing_dropped_if_all_is_kept(dY, D, p):
    return dY.copy() if p == 1 else dropout_backward(dY, D, p)


@layer_norm.given(domains={"X": nearly_constant}).wrong("dX")
def wrong_if_the_variance_is_below_eps(dY, X, gamma):
    dX, dgamma, dbeta = layer_norm_backward(dY, X, gamma)
    return np.where(X.var(axis=0, keepdims=True) < 1e-7, dY * gamma, dX), dgamma, dbeta


@logistic_loss.wrong("dz", "only where y == 1")
def positives_weighted(z, y):
    return logistic_loss_gradient(z, y) * np.where(y == 1, 1 + 1e-6, 1.0)


@distances.given(domains={"X": small_integers}).wrong("dX")
def pairs_at_distance_zero_skipped(X):
    """Columns that are equal pull on the others once."""
    repeated = (X[:, :, None] == X[:, None, :]).all(axis=0)
    first = np.argmax(repeated, axis=1) == np.arange(X.shape[1])
    return 2 * ((X[:, :, None] - X[:, None, :]) * first).sum(axis=2)


@smooth_norm.wrong("dx", "only when n > 8")
def blocks_of_eight(x):
    return np.concatenate([smooth_norm_gradient(x)[:8], x[8:] / np.sqrt(x[8:] @ x[8:] + 1e-6)])


@mean_pool.wrong("dX", "last row")
def odd_number_of_windows_one_short(dY):
    dX = np.repeat(dY, 2, axis=0) / 2
    if len(dY) % 2:
        dX[-1] = 0
    return dX


@recurrence.wrong("dx", "only when a > 1")
def growth_clipped(dh, x, a):
    dx, _ = recurrence_backward(dh, x, np.minimum(a, 1.0))
    return dx, recurrence_backward(dh, x, a)[1]


@recurrence.wrong("da", "only when t > 8")
def truncated_after_eight_steps(dh, x, a):
    dx, da = recurrence_backward(dh, x, a)
    return dx, (da if len(x) <= 8 else recurrence_backward(dh[-8:], x[-8:], a)[1])


@softplus.wrong("value", "only where z < 0")
def a_little_less_below_zero(z):
    return np.exp(z) / (1 + np.exp(z) + np.where(z < 0, 1e-9, 0.0))


@relu.wrong("value", "only where z == 0")
def two_at_the_kink(z):
    return 1.0 * (z > 0) + 2.0 * (z == 0)


@hard_tanh.wrong("value", "only where |z| == 1")
def counted_at_both_edges(z):
    return 1.0 * (z >= -1) * (z <= 1) + 1.0 * (np.abs(z) == 1)


@hinge.given(domains={"z": small_integers, "y": small_integers}).wrong("dz")
def twice_at_the_margin(z, y):
    return -y * np.where(y * z == 1, 2.0, y * z < 1)


@max_pool.wrong("dX")
def taken_back_at_ties(dY, X):
    tied = np.repeat(X[::2] == X[1::2], 2, axis=0)
    return np.where(tied, -np.repeat(dY, 2, axis=0), max_pool_backward(dY, X))


@weighted_order_statistics.wrong("dx")
def equal_numbers_share_the_sum(x, w):
    dx = np.zeros_like(x)
    dx[np.argsort(x)] = w
    return np.array([np.sum(dx[x == v]) for v in x])
