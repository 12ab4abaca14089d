"""The notes' network in JAX: forward and losses only, every gradient by autodiff.

Nothing here comes from the hand-derived package: the two sides share the notes and nothing else. A kink is
`where(z >= 0, ...)`, whose derivative at 0 is the notes' convention (1). Masks are data. Gradients with respect to Z
and A come from zero probes that are added to them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

Params = Sequence[tuple[Any, Any]]

LEAKY_EPS = 0.01


def relu(z: Any) -> Any:
    """max(0, z), with derivative 1 at 0."""
    return jnp.where(z >= 0, z, 0.0)


def leaky_relu(z: Any, eps: float = LEAKY_EPS) -> Any:
    """max(eps z, z) for eps <= 1, with derivative 1 at 0."""
    return jnp.where(z >= 0, z, eps * z)


ACTIVATIONS = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "identity": lambda z: z,
    "softmax": lambda z: jax.nn.softmax(z, axis=0),
}


def binary_cross_entropy(A: Any, Y: Any) -> Any:
    """L, shape (1, m): the sum over outputs of -y log a - (1 - y) log(1 - a)."""
    return -jnp.sum(Y * jnp.log(A) + (1 - Y) * jnp.log1p(-A), axis=0, keepdims=True)


def cross_entropy(A: Any, Y: Any) -> Any:
    """L, shape (1, m): -sum_k y_k log a_k."""
    return -jnp.sum(Y * jnp.log(A), axis=0, keepdims=True)


LOSSES = {"binary_cross_entropy": binary_cross_entropy, "cross_entropy": cross_entropy}


def activate(Z: Any, activation: str) -> Any:
    """g(Z)."""
    g: Callable[[Any], Any] = ACTIVATIONS[activation]
    return g(Z)


def affine(W: Any, A_prev: Any, b: Any) -> Any:
    """Z = W A_prev + b."""
    return W @ A_prev + b


def next_affine(A: Any, W_next: Any, b_next: Any) -> Any:
    """Z[l+1] as a function of A[l]."""
    return affine(W_next, A, b_next)


def next_layer(Z: Any, W_next: Any, b_next: Any, activation: str) -> Any:
    """Z[l+1] as a function of Z[l]."""
    return affine(W_next, activate(Z, activation), b_next)


def next_layer_dropout(Z: Any, W_next: Any, b_next: Any, D: Any, p: Any, activation: str) -> Any:
    """Z[l+1] as a function of Z[l] under dropout with mask D and keep probability p."""
    return affine(W_next, activate(Z, activation) * D / p, b_next)


def mean_of_linear(dZ: Any, W: Any, A_prev: Any, b: Any) -> Any:
    """A batch loss J, linear in Z = W A_prev + b, whose single losses have the given derivatives dZ."""
    return jnp.mean(jnp.sum(dZ * affine(W, A_prev, b), axis=0))


def two_layers(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    """L, shape (1, m), of a network with a tanh layer and sigmoid outputs under binary cross-entropy."""
    return two_layers_from_Z(affine(W1, X, b1), W2, b2, Y)


def two_layers_J(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    """J of that network."""
    return jnp.mean(two_layers(W1, b1, W2, b2, X, Y))


def two_layers_from_Z(Z: Any, W2: Any, b2: Any, Y: Any) -> Any:
    """The same from Z[1]."""
    return two_layers_from_A(jnp.tanh(Z), W2, b2, Y)


def two_layers_from_A(A: Any, W2: Any, b2: Any, Y: Any) -> Any:
    """The same from A[1]."""
    return binary_cross_entropy(jax.nn.sigmoid(affine(W2, A, b2)), Y)


def two_layers_dropout(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any, D: Any, p: Any) -> Any:
    """J of the same network under dropout of its hidden layer."""
    return jnp.mean(two_layers_from_A(jnp.tanh(affine(W1, X, b1)) * D / p, W2, b2, Y))


def per_example(f: Callable[[Any], Any], V: Any) -> Any:
    """[df/dV]^T for f from (n, m) to (1, m): of the full Jacobian (m, n, m), the column that is example i's own."""
    J = jax.jacobian(f)(V)[0]
    return jnp.diagonal(J, axis1=0, axis2=2)


def mean(L: Any) -> Any:
    """J = 1/m sum_i L_i."""
    return jnp.mean(L)


def network(
    params: Params, activations: Sequence[str], X: Any, masks: Sequence[Any], keep: Sequence[Any],
    Z_probes: Sequence[Any] | None = None, A_probes: Sequence[Any] | None = None,
) -> tuple[list[Any], list[Any]]:
    """Z[1..N] and A[0..N]. A mask of None is no dropout; A[l] is what the next layer sees."""
    A, Zs, As = X, [], [X]
    for l, ((W, b), activation, D, p) in enumerate(zip(params, activations, masks, keep, strict=True)):
        Z = affine(W, A, b)
        if Z_probes is not None:
            Z = Z + Z_probes[l]
        G = activate(Z, activation)
        if A_probes is not None:
            G = G + A_probes[l]
        A = G if D is None else G * D / p
        Zs.append(Z)
        As.append(A)
    return Zs, As


def values(
    params: Params, activations: Sequence[str], loss: str, X: Any, Y: Any, masks: Sequence[Any], keep: Sequence[Any]
) -> dict[str, Any]:
    """Z, A, L and J of a batch."""
    Zs, As = network(params, activations, X, masks, keep)
    L = LOSSES[loss](As[-1], Y)
    return {"Z": Zs, "A": As, "L": L, "J": jnp.mean(L)}


def gradients(
    params: Params, activations: Sequence[str], loss: str, X: Any, Y: Any, masks: Sequence[Any], keep: Sequence[Any]
) -> dict[str, Any]:
    """dZ, dA, dX of the single losses and dW, db of J. dA[l] is with respect to g(Z[l]), before dropout."""
    zeros = [jnp.zeros((W.shape[0], X.shape[1]), X.dtype) for W, _ in params]

    def total(Z_probes: Any, A_probes: Any, X: Any) -> Any:
        _, As = network(params, activations, X, masks, keep, Z_probes, A_probes)
        return jnp.sum(LOSSES[loss](As[-1], Y))

    def objective(params: Any) -> Any:
        return jnp.mean(LOSSES[loss](network(params, activations, X, masks, keep)[1][-1], Y))

    dZ, dA, dX = jax.grad(total, argnums=(0, 1, 2))(zeros, zeros, X)
    dparams = jax.grad(objective)(list(params))
    return {"dZ": dZ, "dA": dA, "dX": dX, "dW": [dW for dW, _ in dparams], "db": [db for _, db in dparams]}


def regularized(
    params: Params, activations: Sequence[str], loss: str, X: Any, Y: Any, masks: Sequence[Any], keep: Sequence[Any],
    lam: Any, lam1: Any,
) -> Any:
    """J + lam/2m sum of squares of the weights + lam1/m sum of their magnitudes."""
    J = values(params, activations, loss, X, Y, masks, keep)["J"]
    m = X.shape[1]
    squares = sum(jnp.vdot(W, W) for W, _ in params)
    magnitudes = sum(jnp.sum(jnp.where(W == 0, 0.0, jnp.where(W > 0, W, -W))) for W, _ in params)
    return J + lam * squares / (2 * m) + lam1 * magnitudes / m
