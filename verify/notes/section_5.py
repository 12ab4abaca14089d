"""Section 5, the alternative vectorized backward pass."""

from typing import Any

import numpy as np

import manual_bp as bp
from manual_bp import losses
from manual_bp.backprop import activation_backward
from manual_bp.backprop_a import activation_gradient
from verify import between, gradient, identity, measurement, runs, vjp
from verify.notes import by_hand, twin
from verify.notes.dimensions import FEW, shape_of, stated
from verify.notes.networks import NETWORKS, SOME
from verify.notes.section_1 import NETWORK, VALUES
from verify.notes.section_4 import COMPONENTWISE, entries_of_the_jacobian, jacobian
from verify.notes.section_4_algorithm import twin_dA_N, twin_db, twin_dW, twin_dZ, twin_dZ_N
from verify.notes.section_4_gradients import with_keepdim

A_N, Y = np.array([[0.2, 0.6], [0.9, 0.3]]), np.array([[1.0, 0.0], [0.0, 1.0]])
E11 = {
    "dA": (-Y / A_N + (1 - Y) / (1 - A_N)).tolist(), "Z": np.log(A_N / (1 - A_N)).tolist(), "activation": "sigmoid",
}

SECTION = "5 Alternative vectorized backward pass"
NEXT = {"A": "n m", "W_next": "n_next n", "b_next": "n_next 1"}


@vjp(
    of=twin.activate, label="5.1A", section=SECTION, shapes={"Z": "n m"}, domains={"activation": COMPONENTWISE},
    kink="autodiff", uses=("3.2",), equation=r"dZ^{[l]} = dA^{[l]} \odot g'(Z^{[l]})",
)
def error_of_activation(dA: Any, Z: Any, activation: str) -> Any:
    return activation_backward(dA, Z, bp.activation(activation))


@identity(
    of=lambda A, W_next, b_next, Y: jacobian(lambda A: twin.two_layers_from_A(A, W_next, b_next, Y), A),
    label="5.2Achain", section=SECTION, examples=SOME, shapes={**NEXT, "Y": "n_next m"}, uses=("4.0a",),
    domains={"A": between(-2, 2), "W_next": between(-2, 2), "b_next": between(-2, 2), "Y": between(0, 1)},
    equation=r"\frac{d\bar{L}}{dA^{[l]}} = \frac{d\bar{L}}{dZ^{[l+1]}} \frac{dZ^{[l+1]}}{dA^{[l]}}",
    because="a product of full Jacobians, of shapes (m, n_next m) and (n_next m, n m)",
)
def product_of_jacobians(A: Any, W_next: Any, b_next: Any, Y: Any) -> Any:
    n_next, m = Y.shape
    delta_next = losses.sigmoid_binary_cross_entropy_dZ(W_next @ A + b_next, Y)
    dL_dZ_next = np.einsum("ik,sk->sik", delta_next, np.eye(m)).reshape(m, n_next * m)
    return dL_dZ_next @ entries_of_the_jacobian(A, W_next)


def next_affine_beside_W(A: Any, W: Any, W_next: Any, b_next: Any) -> Any:
    """Z[l+1] as a function of A[l]; W[l] has no part in it."""
    return twin.next_affine(A, W_next, b_next)


@vjp(
    of=next_affine_beside_W, wrt="A", label="5.2Arecall", section=SECTION, shapes={**NEXT, "W": "n n_prev"},
    uses=("3.1",), equation=r"\frac{dZ^{[l+1]}}{dA^{[l]}}(i, j) := W^{[l]}(i, j)",
    expect="refuted", corrected_by="5.2Arecall*",
    because="E10: the Jacobian is W[l+1]; W[l] has other dimensions, and another value even where they agree",
    counterexample={
        "dZ_next": [[1.0], [2.0]], "A": [[0.0], [0.0]], "W": [[1.0, 2.0], [3.0, 4.0]],
        "W_next": [[5.0, 6.0], [7.0, 8.0]], "b_next": [[0.0], [0.0]],
    },
)
def as_recalled(dZ_next: Any, W: Any) -> Any:
    return W.T @ dZ_next


@vjp(
    of=twin.next_affine, wrt="A", label="5.2Arecall*", section=SECTION, shapes=NEXT, uses=("4.0c",),
    equation=r"\frac{dZ^{[l+1]}}{dA^{[l]}}(i, j) := W^{[l+1]}(i, j)",
)
def as_remarked(dZ_next: Any, W_next: Any) -> Any:
    return np.einsum("ij,ik->jk", W_next, dZ_next)


@vjp(
    of=twin.next_affine, wrt="A", label="5.2A", section=SECTION, shapes=NEXT, uses=("3.1",),
    equation=r"dA^{[l]} = ((W^{[l+1]})^T \cdot dZ^{[l+1]})",
)
def dA(dZ_next: Any, W_next: Any) -> Any:
    return activation_gradient(W_next, dZ_next)


identity(
    of=stated("n m", {"W_next": "n_next n", "dZ_next": "n_next m"}), examples=FEW, label="5.2Adim", section=SECTION,
    shapes={"W_next": "n_next n", "dZ_next": "n_next m"}, uses=("5.2A",),
    equation=r"(n^{[l]}, m) = (n^{[l]}, n^{[l+1]}) \cdot (n^{[l+1]}, m)",
)(shape_of(activation_gradient))


def twin_dX(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return twin.gradients(params, activations, loss, X, Y, masks, keep)["dX"]


@identity(
    of=twin_dX, inputs=NETWORKS, examples=SOME, kink="autodiff", label="5.2A@input", section=SECTION, uses=("5.2A",),
    equation=r"dA^{[0]} = (W^{[1]})^T \cdot dZ^{[1]}", because="(5.2A) holds for l = 0 too: the input's gradient",
)
def input_gradient(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.section_5(params, activations, loss, X, Y, masks, keep).dX


@gradient(
    of=twin.two_layers_J, wrt=("W1", "b1", "W2", "b2"), label="5.3A", section=SECTION, shapes=NETWORK, domains=VALUES,
    examples=SOME,
    uses=("4.4", "4.5"),
    equation=r"dW^{[l]} \text{ and } db^{[l]} \text{ remain as in the previous section}",
)
def parameters_gradients(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    layers = by_hand.two_layers(W1, b1, W2, b2)
    g = bp.backprop_a(bp.forward(X, layers), layers, Y, bp.loss("binary_cross_entropy"), stable=True)
    return g.dW[0], g.db[0], g.dW[1], g.db[1]


# -- the algorithm, on whole networks ----------------------------------------------------------------------------------


def twin_dA(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = twin.gradients(params, activations, loss, X, Y, masks, keep)
    return {"dA": g["dA"], "dX": g["dX"]}


@identity(
    of=twin_dA_N, inputs=NETWORKS, examples=SOME, label="5.B1", section=SECTION, uses=("4.1",), equation=r"dA^{[N]}"
)
def algorithm_dA_N(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.section_5(params, activations, loss, X, Y, masks, keep).dA[-1]


@vjp(
    of=twin.activate, label="5.B2", section=SECTION, shapes={"Z": "n m"}, domains={"activation": COMPONENTWISE},
    kink="autodiff", uses=("3.2",), equation=r"(dZ^{[N]})^T = dA^{[N]} \odot g'(Z^{[N]})",
    expect="refuted", corrected_by="5.B2*",
    because="E11: the right side is dZ[N] itself; the transpose on the left is a slip",
    counterexample=E11,
)
def as_printed(dA: Any, Z: Any, activation: str) -> Any:
    return activation_backward(dA, Z, bp.activation(activation)).T


@identity(
    of=twin_dZ_N, inputs=NETWORKS, examples=SOME, kink="autodiff", label="5.B2*", section=SECTION,
    uses=("5.1A", "5.B1"),
    equation=r"dZ^{[N]} = dA^{[N]} \odot g'(Z^{[N]})",
)
def algorithm_dZ_N(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.section_5(params, activations, loss, X, Y, masks, keep).dZ[-1]


@identity(
    of=twin_dA, inputs=NETWORKS, examples=SOME, kink="autodiff", label="5.B3a", section=SECTION, uses=("5.2A", "5.B2*"),
    equation=r"dA^{[l]} = ((W^{[l+1]})^T \cdot dZ^{[l+1]})",
)
def algorithm_dA(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    return {"dA": list(g.dA), "dX": g.dX}


@identity(
    of=twin_dZ, inputs=NETWORKS, examples=SOME, kink="autodiff", label="5.B3b", section=SECTION, uses=("5.1A", "5.B3a"),
    equation=r"dZ^{[l]} = dA^{[l]} \odot g'(Z^{[l]})",
)
def algorithm_dZ(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dX": g.dX}


@identity(
    of=twin_db, inputs=NETWORKS, examples=SOME, kink="autodiff", label="5.B4a", section=SECTION, uses=("4.4", "5.B3b"),
    equation=r"db^{[l]} = \frac{1}{m} \text{np.sum}(dZ^{[l]}, \text{axis}=1, \text{keepdim}=\text{True})",
    because="meant is keepdims (5.B4a@np)",
)
def algorithm_db(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"db": list(by_hand.section_5(params, activations, loss, X, Y, masks, keep).db)}


runs(
    label="5.B4a@np", section=SECTION, shapes={"dZ": "n m"}, counterexample={"dZ": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]},
    uses=("5.B4a", "4.4np"), expect="refuted", corrected_by="4.4np*",
    equation=r"\frac{1}{m} \text{np.sum}(dZ^{[l]}, \text{axis}=1, \text{keepdim}=\text{True})",
    because="E9: as in (4.4np), np.sum has no argument keepdim; it is keepdims",
)(with_keepdim)


@identity(
    of=twin_dW, inputs=NETWORKS, examples=SOME, kink="autodiff", label="5.B4b", section=SECTION, uses=("4.5", "5.B3b"),
    equation=r"dW^{[l]} = \frac{1}{m} dZ^{[l]} (A^{[l-1]})^T",
)
def algorithm_dW(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"dW": list(by_hand.section_5(params, activations, loss, X, Y, masks, keep).dW)}


def section_4_gradients(
    params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any
) -> dict[str, list[np.ndarray]]:
    g = by_hand.section_4(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dW": list(g.dW), "db": list(g.db)}


@identity(
    of=section_4_gradients, inputs=NETWORKS, examples=SOME, kink="autodiff", label="5.0", section=SECTION,
    uses=("4.B6", "5.B4b"),
    equation=r"\text{sections 4 and 5 are equivalent}",
)
def section_5_gradients(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dW": list(g.dW), "db": list(g.db)}


@measurement(
    equals=1.0, within=0.5, inputs=NETWORKS, examples=SOME, label="5.0@bitwise", section=SECTION, uses=("5.0",),
    equation=r"\text{sections 4 and 5 give the same numbers, bit for bit}",
    because="without dropout both make the same operations in the same order",
)
def equal_to_the_bit(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    arguments = (params, activations, loss, X, Y, masks, keep)
    one, other = section_4_gradients(*arguments), section_5_gradients(*arguments)
    return float(all(a.tobytes() == b.tobytes() for name in one for a, b in zip(one[name], other[name], strict=True)))
