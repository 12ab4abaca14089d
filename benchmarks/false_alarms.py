"""How often a right derivation is refuted: by the checker, and by fixed tolerances, on the same hard cases."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from benchmarks.cases import Checker, Example, Family
from benchmarks.hard import FAMILIES
from benchmarks.rules import RULES
from benchmarks.tables import table
from verify.inputs import generator
from verify.judging import Judgement

OURS = "manual-bp"
SHOWN = 5


@dataclass
class Tally:
    """One family's counts: cases, refuted by each rule, and what the checker could not decide."""

    family: str
    bound: str = "derived"
    cases: int = 0
    inconclusive: int = 0
    refuted: dict[str, int] = field(default_factory=lambda: dict.fromkeys((OURS, *RULES), 0))
    alarms: list[dict[str, Any]] = field(default_factory=list)


def run(
    cases: int = 20_000,
    seed: int = 0,
    families: Sequence[Family] = FAMILIES,
    progress: Callable[[str, int], None] = lambda _name, _count: None,
) -> list[Tally]:
    """Judge `cases` right cases, shared evenly among the families; `progress` is told of every batch."""
    out = []
    for k, family in enumerate(families):
        tally = Tally(family.name)
        checker = Checker(family.forward, family.hand, family.name, family.wrt, seed)
        share = cases // len(families) + (k < cases % len(families))
        rng = generator(seed, "false alarms", family.name)
        for group in family.batches(checker, share, rng):
            for example, judgement in zip(group, checker.judge(group), strict=True):
                _count(tally, example, judgement)
            progress(family.name, len(group))
        tally.bound = checker.bound
        out.append(tally)
    return out


def _count(tally: Tally, example: Example, judgement: Judgement) -> None:
    tally.cases += 1
    if judgement.failure is not None:
        tally.refuted[OURS] += 1
        if len(tally.alarms) < SHOWN:
            inputs = {name: np.asarray(x).tolist() for name, x in example.items()}
            tally.alarms.append({"message": judgement.failure.message, "inputs": inputs})
    elif not judgement.conclusive:
        tally.inconclusive += 1
    mine, right = judgement.by_hand, judgement.autodiff
    if mine is None or not all(np.isfinite(x).all() for x in right):
        return
    with np.errstate(all="ignore"):
        for name, accepts in RULES.items():
            tally.refuted[name] += not accepts(mine, right)


_CAPTION = """\
The fixed tolerances skip cases in which autodiff itself is not finite. At a kink a right derivation may take another
side than JAX; fixed tolerances refute that too."""


def report(tallies: Sequence[Tally]) -> str:
    """The two tables: by rule, and by family."""
    cases = sum(t.cases for t in tallies)
    rows = []
    for name in (OURS, *RULES):
        refuted = sum(t.refuted[name] for t in tallies)
        undecided = sum(t.inconclusive for t in tallies) if name == OURS else 0
        rows.append([name, f"{refuted}", _percent(refuted, cases), f"{undecided}", _percent(undecided, cases)])
    by_rule = table(["rule", "refuted", "%", "inconclusive", "%"], rows)
    families = [
        [t.family, t.bound, f"{t.cases}", f"{t.inconclusive}", *(f"{t.refuted[name]}" for name in (OURS, *RULES))]
        for t in tallies
    ]
    by_family = table(["family", "bounds", "cases", "inconcl.", OURS, "allclose", "norm 1e-7", "rtol 1e-9"], families)
    alarms = [f"{t.family}: {alarm['message']}" for t in tallies for alarm in t.alarms]
    alarms_text = ["False alarms of manual-bp:\n" + "\n".join(alarms)] if alarms else []
    parts = [
        f"{cases} right derivations on hard inputs: how many each rule refutes",
        by_rule,
        _CAPTION,
        "By family: cases, inconclusive by manual-bp, refuted by each rule",
        by_family,
    ]
    return "\n\n".join([*parts, *alarms_text])


def as_json(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """The counts by family, with the inputs of the first false alarms of each."""
    return [asdict(t) for t in tallies]


def _percent(count: int, of: int) -> str:
    return f"{100 * count / max(of, 1):.2f}"
