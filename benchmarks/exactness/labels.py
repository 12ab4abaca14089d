"""Formulas for one-hot and binary labels, stated on several domains: where each is true, and where it is not.

The gradient of softmax and cross-entropy by the logits is A sum(Y) - Y. The usual A - Y lacks A (sum(Y) - 1), which
vanishes on one-hot labels; and Y (1 - Y) vanishes on labels of 0 and 1. On such domains the statements are true and
must not be refuted, though labels of any other kind refute them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

import verify
from verify import between, mask, one_hot, probabilities, real
from verify.claim import Claim, latest

SMALL = 1e-15


@dataclass(frozen=True)
class Statement:
    """A formula on a domain of its labels, and whether it is true there."""

    formula: str
    labels: str
    true: bool
    claim: Claim


def cross_entropy(Z: Any, Y: Any) -> Any:
    """Of softmax, averaged over the columns."""
    return -jnp.sum(Y * jax.nn.log_softmax(Z, axis=0)) / Z.shape[1]


def binary_cross_entropy(Z: Any, Y: Any) -> Any:
    """Of the logistic function, averaged."""
    return jnp.mean(jax.nn.softplus(Z) - Y * Z)


def softmax(Z: Any) -> Any:
    """The probabilities of each column."""
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    return E / E.sum(axis=0, keepdims=True)


def lacking(Z: Any, Y: Any) -> Any:
    """A - Y."""
    return (softmax(Z) - Y) / Z.shape[1]


def full(Z: Any, Y: Any) -> Any:
    """A sum(Y) - Y."""
    return (softmax(Z) * Y.sum(axis=0, keepdims=True) - Y) / Z.shape[1]


def with_spread(c: float) -> Callable[[Any, Any], Any]:
    """A - Y + c Y (1 - Y)."""

    def spread(Z: Any, Y: Any) -> Any:
        return (softmax(Z) - Y + c * Y * (1 - Y)) / Z.shape[1]

    return spread


def logistic(c: float) -> Callable[[Any, Any], Any]:
    """A - Y + c Y (1 - Y) of the logistic function."""

    def spread(Z: Any, Y: Any) -> Any:
        return (1 / (1 + np.exp(-Z)) - Y + c * Y * (1 - Y)) / Z.size

    return spread


def _drawn() -> Any:
    """A strategy that draws one-hot labels, of which nobody states that they are."""

    def example(seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        k, m = rng.integers(2, 5, 2)
        return {"Z": rng.standard_normal((k, m)), "Y": np.eye(k)[rng.integers(0, k, m)].T.copy()}

    return st.integers(0, 2**31).map(example)


def statements() -> Iterator[Statement]:
    """Each formula on each domain."""
    unit = between(0, 1)
    kinds = {"one-hot": one_hot, "probabilities": probabilities, "open": real}
    for name, hand, true_on in (
        ("A - Y", lacking, ("one-hot", "probabilities")),
        ("A sum(Y) - Y", full, tuple(kinds)),
        ("A - Y + Y(1-Y)", with_spread(1.0), ("one-hot",)),
        (f"A - Y + {SMALL:g} Y(1-Y)", with_spread(SMALL), ("one-hot",)),
    ):
        for labels, domain in kinds.items():
            yield _stated(cross_entropy, hand, name, labels, labels in true_on, domains={"Y": domain})
        if name in ("A - Y", "A - Y + Y(1-Y)"):
            yield _stated(cross_entropy, hand, name, "one-hot, drawn", True, inputs=_drawn())
    for name, c in (("A - Y + Y(1-Y), binary", 1.0), (f"A - Y + {SMALL:g} Y(1-Y), binary", SMALL)):
        hand = logistic(c)
        for labels, domain in (("0 or 1", mask), ("in (0, 1)", unit), ("open", real)):
            yield _stated(binary_cross_entropy, hand, name, labels, domain is mask, domains={"Y": domain})


def _stated(of: Any, hand: Any, name: str, labels: str, true: bool, **options: Any) -> Statement:
    shapes = {} if "inputs" in options else {"Z": "k m", "Y": "k m"}
    verify.gradient(of=of, wrt="Z", shapes=shapes, label=f"{name}, labels {labels}", **options)(hand)
    claim = latest(hand)
    assert claim is not None
    return Statement(name, labels, true, claim)
