"""Section 6.2, basic (full batch) gradient descent."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Shaped

from manual_bp.notation import Layer
from manual_bp.shapes import require_positive, require_same_shape, weak

n_n_prev = Shaped[np.ndarray, "n n_prev"]
n_1 = Shaped[np.ndarray, "n 1"]


def update_weights(W: n_n_prev, dW: n_n_prev, alpha: float) -> n_n_prev:
    """W := W - alpha dW."""
    return W - weak(alpha) * dW                                             # (6.2) (6.2@float32)


def update_biases(b: n_1, db: n_1, alpha: float) -> n_1:
    """b := b - alpha db."""
    require_same_shape("db", db, "b", b)                                    # flat, db would broadcast to (n, n), E9
    return b - weak(alpha) * db                                             # (6.2) (6.2b) (6.2@float32)


def descend(layers: Sequence[Layer], dW: Sequence[n_n_prev], db: Sequence[n_1], alpha: float) -> list[Layer]:
    """All layers after one step; the given ones are unchanged.

    Parameters
    ----------
    layers : sequence of N Layer
    dW, db : N gradients each, of W's and b's shapes
    alpha : the learning rate, above 0

    Raises
    ------
    ValueError
        If a shape does not fit or alpha is not a positive number.

    Source: notes, 6.2.
    """
    require_positive("alpha", alpha)
    for name, gradients in (("dW", dW), ("db", db)):
        if len(gradients) != len(layers):
            raise ValueError(f"{name} has {len(gradients)} entries; expected {len(layers)}, one per layer")
    stepped = []
    for layer, dW_l, db_l in zip(layers, dW, db, strict=True):
        require_same_shape("dW", dW_l, "W", layer.W)
        W, b = update_weights(layer.W, dW_l, alpha), update_biases(layer.b, db_l, alpha)
        stepped.append(Layer(W, b, layer.g))                                # (6.2@layers) (6.2@deep)
    return stepped
