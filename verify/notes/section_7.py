"""Section 7.1, L2 and L1 regularization."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

from manual_bp import penalties
from manual_bp.gradient_descent import update_weights
from verify import between, gradient, identity, measurement, missing, positive
from verify.notes.networks import SOME

SECTION = "7 Regularization"
PENALTY = {"W1": "n n_x", "W2": "k n", "lam": "", "m": ""}
GRADIENT = {"W": "n n_prev", "G": "n n_prev", "lam": "", "m": ""}
UPDATE = {"W": "n n_prev", "dW": "n n_prev", "alpha": "", "lam": "", "m": ""}
POSITIVE = {"lam": positive, "m": positive}
STEP = {**POSITIVE, "alpha": positive}
BETA = 0.9
TWO_BY_THREE = st.integers(0, 15).map(lambda seed: {"W": np.random.default_rng(seed).integers(1, 9, (2, 3)) / 1.0})


# -- the objective -----------------------------------------------------------------------------------------------------


def squares(W1: Any, W2: Any, lam: Any, m: Any) -> Any:
    return lam / (2 * m) * (jnp.linalg.norm(W1) ** 2 + jnp.linalg.norm(W2) ** 2)


@identity(
    of=lambda W1, W2, lam, m, L: squares(W1, W2, lam, m), label="7.1J", section=SECTION, shapes={**PENALTY, "L": ""},
    domains={**POSITIVE, "L": between(0, 3)}, uses=("1.11", "1.12"), expect="refuted", corrected_by="7.1J*",
    equation=r"J^{L2} = J + \frac{\lambda}{2m} \sum_{k=1}^L \|W^{[k]}\|_F^2 "
    r"= \frac{1}{m} \sum_{i=1}^m L^{(i)} + \frac{\lambda}{2m} \sum_{k=1}^L \|W^{[k]}\|_F^2",
    because="E14: L already names the loss (1.11); the layers are counted by N, and the sum runs over all of them",
    counterexample={"W1": [[1.0, 2.0]], "W2": [[3.0]], "lam": 2.0, "m": 1.0, "L": 1.5},
)
def l2_up_to_the_loss(W1: Any, W2: Any, lam: Any, m: Any, L: Any) -> Any:
    return penalties.l2_penalty([W for k, W in enumerate((W1, W2), start=1) if k <= L], lam, m)


@identity(
    of=squares, label="7.1J*", section=SECTION, shapes=PENALTY, domains=POSITIVE, uses=("7.1F*",),
    equation=r"J^{L2} = J + \frac{\lambda}{2m} \sum_{k=1}^N \|W^{[k]}\|_F^2",
)
def l2(W1: Any, W2: Any, lam: Any, m: Any) -> Any:
    return penalties.l2_penalty((W1, W2), lam, m)


# -- the Frobenius norm ------------------------------------------------------------------------------------------------


def frobenius_squared(W: Any) -> Any:
    return jnp.trace(W @ W.T)


def printed_ranges(W: Any) -> Any:
    """The entries W_ij for i = 1..n[k-1] and j = 1..n[k], of W with n[k] rows."""
    n, n_prev = W.shape
    return W[np.ix_(range(n_prev), range(n))]


@identity(
    of=frobenius_squared, label="7.1F", section=SECTION, examples=SOME, shapes={"W": "n n_prev"}, expect="refuted",
    corrected_by="7.1F*", uses=("1.9",),
    equation=r"\|W^{[k]}\|_F^2 = \sum_{i=1}^{n^{[k-1]}} \sum_{j=1}^{n^{[k]}} (W_{ij}^{[k]})^2",
    because="E14: the ranges are swapped: i counts the n[k] rows and j the n[k-1] columns; as printed the indices "
    "leave W, unless it is square",
    counterexample={"W": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]},
)
def frobenius_as_printed(W: Any) -> Any:
    return np.sum(printed_ranges(W) ** 2)


@measurement(
    equals=lambda W: np.sum(W**2), within=1e-9, label="7.1F@jax", section=SECTION, inputs=TWO_BY_THREE, uses=("7.1F",),
    expect="refuted", corrected_by="7.1F*",
    equation=r"\sum_{i=1}^{n^{[k-1]}} \sum_{j=1}^{n^{[k]}} (W_{ij}^{[k]})^2 \quad \text{(in JAX)}",
    because="E14: where NumPy raises an IndexError, JAX takes the last row for the rows that are not there",
    counterexample={"W": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]},
)
def frobenius_as_printed_in_jax(W: Any) -> Any:
    return np.sum(np.asarray(jax.jit(printed_ranges)(W)) ** 2)


identity(
    of=frobenius_squared, label="7.1F*", section=SECTION, shapes={"W": "n n_prev"}, uses=("1.9",),
    equation=r"\|W^{[k]}\|_F^2 = \sum_{i=1}^{n^{[k]}} \sum_{j=1}^{n^{[k-1]}} (W_{ij}^{[k]})^2",
)(penalties.frobenius_squared)


# -- gradient and update -----------------------------------------------------------------------------------------------


def penalized(W: Any, G: Any, lam: Any, m: Any) -> Any:
    """J + L2 penalty, with a J whose gradient is G."""
    return jnp.sum(G * W) + lam / (2 * m) * jnp.sum(W * W)


@gradient(
    of=penalized, wrt="W", label="7.1g", section=SECTION, domains=POSITIVE, uses=("7.1J*",), shapes=GRADIENT,
    equation=r"dW^{[l]} := dJ^{L2}/dW^{[l]} = dJ/dW^{[l]} + \frac{\lambda}{m} W^{[l]}",
)
def l2_gradient(W: Any, G: Any, lam: Any, m: Any) -> Any:
    return penalties.l2_gradient(G, W, lam, m)


def step_on_the_objective(W: Any, dW: Any, alpha: Any, lam: Any, m: Any) -> Any:
    return W - alpha * jax.grad(penalized)(W, dW, lam, m)


@identity(
    of=step_on_the_objective, label="7.1u", section=SECTION, domains=STEP, uses=("6.2", "7.1g"), shapes=UPDATE,
    equation=r"W^{[l]} := W^{[l]} - \alpha dW^{[l]} = (1 - \frac{\alpha \lambda}{m}) W^{[l]} - \alpha dJ/dW^{[l]}",
)
def l2_update(W: Any, dW: Any, alpha: Any, lam: Any, m: Any) -> Any:
    return penalties.l2_update(W, dW, alpha, lam, m)


@identity(
    of=step_on_the_objective, label="7.1u@gradient", section=SECTION, domains=STEP, uses=("6.2", "7.1g", "7.1u"),
    shapes=UPDATE,
    equation=r"W^{[l]} - \alpha \bigl(dJ/dW^{[l]} + \frac{\lambda}{m} W^{[l]}\bigr) \quad \text{(the same step)}",
)
def step_on_the_l2_gradient(W: Any, dW: Any, alpha: Any, lam: Any, m: Any) -> Any:
    return update_weights(W, penalties.l2_gradient(dW, W, lam, m), alpha)


def momentum_on_the_objective(W: Any, dW: Any, alpha: Any, lam: Any, m: Any) -> Any:
    """Two steps of descent with momentum on the penalized objective, with a J whose gradient is dW."""
    V = jnp.zeros_like(W)
    for _ in range(2):
        V = BETA * V + jax.grad(penalized)(W, dW, lam, m)
        W = W - alpha * V
    return W


@identity(
    of=momentum_on_the_objective, label="7.1u@momentum", section=SECTION,
    examples=SOME, domains=STEP, uses=("7.1u",), shapes=UPDATE,
    equation=r"W^{[l]} := (1 - \frac{\alpha \lambda}{m}) W^{[l]} - \alpha V, \quad V := \beta V + dJ/dW^{[l]}",
    expect="refuted", corrected_by="7.1u",
    because="decay of the weights is the step on the penalty's gradient in plain gradient descent only; with "
    "momentum the penalty's gradient is remembered too",
    counterexample={"W": [[1.0]], "dW": [[0.0]], "alpha": 1.0, "lam": 0.5, "m": 1.0},
)
def decay_with_momentum(W: Any, dW: Any, alpha: Any, lam: Any, m: Any) -> Any:
    V = np.zeros_like(W)
    for _ in range(2):
        V = BETA * V + dW
        W = penalties.l2_update(W, V, alpha, lam, m)
    return W


# -- L1 ----------------------------------------------------------------------------------------------------------------

missing(
    label="7.1L1", section=SECTION, equation=r"\text{L2/L1}",
    because="L1 stands in the heading of section 7.1 and is never given",
)


def magnitudes(W1: Any, W2: Any, lam: Any, m: Any) -> Any:
    return lam / m * (jnp.linalg.norm(W1.ravel(), 1) + jnp.linalg.norm(W2.ravel(), 1))


@identity(
    of=magnitudes, label="7.1L1@ours", section=SECTION, shapes=PENALTY, domains=POSITIVE, uses=("7.1L1",),
    equation=r"\frac{\lambda}{m} \sum_{k=1}^N \sum_{ij} |W^{[k]}_{ij}| \quad \text{(ours)}",
)
def l1(W1: Any, W2: Any, lam: Any, m: Any) -> Any:
    return penalties.l1_penalty((W1, W2), lam, m)


def penalized_l1(W: Any, G: Any, lam: Any, m: Any) -> Any:
    """J + L1 penalty, with a J whose gradient is G; sign(0) = 0."""
    return jnp.sum(G * W) + lam / m * jnp.sum(jnp.where(W == 0, 0.0, jnp.where(W > 0, W, -W)))


@gradient(
    of=penalized_l1, wrt="W", label="7.1L1g@ours", section=SECTION, domains=POSITIVE, uses=("7.1L1@ours",),
    kink="autodiff", shapes=GRADIENT, because="E17: sign(0) = 0, the middle of the one-sided slopes -1 and 1",
    equation=r"dJ/dW^{[l]} + \frac{\lambda}{m} \operatorname{sign}(W^{[l]}), \quad \operatorname{sign}(0) = 0 "
    r"\quad \text{(ours)}",
)
def l1_gradient(W: Any, G: Any, lam: Any, m: Any) -> Any:
    return penalties.l1_gradient(G, W, lam, m)


# -- float32 -----------------------------------------------------------------------------------------------------------

# Of NumPy's types, which would make float64 of float32.
LAMBDA, ALPHA = np.float64(0.7), np.float64(0.5)
M: Any = np.int64(5)
FLOAT32 = st.integers(0, 7).map(np.random.default_rng).map(
    lambda rng: {name: rng.standard_normal((2, 3)).astype(np.float32) for name in ("W", "dW")}
)


def penalties_in_float32(W: Any, dW: Any) -> Any:
    share = 0.7 / 5
    return {
        "L2": share / 2 * jnp.sum(W * W), "L1": share * jnp.sum(jnp.abs(W)), "dL2": dW + share * W,
        "dL1": dW + share * jnp.sign(W), "update": W - 0.5 * (dW + share * W),
    }


@identity(
    of=penalties_in_float32, inputs=FLOAT32, label="7.1g@float32", section=SECTION,
    uses=("7.1J*", "7.1g", "7.1u", "7.1L1@ours", "7.1L1g@ours"),
    equation=r"\text{the penalties, their gradients and the update, in float32}",
)
def float32_penalties(W: Any, dW: Any) -> dict[str, Any]:
    return {
        "L2": penalties.l2_penalty([W], LAMBDA, M), "L1": penalties.l1_penalty([W], LAMBDA, M),
        "dL2": penalties.l2_gradient(dW, W, LAMBDA, M), "dL1": penalties.l1_gradient(dW, W, LAMBDA, M),
        "update": penalties.l2_update(W, dW, ALPHA, LAMBDA, M),
    }
