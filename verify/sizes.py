"""Sizes for the dimensions of a claim: a small pool of shapes that wrong formulas don't survive."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.claim import SetupError
from verify.dimensions import DimensionError
from verify.signatures import Signature

ESSENTIAL = 3
LARGEST_POOL = 24


@dataclass(frozen=True)
class Sizes:
    """Sizes of the dimension names, shapes of the variadic ones, and the static values that go with them."""

    sizes: dict[str, int]
    groups: dict[str, tuple[int, ...]]
    statics: dict[str, Any]


def size_pool(signature: Signature, rng: np.random.Generator, count: int) -> Iterator[Sizes]:
    """Distinct sizes first; then a square shape, every dimension at 1 and above 8, a random one, and all ones.

    With static parameters, each combination of their values gets the first of these, and up to three of them. Few
    examples make a small pool, so that a shape has more than one; but no combination is left out.
    """
    names, groups = _names(signature)
    free = bool(names or groups)
    choices = combinations(signature)
    plans = _PLANS if len(choices) == 1 else _PLANS[:ESSENTIAL]
    pairs = [(plan, values) for plan in (plans if free else plans[:1]) for values in choices]
    seen = set()
    for plan, values in pairs[: max(len(choices), min(LARGEST_POOL, count // 2))]:
        for _ in range(50):
            sizes = dict(zip(names, plan(rng, len(names)), strict=True))
            drawn = {g: tuple(int(n) for n in rng.integers(1, 4, rng.integers(0, 3))) for g in groups}
            key = (tuple(sizes.items()), tuple(drawn.items()), tuple(map(repr, values.values())))
            if key not in seen and _allowed(signature, sizes, drawn):
                seen.add(key)
                yield Sizes(sizes, drawn, values)
                break
            if not free:
                break
    if not seen:
        raise SetupError(
            "no sizes satisfy the dimensions "
            + ", ".join(f"{item.name}: {item.shape.text!r}" for item in signature.inputs if item.shape)
        )


def powers_of_two(signature: Signature, most: int) -> list[Sizes]:
    """So many sizes in which every dimension is 2 or 4: there a mean divides by a number that has an exact reciprocal.

    The last has 4 in every place, so that square roots of dimensions are exact too. Dimensions that are not all powers
    of two, such as `n+1`, are what they are.
    """
    names, groups = _names(signature)
    found = []
    for start in (4, 2):
        sizes = {name: start if k % 2 == 0 else 6 - start for k, name in enumerate(names)}
        found += [Sizes(sizes, dict.fromkeys(groups, (2,)), values) for values in combinations(signature)]
    found.append(Sizes(dict.fromkeys(names, 4), dict.fromkeys(groups, (4,)), found[0].statics))
    allowed = [sizes for sizes in found if _allowed(signature, sizes.sizes, sizes.groups)]
    return [*allowed[: most - 1], *allowed[-1:]] if len(allowed) > most else allowed


def _names(signature: Signature) -> tuple[dict[str, None], dict[str, None]]:
    """The names of the dimensions and of the variadic ones, in order."""
    names: dict[str, None] = {}
    groups: dict[str, None] = {}
    for item in signature.inputs:
        for name, variadic in item.shape.names() if item.shape else ():
            (groups if variadic else names)[name] = None
    return names, groups


def combinations(signature: Signature) -> list[dict[str, Any]]:
    """Every choice of the static parameters."""
    statics = [item for item in signature.inputs if item.static]
    return [
        dict(zip((item.name for item in statics), chosen, strict=True))
        for chosen in itertools.product(*(item.choices for item in statics))
    ]


def _allowed(signature: Signature, sizes: dict[str, int], groups: dict[str, tuple[int, ...]]) -> bool:
    try:
        for item in signature.inputs:
            if item.shape is not None:
                item.shape.solve(sizes, groups)
    except (DimensionError, ZeroDivisionError):
        return False
    return True


def _distinct(rng: np.random.Generator, n: int) -> list[int]:
    return [int(k) for k in rng.permutation(np.arange(2, 2 + max(n, 4)))[:n]]


def _ones(first: bool) -> Callable[[np.random.Generator, int], list[int]]:
    """Ones in every other place: two such shapes have each dimension at 1 while a neighbour is not."""

    def plan(rng: np.random.Generator, n: int) -> list[int]:
        return [1 if (k % 2 == 0) == first else size for k, size in enumerate(_distinct(rng, n))]

    return plan


def _square(rng: np.random.Generator, n: int) -> list[int]:
    return [int(rng.integers(2, 5))] * n


def _above_eight(rng: np.random.Generator, n: int) -> list[int]:
    """All dimensions above 8; of more than three, three of them: arrays of four axes would be huge."""
    sizes = rng.permutation(np.arange(9, 9 + max(n, 8)))[:n]
    small = rng.permutation(n)[3:]
    sizes[small] = rng.integers(2, 4, len(small))
    return [int(k) for k in sizes]


def _mixed(rng: np.random.Generator, n: int) -> list[int]:
    """Distinct sizes, one of them above 8."""
    sizes = _distinct(rng, n)
    if n:
        sizes[int(rng.integers(n))] = int(rng.integers(9, 24))
    return sizes


def _any(rng: np.random.Generator, n: int) -> list[int]:
    return [int(k) for k in rng.integers(1, 7, n)]


def _all_ones(rng: np.random.Generator, n: int) -> list[int]:
    return [1] * n


_PLANS = (_distinct, _square, _ones(True), _ones(False), _above_eight, _mixed, _any, _all_ones)
