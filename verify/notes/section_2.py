"""Section 2, loss and activation functions."""

from typing import Any

import jax
import jax.numpy as jnp

from manual_bp import activations as by_hand
from manual_bp import losses
from verify import between, derivative, gradient, identity, probabilities
from verify.notes import twin

SECTION = "2 Loss and activation functions"
ZM = {"z": "n m"}
LEAKY = {"z": "n m", "eps": ""}
AY = {"A": "K m", "Y": "K m"}
UNIT = between(0, 1)


def sigmoid(z: Any) -> Any:
    return jax.nn.sigmoid(z)


def tanh(z: Any) -> Any:
    return jnp.tanh(z)


def relu(z: Any) -> Any:
    return jnp.maximum(0.0, z)


def leaky_relu(z: Any, eps: Any) -> Any:
    return jnp.maximum(eps * z, z)


def softmax(Z: Any) -> Any:
    return jax.nn.softmax(Z, axis=0)


def sigmoid_loss(Z: Any, Y: Any) -> Any:
    return twin.binary_cross_entropy(jax.nn.sigmoid(Z), Y)


def softmax_loss(Z: Any, Y: Any) -> Any:
    return twin.cross_entropy(jax.nn.softmax(Z, axis=0), Y)


# -- the losses --------------------------------------------------------------------------------------------------------

identity(
    of=twin.cross_entropy, label="2.CE", section=SECTION, shapes=AY, domains={"A": probabilities, "Y": UNIT},
    equation=r"L^{(i)} = - \sum_{k=1}^{n^{[N]}} y_k^{(i)} \log \hat{y}_k^{(i)}",
)(losses.cross_entropy)

identity(
    of=twin.binary_cross_entropy, label="2.BCE", section=SECTION, shapes=AY, domains={"A": UNIT, "Y": UNIT},
    equation=r"L^{(i)} = -y^{(i)} \log \hat{y}^{(i)} - (1 - y^{(i)}) \log(1 - \hat{y}^{(i)})",
)(losses.binary_cross_entropy)

identity(
    of=twin.mean, label="2.J", section=SECTION, shapes={"L": "1 m"}, uses=("2.CE", "2.BCE"),
    equation=r"J = \frac{1}{m} \sum_{i=1}^m L^{(i)}",
)(losses.batch_loss)

# -- the activations, as printed ---------------------------------------------------------------------------------------

identity(
    of=sigmoid, label="2.sigmoid", section=SECTION, shapes=ZM, equation=r"\sigma(z) = \frac{1}{1 + \exp(-z)}"
)(by_hand.sigmoid_printed)

derivative(
    of=sigmoid, label="2.sigmoid'", section=SECTION, shapes=ZM, uses=("2.sigmoid",),
    equation=r"\sigma'(z) = \sigma(z)(1 - \sigma(z))",
)(by_hand.sigmoid_printed_prime)

identity(
    of=tanh, label="2.tanh", section=SECTION, shapes=ZM,
    equation=r"\tanh(z) = \frac{\exp(z) - \exp(-z)}{\exp(z) + \exp(-z)}",
)(by_hand.tanh_printed)

derivative(
    of=tanh, label="2.tanh'", section=SECTION, shapes=ZM, uses=("2.tanh",), equation=r"\tanh'(z) = 1 - \tanh^2(z)"
)(by_hand.tanh_printed_prime)

identity(of=relu, label="2.relu", section=SECTION, shapes=ZM, equation=r"r(z) = \max(0, z)")(by_hand.relu)

derivative(
    of=relu, label="2.relu'", section=SECTION, shapes=ZM, uses=("2.relu",), equation=r"r'(z) = I_{[0, \infty)}(z)"
)(by_hand.relu_prime)

identity(
    of=leaky_relu, label="2.leaky", section=SECTION, shapes=LEAKY, domains={"eps": between(-2, 3)},
    equation=r"r(z) = \max(\epsilon z, z)",
)(by_hand.leaky_relu)

derivative(
    of=leaky_relu, label="2.leaky'", section=SECTION, shapes=LEAKY, domains={"eps": between(-2, 1)}, uses=("2.leaky",),
    equation=r"r'(z) = I_{[0, \infty)}(z) + \epsilon I_{(-\infty, 0)}(z) \quad (\epsilon \le 1)",
)(by_hand.leaky_relu_prime)

derivative(
    of=leaky_relu, label="2.leaky'@eps>1", section=SECTION, shapes=LEAKY, domains={"eps": between(1, 3)},
    uses=("2.leaky",), equation=r"r'(z) = I_{[0, \infty)}(z) + \epsilon I_{(-\infty, 0)}(z) \quad (\epsilon > 1)",
    expect="refuted", because="E18: for eps > 1 the maximum is eps z where z > 0, so the two slopes change places",
    counterexample={"z": [[2.0, -2.0]], "eps": 2.0}, corrected_by="2.leaky'",
)(by_hand.leaky_relu_prime)

# -- the notes' convention at the kink (E17): autodiff of where(z >= 0, ...), demanded exactly -------------------------

derivative(
    of=twin.relu, label="2.relu'@kink", section=SECTION, shapes=ZM, kink="autodiff", uses=("2.relu'",),
    equation=r"r'(0) = 1",
)(by_hand.relu_prime)

derivative(
    of=twin.leaky_relu, label="2.leaky'@kink", section=SECTION, shapes=ZM, kink="autodiff", uses=("2.leaky'",),
    equation=r"r'(0) = 1",
)(by_hand.leaky_relu_prime)

# -- the forms that never overflow, ours -------------------------------------------------------------------------------

identity(
    of=sigmoid, label="2.sigmoid@stable", section=SECTION, shapes=ZM, equation=r"\sigma(z), \text{ stable form}"
)(by_hand.sigmoid)

derivative(
    of=sigmoid, label="2.sigmoid'@stable", section=SECTION, shapes=ZM, equation=r"\sigma'(z), \text{ stable form}"
)(by_hand.sigmoid_prime)

derivative(of=tanh, label="2.tanh'@stable", section=SECTION, shapes=ZM, equation=r"\tanh'(z), \text{ stable form}")(
    by_hand.tanh_prime
)

identity(
    of=softmax, label="2.softmax", section=SECTION, shapes={"Z": "K m"},
    equation=r"a_k = \frac{\exp z_k}{\sum_j \exp z_j} \quad \text{(not in the notes)}",
)(by_hand.softmax)

identity(
    of=sigmoid_loss, label="2.BCE@stable", section=SECTION, shapes={"Z": "K m", "Y": "K m"}, domains={"Y": UNIT},
    equation=r"L^{(i)} = \max(z, 0) - z y + \log(1 + e^{-|z|})", uses=("2.BCE", "2.sigmoid"),
)(losses.sigmoid_binary_cross_entropy)

identity(
    of=softmax_loss, label="2.CE@stable", section=SECTION, shapes={"Z": "K m", "Y": "K m"}, domains={"Y": UNIT},
    equation=r"L^{(i)} = -\sum_k y_k \log \operatorname{softmax}(z)_k", uses=("2.CE", "2.softmax"),
)(losses.softmax_cross_entropy)


def total_sigmoid_loss(Z: Any, Y: Any) -> Any:
    return jnp.sum(sigmoid_loss(Z, Y))


def total_softmax_loss(Z: Any, Y: Any) -> Any:
    return jnp.sum(softmax_loss(Z, Y))


gradient(
    of=total_sigmoid_loss, wrt="Z", label="2.BCE'@stable", section=SECTION, shapes={"Z": "K m", "Y": "K m"},
    domains={"Y": UNIT}, equation=r"dZ^{[N]} = A^{[N]} - Y", uses=("2.BCE@stable",),
)(losses.sigmoid_binary_cross_entropy_dZ)

gradient(
    of=total_softmax_loss, wrt="Z", label="2.CE'@stable", section=SECTION, shapes={"Z": "K m", "Y": "K m"},
    domains={"Y": UNIT}, equation=r"dZ_k = a_k \textstyle\sum_j y_j - y_k", uses=("2.CE@stable",),
)(losses.softmax_cross_entropy_dZ)
