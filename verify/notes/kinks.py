"""Section 2 at the kink: the notes' derivative at 0, the slopes on its sides, and what others put there (E17)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from manual_bp import activations
from verify import derivative, measurement
from verify.notes import twin
from verify.notes.section_2 import SECTION, ZM

RELU: dict[str, Callable[[Any], Any]] = {
    "where(z >= 0, z, 0)": twin.relu,
    "jax.nn.leaky_relu": jax.nn.leaky_relu,
    "jax.nn.relu": lambda z: jax.nn.relu(z),
    "jnp.maximum(0, z)": lambda z: jnp.maximum(0.0, z),
    "jnp.clip(z, 0)": lambda z: jnp.clip(z, 0.0),
}
SLOPES = {"as printed": 1.0, "a central difference": 0.5} | dict(zip(RELU, (1.0, 1.0, 0.0, 0.5, 0.5), strict=True))
H = 2.0**-20


def slope_at_kink(function: str) -> float:
    return SLOPES[function]


derivative(
    of=twin.relu, label="2.relu'@kink", section=SECTION, shapes=ZM, kink="autodiff", uses=("2.relu'",),
    equation=r"r'(0) = 1", because="E17: the notes' indicator is closed at 0, as where(z >= 0, z, 0) is",
)(activations.relu_prime)

derivative(
    of=twin.leaky_relu, label="2.leaky'@kink", section=SECTION, shapes=ZM, kink="autodiff", uses=("2.leaky'",),
    equation=r"r'(0) = 1", because="E17: as for ReLU, the slope on the right",
)(activations.leaky_relu_prime)

derivative(
    of=RELU["jax.nn.relu"], label="2.relu'@jax.nn.relu", section=SECTION, shapes=ZM, kink="autodiff", uses=("2.relu'",),
    equation=r"r'(0) = 0", expect="refuted", corrected_by="2.relu'@kink", counterexample={"z": [[0.0]]},
    because="E17: jax.nn.relu is no reference for the printed derivative at 0: it has 0 there, the notes have 1",
)(activations.relu_prime)

derivative(
    of=RELU["jnp.maximum(0, z)"], label="2.relu'@jnp.maximum", section=SECTION, shapes=ZM, kink="autodiff",
    uses=("2.relu'",), equation=r"r'(0) = \tfrac{1}{2}", expect="refuted", corrected_by="2.relu'@kink",
    counterexample={"z": [[0.0]]},
    because="E17: jnp.maximum is none either: at a tie it shares the derivative out, half to each side",
)(activations.relu_prime)


@measurement(
    equals=slope_at_kink, within=1e-9, label="2.relu'@conventions", section=SECTION, uses=("2.relu'@kink",),
    domains={"function": tuple(SLOPES)}, equation=r"r'(0) \in \{0, \tfrac{1}{2}, 1\}",
    because="E17: what stands for the derivative at 0 is a convention, and tools differ in it",
)
def convention(function: str) -> Any:
    if function == "as printed":
        return activations.relu_prime(np.zeros(()))
    if function == "a central difference":
        return (activations.relu(np.array(H)) - activations.relu(np.array(-H))) / (2 * H)
    return jax.jit(jax.grad(RELU[function]))(0.0)


@measurement(
    equals=lambda eps: [eps, 1.0], within=1e-9, label="2.leaky'@interval", section=SECTION,
    domains={"eps": (0.0, 0.01, -0.5)}, uses=("2.relu'@conventions",), equation=r"[\epsilon, 1] \ni r'(0)",
    because="E17: the slopes on the left and on the right of 0; every convention lies between them",
)
def one_sided_slopes(eps: Any) -> Any:
    left, right = -activations.leaky_relu(np.array(-H), eps) / H, activations.leaky_relu(np.array(H), eps) / H
    return np.array([left, right])


@measurement(
    equals=lambda function: float(function == "np.maximum"), within=1e-9, label="2.relu@NaN", section=SECTION,
    domains={"function": ("np.maximum", "where(z >= 0, z, 0)", "printed derivative")}, uses=("2.relu",),
    equation=r"\max(0, \text{NaN}) = \text{NaN}, \quad I_{[0, \infty)}(\text{NaN}) = 0",
    because="E17: np.maximum keeps a NaN (shown as 1), a comparison turns it into 0",
)
def what_nan_becomes(function: str) -> Any:
    nan = np.full((), np.nan)
    relus = {
        "np.maximum": activations.relu, "where(z >= 0, z, 0)": twin.relu, "printed derivative": activations.relu_prime
    }
    return np.nan_to_num(relus[function](nan), nan=1.0)


@measurement(
    equals=lambda function: 3 * [[slope_at_kink(function)]], within=1e-9, label="2.relu'@reached", section=SECTION,
    domains={"function": ("as printed", "jax.nn.relu", "jnp.maximum(0, z)")}, uses=("2.relu'@conventions", "4.4"),
    equation=r"X = 0, \; b = 0: \quad db = r'(0) \, \frac{1}{m} \sum_i dA^{(i)}",
    because="E17: the kink is reached: examples of zeros under zero biases have Z = 0, and db is the convention's",
)
def bias_gradient_at_kink(function: str) -> Any:
    """db where every dA is 1."""
    W, b, X = np.arange(6.0).reshape(3, 2) - 2, np.zeros((3, 1)), np.zeros((2, 4))
    if function == "as printed":
        return activations.relu_prime(W @ X + b).mean(axis=1, keepdims=True)
    return jax.jit(jax.grad(lambda b: jnp.mean(jnp.sum(RELU[function](twin.affine(W, X, b)), axis=0))))(b)
