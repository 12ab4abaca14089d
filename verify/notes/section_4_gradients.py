"""Section 4, the derivatives of the batch loss by biases and weights: items 4 and 5."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from manual_bp.backprop import bias_gradient, weight_gradient
from manual_bp.forward import affine
from verify import gradient, identity, runs
from verify.notes import twin
from verify.notes.dimensions import FEW, shape_of, stated
from verify.notes.networks import SOME
from verify.notes.section_4 import SECTION, jacobian

LINEAR = {"dZ": "n m", "W": "n n_prev", "A_prev": "n_prev m", "b": "n 1"}
LAYER = {"W": "n n_prev", "A_prev": "n_prev m", "b": "n 1"}
ERRORS = {"dZ": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}

# -- 4. biases ---------------------------------------------------------------------------------------------------------


def dZ_db(W: Any, A_prev: Any, b: Any) -> Any:
    """dZ/db with the entries of Z ordered by examples: (m n, n)."""
    return jacobian(lambda b: twin.affine(W, A_prev, b).T, b)


def stacked_identities(n: int, m: int) -> Any:
    return np.concatenate([np.eye(n)] * m)


@gradient(
    of=twin.mean_of_linear, wrt="b", label="4.4chain", section=SECTION, shapes=LINEAR, uses=("1.16", "4.4id*"),
    equation=r"\frac{dJ}{db^{[l]}} = \frac{dJ}{dZ^{[l]}} \frac{dZ^{[l]}}{db^{[l]}}",
    because="a product of full Jacobians, (1, m n) and (m n, n), with dJ/dZ = delta / m, which the notes leave unsaid",
)
def chain_of_biases(dZ: Any) -> Any:
    n, m = dZ.shape
    dJ_dZ = (dZ / m).T.reshape(1, m * n)
    return (dJ_dZ @ stacked_identities(n, m)).T


@identity(
    of=dZ_db, label="4.4id", section=SECTION, shapes=LAYER, uses=("3.1",),
    equation=r"\frac{dZ^{[l]}}{db^{[l]}} \text{ is the identity matrix}", expect="refuted", corrected_by="4.4id*",
    because="E8: Z has m columns and b is added to each: dZ/db is m identity matrices on top of each other",
    counterexample={"W": [[0.0], [0.0]], "A_prev": [[0.0, 0.0, 0.0]], "b": [[0.0], [0.0]]},
)
def an_identity(W: Any) -> Any:
    return np.eye(W.shape[0])


@identity(
    of=dZ_db, label="4.4id*", section=SECTION, shapes=LAYER, uses=("3.1b",),
    equation=r"\frac{dZ^{[l]}}{db^{[l]}} = (I_n, \dots, I_n)^T, \text{ m times (entries ordered by examples)}",
)
def identities_on_top_of_each_other(W: Any, A_prev: Any) -> Any:
    return stacked_identities(W.shape[0], A_prev.shape[1])


@gradient(
    of=twin.mean_of_linear, wrt="b", label="4.4", section=SECTION, shapes=LINEAR, uses=("3.1", "4.4chain"),
    equation=r"db^{[l]} = \frac{1}{m} \sum_{i=1}^m \delta^{[l](i)} = "
    r"\frac{1}{m} \text{np.sum}(\delta^{[l]}, \text{axis}=1, \text{keepdim}=\text{True})",
    because="the last form does not run as printed (4.4np); meant is keepdims",
)
def db(dZ: Any) -> Any:
    return bias_gradient(dZ)


@runs(
    label="4.4np", section=SECTION, shapes={"dZ": "n m"}, counterexample=ERRORS, uses=("4.4",),
    equation=r"\frac{1}{m} \text{np.sum}(\delta^{[l]}, \text{axis}=1, \text{keepdim}=\text{True})",
    expect="refuted", because="E9: np.sum has no argument keepdim; it is keepdims", corrected_by="4.4np*",
)
def with_keepdim(dZ: Any) -> Any:
    return np.sum(dZ, axis=1, keepdim=True) / dZ.shape[1]  # type: ignore[call-overload]


@runs(
    label="4.4np@jax", section=SECTION, shapes={"dZ": "n m"}, counterexample=ERRORS, uses=("4.4",),
    equation=r"\frac{1}{m} \text{jnp.sum}(\delta^{[l]}, \text{axis}=1, \text{keepdim}=\text{True})",
    expect="refuted", because="E9: jnp.sum has no argument keepdim either", corrected_by="4.4np*",
)
def with_keepdim_in_jax(dZ: Any) -> Any:
    return jnp.sum(dZ, axis=1, keepdim=True) / dZ.shape[1]  # type: ignore[call-arg]


@runs(
    label="4.4np*", section=SECTION, shapes={"dZ": "n m"}, uses=("4.4",),
    equation=r"\frac{1}{m} \text{np.sum}(\delta^{[l]}, \text{axis}=1, \text{keepdims}=\text{True})",
)
def with_keepdims(dZ: Any) -> Any:
    return bias_gradient(dZ)


@identity(
    of=lambda dZ, b: b - jnp.mean(dZ, axis=1, keepdims=True) / 10, label="4.4@flat", section=SECTION,
    shapes={"dZ": "n m", "b": "n 1"}, uses=("4.4", "6.2"),
    equation=r"b^{[l]} - \frac{1}{10}\, \text{np.mean}(\delta^{[l]}, 1)",
    expect="refuted", corrected_by="4.4np*",
    counterexample={"dZ": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "b": [[0.0], [0.0], [0.0]]},
    because="E9: without keepdims db is flat, and the update turns the column b into an (n, n) matrix, silently",
)
def updated_by_a_flat_gradient(dZ: Any, b: Any) -> Any:
    return b - np.mean(dZ, axis=1) / 10


identity(
    of=stated("n 1", {"dZ": "n m"}), examples=FEW, label="4.4dim", section=SECTION, shapes={"dZ": "n m"}, uses=("4.4",),
    equation=r"(n^{[l]}, 1) = (n^{[l]}, 1) + (n^{[l]}, 1) + \dots",
)(shape_of(bias_gradient))

# -- 5. weights --------------------------------------------------------------------------------------------------------


def dZ_dW(W: Any, A_prev: Any, b: Any) -> Any:
    """dZ_s of example k by W_ij: (n, m, n, n_prev)."""
    return jax.jacobian(lambda W: twin.affine(W, A_prev, b))(W)


def unit_responses(W: Any, A_prev: Any) -> Any:
    """The same by hand, arc by arc: what one unit more of W_ij adds to Z, which is affine in W."""
    n, n_prev = W.shape
    units = np.eye(n * n_prev).reshape(n * n_prev, n, n_prev)
    responses = np.stack([affine(unit, A_prev, np.zeros((n, 1))) for unit in units], axis=-1)
    return responses.reshape(n, A_prev.shape[1], n, n_prev)


@gradient(
    of=twin.mean_of_linear, wrt="W", label="4.5chain", section=SECTION, examples=SOME, shapes=LINEAR,
    uses=("1.17", "4.5i2"),
    equation=r"\frac{dJ}{dW^{[l]}} = \frac{dJ}{dZ^{[l]}} \frac{dZ^{[l]}}{dW^{[l]}}",
    because="a product of full Jacobians, (1, n m) and (n m, n n_prev), with dJ/dZ = delta / m",
)
def chain_of_weights(dZ: Any, W: Any, A_prev: Any) -> Any:
    (n, n_prev), m = W.shape, dZ.shape[1]
    full = deltas_and_activations(W, A_prev).reshape(n * m, n * n_prev)
    return ((dZ / m).reshape(1, n * m) @ full).reshape(n, n_prev)


@gradient(
    of=twin.mean_of_linear, wrt="W", label="4.5i1", section=SECTION, examples=SOME, shapes=LINEAR, uses=("4.5chain",),
    equation=r"(dW^{[l]})_{(i,j)} = \frac{1}{m} \sum_{k=1}^m \sum_{s=1}^{n^{[l]}} "
    r"\frac{dL^{(k)}}{dZ_s^{[l](k)}} \frac{dZ_s^{[l](k)}}{dW_{(i,j)}^{[l]}}",
    because="true without the stray s = 1^{n^{[l]}} that is printed behind the sums",
)
def double_sum(dZ: Any, W: Any, A_prev: Any) -> Any:
    return np.einsum("sk,skij->ij", dZ, unit_responses(W, A_prev)) / dZ.shape[1]


@gradient(
    of=twin.mean_of_linear, wrt="W", label="4.5i1@other", section=SECTION, examples=SOME, shapes=LINEAR,
    uses=("4.5i1",),
    equation=r"(dW^{[l]})_{(i,j)} = \frac{1}{m} \sum_{k=1}^m \sum_{s=1}^{n^{[l]}} s = 1^{n^{[l]}} "
    r"\frac{dL^{(k)}}{dZ_s^{[l](k)}} \frac{dZ_s^{[l](k)}}{dW_{(i,j)}^{[l]}}",
    expect="refuted", corrected_by="4.5i1",
    because="the stray s = 1^{n^{[l]}}, taken at its word, sets s to 1 in every term; it is a slip of the pen",
    counterexample={
        "dZ": [[1.0], [2.0]], "W": [[0.0], [0.0]], "A_prev": [[1.0]], "b": [[0.0], [0.0]],
    },
)
def double_sum_as_printed(dZ: Any, W: Any, A_prev: Any) -> Any:
    n, m = dZ.shape
    return n * np.einsum("k,kij->ij", dZ[0], unit_responses(W, A_prev)[0]) / m


@identity(
    of=dZ_dW, label="4.5i2", section=SECTION, examples=SOME, shapes=LAYER, uses=("3.1",),
    equation=r"\frac{dZ_s^{[l](k)}}{dW_{(i,j)}^{[l]}} = \delta_{s,i} a_j^{[l-1](k)}",
)
def deltas_and_activations(W: Any, A_prev: Any) -> Any:
    return np.einsum("si,jk->skij", np.eye(W.shape[0]), A_prev)


@gradient(
    of=twin.mean_of_linear, wrt="W", label="4.5i3", section=SECTION, shapes=LINEAR, uses=("4.5i1", "4.5i2"),
    equation=r"(dW^{[l]})_{(i,j)} = \frac{1}{m} \sum_{k=1}^m \delta_i^{[l](k)} a_j^{[l-1](k)} = "
    r"\frac{1}{m} (\delta^{[l]} (A^{[l-1]})^T)_{i,j}",
)
def sum_over_examples(dZ: Any, A_prev: Any) -> Any:
    return np.sum(dZ[:, None, :] * A_prev[None, :, :], axis=2) / dZ.shape[1]


@gradient(
    of=twin.mean_of_linear, wrt="W", label="4.5", section=SECTION, shapes=LINEAR, uses=("3.1", "4.5i3"),
    equation=r"dW^{[l]} = \frac{1}{m} \delta^{[l]} (A^{[l-1]})^T",
)
def dW(dZ: Any, A_prev: Any) -> Any:
    return weight_gradient(dZ, A_prev)


identity(
    of=stated("n n_prev", {"dZ": "n m", "A_prev": "n_prev m"}), examples=FEW, label="4.5dim", section=SECTION,
    shapes={"dZ": "n m", "A_prev": "n_prev m"}, uses=("4.5",),
    equation=r"(n^{[l]}, n^{[l-1]}) = (n^{[l]}, m) \cdot (m, n^{[l-1]})",
)(shape_of(weight_gradient))
