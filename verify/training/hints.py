"""What may be wrong with a gradient, from how it differs: a factor, a penalty, or a term that the backward pass lacks.

A suspicion is put into autodiff's own program (a backward pass without a mask, say); it is a hint if that program then
gives the gradients that were derived by hand.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np

from verify.notes.twin import activate
from verify.training.recipe import Recipe
from verify.training.twin import Twin, masked

Array = np.ndarray[Any, np.dtype[Any]]
Params = Sequence[tuple[Array, Array]]
Place = tuple[int, int, tuple[int, ...]]

DROPPED = (  # what a backward pass may see in place of A * D / p
    ("no mask in {}: dA needs D and 1/keep too (E16)", lambda A, D, p: A),
    ("the mask of {} without 1/keep", lambda A, D, p: A * D),
    ("1/keep of {} without the mask", lambda A, D, p: A / p),
)


def hint_of_gradient(
    recipe: Recipe, m: int, place: Place, manual: Params, reference: Params, bounds: Params, params: Params, X: Array,
    Y: Array, masks: Sequence[Any],
) -> str | None:
    """What explains all entries of the first gradient that differs, or None."""
    l, k, _ = place
    ours, theirs, bound, variable = (x[l - 1][k] for x in (manual, reference, bounds, params))
    if not np.isfinite(ours).all():
        return "it is not finite where autodiff's is: start from the fused dZ[N], or use a stable form"
    name = f"d{'Wb'[k]}[{l}]"
    return (
        _penalty(recipe, m, name, k, ours - theirs, bound, variable)
        or _factor(recipe, m, X.shape[1], l, k, ours, theirs, bound, variable)
        or _missing_term(recipe, m, manual, bounds, params, X, Y, masks)
    )


def hint_of_step(before: Params, manual: Params, reference: Params, place: Place) -> str | None:
    """By which factor a step is too long, if it is."""
    l, k, _ = place
    start = before[l - 1][k]
    ours, theirs = manual[l - 1][k] - start, reference[l - 1][k] - start
    factor = _ratio(ours, theirs)
    if factor is None or np.abs(ours - factor * theirs).max() > 1e-6 * np.abs(ours).max():
        return None
    what = f"the step of {'Wb'[k]}[{l}]"
    return f"{what} goes uphill" if abs(factor + 1) < 1e-6 else f"{what} is {factor:.6g} times that of gradient descent"


def _factor(
    recipe: Recipe, m: int, size: int, l: int, k: int, ours: Array, theirs: Array, bound: Array, variable: Array
) -> str | None:
    """The one factor between the two, penalties apart."""
    name = f"d{'Wb'[k]}[{l}]"
    penalty = 0.0 if k else recipe.l2 / m * variable + recipe.l1 / m * np.sign(variable)
    for without in (penalty, 0.0):
        factor = _ratio(ours - without, theirs - without)
        if factor is None:
            continue
        rest = ours - without - factor * (theirs - without)
        if np.all(np.abs(rest) <= (2 + abs(factor)) * bound):
            break
    else:
        return None
    known = {
        -1.0: "the sign is wrong", 0.0: "it is zero", float(size): "the factor 1/m is missing",
        1 / size: "the factor 1/m is there twice",
    }
    for h, p in enumerate(recipe.keep or (), start=1):
        if p < 1 and h >= l:
            known[p] = f"a mask's 1/keep is missing in layer {h}"
            known[1 / p] = f"a mask's 1/keep is there twice in layer {h}"
    tolerance = 1e-3 if ours.dtype.itemsize == 4 else 1e-8
    for value, meaning in known.items():
        if abs(factor - value) <= tolerance * max(abs(value), 1 / size):
            return f"{name} differs by the factor {_short(factor)}: {meaning}"
    return f"{name} differs by the factor {_short(factor)}"


def _penalty(recipe: Recipe, m: int, name: str, k: int, off: Array, bound: Array, variable: Array) -> str | None:
    """A multiple of the variable, or of its sign, by which the two differ."""
    for kind, lam, direction in (("L2", recipe.l2, variable), ("L1", recipe.l1, np.sign(variable))):
        factor = _ratio(off, direction)
        if factor is None or np.any(np.abs(off - factor * direction) > 2 * bound):
            continue
        if k:
            return f"{name} is off by {_short(factor)} {'b' if kind == 'L2' else 'sign(b)'}: biases are not penalised"
        shown = "W" if kind == "L2" else "sign(W)"
        share = lam / m
        if share and abs(factor + share) <= 0.01 * share:
            return f"{name} lacks the {kind} penalty, lambda/m {shown} = {_short(share)} {shown}"
        return f"{name} is off by {_short(factor)} {shown}: the {kind} penalty adds {_short(share)} {shown}"
    return None


def _missing_term(
    recipe: Recipe, m: int, manual: Params, bounds: Params, params: Params, X: Array, Y: Array, masks: Sequence[Any]
) -> str | None:
    """The suspicion that explains all gradients."""
    for meaning, wrong in _suspicions(recipe):
        found = Twin.gradients(recipe, m, wrong, params, X, Y, masks)
        pairs = zip(_flat(manual), _flat(found), _flat(bounds), strict=True)
        if all(np.all(np.abs(ours - theirs) <= 100 * bound) for ours, theirs, bound in pairs):
            return meaning
    return None


def _suspicions(recipe: Recipe) -> Iterator[tuple[str, dict[str, Any]]]:
    """Backward passes that lack a term, layer by layer from the output's on."""
    hidden = range(len(recipe.activations) - 1, 0, -1)
    dropped = [l for l in hidden if recipe.keep is not None and recipe.keep[l - 1] < 1]
    groups = ([dropped] if len(dropped) > 1 else []) + [[l] for l in dropped]
    for meaning, seen in DROPPED:
        for layers in groups:
            named = f"layer{'s' * (len(layers) > 1)} {', '.join(map(str, sorted(layers)))}"
            yield f"the backward pass has {meaning.format(named)}", {"drop": _backward_through(layers, seen)}
    for l in hidden:
        yield f"the backward pass lacks g'(Z[{l}])", {"activation": _without_slope(recipe, l)}


def _backward_through(layers: Sequence[int], seen: Any) -> Any:
    """Dropout whose derivative is that of another function in some layers; the value stays."""

    def drop(l: int, A: Any, D: Any, p: float) -> Any:
        value = masked(A, D, p)
        return _as_if(value, seen(A, D, p)) if l in layers else value

    return drop


def _without_slope(recipe: Recipe, layer: int) -> Any:
    def activation(l: int, Z: Any) -> Any:
        A = activate(Z, recipe.activations[l - 1])
        return _as_if(A, Z) if l == layer else A

    return activation


def _as_if(value: Any, other: Any) -> Any:
    """A value that has the derivative of another."""
    return other + jax.lax.stop_gradient(value - other)


def _ratio(ours: Any, theirs: Any) -> float | None:
    """The factor at the largest entry."""
    at = np.unravel_index(int(np.abs(theirs).argmax()), theirs.shape)
    return float(ours[at] / theirs[at]) if theirs[at] else None


def _short(x: float) -> str:
    return f"{x:.6g}"


def _flat(params: Params) -> Iterator[Array]:
    for pair in params:
        yield from pair
