"""Section 5, the alternative backward pass "backprop A": dA first, then dZ. The form that dropout (7.2) builds on."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Shaped

from manual_bp.backprop import activation_backward, bias_gradient, output_error, weight_gradient
from manual_bp.dropout import Dropout, apply_mask_backward, require_dropout
from manual_bp.losses import Loss, require_targets
from manual_bp.notation import Gradients, Layer, Matrix, Trace, require_trace


def activation_gradient(
    W_next: Shaped[np.ndarray, "n_next n"], dZ_next: Shaped[np.ndarray, "n_next m"]
) -> Shaped[np.ndarray, "n m"]:
    """dA[l] = (W[l+1])^T dZ[l+1], for l = N-1..0; at l = 0 it is the input's gradient.

    The notes recall the Jacobian as W[l] (E10); it is W[l+1].
    """
    return W_next.T @ dZ_next                                               # (5.2A) (5.2Adim) (5.2Achain)


def backprop_a(
    trace: Trace,
    layers: Sequence[Layer],
    Y: Matrix,
    loss: Loss,
    dropout: Sequence[Dropout | None] | None = None,
    *,
    stable: bool = False,
) -> Gradients:
    """Gradients of the batch loss, section 5 of the notes: parameters, result and errors as for `backprop`.

    It returns dA of every layer too. The printed (dZ[N])^T = dA[N] * g'(Z[N]) has a stray transpose (E11).

    Source: notes, 5.B1-5.B4b; with dropout 7.2.
    """
    require_trace(trace, layers)
    m = require_targets(Y, trace.A[-1])
    dropout = require_dropout(dropout, [layer.W.shape[0] for layer in layers], m)
    dA, dZ = output_error(trace, layers, Y, loss, stable)                   # (5.B1) (5.B2*)
    dA_all, dZ_all = [dA], [dZ]
    for l in range(len(layers) - 1, 0, -1):                                 # (5.0) (5.0@bitwise)
        dA = activation_gradient(layers[l].W, dZ)                           # (5.B3a)
        drop = dropout[l - 1]
        if drop is not None:
            dA = apply_mask_backward(dA, drop.D, drop.p)                    # (7.2bw) (7.2back) (7.2back@one-width)
        dZ = activation_backward(dA, trace.Z[l - 1], layers[l - 1].g)       # (5.B3b)
        dA_all.insert(0, dA)
        dZ_all.insert(0, dZ)
    return Gradients(                                                       # (5.3A) (7.2back@large)
        dZ=tuple(dZ_all),
        dA=tuple(dA_all),
        db=tuple(bias_gradient(dZ) for dZ in dZ_all),                       # (5.B4a)
        dW=tuple(weight_gradient(dZ, A_prev) for dZ, A_prev in zip(dZ_all, trace.A[:-1], strict=True)),     # (5.B4b)
        dX=activation_gradient(layers[0].W, dZ),                            # (5.2A@input) (7.2back@dual)
    )
