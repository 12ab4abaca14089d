"""How small an injected error each check still refutes, on the same places."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from benchmarks.exactness import checks, places
from benchmarks.exactness.checks import HOLDS, REFUTED, TRIALS, UNDECIDED, Finding
from benchmarks.exactness.places import Place
from benchmarks.exactness.solving import Solver
from benchmarks.tables import table
from verify.inputs import generator

EXPONENTS = (0, *range(2, 16))
"""Powers of ten of the injected errors; 0 stands for none, and its column counts false alarms."""
FLOAT, EXACT, SYMPY = "floating point", "exact", "SymPy"
Progress = Callable[[str, int], None]


@dataclass
class Case:
    """One error of one size, and what each check says; SymPy is asked about some places only."""

    label: str
    kind: str
    where: str
    exponent: int
    found: dict[str, Finding] = field(default_factory=dict)


def run(
    most: int, peers: int, solver: Solver | None, seed: int, exponents: Sequence[int], progress: Progress
) -> list[Case]:
    """Every size of error at so many places at most; `peers` of them for SymPy, if it is there."""
    with checks.in_double_precision():
        found = places.find(seed)
    order = generator(seed, "exactness", "places").permutation(len(found))[:most]
    chosen = [found[k] for k in sorted(order)]
    for_sympy = {int(k) for k in sorted(order[:peers])}
    cases: list[Case] = []
    for k, place in zip(sorted(order), chosen, strict=True):
        cases += _at(place, solver if int(k) in for_sympy else None, seed, exponents)
        progress(place.claim.label, len(exponents))
    return cases


def _at(place: Place, solver: Solver | None, seed: int, exponents: Sequence[int]) -> list[Case]:
    cases = []
    too_long: Finding | None = None
    for exponent in exponents:
        claim = place.with_error(10.0**-exponent if exponent else 0.0)
        case = Case(place.claim.label, place.kind, place.where, exponent)
        case.found[FLOAT] = checks.in_floating_point(claim, seed)
        case.found[EXACT] = checks.exactly(claim, seed)
        if solver is not None:
            # The sizes differ by one constant: what takes too long for one is not tried again.
            case.found[SYMPY] = too_long or checks.by_sympy(claim, seed, solver)
            if exponent and checks.took_too_long(case.found[SYMPY]):
                too_long = case.found[SYMPY]
        cases.append(case)
    return cases


_CAPTION = """\
The error is a factor 1 + size on one output, or on one term of the derivation. A term's error may be a small part of
every output; below {unseen} of an entry exact arithmetic leaves it undecided, as what rounded constants explain.
Floating point: 200 examples, as without `--exact`. Exact: of 1 to {trials} trials, with the arbiter. SymPy: a random n
of the places; the same NumPy function and JAX's gradient program on symbols, every dimension 2, then Expr.equals(0),
in {limit:g} s at most."""


def report(cases: Sequence[Case], limit: float) -> str:
    """The tables: by size, by the number of trials, the times, and what exact arithmetic did not refute."""
    parts = [
        "Injected errors refuted, in per cent, by their relative size; 'none': right derivations refuted",
        _by_size(cases),
        _CAPTION.format(unseen="4.4e-16", trials=TRIALS, limit=limit),
        "The exact check: in how many trials a wrong derivation is refuted",
        _by_trials(cases),
        "CPU milliseconds a case (SymPy's limit counts where it was reached)",
        times(cases),
        *_unrefuted(cases),
    ]
    return "\n\n".join(parts)


def _exponents(cases: Sequence[Case]) -> list[int]:
    return sorted({case.exponent for case in cases})


def _by_size(cases: Sequence[Case]) -> str:
    exponents = _exponents(cases)
    rows = []
    for kind in ("output", "term"):
        for check in (FLOAT, EXACT, SYMPY):
            cells, most, undecided, asked = [], 0, 0, 0
            for exponent in exponents:
                found = [c.found[check] for c in cases
                         if (c.kind, c.exponent) == (kind, exponent) and check in c.found]
                most = max(most, len(found))
                share = sum(f.verdict == REFUTED for f in found) / max(len(found), 1)
                cells.append(f"{100 * share:.1f}")
                undecided, asked = undecided + sum(f.verdict == UNDECIDED for f in found), asked + len(found)
            if most:
                rows.append([f"{kind}, {check}", f"{most}", *cells, f"{100 * undecided / asked:.1f}"])
    return table(["error in", "n", *("none" if k == 0 else f"1e-{k}" for k in exponents), "undecided"], rows)


def _by_trials(cases: Sequence[Case]) -> str:
    rows = []
    for exponent in (k for k in _exponents(cases) if k):
        found = [case.found[EXACT] for case in cases if case.exponent == exponent]
        trials = [f.trials for f in found if f.verdict == REFUTED]
        counts = [
            len(found), trials.count(1), trials.count(2), sum(n > 2 for n in trials),
            *(sum(f.verdict == verdict for f in found) for verdict in (UNDECIDED, HOLDS)),
        ]
        rows.append([f"1e-{exponent}", *map(str, counts)])
    return table(["error", "n", "1 trial", "2", f"3 to {TRIALS}", "undecided", "missed"], rows)


def times(cases: Sequence[Any]) -> str:
    """Median and ninth decile of each check, for right and for wrong derivations."""
    rows = []
    for check in (FLOAT, EXACT, SYMPY):
        cells = []
        for wrong in (False, True):
            seconds = sorted(c.found[check].seconds for c in cases if check in c.found and bool(c.exponent) == wrong)
            cells += [f"{1000 * median(seconds):.0f}", f"{1000 * seconds[9 * len(seconds) // 10]:.0f}"] if seconds \
                else ["-", "-"]
        rows.append([check, *cells])
    return table(["check", "right: median", "p90", "wrong: median", "p90"], rows)


def _unrefuted(cases: Sequence[Case]) -> list[str]:
    """What exact arithmetic did not refute, and what it refuted wrongly."""
    wrong = [case for case in cases if case.exponent and case.found[EXACT].verdict != REFUTED]
    alarms = [case for case in cases if not case.exponent and case.found[EXACT].verdict == REFUTED]
    lines = [f"1e-{c.exponent} in {c.label}, {c.where}: {c.found[EXACT].why or 'MISSED'}" for c in wrong]
    parts = ["Not refuted in exact arithmetic:\n" + "\n".join(lines)] if lines else []
    if alarms:
        parts.append("Right, and refuted in exact arithmetic:\n" + "\n".join(c.label for c in alarms))
    return parts


def as_json(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """The cases as data."""
    return [asdict(case) for case in cases]
