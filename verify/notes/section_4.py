"""Section 4, the vectorized backward pass: the remark on Jacobians, and the derivatives by activations and inputs.

A full Jacobian has a row for each entry of what is differentiated and a column for each entry of what it is
differentiated by, both in C order unless another is said: entry (i, k) before (i, k + 1).
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import manual_bp as bp
from manual_bp import losses
from manual_bp.activations import sigmoid, softmax, tanh_prime
from manual_bp.backprop import activation_backward, error_recursion
from verify import between, definition, gradient, identity, missing, probabilities, vjp
from verify.notes import by_hand, twin
from verify.notes.dimensions import FEW, shape_of, stated
from verify.notes.networks import NETWORKS, SOME

SECTION = "4 Vectorized backward pass"
COMPONENTWISE = ("sigmoid", "tanh", "relu", "leaky_relu", "identity")
NEXT = {"A": "n m", "W_next": "n_next n", "b_next": "n_next 1"}
OUTPUTS = {"A": "K m", "Y": "K m"}
RECURSION = {"Z": "n m", "W_next": "n_next n", "b_next": "n_next 1"}
E5 = {"A": [[0.2, 0.6], [0.9, 0.3]], "Y": [[1.0, 0.0], [0.0, 1.0]]}
E6 = {"dA": [[1.0, 1.0], [1.0, 1.0]], "Z": [[0.5, -2.0], [1.0, 3.0]]}


def jacobian(f: Any, V: Any) -> Any:
    """The full Jacobian as a matrix, in C order."""
    J = jax.jacobian(f)(V)
    return J.reshape(-1, V.size)


# -- the remark --------------------------------------------------------------------------------------------------------


def dZ_next_dA(A: Any, W_next: Any, b_next: Any) -> Any:
    return jacobian(lambda A: twin.next_affine(A, W_next, b_next), A)


def dZ_next_dA_by_example(A: Any, W_next: Any, b_next: Any) -> Any:
    """The same with the entries of each example together: (1, k), (2, k), ... before (1, k + 1)."""
    return jacobian(lambda rows: twin.next_affine(rows.T, W_next, b_next).T, A.T)


@identity(
    of=dZ_next_dA, label="4.0a", section=SECTION, examples=SOME, shapes=NEXT, uses=("3.1",),
    equation=r"\frac{dZ^{[l+1](k)_i}}{dA^{[l](s)_j}} = W^{[l+1]}(i, j) \delta_{ks}",
)
def entries_of_the_jacobian(A: Any, W_next: Any) -> Any:
    (n_next, n), m = W_next.shape, A.shape[1]
    return np.einsum("ij,ks->ikjs", W_next, np.eye(m)).reshape(n_next * m, n * m)


@identity(
    of=dZ_next_dA_by_example, label="4.0b", section=SECTION, examples=SOME, shapes=NEXT, uses=("4.0a",),
    equation=r"\frac{dZ^{[l+1]}}{dA^{[l]}} = I_m \otimes W^{[l+1]} \text{ (entries ordered by examples)}",
    because="the remark speaks of diagonal blocks k = s, which they are in this order alone",
)
def diagonal_blocks(A: Any, W_next: Any) -> Any:
    (n_next, n), m = W_next.shape, A.shape[1]
    return np.einsum("ks,ij->kisj", np.eye(m), W_next).reshape(n_next * m, n * m)


@identity(
    of=dZ_next_dA, label="4.0b@other", section=SECTION, examples=SOME, shapes=NEXT, uses=("4.0a",),
    equation=r"\frac{dZ^{[l+1]}}{dA^{[l]}} = I_m \otimes W^{[l+1]} \text{ (entries ordered by neurons, as in memory)}",
    expect="refuted", corrected_by="4.0b",
    because="ordered by neurons, as NumPy stores the matrices, the Jacobian is the Kronecker product of W with I_m",
    counterexample={"A": [[0.0, 0.0]], "W_next": [[1.0], [2.0]], "b_next": [[0.0], [0.0]]},
)
def diagonal_blocks_in_c_order(A: Any, W_next: Any) -> Any:
    return diagonal_blocks(A, W_next)


def blocks_of_the_jacobian(A: Any, W_next: Any, b_next: Any) -> Any:
    """The blocks k = s, one per example: (m, n_next, n)."""
    J = jax.jacobian(lambda A: twin.next_affine(A, W_next, b_next))(A)
    return jnp.einsum("ikjk->kij", J)


@identity(
    of=blocks_of_the_jacobian, label="4.0c", section=SECTION, examples=SOME, shapes=NEXT, uses=("4.0a",),
    equation=r"\frac{dZ^{[l+1]}}{dA^{[l]}}(i, j) := W^{[l+1]}(i, j)",
)
def the_block_kept(A: Any, W_next: Any) -> Any:
    return np.stack([W_next] * A.shape[1])


# -- 1. the loss by the output -----------------------------------------------------------------------------------------


def total_binary_cross_entropy(A: Any, Y: Any) -> Any:
    return jnp.sum(twin.binary_cross_entropy(A, Y))


def total_cross_entropy(A: Any, Y: Any) -> Any:
    return jnp.sum(twin.cross_entropy(A, Y))


gradient(
    of=total_binary_cross_entropy, wrt="A", label="4.1", section=SECTION, shapes=OUTPUTS,
    domains={"A": between(0, 1), "Y": between(0, 1)}, uses=("2.BCE",),
    equation=r"(d\bar{L}/dA^{[N]})_{(i,j)}^T = dL^{(j)}/dA_i^{[N](j)} = "
    r"-\frac{y^{(j)}}{a^{[N](j)}} + \frac{1 - y^{(j)}}{1 - a^{[N](j)}}",
    because="E5: y and a lack the index i; with it the equation holds for any number of outputs",
)(losses.binary_cross_entropy_dA)


@gradient(
    of=total_binary_cross_entropy, wrt="A", label="4.1@other", section=SECTION, shapes=OUTPUTS,
    domains={"A": between(0, 1), "Y": between(0, 1)}, uses=("2.BCE",),
    equation=r"(d\bar{L}/dA^{[N]})_{(i,j)}^T = -\frac{y^{(j)}}{a^{[N](j)}} + \frac{1 - y^{(j)}}{1 - a^{[N](j)}} "
    r"\text{ for all } i",
    expect="refuted", corrected_by="4.1", counterexample=E5,
    because="E5: without the index i the right side is the first output's for all of them",
)
def without_the_output_index(A: Any, Y: Any) -> Any:
    return np.repeat(losses.binary_cross_entropy_dA(A[:1], Y[:1]), A.shape[0], axis=0)


missing(
    label="4.1CE", section=SECTION, uses=("2.CE",), equation=r"dA^{[N]} \text{ of the cross-entropy}",
    because="the loss of section 2 for more than two classes has no derivative here",
)

gradient(
    of=total_cross_entropy, wrt="A", label="4.1CE@ours", section=SECTION, shapes=OUTPUTS,
    domains={"A": probabilities, "Y": between(0, 1)}, uses=("2.CE", "4.1CE"), equation=r"dA_k = -\frac{y_k}{a_k}",
)(losses.cross_entropy_dA)

# -- 2. the loss by the input of a layer -------------------------------------------------------------------------------

definition(
    label="4.2def", section=SECTION, uses=("1.14",),
    equation=r"\delta^{[l]} = \left( \frac{d\bar{L}}{dZ^{[l]}} \right)^T",
)


def dL_dZ(Z: Any, W_next: Any, b_next: Any, Y: Any) -> Any:
    return jacobian(lambda Z: twin.two_layers_from_Z(Z, W_next, b_next, Y), Z)


def diagonal(V: Any) -> Any:
    """The Jacobian of a component-wise function with derivatives V."""
    n, m = V.shape
    return np.einsum("ik,ij,ks->ikjs", V, np.eye(n), np.eye(m)).reshape(n * m, n * m)


@identity(
    of=dL_dZ, label="4.2chain", section=SECTION, examples=SOME, shapes={**RECURSION, "Y": "n_next m"},
    uses=("4.0a", "4.2diag"),
    domains={"Z": between(-2, 2), "W_next": between(-2, 2), "b_next": between(-2, 2), "Y": between(0, 1)},
    equation=r"\frac{d\bar{L}}{dZ^{[l]}} = "
    r"\frac{d\bar{L}}{dZ^{[l+1]}} \frac{dZ^{[l+1]}}{dA^{[l]}} \frac{dA^{[l]}}{dZ^{[l]}}",
    because="a product of full Jacobians, of shapes (m, n_next m), (n_next m, n m) and (n m, n m)",
)
def product_of_jacobians(Z: Any, W_next: Any, b_next: Any, Y: Any) -> Any:
    (n_next, _), m = W_next.shape, Z.shape[1]
    delta_next = losses.sigmoid_binary_cross_entropy_dZ(W_next @ np.tanh(Z) + b_next, Y)
    dL_dZ_next = np.einsum("ik,sk->sik", delta_next, np.eye(m)).reshape(m, n_next * m)
    return dL_dZ_next @ entries_of_the_jacobian(Z, W_next) @ diagonal(tanh_prime(Z))


@identity(
    of=lambda Z, activation: jacobian(lambda Z: twin.activate(Z, activation), Z), label="4.2diag", section=SECTION,
    examples=SOME,
    shapes={"Z": "n m"}, domains={"activation": COMPONENTWISE}, kink="autodiff", uses=("3.2",),
    equation=r"\frac{dA^{[l]}}{dZ^{[l]}} \text{ is a diagonal matrix}",
)
def derivatives_on_the_diagonal(Z: Any, activation: str) -> Any:
    return diagonal(activation_backward(np.ones_like(Z), Z, bp.activation(activation)))


@identity(
    of=lambda Z: jacobian(lambda Z: jnp.exp(Z) / jnp.sum(jnp.exp(Z), axis=0, keepdims=True), Z),
    label="4.2diag@softmax", section=SECTION, shapes={"Z": "n 1"}, domains={"Z": between(-4, 4)},
    uses=("2.softmax", "1.18"), equation=r"\frac{dA^{[l]}}{dZ^{[l]}} \text{ is diagonal for softmax}",
    expect="refuted", corrected_by="4.3@softmax", counterexample={"Z": [[0.0], [1.0]]},
    because="E4: each output of softmax depends on the whole column, so the Jacobian has entries beside the diagonal",
)
def softmax_on_the_diagonal(Z: Any) -> Any:
    A = softmax(Z)
    return diagonal(A * (1 - A))


@vjp(
    of=lambda Z: jnp.tanh(Z), label="4.2bcast", section=SECTION, shapes={"Z": "n m"}, uses=("4.2diag",),
    equation=r"\text{component-wise multiplication with a broadcasted vector}",
    expect="refuted", corrected_by="4.2bcast*", counterexample=E6,
    because="E6: g'(Z) is a matrix with a column for each example; a vector broadcast over them repeats the first",
)
def times_a_broadcast_vector(dA: Any, Z: Any) -> Any:
    return dA * tanh_prime(Z)[:, :1]


@vjp(
    of=lambda Z: jnp.tanh(Z), label="4.2bcast*", section=SECTION, shapes={"Z": "n m"}, uses=("4.2diag",),
    equation=r"\text{component-wise multiplication with the matrix } g'(Z^{[l]})",
)
def times_the_matrix(dA: Any, Z: Any) -> Any:
    return dA * tanh_prime(Z)


@vjp(
    of=twin.next_layer, wrt="Z", label="4.2rec", section=SECTION, uses=("3.1", "3.2", "4.2chain"),
    shapes=RECURSION, domains={"activation": COMPONENTWISE}, kink="autodiff",
    equation=r"\left( \frac{d\bar{L}}{dZ^{[l]}} \right)^T = \delta^{[l]} = "
    r"(W^{[l+1]})^T \cdot \delta^{[l+1]} \odot g'(Z^{[l]})",
    because="E7: true as ((W^T delta) * g'): the matrix product comes first",
)
def recursion(dZ_next: Any, Z: Any, W_next: Any, activation: str) -> Any:
    return error_recursion(W_next, dZ_next, Z, bp.activation(activation))


def linear_with_slopes(V: Any, W_next: Any, slopes: Any) -> Any:
    """Z[l+1] as a function of Z[l] where g has the given slopes."""
    return W_next @ (slopes * V)


SLOPES = {"V": "n m", "W_next": "n_next n", "slopes": "n m"}
E7 = {
    "dZ_next": [[1.0, 0.0], [1.0, 2.0]], "V": [[0.0, 0.0], [0.0, 0.0]], "W_next": [[1.0, 2.0], [3.0, 4.0]],
    "slopes": [[0.5, 1.0], [0.25, 0.75]],
}


@vjp(
    of=linear_with_slopes, wrt="V", label="4.2rec@other", section=SECTION, shapes=SLOPES, uses=("4.2rec",),
    equation=r"\delta^{[l]} = (W^{[l+1]})^T \cdot (\delta^{[l+1]} \odot g'(Z^{[l]}))",
    expect="refuted", corrected_by="4.2rec", counterexample=E7,
    because="E7: read with the component-wise product first; it multiplies by the slopes of the wrong neurons",
)
def component_wise_first(dZ_next: Any, W_next: Any, slopes: Any) -> Any:
    return W_next.T @ (dZ_next * slopes)


@vjp(
    of=linear_with_slopes, wrt="V", label="4.2rec@python", section=SECTION, shapes=SLOPES, uses=("4.2rec",),
    equation=r"\texttt{g\_prime * W\_next.T @ delta\_next}",
    expect="refuted", corrected_by="4.2rec", counterexample=E7,
    because="E7: in Python * and @ bind equally and go from left to right, so that slopes written first scale W",
)
def as_python_reads_it(dZ_next: Any, W_next: Any, slopes: Any) -> Any:
    return slopes * W_next.T @ dZ_next


identity(
    of=stated("n m", {"W_next": "n_next n", "dZ_next": "n_next m", "Z": "n m"}), examples=FEW, label="4.2dim",
    section=SECTION,
    shapes={"W_next": "n_next n", "dZ_next": "n_next m", "Z": "n m"}, uses=("4.2rec",),
    equation=r"(n^{[l]}, m) = (n^{[l]}, n^{[l+1]}) \cdot (n^{[l+1]}, m) \odot (n^{[l]}, m)",
)(shape_of(lambda W_next, dZ_next, Z: error_recursion(W_next, dZ_next, Z, bp.activation("sigmoid"))))

missing(
    label="4.2range", section=SECTION, uses=("4.2rec",), equation=r"l = N - 1, \dots, 1",
    because="the recursion does not say for which layers it is meant",
)


def hidden_errors(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"dZ": twin.gradients(params, activations, loss, X, Y, masks, keep)["dZ"][:-1]}


@identity(
    of=hidden_errors, inputs=NETWORKS, examples=SOME, kink="autodiff", label="4.2range@ours", section=SECTION,
    uses=("4.2rec", "4.2range"), equation=r"\delta^{[l]},\ l = N - 1, \dots, 1",
)
def hidden_errors_by_hand(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"dZ": list(by_hand.section_4(params, activations, loss, X, Y, masks, keep).dZ)[:-1]}


# -- 3. the loss by the output of a layer ------------------------------------------------------------------------------


@identity(
    of=lambda Z, Y: jacobian(lambda Z: twin.binary_cross_entropy(jax.nn.sigmoid(Z), Y), Z), label="4.3chain",
    examples=SOME,
    section=SECTION, shapes={"Z": "n m", "Y": "n m"}, domains={"Z": between(-4, 4), "Y": between(0, 1)},
    uses=("4.1", "4.2diag"),
    equation=r"\frac{d\bar{L}}{dZ^{[l]}} = \frac{d\bar{L}}{dA^{[l]}} \frac{dA^{[l]}}{dZ^{[l]}}",
    because="a product of full Jacobians, of shapes (m, n m) and (n m, n m)",
)
def product_of_two_jacobians(Z: Any, Y: Any) -> Any:
    n, m = Z.shape
    dA = losses.binary_cross_entropy_dA(sigmoid(Z), Y)
    dL_dA = np.einsum("ik,sk->sik", dA, np.eye(m)).reshape(m, n * m)
    return dL_dA @ derivatives_on_the_diagonal(Z, "sigmoid")


@vjp(
    of=twin.activate, label="4.3", section=SECTION, shapes={"Z": "n m"}, domains={"activation": COMPONENTWISE},
    kink="autodiff", uses=("3.2", "4.3chain"),
    equation=r"\delta^{[l]} = \left( \frac{d\bar{L}}{dA^{[l]}} \right)^T \odot g'(Z^{[l]}) = "
    r"dA^{[l]} \odot g'(Z^{[l]})",
)
def error_of_activation(dA: Any, Z: Any, activation: str) -> Any:
    return activation_backward(dA, Z, bp.activation(activation))


identity(
    of=stated("n m", {"dA": "n m", "Z": "n m"}), examples=FEW, label="4.3dim", section=SECTION,
    shapes={"dA": "n m", "Z": "n m"},
    uses=("4.3",), equation=r"(n^{[l]}, m) = (n^{[l]}, m) \odot (n^{[l]}, m)",
)(shape_of(lambda dA, Z: activation_backward(dA, Z, bp.activation("tanh"))))


@vjp(
    of=twin.activate, label="4.3@softmax", section=SECTION, shapes={"Z": "n m"}, domains={"activation": ("softmax",)},
    uses=("2.softmax",), equation=r"dZ = A \odot (dA - \textstyle\sum_k a_k\, dA_k) \quad \text{(not in the notes)}",
)
def error_of_softmax(dA: Any, Z: Any, activation: str) -> Any:
    return activation_backward(dA, Z, bp.activation(activation))
