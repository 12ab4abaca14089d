"""Section 5, the alternative vectorized backward pass."""

from typing import Any

import numpy as np

import manual_bp as bp
from manual_bp.backprop import activation_backward
from manual_bp.backprop_a import activation_gradient
from verify import identity, vjp
from verify.notes import by_hand, twin
from verify.notes.networks import NETWORKS
from verify.notes.section_4 import COMPONENTWISE, twin_dA_N, twin_db, twin_dW, twin_dZ, twin_dZ_N

SECTION = "5 Alternative vectorized backward pass"
NEXT = {"A": "n m", "W_next": "n_next n", "b_next": "n_next 1"}


@vjp(
    of=twin.activate, label="5.1A", section=SECTION, shapes={"Z": "n m"}, domains={"activation": COMPONENTWISE},
    kink="autodiff", uses=("3.2",), equation=r"dZ^{[l]} = dA^{[l]} \odot g'(Z^{[l]})",
)
def error_of_activation(dA: Any, Z: Any, activation: str) -> Any:
    return activation_backward(dA, Z, bp.activation(activation))


def next_affine_beside_W(A: Any, W: Any, W_next: Any, b_next: Any) -> Any:
    """Z[l+1] as a function of A[l]; W[l] has no part in it."""
    return twin.next_affine(A, W_next, b_next)


@vjp(
    of=next_affine_beside_W, wrt="A", label="5.2Arecall", section=SECTION, shapes={**NEXT, "W": "n n_prev"},
    uses=("3.1",), equation=r"\frac{dZ^{[l+1]}}{dA^{[l]}}(i, j) := W^{[l]}(i, j)",
    expect="refuted", corrected_by="5.2A",
    because="E10: the Jacobian is W[l+1]; W[l] has other dimensions, and another value even where they agree",
    counterexample={
        "dZ_next": [[1.0], [2.0]], "A": [[0.0], [0.0]], "W": [[1.0, 2.0], [3.0, 4.0]],
        "W_next": [[5.0, 6.0], [7.0, 8.0]], "b_next": [[0.0], [0.0]],
    },
)
def as_recalled(dZ_next: Any, W: Any) -> Any:
    return W.T @ dZ_next


@vjp(
    of=twin.next_affine, wrt="A", label="5.2A", section=SECTION, shapes=NEXT, uses=("3.1",),
    equation=r"dA^{[l]} = ((W^{[l+1]})^T \cdot dZ^{[l+1]})",
)
def dA(dZ_next: Any, W_next: Any) -> Any:
    return activation_gradient(W_next, dZ_next)


# -- the algorithm, on whole networks ----------------------------------------------------------------------------------


def twin_dA(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = twin.gradients(params, activations, loss, X, Y, masks, keep)
    return {"dA": g["dA"], "dX": g["dX"]}


@identity(of=twin_dA_N, inputs=NETWORKS, label="5.B1", section=SECTION, uses=("4.1",), equation=r"dA^{[N]}")
def algorithm_dA_N(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.section_5(params, activations, loss, X, Y, masks, keep).dA[-1]


@vjp(
    of=twin.activate, label="5.B2", section=SECTION, shapes={"Z": "n m"}, domains={"activation": COMPONENTWISE},
    kink="autodiff", uses=("3.2",), equation=r"(dZ^{[N]})^T = dA^{[N]} \odot g'(Z^{[N]})",
    expect="refuted", corrected_by="5.B2*",
    because="E11: the right side is dZ[N] itself; the transpose on the left is a slip",
    counterexample={"dA": [[1.0, 2.0], [3.0, 4.0]], "Z": [[0.5, -0.5], [1.0, 2.0]], "activation": "tanh"},
)
def as_printed(dA: Any, Z: Any, activation: str) -> Any:
    return activation_backward(dA, Z, bp.activation(activation)).T


@identity(
    of=twin_dZ_N, inputs=NETWORKS, kink="autodiff", label="5.B2*", section=SECTION, uses=("5.1A", "5.B1"),
    equation=r"dZ^{[N]} = dA^{[N]} \odot g'(Z^{[N]})",
)
def algorithm_dZ_N(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return by_hand.section_5(params, activations, loss, X, Y, masks, keep).dZ[-1]


@identity(
    of=twin_dA, inputs=NETWORKS, kink="autodiff", label="5.B3a", section=SECTION, uses=("5.2A", "5.B2*"),
    equation=r"dA^{[l]} = ((W^{[l+1]})^T \cdot dZ^{[l+1]})",
)
def algorithm_dA(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    return {"dA": list(g.dA), "dX": g.dX}


@identity(
    of=twin_dZ, inputs=NETWORKS, kink="autodiff", label="5.B3b", section=SECTION, uses=("5.1A", "5.B3a"),
    equation=r"dZ^{[l]} = dA^{[l]} \odot g'(Z^{[l]})",
)
def algorithm_dZ(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dX": g.dX}


@identity(
    of=twin_db, inputs=NETWORKS, kink="autodiff", label="5.B4a", section=SECTION, uses=("4.4", "5.B3b"),
    equation=r"db^{[l]} = \frac{1}{m} \text{np.sum}(dZ^{[l]}, \text{axis}=1, \text{keepdims}=\text{True})",
)
def algorithm_db(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    return {"db": list(by_hand.section_5(params, activations, loss, X, Y, masks, keep).db)}


@identity(
    of=twin_dW, inputs=NETWORKS, kink="autodiff", label="5.B4b", section=SECTION, uses=("4.5", "5.B3b"),
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
    of=section_4_gradients, inputs=NETWORKS, kink="autodiff", label="5.0", section=SECTION, uses=("4.B6", "5.B4b"),
    equation=r"\text{sections 4 and 5 are equivalent}",
)
def section_5_gradients(params: Any, activations: Any, loss: Any, X: Any, Y: Any, masks: Any, keep: Any) -> Any:
    g = by_hand.section_5(params, activations, loss, X, Y, masks, keep)
    return {"dZ": list(g.dZ), "dW": list(g.dW), "db": list(g.db)}
