"""The same second opinion, dual numbers instead of JAX's rules, on networks with dropout and penalties."""

from typing import Any

from manual_bp import penalties
from manual_bp.training import regularized_gradients
from verify import identity
from verify.notes import by_hand
from verify.notes.independent import SEEDS, moving, slope, slope_of_J, with_direction
from verify.notes.networks import ARCHITECTURES, SOME
from verify.notes.section_7 import SECTION
from verify.notes.seeded import seeded

WITH_DROPOUT = seeded(ARCHITECTURES[1:], SEEDS, dropout=True).map(with_direction)
REGULARIZED = seeded(ARCHITECTURES[2:3], SEEDS, dropout=True, penalties=True).map(with_direction)


def slope_of_penalized_J(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, along: Any, along_X: Any,
    lam: Any, lam1: Any,
) -> Any:
    """The same of J with both penalties."""
    weights, m = [W for W, _ in moving(params, along)], X.shape[1]
    penalty = penalties.l2_penalty(weights, lam, m) + penalties.l1_penalty(weights, lam1, m)
    return slope_of_J(params, activations, loss, X, Y, masks, keep, along, along_X) + penalty.d


@identity(
    of=slope_of_J, inputs=WITH_DROPOUT, examples=SOME, label="7.2back@dual", section=SECTION, uses=("7.2back", "7.2"),
    because="without JAX: the forward pass by hand, with dropout, on dual numbers; by section 5",
    equation=r"\sum_l \langle dW^{[l]}, V^{[l]} \rangle + \langle db^{[l]}, v^{[l]} \rangle + "
    r"\tfrac{1}{m} \langle dX, V \rangle",
)
def section_5_along(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, along: Any, along_X: Any
) -> Any:
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    return slope(g, g.dW, X.shape[1], along, along_X)


@identity(
    of=slope_of_penalized_J, inputs=REGULARIZED, examples=SOME, label="7.1g@dual", section=SECTION, uses=("7.1",),
    because="without JAX: J with both penalties, on dual numbers",
    equation=r"\sum_l \langle dW^{[l]}, V^{[l]} \rangle + \langle db^{[l]}, v^{[l]} \rangle + "
    r"\tfrac{1}{m} \langle dX, V \rangle \text{ with L2 and L1}",
)
def penalized_along(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, along: Any, along_X: Any,
    lam: Any, lam1: Any,
) -> Any:
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    layers = by_hand.layers_of(params, activations)
    dW = regularized_gradients(layers, g.dW, lam, lam1, X.shape[1])
    return slope(g, dW, X.shape[1], along, along_X)
