"""Places in right derivations into which an error of any size can be put."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from benchmarks.derivations import DERIVATIONS
from benchmarks.exactness import claims, rewriting
from benchmarks.faults import NEGLIGIBLE, terms
from verify import hand, inputs
from verify.claim import Claim, SetupError
from verify.hand import Failure
from verify.inputs import Example, generator
from verify.reference import Reference
from verify.signatures import read

Function = Callable[..., Any]
SAMPLED = 24
TINY_SHIFT = 1e-9


@dataclass(frozen=True)
class Place:
    """Where an error goes.

    kind : "output", "term" or "1/m"
    where : the output's or the term's name
    wrong : the hand function with an error of a relative size there
    """

    claim: Claim
    kind: str
    where: str
    wrong: Callable[[float], Function]

    def with_error(self, size: float) -> Claim:
        """The claim with the error; under the same label, so that it is tried on the same inputs."""
        return replace(self.claim, hand=self.wrong(size)) if size else self.claim


def find(seed: int) -> list[Place]:
    """An output of each claim, and a term where the source shows some, chosen at random."""
    found: list[Place] = []
    for k, claim in enumerate(claims.of_derivations()):
        found += _some(claim, _named_terms(claim, k), seed, 2)
    for claim in claims.of_document(claims.GALLERY):
        found += _some(claim, _outputs(claim), seed, 1) + _some(claim, _written_terms(claim), seed, 1)
    for claim in claims.of_document(claims.NOTES):
        if claim.kind != "identity":
            found += _some(claim, _outputs(claim), seed, 1)
    return found


def batch_sizes(seed: int) -> list[Place]:
    """Every 1/m that the source of a claim shows, to become 1/(m + 1e-9)."""
    found: list[Place] = []
    for claim in (*claims.of_document(claims.GALLERY), *claims.of_document(claims.NOTES)):
        for k, text in enumerate(rewriting.batch_sizes(claim.hand)):
            make = functools.partial(_moved, claim.hand, k)
            found += _some(claim, [Place(claim, "1/m", text, make)], seed, 1, of_effect=1e-12)
    return found


def _moved(function: Function, k: int, size: float) -> Function:
    return rewriting.with_batch_size(function, k, lambda m: m + size)


def _named_terms(claim: Claim, k: int) -> list[Place]:
    derivation = DERIVATIONS[k]
    names = terms(derivation, derivation.draw(np.random.default_rng(0), derivation.sizes[0]))

    def wrong(chosen: str, size: float) -> Function:
        return claims.hand_of(derivation, lambda name, value: value * (1 + size) if name == chosen else value)

    return [Place(claim, "term", name, functools.partial(wrong, name)) for name in names]


def _written_terms(claim: Claim) -> list[Place]:
    def wrong(k: int, size: float) -> Function:
        return rewriting.with_term(claim.hand, k, lambda value: value * (1 + size))

    return [Place(claim, "term", text, functools.partial(wrong, k))
            for k, text in enumerate(rewriting.terms(claim.hand))]


def _outputs(claim: Claim) -> list[Place]:
    def wrong(k: int, size: float) -> Function:
        @functools.wraps(claim.hand)
        def scaled(*args: Any, **named: Any) -> Any:
            leaves, tree = jax.tree_util.tree_flatten(claim.hand(*args, **named))
            leaves[k] = leaves[k] * (1 + size)
            return jax.tree_util.tree_unflatten(tree, leaves)

        return scaled

    answer = next((_answer(claim, example) for example in _examples(claim)), [])
    return [Place(claim, "output", f"output {k}", functools.partial(wrong, k)) for k in range(len(answer))]


def _some(claim: Claim, places: Sequence[Place], seed: int, most: int, of_effect: float = NEGLIGIBLE) -> list[Place]:
    """At most so many of the places in which an error is none of float32 and changes something."""
    examples = [x for x in _examples(claim) if not claims.is_single_precision(x)]
    rng = generator(seed, "exactness", claim.label)
    found: list[Place] = []
    for k in rng.permutation(len(places)):
        if len(found) < most and any(_has_effect(places[k], example, of_effect) for example in examples):
            found.append(places[k])
    return found


def _has_effect(place: Place, example: Example, least: float) -> bool:
    """Whether an error of relative size 1 (of 1e-9 in a batch's size) moves an output by some share of it."""
    size = TINY_SHIFT if place.kind == "1/m" else 1.0
    right, moved = (_answer(claim, example) for claim in (place.claim, place.with_error(size)))
    return any(
        a.dtype.kind == "f" and np.isfinite(a).all() and np.max(np.abs(b - a), initial=0) > least * np.max(np.abs(a))
        for a, b in zip(right, moved, strict=False) if a.shape == b.shape and a.size
    )


def _answer(claim: Claim, example: Example) -> list[Any]:
    out = hand.answer(claim, read(claim), example, watched=False)
    return [] if isinstance(out, Failure) else [np.asarray(x) for x in jax.tree_util.tree_leaves(out)]


@functools.cache
def _examples(claim: Claim) -> tuple[Example, ...]:
    signature = read(claim)
    reference = Reference(claim, signature)
    try:
        groups = list(inputs.explore(claim, signature, SAMPLED, 0, reference.forward.output_shapes))
    except SetupError:
        return ()
    return tuple(example for group in groups for example in group.examples)
