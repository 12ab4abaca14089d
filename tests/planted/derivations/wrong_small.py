"""Small errors: rounded constants, eps in the wrong place or left out, low precision, from 1e-2 to 1e-10."""

import numpy as np

from tests.planted.derivations.hard_ranges import entropy, exact_gelu
from tests.planted.derivations.right_layers import (
    affine,
    affine_backward,
    attention,
    attention_backward,
    layer_norm,
    layer_norm_backward,
    residual,
    residual_backward,
    softmax,
)
from tests.planted.derivations.right_losses import (
    cross_entropy,
    gaussian,
    gaussian_gradient,
    logistic_loss,
    logistic_loss_gradient,
    ridge,
    ridge_gradient,
)
from tests.planted.derivations.right_matrices import quadratic, smooth_norm, unit
from tests.planted.derivations.right_pointwise import (
    gelu,
    gelu_prime,
    gelu_slope,
    leaky_relu,
    logit,
    sigmoid,
    sigmoid_prime,
    tanh,
)


@affine.wrong("dW")
def a_hundred_millionth(dY, X, W):
    dX, dW, db = affine_backward(dY, X, W)
    return dX, dW * (1 + 1e-8), db


@affine.wrong("dX")
def a_ten_thousand_millionth(dY, X, W):
    dX, dW, db = affine_backward(dY, X, W)
    return dX * (1 + 1e-10), dW, db


@quadratic.wrong("dA", "diagonal only")
def ridge_on_the_diagonal(x, A):
    return (A + A.T) @ x, np.outer(x, x) + 1e-8 * np.eye(x.size)


@logistic_loss.wrong("dz", "off by a constant 1e-09")
def a_constant_added(z, y):
    return logistic_loss_gradient(z, y) + 1e-9


@ridge.wrong("dW", "off by a multiple of W")
def a_trace_of_weight_decay(W, X, Y, lam):
    return ridge_gradient(W, X, Y, lam) + 1e-8 * W


@gelu.wrong("value")
def constant_of_four_digits(z):
    return gelu_slope(z, 0.7979, 0.044715)


@gelu.wrong("value")
def cubic_term_not_differentiated(z):
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (z + 0.044715 * z**3))
    return (1 + t) / 2 + z / 2 * (1 - t**2) * c


@exact_gelu.wrong("value")
def slope_of_the_approximation(z):
    return gelu_prime(z)


@layer_norm.wrong("dX")
def eps_outside_the_root(dY, X, gamma):
    _, dgamma, dbeta = layer_norm_backward(dY, X, gamma)
    s = np.sqrt(X.var(axis=0)) + 1e-5
    Xhat, dXhat = (X - X.mean(axis=0)) / s, dY * gamma
    return (dXhat - dXhat.mean(axis=0) - Xhat * (dXhat * Xhat).mean(axis=0)) / s, dgamma, dbeta


@layer_norm.wrong("dX")
def eps_of_another_library(dY, X, gamma):
    _, dgamma, dbeta = layer_norm_backward(dY, X, gamma)
    s = np.sqrt(X.var(axis=0) + 1e-6)
    Xhat, dXhat = (X - X.mean(axis=0)) / s, dY * gamma
    return (dXhat - dXhat.mean(axis=0) - Xhat * (dXhat * Xhat).mean(axis=0)) / s, dgamma, dbeta


@smooth_norm.wrong("dx")
def eps_dropped(x):
    r = np.sqrt(x @ x)
    return x / np.where(r > 0, r, 1.0)


@unit.wrong("dx")
def eps_against_division_by_zero(dy, x):
    r = np.sqrt(x @ x) + 1e-8
    return dy / r - x * (x @ dy) / r**3


@cross_entropy.wrong("dZ")
def logarithm_kept_off_zero(Z, Y):
    A = softmax(Z, axis=0)
    dA = -Y / (A + 1e-8)
    return A * (dA - (A * dA).sum(axis=0)) / Z.shape[1]


@entropy.wrong("value")
def logarithm_of_x_and_a_little(x):
    return -np.log(x + 1e-12) - 1


@logit.wrong("value")
def probabilities_clipped(p):
    p = np.clip(p, 0.005, 0.995)
    return 1 / (p * (1 - p))


@residual.wrong("dX")
def low_precision_in_the_middle(dY, X, W):
    T = np.tanh((W @ X).astype(np.float32)).astype(np.float64)
    return dY + W.T @ (dY * (1 - T**2)), residual_backward(dY, X, W)[1]


@attention.wrong("dV")
def weights_in_half_precision(dY, Q, K, V):
    dQ, dK, _ = attention_backward(dY, Q, K, V)
    A = softmax(Q @ K.T / np.sqrt(K.shape[1]), axis=1).astype(np.float16).astype(np.float64)
    return dQ, dK, A.T @ dY


@leaky_relu.wrong("value", "only where z < 0")
def slope_in_single_precision(z, a):
    return np.where(z >= 0, 1.0, np.float64(np.float32(a)))


@tanh.wrong("value")
def central_difference(z):
    return (np.tanh(z + 1e-4) - np.tanh(z - 1e-4)) / 2e-4


@sigmoid.wrong("value")
def rounded_to_eight_digits(z):
    return np.round(sigmoid_prime(z), 8)


@gaussian.wrong("ds")
def a_third_of_one_and_a_half(mu, s, y):
    dmu, ds = gaussian_gradient(mu, s, y)
    return dmu, ds * (0.3333333 * 3)
