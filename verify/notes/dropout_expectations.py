"""Section 7.2, dropout in the mean over all masks: what stays as it is and what does not."""

import itertools
from typing import Any

import jax.numpy as jnp
import numpy as np

import manual_bp as bp
from manual_bp import dropout
from manual_bp.forward import affine
from verify import between, identity, measurement, statistic
from verify.notes import twin
from verify.notes.networks import SOME
from verify.notes.section_7 import SECTION


def all_masks(*shape: int) -> Any:
    """Every mask of that shape, along a new first axis."""
    return np.array(list(itertools.product((0.0, 1.0), repeat=int(np.prod(shape))))).reshape(-1, *shape)


def mean_over(masks: Any, p: Any, values: Any) -> Any:
    """The mean of a value for each mask, where every entry of a mask is 1 with probability p."""
    axes = tuple(range(1, masks.ndim))
    kept, dropped = masks.sum(axis=axes), (1 - masks).sum(axis=axes)
    probability = (p**kept * (1 - p) ** dropped).reshape(-1, *(1,) * (values.ndim - 1))
    return np.sum(probability * values, axis=0)


# -- the layer that is masked ------------------------------------------------------------------------------------------

EXPECTED = {"A": "2 2", "p": ""}
OF_FOUR = all_masks(2, 2)


@identity(
    of=lambda A, p: A, label="7.2c@E", section=SECTION, shapes=EXPECTED, domains={"p": between(0.1, 1)}, uses=("7.2c",),
    equation=r"E[A^{[l]} \odot D^{[l]} / p^{[l]}] = A^{[l]}",
    because="the same expected fan-output: the sum over all 16 masks of a 2 by 2 array, each with its probability",
)
def expected_output(A: Any, p: Any) -> Any:
    return mean_over(OF_FOUR, p, dropout.apply_mask(A, OF_FOUR, p))


@identity(
    of=lambda A, p: A**2 * (1 - p) / p, label="7.2c@Var", section=SECTION, shapes=EXPECTED,
    domains={"p": between(0.1, 1)}, uses=("7.2c@E",),
    equation=r"\operatorname{Var}(A^{[l]} \odot D^{[l]} / p^{[l]}) = (A^{[l]})^2 (1 - p^{[l]}) / p^{[l]} \quad "
    r"\text{(derived)}",
    because="the sum over all 16 masks of a 2 by 2 array, each with its probability",
)
def variance_of_output(A: Any, p: Any) -> Any:
    return mean_over(OF_FOUR, p, (dropout.apply_mask(A, OF_FOUR, p) - A) ** 2)


OUTPUT = np.array([[0.5, -1.0, 0.75], [1.0, -0.25, 0.25]])


@statistic(
    equals=lambda p: np.stack([OUTPUT, OUTPUT**2 * (1 - p) / p]), draws=2000, label="7.2c@law", section=SECTION,
    domains={"p": (0.35, 0.8)}, uses=("7.2a", "7.2c@E", "7.2c@Var"),
    equation=r"E[A \odot D / p] = A, \quad E[(A \odot D / p - A)^2] = A^2 (1 - p) / p",
)
def outputs_of_drawn_masks(rng: np.random.Generator, p: Any, draws: int) -> Any:
    out = np.stack([dropout.apply_mask(OUTPUT, dropout.draw_mask(rng, p, 2, 3), p) for _ in range(draws)])
    return np.stack([out, (out - OUTPUT) ** 2], axis=1)


@identity(
    of=lambda A: A, label="7.2c@p=0", section=SECTION, shapes={"A": "n m"}, expect="refuted", corrected_by="7.2c@E",
    equation=r"E[A^{[l]} \odot D^{[l]} / p^{[l]}] = A^{[l]}, \quad p^{[l]} = 0",
    because="E16b: at p = 0 nothing is kept and the scale is 0/0; p lies in (0, 1]",
    counterexample={"A": [[1.0, -2.0]]},
)
def output_at_0(A: Any) -> Any:
    return dropout.apply_mask(A, np.zeros(A.shape), 0.0)


# -- what the next layer sees in the mean ------------------------------------------------------------------------------

NEXT = {"Z": "3 1", "W_next": "k 3", "b_next": "k 1", "p": ""}
OF_THREE = all_masks(3, 1)


def next_inputs(Z: Any, W_next: Any, b_next: Any, p: Any) -> Any:
    """Z[l+1] for every mask of layer l, whose activation is tanh."""
    return np.stack([affine(W_next, dropout.apply_mask(np.tanh(Z), D, p), b_next) for D in OF_THREE])


def next_input_at_test_time(Z: Any, W_next: Any, b_next: Any, p: Any) -> Any:
    return twin.next_layer(Z, W_next, b_next, "tanh")


def next_output_at_test_time(Z: Any, W_next: Any, b_next: Any, p: Any) -> Any:
    return twin.activate(next_input_at_test_time(Z, W_next, b_next, p), "sigmoid")


@identity(
    of=next_input_at_test_time, label="7.2c@Z", section=SECTION,
    examples=SOME, shapes=NEXT, domains={"p": between(0.1, 1)},
    uses=("7.2c@E", "3.1"), equation=r"E[Z^{[l+1]}] = W^{[l+1]} g(Z^{[l]}) + b^{[l+1]}",
    because="E16c: the expected fan-in of the next layer is that of test time, since Z is linear in A",
)
def expected_next_input(Z: Any, W_next: Any, b_next: Any, p: Any) -> Any:
    return mean_over(OF_THREE, p, next_inputs(Z, W_next, b_next, p))


@identity(
    of=next_output_at_test_time, label="7.2c@A", section=SECTION,
    examples=SOME, shapes=NEXT, domains={"p": between(0.1, 0.9)},
    uses=("7.2c@Z",), equation=r"E[\sigma(Z^{[l+1]})] = \sigma(W^{[l+1]} g(Z^{[l]}) + b^{[l+1]})",
    expect="refuted", corrected_by="7.2c@Z",
    because="E16c: the expected fan-output stays the same in the layer that is masked, not in those above: the mean of "
    "a sigmoid is not the sigmoid of the mean",
    counterexample={"Z": [[0.1], [0.7], [0.75]], "W_next": [[-1.0, -0.5, 1.0]], "b_next": [[1.0]], "p": 0.6},
)
def expected_next_output(Z: Any, W_next: Any, b_next: Any, p: Any) -> Any:
    return mean_over(OF_THREE, p, bp.activation("sigmoid").g(next_inputs(Z, W_next, b_next, p)))


# -- the network at test time ------------------------------------------------------------------------------------------


def output_at_test_time(output: Any, p: Any) -> Any:
    layers, X, _ = one_masked_layer(output)
    A = bp.predict(X, layers)
    return A if output == "softmax" else np.concatenate([A, 1 - A])


@measurement(
    equals=output_at_test_time, within=1e-12, label="7.2x@mean", section=SECTION, uses=("7.2c@Z", "7.2x"),
    domains={"output": ("softmax", "sigmoid"), "p": (0.35, 0.8)},
    equation=r"A^{[N]}_k = \frac{G_k}{\sum_j G_j}, \quad "
    r"G_k = \prod_D \bigl(A^{[N]}_k \text{ under } D\bigr)^{P(D)} \quad (N = 2)",
    because="E16c: without masks a network with one hidden layer predicts the geometric mean of all its masked ones, "
    "where the arithmetic mean would be another number: Z of the output is linear in what is masked",
)
def geometric_mean_over_masks(output: Any, p: Any) -> Any:
    layers, X, masks = one_masked_layer(output)
    columns = masks[:, :, 0].T
    A = bp.forward(np.repeat(X, len(masks), axis=1), layers, [bp.Dropout(columns, p), None]).A[-1]
    of_classes = A if output == "softmax" else np.concatenate([A, 1 - A])
    G = np.exp(mean_over(masks, p, np.log(of_classes.T)))
    return (G / G.sum())[:, np.newaxis]


def one_masked_layer(output: str) -> Any:
    """A network with a hidden layer of four neurons, an example, and all the masks of that layer."""
    layers = bp.initialize(np.random.default_rng(2), (3, 4, 3 if output == "softmax" else 1), ("tanh", output))
    return layers, np.array([[0.5], [-1.0], [2.0]]), all_masks(4, 1)


# -- the output layer --------------------------------------------------------------------------------------------------

OF_ONE = all_masks(1, 1)


@identity(
    of=lambda A, Y, p: jnp.sum(twin.binary_cross_entropy(A, Y)), label="7.2p@other", section=SECTION,
    shapes={"A": "1 1", "Y": "1 1", "p": ""}, domains={"A": between(0, 1), "Y": between(0, 1), "p": between(0.2, 0.9)},
    equation=r"\text{for each layer } l \text{ with output activation } A^{[l]} \dots \quad (l = N \text{ too})",
    expect="refuted", corrected_by="7.2p@refused", uses=("2.BCE", "7.2c"),
    because="E16b: a dropped output is a prediction of 0 and a kept one is scaled beyond 1: the logarithms of the loss "
    "are infinite or no numbers, and so is the expected loss",
    counterexample={"A": [[0.25]], "Y": [[1.0]], "p": 0.5},
)
def expected_loss_of_masked_output(A: Any, Y: Any, p: Any) -> Any:
    masked = [dropout.apply_mask(A, D, p) for D in OF_ONE]
    return np.sum(mean_over(OF_ONE, p, np.stack([bp.loss("binary_cross_entropy").value(A, Y) for A in masked])))
