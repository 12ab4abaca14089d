"""Section 6.2, basic (full batch) gradient descent."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32

import manual_bp as bp
from manual_bp.gradient_descent import update_biases, update_weights
from verify import identity, measurement, positive, runs
from verify.notes.networks import SOME
from verify.notes.section_6 import SECTION

STEP = r"\begin{aligned} W^{[l]} &:= W^{[l]} - \alpha dW^{[l]} \\ b^{[l]} &:= b^{[l]} - \alpha db^{[l]} \end{aligned}"
LAYER = {"W": "n n_prev", "dW": "n n_prev", "b": "n 1", "db": "n 1", "alpha": ""}
NETWORK = {f"{W}{l}": f"n{l} n{l - 1}" for W in ("W", "dW") for l in (1, 2, 3)}
NETWORK |= {f"{b}{l}": f"n{l} 1" for b in ("b", "db") for l in (1, 2, 3)}
ACTIVATIONS = ("tanh", "relu", "sigmoid")
FLAT = {"b": [[1.0], [2.0], [3.0]], "db": [10.0, 20.0, 30.0], "alpha": 0.1}


def stepped(W: Any, dW: Any, b: Any, db: Any, alpha: Any) -> dict[str, Any]:
    alpha = alpha.astype(W.dtype)
    return {"W": W - alpha * dW, "b": b - alpha * db}


def stepped_column(b: Any, db: Any, alpha: Any) -> Any:
    return b - alpha * jnp.reshape(db, b.shape)


@identity(
    of=stepped, label="6.2", section=SECTION, shapes=LAYER, domains={"alpha": positive}, equation=STEP,
)
def updated(W: Any, dW: Any, b: Any, db: Any, alpha: Any) -> dict[str, Any]:
    return {"W": update_weights(W, dW, alpha), "b": update_biases(b, db, alpha)}


identity(
    of=stepped_column, label="6.2b", section=SECTION, shapes={"b": "n 1", "db": "n 1", "alpha": ""},
    domains={"alpha": positive}, equation=r"b^{[l]} := b^{[l]} - \alpha db^{[l]}",
)(update_biases)


@identity(
    of=stepped, label="6.2@float32", section=SECTION, examples=SOME, uses=("6.2",),
    domains={"alpha": (np.float64(0.1), np.float64(3.0))}, equation=STEP + r" \quad \text{(in float32)}",
)
def updated_in_float32(
    W: Float32[np.ndarray, "n n_prev"], dW: Float32[np.ndarray, "n n_prev"], b: Float32[np.ndarray, "n 1"],
    db: Float32[np.ndarray, "n 1"], alpha: Any,
) -> dict[str, Any]:
    return {"W": update_weights(W, dW, alpha), "b": update_biases(b, db, alpha)}


# -- a flat db (E9) ----------------------------------------------------------------------------------------------------


@identity(
    of=stepped_column, label="6.2@flat", section=SECTION, shapes={"b": "n 1", "db": "n", "alpha": ""},
    domains={"alpha": positive}, equation=r"b^{[l]} := b^{[l]} - \alpha db^{[l]} \quad \text{(without keepdims)}",
    expect="refuted", corrected_by="6.2b", counterexample=FLAT,
    because="E9: summed without keepdims, db has shape (n,), and b - alpha db silently becomes (n, n)",
)
def updated_by_a_flat_gradient(b: Any, db: Any, alpha: Any) -> Any:
    return b - alpha * db


runs(
    label="6.2@refused", section=SECTION, shapes={"b": "n 1", "db": "n", "alpha": ""}, domains={"alpha": positive},
    equation=r"b^{[l]} := b^{[l]} - \alpha db^{[l]} \quad \text{(ours, without keepdims)}", uses=("6.2@flat",),
    expect="refuted", corrected_by="6.2b", counterexample=FLAT,
    because="E9: update_biases refuses a db that has not b's shape, where NumPy would broadcast",
)(update_biases)

# -- all layers --------------------------------------------------------------------------------------------------------


def all_stepped(
    W1: Any, dW1: Any, b1: Any, db1: Any, W2: Any, dW2: Any, b2: Any, db2: Any, W3: Any, dW3: Any, b3: Any, db3: Any,
    alpha: Any,
) -> dict[str, Any]:
    step = jnp.multiply(alpha, -1.0)
    W = [W1 + step * dW1, W2 + step * dW2, W3 + step * dW3]
    b = [b1 + step * db1, b2 + step * db2, b3 + step * db3]
    return {"W": W, "b": b, "g": [jnp.array(l) for l in range(3)]}


@identity(
    of=all_stepped, label="6.2@layers", section=SECTION,
    examples=SOME, shapes={**NETWORK, "alpha": ""}, domains={"alpha": positive},
    uses=("6.2",), equation=r"W^{[l]},\ b^{[l]},\ g^{[l]} \text{ for } l = 1, \dots, N, \text{ after a step}",
)
def descended(
    W1: Any, dW1: Any, b1: Any, db1: Any, W2: Any, dW2: Any, b2: Any, db2: Any, W3: Any, dW3: Any, b3: Any, db3: Any,
    alpha: Any,
) -> dict[str, Any]:
    g = map(bp.activation, ACTIVATIONS)
    layers = [bp.Layer(*layer) for layer in zip((W1, W2, W3), (b1, b2, b3), g, strict=True)]
    out = bp.descend(layers, (dW1, dW2, dW3), (db1, db2, db3), alpha)
    return {
        "W": [layer.W for layer in out], "b": [layer.b for layer in out],
        "g": [np.array(ACTIVATIONS.index(layer.g.name)) for layer in out],
    }


@measurement(
    equals=np.zeros(6), within=1e-15, label="6.2@deep", section=SECTION, uses=("6.2@layers",),
    equation=r"(W^{[l]} - \alpha\, dW^{[l]}) - W^{[l]}_{new}, \quad l = 1, \dots, 6",
    because="the learning rate is that of every layer",
)
def step_of_six_layers() -> Any:
    W = [np.full((2, 2), 1.0 + l) for l in range(6)]
    zeros = [np.zeros((2, 1))] * 6
    stepped = bp.descend([bp.Layer(x, zeros[0], bp.activation("tanh")) for x in W], [-x for x in W], zeros, 0.5)
    return np.array([np.abs(1.5 * x - layer.W).max() for x, layer in zip(W, stepped, strict=True)])
