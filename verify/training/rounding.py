"""How far two correct programs for the gradients may be off each other by rounding, entry by entry.

A running error analysis (Higham, "Accuracy and Stability of Numerical Algorithms", chapter 3) of the network's own
formulas: sums of n terms in any order, n u times the sum of magnitudes; elementary functions 8 u in each program. It
bounds the distance of the two, so every rounding counts twice. Terms of second order are in SLACK. It is a JAX program,
compiled with the twin: evaluating `verify.numbers` at every step would take ten times as long.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.notes.twin import activate
from verify.training.recipe import Recipe

SLACK = 1.01
ELEMENTARY = 40.0  # units of an output such as softmax in both programs, its sum and quotient included
# By activation: the largest slopes of g and g', and the units of g' in both programs beside its own size.
SLOPES = {
    "relu": (1.0, 0.0, 0.0), "leaky_relu": (1.0, 0.0, 0.0), "identity": (1.0, 0.0, 0.0),
    "tanh": (1.0, 0.77, 48.0), "sigmoid": (0.25, 0.1, 48.0),
}
KINKED = ("relu", "leaky_relu")


def gradient_bounds(
    recipe: Recipe, m: int, params: Sequence[tuple[Any, Any]], Zs: Sequence[Any], As: Sequence[Any], Y: Any,
    masks: Sequence[Any],
) -> list[tuple[Any, Any]]:
    """Bounds of dW and db of each layer; Zs and As are Z[1..N] and A[0..N-1] of the forward pass."""
    u = float(np.finfo(Y.dtype).eps) / 2
    scales = [None if D is None else D / p for D, p in zip(masks, recipe.keep or (1.0,) * len(params), strict=True)]
    Z_errors, A_errors = _forward(recipe, params, As, scales, u)
    dZ, dZ_error = _output(recipe.activations[-1], Zs[-1], Z_errors[-1], Y, u)
    size, bounds = Y.shape[1], list[tuple[Any, Any]]()
    for l in range(len(params), 0, -1):
        W = params[l - 1][0]
        summed = dZ_error + 2 * (size + 4) * u * jnp.abs(dZ)
        dW_error = (summed @ jnp.abs(As[l - 1]).T + (jnp.abs(dZ) + dZ_error) @ A_errors[l - 1].T) / size
        penalty = 12 * u * (recipe.l2 * jnp.abs(W) + recipe.l1) / m
        bounds.insert(0, (_widened(dW_error + penalty), _widened(jnp.sum(summed, axis=1, keepdims=True) / size)))
        if l > 1:
            dA, dA_error = W.T @ dZ, jnp.abs(W).T @ (dZ_error + 2 * (W.shape[0] + 1) * u * jnp.abs(dZ))
            scale = scales[l - 2]
            if scale is not None:
                dA, dA_error = dA * scale, (dA_error + 4 * u * jnp.abs(dA)) * scale
            prime, prime_error = _slope(recipe.activations[l - 2], Zs[l - 2], Z_errors[l - 2], u)
            dZ = dA * prime
            dZ_error = dA_error * (jnp.abs(prime) + prime_error) + jnp.abs(dA) * prime_error + 4 * u * jnp.abs(dZ)
    return bounds


def step_bounds(
    recipe: Recipe, params: Sequence[tuple[Any, Any]], gradients: Sequence[tuple[Any, Any]],
    bounds: Sequence[tuple[Any, Any]],
) -> list[tuple[Any, Any]]:
    """Bounds of the parameters after the step W - alpha dW, b - alpha db."""
    u = float(np.finfo(params[0][0].dtype).eps) / 2

    def bound(W: Any, dW: Any, error: Any) -> Any:
        return _widened(recipe.rate * (error + 8 * u * jnp.abs(dW)) + 8 * u * jnp.abs(W))

    return [
        (bound(W, dW, dW_error), bound(b, db, db_error))
        for (W, b), (dW, db), (dW_error, db_error) in zip(params, gradients, bounds, strict=True)
    ]


def _forward(recipe: Recipe, params: Any, As: Any, scales: Any, u: float) -> tuple[list[Any], list[Any]]:
    """The errors of Z[1..N] and of A[0..N-1], where A[0] = X is the same in both programs."""
    Z_errors, A_errors = [], [jnp.zeros_like(As[0])]
    for l, (W, b) in enumerate(params, start=1):
        n = W.shape[1]
        terms = A_errors[-1] + 2 * (n + 1) * u * jnp.abs(As[l - 1])
        Z_errors.append(jnp.abs(W) @ terms + 4 * u * jnp.abs(b))
        if l < len(params):
            error = SLOPES[recipe.activations[l - 1]][0] * Z_errors[-1]
            scale = scales[l - 1]
            A_errors.append((error if scale is None else error * scale) + 20 * u * jnp.abs(As[l]))
    return Z_errors, A_errors


def _output(name: str, Z: Any, Z_error: Any, Y: Any, u: float) -> tuple[Any, Any]:
    """dZ[N] = A[N] - Y, and its error."""
    if name == "softmax":
        A, K = jax.nn.softmax(Z, axis=0), Z.shape[0]
        below = jnp.max(Z, axis=0, keepdims=True) - Z  # its rounding is an error of the exponent
        relative = 2 * jnp.max(Z_error, axis=0, keepdims=True) + (ELEMENTARY + 4 * K + 4 * below) * u
        return A - Y, A * relative + 4 * u * Y
    A = activate(Z, name)
    return A - Y, Z_error / 4 + (ELEMENTARY + 16) * u * A + 16 * u * Y


def _slope(name: str, Z: Any, Z_error: Any, u: float) -> tuple[Any, Any]:
    """g'(Z) and its error: at a kink that rounding leaves open, the whole difference of the two sides."""
    _, prime = jax.jvp(partial(activate, activation=name), (Z,), (jnp.ones_like(Z),))
    if name in KINKED:
        return prime, jnp.where(jnp.abs(Z) <= SLACK * Z_error, 1.0, 2 * u * jnp.abs(prime)).astype(Z.dtype)
    _, bend, units = SLOPES[name]
    return prime, (bend * Z_error + units * u).astype(Z.dtype)


def _widened(error: Any) -> Any:
    """With the terms of second order, and what may be lost below the smallest normal numbers."""
    return SLACK * error + float(np.finfo(error.dtype).tiny) * 1e6
