"""Section 7.1, L2 and L1 regularization. Biases are not penalised; the sum runs over all N layers (E14)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Shaped

from manual_bp.shapes import weak

Matrix = Shaped[np.ndarray, "n n_prev"]


def frobenius_squared(W: Matrix) -> Any:
    """The squared Frobenius norm: the sum of W_ij^2 over i = 1..n[k], j = 1..n[k-1] (printed in reverse, E14)."""
    return np.sum(W**2)                                                     # (7.1F*)


def l2_penalty(weights: Sequence[Matrix], lam: float, m: int) -> Any:
    """lambda/2m sum_k of the squared Frobenius norms of W[k], k = 1..N."""
    return weak(lam) / (2 * weak(m)) * sum(frobenius_squared(W) for W in weights)      # (7.1J*)


def l2_gradient(dW: Matrix, W: Matrix, lam: float, m: int) -> Matrix:
    """dJ^L2/dW = dJ/dW + lambda/m W."""
    return dW + weak(lam) / weak(m) * W                                     # (7.1g) (7.1g@float32) (7.1u@gradient)


def l2_update(W: Matrix, dW: Matrix, alpha: float, lam: float, m: int) -> Matrix:
    """W := (1 - alpha lambda/m) W - alpha dJ/dW, with dW *without* the penalty; for plain gradient descent only.

    Stable for 0 < alpha lambda/m < 2; above 1 the weights change sign at each step (E15).
    """
    alpha, lam, m = weak(alpha), weak(lam), weak(m)
    return (1 - alpha * lam / m) * W - alpha * dW           # (7.1u) (7.1u@edges) (7.1u@sign*) (7.1u@together)


def l1_penalty(weights: Sequence[Matrix], lam: float, m: int) -> Any:
    """lambda/m sum_k sum_ij abs(W[k]_ij). The notes name L1 and never give it; ours."""
    return weak(lam) / weak(m) * sum(np.sum(np.abs(W)) for W in weights)      # (7.1L1@ours)


def l1_gradient(dW: Matrix, W: Matrix, lam: float, m: int) -> Matrix:
    """dJ/dW + lambda/m sign(W), with sign(0) = 0. Ours."""
    return dW + weak(lam) / weak(m) * np.sign(W)                            # (7.1L1g@ours)
