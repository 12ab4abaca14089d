"""Section 1, notations: layers, what the forward pass keeps, and what the backward pass returns.

Examples are columns: X is (n_x, m) and each *column* is one training example (the notes say row, erratum E1);
Z[l], A[l] are (n[l], m) with entries z_k of example i at [k, i] (the notes write the indices the other way, E2).
Layer l of the notes is `layers[l - 1]`. Every gradient has the shape of its variable (convention C1, E19).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

from manual_bp.activations import Activation, activation
from manual_bp.shapes import require_matrix

Matrix = Shaped[np.ndarray, "n m"]
Column = Shaped[np.ndarray, "n 1"]
Row = Float[np.ndarray, "1 m"]


@dataclass(frozen=True, eq=False)
class Layer:
    """Layer [l]: its weights, biases and activation.

    Parameters
    ----------
    W : array, shape (n[l], n[l-1])
        `W[i, j]` is the weight of the arc from neuron j of layer l-1 to neuron i of layer l (1.9).
    b : array, shape (n[l], 1)
        Biases: a column. Of shape (n,) it would broadcast along the wrong axis where n = m (E9).
    g : Activation or str
        The activation; a string names one of `manual_bp.ACTIVATIONS`.

    Raises
    ------
    ValueError
        If the shapes do not fit or the activation is unknown.
    """

    W: Matrix
    b: Column
    g: Activation

    def __post_init__(self) -> None:
        require_matrix("W", self.W)                                         # (1.9)
        require_matrix("b", self.b, rows=self.W.shape[0], columns=1)        # (3.1b) (1.M@ours)
        if isinstance(self.g, str):
            object.__setattr__(self, "g", activation(self.g))
        if not isinstance(self.g, Activation):
            raise TypeError(f"g is a {type(self.g).__name__}; expected an Activation or the name of one")


@dataclass(frozen=True, eq=False)
class Trace:
    """What the forward pass computed: `Z[l - 1]` is Z[l] for l = 1..N, `A[l]` is A[l] for l = 0..N, A[0] = X.

    Under dropout A[l] is the masked and scaled output, the one that the next layer sees.
    """

    Z: tuple[Matrix, ...]                                                   # (1.7a) (1.7b*)
    A: tuple[Matrix, ...]                                                   # (1.8a) (1.8b*)


@dataclass(frozen=True, eq=False)
class Gradients:
    """Gradients of all layers; entry l - 1 of each tuple belongs to layer l.

    dZ, dA : shape (n[l], m)
        Of the single losses, with no 1/m (1.14, 1.15). dA[l] is with respect to g(Z[l]), before dropout; None where
        the algorithm does not compute it (section 4, hidden layers).
    dW : shape (n[l], n[l-1]), db : shape (n[l], 1)
        Of the batch loss J (1.16, 1.17).
    dX : shape (n_x, m)
        Of the single losses with respect to the input: (5.2A) at l = 0.
    """

    dZ: tuple[Matrix, ...]                                                  # (1.14)
    dA: tuple[Matrix | None, ...]                                           # (1.15) (1.15@dropout)
    dW: tuple[Matrix, ...]                                                  # (1.17)
    db: tuple[Column, ...]                                                  # (1.16)
    dX: Matrix                                                              # (5.2A@input)


def require_trace(trace: Trace, layers: Sequence[Layer]) -> None:
    """Raise unless a trace is one of these layers: as many, of these widths."""
    require_layers(layers, trace.A[0])
    if len(trace.Z) != len(layers) or len(trace.A) != len(layers) + 1:
        raise ValueError(
            f"trace has {len(trace.Z)} layers; expected {len(layers)}: pass the trace of a forward pass through them"
        )
    m = trace.A[0].shape[1]
    for l, (layer, Z) in enumerate(zip(layers, trace.Z, strict=True), start=1):
        require_matrix(f"Z of layer {l} in trace", Z, rows=layer.W.shape[0], columns=m)


def require_layers(layers: Sequence[Layer], X: Matrix) -> None:
    """Raise unless the layers' widths fit each other and the input."""
    if not layers:
        raise ValueError("layers is empty; expected at least one Layer")
    n_prev, before = X.shape[0], "X"
    for l, layer in enumerate(layers, start=1):
        if layer.W.shape[1] != n_prev:
            raise ValueError(
                f"W of layer {l} has shape {layer.W.shape}; expected ({layer.W.shape[0]}, {n_prev}), "
                f"since {before} has {n_prev} rows"
            )
        n_prev, before = layer.W.shape[0], f"layer {l}"
