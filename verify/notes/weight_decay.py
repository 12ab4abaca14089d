"""Section 7.1, the update with L2: where its decay factor lets weights shrink, change sign, grow; both its forms."""

from typing import Any

import jax.numpy as jnp
import numpy as np

import manual_bp as bp
from manual_bp import penalties
from manual_bp.gradient_descent import update_biases
from verify import between, identity, measurement
from verify.notes.section_7 import SECTION

DECAY = {"W": "n n_prev", "alpha": "", "lam": "", "m": ""}
ANY = {"alpha": between(0, 8), "lam": between(0, 2), "m": between(0.5, 2)}
BELOW_1 = {"alpha": between(0, 1), "lam": between(0, 1), "m": between(1, 2)}


def decayed(W: Any, alpha: Any, lam: Any, m: Any) -> Any:
    """One step where the loss is flat."""
    return penalties.l2_update(W, np.zeros_like(W), alpha, lam, m)


def edge(holds: Any, inside: float, outside: float, within: float = 1e-13) -> float:
    """Between a number where something holds and one where it does not, the one where it ceases to hold."""
    while abs(outside - inside) > within:
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


# -- both forms of the update, for long --------------------------------------------------------------------------------

STEPS, WIDTHS, LOSS = 60, (3, 4, 2), bp.loss("cross_entropy")


def trained_by_decay(layers: Any, X: Any, Y: Any, alpha: Any, lam: Any) -> Any:
    """The printed second form: the weights decay, then step on dJ/dW."""
    m = X.shape[1]
    for _ in range(STEPS):
        gradients = bp.backprop(bp.forward(X, layers), layers, Y, LOSS, stable=True)
        layers = [
            bp.Layer(penalties.l2_update(layer.W, dW, alpha, lam, m), update_biases(layer.b, db, alpha), layer.g)
            for layer, dW, db in zip(layers, gradients.dW, gradients.db, strict=True)
        ]
    return layers


@measurement(
    equals=0, within=STEPS, label="7.1u@together", section=SECTION, domains={"lam": (0.5, 5.0), "alpha": (0.5,)},
    uses=("7.1u", "7.1u@gradient", "7.1g"),
    equation=rf"W^{{[l]}} - \alpha \bigl(dJ/dW^{{[l]}} + \tfrac{{\lambda}}{{m}} W^{{[l]}}\bigr) \text{{ and }} "
    rf"\bigl(1 - \tfrac{{\alpha\lambda}}{{m}}\bigr) W^{{[l]}} - \alpha\, dJ/dW^{{[l]}}, \text{{ {STEPS} times}}",
    because="a network trained by either form: the distance of its weights and biases, in units of rounding of the "
    "layer's largest weight at the start, is below one for each step",
)
def distance_of_both_forms(lam: Any, alpha: Any) -> float:
    rng = np.random.default_rng(0)
    start = bp.initialize(rng, WIDTHS, ("tanh", "softmax"))
    X, Y = rng.standard_normal((3, 8)), np.eye(2)[rng.integers(0, 2, 8)].T
    by_gradient = bp.train(X, Y, start, LOSS, alpha=alpha, steps=STEPS, lam=lam).layers
    by_decay = trained_by_decay(start, X, Y, alpha, lam)
    return max(
        float(np.max(np.abs(x - y)) / np.max(np.abs(first.W)) / np.finfo(float).eps)
        for first, one, other in zip(start, by_gradient, by_decay, strict=True)
        for x, y in ((one.W, other.W), (one.b, other.b))
    )
