"""Whole networks by architecture and seed: few of them, for claims that take long on each."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from verify.notes.networks import KEEP, PROBABILITIES, VALUES, Architecture

SIMPLE = 3  # entries of the table of values that the first seed takes


def seeded(
    architectures: Sequence[Architecture], seeds: int, dropout: bool = False, penalties: bool = False
) -> Any:
    """A strategy for the arguments of `twin.values`, with `lam` and `lam1` where there are penalties.

    It has as many networks of each architecture as there are seeds; those of the first seeds have simple entries.
    """
    return st.tuples(st.sampled_from(tuple(architectures)), st.integers(0, seeds - 1)).map(
        lambda chosen: network(chosen[0], chosen[1], dropout, penalties)
    )


def network(chosen: Architecture, seed: int, dropout: bool = False, penalties: bool = False) -> dict[str, Any]:
    """One of them, as a dict."""
    rng = np.random.default_rng([seed, *chosen.widths])
    m, last = chosen.m, len(chosen.activations)
    params, masks, keep = [], [], []
    for l, (n_prev, n) in enumerate(zip(chosen.widths[:-1], chosen.widths[1:], strict=True), start=1):
        W, b = values(rng, (n, n_prev), seed) / 2, values(rng, (n, 1), seed)     # larger ones saturate the output
        if n > 1 and seed % 2:
            W[0], b[0] = 0.0, 0.0
        masked = dropout and l < last
        params.append((W, b))
        masks.append(rng.integers(0, 2, (n, m)).astype(float) if masked else None)
        keep.append(np.float64(rng.choice(KEEP)) if masked else None)
    drawn = {
        "params": params, "activations": chosen.activations, "loss": chosen.loss,
        "X": values(rng, (chosen.widths[0], m), seed), "Y": targets(rng, chosen), "masks": masks, "keep": keep,
    }
    if penalties:
        drawn["lam"], drawn["lam1"] = (np.float64(rng.choice((0.7, 0.0, 2.5))), np.float64(rng.choice((0.3, 0.0, 1.5))))
    return drawn


def values(rng: np.random.Generator, shape: tuple[int, ...], seed: int) -> Any:
    """Entries of the table of values, more of it the higher the seed."""
    return rng.choice(VALUES[: SIMPLE + 4 * seed], shape)


def targets(rng: np.random.Generator, chosen: Architecture) -> Any:
    """Targets in [0, 1]: soft ones; or, for cross-entropy, one-hot columns."""
    K, m = chosen.widths[-1], chosen.m
    if chosen.loss == "cross_entropy" and rng.integers(2):
        return np.eye(K)[:, rng.integers(0, K, m)]
    return rng.choice(PROBABILITIES, (K, m))
