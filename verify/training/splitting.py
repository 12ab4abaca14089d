"""Stratified splitting: each part has its share of every class, one row at least."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

Rows = Int64[np.ndarray, " rows"]

STREAM = 20170  # apart from the generator of the same seed that draws weights and masks


def split(labels: Int64[np.ndarray, " m"], fractions: Sequence[float], seed: int) -> list[Rows]:
    """The rows of each part, in order: a part for each fraction of the whole, and last the rest.

    A class needs a row for each part and one for the rest. The rows depend on labels, fractions and seed alone; the
    first part does not depend on the other fractions unless a class is that small.
    """
    order = np.random.default_rng([seed, STREAM]).permutation(len(labels))
    counts = np.bincount(labels)
    taken = np.zeros_like(counts)
    part = np.full(len(labels), len(fractions))
    of_class = np.argsort(labels[order], kind="stable")  # the rows in random order, a class after the other
    ends = np.cumsum(counts)
    for i, fraction in enumerate(fractions):
        shares = share(counts, fraction, counts - taken - (len(fractions) - i))
        for start, used, n in zip(ends - counts, taken, shares, strict=True):
            part[order[of_class[start + used : start + used + n]]] = i
        taken += shares
    return [np.flatnonzero(part == i) for i in range(len(fractions) + 1)]


def share(counts: Rows, fraction: float, most: Rows) -> Rows:
    """How many of each class: `fraction` of all, rounded by the largest remainders; 1 at least, `most` at most."""
    exact = counts * fraction
    shares = np.clip(np.floor(exact).astype(np.int64), np.minimum(1, counts), most)
    missing = round(float(counts.sum()) * fraction) - int(shares.sum())
    remainders = np.where(shares < most, exact - shares, -np.inf)
    for k in np.argsort(-remainders, kind="stable")[: max(missing, 0)]:
        shares[k] += shares[k] < most[k]
    return shares
