"""Section 2, loss and activation functions."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

from manual_bp import activations, losses
from verify import between, definition, derivative, identity, mask, one_hot, probabilities
from verify.notes import twin
from verify.notes.networks import SOME

SECTION = "2 Loss and activation functions"
ZM = {"z": "n m"}
LEAKY = {"z": "n m", "eps": ""}
AY = {"A": "K m", "Y": "K m"}
UNIT = between(0, 1)
BINARY = r"L^{(i)} = -y^{(i)} \log \hat{y}^{(i)} - (1 - y^{(i)}) \log(1 - \hat{y}^{(i)})"
LEAKY_SLOPE = r"r'(z) = I_{[0, \infty)}(z) + \epsilon I_{(-\infty, 0)}(z)"


def sigmoid(z: Any) -> Any:
    return jax.nn.sigmoid(z)


def tanh(z: Any) -> Any:
    return jnp.tanh(z)


def relu(z: Any) -> Any:
    return jnp.maximum(0.0, z)


def leaky_relu(z: Any, eps: Any) -> Any:
    return jnp.maximum(eps * z, z)


def loss_of_labels(A: Any, Y: Any) -> Any:
    """The binary cross-entropy of labels: the negative logarithm of what the label was given."""
    return -jnp.log(jnp.where(Y == 1, A, 1 - A))


def loss_of_classes(A: Any, Y: Any) -> Any:
    """The cross-entropy of one-hot targets: the negative logarithm of what the class was given."""
    return -jnp.log(jnp.take_along_axis(A, jnp.argmax(Y, axis=0)[None], axis=0))


def loss_of_first(A: Any, Y: Any) -> Any:
    return twin.binary_cross_entropy(A[:1], Y)


# -- the losses --------------------------------------------------------------------------------------------------------

identity(
    of=twin.cross_entropy, label="2.CE", section=SECTION, shapes=AY, domains={"A": probabilities, "Y": UNIT},
    equation=r"L^{(i)} = - \sum_{k=1}^{n^{[N]}} y_k^{(i)} \log \hat{y}_k^{(i)}",
)(losses.cross_entropy)

identity(
    of=loss_of_classes, label="2.CE@one-hot", section=SECTION, shapes=AY, domains={"A": probabilities, "Y": one_hot},
    uses=("2.CE",), equation=r"L^{(i)} = -\log \hat{y}_c^{(i)}, \text{ where } c \text{ is the class}",
)(losses.cross_entropy)

identity(
    of=twin.binary_cross_entropy, label="2.BCE", section=SECTION, shapes=AY, domains={"A": UNIT, "Y": UNIT},
    equation=BINARY,
)(losses.binary_cross_entropy)

identity(
    of=loss_of_labels, label="2.BCE@labels", section=SECTION, shapes={"A": "1 m", "Y": "1 m"}, uses=("2.BCE",),
    domains={"A": UNIT, "Y": mask}, equation=r"L^{(i)} = -\log \hat{y}^{(i)} \text{ for } y = 1, "
    r"\ -\log(1 - \hat{y}^{(i)}) \text{ for } y = 0",
)(losses.binary_cross_entropy)


@identity(
    of=twin.binary_cross_entropy, label="2.simpl", section=SECTION, shapes={"A": "1 m", "Y": "1 m"},
    domains={"A": UNIT, "Y": UNIT}, uses=("2.CE", "2.BCE"),
    equation=rf"\text{{In the binary case it simplifies to: }} {BINARY}",
    because="E3: true of two outputs, with the pairs (y, 1 - y) and (a, 1 - a) in 2.CE",
)
def cross_entropy_of_pairs(A: Any, Y: Any) -> Any:
    return losses.cross_entropy(np.concatenate([A, 1 - A]), np.concatenate([Y, 1 - Y]))


identity(
    of=twin.binary_cross_entropy, label="2.simpl@other", section=SECTION, shapes={"A": "1 m", "Y": "1 m"},
    domains={"A": UNIT, "Y": mask}, uses=("2.CE", "2.BCE"),
    equation=rf"{BINARY} \quad \text{{of a single output}}",
    expect="refuted", corrected_by="2.simpl", counterexample={"A": [[0.7]], "Y": [[0.0]]},
    because="E3: for a single output 2.CE is -y log a alone; it lacks the term of 1 - y, and is 0 whenever y = 0",
)(losses.cross_entropy)


@identity(
    of=loss_of_first, label="2.simpl@other-K=2", section=SECTION, shapes={"A": "2 m", "Y": "1 m"},
    domains={"A": UNIT, "Y": UNIT}, uses=("2.CE", "2.BCE"),
    equation=rf"{BINARY} \quad \text{{of two outputs, }} \hat{{y}} = a_1",
    expect="refuted", corrected_by="2.simpl", counterexample={"A": [[0.7], [0.6]], "Y": [[0.0]]},
    because="E3: two outputs are not enough; the second one must be 1 - a, as softmax makes it and two sigmoids do not",
)
def cross_entropy_of_two(A: Any, Y: Any) -> Any:
    return losses.cross_entropy(A, np.concatenate([Y, 1 - Y]))


identity(
    of=twin.mean, label="2.J", section=SECTION, shapes={"L": "1 m"}, uses=("2.CE", "2.BCE"),
    equation=r"J = \frac{1}{m} \sum_{i=1}^m L^{(i)}",
)(losses.batch_loss)


# -- the activations, as printed ---------------------------------------------------------------------------------------

definition(
    label="2.hdr", section=SECTION, equation=r"\text{Sigmoid function:}",
    because="editorial: it heads the list of all four activation functions",
)

identity(
    of=sigmoid, label="2.sigmoid", section=SECTION, shapes=ZM, equation=r"\sigma(z) = \frac{1}{1 + \exp(-z)}"
)(activations.sigmoid_printed)

derivative(
    of=sigmoid, label="2.sigmoid'", section=SECTION, shapes=ZM, uses=("2.sigmoid",),
    equation=r"\sigma'(z) = \sigma(z)(1 - \sigma(z))",
)(activations.sigmoid_printed_prime)

identity(
    of=tanh, label="2.tanh", section=SECTION, shapes=ZM,
    equation=r"\tanh(z) = \frac{\exp(z) - \exp(-z)}{\exp(z) + \exp(-z)}",
)(activations.tanh_printed)

derivative(
    of=tanh, label="2.tanh'", section=SECTION, shapes=ZM, uses=("2.tanh",), equation=r"\tanh'(z) = 1 - \tanh^2(z)"
)(activations.tanh_printed_prime)

identity(of=relu, label="2.relu", section=SECTION, shapes=ZM, equation=r"r(z) = \max(0, z)")(activations.relu)

derivative(
    of=relu, label="2.relu'", section=SECTION, shapes=ZM, uses=("2.relu",), equation=r"r'(z) = I_{[0, \infty)}(z)",
    because="E17: the derivative for z other than 0; at 0 there is none, and the notes' 1 is a convention",
)(activations.relu_prime)

identity(
    of=leaky_relu, label="2.leaky", section=SECTION, shapes=LEAKY, domains={"eps": between(-2, 3)},
    equation=r"r(z) = \max(\epsilon z, z)",
)(activations.leaky_relu)

derivative(
    of=leaky_relu, label="2.leaky'", section=SECTION, shapes=LEAKY, domains={"eps": between(-2, 1)}, uses=("2.leaky",),
    equation=LEAKY_SLOPE, because="E18: true for eps <= 1, which the notes do not say; at 0 a convention, E17",
)(activations.leaky_relu_prime)

derivative(
    of=leaky_relu, label="2.leaky'@eps<0", section=SECTION, shapes=LEAKY, domains={"eps": between(-2, 0)},
    uses=("2.leaky'",), equation=rf"{LEAKY_SLOPE} \quad (\epsilon < 0)",
    because="E18: a negative eps is no exception",
)(activations.leaky_relu_prime)

derivative(
    of=leaky_relu, label="2.leaky'@eps=1", section=SECTION, examples=SOME, shapes=LEAKY, domains={"eps": st.just(1.0)},
    kink="autodiff", uses=("2.leaky'",), equation=rf"{LEAKY_SLOPE} \quad (\epsilon = 1)",
    because="E18: at eps = 1 the function is z, without a kink",
)(activations.leaky_relu_prime)

derivative(
    of=leaky_relu, label="2.leaky'@eps>1", section=SECTION, examples=SOME, shapes=LEAKY, domains={"eps": between(1, 3)},
    uses=("2.leaky",), equation=rf"{LEAKY_SLOPE} \quad (\epsilon > 1)",
    expect="refuted", because="E18: for eps > 1 the maximum is eps z where z > 0, so the two slopes change places",
    counterexample={"z": [[2.0, -2.0]], "eps": 2.0}, corrected_by="2.leaky'@eps>1*",
)(activations.leaky_relu_prime)


@derivative(
    of=leaky_relu, label="2.leaky'@eps>1*", section=SECTION, shapes=LEAKY, domains={"eps": between(-2, 3)},
    uses=("2.leaky",),
    equation=r"r'(z) = \max(1, \epsilon)\, I_{[0, \infty)}(z) + \min(1, \epsilon)\, I_{(-\infty, 0)}(z)",
    because="E18: the larger slope belongs to z > 0, for every eps",
)
def leaky_slope(z: Any, eps: Any) -> Any:
    return np.where(z >= 0, np.maximum(1, eps), np.minimum(1, eps))
