"""Section 3, the vectorized forward pass."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Shaped

from manual_bp.dropout import Dropout, apply_mask, require_dropout
from manual_bp.notation import Layer, Matrix, Trace, require_layers
from manual_bp.shapes import require_examples, require_numbers


def affine(
    W: Shaped[np.ndarray, "n n_prev"], A_prev: Shaped[np.ndarray, "n_prev m"], b: Shaped[np.ndarray, "n 1"]
) -> Shaped[np.ndarray, "n m"]:
    """Z[l] = W[l] A[l-1] + b[l], the column b broadcast over the examples (3.1b)."""
    return W @ A_prev + b                                                   # (3.1) (3.1b)


def forward(X: Matrix, layers: Sequence[Layer], dropout: Sequence[Dropout | None] | None = None) -> Trace:
    """Outputs of all layers for a batch.

    Parameters
    ----------
    X : array, shape (n_x, m)
        One example per column.
    layers : sequence of N Layer
    dropout : sequence of N (Dropout or None), optional
        Masks and keep probabilities, explicit data from `draw_dropout`. None: no dropout, as at test time (7.2x).

    Returns
    -------
    Trace
        Z[l] for l = 1..N and A[l] for l = 0..N, each of shape (n[l], m).

    Raises
    ------
    ValueError
        If a shape does not fit, m = 0, X is not finite, or a keep probability lies outside (0, 1].

    Source: notes, section 3; with dropout 7.2.
    """
    m = require_examples("X", X)                                            # (1.6a) (1.6b*)
    require_numbers("X", X)
    require_layers(layers, X)
    dropout = require_dropout(dropout, [layer.W.shape[0] for layer in layers], m)
    A = X                                                                   # (3.0) (1.4)
    Z_all, A_all = [], [A]
    for layer, drop in zip(layers, dropout, strict=True):                   # (3.pass) (7.2)
        Z = affine(layer.W, A, layer.b)                                     # (3.1)
        A = layer.g.g(Z)                                                    # (3.2)
        if drop is not None:
            A = apply_mask(A, drop.D, drop.p)                               # (7.2b) (7.2c)
        Z_all.append(Z)
        A_all.append(A)
    return Trace(tuple(Z_all), tuple(A_all))


def predict(X: Matrix, layers: Sequence[Layer]) -> Matrix:
    """A[N], shape (n[N], m), at test time: without dropout (7.2x)."""
    return forward(X, layers).A[-1]                                         # (7.2x) (7.2x@large) (7.2x@far)
