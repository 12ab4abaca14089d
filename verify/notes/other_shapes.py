"""Whole networks in shapes that no other row has: mistakes that are silent in all of those.

Beside a layer of the same width, its mask, W and Z fit too; one layer with several examples, more layers than a few, a
softmax inside, and widths and batches above 8 each meet code of their own.
"""

from typing import Any

import jax
import jax.numpy as jnp
from hypothesis import strategies as st

import manual_bp as bp
from verify import identity
from verify.notes import by_hand, twin
from verify.notes.networks import Architecture
from verify.notes.section_7 import SECTION
from verify.notes.seeded import network

SEEDS = 3
LARGE = Architecture((12, 11, 10), 17, ("tanh", "softmax"), "cross_entropy")
SHAPES = {
    "one-width": Architecture((3, 3, 3, 3), 3, ("tanh", "leaky_relu", "sigmoid")),
    "one-layer": Architecture((4, 2), 5, ("sigmoid",)),
    "deep": Architecture((2, 3, 2, 3, 2, 2), 4, ("tanh",) * 4 + ("sigmoid",)),
    "softmax-inside": Architecture((2, 4, 3), 5, ("softmax", "sigmoid")),
    "softmax-unmasked": Architecture((2, 4, 3), 4, ("softmax", "sigmoid")),
    "large": LARGE,
}


def of_shape(shape: Architecture, dropout: bool) -> Any:
    """Networks of one shape."""
    return st.integers(0, SEEDS - 1).map(lambda seed: network(shape, seed, dropout))


def twin_of_both(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    """dX of the single losses, dW and db of J, for either section."""

    def total(params: Any, X: Any) -> Any:
        return jnp.sum(twin.LOSSES[loss](twin.network(params, activations, X, masks, keep)[1][-1], Y))

    of_params, dX = jax.grad(total, argnums=(0, 1))(list(params), X)
    m = X.shape[1]
    return [{"dX": dX, "dW": [dW / m for dW, _ in of_params], "db": [db / m for _, db in of_params]}] * 2


def both_sections(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    gradients = [f(params, activations, loss, X, Y, masks, keep) for f in (by_hand.section_4, by_hand.section_5)]
    return [{"dX": g.dX, "dW": list(g.dW), "db": list(g.db)} for g in gradients]


for _name, _shape in SHAPES.items():
    identity(
        of=twin_of_both, inputs=of_shape(_shape, dropout=_name != "softmax-unmasked"), kink="autodiff",
        label=f"7.2back@{_name}", section=SECTION, uses=("7.2back", "5.0@dropout"),
        equation=rf"dX,\ dW^{{[l]}},\ db^{{[l]}} \text{{ of widths }} {_shape.widths}",
    )(both_sections)


def twin_outputs(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return twin.network(params, activations, X, [None] * len(keep), keep)[1][-1]


@identity(
    of=twin_outputs, inputs=of_shape(LARGE, dropout=False), label="7.2x@large", section=SECTION, uses=("7.2x",),
    equation=r"A^{[N]} \text{ of many examples at test time}",
)
def test_time(params: Any, activations: Any, X: Any) -> Any:
    return bp.predict(X, by_hand.layers_of(params, activations))
