"""What the network's functions refuse, and that they leave float32 what it is."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import manual_bp as bp
from manual_bp.backprop import activation_backward
from manual_bp.losses import Loss
from manual_bp.training import network_loss
from verify import measurement, runs
from verify.notes.section_4 import SECTION

X, Y = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]]), np.array([[1.0, 0.0, 0.5]])


def layers_of(dtype: Any) -> list[bp.Layer]:
    """A leaky ReLU layer of a slope of NumPy's own type, which would make float64 of float32, and a sigmoid output."""
    W1, W2 = np.array([[1.0, -0.5], [0.25, 2.0]], dtype), np.array([[1.0, -2.0]], dtype)
    g: Any = bp.leaky_relu_activation(np.float64(0.2))
    return [bp.Layer(W1, np.ones((2, 1), dtype), g), bp.Layer(W2, np.ones((1, 1), dtype), bp.activation("sigmoid"))]


@functools.cache
def layers() -> list[bp.Layer]:
    return layers_of(np.float64)


@functools.cache
def trace() -> bp.Trace:
    return bp.forward(X, layers())


def narrow() -> bp.Trace:
    """A trace whose first Z lacks a row."""
    return bp.Trace((trace().Z[0][:1], trace().Z[1]), trace().A)


def bce() -> Loss:
    return bp.loss("binary_cross_entropy")


Refused = dict[str, tuple[Callable[[], Any], str]]
REFUSED: Refused = {
    "an X with a NaN": (lambda: bp.forward(X * np.nan, layers()), "X contains 6 entries that are NaN or infinite"),
    "an infinite X": (lambda: bp.forward(X / 0.0, layers()), "X contains 6 entries that are NaN or infinite"),
    "an X of no example": (lambda: bp.forward(X[:, :0], layers()), "X has no examples"),
    "an X of another width": (lambda: bp.forward(X[:1], layers()), "W of layer 1 has shape (2, 2); expected (2, 1)"),
    "layers of other widths": (
        lambda: bp.forward(X, layers()[1:] * 2), "W of layer 2 has shape (1, 2); expected (1, 1)"
    ),
    "flat weights": (lambda: bp.Layer(X[0], np.ones((1, 1)), bp.activation("tanh")), "W has shape (3,)"),
    "stacked weights": (lambda: bp.Layer(X[None], np.ones((1, 1)), bp.activation("tanh")), "W has shape (1, 2, 3)"),
    "no layers": (lambda: bp.forward(X, []), "layers is empty"),
    "dA for one example": (lambda: activation_backward(X[:, :1], X, bp.activation("tanh")), "dA has shape (2, 1)"),
    "J of targets of another shape": (lambda: network_loss(trace(), layers(), X, bce()), "Y has shape (2, 3)"),
    "a test set of one feature": (lambda: bp.fit_normalization(X)(X[:1]), "X has shape (1, 3); expected (2, any)"),
    "a test set with a NaN": (lambda: bp.fit_normalization(X)(X * np.nan), "X contains 6 entries that are NaN"),
    "a training set with a NaN": (lambda: bp.fit_normalization(X * np.nan), "X contains 6 entries that are NaN"),
    "no training set": (lambda: bp.fit_normalization(X[:, :0]), "X has no examples"),
    "an alpha of 0": (lambda: bp.descend(layers(), [X] * 2, [X] * 2, 0.0), "alpha is 0.0"),
    "an infinite alpha": (lambda: bp.descend(layers(), [X] * 2, [X] * 2, float("inf")), "alpha is inf"),
    "a dW for one column": (
        lambda: bp.descend(layers()[1:], [np.ones((1, 1))], [np.ones((1, 1))], 0.1), "dW has shape (1, 1)"
    ),
    "too few gradients": (lambda: bp.descend(layers(), [X], [X], 0.1), "dW has 1 entries; expected 2"),
    "a width of 0": (lambda: bp.initialize(np.random.default_rng(0), (2, 0), ("tanh",)), "widths[1] is 0"),
    "too many widths": (lambda: bp.initialize(np.random.default_rng(0), (2, 1, 1), ("tanh",)), "3 widths for 1"),
}
for _name, _backward in (("4", bp.backprop), ("5", bp.backprop_a)):
    REFUSED |= {
        f"section {_name}: labels above 1": (
            lambda f=_backward: f(trace(), layers(), 2 * Y, bce()), "Y has 1 labels outside [0, 1]"  # type: ignore[misc]
        ),
        f"section {_name}: the trace of another network": (
            lambda f=_backward: f(bp.forward(X, layers()[:1]), layers(), Y, bce()), "trace has 1 layers"  # type: ignore[misc]
        ),
        f"section {_name}: the trace of a network of other widths": (
            lambda f=_backward: f(narrow(), layers(), Y, bce()),  # type: ignore[misc]
            "Z of layer 1 in trace has shape (1, 3); expected (2, 3)",
        ),
    }


@runs(
    label="4.B@refused", section=SECTION, domains={"case": tuple(REFUSED)}, uses=("4.B6", "6.1.1t@fit", "6.2@layers"),
    equation=r"\text{ValueError}", because="NumPy would broadcast or go on with NaN; these name what does not fit",
)
def refuses(case: str) -> None:
    call, reason = REFUSED[case]
    try:
        with np.errstate(all="ignore"):
            call()
    except ValueError as error:
        if reason in str(error):
            return
        raise
    raise AssertionError(f"{case} is not refused")


@measurement(
    equals=lambda section: 4.0, within=1e-9, label="4.B@float32", section=SECTION, domains={"section": ("4", "5")},
    uses=("4.B6", "5.B4b", "6.2@float32"), equation=r"\text{bytes of a number, from X to the updated weights}",
    because="a float32 network stays one, forward, backward and in a step, with hyperparameters of NumPy's type",
)
def widest_number(section: str) -> float:
    layers, x, y = layers_of(np.float32), X.astype(np.float32), Y.astype(np.float32)
    masks = [bp.Dropout(np.array([[1, 0, 1], [0, 1, 1]]), np.float64(0.6)), None]
    trace = bp.forward(x, layers, masks)
    g = (bp.backprop if section == "4" else bp.backprop_a)(trace, layers, y, bce(), masks)
    stepped = bp.descend(layers, g.dW, g.db, np.float64(0.1))
    arrays: list[Any] = [
        *trace.Z, *trace.A, network_loss(trace, layers, y, bce()), g.dX, *g.dZ, *g.dW, *g.db, bp.predict(x, layers),
        *(dA for dA in g.dA if dA is not None), *(part for layer in stepped for part in (layer.W, layer.b)),
    ]
    return float(max(x.dtype.itemsize for x in arrays))
