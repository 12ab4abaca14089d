"""From trials to a certificate: a claim that floating point verified, equal without any tolerance."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from verify import inputs
from verify.claim import Claim, SetupError
from verify.exact.arbiter import Opinion, opinion
from verify.exact.field import Lost, NotExact, Resample
from verify.exact.points import Plan
from verify.exact.trials import Trial, run_trial, size_of
from verify.inputs import Example
from verify.judging import Judge
from verify.program import Program
from verify.reference import Reference
from verify.settings import EXAMPLES, Settings
from verify.signatures import Signature
from verify.sizes import combinations, powers_of_two

SHAPES, CANDIDATES = 3, 8
LARGEST = 400  # numbers of an example beyond which no trial is run
EACH = 2  # trials beside one example: a miss needs both


@dataclass
class Certificate:
    """What exact arithmetic showed.

    certified : whether both sides were equal in every trial
    why : why not, where they were not
    left_out : why examples at which the sides may differ, such as kinks, were left out
    log2_miss : the logarithm to the base 2 of the chance that an error in a visited region stayed unseen
    shapes : of the inputs, by name, one entry per example
    regions : how many different outcomes of all comparisons there were
    comparisons : how many, in the trial that had most
    opaque : functions of which nothing was used but that equal arguments have equal values
    """

    certified: bool = False
    why: str = ""
    left_out: str = ""
    trials: int = 0
    log2_miss: float = 0.0
    primes: list[int] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    regions: int = 0
    comparisons: int = 0
    opaque: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As in a results file; one that says why not has nothing else to say."""
        return asdict(self) if self.certified else {"certified": False, "why": self.why}


@dataclass
class Mismatch:
    """Two sides that differ in exact arithmetic, as the arbiter confirmed."""

    example: Example
    opinion: Opinion


def certify(claim: Claim, signature: Signature, reference: Reference, settings: Settings) -> Certificate | Mismatch:
    """A certificate for a claim, or the mismatch that refutes it."""
    certificate = Certificate()
    if any(x.itemsize < 8 for example in _sampled(claim, signature) for x in _floating(example)):
        certificate.why = "it is a statement about float32"
        return certificate
    try:
        beside = candidates(claim, signature, reference, settings.seed)
    except SetupError as error:
        certificate.why = str(error)
        return certificate
    if not beside:
        certificate.why = f"every input holds more than {LARGEST} numbers"
        return certificate
    plan = Plan(signature, beside)
    done: list[tuple[Example, Trial]] = []
    undecided, left_out = 0, ""
    # Where static parameters have more choices than two trials each allow, each gets one.
    choices = len(combinations(signature)) if claim.inputs is None else 1
    each = EACH if choices * EACH <= settings.trials else 1
    for k, candidate in enumerate(beside):
        if len(done) >= settings.trials:
            break
        example = plan.generic(candidate, inputs.generator(settings.seed, claim.label, "beside", str(k)))
        rng = random.Random(f"{settings.seed} {claim.label} {k}")
        try:
            program = reference.single(example)
            found = [run_trial(claim, signature, program, plan, example, rng)
                     for _ in range(min(each, settings.trials - len(done)))]
        except (NotExact, SetupError, RecursionError) as error:
            certificate.why = _reason(error)
            return certificate
        except (Lost, Resample) as error:
            certificate.why = certificate.why or _reason(error)
            continue
        if any(trial.differ for trial in found):
            judged = opinion(claim, signature, program, example)
            if isinstance(judged, Opinion) and judged.differ:
                if not _at_kink(claim, signature, program, example, settings.seed):
                    return Mismatch(example, judged)
                left_out = "the code takes another side of a kink than autodiff"
                certificate.why = certificate.why or left_out
                continue
            certificate.why, undecided = _undecided(judged), undecided + 1
            if undecided > len(beside) // 2:
                break
            continue  # another example may refute it
        done += [(example, trial) for trial in found]
    if undecided or len(done) < min(EACH, settings.trials):
        return certificate
    certified = _certified(done)
    certified.left_out = left_out
    return certified


def _at_kink(claim: Claim, signature: Signature, program: Program, example: Example, seed: int) -> bool:
    """Whether the two sides differ at a kink alone, which is no error.

    There the answer in floating point lies between the one-sided values, or both sides agree a little aside.
    """
    (judgement,) = Judge(claim, seed, witnessed=False).batch([example])
    if judgement.failure is None and judgement.at_kink:
        return True
    moving = signature.wrt or tuple(example)
    aside = inputs.moved(example, moving, inputs.generator(seed, claim.label, "aside"))
    judged = opinion(claim, signature, program, aside)
    return isinstance(judged, Opinion) and not judged.differ


def _certified(done: Sequence[tuple[Example, Trial]]) -> Certificate:
    chances: dict[Any, float] = defaultdict(float)
    for example, trial in done:
        chances[inputs.structure(example), trial.region] += trial.log2_miss
    shapes: list[dict[str, Any]] = []
    for example, _ in done:
        shape = {name: inputs.shape_of(x) for name, x in example.items()}
        if shape not in shapes:
            shapes.append(shape)
    return Certificate(
        True, "", "", len(done), max(chances.values()), [trial.prime for _, trial in done], shapes,
        len({trial.region for _, trial in done}), max(trial.comparisons for _, trial in done),
        sorted(set().union(*(trial.opaque for _, trial in done))),
    )


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "its exponents or logarithms are nested too deeply"
    if isinstance(error, Resample):
        return f"no point was found: {error}"
    if isinstance(error, Lost):
        return f"a branch could not be decided: {error}"
    return f"no exact form: {error}"


def _undecided(judged: Opinion | str) -> str:
    """Why a mismatch of residues is neither a certificate nor a refutation."""
    if isinstance(judged, str):
        return f"residues differ, and the arbiter could not confirm it: {judged}"
    if judged.largest:
        return f"both sides differ by {judged.largest:.1g} of the value, which rounded constants explain"
    return "both sides are equal to 24 digits by an identity that residues do not know"


def _sampled(claim: Claim, signature: Signature) -> list[Example]:
    if claim.inputs is not None:
        return inputs.drawn(claim, signature, claim.count(EXAMPLES), 0)[:1]
    return [{item.name: np.zeros((), item.dtype) for item in signature.inputs if not item.static}]


def _floating(example: Example) -> list[Any]:
    return [x for x in inputs.numbers(example) if x.dtype.kind == "f"]


def candidates(claim: Claim, signature: Signature, reference: Reference, seed: int) -> list[Example]:
    """Examples to run trials beside, small ones of different structures first."""
    if claim.inputs is not None:
        drawn = inputs.drawn(claim, signature, claim.count(EXAMPLES), seed)
        found = [example for example in drawn if size_of(example) <= LARGEST]
        rng = inputs.generator(seed, claim.label, "structures")
        return _by_structure(sorted(found, key=_kept), rng)[:CANDIDATES]
    out: list[Example] = []
    most = max(SHAPES, min(CANDIDATES, len(combinations(signature)) + 1))
    for again in range(2):
        for k, sizes in enumerate(powers_of_two(signature, most)):
            rng = inputs.generator(seed, claim.label, "exact", str(k), str(again))
            output_shapes = reference.forward.output_shapes
            out += inputs.draw(claim, signature, sizes, 1, rng, seed + k, output_shapes, huge=0.0)
    return [example for example in out if size_of(example) <= LARGEST]


def _kept(example: Example) -> float:
    """The share of numbers that would keep their values, as integers do: few, and a trial has more to vary."""
    numbers = [x for x in _floating(example) if x.size]
    return sum(float((x == np.rint(x)).sum()) for x in numbers) / max(1, sum(x.size for x in numbers))


def _by_structure(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    """One example of each structure in turn, in an order of the claim's own: what one claim leaves out, others have."""
    rows: dict[Any, list[Example]] = defaultdict(list)
    for example in examples:
        rows[inputs.structure(example)].append(example)
    mixed = [list(rows.values())[k] for k in rng.permutation(len(rows))]
    most = max(map(len, mixed), default=0)
    return [row[k] for k in range(most) for row in mixed if k < len(row)]
