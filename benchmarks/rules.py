"""Rules that compare two answers by a fixed tolerance, as gradient tests usually do."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Rule = Callable[[Sequence[Array], Sequence[Array]], bool]


def allclose(mine: Sequence[Array], right: Sequence[Array]) -> bool:
    """`np.allclose` at its defaults: |a - b| <= 1e-8 + 1e-5 |b|, entry by entry."""
    return all(np.allclose(a, b) for a, b in zip(mine, right, strict=True))


def relative_norm(mine: Sequence[Array], right: Sequence[Array]) -> bool:
    """||a - b|| <= 1e-7 max(||a||, ||b||) for each output, computed without overflow."""
    for a, b in zip(mine, right, strict=True):
        scale = max(float(np.max(np.abs(a), initial=0)), float(np.max(np.abs(b), initial=0)))
        if scale == 0:
            continue
        norm = max(_norm(a / scale), _norm(b / scale))
        if not _norm((np.asarray(a) - b) / scale) <= 1e-7 * norm:
            return False
    return True


def relative_entry(mine: Sequence[Array], right: Sequence[Array]) -> bool:
    """|a - b| <= 1e-9 |b|, entry by entry."""
    return all(np.allclose(a, b, rtol=1e-9, atol=0) for a, b in zip(mine, right, strict=True))


def _norm(x: Any) -> float:
    return float(np.sqrt(np.sum(np.square(x))))


RULES: dict[str, Rule] = {
    "np.allclose, defaults": allclose,
    "relative norm 1e-7": relative_norm,
    "rtol 1e-9, each entry": relative_entry,
}
