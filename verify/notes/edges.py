"""Section 4 where random inputs of ordinary size do not come: other slopes, far out, and saturated outputs."""

from collections.abc import Callable
from typing import Any

import numpy as np

import manual_bp as bp
from manual_bp.backprop import activation_backward
from verify import measurement, vjp
from verify.notes import twin
from verify.notes.saturation import ACCURATE
from verify.notes.section_4 import SECTION

SLOPES = (0.2, -0.5, 1.0)


@vjp(
    of=lambda Z, eps: twin.leaky_relu(Z, eps), wrt="Z", label="4.3@leaky", section=SECTION, shapes={"Z": "n m"},
    domains={"eps": SLOPES}, kink="autodiff", uses=("4.3", "2.leaky@table"),
    equation=r"dZ = dA \odot g'(Z) \text{ for leaky ReLU of slope } \epsilon",
)
def leaky_backward(dA: Any, Z: Any, eps: Any) -> Any:
    return activation_backward(dA, Z, bp.leaky_relu_activation(eps))


@measurement(
    equals=0, within=1e-14, label="4.3@far", section=SECTION, domains={"activation": ("sigmoid", "tanh")},
    uses=("4.3", "2.hdr@accurate"), equation=r"dZ = dA \odot g'(Z), \; |z| \le 300: \text{ the worst relative error}",
)
def error_far_out(activation: str) -> float:
    z = np.linspace(-300, 300, 301)[None, :]
    right = ACCURATE[f"{activation}'"](z)
    return float(np.max(np.abs(activation_backward(np.ones_like(z), z, bp.activation(activation)) - right) / right))


def saturated(dropout: bool, section: Callable[..., Any], stable: bool) -> Any:
    """dZ[N] of a sigmoid output at Z = 40 with target 0, above a hidden layer with or without a mask."""
    layers = [bp.Layer(np.ones((1, 1)), np.zeros((1, 1)), bp.activation(g)) for g in ("identity", "sigmoid_printed")]
    masks = [bp.Dropout(np.ones((1, 1)), 0.5), None] if dropout else None
    trace = bp.forward(np.array([[20.0 if dropout else 40.0]]), layers, masks)
    return section(trace, layers, np.zeros((1, 1)), bp.loss("binary_cross_entropy"), masks, stable=stable).dZ[-1].item()


@measurement(
    equals=lambda section, dropout: np.ones(2), within=1e-9, label="4.B2@printed", section=SECTION,
    domains={"section": ("4", "5"), "dropout": (False, True)}, uses=("4.B2", "4.B@stable", "2.BCE'@saturated"),
    equation=r"z = 40, \; y = 0: \quad dZ^{[N]} = \text{NaN as printed (shown as 1)}, \; a - y = 1",
    because="the printed form stays as it is, and the stable one is taken with masks too",
)
def printed_and_stable(section: str, dropout: bool) -> Any:
    algorithm = bp.backprop if section == "4" else bp.backprop_a
    printed = saturated(dropout, algorithm, stable=False)
    return np.array([float(np.isnan(printed)), saturated(dropout, algorithm, stable=True)])
