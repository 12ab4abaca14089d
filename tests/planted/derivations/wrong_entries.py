"""Mistakes in some entries alone: off-by-one slices, an entry treated apart, the diagonal, one side of it."""

import numpy as np

from tests.planted.derivations.right_layers import affine, affine_backward, causal, causal_backward, masked
from tests.planted.derivations.right_losses import (
    cross_entropy,
    cross_entropy_gradient,
    negative_log_likelihood,
    one_column_weighted,
    one_row_weighted,
    weight_decay,
)
from tests.planted.derivations.right_matrices import bilinear, bilinear_gradient, trace_of_square
from tests.planted.derivations.right_sequences import (
    difference,
    difference_backward,
    largest,
    recurrence,
    recurrence_backward,
    recurrent,
    recurrent_backward,
    running_sum,
)


@difference.wrong("dX", "last row")
def last_term_forgotten(dY, X):
    dX = np.zeros_like(X)
    dX[:-1] -= dY
    dX[1:-1] += dY[:-1]
    return dX


@difference.wrong("dX", "first row")
def first_term_forgotten(dY):
    dX = difference_backward(dY)
    dX[0] = 0
    return dX


@running_sum.wrong("dX", "first row")
def loop_never_reaches_the_start(dY):
    dX = dY.copy()
    for s in range(len(dY) - 2, 0, -1):
        dX[s] = dX[s] + dX[s + 1]
    return dX


@masked.wrong("dX", "last column")
def last_example_left_out(dY, X, D):
    dX = np.zeros_like(X)
    for j in range(X.shape[1] - 1):
        dX[:, j] = dY[:, j] * D[:, j] * (1 - np.tanh(X[:, j]) ** 2)
    return dX


@cross_entropy.wrong("dZ", "last row")
def last_class_taken_for_the_reference(Z, Y):
    dZ = cross_entropy_gradient(Z, Y)
    dZ[-1:] = 0
    return dZ


@affine.wrong("dW", "last entry")
def a_hundred_millionth_too_much(dY, X, W):
    dX, dW, db = affine_backward(dY, X, W)
    dW[-1, -1] *= 1 + 1e-8
    return dX, dW, db


@affine.wrong("dW", "first entry")
def first_weight_frozen(dY, X, W):
    dX, dW, db = affine_backward(dY, X, W)
    dW[0, 0] = 0
    return dX, dW, db


@recurrence.wrong("dx", "last entry")
def last_step_twice(dh, x, a):
    dx, da = recurrence_backward(dh, x, a)
    dx[-1] += dh[-1]
    return dx, da


@recurrence.wrong("dx", "first entry")
def backward_loop_stops_at_one(dh, x, a):
    dx, da = recurrence_backward(dh, x, a)
    dx[0] = dh[0]
    return dx, da


@recurrent.wrong("dX", "last along axis 0")
def last_step_without_its_slope(dH, X, U):
    dX, dU = recurrent_backward(dH, X, U)
    return np.concatenate([dX[:-1], dH[None]]), dU


@one_row_weighted.wrong("dX", "one row")
def chosen_row_counted_once(X):
    return 2 * X


@one_column_weighted.wrong("dX", "one column")
def chosen_column_forgotten(X):
    return 1 - np.tanh(X) ** 2


@negative_log_likelihood.wrong("dz", "one entry")
def one_not_subtracted(z):
    return np.exp(z - z.max()) / np.exp(z - z.max()).sum()


@largest.wrong("dx", "one entry")
def largest_counted_twice(x):
    return 2.0 * (np.arange(x.size) == np.argmax(x))


@trace_of_square.wrong("dA", "diagonal only")
def entries_of_a_symmetric_matrix_counted_once(A):
    return 2 * A - A * np.eye(len(A))


@bilinear.wrong("dA", "all but the diagonal")
def mirrored_entries_added(x, A, y):
    dx, dA, dy = bilinear_gradient(x, A, y)
    return dx, np.where(np.eye(len(A)), dA, dA + dA.T), dy


@causal.wrong("dA", "above the diagonal")
def gradient_of_what_is_cut_off(dY, A, X):
    _, dX = causal_backward(dY, A, X)
    return dY @ X.T, dX


@causal.wrong("dA", "diagonal only")
def diagonal_cut_off_too(dY, A, X):
    dA, dX = causal_backward(dY, A, X)
    return np.tril(dA, -1), dX


@causal.wrong("dA", "below the diagonal")
def lower_part_counted_twice(dY, A, X):
    dA, dX = causal_backward(dY, A, X)
    return dA + np.tril(dA, -1), dX


@weight_decay.wrong("dW", "first column")
def first_column_not_penalized(W, lam):
    return lam * W * (np.arange(W.shape[1]) > 0)
