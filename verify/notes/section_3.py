"""Section 3, the vectorized forward pass."""

from typing import Any

import manual_bp as bp
from manual_bp.forward import affine
from verify import identity
from verify.notes import by_hand, twin
from verify.notes.networks import NETWORKS

SECTION = "3 Vectorized forward pass"

identity(
    of=twin.affine, label="3.1", section=SECTION,
    shapes={"W": "n n_prev", "A_prev": "n_prev m", "b": "n 1"}, equation=r"Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}",
)(affine)


@identity(
    of=twin.activate, label="3.2", section=SECTION, shapes={"Z": "n m"}, equation=r"A^{[l]} = g(Z^{[l]})",
    domains={"activation": tuple(twin.ACTIVATIONS)}, uses=("2.sigmoid", "2.tanh", "2.relu", "2.leaky"),
)
def activate(Z: Any, activation: str) -> Any:
    return bp.activation(activation).g(Z)


@identity(
    of=twin.values, inputs=NETWORKS, label="3.pass", section=SECTION, uses=("3.1", "3.2", "2.CE", "2.BCE", "2.J"),
    equation=r"X = A^{[0]},\ Z^{[l]},\ A^{[l]},\ \bar L,\ J \text{ of a whole network}",
)
def forward_pass(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.values(params, activations, loss, X, Y, masks, keep)
