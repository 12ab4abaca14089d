"""Section 7.2, inverted dropout. A mask is explicit data: drawn once, passed to forward and backward."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Shaped

from manual_bp.shapes import require_keep_probability, require_matrix, require_positive, weak


@dataclass(frozen=True, eq=False)
class Dropout:
    """Dropout of one hidden layer: the mask D, shape (n[l], m), 1 where a neuron is kept; its keep probability p.

    A numeric mask is kept as booleans, which leave the dtype of A alone.
    """

    D: Shaped[np.ndarray, "n m"]
    p: float

    def __post_init__(self) -> None:
        require_matrix("D", self.D)
        if self.D.dtype.kind in "biuf":
            if not np.all((self.D == 0) | (self.D == 1)):
                raise ValueError("D has entries other than 0 and 1; a mask says which neurons are kept")
            object.__setattr__(self, "D", self.D.astype(bool))
        require_keep_probability("p", self.p)
        object.__setattr__(self, "p", weak(self.p))


def draw_mask(rng: np.random.Generator, p: float, n: int, m: int) -> Bool[np.ndarray, "n m"]:
    """D = (U < p) with U uniform on [0, 1): each neuron of each example is kept with probability p."""
    require_keep_probability("p", p)
    return rng.random((n, m)) < p                                           # (7.2a) (7.2a@U) (7.2c@law)


def draw_dropout(
    rng: np.random.Generator, keep: Sequence[float], widths: Sequence[int], m: int
) -> tuple[Dropout | None, ...]:
    """Masks for one pass.

    Parameters
    ----------
    rng : numpy.random.Generator
    keep : one keep probability per layer, each in (0, 1]; the output layer's must be 1 (E16b), since a masked output
        makes the loss meaningless. At 1 nothing is drawn and the entry is None.
    widths : n[1], ..., n[N]
    m : the batch size

    Raises
    ------
    ValueError
        If a probability lies outside (0, 1], the numbers of layers differ, or the output layer would be masked.
    """
    if len(keep) != len(widths):
        raise ValueError(f"keep has {len(keep)} probabilities for {len(widths)} layers; expected one per layer")
    require_positive("m", m)
    for l, p in enumerate(keep, start=1):
        require_keep_probability(f"keep[{l - 1}] (layer {l})", p)
    if keep and keep[-1] != 1:
        raise ValueError(f"keep[{len(keep) - 1}] is {keep[-1]!r}; the output layer has no dropout, expected 1 (E16b)")
    layers = zip(keep, widths, strict=True)                                 # (7.2a@layers) (7.2a@draw) (7.2a@apart)
    return tuple(None if p == 1 else Dropout(draw_mask(rng, p, n, m), p) for p, n in layers)


def apply_mask(A: Shaped[np.ndarray, "n m"], D: Shaped[np.ndarray, "n m"], p: float) -> Shaped[np.ndarray, "n m"]:
    """Forward: A := A * D, then A := A / p, so that the expected fan-output stays the same."""
    A = A * D                                                               # (7.2b) (7.2c@Z) (7.2c@low) (7.2x@mean)
    return A / weak(p)                                                      # (7.2c) (7.2c@E) (7.2c@Var) (4.5@dropout*)


def apply_mask_backward(
    dA: Shaped[np.ndarray, "n m"], D: Shaped[np.ndarray, "n m"], p: float
) -> Shaped[np.ndarray, "n m"]:
    """Backward: the same mask and scale on dA, which turns it into the gradient with respect to g(Z)."""
    dA = dA * D                                                             # (7.2bw)
    return dA / weak(p)                                                     # (7.2bw) (7.2c@float32) (4.3@dropout*)


def require_dropout(
    dropout: Sequence[Dropout | None] | None, widths: Sequence[int], m: int
) -> tuple[Dropout | None, ...]:
    """One entry per layer, each mask of shape (n[l], m); raises ValueError if they do not fit."""
    if dropout is None:
        return (None,) * len(widths)
    if len(dropout) != len(widths):
        raise ValueError(f"dropout has {len(dropout)} entries for {len(widths)} layers; expected one per layer")
    for l, (drop, n) in enumerate(zip(dropout, widths, strict=True), start=1):
        if drop is not None:
            require_matrix(f"D of layer {l}", drop.D, rows=n, columns=m)
    if dropout[-1] is not None:                                             # (7.2p@refused)
        raise ValueError(
            "the output layer has dropout; expected None, since a masked output makes the loss meaningless (E16b)"
        )
    return tuple(dropout)
