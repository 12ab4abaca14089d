"""Section 7.1, the decay factor of the update with L2: where the weights shrink, change sign, and grow."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from manual_bp import penalties
from verify import between, identity, measurement
from verify.notes.section_7 import SECTION

DECAY = {"W": "n n_prev", "alpha": "", "lam": "", "m": ""}
ANY = {"alpha": between(0, 8), "lam": between(0, 2), "m": between(0.5, 2)}
BELOW_1 = {"alpha": between(0, 1), "lam": between(0, 1), "m": between(1, 2)}


def decayed(W: Any, alpha: Any, lam: Any, m: Any) -> Any:
    """One step where the loss is flat."""
    return penalties.l2_update(W, np.zeros_like(W), alpha, lam, m)


def edge(holds: Any, inside: float, outside: float) -> float:
    """Between a number where something holds and one where it does not, the one where it ceases to hold."""
    while abs(outside - inside) > 1e-13:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return (inside + outside) / 2


@measurement(
    equals=lambda lam, m: np.array([0.0, 1.0, 2.0]), within=1e-9, label="7.1u@edges", section=SECTION,
    domains={"lam": (0.7, 2.5), "m": (1, 5)}, uses=("7.1u",),
    equation=r"|1 - \frac{\alpha\lambda}{m}| < 1 \iff 0 < \frac{\alpha\lambda}{m} < 2, \quad "
    r"1 - \frac{\alpha\lambda}{m} \ge 0 \iff \frac{\alpha\lambda}{m} \le 1 \quad \text{(ours)}",
    because="E15: alpha lambda/m at the edges that were measured: the weights shrink above the first, change sign "
    "above the second, and grow above the third",
)
def edges_of_decay(lam: Any, m: Any) -> Any:
    def after(c: float) -> float:
        return float(decayed(np.array([[1.0]]), c * m / lam, lam, m).item())

    return np.array([
        edge(lambda c: abs(after(c)) < 1, 0.5, -0.5),
        edge(lambda c: after(c) > 0, 0.5, 1.5),
        edge(lambda c: abs(after(c)) < 1, 1.5, 2.5),
    ])


@identity(
    of=lambda W, alpha, lam, m: jnp.sign(W), label="7.1u@sign", section=SECTION, shapes=DECAY, domains=ANY,
    uses=("7.1u",), equation=r"\operatorname{sign}\bigl((1 - \frac{\alpha\lambda}{m}) W\bigr) = \operatorname{sign} W",
    expect="refuted", corrected_by="7.1u@sign*",
    because="E15: where alpha lambda/m is above 1 the factor is negative: the weights change sign at each step",
    counterexample={"W": [[1.0, -2.0]], "alpha": 1.5, "lam": 1.0, "m": 1.0},
)
def sign_after_decay(W: Any, alpha: Any, lam: Any, m: Any) -> Any:
    return np.sign(decayed(W, alpha, lam, m))


identity(
    of=lambda W, alpha, lam, m: jnp.sign(W), label="7.1u@sign*", section=SECTION, shapes=DECAY, domains=BELOW_1,
    uses=("7.1u",), because="E15: the factor is positive where alpha lambda/m is below 1",
    equation=r"\operatorname{sign}\bigl((1 - \frac{\alpha\lambda}{m}) W\bigr) = \operatorname{sign} W, \quad "
    r"\frac{\alpha\lambda}{m} < 1",
)(sign_after_decay)


@identity(
    of=lambda W, alpha, lam, m: jnp.abs(W), label="7.1u@shrinks", section=SECTION, shapes=DECAY, domains=ANY,
    uses=("7.1u",), equation=r"\bigl|(1 - \frac{\alpha\lambda}{m}) W\bigr| \le |W|",
    expect="refuted", corrected_by="7.1u@edges",
    because="E15: where alpha lambda/m is above 2 the weights grow at each step instead of decaying",
    counterexample={"W": [[1.0, -2.0]], "alpha": 3.0, "lam": 1.0, "m": 1.0},
)
def largest_of_decayed_and_start(W: Any, alpha: Any, lam: Any, m: Any) -> Any:
    return np.maximum(np.abs(decayed(W, alpha, lam, m)), np.abs(W))
