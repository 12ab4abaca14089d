"""Terms that are missing: something that depends on the input was held fixed, or one path of several was forgotten."""

import numpy as np

from tests.planted.derivations.right_layers import (
    EPS,
    attention,
    attention_backward,
    batch_norm,
    batch_norm_backward,
    dropout,
    layer_norm,
    layer_norm_backward,
    lstm_cell,
    lstm_cell_backward,
    masked,
    residual,
    rms_norm,
    rms_norm_backward,
    softmax,
)
from tests.planted.derivations.right_losses import divergence, gaussian, gaussian_gradient, ridge, weighted_mean
from tests.planted.derivations.right_matrices import (
    cosine,
    cosine_gradient,
    softmax_jacobian,
    tempered,
    tempered_backward,
    unit,
)
from tests.planted.derivations.right_sequences import recurrence, recurrence_backward, recurrent, states


@layer_norm.wrong("dX", "off by a constant along axis 0")
def mean_held_fixed(dY, X, gamma):
    dX, dgamma, dbeta = layer_norm_backward(dY, X, gamma)
    s = np.sqrt(X.var(axis=0, keepdims=True) + EPS)
    return dX + (dY * gamma).mean(axis=0, keepdims=True) / s, dgamma, dbeta


@layer_norm.wrong("dX")
def variance_held_fixed(dY, X, gamma):
    _, dgamma, dbeta = layer_norm_backward(dY, X, gamma)
    dXhat = dY * gamma
    return (dXhat - dXhat.mean(axis=0)) / np.sqrt(X.var(axis=0) + EPS), dgamma, dbeta


@batch_norm.wrong("dX", "off by a constant along axis 1")
def mean_of_the_batch_held_fixed(dY, X, gamma):
    dX, dgamma, dbeta = batch_norm_backward(dY, X, gamma)
    s = np.sqrt(X.var(axis=1, keepdims=True) + EPS)
    return dX + gamma * dY.mean(axis=1, keepdims=True) / s, dgamma, dbeta


@rms_norm.wrong("dX")
def root_mean_square_held_fixed(dY, X, g, eps):
    _, dg = rms_norm_backward(dY, X, g, eps)
    return dY * g / np.sqrt((X**2).mean(axis=0) + eps), dg


@attention.wrong("dQ", "zero")
def weights_held_fixed(dY, Q, K, V):
    _, dK, dV = attention_backward(dY, Q, K, V)
    return np.zeros_like(Q), dK, dV


@attention.wrong("dQ dK")
def normalizer_of_the_weights_held_fixed(dY, Q, K, V):
    A = softmax(Q @ K.T / np.sqrt(K.shape[1]), axis=1)
    dS = A * (dY @ V.T) / np.sqrt(K.shape[1])
    return dS @ K, dS.T @ Q, A.T @ dY


@tempered.wrong("dz")
def sigmoid_rule_for_softmax(dA, z, T):
    A = softmax(z / T, axis=0)
    return dA * A * (1 - A) / T, tempered_backward(dA, z, T)[1]


@unit.wrong("dx", "off by a multiple of x")
def length_held_fixed(dy, x):
    return dy / np.sqrt(x @ x)


@cosine.wrong("du", "off by a multiple of u")
def length_of_u_held_fixed(u, v):
    return v / np.sqrt((u @ u) * (v @ v)), cosine_gradient(u, v)[1]


@weighted_mean.wrong("dw", "off by a constant along axis 0")
def sum_of_weights_held_fixed(x, w):
    return w / w.sum(), x / w.sum()


@residual.wrong("dX", "agrees after adding dY")
def skip_forgotten(dY, X, W):
    dZ = dY * (1 - np.tanh(W @ X) ** 2)
    return W.T @ dZ, dZ @ X.T


@ridge.wrong("dW", "agrees after adding lam * W")
def penalty_forgotten(W, X, Y):
    return (W @ X - Y) @ X.T / X.shape[1]


@dropout.wrong("dX", "missing mask D")
def mask_forgotten(dY, D, p):
    return dY / p


@masked.wrong("dX", "agrees after multiplying by D")
def mask_only_in_the_forward(dY, X):
    return dY * (1 - np.tanh(X) ** 2)


@gaussian.wrong("ds", "off by a constant 0.5")
def normalizer_counted_twice(mu, s, y):
    dmu, ds = gaussian_gradient(mu, s, y)
    return dmu, ds + 0.5


@divergence.wrong("dp", "zero")
def expectation_under_p_held_fixed(p, q):
    P, Q = softmax(p, axis=0), softmax(q, axis=0)
    return np.zeros_like(P), Q - P


@softmax_jacobian.wrong("value", "diagonal only")
def diagonal_forgotten(z):
    a = softmax(z, axis=0)
    return -np.outer(a, a) * (1 - np.eye(z.size))


@softmax_jacobian.wrong("value", "all but the diagonal")
def cross_terms_forgotten(z):
    a = softmax(z, axis=0)
    return np.diag(a * (1 - a))


@lstm_cell.wrong("dZ dC")
def output_does_not_reach_the_memory(dH, dC_new, Z, C):
    o = np.split(lstm_cell_backward(dH, dC_new, Z, C)[0], 4)[2]
    dZ, dC = lstm_cell_backward(np.zeros_like(dH), dC_new, Z, C)
    return dZ + np.concatenate([0 * o, 0 * o, o, 0 * o]), dC


@recurrence.wrong("dx")
def carry_forgotten(dh, x, a):
    return dh.copy(), recurrence_backward(dh, x, a)[1]


@recurrent.wrong("dU")
def last_use_of_U_alone(dH, X, U):
    H = states(X, U)
    dZ = [np.zeros(dH.shape)] * 3
    for s in (2, 1, 0):
        dZ[s] = dH * (1 - H[s + 1] ** 2)
        dH = U.T @ dZ[s]
    return np.stack(dZ), dZ[2] @ H[2].T
