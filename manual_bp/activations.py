"""Section 2, activation functions and their derivatives.

The printed forms (`sigmoid_printed`, `tanh_printed`) stay as the notes have them and overflow where they must; the
stable forms beside them agree with them where both are finite, and are what training uses. The derivative of ReLU and
leaky ReLU at the kink is the notes' convention: 1 at z = 0 (E17).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Shaped

from manual_bp.shapes import require_known, weak

Z_ = Shaped[np.ndarray, "*shape"]


def sigmoid_printed(z: Z_) -> Z_:
    """sigma(z) = 1 / (1 + exp(-z)), as printed; exp overflows below z = -709.78 in float64."""
    return 1 / (1 + np.exp(-z))                                       # (2.sigmoid) (2.sigmoid@overflow) (2.sigmoid@one)


def sigmoid_printed_prime(z: Z_) -> Z_:
    """sigma'(z) = sigma(z) (1 - sigma(z)), as printed; 0 from z = 36.7368 on in float64."""
    s = sigmoid_printed(z)
    return s * (1 - s)                                  # (2.sigmoid') (2.sigmoid'@zero) (2.sigmoid'@printed)


def tanh_printed(z: Z_) -> Z_:
    """tanh(z) = (exp(z) - exp(-z)) / (exp(z) + exp(-z)), as printed; NaN beyond abs(z) = 709.78 in float64."""
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))              # (2.tanh) (2.tanh@NaN) (2.tanh@zero)


def tanh_printed_prime(z: Z_) -> Z_:
    """tanh'(z) = 1 - tanh(z)^2, as printed."""
    return 1 - tanh_printed(z) ** 2                                         # (2.tanh') (2.tanh'@zero)


def relu(z: Z_) -> Z_:
    """r(z) = max(0, z)."""
    return np.maximum(0, z)                                                 # (2.relu) (2.relu@NaN)


def relu_prime(z: Z_) -> Z_:                                                # (2.relu'@conventions) (2.relu'@reached)
    """r'(z) = I_[0, inf)(z): 1 at the kink (E17)."""
    return np.where(z >= 0, np.ones_like(z), np.zeros_like(z))              # (2.relu') (2.relu'@kink)


def leaky_relu(z: Z_, eps: float = 0.01) -> Z_:
    """r(z) = max(eps z, z)."""
    return np.maximum(weak(eps) * z, z)                                     # (2.leaky) (2.leaky'@interval)


def leaky_relu_prime(z: Z_, eps: float = 0.01) -> Z_:                       # (2.leaky'@eps<0) (2.leaky'@eps=1)
    """r'(z) = I_[0, inf)(z) + eps I_(-inf, 0)(z), which holds for eps <= 1 alone (E18); 1 at the kink (E17)."""
    return np.where(z >= 0, np.ones_like(z), weak(eps) * np.ones_like(z))   # (2.leaky') (2.leaky'@kink)


def sigmoid(z: Z_) -> Z_:
    """The sigmoid in a form that never overflows. Ours; equal to the printed one."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, np.ones_like(z), e) / (1 + e)                   # (2.sigmoid@stable) (2.CE'@sigmoid*)


def sigmoid_prime(z: Z_) -> Z_:
    """The sigmoid's derivative without the cancellation in 1 - sigma(z). Ours; equal to the printed one."""
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2                                                 # (2.sigmoid'@stable)


def tanh(z: Z_) -> Z_:
    """NumPy's tanh: finite everywhere and accurate near 0. Ours; equal to the printed one."""
    return np.tanh(z)                                                       # (2.tanh@stable) (2.tanh'@zero-np)


def tanh_prime(z: Z_) -> Z_:
    """tanh's derivative without the cancellation in 1 - tanh(z)^2. Ours; equal to the printed one."""
    e = np.exp(-2 * np.abs(z))
    return 4 * e / (1 + e) ** 2                                             # (2.tanh'@stable)


def identity(z: Z_) -> Z_:
    """g(z) = z. An extension: not in the notes."""
    return z.copy()


def identity_prime(z: Z_) -> Z_:
    """g'(z) = 1. An extension: not in the notes."""
    return np.ones_like(z)


def softmax_printed(Z: Shaped[np.ndarray, "K m"]) -> Shaped[np.ndarray, "K m"]:
    """exp(z_k) / sum_j exp(z_j) for each column. An extension: (1.18) excludes it, since it is not component-wise."""
    E = np.exp(Z)
    return E / np.sum(E, axis=0, keepdims=True)                             # (2.softmax) (2.softmax@NaN)


def softmax(Z: Shaped[np.ndarray, "K m"]) -> Shaped[np.ndarray, "K m"]:
    """Softmax of each column in a form that never overflows. An extension."""
    E = np.exp(Z - np.max(Z, axis=0, keepdims=True))
    return E / np.sum(E, axis=0, keepdims=True)                             # (2.softmax@stable) (2.softmax@Jacobian)


def softmax_pullback(dA: Shaped[np.ndarray, "K m"], Z: Shaped[np.ndarray, "K m"]) -> Shaped[np.ndarray, "K m"]:
    """dZ from dA through softmax: (diag(a) - a a^T) dA for each column. Derived, not printed; ours."""
    A = softmax(Z)
    return A * (dA - np.sum(A * dA, axis=0, keepdims=True))                 # (2.softmax') (2.softmax'@float32)


@dataclass(frozen=True)
class Activation:
    """An activation function with its derivative.

    Parameters
    ----------
    name : str
    g : function of Z, shape (n, m), to A of the same shape
    prime : function of Z, shape (n, m), to g'(Z) of the same shape; None where g is not component-wise
    pullback : function of (dA, Z) to dZ, for an activation that is not component-wise
    """

    name: str
    g: Callable[[Z_], Z_]
    prime: Callable[[Z_], Z_] | None = None
    pullback: Callable[[Z_, Z_], Z_] | None = None

    def __post_init__(self) -> None:
        if (self.prime is None) == (self.pullback is None):
            raise ValueError(f"activation {self.name!r} needs either prime (component-wise) or pullback, and not both")


def leaky_relu_activation(eps: float) -> Activation:                        # (2.leaky@table)
    """Leaky ReLU with slope `eps` below zero.

    Raises ValueError for eps > 1, where the printed derivative is wrong (E18).
    """
    if not eps <= 1:                                                        # (2.hdr@refused)
        raise ValueError(f"eps is {eps!r}; the notes' derivative of max(eps z, z) holds for eps <= 1 only (E18)")
    return Activation(f"leaky_relu({eps})", partial(leaky_relu, eps=eps), partial(leaky_relu_prime, eps=eps))


ACTIVATIONS = {                                          # (2.hdr@table) (2.hdr@float32) (2.hdr@finite) (2.hdr@accurate)
    a.name: a                                                               # (2.hdr@arrays)
    for a in (
        Activation("sigmoid", sigmoid, sigmoid_prime),
        Activation("sigmoid_printed", sigmoid_printed, sigmoid_printed_prime),
        Activation("tanh", tanh, tanh_prime),
        Activation("tanh_printed", tanh_printed, tanh_printed_prime),
        Activation("relu", relu, relu_prime),
        Activation("leaky_relu", leaky_relu, leaky_relu_prime),
        Activation("identity", identity, identity_prime),
        Activation("softmax", softmax, pullback=softmax_pullback),
    )
}


def activation(name: str) -> Activation:
    """The activation of that name; raises ValueError with the known names."""
    require_known("activation", name, tuple(ACTIVATIONS))
    return ACTIVATIONS[name]
