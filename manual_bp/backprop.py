"""Section 4, the vectorized backward pass: one function per formula, and the algorithm that joins them."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Shaped

from manual_bp.activations import Activation
from manual_bp.dropout import Dropout, apply_mask_backward, require_dropout
from manual_bp.losses import Loss, require_targets
from manual_bp.notation import Gradients, Layer, Matrix, Trace, require_trace
from manual_bp.shapes import require_same_shape

n_m = Shaped[np.ndarray, "n m"]
n_1 = Shaped[np.ndarray, "n 1"]
n_next_m = Shaped[np.ndarray, "n_next m"]
n_next_n = Shaped[np.ndarray, "n_next n"]
n_n_prev = Shaped[np.ndarray, "n n_prev"]
n_prev_m = Shaped[np.ndarray, "n_prev m"]


def activation_backward(dA: n_m, Z: n_m, g: Activation) -> n_m:
    """dZ[l] = dA[l] * g'(Z[l]); softmax, which is not component-wise, brings its own pullback (ours)."""
    require_same_shape("dA", dA, "Z", Z)
    if g.pullback is not None:
        return g.pullback(dA, Z)                                            # (4.3@softmax) (7.2back@softmax-inside)
    assert g.prime is not None
    return dA * g.prime(Z)          # (4.3) (4.3dim) (4.3chain) (4.2diag) (4.2bcast*) (5.1A) (4.3@leaky) (4.3@far)


def error_recursion(W_next: n_next_n, dZ_next: n_next_m, Z: n_m, g: Activation) -> n_m:
    """dZ[l] = ((W[l+1])^T dZ[l+1]) * g'(Z[l]) for l = N-1..1.

    The printed line has no parentheses: the matrix product comes first (E7). It has no mask either: under dropout
    (E16) see `error_recursion_dropout`.
    """
    return activation_backward(W_next.T @ dZ_next, Z, g)    # (4.2rec) (4.2dim) (4.2chain) (7.2back@softmax-unmasked)


def error_recursion_dropout(
    W_next: n_next_n, dZ_next: n_next_m, Z: n_m, D: n_m, p: float, g: Activation
) -> n_m:
    """dZ[l] = ((W[l+1])^T dZ[l+1] * D[l] / p[l]) * g'(Z[l]). Derived: the printed recursion lacks the mask (E16)."""
    return activation_backward(apply_mask_backward(W_next.T @ dZ_next, D, p), Z, g)     # (4.2rec@dropout*)


def bias_gradient(dZ: n_m) -> n_1:
    """db[l] = 1/m sum_i dZ[l](i), a column: keepdims, which the notes misspell `keepdim` (E9)."""
    m = dZ.shape[1]
    return np.sum(dZ, axis=1, keepdims=True) / m                            # (4.4) (4.4dim) (4.4np*)


def weight_gradient(dZ: n_m, A_prev: n_prev_m) -> n_n_prev:
    """dW[l] = 1/m dZ[l] (A[l-1])^T."""
    m = dZ.shape[1]
    return dZ @ A_prev.T / m                                                # (4.5) (4.5dim) (4.5i1)


def output_error(trace: Trace, layers: Sequence[Layer], Y: Matrix, loss: Loss, stable: bool) -> tuple[Matrix, Matrix]:
    """dA[N] and dZ[N]. `stable` takes the fused form of dZ[N] where the loss has one for the output's activation."""
    g = layers[-1].g
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        dA = loss.dA(trace.A[-1], Y)                                        # (4.B1)
        if stable and g.name in loss.fused:
            return dA, loss.fused[g.name].dZ(trace.Z[-1], Y)                # (4.B@stable) (4.B2@stable) (4.B2@printed)
        return dA, activation_backward(dA, trace.Z[-1], g)                  # (4.B2)


def backprop(
    trace: Trace,
    layers: Sequence[Layer],
    Y: Matrix,
    loss: Loss,
    dropout: Sequence[Dropout | None] | None = None,
    *,
    stable: bool = False,
) -> Gradients:
    """Gradients of the batch loss, section 4 of the notes.

    Parameters
    ----------
    trace : Trace
        From `forward` with the same layers and the same dropout.
    layers : sequence of N Layer
    Y : array, shape (n[N], m), targets in [0, 1]
    loss : Loss
    dropout : sequence of N (Dropout or None), optional
        The masks of the forward pass.
    stable : bool
        False is the printed algorithm. True starts from the fused dZ[N] where there is one, which stays finite when
        the outputs saturate; training uses it.

    Returns
    -------
    Gradients
        dZ, dA, dX of the single losses (no 1/m), dW and db of J, in the shapes of their variables.

    Raises
    ------
    ValueError
        If shapes do not fit, m = 0, or labels lie outside [0, 1].

    Source: notes, 4.B1-4.B6. W[l+1] is the weight before the update (E21).
    """
    require_trace(trace, layers)                                            # (4.B@refused)
    m = require_targets(Y, trace.A[-1])
    dropout = require_dropout(dropout, [layer.W.shape[0] for layer in layers], m)
    dA, dZ = output_error(trace, layers, Y, loss, stable)                   # (4.B1) (4.B2)
    dZ_all = [dZ]
    for l in range(len(layers) - 1, 0, -1):                                 # (4.2range@ours) (7.2back@deep)
        W_next, Z, g, drop = layers[l].W, trace.Z[l - 1], layers[l - 1].g, dropout[l - 1]
        if drop is None:
            dZ = error_recursion(W_next, dZ, Z, g)                          # (4.B3)
        else:
            dZ = error_recursion_dropout(W_next, dZ, Z, drop.D, drop.p, g)  # (5.0@dropout)
        dZ_all.insert(0, dZ)
    return Gradients(                                                       # (4.B4) (4.B@float32) (7.2back@one-layer)
        dZ=tuple(dZ_all),
        dA=(None,) * (len(layers) - 1) + (dA,),
        db=tuple(bias_gradient(dZ) for dZ in dZ_all),                       # (4.B5)
        dW=tuple(weight_gradient(dZ, A_prev) for dZ, A_prev in zip(dZ_all, trace.A[:-1], strict=True)),     # (4.B6)
        dX=layers[0].W.T @ dZ,                                              # (5.2A@input) (4.B@dual)
    )
