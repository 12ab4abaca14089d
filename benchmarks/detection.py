"""How small an injected error each checker still finds, on the same well-scaled cases."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from benchmarks import faults, peers
from benchmarks.cases import BATCH, Checker
from benchmarks.derivations import DERIVATIONS, Derivation
from benchmarks.rules import RULES
from benchmarks.tables import table
from verify.inputs import generator

EXPONENTS = (0, *range(2, 15))
"""Powers of ten of the injected errors; 0 stands for none, and its column counts false alarms."""
CLAIM = 40
OURS = "manual-bp"
PER_CLAIM = f"manual-bp, claim of {CLAIM}"
Example = dict[str, Any]
Progress = Callable[[str, int], None]


@dataclass
class Row:
    """One rule: on how many cases it was tried for each size of error, and in what share it found something."""

    rule: str
    cases: int
    found: list[float]


@dataclass
class Detection:
    """The rows, the exponents of their columns, and the peers that are not installed."""

    exponents: list[int]
    rows: list[Row]
    missing: list[str]
    inconclusive: int


def run(
    cases: int = 400,
    seed: int = 0,
    peer_cases: int = 40,
    claims: int = 60,
    progress: Progress = lambda _name, _count: None,
) -> Detection:
    """Inject every size of error into the same `cases` places, and ask every checker.

    Parameters
    ----------
    cases : single cases, shared evenly among the derivations; `peer_cases` of them, at random, for the slow peers
    claims : claims of 40 examples each, one place of the error for each claim
    """
    singles = [_draw(k, seed, "single", 1) for k in range(cases)]
    found, undecided = _ask_ours(singles, seed, progress)
    claimed = [_draw(k, seed, "claim", CLAIM) for k in range(claims)]
    by_claim, more = _ask_ours(claimed, seed, progress)
    rows = [Row(OURS, cases, found[OURS]), Row(PER_CLAIM, claims, by_claim[OURS])]
    rows += [Row(name, cases, found[name]) for name in RULES]
    available, missing = peers.installed()
    chosen = generator(seed, "peers").permutation(cases)[:peer_cases]
    for name, peer in available.items():
        rows.append(Row(name, len(chosen), _ask_peer(peer, [singles[k] for k in chosen], name, progress)))
    return Detection(list(EXPONENTS), rows, missing, undecided + more)


@dataclass(frozen=True)
class Place:
    """Where an error goes: a derivation, its examples, the fault with its exponent left open."""

    derivation: Derivation
    sizes: tuple[int, ...]
    examples: list[Example]
    fault: Any


def _draw(k: int, seed: int, what: str, count: int) -> Place:
    derivation = DERIVATIONS[k % len(DERIVATIONS)]
    rng = generator(seed, "detection", what, str(k))
    sizes = derivation.sizes[k // len(DERIVATIONS) % len(derivation.sizes)]
    examples = [derivation.draw(rng, sizes) for _ in range(count)]
    return Place(derivation, sizes, examples, faults.choose(derivation, examples[0], rng))


def _ask_ours(places: Sequence[Place], seed: int, progress: Progress) -> tuple[dict[str, list[float]], int]:
    """The share of places in which the checker, and each fixed tolerance, found the error, by its size."""
    found = {name: np.zeros((len(EXPONENTS), len(places)), bool) for name in (OURS, *RULES)}
    undecided = 0
    for derivation in DERIVATIONS:
        checker = Checker(*faults.functions(derivation, jnp), derivation.name, derivation.wrt(), seed)
        for sizes in derivation.sizes:
            here = [k for k, place in enumerate(places) if place.derivation is derivation and place.sizes == sizes]
            flat = [(k, example) for k in here for example in places[k].examples]
            for column, exponent in enumerate(EXPONENTS):
                for start in range(0, len(flat), BATCH):
                    batch = flat[start : start + BATCH]
                    group = [{**example, "fault": _sized(places[k].fault, exponent)} for k, example in batch]
                    for (k, _), judgement in zip(batch, checker.judge(group), strict=True):
                        found[OURS][column, k] |= judgement.failure is not None
                        undecided += not judgement.conclusive
                        assert judgement.by_hand is not None
                        for name, accepts in RULES.items():
                            found[name][column, k] |= not accepts(judgement.by_hand, judgement.autodiff)
                    progress(derivation.name, len(batch))
    return {name: [float(x) for x in hits.mean(axis=1)] for name, hits in found.items()}, undecided


def _ask_peer(peer: peers.Peer, places: Sequence[Place], name: str, progress: Progress) -> list[float]:
    shares = []
    for column, exponent in enumerate(EXPONENTS):
        hits = 0
        for k, place in enumerate(places):
            np.random.seed([k, column])  # noqa: NPY002 - the global generator, from which autograd draws
            hits += not peer(_case(place, exponent))
        progress(name, len(places))
        shares.append(hits / max(len(places), 1))
    return shares


def _case(place: Place, exponent: int) -> peers.Case:
    derivation, fault = place.derivation, _sized(place.fault, exponent)
    (cotangent, *primals), names = place.examples[0].values(), list(place.examples[0])[1:]
    terms = faults.terms(derivation, place.examples[0])

    def vjp(d: Any, xs: Sequence[Any]) -> Sequence[Any]:
        return faults.faulty(derivation, terms, [d, *xs], fault)

    return derivation.forward, vjp, primals, cotangent, tuple(names.index(name) for name in derivation.wrt())


def _sized(fault: Any, exponent: int) -> Any:
    return np.array([*fault[:3], exponent])


_CAPTION = """\
The error is in one entry of one output, of at least {negligible:g} of that output's largest entry, or in one term
of the derivation that makes up at least {negligible:g} of some output; standard normal inputs and cotangents; the
same places for every size. A claim has {claim} examples with the error in one place. The slow peers have a random n of
the cases, the same for all, and run at their defaults, order 1, reverse mode; scipy's has the loss
sum(cotangent * output).
Examples that manual-bp could not decide: {undecided}."""


def report(result: Detection) -> str:
    """The table of detection rates in per cent."""
    heads = ["none" if k == 0 else f"1e-{k}" for k in result.exponents]
    rows = [[row.rule, f"{row.cases}", *(f"{100 * share:.1f}" for share in row.found)] for row in result.rows]
    parts = [
        "Injected errors found, in per cent, by their relative size; column 'none': right derivations refuted",
        table(["rule", "n", *heads], rows),
        _CAPTION.format(negligible=faults.NEGLIGIBLE, claim=CLAIM, undecided=result.inconclusive),
    ]
    if result.missing:
        parts.append(f"not installed: {', '.join(result.missing)}; pip install 'manual-bp[bench]'")
    return "\n\n".join(parts)


def as_json(result: Detection) -> dict[str, Any]:
    """The table as data."""
    return asdict(result)
