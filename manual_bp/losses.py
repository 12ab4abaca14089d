"""Section 2, the losses: L of each example as a row (1, m), and the batch loss J.

`Loss.value` and `Loss.dA` are the printed forms; they stop being finite where a saturated output meets log 0. Beside
them stand the fused forms `value_of_Z` and `dZ`, which start at Z[N] and are finite everywhere: derived, not printed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Shaped

from manual_bp.activations import sigmoid, softmax
from manual_bp.shapes import (
    require_examples,
    require_known,
    require_labels,
    require_matrix,
    require_numbers,
    require_same_shape,
)

K_m = Shaped[np.ndarray, "K m"]
Row = Shaped[np.ndarray, "1 m"]


def cross_entropy(A: K_m, Y: K_m) -> Row:
    """L = - sum_k y_k log(a_k) of each example. It trains nothing unless the outputs of a column sum to 1 (E4)."""
    require_same_shape("Y", Y, "A", A)
    return -np.sum(Y * np.log(A), axis=0, keepdims=True)                # (2.CE) (2.CE@one-hot) (2.CE@useless) (2.simpl)


def cross_entropy_dA(A: K_m, Y: K_m) -> K_m:
    """dL/da_k = -y_k / a_k. The notes leave it out; ours."""
    require_same_shape("Y", Y, "A", A)
    return -Y / A                                                           # (4.1CE@ours)


def binary_cross_entropy(A: K_m, Y: K_m) -> Row:                            # (2.BCE@finite) (1.13)
    """L = - y log(a) - (1 - y) log(1 - a), summed over the outputs of each example.

    The notes print it for n[N] = 1; above that the index of the output is missing (E5), and we take the sum. It is the
    cross-entropy of the pairs (y, 1 - y) and (a, 1 - a), not of y and a alone (E3).
    """
    require_same_shape("Y", Y, "A", A)
    return np.sum(-Y * np.log(A) - (1 - Y) * np.log(1 - A), axis=0, keepdims=True)  # (2.BCE) (2.BCE@labels)


def binary_cross_entropy_dA(A: K_m, Y: K_m) -> K_m:
    """dL/da = - y / a + (1 - y) / (1 - a), for each output (E5)."""
    require_same_shape("Y", Y, "A", A)
    return -Y / A + (1 - Y) / (1 - A)                                       # (4.1)


def batch_loss(L: Row) -> np.floating:
    """J = 1/m sum_i L_i, a scalar."""
    m = require_examples("L", L)
    require_matrix("L", L, rows=1)
    return np.sum(L) / m                                                    # (2.J) (1.12)


def sigmoid_binary_cross_entropy(Z: K_m, Y: K_m) -> Row:                    # (2.BCE@stable) (2.BCE@saturated)
    """Binary cross-entropy of sigmoid(Z), finite for every Z: max(z, 0) - z y + log(1 + exp(-abs z)). Ours."""
    return np.sum(np.maximum(Z, 0) - Z * Y + np.log1p(np.exp(-np.abs(Z))), axis=0, keepdims=True)


def sigmoid_binary_cross_entropy_dZ(Z: K_m, Y: K_m) -> K_m:
    """dZ[N] = A[N] - Y for sigmoid outputs under binary cross-entropy. Derived, not printed."""
    return sigmoid(Z) - Y                                                   # (2.BCE'@stable) (2.BCE'@saturated*)


def softmax_cross_entropy(Z: K_m, Y: K_m) -> Row:                           # (2.CE@saturated)
    """Cross-entropy of softmax(Z), finite for every Z. Ours."""
    S = Z - np.max(Z, axis=0, keepdims=True)
    return -np.sum(Y * (S - np.log(np.sum(np.exp(S), axis=0, keepdims=True))), axis=0, keepdims=True)  # (2.CE@stable)


def softmax_cross_entropy_dZ(Z: K_m, Y: K_m) -> K_m:                        # (2.CE'@saturated)
    """dZ_k = a_k sum_j y_j - y_k, which is A - Y only where the targets of a column sum to 1 (E4). Derived."""
    return softmax(Z) * np.sum(Y, axis=0, keepdims=True) - Y                # (2.CE'@stable) (2.CE'@sum=1)


@dataclass(frozen=True)
class Fused:
    """An output activation and a loss in one step, from Z[N]: `value(Z, Y)`, shape (1, m), and `dZ(Z, Y)`."""

    value: Callable[[K_m, K_m], Row]
    dZ: Callable[[K_m, K_m], K_m]


@dataclass(frozen=True)
class Loss:
    """A loss of one example.

    Parameters
    ----------
    name : str
    value : function of (A[N], Y), both (n[N], m), to L, shape (1, m)
    dA : function of (A[N], Y) to the derivative of L with respect to A[N], shape (n[N], m)
    fused : for an output activation's name, the forms that start at Z[N]
    """

    name: str
    value: Callable[[K_m, K_m], Row]
    dA: Callable[[K_m, K_m], K_m]
    fused: dict[str, Fused] = field(default_factory=dict)


_SIGMOID_BCE = Fused(sigmoid_binary_cross_entropy, sigmoid_binary_cross_entropy_dZ)  # (2.J@fused) (2.J@fused32)

LOSSES = {                                                                  # (2.J@table) (2.J@float32) (2.J@pairs)
    "binary_cross_entropy": Loss(
        "binary_cross_entropy",
        binary_cross_entropy,
        binary_cross_entropy_dA,
        {"sigmoid": _SIGMOID_BCE, "sigmoid_printed": _SIGMOID_BCE},
    ),
    "cross_entropy": Loss(
        "cross_entropy",
        cross_entropy,
        cross_entropy_dA,
        {"softmax": Fused(softmax_cross_entropy, softmax_cross_entropy_dZ)},
    ),
}


def loss(name: str) -> Loss:
    """The loss of that name; raises ValueError with the known names."""
    require_known("loss", name, tuple(LOSSES))
    return LOSSES[name]


def require_targets(Y: K_m, A_N: K_m) -> int:
    """The batch size m of targets that fit the output; raises ValueError if they do not, or lie outside [0, 1]."""
    m = require_examples("Y", Y)
    require_same_shape("Y", Y, "the network's output A[N]", A_N)
    require_numbers("Y", Y)
    require_labels("Y", Y)                                                  # (2.J@accepted)
    return m
