"""Section 7 on whole networks: dropout and penalties, forward and backward."""

from typing import Any

import jax

import manual_bp as bp
from manual_bp import penalties
from manual_bp.training import network_loss, regularized_gradients
from verify import identity
from verify.notes import by_hand, twin
from verify.notes.networks import ARCHITECTURES, SOME
from verify.notes.section_7 import SECTION
from verify.notes.seeded import seeded

PLAIN = seeded(ARCHITECTURES, 15)
WITH_DROPOUT = seeded(ARCHITECTURES, 15, dropout=True)
REGULARIZED = seeded(ARCHITECTURES[2:3], 20, dropout=True, penalties=True)


def twin_penalized_gradients(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, lam: Any, lam1: Any
) -> Any:
    J, g = jax.value_and_grad(twin.regularized)(list(params), activations, loss, X, Y, masks, keep, lam, lam1)
    return {"J": J, "dW": [dW for dW, _ in g], "db": [db for _, db in g]}


@identity(
    of=twin_penalized_gradients, inputs=REGULARIZED, examples=SOME, kink="autodiff", label="7.1", section=SECTION,
    uses=("7.1g", "7.1L1g@ours", "7.2bw"), because="biases are not penalised: db is that of J",
    equation=r"J,\ dW^{[l]},\ db^{[l]} \text{ of a whole network with L2, L1 and dropout}",
)
def penalized_network(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any, lam: Any, lam1: Any
) -> Any:
    layers, dropout = by_hand.layers_of(params, activations), by_hand.dropout_of(masks, keep)
    trace, weights, m = bp.forward(X, layers, dropout), [W for W, _ in params], X.shape[1]
    J = network_loss(trace, layers, Y, bp.loss(loss))
    g = bp.backprop_a(trace, layers, Y, bp.loss(loss), dropout)
    total = J + penalties.l2_penalty(weights, lam, m) + penalties.l1_penalty(weights, lam1, m)
    return {"J": total, "dW": list(regularized_gradients(layers, g.dW, lam, lam1, m)), "db": list(g.db)}


@identity(
    of=twin.values, inputs=WITH_DROPOUT, examples=SOME, kink="autodiff", label="7.2", section=SECTION,
    uses=("3.pass", "7.2c"),
    equation=r"Z^{[l]},\ A^{[l]},\ \bar L,\ J \text{ of a whole network with dropout}",
)
def forward_pass(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.values(params, activations, loss, X, Y, masks, keep)


@identity(
    of=twin.gradients, inputs=WITH_DROPOUT, examples=SOME, kink="autodiff", label="7.2back", section=SECTION,
    uses=("5.B4b", "7.2bw"),
    equation=r"dZ^{[l]},\ dA^{[l]},\ dX,\ dW^{[l]},\ db^{[l]} \text{ of a whole network with dropout}",
    because="E16: dA is the derivative with respect to g(Z), before dropout",
)
def backward_pass(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.as_dict(by_hand.section_5(params, activations, loss, X, Y, masks, keep))


def section_5_gradients(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dW": list(g.dW), "db": list(g.db)}


@identity(
    of=section_5_gradients, inputs=WITH_DROPOUT, examples=SOME, kink="autodiff", label="5.0@dropout", section=SECTION,
    uses=("4.2rec@dropout*", "7.2back"), equation=r"\text{sections 4 (with the mask) and 5 are equivalent}",
)
def section_4_gradients(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_4(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dW": list(g.dW), "db": list(g.db)}


def twin_outputs(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return twin.network(params, activations, X, masks, keep)[1][-1]


@identity(
    of=twin_outputs, inputs=PLAIN, kink="autodiff", label="7.2x", section=SECTION, uses=("3.pass",),
    equation=r"A^{[N]} \text{ without masks: do not apply dropout at test time or in production}",
)
def test_time(params: Any, activations: Any, X: Any) -> Any:
    return bp.predict(X, by_hand.layers_of(params, activations))
