"""The same training in JAX: every gradient by autodiff. Nothing here comes from the hand-derived package.

Masks and examples are data: they are those of the step that is followed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.notes.twin import activate, affine, relu
from verify.training.recipe import Recipe
from verify.training.rounding import KINKED, gradient_bounds, step_bounds

Params = Sequence[tuple[Any, Any]]
Masks = Sequence[Any]

QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}  # for what runs once


def softplus(z: Any) -> Any:
    """log(1 + exp(z)), with the notes' derivative at 0: both one-sided ones are 1/2."""
    return relu(z) + jnp.log1p(jnp.exp(jnp.where(z >= 0, -z, z)))


def losses(Z: Any, Y: Any, output: str) -> Any:
    """L of each example from Z[N], shape (m,): cross-entropy of softmax, or binary cross-entropy of sigmoid."""
    if output == "softmax":
        return -jnp.sum(Y * jax.nn.log_softmax(Z, axis=0), axis=0)
    return jnp.sum(softplus(Z) - Y * Z, axis=0)


def masked(A: Any, D: Any, p: float) -> Any:
    """A after dropout."""
    return A * D / p


def network(
    recipe: Recipe, params: Params, X: Any, masks: Masks, activation: Callable[[int, Any], Any] | None = None,
    drop: Callable[[int, Any, Any, float], Any] | None = None,
) -> tuple[list[Any], list[Any]]:
    """Z[1..N] and A[0..N-1]. A mask of None is no dropout. `activation` and `drop` stand in for layer l's own."""
    A, Zs, As = X, [], []
    for l, ((W, b), name, D) in enumerate(zip(params, recipe.activations, masks, strict=True), start=1):
        Z = affine(W, A, b)
        Zs.append(Z)
        As.append(A)
        if l < len(params):
            A = activate(Z, name) if activation is None else activation(l, Z)
            if D is not None:
                p = recipe.keep[l - 1] if recipe.keep else 1.0
                A = masked(A, D, p) if drop is None else drop(l, A, D, p)
    return Zs, As


def penalties(recipe: Recipe, params: Params, m: int) -> Any:
    """L2 and L1 of the weights, with the m of the whole training set."""
    squares = sum(jnp.vdot(W, W) for W, _ in params)
    magnitudes = sum(jnp.sum(jnp.where(W == 0, 0.0, jnp.where(W > 0, W, -W))) for W, _ in params)
    return recipe.l2 / (2 * m) * squares + recipe.l1 / m * magnitudes


def objective(recipe: Recipe, m: int, params: Params, X: Any, Y: Any, masks: Masks, **wrong: Any) -> Any:
    """J with the penalties, and Z[1..N]."""
    Zs, _ = network(recipe, params, X, masks, **wrong)
    return jnp.mean(losses(Zs[-1], Y, recipe.activations[-1])) + penalties(recipe, params, m), Zs


class Twin:
    """The compiled programs of one recipe on a training set of m examples. Arguments and results are arrays.

    value(params, X, Y) : J without dropout
    step(params, X, Y, masks) : the parameters after a step, and which entries of Z[l] are 0 or more (None where
        layer l has no kink)
    check(params, X, Y, masks) : the gradients, the parameters after a step, and the bounds of both: how far correct
        programs may be off each other by rounding
    """

    def __init__(self, recipe: Recipe, m: int) -> None:
        gradients = jax.grad(lambda *arguments: objective(recipe, m, *arguments), has_aux=True)
        none = [None] * len(recipe.activations)

        def updated(params: Any, g: Any) -> Any:
            return [
                (W - recipe.rate * dW, b - recipe.rate * db) for (W, b), (dW, db) in zip(params, g, strict=True)
            ]

        def step(params: Any, X: Any, Y: Any, masks: Any) -> Any:
            g, Zs = gradients(params, X, Y, masks)
            signs = [Z >= 0 if name in KINKED else None for Z, name in zip(Zs, recipe.activations, strict=True)]
            return updated(params, g), signs

        def check(params: Any, X: Any, Y: Any, masks: Any) -> Any:
            g, _ = gradients(params, X, Y, masks)
            after = updated(params, g)
            Zs, As = network(recipe, params, X, masks)
            bounds = gradient_bounds(recipe, m, params, Zs, As, Y, masks)
            return g, after, bounds, step_bounds(recipe, params, g, bounds)

        self.step = _compiled(step)
        self.check = _compiled(check)
        self.value = _compiled(lambda params, X, Y: objective(recipe, m, params, X, Y, none)[0])

    @staticmethod
    def gradients(recipe: Recipe, m: int, wrong: Any, params: Any, X: Any, Y: Any, masks: Any) -> Any:
        """The gradients with something wrong in them, to compare with others that are: see `hints`."""
        program = jax.grad(lambda *arguments: objective(recipe, m, *arguments, **wrong)[0])
        return _compiled(program, QUICKLY)(params, X, Y, masks)


def twin(recipe: Recipe, m: int) -> Twin:
    """The twin of a recipe; compiled once for all recipes that take the same steps."""
    steps = replace(recipe, seed=0, epochs=0, validation=0.0, patience=None, batch=None, initialization=None)
    return _twin(replace(steps, dtype="float64"), m)


@lru_cache(maxsize=32)
def _twin(recipe: Recipe, m: int) -> Twin:
    return Twin(recipe, m)


def _compiled(program: Callable[..., Any], options: dict[str, Any] | None = None) -> Callable[..., Any]:
    """A program compiled by XLA, in the precision of its arguments."""
    compiled = jax.jit(program, compiler_options=options)

    def run(*arguments: Any) -> Any:
        with jax.enable_x64(True), jax.default_matmul_precision("highest"):
            return jax.tree_util.tree_map(np.asarray, compiled(*arguments))

    return run
