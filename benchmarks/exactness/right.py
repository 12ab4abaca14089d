"""Right derivations in random configurations: none may be refuted in exact arithmetic.

Half of the configurations are as `verify` makes them, each with another seed: other values, other primes. The other
half have random sizes, where 1/3 is a rounded constant, which the arbiter must tell from an error.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.exactness import checks, claims
from benchmarks.tables import table
from verify import inputs
from verify.checking import check_claim
from verify.claim import Claim, SetupError
from verify.dimensions import DimensionError
from verify.exact.arbiter import Opinion, opinion
from verify.exact.certifying import LARGEST, Mismatch, certify
from verify.exact.field import Lost, NotExact, Resample
from verify.exact.points import Plan
from verify.exact.trials import run_trial, size_of
from verify.inputs import Example, generator
from verify.judging import Judge
from verify.settings import EXAMPLES, Settings
from verify.sizes import Sizes, powers_of_two

CERTIFIED, REFUTED = "certified", "refuted"
AT_KINK = "at a kink it takes another side than autodiff"
UNEQUAL = "residues differ, and rounded constants explain it"
Outcome = tuple[str, str]


@dataclass
class Tally:
    """One source's counts: configurations, certified, refuted, and the reasons of the rest."""

    source: str
    claims: int
    configurations: int = 0
    certified: int = 0
    seconds: float = 0.0
    refuted: list[str] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)


def sources() -> dict[str, tuple[Claim, ...]]:
    """Right claims by where they come from."""
    return {
        "gallery": claims.of_document(claims.GALLERY), "notes": claims.of_document(claims.NOTES),
        "detection benchmark": claims.of_derivations(), "hard inputs": claims.of_families(),
        "exam's rewrites": claims.of_exam(),
    }


def run(count: int, seed: int, progress: Callable[[str, int], None]) -> list[Tally]:
    """So many configurations in all, shared evenly among the claims."""
    found = sources()
    tallies = {source: Tally(source, len(some)) for source, some in found.items()}
    everyone = [(source, claim) for source, some in found.items() for claim in some]
    if count < len(everyone):  # some of each source
        everyone = [everyone[int(k)] for k in generator(seed, "right").permutation(len(everyone))]
    for k in range(count):
        source, claim = everyone[k % len(everyone)]
        turn = k // len(everyone)
        started = time.process_time()
        with checks.in_double_precision():
            judge = Judge(claim, seed + turn)
            verdict, why = (_with_random_sizes if turn % 2 else _as_verified)(claim, judge, seed + turn)
        _count(tallies[source], claim, turn, verdict, why, time.process_time() - started)
        progress(claim.label, 1)
    return list(tallies.values())


def _count(tally: Tally, claim: Claim, turn: int, verdict: str, why: str, seconds: float) -> None:
    tally.configurations += 1
    tally.seconds += seconds
    tally.certified += verdict == CERTIFIED
    if verdict == REFUTED:
        tally.refuted.append(f"{claim.label}, {'random sizes' if turn % 2 else 'as verified'}, turn {turn}: {why}")
    elif verdict != CERTIFIED:
        reason = re.sub(r"by [\d.e+-]+ of", "by some of", why)
        tally.reasons[reason] = tally.reasons.get(reason, 0) + 1


def _as_verified(claim: Claim, judge: Judge, seed: int) -> Outcome:
    outcome = certify(claim, judge.signature, judge.reference, Settings(seed=seed))
    if isinstance(outcome, Mismatch):
        return _refuted(claim, outcome.opinion, outcome.example, seed)
    return (CERTIFIED, "") if outcome.certified else ("", outcome.why)


def _with_random_sizes(claim: Claim, judge: Judge, seed: int) -> Outcome:
    """One trial at random sizes; where residues differ, the arbiter decides, as in `verify`."""
    example = _of_random_sizes(claim, judge, seed)
    if example is None:
        return "", f"every input holds more than {LARGEST} numbers"
    if claims.is_single_precision(example):
        return "", "it is a statement about float32"
    plan = Plan(judge.signature, [example])
    example = plan.generic(example, generator(seed, claim.label, "beside"))
    try:
        program = judge.reference.single(example)
        trial = run_trial(claim, judge.signature, program, plan, example, random.Random(seed))
    except (NotExact, SetupError, RecursionError) as error:
        return "", f"no exact form: {error}"
    except Lost as error:
        return "", f"a branch could not be decided: {error}"
    except Resample as error:
        return "", f"no point was found: {error}"
    if not trial.differ:
        return CERTIFIED, ""
    judged = opinion(claim, judge.signature, program, example)
    if isinstance(judged, str):
        return "", judged
    if not judged.differ:
        return "", UNEQUAL
    (judgement,) = Judge(claim, seed).batch([example])
    return ("", AT_KINK) if judgement.at_kink else _refuted(claim, judged, example, seed)


def _refuted(claim: Claim, judged: Opinion, example: Example, seed: int) -> Outcome:
    """A refutation, unless `verify` asks for no exact arithmetic, since floating point is inconclusive."""
    in_floats = check_claim(claim, Settings(seed=seed, exact=False)).verdict
    return (REFUTED, _difference(judged, example)) if in_floats == "verified" else ("", f"floats are {in_floats}")


def _difference(judged: Opinion, example: Example) -> str:
    shapes = ", ".join(f"{name} {inputs.shape_of(x)}" for name, x in example.items())
    return f"{judged.where[0]} differs by {judged.largest:.2g}; {shapes}"


def _of_random_sizes(claim: Claim, judge: Judge, seed: int) -> Example | None:
    signature, output_shapes = judge.signature, judge.reference.forward.output_shapes
    if claim.inputs is not None:
        small = [x for x in inputs.drawn(claim, signature, claim.count(EXAMPLES), seed) if size_of(x) <= LARGEST]
        return small[seed % len(small)] if small else None
    rng = generator(seed, claim.label, "sizes")
    for largest in (6, 5, 4, 3, 3, 2, 2):
        plain = powers_of_two(signature, 1000)
        chosen = plain[int(rng.integers(len(plain)))]
        sizes = Sizes(
            {name: int(rng.integers(1, largest + 1)) for name in chosen.sizes},
            {name: tuple(int(n) for n in rng.integers(1, 4, rng.integers(0, 3))) for name in chosen.groups},
            chosen.statics,
        )
        try:
            found = inputs.draw(claim, signature, sizes, 1, rng, seed, output_shapes, huge=0.0)
        except (DimensionError, SetupError, ZeroDivisionError):
            continue
        if found and size_of(found[0]) <= LARGEST:
            return found[0]
    return None


def report(tallies: Sequence[Tally]) -> str:
    """The table by source, then the reasons of what is neither, then false alarms."""
    rows = [
        [t.source, f"{t.claims}", f"{t.configurations}", f"{len(t.refuted)}", f"{t.certified}",
         f"{sum(t.reasons.values())}", f"{1000 * t.seconds / max(t.configurations, 1):.0f}"]
        for t in tallies
    ]
    total = [sum(int(row[k]) for row in rows) for k in range(1, 6)]
    rows.append(["all", *map(str, total), ""])
    reasons = sum((Counter(t.reasons) for t in tallies), Counter[str]())
    parts = [
        "Right derivations in exact arithmetic: configurations by source",
        table(["source", "claims", "configurations", "refuted", "certified", "undecided", "CPU ms"], rows),
    ]
    if reasons:
        parts += ["Undecided, by reason", "\n".join(f"{n:5}  {why}" for why, n in reasons.most_common())]
    alarms = [line for t in tallies for line in t.refuted]
    return "\n\n".join([*parts, *(["False alarms:\n" + "\n".join(alarms)] if alarms else [])])


def as_json(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """The counts as data."""
    return [asdict(t) for t in tallies]
