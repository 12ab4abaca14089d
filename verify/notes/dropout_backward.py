"""Section 7.2, dropout in the backward pass, and what it changes in sections 4 and 5."""

from typing import Any

import numpy as np

import manual_bp as bp
from manual_bp import dropout
from manual_bp.backprop import error_recursion, error_recursion_dropout, weight_gradient
from manual_bp.backprop_a import activation_gradient
from verify import between, gradient, keep_probability, mask, vjp
from verify.notes import twin
from verify.notes.networks import SOME
from verify.notes.section_7 import SECTION

MASKS = {"D": mask, "p": keep_probability}
HALF_KEPT = {"D": mask, "p": between(0.2, 0.9)}
COMPONENTWISE = ("sigmoid", "tanh", "relu", "leaky_relu", "identity")
RECIPE = {"A": "n m", "W_next": "n_next n", "b_next": "n_next 1", "D": "n m", "p": ""}


def next_affine_dropout(A: Any, W_next: Any, b_next: Any, D: Any, p: Any) -> Any:
    """Z[l+1] as a function of A[l] = g(Z[l]) before dropout."""
    return twin.next_affine(A * D / p, W_next, b_next)


@vjp(
    of=next_affine_dropout, wrt="A", label="7.2bw", section=SECTION, shapes=RECIPE, domains=MASKS,
    uses=("5.2A", "7.2c"),
    equation=r"dA^{[l]} = ((W^{[l+1]})^T \cdot dZ^{[l+1]}), \quad dA^{[l]} = dA^{[l]} \odot D^{[l]}, \quad "
    r"dA^{[l]} = dA^{[l]} / p^{[l]}",
)
def backward(dZ_next: Any, W_next: Any, D: Any, p: Any) -> Any:
    return dropout.apply_mask_backward(activation_gradient(W_next, dZ_next), D, p)


@vjp(
    of=next_affine_dropout, wrt="A", label="7.2bw@other", section=SECTION, shapes=RECIPE, domains=HALF_KEPT,
    uses=("5.2A", "7.2c"), equation=r"dA^{[l]} = ((W^{[l+1]})^T \cdot dZ^{[l+1]}) \quad \text{(under dropout)}",
    expect="refuted", corrected_by="7.2bw",
    because="E16: A and dA stand for two things each: without the mask this is the derivative with respect to A after "
    "dropout; dZ needs the one with respect to g(Z), before it",
    counterexample={
        "dZ_next": [[1.0]], "A": [[1.0], [2.0]], "W_next": [[1.0, 1.0]], "b_next": [[0.0]], "D": [[1.0], [0.0]],
        "p": 0.5,
    },
)
def backward_without_mask(dZ_next: Any, W_next: Any) -> Any:
    return activation_gradient(W_next, dZ_next)


RECURSION = {"Z": "n m", "W_next": "n_next n", "b_next": "n_next 1", "D": "n m", "p": ""}


@vjp(
    of=twin.next_layer_dropout, wrt="Z", label="4.2rec@dropout", section=SECTION, examples=SOME, shapes=RECURSION,
    domains={**HALF_KEPT, "activation": COMPONENTWISE}, uses=("4.2rec", "7.2c"),
    equation=r"\delta^{[l]} = (W^{[l+1]})^T \cdot \delta^{[l+1]} \odot g'(Z^{[l]}) \quad \text{(under dropout)}",
    expect="refuted", corrected_by="4.2rec@dropout*",
    because="E16: under dropout the recursion of section 4 lacks the mask D[l] and the factor 1/p[l]",
    counterexample={
        "dZ_next": [[1.0]], "Z": [[1.0], [2.0]], "W_next": [[1.0, 1.0]], "b_next": [[0.0]], "D": [[1.0], [0.0]],
        "p": 0.5, "activation": "identity",
    },
)
def recursion_without_mask(dZ_next: Any, Z: Any, W_next: Any, activation: str) -> Any:
    return error_recursion(W_next, dZ_next, Z, bp.activation(activation))


@vjp(
    of=twin.next_layer_dropout, wrt="Z", label="4.2rec@dropout*", section=SECTION, shapes=RECURSION,
    domains={**MASKS, "activation": COMPONENTWISE}, kink="autodiff", uses=("4.2rec", "7.2bw"),
    equation=r"\delta^{[l]} = \bigl((W^{[l+1]})^T \delta^{[l+1]} \odot D^{[l]} / p^{[l]}\bigr) \odot g'(Z^{[l]})",
)
def recursion_with_mask(dZ_next: Any, Z: Any, W_next: Any, D: Any, p: Any, activation: str) -> Any:
    return error_recursion_dropout(W_next, dZ_next, Z, D, p, bp.activation(activation))


def next_layer_dropout(Z: Any, W_next: Any, b_next: Any, D: Any, p: Any) -> Any:
    return twin.next_layer_dropout(Z, W_next, b_next, D, p, "tanh")


@vjp(
    of=next_layer_dropout, wrt="Z", label="4.3@dropout", section=SECTION, shapes=RECURSION, domains=HALF_KEPT,
    uses=("4.3", "7.2bw"), expect="refuted", corrected_by="4.3@dropout*",
    equation=r"\delta^{[l]} = dA^{[l]} \odot (1 - (A^{[l]})^2), \quad A^{[l]} = \tanh(Z^{[l]}) \odot D^{[l]} / p^{[l]}",
    because="E16: g' is that of Z, or of A before dropout; the stored A is masked and scaled",
    counterexample={
        "dZ_next": [[0.5]], "Z": [[0.5]], "W_next": [[1.0]], "b_next": [[0.0]], "D": [[1.0]], "p": 0.5,
    },
)
def error_from_A_after_dropout(dZ_next: Any, Z: Any, W_next: Any, D: Any, p: Any) -> Any:
    dA = dropout.apply_mask_backward(activation_gradient(W_next, dZ_next), D, p)
    return dA * (1 - dropout.apply_mask(np.tanh(Z), D, p) ** 2)


@vjp(
    of=next_layer_dropout, wrt="Z", label="4.3@dropout*", section=SECTION, shapes=RECURSION, domains=MASKS,
    uses=("4.3", "7.2bw"),
    equation=r"\delta^{[l]} = dA^{[l]} \odot (1 - (A^{[l]})^2), \quad A^{[l]} = \tanh(Z^{[l]}) \text{ before dropout}",
    because="E16: g' from A before dropout is g' from Z",
)
def error_from_A_before_dropout(dZ_next: Any, Z: Any, W_next: Any, D: Any, p: Any) -> Any:
    dA = dropout.apply_mask_backward(activation_gradient(W_next, dZ_next), D, p)
    return dA * (1 - np.tanh(Z) ** 2)


LINEAR = {"dZ": "n m", "W": "n n_prev", "A_prev": "n_prev m", "b": "n 1", "D": "n_prev m", "p": ""}


def mean_of_linear_dropout(dZ: Any, W: Any, A_prev: Any, b: Any, D: Any, p: Any) -> Any:
    return twin.mean_of_linear(dZ, W, A_prev * D / p, b)


@gradient(
    of=mean_of_linear_dropout, wrt="W", label="4.5@dropout", section=SECTION, shapes=LINEAR, domains=HALF_KEPT,
    uses=("4.5",), equation=r"dW^{[l]} = \frac{1}{m} \delta^{[l]} (A^{[l-1]})^T, \quad A^{[l-1]} = g(Z^{[l-1]})",
    expect="refuted", corrected_by="4.5@dropout*",
    because="E16: dW takes the A that the layer was given, after mask and scale, not g(Z)",
    counterexample={
        "dZ": [[1.0, 1.0]], "W": [[0.0]], "A_prev": [[1.0, 2.0]], "b": [[0.0]], "D": [[1.0, 0.0]], "p": 0.5,
    },
)
def weights_from_A_before_dropout(dZ: Any, A_prev: Any) -> Any:
    return weight_gradient(dZ, A_prev)


@gradient(
    of=mean_of_linear_dropout, wrt="W", label="4.5@dropout*", section=SECTION, shapes=LINEAR, domains=MASKS,
    uses=("4.5", "7.2c"),
    equation=r"dW^{[l]} = \frac{1}{m} \delta^{[l]} (A^{[l-1]})^T, \quad "
    r"A^{[l-1]} = g(Z^{[l-1]}) \odot D^{[l-1]} / p^{[l-1]}",
)
def weights_from_A_after_dropout(dZ: Any, A_prev: Any, D: Any, p: Any) -> Any:
    return weight_gradient(dZ, dropout.apply_mask(A_prev, D, p))
