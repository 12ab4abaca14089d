"""Section 6.1.2, Xavier/He/Bengio initialization: the weights for given normals."""

from typing import Any

import jax.numpy as jnp
import numpy as np

import manual_bp as bp
from manual_bp import initialization
from verify import definition, identity, integers_below, measurement, missing, runs
from verify.notes.section_6 import SECTION

RANDN = r"W^{[l]} = \text{np.random.randn}((n^{[l]}, n^{[l-1]})) * "
NETWORKS = (
    ((3, 5, 4, 6, 2), ("tanh", "relu", "leaky_relu", "sigmoid")),
    ((2, 7, 3), ("relu", "softmax")),
    ((4, 1, 4), ("identity", "leaky_relu")),
    ((3, 3, 3), ("relu", "tanh")),
    ((1, 1), ("sigmoid",)),
)
SHAPES = {"n": (3, 1), "n_prev": (2, 4)}
NETWORK = {"seed": integers_below(1000), "network": NETWORKS}


# -- the schemes -------------------------------------------------------------------------------------------------------


def xavier(normal: Any) -> Any:
    return normal / jnp.sqrt(normal.shape[1])


def he(normal: Any) -> Any:
    return jnp.sqrt(2.0) * normal / jnp.sqrt(normal.shape[1])


def bengio(normal: Any) -> Any:
    return normal / jnp.sqrt(sum(normal.shape) / 2)

for _label, _of, _scheme, _factor in (
    ("6.1.2X", xavier, initialization.xavier, r"\text{np.sqrt}(1/n^{[l-1]})"),
    ("6.1.2H", he, initialization.he, r"\text{np.sqrt}(2/n^{[l-1]})"),
    ("6.1.2B", bengio, initialization.bengio, r"\text{np.sqrt}(2/(n^{[l-1]} + n^{[l]}))"),
):
    identity(
        of=_of, label=_label, section=SECTION, shapes={"normal": "n n_prev"}, equation=RANDN + _factor,
        because="read with np.random.randn(a, b), see 6.1.2np; it sets the variance of W, and not that of the fan-in",
    )(_scheme)


@runs(
    label="6.1.2np", section=SECTION, domains=SHAPES, equation=RANDN + r"\text{np.sqrt}(1/n^{[l-1]})",
    expect="refuted", corrected_by="6.1.2np*",
    because="E13: np.random.randn takes the dimensions one by one: a tuple of them is a TypeError",
)
def weights_as_printed(n: int, n_prev: int) -> Any:
    return np.random.randn((n, n_prev)) * np.sqrt(1 / n_prev)  # type: ignore[call-overload]  # noqa: NPY002


def shape_of_weights(n: int, n_prev: int) -> Any:
    return n, n_prev


@measurement(
    equals=shape_of_weights, within=0.5, label="6.1.2np*", section=SECTION, domains=SHAPES,
    equation=r"W^{[l]} = \text{np.random.randn}(n^{[l]}, n^{[l-1]}) * \text{np.sqrt}(1/n^{[l-1]})",
    because="E13: without the inner parentheses it runs, and the weights have the stated dimensions",
)
def weights_mended(n: int, n_prev: int) -> Any:
    return np.shape(np.random.randn(n, n_prev) * np.sqrt(1 / n_prev))  # noqa: NPY002


definition(
    label="6.1.2name", section=SECTION, equation=r"\text{Xavier/He/Bengio Initialization}",
    because="Xavier and Bengio are two schemes of one paper, Xavier Glorot and Yoshua Bengio, 2010; He is of 2015",
)

# -- a network's layers ------------------------------------------------------------------------------------------------


def scaled_normals(seed: Any, network: Any, scheme: Any) -> list[Any]:
    """The weights that a generator of that seed gives: its normals, a layer after the other, row by row, scaled."""
    (widths, activations), rng = network, np.random.default_rng(int(seed))
    W = []
    for n_prev, n, g in zip(widths[:-1], widths[1:], activations, strict=True):
        variance = {"xavier": 1 / n_prev, "he": 2 / n_prev, "bengio": 2 / (n + n_prev)}
        chosen = scheme or ("he" if "relu" in g else "xavier")
        normal = np.array([rng.standard_normal() for _ in range(n * n_prev)])
        W.append(normal.reshape(n, n_prev) * np.sqrt(variance[chosen]))
    return W


def roundings(x: Any, right: Any, dtype: str) -> float:
    """How far an array is from another of its shape, in units of rounding of a type that it must have."""
    if x.dtype != dtype or x.shape != right.shape:
        return float("inf")
    return float(np.max(np.abs(x - right) / np.abs(right)) / np.finfo(dtype).eps)


@measurement(
    equals=0, within=4, label="6.1.2X@layers", section=SECTION, uses=("6.1.2X", "6.1.2H", "6.1.2B"),
    shapes={"seed": ""},
    domains={**NETWORK, "scheme": (None, "xavier", "he", "bengio"), "dtype": ("float64", "float32")},
    equation=r"W^{[l]},\ b^{[l]},\ g^{[l]} \quad \text{(ours)}",
    because="the largest distance from the scaled normals, in units of rounding; where no scheme is named it is He's "
    "for ReLU and leaky ReLU, and Xavier's for the others",
)
def initial_layers(seed: Any, network: Any, scheme: Any, dtype: str) -> float:
    widths, activations = network
    layers = bp.initialize(np.random.default_rng(int(seed)), widths, activations, scheme, np.dtype(dtype).type)
    off = [roundings(y.W, W, dtype) for y, W in zip(layers, scaled_normals(seed, network, scheme), strict=True)]
    zero = all(not y.b.any() and y.b.dtype == dtype and y.b.shape == (len(y.W), 1) for y in layers)
    return max(off) if zero and [y.g.name for y in layers] == list(activations) else float("inf")


missing(
    label="6.1.2b", section=SECTION, equation=r"b^{[l]} := \dots \quad \text{(not given)}",
    because="how the biases start is not said: at zero, see 6.1.2b@ours",
)


def zero_columns(seed: Any, network: Any) -> list[Any]:
    return [np.zeros((n, 1)) for n in network[0][1:]]


@identity(
    of=zero_columns, label="6.1.2b@ours", section=SECTION, shapes={"seed": ""}, uses=("6.1.2X@layers",),
    domains=NETWORK, equation=r"b^{[l]} = 0 \text{ of dimension } (n^{[l]}, 1) \quad \text{(ours)}",
)
def initial_biases(seed: Any, network: Any) -> list[Any]:
    return [layer.b for layer in bp.initialize(np.random.default_rng(int(seed)), *network)]


def components(network: Any) -> Any:
    """For each neuron of each layer, the width of the layer before."""
    widths = network[0]
    return np.repeat(widths[:-1], widths[1:])


@measurement(
    equals=components, within=0.5, label="6.1.2n", section=SECTION, domains={"network": NETWORKS},
    equation=r"\text{The fan-in into a neuron in the } l \text{-th layer has } n^{[l-1]} \text{ components}",
    because="counted: the weights of each neuron that are not 0, layer by layer",
)
def counted_components(network: Any) -> Any:
    layers = bp.initialize(np.random.default_rng(0), *network)
    return np.concatenate([np.count_nonzero(layer.W, axis=1) for layer in layers])
