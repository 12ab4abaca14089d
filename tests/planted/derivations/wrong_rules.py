"""The wrong rule: another function's derivative, the derivative at another point, a product or chain rule cut short."""

import numpy as np

from tests.planted.derivations.right_layers import affine, gated, layer_norm, layer_norm_backward, residual
from tests.planted.derivations.right_losses import centered_by_largest, logistic_loss
from tests.planted.derivations.right_matrices import (
    cosine,
    inverse,
    softmax_jacobian,
    tempered,
    tempered_backward,
    variance,
)
from tests.planted.derivations.right_pointwise import elu, gelu, huber, power, sigmoid, swish


@sigmoid.wrong("value")
def s_times_one_plus_s(z):
    s = 1 / (1 + np.exp(-z))
    return s * (1 + s)


@sigmoid.given(order=2).wrong("value", "opposite sign")
def second_derivative_with_2s_minus_one(z):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s) * (2 * s - 1)


@swish.wrong("value")
def product_rule_without_its_first_term(z):
    s = 1 / (1 + np.exp(-z))
    return z * s * (1 - s)


@gelu.wrong("value")
def distribution_alone(z):
    return (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))) / 2


@elu.wrong("value", "only where z < 0")
def slope_of_relu_for_elu(z):
    return (z >= 0) * 1.0


@residual.wrong("dX dW")
def slope_at_the_output_of_the_layer(dY, X, W):
    dZ = dY * (1 - np.tanh(X + np.tanh(W @ X)) ** 2)
    return dY + W.T @ dZ, dZ @ X.T


@affine.wrong("dX dW db")
def cotangent_taken_for_ones(dY, X, W):
    dY = np.ones(dY.shape)
    return W.T @ dY, dY @ X.T, dY.sum(axis=1, keepdims=True)


@layer_norm.wrong("dX", "zero")
def zero_as_for_a_sum(dY, X, gamma):
    """Right for a cotangent of ones and a gamma of ones."""
    return np.zeros_like(X), *layer_norm_backward(dY, X, gamma)[1:]


@tempered.wrong("dz", "zero")
def zero_as_probabilities_sum_to_one(dA, z, T):
    return np.zeros_like(z), tempered_backward(dA, z, T)[1]


@centered_by_largest.wrong("dx", "one entry")
def largest_held_fixed(dy):
    return dy.copy()


@logistic_loss.wrong("dz")
def slope_multiplied_in_again(z, y):
    s = 1 / (1 + np.exp(-z))
    return (s - y) * s * (1 - s)


@inverse.wrong("dA", "opposite sign")
def one_over_A_without_its_minus(dY, A):
    B = np.linalg.inv(A).T
    return B @ dY @ B


@variance.given(shapes={"X": "d m+1"}).wrong("value")
def sample_variance_for_it(X):
    return X.var(axis=1, ddof=1)


@softmax_jacobian.wrong("value", "opposite sign")
def outer_less_diagonal(z):
    a = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    return np.outer(a, a) - np.diag(a)


@cosine.wrong("dv", "off by a multiple of v")
def lengths_exchanged_in_the_projection(u, v):
    c, lu, lv = u @ v, np.sqrt(u @ u), np.sqrt(v @ v)
    return v / (lu * lv) - u * c / (lu**3 * lv), u / (lu * lv) - v * c / (lu**2 * lv**2)


@sigmoid.wrong("value")
def slope_of_tanh(z):
    return 1 - np.tanh(z) ** 2


@swish.wrong("value")
def second_factor_held_fixed(z):
    return 1 / (1 + np.exp(-z))


@huber.wrong("value")
def slope_of_the_square(r):
    return r.copy()


@power.wrong("value")
def slope_in_the_base(x, p):
    return p * x ** (p - 1)


@gated.wrong("dZ")
def gate_taken_for_a_tanh(dY, Z):
    A, B = np.split(Z, 2)
    s = 1 / (1 + np.exp(-B))
    return np.concatenate([dY * s, dY * A * (1 - s**2)])
