"""Networks to verify the notes on: a strategy over a few architectures and random values that shrink to small numbers.

The architectures are chosen so that wrong formulas can't hide: widths distinct and different from m, more than two
layers and more than one output, each activation, softmax with soft targets, masks with distinct keep probabilities, and
one shape of ones and one square one besides. Rows of zero weights with a zero bias put Z on the kink.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

_POSITIVE = np.concatenate([np.arange(1, 17) / 8, [2.5, 3.0]])
VALUES = np.concatenate([[0.0, 1.0, -1.0, 2.0, -2.0], np.stack([_POSITIVE, -_POSITIVE], axis=1).ravel()])
PROBABILITIES = np.array([0.0, 1.0, 0.5, 0.25, 0.75, 0.1, 0.9])
SOME = 64  # examples of what is costly: whole networks, full Jacobians
KEEP = (0.35, 0.6, 0.8, 0.9)


@dataclass(frozen=True)
class Architecture:
    """n[0..N], the batch size, an activation per layer, and the loss."""

    widths: tuple[int, ...]
    m: int
    activations: tuple[str, ...]
    loss: str = "binary_cross_entropy"


ARCHITECTURES = (
    Architecture((1, 1), 1, ("sigmoid",)),
    Architecture((2, 3, 1), 4, ("tanh", "sigmoid")),
    Architecture((3, 5, 4, 2), 6, ("relu", "leaky_relu", "sigmoid")),
    Architecture((4, 2, 5, 3), 7, ("sigmoid", "relu", "softmax"), "cross_entropy"),
    Architecture((3, 3, 3), 3, ("leaky_relu", "softmax"), "cross_entropy"),
    Architecture((2, 6, 5, 4, 3), 9, ("identity", "tanh", "relu", "sigmoid"), "cross_entropy"),
)


def array(draw: Any, shape: tuple[int, ...], table: Any = VALUES) -> Any:
    """An array with entries from a table, one byte each; it shrinks to the table's first entries."""
    n = int(np.prod(shape))
    codes = np.frombuffer(draw(st.binary(min_size=n, max_size=n)), np.uint8).astype(int)
    return table[codes % len(table)].reshape(shape)


@st.composite
def networks(
    draw: Any, dropout: bool = False, architectures: tuple[Architecture, ...] = ARCHITECTURES
) -> dict[str, Any]:
    """The arguments of `twin.values` and `twin.gradients`, as a dict."""
    chosen = draw(st.sampled_from(architectures))
    params: list[tuple[Any, Any]] = []
    masks: list[Any] = []
    keep: list[Any] = []
    for n_prev, n in zip(chosen.widths[:-1], chosen.widths[1:], strict=True):
        last = len(params) == len(chosen.activations) - 1
        W, b = array(draw, (n, n_prev)), array(draw, (n, 1))
        if n > 1 and draw(st.booleans()):
            W[0], b[0] = 0.0, 0.0
        params.append((W, b))
        masks.append(None if last or not dropout else array(draw, (n, chosen.m), np.array([1.0, 0.0])))
        keep.append(None if last or not dropout else np.float64(draw(st.sampled_from(KEEP))))
    m, K = chosen.m, chosen.widths[-1]
    return {
        "params": params,
        "activations": chosen.activations,
        "loss": chosen.loss,
        "X": array(draw, (chosen.widths[0], m)),
        "Y": _targets(draw, chosen.loss, K, m),
        "masks": masks,
        "keep": keep,
    }


def _targets(draw: Any, loss: str, K: int, m: int) -> Any:
    """Targets in [0, 1]: soft ones; or, for cross-entropy, one-hot columns."""
    if loss == "cross_entropy" and draw(st.booleans()):
        return np.eye(K)[:, array(draw, (m,), np.arange(256)) % K]
    return array(draw, (K, m), PROBABILITIES)


@st.composite
def regularized(draw: Any) -> dict[str, Any]:
    """The same with dropout and penalties: the arguments of `twin.regularized`."""
    return {
        **draw(networks(dropout=True)),
        "lam": np.float64(draw(st.sampled_from((0.7, 0.0, 2.5)))),
        "lam1": np.float64(draw(st.sampled_from((0.3, 0.0, 1.5)))),
    }


NETWORKS = networks()
WITH_DROPOUT = networks(dropout=True)
REGULARIZED = regularized()
