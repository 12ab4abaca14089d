"""A second opinion that uses none of JAX's rules: dual numbers over the hand-derived forward pass.

The gradients along a direction, against the derivative of J along it. A rule that were wrong in JAX, in the twin, or in
the interpreter would not be wrong here too.
"""

from typing import Any

import numpy as np

from verify import identity
from verify.notes import by_hand
from verify.notes.networks import ARCHITECTURES, SOME
from verify.notes.section_4 import SECTION
from verify.notes.seeded import seeded
from verify.numbers.duals import DUALS, Dual

SEEDS = 6


def with_direction(drawn: dict[str, Any]) -> dict[str, Any]:
    """A network with a direction for its parameters and its input: different for every entry."""
    rng = np.random.default_rng([*drawn["X"].shape, len(drawn["params"])])
    # A weight that is 0 stays so: there L1 has a kink.
    along = [(rng.standard_normal(W.shape) * (W != 0), rng.standard_normal(b.shape)) for W, b in drawn["params"]]
    return {**drawn, "along": along, "along_X": rng.standard_normal(drawn["X"].shape)}


PLAIN = seeded(ARCHITECTURES, SEEDS).map(with_direction)


def slope_of_J(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, along: Any, along_X: Any
) -> Any:
    """The derivative of J along the direction: the forward pass on dual numbers."""
    with DUALS.creating(by_hand.values):
        return by_hand.values(moving(params, along), activations, loss, Dual(X, along_X), Y, masks, keep)["J"].d


def moving(params: Any, along: Any) -> Any:
    """The parameters as dual numbers."""
    return [(Dual(W, dW), Dual(b, db)) for (W, b), (dW, db) in zip(params, along, strict=True)]


def slope(g: Any, dW: Any, m: int, along: Any, along_X: Any) -> Any:
    """What the gradients say that it is; dX is that of the single losses."""
    of_params = sum(np.sum(a * W) + np.sum(c * b) for a, c, (W, b) in zip(dW, g.db, along, strict=True))
    return of_params + np.sum(g.dX * along_X) / m


@identity(
    of=slope_of_J, inputs=PLAIN, examples=SOME, label="4.B@dual", section=SECTION,
    uses=("4.B6", "3.pass"), because="without JAX: the forward pass by hand, on dual numbers",
    equation=r"\sum_l \langle dW^{[l]}, V^{[l]} \rangle + \langle db^{[l]}, v^{[l]} \rangle + "
    r"\tfrac{1}{m} \langle dX, V \rangle = \text{the derivative of } J \text{ along } V",
)
def section_4_along(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, along: Any, along_X: Any
) -> Any:
    g = by_hand.section_4(params, activations, loss, X, Y, masks, keep)
    return slope(g, g.dW, X.shape[1], along, along_X)
