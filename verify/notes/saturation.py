"""Section 2 in floating point: saturated outputs, the stable forms, and where autodiff is no reference."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import manual_bp as bp
from manual_bp import activations, losses
from manual_bp.backprop import activation_backward
from verify import between, gradient, identity, measurement, runs
from verify.notes.networks import SOME
from verify.notes.numeric_domain import DTYPE, SECTION
from verify.notes.output_layers import ZY, sigmoid_loss, softmax_loss

SATURATED = {"Z": between(-800, 800), "Y": between(0, 1)}


def total_sigmoid_loss(Z: Any, Y: Any) -> Any:
    return jnp.sum(sigmoid_loss(Z, Y))


def total_softmax_loss(Z: Any, Y: Any) -> Any:
    return jnp.sum(softmax_loss(Z, Y))


# -- a saturated output layer ------------------------------------------------------------------------------------------


@gradient(
    of=total_sigmoid_loss, wrt="Z", label="2.BCE'@saturated", section=SECTION,
    examples=SOME, shapes=ZY, domains=SATURATED,
    uses=("2.BCE@finite", "4.1", "4.3"), equation=r"dZ^{[N]} = dA^{[N]} \odot g'(Z^{[N]})", expect="refuted",
    counterexample={"Z": [[40.0, 40.0, -720.0, -720.0]], "Y": [[1.0, 0.0, 1.0, 0.0]]}, corrected_by="2.BCE'@saturated*",
    because="where the output is exactly 0 or 1 the printed algorithm multiplies 0 by infinity; A - Y is finite",
)
def printed_error(Z: Any, Y: Any) -> Any:
    dA = losses.binary_cross_entropy_dA(activations.sigmoid_printed(Z), Y)
    return activation_backward(dA, Z, activations.activation("sigmoid_printed"))


gradient(
    of=total_sigmoid_loss, wrt="Z", label="2.BCE'@saturated*", section=SECTION, shapes=ZY, domains=SATURATED,
    uses=("2.BCE'@stable",), equation=r"dZ^{[N]} = A^{[N]} - Y",
)(losses.sigmoid_binary_cross_entropy_dZ)

identity(
    of=sigmoid_loss, label="2.BCE@saturated", section=SECTION, shapes=ZY, domains=SATURATED, uses=("2.BCE@stable",),
    equation=r"L^{(i)} = \max(z, 0) - z y + \log(1 + e^{-|z|})",
)(losses.sigmoid_binary_cross_entropy)

identity(
    of=softmax_loss, label="2.CE@saturated", section=SECTION, shapes=ZY, domains=SATURATED, uses=("2.CE@stable",),
    equation=r"L^{(i)} = -\sum_k y_k \log \operatorname{softmax}(z)_k",
)(losses.softmax_cross_entropy)

gradient(
    of=total_softmax_loss, wrt="Z", label="2.CE'@saturated", section=SECTION, shapes=ZY,
    domains=SATURATED, uses=("2.CE'@stable",), equation=r"dZ_k = a_k \textstyle\sum_j y_j - y_k",
)(losses.softmax_cross_entropy_dZ)


# -- the stable forms --------------------------------------------------------------------------------------------------


def slope(activation: str, z: Any) -> Any:
    prime = bp.activation(activation).prime
    assert prime is not None
    return prime(z)


STABLE: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda z: bp.activation("sigmoid").g(z),
    "sigmoid'": lambda z: slope("sigmoid", z),
    "tanh": lambda z: bp.activation("tanh").g(z),
    "tanh'": lambda z: slope("tanh", z),
    "softmax": lambda z: bp.activation("softmax").g(np.concatenate([z, -z])),
    "softmax backwards": lambda z: activations.softmax_pullback(np.ones((2, 1)), np.concatenate([z, -z])),
    "L of sigmoid": lambda z: losses.sigmoid_binary_cross_entropy(z, np.where(z > 0, 1.0, 0.0)),
    "dZ of sigmoid": lambda z: losses.sigmoid_binary_cross_entropy_dZ(z, np.full_like(z, 0.5)),
    "L of softmax": lambda z: losses.softmax_cross_entropy(np.concatenate([z, -z]), np.full((2, 1), 0.5)),
    "dZ of softmax": lambda z: losses.softmax_cross_entropy_dZ(np.concatenate([z, -z]), np.full((2, 1), 0.5)),
}
ACCURATE: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda z: np.where(z < 0, np.exp(z) / (1 + np.exp(z)), 1 - np.exp(-z) / (1 + np.exp(-z))),
    "sigmoid'": lambda z: (2 * np.cosh(z / 2)) ** -2,
    "tanh": lambda z: np.expm1(2 * z) / (np.expm1(2 * z) + 2),
    "tanh'": lambda z: np.cosh(z) ** -2,
    "L of sigmoid": lambda z: np.logaddexp(0, -np.abs(z)),
}


@runs(
    label="2.hdr@finite", section=SECTION, domains={"function": tuple(STABLE)},
    uses=("2.sigmoid@stable", "2.tanh@stable", "2.softmax@stable", "2.BCE@stable", "2.CE@stable"),
    equation=r"|z| \le 10^{300}: \text{ finite, without an overflow}",
)
def never_overflows(function: str) -> None:
    for z in (0.0, *(sign * 10.0**k for sign in (1, -1) for k in (-300, -9, 0, 1, 2, 3, 9, 300))):
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            if not np.isfinite(STABLE[function](np.array([[z]]))).all():
                raise ArithmeticError(f"not finite at {z:g}")


@measurement(
    equals=0, within=1e-14, label="2.hdr@accurate", section=SECTION, domains={"function": tuple(ACCURATE)},
    uses=("2.hdr@finite",), equation=r"10^{-15} \le |z| \le 300: \text{ the worst relative error}",
    because="no digits cancel in the stable forms, neither near 0 nor far out",
)
def worst_relative_error(function: str) -> float:
    far = np.concatenate([np.geomspace(1e-15, 1, 200), np.linspace(1, 300, 500)])
    z = np.concatenate([-far, far])[None, :]
    right = ACCURATE[function](z)
    return float(np.max(np.abs(STABLE[function](z) - right) / np.abs(right)))


# -- traps on the other side -------------------------------------------------------------------------------------------


def printed_tanh(z: Any) -> Any:
    return (jnp.exp(z) - jnp.exp(-z)) / (jnp.exp(z) + jnp.exp(-z))


# XLA rounds numbers below the smallest normal one to 0, and JAX divides by the square of the denominator.
@measurement(
    equals=lambda dtype: [-math.log(np.finfo(dtype).tiny) / 2, 1.0], within=0.02, label="2.tanh'@autodiff",
    section=SECTION, domains=DTYPE, uses=("2.tanh'", "2.tanh@NaN"),
    equation=r"\text{JAX: } d \tanh / dz = 1 \text{ for } |z| > -\tfrac{1}{2} \log(\text{tiny})",
    because="JAX's gradient of the printed tanh is 1 far out, where it is 0 in truth: no reference there",
)
def autodiff_of_printed_tanh(dtype: str) -> Any:
    around = -math.log(np.finfo(dtype).tiny) / 2
    z = np.linspace(around - 10, around + 10, 2001, dtype=dtype)
    slope = np.asarray(jax.jit(jax.vmap(jax.grad(printed_tanh)))(z))
    return np.array([z[np.abs(slope) > 0.5].min(), slope[-1]])


@measurement(
    equals=math.log(1e-6 * 2**53), within=0.1, label="2.sigmoid'@autodiff", section=SECTION,
    uses=("2.sigmoid'@stable", "2.hdr@accurate"),
    equation=r"\text{JAX: } d\sigma/dz \text{ is off by } 10^{-6} \text{ from } z = \log(10^{-6} \cdot 2^{53})",
    because="JAX's gradient of jax.nn.sigmoid is s(1 - s) too: agreement with it proves nothing in the tail",
)
def autodiff_of_sigmoid() -> float:
    z = np.linspace(20, 25, 10001)
    right = ACCURATE["sigmoid'"](z)
    off = np.abs(np.asarray(jax.jit(jax.vmap(jax.grad(jax.nn.sigmoid)))(z)) - right) / right
    return float(z[off > 1e-6].min())
