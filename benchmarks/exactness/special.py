"""1 / (m + 1e-9) for 1 / m, and terms that vanish on one-hot labels: what each check says."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.exactness import checks, labels, places
from benchmarks.exactness.checks import REFUTED, Finding
from benchmarks.exactness.injected import EXACT, FLOAT, SYMPY
from benchmarks.exactness.solving import Solver
from benchmarks.tables import table
from verify.claim import Claim

CHECKS = (FLOAT, EXACT, SYMPY)


@dataclass
class Case:
    """A statement, whether it is true on its domain, and what each check says."""

    statement: str
    where: str
    true: bool
    found: dict[str, Finding]


def run(
    most: int | None, solver: Solver | None, seed: int, progress: Callable[[str, int], None]
) -> tuple[list[Case], list[Case]]:
    """The sizes of batches, then the labels; so many of each at most."""
    with checks.in_double_precision():
        sizes = places.batch_sizes(seed)[:most]

    def case(claim: Claim, statement: str, where: str, true: bool) -> Case:
        found = {FLOAT: checks.in_floating_point(claim, seed), EXACT: checks.exactly(claim, seed)}
        if solver is not None:
            found[SYMPY] = checks.by_sympy(claim, seed, solver)
        progress(statement, 1)
        return Case(statement, where, true, found)

    batches = [case(place.with_error(places.TINY_SHIFT), place.claim.label, place.where, False) for place in sizes]
    stated = [case(s.claim, s.formula, s.labels, s.true) for s in list(labels.statements())[:most]]
    return batches, stated


def report(batches: Sequence[Case], stated: Sequence[Case]) -> str:
    """Both tables."""
    parts = [
        "1/(m + 1e-9) in the place of 1/m", _table(["claim", "m is"], batches),
        "Terms that vanish on labels of 0 and 1, on several domains of the labels",
        _table(["formula", "labels"], stated),
        "What is true on its domain must hold; SymPy is given the labels as numbers where the exact check keeps them.",
    ]
    wrong = [
        f"{case.statement}, {case.where}: {case.found[EXACT].verdict} {case.found[EXACT].why}"
        for case in (*batches, *stated) if (case.found[EXACT].verdict == REFUTED) == case.true
    ]
    return "\n\n".join([*parts, *(["Not as it should be in exact arithmetic:\n" + "\n".join(wrong)] if wrong else [])])


def _table(header: Sequence[str], cases: Sequence[Case]) -> str:
    rows = [
        [case.statement, case.where, "true" if case.true else "false",
         *(_said(case.found.get(name)) for name in CHECKS), *(_milliseconds(case.found.get(name)) for name in CHECKS)]
        for case in cases
    ]
    return table([*header, "is", *CHECKS, "ms", "ms", "ms"], rows)


def _said(finding: Finding | None) -> str:
    if finding is None:
        return "-"
    return f"{finding.verdict}, trial {finding.trials}" if finding.trials else finding.verdict


def _milliseconds(finding: Finding | None) -> str:
    return "-" if finding is None else f"{1000 * finding.seconds:.0f}"


def as_json(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """The cases as data."""
    return [asdict(case) for case in cases]
