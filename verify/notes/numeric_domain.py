"""Section 2 in floating point: where the printed forms stop working, the edges measured."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from manual_bp import activations, losses
from verify import measurement, runs
from verify.notes.section_2 import ZM

SECTION = "Numeric domain"
DTYPE = {"dtype": ("float64", "float32")}
WITHIN = 1e-3


def overflow(dtype: str) -> float:
    """The largest z whose exponential is finite."""
    return math.log(np.finfo(dtype).max)


def underflow(dtype: str) -> float:
    """The smallest z whose exponential is not rounded to 0."""
    return math.log(np.finfo(dtype).smallest_subnormal) - math.log(2)


def rounds_to_one(dtype: str) -> float:
    """The z from which on 1 + exp(-z) is rounded to 1."""
    return {"float64": 53, "float32": 24}[dtype] * math.log(2)


def edge(holds: Callable[[Any], Any], dtype: str, outside: float) -> float:
    """Where a statement about z, which is true near 0, stops being true on the way to `outside`."""
    inside = 0.0
    with np.errstate(all="ignore"):
        for _ in range(50):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if np.all(holds(np.array([[middle]], dtype))) else (inside, middle)
    return inside


def is_finite(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda z: np.isfinite(f(z))


def overflows_nowhere(f: Callable[[Any], Any]) -> Callable[[Any], bool]:
    def holds(z: Any) -> bool:
        try:
            with np.errstate(over="raise"):
                f(z)
        except FloatingPointError:
            return False
        return True

    return holds


def output_layer(quantity: str, y: float) -> Callable[[Any], Any]:
    """A quantity of the printed output layer of target y, as a function of z."""

    def at(z: Any) -> Any:
        A, Y = activations.sigmoid_printed(z), np.full_like(z, y)
        if quantity == "L":
            return losses.binary_cross_entropy(A, Y)
        dA = losses.binary_cross_entropy_dA(A, Y)
        return dA if quantity == "dA" else dA * activations.sigmoid_printed_prime(z)

    return at


# -- the printed activations -------------------------------------------------------------------------------------------


@measurement(
    equals=lambda dtype: [overflow(dtype), underflow(dtype)], within=WITHIN, label="2.sigmoid@exp", section=SECTION,
    domains=DTYPE, equation=r"0 < \exp(z) < \infty",
)
def domain_of_exp(dtype: str) -> Any:
    finite, positive = edge(is_finite(np.exp), dtype, 1000), edge(lambda z: np.exp(z) > 0, dtype, -1000)
    return np.array([finite, positive])


@measurement(
    equals=lambda dtype: -overflow(dtype), within=WITHIN, label="2.sigmoid@overflow", section=SECTION, domains=DTYPE,
    uses=("2.sigmoid", "2.sigmoid@exp"), equation=r"\exp(-z) < \infty \iff z > -\log(\max)",
    because="below it exp(-z) overflows; the quotient is 0 all the same, with a warning",
)
def edge_of_sigmoid(dtype: str) -> float:
    return edge(overflows_nowhere(activations.sigmoid_printed), dtype, -1000)


@runs(
    label="2.sigmoid@warns", section=SECTION, shapes=ZM, uses=("2.sigmoid@overflow",), expect="refuted",
    counterexample={"z": [[-710.0]]}, corrected_by="2.hdr@finite",
    equation=r"\text{np.errstate(over='raise'): } 1 / (1 + \text{np.exp}(-z))",
    because="run as printed, the exponential overflows far below 0; the stable form never does",
)
def sigmoid_as_printed(z: Any) -> Any:
    with np.errstate(over="raise"):
        return activations.sigmoid_printed(z)


@measurement(
    equals=rounds_to_one, within=WITHIN, label="2.sigmoid@one", section=SECTION, domains=DTYPE, uses=("2.sigmoid",),
    equation=r"\sigma(z) = 1 \text{ for } z > 53 \log 2 \text{ (float32: } 24 \log 2)",
)
def sigmoid_is_one(dtype: str) -> float:
    return edge(lambda z: activations.sigmoid_printed(z) < 1, dtype, 1000)


@measurement(
    equals=rounds_to_one, within=WITHIN, label="2.sigmoid'@zero", section=SECTION, domains=DTYPE,
    uses=("2.sigmoid'", "2.sigmoid@one"), equation=r"\sigma(z)(1 - \sigma(z)) = 0 \text{ for } z > 53 \log 2",
    because="no gradient passes a unit that is saturated above; below 0 it does, since no digits cancel there",
)
def sigmoid_slope_is_zero(dtype: str) -> float:
    return edge(lambda z: activations.sigmoid_printed_prime(z) > 0, dtype, 1000)


@measurement(
    equals=lambda dtype: [overflow(dtype), -overflow(dtype)], within=WITHIN, label="2.tanh@NaN", section=SECTION,
    domains=DTYPE, uses=("2.tanh",), equation=r"\tanh(z) = \infty / \infty \text{ for } |z| > \log(\max)",
)
def edges_of_tanh(dtype: str) -> Any:
    finite = is_finite(activations.tanh_printed)
    return np.array([edge(finite, dtype, 1000), edge(finite, dtype, -1000)])


ERRORS = {
    "float64": ((1e-6, 2.7e-11), (1e-10, 8e-8), (1e-15, 5e-2)),
    "float32": ((1e-3, 1.7e-5), (1e-6, 1.3e-2)),
}


# An exponential whose last digit is rounded differently changes such an error by a factor of 2 or so.
@measurement(
    equals=lambda dtype: [math.log10(error) for _, error in ERRORS[dtype]], within=0.4, label="2.tanh@zero",
    section=SECTION, domains=DTYPE, uses=("2.tanh",),
    equation=r"\log_{10} \text{ of the relative error of the printed } \tanh \text{ near } 0",
    because="exp(z) - exp(-z) cancels the digits of two numbers near 1",
)
def error_of_tanh(dtype: str) -> Any:
    z = np.array([z for z, _ in ERRORS[dtype]], dtype)
    right = np.tanh(z.astype(float))
    return np.log10(np.abs(activations.tanh_printed(z).astype(float) - right) / right)


@measurement(
    equals=lambda dtype: {"float64": 27, "float32": 12}[dtype] * math.log(2), within=WITHIN, label="2.tanh'@zero",
    section=SECTION, domains=DTYPE, uses=("2.tanh'",), equation=r"1 - \tanh^2(z) = 0 \text{ for } z > 27 \log 2",
    because="exp(-z) is lost beside exp(z), so that the quotient is exactly 1",
)
def tanh_slope_is_zero(dtype: str) -> float:
    return edge(lambda z: activations.tanh_printed_prime(z) > 0, dtype, 100)


# Of all edges the only one that depends on the library's tanh: exactly rounded, it would be at 19.06 (float32: 9.01).
@measurement(
    equals=lambda dtype: {"float64": 18.990, "float32": 10.0}[dtype], within=1.0, label="2.tanh'@zero-np",
    section=SECTION, domains=DTYPE, uses=("2.tanh'", "2.tanh@stable"),
    equation=r"1 - \tanh^2(z) = 0 \text{ with NumPy's } \tanh",
    because="the better tanh does not mend the cancellation in 1 - tanh^2",
)
def tanh_slope_is_zero_with_numpy(dtype: str) -> float:
    return edge(lambda z: 1 - activations.tanh(z) ** 2 > 0, dtype, 100)


@measurement(
    equals=overflow, within=WITHIN, label="2.softmax@NaN", section=SECTION, domains=DTYPE, uses=("2.softmax",),
    equation=r"\exp(z_1) / \textstyle\sum_k \exp(z_k) = \infty / \infty \text{ for } z_1 > \log(\max)",
)
def edge_of_softmax(dtype: str) -> float:
    return edge(lambda z: np.isfinite(activations.softmax_printed(np.concatenate([z, 0 * z]))), dtype, 1000)


# -- the printed output layer ------------------------------------------------------------------------------------------


@measurement(
    equals=lambda dtype: [-overflow(dtype), rounds_to_one(dtype)], within=WITHIN, label="2.BCE@finite", section=SECTION,
    domains={**DTYPE, "quantity": ("L", "dA", "dA * s'"), "y": (0.0, 0.5, 1.0)}, uses=("2.BCE", "4.1", "2.sigmoid'"),
    equation=r"-\log(\max) \le z \le 53 \log 2",
    because="beyond, the output is exactly 0 or 1: log 0, a division by 0, or 0 times infinity, whatever the target",
)
def edges_of_output_layer(dtype: str, quantity: str, y: Any) -> Any:
    finite = is_finite(output_layer(quantity, y))
    return np.array([edge(finite, dtype, -1000), edge(finite, dtype, 1000)])
