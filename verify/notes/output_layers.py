"""Section 2, derived and not printed: softmax, and the losses joined with their output activations (E4)."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import manual_bp as bp
from manual_bp import activations, losses
from verify import between, derivative, gradient, identity, measurement, one_hot, probabilities, vjp
from verify.notes import twin
from verify.notes.networks import SOME
from verify.notes.section_2 import SECTION, UNIT, ZM, sigmoid, tanh

ZY = {"Z": "K m", "Y": "K m"}
TARGETS = {"Y": UNIT}


def softmax(Z: Any) -> Any:
    return jax.nn.softmax(Z, axis=0)


def softmax_jacobian(z: Any) -> Any:
    return jax.jacobian(jax.nn.softmax)(z)


def sigmoid_loss(Z: Any, Y: Any) -> Any:
    return jnp.sum(jax.nn.softplus(Z) - Z * Y, axis=0, keepdims=True)


def softmax_loss(Z: Any, Y: Any) -> Any:
    return -jnp.sum(Y * jax.nn.log_softmax(Z, axis=0), axis=0, keepdims=True)


def total_sigmoid_loss(Z: Any, Y: Any) -> Any:
    return jnp.sum(twin.binary_cross_entropy(jax.nn.sigmoid(Z), Y))


def total_softmax_loss(Z: Any, Y: Any) -> Any:
    return jnp.sum(twin.cross_entropy(jax.nn.softmax(Z, axis=0), Y))


def total_cross_entropy_of_sigmoids(Z: Any, Y: Any) -> Any:
    return jnp.sum(twin.cross_entropy(jax.nn.sigmoid(Z), Y))


# -- the forms that never overflow, ours -------------------------------------------------------------------------------

identity(
    of=sigmoid, label="2.sigmoid@stable", section=SECTION, shapes=ZM, equation=r"\sigma(z), \text{ stable form}"
)(activations.sigmoid)

derivative(
    of=sigmoid, label="2.sigmoid'@stable", section=SECTION, shapes=ZM, equation=r"\sigma'(z), \text{ stable form}"
)(activations.sigmoid_prime)

identity(of=tanh, label="2.tanh@stable", section=SECTION, shapes=ZM, equation=r"\tanh(z), \text{ stable form}")(
    activations.tanh
)

derivative(of=tanh, label="2.tanh'@stable", section=SECTION, shapes=ZM, equation=r"\tanh'(z), \text{ stable form}")(
    activations.tanh_prime
)

# -- softmax -----------------------------------------------------------------------------------------------------------

identity(
    of=softmax, label="2.softmax", section=SECTION, shapes={"Z": "K m"},
    equation=r"a_k = \frac{\exp z_k}{\sum_j \exp z_j} \quad \text{(not in the notes)}",
)(activations.softmax_printed)


@identity(
    of=softmax, label="2.softmax@stable", section=SECTION, shapes={"Z": "K m"}, domains={"Z": between(-800, 800)},
    uses=("2.softmax",), equation=r"a_k = \frac{\exp(z_k - z_{\max})}{\sum_j \exp(z_j - z_{\max})}",
)
def stable_softmax(Z: Any) -> Any:
    return bp.activation("softmax").g(Z)


@identity(
    of=softmax_jacobian, label="2.softmax@Jacobian", section=SECTION, shapes={"z": "K"}, uses=("2.softmax@stable",),
    equation=r"da/dz = \operatorname{diag}(a) - a a^T",
)
def jacobian(z: Any) -> Any:
    a = activations.softmax(z[:, None])
    return np.eye(len(z)) * a - a @ a.T


@vjp(
    of=softmax, label="2.softmax'", section=SECTION, shapes={"Z": "K m"}, uses=("2.softmax@Jacobian",),
    equation=r"dZ = (\operatorname{diag}(a) - a a^T)\, dA \quad \text{(not in the notes)}",
)
def softmax_backward(dA: Any, Z: Any) -> Any:
    pullback = bp.activation("softmax").pullback
    assert pullback is not None
    return pullback(dA, Z)


# -- losses of the output's Z ------------------------------------------------------------------------------------------

identity(
    of=sigmoid_loss, label="2.BCE@stable", section=SECTION, shapes=ZY, domains=TARGETS, uses=("2.BCE", "2.sigmoid"),
    equation=r"L^{(i)} = \max(z, 0) - z y + \log(1 + e^{-|z|})",
)(losses.sigmoid_binary_cross_entropy)

identity(
    of=softmax_loss, label="2.CE@stable", section=SECTION, shapes=ZY, domains=TARGETS, uses=("2.CE", "2.softmax"),
    equation=r"L^{(i)} = -\sum_k y_k \log \operatorname{softmax}(z)_k",
)(losses.softmax_cross_entropy)

gradient(
    of=total_sigmoid_loss, wrt="Z", label="2.BCE'@stable", section=SECTION, shapes=ZY, domains=TARGETS,
    equation=r"dZ^{[N]} = A^{[N]} - Y", uses=("2.BCE", "2.sigmoid'"),
)(losses.sigmoid_binary_cross_entropy_dZ)

gradient(
    of=total_softmax_loss, wrt="Z", label="2.CE'@stable", section=SECTION, examples=SOME, shapes=ZY, domains=TARGETS,
    equation=r"dZ_k = a_k \textstyle\sum_j y_j - y_k", uses=("2.CE", "2.softmax'"),
    because="E4: for any targets; where those of a column sum to 1 it is a - y",
)(losses.softmax_cross_entropy_dZ)


# -- what a cross-entropy needs: outputs, and targets, that sum to 1 (E4) ----------------------------------------------


@measurement(
    equals=lambda logit: np.log1p(np.exp(-logit)), within=3e-16, label="2.CE@useless", section=SECTION,
    domains={"logit": (30.0, 10.0)}, uses=("2.CE", "2.sigmoid"),
    equation=r"y = (0, 1, 0), \; a_k = \sigma(z): \quad L = \log(1 + e^{-z})",
    because="E4: with sigmoid outputs 2.CE is almost 0 for a classifier that says yes to every class",
)
def loss_of_useless_classifier(logit: Any) -> Any:
    A = activations.sigmoid_printed(np.full((3, 1), logit))
    return losses.cross_entropy(A, np.array([[0.0], [1.0], [0.0]])).item()


@gradient(
    of=total_cross_entropy_of_sigmoids, wrt="Z", label="2.CE'@sigmoid", section=SECTION, examples=SOME, shapes=ZY,
    domains={"Y": one_hot}, uses=("2.CE", "2.sigmoid'"), equation=r"dZ^{[N]} = A^{[N]} - Y", expect="refuted",
    counterexample={"Z": [[30.0], [30.0], [30.0]], "Y": [[0.0], [1.0], [0.0]]}, corrected_by="2.CE'@sigmoid*",
    because="E4: under 2.CE nothing pushes the sigmoid outputs of the other classes down; outputs must sum to 1",
)
def binary_error(Z: Any, Y: Any) -> Any:
    return activations.sigmoid(Z) - Y


@gradient(
    of=total_cross_entropy_of_sigmoids, wrt="Z", label="2.CE'@sigmoid*", section=SECTION, shapes=ZY,
    domains=TARGETS, uses=("2.CE", "2.sigmoid'"), equation=r"dZ_k = -y_k (1 - a_k)",
    because="E4: never positive, so that it drives every output with a target above 0 up, and none down",
)
def error_of_sigmoids(Z: Any, Y: Any) -> Any:
    return -Y * (1 - activations.sigmoid(Z))


@gradient(
    of=total_softmax_loss, wrt="Z", label="2.CE'@element-wise", section=SECTION,
    examples=SOME, shapes=ZY, domains={"Y": one_hot},
    uses=("2.CE", "2.softmax'"), equation=r"dZ = dA \odot a (1 - a)", expect="refuted", corrected_by="2.CE'@stable",
    counterexample={"Z": [[1.0], [-0.5], [0.3]], "Y": [[0.0], [1.0], [0.0]]},
    because="E4: softmax is not component-wise; dA * a(1 - a) is the Jacobian's diagonal alone",
)
def element_wise_error(Z: Any, Y: Any) -> Any:
    a = activations.softmax(Z)
    return -Y / a * a * (1 - a)


@gradient(
    of=total_softmax_loss, wrt="Z", label="2.CE'@a-y", section=SECTION, examples=SOME, shapes=ZY, domains=TARGETS,
    uses=("2.CE", "2.softmax'"), equation=r"dZ = a - y", expect="refuted", corrected_by="2.CE'@stable",
    counterexample={"Z": [[1.0], [-0.5], [0.3]], "Y": [[0.5], [1.0], [0.2]]},
    because="E4: a - y only where the targets of a column sum to 1; here a is multiplied by their sum",
)
def error_of_any_targets(Z: Any, Y: Any) -> Any:
    return activations.softmax(Z) - Y


@gradient(
    of=total_softmax_loss, wrt="Z", label="2.CE'@sum=1", section=SECTION, shapes=ZY, domains={"Y": probabilities},
    uses=("2.CE'@stable",), equation=r"dZ = a - y \quad (\textstyle\sum_k y_k = 1)",
    because="E4: targets that are probabilities, one-hot ones among them",
)
def error_of_probabilities(Z: Any, Y: Any) -> Any:
    return activations.softmax(Z) - Y
