"""Wrong where an input is negative, zero, large, tied, or not a hard label."""

import numpy as np

from tests.planted.derivations.right_layers import max_pool, max_pool_backward, rms_norm, rms_norm_backward, softmax
from tests.planted.derivations.right_losses import cross_entropy, lasso, logistic_loss, weight_decay
from tests.planted.derivations.right_matrices import hadamard, hadamard_backward
from tests.planted.derivations.right_pointwise import (
    absolute,
    elu,
    gelu,
    gelu_prime,
    hard_tanh,
    leaky_relu,
    power,
    softplus,
    softplus_prime,
    squared_relu,
    swish,
    tanh,
    tanh_prime,
)
from tests.planted.derivations.right_sequences import largest, running_product, sum_of_two_largest, total_product


@leaky_relu.wrong("value", "only where z < 0")
def slope_of_relu(z):
    return (z >= 0) * 1.0


@absolute.wrong("value", "only where x < 0")
def sign_lost(x):
    return np.ones_like(x)


@elu.wrong("value", "only where z < 0")
def one_not_dropped(z):
    return np.where(z >= 0, 1.0, np.expm1(np.minimum(z, 0)))


@lasso.wrong("dW", "only where W < 0")
def positive_weights_alone(W, lam):
    return lam * (W > 0)


@squared_relu.wrong("value", "only where z > 0")
def relu_for_its_square(z):
    return np.maximum(z, 0.0)


@leaky_relu.wrong("value", "only where z == 0")
def neither_side_at_zero(z, a):
    return (z > 0) + a * (z < 0)


@swish.wrong("value", "only where z == 0")
def output_over_input_guarded(z):
    s = 1 / (1 + np.exp(-z))
    ratio = np.divide(z * s, z, out=np.zeros_like(z), where=z != 0)
    return ratio + z * s * (1 - s)


@total_product.wrong("dx", "only where x == 0")
def product_over_factor_guarded(x):
    return np.where(x == 0, 0.0, x.prod() / np.where(x == 0, 1.0, x))


@hadamard.wrong("dB", "only where A == 0")
def zeros_taken_for_missing(dC, A, B):
    dA, dB = hadamard_backward(dC, A, B)
    return dA, np.where(A == 0, dC, dB)


@tanh.wrong("value", "only where |z| > 3")
def saturated_beyond_three(z):
    return np.where(np.abs(z) > 3, 0.0, tanh_prime(z))


@gelu.wrong("value", "only where z > 3")
def one_beyond_three(z):
    return np.where(z > 3, 1.0, gelu_prime(z))


@softplus.wrong("value", "only where z > 20")
def linear_beyond_twenty(z):
    """As libraries do to avoid overflow: wrong by 2e-9 at 20."""
    return np.where(z > 20, 1.0, softplus_prime(z))


@weight_decay.wrong("dW", "only where |W| > 20")
def gradient_clipped(W, lam):
    return lam * np.clip(W, -20.0, 20.0)


@hard_tanh.wrong("value", "only where |z| > 1")
def straight_through(z):
    return np.ones_like(z)


@logistic_loss.wrong("dz", "only where y is neither 0 nor 1")
def one_of_two_branches(z, y):
    s = 1 / (1 + np.exp(-z))
    return np.where(y == 1, s - 1, s)


@cross_entropy.wrong("dZ", "only where Y is neither 0 nor 1")
def class_by_argmax(Z, Y):
    one_hot = np.arange(len(Y))[:, None] == Y.argmax(axis=0)
    return (softmax(Z, axis=0) - one_hot) / Z.shape[1]


@cross_entropy.given(domains={}).wrong("dZ")
def targets_assumed_to_sum_to_one(Z, Y):
    return (softmax(Z, axis=0) - Y) / Z.shape[1]


@power.wrong("value", "only where x < 1")
def logarithm_of_large_bases_alone(x, p):
    return x**p * np.maximum(np.log(x), 0.0)


@running_product.wrong("dX", "only where X == 0")
def product_up_to_here_over_factor_guarded(dY, X):
    total = np.cumsum((dY * np.cumprod(X, axis=0))[::-1], axis=0)[::-1]
    return np.where(X == 0, 0.0, total / np.where(X == 0, 1.0, X))


@max_pool.given(kink="autodiff").wrong("dX")
def ties_to_the_first(dY, X):
    return max_pool_backward(dY, X)


@largest.given(kink="autodiff").wrong("dx")
def first_of_the_ties(x):
    return 1.0 * (np.arange(x.size) == np.argmax(x))


@sum_of_two_largest.wrong("dx")
def second_largest_must_be_smaller(x):
    return (x >= x[x < x.max()].max(initial=-np.inf)) * 1.0


@rms_norm.wrong("dX", "only where X == 0")
def zeros_stay_zero(dY, X, g, eps):
    dX, dg = rms_norm_backward(dY, X, g, eps)
    return np.where(X == 0, 0.0, dX), dg
