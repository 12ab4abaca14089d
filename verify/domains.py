"""Domains: which values an input may take. Each draws from a seeded generator and knows its own members."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]


@dataclass(frozen=True)
class Domain:
    """A set of arrays.

    Parameters
    ----------
    name : what errors and reports call it
    draw : function of (generator, shape) to a float64 or integer array
    contains : function of an array to bool; the shrinker keeps inside it
    differentiable : False for values that are data rather than variables (masks, one-hot targets): not in `wrt`
    per_size : for `integers_below`, the dimension name or number that bounds the values
    free : whether each entry may move a little by itself
    sums_along : the axis along which entries sum to 1, or None
    symmetric : whether the last two axes can be exchanged
    """

    name: str
    draw: Draw = field(repr=False)
    contains: Callable[[Array], bool] = field(repr=False)
    differentiable: bool = True
    per_size: str | int | None = None
    free: bool = True
    sums_along: int | None = None
    symmetric: bool = False

    def along(self, axis: int) -> "Domain":
        """The same with another axis in the place of the first: `one_hot.along(1)` has its classes in the columns."""
        return replace(
            self,
            name=f"{self.name}.along({axis})",
            draw=lambda rng, shape: np.moveaxis(self.draw(rng, _first(shape, axis)), 0, axis),
            contains=lambda x: self.contains(np.moveaxis(x, axis, 0)),
            sums_along=None if self.sums_along is None else axis,
        )


ORDINARY = 40.0  # beyond it entries are huge: what overflows there says nothing of the derivation
def _first(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """A shape with one axis moved to the front."""
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"there is no axis {axis} in shape {shape}")
    rest = list(shape)
    return (rest.pop(axis), *rest)


_EDGES = np.array([0.0, 0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 4.0, -4.0])


def _draw_real(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Small integers (ties, zeros), normals, wide ones (beyond 3 and beyond 20), edge values, tiny beside ordinary."""
    profile = rng.integers(8)
    if profile == 0:
        return rng.integers(-3, 4, shape).astype(float)
    x = rng.standard_normal(shape)
    if profile == 1:
        return x * 3
    if profile == 2:
        return np.where(rng.random(shape) < 0.3, rng.choice(_EDGES, shape), x)
    if profile == 3:
        return np.clip(x * 12, -40, 40)
    if profile == 4:
        return np.where(rng.random(shape) < 0.5, x * 1e-6, x)
    return x


def with_huge_entries(rng: np.random.Generator, x: Array) -> Array:
    """Some entries of an array made huge, up to 1e4."""
    size = 10 ** rng.uniform(np.log10(ORDINARY), 4, x.shape)
    return np.where(rng.random(x.shape) < 0.3, np.copysign(size, x), x)


real = Domain("real", _draw_real, lambda x: bool(np.isfinite(x).all()))


def between(low: float, high: float) -> Domain:
    """Entries strictly between two bounds, some of them close to a bound.

    Raises ValueError unless low < high and both are finite.
    """
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ValueError(f"between({low}, {high}): expected two finite bounds, the lower first")

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        u = rng.uniform(0.02, 0.98, shape)
        if rng.integers(4) == 0:
            u = np.where(rng.random(shape) < 0.3, rng.choice([0.001, 0.25, 0.5, 0.75, 0.999], shape), u)
        return low + (high - low) * u

    return Domain(f"between({low:g}, {high:g})", draw, lambda x: bool(((x > low) & (x < high)).all()))


def _draw_positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.exp(rng.normal(0, 1 if rng.integers(3) else 2.5, shape))


positive = Domain("positive", _draw_positive, lambda x: bool((x > 0).all()))


def _draw_one_hot(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    if not shape:
        raise ValueError("one_hot needs at least one axis; its first axis is the class")
    classes = rng.integers(0, shape[0], shape[1:])
    return np.moveaxis(np.eye(shape[0])[classes], -1, 0)


one_hot = Domain(
    "one_hot",
    _draw_one_hot,
    lambda x: bool(np.isin(x, (0, 1)).all() and (x.sum(axis=0) == 1).all()),
    differentiable=False,
    free=False,
)


def _draw_probabilities(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    if not shape:
        raise ValueError("probabilities needs at least one axis; entries along the first sum to 1")
    e = rng.standard_exponential(shape) + 1e-3
    return e / e.sum(axis=0, keepdims=True)


probabilities = Domain(
    "probabilities",
    _draw_probabilities,
    lambda x: bool((x > 0).all() and np.allclose(x.sum(axis=0), 1, rtol=0, atol=1e-12)),
    sums_along=0,
)


def _draw_mask(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return (rng.random(shape) < rng.choice([0.3, 0.5, 0.8])).astype(float)


mask = Domain("mask", _draw_mask, lambda x: bool(np.isin(x, (0, 1)).all()), differentiable=False, free=False)

keep_probability = Domain(
    "keep_probability",
    lambda rng, shape: np.asarray(rng.choice([0.35, 0.6, 0.8, 0.9, 1.0], shape)),
    lambda x: bool(((x > 0) & (x <= 1)).all()),
    differentiable=False,
)


def _square(shape: tuple[int, ...], name: str) -> None:
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"{name} needs a square matrix, two last axes of one dimension; got shape {shape}")


def _draw_symmetric(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    _square(shape, "symmetric")
    x = _draw_real(rng, shape)
    return (x + np.swapaxes(x, -1, -2)) / 2


symmetric = Domain(
    "symmetric", _draw_symmetric, lambda x: bool((x == np.swapaxes(x, -1, -2)).all()), symmetric=True
)


def _draw_positive_definite(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    _square(shape, "positive_definite")
    n = shape[-1]
    x = rng.standard_normal((*shape[:-1], n))
    return x @ np.swapaxes(x, -1, -2) / n + rng.choice([0.1, 0.5, 1.0]) * np.eye(n)


def _is_positive_definite(x: Array) -> bool:
    return bool((x == np.swapaxes(x, -1, -2)).all() and (np.linalg.eigvalsh(x) > 0).all())


positive_definite = Domain("positive_definite", _draw_positive_definite, _is_positive_definite, symmetric=True)


def _draw_distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    n = int(np.prod(shape))
    return (rng.permutation(n) - n / 2 + rng.uniform(0.1, 0.9, n)).reshape(shape) * rng.choice([0.5, 1.0])


distinct = Domain("distinct", _draw_distinct, lambda x: np.unique(x).size == x.size)


def integers_below(bound: str | int) -> Domain:
    """Integers 0, 1, ..., bound - 1; the bound is a dimension's name or a number."""

    def refuse(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        raise AssertionError("integers_below is drawn with its bound's size")

    return Domain(
        f"integers_below({bound!r})", refuse, lambda x: True, differentiable=False, per_size=bound, free=False
    )


def draw_integers(rng: np.random.Generator, shape: tuple[int, ...], bound: int) -> Array:
    """Integers 0 to bound - 1."""
    return rng.integers(0, bound, shape)
