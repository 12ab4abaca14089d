"""Right derivations: the gallery's, the notes', the ten of the detection benchmark, the exam's rewrites."""

import inspect
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

import verify
from benchmarks import draws
from benchmarks.cases import Family
from benchmarks.derivations import DERIVATIONS, Derivation
from benchmarks.hard import FAMILIES
from verify import documents, inputs
from verify.claim import COMPARED, Claim, latest

FEW = 12  # examples of a hard family for each seed
GALLERY, NOTES = "verify.gallery", "verify.notes.ledger"


@cache
def of_document(name: str) -> tuple[Claim, ...]:
    """The claims of a document that are compared with a reference and hold."""
    return tuple(c for c in documents.load(name).claims if c.kind in COMPARED and c.expect == "verified")


@cache
def of_derivations() -> tuple[Claim, ...]:
    """Claims of the derivations into whose terms errors can be put."""
    return tuple(_claim(derivation) for derivation in DERIVATIONS)


@cache
def of_exam() -> tuple[Claim, ...]:
    """The right derivations of the tests' exam: formulas written in many different ways."""
    from tests.planted.exam import RIGHT

    return tuple(case.claim for case in RIGHT)


@cache
def of_families() -> tuple[Claim, ...]:
    """The right cases of the false-alarm benchmark, on its hard inputs."""
    return tuple(_of_family(family) for family in FAMILIES)


def hand_of(derivation: Derivation, term: Callable[[str, Any], Any]) -> Callable[..., Any]:
    """A derivation's hand function with its terms passed through `term`."""

    def hand(*values: Any) -> Any:
        return derivation.hand(term, *values)

    return _taking(hand, tuple(inspect.signature(derivation.hand).parameters)[1:])


def _claim(derivation: Derivation) -> Claim:
    sizes = tuple(inspect.signature(derivation.shapes).parameters)
    shapes = {name: " ".join(map(str, shape)) for name, shape in derivation.shapes(*sizes).items()}

    def forward(*values: Any) -> Any:
        return derivation.forward(jnp, *values)

    hand = hand_of(derivation, lambda _, value: value)
    of = _taking(forward, tuple(shapes))
    verify.vjp(of=of, shapes=shapes, wrt=derivation.wrt(), label=derivation.name)(hand)
    claim = latest(hand)
    assert claim is not None
    return claim


def _of_family(family: Family) -> Claim:
    def example(seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        drawn = family.draw(rng, *family.sizes[int(rng.integers(len(family.sizes)))])
        with jax.enable_x64(True):
            output = jax.eval_shape(family.forward, **drawn)
        return {"dY": draws.cotangent(rng, output.shape), **drawn}

    drawn = st.integers(0, 2**31).map(example)
    verify.vjp(of=family.forward, label=family.name, inputs=drawn, examples=FEW, wrt=family.wrt or None)(family.hand)
    claim = latest(family.hand)
    assert claim is not None
    return claim


def _taking(function: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    function.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])  # type: ignore[attr-defined]
    return function


def is_single_precision(example: dict[str, Any]) -> bool:
    """Whether an input is of float32: such a claim is about its rounding."""
    return any(np.dtype(x.dtype) == np.float32 for x in inputs.numbers(example))
