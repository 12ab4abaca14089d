"""Transposes, swapped outputs or operands, and orders reversed along an axis."""

import numpy as np

from tests.planted.derivations.right_layers import (
    affine,
    affine_backward,
    attention,
    attention_backward,
    convolution,
    convolution_backward,
    layer_norm,
    layer_norm_backward,
    lstm_cell,
    lstm_cell_backward,
    square_layer,
)
from tests.planted.derivations.right_matrices import (
    bilinear,
    bilinear_gradient,
    hadamard,
    log_determinant,
    outer,
    product,
    product_backward,
    quadratic,
    trace_of_product,
)
from tests.planted.derivations.right_sequences import flipped, rolled, stacked, stacked_backward


@square_layer.wrong("dW", "transposed")
def dW_transposed(dY, X, W):
    return W.T @ dY, X @ dY.T


@square_layer.wrong("dX")
def W_not_transposed(dY, X, W):
    return W @ dY, dY @ X.T


@affine.wrong("dW", "agrees after transposing", cause="shape")
def dW_the_other_way_round(dY, X, W):
    dX, dW, db = affine_backward(dY, X, W)
    return dX, dW.T, db


@bilinear.wrong("dA", "transposed")
def outer_product_of_y_and_x(x, A, y):
    dx, dA, dy = bilinear_gradient(x, A, y)
    return dx, dA.T, dy


@quadratic.wrong("dx")
def as_if_symmetric(x, A):
    return 2 * A @ x, np.outer(x, x)


@trace_of_product.wrong("dA dB", "transposed")
def neither_transposed(A, B):
    return B.copy(), A.copy()


@trace_of_product.wrong("dB", "agrees after transposing")
def second_not_transposed(A, B):
    return B.T, A.copy()


@log_determinant.wrong("dA", "transposed")
def inverse_not_transposed(A):
    return np.linalg.inv(A)


@product.wrong("dX dW", "swapped with dW")
def outputs_in_the_wrong_order(dY, X, W):
    dX, dW = product_backward(dY, X, W)
    return dW, dX


@product.wrong("dX dW", "agrees after swapping dX and dW")
def dict_with_keys_swapped(dY, X, W):
    dX, dW = product_backward(dY, X, W)
    return {"X": dW, "W": dX}


@hadamard.wrong("dA dB", "swapped with dB")
def operands_swapped(dC, A, B):
    return dC * A, dC * B


@outer.wrong("du dv", "swapped with dv")
def vectors_swapped(dM, u, v):
    return u @ dM, dM @ v


@attention.wrong("dK dV", "swapped with dV")
def keys_for_values(dY, Q, K, V):
    dQ, dK, dV = attention_backward(dY, Q, K, V)
    return dQ, dV, dK


@layer_norm.wrong("dgamma dbeta", "swapped with dbeta")
def gamma_for_beta(dY, X, gamma):
    dX, dgamma, dbeta = layer_norm_backward(dY, X, gamma)
    return dX, dbeta, dgamma


@lstm_cell.wrong("dZ")
def input_gate_for_forget_gate(dH, dC_new, Z, C):
    dZ, dC = lstm_cell_backward(dH, dC_new, Z, C)
    i, f, o, g = np.split(dZ, 4)
    return np.concatenate([f, i, o, g]), dC


@stacked.wrong("dA dB", "swapped with dB")
def halves_swapped(dY, A):
    dA, dB = stacked_backward(dY, A)
    return dB, dA


@flipped.wrong("dX", "reversed along axis 0")
def flip_taken_for_its_own_derivative(dY):
    return dY.copy()


@rolled.wrong("dX", "shifted by one along axis 0")
def roll_ignored(dY):
    return dY.copy()


@convolution.wrong("dw", "reversed along axis 0")
def kernel_gradient_reversed(dy, x, w):
    dx, dw = convolution_backward(dy, x, w)
    return dx, dw[::-1]


@convolution.wrong("dx")
def kernel_not_flipped(dy, x, w):
    return np.convolve(dy, w[::-1]), np.correlate(x, dy)
