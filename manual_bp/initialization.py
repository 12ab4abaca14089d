"""Section 6.1.2, Xavier, He and Bengio initialization, from a `numpy.random.Generator`.

The printed `np.random.randn((a, b))` is a TypeError (E13): here a function takes the standard normal draws. "Bengio" is
the second scheme of the paper that the first is named after (Xavier Glorot and Yoshua Bengio, 2010). None of them sets
the fan-in's variance to 1 in general (E22): each sets the variance of W.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Shaped

from manual_bp.activations import activation
from manual_bp.notation import Layer
from manual_bp.shapes import require_known

n_n_prev = Shaped[np.ndarray, "n n_prev"]


def xavier(normal: n_n_prev) -> n_n_prev:
    """W = normal * sqrt(1 / n[l-1]), for tanh or sigmoid."""
    n_prev = normal.shape[1]                        # (6.1.2var@tanh) (6.1.2var@sigmoid) (6.1.2var@relu-xavier)
    return normal * (1 / n_prev) ** 0.5                                     # (6.1.2X) (6.1.2X@law)


def he(normal: n_n_prev) -> n_n_prev:
    """W = normal * sqrt(2 / n[l-1]), for ReLU."""
    n_prev = normal.shape[1]                                     # (6.1.2var@relu) (6.1) (6.1@rate) (6.1@relu)
    return normal * (2 / n_prev) ** 0.5                                     # (6.1.2H) (6.1.2H@law)


def bengio(normal: n_n_prev) -> n_n_prev:
    """W = normal * sqrt(2 / (n[l-1] + n[l]))."""
    n, n_prev = normal.shape
    return normal * (2 / (n_prev + n)) ** 0.5                               # (6.1.2B) (6.1.2B@law) (6.1.2B@widths)


INITIALIZATIONS: dict[str, Callable[[n_n_prev], n_n_prev]] = {"xavier": xavier, "he": he, "bengio": bengio}


def initialize(
    rng: np.random.Generator,
    widths: Sequence[int],
    activations: Sequence[str],
    scheme: str | None = None,
    dtype: type[np.floating] = np.float64,
) -> list[Layer]:
    """Layers with random weights and zero biases.

    Parameters
    ----------
    rng : numpy.random.Generator
    widths : n[0], n[1], ..., n[N], each at least 1
    activations : N names of `ACTIVATIONS`
    scheme : "xavier", "he" or "bengio"; None takes He for ReLU and leaky ReLU layers and Xavier for the others
    dtype : the parameters' floating type

    Raises
    ------
    ValueError
        If the numbers of widths and activations do not fit, a width is below 1, or a name is unknown.

    Source: notes, 6.1.2; the zero biases are ours.
    """
    if len(widths) != len(activations) + 1:
        raise ValueError(
            f"{len(widths)} widths for {len(activations)} activations; expected n[0]..n[N] and one activation per layer"
        )
    for l, n in enumerate(widths):
        if n < 1:
            raise ValueError(f"widths[{l}] is {n}; a layer has at least one neuron")
    if scheme is not None:
        require_known("initialization", scheme, tuple(INITIALIZATIONS))
    layers = []
    for n_prev, n, name in zip(widths[:-1], widths[1:], activations, strict=True):
        g = activation(name)
        chosen = scheme or ("he" if g.name in ("relu", "leaky_relu") else "xavier")
        normal = rng.standard_normal((n, n_prev))                           # (6.1.2n) (6.1.2X@normal)
        W = INITIALIZATIONS[chosen](normal).astype(dtype)                   # (6.1.2X@layers) (6.1.2var)
        layers.append(Layer(W, np.zeros((n, 1), dtype), g))                 # (6.1.2b@ours) (6.1@tanh) (6.1@sigmoid)
    return layers
