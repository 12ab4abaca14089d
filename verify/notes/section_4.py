"""Section 4, the vectorized backward pass."""

from typing import Any

import jax.numpy as jnp

import manual_bp as bp
from manual_bp import losses
from manual_bp.backprop import activation_backward, bias_gradient, error_recursion, weight_gradient
from manual_bp.training import network_loss
from verify import between, gradient, identity, probabilities, vjp
from verify.notes import by_hand, twin
from verify.notes.networks import NETWORKS

SECTION = "4 Vectorized backward pass"
COMPONENTWISE = ("sigmoid", "tanh", "relu", "leaky_relu", "identity")
LINEAR = {"dZ": "n m", "W": "n n_prev", "A_prev": "n_prev m", "b": "n 1"}


def total_binary_cross_entropy(A: Any, Y: Any) -> Any:
    return jnp.sum(twin.binary_cross_entropy(A, Y))


def total_cross_entropy(A: Any, Y: Any) -> Any:
    return jnp.sum(twin.cross_entropy(A, Y))


# -- the formulas ------------------------------------------------------------------------------------------------------

gradient(
    of=total_binary_cross_entropy, wrt="A", label="4.1", section=SECTION, shapes={"A": "K m", "Y": "K m"},
    domains={"A": between(0, 1), "Y": between(0, 1)}, uses=("2.BCE",),
    equation=r"(d\bar{L}/dA^{[N]})_{(i,j)}^T = -\frac{y^{(j)}}{a^{[N](j)}} + \frac{1 - y^{(j)}}{1 - a^{[N](j)}}",
)(losses.binary_cross_entropy_dA)

gradient(
    of=total_cross_entropy, wrt="A", label="4.1CE", section=SECTION, shapes={"A": "K m", "Y": "K m"},
    domains={"A": probabilities, "Y": between(0, 1)}, uses=("2.CE",),
    equation=r"dA_k = -\frac{y_k}{a_k} \quad \text{(not in the notes)}",
)(losses.cross_entropy_dA)


@vjp(
    of=twin.next_layer, wrt="Z", label="4.2rec", section=SECTION, uses=("3.1", "3.2"),
    shapes={"Z": "n m", "W_next": "n_next n", "b_next": "n_next 1"}, domains={"activation": COMPONENTWISE},
    kink="autodiff",
    equation=r"\delta^{[l]} = (W^{[l+1]})^T \cdot \delta^{[l+1]} \odot g'(Z^{[l]})",
)
def recursion(dZ_next: Any, Z: Any, W_next: Any, activation: str) -> Any:
    return error_recursion(W_next, dZ_next, Z, bp.activation(activation))


@vjp(
    of=twin.activate, label="4.3", section=SECTION, shapes={"Z": "n m"}, domains={"activation": COMPONENTWISE},
    kink="autodiff", uses=("3.2",), equation=r"\delta^{[l]} = dA^{[l]} \odot g'(Z^{[l]})",
)
def error_of_activation(dA: Any, Z: Any, activation: str) -> Any:
    return activation_backward(dA, Z, bp.activation(activation))


@vjp(
    of=twin.activate, label="4.3@softmax", section=SECTION, shapes={"Z": "n m"}, domains={"activation": ("softmax",)},
    uses=("2.softmax",), equation=r"dZ = A \odot (dA - \textstyle\sum_k a_k\, dA_k) \quad \text{(not in the notes)}",
)
def error_of_softmax(dA: Any, Z: Any, activation: str) -> Any:
    return activation_backward(dA, Z, bp.activation(activation))


@gradient(
    of=twin.mean_of_linear, wrt="b", label="4.4", section=SECTION, shapes=LINEAR, uses=("3.1",),
    equation=r"db^{[l]} = \frac{1}{m} \sum_{i=1}^m \delta^{[l](i)}",
)
def db(dZ: Any) -> Any:
    return bias_gradient(dZ)


@gradient(
    of=twin.mean_of_linear, wrt="W", label="4.5", section=SECTION, shapes=LINEAR, uses=("3.1",),
    equation=r"dW^{[l]} = \frac{1}{m} \delta^{[l]} (A^{[l-1]})^T",
)
def dW(dZ: Any, A_prev: Any) -> Any:
    return weight_gradient(dZ, A_prev)


# -- the algorithm, on whole networks ----------------------------------------------------------------------------------


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


@identity(of=twin_dA_N, inputs=NETWORKS, label="4.B1", section=SECTION, uses=("4.1",), equation=r"dA^{[N]}")
def algorithm_dA_N(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.section_4(params, activations, loss, X, Y, masks, keep).dA[-1]


@identity(
    of=twin_dZ_N, inputs=NETWORKS, kink="autodiff", label="4.B2", section=SECTION, uses=("4.3", "4.B1"),
    equation=r"dZ^{[N]} = dA^{[N]} \odot g'(Z^{[N]})",
)
def algorithm_dZ_N(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.section_4(params, activations, loss, X, Y, masks, keep).dZ[-1]


@identity(
    of=twin_dZ, inputs=NETWORKS, kink="autodiff", label="4.B3", section=SECTION, uses=("4.2rec", "4.B2"),
    equation=r"dZ^{[l]} = (W^{[l+1]})^T dZ^{[l+1]} \odot g'(Z^{[l]})",
)
def algorithm_dZ(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_4(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dX": g.dX}


@identity(
    of=twin_db, inputs=NETWORKS, kink="autodiff", label="4.B5", section=SECTION, uses=("4.4", "4.B3"),
    equation=r"db^{[l]} = \frac{1}{m} \text{np.sum}(dZ^{[l]}, \text{axis}=1, \text{keepdims}=\text{True})",
)
def algorithm_db(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"db": list(by_hand.section_4(params, activations, loss, X, Y, masks, keep).db)}


@identity(
    of=twin_dW, inputs=NETWORKS, kink="autodiff", label="4.B6", section=SECTION, uses=("4.5", "4.B3"),
    equation=r"dW^{[l]} = \frac{1}{m} dZ^{[l]} (A^{[l-1]})^T",
)
def algorithm_dW(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"dW": list(by_hand.section_4(params, activations, loss, X, Y, masks, keep).dW)}


def twin_gradients(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = twin.gradients(params, activations, loss, X, Y, masks, keep)
    J = twin.values(params, activations, loss, X, Y, masks, keep)["J"]
    return {"J": J, **{name: g[name] for name in ("dZ", "dW", "db", "dX")}}


@identity(
    of=twin_gradients, inputs=NETWORKS, kink="autodiff", label="4.B@stable", section=SECTION,
    uses=("4.B6", "2.BCE'@stable", "2.CE'@stable"),
    equation=r"\text{backprop from the fused } dZ^{[N]} \text{ of } J \text{ (ours)}",
)
def stable_algorithm(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    layers = by_hand.layers_of(params, activations)
    trace = bp.forward(X, layers)
    g = bp.backprop(trace, layers, Y, bp.loss(loss), stable=True)
    J = network_loss(trace, layers, Y, bp.loss(loss))
    return {"J": J, "dZ": list(g.dZ), "dW": list(g.dW), "db": list(g.db), "dX": g.dX}
