"""The hand-derived network in the shape of the twin's arguments, for claims about whole networks."""

from collections.abc import Sequence
from typing import Any

import manual_bp as bp
from manual_bp.notation import Gradients, Layer, Trace

Params = Sequence[tuple[Any, Any]]


def layers_of(params: Params, activations: Sequence[str]) -> list[Layer]:
    """Layers from (W, b) pairs and names."""
    return [Layer(W, b, bp.activation(g)) for (W, b), g in zip(params, activations, strict=True)]


def dropout_of(masks: Sequence[Any], keep: Sequence[Any]) -> list[bp.Dropout | None]:
    """Dropout from masks and keep probabilities."""
    return [None if D is None else bp.Dropout(D, p) for D, p in zip(masks, keep, strict=True)]


def run_forward(params: Params, activations: Sequence[str], X: Any, masks: Sequence[Any], keep: Sequence[Any]) -> Trace:
    """The forward pass."""
    return bp.forward(X, layers_of(params, activations), dropout_of(masks, keep))


def values(
    params: Params, activations: Sequence[str], loss: str, X: Any, Y: Any, masks: Sequence[Any], keep: Sequence[Any]
) -> dict[str, Any]:
    """Z, A, L and J, by hand."""
    trace = run_forward(params, activations, X, masks, keep)
    L = bp.loss(loss).value(trace.A[-1], Y)
    return {"Z": list(trace.Z), "A": list(trace.A), "L": L, "J": bp.batch_loss(L)}


def section_4(
    params: Params, activations: Sequence[str], loss: str, X: Any, Y: Any, masks: Sequence[Any], keep: Sequence[Any]
) -> Gradients:
    """Backprop, section 4."""
    layers, dropout = layers_of(params, activations), dropout_of(masks, keep)
    return bp.backprop(bp.forward(X, layers, dropout), layers, Y, bp.loss(loss), dropout)


def section_5(
    params: Params, activations: Sequence[str], loss: str, X: Any, Y: Any, masks: Sequence[Any], keep: Sequence[Any]
) -> Gradients:
    """Backprop A, section 5."""
    layers, dropout = layers_of(params, activations), dropout_of(masks, keep)
    return bp.backprop_a(bp.forward(X, layers, dropout), layers, Y, bp.loss(loss), dropout)


def two_layers(W1: Any, b1: Any, W2: Any, b2: Any) -> list[Layer]:
    """A tanh layer and sigmoid outputs."""
    return [Layer(W1, b1, bp.activation("tanh")), Layer(W2, b2, bp.activation("sigmoid"))]


def two_layers_gradients(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Gradients:
    """Section 4 on that network, from the stable dZ[N]: the printed one is NaN where the outputs saturate."""
    layers = two_layers(W1, b1, W2, b2)
    return bp.backprop(bp.forward(X, layers), layers, Y, bp.loss("binary_cross_entropy"), stable=True)


def as_dict(gradients: Gradients) -> dict[str, Any]:
    """Gradients in the shape of the twin's answer."""
    return {
        "dZ": list(gradients.dZ), "dA": list(gradients.dA), "dX": gradients.dX, "dW": list(gradients.dW),
        "db": list(gradients.db),
    }
