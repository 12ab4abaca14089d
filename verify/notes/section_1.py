"""Section 1, notations: what the symbols mean, and the statements about shapes and derivatives that they make."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import manual_bp as bp
from manual_bp import losses
from manual_bp.activations import sigmoid
from manual_bp.backprop import weight_gradient
from manual_bp.dropout import apply_mask_backward
from manual_bp.forward import affine
from verify import between, definition, gradient, identity, keep_probability, mask, missing, positive, vjp
from verify.notes import by_hand, twin
from verify.notes.dimensions import FEW, shape_of, stated
from verify.notes.networks import SOME

SECTION = "1 Notations"
LAYER = {"W": "n n_prev", "A_prev": "n_prev m", "b": "n 1"}
INPUT = {"W": "n n_x", "X": "n_x m", "b": "n 1"}
NETWORK = {"W1": "n n_x", "b1": "n 1", "W2": "K n", "b2": "K 1", "X": "n_x m", "Y": "K m"}
SMALL = between(-2, 2)  # a network's outputs are not saturated there, where the printed derivatives are finite
VALUES = {"W1": SMALL, "b1": SMALL, "W2": SMALL, "b2": SMALL, "X": SMALL, "Y": between(0, 1)}

# -- symbols -----------------------------------------------------------------------------------------------------------

definition(label="1.1", section=SECTION, equation=r"n_x \text{ - dimensionality of input data}")

definition(
    label="1.2", section=SECTION,
    equation=r"\text{superscript } [l] \text{ denotes } l\text{-th layer "
    r"(input layer is } [0] \text{, output layer - } N)",
)

definition(label="1.3", section=SECTION, equation=r"\text{superscript } (i) \text{ denotes } i\text{-th example}")


@identity(
    of=stated("n_x m", INPUT), examples=FEW, shapes=INPUT, label="1.4", section=SECTION, uses=("1.1", "1.2"),
    equation=r"n^{[l]} \text{ - nb of neurons in the } l\text{-th layer}, \quad n^{[0]} = n_x",
)
def input_layer(X: Any, W: Any, b: Any) -> Any:
    return np.ones_like(bp.forward(X, [bp.Layer(W, b, bp.activation("identity"))]).A[0])


definition(
    label="1.5", section=SECTION, equation=r"m \text{ - batch size}",
    because="sections 6.2 and 7.1 use m as the size of the training set too: the same where a batch is the whole set",
)


def mean_of_a_batch(L: Any, M: Any) -> Any:
    """J of a batch; the size M of the training set has no part in it."""
    return twin.mean(L)


@identity(
    of=mean_of_a_batch, label="1.5@other", section=SECTION, shapes={"L": "1 m", "M": ""}, domains={"M": positive},
    equation=r"J = \frac{1}{M} \sum_{i=1}^m L^{(i)}, \quad M \text{ - size of the training set}",
    expect="refuted", corrected_by="1.12", counterexample={"L": [[1.0, 2.0]], "M": 4.0},
    because="with batches smaller than the training set, 1/m is one over the size of the batch",
)
def over_the_training_set(L: Any, M: Any) -> Any:
    return np.sum(L) / M


# -- shapes ------------------------------------------------------------------------------------------------------------

identity(
    of=stated("n m", INPUT), examples=FEW, shapes=INPUT, label="1.6a", section=SECTION, uses=("1.1", "1.5"),
    equation=r"X \text{ - } (n_x, m)\text{-matrix of input data}",
)(shape_of(lambda W, X, b: affine(W, X, b)))


def examples(X: Any) -> Any:
    """The examples one after another, m of them with n_x features each."""
    return jax.vmap(lambda x: x, in_axes=1)(X)


@identity(
    of=examples, label="1.6b", section=SECTION, shapes={"X": "n_x m"},
    equation=r"X: \text{ each row is a single training example}", expect="refuted", corrected_by="1.6b*",
    because="E1: X is (n_x, m), so a row has m entries, one of each example; each column is an example",
    counterexample={"X": [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]},
)
def rows(X: Any) -> Any:
    return np.stack([X[i] for i in range(X.shape[0])])


@identity(
    of=lambda W, X, b: jax.vmap(lambda x: W @ x + b[:, 0], in_axes=1, out_axes=1)(X), label="1.6b*", section=SECTION,
    shapes=INPUT, equation=r"X: \text{ each column is a single training example}", uses=("1.6a",),
)
def column_by_column(W: Any, X: Any, b: Any) -> Any:
    """The affine layer of each column alone."""
    return np.concatenate([affine(W, X[:, i : i + 1], b) for i in range(X.shape[1])], axis=1)


identity(
    of=stated("n m", LAYER), examples=FEW, shapes=LAYER, label="1.7a", section=SECTION, uses=("1.4", "1.5"),
    equation=r"Z^{[l]}: \text{ dimension - } (n^{[l]}, m) \text{ (different examples are stacked as columns)}",
)(shape_of(affine))


def neuron(W: Any, A_prev: Any, b: Any, k: int, i: int) -> Any:
    """z_k of example i."""
    return W[k] @ A_prev[:, i] + b[k, 0]


PIN_LAYER = {"W": [[1.0], [2.0]], "A_prev": [[1.0, 2.0, 3.0]], "b": [[0.0], [0.0]]}


@identity(
    of=twin.affine, label="1.7b", section=SECTION, examples=SOME, shapes=LAYER,
    equation=r"Z^{[l]} = (z_k^{[l](i)})_{i,k}",
    expect="refuted", corrected_by="1.7b*", counterexample=PIN_LAYER,
    because="E2: the first index of (...)_{i,k} is the row, so this matrix is (m, n); the indices change places",
)
def Z_by_example_and_neuron(W: Any, A_prev: Any, b: Any) -> Any:
    (n, _), m = W.shape, A_prev.shape[1]
    return np.stack([np.stack([neuron(W, A_prev, b, k, i) for k in range(n)]) for i in range(m)])


@identity(
    of=twin.affine, label="1.7b*", section=SECTION, examples=SOME, shapes=LAYER,
    equation=r"Z^{[l]} = (z_k^{[l](i)})_{k,i}",
    uses=("1.7a",),
)
def Z_by_neuron_and_example(W: Any, A_prev: Any, b: Any) -> Any:
    (n, _), m = W.shape, A_prev.shape[1]
    return np.stack([np.stack([neuron(W, A_prev, b, k, i) for i in range(m)]) for k in range(n)])


identity(
    of=stated("n m", {"z": "n m"}), examples=FEW, shapes={"z": "n m"}, label="1.8a", section=SECTION, uses=("1.7a",),
    equation=r"A^{[l]}: \text{ dimension - } (n^{[l]}, m) \text{ (different examples are stacked as columns)}",
)(shape_of(sigmoid))


@identity(
    of=jax.nn.sigmoid, label="1.8b", section=SECTION, examples=SOME, shapes={"x": "n m"},
    equation=r"A^{[l]} = (a_k^{[l](i)})_{i,k}",
    expect="refuted", corrected_by="1.8b*", counterexample={"x": [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]},
    because="E2: as for Z, this matrix is (m, n); the indices change places",
)
def A_by_example_and_neuron(x: Any) -> Any:
    n, m = x.shape
    return np.stack([np.stack([sigmoid(x[k, i]) for k in range(n)]) for i in range(m)])


@identity(
    of=jax.nn.sigmoid, label="1.8b*", section=SECTION, examples=SOME, shapes={"x": "n m"},
    equation=r"A^{[l]} = (a_k^{[l](i)})_{k,i}",
    uses=("1.8a",),
)
def A_by_neuron_and_example(x: Any) -> Any:
    n, m = x.shape
    return np.stack([np.stack([sigmoid(x[k, i]) for i in range(m)]) for k in range(n)])


@identity(
    of=lambda W, A_prev, b: jax.jacobian(lambda a: W @ a + b[:, 0])(A_prev[:, 0]), label="1.9", section=SECTION,
    shapes=LAYER, uses=("1.4",),
    equation=r"W^{[l]}: \text{ dimension - } (n^{[l]}, n^{[l-1]}), \quad "
    r"W_{(i,j)}^{[l]} \text{ is the weight of the arc from the } j\text{-th to the } i\text{-th neuron}",
)
def arcs(W: Any, A_prev: Any, b: Any) -> Any:
    """dz_i/da_j, arc by arc: what one unit more of a_j adds to z, which is affine in a."""
    n_prev, zero = W.shape[1], np.zeros_like(b)
    return np.concatenate([affine(W, np.eye(n_prev)[:, j : j + 1], zero) for j in range(n_prev)], axis=1)


# -- the output, the loss and its derivatives --------------------------------------------------------------------------

definition(label="1.10", section=SECTION, equation=r"N \text{ - output layer}")

definition(
    label="1.11", section=SECTION,
    equation=r"L \text{ - loss function}, \quad L^{(i)} \text{ is the loss function for } i\text{-th example}",
    because="section 7.1 uses L as the number of layers too (E14)",
)


@identity(
    of=lambda A, Y: jnp.mean(jax.vmap(lambda a, y: -jnp.sum(y * jnp.log(a)), in_axes=1)(A, Y)), label="1.12",
    section=SECTION, shapes={"A": "K m", "Y": "K m"}, domains={"A": between(0, 1), "Y": between(0, 1)}, uses=("1.11",),
    equation=r"J = \frac{1}{m} \sum_{i=1}^m L^{(i)}",
)
def batch_loss(A: Any, Y: Any) -> Any:
    return bp.batch_loss(bp.loss("cross_entropy").value(A, Y))


identity(
    of=stated("1 m", {"A": "K m", "Y": "K m"}), examples=FEW, shapes={"A": "K m", "Y": "K m"}, label="1.13",
    section=SECTION,
    domains={"A": between(0, 1), "Y": between(0, 1)}, uses=("1.11",),
    equation=r"\bar{L} \text{ - } (1, m) \text{ vector of the } L^{(i)}",
    equivalent={"1 - A -> -A": "the row states the shape alone", "1 -> 0": "the row states the shape alone"},
)(shape_of(losses.binary_cross_entropy))


@identity(
    of=lambda W1, b1, W2, b2, X, Y: twin.per_example(
        lambda Z: twin.two_layers_from_Z(Z, W2, b2, Y), twin.affine(W1, X, b1)
    ),
    label="1.14", section=SECTION, shapes=NETWORK, domains=VALUES, examples=SOME, uses=("1.13",),
    equation=r"\delta^{[l]} = dZ^{[l]} = [d\bar{L}/dZ^{[l]}]^T, \quad (n^{[l]}, m)",
    because="E19: the Jacobian's layout is the numerator's, then transposed; no 1/m, which is for J alone",
)
def delta(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    return by_hand.two_layers_gradients(W1, b1, W2, b2, X, Y).dZ[0]


@identity(
    of=lambda W1, b1, W2, b2, X, Y: twin.per_example(
        lambda A: twin.two_layers_from_A(A, W2, b2, Y), jnp.tanh(twin.affine(W1, X, b1))
    ),
    label="1.15", section=SECTION, shapes=NETWORK, domains=VALUES, examples=SOME, uses=("1.13",),
    equation=r"dA^{[l]} = [d\bar{L}/dA^{[l]}]^T \text{ - } (n^{[l]}, m)",
    because="under dropout A is the activation before the mask, g(Z) (E16); no 1/m, which is for J alone",
)
def dA(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    layers = by_hand.two_layers(W1, b1, W2, b2)
    return bp.backprop_a(bp.forward(X, layers), layers, Y, bp.loss("binary_cross_entropy"), stable=True).dA[0]


MASKED = {"A": "n m", "W_next": "n_next n", "b_next": "n_next 1", "D": "n m", "p": ""}


@vjp(
    of=lambda A, W_next, b_next, D, p: twin.next_affine(A, W_next, b_next), wrt="A", label="1.15@other",
    section=SECTION, shapes=MASKED, domains={"D": mask, "p": between(0.2, 0.9)},
    equation=r"dA^{[l]} = [d\bar{L}/dA^{[l]}]^T \text{ where } A^{[l]} \text{ is the output after dropout}",
    expect="refuted", corrected_by="1.15@dropout",
    because="E16: what the recipe of section 7.2 ends with, masked and scaled, is the derivative before dropout",
    counterexample={
        "dZ_next": [[1.0]], "A": [[1.0], [2.0]], "W_next": [[1.0, 1.0]], "b_next": [[0.0]], "D": [[1.0], [0.0]],
        "p": 0.5,
    },
)
def recipe_read_after(dZ_next: Any, W_next: Any, D: Any, p: Any) -> Any:
    return apply_mask_backward(W_next.T @ dZ_next, D, p)


@vjp(
    of=lambda A, W_next, b_next, D, p: twin.next_affine(A * D / p, W_next, b_next), wrt="A", label="1.15@dropout",
    section=SECTION, shapes=MASKED, domains={"D": mask, "p": keep_probability},
    equation=r"dA^{[l]} = [d\bar{L}/dA^{[l]}]^T \text{ where } A^{[l]} = g(Z^{[l]}), \text{ before dropout}",
)
def recipe_read_before(dZ_next: Any, W_next: Any, D: Any, p: Any) -> Any:
    return apply_mask_backward(W_next.T @ dZ_next, D, p)


@gradient(
    of=twin.two_layers_J, wrt=("b1", "b2"), label="1.16", section=SECTION, shapes=NETWORK, domains=VALUES,
    examples=SOME, uses=("1.12",),
    equation=r"db^{[l]} = [dJ/db^{[l]}]^T, \quad (n^{[l]}, 1)",
)
def db(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    return by_hand.two_layers_gradients(W1, b1, W2, b2, X, Y).db


@gradient(
    of=twin.two_layers_J, wrt=("W1", "W2"), label="1.17", section=SECTION, shapes=NETWORK, domains=VALUES,
    examples=SOME, uses=("1.12",),
    equation=r"dW^{[l]} = [dJ/dW^{[l]}], \quad (n^{[l]}, n^{[l-1]})",
    because="E19: the layout is the denominator's, unlike that of (1.16); every gradient has its variable's shape",
)
def dW(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    return by_hand.two_layers_gradients(W1, b1, W2, b2, X, Y).dW


@gradient(
    of=twin.mean_of_linear, wrt="W", label="1.17@other", section=SECTION,
    shapes={"dZ": "n m", "W": "n n_prev", "A_prev": "n_prev m", "b": "n 1"},
    equation=r"dW^{[l]} = [dJ/dW^{[l]}] \text{ in the layout of (1.16), where } dJ/db^{[l]} \text{ is a row}",
    expect="refuted", corrected_by="1.17",
    because="E19: where dJ/db is a row, dJ/dW is (n_prev, n), the transpose of what (1.17) states",
    counterexample={"dZ": [[1.0]], "W": [[0.0, 0.0]], "A_prev": [[1.0], [2.0]], "b": [[0.0]]},
)
def dW_in_the_numerators_layout(dZ: Any, A_prev: Any) -> Any:
    return weight_gradient(dZ, A_prev).T


# -- the rest ----------------------------------------------------------------------------------------------------------

definition(
    label="1.18", section=SECTION, equation=r"g : R \rightarrow R \text{ - activation function}",
    because="a function of one number: softmax, which needs a whole column, is none",
)

missing(
    label="1.M", section=SECTION, equation=r"b^{[l]},\ y,\ \hat{y} = A^{[N]},\ Y,\ \odot",
    because="biases, targets, the network's answer and the component-wise product are used and never defined",
)

OUTPUT = {"W": "n n_prev", "X": "n_prev m", "b": "n 1", "Y": "n m"}


@identity(
    of=stated("n m", OUTPUT), examples=FEW, shapes=OUTPUT, label="1.M@ours", section=SECTION, uses=("1.M",),
    domains={"W": SMALL, "X": SMALL, "b": SMALL, "Y": between(0, 1)},
    equation=r"b^{[l]}: (n^{[l]}, 1), \quad Y: (n^{[N]}, m), \quad \hat{y} = A^{[N]}: (n^{[N]}, m)",
)
def answer_and_targets(W: Any, X: Any, b: Any, Y: Any) -> Any:
    output = bp.predict(X, [bp.Layer(W, b, bp.activation("sigmoid"))])
    losses.require_targets(Y, output)
    return np.ones_like(output)
