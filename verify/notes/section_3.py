"""Section 3, the vectorized forward pass."""

from typing import Any

import jax.numpy as jnp

import manual_bp as bp
from manual_bp.forward import affine
from verify import definition, identity, runs
from verify.notes import by_hand, twin
from verify.notes.networks import NETWORKS, SOME

SECTION = "3 Vectorized forward pass"
AFFINE = {"W": "n n_prev", "A_prev": "n_prev m", "b": "n 1"}

definition(label="3.0", section=SECTION, equation=r"X = A^{[0]}", uses=("1.6a",))

identity(
    of=twin.affine, label="3.1", section=SECTION,
    shapes=AFFINE, equation=r"Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}",
)(affine)



def with_stacked_biases(W: Any, A_prev: Any, b: Any) -> Any:
    """b broadcast by a product: m copies of the column beside each other."""
    return W @ A_prev + b @ jnp.ones((1, A_prev.shape[1]))


identity(
    of=with_stacked_biases, label="3.1b", section=SECTION, shapes=AFFINE, uses=("3.1", "1.M@ours"),
    equation=r"b^{[l]} \text{ is broadcasted from } (n^{[l]}, 1) \text{ to } (n^{[l]}, m)",
)(affine)

@identity(
    of=twin.affine, label="3.1b@flat", section=SECTION, shapes=AFFINE, expect="refuted", corrected_by="3.1b",
    equation=r"b^{[l]} \text{ is broadcasted from } (n^{[l]},) \text{ to } (n^{[l]}, m)",
    because="E9: a flat b is added along the examples: an error unless n = m, and there the wrong numbers",
    counterexample={"W": [[0.0], [0.0]], "A_prev": [[0.0, 0.0]], "b": [[1.0], [2.0]]},
)
def with_flat_biases(W: Any, A_prev: Any, b: Any) -> Any:
    return W @ A_prev + b.ravel()


@runs(
    label="3.1b@refused", section=SECTION, shapes={"W": "n n_prev", "b": "n"}, expect="refuted", corrected_by="3.1b",
    counterexample={"W": [[1.0, 2.0], [3.0, 4.0]], "b": [1.0, 2.0]}, equation=r"b^{[l]}: (n^{[l]},)", uses=("3.1b",),
    because="E9: a layer takes its biases as a column (n, 1) and refuses a flat array, which would broadcast wrongly",
)
def flat_biases(W: Any, b: Any) -> Any:
    return bp.Layer(W, b, bp.activation("tanh"))


@identity(
    of=twin.activate, label="3.2", section=SECTION, shapes={"Z": "n m"}, equation=r"A^{[l]} = g(Z^{[l]})",
    domains={"activation": tuple(twin.ACTIVATIONS)}, uses=("2.sigmoid", "2.tanh", "2.relu", "2.leaky"),
)
def activate(Z: Any, activation: str) -> Any:
    return bp.activation(activation).g(Z)


@identity(
    of=twin.values, inputs=NETWORKS, examples=SOME, label="3.pass", section=SECTION,
    uses=("3.1", "3.2", "2.CE", "2.BCE", "2.J"),
    equation=r"X = A^{[0]},\ Z^{[l]},\ A^{[l]},\ \bar L,\ J \text{ of a whole network}",
)
def forward_pass(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.values(params, activations, loss, X, Y, masks, keep)
