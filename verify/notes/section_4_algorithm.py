"""Section 4, the algorithm "backprop", on whole networks."""

from typing import Any

import jax
import numpy as np

import manual_bp as bp
from manual_bp.backprop import error_recursion
from manual_bp.training import network_loss
from verify import between, gradient, identity, mask, runs
from verify.notes import by_hand, twin
from verify.notes.networks import NETWORKS, SOME
from verify.notes.section_1 import NETWORK, VALUES
from verify.notes.section_4 import SECTION
from verify.notes.section_4_gradients import with_keepdim

ONE_OF_EACH = {
    "W1": [[1.0], [-0.5]], "b1": [[0.0], [0.5]], "W2": [[1.0, 2.0], [-1.0, 0.5]], "b2": [[0.0], [0.0]],
    "X": [[1.0, 0.5]], "Y": [[1.0, 0.0], [0.0, 1.0]],
}


def twin_dA_N(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return twin.gradients(params, activations, loss, X, Y, masks, keep)["dA"][-1]


def twin_dZ_N(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return twin.gradients(params, activations, loss, X, Y, masks, keep)["dZ"][-1]


def twin_dZ(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = twin.gradients(params, activations, loss, X, Y, masks, keep)
    return {"dZ": g["dZ"], "dX": g["dX"]}


def twin_db(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"db": twin.gradients(params, activations, loss, X, Y, masks, keep)["db"]}


def twin_dW(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"dW": twin.gradients(params, activations, loss, X, Y, masks, keep)["dW"]}


@identity(
    of=twin_dA_N, inputs=NETWORKS, examples=SOME, label="4.B1", section=SECTION, uses=("4.1",), equation=r"dA^{[N]}"
)
def algorithm_dA_N(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.section_4(params, activations, loss, X, Y, masks, keep).dA[-1]


@identity(
    of=twin_dZ_N, inputs=NETWORKS, examples=SOME, kink="autodiff", label="4.B2", section=SECTION, uses=("4.3", "4.B1"),
    equation=r"dZ^{[N]} = dA^{[N]} \odot g'(Z^{[N]})",
)
def algorithm_dZ_N(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.section_4(params, activations, loss, X, Y, masks, keep).dZ[-1]


@identity(
    of=twin_dZ, inputs=NETWORKS, examples=SOME, kink="autodiff", label="4.B3", section=SECTION, uses=("4.2rec", "4.B2"),
    equation=r"dZ^{[l]} = (W^{[l+1]})^T dZ^{[l+1]} \odot g'(Z^{[l]})",
)
def algorithm_dZ(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_4(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dX": g.dX}


FAR = between(-40, 40)  # where most outputs are 0 or 1 to the last digit


@identity(
    of=lambda W, X, b, Y: jax.nn.sigmoid(twin.affine(W, X, b)) - Y, label="4.B2@stable", section=SECTION,
    shapes={"W": "K n", "X": "n m", "b": "K 1", "Y": "K m"}, domains={"W": FAR, "X": FAR, "Y": between(0, 1)},
    equation=r"dZ^{[N]} = A^{[N]} - Y \text{ where the outputs saturate}", uses=("4.B2", "2.BCE'@stable"),
)
def error_of_saturated_outputs(W: Any, X: Any, b: Any, Y: Any) -> Any:
    layers = [bp.Layer(W, b, bp.activation("sigmoid"))]
    return bp.backprop(bp.forward(X, layers), layers, Y, bp.loss("binary_cross_entropy"), stable=True).dZ[-1]


@gradient(
    of=twin.two_layers_J, wrt="W1", label="4.B3@other", section=SECTION, shapes=NETWORK, domains=VALUES, examples=SOME,
    uses=("4.2rec@other",),
    equation=r"dZ^{[l]} = (W^{[l+1]})^T (dZ^{[l+1]} \odot g'(Z^{[l]}))", expect="refuted", corrected_by="4.B3",
    counterexample=ONE_OF_EACH,
    because="E7: no parentheses; with the component-wise product first, dW is wrong in every layer but the last",
)
def with_the_other_precedence(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    dZ2 = by_hand.two_layers_gradients(W1, b1, W2, b2, X, Y).dZ[1]
    return W2.T @ (dZ2 * (1 - np.tanh(W1 @ X + b1) ** 2)) @ X.T / X.shape[1]


@gradient(
    of=twin.two_layers_dropout, wrt="W1", label="4.B3@dropout", section=SECTION, examples=SOME,
    uses=("4.2rec@dropout",),
    shapes={**NETWORK, "D": "n m", "p": ""}, domains={**VALUES, "D": mask, "p": between(0.2, 0.9)},
    equation=r"dZ^{[l]} = (W^{[l+1]})^T dZ^{[l+1]} \odot g'(Z^{[l]}) \text{ under dropout}",
    expect="refuted", corrected_by="5.0@dropout",
    counterexample={**ONE_OF_EACH, "D": [[1.0, 0.0], [1.0, 1.0]], "p": 0.5},
    because="E16: section 4 has no mask: under dropout it gives other gradients than section 5 with section 7.2",
)
def without_the_mask(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any, D: Any, p: Any) -> Any:
    layers = by_hand.two_layers(W1, b1, W2, b2)
    trace = bp.forward(X, layers, [bp.Dropout(D, p), None])
    return bp.backprop(trace, layers, Y, bp.loss("binary_cross_entropy"), stable=True).dW[0]


@gradient(
    of=twin.two_layers_J, wrt=("W1", "b1", "W2", "b2"), label="4.B4", section=SECTION, shapes=NETWORK, domains=VALUES,
    examples=SOME, uses=("1.16", "1.17"),
    equation=r"\text{Produce layer } [l] \text{ derivatives wrt to the batch loss } J",
    because="the two lines that follow, printed as items 5 and 6, are its parts (a) and (b)",
)
def derivatives_of_the_batch_loss(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    g = by_hand.two_layers_gradients(W1, b1, W2, b2, X, Y)
    return g.dW[0], g.db[0], g.dW[1], g.db[1]


@identity(
    of=twin_db, inputs=NETWORKS, examples=SOME, kink="autodiff", label="4.B5", section=SECTION, uses=("4.4", "4.B3"),
    equation=r"db^{[l]} = \frac{1}{m} \text{np.sum}(dZ^{[l]}, \text{axis}=1, \text{keepdim}=\text{True})",
    because="meant is keepdims (4.B5@np)",
)
def algorithm_db(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"db": list(by_hand.section_4(params, activations, loss, X, Y, masks, keep).db)}


@identity(
    of=twin_dW, inputs=NETWORKS, examples=SOME, kink="autodiff", label="4.B6", section=SECTION, uses=("4.5", "4.B3"),
    equation=r"dW^{[l]} = \frac{1}{m} dZ^{[l]} (A^{[l-1]})^T",
)
def algorithm_dW(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"dW": list(by_hand.section_4(params, activations, loss, X, Y, masks, keep).dW)}


def twin_gradients(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = twin.gradients(params, activations, loss, X, Y, masks, keep)
    J = twin.values(params, activations, loss, X, Y, masks, keep)["J"]
    return {"J": J, "dA": g["dA"][-1], **{name: g[name] for name in ("dZ", "dW", "db", "dX")}}


@identity(
    of=twin_gradients, inputs=NETWORKS, examples=SOME, kink="autodiff", label="4.B@stable", section=SECTION,
    uses=("4.B6", "2.BCE'@stable", "2.CE'@stable"),
    equation=r"\text{backprop from the fused } dZ^{[N]} \text{ of } J \text{ (ours)}",
)
def stable_algorithm(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    layers = by_hand.layers_of(params, activations)
    trace = bp.forward(X, layers)
    g = bp.backprop(trace, layers, Y, bp.loss(loss), stable=True)
    J = network_loss(trace, layers, Y, bp.loss(loss))
    return {"J": J, "dA": g.dA[-1], "dZ": list(g.dZ), "dW": list(g.dW), "db": list(g.db), "dX": g.dX}


runs(
    label="4.B5@np", section=SECTION, shapes={"dZ": "n m"}, counterexample={"dZ": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]},
    uses=("4.B5", "4.4np"), expect="refuted", corrected_by="4.4np*",
    equation=r"\frac{1}{m} \text{np.sum}(dZ^{[l]}, \text{axis}=1, \text{keepdim}=\text{True})",
    because="E9: as in (4.4np), np.sum has no argument keepdim; it is keepdims",
)(with_keepdim)


@gradient(
    of=twin.two_layers_J, wrt="W1", label="4.B6@updated", section=SECTION, shapes=NETWORK, domains=VALUES,
    examples=SOME, uses=("4.B6", "6.2"),
    equation=r"W^{[l+1]} := W^{[l+1]} - \alpha\, dW^{[l+1]} \text{ before } dZ^{[l]}, dW^{[l]}",
    expect="refuted", corrected_by="4.B6", counterexample=ONE_OF_EACH,
    because="E21: the recursion needs W as in the forward pass: no layer is updated before all gradients are there",
)
def with_the_updated_weights(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    g = by_hand.two_layers_gradients(W1, b1, W2, b2, X, Y)
    W2 = W2 - 0.5 * g.dW[1]
    return error_recursion(W2, g.dZ[1], W1 @ X + b1, bp.activation("tanh")) @ X.T / X.shape[1]
