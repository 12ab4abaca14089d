"""Indexing, scattering, sorting, pooling, convolution and time: duplicates lost, loops reversed, carries wrong."""

import numpy as np

from tests.planted.derivations.right_layers import convolution, convolution_backward, max_pool, mean_pool
from tests.planted.derivations.right_sequences import (
    embedding,
    embedding_backward,
    every_second,
    padded,
    recurrence,
    recurrence_backward,
    recurrent,
    recurrent_backward,
    running_sum,
    segment_sum,
    sum_of_two_largest,
    total_product,
    weighted_order_statistics,
)


@embedding.wrong("dtable")
def duplicates_lost(dY, table, at):
    dtable = np.zeros_like(table)
    dtable[at] += dY
    return dtable


@embedding.wrong("dtable", "shifted by one along axis 0")
def indices_counted_from_one(dY, table, at):
    return embedding_backward(dY, table, at - 1)


@segment_sum.wrong("dX")
def mean_of_each_segment(dS, at):
    return dS[at] / np.bincount(at, minlength=4)[at][:, None]


@running_sum.wrong("dX")
def time_not_reversed(dY):
    return np.cumsum(dY, axis=0)


@running_sum.wrong("dX", "agrees after adding dY")
def own_step_left_out(dY):
    return dY.sum(axis=0) - np.cumsum(dY, axis=0)


@running_sum.wrong("dX", "reversed along axis 0")
def not_turned_back(dY):
    return np.cumsum(dY[::-1], axis=0)


@recurrence.wrong("dx")
def loop_forward_in_time(dh, x, a):
    dx = [dh[0]]
    for d in dh[1:]:
        dx.append(a * dx[-1] + d)
    return np.stack(dx), recurrence_backward(dh, x, a)[1]


@recurrence.wrong("da")
def state_after_for_state_before(dh, x, a):
    dx, _ = recurrence_backward(dh, x, a)
    h, da = x[0], 0.0
    for s in range(1, len(x)):
        h = a * h + x[s]
        da = da + dx[s] * h
    return dx, da + 0 * a


@recurrent.wrong("dX", "reversed along axis 0")
def steps_in_the_order_of_the_loop(dH, X, U):
    dX, dU = recurrent_backward(dH, X, U)
    return dX[::-1], dU


@convolution.wrong("dx", "shifted by one along axis 0")
def window_one_late(dy, x, w):
    dx, dw = convolution_backward(dy, x, w)
    return np.roll(dx, 1), dw


@max_pool.wrong("dX")
def always_to_the_first_of_a_pair(dY, X):
    dX = np.zeros_like(X)
    dX[::2] = dY
    return dX


@max_pool.wrong("dX")
def to_both_of_a_pair(dY):
    return np.repeat(dY, 2, axis=0)


@mean_pool.wrong("dX")
def tiled_for_repeated(dY):
    return np.tile(dY, (2, 1)) / 2


@padded.wrong("dX", "shifted by one along axis 0")
def padding_cut_at_the_end_alone(dY):
    return dY[:-2]


@every_second.wrong("dX", "shifted by one along axis 0")
def the_other_half(dY, X):
    dX = np.zeros_like(X)
    dX[1::2] = dY
    return dX


@weighted_order_statistics.wrong("dx")
def order_for_ranks(x, w):
    return w[np.argsort(x)]


@sum_of_two_largest.wrong("dx", "one entry")
def largest_alone(x):
    return 1.0 * (np.arange(x.size) == np.argmax(x))


@total_product.wrong("dx", "a factor of x")
def product_of_all_with_itself(x):
    return np.ones_like(x) * x.prod()
