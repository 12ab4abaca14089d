"""Section 7, regularization: L2, L1 and dropout."""

from typing import Any

import jax
import jax.numpy as jnp

import manual_bp as bp
from manual_bp import dropout, penalties
from manual_bp.backprop import error_recursion, error_recursion_dropout
from manual_bp.training import regularized_gradients
from verify import between, gradient, identity, keep_probability, mask, positive, vjp
from verify.notes import by_hand, twin
from verify.notes.networks import NETWORKS, REGULARIZED, WITH_DROPOUT
from verify.notes.section_4 import COMPONENTWISE

SECTION = "7 Regularization"
PENALTY = {"W1": "n n_x", "W2": "k n", "lam": "", "m": ""}
MASKED = {"A": "n m", "D": "n m", "p": ""}
POSITIVE = {"lam": positive, "m": positive}
MASKS = {"D": mask, "p": keep_probability}
ALPHA, STEPS = 0.125, 2


def squares(W1: Any, W2: Any, lam: Any, m: Any) -> Any:
    return lam / (2 * m) * (jnp.linalg.norm(W1) ** 2 + jnp.linalg.norm(W2) ** 2)


def magnitudes(W1: Any, W2: Any, lam: Any, m: Any) -> Any:
    return lam / m * (jnp.sum(jnp.abs(W1)) + jnp.sum(jnp.abs(W2)))


def penalized(W: Any, G: Any, lam: Any, m: Any) -> Any:
    """J + L2 penalty, with a J whose gradient is G."""
    return jnp.sum(G * W) + lam / (2 * m) * jnp.sum(W * W)


def penalized_l1(W: Any, G: Any, lam: Any, m: Any) -> Any:
    """J + L1 penalty, with a J whose gradient is G; sign(0) = 0."""
    return jnp.sum(G * W) + lam / m * jnp.sum(jnp.where(W == 0, 0.0, jnp.where(W > 0, W, -W)))


def decayed(W: Any, dW: Any, alpha: Any, lam: Any, m: Any) -> Any:
    return W - alpha * (dW + lam / m * W)


def masked(A: Any, D: Any, p: Any) -> Any:
    return A * D / p


@identity(
    of=squares, label="7.1J", section=SECTION, shapes=PENALTY, domains=POSITIVE,
    equation=r"\frac{\lambda}{2m} \sum_{k=1}^N \|W^{[k]}\|_F^2",
)
def l2(W1: Any, W2: Any, lam: Any, m: Any) -> Any:
    return penalties.l2_penalty((W1, W2), lam, m)


@gradient(
    of=penalized, wrt="W", label="7.1g", section=SECTION, domains=POSITIVE, uses=("7.1J",),
    shapes={"W": "n n_prev", "G": "n n_prev", "lam": "", "m": ""},
    equation=r"dW^{[l]} := dJ^{L2}/dW^{[l]} = dJ/dW^{[l]} + \frac{\lambda}{m} W^{[l]}",
)
def l2_gradient(W: Any, G: Any, lam: Any, m: Any) -> Any:
    return penalties.l2_gradient(G, W, lam, m)


identity(
    of=decayed, label="7.1u", section=SECTION, domains={**POSITIVE, "alpha": positive}, uses=("6.2", "7.1g"),
    shapes={"W": "n n_prev", "dW": "n n_prev", "alpha": "", "lam": "", "m": ""},
    equation=r"W^{[l]} := (1 - \frac{\alpha \lambda}{m}) W^{[l]} - \alpha\, dJ/dW^{[l]}",
)(penalties.l2_update)


@identity(
    of=magnitudes, label="7.1L1", section=SECTION, shapes=PENALTY, domains=POSITIVE,
    equation=r"\frac{\lambda}{m} \sum_k \sum_{ij} |W^{[k]}_{ij}| \quad \text{(ours)}",
)
def l1(W1: Any, W2: Any, lam: Any, m: Any) -> Any:
    return penalties.l1_penalty((W1, W2), lam, m)


@gradient(
    of=penalized_l1, wrt="W", label="7.1L1g", section=SECTION, domains=POSITIVE, uses=("7.1L1",), kink="autodiff",
    shapes={"W": "n n_prev", "G": "n n_prev", "lam": "", "m": ""},
    equation=r"dJ/dW^{[l]} + \frac{\lambda}{m} \operatorname{sign}(W^{[l]}) \quad \text{(ours)}",
)
def l1_gradient(W: Any, G: Any, lam: Any, m: Any) -> Any:
    return penalties.l1_gradient(G, W, lam, m)


def twin_penalized_gradients(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, lam: Any, lam1: Any
) -> Any:
    J = twin.regularized(params, activations, loss, X, Y, masks, keep, lam, lam1)
    g = jax.grad(twin.regularized)(list(params), activations, loss, X, Y, masks, keep, lam, lam1)
    return {"J": J, "dW": [dW for dW, _ in g], "db": [db for _, db in g]}


@identity(
    of=twin_penalized_gradients, inputs=REGULARIZED, label="7.1", section=SECTION, uses=("7.1g", "7.1L1g", "7.2bw"),
    kink="autodiff",
    equation=r"J,\ dW^{[l]},\ db^{[l]} \text{ of a whole network with L2, L1 and dropout}",
)
def penalized_network(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, lam: Any, lam1: Any
) -> Any:
    J = by_hand.values(params, activations, loss, X, Y, masks, keep)["J"]
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    layers, weights, m = by_hand.layers_of(params, activations), [W for W, _ in params], X.shape[1]
    total = J + penalties.l2_penalty(weights, lam, m) + penalties.l1_penalty(weights, lam1, m)
    return {"J": total, "dW": list(regularized_gradients(layers, g.dW, lam, lam1, m)), "db": list(g.db)}


def twin_training(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, lam: Any, lam1: Any
) -> Any:
    """Two steps of gradient descent on the penalized objective, without dropout."""
    nothing = [None] * len(masks)
    for _ in range(STEPS):
        g = jax.grad(twin.regularized)(list(params), activations, loss, X, Y, nothing, nothing, lam, lam1)
        params = [(W - ALPHA * dW, b - ALPHA * db) for (W, b), (dW, db) in zip(params, g, strict=True)]
    return [list(pair) for pair in params]


@identity(
    of=twin_training, inputs=REGULARIZED, kink="autodiff", label="7.train", section=SECTION,
    uses=("6.2", "6.2b", "7.1"), equation=r"W^{[l]},\ b^{[l]} \text{ after two steps of training with L2 and L1}",
)
def trained_network(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, lam: Any, lam1: Any
) -> Any:
    layers = by_hand.layers_of(params, activations)
    out = bp.train(X, Y, layers, bp.loss(loss), alpha=ALPHA, steps=STEPS, lam=lam, lam1=lam1)
    return [[layer.W, layer.b] for layer in out.layers]


# -- dropout -----------------------------------------------------------------------------------------------------------

identity(
    of=masked, label="7.2c", section=SECTION, shapes=MASKED, domains=MASKS,
    equation=r"A^{[l]} = A^{[l]} \odot D^{[l]},\quad A^{[l]} = A^{[l]} / p^{[l]}",
)(dropout.apply_mask)


@vjp(
    of=masked, wrt="A", label="7.2bw", section=SECTION, shapes=MASKED, domains=MASKS, uses=("7.2c",),
    equation=r"dA^{[l]} = dA^{[l]} \odot D^{[l]},\quad dA^{[l]} = dA^{[l]} / p^{[l]}",
)
def backward(dA: Any, D: Any, p: Any) -> Any:
    return dropout.apply_mask_backward(dA, D, p)


RECURSION = {"Z": "n m", "W_next": "n_next n", "b_next": "n_next 1", "D": "n m", "p": ""}


@vjp(
    of=twin.next_layer_dropout, wrt="Z", label="4.2rec@dropout", section=SECTION, shapes=RECURSION,
    domains={**MASKS, "p": between(0.2, 0.9), "activation": COMPONENTWISE}, uses=("4.2rec", "7.2c"),
    equation=r"\delta^{[l]} = (W^{[l+1]})^T \cdot \delta^{[l+1]} \odot g'(Z^{[l]}) \quad \text{(under dropout)}",
    expect="refuted", corrected_by="4.2rec@dropout*",
    because="E16: under dropout the recursion of section 4 lacks the mask D[l] and the factor 1/p[l]",
    counterexample={
        "dZ_next": [[1.0]], "Z": [[1.0], [2.0]], "W_next": [[1.0, 1.0]], "b_next": [[0.0]], "D": [[1.0], [0.0]],
        "p": 0.5, "activation": "identity",
    },
)
def recursion_without_mask(dZ_next: Any, Z: Any, W_next: Any, activation: str) -> Any:
    return error_recursion(W_next, dZ_next, Z, bp.activation(activation))


@vjp(
    of=twin.next_layer_dropout, wrt="Z", label="4.2rec@dropout*", section=SECTION, shapes=RECURSION,
    domains={**MASKS, "activation": COMPONENTWISE}, kink="autodiff", uses=("4.2rec", "7.2bw"),
    equation=r"\delta^{[l]} = \bigl((W^{[l+1]})^T \delta^{[l+1]} \odot D^{[l]} / p^{[l]}\bigr) \odot g'(Z^{[l]})",
)
def recursion_with_mask(dZ_next: Any, Z: Any, W_next: Any, D: Any, p: Any, activation: str) -> Any:
    return error_recursion_dropout(W_next, dZ_next, Z, D, p, bp.activation(activation))


@identity(
    of=twin.values, inputs=WITH_DROPOUT, kink="autodiff", label="7.2", section=SECTION, uses=("3.pass", "7.2c"),
    equation=r"Z^{[l]},\ A^{[l]},\ \bar L,\ J \text{ of a whole network with dropout}",
)
def forward_pass(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.values(params, activations, loss, X, Y, masks, keep)


@identity(
    of=twin.gradients, inputs=WITH_DROPOUT, kink="autodiff", label="7.2back", section=SECTION, uses=("5.B4b", "7.2bw"),
    equation=r"dZ^{[l]},\ dA^{[l]},\ dX,\ dW^{[l]},\ db^{[l]} \text{ of a whole network with dropout}",
)
def backward_pass(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.as_dict(by_hand.section_5(params, activations, loss, X, Y, masks, keep))


def section_5_gradients(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dW": list(g.dW), "db": list(g.db)}


@identity(
    of=section_5_gradients, inputs=WITH_DROPOUT, kink="autodiff", label="5.0@dropout", section=SECTION,
    uses=("4.2rec@dropout*", "7.2back"), equation=r"\text{sections 4 (with the mask) and 5 are equivalent}",
)
def section_4_gradients(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_4(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dW": list(g.dW), "db": list(g.db)}


@identity(
    of=twin.values, inputs=NETWORKS, kink="autodiff", label="7.2x", section=SECTION, uses=("3.pass",),
    equation=r"\text{no dropout at test time}",
)
def test_time(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    output = bp.predict(X, by_hand.layers_of(params, activations))
    out = by_hand.values(params, activations, loss, X, Y, masks, keep)
    return {**out, "A": [*out["A"][:-1], output]}
