"""Random arrays that make rounding visible: huge, tiny, mixed, cancelling, integer and sparse ones."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def ordinary(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Standard normal entries."""
    return np.asarray(rng.standard_normal(shape))


def hard(rng: np.random.Generator, shape: tuple[int, ...], decades: float = 6.0) -> Array:
    """Entries of one of eight kinds; magnitudes stay within about 10^-decades to 10^decades."""
    x = np.asarray(rng.standard_normal(shape))
    match rng.integers(8):
        case 0:
            return x
        case 1:
            return np.asarray(x * 10.0 ** rng.uniform(-decades, decades))
        case 2:
            return np.asarray(x * 10.0 ** rng.uniform(-decades, decades, shape))
        case 3:
            return np.asarray(x + 10.0 ** rng.uniform(0, min(decades, 9)))
        case 4:
            return np.asarray(np.rint(3 * x))
        case 5:
            return np.where(rng.random(shape) < 0.5, 0.0, x)
        case 6:
            return np.asarray(rng.standard_normal() * (1 + 2.0**-45 * rng.integers(-8, 9, shape)))
        case _:
            return np.asarray(x / 2.0 ** rng.integers(0, 3))


def spread(rng: np.random.Generator, shape: tuple[int, ...], decades: float) -> Array:
    """Entries of either sign, away from 0, at one scale or each at its own."""
    scale = 10.0 ** rng.uniform(-decades, decades, shape if rng.random() < 0.5 else ())
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 2.0, shape) * scale)


def positive(rng: np.random.Generator, shape: tuple[int, ...], decades: float = 6.0) -> Array:
    """Positive entries, at one scale or each at its own."""
    return np.abs(spread(rng, shape, decades))


def logits(rng: np.random.Generator, shape: tuple[int, ...], size: float = 40.0) -> Array:
    """Entries up to +-size: spread, saturated, tied, or one far above the rest."""
    x = rng.uniform(-1, 1, shape)
    match rng.integers(5):
        case 0:
            return np.asarray(size * x)
        case 1:
            return np.asarray(size * np.sign(x))
        case 2:
            return np.asarray(np.rint(3 * x))
        case 3:
            return np.asarray(np.where(np.abs(x) > 0.8, size, x))
        case _:
            return np.asarray(4 * x)


def near(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Two arrays that differ by 10^-14 to 1 of their size."""
    a = np.asarray(rng.standard_normal(shape) * 10.0 ** rng.uniform(-3, 3))
    return a, np.asarray(a * (1 + rng.standard_normal(shape) * 10.0 ** rng.uniform(-14, 0)))


def cotangent(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A random cotangent: mostly ordinary, sometimes scaled, mixed or sparse."""
    x = np.asarray(rng.standard_normal(shape))
    match rng.integers(6):
        case 0:
            x = np.asarray(x * 10.0 ** rng.uniform(-12, 12))
        case 1:
            x = np.asarray(x * 10.0 ** rng.uniform(-6, 6, shape))
        case 2:
            x = np.where(rng.random(shape) < 0.4, 0.0, x)
    return np.asarray(x)[()]
