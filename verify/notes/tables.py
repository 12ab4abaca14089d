"""Section 2 by name: the tables of activations and losses in both precisions, and what they refuse."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32

import manual_bp as bp
from manual_bp import activations, losses
from verify import identity, measurement, runs, vjp
from verify.notes import twin
from verify.notes.networks import SOME
from verify.notes.output_layers import TARGETS, ZY, sigmoid_loss, softmax, softmax_loss
from verify.notes.section_2 import AY, SECTION, UNIT, ZM

G = {**twin.ACTIVATIONS, "sigmoid_printed": jax.nn.sigmoid, "tanh_printed": jnp.tanh}
COMPONENTWISE = tuple(name for name in G if name != "softmax")
FUSED = ("binary_cross_entropy of sigmoid", "binary_cross_entropy of sigmoid_printed", "cross_entropy of softmax")


def value_and_slope(z: Any, activation: str) -> Any:
    """g(z) and g'(z) by name, where g is component-wise."""
    return jax.jvp(G[activation], (z,), (jnp.ones_like(z),))


def leaky_value_and_slope(z: Any, eps: Any) -> Any:
    return jax.jvp(lambda z: twin.leaky_relu(z, eps), (z,), (jnp.ones_like(z),))


def batch_and_slope(A: Any, Y: Any, loss: str) -> Any:
    """L, dL/dA and J by name."""
    L, back = jax.vjp(lambda A: twin.LOSSES[loss](A, Y), A)
    return L, back(jnp.ones_like(L))[0], jnp.mean(L)


def loss_and_error(Z: Any, Y: Any, pair: str) -> Any:
    """L and dL/dZ of a loss of an activation."""
    f = softmax_loss if pair.endswith("softmax") else sigmoid_loss
    L, back = jax.vjp(lambda Z: f(Z, Y), Z)
    return L, back(jnp.ones_like(L))[0]


# -- activations -------------------------------------------------------------------------------------------------------


@identity(
    of=value_and_slope, label="2.hdr@table", section=SECTION, shapes=ZM, domains={"activation": COMPONENTWISE},
    kink="autodiff", uses=("2.sigmoid'", "2.tanh'", "2.relu'@kink", "2.leaky'@kink"),
    equation=r"g(z), \; g'(z) \text{ by name}",
)
def named_activation(z: Any, activation: str) -> Any:
    g = bp.activation(activation)
    assert g.prime is not None
    return g.g(z), g.prime(z)


@identity(
    of=value_and_slope, label="2.hdr@float32", section=SECTION,
    examples=SOME, domains={"activation": COMPONENTWISE}, kink="autodiff",
    uses=("2.hdr@table",), equation=r"g(z), \; g'(z) \text{ in float32}",
)
def named_in_single_precision(z: Float32[np.ndarray, "n m"], activation: str) -> Any:
    return named_activation(z, activation)


@identity(
    of=leaky_value_and_slope, label="2.leaky@table", section=SECTION, shapes=ZM, domains={"eps": (0.2, -0.5, 1.0)},
    kink="autodiff", uses=("2.leaky", "2.leaky'@kink"),
    equation=r"g(z), \; g'(z) \text{ of leaky\_relu\_activation}(\epsilon)",
)
def leaky_of_slope(z: Any, eps: Any) -> Any:
    g = bp.leaky_relu_activation(eps)
    assert g.prime is not None
    return g.g(z), g.prime(z)


@vjp(
    of=softmax, label="2.softmax'@float32", section=SECTION, examples=SOME, uses=("2.softmax'",),
    equation=r"dZ = (\operatorname{diag}(a) - a a^T)\, dA \text{ in float32}",
)
def softmax_in_single_precision(dA: Float32[np.ndarray, "K m"], Z: Float32[np.ndarray, "K m"]) -> Any:
    return activations.softmax_pullback(dA, Z)


@measurement(
    equals=[1.0, 1.0], within=1e-9, label="2.hdr@arrays", section=SECTION,
    domains={"activation": tuple(G), "dtype": ("float64", "float32")}, uses=("2.hdr@table", "2.softmax'"),
    equation=r"g(Z), \; g'(Z): \text{ new arrays of } Z\text{'s dtype}",
)
def new_arrays(activation: str, dtype: str) -> Any:
    """For g and what goes back through it, 1 if that is all so."""
    g, Z = bp.activation(activation), np.ones((2, 3), dtype)
    back = g.prime(Z) if g.prime is not None else activations.softmax_pullback(Z, Z)
    return np.array([float(x.dtype == Z.dtype and not np.shares_memory(x, Z)) for x in (g.g(Z), back)])


# -- losses ------------------------------------------------------------------------------------------------------------


@identity(
    of=batch_and_slope, label="2.J@table", section=SECTION, shapes=AY, uses=("2.J", "4.1"),
    domains={"A": UNIT, "Y": UNIT, "loss": tuple(twin.LOSSES)}, equation=r"L, \; dL/dA, \; J \text{ by name}",
)
def batch_of_named_loss(A: Any, Y: Any, loss: str) -> Any:
    named = bp.loss(loss)
    L = named.value(A, Y)
    return L, named.dA(A, Y), bp.batch_loss(L)


@identity(
    of=batch_and_slope, label="2.J@float32", section=SECTION, examples=SOME, uses=("2.J@table",),
    domains={"A": UNIT, "Y": UNIT, "loss": tuple(twin.LOSSES)}, equation=r"L, \; dL/dA, \; J \text{ in float32}",
)
def batch_in_single_precision(A: Float32[np.ndarray, "K m"], Y: Float32[np.ndarray, "K m"], loss: str) -> Any:
    return batch_of_named_loss(A, Y, loss)


@identity(
    of=loss_and_error, label="2.J@fused", section=SECTION, shapes=ZY, domains={**TARGETS, "pair": FUSED},
    uses=("2.BCE@stable", "2.CE@stable", "2.BCE'@stable", "2.CE'@stable"), equation=r"L, \; dZ^{[N]} \text{ by name}",
)
def fused(Z: Any, Y: Any, pair: str) -> Any:
    loss, _, activation = pair.partition(" of ")
    joined = bp.loss(loss).fused[bp.activation(activation).name]
    return joined.value(Z, Y), joined.dZ(Z, Y)


@identity(
    of=loss_and_error, label="2.J@fused32", section=SECTION,
    examples=SOME, domains={**TARGETS, "pair": FUSED}, uses=("2.J@fused",),
    equation=r"L, \; dZ^{[N]} \text{ in float32}",
)
def fused_in_single_precision(Z: Float32[np.ndarray, "K m"], Y: Float32[np.ndarray, "K m"], pair: str) -> Any:
    return fused(Z, Y, pair)


@measurement(
    equals=[0.0, 1.0], within=1e-9, label="2.sigmoid'@printed", section=SECTION,
    uses=("2.sigmoid'@zero", "2.hdr@table"),
    equation=r"\sigma'(40) = 0 \text{ as printed}, \quad \text{J of a NaN is NaN (shown as 1)}",
)
def printed_entries() -> Any:
    prime = bp.activation("sigmoid_printed").prime
    assert prime is not None
    J = bp.batch_loss(np.array([[1.0, np.nan]]))
    return np.array([prime(np.array([[40.0]])).item() * 1e17, float(np.isnan(J))])


@runs(
    label="2.J@pairs", section=SECTION, uses=("2.J@fused",),
    equation=r"\text{fused: BCE of sigmoid, cross-entropy of softmax, no other}",
)
def fused_pairs() -> None:
    pairs = {name: set(loss.fused) for name, loss in bp.LOSSES.items()}
    if pairs != {"binary_cross_entropy": {"sigmoid", "sigmoid_printed"}, "cross_entropy": {"softmax"}}:
        raise AssertionError(f"fused forms: {pairs}")



# -- what they refuse --------------------------------------------------------------------------------------------------

A, Y = np.array([[0.2, 0.6, 0.5], [0.9, 0.3, 0.5]]), np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "leaky ReLU of eps > 1": (lambda: activations.leaky_relu_activation(1.001), "eps is 1.001"),
    "leaky ReLU of eps NaN": (lambda: activations.leaky_relu_activation(float("nan")), "eps is nan"),
    "no derivative": (lambda: bp.Activation("step", np.sign), "'step' needs either prime"),
    "two derivatives": (lambda: bp.Activation("exp", np.exp, np.exp, np.multiply), "'exp' needs either prime"),
    "an unknown activation": (lambda: bp.activation("sine"), "unknown activation 'sine'; known: identity, leaky_relu"),
    "an unknown loss": (lambda: bp.loss("hinge"), "unknown loss 'hinge'; known: binary_cross_entropy, cross_entropy"),
    "L for a row of targets": (lambda: losses.cross_entropy(A, Y[:1]), "Y has shape (1, 3); expected (2, 3)"),
    "dA for a row of targets": (lambda: losses.cross_entropy_dA(A, Y[:1]), "Y has shape (1, 3); expected (2, 3)"),
    "binary L for a row": (lambda: losses.binary_cross_entropy(A, Y[:1]), "Y has shape (1, 3); expected (2, 3)"),
    "binary dA for a row": (lambda: losses.binary_cross_entropy_dA(A, Y[:1]), "Y has shape (1, 3); expected (2, 3)"),
    "J of no example": (lambda: bp.batch_loss(np.zeros((1, 0))), "L has no examples"),
    "J of two rows": (lambda: bp.batch_loss(A), "L has shape (2, 3); expected (1, any)"),
    "J of a vector": (lambda: bp.batch_loss(A[0]), "L has shape (3,); expected two dimensions"),
    "targets of another shape": (lambda: losses.require_targets(Y.T, A), "Y has shape (3, 2); expected (2, 3)"),
    "targets of no example": (lambda: losses.require_targets(Y[:, :0], A[:, :0]), "Y has no examples"),
    "targets with a NaN": (lambda: losses.require_targets(Y * np.nan, A), "Y contains 6 entries that are NaN"),
    "targets below 0": (lambda: losses.require_targets(Y - 0.1, A), "Y has 3 labels outside [0, 1]"),
    "targets above 1": (lambda: losses.require_targets(Y + 0.1, A), "Y has 3 labels outside [0, 1]"),
}


@runs(
    label="2.hdr@refused", section=SECTION, domains={"case": tuple(REFUSED)}, uses=("2.hdr@table", "2.J@table"),
    equation=r"\text{ValueError}", because="E18, and shapes that NumPy would broadcast: refused, with the reason",
)
def refuses(case: str) -> None:
    call, reason = REFUSED[case]
    try:
        call()
    except ValueError as error:
        if reason in str(error):
            return
        raise
    raise AssertionError(f"{case} is not refused")


@runs(label="2.J@accepted", section=SECTION, uses=("2.hdr@refused",), equation=r"0 \le y \le 1, \; \epsilon \le 1")
def accepts() -> None:
    if losses.require_targets(Y, A) != 3:
        raise AssertionError("require_targets returns the batch size")
    if activations.leaky_relu_activation(1).name != "leaky_relu(1)":
        raise AssertionError("leaky_relu_activation names its slope")
    for table in (bp.ACTIVATIONS, bp.LOSSES):
        if any(name != entry.name for name, entry in table.items()):
            raise AssertionError("an entry has another name than its own")
